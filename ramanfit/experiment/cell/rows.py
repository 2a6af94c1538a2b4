"""From rows of text to a Record: numbers, times, and what must hold of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.experiment.cell.columns import (
    CELL_VOLTAGES,
    COUNTER_VOLTAGES,
    CURRENTS,
    NET_CHARGES,
    SECTIONS,
    TIMES,
    VOLTAGES,
    Name,
    find,
    integrated,
    name_of,
    net_charge,
)
from ramanfit.experiment.cell.record import Record
from ramanfit.scan.scan import BoolArray, FloatArray

_DATE = re.compile(
    r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?\s*([AaPp][Mm])?Z?"
)


def moment(text: str) -> datetime | None:
    """Return the date and time a text holds; None where it holds none.

    ``MM/DD/YYYY`` as EC-Lab writes it (the other way round where that is no date), ``DD.MM.YYYY``, ``YYYY-MM-DD``.
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    a, b, c = (int(number) for number in match.groups()[:3])
    hour, minute, second = int(match[4]), int(match[5]), int(match[6] or 0)
    if match[8]:
        hour = hour % 12 + 12 * (match[8].lower() == "pm")
    micro = int((match[7] or "0").ljust(6, "0"))
    dotted = "." in text.split(":")[0]
    orders = [(a, b, c)] if a > 31 else [(c, b, a), (c, a, b)] if dotted else [(c, a, b), (c, b, a)]
    for year, month, day in orders:
        try:
            return datetime(year, month, day, hour, minute, second, micro)
        except ValueError:
            continue
    return None


def build_record(
    path: str,
    header: Sequence[str],
    rows: Sequence[tuple[int, list[str]]],
    started: datetime | None,
    notes: Sequence[str] = (),
) -> Record:
    """Return the record that rows of cells hold.

    Parameters
    ----------
    path : str
    header : sequence of str
        Names of the columns.
    rows : sequence of (int, list of str)
        Line and cells, as many as there are columns.
    started : datetime or None
        Absolute time of time 0, if the file says.
    notes : sequence of str

    Raises
    ------
    FormatError
        If there is no time or nothing else, a cell is no number, or time runs backwards.
    """
    names = [name_of(text) for text in header]
    clock = find(names, TIMES, "time")
    if clock is None:
        raise FormatError(path, expected="a column of times, such as time/s", found=", ".join(header[:8]))
    if not rows:
        raise FormatError(path, expected="rows of numbers under the names of the columns", found="none")

    def column(where: tuple[int, float] | None) -> FloatArray | None:
        return None if where is None else where[1] * _numbers(path, header[where[0]], rows, where[0])

    time_s, began = _times(path, header[clock[0]], rows, *clock)
    back = np.flatnonzero(np.diff(time_s) < 0)
    if len(back):
        row = int(back[0]) + 1
        raise FormatError(
            path,
            line=rows[row][0],
            expected=f"a time of at least {time_s[row - 1]:g} s, as in the row before",
            found=f"{time_s[row]:g} s",
        )
    said = list(notes)
    voltage_v = column(find(names, VOLTAGES, "voltage"))
    counter_v = column(find(names, COUNTER_VOLTAGES, "voltage"))
    if voltage_v is not None and counter_v is not None and find(names, CELL_VOLTAGES, "voltage") is None:
        voltage_v = voltage_v - counter_v
    measured = find(names, CURRENTS, "current")
    current_ma = column(measured)
    if measured is not None and names[measured[0]].plain == "control":
        said.append("no measured current: the one that was set is taken")
    sections = [_numbers(path, header[i], rows, i) for i, name in enumerate(names) if name.plain in SECTIONS]
    changed = np.zeros(len(rows), dtype=bool)
    for values in sections:
        changed[1:] |= values[1:] != values[:-1]
    capacity_mah = _capacity(names, column, time_s, current_ma, changed)
    if voltage_v is None and current_ma is None and capacity_mah is None:
        raise FormatError(
            path, expected="a voltage, a current or a charge beside the time", found=", ".join(header[:8])
        )
    return Record(path, time_s, voltage_v, current_ma, capacity_mah, began or started, notes=tuple(said))


