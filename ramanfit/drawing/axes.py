"""Axes of an experiment: where its cells stand in time and along the line, and the words beside them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ramanfit.experiment.evolution import Evolution
from ramanfit.fit.doubt import DOUBTFUL
from ramanfit.recipe.column_kind import DERIVED, RATIO
from ramanfit.scan.scan import BoolArray, FloatArray
from ramanfit.tables.schema import Entry

NEAR = 0.5  # of what most values span: a value this near to the one before still stretches a scale of colours
KNOWN = 3.0  # standard errors, in medians, up to which a value may stretch a scale of colours
TRUSTED = 10.0  # standard errors, in medians, beyond which a value does not stretch an axis


def symbol(evolution: Evolution, entry: Entry) -> str:
    """Return how the ratio of a column is written, indices after underscores: ``I_B/I_G``."""
    of_areas = entry.kind.name == "area_ratio"
    for numerator in ("B", "D"):
        if entry.of == "ratio" and {numerator, "G"} <= set(evolution.peaks):
            letter = "A" if of_areas else "I"
            return f"{letter}_{numerator}/{letter}_G"
    return (entry.name if of_areas else entry.of).replace("_", " ")


def label(evolution: Evolution, quantity: str) -> str:
    """Return the words for a quantity on an axis, with its unit; a ratio as `symbol` writes it."""
    entry = evolution.schema.get(quantity)
    if entry is None or not entry.kind.words:
        return quantity.replace("_", " ")
    if entry.kind.owner == DERIVED:
        return entry.kind.words.format(entry.of.replace("_", " "))
    return entry.kind.words.format(symbol(evolution, entry) if entry.kind.owner == RATIO else entry.of)


def is_ratio(evolution: Evolution, quantity: str) -> bool:
    """Tell whether a quantity is a ratio of heights or areas, or its difference to the reference's."""
    return quantity in evolution.schema and evolution.schema[quantity].is_ratio


def time_unit(evolution: Evolution) -> tuple[float, str]:
    """Return what seconds are divided by, and the words for the axis."""
    if not evolution.timed:
        return 1.0, "scan"
    longest = float(np.nanmax(evolution.time_s))
    return (3600.0, "time (h)") if longest > 7200 else (60.0, "time (min)") if longest > 300 else (1.0, "time (s)")


def times(evolution: Evolution) -> FloatArray:
    """Return where every spectrum stands on the time axis.

    Returns
    -------
    array [S, P]
        By scan and point, in the unit of `time_unit`; not a number where there is no spectrum.
    """
    scale, _ = time_unit(evolution)
    if evolution.timed:
        return evolution.time_s / scale
    there = evolution.rows >= 0
    return np.where(there, np.broadcast_to(evolution.scans[:, None].astype(np.float64), there.shape), np.nan)


def along(evolution: Evolution) -> FloatArray:
    """Return where the points stand on the position axis.

    Returns
    -------
    array [P]
        Their positions in µm, or their numbers from 0 where a position is unknown or comes twice.
    """
    position = evolution.position_um
    if np.isfinite(position).all() and len(set(position.tolist())) == len(position):
        return position
    return np.arange(len(evolution.points), dtype=np.float64)


