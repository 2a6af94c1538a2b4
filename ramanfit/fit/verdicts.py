"""What the residuals of a fit say against its baseline and against the shape of its lines, spectrum by spectrum and
for a scan as a whole: score tests of functions that the fit cannot follow (Rao, Proc. Camb. Phil. Soc. 44, 50 (1948)).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.fit.engine.compiled.library import core
from ramanfit.fit.model import Model
from ramanfit.fit.residuals import ALIKE, BLOCK, tangent
from ramanfit.fit.result import FitResult
from ramanfit.fit.smooth import smooth_functions
from ramanfit.fit.weighing import Weighing
from ramanfit.scan.scan import BoolArray, FloatArray

LENGTH_CM1, FUNCTIONS = 150.0, 14  # of slow misfit
OWN_MISFIT = 36.12  # chi-square of these functions, by chance in 1 of 1000 spectra
MISFIT = 3.72  # standard deviations of its sum over a scan, by chance in 1 of 10,000
LINE = 4.5  # standard deviations of a line that is broadened or lopsided, of a spectrum and, pooled, of a scan
BETWEEN = 48.0  # spectra of a scan beyond which pooling gains nothing more: what is left is small beside one error
SEEN = 3.0  # standard errors of a height whose shape can be judged


class Verdicts(NamedTuple):
    """What speaks against N fits.

    Attributes
    ----------
    baseline_misfit, line_shape : bool array [N]
    place_cm1 : array [N]
        Where the misfit is largest; not a number where there is no verdict.
    """

    baseline_misfit: BoolArray
    line_shape: BoolArray
    place_cm1: FloatArray


def verdicts(
    model: Model,
    fits: FitResult,
    counts: FloatArray,
    weighing: Weighing,
    scan: npt.NDArray[np.intp],
    penalty: FloatArray | None = None,
) -> Verdicts:
    """Judge the baselines and the Lorentzians of fits that have converged.

    Parameters
    ----------
    model : Model
    fits : FitResult
        Of N spectra.
    counts : array [N, M]
        As they were measured.
    weighing : Weighing
        Along the light of these fits.
    scan : int array [N]
        Ascending.
    penalty : array [N, J], optional
        Of a smooth part; its baselines are not judged here.
    """
    lines = [p for p in range(len(model.names)) if model.link(p).shape in ("lorentzian", "voigt")]
    scores = _scores(model, fits, counts, weighing, lines, penalty)
    verdict = _judge(fits, lines, scores.z, scores.chi2, scan, penalty is None)
    rows = np.flatnonzero(verdict.baseline_misfit)
    if len(rows):
        verdict.place_cm1[rows] = _places(model, fits, weighing, scores, rows)
    return verdict


class _Scores(NamedTuple):
    """What further functions would gain, linear near the fit.

    Attributes
    ----------
    z : array [N, 2L]
        Of a broadened and of a lopsided line, for every Lorentzian, in standard errors.
    chi2 : array [N]
        Fall of chi-square by slow functions, in variances; 0 beside a smooth part.
    slow : array [N, S]
        Coefficients of these functions.
    followed : array [N, F]
        Coefficients of what the fit follows of them.
    """

    z: FloatArray
    chi2: FloatArray
    slow: FloatArray
    followed: FloatArray


def _scores(
    model: Model,
    fits: FitResult,
    counts: FloatArray,
    weighing: Weighing,
    lines: list[int],
    penalty: FloatArray | None = None,
) -> _Scores:
    """Return what the residuals say, spectrum by spectrum."""
    slow = _slow(model) if penalty is None else np.empty((0, len(model.shift_cm1)))
    if not model.links and (compiled := core()) is not None:
        from ramanfit.fit.engine.compiled import scores as of_core

        return _Scores(*of_core.scores(compiled, model, fits, counts, weighing, lines, slow, penalty, ALIKE))
    n, q, k = len(fits), len(model.basis), 2 * len(lines)
    f = q + 3 * len(model.names)
    scores = _Scores(np.zeros((n, k)), np.zeros(n), np.zeros((n, len(slow))), np.zeros((n, f)))
    residual, weights = counts - weighing.curve, weighing.weights()
    square = (weights * residual * residual).sum(axis=1)
    if penalty is not None:
        square += (penalty * fits.coefficients[:, len(model.polynomials) : q] ** 2).sum(axis=1)
    unit = square * fits.stretch / np.maximum(fits.dof, 1)
    for start in range(0, n, BLOCK):
        block = np.arange(start, min(start + BLOCK, n))
        some = fits.take(block)
        table = _table(model, some, residual[block], weights[block], lines, slow)
        among, cross, down, others = table[:, :f, :f], table[:, :f, f:-1], table[:, :f, -1:], table[:, f:-1, f:]
        if penalty is not None:
            p = len(model.polynomials)
            np.einsum("nii->ni", among)[:, p:q] += penalty[block]
            down[:, p:q, 0] -= penalty[block] * some.coefficients[:, p:q]
        diagonal = np.einsum("nii->ni", among)
        diagonal *= 1 + ALIKE
        diagonal[diagonal <= 0] = 1.0
        inside = np.linalg.solve(among, table[:, :f, f:])
        left = others - cross.transpose(0, 2, 1) @ inside
        own, score = np.einsum("nii->ni", left[:, :k, :k]), left[:, :k, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            scores.z[block] = np.where(own > 0, score / np.sqrt(own * unit[block, None]), 0.0)
        if penalty is None:
            size = left[:, k:, k:-1]
            np.einsum("nii->ni", size)[:] *= 1 + ALIKE
            found = np.linalg.solve(_positive(size), left[:, k:, -1:])[..., 0]
            with np.errstate(divide="ignore", invalid="ignore"):
                scores.chi2[block] = (found * left[:, k:, -1]).sum(axis=1) / unit[block]
            scores.slow[block] = found
            scores.followed[block] = (inside[:, :, k:-1] @ found[..., None])[..., 0]
    return scores._replace(z=np.nan_to_num(scores.z), chi2=np.nan_to_num(scores.chi2))


def _table(
    model: Model, fits: FitResult, residual: FloatArray, weights: FloatArray, lines: list[int], slow: FloatArray
) -> FloatArray:
    """Return inner products of what the fit follows, of shapes of lines, slow functions and residuals, [n, K, K]."""
    slow = np.broadcast_to(slow, (len(fits), *slow.shape))
    functions = [tangent(model, fits), _shapes(model.shift_cm1, fits, lines), slow, residual[:, None]]
    all_functions = np.concatenate(functions, axis=1)
    return np.asarray((all_functions * weights[:, None]) @ all_functions.transpose(0, 2, 1))


def _places(
    model: Model, fits: FitResult, weighing: Weighing, scores: _Scores, rows: npt.NDArray[np.intp]
) -> FloatArray:
    """Return where the slow misfit of some rows is largest; what the peaks follow of it hides in them."""
    if not model.links and (compiled := core()) is not None:
        from ramanfit.fit.engine.compiled.scores import places

        some, its = (fits, weighing) if len(rows) == len(fits) else (fits.take(rows), weighing[rows])
        slow, followed = scores.slow[rows], scores.followed[rows]
        channels = places(compiled, model, some, its.weights(), _slow(model), slow, followed)
        return np.asarray(model.shift_cm1[channels])
    found = np.empty(len(rows))
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        followed = scores.followed[block, None] @ tangent(model, fits.take(block))
        shown = (scores.slow[block, None] @ _slow(model) - followed)[:, 0]
        found[start : start + BLOCK] = model.shift_cm1[(shown * shown * weighing[block].weights()).argmax(axis=1)]
    return found


def _judge(
    fits: FitResult,
    lines: list[int],
    z: FloatArray,
    chi2: FloatArray,
    scan: npt.NDArray[np.intp],
    polynomial: bool,
) -> Verdicts:
    """Return the verdicts, with the place of lines alone."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(scan)) + 1])
    sizes = np.diff([*starts.tolist(), len(scan)])
    seen = np.repeat(fits.snr()[:, lines] > SEEN, 2, axis=1)
    z = np.where(seen, z, 0.0)
    counted = np.maximum(np.add.reduceat(seen.astype(np.float64), starts), 1)
    pooled = np.repeat(np.abs(np.add.reduceat(z, starts)) / np.sqrt(counted * (1 + counted / BETWEEN)), sizes, axis=0)
    line_shape = np.asarray(((np.abs(z) > LINE) | (pooled > LINE)).any(axis=1))
    misfit = np.zeros(len(fits), dtype=bool)
    if polynomial:
        # chi-square of k degrees of freedom is nearly normal in its third root (Wilson & Hilferty, PNAS 17, 684 (1931))
        k = FUNCTIONS * sizes
        third = (np.add.reduceat(chi2, starts) / k) ** (1 / 3)
        together = (third - (1 - 2 / (9 * k))) / np.sqrt(2 / (9 * k)) / np.sqrt(1 + sizes / BETWEEN)
        misfit = (chi2 > OWN_MISFIT) | np.repeat(together > MISFIT, sizes)
    place = np.full(len(fits), np.nan)
    if lines:
        worst = np.array(lines)[np.maximum(np.abs(z), pooled).argmax(axis=1) // 2]
        place = np.where(line_shape, fits.center_cm1[np.arange(len(fits)), worst], np.nan)
    return Verdicts(misfit, line_shape, place)


@lru_cache(maxsize=8)
def _slow(model: Model) -> FloatArray:
    """Functions of slow misfit, [14, M], orthonormal and to the polynomials."""
    return smooth_functions(model.shift_cm1, model.polynomials, LENGTH_CM1, FUNCTIONS)[0]


def _shapes(shift_cm1: FloatArray, fits: FitResult, lines: list[int]) -> FloatArray:
    """Return what broadens a Lorentzian as an instrument does and what makes it lopsided, [n, 2L, M].

    The second derivative by the center, and the dispersive curve of a Fano line.
    """
    shapes = np.empty((len(fits), 2 * len(lines), len(shift_cm1)))
    for k, p in enumerate(lines):
        u = (shift_cm1 - fits.center_cm1[:, p, None]) / (fits.fwhm_cm1[:, p, None] / 2)
        phi = 1 / (1 + u * u)
        shapes[:, 2 * k], shapes[:, 2 * k + 1] = (3 * u * u - 1) * phi**3, u * phi
    return shapes


def _positive(a: FloatArray) -> FloatArray:
    """Return matrices [n, K, K] with 1 for what is nothing on the diagonal, so that they have an inverse."""
    a = a.copy()
    diagonal = np.einsum("nii->ni", a)
    diagonal[~(diagonal > 0)] = 1.0
    return a
