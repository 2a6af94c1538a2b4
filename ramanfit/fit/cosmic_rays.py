"""Cosmic rays: a few channels that jump out of one spectrum and not of those measured before and after."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ramanfit.fit.engine.compiled.library import core
from ramanfit.fit.noise import FLOOR
from ramanfit.scan.scan import BoolArray, FloatArray

Index = npt.NDArray[np.intp]

GROSS = 15.0  # standard deviations at which a spike may draw a fit onto itself: taken out before it
LONE = 6.0  # the same where the spectra measured before and after show nothing in that place
ALIKE = 0.5  # part of a spike's height that a line in a neighbouring spectrum has at least
BETWEEN_CHANNELS = 1.5  # channels FWHM
LOWER = 5.0  # standard deviations by which a neighbour is lower at least
FINE = 5.0  # standard deviations above a fitted curve
MISFIT = 0.05  # standard deviation of a curve that is not quite the line's, in parts of its rise over 3 channels
WIDEST = 3  # channels; a line of 2 channels FWHM, the narrowest behind a slit, fills 5 above a tenth of its height
REACH = 8  # channels on both sides that say what lies under a spike
LOCAL = 20  # channels on both sides that say how much noise there is near one
SECOND = 0.6745 * np.sqrt(6)  # median of |second difference| in standard deviations
GROWN = 1.3  # factor by which differences grow with the distance of channels that share their noise
FARTHEST = 32  # channels
AS_WIDE = 0.7  # of the width at its foot that a line would have
SOME, PART = 2, 0.05  # spectra of a scan, and part of them, that cosmic rays hit in one channel at most
SHOULDER = 0.1  # part of its height down to which a spike's width counts
FLANK = 3.0  # standard deviations: what lies lower is no part of it
RULE = REACH, WIDEST, FLANK, SHOULDER, MISFIT


def gross_spikes(
    counts: FloatArray,
    use: BoolArray | None = None,
    scan: npt.NDArray[np.intp] | None = None,
    narrowest: FloatArray | None = None,
) -> BoolArray:
    """Return where cosmic rays stand high above their surroundings, bool [N, M].

    Where a spectrum has neighbours, less high ones count too that none of these shows in the same place; what a
    neighbour shows as well is a line.

    Parameters
    ----------
    counts : array [N, M]
    use : bool array [N, M], optional
        Channels that count.
    scan : int array [N], optional
        The scan of every spectrum, in which those measured one after another are neighbours; None: none are.
    narrowest : array [M], optional
        See `find_spikes`; where neighbours do not show it, it is no line.
    """
    level, step = _noise(counts)
    lower = _spikes(counts, level, LONE, use)
    spikes = _spikes(counts, level, GROSS, use, narrowest) if lower.any() else lower
    if scan is None:
        return spikes
    lone, shared = _compared(counts, lower, scan, step, narrowest)
    return np.asarray((spikes & ~shared) | lone)


def _noise(counts: FloatArray) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Return the noise of spectra and the distance of channels from which it is independent, [N] each.

    As long as differences of channels twice as far apart are clearly larger, channels share their noise.
    """
    if (compiled := core()) is not None:
        from ramanfit.fit.engine.compiled.spikes import noise_without_fit

        return noise_without_fit(compiled, counts, SECOND, GROWN, FARTHEST)
    step = np.ones(len(counts), dtype=np.intp)
    sd = _typical_difference(counts, 1)
    rows, k = np.arange(len(counts)), 2
    while len(rows) and k <= FARTHEST and counts.shape[1] > 4 * k:
        farther = _typical_difference(counts[rows], k)
        grown = farther > GROWN * sd[rows]
        rows = rows[grown]
        sd[rows], step[rows] = farther[grown], k
        k *= 2
    return sd, step


def _typical_difference(counts: FloatArray, step: int) -> FloatArray:
    d = np.abs(counts[:, 2 * step :] + counts[:, : -2 * step] - 2 * counts[:, step:-step])
    middle = d.shape[1] // 2
    return np.asarray(np.partition(d, middle, axis=1)[:, middle] / SECOND)


