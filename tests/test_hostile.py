"""Hostile files and settings, those that take no time; ``python -m tests.attack`` has all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

if os.name != "posix":
    pytest.skip("forks", allow_module_level=True)

from tests.attack import hostile_files, hostile_settings
from tests.attack.forks import Forks
from tests.attack.judge import Attack, judged

PARTS, SHARE = 4, 4
CLASSES = {"files": hostile_files.attacks, "settings": hostile_settings.attacks}


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks() as some:
        yield some


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", CLASSES)
def test_fast_attacks_are_survived(name: str, part: int, forks: Forks) -> None:
    fast: list[Attack] = [attack for attack in CLASSES[name]() if attack.fast][::SHARE]
    assert [str(verdict) for verdict in judged(fast[part::PARTS], forks) if verdict.wrong] == []


@pytest.mark.parametrize(("name", "least"), [("files", 100), ("settings", 200)])
def test_there_are_enough_of_them(name: str, least: int) -> None:
    names = [attack.name for attack in CLASSES[name]()]
    assert len(names) >= least
    assert len({*names}) == len(names)


def test_what_is_wrong_is_seen(forks: Forks) -> None:
    """The judge is no rubber stamp: commands that end otherwise than they should are told."""
    listed = [
        Attack("status", ["list", "shapes"], {}, (2,)),
        Attack("silence", ["list", "nothing"], {}, (2,), ("not said by anyone",)),
        Attack("output", ["list", "shapes", "-o", "out/a.csv"], {}, (0,), (), None, lambda folder, ended: "wrong"),
    ]
    assert all(verdict.wrong for verdict in judged(listed, forks))
