"""Channels that show no light: cut flat at a ceiling or a floor, or dead in all spectra of a file."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.fit.engine.compiled.library import core
from ramanfit.scan.scan import BoolArray, FloatArray, Scan
from ramanfit.scan.stored import StoredCounts, blocks

CEILING = 65535.0  # counts, of 16 bits
RUN = 3  # channels at least that lie side by side on a plateau
CHANCE = 1e-4  # that a plateau came about by noise
COARSE = 5.0  # smallest steps of the values: what varies by less has equal neighbours anyway
IN_CACHE = 1 << 15  # counts that are looked at at a time
NEAR = 3  # channels on either side of one that was cut
WHOLE = 10  # channels beside those at a floor, where values are whole: photon counts are truly 0 around a single line
DEAD = 5  # spectra at least that tell a dead channel
DOUBTFUL = 64  # spectra at most that are looked at one by one
DEAD_STEPS = 30.0  # smallest steps that its neighbours vary by at least


class Extremes(NamedTuple):
    """Of channels of N spectra that count.

    Attributes
    ----------
    low, high : array [N]
        Least and largest counts.
    at_low, at_high : bool array [N]
        Whether `RUN` channels side by side have that value.
    """

    low: FloatArray
    high: FloatArray
    at_low: BoolArray
    at_high: BoolArray


def extremes(counts: FloatArray, use: BoolArray | None) -> Extremes:
    """Return least and largest counts, and whether they are a plateau.

    Parameters
    ----------
    counts : array [N, M]
    use : bool array [N, M] or None
        Channels that count; None: all.
    """
    n, m = counts.shape
    if (compiled := core()) is not None and m:
        from ramanfit.fit.engine.compiled.spikes import extremes as of_core

        return Extremes(*of_core(compiled, counts, use, RUN))
    low, high = np.empty(n), np.empty(n)
    at_low, at_high = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    for rows, some in blocks(counts, IN_CACHE):
        its = None if use is None else use[rows]
        for value, flat, beyond, end in ((low, at_low, np.inf, np.min), (high, at_high, -np.inf, np.max)):
            seen = some if its is None else np.where(its, some, beyond)
            value[rows] = end(seen, axis=1)
            at = seen == value[rows, None]
            if its is not None:
                at &= its
            run = at[:, : 1 - RUN].copy()
            for step in range(1, RUN):
                run &= at[:, step : step + m + 1 - RUN]
            flat[rows] = run.any(axis=1)
    return Extremes(low, high, at_low, at_high)


def saturated_channels(
    counts: FloatArray, use: BoolArray | None, level: float | None, ends: Extremes | None = None
) -> BoolArray | None:
    """Return which channels [N, M] are saturated; None: none.

    Those at a plateau, whatever its height, and those at the level or above it; but no 16-bit detector shows more than
    65,535 counts: a spectrum that does is a sum of accumulations, or scaled, and has no such level.

    Parameters
    ----------
    counts : array [N, M]
    use : bool array [N, M] or None
        Channels that count; None: all.
    level : float or None
        In counts; None: nothing is saturated.
    ends : Extremes, optional
        Of these counts, where they are known.
    """
    if level is None:
        return None
    ends = extremes(counts, use) if ends is None else ends
    flat = on_plateau(counts, use, ends)
    if use is None and not (ends.high >= level).any():
        return flat
    at = counts >= level
    if level == CEILING:
        at &= ~is_sum(ends)[:, None]
    return flat if not at.any() else at if flat is None else at | flat


def is_sum(ends: Extremes) -> BoolArray:
    """Tell which spectra [N] have more counts than 16 bits can hold."""
    return np.asarray(ends.high > CEILING)


def clipped_channels(counts: FloatArray, use: BoolArray | None, ends: Extremes | None = None) -> BoolArray | None:
    """Return which channels [N, M] were cut at a floor, with those near them; None: none.

    Near a floor noise has only its upper half left: channels beside a cut one are too high, too.
    """
    at = on_plateau(counts, use, ends, lowest=True)
    if at is None:
        return None
    near = at.copy()
    for step in range(1, NEAR + 1):
        near[:, step:] |= at[:, :-step]
        near[:, :-step] |= at[:, step:]
    return near


def on_plateau(
    counts: FloatArray, use: BoolArray | None, ends: Extremes | None = None, *, lowest: bool = False
) -> BoolArray | None:
    """Return which channels [N, M] are cut flat at the highest, or lowest, value of their spectrum; None: none.

    Few counts are equal by chance, too. A plateau is taken for one where noise makes it in fewer than `CHANCE` of
    spectra: of n channels at that value, one begins a run of k with a chance of ``n * p**(k - 1)``; p, that of
    one channel to be equal, is the smallest step between values over the typical distance of the channels beside.

    Parameters
    ----------
    counts : array [N, M]
    use : bool array [N, M] or None
        Channels that count; None: all.
    ends : Extremes, optional
        Of these counts, where they are known.
    lowest : bool
    """
    ends = extremes(counts, use) if ends is None else ends
    flat = None
    for row in np.flatnonzero(ends.at_low if lowest else ends.at_high):
        seen = counts[row] if use is None else np.where(use[row], counts[row], np.inf if lowest else -np.inf)
        at = seen == (ends.low if lowest else ends.high)[row]
        if use is not None:
            at &= use[row]
        if _no_chance(seen, at, WHOLE if lowest else 1):
            flat = np.zeros(counts.shape, dtype=bool) if flat is None else flat
            flat[row] = at
    return flat


def _no_chance(values: FloatArray, at: BoolArray, whole: int) -> bool:
    """Tell whether noise would hardly make the runs of channels at one value; `whole`: see `WHOLE`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], at, [False]]).astype(np.int8)))
    first, end = edges[::2], edges[1::2]
    beside = np.concatenate([first[first > 0] - 1, end[end < len(at)]])
    away = np.abs(values[first[0]] - values[beside])
    away = away[np.isfinite(away)]
    values = values[np.isfinite(values)]
    if away.size < (whole if (values == np.rint(values)).all() else 1):
        return False
    chance = smallest_step(values) / np.sort(away)[len(away) // 2]  # np.median and np.unique would import numpy.ma
    return bool(chance * COARSE <= 1 and at.sum() * chance ** float((end - first).max() - 1) < CHANCE)


def smallest_step(values: FloatArray) -> float:
    """Return the smallest difference between values: 1 of whole counts; 0 if all are equal."""
    steps = np.diff(np.sort(values, axis=None))
    steps = steps[steps > 0]
    return float(steps.min()) if steps.size else 0.0


def without_dead(scan: Scan) -> Scan:
    """Return a scan, whose counts are settled, with its dead channels masked and a note of them."""
    dead = dead_channels(scan.counts)
    if scan.mask is not None:
        dead &= ~scan.mask.all(axis=0)
    if not dead.any():
        return scan
    mask = np.zeros(scan.counts.shape, dtype=bool) if scan.mask is None else scan.mask.copy()
    mask[:, dead] = True
    return scan.with_(mask=mask, notes=(*scan.notes, dead_note(scan.shift_cm1[dead])))


def dead_note(shift_cm1: FloatArray) -> str:
    """Return what is to be said of dead channels."""
    at_cm1 = ", ".join(f"{value:.1f}" for value in shift_cm1)
    return f"dead channels, the same in all spectra and below their neighbours: masked at {at_cm1} cm-1"


def dead_channels(counts: FloatArray | StoredCounts) -> BoolArray:
    """Return which channels [M] show one value in all spectra, below both neighbours, which vary.

    A line, however narrow, is not below its neighbours. What is always too high is left alone: a line may be.

    Parameters
    ----------
    counts : array [N, M], or StoredCounts
        Constant spectra do not count; fewer than `DEAD` others tell nothing.
    """
    n, m = counts.shape
    dead = np.zeros(m, dtype=bool)
    if n < DEAD or m < RUN:
        return dead
    measured, channels = _known(counts) or _sought(counts)
    if measured.sum() < DEAD:
        return dead
    for channel in channels:
        left, its, right = np.asarray(counts[:, channel - 1 : channel + 2])[measured].T
        vary = all(np.ptp(side) >= DEAD_STEPS * smallest_step(side) > 0 for side in (left, right))
        dead[channel] = vary and bool(((its < left) & (its < right)).all())
    return dead


def _known(counts: FloatArray | StoredCounts) -> tuple[BoolArray, npt.NDArray[np.intp]] | None:
    """Return what `_sought` does, more channels perhaps, from what is known of counts without a look at all of them."""
    even = counts.even_channels() if isinstance(counts, StoredCounts) else None
    if even is None:
        return None
    ends = np.asarray(counts[:, [0, -1]])
    doubtful = np.flatnonzero(ends[:, 0] == ends[:, 1])
    if len(doubtful) > DOUBTFUL or not _vary(np.asarray(counts[doubtful])).all():
        return None
    return np.ones(len(counts), dtype=bool), np.flatnonzero(even[1:-1]) + 1


def _sought(counts: FloatArray | StoredCounts) -> tuple[BoolArray, npt.NDArray[np.intp]]:
    """Return which spectra [N] are not constant, and the inner channels that show one value in them, below others."""
    n, m = counts.shape
    measured = np.zeros(n, dtype=bool)
    first: FloatArray | None = None
    inner = np.arange(1, m - 1)
    for rows, block in blocks(counts):
        measured[rows] = _vary(block)
        some = block if measured[rows].all() else block[measured[rows]]
        if len(some):
            first = some[0] if first is None else first
            inner = inner[some[-1, inner] == first[inner]]  # few: only these are looked at
            inner = inner[(some[:, inner] == first[inner]).all(axis=0)]
            if not len(inner):
                return measured, inner
            below = (some[:, inner] < some[:, inner - 1]) & (some[:, inner] < some[:, inner + 1])
            inner = inner[below.all(axis=0)]
    return measured, inner


def _vary(counts: FloatArray) -> BoolArray:
    """Return which spectra [N] are not constant."""
    vary = np.asarray(counts[:, 0] != counts[:, -1])
    doubtful = np.flatnonzero(~vary)
    if len(doubtful):
        some = counts[doubtful]
        vary[doubtful] = some.max(axis=1) > some.min(axis=1)
    return vary