def _compared(
    counts: FloatArray,
    spikes: BoolArray,
    scan: npt.NDArray[np.intp],
    step: npt.NDArray[np.intp],
    narrowest: FloatArray | None,
) -> tuple[BoolArray, BoolArray]:
    """Return which of the spikes found no neighbour shows, and which one does; spectra without one have neither."""
    lone, shared = np.zeros_like(spikes), np.zeros_like(spikes)
    rows, channels = places(spikes)
    if not len(rows):
        return lone, shared
    at = np.clip(channels[:, None] + np.arange(-REACH, REACH + 1), 0, counts.shape[1] - 1)
    excess = _excess(counts, rows, at, channels[:, None])[:, 0]
    near = np.clip(channels[:, None] + np.arange(-1, 2), 0, counts.shape[1] - 1)
    sd = _local_sd(counts, rows, channels, step[rows])
    top = excess > LONE * sd  # a flank, lower than what the noise of a neighbour shows, goes with its top
    alone, alike, has_neighbour = top.copy(), np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    # a line that fits between two channels is as high in one spectrum as it is low in the next
    least = ALIKE if narrowest is None else np.where(narrowest[channels] < BETWEEN_CHANNELS, ALIKE / 4, ALIKE)
    for way in (-1, 1):
        beside = np.clip(rows + way, 0, len(counts) - 1)
        there = (beside != rows) & (scan[beside] == scan[rows])
        its = _excess(counts, beside, at, near).max(axis=1)
        has_neighbour |= there
        alike |= there & (its >= least * excess)
        alone &= ~there | (excess - its > LOWER * sd)
    for mark, where in ((lone, alone & has_neighbour & ~alike), (shared, alike & top)):
        mark[rows[where], channels[where]] = True
        for _ in range(WIDEST - 1):
            mark[:, 1:] |= mark[:, :-1] & spikes[:, 1:]
            mark[:, :-1] |= mark[:, 1:] & spikes[:, :-1]
    return lone, shared


def _local_sd(
    counts: FloatArray, rows: npt.NDArray[np.intp], channels: npt.NDArray[np.intp], step: npt.NDArray[np.intp]
) -> FloatArray:
    """Return the noise near channels [K] of some rows [K]: on a bright line it is more than elsewhere."""
    row, far = rows[:, None], step[:, None]
    at = np.clip(channels[:, None] + far * np.arange(-LOCAL, LOCAL + 1), far, counts.shape[1] - 1 - far)
    d = np.sort(np.abs(counts[row, at + far] + counts[row, at - far] - 2 * counts[row, at]), axis=1)
    return np.asarray(d[:, LOCAL] / SECOND)


def _excess(
    counts: FloatArray, rows: npt.NDArray[np.intp], around: npt.NDArray[np.intp], at: npt.NDArray[np.intp]
) -> FloatArray:
    """Return by how much channels [K, A] of some rows [K] stand above the median of their surroundings."""
    level = np.sort(counts[rows[:, None], around], axis=1)[:, REACH]
    return np.asarray(counts[rows[:, None], at] - level[:, None])


def suspected(
    counts: FloatArray,
    curve: FloatArray,
    noise: FloatArray,
    use: BoolArray | None,
    extra: FloatArray | None,
    factor: FloatArray,
) -> Index:
    """Return the spectra in which cosmic rays may stand above a fitted curve: all, or those that the core picks.

    Parameters
    ----------
    counts, curve : array [N, M]
    noise : array [N, 3]
        See `ramanfit.fit.noise.variance`.
    use : bool array [N, M] or None
    extra : array [N, M] or None
    factor : array [N]
        Of the variances.
    """
    if (compiled := core()) is None:
        return np.arange(len(counts))
    from ramanfit.fit.engine.compiled.spikes import Rule, spiky

    return np.flatnonzero(spiky(compiled, counts, curve, noise, use, Rule(*RULE), FINE, FLOOR, extra, factor))


def residual_spikes(
    counts: FloatArray,
    curve: FloatArray,
    variance: FloatArray,
    use: BoolArray | None,
    narrowest: FloatArray | None = None,
) -> BoolArray:
    """Return where cosmic rays stand above a fitted curve, bool [N, M].

    Where the curve does not describe the channels around, what stands out of them is misfit.

    Parameters
    ----------
    counts, curve, variance : array [N, M]
        Variance of the counts around the curve.
    use : bool array [N, M], optional
        Channels that count.
    narrowest : array [M], optional
        See `find_spikes`.
    """
    spikes = find_spikes(*_above(counts, curve, variance), FINE, use, narrowest)
    rows, channels = places(spikes)
    if len(rows):
        at = np.clip(channels[:, None] + np.arange(-LOCAL, LOCAL + 1), 0, counts.shape[1] - 1)
        away = counts[rows] - curve[rows]
        around = np.take_along_axis(away, at, axis=1)
        level = np.sort(around, axis=1)[:, LOCAL, None]
        local = np.sort(np.abs(around - level), axis=1)[:, LOCAL] / 0.6745
        misfit = away[np.arange(len(rows)), channels] - level[:, 0] < (FINE - FLANK) * local
        tops = np.zeros_like(spikes)
        tops[rows[misfit], channels[misfit]] = True
        spikes &= ~tops
    return spikes


def _spikes(
    counts: FloatArray, level: FloatArray, bar: float, use: BoolArray | None, narrowest: FloatArray | None = None
) -> BoolArray:
    """Find the spikes of spectra with standard deviations [N]."""
    sd = np.broadcast_to(level[:, None], counts.shape)
    if (compiled := core()) is None:
        return find_spikes(counts, sd, bar, use, narrowest)
    from ramanfit.fit.engine.compiled.spikes import Rule, spiky

    spikes = np.zeros(counts.shape, dtype=bool)
    rows = np.flatnonzero(spiky(compiled, counts, None, level, use, Rule(*RULE), bar))
    if len(rows):
        spikes[rows] = find_spikes(counts[rows], sd[rows], bar, None if use is None else use[rows], narrowest)
    return spikes


