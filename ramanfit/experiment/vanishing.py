"""When a peak vanishes or appears: the scans between which its true height passes the limit of detection.

Nothing is decided by one scan. A peak is surely there, or surely not, where the heights of several scans together lie
above, or below, the limit of detection by so many standard errors that no flicker does; between two such times of
opposite kind there is one event. Its bracket holds every interval between two scans in which the height may have passed
the limit: the height is taken to fall (or rise) there in whatever way, and an interval is in the bracket unless the
likelihood ratio against the best monotonic course speaks against it (Banerjee & Wellner, Ann. Stat. 29, 1699 (2001)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ramanfit.scan.scan import BoolArray, FloatArray

SURE = 4.0  # standard errors by which a mean of several scans lies above or below the limit
ONE_SCAN = 3.0  # standard errors that one scan counts at most, so that no scan is sure by itself
AGAINST = 4.0  # likelihood ratio beyond which an interval is not in the bracket: 2.29 are 95 % of long series
AROUND = 2  # scans on either side of one, of which the median error is that of all


class Passing(NamedTuple):
    """One event of a series: the true height passes the limit of detection.

    Attributes
    ----------
    before, after : int
        Rows of the series: of a peak that vanishes last seen and first gone; of one that appears last absent and first
        seen.
    appears : bool
    limit : float
        Limit of detection in counts, the mean of those in the two rows.
    """

    before: int
    after: int
    appears: bool
    limit: float


def detection_limits(height_se: FloatArray, min_snr: float) -> FloatArray:
    """Return the limit of detection of every scan [N], in counts: so many standard errors, median of five scans.

    Parameters
    ----------
    height_se : array [N]
        Not a number where a fit has none.
    min_snr : float
        Of the recipe's ``detection``.
    """
    n = len(height_se)
    padded = np.concatenate([np.full(AROUND, np.nan), height_se, np.full(AROUND, np.nan)])
    around = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1), axis=1)  # nan sorts last
    known = np.isfinite(around).sum(axis=1)
    rows, middle = np.arange(n), np.maximum(known - 1, 0)
    return np.asarray(min_snr * (around[rows, middle // 2] + around[rows, (middle + 1) // 2]) / 2)


def passings(height: FloatArray, height_se: FloatArray, seen: BoolArray, min_snr: float) -> list[Passing]:
    """Return when a peak vanishes or appears in a series of scans.

    The onset is where the true height passes the limit of detection, which is `min_snr` standard errors of the height.
    It lies in the bracket in 95 % of cases or more. The first of its scans was detected and the last was not, or the
    other way round, so that the status of the fits agrees with it. What lasts for one scan only is no event, nor is
    there any in a series in which no scan, or every scan, was detected.

    Parameters
    ----------
    height, height_se : array [N]
        In order of time; not a number where there is none.
    seen : bool array [N]
        Whether the peak was detected.
    min_snr : float
    """
    used = np.flatnonzero(np.isfinite(height) & np.isfinite(height_se) & (height_se > 0))
    if len(used) < 2 or seen[used].all() or not seen[used].any():
        return []
    limit, se, there = detection_limits(height_se[used], min_snr), height_se[used], seen[used]
    over = height[used] - limit
    sure = _sure(over / se)
    events = []
    for k in range(1, len(sure)):
        (start, _, was_there), (_, end, is_there) = sure[k - 1], sure[k]
        end = sure[k + 1][0] - 1 if k + 1 < len(sure) else len(used) - 1
        window = slice(start, end + 1)
        sign = 1.0 if was_there else -1.0
        first, last = _bracket(sign * over[window], se[window] ** -2.0)
        before, after = start + first, start + last
        while before > start and there[before] != was_there:
            before -= 1
        while after < end and there[after] != is_there:
            after += 1
        if there[before] == was_there and there[after] == is_there:
            of_both = float(limit[before] + limit[after]) / 2
            events.append(Passing(int(used[before]), int(used[after]), is_there, of_both))
    return events


def _sure(snr: FloatArray) -> list[tuple[int, int, bool]]:
    """Return stretches of scans in which the peak is surely there or surely not, in turns: first, last, whether."""
    total = np.concatenate([[0.0], np.cumsum(np.clip(snr, -ONE_SCAN, ONE_SCAN))])
    stretches: list[tuple[int, int, bool]] = []
    since = 0
    for last in range(len(snr)):
        starts = np.arange(since, last + 1)
        z = (total[last + 1] - total[starts]) / np.sqrt(last + 1 - starts)
        for there in (True, False) if not stretches else (not stretches[-1][2],):
            best = int((z if there else -z).argmax())
            if (z[best] if there else -z[best]) >= SURE:
                stretches.append((since + best, last, there))
                since = last + 1
                break
    return stretches


def _bracket(over: FloatArray, weight: FloatArray) -> tuple[int, int]:
    """Return the first and the last scan between which a falling height may pass 0.

    Parameters
    ----------
    over : array [N]
        Height over the limit, falling.
    weight : array [N]
        1 over its variance.
    """
    above, below = _misfits(over, weight), _misfits(-over[::-1], weight[::-1])[::-1]
    misfit = above[1:-1] + below[1:-1]
    may_be = np.flatnonzero(misfit - misfit.min() <= AGAINST)
    return int(may_be[0]), int(may_be[-1]) + 1


def _misfits(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Return chi-square of the best course that never rises and stays above 0, for the first 0, 1, ... N scans.

    Neighbours that rise are pooled, as in any isotonic regression; what is pooled below 0 is put to 0.
    """
    blocks = [(0.0, 0.0, 0.0, 0.0)]  # sums of weight, of weight x value and x its square; misfit up to the block's end
    misfits = [0.0]
    for value, its in zip(values.tolist(), weight.tolist(), strict=True):
        w, wy, wyy = its, its * value, its * value * value
        while len(blocks) > 1 and blocks[-1][1] * w < wy * blocks[-1][0]:
            w, wy, wyy = w + blocks[-1][0], wy + blocks[-1][1], wyy + blocks[-1][2]
            blocks.pop()
        blocks.append((w, wy, wyy, blocks[-1][3] + wyy - max(wy, 0.0) ** 2 / w))
        misfits.append(blocks[-1][3])
    return np.array(misfits)