def time_edges(centers: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """Return the edges of the cells along time, and the scan that each shows.

    Parameters
    ----------
    centers : array [S]
        Times of the scans, ascending, in any unit.

    Returns
    -------
    edges : array [cells + 1]
        In the same unit.
    scans : int array [cells]
        Index of the scan; -1 where there is a pause without scans.
    """
    if len(centers) == 1:
        return np.array([centers[0] - 0.5, centers[0] + 0.5]), np.zeros(1, dtype=np.int64)
    steps = np.diff(centers)
    usual = float(np.sort(steps)[(len(steps) - 1) // 2])
    edges, shown = [centers[0] - usual / 2], [0]
    for k, step in enumerate(steps.tolist()):
        if step > 1.5 * usual:
            edges += [centers[k] + usual / 2, centers[k + 1] - usual / 2]
            shown += [-1, k + 1]
        else:
            edges.append(centers[k] + step / 2)
            shown.append(k + 1)
    return np.array([*edges, centers[-1] + usual / 2]), np.array(shown)


def position_edges(positions: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """Return the edges of the cells along the line, and the order of the points.

    Parameters
    ----------
    positions : array [P]
        As `along` gives them.

    Returns
    -------
    edges : array [P + 1]
        From low to high, in the same unit.
    order : int array [P]
        Index of the point in each cell.
    """
    order = np.argsort(positions)
    ascending = positions[order]
    if len(positions) == 1:
        return np.array([positions[0] - 0.5, positions[0] + 0.5]), order
    middle = (ascending[1:] + ascending[:-1]) / 2
    first, last = 1.5 * ascending[0] - ascending[1] / 2, 1.5 * ascending[-1] - ascending[-2] / 2
    return np.concatenate([[first], middle, [last]]), order


def doubtful(evolution: Evolution, words_that_count: Iterable[str] = DOUBTFUL) -> BoolArray:
    """Return which spectra [S, P] have a flag that makes their values doubtful."""
    count = frozenset(words_that_count)
    flags = [not count.isdisjoint(str(words).split("|")) for words in evolution.table.columns["flags"]]
    return np.asarray((evolution.rows >= 0) & np.array(flags)[evolution.rows])


def robust_range(value: FloatArray, se: FloatArray) -> tuple[float, float]:
    """Return lowest and highest of a colour scale: a value that is hardly known, or alone, does not stretch it.

    Well known is a value whose standard error is at most `KNOWN` times the median one, or a tenth of what these span.
    From their 5th and 95th percentile the scale goes on to the next of these as long as it is within `NEAR` of what
    lies between the percentiles, and no further than that altogether: what is many, as grains in a map, is not cut off.

    Parameters
    ----------
    value, se : array [...]
        As in `trusted_range`.

    Returns
    -------
    low, high : float
        0 and 1 where there is no value.
    """
    measured = np.isfinite(value)
    errors = se[measured & np.isfinite(se)]
    if len(errors):
        core = measured & (se <= KNOWN * np.median(errors))
        low, high = np.percentile(value[core], (5, 95))
        measured = core | (measured & (se <= 0.1 * (high - low)))
    inside = value[measured]
    if not len(inside):
        return 0.0, 1.0
    low, high = np.percentile(inside, (5, 95))
    span = float(high - low)
    below, above = low - inside, inside - high
    kept = (below <= _goes_on(below, span)) & (above <= _goes_on(above, span))
    return float(inside[kept].min()), float(inside[kept].max())


def _goes_on(beyond: FloatArray, span: float) -> float:
    """Return how far a scale goes on, of the distances of values beyond it."""
    steps = np.append(0.0, np.sort(beyond[(beyond >= 0) & (beyond <= span)]))
    far = np.flatnonzero(np.diff(steps) > NEAR * span)
    return float(steps[far[0]] if len(far) else steps[-1])


def trusted_range(value: FloatArray, se: FloatArray) -> tuple[float, float]:
    """Return lowest and highest of the values that are known well, or of all if none has an error.

    Well known is a value whose standard error is at most `TRUSTED` times the median one: a ratio over a vanishing
    peak is not what an axis should be stretched for.

    Parameters
    ----------
    value, se : array [...]
        Values and their standard errors, of one shape and unit; not a number where there is none.

    Returns
    -------
    low, high : float
        0 and 1 where there is no value.
    """
    trusted = np.isfinite(value)
    errors = se[trusted & np.isfinite(se)]
    if len(errors):
        trusted &= se <= TRUSTED * np.median(errors)
    inside = value[trusted]
    return (float(inside.min()), float(inside.max())) if len(inside) else (0.0, 1.0)
