"""Noise, in one pass over the channels each, where there is a compiled core.

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


class _NeighboursOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "sections", "common")),
        ("outlier", _NUMBER),
        *((name, _ARRAY) for name in ("residual", "use", "rows", "most", "sums")),
    ]


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
