"""Free Lorentzians, fitted by the compiled core; everything else by NumPy."""

from __future__ import annotations

import ctypes

import numpy as np

from ramanfit.fit.engine import limits
from ramanfit.fit.engine.compiled.library import FAR, Arrays, Core, core, padded
from ramanfit.fit.engine.starts import starts_of
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult, Status
from ramanfit.fit.weighing import Weighing, as_array
from ramanfit.scan.scan import FloatArray

MOST_PEAKS, MOST_FUNCTIONS = 32, 256  # small tables lie on the stack

_COUNT, _ARRAY, _NUMBER = ctypes.c_int64, ctypes.c_void_p, ctypes.c_double


class _ModelOf(ctypes.Structure):
    _fields_ = [
        *(
            (name, _COUNT)
            for name in ("channels", "stride", "peaks", "baseline", "polynomials", "parameters", "trials")
        ),
        *((name, _ARRAY) for name in ("shift", "basis", "lower", "upper", "home", "grid", "shapes", "overlap")),
    ]


class _RowsOf(ctypes.Structure):
    _fields_ = [
        ("count", _COUNT),
        *((name, _ARRAY) for name in ("counts", "weights", "sight", "start", "penalty", "enough")),
        *((name, _NUMBER) for name in ("tolerance", "rough", "suspect_snr2", "alike")),
        *((name, _NUMBER) for name in ("rounding", "max_step", "max_damping")),
        *((name, _COUNT) for name in ("home", "patience", "iterations")),
    ]


class _FoundOf(ctypes.Structure):
    _fields_ = [
        (name, _ARRAY)
        for name in ("height", "center", "fwhm", "coefficients", "covariance", "chi2", "dof", "at_bound", "status")
    ]


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
    """Fit the model to every spectrum; parameters as in `ramanfit.fit.engine.varpro.fit`.

    Raises
    ------
    ValueError
        If the shapes of the arrays do not go together.
    """
    variant = core()
    if variant is None or not suits(model, weights, ratio, penalty):
        from ramanfit.fit.engine import varpro

        return varpro.fit(model, counts, weights, start, tolerance, ratio, penalty, home, enough)
    return fit_with(variant, model, counts, weights, start, tolerance, penalty, home, enough)


def suits(
    model: Model,
    weights: FloatArray | Weighing | None,
    ratio: FloatArray | None = None,
    penalty: FloatArray | None = None,
) -> bool:
    """Tell whether the core has what a fit needs."""
    bent = bool(len(model.smooth))
    few = 0 < len(model.names) <= MOST_PEAKS and len(model.basis) + 3 * len(model.names) < MOST_FUNCTIONS
    return few and not model.links and ratio is None and (not bent or (weights is not None and penalty is not None))


def fit_with(
    variant: Core,
    model: Model,
    counts: FloatArray,
    weights: FloatArray | Weighing | None = None,
    start: FloatArray | None = None,
    tolerance: float = limits.TOLERANCE,
    penalty: FloatArray | None = None,
    home: bool = False,
    enough: FloatArray | None = None,
) -> FitResult:
    """Fit a model that suits the core with one of its variants; parameters as in `fit`."""
    n, m, p = len(counts), len(model.shift_cm1), len(model.names)
    result = model.unfitted(n, Status.FAILED)
    if not n:
        return result
    arrays, middle = Arrays(), np.array([model.middle, 0.0])
    its = _ModelOf(
        channels=m,
        stride=padded(m),
        peaks=p,
        baseline=len(model.basis),
        polynomials=len(model.polynomials),
        parameters=model.parameters,
        shift=arrays.filled(model.centred, FAR),
        basis=arrays.filled(model.basis),
        lower=arrays.own(_columns(model.lower - middle)),
        upper=arrays.own(_columns(model.upper - middle)),
        home=arrays.own(_columns(model.home[:, :2] - middle)),
        **_trials(model, arrays) if start is None else {},
    )
    sight = weights.sight(arrays, n, m) if isinstance(weights, Weighing) else None
    rows = _RowsOf(
        count=n,
        counts=arrays.of("counts", counts, n, m),
        weights=None if sight is not None else arrays.of("weights", as_array(weights), n, m),
        sight=None if sight is None else ctypes.addressof(sight),
        start=None if start is None else arrays.of("start", start - np.array([model.middle, 0.0, 0.0]), n, p, 3),
        penalty=arrays.of("penalty", penalty, n, len(model.smooth)),
        enough=arrays.of("enough", enough, n),
        tolerance=tolerance,
        rough=limits.ROUGH,
        suspect_snr2=limits.SUSPECT_SNR2,
        alike=limits.ALIKE,
        rounding=limits.ROUNDING,
        max_step=limits.MAX_STEP,
        max_damping=limits.MAX_DAMPING,
        home=home,
        patience=limits.PATIENCE,
        iterations=limits.MAX_ITERATIONS,
    )
    found = _FoundOf(
        height=arrays.own(result.height),
        center=arrays.own(result.center_cm1),
        fwhm=arrays.own(result.fwhm_cm1),
        coefficients=arrays.own(result.coefficients),
        covariance=arrays.own(result.covariance),
        chi2=arrays.own(result.chi2),
        dof=arrays.own(result.dof),
        at_bound=arrays.own(result.at_bound),
        status=arrays.own(result.status),
    )
    variant.call("fit", ctypes.byref(its), ctypes.byref(rows), _COUNT(0), _COUNT(n), ctypes.byref(found))
    result.center_cm1[:] += model.middle
    return result


def _trials(model: Model, arrays: Arrays) -> dict[str, int]:
    starts = starts_of(model)
    p, k = starts.grid.shape[:2]
    return {
        "trials": k,
        "grid": arrays.own(np.ascontiguousarray(starts.grid - [model.middle, 0.0])),
        "shapes": arrays.filled(starts.shapes.reshape(p * k, -1)),
        "overlap": arrays.own(np.ascontiguousarray(starts.overlap.reshape(p * k, p * k))),
    }


def _columns(pairs: FloatArray) -> FloatArray:
    """Return what is by peak as centers, then widths."""
    return np.ascontiguousarray(pairs.T, dtype=np.float64).ravel()
