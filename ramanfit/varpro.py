"""The batched engine: variable projection on Gram matrices, many spectra at once.

Heights and baseline coefficients enter linearly and are eliminated (Golub & Pereyra, SIAM J. Numer. Anal.
10, 413 (1973)) with Kaufman's Jacobian (BIT 15, 49 (1975)); what is left, centers and widths, moves by
Levenberg-Marquardt steps. Chi-square, gradient and normal matrix all come from one matrix of inner products
(`ramanfit.gram`): eliminating the linear functions from it leaves Kaufman's reduced problem as its Schur
complement. Every spectrum goes its own way: its numbers do not depend on what else is in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ramanfit.gram import Index, Problem, eliminate, inverse, shift_rows, solve, substitute
from ramanfit.model import Model
from ramanfit.result import FitResult, Status
from ramanfit.scan import BoolArray, FloatArray
from ramanfit.starts import Starts

CHUNK = 2048  # spectra whose small matrices are handled at once
PATIENCE = 12  # iterations of a whole batch; who needs more goes on with the stragglers of all batches
MAX_ITERATIONS = 120
TOLERANCE = 1e-9  # predicted relative fall of chi-square at which a fit has arrived
ROUGH = 1e-6  # the same for fits that only lead to others, or are only compared with them
MAX_STEP = 0.5  # a center or a width moves by at most this part of the width
ROUNDING = 1e-14  # fall of chi-square, in parts of the data's sum of squares, that is rounding
MAX_DAMPING = 1e9
SUSPECT_SNR2 = 25.0  # (height / standard error)^2 below which a second start is tried


@dataclass
class Point:
    """The reduced problem at one place: all that a step needs, and the Gram matrix it came from."""

    gram: FloatArray  # [K, K, n]
    chi2: FloatArray  # [n]
    gradient: FloatArray  # [2P, n], downhill, centers first
    normal: FloatArray  # [2P, 2P, n]
    snr2: FloatArray  # [P, n] height^2 over its variance with centers and widths held, times chi2 / dof

    def put(self, rows: Index | BoolArray, other: Point) -> None:
        """Write the columns of `other` into this point."""
        self.gram[..., rows] = other.gram
        self.chi2[rows] = other.chi2
        self.gradient[:, rows] = other.gradient
        self.normal[..., rows] = other.normal
        self.snr2[:, rows] = other.snr2

    def take(self, rows: Index | BoolArray) -> Point:
        """Return some columns."""
        return Point(
            self.gram[..., rows],
            self.chi2[rows],
            self.gradient[:, rows],
            self.normal[..., rows],
            self.snr2[:, rows],
        )


def _reduce(gram: FloatArray, theta: FloatArray, model: Model) -> Point:
    """Return chi-square, gradient and Kaufman's normal matrix from a Gram matrix."""
    p, q = theta.shape[1], len(model.basis)
    center, fwhm = (theta[..., 0] - model.middle).T, theta[..., 1].T
    g = gram.copy()
    shift_rows(g, center, q, p)
    singular = eliminate(g, q + p)
    height = substitute(g, q, q + p)
    scale = np.concatenate([8 / fwhm**2 * height, -2 / fwhm * height])
    chi2 = g[-1, -1].copy()
    chi2[singular | ~np.isfinite(chi2)] = np.inf
    return Point(
        gram=gram,
        chi2=chi2,
        gradient=g[q + p : -1, -1] * scale,
        normal=g[q + p : -1, q + p : -1] * scale[:, None] * scale[None],
        snr2=np.stack([height[j] ** 2 * g[q + j, q + j] for j in range(p)]),
    )


