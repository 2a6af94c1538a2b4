"""What speaks for a band that the model lacks, where a smooth baseline would swallow it.

C: half the length is clearly more likely, so that something sharper than the smooth part is left. D: one further band
in some place of the window is clearly there. Neither knows whether it is background or band: then baseline and peaks
cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.fit.amplitude import AMPLITUDES, Index, SmoothPart, pooled, reml_near
from ramanfit.fit.engine.algebra import SINGULAR, eliminate, total
from ramanfit.fit.engine.compiled.library import core
from ramanfit.fit.model import Model
from ramanfit.fit.result import PARAMETERS, FitResult
from ramanfit.fit.work import picked
from ramanfit.frozen import dataclass
from ramanfit.scan.scan import BoolArray, FloatArray

if TYPE_CHECKING:
    from ramanfit.fit.engine.problem import Problem

SHARPER = 4.0  # gain in REML by half the length, of one spectrum with all its peaks; of another, or of a scan:
SHARPER_OF_MANY = 10.0
BAND = 4.0  # standard errors of one further band, of a spectrum and, pooled, of a scan
BY_CHANCE = 2.0  # standard errors of the best of all further bands where there is none
BETWEEN = 12.0  # spectra of a scan beyond which pooling gains nothing more
PITCH_CM1, FWHM_CM1 = 40.0, 120.0  # of further bands that are tried
HALF_COUNT = 20  # smooth functions at half the length
SEEN = 3.0  # standard errors of a height that is there
ALIKE = 1e-6  # of a band that the model does not follow already

Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Missing:
    """What speaks for a missing band in N spectra.

    Attributes
    ----------
    missing : bool array [N]
    by_band : array [N, KP]
        By how much one further band, where it is seen best, changes the parameters of the peaks.
    place_cm1 : array [N]
        Where that is.
    """

    missing: BoolArray
    by_band: FloatArray
    place_cm1: FloatArray

    def smaller_doubt(self, fits: FitResult, plain: FitResult, pairs: Pairs) -> FloatArray:
        """Return the change of the parameters [N, KP] by a further band or by the other baseline, the smaller one."""
        by_baseline = difference(fits, plain)
        smaller = weight(by_baseline, fits, pairs) < weight(self.by_band, fits, pairs)
        return np.where(smaller[:, None], by_baseline, self.by_band)


def difference(fits: FitResult, other: FitResult) -> FloatArray:
    """Return by how much parameters differ, [N, KP]; 0 where one of them is not known."""
    names = PARAMETERS[: fits.fields]
    away = np.stack([getattr(fits, name) - getattr(other, name) for name in names], axis=2).reshape(len(fits), -1)
    return np.where(np.isfinite(away), away, 0.0)


def weight(change: FloatArray, fits: FitResult, pairs: Pairs) -> FloatArray:
    """Return how much a change of parameters [N, KP] changes the ratios, or without any the heights, in parts, [N]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = change[:, :: fits.fields] / fits.height
    parts = [np.abs(relative[:, a] - relative[:, b]) for a, b in pairs] or [*np.abs(relative.T)]
    return np.asarray(np.nan_to_num(np.stack(parts)).sum(axis=0))


