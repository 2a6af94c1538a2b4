"""The cells of tidy rows as text: from csv and tsv, and from json and jsonl with a row on each line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.text import decode, first_line

Cells = tuple[int, Sequence[str]]
"""Line number, and a cell for every label."""


def labels_of(head: bytes) -> list[str]:
    """Return the labels of a first line: parted by tabs, semicolons or commas, or the names of a JSON object."""
    line = decode(first_line(head)).strip()
    if line.startswith(("[", "{")):
        return _names(decode(head).lstrip("[ \t\r\n").split("\n", 1)[0])
    return _parted(line)


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
        return _names(first), _from_json(source, first, lines, number)
    return _parted(header), _from_lines(source, lines, len(_parted(header)), _separator(header))


def _parted(line: str) -> list[str]:
    return [label.strip().strip('"') for label in line.split(_separator(line))]


def _separator(line: str) -> str:
    return max("\t;,", key=line.count)


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


def _names(line: str) -> list[str]:
    """Return the names of the JSON object that begins a line; none if none does."""
    try:
        row, _ = json.JSONDecoder().raw_decode(line.strip())
    except (ValueError, RecursionError):
        return []
    return list(row) if isinstance(row, dict) else []


def _from_json(source: Source, first: str, lines: Iterator[str], number: int) -> Iterator[Cells]:
    names = _names(first)
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
