"""Fits of several recipes to the same spectra as one: their peaks side by side, and what mixes them.

The fits share no channel that counts for both, or are taken as if: their covariance is block-diagonal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ramanfit.fit.derived import DerivedValues, Dual, derivatives, holds
from ramanfit.fit.flags import FLAGS, Judged
from ramanfit.fit.held import held
from ramanfit.fit.pipeline import Fitted
from ramanfit.fit.quantities import Quantities, RatioValues, areas, propagate
from ramanfit.recipe.formula import Formula, Step
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray


def side_by_side(recipe: Recipe, fits: Sequence[Fitted]) -> Quantities:
    """Return the quantities of all peaks of a recipe and of those beside it.

    Parameters
    ----------
    recipe : Recipe
    fits : sequence of Fitted
        Of the same N spectra, by each of ``recipe.parts``.
    """
    each = [fitted.quantities for fitted in fits]
    ratios = {name: values for q in each for name, values in q.ratios.items()}
    derived = {name: values for q in each for name, values in q.derived.items()}
    mixed = _Mixed(recipe, fits)
    for ratio in recipe.every_ratio:
        if ratio.name not in ratios:
            sides = ((what, (ratio.numerator, ratio.denominator)) for what in ("height", "area"))
            (value, se), (area, area_se) = (
                mixed(Formula((*(Step(what, peak=peak) for peak in peaks), Step("Div")))) for what, peaks in sides
            )
            ratios[ratio.name] = RatioValues(value, se, area, area_se)
    for name, formula in recipe.formulas.items():
        if name not in derived:
            derived[name] = DerivedValues(*mixed(formula))
    dof = np.stack([fitted.result.dof for fitted in fits], axis=1).astype(np.float64)
    redchi2 = np.stack([q.redchi2 for q in each], axis=1)
    known = np.isfinite(redchi2) & (dof > 0)
    with np.errstate(invalid="ignore"):
        pooled = np.where(known, dof * redchi2, 0.0).sum(axis=1) / np.where(known, dof, 0.0).sum(axis=1)
    smooth = [q.of_spectra["smooth"] for q in each if "smooth" in q.of_spectra]
    of_peaks: dict[str, Any] = {name: np.concatenate([getattr(q, name) for q in each], axis=1) for name in _OF_PEAKS}
    return Quantities(
        names=tuple(name for q in each for name in q.names),
        **of_peaks,
        formed=tuple(name for q in each for name in q.formed),
        ratios={ratio.name: ratios[ratio.name] for ratio in recipe.every_ratio},
        derived={name: derived[name] for name in recipe.formulas},
        redchi2=pooled,
        flags=_joined([q.flags.tolist() for q in each]),
        of_spectra={"smooth": np.fmax.reduce(smooth)} if smooth else {},
        place_cm1=each[-1].place_cm1,
        held={key: rows for q in each for key, rows in q.held.items()},
    )


_OF_PEAKS = (
    *("height", "height_se", "center_cm1", "center_se", "fwhm_cm1", "fwhm_se", "form", "form_se", "area", "area_se"),
    "status",
)


def _joined(each: Sequence[Sequence[str]]) -> np.ndarray:
    """Return the words of all fits of a spectrum, each once."""
    words = [{word for flags in row for word in flags.split("|")} for row in zip(*each, strict=True)]
    return np.array(["|".join(word for word in FLAGS if word in some) for some in words])


class _Mixed:
    """Values and errors of formulas over the peaks of several fits."""

    def __init__(self, recipe: Recipe, fits: Sequence[Fitted]) -> None:
        self.fits = list(zip(recipe.parts, fits, strict=True))
        self.values: dict[tuple[str, str], FloatArray] = {}
        self.areas: list[Dual] = []
        for _, fitted in self.fits:
            result = fitted.result.doubted()
            area = areas(result, fitted.prepared.model)
            self.areas.append(area)
            for p, name in enumerate(fitted.quantities.names):
                own = (result.height, result.center_cm1, result.fwhm_cm1, area.value)
                self.values |= {
                    (what, name): values[:, p]
                    for what, values in zip(("height", "center", "fwhm", "area"), own, strict=True)
                }

    def __call__(self, formula: Formula) -> tuple[FloatArray, FloatArray]:
        """Return value and standard error, [N]; not a number where one of the peaks is not there."""
        n = len(self.fits[0][1].result)
        variance, there = np.zeros(n), np.ones(n, dtype=bool)
        unknown: BoolArray = np.zeros(n, dtype=bool)
        value = np.full(n, np.nan)
        for (part, fitted), area in zip(self.fits, self.areas, strict=True):
            names, q, result = fitted.quantities.names, fitted.quantities, fitted.result.doubted()
            its = [names.index(peak) for peak in formula.peaks if peak in names]
            if not its:
                continue
            there &= (q.status[:, its] == "ok").all(axis=1)
            made = derivatives(formula, names, result, area, self.values)
            value = made.value
            error = propagate(made.slope[:, None], result.covariance)[:, 0]
            variance += np.nan_to_num(error) ** 2
            unknown |= np.isnan(np.einsum("nii->ni", result.covariance)).all(axis=1)
            own = Formula(tuple(step for step in formula.steps if step.peak in names))
            with np.errstate(divide="ignore", invalid="ignore"):
                judged = Judged(result, fitted.prepared, part, q.status, q.height / q.height_se)
            unknown |= holds(own, part, held(judged))
        there &= np.isfinite(value)
        return np.where(there, value, np.nan), np.where(there & ~unknown & (variance > 0), np.sqrt(variance), np.nan)
