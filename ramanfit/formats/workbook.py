"""Excel workbooks: a sheet as the text of a table, once it is known that its numbers are numbers.

openpyxl believes the sizes that an archive and a sheet state. Hence an archive may not say that it holds far more than
its own size, and a sheet may not have more cells than spectra need.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, time, timedelta
from importlib.util import find_spec
from typing import Any, NamedTuple

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import GZ_FREE, GZ_RATIO
from ramanfit.formats.reader import Lacking
from ramanfit.formats.text import is_number

MISSING = "an Excel workbook (.xlsx), which needs the package openpyxl"
_PIP = "pip install 'ramanfit-cli[xlsx]'"
LACKING = Lacking(f"{MISSING}: {_PIP}")
INSTALL = f"{_PIP}, or in Excel: save the sheet as CSV or as text with tabs"
_MOST_PARTS, _MOST_ROWS, _MOST_CELLS = 10_000, 1 << 20, 20_000_000
_PIECE, _LONGEST_TAG, _LONGEST_NUMBER = 1 << 20, 40, 60
_FORMULA = re.compile(rb"<(\w{1,30}:)?f[\s/>]")
_NUMBERS = (int, float)  # and no bool
_SAVE = "open the workbook in Excel or LibreOffice, and save it there"
_STORE = "store numbers as numbers, not as texts; or save the sheet as CSV"
_FEWEST = 2  # numbers in a row, and such rows in a sheet


class Address(NamedTuple):
    """A cell, counted from 1."""

    row: int
    column: int

    def __str__(self) -> str:
        from openpyxl.utils import get_column_letter

        return f"{get_column_letter(self.column)}{self.row}"


class Unvalued:
    """A formula whose value was never stored."""

    def __str__(self) -> str:
        return ""


class _Wrong(NamedTuple):
    """What must not be where it is."""

    place: Address
    actual: str
    hint: str | None = None


class WorkbookSheet:
    """The cells of a sheet, taken row by row.

    Attributes
    ----------
    title : str
    rows : int
        That hold numbers, or formulas in their place.
    """

    def __init__(self, title: str) -> None:
        self.title, self.rows, self.size = title, 0, 0
        self._lines: list[tuple[int, int, bytes]] = []  # row, its first column that is not empty, what begins there
        self._first, self._last = 0, 0  # row of numbers
        self._numbers, self._words = Counter[int](), Counter[int]()  # by column
        self._firsts: dict[int, _Wrong] = {}  # what is no number, by column
        self._texts: dict[int, _Wrong] = {}  # the same of texts that are numbers, and of those with a comma
        self._commas: dict[int, _Wrong] = {}
        self._above: list[_Wrong] = []  # first texts of rows of nothing else, before any row of numbers
        self._dates: list[_Wrong] = []
        self._formula: Address | None = None  # the first without a value
        self._waiting: list[tuple[Address, object, bool]] = []  # whether its row begins with a word

    def add(self, number: int, cells: tuple[object, ...]) -> None:
        """Take the row of a number, which is not empty."""
        filled = [i for i, cell in enumerate(cells, 1) if cell is not None]
        others = [i for i in filled if type(cells[i - 1]) not in _NUMBERS]
        formulas = [i for i in others if isinstance(cells[i - 1], Unvalued)]
        columns = filled if not others else [i for i in filled if i not in others or i in formulas]
        begins = cells[filled[0] - 1]
        if formulas and self._formula is None:
            self._formula = Address(number, formulas[0])
        is_row = len(columns) >= _FEWEST
        if not is_row and (columns[:1] == filled[:1] or is_text_number(begins)):
            texts = sum(is_text_number(cells[i - 1]) for i in others)
            is_row = len(columns) + texts >= _FEWEST
            if is_row and not columns and not self.rows:
                self._above.append(_wrong_text(Address(number, filled[0]), begins))
                is_row = False
        if is_row or self.rows:
            word = isinstance(begins, str) and not is_text_number(begins)
            self._waiting += [(Address(number, i), cells[i - 1], word) for i in others if i not in formulas]
        if is_row:
            self._settle()
            self.rows += 1
            self._first, self._last = self._first or number, number
            self._numbers.update(columns)
        words = "\t".join(map(_shown, cells[filled[0] - 1 : filled[-1]])).encode("utf-8", "replace")
        self.size += len(words)
        self._lines.append((number, filled[0], words))

    def _settle(self) -> None:
        """Take what is no number between rows of numbers; what stands below the last one is no part of the table."""
        for place, cell, after_word in self._waiting:
            column = place.column
            if isinstance(cell, (date, time, timedelta)):
                self._dates.append(_Wrong(place, f"the date or time {_shown(cell)}"))
                del self._dates[1:]
            elif not after_word or self._numbers[column]:  # else a label, as in a text
                self._words[column] += 1
                wrong = _wrong_text(place, cell)
                self._firsts.setdefault(column, wrong)
                if wrong.hint:
                    self._texts.setdefault(column, wrong)
                    if "," in wrong.actual:
                        self._commas.setdefault(column, wrong)
        self._waiting.clear()

    def is_table(self) -> bool:
        """Tell whether there are rows of numbers, or of texts that are numbers."""
        return self.rows >= _FEWEST or len(self._above) >= _FEWEST

    def unvalued(self) -> Address | None:
        """Return the first formula without a value that is not below the table."""
        return self._formula if self._formula and self._formula.row <= self._last else None

    def check(self, path: str) -> None:
        """Make sure that columns of numbers hold nothing else; FormatError with the first cell that is none."""
        mixed = [column for column, n in self._words.items() if self._numbers[column] > n]
        wrong = [*self._dates, *(self._firsts[column] for column in mixed), *self._commas.values()]
        wrong += [text for column, text in self._texts.items() if self._numbers[column]]
        start = min(self._numbers, default=0)
        wrong += [text for text in self._above if not start or text.place.column <= start]  # else labels of columns
        if formula := self.unvalued():
            wrong.append(_Wrong(formula, "a formula without a value", _SAVE))
        if wrong:
            first = min(wrong, key=lambda one: one.place)
            kind = "a label" if first.place.row < self._first and first.hint == _SAVE else "a number"
            raise FormatError(path, f"{self.title}!{first.place}", expected=kind, found=first.actual, hint=first.hint)

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


def sheets(raw: bytes, path: str, enough: int | None = None) -> list[WorkbookSheet]:
    """Return the sheets that hold rows of numbers.

    Parameters
    ----------
    raw : bytes
    path : str
        For messages.
    enough : int, optional
        Bytes of a table's text after which no more of its rows are read.

    Raises
    ------
    FormatError
        If openpyxl is not installed, or cannot read the file.
    """
    formulas = check_archive(raw, path)
    every: list[WorkbookSheet] = []
    with ExitStack() as opened:
        book = opened.enter_context(_opened(raw, path, data_only=True))
        written = opened.enter_context(_opened(raw, path, data_only=False)) if formulas else None
        for i, worksheet in enumerate(book.worksheets):
            sheet = WorkbookSheet(_printable(worksheet.title))
            for number, cells in _rows(worksheet, written and written.worksheets[i], path):
                if cells.count(None) < len(cells):
                    sheet.add(number, cells)
                    if enough is not None and sheet.size > enough and sheet.is_table():
                        break
            every.append(sheet)
    return [sheet for sheet in every if sheet.is_table()]


def check_archive(raw: bytes, path: str) -> bool:
    """Make sure that the archive can be unpacked without harm, and tell whether there may be formulas in it."""
    formulas = False
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
                        piece = opened.read(_PIECE)
                        if b"<!DOCTYPE" in piece[:4096]:
                            where = _printable(member.filename)
                            raise FormatError(path, where, expected="a part without entities", found="<!DOCTYPE")
                        formulas = formulas or b"\0" in piece[:4096]  # UTF-16
                        while piece and not formulas:
                            formulas = _FORMULA.search(piece) is not None
                            after = opened.read(_PIECE)
                            piece = piece[-_LONGEST_TAG:] + after if after else b""
    except FormatError:
        raise
    except Exception as error:  # zipfile promises no type for what is broken
        raise _broken(path, error) from error
    return formulas


def _values(worksheet: Any, written: Any) -> Iterator[tuple[object, ...]]:
    worksheet.reset_dimensions()  # they are what the file states
    if written is None:
        yield from worksheet.iter_rows(values_only=True)
        return
    written.reset_dimensions()
    for cells, formulas in zip(worksheet.iter_rows(), written.iter_rows(values_only=True), strict=False):
        yield tuple(
            Unvalued() if cell.value is None and formula is not None and cell.data_type != "str" else cell.value
            for cell, formula in zip(cells, formulas, strict=False)  # "str": the value is the empty text
        )


def _rows(worksheet: Any, written: Any, path: str) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Yield the rows of a sheet; what is empty, but no longer so as it is `written`, is a formula without a value."""
    left = _MOST_CELLS
    for number, cells in enumerate(_values(worksheet, written), 1):
        left -= len(cells)
        if number > _MOST_ROWS or left < 0:
            limit = f"a sheet of at most {_MOST_ROWS} rows and {_MOST_CELLS} cells"
            raise FormatError(path, _printable(worksheet.title), expected=limit, found="more")
        yield number, cells


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


def is_text_number(cell: object) -> bool:
    """Tell whether a cell is a text, and that a number."""
    if not isinstance(cell, str) or len(cell) > _LONGEST_NUMBER or not any(map(str.isdecimal, cell)):
        return False
    return is_number(cell.encode("utf-8", "replace"))


def _wrong_text(place: Address, cell: object) -> _Wrong:
    return _Wrong(place, f"the text {_shown(cell)[:40]!r}", _STORE if is_text_number(cell) else None)


def _shown(cell: object) -> str:
    if type(cell) in _NUMBERS:
        return repr(cell)
    return "" if cell is None else _printable(str(cell))


def _printable(words: str) -> str:
    if words.isprintable():
        return words
    return "".join(letter if letter.isprintable() else " " for letter in words)
