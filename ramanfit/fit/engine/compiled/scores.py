"""Curves, and what residuals say against them, in one pass over the channels each, where there is a compiled core.

For free Lorentzians. The functions that call these say what they do, and do it with NumPy where there is none.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.fit.engine.compiled.kernels import SightOf
from ramanfit.fit.engine.compiled.library import FAR, Arrays, Core, padded
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult
from ramanfit.fit.weighing import Weighing
from ramanfit.scan.scan import BoolArray, FloatArray

_COUNT, _ARRAY, _NUMBER = ctypes.c_int64, ctypes.c_void_p, ctypes.c_double


class _ScoresOf(ctypes.Structure):
    _fields_ = [
        *(
            (name, _COUNT)
            for name in ("count", "channels", "stride", "peaks", "baseline", "polynomials", "lines", "slow")
        ),
        *((name, _ARRAY) for name in ("shift", "basis", "later", "line", "center", "fwhm", "counts")),
        ("sight", SightOf),
        *((name, _ARRAY) for name in ("penalty", "coefficients", "per_square")),
        ("alike", _NUMBER),
        *((name, _ARRAY) for name in ("z", "chi2", "found", "followed")),
    ]


class _JudgeOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "stride", "peaks", "baseline", "asked")),
        *((name, _ARRAY) for name in ("shift", "basis", "center", "fwhm", "peak")),
        *((name, _ARRAY) for name in ("counts", "curve", "noise", "extra", "use", "dof")),
        *((name, _NUMBER) for name in ("floor", "least_second", "least_third", "split", "alike")),
        *((name, _ARRAY) for name in ("sums", "found")),
    ]


class _PlacesOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "stride", "peaks", "baseline", "slow")),
        *((name, _ARRAY) for name in ("shift", "basis", "later", "center", "fwhm", "weights", "found", "followed")),
        ("place", _ARRAY),
    ]


class _CurvesOf(ctypes.Structure):
    _fields_ = [
        *((name, _COUNT) for name in ("count", "channels", "stride", "peaks", "baseline")),
        *((name, _ARRAY) for name in ("shift", "basis", "height", "center", "fwhm", "coefficients", "curve")),
    ]


def curves(core: Core, model: Model, fits: FitResult) -> FloatArray:
    """As `ramanfit.fit.model.Model.evaluate`."""
    n, p, q, arrays = len(fits), len(model.names), len(model.basis), Arrays()
    curve = np.empty((n, len(model.shift_cm1)))
    task = _CurvesOf(
        **told(arrays, model, fits.center_cm1, fits.fwhm_cm1),
        height=arrays.of("height", np.where(fits.left, 0.0, fits.height), n, p),
        coefficients=arrays.of("coefficients", fits.coefficients, n, q),
        curve=arrays.own(curve),
    )
    core.call("curves", ctypes.byref(task))
    return curve


def scores(
    core: Core,
    model: Model,
    fits: FitResult,
    counts: FloatArray,
    weighing: Weighing,
    lines: list[int],
    slow: FloatArray,
    penalty: FloatArray | None,
    alike: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """As `ramanfit.fit.verdicts._scores`, parameters and what is returned."""
    (n, m), p, q = counts.shape, len(model.names), len(model.basis)
    arrays = Arrays()
    z, chi2 = np.zeros((n, 2 * len(lines))), np.zeros(n)
    found, followed = np.zeros((n, len(slow))), np.zeros((n, q + 3 * p))
    task = _ScoresOf(
        **told(arrays, model, fits.center_cm1, fits.fwhm_cm1),
        polynomials=len(model.polynomials),
        lines=len(lines),
        slow=len(slow),
        later=arrays.filled(slow),
        line=arrays.own(np.array(lines, dtype=np.int64)),
        counts=arrays.of("counts", counts, n, len(model.shift_cm1)),
        sight=weighing.sight(arrays, n, m),
        penalty=arrays.of("penalty", penalty, n, len(model.smooth)),
        coefficients=arrays.of("coefficients", fits.coefficients[:, :q], n, q),
        per_square=arrays.of("per_square", fits.stretch / np.maximum(fits.dof, 1), n),
        alike=alike,
        z=arrays.own(z),
        chi2=arrays.own(chi2),
        found=arrays.own(found),
        followed=arrays.own(followed),
    )
    core.call("scores", ctypes.byref(task))
    return z, chi2, found, followed


class Bars(NamedTuple):
    """From where on a line is rather two, as in `ramanfit.fit.residuals`; and `ramanfit.fit.noise.FLOOR`."""

    floor: float
    least_second: float
    least_third: float
    split: float
    alike: float


def judge(
    core: Core,
    model: Model,
    fits: FitResult,
    counts: FloatArray,
    curve: FloatArray,
    use: BoolArray | None,
    extra: FloatArray | None,
    peaks: Sequence[int],
    bars: Bars,
) -> tuple[FloatArray, BoolArray]:
    """Return what `ramanfit.fit.residuals.autocorrelation` sums up, [4, N], and which of some peaks may be two.

    That is [N, K], as `ramanfit.fit.residuals.may_be_two` has it, for residuals on their own scale.
    """
    (n, m), arrays, found = counts.shape, Arrays(), np.zeros((len(counts), len(peaks)), dtype=bool)
    sums = np.empty((4, n))
    task = _JudgeOf(
        **told(arrays, model, fits.center_cm1, fits.fwhm_cm1),
        asked=len(peaks),
        peak=arrays.own(np.array(peaks, dtype=np.int64)),
        counts=arrays.of("counts", counts, n, len(model.shift_cm1)),
        curve=arrays.of("curve", curve, n, m),
        noise=arrays.of("noise", fits.noise, n, 3),
        extra=arrays.of("extra", extra, n, m),
        use=arrays.of("use", use, n, m, kind=bool),
        dof=arrays.of("dof", fits.dof / fits.stretch, n),
        sums=arrays.own(sums),
        found=arrays.own(found),
        **bars._asdict(),
    )
    core.call("judge", ctypes.byref(task))
    return sums, found


def places(
    core: Core,
    model: Model,
    fits: FitResult,
    weights: FloatArray,
    slow: FloatArray,
    found: FloatArray,
    followed: FloatArray,
) -> npt.NDArray[np.int64]:
    """Return the channels [N] where slow misfit, without what the fit follows of it, is largest beside its noise."""
    n, arrays, place = len(weights), Arrays(), np.zeros(len(weights), dtype=np.int64)
    task = _PlacesOf(
        **told(arrays, model, fits.center_cm1, fits.fwhm_cm1),
        slow=len(slow),
        later=arrays.filled(slow),
        weights=arrays.of("weights", weights, n, len(model.shift_cm1)),
        found=arrays.of("found", found, n, len(slow)),
        followed=arrays.of("followed", followed, n, len(model.basis) + 3 * len(model.names)),
        place=arrays.own(place),
    )
    core.call("places", ctypes.byref(task))
    return place


def told(arrays: Arrays, model: Model, center_cm1: FloatArray, fwhm_cm1: FloatArray) -> dict[str, int | None]:
    """Return what all of these are told of a model, and of where its lines are, [N, P] each."""
    n, p, m = len(center_cm1), len(model.names), len(model.shift_cm1)
    return {
        "count": n,
        "channels": m,
        "stride": padded(m),
        "peaks": p,
        "baseline": len(model.basis),
        "shift": arrays.filled(model.centred, FAR),
        "basis": arrays.filled(model.basis),
        "center": arrays.of("center", center_cm1 - model.middle, n, p),
        "fwhm": arrays.of("fwhm", fwhm_cm1, n, p),
    }
