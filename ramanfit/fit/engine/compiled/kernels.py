"""Noise and cosmic rays, in one pass over the channels each, where there is a compiled core.

The functions that call these say what they do, and do it with NumPy where there is none.
"""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np

from ramanfit.fit.engine.compiled.library import Arrays, Core
from ramanfit.scan.scan import BoolArray, FloatArray

_COUNT, _ARRAY, _NUMBER = ctypes.c_int64, ctypes.c_void_p, ctypes.c_double


class _NoiseOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels")),
        *((name, _ARRAY) for name in ("residual", "curve", "extra", "use")),
        *((name, _NUMBER) for name in ("floor", "clip", "common")),
        *((name, _ARRAY) for name in ("level", "mean", "gain", "sums")),
    ]


class _SpreadOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels")),
        *((name, _ARRAY) for name in ("noise", "curve", "extra", "residual", "use", "stretch")),
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


class _OrderOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "step", "place")),
        *((name, _ARRAY) for name in ("rows", "found")),
    ]


class _NeighboursOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "sections", "common")),
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
    """Return what `ramanfit.fit.correlation._of_neighbours` sums up in every spectrum, [3, N]."""
    return _of_neighbours(core, "neighbours", residual, use, outlier, np.empty((3, len(residual))))


def roughness(
    core: Core, residual: FloatArray, use: BoolArray | None, outlier: float, sections: int, common: bool
) -> FloatArray:
    """As `ramanfit.fit.correlation._roughness`."""
    return _of_neighbours(core, "roughness", residual, use, outlier, np.zeros((4, sections)), sections, common)


def _of_neighbours(
    core: Core,
    name: str,
    residual: FloatArray,
    use: BoolArray | None,
    outlier: float,
    sums: FloatArray,
    sections: int = 0,
    common: bool = False,
) -> FloatArray:
    (n, m), arrays = residual.shape, Arrays()
    task = _NeighboursOf(
        count=n,
        channels=m,
        sections=sections,
        common=common,
        outlier=outlier,
        residual=arrays.of("residual", residual, n, m),
        use=arrays.of("use", use, n, m, kind=bool),
        sums=arrays.own(sums),
    )
    core.call(name, ctypes.byref(task))
    return sums


class NoiseOf:
    """As `ramanfit.fit.noise._Noise`."""

    def __init__(
        self,
        core: Core,
        residual: FloatArray,
        curve: FloatArray,
        use: BoolArray | None,
        extra: FloatArray | None,
        floor: float,
        clip: float,
        common: float,
    ) -> None:
        self._core, self._arrays, (n, m) = core, Arrays(), residual.shape
        if m < 3:
            raise ValueError(f"residual: expected 3 channels or more, found {m}")
        of = self._arrays
        self.level, self.mean, self._sums = np.empty(n), np.empty(n), np.empty((5, n))
        self._task = _NoiseOf(
            count=n,
            channels=m,
            residual=of.of("residual", residual, n, m),
            curve=of.of("curve", curve, n, m),
            extra=of.of("extra", extra, n, m),
            use=of.of("use", use, n, m, kind=bool),
            floor=floor,
            clip=clip,
            common=common,
            mean=of.own(self.mean),
            sums=of.own(self._sums),
        )
        level = np.empty(n)
        self._task.level = of.own(level)
        core.call("noise_start", ctypes.byref(self._task))
        self.level = level

    def sums(self, level: FloatArray, gain: FloatArray) -> FloatArray:
        """Return sums over the channels, [5, N]."""
        arrays, n = Arrays(), len(self.level)
        self._task.level, self._task.gain = arrays.of("level", level, n), arrays.of("gain", gain, n)
        self._core.call("noise_sums", ctypes.byref(self._task))
        return self._sums


def weights(
    core: Core,
    noise: FloatArray,
    curve: FloatArray,
    use: BoolArray | None,
    extra: FloatArray | None,
    stretch: FloatArray,
    floor: float,
) -> FloatArray:
    """As `ramanfit.fit.noise.weights_of`, without the unit."""
    return _spread(core, "weights", noise, curve, use, extra, floor, stretch=stretch)


def standardized(
    core: Core,
    residual: FloatArray,
    noise: FloatArray,
    curve: FloatArray,
    use: BoolArray | None,
    extra: FloatArray | None,
    floor: float,
) -> FloatArray:
    """As `ramanfit.fit.noise.standardized`."""
    return _spread(core, "standardized", noise, curve, use, extra, floor, residual=residual)


def _spread(
    core: Core,
    name: str,
    noise: FloatArray,
    curve: FloatArray,
    use: BoolArray | None,
    extra: FloatArray | None,
    floor: float,
    residual: FloatArray | None = None,
    stretch: FloatArray | None = None,
) -> FloatArray:
    (n, m), arrays, to = curve.shape, Arrays(), np.empty(curve.shape)
    task = _SpreadOf(
        count=n,
        channels=m,
        noise=arrays.of("noise", noise, n, 3),
        curve=arrays.of("curve", curve, n, m),
        extra=arrays.of("extra", extra, n, m),
        residual=arrays.of("residual", residual, n, m),
        use=arrays.of("use", use, n, m, kind=bool),
        stretch=arrays.of("stretch", stretch, n),
        floor=floor,
        to=arrays.own(to),
    )
    core.call(name, ctypes.byref(task))
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