def look_for_missing(
    model: Model,
    counts: FloatArray,
    weights: FloatArray,
    fits: FitResult,
    smooth: SmoothPart,
    rows: Index,
    scan: Index,
    pairs: Pairs,
) -> Missing:
    """Return what speaks for a missing band in spectra with a smooth part.

    Parameters
    ----------
    model : Model
    counts, weights : array [N, M]
    fits : FitResult
    smooth : SmoothPart
    rows : int array [N]
        Numbers of the spectra in it.
    scan : int array [N]
        Ascending.
    pairs : sequence of (int, int)
        Numerator and denominator of the ratios.
    """
    z, by_band = _bands(model, counts, weights, fits, smooth.penalty(rows), smooth.stretch[rows])
    missing = (z > BAND).any(axis=1) | _of_many(z, scan) | (smooth.amplitude[rows] >= AMPLITUDES[-1])
    unsettled = np.zeros(int(scan[-1]) + 1, dtype=bool)
    unsettled[scan[~missing]] = True
    some = picked(unsettled[scan])  # a scan of which all spectra lack a band is not asked for more
    if some is not None:
        counts, weights, fits, rows, scan = counts[some], weights[some], fits.take(some), rows[some], scan[some]
        near = counts, weights, fits.nonlinear, smooth.scale[rows], smooth.stretch[rows]
        likely, at_half = (reml_near(its, *near) for its in (model, _at_half_length(model)))
        missing[some] |= _sharper(likely, at_half, np.asarray((fits.snr() > SEEN).all(axis=1)), scan)
    return Missing(missing, by_band, _centers(model)[z.argmax(axis=1)])


@lru_cache(maxsize=8)
def _at_half_length(model: Model) -> Model:
    return model.plain.with_smooth(model.smooth_cm1 / 2, HALF_COUNT)


def _sharper(likely: FloatArray, at_half: FloatArray, whole: BoolArray, scan: Index) -> BoolArray:
    """Test C: whether half the length is clearly more likely, by REML [N, A], for a spectrum or for its scan, [N]."""
    alone = likely.min(axis=1) - at_half.min(axis=1)
    together = pooled(likely, scan) - pooled(at_half, scan)
    with np.errstate(invalid="ignore"):
        return np.asarray((alone > np.where(whole, SHARPER, SHARPER_OF_MANY)) | (together > SHARPER_OF_MANY))


def _centers(model: Model) -> FloatArray:
    return np.arange(model.shift_cm1[0] + PITCH_CM1 / 2, model.shift_cm1[-1], PITCH_CM1)


@lru_cache(maxsize=8)
def _with_bands(model: Model) -> Model:
    """Return the model with further bands behind its smooth functions, as functions that nothing holds back."""
    bands = np.exp(-4 * np.log(2) * ((model.shift_cm1 - _centers(model)[:, None]) / FWHM_CM1) ** 2)
    smooth = np.concatenate([model.smooth, np.full(len(bands), np.inf)])
    return replace(model, basis=np.concatenate([model.basis, bands]), smooth=smooth)


def _extended(problem: Problem, penalty: FloatArray) -> Problem:
    """Return a problem with a penalty [N, J] and with further bands, without what these have with one another."""
    from ramanfit.fit.engine.problem import BLOCK

    variant, n, q, p = (
        _with_bands(problem.model),
        len(problem),
        len(problem.model.basis),
        len(problem.model.polynomials),
    )
    bands, weights = variant.basis[q:], problem.weights
    assert weights is not None
    ends, size = np.r_[0:q, len(variant.basis)], len(variant.basis) + 1
    fixed = np.zeros((size, size, n))
    fixed[np.ix_(ends, ends)] = problem.fixed
    diagonal = np.einsum("iin->in", fixed)
    diagonal[p:q] += penalty.T
    rows = np.empty((BLOCK, q + 1, len(problem.model.shift_cm1)))
    rows[:, :q] = problem.model.basis
    for s in range(0, n, BLOCK):
        block, w = rows[: min(BLOCK, n - s)], weights[s : s + BLOCK, None]
        block[:, q] = problem.y[s : s + BLOCK]
        weighted = bands * w
        fixed[q:-1, ends, s : s + BLOCK] = (weighted @ block.transpose(0, 2, 1)).transpose(1, 2, 0)
        diagonal[q:-1, s : s + BLOCK] = (weighted * bands).sum(axis=2).T
    fixed[:q, q:-1] = fixed[q:-1, :q].transpose(1, 0, 2)
    fixed[-1, q:-1] = fixed[q:-1, -1]
    removed = np.concatenate([problem.removed, np.zeros((n, len(bands)))], axis=1)
    return replace(problem, model=variant, removed=removed, fixed=fixed)