def _minimise(
    problem: Problem, theta: FloatArray, iterations: int, tolerance: float
) -> tuple[FloatArray, Point, BoolArray]:
    """Move centers and widths [n, P, 2] to the least chi-square inside the bounds.

    Returns where they ended, the reduced problem there, and whether the next step promised less than `tolerance`.
    """
    model, p = problem.model, theta.shape[1]
    lower, upper = model.lower.T.reshape(-1, 1), model.upper.T.reshape(-1, 1)
    theta = np.clip(theta, model.lower, model.upper)
    end = _reduce(problem.gram(theta), theta, model)
    converged = np.zeros(len(problem), dtype=bool)

    at = np.arange(len(problem))  # spectra that still move
    here = theta.transpose(2, 1, 0).reshape(2 * p, -1)  # [2P, n], centers first
    place, damping = end, np.full(len(at), 1e-3)
    for _ in range(iterations):
        held = ((here <= lower) & (place.gradient < 0)) | ((here >= upper) & (place.gradient > 0))
        gradient = np.where(held, 0.0, place.gradient)
        normal = np.where(held[:, None] | held[None], 0.0, place.normal)
        diagonal = np.einsum("iin->in", normal)
        diagonal[:] = np.where(diagonal > 0, diagonal, 1.0) * (1 + damping)
        step = solve(normal, gradient)
        fall = (step * gradient).sum(axis=0) * (1 + damping)  # what an undamped step would promise, nearly
        arrived = fall <= tolerance * place.chi2 + ROUNDING * place.gram[-1, -1]
        done = arrived | ~(damping < MAX_DAMPING) | ~np.isfinite(step).all(axis=0)
        if done.any():
            out = at[done]
            theta[out] = here[:, done].reshape(2, p, -1).transpose(2, 1, 0)
            end.put(out, place.take(done))
            converged[out] = arrived[done]
            go = ~done
            problem, at, here, step = problem.take(go), at[go], here[:, go], step[:, go]
            damping, place = damping[go], place.take(go)
        if not len(at):
            break
        limit = MAX_STEP * np.concatenate([here[p:], here[p:]])
        trial = np.clip(here + np.clip(step, -limit, limit), lower, upper)
        taken = trial - here
        promised = (taken * (2 * place.gradient - (place.normal * taken).sum(axis=1))).sum(axis=0)
        there = trial.reshape(2, p, -1).transpose(2, 1, 0)
        new = _reduce(problem.gram(there), there, model)
        better = new.chi2 < place.chi2
        with np.errstate(
            invalid="ignore", divide="ignore"
        ):  # a step of nothing promises nothing: its factor is not used
            gain = (place.chi2 - new.chi2) / promised
        factor = np.clip(1 - (2 * gain - 1) ** 3, 0.1, 10.0)  # Nielsen, IMM-REP-1999-05, DTU (1999)
        damping = np.maximum(damping * np.where(better, factor, 10.0), 1e-9)
        worse = ~better
        if worse.any():
            trial[:, worse] = here[:, worse]
            new.put(worse, place.take(worse))
        here, place = trial, new
    else:
        theta[at] = here.reshape(2, p, -1).transpose(2, 1, 0)
        end.put(at, place)
    return theta, end, converged


def fit(
    model: Model,
    counts: FloatArray,
    weights: FloatArray | None = None,
    start: FloatArray | None = None,
    tolerance: float = TOLERANCE,
) -> FitResult:
    """Fit the model to every spectrum.

    Parameters
    ----------
    model : Model
    counts : array [N, M]
        On the model's channels.
    weights : array [N, M], optional
        Inverse variances, up to a factor per spectrum; 0 leaves a channel out. None: all equal.
    start : array [N, P, 2], optional
        Centers and widths to start from; None: they are searched for, and a fit that ends weak, held by a
        bound or short of a minimum is tried from other places.
    tolerance : float
        Relative fall of chi-square that the next step must promise for a fit to go on. From `ROUGH` on, a fit from
        a given start that has not arrived after `PATIENCE` steps stays where it is.

    Returns
    -------
    FitResult
        `redchi2` and all that judges the fit are left unknown: this room does not know the noise.
    """
    starts = Starts(model)
    parts: list[FitResult] = []
    rows: list[Index] = []
    unsettled: list[Problem] = []
    reached: list[FloatArray] = []
    weakest: list[Index] = []
    for s in range(0, len(counts), CHUNK):
        chunk = slice(s, s + CHUNK)
        problem = Problem.of(model, counts[chunk], None if weights is None else weights[chunk])
        first = starts.search(problem.y) if start is None else start[chunk]
        theta, end, converged = _minimise(problem, first, PATIENCE, tolerance)
        if start is None:
            again = np.flatnonzero(~converged | _suspect(problem, theta, end))
        else:  # a rough fit from a known place has done its work by now
            again = np.flatnonzero(~converged & (tolerance < ROUGH))
        parts.append(_finish(problem, theta, end, converged))
        if len(again):
            rows.append(s + again)
            unsettled.append(problem.take(again))
            reached.append(theta[again])
            weakest.append(end.snr2[:, again].argmin(axis=0))
    result = FitResult.concat(parts)
    if rows:
        # the stragglers of all chunks together: a few in a batch cost as much as many
        problem = Problem.concat(unsettled)
        places = [np.concatenate(reached)]
        if start is None:
            anew = starts.replace(problem.y, places[0], np.concatenate(weakest))
            places += [anew, np.broadcast_to(model.start, anew.shape)]
        result.put(np.concatenate(rows), _best_of(problem, places, tolerance))
    return result


