"""Readers of other packages: the one on the manual page is built, installed and used; broken ones spoil nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ramanfit.cli.verbs.manual import pages

ROOT = Path(__file__).resolve().parents[2]
MODULE, PYPROJECT = (
    re.search(rf"```{language}\n(.*?)```", pages()["python"].partition("## A reader of your own")[2], re.S)[1]  # type: ignore[index]
    for language in ("python", "toml")
)
SHIFT = np.linspace(1000, 1800, 50).astype("<f4")
RMN = b"RAMN" + np.stack([SHIFT, SHIFT / 4], axis=1).tobytes()
TABLE = "".join(f"{x}\t{x / 4}\n" for x in SHIFT)


def ramanfit(site: Path, *arguments: object, status: int = 0) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(site)])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def installed(site: Path, package: str, point: str, **modules: str) -> None:
    """Leave in a folder what an installer would: modules, and the package's name and entry point."""
    info = site / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[ramanfit.formats]\n{point}\n")
    for name, text in modules.items():
        (site / f"{name}.py").write_text(text, encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    installed(tmp_path / "site", "rmn-reader", "rmn = rmn_reader:READER", rmn_reader=MODULE)
    (tmp_path / "a.rmn").write_bytes(RMN)
    (tmp_path / "b.txt").write_text(TABLE)
    return tmp_path / "site"


def info(site: Path, *paths: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(ramanfit(site, "info", *paths, "--json")[0])
    return rows


def test_the_package_on_the_manual_page_is_built_and_read_with(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    (source / "rmn_reader.py").write_text(MODULE, encoding="utf-8")
    build = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    build += '[tool.hatch.build.targets.wheel]\ninclude = ["rmn_reader.py"]\n'
    (source / "pyproject.toml").write_text(PYPROJECT + build)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run([*pip, "--target", str(site), str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (tmp_path / "a.rmn").write_bytes(RMN)
    (row,) = info(site, tmp_path / "a.rmn")
    assert (row["kind"], row["channels"], row["first_cm1"], row["last_cm1"]) == ("spectrum", 50, 1000, 1800)


def test_a_file_and_a_folder_are_read(site: Path) -> None:
    folder = site.parent
    rows = info(site, folder)
    assert [Path(str(row["source"])).name for row in rows] == ["a.rmn", "b.txt"]
    assert [row["last_cm1"] for row in rows] == [1800, 1800]
    said = ramanfit(folder, "info", folder / "a.rmn", status=1)[1]  # without the package
    assert "binary data, no text export" in said


def test_what_it_refuses_is_said(site: Path) -> None:
    (site.parent / "c.rmn").write_bytes(RMN[:-3])
    said = ramanfit(site, "info", site.parent / "c.rmn", status=1)[1]
    assert "c.rmn: expected pairs of float32, found 397 bytes" in said


def test_it_is_listed_with_its_package(site: Path) -> None:
    rows = json.loads(ramanfit(site, "list", "readers", "--json")[0])
    assert [(row["name"], row["parses"], row["package"]) for row in rows][-1] == (
        "RMN",
        "pairs of shift and counts",
        "rmn-reader",
    )
    assert {row["package"] for row in rows[:-1]} == {"ramanfit"}


BROKEN = {
    "no module": ("bad = no_such_module:READER", "", "ModuleNotFoundError: No module named 'no_such_module'"),
    "fails at import": ("bad = bad_reader:READER", "1 / 0", "ZeroDivisionError: division by zero"),
    "leaves at import": ("bad = bad_reader:READER", "raise SystemExit('gone')", "SystemExit: gone"),
    "no reader": (
        "bad = bad_reader:READER",
        "READER = 7",
        "TypeError: bad_reader:READER is no ramanfit",
    ),
    "fails to look": (
        "bad = bad_reader:READER",
        "from ramanfit.formats import Reader\n\n\ndef fail(*_):\n    raise KeyError('x\\ny')\n\n\n"
        "READER = Reader('Bad', '', '', '', fail, fail)",
        r"KeyError: 'x\ny'",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_one_is_named_and_spoils_no_other(site: Path, kind: str) -> None:
    point, text, said = BROKEN[kind]
    installed(site, "bad-reader", point, bad_reader=text)
    folder = site.parent
    assert [row["channels"] for row in info(site, folder / "a.rmn", folder / "b.txt")] == [50, 50]
    assert "bad" not in ramanfit(site, "info", folder / "b.txt")[1]
    (folder / "d.bin").write_bytes(bytes(range(256)) * 4)
    message = ramanfit(site, "info", folder / "d.bin", status=1)[1]
    assert f"d.bin: binary data, no text export; the reader bad of the package bad-reader failed: {said}" in message
    (folder / "e.txt").write_text("words\nand words\n")
    message = ramanfit(site, "info", folder / "e.txt", status=1)[1]
    assert "e.txt: no spectrum in a form that is known" in message
    assert f"the reader bad of the package bad-reader failed: {said}" in message
    row = json.loads(ramanfit(site, "list", "readers", "--json")[0])[-2]
    assert row["package"] == "bad-reader"
    assert said in (row["parses"] or "") or kind == "fails to look"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('one\\ntwo')", "ValueError: one two"),
        ("return []", "TypeError: expected scans, found none"),
        ("return [1]", "TypeError: expected scans, found int"),
        ("return None", "TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_one_that_fails_while_it_reads_is_named(site: Path, body: str, said: str) -> None:
    text = MODULE.partition("    numbers =")[0] + f"    {body}\n\n\nREADER" + MODULE.partition("\nREADER")[2]
    (site / "rmn_reader.py").write_text(text)
    message = ramanfit(site, "info", site.parent / "a.rmn", status=1)[1]
    assert f"a.rmn: the reader rmn of the package rmn-reader failed: {said}" in message


def test_no_package_is_looked_for_while_files_are_known(site: Path) -> None:
    code = "import sys; from ramanfit import open_scans; open_scans(sys.argv[1]); print('rmn_reader' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(site.parent / "b.txt")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(site)])},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "False", done.stderr