def _bands(
    model: Model, counts: FloatArray, weights: FloatArray, fits: FitResult, penalty: FloatArray, stretch: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Test D: heights of further bands, one at a time, in standard errors [N, K]; what the best does to the peaks."""
    if not model.links and (compiled := core()) is not None:
        from ramanfit.fit.engine.compiled.smooth import bands

        dof = np.maximum(np.count_nonzero(weights, axis=1) - model.parameters, 1) / stretch
        further = _with_bands(model).basis[len(model.basis) :]
        z, change = bands(compiled, model, counts, weights, fits.nonlinear, penalty, dof, further, SINGULAR, ALIKE)
        with np.errstate(divide="ignore", invalid="ignore"):
            change[:, :, 1:] /= fits.height[:, :, None]
        return z, _beyond_chance(z, change.reshape(len(z), -1))
    from ramanfit.fit.engine.varpro import problem_of

    problem = problem_of(model, counts, weights)
    z, change = _further_bands(problem, problem.moving(fits.nonlinear), fits, penalty, stretch)
    return z, _beyond_chance(z, change)


def _beyond_chance(z: FloatArray, change: FloatArray) -> FloatArray:
    """Return changes of parameters [N, KP] less what a band that is clear by chance does."""
    best = np.maximum(z.max(axis=1), BY_CHANCE)
    change = change * np.sqrt(np.maximum(1 - (BY_CHANCE / best) ** 2, 0))[:, None]
    return np.where(np.isfinite(change), change, 0.0)


def _further_bands(
    problem: Problem, moving: FloatArray, fits: FitResult, penalty: FloatArray, stretch: FloatArray | float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """As `_bands`, of any problem, without a thought of chance."""
    extended = _extended(problem, penalty)
    gram = extended.tangent_gram(moving)
    q, end, leading = len(problem.model.basis), len(extended.model.basis), len(problem.leading)
    shapes, slopes = np.arange(end, end + leading), np.arange(end + leading, len(gram) - 1)
    inner = np.concatenate([np.arange(q), slopes, shapes])
    g = gram[np.ix_(inner, np.concatenate([inner, np.arange(q, end), [len(gram) - 1]]))]
    free, norm = len(inner), np.einsum("iin->in", gram)[q:end]
    singular = eliminate(g, free)
    pivots = np.einsum("iin->in", g[:, :free])
    bands, data = g[:, free:-1] / pivots[:, None], g[:, -1]
    left = norm - total(bands * g[:, free:-1])
    overlap = gram[q:end, -1] - total(bands * data[:, None])
    chi2 = gram[-1, -1] - total(data * data / pivots)
    dof = np.maximum(problem.used - problem.model.parameters, 1) / stretch
    with np.errstate(divide="ignore", invalid="ignore"):
        z = overlap / np.sqrt(left * chi2 / dof)
        height = overlap / left
    usable = (left > ALIKE * norm) & ~singular & np.isfinite(z)
    z = np.where(usable, z, 0.0)
    best = z.argmax(axis=0)
    spectra = np.arange(len(best))
    change = np.empty((free - q, len(best)))  # of slopes and shapes, by back substitution
    upper = g[q:, q:free]
    right = -g[q:][:, free + best, spectra]
    right = right * np.where(usable[best, spectra], height[best, spectra], 0.0)
    for k in range(free - q - 1, -1, -1):
        change[k] = (right[k] - total(upper[k, k + 1 :] * change[k + 1 :])) / upper[k, k]
    return z.T, extended.parameters_of(change[len(slopes) :], change[: len(slopes)], fits)


def _of_many(z: FloatArray, scan: Index) -> BoolArray:
    """Return where the spectra of a scan together show a further band, for every spectrum of it, [N]."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(scan)) + 1])
    sizes = np.diff([*starts.tolist(), len(scan)])
    together = np.add.reduceat(z, starts) / np.sqrt(sizes * (1 + sizes / BETWEEN))[:, None]
    return np.asarray(np.repeat((together > BAND).any(axis=1), sizes))
