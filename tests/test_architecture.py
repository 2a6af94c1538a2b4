"""The house: imports run one way only, and heavy libraries stay in their rooms."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ramanfit

PACKAGE = Path(ramanfit.__file__).parent
FLOORS = (
    ("errors",),
    ("stored",),
    ("scan", "settings"),
    ("algebra", "masks", "lineshapes", "result", "recipe", "plan", "readers"),
    ("model", "recipe_toml", "noise", "graph_text", "spikes", "subtract"),
    ("starts", "clean", "problem", "diagnosis"),
    ("lorentzians", "linked"),
    ("varpro", "reference"),
    ("quantities", "orders", "uncertainty"),
    ("pipeline", "alternatives", "series", "curves", "echem"),
    ("tables", "outputs", "simulate"),
    ("rounding", "encoders", "columns", "witec_text", "eclab_text", "provenance"),
    ("documents",),
    ("writers", "fit_tables", "outliers", "exports"),
    ("evolution", "bands", "calibration"),
    ("experiment", "axes"),
    ("figures", "report"),
    ("cli",),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports(path: Path) -> Iterator[str]:
    """Every module named in an import, however deep it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "ramanfit":
                yield from (f"ramanfit.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_looks_only_forward(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    assert room in LEVEL, f"{room} has no floor: give it one in FLOORS"
    for name in imports(path):
        head, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if head == "ramanfit" and other not in ("", "__version__", room):
            assert LEVEL[other] < LEVEL[room], f"{room} imports {other}"


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("click", {"cli"}),
        ("rich", {"cli"}),
        ("lmfit", {"reference"}),
        ("scipy", {"readers", "subtract"}),
        ("pybaselines", {"subtract"}),
        ("pandas", {"tables", "documents"}),
        ("matplotlib", {"figures"}),
        ("h5netcdf", {"exports"}),
        ("h5py", {"exports"}),
    ],
)
def test_a_library_stays_in_its_room(library: str, rooms: set[str]) -> None:
    found = {room_of(path) for path in MODULES if any(name.partition(".")[0] == library for name in imports(path))}
    assert found <= rooms


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
    assert not loaded & {"pandas", "scipy", "lmfit", "matplotlib", "rich", "pyarrow", "openpyxl"}


def test_public_names_are_there() -> None:
    for name in ramanfit.__all__:
        assert getattr(ramanfit, name) is not None
    with pytest.raises(AttributeError):
        _ = ramanfit.no_such_name  # type: ignore[attr-defined]
