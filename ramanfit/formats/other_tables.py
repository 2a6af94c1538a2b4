"""Tables in a folder that are clearly no spectra: a cycler's record, results, a handful of rows."""

from __future__ import annotations

import io

from ramanfit.errors import FormatError
from ramanfit.formats import labels as said
from ramanfit.formats.bytes_in import HEAD, Source
from ramanfit.formats.headings import COMMENT, headings
from ramanfit.formats.layout import Numbers, header_axis, lies_in_rows
from ramanfit.formats.long_form import restarts, stretches
from ramanfit.formats.number_rows import read_rows
from ramanfit.formats.text import lines_before_rows
from ramanfit.formats.units import file_unit

_LEAST_ROWS = 8


def no_spectrum(head: bytes, most_lines: int) -> str:
    """Return why a table that begins so is not taken for a spectrum, an empty string if it is.

    Only what is clearly something else is told apart: columns with a label that is no axis, a handful of
    rows, a first column that goes to and fro (not one that steps back once). A table with a broken row
    counts as a spectrum, so that the user hears of it.
    """
    whole = head if len(head) < HEAD - 3 else head[: head.rfind(b"\n") + 1] or head
    try:
        first = Source(io.BytesIO(whole), "")
        lines, style = lines_before_rows(first, most_lines)
        if style is None:
            return "no rows of numbers"
        above, label_line = headings(lines, style), first.line - 1
        rows = read_rows(first, style, len(above.labels))
        table = Numbers("", rows.values, rows.line, above.labels, label_line, above.header)
        headed = header_axis(table)
        if headed is not None and headed[1].size >= _LEAST_ROWS and lies_in_rows(table, *headed):
            return ""
    except FormatError as error:
        return "a table of results of ramanfit" if "results of ramanfit" in str(error) else ""
    kinds = [said.role(label) for label in above.labels]
    column = kinds.index(said.AXIS) if said.AXIS in kinds else 0
    words = [line for line in lines if not COMMENT.match(line)]
    placed = kinds[:1] == [said.PLACE] and above.labels[0].strip() != "position_um"  # of our own maps of results
    named = said.AXIS in kinds or placed
    if len(words) > 2 or (words and not named and file_unit(words[-1]) is None):
        return "a table whose first column is not labelled as an axis"
    x = rows.values[:, column]
    if x.size < _LEAST_ROWS:
        return f"a table of {x.size} rows"
    if restarts(x) or (named and restarts(x[: stretches(x)[-1][0]])):  # the head may end within a spectrum
        return ""
    rising = (x[1:] > x[:-1]).mean()
    return "" if rising > 0.9 or rising < 0.1 else "a table whose first column is no axis"
