"""Tables: WITec's Table export, and the plain text of two or more columns that everybody else writes."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats import labspec, other_tables
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.columns import lots
from ramanfit.formats.deferred import deferred
from ramanfit.formats.deliver import Measurement, deliver, metadata_from
from ramanfit.formats.graph_ascii_read import split_labels
from ramanfit.formats.headings import headings, uncommented
from ramanfit.formats.information import Information, companion
from ramanfit.formats.keyed import placed
from ramanfit.formats.labels import BESIDE, role
from ramanfit.formats.layout import Lot, Numbers, counts_up, smooth
from ramanfit.formats.number_rows import read_rows
from ramanfit.formats.places import from_companions, read_labels
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.text import Style, first_line, is_row, lines_before_rows
from ramanfit.formats.units import label_unit
from ramanfit.scan.notes import counted
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.scan.stored import StoredCounts

_FEW = 16  # columns
_GRAPH = re.compile(r"\(\d+(/\d+)?\)|Spec\.Data|--")  # in names of WITec's graphs
MOST_LINES = 200  # of a foreign header


def written_by_witec(head: bytes) -> bool:
    """Tell whether the first line is WITec's line of labels or of units."""
    if head.lstrip(b"\r\n ").startswith(b"\t"):  # a blank label
        return False
    first = re.split(rb"[\t,;]", first_line(head), maxsplit=1)
    return len(first) == 2 and (first[0].strip() == b"X-Axis" or first[1].startswith(b"CCD cts"))


def sniff(head: bytes) -> bool:
    """Tell whether there is a row of two or more numbers, perhaps below some lines of words."""
    if written_by_witec(head):
        return True
    if b"##JCAMP-DX" in head:  # its rows hold one shift and many counts
        return False
    try:
        source = Source(io.BytesIO(head), "")
        _, style = lines_before_rows(source, MOST_LINES)
        return style is not None and is_row(source.peek(), style)
    except FormatError:
        return False


