"""How large the smooth part of a baseline is: its amplitude by restricted maximum likelihood (REML), for a whole scan.

With ``y ~ N(P b + peaks, V + (a s)^2 K)``, s the standard deviation of a spectrum over its channels, everything that
is linear near a fit (polynomials, heights, small changes of centers and widths) is eliminated from one Gram matrix.
What is left of the J smooth functions is diagonal in one basis for all amplitudes, so that no fit is repeated
(Patterson & Thompson, Biometrika 58, 545 (1971); Wahba, J. R. Stat. Soc. B 45, 133 (1983)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ramanfit.fit.engine.algebra import SINGULAR, eliminate
from ramanfit.fit.engine.compiled.library import core
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult
from ramanfit.frozen import dataclass
from ramanfit.scan.by_row import ByRow
from ramanfit.scan.scan import BoolArray, FloatArray

if TYPE_CHECKING:
    from ramanfit.fit.engine.problem import Problem

Index = npt.NDArray[np.intp]

AMPLITUDES = np.concatenate([[0.0], 10.0 ** np.arange(-3.0, 1.26, 0.25)])
"""What is tried, in standard deviations of the spectrum over its channels."""

APART = 4.0  # gain in REML at which a spectrum has an amplitude of its own: by chance in 1 of 70


BLOCK = 128  # spectra that stay in the cache together
NOT_BENT = 1e-9  # amplitude that stands for none where a penalty is needed all the same
LEAST_SCALE = 1e-100  # counts, of a spectrum without channels: its square is still a number


class SmoothPart:
    """The smooth part of the baselines of a task.

    Attributes
    ----------
    model : Model
    counts : array [N, M]
        What is fitted.
    scale : array [N]
        Standard deviation of every spectrum over its channels, peaks and all, in counts.
    amplitude : array [N]
        In units of it; 0: there is none.
    shared : array [N]
        That of the scan.
    reml : array [N, A]
        What speaks against each of `AMPLITUDES`; not a number where none was asked for.
    stretch : array [N]
        Factor by which correlated channels tell less than independent ones.
    first : FitResult
        The fits without a smooth part.
    """

    first: FitResult

    def __init__(self, model: Model, counts: FloatArray, use: BoolArray | None) -> None:
        self.model, self.counts = model, counts
        self.scale = _deviation(counts, use)
        self.amplitude, self.shared = np.zeros(len(counts)), np.zeros(len(counts))
        self.stretch = np.ones(len(counts))
        self.reml = np.full((len(counts), len(AMPLITUDES)), np.nan)

    def find_amplitude(self, rows: Index, nonlinear: FloatArray, weights: FloatArray, scan: Index) -> None:
        """Find the amplitudes, with some rows asked anew, near a fit of them; the others say what they said before."""
        some = slice(None) if len(rows) == len(self.counts) else rows
        counts, scale, stretch = self.counts[some], self.scale[some], self.stretch[some]
        self.reml[some] = reml_near(self.model, counts, weights, nonlinear, scale, stretch)
        self.amplitude, self.shared = amplitudes_of(self.reml, scan)

    def penalty(self, rows: Index | BoolArray, amplitude: FloatArray | None = None) -> FloatArray:
        """Return the inverse variances of the smooth functions' coefficients for some rows, [n, J]."""
        amplitude = (self.amplitude if amplitude is None else np.nan_to_num(amplitude))[rows]
        size = np.where(amplitude > 0, amplitude, NOT_BENT) * np.maximum(self.scale[rows], LEAST_SCALE)
        return np.asarray(1 / (size[:, None] ** 2 * self.model.smooth))


def _deviation(counts: FloatArray, use: BoolArray | None) -> FloatArray:
    """Return the standard deviation [N] of counts over the channels that are used."""
    deviation = np.empty(len(counts))
    for start in range(0, len(counts), BLOCK):
        some = counts[start : start + BLOCK]
        used = np.ones(some.shape) if use is None else use[start : start + BLOCK].astype(np.float64)
        total = np.maximum(used.sum(axis=1), 1)
        away = some - ((some * used).sum(axis=1) / total)[:, None]
        deviation[start : start + BLOCK] = np.sqrt((used * away * away).sum(axis=1) / total)
    return deviation


@dataclass(frozen=True, eq=False)
class Reduced(ByRow):
    """What REML needs of N spectra.

    Attributes
    ----------
    curvature : array [N, J]
        Eigenvalues of the smooth functions' reduced Gram matrix, times their variances at amplitude 1.
    overlap2 : array [N, J]
        Squared overlaps of the data with the eigenvectors.
    chi2 : array [N]
        Without a smooth part.
    dof : array [N]
        Channels less parameters that nothing holds back.
    scale : array [N]
        s, in counts.
    """

    curvature: FloatArray
    overlap2: FloatArray
    chi2: FloatArray
    dof: FloatArray
    scale: FloatArray

    def reml(self, amplitudes: FloatArray = AMPLITUDES) -> FloatArray:
        """Return -2 log REML for amplitudes [A], up to a constant, [N, A]; not finite where there is none."""
        t = (amplitudes * self.scale[:, None]) ** 2
        grown = 1 + t[:, None] * self.curvature[..., None]
        with np.errstate(invalid="ignore", divide="ignore"):
            chi2 = self.chi2[:, None] - (self.overlap2[..., None] * t[:, None] / grown).sum(axis=1)
            return np.asarray(np.log(grown).sum(axis=1) + self.dof[:, None] * np.log(chi2))


