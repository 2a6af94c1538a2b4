"""Several experiments side by side: one table, and the difference of each to the first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.errors import FormatError, InputError, UsageError
from ramanfit.experiment.abscissas import CELL, SCAN, TIME
from ramanfit.experiment.compare_differences import SE, differences
from ramanfit.experiment.compare_names import names_of
from ramanfit.experiment.request import paths_of
from ramanfit.experiment.voice import Silent, Voice
from ramanfit.frozen import dataclass
from ramanfit.recipe.column_kind import DERIVED, PEAK, RATIO
from ramanfit.recipe.columns import KEYS
from ramanfit.recipe.settings import unknown
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.read import read_table
from ramanfit.tables.schema import Schema
from ramanfit.tables.select import EVERY
from ramanfit.tables.table import Column, Table, with_columns

if TYPE_CHECKING:
    from ramanfit.experiment.request import Files

ABSCISSAE = {TIME: "time_s", SCAN: "scan", **CELL}
"""What an abscissa is called, and its column; any other name is a column's."""

USUAL = ("ratio", "center_cm1", "height")  # kinds of column that are compared unless others are asked for
EXPERIMENT, TABLE = "experiment", "ratios.csv"
SAME_PLACE_UM = 0.1


@dataclass(frozen=True, eq=False)
class Comparison:
    """Experiments side by side.

    Attributes
    ----------
    table : Table
        All rows, those of the first experiment first; with ``experiment`` as first column.
    names : tuple of str
        Of the experiments.
    quantities : tuple of str
        What is compared; each has the columns ``<quantity>_diff`` and ``<quantity>_diff_se``.
    x : str
        Column of the abscissa.
    panels : tuple of str
        For every row its point, as the first experiment calls it.
    inputs : tuple of str
        The tables that were read.
    """

    table: Table
    names: tuple[str, ...]
    quantities: tuple[str, ...]
    x: str
    panels: tuple[str, ...]
    inputs: tuple[str, ...]

    @property
    def printed(self) -> tuple[str, ...]:
        """Columns for people: whose row it is, then each quantity and its difference; errors come with them."""
        keys = dict.fromkeys((EXPERIMENT, "point", self.x))
        errors = {q: Schema.read(self.table.names)[q].error for q in self.quantities}
        named = [name for q in self.quantities for name in (q, errors[q], f"{q}_diff", f"{q}{SE}")]
        return (*keys, *named)

    def with_keys(self, asked: Sequence[str]) -> tuple[str, ...]:
        """Return columns that were asked for, after the experiment and the other keys unless one of those is named."""
        if any(name in (EXPERIMENT, *KEYS, EVERY) for name in asked):
            return tuple(asked)
        return (EXPERIMENT, *(name for name in KEYS if name in self.table.columns), *asked)


def compare(
    experiments: Files,
    *,
    names: Sequence[str] = (),
    quantities: Sequence[str] = (),
    x: str = "time",
    voice: Voice | None = None,
) -> Table:
    """Return the tables of several experiments as one, each with its differences to the first.

    Parameters
    ----------
    experiments : sequence of str or path
        Folders that `evolve` wrote, or wide tables of fits.
    names : sequence of str
        Of the experiments; none: as their folders are called.
    quantities : sequence of str
        Columns that are compared besides ratios, positions and heights.
    x : str
        ``time``, ``scan``, ``voltage``, ``capacity``, ``soc`` or a column of numbers: at equal values of it the
        experiments are compared.
    voice : Voice, optional
        Told what cannot be matched; None: nobody is.

    Raises
    ------
    UsageError
        If there are not two experiments, or names do not suit.
    RecipeError
        If a quantity is no column with an error.
    InputError
        If a table cannot be read, or the experiments have nothing in common.
    """
    return comparison(paths_of(experiments), names, quantities, x, voice or Silent()).table


def comparison(
    paths: Sequence[str], names: Sequence[str], quantities: Sequence[str], x: str, voice: Voice
) -> Comparison:
    """Return experiments side by side; see `compare`.

    The value of the first experiment at the place of a row lies on the line between two scans that follow one another
    directly. Beyond its ends, across a missing scan or a pause, beside a scan without a value, and where the abscissa
    passes the place more than once, there is none. Errors of all values are taken as independent. A reference's rows
    are left out.
    """
    if len(paths) < 2:
        raise UsageError(f"expected two experiments or more, found {' '.join(paths) or 'none'}")
    files = [table_of(path) for path in paths]
    called = names_of(files, names)
    tables = [_measured(file) for file in files]
    compared = _quantities(tables, called, quantities, voice)
    column = ABSCISSAE.get(x, x)
    for table, file in zip(tables, files, strict=True):
        _check_abscissa(table, file, x, column, {name for other in tables for name in other.names})
    first, parts, panels = tables[0], list[Table](), list[str]()
    for k, (table, name) in enumerate(zip(tables, called, strict=True)):
        points = dict(zip(_points(table), _points(table), strict=True)) if k == 0 else _matched(first, table)
        alone = [point for point, of in points.items() if not of]
        if alone:
            voice.warn(f"{name}: no such point in {called[0]}, and none at its position: {_listed(alone)}")
        at = [points[str(point)] for point in table.columns["point"]]
        panels += [of or f"{point} ({name})" for of, point in zip(at, table.columns["point"], strict=True)]
        more = differences(first, table, at, compared, column, own=k == 0)
        if k and not any(np.isfinite(more[f"{quantity}_diff"]).any() for quantity in compared):
            voice.warn(f"{name}: no difference to {called[0]}: they have no point and {x} in common")
        parts.append(_with_differences(table, compared, more))
    return Comparison(_joined(parts, called), called, compared, column, tuple(panels), tuple(files))


