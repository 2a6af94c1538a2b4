"""How wide a spectrometer's profile is, from a line whose own width is known."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np

from ramanfit.fit.pipeline import fit_scan
from ramanfit.frozen import dataclass
from ramanfit.recipe.parts import Baseline, Window
from ramanfit.recipe.peaks import Peak
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import FloatArray, Scan

FEWEST = 2.0  # channels that a line must be wide
SURE = 5.0  # standard errors that the profile must be wide
AROUND_CM1 = 30.0  # on both sides of a shift, where channels are counted


@dataclass(frozen=True, eq=False)
class InstrumentWidth:
    """Full widths at half maximum of a line and of the profile that broadened it.

    Attributes
    ----------
    measured_cm1, measured_se : float
        Of the line as it was measured, and its standard error; not a number: it could not be fitted.
    fwhm_cm1, fwhm_se : float
        Of the profile at the line, a Gaussian; the error contains that of the line's own width. Not a number: the
        profile is not resolved.
    why_not : str
        Why it is not resolved, in words; empty if it is.
    line_cm1 : float
    shift_cm1 : array [M]
        The axis.
    """

    measured_cm1: float
    measured_se: float
    fwhm_cm1: float
    fwhm_se: float
    why_not: str
    line_cm1: float
    shift_cm1: FloatArray

    def at(self, shift_cm1: float) -> float:
        """Return the width elsewhere, where the profile covers as many channels as at the line.

        A grating disperses more evenly in wavelength than in shift. Not a number where the axis does not reach.
        """
        low, high = self.shift_cm1[0] + AROUND_CM1, self.shift_cm1[-1] - AROUND_CM1
        if not low <= shift_cm1 <= high:
            return nan
        return self.fwhm_cm1 * _pitch(self.shift_cm1, shift_cm1) / _pitch(self.shift_cm1, self.line_cm1)


def instrument_width(
    scans: Sequence[Scan], line_cm1: float, natural_cm1: float, natural_se: float, reach_cm1: float, margin_cm1: float
) -> InstrumentWidth:
    """Measure a spectrometer's profile on a single line.

    The line's width comes from a pseudo-Voigt on a straight line. That of a Voigt is, to 2 parts in 10,000,
    ``0.5346 L + sqrt(0.2166 L^2 + G^2)`` with L of the Lorentzian and G of the Gaussian (Olivero & Longbothum, J.
    Quant. Spectrosc. Radiat. Transfer 17, 233 (1977)), which is solved for G. A pseudo-Voigt is no Voigt: of a silicon
    line behind a profile of 1.5 to 15 cm-1, G comes out up to 2 % too narrow.

    Parameters
    ----------
    scans : sequence of Scan
        Of one instrument setting.
    line_cm1 : float
        Where the line is expected.
    natural_cm1, natural_se : float
        Its own width, and the standard error of this.
    reach_cm1, margin_cm1 : float
        How far from there it may stand, and how much of the axis is fitted on both sides.
    """
    widths: list[tuple[float, float]] = []
    for scan in scans:
        low, high = scan.shift_cm1[0], scan.shift_cm1[-1]
        if low + margin_cm1 / 2 <= line_cm1 <= high - margin_cm1 / 2:
            window = Window(max(line_cm1 - margin_cm1, low), min(line_cm1 + margin_cm1, high))
            widths += _widths(scan, line_cm1, reach_cm1, window)
    shift = scans[0].shift_cm1
    if not widths:
        return InstrumentWidth(nan, nan, nan, nan, "the line's width could not be fitted", line_cm1, shift)
    each, se = np.array(widths).T
    weight = 1 / se**2
    measured = float((weight * each).sum() / weight.sum())
    scatter = float(np.std(each, ddof=1) / np.sqrt(len(each))) if len(each) > 1 else 0.0
    measured_se = max(float(weight.sum() ** -0.5), scatter)

    rest = measured - 0.5346 * natural_cm1
    square = rest**2 - 0.2166 * natural_cm1**2 if rest > 0 else 0.0
    fwhm = float(np.sqrt(max(square, 0.0)))
    by_natural = 0.5346 * rest + 0.2166 * natural_cm1  # minus half the derivative of the square
    fwhm_se = float(np.hypot(rest * measured_se, by_natural * natural_se) / fwhm) if fwhm > 0 else nan
    channels = measured / _pitch(shift, line_cm1)
    why_not = ""
    if channels < FEWEST:
        why_not = f"the line is {channels:.1f} channels wide, and {FEWEST:g} are needed"
    elif not fwhm > SURE * fwhm_se:
        why_not = f"the line is not clearly wider than it is by itself, {natural_cm1:g} ± {natural_se:g} cm-1"
    if why_not:
        fwhm = fwhm_se = nan
    return InstrumentWidth(measured, measured_se, fwhm, fwhm_se, why_not, line_cm1, shift)


def _widths(scan: Scan, line_cm1: float, reach_cm1: float, window: Window) -> list[tuple[float, float]]:
    """Width and standard error of the line in every spectrum where it was found."""
    line = Peak(
        name="line",
        shape="pseudo-voigt",
        center_cm1=line_cm1,
        center_min_cm1=line_cm1 - reach_cm1,
        center_max_cm1=line_cm1 + reach_cm1,
        fwhm_cm1=6.0,
        fwhm_min_cm1=1.5,
        fwhm_max_cm1=25.0,
    )
    values = fit_scan(scan, Recipe("width", (line,), window=window, baseline=Baseline(order=1))).quantities
    width, se = values.fwhm_cm1[:, 0], values.fwhm_se[:, 0]
    sure = np.isfinite(width) & np.isfinite(se) & (np.abs(values.center_cm1[:, 0] - line_cm1) < 0.98 * reach_cm1)
    return list(zip(width[sure].tolist(), se[sure].tolist(), strict=True))


def _pitch(shift_cm1: FloatArray, at_cm1: float) -> float:
    """Distance of neighbouring channels around a shift, in cm-1."""
    first, last = np.interp([at_cm1 - AROUND_CM1, at_cm1 + AROUND_CM1], shift_cm1, np.arange(shift_cm1.size))
    ends = np.interp([first, last], np.arange(shift_cm1.size), shift_cm1)
    return float((ends[1] - ends[0]) / (last - first))
