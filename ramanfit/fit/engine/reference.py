"""The second opinion: the same model and bounds, one spectrum at a time, through lmfit."""

from __future__ import annotations

from typing import Any

import lmfit
import lmfit.lineshapes
import numpy as np

from ramanfit.fit.engine.starts import starts_of
from ramanfit.fit.lineshapes import lorentzian_area
from ramanfit.fit.masks import bridged
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult, Status
from ramanfit.fit.weighing import Weighing, as_array
from ramanfit.scan.scan import BoolArray, FloatArray

TOLERANCE = 1e-12
SOON, MOST = 200, 2000  # evaluations, times the number of parameters and 1: what takes more creeps towards a bound
CREEPS = 1e-3  # of the span between bounds: what is nearer to one by then is put on it


def fit(
    model: Model,
    counts: FloatArray,
    weights: FloatArray | Weighing | None = None,
    start: FloatArray | None = None,
    penalty: FloatArray | None = None,
    home: bool = False,
    enough: FloatArray | None = None,
) -> FitResult:
    """Fit the model to every spectrum with ``lmfit.minimize`` (leastsq); arguments as `ramanfit.fit.engine.varpro.fit`.

    All parameters that are not fixed are free, ties are lmfit's expressions, and bounds its own transformations:
    nothing is shared with the batched engine but the model and, where `start` is None, its search for a start. A
    penalty is a residual for each smooth function. `home` and `enough` change nothing.
    """
    weights = as_array(weights)
    counts = bridged(counts, None if weights is None else weights > 0)
    if start is None:
        start = starts_of(model).search(counts - (counts @ model.polynomials.T) @ model.polynomials)
    if not len(counts):
        return model.unfitted(0, Status.FAILED)
    rows = []
    for i in range(len(counts)):
        held = np.empty(0) if penalty is None else np.sqrt(penalty[i])
        rows.append(_fit_one(model, counts[i], None if weights is None else weights[i], start[i], held))
    return FitResult.concat(rows)


def _parameters(model: Model, y: FloatArray, root: FloatArray, start: FloatArray) -> lmfit.Parameters:
    """lmfit's parameters, heights and coefficients from a linear fit at the start."""
    peaks = range(len(model.names))
    leading = [p for p in peaks if model.link(p).height_of is None]
    columns = np.concatenate([*(model.shape(p, *start[p])[None] for p in leading), model.basis]) * root
    linear = np.linalg.lstsq(columns.T, y * root, rcond=None)[0]
    parameters = lmfit.Parameters()
    for k, p in enumerate(leading):
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
        parameters.add(f"b{q}", value=linear[len(leading) + q])
    return parameters


def _bounded(parameters: lmfit.Parameters, name: str, start: float, low: float, high: float) -> None:
    if low == high:
        parameters.add(name, value=low, vary=False)
        return
    margin = 1e-3 * (high - low)  # lmfit's transformation has no slope on a bound
    parameters.add(name, value=float(np.clip(start, low + margin, high - margin)), min=low, max=high)


