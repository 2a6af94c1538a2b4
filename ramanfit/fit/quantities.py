"""From parameters to what is published: heights, areas and ratios with errors, a status and flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, replace
from typing import Any

import numpy as np

from ramanfit.fit.derived import DerivedValues, Dual, derivatives, holds
from ramanfit.fit.flags import Judged, StringArray, flags_of
from ramanfit.fit.held import held, held_bounds
from ramanfit.fit.lineshapes import SHAPES
from ramanfit.fit.model import Model
from ramanfit.fit.prepare import Prepared
from ramanfit.fit.result import FitResult, Status
from ramanfit.frozen import dataclass
from ramanfit.recipe.column_kind import ALWAYS, PEAK, SOME
from ramanfit.recipe.columns import kinds_of
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class RatioValues:
    """One ratio of all spectra, of heights and of areas, [N]; not a number where it has no meaning.

    Attributes
    ----------
    value, se, area_value, area_se : array [N]
    more : mapping of str to array [N]
        What else was asked for, by the name that `ramanfit.recipe.columns` has for it: ``ratio_low``, ``ratio_sys``.
    """

    value: FloatArray
    se: FloatArray
    area_value: FloatArray
    area_se: FloatArray
    more: Mapping[str, FloatArray] = field(default_factory=dict)

    def with_more(self, **more: FloatArray) -> RatioValues:
        """Return the same ratio with further columns."""
        return replace(self, more={**self.more, **more})

    def take(self, rows: slice) -> RatioValues:
        """Return some rows."""
        own = (self.value[rows], self.se[rows], self.area_value[rows], self.area_se[rows])
        return RatioValues(*own, {name: array[rows] for name, array in self.more.items()})

    def columns(self) -> dict[str, FloatArray]:
        """Return all values by the names of `ramanfit.recipe.columns`."""
        own = {"ratio": self.value, "ratio_se": self.se, "area_ratio": self.area_value, "area_ratio_se": self.area_se}
        return {**own, **self.more}


@dataclass(frozen=True, eq=False)
class Quantities:
    """What tables are made of.

    Attributes
    ----------
    height, height_se, center_cm1, center_se, fwhm_cm1, fwhm_se, form, form_se, area, area_se : array [N, P]
        Not a number where unknown. A peak that was not detected keeps its height, unclipped, and the
        standard error of it.
    status : str array [N, P]
        ``ok``, ``not_detected`` or ``failed``.
    formed : tuple of str
        Peaks whose shape has a parameter of its own.
    ratios : mapping of str to RatioValues
        By the recipe's names.
    derived : mapping of str to DerivedValues
        By the recipe's names.
    redchi2 : array [N]
    flags : str array [N]
        Words of `ramanfit.fit.flags.FLAGS` joined by ``|``.
    of_peaks : mapping of str to array [N, P]
        What else was asked for, by the name that `ramanfit.recipe.columns` has for it: ``center_sys``.
    of_spectra : mapping of str to array [N]
        The same, of a spectrum: ``smooth``.
    place_cm1 : array [N] or None
        Where what a flag of `ramanfit.fit.flags.VERDICTS` is about is seen best.
    held : mapping of str to bool array [N]
        By dotted keys, bounds of the recipe that hold a value of a detected peak, and where.
    """

    names: tuple[str, ...]
    height: FloatArray
    height_se: FloatArray
    center_cm1: FloatArray
    center_se: FloatArray
    fwhm_cm1: FloatArray
    fwhm_se: FloatArray
    form: FloatArray
    form_se: FloatArray
    area: FloatArray
    area_se: FloatArray
    status: StringArray
    formed: tuple[str, ...]
    ratios: Mapping[str, RatioValues]
    redchi2: FloatArray
    flags: StringArray
    of_peaks: Mapping[str, FloatArray] = field(default_factory=dict)
    of_spectra: Mapping[str, FloatArray] = field(default_factory=dict)
    place_cm1: FloatArray | None = None
    held: Mapping[str, BoolArray] = field(default_factory=dict)
    derived: Mapping[str, DerivedValues] = field(default_factory=dict)

    def take(self, rows: slice) -> Quantities:
        """Return some rows."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays: dict[str, Any] = {name: its[rows] for name, its in values.items() if isinstance(its, np.ndarray)}
        return replace(
            self,
            **arrays,
            ratios={name: its.take(rows) for name, its in self.ratios.items()},
            of_peaks={name: array[rows] for name, array in self.of_peaks.items()},
            of_spectra={name: array[rows] for name, array in self.of_spectra.items()},
            held={key: where[rows] for key, where in self.held.items() if where[rows].any()},
            derived={name: its.take(rows) for name, its in self.derived.items()},
        )

    def columns(self) -> dict[tuple[str, str], np.ndarray]:
        """Return all values [N] by peak, ratio or derived value (empty: of the spectrum) and name of the kind."""
        values: dict[tuple[str, str], np.ndarray] = {}
        for p, peak in enumerate(self.names):
            own = kinds_of(PEAK, ALWAYS, SOME) if peak in self.formed else kinds_of(PEAK, ALWAYS)
            values |= {(peak, kind.name): getattr(self, kind.name)[:, p] for kind in own}
            values |= {(peak, name): array[:, p] for name, array in self.of_peaks.items()}
        for ratio, its in self.ratios.items():
            values |= {(ratio, name): array for name, array in its.columns().items()}
        for of, made in self.derived.items():
            values |= {(of, name): array for name, array in made.columns().items()}
        of_spectra = {"redchi2": self.redchi2, **self.of_spectra, "flags": self.flags}
        return values | {("", name): array for name, array in of_spectra.items()}


