"""Free Lorentzians, fitted by the compiled core; everything else by NumPy."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from ramanfit.fit.engine import varpro
from ramanfit.fit.engine.compiled.library import Core, core
from ramanfit.fit.engine.starts import Starts
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult, Status
from ramanfit.scan.scan import FloatArray

FAR = 1e60  # shift of the channels that fill up the last vector
VECTOR = 8  # channels of the widest
MOST_PEAKS, MOST_FUNCTIONS = 32, 256  # small tables lie on the stack

_COUNT, _ARRAY = ctypes.c_int64, ctypes.c_void_p


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
        *((name, _ARRAY) for name in ("counts", "weights", "start", "penalty")),
        *(
            (name, ctypes.c_double)
            for name in ("tolerance", "rough", "suspect_snr2", "alike", "rounding", "max_step", "max_damping")
        ),
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
    weights: FloatArray | None = None,
    start: FloatArray | None = None,
    tolerance: float = varpro.TOLERANCE,
    ratio: FloatArray | None = None,
    penalty: FloatArray | None = None,
    home: bool = False,
) -> FitResult:
    """Fit the model to every spectrum; parameters as in `ramanfit.fit.engine.varpro.fit`.

    Raises
    ------
    ValueError
        If the shapes of the arrays do not go together.
    """
    variant = core()
    if variant is None or not suits(model, weights, ratio, penalty):
        return varpro.fit(model, counts, weights, start, tolerance, ratio, penalty, home)
    return fit_with(variant, model, counts, weights, start, tolerance, penalty, home)


def suits(
    model: Model, weights: FloatArray | None, ratio: FloatArray | None = None, penalty: FloatArray | None = None
) -> bool:
    """Tell whether the core has what a fit needs."""
    bent = bool(len(model.smooth))
    few = 0 < len(model.names) <= MOST_PEAKS and len(model.basis) + 3 * len(model.names) < MOST_FUNCTIONS
    return few and not model.links and ratio is None and (not bent or (weights is not None and penalty is not None))


def fit_with(
    variant: Core,
    model: Model,
    counts: FloatArray,
    weights: FloatArray | None = None,
    start: FloatArray | None = None,
    tolerance: float = varpro.TOLERANCE,
    penalty: FloatArray | None = None,
    home: bool = False,
) -> FitResult:
    """Fit a model that suits the core with one of its variants; parameters as in `fit`."""
    n, m, p = len(counts), len(model.shift_cm1), len(model.names)
    result = model.unfitted(n, Status.FAILED)
    if not n:
        return result
    middle = np.array([model.middle, 0.0])
    its_start = None if start is None else _checked("start", start, (n, p, 3)) - np.array([model.middle, 0.0, 0.0])
    keep: list[np.ndarray] = []

    def address(array: np.ndarray | None) -> int | None:
        if array is None:
            return None
        keep.append(array)
        return int(array.ctypes.data)

    padded = -(-m // VECTOR) * VECTOR
    its = _ModelOf(
        channels=m,
        stride=padded,
        peaks=p,
        baseline=len(model.basis),
        polynomials=len(model.polynomials),
        parameters=model.parameters,
        shift=address(_filled(model.centred, padded, FAR)),
        basis=address(_filled(model.basis, padded)),
        lower=address(_columns(model.lower - middle)),
        upper=address(_columns(model.upper - middle)),
        home=address(_columns(model.home[:, :2] - middle)),
        **_trials(model, padded, address) if start is None else {},
    )
    rows = _RowsOf(
        count=n,
        counts=address(_checked("counts", counts, (n, m))),
        weights=address(None if weights is None else _checked("weights", weights, (n, m))),
        start=address(its_start),
        penalty=address(None if penalty is None else _checked("penalty", penalty, (n, len(model.smooth)))),
        tolerance=tolerance,
        rough=varpro.ROUGH,
        suspect_snr2=varpro.SUSPECT_SNR2,
        alike=varpro.ALIKE,
        rounding=varpro.ROUNDING,
        max_step=varpro.MAX_STEP,
        max_damping=varpro.MAX_DAMPING,
        home=home,
        patience=varpro.PATIENCE,
        iterations=varpro.MAX_ITERATIONS,
    )
    found = _FoundOf(
        height=address(result.height),
        center=address(result.center_cm1),
        fwhm=address(result.fwhm_cm1),
        coefficients=address(result.coefficients),
        covariance=address(result.covariance),
        chi2=address(result.chi2),
        dof=address(result.dof),
        at_bound=address(result.at_bound),
        status=address(result.status),
    )
    if variant.function("fit")(ctypes.byref(its), ctypes.byref(rows), _COUNT(0), _COUNT(n), ctypes.byref(found)):
        raise MemoryError
    result.center_cm1[:] += model.middle
    return result


def _trials(model: Model, padded: int, address: Any) -> dict[str, int]:
    starts = Starts(model)
    p, k = starts.grid.shape[:2]
    return {
        "trials": k,
        "grid": address(np.ascontiguousarray(starts.grid - [model.middle, 0.0])),
        "shapes": address(_filled(starts.shapes.reshape(p * k, -1), padded)),
        "overlap": address(np.ascontiguousarray(starts.overlap.reshape(p * k, p * k))),
    }


def _filled(rows: FloatArray, padded: int, value: float = 0.0) -> FloatArray:
    """Return rows filled up to whole vectors."""
    filled = np.full((*rows.shape[:-1], padded), value)
    filled[..., : rows.shape[-1]] = rows
    return filled


def _columns(pairs: FloatArray) -> FloatArray:
    """Return what is by peak as centers, then widths."""
    return np.ascontiguousarray(pairs.T, dtype=np.float64).ravel()


def _checked(name: str, array: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Return an array as the core reads it."""
    if array.shape != shape:
        raise ValueError(f"{name}: expected the shape {shape}, found {array.shape}")
    return np.ascontiguousarray(array, dtype=np.float64)
