"""Gamry's .DTA text: header lines of a tag each, and tables of which each has a line of names and one of units.

Parses DATE, TIME and the tables of curves with T (or Time), Vf and Im. Meets and skips the settings and, where there
is another, the table of the open circuit before it. Has never seen: data of several channels.
"""

from __future__ import annotations

import re

from ramanfit.errors import FormatError
from ramanfit.experiment.cell.build import Asked, build_record
from ramanfit.experiment.cell.cells import split_rows
from ramanfit.experiment.cell.clocks import moment
from ramanfit.experiment.cell.columns import has_role, name_of
from ramanfit.experiment.cell.record import Record

_TABLE = re.compile(r"(\w+)\tTABLE\b")


def is_text(text: str) -> bool:
    """Tell whether a text is Gamry's."""
    return text.startswith("EXPLAIN") and "\nTAG\t" in text[:200].replace("\r\n", "\n")


def read_text(path: str, text: str, asked: Asked | None = None) -> Record:
    """Read a .DTA.

    Raises
    ------
    FormatError
        If it holds no curve with a time and a voltage; with the line that is wrong.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    said = {cells[0]: cells[2].strip() for cells in (line.split("\t") for line in lines[:200]) if len(cells) > 2}
    started = moment(f"{said.get('DATE', '')} {said.get('TIME', '')}", month_first=True)
    tables = [(i, match[1]) for i, line in enumerate(lines) if (match := _TABLE.match(line))]
    curves = [(i, name) for i, name in tables if _is_curve(lines, i)]
    main = [(i, name) for i, name in curves if not name.startswith("OCV")] or curves
    if not main:
        raise FormatError(path, expected="a table with T and Vf", found=", ".join(name for _, name in tables) or "none")
    notes = [f"{curve[1]} before it is left out" for curve in curves if curve not in main]
    body: list[str] = []
    header: list[str] = []
    for i, name in main:
        header = [
            f"{column}/{unit}" if unit not in ("", "#") else column
            for column, unit in zip(_cells(lines[i + 1]), _cells(lines[i + 2]), strict=False)
        ]
        if name != main[0][1]:
            notes.append(f"{name} goes on")
        body += [""] * (i + 3 - (main[0][0] + 3) - len(body)) + _rows(lines, i + 3)
    cells, more = split_rows(
        path, header, "\n".join(line.removeprefix("\t") for line in [*body, ""]), main[0][0] + 4, "\t"
    )
    return build_record(cells, asked or Asked(), started, [*notes, *more], month_first=True)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.removeprefix("\t").split("\t")]


def _rows(lines: list[str], first: int) -> list[str]:
    """Rows of a table: they begin with a tab, and what follows the last does not."""
    end = next((i for i in range(first, len(lines)) if not lines[i].startswith("\t")), len(lines))
    return lines[first:end]


def _is_curve(lines: list[str], at: int) -> bool:
    if at + 2 >= len(lines):
        return False
    return {"time", "voltage"} <= {has_role(name_of(name)) for name in _cells(lines[at + 1])}
