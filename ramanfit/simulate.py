"""Synthetic experiments: spectra with a detector's noise, and the true values behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ramanfit.errors import RecipeError
from ramanfit.lineshapes import lorentzian, lorentzian_area
from ramanfit.plan import Background, Detector, Plan, PlannedAxis
from ramanfit.recipe import Recipe
from ramanfit.scan import FloatArray
from ramanfit.settings import unknown


@dataclass(frozen=True, eq=False)
class Experiment:
    """S scans of N points with K peaks on M channels.

    Attributes
    ----------
    plan : Plan
    recipe : Recipe
        Names the K peaks and the ratios.
    shift_cm1 : array [M]
    signal : array [S, N, M]
        Expected counts above the dark detector: peaks and background.
    counts : array [S, N, M]
        What the detector shows.
    center_cm1, fwhm_cm1, height, area : array [S, N, K]
        The truth; not a number where a point has no such peak.
    position_um : array [N]
        Not a number for a spectrum by itself.
    time_s : array [S, N]
        Middle of each spectrum since the start of the first scan.
    """

    plan: Plan
    recipe: Recipe
    shift_cm1: FloatArray
    signal: FloatArray
    counts: FloatArray
    center_cm1: FloatArray
    fwhm_cm1: FloatArray
    height: FloatArray
    area: FloatArray
    position_um: FloatArray
    time_s: FloatArray


def run_plan(plan: Plan, recipe: Recipe, seed: int | None = None) -> Experiment:
    """Carry out a plan.

    Parameters
    ----------
    plan : Plan
    recipe : Recipe
        Whose peaks the truth lists, in its order.
    seed : int, optional
        Instead of the plan's own.

    Raises
    ------
    RecipeError
        If the plan has a peak the recipe does not name, or its background is negative somewhere.
    """
    peaks = [peak.name for peak in recipe.peaks]
    for point in plan.points:
        for name in point.peaks:
            if name not in peaks:
                raise unknown("peak", f"points.{point.name}.peaks.{name}", peaks)
    shift = grating_axis(plan.axis)
    center, fwhm, height = (_truth(plan, peaks, name) for name in ("center_cm1", "fwhm_cm1", "height"))
    under = background(shift, plan.background)
    if under.min() < 0:
        lowest = shift[under.argmin()]
        raise RecipeError(f"background: expected no negative counts, found {under.min():g} at {lowest:g} cm-1")
    factor = np.stack([_course(point.background, plan.scan.scans) for point in plan.points], axis=1)
    signal = factor[..., None] * under
    for k in range(len(peaks)):
        peak = height[..., k, None] * lorentzian(shift, center[..., k, None], fwhm[..., k, None])
        signal += np.nan_to_num(peak)
    index = np.arange(len(plan.points), dtype=np.float64)
    starts = plan.scan.period_s * np.arange(plan.scan.scans)
    rng = np.random.default_rng(plan.seed if seed is None else seed)
    return Experiment(
        plan=plan,
        recipe=recipe,
        shift_cm1=shift,
        signal=signal,
        counts=simulate_counts(signal, plan.detector, rng),
        center_cm1=center,
        fwhm_cm1=fwhm,
        height=height,
        area=lorentzian_area(height, fwhm),
        position_um=plan.scan.step_um * index if plan.scan.kind == "line" else np.full(1, np.nan),
        time_s=starts[:, None] + plan.scan.dwell_s * (index + 0.5),
    )


def simulate_counts(signal: FloatArray, detector: Detector, rng: np.random.Generator) -> FloatArray:
    """Return what a detector shows of a signal.

    Parameters
    ----------
    signal : array [..., M]
        Expected counts above the dark detector; not negative.
    detector : Detector
    rng : numpy Generator

    Returns
    -------
    array [..., M]
        Mean ``offset + signal``, variance ``read**2 + gain * signal`` (and 1/12 where rounded).
    """
    shot = detector.gain * rng.poisson(signal / detector.gain) if detector.gain else signal
    counts = detector.offset_counts + shot + rng.normal(0.0, detector.read_counts, signal.shape)
    if detector.rounded:
        counts = np.rint(counts)
    return np.asarray(np.clip(counts, 0.0, detector.saturation_counts))


def grating_axis(axis: PlannedAxis) -> FloatArray:
    """Return the shifts [M] of channels of equal width in nm, which lie closer at higher shift."""
    ends = 1 / (1 / axis.laser_nm - 1e-7 * np.array([axis.low_cm1, axis.high_cm1]))
    wavelength_nm = np.linspace(ends[0], ends[1], axis.channels)
    return np.asarray(1e7 * (1 / axis.laser_nm - 1 / wavelength_nm))


def background(shift_cm1: FloatArray, parts: Background) -> FloatArray:
    """Return polynomial + exponential + hump [M]."""
    low, high = shift_cm1[0], shift_cm1[-1]
    t = (2 * shift_cm1 - low - high) / (high - low)
    u = (shift_cm1 - parts.hump_center_cm1) / parts.hump_fwhm_cm1
    return np.asarray(
        np.polynomial.polynomial.polyval(t, parts.polynomial or (0.0,))
        + parts.exponential_counts * np.exp((low - shift_cm1) / parts.exponential_decay_cm1)
        + parts.hump_counts * np.exp(-4 * np.log(2) * u * u)
    )


def _course(value: float | tuple[float, float], scans: int) -> FloatArray:
    first, last = value if isinstance(value, tuple) else (value, value)
    return np.linspace(first, last, scans)


def _truth(plan: Plan, peaks: list[str], name: str) -> FloatArray:
    """Return one parameter of every peak, [S, N, K]."""
    truth = np.full((plan.scan.scans, len(plan.points), len(peaks)), np.nan)
    for n, point in enumerate(plan.points):
        for k, peak in enumerate(peaks):
            if peak in point.peaks:
                truth[:, n, k] = _course(getattr(point.peaks[peak], name), plan.scan.scans)
    return truth
