"""The cells of a table of fits as text, each of a kind that its column can hold: of CSV, TSV, JSON or JSON lines."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ramanfit.errors import FormatError
from ramanfit.recipe.marked import unmarked
from ramanfit.tables.schema import Schema

Row = Mapping[str, str]
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|(?i:[+-]?nan)", re.ASCII)
_NO_TEXT = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # what no byte of a file name becomes
_LARGEST_SCAN = 2**53  # beyond, a number of JSON is no longer that number
_SHOWN = 40  # characters of a cell


class _Placed(NamedTuple):
    """A row, and where it stands: on a line, or in JSON by its number."""

    cells: Row
    line: int | None
    number: int


def rows_of(path: str, data: bytes) -> list[Row]:
    """Return the rows of a table of fits, cells as text without blanks around them.

    Parameters
    ----------
    path : str
        For messages.
    data : bytes
        UTF-8; other bytes are kept as those of a file's name.

    Raises
    ------
    FormatError
        With file, row and column: a cell that should be a number is none, a row has too many or too few cells, the
        JSON holds no rows, two columns have one name.
    """
    text = data.decode("utf-8-sig", "surrogateescape")
    start = text.lstrip()[:1]
    placed = [*(_of_json(path, text, start) if start and start in "[{" else _delimited(path, text))]
    numbers = [entry.name for entry in Schema.read(_names(placed)).values() if not entry.kind.text]
    long = bool(placed) and "peak" in placed[0].cells
    for row in placed:
        if long and "peak" not in row.cells:
            raise _wrong(path, row, "peak", "the name of a peak", "none")
        for name in numbers:
            if cell := row.cells.get(name):
                _check(path, row, name, cell)
    return [row.cells for row in placed]


def _names(placed: list[_Placed]) -> list[str]:
    return list(dict.fromkeys(name for row in placed for name in row.cells))


def _check(path: str, row: _Placed, name: str, cell: str) -> None:
    """Make sure that a cell is a number as a table of ours writes it, and not what a spreadsheet made of one."""
    shown = repr(cell if len(cell) <= _SHOWN else f"{cell[:_SHOWN]}...")
    if not _NUMBER.fullmatch(cell):
        raise _wrong(path, row, name, "a number", shown)
    value = float(cell)
    if math.isinf(value):
        raise _wrong(path, row, name, "a finite number", shown)
    if name == "scan" and not (value != value or (value.is_integer() and abs(value) < _LARGEST_SCAN)):
        raise _wrong(path, row, name, "the number of a scan", shown)


def _wrong(path: str, row: _Placed, name: str, expected: str, found: str) -> FormatError:
    what = name if row.line is not None else f"row {row.number}, {name}"
    return FormatError(path, what, line=row.line, expected=expected, found=found)


def _of_json(path: str, text: str, start: str) -> Iterator[_Placed]:
    if start == "[":
        for number, item in enumerate(_parsed(path, text, None), start=1):
            yield _Placed(_cells(path, item, None, number), None, number)
        return
    for line, part in enumerate(text.split("\n"), start=1):
        if part.strip():
            yield _Placed(_cells(path, _parsed(path, part, line), line, line), line, line)


def _parsed(path: str, text: str, line: int | None) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(path, f"not JSON: {error.msg}", line=line or error.lineno) from None
    except ValueError:
        raise FormatError(path, line=line, expected="numbers", found="an integer of thousands of digits") from None
    except RecursionError:
        raise FormatError(path, line=line, expected="an array of rows", found="arrays in arrays in arrays") from None


def _cells(path: str, item: object, line: int | None, number: int) -> Row:
    where = "" if line is not None else f"row {number}"
    if not isinstance(item, dict):
        raise FormatError(path, where, line=line, expected="an object of columns and cells", found=_kind(item))
    cells = {}
    for name, value in item.items():
        if isinstance(value, dict | list):
            what = _NO_TEXT.sub("?", name if line is not None else f"{where}, {name}")
            raise FormatError(path, what, line=line, expected="a number or a text", found=_kind(value))
        cells[_NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", name)] = (
            "" if value is None else _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", str(value)).strip()
        )
    return cells


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "an array", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _delimited(path: str, text: str) -> Iterator[_Placed]:
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",\t;", key=first.count))
    try:
        header = [unmarked(name.strip()) for name in next(reader, [])]
        if twice := [name for name, count in Counter(header).items() if name and count > 1]:
            raise FormatError(path, line=1, expected="columns of different names", found=f"{twice[0]} twice")
        for cells in reader:
            if not cells:
                continue
            line = reader.line_num
            if len(cells) != len(header):
                raise FormatError(path, line=line, expected=f"{len(header)} cells", found=str(len(cells)))
            texts = (unmarked(cell).strip() for cell in cells)
            yield _Placed(dict(zip(header, texts, strict=True)), line, line - 1)
    except csv.Error as error:
        raise FormatError(path, line=reader.line_num, expected="a row of cells", found=str(error)) from None