def _fit_one(model: Model, y: FloatArray, weights: FloatArray | None, start: FloatArray, held: FloatArray) -> FitResult:
    root = np.ones_like(y) if weights is None else np.sqrt(weights)
    peaks, coefficients = len(model.names), len(model.basis)

    def residual(parameters: lmfit.Parameters) -> FloatArray:
        v = parameters.valuesdict()
        curve = np.zeros_like(y)
        for q in range(coefficients):
            curve = curve + v[f"b{q}"] * model.basis[q]
        for p in range(peaks):
            link = model.link(p)
            if link.shape == "lorentzian":
                u = (model.shift_cm1 - v[f"c{p}"]) / (v[f"w{p}"] / 2)
                curve = curve + v[f"h{p}"] / (1 + u * u)
            elif link.shape == "voigt":
                area, sigma = lorentzian_area(v[f"h{p}"], v[f"w{p}"]), link.instrument_cm1 / np.sqrt(8 * np.log(2))
                curve = curve + lmfit.lineshapes.voigt(model.shift_cm1, area, v[f"c{p}"], sigma, v[f"w{p}"] / 2)
            else:
                nonlinear = (np.asarray(v.get(f"{letter}{p}", np.nan)) for letter in "cws")
                curve = curve + v[f"h{p}"] * model.shape(p, *nonlinear)
        smooth = [h * v[f"b{coefficients - len(held) + j}"] for j, h in enumerate(held.tolist())]
        return np.concatenate([np.asarray((curve - y) * root)[root > 0], smooth])

    def minimise(parameters: lmfit.Parameters, most: int) -> Any:
        free = sum(parameter.vary for parameter in parameters.values())
        settings = {"ftol": TOLERANCE, "xtol": TOLERANCE, "gtol": 0.0, "max_nfev": most * (free + 1)}
        return lmfit.minimize(residual, parameters, **settings)

    result, held_on = model.unfitted(1, Status.FAILED), list[str]()
    try:
        minimum = minimise(_parameters(model, y, root, start), SOON)
        if not minimum.success:
            held_on = _put_on_bounds(minimum.params)
            minimum = minimise(minimum.params, MOST)
    except (ValueError, np.linalg.LinAlgError):
        return result
    result.status[:] = Status.CONVERGED if minimum.success else Status.NOT_CONVERGED
    value = minimum.params.valuesdict()
    for p in range(peaks):
        result.height[0, p], result.center_cm1[0, p], result.fwhm_cm1[0, p] = (value[f"{x}{p}"] for x in "hcw")
        if model.link(p).form is not None:
            result.form[0, p] = value[f"s{p}"]
    result.coefficients[0] = [value[f"b{q}"] for q in range(coefficients)]
    for name, parameter in minimum.params.items():
        if parameter.vary and np.isfinite([parameter.min, parameter.max]).any():
            span = parameter.max - parameter.min
            reach = 1e-6 * (span if np.isfinite(span) else abs(parameter.value) + 1)
            is_held = not parameter.min + reach < parameter.value < parameter.max - reach
            result.at_bound[0, int(name[1:]), _column(name)] = is_held
    for name in held_on:
        result.at_bound[0, int(name[1:]), _column(name)] = True
    result.chi2[0] = float(np.sum(minimum.residual**2))
    result.dof[0] = minimum.nfree  # a residual and a parameter more for each smooth function
    if getattr(minimum, "covar", None) is not None and np.isfinite(minimum.covar).all():
        result.covariance[0] = _covariance(minimum, model, result.at_bound[0])
    return result


def _put_on_bounds(parameters: lmfit.Parameters) -> list[str]:
    """Fix what has all but reached a bound, where lmfit's transformation has no slope; return its names."""
    held = []
    for name, parameter in parameters.items():
        reach = CREEPS * (parameter.max - parameter.min)
        if parameter.vary and np.isfinite(reach):
            for bound in (parameter.min, parameter.max):
                if abs(parameter.value - bound) < reach:
                    parameter.set(value=bound, vary=False)
                    held.append(name)
    return held


def _covariance(minimum: Any, model: Model, at_bound: BoolArray) -> FloatArray:
    """Return the covariance [KP, KP] of all parameters, those that follow others included.

    Not a number for what is fixed or held.
    """
    parameters = [(p, kind) for p in range(len(model.names)) for kind in "hcws"[: model.fields]]
    slopes = np.array([[_slope(model, p, kind, moved) for moved in minimum.var_names] for p, kind in parameters])
    held = [name[0] != "b" and bool(at_bound[int(name[1:]), _column(name)]) for name in minimum.var_names]
    slopes[:, held] = 0.0
    covariance = slopes @ minimum.covar @ slopes.T
    nothing = ~slopes.any(axis=1)
    covariance[nothing] = covariance[:, nothing] = np.nan
    return np.asarray(covariance)


def _column(name: str) -> int:
    """Column of `FitResult.at_bound` for a parameter of lmfit."""
    return "cwsh".index(name[0].replace("d", "c"))


def _slope(model: Model, p: int, kind: str, moved: str) -> float:
    """Return the derivative of a peak's height, center, width or form by a parameter that was varied."""
    link = model.link(p)
    factor, of = {
        "h": (link.height_ratio, link.height_of),
        "c": (1.0, link.center_of),
        "w": (link.fwhm_ratio, link.fwhm_of),
        "s": (1.0, None),
    }[kind]
    if of is None:
        return float(moved == f"{kind}{p}")
    return factor * (moved == f"{kind}{of}") + (kind == "c" and moved == f"d{p}")
