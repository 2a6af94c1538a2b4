"""Which shipped recipe describes a carbon better, where bands of the chosen one sit on bounds or one is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.errors import ScanError
from ramanfit.fit.amplitude import SmoothPart
from ramanfit.fit.build import build_model
from ramanfit.fit.engine import engine_named
from ramanfit.fit.model import Model
from ramanfit.fit.noise import weights_of
from ramanfit.fit.pipeline import Fitted
from ramanfit.fit.result import FitResult, Status
from ramanfit.recipe.parts import Baseline
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import FloatArray

CARBONS = ("graphite", "carbon-2", "carbon-bwf", "carbon-3", "carbon-5")
ASKED = 3  # spectra of a scan, evenly chosen among those that are in doubt
DECISIVE = 10.0  # difference in BIC: Kass & Raftery, J. Am. Stat. Assoc. 90, 773 (1995)


Rows = npt.NDArray[np.intp]


class Doubtful(NamedTuple):
    """Some spectra of a scan whose fits are in doubt, and all that other peaks need to be fitted to the same channels.

    Attributes
    ----------
    model : Model
        What was fitted.
    counts, weights : array [n, M]
    penalty : array [n, J] or None
        Of a smooth part of the baseline: it bends as much as it did.
    channels : array [n]
        Those that are worth an independent one.
    chi2 : array [n]
        Of the fits that are in doubt.
    """

    model: Model
    counts: FloatArray
    weights: FloatArray
    penalty: FloatArray | None
    channels: FloatArray
    chi2: FloatArray


class Suggestion(NamedTuple):
    """The shipped recipe with the lowest Bayesian information criterion.

    Attributes
    ----------
    name : str
    options : str
        With which it is fitted as it was here.
    gain : float
        By how much the criterion is lower, over all spectra that were asked.
    spectra : int
    on_bounds : bool
        Whether bounds hold some of its values, too.
    """

    name: str
    options: str
    gain: float
    spectra: int
    on_bounds: bool


def doubtful_spectra(fitted: Fitted) -> Doubtful | None:
    """Return up to `ASKED` spectra of a scan that are on a bound, or lack a band; None: there is none."""
    rows = in_doubt(fitted)
    return spectra_of(fitted, asked(rows)) if len(rows) else None


def in_doubt(fitted: Fitted) -> Rows:
    """Return which spectra are on a bound, or lack a band."""
    result = fitted.result
    doubt = np.zeros(len(result), dtype=bool) if result.missing_band is None else result.missing_band.copy()
    for held in fitted.quantities.held.values():
        doubt |= held
    return np.flatnonzero(doubt & (result.status == Status.CONVERGED))


def asked(rows: Rows) -> Rows:
    """Return up to `ASKED` of some spectra, evenly chosen."""
    return np.asarray(rows[np.unique(np.linspace(0, len(rows) - 1, min(ASKED, len(rows))).round().astype(int))])


def join(spectra: Sequence[Doubtful]) -> Doubtful:
    """Return spectra of one scan together."""
    penalties = [each.penalty for each in spectra if each.penalty is not None]
    return Doubtful(
        spectra[0].model,
        np.concatenate([each.counts for each in spectra]),
        np.concatenate([each.weights for each in spectra]),
        np.concatenate(penalties) if penalties else None,
        np.concatenate([each.channels for each in spectra]),
        np.concatenate([each.chi2 for each in spectra]),
    )


def spectra_of(fitted: Fitted, rows: Rows) -> Doubtful:
    """Return some spectra of a scan, with what other peaks need to be fitted to them."""
    result, prepared = fitted.result, fitted.prepared
    model, fits = prepared.model, result.take(rows)
    counts, use = prepared.take(rows)
    curve, penalty = model.evaluate(fits), None
    if len(model.smooth):
        amplitude = np.zeros(len(rows)) if fits.amplitude is None else fits.amplitude
        penalty = SmoothPart(model, counts, use).penalty(np.arange(len(rows)), amplitude)
    light = curve
    if prepared.under is not None:
        counts, light = counts - prepared.under[rows], curve + prepared.under[rows]
    weights = weights_of(fits.noise, light, use, prepared.extra_of(rows))[0]
    channels = np.count_nonzero(weights, axis=1) / fits.stretch
    return Doubtful(model, counts, weights, penalty, channels, _chi2(model, fits, counts, weights, penalty))


def better_recipe(spectra: Doubtful, recipe: Recipe) -> Suggestion | None:
    """Return the shipped carbon recipe whose peaks describe some spectra best; None: those of the recipe itself.

    Peaks are fitted to the same channels with the same weights and over the same kind of baseline; a recipe that needs
    a peak below 0, or whose peaks lie outside the channels, is not asked.
    """
    order = "none" if not len(spectra.model.polynomials) else len(spectra.model.polynomials) - 1
    best: Suggestion | None = None
    for name, shipped, model in _candidates(spectra.model, recipe):
        fits = engine_named("varpro", rough=True)(model, spectra.counts, spectra.weights, penalty=spectra.penalty)
        if not ((fits.status == Status.CONVERGED).all() and (fits.height > 0).all()):
            continue
        chi2 = _chi2(model, fits, spectra.counts, spectra.weights, spectra.penalty)
        more = model.parameters - spectra.model.parameters
        with np.errstate(divide="ignore", invalid="ignore"):  # BIC as in `ramanfit.fit.judge.bic_gain`
            gain = (spectra.channels * np.log(spectra.chi2 / chi2) - more * np.log(spectra.channels)).sum()
        if gain > (DECISIVE if best is None else best.gain):
            own = not recipe.baseline.in_fit or shipped.baseline.order == order
            options = f"--recipe {name}" + ("" if own else f" --baseline-order {order}")
            best = Suggestion(name, options, float(gain), len(chi2), bool(fits.at_bound.any()))
    return best


def _candidates(fitted: Model, recipe: Recipe) -> Iterator[tuple[str, Recipe, Model]]:
    """Yield shipped recipes other than the one that was fitted, their peaks on the channels and baseline of it."""
    for name in CARBONS:
        if name == recipe.name:
            continue
        shipped = load_recipe(name)
        # the baseline is that of the fit; this one is not used
        other = replace(shipped, instrument=recipe.instrument, baseline=Baseline(order=1))
        try:
            peaks = build_model(fitted.shift_cm1, other)
        except ScanError:
            continue
        their = {field: getattr(peaks, field) for field in ("names", "start", "lower", "upper", "links")}
        yield name, shipped, replace(fitted, **their)


def _chi2(
    model: Model, fits: FitResult, counts: FloatArray, weights: FloatArray, penalty: FloatArray | None
) -> FloatArray:
    """Weighted sums of squared residuals, with what a smooth part costs, [n]."""
    chi2 = (weights * (counts - model.evaluate(fits)) ** 2).sum(axis=1)
    if penalty is not None:
        chi2 += (penalty * fits.coefficients[:, len(model.polynomials) :] ** 2).sum(axis=1)
    return np.asarray(chi2)
