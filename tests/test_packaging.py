"""What is published: sdist and wheel as they are built, what is in them, and what an installation of them does."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from ramanfit import __version__
from ramanfit.cli import ramanfit
from ramanfit.cli.console import Console
from ramanfit.fit.engine.compiled.build import compiler
from ramanfit.recipe.toml_text import parse_toml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = parse_toml((ROOT / "pyproject.toml").read_text(encoding="utf-8"), "pyproject.toml")["project"]
CORE = "ramanfit/fit/engine/compiled/_core.so"
NUMBERS = {"ramanfit/formats/_fixed.so", "ramanfit/tables/_numerals.so"}
JUNK = (
    CORE,
    *NUMBERS,
    "ramanfit/fit/engine/compiled/_core.new",
    "ramanfit/__pycache__/errors.cpython-313.pyc",
    "tests/fit/__pycache__/test_model.cpython-313.pyc",
    ".pytest_cache/README.md",
    ".hypothesis/examples",
    ".venv/bin/python",
    "dist/ramanfit_cli-0.0.1.tar.gz",
)
"""What lies about in a checkout where somebody works."""
WITHOUT = {"PATH": os.devnull, "CXX": ""}
"""An environment in which there is no compiler."""
FOR_DEVELOPERS = {"test", "lint", "benchmark", "peers"}
NEEDS = {  # extra: the package that is missing, and commands that need it
    "xlsx": ("openpyxl", ("ratio scan.txt -o table.xlsx", "ratio scan.txt --echem cell.xlsx", "ratio book.xlsx")),
    "parquet": ("pyarrow", ("ratio scan.txt -o table.parquet", "export scan.txt -o rows.parquet")),
    "mpr": ("galvani", ("ratio scan.txt --echem cell.mpr",)),
    "netcdf": ("h5netcdf", ("export scan.txt -o spectra.nc", "fit scan.txt -o fits.nc")),
    "nexus": ("h5py", ("export scan.txt -o spectra.nxs",)),
    "dask": ("distributed", ("ratio scan.txt --scheduler tcp://127.0.0.1:1",)),
}


def run(*words: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hatch(target: str, folder: Path, made: Path, **environment: str) -> Path:
    made.mkdir(exist_ok=True, parents=True)
    run("-m", "hatchling", "build", "-t", target, "-d", str(made), folder=folder, **environment)
    (built,) = made.iterdir()
    return built


def names(archive: Path) -> set[str]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            return {*opened.namelist()}
    with tarfile.open(archive) as opened:
        return {name.partition("/")[2] for name in opened.getnames()}


def of_wheel(archive: Path, name: str) -> Any:
    with zipfile.ZipFile(archive) as opened:
        return BytesParser().parsebytes(opened.read(f"ramanfit_cli-{__version__}.dist-info/{name}"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The sdist of a checkout in which junk lies about, and the wheels made of it with and without a compiler."""
    pytest.importorskip("hatchling")
    home = tmp_path_factory.mktemp("built")
    ignored = shutil.ignore_patterns(
        "__pycache__", ".git", ".venv", ".*_cache", ".hypothesis", "dist", "_core.*", "_fixed.*", "_numerals.*"
    )
    shutil.copytree(ROOT, home / "checkout", ignore=ignored, symlinks=True)
    for name in JUNK:
        (home / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "checkout" / name).write_bytes(b"junk")
    sdist = hatch("sdist", home / "checkout", home / "sdist")
    with tarfile.open(sdist) as opened:
        if sys.version_info >= (3, 12):
            opened.extractall(home, filter="data")
        else:
            opened.extractall(home)
    source = home / f"ramanfit_cli-{__version__}"
    made = {"sdist": sdist, "source": source, "checkout": home / "checkout"}
    made["plain"] = hatch("wheel", source, home / "plain", **WITHOUT)
    if compiler():
        made["compiled"] = hatch("wheel", source, home / "compiled")
    yield made
    shutil.rmtree(home)


def test_the_sdist_holds_what_is_in_the_checkout_and_nothing_that_lies_about(built: dict[str, Path]) -> None:
    held = names(built["sdist"])
    assert not held & {*JUNK}
    assert not [
        name for name in held if re.search(r"__pycache__|\.pyc|_cache/|\.hypothesis|_(core|fixed)\.(so|new)", name)
    ]
    for folder in ("ramanfit", "tests", "sample_spectra"):
        there = {
            path.relative_to(built["checkout"]).as_posix()
            for path in (built["checkout"] / folder).rglob("*")
            if path.is_file()
        }
        assert there - held <= {*JUNK}, folder
    assert {"README.md", "CHANGELOG.md", "LICENSE", "CITATION.cff", "pyproject.toml", "PKG-INFO"} <= held


def test_a_wheel_without_a_compiler_is_pure_and_runs_anywhere(built: dict[str, Path]) -> None:
    wheel = built["plain"]
    assert wheel.name == f"ramanfit_cli-{__version__}-py3-none-any.whl"
    assert of_wheel(wheel, "WHEEL")["Root-Is-Purelib"] == "true"
    assert not {CORE, *NUMBERS} & names(wheel)


def test_a_wheel_with_a_compiler_holds_the_core_and_says_where_it_runs(built: dict[str, Path]) -> None:
    if "compiled" not in built:
        pytest.skip("no C++ compiler here")
    system = re.sub(r"[-.]", "_", sysconfig.get_platform())
    assert built["compiled"].name == f"ramanfit_cli-{__version__}-py3-none-{system}.whl"
    about = of_wheel(built["compiled"], "WHEEL")
    assert (about["Root-Is-Purelib"], about["Tag"]) == ("false", f"py3-none-{system}")
    assert names(built["compiled"]) - names(built["plain"]) == {CORE, *NUMBERS}


