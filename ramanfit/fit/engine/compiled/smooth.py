"""How large the smooth part of a baseline is, and what it may hide, where there is a compiled core.

For free Lorentzians. The functions that call these say what they do, and do it with NumPy where there is none.
"""

from __future__ import annotations

import ctypes

import numpy as np

from ramanfit.fit.engine.compiled.library import Arrays, Core
from ramanfit.fit.engine.compiled.scores import told
from ramanfit.fit.model import Model
from ramanfit.scan.scan import FloatArray

_COUNT, _ARRAY, _NUMBER = ctypes.c_int64, ctypes.c_void_p, ctypes.c_double
_MODEL = ("count", "channels", "stride", "peaks", "baseline", "polynomials")


class _SmoothOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in (*_MODEL, "tried")),
        *((name, _ARRAY) for name in ("shift", "basis", "variances", "center", "fwhm", "counts", "weights")),
        *((name, _ARRAY) for name in ("scale", "dof", "amplitudes")),
        ("collinear", _NUMBER),
        ("reml", _ARRAY),
    ]


class _BandsOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in (*_MODEL, "bands")),
        *((name, _ARRAY) for name in ("shift", "basis", "band", "center", "fwhm", "counts", "weights")),
        *((name, _ARRAY) for name in ("penalty", "dof")),
        *((name, _NUMBER) for name in ("collinear", "alike")),
        *((name, _ARRAY) for name in ("z", "change")),
    ]


def reml(
    core: Core,
    model: Model,
    counts: FloatArray,
    weights: FloatArray,
    nonlinear: FloatArray,
    scale: FloatArray,
    dof: FloatArray,
    amplitudes: FloatArray,
    collinear: float,
) -> FloatArray:
    """As `ramanfit.fit.amplitude.reml_near`, [N, A]; `dof` [N] of channels that are worth an independent one."""
    n, m, arrays, found = len(counts), len(model.shift_cm1), Arrays(), np.empty((len(counts), len(amplitudes)))
    task = _SmoothOf(
        **told(arrays, model, nonlinear[:, :, 0], nonlinear[:, :, 1]),
        polynomials=len(model.polynomials),
        tried=len(amplitudes),
        variances=arrays.of("variances", model.smooth, len(model.smooth)),
        counts=arrays.of("counts", counts, n, m),
        weights=arrays.of("weights", weights, n, m),
        scale=arrays.of("scale", scale, n),
        dof=arrays.of("dof", dof, n),
        amplitudes=arrays.of("amplitudes", amplitudes, len(amplitudes)),
        collinear=collinear,
        reml=arrays.own(found),
    )
    core.call("reml", ctypes.byref(task))
    return found


def bands(
    core: Core,
    model: Model,
    counts: FloatArray,
    weights: FloatArray,
    nonlinear: FloatArray,
    penalty: FloatArray,
    dof: FloatArray,
    further: FloatArray,
    collinear: float,
    alike: float,
) -> tuple[FloatArray, FloatArray]:
    """Return how clear `further` bands [K, M] are, [N, K], and what the clearest does to the peaks.

    That is [N, P, 3]: to heights, and to centers and widths at a height of 1.
    """
    n, m, p, arrays = len(counts), len(model.shift_cm1), len(model.names), Arrays()
    z, change = np.empty((n, len(further))), np.empty((n, p, 3))
    task = _BandsOf(
        **told(arrays, model, nonlinear[:, :, 0], nonlinear[:, :, 1]),
        polynomials=len(model.polynomials),
        bands=len(further),
        band=arrays.filled(further),
        counts=arrays.of("counts", counts, n, m),
        weights=arrays.of("weights", weights, n, m),
        penalty=arrays.of("penalty", penalty, n, len(model.smooth)),
        dof=arrays.of("dof", dof, n),
        collinear=collinear,
        alike=alike,
        z=arrays.own(z),
        change=arrays.own(change),
    )
    core.call("bands", ctypes.byref(task))
    return z, change
