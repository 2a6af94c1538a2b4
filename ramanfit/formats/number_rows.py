"""The block of numbers: parsed in C, checked row by row, and read with care only where something is wrong."""

from __future__ import annotations

import re

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.row_parser import Lines, RowParser, shown
from ramanfit.formats.text import Style
from ramanfit.scan.scan import FloatArray

_GROUP = rb",0\d\d(?=[,\r\n])"


class Rows:
    """Numbers and where they stood.

    Attributes
    ----------
    values : array [rows, columns]
    notes : tuple of str
        What had to be understood, or was passed over.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self.values: FloatArray = np.empty((rows, columns))
        self.notes: tuple[str, ...] = ()
        self._used = 0
        self._firsts: list[int] = []
        self._lines: list[Lines] = []

    def __len__(self) -> int:
        return self._used

    def append(self, values: FloatArray, lines: Lines) -> None:
        """Add rows, growing in place.

        Parameters
        ----------
        values : array [rows, columns]
        lines : int or int array [rows]
            The first of consecutive line numbers, or that of each row.
        """
        used, self._used = self._used, self._used + len(values)
        if self._used > len(self.values):
            self.values.resize((max(self._used, used * 3 // 2), self.values.shape[1]), refcheck=False)
        self.values[used : self._used] = values
        self._firsts.append(used)
        self._lines.append(lines)

    def close(self) -> None:
        """Give back the room that was not needed, unless it is little: NumPy may copy all to do so."""
        if self._used < 0.9 * len(self.values):
            self.values.resize((self._used, self.values.shape[1]), refcheck=False)
        self.values = self.values[: self._used]

    def line(self, row: int) -> int:
        """Return the line number of a row."""
        from bisect import bisect_right

        block = bisect_right(self._firsts, row) - 1
        lines, offset = self._lines[block], row - self._firsts[block]
        return lines + offset if isinstance(lines, int) else int(lines[offset])


def read_rows(source: Source, style: Style, labels: int = 0) -> Rows:
    """Read all that is left of a source as rows of numbers.

    Parameters
    ----------
    source : Source
        Standing at the first row.
    style : Style
        How that row is written; every row must have as many numbers.
    labels : int
        Columns that the line of labels has; it decides what a comma means where the numbers do not.

    Returns
    -------
    Rows
        Each number exactly as `float` reads it; not a number where a cell behind the first is empty.

    Raises
    ------
    FormatError
        With the line that is not a row of numbers like the first.
    """
    parser = RowParser(source.path, style, source.peek())
    rows = Rows(source.rows_ahead(len(source.peek())), style.columns)
    for block in source.blocks():
        if not rows and style.separator == b"," and b"." not in block and style.columns not in (2, labels):
            raise FormatError(
                source.path,
                line=source.line,
                expected="numbers with a decimal point between commas",
                found=shown(block[:200].splitlines()[0]),
                hint="commas may be separators or decimal commas here: export with tabs between the numbers",
            )
        if style.separator == b"," and (grouped := re.search(_GROUP, block)):
            raise FormatError(
                source.path,
                line=source.line + block.count(b"\n", 0, grouped.start()),
                expected="commas between numbers only",
                found=shown(grouped[0]) + ", perhaps thousands",
                hint="export without a sign between thousands, or with tabs between the numbers",
            )
        rows.append(*parser.parse(block, source))
    rows.notes = parser.notes()
    rows.close()
    return rows
