"""The plan of a synthetic experiment, read from TOML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ramanfit.errors import InputError, RecipeError
from ramanfit.settings import build, check_types, choice, expect, parse_toml

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class PlannedAxis:
    """The spectrometer's axis: channels of equal width in wavelength, as behind a grating.

    Attributes
    ----------
    low_cm1, high_cm1 : float
        First and last channel.
    channels : int
    laser_nm : float
    """

    low_cm1: float = 100.0
    high_cm1: float = 2300.0
    channels: int = 1024
    laser_nm: float = 532.0

    def __post_init__(self) -> None:
        check_types(self, "axis")
        expect(self.laser_nm > 0, "axis.laser_nm", "more than 0", self.laser_nm)
        expect(self.low_cm1 < self.high_cm1, "axis.high_cm1", f"more than {self.low_cm1:g}", self.high_cm1)
        limit = 1e7 / self.laser_nm  # the laser's own wavenumber
        expect(self.high_cm1 < limit, "axis.high_cm1", f"less than {limit:g}", self.high_cm1)
        expect(self.channels >= 2, "axis.channels", "2 or more", self.channels)


@dataclass(frozen=True)
class PlannedScan:
    """Place and time.

    Attributes
    ----------
    kind : {"line", "spectrum"}
        A line over all points, or one point by itself.
    scans : int
        How often it is measured.
    step_um : float
        Distance between points.
    period_s : float
        From the start of a scan to the start of the next.
    dwell_s : float
        From the start of a point to the start of the next: integration, readout and moves.
    integration_s, accumulations
        As the Information text states them.
    started : datetime
        Start of the first scan.
    """

    kind: str = "line"
    scans: int = 1
    step_um: float = 5.0
    period_s: float = 600.0
    dwell_s: float = 25.0
    integration_s: float = 20.0
    accumulations: int = 1
    started: datetime = datetime(2024, 1, 15, 9, 0, 0)

    def __post_init__(self) -> None:
        check_types(self, "scan")
        choice(self.kind, ("line", "spectrum"), "scan.kind")
        for name in ("scans", "step_um", "dwell_s", "integration_s", "accumulations"):
            value = getattr(self, name)
            expect(value > 0, f"scan.{name}", "more than 0", value)
        used = self.integration_s * self.accumulations
        expect(used <= self.dwell_s, "scan.dwell_s", f"{used:g} or more, the integration", self.dwell_s)


@dataclass(frozen=True)
class Detector:
    """How signal becomes counts: ``offset + gain * Poisson(signal / gain) + Normal(0, read)``.

    The variance of a channel is ``read_counts**2 + gain * signal``, and 1/12 more where counts are rounded.

    Attributes
    ----------
    offset_counts : float
        What the dark detector shows.
    gain : float
        Variance in counts squared per count of signal; 0: no shot noise.
    read_counts : float
        Standard deviation of the readout.
    rounded : bool
        Whole counts, as a camera gives.
    saturation_counts : float
        No channel shows more.
    """

    offset_counts: float = 700.0
    gain: float = 1.0
    read_counts: float = 3.0
    rounded: bool = True
    saturation_counts: float = 65535.0

    def __post_init__(self) -> None:
        check_types(self, "detector")
        for name in ("offset_counts", "gain", "read_counts"):
            value = getattr(self, name)
            expect(value >= 0, f"detector.{name}", "0 or more", value)
        limit = self.saturation_counts
        expect(limit > self.offset_counts, "detector.saturation_counts", "more than the offset", limit)


@dataclass(frozen=True)
class Background:
    """What lies under the peaks, in counts: polynomial + exponential + hump.

    Attributes
    ----------
    polynomial : tuple of float
        Coefficients of t**0, t**1, ...; t runs from -1 to 1 over the axis.
    exponential_counts, exponential_decay_cm1 : float
        Value at the low end of the axis, and the length over which it falls to 1/e.
    hump_counts, hump_center_cm1, hump_fwhm_cm1 : float
        A Gaussian.
    """

    polynomial: tuple[float, ...] = ()
    exponential_counts: float = 0.0
    exponential_decay_cm1: float = 1000.0
    hump_counts: float = 0.0
    hump_center_cm1: float = 1500.0
    hump_fwhm_cm1: float = 1000.0

    def __post_init__(self) -> None:
        check_types(self, "background")
        for name in ("exponential_decay_cm1", "hump_fwhm_cm1"):
            value = getattr(self, name)
            expect(value > 0, f"background.{name}", "more than 0", value)


@dataclass(frozen=True)
class PlannedPeak:
    """One line of one point: each a value for every scan, or the first and the last of a linear course."""

    center_cm1: float | tuple[float, float]
    fwhm_cm1: float | tuple[float, float]
    height: float | tuple[float, float]

    def check(self, key: str) -> None:
        """Raise RecipeError for a wrong value; `key` says where this peak stands in the plan."""
        check_types(self, key)
        expect(min(_ends(self.fwhm_cm1)) > 0, f"{key}.fwhm_cm1", "more than 0", self.fwhm_cm1)
        expect(min(_ends(self.height)) >= 0, f"{key}.height", "0 or more", self.height)


@dataclass(frozen=True)
class PlannedPoint:
    """One place on the line.

    Attributes
    ----------
    name : str
    peaks : mapping of str to PlannedPeak
        By the names of the recipe's peaks; one left out is not there.
    background : float or (float, float)
        Factor on the plan's background, or its linear course over the scans.
    """

    name: str
    peaks: Mapping[str, PlannedPeak] = field(default_factory=dict)
    background: float | tuple[float, float] = 1.0

    def __post_init__(self) -> None:
        key = f"points.{self.name}"
        check_types(self, key)
        for name, peak in self.peaks.items():
            peak.check(f"{key}.peaks.{name}")
        expect(min(_ends(self.background)) >= 0, f"{key}.background", "0 or more", self.background)


@dataclass(frozen=True)
class Plan:
    """A synthetic experiment.

    Attributes
    ----------
    name : str
        Part of the files' names: letters, digits, ``._-``.
    points : tuple of PlannedPoint
        In the order they are measured.
    seed : int
        The same seed makes the same files.
    description : str
    axis, scan, detector, background
        One table of the TOML file each.
    """

    name: str
    points: tuple[PlannedPoint, ...]
    seed: int = 0
    description: str = ""
    axis: PlannedAxis = field(default_factory=PlannedAxis)
    scan: PlannedScan = field(default_factory=PlannedScan)
    detector: Detector = field(default_factory=Detector)
    background: Background = field(default_factory=Background)

    def __post_init__(self) -> None:
        check_types(self)
        expect(bool(_FILE_NAME.fullmatch(self.name)), "name", "letters, digits and ._-", self.name)
        expect(self.seed >= 0, "seed", "0 or more", self.seed)
        n = len(self.points)
        if self.scan.kind == "spectrum" and n != 1:
            raise RecipeError(f"points: expected one for a spectrum, found {n}")
        if not n:
            raise RecipeError("points: expected at least one [[points]], found none")
        busy, period = n * self.scan.dwell_s, self.scan.period_s
        expect(period >= busy, "scan.period_s", f"{busy:g} or more, {n} points times dwell_s", period)


_TABLES = {"axis": PlannedAxis, "scan": PlannedScan, "detector": Detector, "background": Background}


def _ends(course: float | tuple[float, float]) -> tuple[float, float]:
    return course if isinstance(course, tuple) else (course, course)


def load_plan(path: str) -> Plan:
    """Return the plan of a TOML file.

    Raises
    ------
    InputError
        If the file cannot be read.
    RecipeError
        If it is no valid plan.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path}: expected TOML in UTF-8, found other bytes") from None
    return plan_from_toml(text.replace("\r\n", "\n"), path)


def plan_from_toml(text: str, where: str) -> Plan:
    """Return the plan a TOML text holds; `where` names it in errors."""
    table = parse_toml(text, where)
    try:
        ready: dict[str, Any] = {k: build(cls, table[k], k) for k, cls in _TABLES.items() if k in table}
        points = table.get("points", [])
        expect(isinstance(points, list), "points", "[[points]]", points)
        ready["points"] = tuple(_point(item, i) for i, item in enumerate(points))
        return build(Plan, table, **ready)
    except RecipeError as error:
        raise RecipeError(f"{where}: {error.message}", hint=error.hint) from None


def _point(table: object, index: int) -> PlannedPoint:
    key = f"points.{index + 1}"
    if not isinstance(table, Mapping):
        raise RecipeError(f"{key}: expected a table, found {table!r}")
    key = f"points.{table.get('name', index + 1)}"
    peaks = table.get("peaks", {})
    expect(isinstance(peaks, Mapping), f"{key}.peaks", "a table", peaks)
    planned = {name: build(PlannedPeak, value, f"{key}.peaks.{name}") for name, value in peaks.items()}
    return build(PlannedPoint, table, key, peaks=planned)