def reml_near(
    model: Model,
    counts: FloatArray,
    weights: FloatArray,
    nonlinear: FloatArray,
    scale: FloatArray,
    stretch: FloatArray,
) -> FloatArray:
    """Return -2 log REML near fits for `AMPLITUDES`, up to a constant, [N, A]; not finite where there is none.

    Parameters
    ----------
    model : Model
        With a smooth part.
    counts, weights : array [N, M]
        Weights are true inverse variances.
    nonlinear : array [N, P, 3]
        Where the fits are.
    scale, stretch : array [N]
        See `SmoothPart`; the stretch is in the weights too.
    """
    if not model.links and model.names and (compiled := core()) is not None:
        from ramanfit.fit.engine.compiled.smooth import reml

        dof = (np.count_nonzero(weights, axis=1) - model.parameters) / stretch
        return reml(compiled, model, counts, weights, nonlinear, scale, dof, AMPLITUDES, SINGULAR)
    from ramanfit.fit.engine.varpro import problem_of

    problem = problem_of(model, counts, weights)
    return reduced(problem, problem.moving(nonlinear), scale, stretch).reml()


def reduced(problem: Problem, moving: FloatArray, scale: FloatArray, stretch: FloatArray | float = 1.0) -> Reduced:
    """Return what REML needs near a fit.

    Parameters
    ----------
    problem : Problem
        Of a model with a smooth part, true inverse variances as weights, and no penalty.
    moving : array [K, N]
        Where the fit is.
    scale : array [N]
        Standard deviation of every spectrum over its channels, in counts.
    stretch : array [N], optional
        See `SmoothPart`; it is in the weights too.
    """
    model, gram = problem.model, problem.tangent_gram(moving)
    q, j = len(model.polynomials), len(model.smooth)
    size = len(gram)
    order = [*range(q), *range(q + j, size - 1), *range(q, q + j), size - 1]
    g = gram[np.ix_(order, order)]
    free = size - 1 - j
    singular = eliminate(g, free)
    root = np.sqrt(model.smooth)
    left = g[free:-1, free:-1] * (root[:, None] * root)[..., None]
    chi2 = np.where(singular | ~(g[-1, -1] > 0), np.nan, g[-1, -1])
    bad = ~np.isfinite(left).all(axis=(0, 1)) | ~np.isfinite(chi2)
    left[..., bad] = 0.0
    curvature, vectors = np.linalg.eigh(left.transpose(2, 0, 1))
    overlap = (vectors.transpose(0, 2, 1) @ (root * g[free:-1, -1].T)[..., None])[..., 0]
    chi2[bad] = np.nan
    dof = (problem.used - model.parameters) / np.asarray(stretch, dtype=np.float64)
    return Reduced(np.maximum(curvature, 0.0), overlap * overlap, chi2, dof, scale)


def amplitudes_of(reml: FloatArray, scan: npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Return the amplitude of every spectrum, that of its scan, or its own where it asks for it clearly; the scan's.

    Spectra without a finite likelihood for every amplitude have none, and no say.

    Parameters
    ----------
    reml : array [N, A]
        For `AMPLITUDES`.
    scan : int array [N]
        Ascending.
    """
    usable = np.asarray(np.isfinite(reml).all(axis=1))
    reml = np.where(usable[:, None], reml, 0.0)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(scan)) + 1])
    sizes = np.diff([*starts.tolist(), len(scan)])
    rows = np.arange(len(scan))
    apart: BoolArray = np.zeros(len(scan), dtype=bool)
    for _ in range(2):  # those that stand apart leave the rest to agree
        shared = np.repeat(np.add.reduceat(np.where(apart[:, None], 0.0, reml), starts).argmin(axis=1), sizes)
        apart = np.asarray(reml[rows, shared] - reml.min(axis=1) > APART)
    return np.where(usable, AMPLITUDES[np.where(apart, reml.argmin(axis=1), shared)], 0.0), AMPLITUDES[shared]


def pooled(reml: FloatArray, scan: npt.NDArray[np.intp]) -> FloatArray:
    """Return the least sum over each scan of REML [N, A], for every spectrum of it, [N]."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(scan)) + 1])
    usable = np.asarray(np.isfinite(reml).all(axis=1))
    best = np.add.reduceat(np.where(usable[:, None], reml, 0.0), starts).min(axis=1)
    return np.asarray(np.repeat(best, np.diff([*starts.tolist(), len(scan)])))
