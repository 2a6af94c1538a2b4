"""Synthetic experiments: spectra with a detector's noise, and the true values behind them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ramanfit.errors import RecipeError
from ramanfit.fit.lineshapes import lorentzian, lorentzian_area
from ramanfit.frozen import dataclass
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.settings import unknown
from ramanfit.scan.scan import BoolArray, FloatArray
from ramanfit.synthetic.mixture import mixed
from ramanfit.synthetic.plan import (
    Background,
    CellStep,
    Course,
    Detector,
    Plan,
    PlannedAxis,
    PlannedCell,
    Spikes,
    knots,
)

LABEL = "SYNTHETIC"
"""Stands in the name and the head of every file."""

# what a hit leaves in three neighbouring channels, in parts of the highest: one, two or three of them
_PROFILES = np.array([[0, 1, 0], [0.5, 1, 0], [0, 1, 0.5], [0.3, 1, 0.3]])


@dataclass(frozen=True, eq=False)
class CellState:
    """The cell at some times; not a number outside its record.

    Attributes
    ----------
    voltage_v, current_ma : array [...]
    capacity_mah : array [...]
        Net charge since the first row of the record.
    soc : array [...]
        State of charge in percent.
    """

    voltage_v: FloatArray
    current_ma: FloatArray
    capacity_mah: FloatArray
    soc: FloatArray


@dataclass(frozen=True, eq=False)
class Experiment:
    """S scans of N points with K peaks on M channels, missing scans among them.

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
        The truth; not a number where there is no such peak, or its height is 0.
    position_um : array [N]
        Not a number for a spectrum by itself, and on a map.
    time_s : array [S, N]
        Middle of each spectrum since the start of the first scan.
    hits : int array [S, N]
        Cosmic rays in each spectrum.
    hit : bool array [S, N, M]
        Channels they reach.
    cell : CellState or None
        Arrays [S, N], at `time_s`.
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
    hits: npt.NDArray[np.int64]
    hit: BoolArray
    cell: CellState | None


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
    factor = np.stack([course_over(point.background, plan.scan.scans) for point in plan.points], axis=1)
    seed = plan.seed if seed is None else seed
    if plan.map is not None:
        shares = plan.map.shares(len(plan.points), seed)
        center, fwhm, height = mixed(shares, center, fwhm, height)
        factor = factor @ shares.T
    signal = factor[..., None] * under
    for k in range(len(peaks)):
        peak = height[..., k, None] * lorentzian(shift, center[..., k, None], fwhm[..., k, None])
        signal += np.nan_to_num(peak)
    index = np.arange(plan.spectra, dtype=np.float64)
    starts = plan.scan.period_s * np.arange(plan.scan.scans)
    time_s = starts[:, None] + plan.scan.dwell_s * (index + 0.5)
    rng = np.random.default_rng(seed)
    counts = simulate_counts(signal, plan.detector, rng)
    # drawn last: the rest is that of the plan without spikes
    hits, spikes = simulate_spikes(counts.shape, plan.spikes, rng)
    return Experiment(
        plan=plan,
        recipe=recipe,
        shift_cm1=shift,
        signal=signal,
        counts=read_out(counts + spikes, plan.detector),
        center_cm1=center,
        fwhm_cm1=fwhm,
        height=height,
        area=lorentzian_area(height, fwhm),
        position_um=plan.scan.step_um * index if plan.scan.kind == "line" else np.full(plan.spectra, np.nan),
        time_s=time_s,
        hits=hits,
        hit=spikes > 0,
        cell=cell_at(plan.cell, plan.cell_steps, time_s + plan.cell.lead_s) if plan.cell else None,
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
    return read_out(counts, detector)


def read_out(counts: FloatArray, detector: Detector) -> FloatArray:
    """Return counts as the detector can show them.

    Parameters
    ----------
    counts : array [...]
    detector : Detector

    Returns
    -------
    array [...]
        Whole counts if the detector rounds, from 0 to its saturation.
    """
    return np.asarray(np.clip(np.rint(counts) if detector.rounded else counts, 0.0, detector.saturation_counts))


def simulate_spikes(
    shape: tuple[int, ...], spikes: Spikes | None, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Return how many cosmic rays hit each spectrum, and the counts they add.

    Parameters
    ----------
    shape : (int, int, int)
        Of the counts, (S, N, M), with 3 channels or more.
    spikes : Spikes or None
        None: there are none.
    rng : numpy Generator

    Returns
    -------
    hits : int array [S, N]
    added : array [S, N, M]
        Counts.
    """
    added = np.zeros(shape)
    hits = np.zeros(shape[:-1], dtype=np.int64)
    if spikes is not None:
        hits = rng.poisson(spikes.rate, shape[:-1])
        scan, point = (np.repeat(index.ravel(), hits.ravel()) for index in np.indices(hits.shape))
        middle = rng.integers(1, shape[-1] - 1, hits.sum())
        low, high = np.log(spikes.counts)
        height = np.exp(rng.uniform(low, high, hits.sum()))
        profile = _PROFILES[rng.integers(len(_PROFILES), size=hits.sum())]
        channels = middle[:, None] + np.arange(-1, 2)
        np.add.at(added, (scan[:, None], point[:, None], channels), height[:, None] * profile)
    return hits, added


def cell_at(cell: PlannedCell, steps: tuple[CellStep, ...], record_s: FloatArray) -> CellState:
    """Return the cell at some times; the end of a step belongs to it.

    Parameters
    ----------
    cell : PlannedCell
    steps : tuple of CellStep
        Of the whole record.
    record_s : array [...]
        In s since the record's first row.

    Returns
    -------
    CellState
        Of arrays [...].
    """
    start, end, ma, before = np.array([(s.start_s, s.end_s, s.current_ma, s.charge_mah) for s in steps]).T
    k = np.minimum(np.searchsorted(end, record_s), len(steps) - 1)
    current = np.where((record_s >= 0) & (record_s <= end[-1]), ma[k], np.nan)
    capacity = before[k] + current * (record_s - start[k]) / 3600
    soc = 100 * capacity / cell.capacity_mah
    voltage = np.interp(soc, np.linspace(0, 100, len(cell.voltage_v)), cell.voltage_v)
    return CellState(voltage, current, capacity, soc)


def grating_axis(axis: PlannedAxis) -> FloatArray:
    """Return the shifts of channels of equal width in nm, which lie closer at higher shift.

    Returns
    -------
    array [M]
        Raman shift in cm-1, ascending.
    """
    ends = 1 / (1 / axis.laser_nm - 1e-7 * np.array([axis.low_cm1, axis.high_cm1]))
    wavelength_nm = np.linspace(ends[0], ends[1], axis.channels)
    return np.asarray(1e7 * (1 / axis.laser_nm - 1 / wavelength_nm))


def background(shift_cm1: FloatArray, terms: Background) -> FloatArray:
    """Return polynomial + exponential + hump.

    Parameters
    ----------
    shift_cm1 : array [M]
    terms : Background

    Returns
    -------
    array [M]
        Counts.
    """
    low, high = shift_cm1[0], shift_cm1[-1]
    t = (2 * shift_cm1 - low - high) / (high - low)
    u = (shift_cm1 - terms.hump_center_cm1) / terms.hump_fwhm_cm1
    return np.asarray(
        np.polynomial.polynomial.polyval(t, terms.polynomial or (0.0,))
        + terms.exponential_counts * np.exp((low - shift_cm1) / terms.exponential_decay_cm1)
        + terms.hump_counts * np.exp(-4 * np.log(2) * u * u)
    )


def course_over(course: Course, scans: int) -> FloatArray:
    """Return the values of a course: its knots evenly spaced from first to last scan, linear between.

    Returns
    -------
    array [scans]
        In the unit of the course.
    """
    values = knots(course)
    return np.interp(np.linspace(0, len(values) - 1, scans), np.arange(len(values)), values)


def _truth(plan: Plan, peaks: list[str], name: str) -> FloatArray:
    """Return one parameter of every peak, [S, N, K]."""
    scans = plan.scan.scans
    truth = np.full((scans, len(plan.points), len(peaks)), np.nan)
    for n, point in enumerate(plan.points):
        for k, peak in enumerate(peaks):
            if peak in point.peaks:
                planned = point.peaks[peak]
                there = course_over(planned.height, scans) > 0
                truth[there, n, k] = course_over(getattr(planned, name), scans)[there]
    return truth
