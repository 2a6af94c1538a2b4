"""The numbers of tidy rows, with points or, as a spreadsheet saves them again, with decimal commas."""

from __future__ import annotations

import re

from ramanfit.errors import FormatError
from ramanfit.formats.decimal_sign import breaks_thousands

_NUMBER = re.compile(r"(?i)\s*[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[+-]?\d+)?\s*|\s*nan\s*", re.ASCII)


class CellNumbers:
    """Reads the numbers of one file, all of which have the same decimal sign.

    Parameters
    ----------
    path : str
        For messages.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._comma, self._point = 0, 0  # the first lines that have them
        self._decimal = False  # whether a comma is known to stand for no thousands

    def read(self, cell: str, line: int, column: str, *, empty: bool = False) -> float:
        """Return the number in a cell; not a number if it may be `empty` and is.

        Raises
        ------
        FormatError
            If there is none, or its decimal sign is another than before.
        """
        if empty and not cell.strip():
            return float("nan")
        if not _NUMBER.fullmatch(cell):
            raise FormatError(self._path, column, line=line, expected="a number", found=repr(cell[:40]))
        comma, point = "," in cell, "." in cell
        if comma:
            self._comma = self._comma or line
            self._decimal = self._decimal or breaks_thousands(cell.encode())
        elif point:
            self._point = self._point or line
        if (comma or point) and self._comma and self._point:
            line_before, sign = (self._point, "point") if comma else (self._comma, "comma")
            raise FormatError(
                self._path,
                column,
                line=line,
                expected=f"a number with a {sign}, as in line {line_before}",
                found=repr(cell[:40]),
            )
        return float(cell.replace(",", "."))

    def settle(self) -> None:
        """Make sure that commas are decimal signs, once all numbers are read.

        Raises
        ------
        FormatError
            If each of them stands before three digits, as between thousands.
        """
        if self._comma and not self._decimal:
            raise FormatError(
                self._path,
                "every comma stands before three digits: decimal commas, or thousands?",
                line=self._comma,
                hint="save the numbers with points",
            )
