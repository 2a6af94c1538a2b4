"""Classes of attacks: each yields what was tried and what went wrong, an empty text where it was survived."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple


class Tried(NamedTuple):
    """One attempt; `wrong` is empty where it was survived."""

    what: str
    wrong: str


class Attack(NamedTuple):
    """A class of attacks: how many it makes if nobody says, and the function that makes them."""

    number: int
    run: Callable[[Path, random.Random, int], Iterator[Tried]]


ATTACKS: dict[str, Attack] = {}


def attack(
    name: str, number: int
) -> Callable[[Callable[[Path, random.Random, int], Iterator[Tried]]], Callable[..., Iterator[Tried]]]:
    """Enter a function ``run(folder, numbers, number)`` as a class of attacks; the folder is empty and its own."""

    def enter(run: Callable[[Path, random.Random, int], Iterator[Tried]]) -> Callable[..., Iterator[Tried]]:
        ATTACKS[name] = Attack(number, run)
        return run

    return enter


def table(counts: dict[str, tuple[int, int]]) -> str:
    """Return the table of how many attempts of every class were survived."""
    lines = [f"{'class':24}{'tried':>8}{'survived':>10}"]
    return "\n".join([*lines, *(f"{name:24}{tried:8}{survived:10}" for name, (tried, survived) in counts.items())])
