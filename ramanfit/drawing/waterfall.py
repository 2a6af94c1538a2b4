"""The waterfall: spectra of one point above one another, as a figure and as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ramanfit.drawing import figures
from ramanfit.drawing.axes import time_unit
from ramanfit.experiment.picks import pick_rows, shown_point
from ramanfit.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ramanfit.experiment.evolution import Evolution
    from ramanfit.experiment.gathered import Gathered
    from ramanfit.experiment.request import Drawing
    from ramanfit.fit.curves import Curves
    from ramanfit.scan.scan import FloatArray


class Picked(NamedTuple):
    """A spectrum that a waterfall shows, and its row in the table."""

    row: int
    curve: Curves


def picked_curves(gathered: Gathered, drawing: Drawing) -> list[Picked]:
    """Return the spectra that a waterfall shows: of the point that is asked for, or that with the strongest peaks.

    Raises
    ------
    RecipeError
        If there is no such point.
    """
    evolution = gathered.evolution
    point = shown_point(evolution, drawing.point)
    by, wanted = ("soc", drawing.soc) if drawing.soc is not None else ("time_s", drawing.times_s)
    if by not in evolution.table.columns:
        return []
    rows = pick_rows(evolution, point, wanted, by)
    return [Picked(row, curve) for row in rows if (curve := gathered.spectra[row]) is not None]


def waterfall_figure(evolution: Evolution, picked: Sequence[Picked], drawing: Drawing) -> figures.Figure:
    """Return the figure of picked spectra of one point, coloured by state of charge, time or scan.

    Each is named by all of these that are known; where a state of charge is not, by a dash. A state of charge that
    goes up and down, as in a full cycle, gives no colour: time does.
    """
    columns, rows = evolution.table.columns, [row for row, _ in picked]
    nothing = np.full(len(rows), np.nan)

    def of(name: str) -> FloatArray:
        values = columns.get(name)
        return nothing if values is None else np.asarray(values, dtype=np.float64)[rows]

    soc, (scale, words), scan = of("soc"), time_unit(evolution), of("scan")
    time = of("time_s") / scale if evolution.timed else nothing
    charged, timed = bool(np.isfinite(soc).any()), bool(np.isfinite(time).all())
    unit = words.removeprefix("time ").strip("()")
    flagged = [bool(evolution.fits.flags[row]) for row in rows]
    one_way = bool((np.diff(soc) > 0).all() or (np.diff(soc) < 0).all())  # not where one is unknown
    labelled = []
    for k, (_, curve) in enumerate(picked):
        name = [f"{soc[k]:.0f} %" if np.isfinite(soc[k]) else "–"] if charged else []
        name.append(f"{time[k]:.1f} {unit}" if timed else f"{scan[k]:.0f}")
        value = soc[k] if one_way and np.isfinite(soc[k]) and drawing.times_s is None else time[k] if timed else scan[k]
        labelled.append((", ".join(name) + " *" * flagged[k], float(value), curve))
    heading = "state of charge, " * charged + ("time" if timed else "scan")
    point = str(columns["point"][rows[0]])
    position = evolution.position_um[evolution.points.index(point)]
    title = f"{point} ({position:g} µm)" if np.isfinite(position) else point
    title += "; * flagged" * any(flagged)
    return figures.waterfall_figure(labelled, heading, drawing.width, title=title)


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
