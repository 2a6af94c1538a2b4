"""Graph ASCII in one file: a header of keys, ``[Data]``, labels, perhaps units, rows of numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deferred import deferred
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.information import companion, whole
from ramanfit.formats.number_rows import read_rows
from ramanfit.formats.places import from_header, read_labels
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.text import Style, decode, first_line, lines_before_rows
from ramanfit.formats.units import file_unit
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.scan.stored import StoredCounts

DATA = re.compile(rb"(?:^|[\r\n])[ \t]*\[Data\][ \t]*(?:[\r\n]|$)")
_FIRST = b"//Exported ASCII-File"
_LONGEST_HEADER = 1000  # lines; real ones have 20


def is_header(head: bytes) -> bool:
    """Tell whether a file begins as Graph ASCII does, in one file or as the header of a split export."""
    first = first_line(head).strip()
    return first == _FIRST or (first == b"[Header]" and b"GraphName" in head[:1000])


def has_data(head: bytes) -> bool:
    """Tell whether the numbers follow in the same file."""
    return DATA.search(head) is not None


def sniff(head: bytes) -> bool:
    """Tell whether a file is Graph ASCII with its numbers."""
    return is_header(head) and has_data(head)


def read_header(source: Source) -> dict[str, str]:
    """Read ``key = value`` lines up to ``[Data]`` or the end of the file."""
    lines: list[bytes] = []
    while line := source.peek():
        source.skip(line)
        if line.strip() == b"[Data]":
            break
        lines.append(line.strip(b"\r\n"))
        if len(lines) > _LONGEST_HEADER:
            raise FormatError(
                source.path, line=source.line, expected=f"[Data] within {_LONGEST_HEADER} lines", found="none"
            )
    pairs = (line.partition("=") for line in decode(b"\n".join(lines)).split("\n"))
    return {key.strip(): value.strip() for key, sign, value in pairs if sign}


def split_labels(lines: Sequence[str], style: Style) -> tuple[list[str], str]:
    """Return the labels of the columns and the unit of the axis, from the lines before the numbers."""
    separator = style.separator.decode() or None
    rows = [row for line in lines[-2:] if (row := line.replace('"', "").strip().split(separator))]
    unit = ""
    if rows and file_unit(rows[-1][0]) is not None:
        unit = rows.pop()[0].strip()
    return (rows[-1] if rows else []), unit


def size_notes(header: dict[str, str], channels: int) -> tuple[str, ...]:
    """Say where the header's number of channels is not that of the data, which is trusted."""
    promised = whole(header.get("SizeGraph", ""))
    if promised is None or promised == channels:
        return ()
    return (f"the header promises {promised} channels, the file holds {channels}",)


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read the one measurement of a Graph ASCII file.

    Raises
    ------
    FormatError
        With the line that is wrong.
    """
    header = read_header(source)
    lines, style = lines_before_rows(source, 10)
    if style is None:
        raise FormatError(
            source.path, line=source.line, expected="rows of numbers after [Data]", found="the end of the file"
        )
    labels, unit = split_labels(lines, style)
    counts: FloatArray | StoredCounts
    if (large := deferred(source, style)) is not None:
        x, counts, line = large.x, large.counts, large.line
    else:
        rows = read_rows(source, style, len(labels))
        x, counts, line = rows.values[:, 0].copy(), rows.values[:, 1:].T, rows.line
    information, notes = companion(source.file)
    notes += size_notes(header, x.size)
    if not source.ends_with_newline:
        notes += ("the last line has no end: its last number may be cut short",)
    measurement = Measurement(source.path, x, counts, line, unit=header.get("XAxisUnit") or unit, header=header)
    return [
        deliver(
            measurement,
            source=source.path,
            name=header.get("GraphName") or source.stem,
            place=from_header(header, len(counts), read_labels(labels[1:]), options.line_spacing),
            options=options,
            information=information,
            notes=notes,
        )
    ]


READER = Reader(
    name="WITec Graph ASCII",
    parses="header with positions or times, one column per spectrum; tabs or commas; unit line or none",
    skips="Information texts of video images",
    unseen="timed series with a table of times; maps in one file; a decimal comma",
    sniff=sniff,
    read=read,
)
