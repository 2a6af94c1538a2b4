"""The house: imports run one way only, and heavy libraries stay in their rooms."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ramanfit
from ramanfit.cli import COMMANDS
from tests.house import imported, in_tree

PACKAGE = Path(ramanfit.__file__).parent
ROOMS = {  # what each may import besides itself; a room that is not here has no place in the house
    "errors": set[str](),
    "frozen": set[str](),
    "scan": {"errors", "frozen"},
    "recipe": {"errors", "frozen"},
    "formats": {"scan", "recipe", "errors", "frozen"},
    "fit": {"scan", "recipe", "errors", "frozen"},
    "tables": {"fit", "scan", "recipe", "errors", "frozen"},
    "experiment": {"tables", "formats", "fit", "scan", "recipe", "errors", "frozen"},
    "drawing": {"experiment", "tables", "fit", "scan", "recipe", "errors", "frozen"},
    "synthetic": {"experiment", "tables", "formats", "fit", "scan", "recipe", "errors", "frozen"},
    "cli": {"synthetic", "drawing", "experiment", "tables", "formats", "fit", "scan", "recipe", "errors", "frozen"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))
HOUSE = in_tree()


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_the_rooms_are_those_that_are_written_down() -> None:
    assert set(HOUSE.rooms) == set(ROOMS)


def test_a_room_looks_only_forward() -> None:
    up = [f"{path} imports {other}" for room, path, other in HOUSE.imports() if other not in ROOMS.get(room, ROOMS)]
    assert not up
    assert not HOUSE.circles()
    assert max(HOUSE.floors().values()) <= 9


def test_every_room_says_what_it_holds_and_what_it_may_import() -> None:
    for room in ROOMS:
        if room in ("errors", "frozen", "cli"):
            continue
        said = " ".join((ast.get_docstring(ast.parse(HOUSE.files[f"{room}/__init__.py"])) or "").split())
        about = said.partition("ay import")[2]
        assert about, room
        assert set(re.findall(r"`(\w+)`", about)) & set(ROOMS) == ROOMS[room], room


def test_no_module_is_longer_than_can_be_read() -> None:
    assert not {path: length for path, length in HOUSE.lengths().items() if length > 320}


def test_no_two_classes_share_a_name() -> None:
    homes: dict[str, list[str]] = {}
    for path, text in HOUSE.modules.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(path)
    shared = {name: paths for name, paths in homes.items() if len(paths) > 1}
    assert not shared


@pytest.mark.parametrize("room", ["formats", "scan", "drawing", "synthetic"])
def test_names_say_what_they_hold(room: str) -> None:
    vague = []
    for path, text in HOUSE.modules.items():
        for node in ast.walk(ast.parse(text)):
            stored = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            name = node.id if stored else node.arg if isinstance(node, ast.arg) else ""
            if path.startswith(f"{room}/") and name in ("found", "part", "known", "own"):
                vague.append(f"{path}:{node.lineno} {name}")
    assert not vague


def imports(path: Path) -> list[str]:
    return [*imported(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("click", ("cli/",)),
        ("rich", ("cli/",)),
        ("lmfit", ("fit/engine/reference.py",)),
        ("scipy", ("formats/matlab.py", "fit/baseline_subtract.py", "fit/lineshapes.py")),
        ("pybaselines", ("fit/baseline_subtract.py",)),
        ("pandas", ("tables/table.py",)),
        ("openpyxl", ("tables/documents.py", "experiment/cell/workbook.py", "formats/workbook.py")),
        ("pyarrow", ("tables/documents.py", "formats/tidy_parquet.py")),
        ("matplotlib", ("drawing/figures/",)),
        ("h5netcdf", ("formats/netcdf.py", "experiment/fits_netcdf.py")),
        ("h5py", ("formats/netcdf.py", "formats/nexus.py", "experiment/fits_netcdf.py")),
        ("distributed", ("experiment/cluster.py",)),
        ("dask", ("experiment/cluster.py",)),
    ],
)
def test_a_library_stays_in_its_place(library: str, places: tuple[str, ...]) -> None:
    met = [path for path, text in HOUSE.modules.items() if library in {n.partition(".")[0] for n in imported(text)}]
    assert met
    assert all(path.startswith(places) for path in met)


def test_only_the_command_line_prints() -> None:
    for path in MODULES:
        if room_of(path) in ("cli", "__main__"):
            continue
        calls = [n.func for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
        assert not any(isinstance(f, ast.Name) and f.id == "print" for f in calls), path


def imported_by(*arguments: str) -> set[str]:
    program = (
        "import sys\nfrom ramanfit.__main__ import main\nsys.argv = ['ramanfit', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\nsys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


def test_help_starts_without_numpy() -> None:
    assert not imported_by("--help") & {"numpy", "pandas", "scipy", "lmfit", "rich", "click"}
    assert not imported_by("fit", "--help") & {"numpy", "pandas", "scipy", "lmfit", "rich"}


def test_fit_starts_without_the_heavy_ones() -> None:
    sample = next((PACKAGE.parent / "sample_spectra" / "pristine-graphite").glob("*Spec.Data*"))
    loaded = imported_by("fit", str(sample))
    assert "numpy" in loaded
    assert not loaded & {"pandas", "scipy", "lmfit", "matplotlib", "rich", "pyarrow", "openpyxl", "dask", "distributed"}


def test_a_voigt_needs_little_of_scipy() -> None:
    program = (
        "import sys\nfrom ramanfit.fit.lineshapes import line\nimport numpy as np\n"
        "line('voigt', np.arange(9.0), 3.0, 2.0, 1.0)\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "scipy.special" in loaded
    assert not loaded & {"scipy.optimize", "scipy.stats", "lmfit", "pandas", "matplotlib"}


def test_public_names_are_imported_from_where_checkers_see_them() -> None:
    (seen,) = [node for node in ast.parse(HOUSE.files["__init__.py"]).body if isinstance(node, ast.If)]
    homes = {
        name.name: (node.module or "").removeprefix("ramanfit.")
        for node in seen.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert homes == ramanfit._HOMES
    assert {*ramanfit.__all__} == {*homes, "__version__"}


def test_every_module_of_the_verbs_is_a_command() -> None:
    verbs = {path for path in HOUSE.modules if path.startswith("cli/verbs/")} - {"cli/verbs/__init__.py"}
    assert {module.removeprefix("ramanfit.").replace(".", "/") + ".py" for module, _ in COMMANDS.values()} == verbs


def test_public_names_are_there() -> None:
    for name in ramanfit.__all__:
        assert getattr(ramanfit, name) is not None
    with pytest.raises(AttributeError):
        _ = ramanfit.no_such_name  # type: ignore[attr-defined]
