"""How tidy rows are told from other texts: by the labels of their first line."""

from __future__ import annotations

from collections.abc import Iterable

from ramanfit.formats.text import decode, first_line

KEYS = ("source", "scan", "point", "position_um", "time_s")
SOME = ("x_um", "y_um", "started", "laser_nm")  # where they are known
AXIS, COUNTS = "shift_cm1", "counts"
ALL = (*KEYS, AXIS, COUNTS)
_ENOUGH = 4  # of all, of which one names the file


def sniff(head: bytes) -> bool:
    """Tell whether the first row holds labels of tidy rows, in any order, of which some may be missing, not of fits."""
    there = {*plain(labels_of(head))}
    enough = _ENOUGH if "source" in there else _ENOUGH + 1
    return (
        bool(there & {"source", "point"} and there & {AXIS, COUNTS})
        and len(there.intersection(ALL)) >= enough
        and not there & {"fit", "peak"}
    )


def plain(labels: Iterable[str]) -> list[str]:
    """Return labels as they are compared."""
    return [label.strip().casefold() for label in labels]


def labels_of(head: bytes) -> list[str]:
    """Return the labels of a first line: parted by tabs, semicolons or commas, or the names of a JSON object."""
    line = decode(first_line(head)).strip()
    if line.startswith(("[", "{")):
        return names_of(decode(head).lstrip("[ \t\r\n").split("\n", 1)[0])
    return parted(line)


def parted(line: str) -> list[str]:
    """Return the labels of a line of a table."""
    return [label.strip().strip('"') for label in line.split(separator_of(line))]


def separator_of(line: str) -> str:
    """Return what parts the labels of a line."""
    return max("\t;,", key=line.count)


def names_of(line: str) -> list[str]:
    """Return the names of the JSON object that begins a line; none if none does."""
    import json

    try:
        row, _ = json.JSONDecoder().raw_decode(line.strip())
    except (ValueError, RecursionError):
        return []
    return list(row) if isinstance(row, dict) else []
