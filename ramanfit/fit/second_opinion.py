"""How far lmfit's result is from that of the batched engine, for some of the spectra."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ramanfit.fit.amplitude import SmoothPart
from ramanfit.fit.engine import engine_named
from ramanfit.fit.noise import weights_of
from ramanfit.fit.pipeline import Fitted
from ramanfit.fit.unseen import of_peaks
from ramanfit.frozen import dataclass
from ramanfit.recipe.recipe import Recipe


@dataclass(frozen=True)
class Verdict:
    """How far a second opinion lies from the first.

    Attributes
    ----------
    spectra : int
        Spectra refitted.
    worst : str
        Where the largest difference was met.
    difference_se : float
        Largest difference of a parameter of a detected peak, in its standard errors.
    se_difference : float
        Largest relative difference of a standard error.
    better : int
        Spectra for which lmfit found a chi-square lower by more than 1e-6 of it.
    """

    spectra: int
    worst: str
    difference_se: float
    se_difference: float
    better: int


def verify(fits: Sequence[Fitted], recipe: Recipe, count: int) -> Verdict:
    """Refit `count` spectra, evenly spaced over all, with lmfit from its own start, with the same weights."""
    first, second = engine_named("varpro"), engine_named("lmfit")
    where = [(f, row) for f in fits for row in np.flatnonzero(f.result.noise[:, 0] > 0)]
    chosen = np.unique(np.linspace(0, len(where) - 1, min(count, len(where))).round().astype(int))
    worst, apart, se_apart, better = "", 0.0, 0.0, 0
    for f, row in (where[i] for i in chosen):
        peaks = np.flatnonzero(~f.result.left[row]).tolist()
        model, mine = f.prepared.model.of(peaks), of_peaks(f.result.take([row]), peaks)
        counts, use = f.prepared.take(np.array([row]))
        weights = None if use is None else use.astype(np.float64)
        under = None if f.prepared.under is None else f.prepared.under[[row]]
        counts = counts if under is None else counts - under
        bent = mine.amplitude is not None and bool(mine.amplitude[0] > 0)
        ended = bent or len(peaks) < f.result.height.shape[1]  # weights followed a curve that is nearly the last
        if ended or recipe.noise.model != "white" or len(model.smooth) or f.prepared.extra is not None:
            curve = model.evaluate(mine) if ended else model.plain.evaluate(first(model.plain, counts, weights, None))
            light, extra = curve if under is None else curve + under, f.prepared.extra_of(np.array([row]))
            weights = weights_of(mine.noise, light, use, extra)[0] / mine.stretch[:, None]
        chi2 = mine.chi2[0]
        if ended:
            chi2 = (weights * (counts - curve) ** 2).sum()  # by the weights of both
        if bent:
            penalty = SmoothPart(model, counts, use).penalty(np.array([0]), mine.amplitude)
            chi2 += (penalty * mine.coefficients[:, len(model.polynomials) :] ** 2).sum()
            other = second(model, counts, weights, None, penalty=penalty)
        else:
            other = model.widened(second(model.plain, counts, weights, None))
        better += int(other.chi2[0] < chi2 * (1 - 1e-6))
        se, se_other = mine.standard_errors(), other.standard_errors()
        root = np.sqrt(mine.stretch)[:, None]
        for name in ("height", "center_cm1", "fwhm_cm1"):
            with np.errstate(invalid="ignore"):
                d = np.abs(getattr(other, name) - getattr(mine, name))[0] / se[name][0]
                r = np.abs(se_other[name] * root / se[name] - 1)[0]
            for p in np.flatnonzero((f.quantities.status[row, peaks] == "ok") & np.isfinite(d) & np.isfinite(r)):
                if d[p] > apart:
                    apart, worst = float(d[p]), f"{f.scan.source}, spectrum {row}, {model.names[p]} {name}"
                se_apart = max(se_apart, float(r[p]))
    return Verdict(len(chosen), worst, apart, se_apart, better)
