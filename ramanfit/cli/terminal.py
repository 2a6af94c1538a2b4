"""A table for a person at a terminal, drawn by rich; imported only where one is shown."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from ramanfit.cli.visible import visible
from ramanfit.frozen import dataclass
from ramanfit.recipe.columns import KEYS
from ramanfit.tables.rounding import for_people, plus_minus, shorthand
from ramanfit.tables.table import Table

_NAMES = ("name", "source", "scan", "point", "peak")  # a row's name, repeated in every block of a narrow terminal
_LONGEST_NAME = 28
_LEAST_WRAPPED = 30  # text is not squeezed below this
_GAP = "  "
_STYLES = ((plus_minus, False, 2), (plus_minus, True, 2), (shorthand, True, 2), (shorthand, True, 1))
"""How errors are joined, whether long names are folded, and the gap: the first that fits side by side is taken."""
_SIGN = " ± "


@dataclass(frozen=True)
class _Column:
    """Cells as they are shown.

    Attributes
    ----------
    name : str
    cells : tuple of str
    is_text : bool
        Text stands on the left and may be wrapped, unless it names the row; numbers stand on the right.
    width : int
        What the widest cell takes, the name on top of the column among them.
    head : str
        The name as it stands there, on two lines where it is folded.
    """

    name: str
    cells: tuple[str, ...]
    is_text: bool
    width: int
    head: str

    @classmethod
    def of(cls, name: str, cells: Sequence[str], *, is_text: bool, header: bool, fold: bool = False) -> _Column:
        if name in _NAMES:
            cells = [_end_of(cell) for cell in cells]
        if not is_text:
            cells = _signs_lined_up(cells)
        head = _folded(name) if fold and cell_len(name) > max(map(cell_len, cells), default=0) else name
        width = max(map(cell_len, [*head.split("\n"), *cells] if header else cells))
        return cls(name, tuple(cells if is_text else (cell.rjust(width) for cell in cells)), is_text, width, head)

    @property
    def least(self) -> int:
        """What it takes at least."""
        return min(self.width, _LEAST_WRAPPED) if self.is_text and self.name not in _NAMES else self.width


def aligned(table: Table, width: int, *, header: bool = True, colour: bool = False) -> str:
    """Return a table for a person, in at most `width` columns where that can be done.

    Standard errors join their values, keys that are the same in every row stand once above, empty columns are left
    out. Where that makes it fit, long names are folded and errors stand in parentheses. What does not fit stands below
    in blocks that repeat the rows' names. A single row that does not fit has one line per value, and so have rows whose
    names leave no room. Rows with flags are yellow.
    """
    table = Table({visible(name): values for name, values in table.columns.items()})
    cells: dict[str, list[str]] = {}
    for (join, fold, gap), words in (*product(_STYLES, (True,)), *product(_STYLES, (False,)), (_STYLES[0], True)):
        cells = {name: [visible(cell) for cell in values] for name, values in for_people(table, join).items()}
        cells = {name: values for name, values in cells.items() if any(values)}
        if not cells:
            return ""
        common = {name: cells[name][0] for name in KEYS if name in cells and len(set(cells[name])) == 1}
        if len(common) == len(cells):
            common = {}
        columns = [
            _Column.of(name, values, is_text=not isinstance(table.columns[name], np.ndarray), header=header, fold=fold)
            for name, values in cells.items()
            if name not in common
        ]
        if _room([column for column in columns if words or not column.is_text or column.name in _NAMES], gap) <= width:
            break  # words may stand below
    names = _identifying([column for column in columns if column.name in _NAMES])
    blocks = list(_blocks(columns, names, width, gap))
    styles = ["yellow" if flag else "" for flag in cells.get("flags", [""] * len(table))]
    if len(blocks) > 1 and (len(table) == 1 or _room(names, gap) > width / 2):
        return _drawn([_record(cells, row, style) for row, style in enumerate(styles)], width, colour=colour)
    above = f"{_above(common, width)}\n\n" if common else ""
    return above + _drawn([_grid(block, styles, header=header, gap=gap) for block in blocks], width, colour=colour)


def _drawn(grids: Sequence[Grid], width: int, *, colour: bool) -> str:
    """Return what rich draws, an empty line between the grids; nothing is cut off to fit."""
    console = Console(
        file=io.StringIO(),
        force_terminal=True,
        color_system="standard" if colour else None,
        no_color=False,  # that is decided already
        legacy_windows=False,
    )
    wide = console.options.update(max_width=1 << 20)
    texts = []
    for grid in grids:
        console.width = max(width, console.measure(grid, options=wide).minimum)
        with console.capture() as captured:
            console.print(grid)
        texts.append("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
    return "\n".join(texts)


def _grid(block: Sequence[_Column], styles: Sequence[str], *, header: bool, gap: int) -> Grid:
    """Return columns side by side; numbers and names are never wrapped."""
    grid = Grid(box=None, pad_edge=False, padding=(0, gap, 0, 0), show_header=header, header_style="bold")
    for column in block:
        grid.add_column(
            Text(column.head, justify="left" if column.is_text else "right"),
            min_width=column.least,
            no_wrap=column.least == column.width,
            overflow="fold",
        )
    for style, *row in zip(styles, *(column.cells for column in block), strict=True):
        grid.add_row(*map(Text, row), style=style)
    return grid


def _record(cells: dict[str, list[str]], row: int, style: str) -> Grid:
    """Return one line per value of a row; names and words are not broken, so that a path can be copied."""
    grid = Grid.grid(padding=(0, len(_GAP), 0, 0))
    values = {name: column[row] for name, column in cells.items() if column[row]}
    grid.add_column(no_wrap=True, min_width=max(map(cell_len, cells)), style="bold")
    unbroken = [word for name, value in values.items() for word in ([value] if name in _NAMES else value.split())]
    grid.add_column(min_width=max(map(cell_len, unbroken), default=0), style=style, overflow="fold")
    for name, value in values.items():
        grid.add_row(Text(name), Text(value))
    return grid


def _above(common: dict[str, str], width: int) -> str:
    """Return the keys that all rows share."""
    pairs = [f"{name} {value}" for name, value in common.items()]
    line = _GAP.join(pairs)
    return line if cell_len(line) <= width else "\n".join(pairs)


def _identifying(columns: Sequence[_Column]) -> list[_Column]:
    """Return the columns that tell the rows apart, without the widest that are not needed for it."""
    needed = list(columns)
    for column in sorted(columns, key=lambda column: (-column.width, column.name == "source")):
        others = [other for other in needed if other is not column]
        if others and len(set(zip(*(other.cells for other in others), strict=True))) == len(column.cells):
            needed = others
    return needed


def _blocks(columns: Sequence[_Column], names: Sequence[_Column], width: int, gap: int) -> Iterator[list[_Column]]:
    """Yield the columns that stand side by side; later blocks begin with the columns `names`."""
    block: list[_Column] = []
    for column in columns:
        filled = any(other not in names for other in block)
        if filled and _room([*block, column], gap) > width:
            yield block
            block = list(names)
        if column not in block:
            block.append(column)
    yield block


def _room(columns: Sequence[_Column], gap: int) -> int:
    """Return how wide some columns are at least, side by side."""
    return sum(column.least + gap for column in columns) - gap


def _folded(name: str) -> str:
    """Return a name on two lines of about one length, broken before an underscore."""
    places = [i for i, letter in enumerate(name) if letter == "_" and i]
    if not places:
        return name
    at = min(places, key=lambda i: max(i, len(name) - i))
    return f"{name[:at]}\n{name[at:]}"


def _signs_lined_up(cells: Sequence[str]) -> list[str]:
    """Return numbers of one length: every ± stands below the others."""
    parts = [cell.partition(_SIGN) for cell in cells]
    longest, most = (max(map(len, some)) for some in zip(*((v, s + e) for v, s, e in parts), strict=True))
    return [value.rjust(longest) + (sign + error).ljust(most) for value, sign, error in parts]


def _end_of(name: str) -> str:
    """Return a name, or the end of one that is too long."""
    if cell_len(name) <= _LONGEST_NAME:
        return name
    while cell_len(name) >= _LONGEST_NAME:
        name = name[1:]
    return f"…{name}"
