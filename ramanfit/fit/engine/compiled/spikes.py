"""Cosmic rays and plateaus, in one pass over the channels each, where there is a compiled core.

The functions that call these say what they do, and do it with NumPy where there is none.
"""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.fit.engine.compiled.library import Arrays, Core
from ramanfit.scan.scan import BoolArray, FloatArray

Index = npt.NDArray[np.intp]

_COUNT, _ARRAY, _NUMBER = ctypes.c_int64, ctypes.c_void_p, ctypes.c_double


class _SpikesOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "reach", "widest")),
        *((name, _ARRAY) for name in ("counts", "curve", "noise", "extra", "factor", "use")),
        *((name, _NUMBER) for name in ("bar", "flank", "shoulder", "misfit", "floor")),
        ("found", _ARRAY),
    ]


class _UnfittedOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "farthest")),
        ("counts", _ARRAY),
        *((name, _NUMBER) for name in ("second", "grown")),
        *((name, _ARRAY) for name in ("sd", "step")),
    ]


class _ExtremesOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "stride", "run")),
        *((name, _ARRAY) for name in ("counts", "use", "low", "high", "at_low", "at_high")),
    ]


def extremes(
    core: Core, counts: FloatArray, use: BoolArray | None, run: int
) -> tuple[FloatArray, FloatArray, BoolArray, BoolArray]:
    """As `ramanfit.fit.clipping.extremes`."""
    (n, m), arrays = counts.shape, Arrays()
    low, high, at_low, at_high = np.empty(n), np.empty(n), np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    in_place = counts.dtype == np.float64 and counts.strides[1] == 8 and counts.strides[0] % 8 == 0
    task = _ExtremesOf(
        count=n,
        channels=m,
        stride=counts.strides[0] // 8 if in_place else m,
        run=run,
        counts=arrays.own(counts) if in_place else arrays.of("counts", counts, n, m),
        use=arrays.of("use", use, n, m, kind=bool),
        low=arrays.own(low),
        high=arrays.own(high),
        at_low=arrays.own(at_low),
        at_high=arrays.own(at_high),
    )
    core.call("extremes", ctypes.byref(task))
    return low, high, at_low, at_high


def noise_without_fit(
    core: Core, counts: FloatArray, second: float, grown: float, farthest: int
) -> tuple[FloatArray, Index]:
    """As `ramanfit.fit.cosmic_rays._noise`, of rows [N, M] of 3 channels or more."""
    (n, m), arrays, sd, step = counts.shape, Arrays(), np.empty(len(counts)), np.empty(len(counts), dtype=np.int64)
    if m < 3:
        raise ValueError(f"counts: expected 3 channels or more, found {m}")
    task = _UnfittedOf(
        count=n,
        channels=m,
        farthest=farthest,
        counts=arrays.of("counts", counts, n, m),
        second=second,
        grown=grown,
        sd=arrays.own(sd),
        step=arrays.own(step),
    )
    core.call("unfitted", ctypes.byref(task))
    return sd, step


class Rule(NamedTuple):
    """What makes a spike, as in `ramanfit.fit.cosmic_rays`."""

    reach: int
    widest: int
    flank: float
    shoulder: float
    misfit: float


def spiky(
    core: Core,
    counts: FloatArray,
    curve: FloatArray | None,
    noise: FloatArray,
    use: BoolArray | None,
    rule: Rule,
    bar: float,
    floor: float = 0.0,
    extra: FloatArray | None = None,
    factor: FloatArray | None = None,
) -> BoolArray:
    """Return which spectra may hold a spike that `ramanfit.fit.cosmic_rays.find_spikes` finds, [N]; some do not.

    Parameters
    ----------
    core : Core
    counts : array [N, M]
    curve : array [N, M] or None
        What is taken off, and makes noise where it is steep.
    noise : array [N, 3], or [N]
        See `ramanfit.fit.noise.variance`; without a curve, standard deviations of whole spectra.
    use : bool array [N, M] or None
    rule : Rule
    bar, floor : float
        As there.
    extra : array [N, M], optional
        See `ramanfit.fit.noise.variance`.
    factor : array [N], optional
        Of the variances.
    """
    (n, m), arrays, found = counts.shape, Arrays(), np.zeros(len(counts), dtype=bool)
    if m <= 2 * rule.reach or not n:
        return found
    task = _SpikesOf(
        count=n,
        channels=m,
        reach=rule.reach,
        widest=rule.widest,
        counts=arrays.of("counts", counts, n, m),
        curve=arrays.of("curve", curve, n, m),
        noise=arrays.of("noise", noise, n, 3) if curve is not None else arrays.of("noise", noise, n),
        extra=arrays.of("extra", extra, n, m),
        factor=arrays.of("factor", np.ones(n) if factor is None else factor, n),
        use=arrays.of("use", use, n, m, kind=bool),
        bar=bar,
        flank=rule.flank,
        shoulder=rule.shoulder,
        misfit=rule.misfit,
        floor=floor,
        found=arrays.own(found),
    )
    core.call("spikes", ctypes.byref(task))
    return found
