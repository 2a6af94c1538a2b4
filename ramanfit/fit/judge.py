"""What rivals say of a fit: a model without one of its peaks, and one with two lines in the place of a peak."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ramanfit.fit.batch import Task
from ramanfit.fit.engine import Engine, baseline_only
from ramanfit.fit.model import Model
from ramanfit.fit.noise import standardized
from ramanfit.fit.residuals import autocorrelation, may_be_two
from ramanfit.fit.result import FitResult, Status
from ramanfit.scan.scan import FloatArray

DOUBT = 8.0  # a height of so many standard errors needs no further proof
CLEAR = 1e-9  # of chi-square, beyond rounding


class Judgement(NamedTuple):
    """What speaks for and against N fits: see `FitResult` for each.

    Attributes
    ----------
    delta_bic, double_bic : array [N, P]
    structure : array [N]
    """

    delta_bic: FloatArray
    double_bic: FloatArray
    structure: FloatArray


def judged(
    fits: FitResult,
    task: Task,
    engine: Engine,
    counts: FloatArray,
    weights: FloatArray | None,
    residual: FloatArray,
    penalty: FloatArray | None = None,
    neighbour: FloatArray | float = 0.0,
    extra: FloatArray | None = None,
) -> Judgement:
    """Return what residuals and rivals say of fits.

    Parameters
    ----------
    fits : FitResult
        With their light and their noise.
    task : Task
    engine : callable
        Fits the rivals.
    counts, weights : array [N, M]
        Of these spectra.
    residual : array [N, M]
        In counts.
    penalty : array [N, J] or None
        See `ramanfit.fit.engine.varpro.fit`.
    neighbour : array [N], optional
        Correlation of neighbouring channels in the noise.
    extra : array [N, M], optional
        See `ramanfit.fit.noise.variance`.
    """
    assert fits.light is not None
    use = None if weights is None else weights > 0
    if use is not None and use.all():
        use = None
    residual = standardized(residual, fits.noise, fits.light, use, extra)
    return Judgement(
        delta_bic=_delta_bic(engine, task.model, fits, counts, weights, penalty),
        double_bic=_double_bic(engine, task, fits, counts, weights, penalty, residual),
        structure=autocorrelation(residual, use, neighbour, fits.stretch),
    )


def bic_gain(rival_chi2: FloatArray, chi2: FloatArray, more: int, channels: int | np.ndarray) -> FloatArray:
    """Return by how much the Bayesian information criterion is better than that of a rival, [n].

    ``BIC = n ln(chi2) + k ln(n)`` for n channels and k parameters (Schwarz, Ann. Stat. 6, 461 (1978)), with the
    variance estimated from the residuals, as the standard errors are.

    Parameters
    ----------
    rival_chi2, chi2 : array [n]
    more : int
        Parameters that the rival lacks; below 0 it has more.
    channels : int or array [n]
        Those that are worth an independent one.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(channels * np.log(rival_chi2 / chi2) - more * np.log(channels))


def _channels(counts: FloatArray, weights: FloatArray | None) -> int | np.ndarray:
    return counts.shape[1] if weights is None else np.asarray(np.count_nonzero(weights, axis=1))


def _delta_bic(
    engine: Engine,
    model: Model,
    fits: FitResult,
    counts: FloatArray,
    weights: FloatArray | None,
    penalty: FloatArray | None,
) -> FloatArray:
    """Return by how much each peak in doubt improves the Bayesian information criterion, [N, P]."""
    delta = np.full(fits.height.shape, np.nan)
    snr = fits.snr()
    for p in range(len(model.names)):
        if model.link(p).height_of is not None:
            continue
        rows = np.flatnonzero((snr[:, p] > 0) & (snr[:, p] < DOUBT) & (fits.chi2 > 0))
        if not len(rows):
            continue
        some, held = (of if of is None else of[rows] for of in (weights, penalty))
        rest = model.rest(p)
        less = model.of(rest)
        if rest:
            chi2 = engine(less, counts[rows], some, fits.nonlinear[rows][:, rest], penalty=held).chi2
        else:
            chi2 = baseline_only.fit(less, counts[rows], some, penalty=held).chi2
        more = model.parameters - less.parameters
        delta[rows, p] = bic_gain(chi2, fits.chi2[rows], more, _channels(counts, some) / fits.stretch[rows])
    for p, link in enumerate(model.links):
        if link.height_of is not None:
            delta[:, p] = delta[:, link.height_of]  # one height, one verdict
    return delta


def _double_bic(
    engine: Engine,
    task: Task,
    fits: FitResult,
    counts: FloatArray,
    weights: FloatArray | None,
    penalty: FloatArray | None,
    residual: FloatArray,
) -> FloatArray:
    """Return what the Bayesian information criterion gains at least by a second line, [N, P]; see `FitResult`."""
    gain, model = np.full(fits.height.shape, np.nan), task.model
    good = np.asarray((fits.status == Status.CONVERGED) & (fits.chi2 > 0))
    if not task.doublets or not good.any():
        return gain
    squares = np.einsum("nm,nm->n", residual, residual)
    scale = np.sqrt(np.divide(fits.dof / fits.stretch, squares, out=np.ones(len(fits)), where=squares > 0))
    for p in task.doublets:
        rows = np.flatnonzero(good & (fits.height[:, p] > 0))
        whole = len(rows) == len(fits)
        asked, left = (fits, residual) if whole else (fits.take(rows), residual[rows])
        rows = rows[may_be_two(model, asked, left, p, scale[rows])]
        if not len(rows):
            continue
        start = fits.nonlinear[rows][:, [*range(len(model.names)), p]]
        start[:, [p, -1], 0] += fits.fwhm_cm1[rows, p, None] * np.array([-0.35, 0.35])
        start[:, [p, -1], 1] *= 0.7
        gain[rows, p] = _gain_of_two(engine, model.doubled(p), fits, counts, weights, penalty, rows, start)
    return gain


def _gain_of_two(
    engine: Engine,
    two: Model,
    fits: FitResult,
    counts: FloatArray,
    weights: FloatArray | None,
    penalty: FloatArray | None,
    rows: np.ndarray,
    start: FloatArray,
) -> FloatArray:
    """Return what the criterion gains at least by a second line in some rows, [n]."""
    at = slice(None) if len(rows) == len(fits) else rows
    some, held = (of if of is None else of[at] for of in (weights, penalty))
    channels, chi2 = _channels(counts[at], some) / fits.stretch[at], fits.chi2[at]
    enough = chi2 * np.exp(-3 * np.log(channels) / channels) * (1 - CLEAR)
    rival = engine(two, counts[at], some, start, penalty=held, enough=enough)
    return -bic_gain(rival.chi2, chi2, -3, channels)
