"""Text in the cells of CSV and TSV that a spreadsheet would run: how it is written, and read back."""

from __future__ import annotations

import re

_BEGINS = tuple("'\t\r=@+-\uff1d\uff20\uff0b\uff0d")
# what a spreadsheet takes for a formula, full-width signs too; a sign alone or a number is none
_RUNS = r"'*(?:[\t\r]|[=@\uff1d\uff20](?=.)|[+\-\uff0b\uff0d](?=.)(?!(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z))"


def marked(text: str) -> str:
    """Return a text for a cell, with an apostrophe before what a spreadsheet would run; `unmarked` takes it off."""
    return f"'{text}" if _runs(text) else text


def unmarked(cell: str) -> str:
    """Return the text of a cell that `marked` made."""
    return cell[1:] if cell.startswith("'") and _runs(cell) else cell


def _runs(text: str) -> bool:
    return text.startswith(_BEGINS) and re.match(_RUNS, text, re.DOTALL | re.ASCII) is not None
