"""What experiments are called where several stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ramanfit.errors import UsageError


def names_of(files: Sequence[str], given: Sequence[str] = ()) -> tuple[str, ...]:
    """Return a name for every experiment: those given, else of their folders, with parents where two are alike.

    Parameters
    ----------
    files : sequence of str
        Tables; one that is not called ratios.csv has its own name.
    given : sequence of str

    Raises
    ------
    UsageError
        If not every experiment has a name, or two have the same.
    """
    if given:
        if len(given) != len(files):
            raise UsageError(f"--name: expected {len(files)}, one for each experiment, found {len(given)}")
        if len({*given}) < len(given) or "" in given:
            raise UsageError(f"--name: expected a different name for each experiment, found {' '.join(given)}")
        return tuple(given)
    ways = []
    for file in files:
        whole = Path(file).resolve()
        ways.append(whole.parent.parts[1:] if whole.stem == "ratios" else (*whole.parent.parts[1:], whole.stem))
    names = [way[-1] if way else "/" for way in ways]
    for depth in range(2, max(map(len, ways), default=0) + 1):
        of = {name: {way for other, way in zip(names, ways, strict=True) if other == name} for name in names}
        twice = {name for name, its in of.items() if len(its) > 1}
        if not twice:
            break
        names = ["/".join(way[-depth:]) if name in twice else name for name, way in zip(names, ways, strict=True)]
    alike = {name for name in names if names.count(name) > 1}  # the same folder twice
    return tuple(f"{name} ({names[: k + 1].count(name)})" if name in alike else name for k, name in enumerate(names))