def test_a_core_that_lies_about_is_in_no_wheel_that_says_it_is_pure(built: dict[str, Path], tmp_path: Path) -> None:
    assert not {CORE, *NUMBERS} & names(hatch("wheel", built["checkout"], tmp_path / "made", **WITHOUT))


def test_a_wheel_holds_the_package_and_nothing_else(built: dict[str, Path]) -> None:
    held = names(built["plain"])
    about = f"ramanfit_cli-{__version__}.dist-info"
    assert {name.split("/")[0] for name in held} == {"ramanfit", about}
    package = built["source"] / "ramanfit"
    there = {path.relative_to(built["source"]).as_posix() for path in package.rglob("*") if path.is_file()}
    assert {name for name in held if name.startswith("ramanfit/")} == there - {CORE, *NUMBERS}
    assert {
        f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    } <= held


def test_the_metadata_are_valid_and_say_what_the_project_says(built: dict[str, Path]) -> None:
    metadata = pytest.importorskip("packaging.metadata")
    with zipfile.ZipFile(built["plain"]) as opened:
        data = opened.read(f"ramanfit_cli-{__version__}.dist-info/METADATA")
    said = metadata.Metadata.from_email(data, validate=True)
    assert (said.name, str(said.version)) == (PROJECT["name"], __version__)
    assert {*said.provides_extra} == {*PROJECT["optional-dependencies"]}
    assert str(said.requires_python) == PROJECT["requires-python"]
    assert (built["source"] / "PKG-INFO").read_bytes() == data
    assert said.description == (ROOT / "README.md").read_text(encoding="utf-8")
    if importlib.util.find_spec("twine"):
        run("-m", "twine", "check", "--strict", str(built["sdist"]), str(built["plain"]), folder=ROOT)


@pytest.mark.parametrize("kind", ["plain", "compiled"])
def test_what_is_installed_prints_the_table_of_the_readme(kind: str, built: dict[str, Path], tmp_path: Path) -> None:
    if kind not in built:
        pytest.skip("no C++ compiler here")
    if importlib.util.find_spec("pip") is None:
        pytest.skip("no pip here")
    there = tmp_path / "site"
    words = ["-m", "pip", "install", "-q", "--no-deps", "--no-index", "--disable-pip-version-check", "--target"]
    run(*words, str(there), str(built[kind]), folder=tmp_path)
    samples = [str(built["source"] / "sample_spectra" / name) for name in ("table-s1", "pristine-graphite")]
    start = "import sys, ramanfit.__main__ as m; print(m.__file__, file=sys.stderr); m.main()"
    own = {"PYTHONPATH": str(there), "RAMANFIT_CORE": "numpy" if kind == "plain" else "compiled"}
    printed = run("-c", start, "ratio", *samples, "--md", folder=tmp_path, **own)
    core = run("-c", start, "--version", "-v", folder=tmp_path, **own)
    assert core.startswith(f"ramanfit {__version__}\ncore: {'NumPy' if kind == 'plain' else 'compiled, for '}")
    shown = [line.split("|")[1:-1] for line in printed.splitlines()]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    expected = readme.partition("<!-- table:")[2].partition("\n")[2].partition("<!-- end of table -->")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in expected.splitlines()]
    columns = [[cell.strip() for cell in shown[0]].index(name) for name in rows[0]]
    assert [[row[column].strip() for column in columns] for row in shown[2:]] == rows[2:]


def test_all_is_every_extra_for_users() -> None:
    extras = PROJECT["optional-dependencies"]
    (listed,) = extras["all"]
    assert {*re.fullmatch(r"ramanfit-cli\[(.*)]", listed)[1].split(",")} == {*extras} - FOR_DEVELOPERS - {"all"}  # type: ignore[index]
    assert {*NEEDS} == {*extras} - FOR_DEVELOPERS - {"all"}
    assert "ramanfit-cli[all]" in extras["test"]


@pytest.mark.parametrize(("extra", "line"), [(extra, line) for extra, (_, lines) in NEEDS.items() for line in lines])
def test_an_extra_that_is_missing_is_named(
    extra: str,
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (scan,) = (ROOT / "sample_spectra" / "table-s1").glob("*Spec.Data*")
    shutil.copy(scan, tmp_path / "scan.txt")
    for name in ("cell.xlsx", "cell.mpr"):
        (tmp_path / name).write_bytes(b"PK\3\4" if name.endswith("x") else b"BIO-LOGIC MODULAR FILE\x1a")
    (tmp_path / "book.xlsx").write_bytes(b"PK\3\4" + bytes(26) + b"xl/workbook.xml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, NEEDS[extra][0], None)
    assert Console().run(ramanfit, line.split()) == 1
    said = capsys.readouterr().err
    assert "which is not installed" in said
    assert f"pip install 'ramanfit-cli[{extra}]'" in said


def test_every_import_of_an_extra_is_behind_a_message() -> None:
    """A package of an extra is imported in functions alone, in modules that say which extra it is."""
    packages = {"openpyxl", "pyarrow", "galvani", "h5netcdf", "h5py", "distributed", "dask"}
    for path in (ROOT / "ramanfit").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            imported = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            imported += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not packages & {name.split(".")[0] for name in imported}, path
