"""Rows of cells as a record's table has them: their number, their texts, their numbers."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cached_property
from typing import NoReturn

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.scan.notes import counted
from ramanfit.scan.scan import FloatArray

_LARGEST = 1e30  # of a number that is meant, in whatever unit


class Cells:
    """A table of texts under names.

    Parameters
    ----------
    path : str
    header : sequence of str
        Names of the columns.
    lines : sequence of str
        Rows, none of them empty.
    numbers : sequence of int
        Which line of the file each row is.
    delimiter : str
    quotes : bool
        Whether cells may stand in quotes.
    """

    def __init__(
        self,
        path: str,
        header: Sequence[str],
        lines: Sequence[str],
        numbers: Sequence[int],
        delimiter: str,
        *,
        quotes: bool = False,
    ) -> None:
        self.path, self.header, self.lines, self.numbers = path, [*header], lines, numbers
        self._delimiter, self._quotes = delimiter, quotes
        self._known: dict[int, FloatArray] = {}

    @classmethod
    def of_numbers(cls, path: str, header: Sequence[str], columns: Sequence[FloatArray]) -> Cells:
        """Return a table of numbers that were never text."""
        rows = len(columns[0]) if columns else 0
        cells = cls(path, header, [""] * rows, range(1, rows + 1), "\t")
        cells._known = dict(enumerate(columns))
        return cells

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def _quoted(self) -> list[list[str]] | None:
        if not self._quotes:
            return None
        return [fields(line, self._delimiter) for line in self.lines]

    def texts(self, column: int, rows: slice = slice(None)) -> list[str]:
        """Return the texts of a column."""
        if self.lines and not self.lines[0]:  # numbers that were never text
            return [repr(number) for number in self._known[column][rows].tolist()]
        if self._quoted is not None:
            return [row[column].strip() for row in self._quoted[rows]]
        mark = self._delimiter
        return [line.split(mark, column + 1)[column].strip() for line in self.lines[rows]]

    def fetch(self, columns: Sequence[int]) -> None:
        """Read several columns of numbers at once, which takes little more time than one."""
        wanted = [column for column in sorted(set(columns)) if column not in self._known and self.is_number(column)]
        if not wanted:
            return
        try:
            table = np.loadtxt(
                self.lines,
                delimiter=self._delimiter,
                usecols=wanted,
                ndmin=2,
                comments=None,
                quotechar='"',
                unpack=True,
            )
        except (ValueError, IndexError):
            return  # some cell is empty or no number: each column is read with care
        if table.shape[1] == len(self.lines) and not (np.abs(table) > _LARGEST).any():
            self._known.update(zip(wanted, table, strict=True))

    def is_number(self, column: int) -> bool:
        """Tell whether the first cell of a column is a number."""
        try:
            return bool(self.lines) and bool(np.isfinite(float(self.texts(column, slice(0, 1))[0].replace(",", "."))))
        except ValueError:
            return False

    def floats(self, column: int) -> FloatArray:
        """Return the numbers of a column, with point or comma; an empty cell is not a number.

        Raises
        ------
        FormatError
            With the line whose cell is no number.
        """
        if column not in self._known:
            self.fetch([column])
        if column not in self._known:
            self._known[column] = self._with_care(column)
        return self._known[column]

    def _with_care(self, column: int) -> FloatArray:
        found = np.full(len(self), np.nan)
        for row, text in enumerate(self.texts(column)):
            if text.lower() in ("", "nan", "n/a", "na", "null", "none", "-"):
                continue
            try:
                found[row] = float(text.replace(",", "."))
            except ValueError:
                self.refuse(row, f"a number for {self.header[column]}", repr(text))
            if abs(found[row]) > _LARGEST:
                self.refuse(row, f"a number for {self.header[column]}", repr(text))
        return found

    def refuse(self, row: int, expected: str, found: str) -> NoReturn:
        """Raise a `FormatError` about a row."""
        raise FormatError(self.path, line=self.numbers[row], expected=expected, found=found)


def split_rows(path: str, header: Sequence[str], body: str, first: int, delimiter: str) -> tuple[Cells, list[str]]:
    """Return the rows under a line of names, and what to note: a last line that is cut off is left out.

    Numbers have decimal points afterwards, where commas do not separate them.

    Where the names begin with empty cells, as in Neware's layered exports, the lines that begin with a text are of
    another layer (cycles, steps) and left out.

    Parameters
    ----------
    path : str
    header : sequence of str
    body : str
        All that stands below the names.
    first : int
        Number of the first of these lines in the file, from 1.
    delimiter : str

    Raises
    ------
    FormatError
        If another line has too few or too many cells.
    """
    quotes = '"' in body
    lines = (body if delimiter == "," else body.replace(",", ".")).split("\n")
    columns, last = len(header), first + len(lines) - 1
    indent = next((i for i, name in enumerate(header) if name), 0)
    inset, empty = delimiter * indent, delimiter + " \t\r\n"
    layered = bool(indent) and any(line.startswith(inset) and line.strip(empty) for line in lines[:200])
    marks = columns - 1
    whole = lines[:-1] if lines and not lines[-1] else lines
    if not layered and not quotes and whole is not lines and _alike(whole, delimiter, marks):
        return Cells(path, header, whole, range(first, first + len(whole)), delimiter), []
    kept, numbers, notes, layers = list[str](), list[int](), list[str](), 0
    for number, line in enumerate(lines, first):
        if not line or line.isspace():
            continue
        if layered and (not line.startswith(inset) or line.startswith(inset + delimiter)):
            layers += 1
            continue
        if not line.strip(empty):
            continue  # nothing but separators, as spreadsheets leave them
        count = line.count(delimiter) if '"' not in line else _marks_outside(line, delimiter)
        if number == last and kept and _cut_off(line, kept[-1], count, marks, delimiter):
            notes.append(f"the last line ({number}) is not finished: left out")
            continue
        if count != marks and (count < marks or any(cell.strip() for cell in fields(line, delimiter)[columns:])):
            raise FormatError(path, line=number, expected=f"{columns} cells", found=str(_count(line, delimiter)))
        kept.append(line)
        numbers.append(number)
    if layers:
        notes.append(f"{counted(layers, 'line')} of another layer (cycles or steps) left out")
    return Cells(path, header, kept, numbers, delimiter, quotes=quotes), notes


def _alike(lines: Sequence[str], delimiter: str, marks: int) -> bool:
    """Tell whether every line has as many cells as there are names, or one more that is empty."""
    counts = {line.count(delimiter) for line in lines}
    if not lines or not lines[-1].strip(delimiter + " \r"):
        return False
    return counts == {marks} or (counts == {marks + 1} and all(line.endswith(delimiter) for line in lines))


def fields(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, some of which may stand in quotes."""
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return line.split(delimiter)  # a cell longer than any that is meant


def _marks_outside(line: str, delimiter: str) -> int:
    return len(fields(line, delimiter)) - 1


def _count(line: str, delimiter: str) -> int:
    """Number of cells, empty ones at the end apart."""
    cells = fields(line, delimiter)
    while cells and not cells[-1].strip():
        cells.pop()
    return len(cells)


def _cut_off(line: str, before: str, count: int, marks: int, delimiter: str) -> bool:
    """Tell whether a line without an end is one that is still being written; finished files can lack the end too."""
    if count < marks:
        return True
    last, previous = line.rstrip(delimiter).rpartition(delimiter)[2], before.rstrip(delimiter).rpartition(delimiter)[2]
    return count == marks and len(last.strip()) < len(previous.strip())
