"""A record as a table with a line of names: CSV, TSV, semicolons with decimal commas."""

from __future__ import annotations

from ramanfit.errors import FormatError
from ramanfit.experiment.cell.record import Record
from ramanfit.experiment.cell.rows import build_record, split_rows


def read(path: str, text: str) -> Record:
    """Read a table whose columns have names such as ``time_s, voltage_v, current_ma, capacity_mah``.

    Names may carry units, ``Ewe/V`` or ``Voltage (V)``; times are numbers since the start, or dates.

    Raises
    ------
    FormatError
        With the line that is wrong.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    first = next(i for i, line in enumerate(lines) if line.strip())
    delimiter = max("\t;,", key=lines[first].count)
    header = [name.strip().strip('"') for name in lines[first].split(delimiter)]
    if len(header) < 2:
        raise FormatError(
            path,
            line=first + 1,
            expected="names of columns, separated by commas, semicolons or tabs",
            found=repr(lines[first][:40]),
        )
    unquoted = [line.replace('"', "") for line in lines[first + 1 :]]
    rows, notes = split_rows(path, unquoted, first + 2, delimiter, len(header))
    return build_record(path, header, rows, None, notes)
