"""Whether scans of several folders can be one experiment."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from ramanfit.errors import UsageError
from ramanfit.formats import split_selection


def mixture(sources: Sequence[str], started: Sequence[str]) -> str | None:
    """Return why scans are of several experiments; None where nothing says so.

    Folders are one experiment unless scans of theirs overlap in time or have the same names.

    Parameters
    ----------
    sources, started : sequence of str
        File and start (ISO; empty where unknown) of every scan.
    """
    starts: dict[Path, list[str]] = {}
    names: dict[Path, set[str]] = {}
    for source, start in dict.fromkeys(zip(sources, started, strict=True)):
        file = Path(split_selection(source)[0])
        starts.setdefault(file.parent, []).append(start)
        names.setdefault(file.parent, set()).add(file.name)
    for one, other in combinations(starts, 2):
        if twice := min(names[one] & names[other], default=None):
            return f"{one} and {other} both hold {twice}"
        here, there = starts[one], starts[other]
        if all((*here, *there)) and min(here) <= max(there) and min(there) <= max(here):
            return f"{one} ({min(here)} to {max(here)}) and {other} ({min(there)} to {max(there)}) overlap in time"
    return None


def refuse_mixture(sources: Sequence[str], started: Sequence[str]) -> None:
    """Make sure that scans are of one experiment.

    Raises
    ------
    UsageError
        If they are not.
    """
    if (why := mixture(sources, started)) is not None:
        raise UsageError(
            f"{why}: these are several experiments, and have no common time",
            hint="run ramanfit evolve on each folder; or put the scans of one experiment into one folder",
        )