def quantities(result: FitResult, prepared: Prepared, recipe: Recipe) -> Quantities:
    """Derive all quantities of a fit; errors follow from the full covariance by linear propagation."""
    se = result.standard_errors()
    fitted = result.status == Status.CONVERGED
    with np.errstate(invalid="ignore", divide="ignore"):
        snr = result.height / se["height"]
    result = result.doubted()
    se = result.standard_errors()
    seen = ~result.absent & fitted[:, None]
    status = np.where(seen, "ok", np.where(fitted[:, None], "not_detected", "failed"))

    def shown(values: FloatArray, where: BoolArray = seen) -> FloatArray:
        return np.where(where & np.isfinite(values), values, np.nan)

    area = areas(result, prepared.model)
    factor, d_factor = _area_factors(result, prepared.model)
    ratios = {}
    index = {peak.name: p for p, peak in enumerate(recipe.peaks)}
    for r, ratio in enumerate(recipe.ratios):
        a, b = index[ratio.numerator], index[ratio.denominator]
        both = seen[:, a] & seen[:, b]
        values = _ratio(result, a, b, both, factor, d_factor)
        if result.intervals is not None:
            low, high = (shown(result.intervals[:, r, end], both) for end in (0, 1))
            values = values.with_more(ratio_low=low, ratio_high=high)
        if (other := result.other_height) is not None:
            with np.errstate(invalid="ignore", divide="ignore"):
                values = values.with_more(ratio_other=shown(other[:, a] / other[:, b], fitted))
        ratios[ratio.name] = values
    fits = Judged(result, prepared, recipe, status, snr)
    derived: dict[str, DerivedValues] = {}
    for name, formula in recipe.formulas.items():
        made = derivatives(formula, tuple(index), result, area)
        there = seen[:, [index[peak] for peak in formula.peaks]].all(axis=1)
        error = propagate(made.slope[:, None], result.covariance)[:, 0]
        derived[name] = DerivedValues(
            shown(made.value, there),
            shown(error, there & ~holds(formula, recipe, held(fits)) & np.isfinite(made.value)),
        )
    return Quantities(
        names=tuple(index),
        height=shown(result.height, fitted[:, None]),
        height_se=shown(se["height"], fitted[:, None]),
        center_cm1=shown(result.center_cm1),
        center_se=shown(se["center_cm1"]),
        fwhm_cm1=shown(result.fwhm_cm1),
        fwhm_se=shown(se["fwhm_cm1"]),
        form=shown(result.form),
        form_se=shown(se.get("form", np.full_like(area.value, np.nan))),
        area=shown(area.value),
        area_se=shown(propagate(area.slope, result.covariance)),
        status=status,
        formed=tuple(peak.name for peak in recipe.peaks if peak.form is not None),
        ratios=ratios,
        derived=derived,
        redchi2=shown(result.redchi2, fitted),
        flags=flags_of(fits),
        of_spectra={} if result.amplitude is None else {"smooth": result.amplitude},
        place_cm1=result.place_cm1,
        held=held_bounds(fits),
    )


