"""What rivals say of a fit: a model without one of its peaks, and one with two lines in the place of a peak."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.fit.batch import Task
from ramanfit.fit.engine import Engine
from ramanfit.fit.engine.compiled.library import core
from ramanfit.fit.model import Model
from ramanfit.fit.noise import FLOOR, standardized, weights_of
from ramanfit.fit.residuals import ALIKE, LEAST_LEFT, SPLIT, autocorrelation, beyond_noise, may_be_two
from ramanfit.fit.result import FitResult, Status
from ramanfit.scan.scan import BoolArray, FloatArray

Index = npt.NDArray[np.intp]
Weigh = Callable[[Index], FloatArray | None]

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
    measured: FloatArray,
    followed: FloatArray | None,
    use: BoolArray | None = None,
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
    counts : array [N, M]
        What was fitted.
    measured : array [N, M]
        The same with what was subtracted.
    followed : array [N, M] or None
        The curve that weights follow; None: all channels weigh alike.
    use : bool array [N, M], optional
        Channels that were fitted.
    penalty : array [N, J] or None
        See `ramanfit.fit.engine.varpro.fit`.
    neighbour : array [N], optional
        Correlation of neighbouring channels in the noise.
    extra : array [N, M], optional
        See `ramanfit.fit.noise.variance`.
    """

    def weigh(rows: Index) -> FloatArray | None:
        some, more = None if use is None else use[rows], None if extra is None else extra[rows]
        if followed is None:
            return None if some is None else some.astype(np.float64)
        return weights_of(fits.noise[rows], followed[rows], some, more, fits.stretch[rows])[0]

    structure, doubled = doubts(task, fits, measured, use, neighbour, extra)
    return Judgement(
        delta_bic=_delta_bic(engine, task.model, fits, counts, weigh, penalty),
        double_bic=_double_bic(engine, task, fits, counts, weigh, penalty, doubled),
        structure=structure,
    )


def doubts(
    task: Task,
    fits: FitResult,
    measured: FloatArray,
    use: BoolArray | None,
    neighbour: FloatArray | float,
    extra: FloatArray | None,
) -> tuple[FloatArray, BoolArray]:
    """Return the structure of residuals, [N], and where they ask for a second line beside some peaks, [N, D]."""
    assert fits.light is not None
    model, compiled = task.model, core()
    there = np.asarray((fits.status == Status.CONVERGED) & (fits.chi2 > 0))[:, None] & (
        fits.height[:, list(task.doublets)] > 0
    )
    if compiled is not None and not model.links:
        from ramanfit.fit.engine.compiled.scores import Bars, judge

        bars = Bars(FLOOR, LEAST_LEFT[0], LEAST_LEFT[1], SPLIT, ALIKE)
        sums, asked = judge(compiled, model, fits, measured, fits.light, use, extra, task.doublets, bars)
        return beyond_noise(sums, neighbour, fits.stretch), asked & there
    residual = standardized(measured - fits.light, fits.noise, fits.light, use, extra)
    squares = np.einsum("nm,nm->n", residual, residual)
    scale = np.sqrt(np.divide(fits.dof / fits.stretch, squares, out=np.ones(len(fits)), where=squares > 0))
    for k, p in enumerate(task.doublets):
        rows = np.flatnonzero(there[:, k])
        some = slice(None) if len(rows) == len(fits) else rows
        asked = may_be_two(model, fits if len(rows) == len(fits) else fits.take(rows), residual[some], p, scale[some])
        there[rows, k] = asked
    return autocorrelation(residual, use, neighbour, fits.stretch), there


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
    weigh: Weigh,
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
        some, held = weigh(rows), None if penalty is None else penalty[rows]
        rest = model.rest(p)
        less = model.of(rest)
        if rest:
            chi2 = engine(less, counts[rows], some, fits.nonlinear[rows][:, rest], penalty=held).chi2
        else:
            from ramanfit.fit.engine import baseline_only

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
    weigh: Weigh,
    penalty: FloatArray | None,
    asked: BoolArray,
) -> FloatArray:
    """Return what the Bayesian information criterion gains at least by a second line, [N, P]; see `FitResult`."""
    gain, model = np.full(fits.height.shape, np.nan), task.model
    for k, p in enumerate(task.doublets):
        rows = np.flatnonzero(asked[:, k])
        if not len(rows):
            continue
        start = fits.nonlinear[rows][:, [*range(len(model.names)), p]]
        start[:, [p, -1], 0] += fits.fwhm_cm1[rows, p, None] * np.array([-0.35, 0.35])
        start[:, [p, -1], 1] *= 0.7
        some, held = weigh(rows), None if penalty is None else penalty[rows]
        its = counts if len(rows) == len(counts) else counts[rows]
        channels, chi2 = _channels(its, some) / fits.stretch[rows], fits.chi2[rows]
        enough = chi2 * np.exp(-3 * np.log(channels) / channels) * (1 - CLEAR)
        rival = engine(model.doubled(p), its, some, start, penalty=held, enough=enough)
        gain[rows, p] = -bic_gain(rival.chi2, chi2, -3, channels)
    return gain