def table_of(path: str) -> str:
    """Return the table of an experiment: in its folder, or the file itself.

    Raises
    ------
    InputError
        If there is none.
    """
    whole = Path(path)
    if not whole.is_dir():
        return path
    if not (whole / TABLE).is_file():
        raise InputError(f"{path}: holds no {TABLE}", hint="name folders that `ramanfit evolve -o` wrote")
    return str(whole / TABLE)


def _measured(path: str) -> Table:
    """Read the wide table of an experiment, without the rows of a reference."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    table = read_table(path, data)
    missing = [name for name in ("scan", "point") if name not in table.columns]
    if missing or "peak" in table.columns:
        found = "rows of peaks" if not missing else f"no column {missing[0]}"
        raise FormatError(path, expected="a table that `ramanfit ratio` or `evolve` wrote", found=found)
    scan = np.asarray(table.columns["scan"], dtype=np.float64)
    table = table.rows(np.flatnonzero(np.isfinite(scan)))
    if not len(table):
        raise FormatError(path, expected="rows of scans", found="none")
    return table.with_(scan=scan[np.isfinite(scan)].astype(np.int64))


def _quantities(tables: Sequence[Table], called: Sequence[str], asked: Sequence[str], voice: Voice) -> tuple[str, ...]:
    schemas = [Schema.read(table.names) for table in tables]
    with_error: dict[str, list[str]] = {}
    usual: list[str] = []
    for schema, name in zip(schemas, called, strict=True):
        for entry in schema.values():
            if entry.kind.owner in (PEAK, RATIO, DERIVED) and entry.error in schema and entry.of:
                with_error.setdefault(entry.name, []).append(name)
                usual += [entry.name] if entry.kind.name in USUAL else []
    for quantity in asked:
        if quantity not in with_error:
            raise unknown("quantity", quantity, with_error)
    compared = tuple(dict.fromkeys([*usual, *asked]))
    if not any(len(with_error[quantity]) > 1 and called[0] in with_error[quantity] for quantity in compared):
        raise InputError(f"{', '.join(called)} have no quantity in common: they were fitted with different recipes")
    for name in called:
        absent = [quantity for quantity in compared if name not in with_error[quantity]]
        if absent:
            voice.warn(f"{name}: has no {_listed(absent)}: empty there")
    return compared


def _check_abscissa(table: Table, path: str, x: str, column: str, somewhere: Collection[str]) -> None:
    values = table.columns.get(column)
    if values is None:
        numbers = [name for name, cells in table.columns.items() if isinstance(cells, np.ndarray)]
        if column in (*ABSCISSAE.values(), *somewhere):
            raise InputError(
                f"{path}: has no column {column} for --x {x}", hint="evolve --echem adds what the cell did"
            )
        raise unknown("column for --x", x, [*ABSCISSAE, *numbers])
    if not isinstance(values, np.ndarray) or not np.isfinite(values).any():
        hint = "--x scan compares scan by scan" if x == "time" else None
        raise InputError(f"{path}: no number in the column {column}, which --x {x} needs", hint=hint)


def _points(table: Table) -> list[str]:
    return list(dict.fromkeys(str(point) for point in table.columns["point"]))


def _matched(first: Table, table: Table) -> dict[str, str]:
    """Return for every point its name in the first experiment: the same, else of one at its position; empty: none."""
    theirs, ours = _positions(first), _positions(table)
    matched = {point: point if point in theirs else "" for point in ours}
    for point, position in ours.items():
        near = [name for name in theirs if name not in ours and abs(theirs[name] - position) <= SAME_PLACE_UM]
        if not matched[point] and len(near) == 1:
            matched[point] = near[0]
    return matched


def _positions(table: Table) -> dict[str, float]:
    values = table.columns.get("position_um")
    position = values if isinstance(values, np.ndarray) else np.full(len(table), np.nan)
    return dict(zip(map(str, table.columns["point"]), map(float, position), strict=True))


def _with_differences(table: Table, compared: Sequence[str], more: dict[str, FloatArray]) -> Table:
    schema = Schema.read(table.names)
    for quantity in compared:
        if quantity in schema:
            pair: dict[str, Column] = {name: more[name] for name in (f"{quantity}_diff", f"{quantity}{SE}")}
            table = with_columns(table, pair, schema[quantity].error)
    return table


def _joined(tables: Sequence[Table], called: Sequence[str]) -> Table:
    """Return the rows of all tables, with the columns of any; empty where one has none."""
    names = list(tables[0].names)
    for table in tables[1:]:
        at = 0
        for name in table.names:  # a new column stands behind what is before it in its own table
            if name in names:
                at = names.index(name) + 1
            else:
                names.insert(at, name)
                at += 1
    text = {name for table in tables for name, cells in table.columns.items() if not isinstance(cells, np.ndarray)}
    columns: dict[str, Column] = {
        EXPERIMENT: [name for table, name in zip(tables, called, strict=True) for _ in range(len(table))]
    }
    for name in names:
        if name in text:
            columns[name] = [cell for table in tables for cell in _words(table, name)]
        else:
            empty = [table.columns.get(name, np.full(len(table), np.nan)) for table in tables]
            columns[name] = np.concatenate([np.asarray(cells) for cells in empty])
    return Table(columns)


def _words(table: Table, name: str) -> list[str]:
    cells = table.columns.get(name)
    if isinstance(cells, np.ndarray):
        return [f"{cell:.9g}" if np.isfinite(cell) else "" for cell in cells.tolist()]
    return [""] * len(table) if cells is None else list(cells)


def _listed(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
