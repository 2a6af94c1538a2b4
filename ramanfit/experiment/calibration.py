"""How far an axis is off, from lines of known shift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import nan

import numpy as np

from ramanfit.errors import RecipeError, ScanError, UsageError
from ramanfit.experiment.instrument_width import InstrumentWidth, instrument_width
from ramanfit.fit.pipeline import fit_scan
from ramanfit.frozen import dataclass
from ramanfit.recipe.parts import Axis, Baseline, Window
from ramanfit.recipe.peaks import Peak
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.settings import unknown
from ramanfit.scan.scan import FloatArray, Scan

REACH_CM1 = 12.0  # how far a line is looked for
NEIGHBOUR_CM1 = 40.0  # lines nearer to one another than this are fitted together
MARGIN_CM1 = 22.0  # of background on either side of a line


@dataclass(frozen=True)
class Standard:
    """A sample with lines of known shift.

    Attributes
    ----------
    name : str
    lines_cm1 : tuple of float
        Accepted shifts.
    se_cm1 : float
        Their standard uncertainty, the same for all.
    fwhm_cm1 : float
        Usual width, where a fit starts.
    source : str
    natural_cm1, natural_se : float
        Width of its one line by itself, and the standard error of this; not a number where it is not known.
    natural_source : str
    """

    name: str
    lines_cm1: tuple[float, ...]
    se_cm1: float
    fwhm_cm1: float
    source: str
    natural_cm1: float = nan
    natural_se: float = nan
    natural_source: str = ""


SILICON = Standard(
    "silicon",
    (520.45,),
    0.0,  # a convention here, which the result names
    6.0,
    "CWA 18133 (2024), after the certified reference",
    # what their fits of the anharmonic decay give at 295 K: 2.8 (A = 1.295, B = 0.105) and 2.4 (1.24 at 0 K, into
    # phonons of 0.35 and 0.65 of the energy)
    natural_cm1=2.8,
    natural_se=0.2,
    natural_source="Balkanski, Wallis & Haro, Phys. Rev. B 28, 1928 (1983); Menéndez & Cardona, ibid. 29, 2051 (1984)",
)
POLYSTYRENE = Standard(
    "polystyrene",
    (620.9, 795.8, 1001.4, 1031.8, 1155.3, 1450.5, 1583.1, 1602.3),
    0.55,
    9.0,
    "ASTM E1840; uncertainty after Itoh & Hanari, Anal. Sci. 37 (2021) 1533",
)
STANDARDS = {standard.name: standard for standard in (SILICON, POLYSTYRENE)}


@dataclass(frozen=True)
class Line:
    """One line of a standard in one spectrum or more.

    Attributes
    ----------
    reference_cm1, found_cm1, se_cm1 : float
        Accepted shift; mean of the fitted ones; its standard error from the scatter and the fits' own errors.
    spectra : int
        In how many spectra it was found.
    """

    reference_cm1: float
    found_cm1: float
    se_cm1: float
    spectra: int

    @property
    def off_cm1(self) -> float:
        """What has to be added to the axis at this line."""
        return self.reference_cm1 - self.found_cm1


@dataclass(frozen=True)
class Calibration:
    """The correction of an axis.

    Attributes
    ----------
    standard : Standard
    lines : tuple of Line
    shift_cm1, shift_se : float
        To be added to every shift, and its standard error, that of the accepted values included.
    laser_nm, effective_laser_nm : float
        Excitation that the axis was made with, and that which puts the lines in their places; not a number where
        the first is unknown.
    width : InstrumentWidth or None
        Of the spectrometer's profile; None: the standard has no line for it.
    """

    standard: Standard
    lines: tuple[Line, ...]
    shift_cm1: float
    shift_se: float
    laser_nm: float
    effective_laser_nm: float
    width: InstrumentWidth | None = None

    def residual_cm1(self, line: Line) -> float:
        """Return how far a line is off once the axis is corrected."""
        return line.found_cm1 + self.shift_cm1 - line.reference_cm1

    def doubt(self) -> str:
        """Return what speaks against one offset for all lines, in words; an empty string if nothing does."""
        worst = max(abs(self.residual_cm1(line)) for line in self.lines)
        if not worst > 2 * max(self.standard.se_cm1, self.shift_se):
            return ""
        return f"one offset does not put all lines in their places: {worst:.2f} cm-1 are left at the worst"


def standard_named(name: str, reference_cm1: float | None = None) -> Standard:
    """Return a standard, its one line where the user says.

    Raises
    ------
    UsageError
        If a standard of several lines is given one.
    RecipeError
        If there is no such standard, or the line is none of silicon.
    """
    if name not in STANDARDS:
        raise unknown("standard", name, list(STANDARDS))
    standard = STANDARDS[name]
    if reference_cm1 is None:
        return standard
    if standard is not SILICON:
        raise UsageError("--reference is the shift of silicon's one line")
    if not 500 <= reference_cm1 <= 540:
        raise RecipeError(f"--reference: expected a shift near 520 cm-1, found {reference_cm1:g}")
    return replace(standard, lines_cm1=(reference_cm1,), source="as given with --reference")


def calibration_of(scans: Sequence[Scan], standard: Standard, laser_nm: float | None = None) -> Calibration:
    """Measure how far an axis is off.

    Every line is fitted by a Lorentzian on a straight line in a window of its own, with lines that are near. An
    offset of the laser moves all shifts alike: ``1/effective = 1/laser + shift``. A line whose own width is known also
    tells the width of the instrument.

    Parameters
    ----------
    scans : sequence of Scan
        Of one instrument setting.
    standard : Standard
    laser_nm : float, optional
        Excitation that the axis was made with; else as the scans say.

    Raises
    ------
    ScanError
        If no line of the standard was found.
    """
    positions: dict[float, list[tuple[float, float]]] = {line: [] for line in standard.lines_cm1}
    for scan in scans:
        for group in _groups(standard, scan):
            for line, fitted in _positions(scan, group, standard).items():
                positions[line] += fitted
    lines = tuple(_line(line, fitted) for line, fitted in positions.items() if fitted)
    if not lines:
        names = ", ".join(f"{line:g}" for line in standard.lines_cm1)
        where = ", ".join(dict.fromkeys(scan.source for scan in scans))
        raise ScanError(f"{where}: no line of {standard.name} found within {REACH_CM1:g} cm-1 of {names} cm-1")
    off = np.array([line.off_cm1 for line in lines])
    weight = np.array([1 / (line.se_cm1**2 + standard.se_cm1**2) for line in lines])
    shift = float((weight * off).sum() / weight.sum())
    laser = laser_nm or next((s.metadata.laser_nm for s in scans if s.metadata.laser_nm), None) or nan
    effective = 1 / (1 / laser + shift * 1e-7)
    width = None
    if standard.natural_cm1 == standard.natural_cm1:
        natural = standard.natural_cm1, standard.natural_se
        width = instrument_width(scans, lines[0].reference_cm1, *natural, REACH_CM1, MARGIN_CM1)
    return Calibration(standard, lines, shift, float(weight.sum() ** -0.5), laser, effective, width)


def _groups(standard: Standard, scan: Scan) -> list[list[float]]:
    """Lines on the scan's axis, those together that stand near one another."""
    low, high = scan.shift_cm1[0] + MARGIN_CM1 / 2, scan.shift_cm1[-1] - MARGIN_CM1 / 2
    groups: list[list[float]] = []
    for line in standard.lines_cm1:
        if not low <= line <= high:
            continue
        if groups and line - groups[-1][-1] < NEIGHBOUR_CM1:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _positions(scan: Scan, group: Sequence[float], standard: Standard) -> dict[float, list[tuple[float, float]]]:
    """Position and standard error of every line of a group in every spectrum where it was found."""
    apart = min(np.diff(group), default=2 * REACH_CM1)
    reach = min(REACH_CM1, apart / 2)
    recipe = Recipe(
        name=standard.name,
        axis=Axis(),
        window=Window(max(group[0] - MARGIN_CM1, scan.shift_cm1[0]), min(group[-1] + MARGIN_CM1, scan.shift_cm1[-1])),
        baseline=Baseline(order=1),
        peaks=tuple(
            Peak(
                name=f"line{k}",
                center_cm1=line,
                center_min_cm1=line - reach,
                center_max_cm1=line + reach,
                fwhm_cm1=standard.fwhm_cm1,
                fwhm_min_cm1=1.5,
                fwhm_max_cm1=25.0,
            )
            for k, line in enumerate(group)
        ),
    )
    fitted = fit_scan(scan, recipe)
    center: FloatArray = fitted.quantities.center_cm1
    se: FloatArray = fitted.quantities.center_se
    inside = np.abs(center - np.array(group)) < 0.98 * reach
    sure = np.isfinite(center) & np.isfinite(se) & inside
    return {
        line: list(zip(center[sure[:, k], k].tolist(), se[sure[:, k], k].tolist(), strict=True))
        for k, line in enumerate(group)
    }


def _line(reference_cm1: float, positions: Sequence[tuple[float, float]]) -> Line:
    """Mean of the positions; its error is the larger of what the fits say and what the scatter says."""
    at, se = np.array(positions).T
    weight = 1 / se**2
    mean = float((weight * at).sum() / weight.sum())
    inner = float(weight.sum() ** -0.5)
    scatter = float(np.std(at, ddof=1) / np.sqrt(len(at))) if len(at) > 1 else 0.0
    return Line(reference_cm1, mean, max(inner, scatter), len(at))
