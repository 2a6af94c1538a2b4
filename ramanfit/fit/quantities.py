"""From parameters to what is published: heights, areas and ratios with errors, a status and flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ramanfit.fit.lineshapes import SHAPES
from ramanfit.fit.model import Model
from ramanfit.fit.prepare import Prepared
from ramanfit.fit.result import FitResult, Status
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray

StringArray = npt.NDArray[np.str_]

STRUCTURE = 5.0  # standard errors of the correlation between neighbouring residuals
CORRELATED = 0.95
NARROW = 3.0  # channels
AS_BASELINE = 0.7  # of the length of a smooth part

FLAGS: dict[str, str] = {
    "not_measured": "empty or constant spectrum: nothing to fit",
    "failed": "no finite minimum, or none reached",
    "at_bound": "a center, width, form or height is held by a bound of the recipe; its standard error is empty",
    "no_covariance": "the normal matrix has no inverse: no standard errors",
    "saturated": "channels at the detector's ceiling inside the window; they were left out of the fit",
    "spike_in_band": "a cosmic ray within the width of a detected peak; its channels were left out of the fit",
    "missing_band": "something in the residuals says that the model lacks a band: peaks and baseline cannot be told "
    "apart; without the smooth part, and the difference to the fit with it in the errors",
    "broad_as_baseline": "a peak broader than 0.7 of the length of the baseline's smooth part: hardly told from it",
    "not_detected": "a height is below detection.min_snr standard errors, or the Bayesian information criterion is "
    "better without the peak: no position, no ratio",
    "low_snr": "a height is below detection.low_snr standard errors: errors are no longer symmetric",
    "residual_structure": "neighbouring residuals go together: the model leaves more than noise",
    "doublet_preferred": "two lines in the place of one (detection.doublets) are better by the Bayesian information "
    "criterion",
    "high_correlation": "two parameters of detected peaks are correlated by more than 0.95: hardly told apart",
    "width_limited": "a peak is narrower than 3 channels: its width is that of the spectrometer",
    "swapped": "centers of detected peaks do not come in the recipe's order, or only a bound keeps them in it",
    "edge_of_window": "a center lies within half its width of the window's edge",
    "outlier": "a value stands apart from those of the same point in the scans before and after; in a single scan from "
    "its neighbours along the line",
    "ratio_mismatch": "a printed ratio is not that of the heights beside it (tables of fits only)",
}


@dataclass(frozen=True, eq=False)
class RatioValues:
    """One ratio of all spectra, of heights and of areas; not a number where it has no meaning.

    `low` and `high` end its 95 % interval, `sys` is its systematic error; None: not asked for. `other` is the ratio of
    heights with the other baseline; None: there is one only.
    """

    value: FloatArray
    se: FloatArray
    area_value: FloatArray
    area_se: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None
    sys: FloatArray | None = None
    other: FloatArray | None = None


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
    redchi2 : array [N]
    flags : str array [N]
        Words of `FLAGS` joined by ``|``.
    center_sys : array [N, P] or None
        Systematic errors of the positions; None: not asked for.
    amplitude : array [N] or None
        See `FitResult`.
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
    center_sys: FloatArray | None = None
    amplitude: FloatArray | None = None


def quantities(result: FitResult, prepared: Prepared, recipe: Recipe) -> Quantities:
    """Derive all quantities of a fit; errors follow from the full covariance by linear propagation."""
    n, peaks = result.height.shape
    se = result.standard_errors()
    fitted = result.status == Status.CONVERGED
    with np.errstate(invalid="ignore", divide="ignore"):
        snr = result.height / se["height"]
        if result.other_snr is not None and result.missing_band is not None:
            both_baselines = np.fmin(snr, result.other_snr)  # what cannot be told from baseline has to be in both fits
            snr = np.where(result.missing_band[:, None], both_baselines, snr)
    result = result.doubted()
    se = result.standard_errors()
    # a fit without noise has no error to compare with: any height above 0 is seen
    seen = np.where(np.isfinite(snr), snr > recipe.detection.min_snr, result.height > 0) & fitted[:, None]
    with np.errstate(invalid="ignore"):
        seen &= ~(result.delta_bic < 0)
    status = np.where(seen, "ok", np.where(fitted[:, None], "not_detected", "failed"))

    def shown(values: FloatArray, where: BoolArray = seen) -> FloatArray:
        return np.where(where & np.isfinite(values), values, np.nan)

    k = result.fields
    factor, d_factor = _area_factors(result, prepared.model)
    area = factor * result.height * result.fwhm_cm1
    gradient = np.zeros((n, peaks, k * peaks))
    for p in range(peaks):
        gradient[:, p, k * p] = factor[:, p] * result.fwhm_cm1[:, p]
        gradient[:, p, k * p + 2] = factor[:, p] * result.height[:, p]
        if k == 4:
            gradient[:, p, k * p + 3] = d_factor[:, p] * result.height[:, p] * result.fwhm_cm1[:, p]
    ratios = {}
    index = {peak.name: p for p, peak in enumerate(recipe.peaks)}
    for r, ratio in enumerate(recipe.ratios):
        a, b = index[ratio.numerator], index[ratio.denominator]
        both = seen[:, a] & seen[:, b]
        values = _ratio(result, a, b, both, factor, d_factor)
        if result.intervals is not None:
            low, high = (shown(result.intervals[:, r, end], both) for end in (0, 1))
            values = replace(values, low=low, high=high)
        if (other := result.other_height) is not None:
            with np.errstate(invalid="ignore", divide="ignore"):
                values = replace(values, other=shown(other[:, a] / other[:, b], fitted))
        ratios[ratio.name] = values
    return Quantities(
        names=tuple(index),
        height=shown(result.height, fitted[:, None]),
        height_se=shown(se["height"], fitted[:, None]),
        center_cm1=shown(result.center_cm1),
        center_se=shown(se["center_cm1"]),
        fwhm_cm1=shown(result.fwhm_cm1),
        fwhm_se=shown(se["fwhm_cm1"]),
        form=shown(result.form),
        form_se=shown(se.get("form", np.full_like(area, np.nan))),
        area=shown(area),
        area_se=shown(_propagate(gradient, result.covariance)),
        status=status,
        formed=tuple(peak.name for peak in recipe.peaks if peak.form is not None),
        ratios=ratios,
        redchi2=shown(result.redchi2, fitted),
        flags=_flags(result, prepared, recipe, status, snr),
        amplitude=result.amplitude,
    )


def _propagate(gradient: FloatArray, covariance: FloatArray) -> FloatArray:
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
    se = _propagate(gradient, result.covariance)
    se[unknown] = np.nan
    columns = [np.where(both & np.isfinite(v), v, np.nan) for v in (value, se[:, 0], area_value, se[:, 1])]
    return RatioValues(*columns)


def _spike_in_band(result: FitResult, prepared: Prepared, status: StringArray) -> BoolArray:
    hit = np.zeros(len(result), dtype=bool)
    if prepared.spikes is not None:
        rows, channels = np.nonzero(prepared.spikes)
        away = np.abs(prepared.model.shift_cm1[channels, None] - result.center_cm1[rows])
        hit[rows[((status[rows] == "ok") & (away < result.fwhm_cm1[rows] / 2)).any(axis=1)]] = True
    return hit


def _correlated(result: FitResult, model: Model, status: StringArray) -> BoolArray:
    """Return where two free parameters of detected peaks are hardly told apart."""
    k = result.fields
    sd = np.sqrt(np.einsum("nii->ni", result.covariance))
    sd = np.where(np.repeat(status == "ok", k, axis=1), sd, np.nan)
    for p, link in enumerate(model.links):
        for field, leader in ((0, link.height_of), (1, link.center_of), (2, link.fwhm_of)):
            if leader is not None:
                sd[:, k * p + field] = np.nan  # it is not told apart by design
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.abs(result.covariance / (sd[:, :, None] * sd[:, None]))
    diagonal = np.arange(sd.shape[1])
    correlation[:, diagonal, diagonal] = 0.0
    return np.asarray((correlation > CORRELATED).any(axis=(1, 2)))


def _swapped(result: FitResult, model: Model, status: StringArray) -> BoolArray:
    """Return where detected peaks have changed places, or a bound on their distance keeps them from it."""
    order = np.argsort(model.home[:, 0], kind="stable")
    center = np.where(status == "ok", result.center_cm1, np.nan)[:, order]
    highest = np.fmax.accumulate(center, axis=1)
    with np.errstate(invalid="ignore"):
        swapped = (center[:, 1:] < highest[:, :-1]).any(axis=1)
    for p, link in enumerate(model.links):
        if link.center_of is not None:
            swapped |= result.at_bound[:, p, 0] & (status[:, [p, link.center_of]] == "ok").all(axis=1)
    return np.asarray(swapped)


def _flags(result: FitResult, prepared: Prepared, recipe: Recipe, status: StringArray, snr: FloatArray) -> StringArray:
    shift = prepared.model.shift_cm1
    fitted = result.status == Status.CONVERGED
    # a height that a bound holds has no error, nor have those that follow it
    leads = np.array([prepared.model.link(p).height_of is None for p in range(len(recipe.peaks))])
    held = result.at_bound[..., 3]
    half = result.fwhm_cm1 / 2
    broad = AS_BASELINE * prepared.model.smooth_cm1 or np.inf
    pitch = np.interp(result.center_cm1, shift[:-1], np.diff(shift))
    with np.errstate(invalid="ignore"):
        near_edge = (result.center_cm1 - half < shift[0]) | (result.center_cm1 + half > shift[-1])
        weak = (status == "ok") & (snr < recipe.detection.low_snr)
    raised = {
        "not_measured": result.status == Status.NOT_MEASURED,
        "failed": (result.status == Status.FAILED) | (result.status == Status.NOT_CONVERGED),
        "at_bound": fitted & result.at_bound.any(axis=(1, 2)),
        "no_covariance": fitted & (np.isnan(result.standard_errors()["height"]) & leads & ~held).any(axis=1),
        "saturated": prepared.saturated,
        "spike_in_band": _spike_in_band(result, prepared, status),
        "missing_band": fitted & (False if result.missing_band is None else result.missing_band),
        "broad_as_baseline": ((status == "ok") & (result.fwhm_cm1 > broad)).any(axis=1),
        "not_detected": (status == "not_detected").any(axis=1),
        "low_snr": weak.any(axis=1),
        "residual_structure": fitted & (result.structure > STRUCTURE),
        "doublet_preferred": fitted & ((status == "ok") & (result.double_bic > 0)).any(axis=1),
        "high_correlation": fitted & _correlated(result, prepared.model, status),
        "width_limited": ((status == "ok") & (result.fwhm_cm1 < NARROW * pitch)).any(axis=1),
        "swapped": fitted & _swapped(result, prepared.model, status),
        "edge_of_window": ((status == "ok") & near_edge).any(axis=1),
    }
    words = np.full(len(result), "", dtype=object)
    for word, where in raised.items():
        words[where] += word + "|"
    return np.array([w[:-1] for w in words])