def areas(result: FitResult, model: Model) -> Dual:
    """Return the areas [N, P] and their derivatives by all parameters, [N, P, KP]."""
    (n, peaks), k = result.height.shape, result.fields
    factor, d_factor = _area_factors(result, model)
    slope = np.zeros((n, peaks, k * peaks))
    for p in range(peaks):
        slope[:, p, k * p] = factor[:, p] * result.fwhm_cm1[:, p]
        slope[:, p, k * p + 2] = factor[:, p] * result.height[:, p]
        if k == 4:
            slope[:, p, k * p + 3] = d_factor[:, p] * result.height[:, p] * result.fwhm_cm1[:, p]
    return Dual(factor * result.height * result.fwhm_cm1, slope)


def propagate(gradient: FloatArray, covariance: FloatArray) -> FloatArray:
    """Standard errors [N, K] of K functions with gradients [N, K, 3P]; a held parameter has no error."""
    covariance = np.where(np.isnan(covariance), 0.0, covariance)
    with np.errstate(invalid="ignore"):
        se = np.sqrt(((gradient @ covariance) * gradient).sum(axis=-1))
    return np.where(se > 0, se, np.nan)


def _area_factors(result: FitResult, model: Model) -> tuple[FloatArray, FloatArray]:
    """Area over height and fwhm, and its derivative with respect to form, each [N, P]."""
    factors = [SHAPES[model.link(p).shape].area(result.form[:, p]) for p in range(len(model.names))]
    area, slope = zip(*factors, strict=True)
    return np.stack(area, axis=1), np.stack(slope, axis=1)


def _ratio(result: FitResult, a: int, b: int, both: BoolArray, factor: FloatArray, d_factor: FloatArray) -> RatioValues:
    n, peaks, k = *result.height.shape, result.fields
    with np.errstate(invalid="ignore", divide="ignore"):
        value = result.height[:, a] / result.height[:, b]
        area_value = value * result.fwhm_cm1[:, a] / result.fwhm_cm1[:, b] * (factor[:, a] / factor[:, b])
        gradient = np.zeros((n, 2, k * peaks))
        unknown = result.at_bound[:, [a, b], 3].any(axis=1)  # a height that a bound holds has no error to hand on
        for p, sign in ((a, 1.0), (b, -1.0)):
            gradient[:, 0, k * p] = sign * value / result.height[:, p]
            gradient[:, 1, k * p] = sign * area_value / result.height[:, p]
            gradient[:, 1, k * p + 2] = sign * area_value / result.fwhm_cm1[:, p]
            if k == 4:
                gradient[:, 1, k * p + 3] = sign * area_value * d_factor[:, p] / factor[:, p]
    gradient[~np.isfinite(gradient)] = 0.0
    se = propagate(gradient, result.covariance)
    se[unknown] = np.nan
    value, ratio_se, area_value, area_se = (
        np.where(both & np.isfinite(v), v, np.nan) for v in (value, se[:, 0], area_value, se[:, 1])
    )
    return RatioValues(value, ratio_se, area_value, area_se)
