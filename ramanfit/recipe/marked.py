"""Text in the cells of CSV and TSV that a spreadsheet would run: how it is written, and read back."""

from __future__ import annotations

import re

_RUNS = re.compile(  # what a spreadsheet takes for a formula, full-width signs too; a sign alone or a number is none
    r"'*(?:[\t\r]|[=@\uff1d\uff20](?=.)|[+\-\uff0b\uff0d](?=.)(?!(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z))",
    re.DOTALL | re.ASCII,
)


def marked(text: str) -> str:
    """Return a text for a cell, with an apostrophe before what a spreadsheet would run; `unmarked` takes it off."""
    return f"'{text}" if _RUNS.match(text) else text


def unmarked(cell: str) -> str:
    """Return the text of a cell that `marked` made."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell
