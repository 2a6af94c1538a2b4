"""Maps: one quantity by point and scan."""

from __future__ import annotations

from collections.abc import Iterable

from ramanfit.errors import UsageError
from ramanfit.experiment.evolution import Evolution, median_of
from ramanfit.experiment.fit_tables import table_files
from ramanfit.experiment.request import Drawing, Request
from ramanfit.recipe.column_kind import CELL, REFERENCE
from ramanfit.recipe.columns import XY, column_name
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.settings import unknown
from ramanfit.tables.select import fitted_columns
from ramanfit.tables.table import Column, Table


def map_table(evolution: Evolution, quantity: str) -> Table:
    """Return a map: a row per point, a column per scan, named by its mid-time in s (or its number).

    A missing scan has its column, named by the time it would have had, and nothing in it; neither has a peak's
    quantity where the peak was not detected. Places are the median over the scans.
    """
    grid = evolution.shown(quantity)
    columns: dict[str, Column] = {"point": evolution.points, "position_um": evolution.position_um}
    columns |= {name: median_of(evolution.grid(name)) for name in XY if name in evolution.table.columns}
    for time_s, values in zip(evolution.scan_time_s.tolist(), grid, strict=True):
        columns[f"{time_s:.9g}"] = values
    return Table(columns)


def default_maps(evolution: Evolution) -> list[str]:
    """Return the quantities that are mapped unless others are asked for."""
    return _usual(evolution.ratios, evolution.peaks)


def check_quantities(request: Request, drawing: Drawing) -> None:
    """Make sure, before any work, that columns to map can be there; of tables of fits only they themselves can tell.

    Raises
    ------
    RecipeError
        Naming the nearest of the columns.
    UsageError
        If a column comes with an option that is not given.
    """
    valid = {entry.name: entry.kind for entry in fitted_columns(request.recipe).values() if not entry.kind.text}
    for name in drawing.quantities if not table_files(request.files) else ():
        if name not in valid:
            raise unknown("quantity", name, valid)
        if valid[name].owner == CELL and request.echem is None:
            raise UsageError(f"--quantity {name} needs the cell's record: --echem FILE")
        if valid[name].there == REFERENCE and not drawing.reference:
            raise UsageError(f"--quantity {name} needs --reference FILE")


def maps_of(recipe: Recipe, drawing: Drawing) -> list[str]:
    """Return the quantities that are mapped once a recipe's peaks are fitted."""
    usual = _usual([ratio.name for ratio in recipe.every_ratio], [peak.name for peak in recipe.every_peak])
    return list(dict.fromkeys([*usual, *drawing.quantities]))


def _usual(ratios: Iterable[str], peaks: Iterable[str]) -> list[str]:
    return [*ratios, *(column_name(kind, peak) for peak in peaks for kind in ("center_cm1", "height"))]
