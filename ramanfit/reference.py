"""The second opinion: the same model and bounds, one spectrum at a time, through lmfit."""

from __future__ import annotations

import lmfit
import numpy as np

from ramanfit.model import Model
from ramanfit.result import FitResult, Status
from ramanfit.scan import FloatArray
from ramanfit.starts import Starts

TOLERANCE = 1e-12


def fit(
    model: Model, counts: FloatArray, weights: FloatArray | None = None, start: FloatArray | None = None
) -> FitResult:
    """Fit the model to every spectrum with ``lmfit.minimize`` (leastsq); arguments as `ramanfit.varpro.fit`.

    All 3P + Q parameters are free, and bounds are lmfit's own transformations: nothing is shared with the
    batched engine but the model and, where `start` is None, its search for a start.
    """
    if start is None:
        level = (counts @ model.basis.T) @ model.basis
        start = Starts(model).search(counts - level)
    rows = [_fit_one(model, counts[i], None if weights is None else weights[i], start[i]) for i in range(len(counts))]
    return FitResult.concat(rows)


def _parameters(model: Model, y: FloatArray, root: FloatArray, start: FloatArray) -> lmfit.Parameters:
    """lmfit's parameters, heights and coefficients from a linear fit at the start."""
    u = (model.shift_cm1 - start[:, :1]) / (start[:, 1:] / 2)
    columns = np.concatenate([1 / (1 + u * u), model.basis]) * root
    linear = np.linalg.lstsq(columns.T, y * root, rcond=None)[0]
    parameters = lmfit.Parameters()
    for p in range(len(model.names)):
        parameters.add(f"h{p}", value=linear[p])
        for letter, k in (("c", 0), ("w", 1)):
            low, high = model.lower[p, k], model.upper[p, k]
            margin = 1e-3 * (high - low)  # lmfit's transformation has no slope on a bound
            value = float(np.clip(start[p, k], low + margin, high - margin))
            parameters.add(f"{letter}{p}", value=value, min=low, max=high)
    for q in range(len(model.basis)):
        parameters.add(f"b{q}", value=linear[len(model.names) + q])
    return parameters


def _fit_one(model: Model, y: FloatArray, weights: FloatArray | None, start: FloatArray) -> FitResult:
    root = np.ones_like(y) if weights is None else np.sqrt(weights)
    peaks, coefficients = len(model.names), len(model.basis)

    def residual(parameters: lmfit.Parameters) -> FloatArray:
        v = parameters.valuesdict()
        curve = sum(v[f"b{q}"] * model.basis[q] for q in range(coefficients))
        for p in range(peaks):
            u = (model.shift_cm1 - v[f"c{p}"]) / (v[f"w{p}"] / 2)
            curve = curve + v[f"h{p}"] / (1 + u * u)
        return np.asarray((curve - y) * root)[root > 0]

    try:
        found = lmfit.minimize(residual, _parameters(model, y, root, start), ftol=TOLERANCE, xtol=TOLERANCE, gtol=0.0)
    except (ValueError, np.linalg.LinAlgError):
        return FitResult.empty(1, peaks, coefficients, Status.FAILED)
    result = FitResult.empty(1, peaks, coefficients, Status.CONVERGED)
    if not found.success:
        result.status[:] = Status.NOT_CONVERGED
    value = found.params.valuesdict()
    for p in range(peaks):
        result.height[0, p], result.center_cm1[0, p], result.fwhm_cm1[0, p] = (value[f"{k}{p}"] for k in "hcw")
    result.coefficients[0] = [value[f"b{q}"] for q in range(coefficients)]
    place = np.stack([result.center_cm1[0], result.fwhm_cm1[0]], axis=1)
    reach = 1e-6 * (model.upper - model.lower)
    result.at_bound[0] = (place <= model.lower + reach) | (place >= model.upper - reach)
    result.chi2[0] = float(np.sum(found.residual**2))
    result.dof[0] = found.nfree
    if getattr(found, "covar", None) is not None and np.isfinite(found.covar).all():
        index = [found.var_names.index(f"{k}{p}") for p in range(peaks) for k in "hcw"]
        covariance = found.covar[np.ix_(index, index)]
        held = np.concatenate([np.array([False, *result.at_bound[0, p]]) for p in range(peaks)])
        covariance[held] = covariance[:, held] = np.nan
        result.covariance[0] = covariance
    return result
