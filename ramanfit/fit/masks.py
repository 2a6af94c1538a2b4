"""Channels that do not count."""

from __future__ import annotations

import numpy as np

from ramanfit.scan.scan import BoolArray, FloatArray


def bridged(counts: FloatArray, use: BoolArray | None) -> FloatArray:
    """Return spectra [N, M] with straight lines, by channel, where channels do not count: what stood there is gone.

    Parameters
    ----------
    counts : array [N, M]
    use : bool array [N, M] or None
        Channels that count; None: all.
    """
    if use is None:
        return counts
    rows = np.flatnonzero(~use.all(axis=1))
    if not len(rows):
        return counts
    there, channels = use[rows], np.arange(counts.shape[1])
    before = np.maximum.accumulate(np.where(there, channels, -1), axis=1)
    after = np.minimum.accumulate(np.where(there, channels, len(channels))[:, ::-1], axis=1)[:, ::-1]
    before, after = np.where(before < 0, after, before), np.where(after == len(channels), before, after)
    before, after = np.clip(before, 0, len(channels) - 1), np.clip(after, 0, len(channels) - 1)
    way = (channels - before) / np.maximum(after - before, 1)
    counted = np.where(there, counts[rows], 0.0)
    low, high = (np.take_along_axis(counted, at, axis=1) for at in (before, after))
    filled = counts.copy()
    filled[rows] = np.where(there, counted, low * (1 - way) + high * way)
    return filled