def _above(counts: FloatArray, curve: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return counts above a curve, and their standard deviations, [N, M] each."""
    rise = np.zeros_like(curve)
    np.abs(curve[:, 3:] - curve[:, :-3], out=rise[:, 3:])
    np.maximum(rise[:, :-3], rise[:, 3:], out=rise[:, :-3])
    return counts - curve, np.sqrt(variance + (MISFIT * rise) ** 2)


def repeated(spikes: BoolArray, scan: Index, asked: Index | None = None) -> BoolArray:
    """Return which spikes [N, M] stand in the same channel of several spectra of a scan: that is structure.

    Parameters
    ----------
    spikes : bool array [N, M]
    scan : int array [N]
        Ascending.
    asked : int array, optional
        The scans of all spectra among which these were looked for; None: these are all.
    """
    if not len(spikes):
        return spikes
    number, starts = np.unique(scan, return_index=True)
    sizes = np.bincount(scan if asked is None else asked)[number]
    count = np.add.reduceat(spikes.astype(np.int64), starts)
    often = (count > np.maximum(SOME, PART * sizes)[:, None]) & (count > 1)
    return np.asarray(spikes & often[np.searchsorted(number, scan)])


def places(spikes: BoolArray) -> tuple[Index, Index]:
    """Return rows and channels of those that are true, as `numpy.nonzero` does: of few among many in less time."""
    rows, channels = np.divmod(np.flatnonzero(spikes), spikes.shape[1])
    return rows, channels


def find_spikes(
    counts: FloatArray,
    sd: FloatArray,
    bar: float,
    use: BoolArray | None = None,
    narrowest: FloatArray | None = None,
) -> BoolArray:
    """Return where cosmic rays are, bool [N, M].

    One counts as such when its highest channel stands `bar` standard deviations above the median of its surroundings
    and clearly above both channels three away, and when at most `WIDEST` neighbouring channels reach above a tenth
    of it. Real lines are wider: see `WIDEST`.

    Parameters
    ----------
    counts : array [N, M]
        Counts, or their residuals of a fit.
    sd : array [N, M]
        Standard deviations of the channels; 0: nothing is known, nothing is found.
    bar : float
    use : bool array [N, M], optional
        Channels that count.
    narrowest : array [M], optional
        FWHM in channels of the narrowest line that may stand in a channel: what is as wide is no spike.
    """
    n, m = counts.shape
    spikes = np.zeros((n, m), dtype=bool)
    if m <= 2 * REACH:
        return spikes
    top = counts[:, 3:-3] - np.maximum(counts[:, :-6], counts[:, 6:])
    high = np.zeros((n, m), dtype=bool)
    high[:, 3:-3] = top > (bar - FLANK) * sd[:, 3:-3]
    for end, inwards in ((slice(0, 3), slice(3, 6)), (slice(-3, None), slice(-6, -3))):
        high[:, end] = counts[:, end] - counts[:, inwards].max(axis=1, keepdims=True) > (bar - FLANK) * sd[:, end]
    high &= sd > 0
    if use is not None:
        high &= use
    rows, channels = places(high)
    if not len(rows):
        return spikes
    offsets = np.arange(-REACH, REACH + 1)
    at = channels[:, None] + offsets
    around = np.where((at < 0) | (at >= m), np.nan, counts[rows[:, None], np.clip(at, 0, m - 1)])
    order = np.sort(around, axis=1)  # what lies beyond the ends comes last
    inside = np.isfinite(around).sum(axis=1)
    excess = around - order[np.arange(len(rows)), inside // 2][:, None]
    height, spread = excess[:, REACH], sd[rows, channels]
    level = np.maximum(FLANK * spread, SHOULDER * height)
    with np.errstate(invalid="ignore"):
        high_beside = excess > level[:, None]
    run = np.zeros_like(high_beside)
    run[:, REACH] = True
    for step in (1, -1):
        for k in range(1, REACH + 1):
            run[:, REACH + step * k] = high_beside[:, REACH + step * k] & run[:, REACH + step * (k - 1)]
    is_spike = (height > bar * spread) & (run.sum(axis=1) <= WIDEST)
    if narrowest is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            as_a_line = narrowest[channels] * np.sqrt(np.maximum(height / level - 1, 0))
        is_spike &= run.sum(axis=1) < AS_WIDE * as_a_line
    hit_rows, hit_at = np.nonzero(run & is_spike[:, None])
    spikes[rows[hit_rows], channels[hit_rows] + offsets[hit_at]] = True
    return spikes
