"""Errors beyond the covariance: what resampled noise does to a fit, and the profile of a ratio's likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ramanfit.fit.engine import limits
from ramanfit.fit.engine.compiled import engine
from ramanfit.fit.model import Link, Model
from ramanfit.fit.result import FitResult, Status
from ramanfit.fit.unseen import groups, of_peaks, put_back
from ramanfit.recipe.parts import Errors
from ramanfit.scan.scan import BoolArray, FloatArray

TOGETHER = 4096  # resampled spectra that are fitted at once
Z_95 = 1.959964  # standard deviations on both sides that hold 95 % of Gaussian numbers
ROUNDS = 12
CLOSE = 0.005  # of Z_95, in standard deviations
PRECISE = 1e-7  # relative fall of chi-square that profiles need
WIDEST = 8.0  # times the distance that the covariance suggests: the interval has no end

Pairs = Sequence[tuple[int, int]]
"""Numerator and denominator of every ratio, numbers of peaks."""


def with_errors(
    fits: FitResult,
    model: Model,
    counts: FloatArray,
    weights: FloatArray | None,
    errors: Errors,
    pairs: Pairs,
    penalty: FloatArray | None = None,
) -> FitResult:
    """Return fits with the errors that a recipe asks for.

    Parameters
    ----------
    fits : FitResult
    model : Model
    counts, weights, penalty
        As in `ramanfit.fit.engine.varpro.fit`.
    errors : Errors
    pairs : sequence of (int, int)
    """
    if errors.method == "covariance":
        return fits
    whole = replace(fits.take(np.arange(len(fits))), intervals=np.full((len(fits), len(pairs), 2), np.nan))
    for rows, peaks in groups(model, fits.left):  # of peaks that left the model nothing is asked
        some = fits.take(rows)
        there = [r for r, pair in enumerate(pairs) if {*pair} <= {*peaks}]
        its = _of_peaks(
            of_peaks(some, peaks),
            model.of(peaks),
            counts[rows],
            None if weights is None else weights[rows],
            errors,
            [(peaks.index(pairs[r][0]), peaks.index(pairs[r][1])) for r in there],
            None if penalty is None else penalty[rows],
        )
        intervals = np.full((len(rows), len(pairs), 2), np.nan)
        intervals[:, there] = its.intervals
        whole.put(rows, replace(put_back(some, its, peaks), intervals=intervals))
    return whole


def _of_peaks(
    fits: FitResult,
    model: Model,
    counts: FloatArray,
    weights: FloatArray | None,
    errors: Errors,
    pairs: Pairs,
    penalty: FloatArray | None,
) -> FitResult:
    if errors.method == "profile":
        return replace(fits, intervals=profile(model, counts, weights, fits, pairs, penalty))
    root = np.sqrt(fits.stretch)[:, None]
    covariance, intervals = bootstrap(model, counts, weights, fits, pairs, errors.samples, penalty)
    for r, (a, b) in enumerate(pairs):  # drawn one by one, channels have lost what they share
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = (fits.height[:, a] / fits.height[:, b])[:, None]
        intervals[:, r] = np.where(fits.stretch[:, None] > 1, ratio + (intervals[:, r] - ratio) * root, intervals[:, r])
    return replace(fits, covariance=covariance * fits.stretch[:, None, None], intervals=intervals)


def bootstrap(
    model: Model,
    counts: FloatArray,
    weights: FloatArray | None,
    fits: FitResult,
    pairs: Pairs,
    samples: int,
    penalty: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the covariance and the 95 % intervals of ratios that resampled residuals give.

    Weighted residuals are drawn with replacement, put back onto the fitted curve and fitted again from there (Efron &
    Tibshirani, An Introduction to the Bootstrap (1993), ch. 9), larger by ``sqrt(n / dof)`` for what the fit took of
    them. What is drawn is the same in every spectrum, so that results do not depend on what else is in the batch.

    Parameters
    ----------
    model : Model
    counts, weights : array [N, M]
        As in `ramanfit.fit.engine.varpro.fit`.
    fits : FitResult
        Of these.
    pairs : sequence of (int, int)
    samples : int
        Fits of every spectrum.

    Returns
    -------
    covariance : array [N, KP, KP]
        Not a number where that of the fit is.
    intervals : array [N, R, 2]
        2.5 and 97.5 % of the samples' ratios of heights.
    """
    n, m = counts.shape
    covariance = np.full_like(fits.covariance, np.nan)
    intervals = np.full((n, len(pairs), 2), np.nan)
    drawn = np.random.default_rng(0).random((samples, m))
    good = np.flatnonzero((fits.status == Status.CONVERGED) & (fits.chi2 > 0))
    for some in np.array_split(good, -(-len(good) * samples // TOGETHER) or 1):
        if not len(some):
            continue
        fitted = fits.take(some)
        curve = model.evaluate(fitted)
        w = np.ones((len(some), m)) if weights is None else weights[some]
        root = np.sqrt(w)
        used = np.count_nonzero(w, axis=1)
        residual = (counts[some] - curve) * root * np.sqrt(used / fitted.dof)[:, None]
        channels = np.argsort(w == 0, axis=1, kind="stable")  # those that count first
        picks = np.take_along_axis(
            channels, (drawn[None] * used[:, None, None]).astype(np.intp).reshape(len(some), -1), 1
        )
        noise = np.take_along_axis(residual, picks, axis=1).reshape(len(some), samples, m)
        noise = np.divide(noise, root[:, None], out=np.zeros_like(noise), where=root[:, None] > 0)
        again = engine.fit(
            model,
            (curve[:, None] + noise).reshape(-1, m),
            None if weights is None else np.repeat(w, samples, axis=0),
            np.repeat(fitted.nonlinear, samples, axis=0),
            tolerance=limits.ROUGH,
            penalty=None if penalty is None else np.repeat(penalty[some], samples, axis=0),
        )
        values = np.stack([again.height, again.center_cm1, again.fwhm_cm1, again.form][: fits.fields], axis=2)
        values = values.reshape(len(some), samples, -1)
        away = values - values.mean(axis=1, keepdims=True)
        spread = np.swapaxes(away, 1, 2) @ away / (samples - 1)
        covariance[some] = np.where(np.isnan(fitted.covariance), np.nan, spread)
        height = again.height.reshape(len(some), samples, -1)
        for r, (a, b) in enumerate(pairs):
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.sort(height[..., a] / height[..., b], axis=1)
            for end, level in enumerate((0.025, 0.975)):
                intervals[some, r, end] = _quantile(ratio, level)
    return covariance, intervals


def profile(
    model: Model,
    counts: FloatArray,
    weights: FloatArray | None,
    fits: FitResult,
    pairs: Pairs,
    penalty: FloatArray | None = None,
) -> FloatArray:
    """Return 95 % intervals [N, R, 2] of ratios of heights from the profile of the likelihood.

    An end of an interval is where chi-square, least in all other parameters while the ratio is held, has risen by
    3.84 residual variances (Venzon & Moolgavkar, Appl. Stat. 37, 87 (1988)). Not a number where a fit has not
    converged, where chi-square never rises so far, and for ratios of heights that follow or lead others or have
    bounds. The parameters are those of `bootstrap`.
    """
    intervals = np.full((len(counts), len(pairs), 2), np.nan)
    rows = np.flatnonzero((fits.status == Status.CONVERGED) & (fits.chi2 > 0))
    if not len(rows):
        return intervals
    counts, (some, held) = counts[rows], (of if of is None else of[rows] for of in (weights, penalty))
    best = engine.fit(model, counts, some, fits.nonlinear[rows], PRECISE, penalty=held)
    stretch = fits.stretch[rows]
    best = replace(best, stretch=stretch, covariance=best.covariance * stretch[:, None, None])
    for r, (a, b) in enumerate(pairs):
        if (tied := _tied(model, a, b)) is not None:
            for end, side in enumerate((-1.0, 1.0)):
                intervals[rows, r, end] = _end(tied, counts, some, held, best, a, b, side)
    return intervals


def _tied(model: Model, a: int, b: int) -> Model | None:
    """Return the model whose height `a` follows `b`; None if it cannot."""
    links = list(model.links or (Link(),) * len(model.names))
    free = links[a].height_of is None and links[b].height_of is None and all(k.height_of != a for k in links)
    if not free or any(np.isfinite(link.height_bounds).any() for link in links):
        return None
    links[a] = replace(links[a], height_of=b)
    return replace(model, links=tuple(links))


def _end(
    tied: Model,
    counts: FloatArray,
    weights: FloatArray | None,
    penalty: FloatArray | None,
    best: FitResult,
    a: int,
    b: int,
    side: float,
) -> FloatArray:
    """Return one end of the interval of a ratio, [N]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = best.height[:, a] / best.height[:, b]
        k = best.fields
        slope = np.zeros((len(best), best.covariance.shape[1]))
        slope[:, k * a], slope[:, k * b] = middle / best.height[:, a], -middle / best.height[:, b]
        covariance = np.where(np.isnan(best.covariance), 0.0, best.covariance)
        guess = Z_95 * np.sqrt(np.einsum("ni,nij,nj->n", slope, covariance, slope))
        unit = best.chi2 / best.dof * best.stretch
    end, away = np.full(len(best), np.nan), guess.copy()
    nonlinear = best.nonlinear
    at = np.flatnonzero(np.isfinite(guess) & (guess > 0))
    follow = np.array(
        [1.0 if (link := tied.link(p)).height_of is None else link.height_ratio for p in range(len(tied.names))]
    )
    for _ in range(ROUNDS):
        if not len(at):
            break
        ratio = np.tile(follow, (len(at), 1))
        ratio[:, a] = middle[at] + side * away[at]
        some, slack = (of if of is None else of[at] for of in (weights, penalty))
        held = engine.fit(tied, counts[at], some, nonlinear[at], PRECISE, ratio, slack)
        z = np.sqrt(np.maximum(held.chi2 - best.chi2[at], 0) / unit[at])
        done = np.abs(z - Z_95) < CLOSE
        end[at[done]] = ratio[done, a]
        nonlinear[at] = held.nonlinear
        with np.errstate(divide="ignore"):
            away[at] *= np.clip(Z_95 / z, 0.5, 2.0)
        go: BoolArray = ~done & (away[at] < WIDEST * guess[at])
        at = at[go]
    return end


def _quantile(rising: FloatArray, level: float) -> FloatArray:
    """Quantile of rising rows, linear between samples (np.quantile would import numpy.ma)."""
    position = level * (rising.shape[1] - 1)
    low = int(position)
    return np.asarray(rising[:, low] + (position - low) * (rising[:, low + 1] - rising[:, low]))
