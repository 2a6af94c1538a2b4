"""The cells of tidy rows as text: from csv and tsv, and from json and jsonl with a row on each line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.text import decode
from ramanfit.formats.tidy_labels import names_of, parted, separator_of

Cells = tuple[int, Sequence[str]]
"""Line number, and a cell for every label."""


def cells(source: Source) -> tuple[list[str], Iterator[Cells]]:
    """Return the labels of a source, and its rows of cells.

    Raises
    ------
    FormatError
        When rows are asked for, with the line that is wrong.
    """
    lines = (line for block in source.blocks() for line in decode(block).splitlines())
    header = next(lines, "")
    if header.lstrip().startswith(("[", "{")):
        first = header.strip().lstrip("[").strip()
        number = 1 if first else 2
        first = first or next(lines, "")
        return names_of(first), _from_json(source, first, lines, number)
    return parted(header), _from_lines(source, lines, len(parted(header)), separator_of(header))


def _from_lines(source: Source, lines: Iterator[str], columns: int, separator: str) -> Iterator[Cells]:
    rows = csv.reader(lines, delimiter=separator)
    try:
        for row in rows:
            line = rows.line_num + 1
            if row and len(row) != columns:
                raise FormatError(source.path, line=line, expected=f"{columns} cells", found=str(len(row)))
            if row:
                yield line, row
    except csv.Error as error:
        raise FormatError(source.path, line=rows.line_num + 1, expected="a row of cells", found=str(error)) from error


def _from_json(source: Source, first: str, lines: Iterator[str], number: int) -> Iterator[Cells]:
    names = names_of(first)
    line = first
    while True:
        text = line.strip().rstrip(",")
        if text not in ("", "]"):
            try:
                row = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict) or list(row) != names:
                raise FormatError(
                    source.path,
                    line=number,
                    expected=f"one object on the line, of the {len(names)} names of the first",
                    found=repr(text[:40]),
                )
            cells = ["" if value is None else value for value in row.values()]
            if not all(isinstance(cell, str) for cell in cells):
                raise FormatError(source.path, line=number, expected="texts and numbers", found=repr(text[:40]))
            yield number, cells
        after = next(lines, None)
        if after is None:
            return
        line, number = after, number + 1
