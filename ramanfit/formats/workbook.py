"""Excel workbooks: a sheet as the text of a table, once it is known that its numbers are numbers.

openpyxl believes the sizes that an archive and a sheet state. Hence an archive may not say that it holds far more than
its own size, and a sheet may not have more cells than spectra need.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from importlib.util import find_spec
from itertools import zip_longest
from typing import Any, NamedTuple

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import GZ_FREE, GZ_RATIO

MISSING = "an Excel workbook (.xlsx), which needs the package openpyxl"
INSTALL = "pip install 'ramanfit-cli[xlsx]', or in Excel: save the sheet as CSV or as text with tabs"
_MOST_PARTS, _MOST_ROWS, _MOST_CELLS = 10_000, 1 << 20, 20_000_000
_FEWEST = 2  # numbers in a row, and such rows in a sheet


class Address(NamedTuple):
    """A cell, counted from 1."""

    row: int
    column: int

    def __str__(self) -> str:
        from openpyxl.utils import get_column_letter

        return f"{get_column_letter(self.column)}{self.row}"


class WorkbookSheet:
    """The cells of a sheet, taken row by row.

    Attributes
    ----------
    title : str
    rows : int
        That hold numbers.
    """

    def __init__(self, title: str) -> None:
        self.title, self.rows = title, 0
        self._lines: list[tuple[int, int, bytes]] = []  # row, its first column that is not empty, what begins there
        self._numbers, self._words = Counter[int](), Counter[int]()  # by column
        self._firsts: dict[int, tuple[Address, str]] = {}  # what is no number, by column
        self._dates: list[tuple[Address, str]] = []
        self._waiting: list[tuple[Address, object]] = []

    def add(self, number: int, cells: tuple[object, ...]) -> None:
        """Take the row of a number, which is not empty."""
        columns = [i for i, cell in enumerate(cells, 1) if _is_number(cell)]
        filled = [i for i, cell in enumerate(cells, 1) if cell is not None]
        if len(columns) >= _FEWEST or self.rows:
            self._waiting += [(Address(number, i), cells[i - 1]) for i in filled if not _is_number(cells[i - 1])]
        if len(columns) >= _FEWEST:
            self.rows += 1
            self._numbers.update(columns)
            self._settle()
        words = "\t".join(map(_shown, cells[filled[0] - 1 : filled[-1]]))
        self._lines.append((number, filled[0], words.encode("utf-8", "replace")))

    def _settle(self) -> None:
        """Take what is no number between rows of numbers; what stands below the last one is no part of the table."""
        for place, cell in self._waiting:
            if isinstance(cell, (date, time, timedelta)):
                self._dates.append((place, f"the date or time {_shown(cell)}"))
                del self._dates[1:]
            else:
                self._words[place.column] += 1
                self._firsts.setdefault(place.column, (place, f"the text {_shown(cell)[:40]!r}"))
        self._waiting.clear()

    def check(self, path: str) -> None:
        """Make sure that columns of numbers hold nothing else; FormatError with the first cell that is none."""
        mixed = [column for column, n in self._words.items() if self._numbers[column] > n]
        wrong = [*self._dates, *(self._firsts[column] for column in mixed)]
        if wrong:
            place, actual = min(wrong)
            raise FormatError(path, f"{self.title}!{place}", expected="a number", found=actual)

    def lacks(self) -> bool:
        """Tell whether a column of numbers has empty cells, or there is none."""
        return self.rows < _FEWEST or any(2 * n > self.rows > n for n in self._numbers.values())

    def text(self) -> bytes:
        """Return a line for each row, parted by tabs; rows of numbers are equally long."""
        start = min((first for _, first, _ in self._lines), default=1)
        width = max(self._numbers, default=start) - start
        lines: list[bytes] = []
        for number, first, words in self._lines:
            lines += [b""] * (number - 1 - len(lines))
            line = b"\t" * (first - start) + words
            lines.append(line + b"\t" * (width - line.count(b"\t")))
        return b"\n".join((*lines, b""))


def sheets(raw: bytes, path: str) -> list[WorkbookSheet]:
    """Return the sheets that hold rows of numbers.

    Raises
    ------
    FormatError
        If openpyxl is not installed, or cannot read the file, or a formula has no value.
    """
    check_archive(raw, path)
    every: list[WorkbookSheet] = []
    with _opened(raw, path, data_only=True) as book:
        for worksheet in book.worksheets:
            sheet = WorkbookSheet(_printable(worksheet.title))
            for number, cells in _rows(worksheet, path):
                if cells.count(None) < len(cells):
                    sheet.add(number, cells)
            every.append(sheet)
    tables = [sheet for sheet in every if sheet.rows >= _FEWEST]
    for sheet in tables or every:
        if sheet.lacks():
            _refuse_formula(raw, path, sheet.title)
    return tables


def check_archive(raw: bytes, path: str) -> None:
    """Make sure that the archive can be unpacked without harm."""
    if find_spec("openpyxl") is None:
        raise FormatError(path, MISSING + ", which is not installed", hint=INSTALL)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if size > max(GZ_FREE, GZ_RATIO * len(raw)) or len(members) > _MOST_PARTS:
                limit = f"a workbook that holds at most {GZ_FREE >> 20} MiB or {GZ_RATIO} times its own size"
                raise FormatError(path, expected=limit, found=f"{size >> 20} MiB in {len(members)} parts")
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as opened:
                        if b"<!DOCTYPE" in opened.read(4096):
                            where = _printable(member.filename)
                            raise FormatError(path, where, expected="a part without entities", found="<!DOCTYPE")
    except FormatError:
        raise
    except Exception as error:  # zipfile promises no type for what is broken
        raise _broken(path, error) from error


def _rows(worksheet: Any, path: str) -> Iterator[tuple[int, tuple[object, ...]]]:
    worksheet.reset_dimensions()  # they are what the file states
    left = _MOST_CELLS
    for number, cells in enumerate(worksheet.iter_rows(values_only=True), 1):
        left -= len(cells)
        if number > _MOST_ROWS or left < 0:
            limit = f"a sheet of at most {_MOST_ROWS} rows and {_MOST_CELLS} cells"
            raise FormatError(path, _printable(worksheet.title), expected=limit, found="more")
        yield number, cells


def _refuse_formula(raw: bytes, path: str, title: str) -> None:
    """Make sure that no empty cell of a sheet is a formula whose value was never stored."""
    with _opened(raw, path, data_only=True) as values, _opened(raw, path, data_only=False) as formulas:
        for one, other in zip(values.worksheets, formulas.worksheets, strict=True):
            if _printable(one.title) != title:
                continue
            for (number, cells), (_, written) in zip(_rows(one, path), _rows(other, path), strict=False):
                for column, (value, formula) in enumerate(zip_longest(cells, written), 1):
                    if value is None and formula is not None:
                        raise FormatError(
                            path,
                            f"{title}!{Address(number, column)}",
                            expected="a number",
                            found="a formula without a value",
                            hint="open the workbook in Excel or LibreOffice, and save it there",
                        )


@contextmanager
def _opened(raw: bytes, path: str, *, data_only: bool) -> Iterator[Any]:
    """Open a workbook; whatever openpyxl raises meanwhile becomes a FormatError."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and the like
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=data_only)
            try:
                yield book
            finally:
                book.close()
    except FormatError:
        raise
    except Exception as error:  # openpyxl promises no type
        raise _broken(path, error) from error


def _broken(path: str, error: Exception) -> FormatError:
    words = _printable(" ".join(f"{type(error).__name__}: {error}".split()))[:200]
    return FormatError(path, expected="a whole workbook", found=words)


def _is_number(cell: object) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def _shown(cell: object) -> str:
    return "" if cell is None else _printable(repr(cell) if _is_number(cell) else str(cell))


def _printable(words: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in words)
