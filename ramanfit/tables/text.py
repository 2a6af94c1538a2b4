"""Tables as text for machines: csv, tsv, json and jsonl, row after row.

Numbers have a point and at most nine significant digits, or as many as make the same number again; what is missing is
empty, in JSON null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain, pairwise, repeat
from typing import Protocol

import numpy as np

from ramanfit.recipe.marked import marked
from ramanfit.tables.numerals import DECIMAL, beside, numeral_lines, numerals
from ramanfit.tables.table import Column, NumberColumn, Table

_MANY = 256  # rows that compiled code is for
_NO_BYTE = "[\ud800-\udc7f\udd00-\udfff]"  # what no byte of a file name becomes


class Encoder(Protocol):
    """Tables in, bytes out: now, or all at the end."""

    def add(self, table: Table) -> bytes:
        """Return what can be written once `table` is there."""

    def end(self) -> bytes:
        """Return the rest."""


class Delimited:
    """One line per row; cells are quoted where RFC 4180 asks for it, lines end with a line feed.

    Text that a spreadsheet would take for a formula has an apostrophe before it; see `marked`.

    Parameters
    ----------
    delimiter : str
        One character.
    header : bool
        Whether a line of names comes first.
    exact : bool
        Whether numbers have all their digits.
    """

    def __init__(self, delimiter: str, header: bool = True, exact: bool = False) -> None:
        self._delimiter, self._exact = delimiter, exact
        self._special = re.compile(f'[{re.escape(delimiter)}"\r\n]')
        self._header_due = header

    def add(self, table: Table) -> bytes:
        """Return the rows of `table`, with the names before the first of them."""
        names = self._delimiter.join(self._quoted(table.names)) + "\n" if self._header_due else ""
        self._header_due = False
        return _encoded(names) + (self._beside(table) or _encoded(self._rows(table)))

    def end(self) -> bytes:
        """Return nothing."""
        return b""

    def _rows(self, table: Table) -> str:
        columns = [self._cells(values) for values in table.columns.values()]
        lines = map(self._delimiter.join, zip(*columns, strict=True))
        if len(columns) == 1:  # an empty line would be no row at all
            lines = (line or '""' for line in lines)  # type: ignore[assignment]
        return "\n".join([*lines, ""])

    def _beside(self, table: Table) -> bytes | None:
        """Return the rows as `_rows` does, by compiled code; None where that does not."""
        columns = list[bytes]()
        for values in table.columns.values() if len(table) >= _MANY and len(table.columns) > 1 else ():
            plain = isinstance(values, np.ndarray) and values.dtype.kind == "f" and not self._exact
            lines = numeral_lines(np.asarray(values), "") if plain else _encoded("\n".join([*self._cells(values), ""]))
            if lines is None:
                return None
            columns.append(lines)
        return beside(columns, len(table), self._delimiter) if columns else None

    def _cells(self, values: Column) -> Sequence[str]:
        return number_cells(values, "", exact=self._exact) if isinstance(values, np.ndarray) else self._quoted(values)

    def _quoted(self, cells: Sequence[str]) -> Sequence[str]:
        changed = {}
        for cell in set(cells):
            text = marked(cell)
            if self._special.search(text):
                text = '"' + text.replace('"', '""') + '"'
            if text != cell:
                changed[cell] = text
        return [changed.get(cell, cell) for cell in cells] if changed else cells


class JsonLines:
    """One JSON object per row and line; `exact` as in `Delimited`."""

    def __init__(self, exact: bool = False) -> None:
        self._exact = exact

    def add(self, table: Table) -> bytes:
        """Return the rows of `table`."""
        return _bytes("".join([f"{row}\n" for row in _objects(table, self._exact)]))

    def end(self) -> bytes:
        """Return nothing."""
        return b""


class JsonArray:
    """One JSON array of objects, a line for each row; `exact` as in `Delimited`."""

    def __init__(self, exact: bool = False) -> None:
        self._before, self._exact = "[\n", exact

    def add(self, table: Table) -> bytes:
        """Return the rows of `table`, each after its bracket or comma."""
        rows = ",\n".join(_objects(table, self._exact))
        if not rows:
            return b""
        text, self._before = self._before + rows, ",\n"
        return _bytes(text)

    def end(self) -> bytes:
        """Return the closing bracket."""
        return b"[]\n" if self._before == "[\n" else b"\n]\n"


ENCODERS: dict[str, Callable[[bool, bool], Encoder]] = {
    "csv": lambda header, exact: Delimited(",", header, exact),
    "tsv": lambda header, exact: Delimited("\t", header, exact),
    "json": lambda header, exact: JsonArray(exact),
    "jsonl": lambda header, exact: JsonLines(exact),
}
"""By form; told whether the line of names comes first, and whether numbers have all their digits."""


def number_cells(values: NumberColumn, missing: str, *, exact: bool = False) -> list[str]:
    """Return a column of numbers as text; exact: of so many digits that the same number can be made of it."""
    bits = values.view(np.int64)
    first = np.flatnonzero(bits[1:] != bits[:-1]) + 1
    if 2 * len(first) >= len(values):
        return _each(values, missing, exact)
    # a key that many rows in turn have alike is written once
    starts = [0, *first.tolist()]
    times = [end - start for start, end in pairwise([*starts, len(values)])]
    return list(chain.from_iterable(map(repeat, _each(values[starts], missing, exact), times)))


def _each(values: NumberColumn, missing: str, exact: bool) -> list[str]:
    if values.dtype.kind == "i":
        return list(map(str, values.tolist()))
    if exact:
        short = ((value, DECIMAL % value) for value in values.tolist())
        return [missing if value != value else text if float(text) == value else repr(value) for value, text in short]
    return numerals(np.asarray(values, dtype=np.float64), missing)


def _encoded(text: str) -> bytes:
    """Return text as bytes; names of files as they came."""
    if text.isascii():
        return text.encode()
    return re.sub(_NO_BYTE, "\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "surrogateescape")


def _objects(table: Table, exact: bool) -> list[str]:
    import json

    columns: list[list[str]] = []
    for values in table.columns.values():
        if isinstance(values, np.ndarray):
            columns.append(number_cells(values, "null", exact=exact))
        else:
            text = {cell: json.dumps(cell, ensure_ascii=False) if cell else "null" for cell in set(values)}
            columns.append([text[cell] for cell in values])
    names = (json.dumps(name, ensure_ascii=False).replace("%", "%%") for name in table.names)
    template = "{" + ", ".join(f"{name}: %s" for name in names) + "}"
    return [template % row for row in zip(*columns, strict=True)]


def _bytes(text: str) -> bytes:
    # an undecodable byte of a file name is a lone surrogate, and its backslash form is JSON
    return text.encode("utf-8", "backslashreplace")
