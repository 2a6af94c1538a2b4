"""The batched engine: variable projection on Gram matrices, many spectra at once.

Heights and baseline coefficients enter linearly and are eliminated (Golub & Pereyra, SIAM J. Numer. Anal.
10, 413 (1973)) with Kaufman's Jacobian (BIT 15, 49 (1975)); what is left, centers, widths and forms, moves by
Levenberg-Marquardt steps. Chi-square, gradient and normal matrix all come from one matrix of inner products:
eliminating the linear functions from it leaves Kaufman's reduced problem as its Schur complement. Free Lorentzians
have a problem of their own (`lorentzians`), all else is in `linked`. Every spectrum goes its own way: its numbers do
not depend on what else is in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ramanfit.fit.engine import limits
from ramanfit.fit.engine.algebra import solve, total
from ramanfit.fit.engine.linked import Linked
from ramanfit.fit.engine.lorentzians import Lorentzians
from ramanfit.fit.engine.problem import Index, Point, Problem
from ramanfit.fit.engine.starts import starts_of
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult
from ramanfit.fit.weighing import Weighing, as_array
from ramanfit.scan.scan import BoolArray, FloatArray

CHUNK = 2048  # spectra whose small matrices are handled at once


def _minimise(
    problem: Problem, moving: FloatArray, iterations: int, tolerance: float, enough: FloatArray | None = None
) -> tuple[FloatArray, Point, BoolArray]:
    """Move what moves [K, n] to the least chi-square inside the bounds, or to `enough` [n]; see `fit`.

    Returns where it ended, the reduced problem there, and whether the next step promised less than `tolerance`.
    """
    lower, upper = problem.bounds
    moving = np.clip(moving, lower, upper)
    end = problem.reduce(moving)
    converged = np.zeros(len(problem), dtype=bool)

    at = np.arange(len(problem))  # spectra that still move
    here, point, damping = moving.copy(), end, np.full(len(at), 1e-3)
    bar = np.full(len(at), np.nan) if enough is None else enough
    for _ in range(iterations):
        held = ((here <= lower) & (point.gradient < 0)) | ((here >= upper) & (point.gradient > 0))
        gradient = np.where(held, 0.0, point.gradient)
        normal = np.where(held[:, None] | held[None], 0.0, point.normal)
        diagonal = np.einsum("iin->in", normal)
        diagonal[:] = np.where(diagonal > 0, diagonal, 1.0) * (1 + damping)
        step = solve(normal, gradient)
        fall = total(step * gradient) * (1 + damping)  # what an undamped step would promise, nearly
        low = point.chi2 <= bar
        arrived = (fall <= tolerance * point.chi2 + limits.ROUNDING * point.gram[-1, -1]) & ~low
        done = arrived | low | ~(damping < limits.MAX_DAMPING) | ~np.isfinite(step).all(axis=0)
        if done.any():
            out = at[done]
            moving[:, out] = here[:, done]
            end.put(out, point.take(done))
            converged[out] = arrived[done]
            go = ~done
            problem, at, here, step = problem.take(go), at[go], here[:, go], step[:, go]
            damping, point, bar = damping[go], point.take(go), bar[go]
        if not len(at):
            break
        limit = limits.MAX_STEP * problem.reach(here)
        trial = np.clip(here + np.clip(step, -limit, limit), lower, upper)
        taken = trial - here
        promised = total(taken * (2 * point.gradient - total((point.normal * taken).transpose(1, 0, 2))))
        new = problem.reduce(trial)
        better = new.chi2 < point.chi2
        with np.errstate(
            invalid="ignore", divide="ignore"
        ):  # a step of nothing promises nothing: its factor is not used
            gain = (point.chi2 - new.chi2) / promised
        factor = np.clip(1 - (2 * gain - 1) ** 3, 0.1, 10.0)  # Nielsen, IMM-REP-1999-05, DTU (1999)
        damping = np.maximum(damping * np.where(better, factor, 10.0), 1e-9)
        worse = ~better
        if worse.any():
            trial[:, worse] = here[:, worse]
            new.put(worse, point.take(worse))
        here, point = trial, new
    else:
        moving[:, at] = here
        end.put(at, point)
    return moving, end, converged


def fit(
    model: Model,
    counts: FloatArray,
    weights: FloatArray | Weighing | None = None,
    start: FloatArray | None = None,
    tolerance: float = limits.TOLERANCE,
    ratio: FloatArray | None = None,
    penalty: FloatArray | None = None,
    home: bool = False,
    enough: FloatArray | None = None,
) -> FitResult:
    """Fit the model to every spectrum.

    Parameters
    ----------
    model : Model
    counts : array [N, M]
        On the model's channels.
    weights : array [N, M], optional
        Inverse variances, up to a factor per spectrum; 0 leaves a channel out. None: all equal.
    start : array [N, P, 3], optional
        Centers, widths and forms to start from; None: they are searched for, and a fit that ends weak, held by a
        bound or short of a minimum is tried from elsewhere.
    tolerance : float
        Relative fall of chi-square that the next step must promise for a fit to go on. From `limits.ROUGH` on, a fit
        from a given start that has not arrived after `limits.PATIENCE` steps stays where it is.

    ratio : array [N, P], optional
        Heights that follow another peak's, in parts of it, spectrum by spectrum; None: as the model has them.
    penalty : array [N, J], optional
        Inverse variances of the coefficients of the smooth functions, in the unit of the weights.
    home : bool
        Whether a fit from a given start that ends weak, held by a bound or short of a minimum is tried from the
        model's own start as well.
    enough : array [N], optional
        Chi-square as low as that ends a rough fit from a given start.

    Returns
    -------
    FitResult
        `redchi2` and all that judges the fit are left unknown: this room does not know the noise.
    """
    weights = as_array(weights)
    starts = starts_of(model) if start is None else None
    results: list[FitResult] = []
    rows: list[Index] = []
    unsettled: list[Problem] = []
    reached: list[FloatArray] = []
    weakest: list[Index] = []
    for s in range(0, len(counts), CHUNK):
        chunk = slice(s, s + CHUNK)
        problem = problem_of(
            model, counts[chunk], *(of if of is None else of[chunk] for of in (weights, ratio, penalty))
        )
        first = starts.search(problem.y) if starts else start[chunk]  # type: ignore[index]
        low = None if enough is None else enough[chunk]
        moving, end, converged = _minimise(problem, problem.moving(first), limits.PATIENCE, tolerance, low)
        if start is None or home:
            again = np.flatnonzero(~converged | _suspect(problem, moving, end))
        else:  # a rough fit from a given start has done its work by now
            again = np.flatnonzero(~converged & (tolerance < limits.ROUGH))
        if len(again):
            rows.append(s + again)
            unsettled.append(problem.take(again))
            reached.append(problem.nonlinear(moving[:, again]))
            weakest.append(problem.leading[end.snr2[:, again].argmin(axis=0)])
        results.append(problem.finish(moving, end, converged))
    result = FitResult.concat(results)
    if rows:
        # the stragglers of all chunks together: a few in a batch cost as much as many
        problem = type(unsettled[0]).concat(unsettled)
        begins = [np.concatenate(reached)]
        if starts is not None:
            begins.append(starts.replace(problem.y, begins[0], np.concatenate(weakest)))
        if start is None or home:
            begins.append(np.broadcast_to(model.home, begins[0].shape))
        result.put(np.concatenate(rows), _best_of(problem, begins, tolerance))
    if any(np.isfinite(link.height_bounds).any() for link in model.links):
        _hold_heights(model, counts, weights, penalty, tolerance, result)
    return result


def problem_of(
    model: Model,
    counts: FloatArray,
    weights: FloatArray | None,
    ratio: FloatArray | None = None,
    penalty: FloatArray | None = None,
) -> Problem:
    """Return the problem that suits a model; parameters as in `fit`."""
    if not model.links:
        return Lorentzians.of(model, counts, weights, penalty)
    return replace(Linked.of(model, counts, weights, penalty), ratio=ratio)


def _hold_heights(
    model: Model,
    counts: FloatArray,
    weights: FloatArray | None,
    penalty: FloatArray | None,
    tolerance: float,
    result: FitResult,
) -> None:
    """Fit spectra again, with heights held that are beyond their bounds, until none is; in place."""
    leading = [p for p in range(len(model.names)) if model.link(p).height_of is None]
    low, high = np.array([model.link(p).height_bounds for p in leading]).T
    pinned = np.full((len(result), len(leading)), np.nan)
    for _ in leading:  # every round holds at least one more
        height = result.height[:, leading]
        with np.errstate(invalid="ignore"):
            beyond = np.isnan(pinned) & ((height < low) | (height > high))
        rows = np.flatnonzero(beyond.any(axis=1))
        if not len(rows):
            break
        pinned = np.where(beyond, np.clip(height, low, high), pinned)
        some = (of if of is None else of[rows] for of in (weights, penalty))
        problem = Linked.of(model, counts[rows], *some)
        problem = replace(problem, pinned=pinned[rows])
        moving = problem.moving(result.nonlinear[rows])
        result.put(rows, problem.finish(*_minimise(problem, moving, limits.MAX_ITERATIONS, tolerance)))


def _suspect(problem: Problem, moving: FloatArray, end: Point) -> BoolArray:
    """Fits that may sit in a side minimum: held by a bound, or weak."""
    dof = np.maximum(problem.used - problem.model.parameters, 1)
    weak = (end.snr2 < limits.SUSPECT_SNR2 * end.chi2 / dof).any(axis=0)
    return np.asarray(problem.held(moving).any(axis=0) | weak)


def _best_of(problem: Problem, begins: Sequence[FloatArray], tolerance: float) -> FitResult:
    """Minimise from several nonlinear parameters [n, P, 3] and keep the lowest end of each spectrum."""
    n = len(problem)
    rivals = problem.take(np.tile(np.arange(n), len(begins)))
    moving, end, _ = _minimise(rivals, rivals.moving(np.concatenate(begins)), limits.PATIENCE, tolerance)
    chi2 = end.chi2.reshape(len(begins), n)
    least = chi2.min(axis=0)
    lowest = chi2 <= least + limits.ALIKE * np.abs(least)  # the first of those that ended in the same minimum
    pick = lowest.argmax(axis=0) * n + np.arange(n)
    return problem.finish(*_minimise(problem, moving[:, pick], limits.MAX_ITERATIONS, tolerance))
