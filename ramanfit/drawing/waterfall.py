"""The waterfall: spectra of one point above one another, as a figure and as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ramanfit.drawing import figures
from ramanfit.experiment.picks import pick_rows
from ramanfit.recipe.settings import unknown
from ramanfit.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ramanfit.experiment.evolution import Evolution
    from ramanfit.experiment.gathered import Gathered
    from ramanfit.experiment.request import Drawing
    from ramanfit.fit.curves import Curves


class Picked(NamedTuple):
    """A spectrum that a waterfall shows, and its row in the table."""

    row: int
    curve: Curves


def picked_curves(gathered: Gathered, drawing: Drawing) -> list[Picked]:
    """Return the spectra that a waterfall shows.

    Raises
    ------
    RecipeError
        If there is no such point.
    """
    evolution = gathered.evolution
    point = drawing.point or evolution.points[0]
    if point not in evolution.points:
        raise unknown("point", point, list(evolution.points))
    by, wanted = ("soc", drawing.soc) if drawing.soc is not None else ("time_s", drawing.times_s)
    if by not in evolution.table.columns:
        return []
    rows = pick_rows(evolution, point, wanted, by)
    return [Picked(row, curve) for row in rows if (curve := gathered.spectra[row]) is not None]


def waterfall_figure(evolution: Evolution, picked: Sequence[Picked], drawing: Drawing) -> figures.Figure:
    """Return the figure of picked spectra, coloured by state of charge, time or scan."""
    rows = [row for row, _ in picked]

    def is_known(name: str) -> bool:
        values = evolution.table.columns.get(name)
        return values is not None and bool(np.isfinite(np.asarray(values, dtype=np.float64)[rows]).all())

    name, heading, unit, scale, digits = (
        ("soc", "state of\ncharge", " %", 1.0, 0)
        if drawing.times_s is None and is_known("soc")
        else ("time_s", "time", " h", 1 / 3600, 1)
        if is_known("time_s")
        else ("scan", "scan", "", 1.0, 0)
    )
    values = np.asarray(evolution.table.columns[name], dtype=np.float64)[rows] * scale
    labelled = [
        (f"{value:.{digits}f}{unit}", value, curve) for value, (_, curve) in zip(values.tolist(), picked, strict=True)
    ]
    return figures.waterfall_figure(labelled, heading, drawing.width)


def waterfall_table(evolution: Evolution, picked: Sequence[Picked]) -> Table:
    """Return the numbers of the waterfall: one row per spectrum and channel."""
    names = [name for name in ("scan", "point", "time_s", "soc") if name in evolution.table.columns]
    tables = []
    for row, curve in picked:
        n = curve.shift_cm1.size
        keys = evolution.table.rows(np.full(n, row)).columns
        nothing = np.full(n, np.nan)
        tables.append(
            Table(
                {
                    **{name: keys[name] for name in names},
                    "shift_cm1": curve.shift_cm1,
                    "counts": np.where(curve.use, curve.counts, np.nan),
                    "baseline": curve.baseline() if curve.fitted else nothing,
                    "fit": curve.fit() if curve.fitted else nothing,
                }
            )
        )
    return Table.concat(tables)
