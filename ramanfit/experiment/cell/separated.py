"""A record as a table of any cycler or program: the first line whose cells name a time and a voltage, and its rows.

Meets and skips whatever stands before that line; takes a line of units under the names; reads cells between commas,
semicolons with decimal commas, tabs, or blanks. Neware's layered exports name their records in the third line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ramanfit.errors import FormatError
from ramanfit.experiment.cell.build import Asked, build_record
from ramanfit.experiment.cell.cells import fields, split_rows
from ramanfit.experiment.cell.columns import UNITS, has_role, name_of
from ramanfit.experiment.cell.record import Record

_LONGEST_PREAMBLE = 5000  # lines
_MARKS = "\t;,|"
_WORDS = re.compile(r"[A-DF-Za-df-z]")  # more than the E of a number


def read(path: str, text: str, asked: Asked | None = None) -> Record:
    """Read a table whose columns have names such as ``time_s, voltage_v, current_ma, capacity_mah``.

    Names may carry units, ``Ewe/V`` or ``Voltage (V)``; times are numbers since the start, h:m:s, or dates.

    Raises
    ------
    FormatError
        With the line that is wrong.
    """
    text = text.replace("\r\n", "\n")
    if '"' in text:
        text = "\n".join(line[1:-1] if _is_one_quote(line) else line for line in text.split("\n"))
    lines = text.split("\n", _LONGEST_PREAMBLE)
    at = header_line(lines)
    if at is None:
        first = next((i for i, line in enumerate(lines) if line.strip()), 0)
        raise FormatError(
            path,
            line=first + 1,
            expected="a line whose cells name a time and a voltage, such as time_s,voltage_v",
            found=repr(lines[first][:60]),
        )
    mark = mark_of(lines[at])
    rows = lines[at + 1 :]
    if mark == " ":
        rows = ["\t".join(line.split()) for line in "\n".join(rows).split("\n")]
    header = split(lines[at], mark)
    mark = "\t" if mark == " " else mark
    units = split(rows[0], mark) if rows else []
    first = at + 2
    if are_units(units):
        header = [f"{name}/{unit.strip()}" if unit.strip() else name for name, unit in zip(header, units, strict=False)]
        rows, first = rows[1:], first + 1
    while header and not header[-1]:
        header.pop()
    cells, notes = split_rows(path, header, "\n".join(rows), first, mark)
    return build_record(cells, asked or Asked(), None, notes)


def _is_one_quote(line: str) -> bool:
    """Tell whether a whole line of several cells stands in one pair of quotes, as Novonix writes them."""
    return line.startswith('"') and line.endswith('"') and line.count('"') == 2 and "," in line


def header_line(lines: Sequence[str]) -> int | None:
    """Return which line names a time and a voltage; else which first names a time and a current or a charge."""
    second = None
    for i, line in enumerate(lines[:_LONGEST_PREAMBLE]):
        roles = roles_of(line)
        if {"time", "voltage"} <= roles:
            return i
        if second is None and "time" in roles and roles & {"current", "charge"}:
            second = i
    return second


def roles_of(line: str) -> set[str]:
    """Return what the cells of a line name: time, voltage, current, charge."""
    mark = mark_of(line)
    return {has_role(name_of(cell)) for cell in split(line, mark) if cell} - {""} if mark else set()


def mark_of(line: str) -> str:
    """Return what separates the cells of a line of names; empty: there is but one."""
    if not 3 <= len(line) < 20_000 or _WORDS.search(line) is None:
        return ""
    marks = [mark for mark in _MARKS if mark in line.strip()] or [" "]
    counts = {mark: sum(bool(has_role(name_of(cell))) for cell in split(line, mark)) for mark in marks}
    return max(counts, key=lambda mark: counts[mark]) if counts else ""


def split(line: str, mark: str) -> list[str]:
    """Return the cells of a line."""
    if mark == " ":
        return line.split()
    cells = fields(line, mark) if '"' in line else line.split(mark)
    return [cell.strip() for cell in cells]


def are_units(cells: Sequence[str]) -> bool:
    """Tell whether a line's cells are units and nothing else, as some programs write below the names."""
    filled = [cell.strip().strip("()[]").lower().replace(".", "").replace(" ", "") for cell in cells if cell.strip()]
    known = {unit for units in UNITS.values() for unit in units} | {
        "#",
        "-",
        "1",
        "w",
        "wh",
        "mwh",
        "ohm",
        "°c",
        "bits",
    }
    return len(filled) >= 2 and all(cell in known for cell in filled) and any(cell not in "1-#" for cell in filled)
