"""What surrounds the fits, in one pass over the channels each, where there is a compiled core.

The functions that call these say what they do, and do it with NumPy where there is none.
"""

from __future__ import annotations

import ctypes

import numpy as np

from ramanfit.fit.engine.compiled.library import FAR, Arrays, Core, padded
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult
from ramanfit.scan.scan import BoolArray, FloatArray

_COUNT, _ARRAY, _NUMBER = ctypes.c_int64, ctypes.c_void_p, ctypes.c_double
MOST_FUNCTIONS = 256  # whose addresses lie on the stack


class _NoiseOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels")),
        *((name, _ARRAY) for name in ("level", "gain", "signal", "square", "weight", "more")),
        *((name, _NUMBER) for name in ("floor", "clip")),
        ("sums", _ARRAY),
    ]


class _SpikesOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "reach")),
        *((name, _ARRAY) for name in ("counts", "curve", "variance", "level", "use")),
        *((name, _NUMBER) for name in ("bar", "flank", "misfit")),
        ("found", _ARRAY),
    ]


class _ScoresOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "stride", "peaks", "baseline", "lines", "slow")),
        *((name, _ARRAY) for name in ("shift", "basis", "later", "line", "center", "fwhm", "residual", "weights")),
        ("table", _ARRAY),
    ]


class _OrderOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "step", "place")),
        *((name, _ARRAY) for name in ("rows", "found")),
    ]


class _NeighboursOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels")),
        ("outlier", _NUMBER),
        *((name, _ARRAY) for name in ("residual", "use", "sums")),
    ]


def middle_size(core: Core, rows: FloatArray, step: int = 0) -> FloatArray:
    """Return the upper median of the sizes of every row [N, M], or of its second differences over some channels."""
    (n, m), arrays, found = rows.shape, Arrays(), np.empty(len(rows))
    left = m - 2 * step
    if left < 1 or step < 0:
        raise ValueError(f"step: expected less than half of {m} channels, found {step}")
    order = _OrderOf(
        count=n,
        channels=m,
        step=step,
        place=left // 2,
        rows=arrays.of("rows", rows, n, m),
        found=arrays.own(found),
    )
    core.call("ordered", ctypes.byref(order))
    return found


def neighbours(core: Core, residual: FloatArray, use: BoolArray | None, outlier: float) -> FloatArray:
    """Return what `ramanfit.fit.correlation._alike` sums up in every spectrum, [3, N]."""
    (n, m), arrays, sums = residual.shape, Arrays(), np.empty((3, len(residual)))
    if use is not None and use.shape != residual.shape:
        raise ValueError(f"use: expected the shape {residual.shape}, found {use.shape}")
    task = _NeighboursOf(
        count=n,
        channels=m,
        outlier=outlier,
        residual=arrays.of("residual", residual, n, m),
        use=None if use is None else arrays.own(np.ascontiguousarray(use, dtype=bool)),
        sums=arrays.own(sums),
    )
    core.call("neighbours", ctypes.byref(task))
    return sums


def noise_sums(
    core: Core,
    level: FloatArray,
    gain: FloatArray,
    signal: FloatArray,
    square: FloatArray,
    weight: FloatArray,
    more: FloatArray,
    floor: float,
    clip: float,
) -> FloatArray:
    """As `ramanfit.fit.noise._sums`."""
    (n, m), arrays, sums = square.shape, Arrays(), np.empty((5, len(square)))
    task = _NoiseOf(
        count=n,
        channels=m,
        level=arrays.of("level", level, n),
        gain=arrays.of("gain", gain, n),
        signal=arrays.of("signal", signal, n, m),
        square=arrays.of("square", square, n, m),
        weight=arrays.of("weight", weight, n, m),
        more=arrays.of("more", more, n, m),
        floor=floor,
        clip=clip,
        sums=arrays.own(sums),
    )
    core.call("noise_sums", ctypes.byref(task))
    return sums


