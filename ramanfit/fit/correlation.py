"""Whether neighbouring channels share their noise, as those of smoothed, resampled and oversampled spectra do.

Second differences of the residuals tell it, which a slow misfit does not reach: those of independent channels are
correlated by -2/3. How much information is left, the correlation of the residuals themselves says, up to the distance
at which their second differences forget one another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ramanfit.fit.engine.compiled.library import core
from ramanfit.scan.scan import BoolArray, FloatArray

Index = npt.NDArray[np.intp]

WHITE = -2 / 3  # correlation of neighbouring second differences of independent channels
SPREAD = 0.75  # standard deviation of that correlation, times the root of the number of channels, at most: simulated
CLEAR = 5.0  # standard deviations from which channels count as correlated
FARTHEST = 64  # channels
SECTIONS = 5  # of a spectrum, of which the typical one counts
PARTS = 6  # of a spectrum: no farther than one of them
MEDIAN = 1.5  # how much wider the median of sections scatters than their mean, at most
FADES = 0.9  # of the covariance one channel nearer: noise that fades farther out, and no misfit
OUTLIER = 6.0  # medians beyond which a residual is no noise: 4 standard deviations
APART = 4.0  # standard deviations from the typical spectrum of its file beyond which one is judged for itself
BLOCK = 64  # spectra at a time, in a processor's cache
COMMON = 4  # spectra from which what all of them show is misfit, and no noise


def correlation(residual: FloatArray, use: BoolArray | None = None, starts: Sequence[int] = (0,)) -> FloatArray:
    """Return ``(stretch, neighbour, level)`` of N spectra, [N, 3], the same for all of one file that are alike.

    `stretch` is the factor by which the variance of what a fit finds is larger than in independent channels,
    ``1 + 2 sum rho_k`` over distances k (Bartlett, J. R. Stat. Soc. B Suppl. 8, 27 (1946)), for what is broad beside
    the distance at which the noise forgets itself; at least 1, and 1 where nothing speaks against independent
    channels. `neighbour` is rho_1. `level` is the variance of the channels.

    Parameters
    ----------
    residual : array [N, M]
        In standard deviations of independent channels, as second differences show them.
    use : bool array [N, M], optional
        Channels that were fitted.
    starts : sequence of int
        First row of each file, ascending from 0.
    """
    found = np.tile([1.0, 0.0, 1.0], (len(residual), 1))
    sums, most = _of_neighbours(residual, use)
    for start, end in zip(starts, [*starts[1:], len(residual)], strict=True):
        for rows in _alike(sums[:, start:end], residual.shape[1]):
            found[start + rows] = _together(residual, use, most, start + rows)
    return found


def _alike(sums: FloatArray, channels: int) -> list[Index]:
    """Return the spectra of a file that are as correlated as the typical one, and each of the others."""
    (square, near, whole), n = sums, sums.shape[1]
    if n == 1 or channels < 4:
        return [np.arange(n)]
    near = np.divide(near, square, out=np.full(n, WHITE), where=square > 0)
    spread = SPREAD / np.sqrt(np.maximum(whole, 1))
    apart = np.abs(near - np.sort(near)[n // 2]) > APART * spread
    return [np.flatnonzero(~apart), *np.flatnonzero(apart)[:, None]]


def _of_neighbours(residual: FloatArray, use: BoolArray | None) -> tuple[FloatArray, FloatArray]:
    """Return sums of squared second differences, of products of neighbouring ones, and how many count, [3, N].

    Beside it, up to which size residuals are noise, [N].
    """
    if (compiled := core()) is not None:
        from ramanfit.fit.engine.compiled.kernels import neighbours

        return neighbours(compiled, residual, use, OUTLIER)
    n, half = len(residual), residual.shape[1] // 2
    sums, most = np.empty((3, n)), np.empty(n)
    for s in range(0, n, BLOCK):
        block = slice(s, s + BLOCK)
        e = residual[block]
        most[block] = OUTLIER * np.partition(np.abs(e), half, axis=1)[:, half]
        used = _noise_alone(e, None if use is None else use[block], most[block])
        e = np.where(used > 0, e, 0.0)
        whole = used[:, 2:] * used[:, 1:-1] * used[:, :-2]
        rough = (e[:, 2:] + e[:, :-2] - 2 * e[:, 1:-1]) * whole
        sums[0, block] = np.einsum("nm,nm->n", rough, rough)
        sums[1, block] = np.einsum("nm,nm->n", rough[:, 1:], rough[:, :-1])
        sums[2, block] = whole.sum(axis=1)
    return sums, most


def _noise_alone(residual: FloatArray, use: BoolArray | None, most: FloatArray) -> FloatArray:
    """Return 1 for channels that show noise, 0 for others."""
    used = np.ones(residual.shape) if use is None else use.astype(np.float64)
    used *= np.abs(residual) <= most[:, None]
    return used


def _together(residual: FloatArray, use: BoolArray | None, most: FloatArray, rows: Index) -> tuple[float, float, float]:
    n, m = len(rows), residual.shape[1]
    farthest = min(FARTHEST, m // PARTS)
    if farthest < 2:
        return 1.0, 0.0, 1.0
    share = 1.0 if n < COMMON else 1 - 1 / n
    near, whole = _roughness(residual, use, most, rows)
    bar = WHITE + CLEAR * SPREAD / np.sqrt(max(whole, 1))
    if not _typical(near)[0] > 0 or not _typical(_in_parts(near))[1] > bar:
        return 1.0, 0.0, 1.0
    e, used, rough, counted = _in_common(residual[rows], None if use is None else use[rows], most[rows])
    of_rough = _typical(_in_parts(_covariances(rough, counted, farthest)))
    doubtful = CLEAR * MEDIAN * np.sqrt((of_rough @ of_rough * 2 - 1) / whole)
    farther = np.flatnonzero(np.abs(of_rough) > doubtful)
    reach = max(int(farther[-1]) - 2 if len(farther) else 1, 1)
    plain = _covariances(e, used, min(2 * farthest, m - 1))
    left = _typical(_in_parts(plain - plain[:, farthest:].mean(axis=1, keepdims=True)))
    while reach < farthest and CLEAR / np.sqrt(used.sum()) < left[reach + 1] < FADES * left[reach]:
        reach += 1
    slow = plain[:, reach + 1 : 2 * reach + 5].mean(axis=1, keepdims=True)  # what goes on beyond is misfit
    noise = (plain[:, : reach + 1] - slow) / share
    level = float(_typical(noise)[0])
    if not level > 0:
        return 1.0, 0.0, 1.0
    rho = _in_parts(noise)[:, 1:]
    return max(1 + 2 * float(_typical(rho.sum(axis=1))), 1.0), float(_typical(rho)[0]), level


def _roughness(residual: FloatArray, use: BoolArray | None, most: FloatArray, rows: Index) -> tuple[FloatArray, float]:
    """Return variances and covariances of neighbours, of second differences in every section [S, 2], and how many."""
    if (compiled := core()) is not None:
        from ramanfit.fit.engine.compiled.kernels import roughness

        sums = roughness(compiled, residual, use, most, rows, SECTIONS, len(rows) >= COMMON)
        return np.divide(sums[:2], sums[2:], out=np.zeros((2, SECTIONS)), where=sums[2:] > 0).T, float(sums[2].sum())
    some = slice(None) if len(rows) == len(residual) else rows
    _, _, rough, counted = _in_common(residual[some], None if use is None else use[some], most[some])
    return _covariances(rough, counted, 1), float(counted.sum())


def _in_common(
    residual: FloatArray, use: BoolArray | None, most: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return residuals without what all have in common, which count; their second differences, which of these do."""
    used = _noise_alone(residual, use, most)
    e = np.where(used > 0, residual, 0.0)
    if len(e) >= COMMON:
        there = used.sum(axis=0)
        e = (e - np.divide(e.sum(axis=0), there, out=np.zeros(e.shape[1]), where=there > 0)) * used
    counted = used[:, 2:] * used[:, 1:-1] * used[:, :-2]
    return e, used, (e[:, 2:] + e[:, :-2] - 2 * e[:, 1:-1]) * counted, counted


def _in_parts(covariances: FloatArray) -> FloatArray:
    """Return covariances [S, K] in parts of the variance of their section."""
    first = covariances[:, :1]
    return np.divide(covariances, first, out=np.zeros_like(covariances), where=first > 0)


def _typical(sections: FloatArray) -> FloatArray:
    """Median over the sections: what a line leaves that is not of its shape stands in one of them."""
    return np.asarray(np.sort(sections, axis=0)[SECTIONS // 2])


def _covariances(e: FloatArray, used: FloatArray, farthest: int) -> FloatArray:
    """Return mean products of what is 0 to `farthest` channels apart, in every section, [S, farthest + 1]."""
    m = e.shape[1]
    found = np.zeros((SECTIONS, farthest + 1))
    for section in range(SECTIONS):
        low, high = (m * section) // SECTIONS, (m * (section + 1)) // SECTIONS
        for k in range(farthest + 1):
            near, far = slice(low, min(high, m - k)), slice(low + k, min(high + k, m))
            pairs = np.einsum("nm,nm->", used[:, near], used[:, far])
            if pairs > 0:
                found[section, k] = np.einsum("nm,nm->", e[:, near], e[:, far]) / pairs
    return found
