"""The second opinion: the same model and bounds, one spectrum at a time, through lmfit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import lmfit
import numpy as np

from ramanfit.fit.engine.starts import Starts
from ramanfit.fit.masks import bridged
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult, Status
from ramanfit.scan.scan import BoolArray, FloatArray

TOLERANCE = 1e-12


def fit(
    model: Model, counts: FloatArray, weights: FloatArray | None = None, start: FloatArray | None = None
) -> FitResult:
    """Fit the model to every spectrum with ``lmfit.minimize`` (leastsq); arguments as `ramanfit.fit.engine.varpro.fit`.

    All parameters that are not fixed are free, ties are lmfit's expressions, and bounds its own transformations:
    nothing is shared with the batched engine but the model and, where `start` is None, its search for a start.
    """
    counts = bridged(counts, None if weights is None else weights > 0)
    if start is None:
        start = Starts(model).search(counts - (counts @ model.basis.T) @ model.basis)
    rows = [_fit_one(model, counts[i], None if weights is None else weights[i], start[i]) for i in range(len(counts))]
    return FitResult.concat(rows)


def _parameters(model: Model, y: FloatArray, root: FloatArray, start: FloatArray) -> lmfit.Parameters:
    """lmfit's parameters, heights and coefficients from a linear fit at the start."""
    peaks = range(len(model.names))
    own = [p for p in peaks if model.link(p).height_of is None]
    columns = np.concatenate([*(model.shape(p, *start[p])[None] for p in own), model.basis]) * root
    linear = np.linalg.lstsq(columns.T, y * root, rcond=None)[0]
    parameters = lmfit.Parameters()
    for k, p in enumerate(own):
        low, high = model.link(p).height_bounds
        margin = min(0.1 * abs(linear[k]), (high - low) / 4)  # as for other bounds
        parameters.add(f"h{p}", value=float(np.clip(linear[k], low + margin, high - margin)), min=low, max=high)
    for p in sorted(peaks, key=lambda p: model.link(p).center_of is not None):  # those that are followed first
        link = model.link(p)
        if link.center_of is None:
            _bounded(parameters, f"c{p}", start[p, 0], model.lower[p, 0], model.upper[p, 0])
        else:
            away = start[p, 0] - start[link.center_of, 0]
            _bounded(parameters, f"d{p}", away, model.lower[p, 0], model.upper[p, 0])
            parameters.add(f"c{p}", expr=f"c{link.center_of} + d{p}")
        if link.fwhm_of is None:
            _bounded(parameters, f"w{p}", start[p, 1], model.lower[p, 1], model.upper[p, 1])
        if link.form is not None:
            _bounded(parameters, f"s{p}", start[p, 2], *link.form[1:])
    for p in peaks:
        link = model.link(p)
        if link.fwhm_of is not None:
            parameters.add(f"w{p}", expr=f"{link.fwhm_ratio!r} * w{link.fwhm_of}")
        if link.height_of is not None:
            parameters.add(f"h{p}", expr=f"{link.height_ratio!r} * h{link.height_of}")
    for q in range(len(model.basis)):
        parameters.add(f"b{q}", value=linear[len(own) + q])
    return parameters


def _bounded(parameters: lmfit.Parameters, name: str, start: float, low: float, high: float) -> None:
    if low == high:
        parameters.add(name, value=low, vary=False)
        return
    margin = 1e-3 * (high - low)  # lmfit's transformation has no slope on a bound
    parameters.add(name, value=float(np.clip(start, low + margin, high - margin)), min=low, max=high)


def _fit_one(model: Model, y: FloatArray, weights: FloatArray | None, start: FloatArray) -> FitResult:
    root = np.ones_like(y) if weights is None else np.sqrt(weights)
    peaks, coefficients, k = len(model.names), len(model.basis), model.fields
    forms = [p for p in range(peaks) if model.link(p).form is not None]

    def residual(parameters: lmfit.Parameters) -> FloatArray:
        v = parameters.valuesdict()
        curve = np.zeros_like(y)
        for q in range(coefficients):
            curve = curve + v[f"b{q}"] * model.basis[q]
        for p in range(peaks):
            if model.link(p).shape == "lorentzian":
                u = (model.shift_cm1 - v[f"c{p}"]) / (v[f"w{p}"] / 2)
                curve = curve + v[f"h{p}"] / (1 + u * u)
            else:
                place = (np.asarray(v.get(f"{letter}{p}", np.nan)) for letter in "cws")
                curve = curve + v[f"h{p}"] * model.shape(p, *place)
        return np.asarray((curve - y) * root)[root > 0]

    try:
        found = lmfit.minimize(residual, _parameters(model, y, root, start), ftol=TOLERANCE, xtol=TOLERANCE, gtol=0.0)
    except (ValueError, np.linalg.LinAlgError):
        return FitResult.empty(1, peaks, coefficients, Status.FAILED, k)
    result = FitResult.empty(1, peaks, coefficients, Status.CONVERGED, k)
    if not found.success:
        result.status[:] = Status.NOT_CONVERGED
    value = found.params.valuesdict()
    for p in range(peaks):
        result.height[0, p], result.center_cm1[0, p], result.fwhm_cm1[0, p] = (value[f"{x}{p}"] for x in "hcw")
    for p in forms:
        result.form[0, p] = value[f"s{p}"]
    result.coefficients[0] = [value[f"b{q}"] for q in range(coefficients)]
    for name, parameter in found.params.items():
        if parameter.vary and np.isfinite([parameter.min, parameter.max]).any():
            span = parameter.max - parameter.min
            reach = 1e-6 * (span if np.isfinite(span) else abs(parameter.value) + 1)
            held = not parameter.min + reach < parameter.value < parameter.max - reach
            result.at_bound[0, int(name[1:]), "cwsh".index(name[0].replace("d", "c"))] = held
    result.chi2[0] = float(np.sum(found.residual**2))
    result.dof[0] = found.nfree
    if getattr(found, "covar", None) is not None and np.isfinite(found.covar).all():
        result.covariance[0] = _covariance(
            found, [f"{x}{p}" for p in range(peaks) for x in "hcws"[:k]], result.at_bound[0]
        )
    return result


def _covariance(found: Any, names: Sequence[str], at_bound: BoolArray) -> FloatArray:
    """Covariance of named parameters, those that follow others included; not a number for what is fixed or held."""
    n = len(found.var_names)
    slopes = np.zeros((len(names), n))
    for i, name in enumerate(names):
        parameter = found.params.get(name)
        if parameter is not None and (parameter.vary or parameter.expr):
            for j, moved in enumerate(found.var_names):
                slopes[i, j] = _slope(parameter, found.params, moved)
    held = [x[0] != "b" and bool(at_bound[int(x[1:]), "cwsh".index(x[0].replace("d", "c"))]) for x in found.var_names]
    slopes[:, held] = 0.0
    covariance = slopes @ found.covar @ slopes.T
    nothing = ~slopes.any(axis=1)
    covariance[nothing] = covariance[:, nothing] = np.nan
    return np.asarray(covariance)


def _slope(parameter: Any, parameters: lmfit.Parameters, moved: str) -> float:
    """Derivative of a parameter, which may be an expression in others, with respect to one that was varied."""
    if parameter.name == moved:
        return 1.0
    if not parameter.expr or moved not in re.findall(r"[a-z]\d+", parameter.expr):
        return 0.0
    factor = re.match(r"([\d.e+-]+) \* ", parameter.expr)
    return float(factor.group(1)) if factor else 1.0
