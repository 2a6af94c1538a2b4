"""Means of repeats: spectra of one place, whose scatter is the noise of their mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.errors import UsageError
from ramanfit.fit.cosmic_rays import REACH, repeated, residual_spikes
from ramanfit.fit.noise import differences, estimate_noise, variance
from ramanfit.scan.scan import BoolArray, FloatArray, Scan

Index = npt.NDArray[np.intp]
ALL, POINT = "all", "point"
BLOCK = 40  # channels whose typical difference says how repeats differ there
SAME_UM = 1e-3  # places that differ by less are one


class Mean(NamedTuple):
    """The mean of some repeats.

    Attributes
    ----------
    counts : array [M]
    scatter : array [M]
        See `ramanfit.scan.treated.Treated`.
    spikes : bool array [n, M]
        Where one of the repeats shows a cosmic ray that the others do not; it is not in the mean.
    filled : array [n, M]
        The repeats without them.
    """

    counts: FloatArray
    scatter: FloatArray
    spikes: BoolArray
    filled: FloatArray


def mean_of(counts: FloatArray, use: BoolArray | None = None, *, spikes: bool = True) -> Mean:
    """Return the mean of repeats.

    Parameters
    ----------
    counts : array [n, M]
    use : bool array [n, M], optional
        Channels that count.
    spikes : bool
        Whether to look for cosmic rays.
    """
    n, m = counts.shape
    use = np.ones(counts.shape, dtype=bool) if use is None else use
    hits, scatter = np.zeros(counts.shape, dtype=bool), np.full(m, np.nan)
    if n == 1:
        return Mean(counts[0], scatter, hits, counts)
    if spikes:
        hits = _spikes_of_one(counts, use)
    filled = _without(counts, hits) if hits.any() else counts
    mean = filled.mean(axis=0)
    square, weight = differences(filled - mean, use & ~hits)
    number = weight.sum(axis=0) * (n - 1)
    np.divide((square * weight).sum(axis=0), number, out=scatter[1:-1], where=number > 0)
    return Mean(mean, scatter, hits, filled)


def _spikes_of_one(counts: FloatArray, use: BoolArray) -> BoolArray:
    """Return where cosmic rays stand above what the other repeats show, bool [n, M]."""
    n = len(counts)
    counts = _levelled(counts)
    in_order = np.sort(counts, axis=0)
    middle = (in_order[(n - 1) // 2] + in_order[n // 2]) / 2  # np.median would import numpy.ma
    others = counts[::-1] if n == 2 else np.tile(middle, (n, 1))
    light = np.tile(middle, (n, 1))
    noise = estimate_noise("counting", counts - counts.mean(axis=0), light, use)
    of_one = variance(noise, light) * n / (n - 1)
    hits = residual_spikes(counts, others, 2 * of_one if n == 2 else of_one, use)
    return np.asarray(hits & ~repeated(hits, np.zeros(n, dtype=np.intp)))


def _levelled(counts: FloatArray) -> FloatArray:
    """Return repeats [n, M] without the slow differences between them, as those of a background that bleaches."""
    away, m = counts - counts.mean(axis=0), counts.shape[1]
    edges = np.linspace(0, m, max(m // BLOCK, 1) + 1).astype(int)
    levelled = counts.copy()
    middles = np.stack([np.sort(some, axis=1)[:, some.shape[1] // 2] for some in np.split(away, edges[1:-1], axis=1)])
    for row, typical in zip(levelled, middles.T, strict=True):
        row -= np.interp(np.arange(m), (edges[:-1] + edges[1:] - 1) / 2, typical)
    return levelled


def _without(counts: FloatArray, hits: BoolArray) -> FloatArray:
    """Return repeats with what the others show where a cosmic ray hit one; its own level stays."""
    number = (~hits).sum(axis=0)
    others = np.divide(np.where(hits, 0.0, counts).sum(axis=0), number, out=counts.mean(axis=0), where=number > 0)
    filled = counts.copy()
    for row, channel in zip(*np.nonzero(hits), strict=True):
        near = slice(max(channel - REACH, 0), channel + REACH + 1)
        away = np.sort((counts[row, near] - others[near])[~hits[row, near]])
        filled[row, channel] = others[channel] + (away[len(away) // 2] if len(away) else 0.0)
    return filled


def groups_of(scan: Scan, average: str | int, *, rows_are_scans: bool = False) -> Index:
    """Return for each spectrum of a scan the number of the mean that it goes into, [N].

    Parameters
    ----------
    scan : Scan
    average : {"all", "point"} or int
        All into one; those of one place; so many that follow one another.
    rows_are_scans : bool
        Whether the lines of a map are one line scan after another.
    """
    n = len(scan)
    if isinstance(average, int):
        return np.arange(n) // average
    if average == ALL or scan.kind == "series":
        return np.zeros(n, dtype=np.intp)
    if rows_are_scans and scan.grid is not None:
        return np.arange(n) % scan.grid[1]
    where = scan.coordinates_um if scan.coordinates_um is not None else scan.position_um
    if where is None or not np.isfinite(where).all():
        return np.arange(n)
    numbers: dict[tuple[float, ...], int] = {}
    places = np.rint(where.reshape(n, -1) / SAME_UM).tolist()
    return np.array([numbers.setdefault(tuple(place), len(numbers)) for place in places])


def average_of(text: str) -> str | int:
    """Return what an option or a caller asks to be averaged.

    Raises
    ------
    UsageError
        If it is neither all, point, nor a number from 2 on.
    """
    word = str(text).strip()
    if word in (ALL, POINT):
        return word
    if not word.isdigit() or int(word) < 2:
        raise UsageError(f"--average: expected all, point or a number of spectra from 2 on, found {word!r}")
    return int(word)
