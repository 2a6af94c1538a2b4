"""Tables: WITec's Table export, and the plain text of two or more columns that everybody else writes."""

from __future__ import annotations

import io
import re

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import HEAD, Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.graph_ascii import split_labels
from ramanfit.formats.information import companion
from ramanfit.formats.number_rows import read_rows
from ramanfit.formats.places import from_companions, read_labels
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.text import first_line, is_row, lines_before_rows
from ramanfit.formats.units import file_unit, label_unit
from ramanfit.scan.scan import Scan

_MOST_LINES = 200  # of a foreign header
_LONGEST_KEY = 1000  # characters of a key and its value
_LEAST_ROWS = 8  # of a table in a folder that nobody named
_COMMENT = re.compile(r"\s*[#%]+\s*")
_AXIS = re.compile(r"(?i)\W*(x\b|x[-_ ]?axis|wave|raman|shift|rel\b|cm|1/cm|nm\b|freq|energy|wellen|pixel)")
_KEY = re.compile(r"[\s#%]*([^=:\t;]{1,80})[=:\t;](.*)")


def _written_by_witec(head: bytes) -> bool:
    """Tell whether the first line is WITec's line of labels or of units."""
    first = re.split(rb"[\t,;]", first_line(head), maxsplit=1)
    return len(first) == 2 and (first[0].strip() == b"X-Axis" or first[1].startswith(b"CCD cts"))


def sniff(head: bytes) -> bool:
    """Tell whether there is a row of two or more numbers, perhaps below some lines of words."""
    if _written_by_witec(head):
        return True
    try:
        source = Source(io.BytesIO(head), "")
        _, style = lines_before_rows(source, _MOST_LINES)
        return style is not None and is_row(source.peek(), style)
    except FormatError:
        return False


def no_spectrum(source: Source) -> str:
    """Return why a table in a folder is not taken for a spectrum, an empty string if it is.

    Only what is clearly something else is told apart: columns with a label that is no axis, a handful of
    rows, a first column that goes to and fro (not one that steps back once). A table with a broken row
    counts as a spectrum, so that the user hears of it.
    """
    head = source.head
    if _written_by_witec(head):
        return ""
    whole = head if len(head) < HEAD - 3 else head[: head.rfind(b"\n") + 1] or head
    try:
        first = Source(io.BytesIO(whole), "")
        lines, style = lines_before_rows(first, _MOST_LINES)
        if style is None:
            return "no rows of numbers"
        words = [line for line in lines if not _COMMENT.match(line)]
        if len(words) > 2 or (words and not _AXIS.match(words[0]) and file_unit(words[-1]) is None):
            return "a table whose first column is not labelled as an axis"
        x = read_rows(first, style, style.columns).values[:, 0]
    except FormatError:
        return ""
    if x.size < _LEAST_ROWS:
        return f"a table of {x.size} rows"
    rising = (x[1:] > x[:-1]).mean()
    return "" if rising > 0.9 or rising < 0.1 else "a table whose first column is no axis"


def _uncommented(line: str) -> str:
    sign = _COMMENT.match(line)
    return line[sign.end() :] if sign else line


def _blank(labels: list[str]) -> bool:
    return not any(label.strip() for label in labels)


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read the one measurement of a table; what the table leaves out may be in its Information text.

    Raises
    ------
    FormatError
        With the line that is wrong.
    """
    lines, style = lines_before_rows(source, _MOST_LINES)
    if style is None:
        raise FormatError(
            source.path,
            line=source.line,
            expected="rows of two or more numbers",
            found="the end of the file",
        )
    labels, unit = split_labels([_uncommented(line) for line in lines[-2:]], style)
    used = len(labels[:1]) + bool(unit)
    rows = read_rows(source, style, len(labels))
    filled = style.columns
    while labels and filled > 2 and _blank(labels[filled - 1 : filled]) and np.isnan(rows.values[:, filled - 1]).all():
        filled -= 1  # separators behind the last column
    x, counts = rows.values[:, 0].copy(), rows.values[:, 1:filled].T

    information, notes = companion(source.file)
    told = read_labels(labels[1:filled]) if len(labels) >= filled else read_labels([])
    if len(lines) > used:
        notes += (f"{len(lines) - used} lines before the numbers passed over",)
    if _written_by_witec(source.head) and not source.ends_with_newline:
        notes += ("the last line has no end: its last number may be cut short",)
    keys = (_KEY.fullmatch(line[:_LONGEST_KEY]) for line in lines[: len(lines) - used])
    header = {key[1].strip(): key[2].strip() for key in keys if key}
    measurement = Measurement(
        source.path,
        x,
        counts,
        rows.line,
        unit=unit or (label_unit(labels[0]) or "" if labels else ""),
        header=header,
    )
    named = told.name if told.indexed or len(counts) == 1 else ""
    foreign = not _written_by_witec(source.head)
    return [
        deliver(
            measurement,
            source=source.path,
            name=source.stem if foreign or not named else named,
            place=from_companions(len(counts), told, information, source.stem, options.line_spacing),
            options=options,
            information=information,
            notes=notes,
        )
    ]


READER = Reader(
    name="table",
    parses="an axis and one column per spectrum; labels and units or not; tabs, commas, semicolons or blanks; "
    "decimal points, or commas where the separator is no comma; quoted rows",
    skips="comments and lines of words before the numbers",
    unseen="semicolons and decimal commas from WITec",
    sniff=sniff,
    read=read,
    no_spectrum=no_spectrum,
)