def no_spectrum(source: Source) -> str:
    """Return why a table in a folder is not taken for a spectrum, an empty string if it is."""
    return "" if written_by_witec(source.head) else other_tables.no_spectrum(source.head, MOST_LINES)


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read the measurements of a table; what the table leaves out may be in its Information text.

    Raises
    ------
    FormatError
        With the line that is wrong, or with what speaks for more than one way to read it.
    """
    lines, style = lines_before_rows(source, MOST_LINES)
    if style is None:
        raise FormatError(
            source.path,
            line=source.line,
            expected="rows of two or more numbers",
            found="the end of the file",
        )
    by_hand = options.layout not in (None, "columns") or options.axis_column is not None
    if written_by_witec(source.head) and not by_hand and not _foreign_labels(lines, style):
        return [_witec(source, lines, style, options)]
    return _others(source, lines, style, options)


def _foreign_labels(lines: Sequence[str], style: Style) -> bool:
    """Tell whether labels under WITec's word for the axis name what is no spectrum, which WITec's never do."""
    if style.columns > _FEW or not lines:
        return False
    labels = lines[0].split(style.separator.decode() or None)[1:]
    return any(role(label) in BESIDE and not _GRAPH.search(label) for label in labels)


def _witec(source: Source, lines: Sequence[str], style: Style, options: ReadOptions) -> Scan:
    labels, unit = split_labels([uncommented(line) for line in lines[-2:]], style)
    used = len(labels[:1]) + bool(unit)
    filled, notes = style.columns, tuple[str, ...]()
    counts: FloatArray | StoredCounts
    if (large := deferred(source, style)) is not None:
        x, counts, line = large.x, large.counts, large.line
    else:
        rows = read_rows(source, style, len(labels))
        values, line, notes = rows.values, rows.line, rows.notes
        while labels and filled > 2 and not any(labels[filled - 1 : filled]) and np.isnan(values[:, filled - 1]).all():
            filled -= 1  # separators behind the last column
        x, counts = values[:, 0].copy(), values[:, 1:filled].T
    information, said = companion(source.file)
    notes = (*said, *notes)
    told = read_labels(labels[1:filled]) if len(labels) >= filled else read_labels([])
    if len(lines) > used:
        notes += (f"{len(lines) - used} lines before the numbers passed over",)
    if not source.ends_with_newline:
        notes += ("the last line has no end: its last number may be cut short",)
    named = told.name if told.indexed or len(counts) == 1 else ""
    unit = unit or (label_unit(labels[0]) or "" if labels else "")
    return deliver(
        Measurement(source.path, x, counts, line, unit=unit),
        source=source.path,
        name=named or source.stem,
        place=from_companions(len(counts), told, information, source.stem, options.line_spacing),
        options=options,
        information=information,
        notes=notes,
    )


def _others(source: Source, lines: Sequence[str], style: Style, options: ReadOptions) -> list[Scan]:
    above = headings(lines, style)
    label_line = source.line - 1
    first = style.split(source.peek())
    rows = read_rows(source, style, len(above.labels))
    table = Numbers(source.path, rows.values, rows.line, above.labels, label_line, above.header)
    table, dropped = _filled(table, first)
    notes: tuple[str, ...] = (*rows.notes, *dropped)
    if len(lines) > above.used:
        notes = (f"{counted(len(lines) - above.used, 'line')} before the numbers passed over", *notes)
    information, said_of_it = companion(source.file)
    keys = labspec.key_labels(above.header)
    return [
        _delivered(source, table, lot, above.unit, options, information, (*said_of_it, *notes))
        for lot in lots(table, options, keys)
    ]


def _filled(table: Numbers, first: Sequence[bytes]) -> tuple[Numbers, tuple[str, ...]]:
    """Return a table without columns that are empty from top to bottom, and without pandas' numbers of columns."""
    values, labels = table.values, table.labels
    blank = [i for i, cell in enumerate(first) if i and not cell.strip() and not (labels and labels[i].strip())]
    empty = [i for i in blank if np.isnan(values[:, i]).all()]
    if empty and values.shape[1] - len(empty) > 1:
        kept = [i for i in range(values.shape[1]) if i not in empty]
        last = kept[-1] + 1
        values = values[:, :last] if len(kept) == last else values[:, kept]
        table = table._replace(values=values, labels=tuple(labels[i] for i in kept) if labels else ())
    numbered = not labels and len(values) > 8 and counts_up(values[0]) and values[0, 0] == 0
    if numbered and smooth(values[1:, 0]) and abs(values[1, 0]) > 20 * abs(values[2, 0] - values[1, 0]):
        row = table.line(0)
        line = table.line
        shown = ", ".join(f"{value:g}" for value in values[0, :4])
        table = table._replace(values=values[1:], line=lambda i: line(i + 1))
        return table, (f"line {row} only numbers the columns ({shown}): passed over",)
    return table, ()


def _delivered(
    source: Source,
    table: Numbers,
    lot: Lot,
    unit: str,
    options: ReadOptions,
    information: Information | None,
    notes: tuple[str, ...],
) -> Scan:
    n = len(lot.counts)
    header = dict(table.header)
    counts = lot.counts
    metadata = metadata_from(header, information)
    if labspec.is_labspec(header):
        unit = unit or labspec.axis_unit(header)
        if information is None:
            metadata = labspec.metadata(header)
    if lot.keys:
        place, order = placed(lot.keys, n)
        counts = counts if order is None else counts[order]
    else:
        told = read_labels(table.labels[1:] if len(table.labels) == n + 1 else ())
        place = from_companions(n, told, information, source.stem, options.line_spacing)
    measurement = Measurement(
        source.path, lot.x, counts, lot.line, unit=unit or label_unit(lot.axis) or "", header=header
    )
    return deliver(
        measurement,
        source=source.path,
        name=lot.name or source.stem,
        place=place,
        options=options,
        information=information,
        metadata=metadata,
        notes=(*notes, *lot.notes),
    )


READER = Reader(
    name="table",
    parses="an axis and one column per spectrum, spectra in rows, pairs of columns, or one row per channel, as labels "
    "and numbers say; labels and units or not; tabs, commas, semicolons or blanks; decimal points, or commas where the "
    "separator is no comma; quoted rows and cells; UTF-16 with its mark",
    skips="comments and lines of words before and after the numbers; columns that number rows, errors, fits, baselines",
    unseen="semicolons and decimal commas from WITec; maps of LabSpec whose lines run to and fro",
    sniff=sniff,
    read=read,
    no_spectrum=no_spectrum,
    by_hand=True,
)