def _capacity(
    names: Sequence[Name],
    column: Callable[[tuple[int, float] | None], FloatArray | None],
    time_s: FloatArray,
    current_ma: FloatArray | None,
    changed: BoolArray,
) -> FloatArray | None:
    """The net charge: a counter of it, else charge minus discharge, else the integral of the current."""
    current = None if current_ma is None or not np.isfinite(current_ma).all() else current_ma
    for wanted in NET_CHARGES:
        counter = column(find(names, [wanted], "charge"))
        if counter is not None and np.isfinite(counter).all():
            return net_charge(counter, time_s, current, changed)
    up, down = (column(find(names, [wanted], "charge")) for wanted in ("qcharge", "qdischarge"))
    if up is not None and down is not None and np.isfinite(up).all() and np.isfinite(down).all():
        return net_charge(np.abs(up), time_s, None, changed) - net_charge(np.abs(down), time_s, None, changed)
    return None if current is None else integrated(current, time_s)


def _times(
    path: str, name: str, rows: Sequence[tuple[int, list[str]]], column: int, factor: float
) -> tuple[FloatArray, datetime | None]:
    """Times in s; with the absolute time of the first where the column holds dates."""
    if moment(rows[0][1][column]) is None:
        time_s = factor * _numbers(path, name, rows, column)
        unknown = np.flatnonzero(~np.isfinite(time_s))
        if len(unknown):
            raise FormatError(
                path, line=rows[int(unknown[0])][0], expected=f"a number for {name}", found="an empty cell"
            )
        return time_s, None
    moments = []
    for line, cells in rows:
        when = moment(cells[column])
        if when is None:
            raise FormatError(path, line=line, expected=f"a date and time for {name}", found=repr(cells[column]))
        moments.append(when)
    return np.array([(when - moments[0]) / timedelta(seconds=1) for when in moments]), moments[0]


def _numbers(path: str, name: str, rows: Sequence[tuple[int, list[str]]], column: int) -> FloatArray:
    """Numbers with point or comma; an empty cell is not a number."""
    texts = [cells[column] for _, cells in rows]
    try:
        return np.array([float(text.replace(",", ".")) if text else np.nan for text in texts])
    except ValueError:
        for (line, _), text in zip(rows, texts, strict=True):
            try:
                float(text.replace(",", ".") or "nan")
            except ValueError:
                raise FormatError(path, line=line, expected=f"a number for {name}", found=repr(text)) from None
        raise


def _cut_off(cells: Sequence[str], before: Sequence[str]) -> bool:
    """Tell whether a line without an end is one that is still being written; finished files can lack the end too."""
    return len(cells) < len(before) or (len(cells) == len(before) and len(cells[-1]) < len(before[-1]))


def split_rows(
    path: str, lines: Sequence[str], first: int, delimiter: str, columns: int
) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Return line and cells of every row, and what to note: a last line that is cut off is left out.

    Parameters
    ----------
    path : str
    lines : sequence of str
        As split at line ends: the last is what stands after the last of them.
    first : int
        Number of the first of these lines in the file, from 1.
    delimiter : str
    columns : int

    Raises
    ------
    FormatError
        If another line has too few or too many cells.
    """
    rows: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split(delimiter)]
        while len(cells) > columns and not cells[-1]:
            cells.pop()
        if number == first + len(lines) - 1 and rows and _cut_off(cells, rows[-1][1]):
            return rows, [f"the last line ({number}) is not finished: left out"]
        if len(cells) != columns:
            raise FormatError(path, line=number, expected=f"{columns} cells", found=str(len(cells)))
        rows.append((number, cells))
    return rows, []