def spiky(
    core: Core,
    counts: FloatArray,
    curve: FloatArray | None,
    noise: FloatArray,
    use: BoolArray | None,
    bar: float,
    flank: float,
    misfit: float,
    reach: int,
) -> BoolArray:
    """Return which spectra may hold a spike that `ramanfit.fit.cosmic_rays.find_spikes` finds, [N]; some do not.

    Parameters
    ----------
    core : Core
    counts : array [N, M]
    curve : array [N, M] or None
        What is taken off, and makes noise where it is steep.
    noise : array [N, M], or [N]
        Variances; without a curve, standard deviations of whole spectra.
    use : bool array [N, M] or None
    bar, flank, misfit, reach
        As there.
    """
    (n, m), arrays, found = counts.shape, Arrays(), np.zeros(len(counts), dtype=bool)
    if m <= 2 * reach or not n:
        return found
    if use is not None and use.shape != counts.shape:
        raise ValueError(f"use: expected the shape {counts.shape}, found {use.shape}")
    task = _SpikesOf(
        count=n,
        channels=m,
        reach=reach,
        counts=arrays.of("counts", counts, n, m),
        curve=arrays.of("curve", curve, n, m),
        variance=None if curve is None else arrays.of("noise", noise, n, m),
        level=arrays.of("noise", noise, n) if curve is None else None,
        use=None if use is None else arrays.own(np.ascontiguousarray(use, dtype=bool)),
        bar=bar,
        flank=flank,
        misfit=misfit,
        found=arrays.own(found),
    )
    core.call("spikes", ctypes.byref(task))
    return found


class _CurvesOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "stride", "peaks", "baseline")),
        *((name, _ARRAY) for name in ("shift", "basis", "height", "center", "fwhm", "coefficients", "curve")),
    ]


def curves(core: Core, model: Model, fits: FitResult) -> FloatArray:
    """As `ramanfit.fit.model.Model.evaluate`, for free Lorentzians."""
    n, p, q, m = len(fits), len(model.names), len(model.basis), len(model.shift_cm1)
    arrays, curve = Arrays(), np.empty((n, m))
    task = _CurvesOf(
        count=n,
        channels=m,
        stride=padded(m),
        peaks=p,
        baseline=q,
        shift=arrays.filled(model.centred, FAR),
        basis=arrays.filled(model.basis),
        height=arrays.of("height", np.where(fits.left, 0.0, fits.height), n, p),
        center=arrays.of("center", fits.center_cm1 - model.middle, n, p),
        fwhm=arrays.of("fwhm", fits.fwhm_cm1, n, p),
        coefficients=arrays.of("coefficients", fits.coefficients, n, q),
        curve=arrays.own(curve),
    )
    core.call("curves", ctypes.byref(task))
    return curve


def scores_table(
    core: Core,
    model: Model,
    fits: FitResult,
    residual: FloatArray,
    weights: FloatArray,
    lines: list[int],
    slow: FloatArray,
) -> FloatArray:
    """Return weighted inner products of what free Lorentzians can follow, of shapes, slow functions, and residuals.

    [n, K, K], in the order of `ramanfit.fit.residuals.tangent`, `ramanfit.fit.verdicts._shapes`, `slow`, the residual.
    """
    (n, m), p, q = residual.shape, len(model.names), len(model.basis)
    size = q + 3 * p + 2 * len(lines) + len(slow) + 1
    arrays, table = Arrays(), np.empty((n, size, size))
    task = _ScoresOf(
        count=n,
        channels=m,
        stride=padded(m),
        peaks=p,
        baseline=q,
        lines=len(lines),
        slow=len(slow),
        shift=arrays.filled(model.centred, FAR),
        basis=arrays.filled(model.basis),
        later=arrays.filled(slow),
        line=arrays.own(np.array(lines, dtype=np.int64)),
        center=arrays.of("center", fits.center_cm1 - model.middle, n, p),
        fwhm=arrays.of("fwhm", fits.fwhm_cm1, n, p),
        residual=arrays.of("residual", residual, n, len(model.shift_cm1)),
        weights=arrays.of("weights", weights, n, m),
        table=arrays.own(table),
    )
    core.call("scores", ctypes.byref(task))
    return table
