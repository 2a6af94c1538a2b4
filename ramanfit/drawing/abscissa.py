"""What figures are drawn against: time, scan, voltage, capacity, state of charge, or a covariate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ramanfit.drawing.axes import time_edges, time_unit, times
from ramanfit.drawing.ticks import passes
from ramanfit.errors import UsageError
from ramanfit.experiment.abscissas import SCAN, TIME, column_of
from ramanfit.recipe.columns import KINDS

if TYPE_CHECKING:
    from ramanfit.experiment.evolution import Evolution
    from ramanfit.scan.scan import BoolArray, FloatArray

TURN = 0.1  # of its range; where an abscissa goes back by less, it has not turned


class Abscissa(NamedTuple):
    """What a figure is drawn against, for S scans and P points.

    Attributes
    ----------
    name : str
        As it is asked for: ``time``, ``scan``, ``voltage``, ``capacity``, ``soc``, or a covariate's.
    values : array [S, P]
        Not a number where there is no spectrum, or nothing is known.
    words : str
        For the axis, with the unit.
    falls : bool array [S]
        Scans in which it goes back, as voltage does in a discharge; all False where it never turns.
    """

    name: str
    values: FloatArray
    words: str
    falls: BoolArray

    @property
    def turns(self) -> bool:
        """Whether it goes up and down."""
        return bool(self.falls.any() and not self.falls.all())

    @property
    def noun(self) -> str:
        """Its words without the unit."""
        return self.words.split(" (")[0]


class Across(NamedTuple):
    """Where the cells of a map stand from left to right.

    Attributes
    ----------
    edges : array [cells + 1]
    scans : int array [cells]
        Index of the scan that a cell shows; -1 where there is a pause without scans.
    words : str
        For the axis.
    ticks : array of (position, value) or None
        Ticks where the abscissa passes round values, of cells that stand in order of time; None: as the axis counts.
    in_time : bool
        Whether the edges are times.
    """

    edges: FloatArray
    scans: np.ndarray
    words: str
    ticks: tuple[tuple[float, float], ...] | None
    in_time: bool


def abscissa_of(evolution: Evolution, name: str | None = None) -> Abscissa:
    """Return what figures of an experiment are drawn against.

    Parameters
    ----------
    evolution : Evolution
    name : str, optional
        None: time, or the number of the scan where times are unknown.

    Raises
    ------
    RecipeError
        If there is no such abscissa, naming the nearest.
    UsageError
        If nothing is known of it.
    """
    there = evolution.rows >= 0
    if name == TIME and not evolution.timed:
        raise UsageError("--x time: not every spectrum has a time (--period and --dwell supply it)")
    if name in (None, TIME) and evolution.timed:
        return Abscissa(TIME, times(evolution), time_unit(evolution)[1], np.zeros(len(there), dtype=bool))
    if name in (None, SCAN):
        number = np.broadcast_to(evolution.scans[:, None].astype(np.float64), there.shape)
        return Abscissa(SCAN, np.where(there, number, np.nan), SCAN, np.zeros(len(there), dtype=bool))
    assert name is not None
    column = column_of(evolution.table, name)
    values = evolution.grid(column)
    if not np.isfinite(values).any():
        raise UsageError(f"--x {name}: nothing is known of it at the time of any spectrum")
    words = KINDS[column].words if column in KINDS else name.replace("_", " ")
    return Abscissa(name, values, words, _falls(middle_of(values)))


def across(evolution: Evolution, abscissa: Abscissa, room: float) -> Across:
    """Return where the cells of a map stand.

    A true axis takes an abscissa that rises or falls from scan to scan. Along one that turns or rests, cells cannot be
    put: they stay in order of time, and ticks stand where it passes round values.

    Parameters
    ----------
    evolution : Evolution
    abscissa : Abscissa
    room : float
        What a number at a tick takes of the axis, as a share of its length.
    """
    if abscissa.name == TIME:
        edges, scans = time_edges(evolution.scan_time_s / time_unit(evolution)[0])
        return Across(edges, scans, abscissa.words, None, in_time=True)
    if abscissa.name == SCAN:
        edges, scans = time_edges(evolution.scans.astype(np.float64))
        return Across(edges, scans, abscissa.words, None, in_time=False)
    middle = middle_of(abscissa.values)
    there = np.isfinite(middle)
    steps = np.diff(middle[there])
    measured = (evolution.rows >= 0).any(axis=1)
    if (there >= measured).all() and len(steps) and ((steps > 0).all() or (steps < 0).all()):
        number = evolution.scans.astype(np.float64)
        centers = np.interp(number, number[there], middle[there])
        order = np.argsort(centers, kind="stable")
        rising = centers[order]
        half = np.diff(rising) / 2
        edges = np.concatenate([[rising[0] - half[0]], rising[:-1] + half, [rising[-1] + half[-1]]])
        return Across(edges, order, abscissa.words, None, in_time=False)
    scale = time_unit(evolution)[0]
    edges, scans = time_edges(evolution.scan_time_s / scale)
    # of a spectrum's own time and value: a scan takes a while
    when = evolution.time_s / scale if evolution.timed else np.where(evolution.rows >= 0, evolution.scans[:, None], 0.0)
    row = np.argsort(when.ravel(), kind="stable")
    at, value = when.ravel()[row], abscissa.values.ravel()[row]
    finite = np.isfinite(at) & np.isfinite(value)
    ticks = passes(at[finite], value[finite], room * float(edges[-1] - edges[0]))
    order_of = "time" if evolution.timed else "scans"
    return Across(edges, scans, f"{abscissa.words}, in order of {order_of}", ticks, in_time=evolution.timed)


def middle_of(values: FloatArray) -> FloatArray:
    """Return the middle of what is known in every scan [S]."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.fmin.reduce(values, axis=1) + np.fmax.reduce(values, axis=1)) / 2)


def _falls(middle: FloatArray) -> BoolArray:
    """Return in which scans [S] an abscissa goes back; it turns where it has gone back by `TURN` of its range.

    A scan at a turn belongs to what was before it.
    """
    falls = np.zeros(len(middle), dtype=bool)
    there = np.flatnonzero(np.isfinite(middle))
    if len(there) < 2:
        return falls
    least = TURN * float(np.ptp(middle[there])) or np.inf
    way, end, begun = 0, there[0], there[0]  # which way it goes, where it was farthest, where that way began
    low = high = there[0]
    for k in there[1:].tolist():
        if way == 0:
            low, high = (k if middle[k] < middle[low] else low), (k if middle[k] > middle[high] else high)
            if middle[high] - middle[low] >= least:
                way, end = (1, high) if high > low else (-1, low)
        elif (middle[k] - middle[end]) * way >= 0:
            end = k
        elif (middle[end] - middle[k]) * way >= least:
            falls[begun : end + 1] = way < 0
            begun, way, end = end + 1, -way, k
    falls[begun:] = way < 0
    return falls
