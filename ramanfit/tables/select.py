"""Which columns of a table are shown: those asked for, or on paper what a paper prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ramanfit.errors import UsageError
from ramanfit.recipe.column_kind import CELL, DERIVED, PEAK, RATIO
from ramanfit.recipe.columns import KEYS, XY
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.settings import nearest
from ramanfit.tables.schema import Schema
from ramanfit.tables.table import Table

EVERY = "all"
PRINTED = ("center_cm1", "fwhm_cm1", "height", "ratio", "derived")  # with their errors


def fitted_columns(recipe: Recipe) -> Schema:
    """Return all columns that a wide table of fits with a recipe may have."""
    peaks, ratios = ([each.name for each in some] for some in (recipe.every_peak, recipe.every_ratio))
    return Schema.of(peaks, ratios, recipe.formulas)


def check_columns(asked: Sequence[str], names: Iterable[str]) -> None:
    """Make sure that columns that were asked for are there.

    Raises
    ------
    UsageError
        Naming the nearest column of the one that is not.
    """
    valid = list(names)
    for name in asked:
        if name != EVERY and name not in valid:
            raise UsageError(f"--columns: no column {name!r}: {nearest(name, valid)}")


def with_columns_asked(table: Table, asked: Sequence[str], *, errors: bool = False) -> Table:
    """Return a table with the columns that were asked for, in that order.

    Parameters
    ----------
    table : Table
    asked : sequence of str
        ``all`` is every column. Unless it names a key, the keys stay in front.
    errors : bool
        Whether standard errors come with their values.

    Raises
    ------
    UsageError
        If there is no such column.
    """
    check_columns(asked, table.names)
    if EVERY in asked:
        return table
    every = (*KEYS, *XY)
    keys = [] if any(name in every for name in asked) else [name for name in every if name in table.columns]
    schema = Schema.read(table.names)
    names = list(dict.fromkeys([*keys, *asked]))
    if errors:
        beside = {name: schema[name].error for name in names if name in schema}
        names = list(dict.fromkeys(column for name in names for column in (name, beside.get(name, "")) if column))
    return Table({name: table.columns[name] for name in names if name in table.columns})


def as_printed(table: Table) -> Table:
    """Return what a paper prints of a table of fits: place, time, then position, width, height, ratios, flags.

    Keys that are empty are left out, and so are scan and source where the time tells the rows apart; other tables are
    returned as they are.
    """
    schema = Schema.read(table.names)
    long = "peak" in table.columns
    if not (long or schema.select(PEAK)) or "point" not in table.columns:
        return table
    keys = [name for name in ("point", "position_um", "time_s", *XY) if _tells(table, name)]
    keys += [entry.name for entry in schema.select(CELL) if entry.kind.name == "soc" and _tells(table, entry.name)]
    if len(set(zip(*(table.columns[name] for name in keys), strict=True))) < len(table) / (2 if long else 1):
        keys = [*(name for name in ("source", "scan") if len({*table.columns[name]}) > 1), *keys]
    names = [*keys, *(["peak", "status"] if long else [])]
    for entry in schema.values():
        if entry.kind.owner in (PEAK, RATIO, DERIVED) and entry.kind.name in PRINTED:
            names += [entry.name, *([entry.error] if entry.error in table.columns else [])]
    names += ["flags"] if "flags" in table.columns else []
    return Table({name: table.columns[name] for name in dict.fromkeys(names)})


def _tells(table: Table, name: str) -> bool:
    values = table.columns.get(name)
    if not isinstance(values, np.ndarray):
        return values is not None and any(values)
    return bool(np.isfinite(values).any())
