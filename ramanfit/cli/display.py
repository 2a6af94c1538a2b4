"""Where a command's table goes: into a file or a pipe in some form, or onto the terminal, aligned."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from textwrap import wrap
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

import click

from ramanfit.recipe.columns import KEYS

if TYPE_CHECKING:
    from ramanfit.tables.forms import TableWriter
    from ramanfit.tables.table import Table

TERMINAL = "terminal"
_HEADERLESS = ("csv", "tsv", TERMINAL)
_NAMES = ("name", "source", "scan", "point", "peak")  # a row's name, repeated in every block of a narrow terminal
_LONGEST_NAME = 28
_LEAST_WRAPPED = 30  # a last column of text is not squeezed below this
_GAP = "  "
_NUMBER = re.compile(r"(?:[+-]?[\d.]+(?:e[+-]?\d+)?(?: ± [\d.]+)?)?")
_BOLD, _YELLOW, _RESET = "\x1b[1m", "\x1b[33m", "\x1b[0m"


class Output(NamedTuple):
    """Where a table goes and in which form.

    Attributes
    ----------
    path : str
        ``"-"`` is standard output.
    form : str
        One of `ramanfit.tables.forms.FORMS`, or ``"terminal"``.
    header : bool
    """

    path: str
    form: str
    header: bool

    @classmethod
    def resolve(cls, path: str, form: str | None, header: bool) -> Output:
        """Choose the form: the one asked for, else the file's ending, else what suits standard output.

        Raises
        ------
        RecipeError
            If the ending names no form.
        InputError
            If the form needs a package that is not installed.
        """
        from ramanfit.tables.forms import check_form, form_of

        if form is None:
            seen = path == "-" and sys.stdout is not None and sys.stdout.isatty()
            form = TERMINAL if seen else "csv" if path == "-" else form_of(path)
        if not header and form not in _HEADERLESS:
            raise click.UsageError(f"--no-header is for csv and tsv, not for {form}")
        check_form(form)
        return cls(path, form, header)

    def open(self) -> TableWriter | TerminalWriter:
        """Return a context manager with ``write(table)``, any number of times with the same columns."""
        from ramanfit.tables.forms import open_writer

        if self.form == TERMINAL:
            return TerminalWriter(self.header)
        return open_writer(self.path, self.form, header=self.header)


class TerminalWriter:
    """Collects tables and shows them aligned when all are there.

    Parameters
    ----------
    header : bool
    """

    def __init__(self, header: bool = True) -> None:
        self._header = header
        self._tables: list[Table] = []

    def write(self, table: Table) -> None:
        """Add rows."""
        self._tables.append(table)

    def __enter__(self) -> TerminalWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from ramanfit.tables.sink import Sink
        from ramanfit.tables.table import Table

        if kind is None and self._tables:
            width = shutil.get_terminal_size().columns
            colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
            text = aligned(Table.concat(self._tables), width, header=self._header, colour=colour)
            with Sink() as sink:
                sink.write(text.encode(sys.stdout.encoding, "replace"))


def aligned(table: Table, width: int, *, header: bool = True, colour: bool = False) -> str:
    """Return a table for a person, in at most `width` columns where that can be done.

    Standard errors join their values, keys that are the same in every row stand once above, empty columns are
    left out. What does not fit stands below in blocks that repeat the rows' names. A single row that does not
    fit has one line per value, and so have rows whose names leave no room.
    """
    from ramanfit.tables.rounding import for_people

    cells = {name: [_shown(cell) for cell in values] for name, values in for_people(table).items()}
    cells = {name: values for name, values in cells.items() if any(values)}
    if not cells:
        return ""
    common = {name: cells[name][0] for name in KEYS if name in cells and len(set(cells[name])) == 1}
    if len(common) == len(cells):
        common = {}
    columns = {name: _column(name, values, header) for name, values in cells.items() if name not in common}
    last = list(columns)[-1]
    is_text = isinstance(table.columns[last], tuple)
    names = _identifying({name: values for name, values in columns.items() if name in _NAMES})
    blocks = list(_blocks(columns, width, names, wrapped=last if is_text else ""))
    if len(blocks) > 1 and (len(table) == 1 or _room(columns, names) > width / 2):
        return _records(cells)

    flags = cells.get("flags", [""] * len(table))
    styles = [_BOLD] * header + [_YELLOW if flag else "" for flag in flags]
    texts = [_GAP.join(f"{name} {value}" for name, value in common.items()) + "\n"] if common else []
    for block in blocks:
        rows = _rows([columns[name] for name in block], width)
        if colour:
            rows = [f"{style}{row}{_RESET}" if style else row for style, row in zip(styles, rows, strict=True)]
        texts.append("".join(f"{row}\n" for row in rows))
    return "\n".join(texts)


def _rows(columns: list[list[str]], width: int) -> list[str]:
    """Return the lines of a block; a last column of text that is too wide is wrapped."""
    rows = []
    for *cells, last in zip(*columns, strict=True):
        start = "".join(cell + _GAP for cell in cells)
        room = width - _cell_width(start)
        if _cell_width(last.rstrip()) > room >= _LEAST_WRAPPED:
            last = f"\n{' ' * (width - room)}".join(wrap(last, room))
        rows.append((start + last).rstrip())
    return rows


def _records(cells: dict[str, list[str]]) -> str:
    """Return one line per value, with an empty line between rows."""
    margin = max(map(len, cells))
    return "\n".join(
        "".join(f"{name.ljust(margin)}{_GAP}{cell}\n" for name, cell in zip(cells, row, strict=True) if cell)
        for row in zip(*cells.values(), strict=True)
    )


def _identifying(cells: dict[str, list[str]]) -> list[str]:
    """Return the names of columns that tell the rows apart, without the widest that are not needed for it."""
    names = list(cells)
    for name in sorted(cells, key=lambda name: (-max(map(len, cells[name])), name == "source")):
        others = [other for other in names if other != name]
        if others and len(set(zip(*(cells[other] for other in others), strict=True))) == len(cells[others[0]]):
            names = others
    return names


def _blocks(columns: dict[str, list[str]], width: int, names: list[str], wrapped: str) -> Iterator[list[str]]:
    """Yield the names of the columns that stand side by side; later blocks begin with the columns `names`.

    The column `wrapped` needs no more room than is good to read.
    """
    block: list[str] = []
    for name in columns:
        needs = _LEAST_WRAPPED + len(_GAP) if name == wrapped else _room(columns, [name])
        if set(block) - set(names) and _room(columns, block) + min(needs, _room(columns, [name])) > width + len(_GAP):
            yield block
            block = [*names]
        if name not in block:
            block.append(name)
    yield block


def _room(columns: dict[str, list[str]], names: list[str]) -> int:
    return sum(_cell_width(columns[name][0]) + len(_GAP) for name in names if columns[name])


def _column(name: str, cells: list[str], header: bool) -> list[str]:
    """Return the cells padded to one width, the name on top: text to the left, numbers to the right."""
    numbers = all(_NUMBER.fullmatch(cell) for cell in cells)
    if name in _NAMES:
        cells = [f"…{cell[1 - _LONGEST_NAME :]}" if len(cell) > _LONGEST_NAME else cell for cell in cells]
    if numbers and any(" ± " in cell for cell in cells):
        parts = [cell.partition(" ± ") for cell in cells]
        longest = max(len(error) for _, _, error in parts)
        cells = [
            f"{value}{sign}{error.ljust(longest)}" if sign else value + " " * (longest + 3)
            for value, sign, error in parts
        ]
    cells = [name, *cells] if header else cells
    width = max(map(_cell_width, cells))
    pads = (" " * (width - _cell_width(cell)) for cell in cells)
    return [pad + cell if numbers else cell + pad for cell, pad in zip(cells, pads, strict=True)]


def _shown(cell: str) -> str:
    """Keep what a file calls itself from moving the cursor."""
    return cell if cell.isprintable() else "".join(c if c.isprintable() else "?" for c in cell)


def _cell_width(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in cell)
