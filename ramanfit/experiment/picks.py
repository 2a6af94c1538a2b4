"""Which point a waterfall shows, and which spectra of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.columns import column_name
from ramanfit.recipe.settings import unknown
from ramanfit.scan.scan import FloatArray


def pick_rows(evolution: Evolution, point: str, wanted: Sequence[float] | None, by: str) -> list[int]:
    """Return rows of one point for a waterfall: nearest to the wanted values of a column, or six evenly spaced.

    A value that is passed several times, as a state of charge is, counts where it is passed first.

    Parameters
    ----------
    evolution : Evolution
    point : str
    wanted : sequence of float or None
        None: six from the first to the last.
    by : str
        ``time_s`` or ``soc``.

    Returns
    -------
    list of int
        In order of the table, none twice.
    """
    rows = np.flatnonzero(np.array([str(p) == point for p in evolution.table.columns["point"]]))
    if wanted is None:
        return [int(rows[i]) for i in np.unique(np.linspace(0, len(rows) - 1, min(6, len(rows))).round().astype(int))]
    values = np.asarray(evolution.table.columns[by], dtype=np.float64)[rows]
    if not np.isfinite(values).any():
        return []
    rows, values = rows[np.isfinite(values)], values[np.isfinite(values)]
    return sorted({int(rows[_first_nearest(values, value)]) for value in wanted})


def shown_point(evolution: Evolution, asked: str | None) -> str:
    """Return the point that a figure of one shows: the one that is asked for, or the one with the strongest peaks.

    Raises
    ------
    RecipeError
        If there is no such point.
    """
    point = asked or strongest_point(evolution)
    if point not in evolution.points:
        raise unknown("point", point, list(evolution.points))
    return point


def strongest_point(evolution: Evolution) -> str:
    """Return the point with the strongest peaks: the largest mean over its spectra of the sum of its peaks' heights.

    A peak that was not detected counts as nothing; of equals it is the first.
    """
    heights = np.zeros(evolution.rows.shape)
    for peak in evolution.peaks:
        heights += np.nan_to_num(evolution.shown(column_name("height", peak)))
    measured = np.count_nonzero(evolution.rows >= 0, axis=0)
    return evolution.points[int(np.argmax(heights.sum(axis=0) / measured))]


def _first_nearest(values: FloatArray, wanted: float) -> int:
    """Return the place where values first pass a wanted one, or come nearest to it."""
    off = values - wanted
    passes = np.flatnonzero(off[1:] * off[:-1] <= 0)
    if not len(passes):
        return int(np.abs(off).argmin())
    first = int(passes[0])
    return first + int(np.abs(off[first : first + 2]).argmin())
