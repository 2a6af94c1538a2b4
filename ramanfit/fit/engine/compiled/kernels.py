"""Noise and cosmic rays, in one pass over the channels each, where there is a compiled core.

The functions that call these say what they do, and do it with NumPy where there is none.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.fit.engine.compiled.library import Arrays, Core
from ramanfit.scan.scan import BoolArray, FloatArray

Index = npt.NDArray[np.intp]

_COUNT, _ARRAY, _NUMBER = ctypes.c_int64, ctypes.c_void_p, ctypes.c_double


class _NoiseOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "files", "rounds", "even", "whole")),
        *((name, _ARRAY) for name in ("starts", "residual", "curve", "extra", "use", "gain")),
        *((name, _NUMBER) for name in ("floor", "clip", "common", "exact")),
        ("noise", _ARRAY),
    ]


class SightOf(ctypes.Structure):
    """What weights follow, as the core is told of it."""

    _fields_ = [
        *((name, _ARRAY) for name in ("curve", "noise", "extra", "use", "stretch")),
        ("floor", _NUMBER),
    ]


class _WeightsOf(ctypes.Structure):
    _fields_ = [*((name, _COUNT) for name in ("count", "channels")), ("sight", SightOf), ("to", _ARRAY)]


class _SpreadOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "whole")),
        *((name, _ARRAY) for name in ("noise", "curve", "extra", "residual", "use")),
        ("floor", _NUMBER),
        ("to", _ARRAY),
    ]


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


class _NeighboursOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "sections", "common")),
        ("outlier", _NUMBER),
        *((name, _ARRAY) for name in ("residual", "use", "rows", "most", "sums")),
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


def neighbours(
    core: Core, residual: FloatArray, use: BoolArray | None, outlier: float
) -> tuple[FloatArray, FloatArray]:
    """As `ramanfit.fit.correlation._of_neighbours`."""
    sums, most, arrays = np.empty((3, len(residual))), np.empty(len(residual)), Arrays()
    task = _neighbours_of(arrays, residual, use, most, len(residual))
    task.outlier, task.sums = outlier, arrays.own(sums)
    core.call("neighbours", ctypes.byref(task))
    return sums, most


def roughness(
    core: Core,
    residual: FloatArray,
    use: BoolArray | None,
    most: FloatArray,
    rows: Index,
    sections: int,
    common: bool,
) -> FloatArray:
    """Return what `ramanfit.fit.correlation._roughness` sums up in every section, [4, S]."""
    sums, arrays = np.zeros((4, sections)), Arrays()
    if len(rows) and not 0 <= rows.min() <= rows.max() < len(residual):
        raise ValueError(f"rows: expected numbers of {len(residual)} rows")
    task = _neighbours_of(arrays, residual, use, most, len(rows))
    task.rows, task.sums = arrays.own(np.ascontiguousarray(rows, dtype=np.int64)), arrays.own(sums)
    task.sections, task.common = sections, common
    core.call("roughness", ctypes.byref(task))
    return sums


def _neighbours_of(
    arrays: Arrays, residual: FloatArray, use: BoolArray | None, most: FloatArray, count: int
) -> _NeighboursOf:
    n, m = residual.shape
    return _NeighboursOf(
        count=count,
        channels=m,
        residual=arrays.of("residual", residual, n, m),
        use=arrays.of("use", use, n, m, kind=bool),
        most=arrays.of("most", most, n),
    )


class Search(NamedTuple):
    """How the noise is sought, as in `ramanfit.fit.noise`."""

    rounds: int
    floor: float
    clip: float
    common: float
    exact: float


def noise(
    core: Core,
    even: bool,
    residual: FloatArray,
    curve: FloatArray,
    use: BoolArray | None,
    starts: Sequence[int],
    extra: FloatArray | None,
    search: Search,
    gain: FloatArray | None = None,
    *,
    whole: bool = False,
) -> FloatArray:
    """As `ramanfit.fit.noise.estimate_noise`."""
    (n, m), arrays, found = residual.shape, Arrays(), np.empty((len(residual), 3))
    if m < 3:
        raise ValueError(f"residual: expected 3 channels or more, found {m}")
    ends = np.array([*starts, n], dtype=np.int64)
    if ends[0] or (np.diff(ends) < 0).any():
        raise ValueError(f"starts: expected them ascending from 0 to {n}")
    task = _NoiseOf(
        count=n,
        channels=m,
        files=len(starts),
        rounds=search.rounds,
        even=even,
        whole=whole,
        gain=arrays.of("gain", gain, n),
        starts=arrays.own(ends),
        residual=arrays.of("residual", residual, n, m),
        curve=arrays.of("curve", curve, n, m),
        extra=arrays.of("extra", extra, n, m),
        use=arrays.of("use", use, n, m, kind=bool),
        floor=search.floor,
        clip=search.clip,
        common=search.common,
        exact=search.exact,
        noise=arrays.own(found),
    )
    core.call("noise", ctypes.byref(task))
    return found


def sight_of(
    arrays: Arrays,
    noise: FloatArray,
    curve: FloatArray,
    use: BoolArray | None,
    extra: FloatArray | None,
    stretch: FloatArray,
    floor: float,
) -> SightOf:
    """Return what weights follow; parameters as in `ramanfit.fit.noise.weights_of`."""
    n, m = curve.shape
    return SightOf(
        curve=arrays.of("curve", curve, n, m),
        noise=arrays.of("noise", noise, n, 3),
        extra=arrays.of("extra", extra, n, m),
        use=arrays.of("use", use, n, m, kind=bool),
        stretch=arrays.of("stretch", stretch, n),
        floor=floor,
    )


def weights(
    core: Core,
    noise: FloatArray,
    curve: FloatArray,
    use: BoolArray | None,
    extra: FloatArray | None,
    stretch: FloatArray,
    floor: float,
    out: FloatArray | None = None,
) -> FloatArray:
    """As `ramanfit.fit.noise.weights_of`, without the unit."""
    (n, m), arrays, to = curve.shape, Arrays(), _room(curve, out)
    sight = sight_of(arrays, noise, curve, use, extra, stretch, floor)
    core.call("weights", ctypes.byref(_WeightsOf(count=n, channels=m, sight=sight, to=arrays.own(to))))
    return to


def standardized(
    core: Core,
    residual: FloatArray,
    noise: FloatArray,
    curve: FloatArray,
    use: BoolArray | None,
    extra: FloatArray | None,
    floor: float,
    out: FloatArray | None = None,
    *,
    whole: bool = False,
) -> FloatArray:
    """As `ramanfit.fit.noise.standardized`."""
    (n, m), arrays, to = curve.shape, Arrays(), _room(curve, out)
    task = _SpreadOf(
        count=n,
        channels=m,
        whole=whole,
        noise=arrays.of("noise", noise, n, 3),
        curve=arrays.of("curve", curve, n, m),
        extra=arrays.of("extra", extra, n, m),
        residual=arrays.of("residual", residual, n, m),
        use=arrays.of("use", use, n, m, kind=bool),
        floor=floor,
        to=arrays.own(to),
    )
    core.call("standardized", ctypes.byref(task))
    return to


def _room(curve: FloatArray, out: FloatArray | None) -> FloatArray:
    to = np.empty(curve.shape) if out is None else out
    if to.shape != curve.shape or to.dtype != np.float64 or not to.flags.c_contiguous:
        raise ValueError(f"out: expected a whole array of the shape {curve.shape}")
    return to


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
