"""What whoever carries on is told: every path and module named is there, and the rooms are those of the house."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.house import in_tree
from tests.test_architecture import ROOMS

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
CODE = " ".join(re.findall(r"```sh\n(.*?)```", TEXT, re.S) + re.findall(r"`([^`\n]+)`", TEXT)).split()
SUFFIXES = (".py", ".md", ".toml", ".yml", ".yaml")
PATHS = sorted({word for word in CODE if word.endswith(SUFFIXES) or re.match(r"(ramanfit|tests|\.ci|\.github)/", word)})
MODULES = sorted({*re.findall(r"python3? -m ([\w.]+)", TEXT)})


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("name", "path"), re.findall(r"`(\w+)`\s+of\s+`(ramanfit/[\w/]+\.py)`", TEXT))
def test_a_name_stands_in_the_file_it_is_said_to_be_of(name: str, path: str) -> None:
    assert re.search(rf"^ *{name}\b *[:=]", (ROOT / path).read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_that_is_named_can_be_run(module: str) -> None:
    spec = find_spec(module)
    assert spec is not None
    assert spec.submodule_search_locations is None or find_spec(f"{module}.__main__")


def test_what_is_named_was_found() -> None:
    assert {".ci/run", "ramanfit/errors.py", "ramanfit/cli/verbs/", ".github/workflows/ci.yml"} <= {*PATHS}
    assert {"pytest", "venv", "tests.same", "tests.house"} <= {*MODULES}


def test_the_rooms_are_those_of_the_house() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|([^|]*)\|$", TEXT, re.M)
    assert {room: {*re.findall(r"`(\w+)`", others)} for room, others in rows} == ROOMS


def test_the_floors_in_the_manual_are_those_of_the_house() -> None:
    section = (ROOT / "ramanfit" / "manual" / "house.md").read_text(encoding="utf-8")
    floors: dict[str, int] = {}
    for number, room in re.findall(r"^    ( |\d)  (\w+)  ", section, re.M):
        floors[room] = int(number) if number.strip() else [*floors.values()][-1]
    assert floors == in_tree().floors()