def _suspect(problem: Problem, theta: FloatArray, end: Point) -> BoolArray:
    """Fits that may sit in a side minimum: held by a bound, or weak."""
    dof = np.maximum(problem.used - problem.model.parameters, 1)
    held = ((theta <= problem.model.lower) | (theta >= problem.model.upper)).any(axis=(1, 2))
    return np.asarray(held | (end.snr2 < SUSPECT_SNR2 * end.chi2 / dof).any(axis=0))


def _best_of(problem: Problem, places: Sequence[FloatArray], tolerance: float) -> FitResult:
    """Minimise from several places and keep the lowest end of each spectrum."""
    n = len(problem)
    rivals = problem.take(np.tile(np.arange(n), len(places)))
    theta, end, _ = _minimise(rivals, np.concatenate(places), PATIENCE, tolerance)
    pick = end.chi2.reshape(len(places), n).argmin(axis=0) * n + np.arange(n)
    return _finish(problem, *_minimise(problem, theta[pick], MAX_ITERATIONS, tolerance))


def _finish(problem: Problem, theta: FloatArray, end: Point, converged: BoolArray) -> FitResult:
    """Linear parameters, covariance and status at the minimum."""
    model = problem.model
    q, p, n = len(model.basis), theta.shape[1], len(theta)
    center, fwhm = (theta[..., 0] - model.middle).T, theta[..., 1].T
    g = end.gram
    shift_rows(g, center, q, p)
    normal = g[:-1, :-1].copy()
    singular = eliminate(g, q + p)
    linear = substitute(g, 0, q + p)
    height, chi2 = linear[q:], np.maximum(g[-1, -1], 0)

    # from the functions phi, (x - c) phi^2, phi^2 to the parameters height, center, fwhm
    a = slice(q, q + p), slice(q + p, q + 2 * p), slice(q + 2 * p, q + 3 * p)
    normal[a[2]] = (normal[a[0]] - normal[a[2]]) * (2 / fwhm * height)[:, None]
    normal[:, a[2]] = (normal[:, a[0]] - normal[:, a[2]]) * (2 / fwhm * height)[None]
    normal[a[1]] *= (8 / fwhm**2 * height)[:, None]
    normal[:, a[1]] *= (8 / fwhm**2 * height)[None]
    held = (theta <= model.lower) | (theta >= model.upper)  # [n, P, 2]
    fixed = np.concatenate([np.zeros((q + p, n), dtype=bool), held.transpose(2, 1, 0).reshape(2 * p, n)])
    dof = problem.used - (model.parameters - fixed.sum(axis=0))
    covariance = inverse(normal, fixed) * (chi2 / np.maximum(dof, 1))
    order = q + np.arange(3 * p).reshape(3, p).T.ravel()  # height, center, fwhm of the first peak, then the next

    ok = ~singular & np.isfinite(linear).all(axis=0) & np.isfinite(theta).all(axis=(1, 2)) & (dof > 0)
    result = FitResult(
        height=height.T.copy(),
        center_cm1=theta[..., 0].copy(),
        fwhm_cm1=theta[..., 1].copy(),
        coefficients=linear[:q].T + problem.removed,
        covariance=covariance[np.ix_(order, order)].transpose(2, 0, 1).copy(),
        chi2=chi2.copy(),
        dof=dof,
        noise=np.full((n, 3), np.nan),
        redchi2=np.full(n, np.nan),
        delta_bic=np.full(held.shape[:2], np.nan),
        structure=np.full(n, np.nan),
        double_bic=np.full(held.shape[:2], np.nan),
        at_bound=held,
        status=np.where(converged, Status.CONVERGED, Status.NOT_CONVERGED).astype(np.int8),
    )
    if not ok.all():
        result.put(~ok, FitResult.empty(int((~ok).sum()), p, q, Status.FAILED))
    return result
