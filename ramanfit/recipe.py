"""Every setting of a fit, as one frozen value.

Each part checks itself, so whatever is a Recipe is a valid one. `ramanfit.recipe_toml` reads and writes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ramanfit.errors import RecipeError
from ramanfit.settings import check_types, choice, expect

AXIS_UNITS = ("auto", "rel. 1/cm", "nm")
NOISE_MODELS = ("counting", "white")
SHAPES = ("lorentzian",)
MAX_ORDER = 5
_KEY_COLUMNS = ("source", "scan", "point", "position_um", "time_s", "redchi2", "flags")
_ECHEM_COLUMNS = ("voltage_v", "current_ma", "capacity_mah", "soc")
_COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9'_]*")


@dataclass(frozen=True)
class Axis:
    """What the file may not say about its axis, and a correction to it.

    Attributes
    ----------
    unit : {"auto", "rel. 1/cm", "nm"}
        "auto": as the file says.
    laser_nm : float or None
        Excitation, to turn nm into Raman shift; None: as the file says.
    shift_cm1 : float
        Added to every shift.
    calibration : str
        What the correction rests on, for the record; empty: nothing, the axis is uncalibrated.
    """

    unit: str = "auto"
    laser_nm: float | None = None
    shift_cm1: float = 0.0
    calibration: str = ""

    def __post_init__(self) -> None:
        check_types(self, "axis")
        choice(self.unit, AXIS_UNITS, "axis.unit")
        expect(self.laser_nm is None or self.laser_nm > 0, "axis.laser_nm", "more than 0", self.laser_nm)


@dataclass(frozen=True)
class Window:
    """The part of the axis that is fitted.

    Attributes
    ----------
    low_cm1, high_cm1 : float
        First and last shift.
    exclude : tuple of (low, high)
        Ranges in it that are not fitted; they may not overlap.
    """

    low_cm1: float = 900.0
    high_cm1: float = 1900.0
    exclude: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        check_types(self, "window")
        expect(self.low_cm1 < self.high_cm1, "window.high_cm1", f"more than {self.low_cm1:g}", self.high_cm1)
        end = -float("inf")
        for low, high in sorted(self.exclude):
            expect(low < high, "window.exclude", "[low, high]", [low, high])
            expect(low >= end, "window.exclude", "ranges that do not overlap", [list(e) for e in self.exclude])
            expect(
                low > self.low_cm1 or high < self.high_cm1,
                "window.exclude",
                f"less than the whole window {self.low_cm1:g}-{self.high_cm1:g}",
                [low, high],
            )
            end = high


@dataclass(frozen=True)
class Clean:
    """What is masked before the fit.

    Attributes
    ----------
    saturation_counts : float or None
        Channels at or above it are masked; None: no channel is.
    spikes : bool
        Whether cosmic rays are looked for and masked.
    """

    saturation_counts: float | None = 65535.0
    spikes: bool = True

    def __post_init__(self) -> None:
        check_types(self, "clean")
        level = self.saturation_counts
        expect(level is None or level > 0, "clean.saturation_counts", "more than 0", level)


@dataclass(frozen=True)
class Baseline:
    """The polynomial fitted together with the peaks.

    Attributes
    ----------
    order : int
        0 (a constant) to 5.
    """

    order: int = 2

    def __post_init__(self) -> None:
        check_types(self, "baseline")
        expect(0 <= self.order <= MAX_ORDER, "baseline.order", f"0 to {MAX_ORDER}", self.order)


@dataclass(frozen=True)
class Noise:
    """How the variance of a channel follows its signal.

    Attributes
    ----------
    model : {"counting", "white"}
        "counting": a + g * signal, both fitted; "white": the same in every channel.
    """

    model: str = "counting"

    def __post_init__(self) -> None:
        check_types(self, "noise")
        choice(self.model, NOISE_MODELS, "noise.model")


@dataclass(frozen=True)
class Detection:
    """When a peak counts as seen, in standard errors of its height.

    Attributes
    ----------
    min_snr : float
        Below it a peak is `not_detected`.
    low_snr : float
        Below it a fit is flagged `low_snr`.
    doublets : tuple of str
        Peaks that are also tried as two lines: `doublet_preferred` says where the spectrum asks for them.
    """

    min_snr: float = 3.0
    low_snr: float = 5.0
    doublets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_types(self, "detection")
        expect(self.min_snr >= 0, "detection.min_snr", "0 or more", self.min_snr)
        expect(self.low_snr >= self.min_snr, "detection.low_snr", f"{self.min_snr:g} or more", self.low_snr)


@dataclass(frozen=True)
class Bands:
    """Where `ramanfit bands` and `evolve` read intensities off, fitted or not.

    Attributes
    ----------
    at_cm1 : tuple of float
        Middles of the bands; empty: where the peaks start.
    half_width_cm1 : float
        Channels this far on both sides are averaged.
    controls_cm1 : tuple of float
        Bands among these where nothing but background is expected: the line between two of them is what "specific"
        intensities have lost.
    dark_counts : float
        What the dark detector shows, taken off first.
    """

    at_cm1: tuple[float, ...] = (900.0, 1350.0, 1590.0, 2000.0)
    half_width_cm1: float = 5.0
    controls_cm1: tuple[float, ...] = (900.0, 2000.0)
    dark_counts: float = 0.0

    def __post_init__(self) -> None:
        check_types(self, "bands")
        expect(self.half_width_cm1 > 0, "bands.half_width_cm1", "more than 0", self.half_width_cm1)
        for name in ("at_cm1", "controls_cm1"):
            values = getattr(self, name)
            expect(len(set(values)) == len(values), f"bands.{name}", "different shifts", list(values))


@dataclass(frozen=True)
class Peak:
    """One line: where to start and how far it may go.

    Attributes
    ----------
    name : str
        Begins the peak's columns: a letter, then letters, digits, ' or _.
    center_cm1, center_min_cm1, center_max_cm1 : float
    fwhm_cm1, fwhm_min_cm1, fwhm_max_cm1 : float
        Full width at half maximum.
    shape : {"lorentzian"}
    """

    name: str
    center_cm1: float
    center_min_cm1: float
    center_max_cm1: float
    fwhm_cm1: float
    fwhm_min_cm1: float
    fwhm_max_cm1: float
    shape: str = "lorentzian"

    def __post_init__(self) -> None:
        key = f"peaks.{self.name}"
        check_types(self, key)
        _column_name(self.name, f"{key}.name")
        choice(self.shape, SHAPES, f"{key}.shape")
        expect(self.fwhm_min_cm1 > 0, f"{key}.fwhm_min_cm1", "more than 0", self.fwhm_min_cm1)
        for what in ("center", "fwhm"):
            start, low, high = (getattr(self, f"{what}{end}_cm1") for end in ("", "_min", "_max"))
            expect(low < high, f"{key}.{what}_max_cm1", f"more than {what}_min_cm1 = {low:g}", high)
            expect(low <= start <= high, f"{key}.{what}_cm1", f"{low:g} to {high:g} ({what}_min, _max)", start)


@dataclass(frozen=True)
class Ratio:
    """numerator / denominator, of heights (column NAME) and of areas (column area_NAME).

    Attributes
    ----------
    numerator, denominator : str
        Names of peaks.
    name : str
    """

    numerator: str
    denominator: str
    name: str = "ratio"

    def __post_init__(self) -> None:
        check_types(self, f"ratios.{self.name}")
        _column_name(self.name, f"ratios.{self.name}.name")


@dataclass(frozen=True)
class Recipe:
    """All settings of a fit.

    Attributes
    ----------
    name : str
    peaks : tuple of Peak
        At least one, names all different, in the order of the columns.
    description, source : str
        One line for people; where the numbers come from.
    axis, window, clean, baseline, noise, detection, bands
        One table of the TOML file each.
    ratios : tuple of Ratio

    Raises
    ------
    RecipeError
        Names the key, what was expected and what was found.
    """

    name: str
    peaks: tuple[Peak, ...]
    description: str = ""
    source: str = ""
    axis: Axis = field(default_factory=Axis)
    window: Window = field(default_factory=Window)
    clean: Clean = field(default_factory=Clean)
    baseline: Baseline = field(default_factory=Baseline)
    noise: Noise = field(default_factory=Noise)
    detection: Detection = field(default_factory=Detection)
    bands: Bands = field(default_factory=Bands)
    ratios: tuple[Ratio, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)
        names = [peak.name for peak in self.peaks]
        if not names:
            raise RecipeError("peaks: expected at least one [[peaks]], found none")
        _unique(names, "peaks")
        low, high = self.window.low_cm1, self.window.high_cm1
        for peak in self.peaks:
            if not low <= peak.center_cm1 <= high:
                raise RecipeError(
                    f"window: expected every peak to start in it, found {peak.name} at {peak.center_cm1:g} "
                    f"outside {low:g}-{high:g}",
                    hint=f"widen the window, or use a recipe without {peak.name}",
                )
        for name in self.detection.doublets:
            choice(name, names, "detection.doublets", "peak")
        _unique([ratio.name for ratio in self.ratios], "ratios")
        for ratio in self.ratios:
            for side in ("numerator", "denominator"):
                choice(getattr(ratio, side), names, f"ratios.{ratio.name}.{side}", "peak")
            taken = ratio.name.startswith(("area_", *(f"{name}_" for name in names)))
            if taken or ratio.name.endswith("_se") or ratio.name in _KEY_COLUMNS + _ECHEM_COLUMNS:
                raise RecipeError(f"ratios.{ratio.name}.name: expected a name that no other column has")


def _column_name(name: str, key: str) -> None:
    expect(bool(_COLUMN_NAME.fullmatch(name)), key, "a letter, then letters, digits, ' or _", name)


def _unique(names: list[str], key: str) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise RecipeError(f"{key}: expected different names, found {name!r} twice")
