"""Every setting of a fit, as one frozen value.

Each part checks itself, so whatever is a Recipe is a valid one. `ramanfit.recipe.toml` reads and writes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ramanfit.errors import RecipeError
from ramanfit.recipe.settings import check_types, choice, expect

AXIS_UNITS = ("auto", "rel. 1/cm", "nm")
NOISE_MODELS = ("counting", "white")
SHAPES: dict[str, tuple[float, float, float] | None] = {  # start and bounds of what a shape has of its own
    "lorentzian": None,
    "gaussian": None,
    "pseudo-voigt": (0.5, 0.0, 1.0),
    "bwf": (-0.2, -0.8, 0.8),
}
STEEPEST = 0.95  # |form| of a BWF; at 1 it has no second half maximum
MAX_ORDER = 5
ERRORS = ("covariance", "bootstrap", "profile")
_KEY_COLUMNS = ("source", "scan", "point", "position_um", "time_s", "redchi2", "flags")
_ECHEM_COLUMNS = ("voltage_v", "current_ma", "capacity_mah", "soc")
_ENDINGS = ("_se", "_sys", "_low", "_high", "_delta")
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
    """What lies under the peaks: a polynomial fitted together with them, or what is subtracted before.

    Attributes
    ----------
    order : int or {"auto", "none"}
        0 (a constant) to 5, of the polynomial in the fit or of a method that has one. "auto": chosen for each scan by
        the Bayesian information criterion; "none": no polynomial in the fit, or the order that a method has by itself.
    method : str
        "fit"; or the name of an algorithm of `ramanfit.fit.baseline_subtract`, whose baseline is subtracted first.
    options : str
        Further settings of a method, e.g. ``"lam=1e6, p=0.01"``.
    regions : tuple of (low, high)
        Method "regions": where there is nothing but background, in cm-1.
    anchors_cm1 : tuple of float
        Method "anchors": shifts that the baseline goes through.
    margin_cm1 : float
        How far beyond the window a method sees, on both sides.
    """

    order: int | str = 2
    method: str = "fit"
    options: str = ""
    regions: tuple[tuple[float, float], ...] = ()
    anchors_cm1: tuple[float, ...] = ()
    margin_cm1: float = 0.0

    def __post_init__(self) -> None:
        check_types(self, "baseline")
        expect(self.margin_cm1 >= 0, "baseline.margin_cm1", "0 or more", self.margin_cm1)
        words = ("auto", "none") if self.in_fit else ("none",)
        good = 0 <= self.order <= MAX_ORDER if isinstance(self.order, int) else self.order in words
        valid = ", ".join((f"0 to {MAX_ORDER}", *words))
        expect(good, "baseline.order", valid, self.order)
        for name, method in (("options", ""), ("margin_cm1", ""), ("regions", "regions"), ("anchors_cm1", "anchors")):
            value = getattr(self, name)
            suits = self.method == method if method else not self.in_fit
            expect(suits or not value, f"baseline.{name}", f"nothing with method {self.method!r}", value)
            expect(not method or not suits or bool(value), f"baseline.{name}", "what the method goes through", value)

    @property
    def in_fit(self) -> bool:
        """Whether the baseline is fitted together with the peaks."""
        return self.method == "fit"

    @property
    def highest(self) -> int:
        """Largest order that the polynomial in the fit may have; -1: there is none."""
        if not self.in_fit or self.order == "none":
            return -1
        return MAX_ORDER if isinstance(self.order, str) else self.order


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
class Errors:
    """Where standard errors come from, and whether a ratio has an interval.

    Attributes
    ----------
    method : {"covariance", "bootstrap", "profile"}
        "bootstrap": all standard errors, and the 95 % interval of a ratio, from resampled residuals; "profile": this
        interval from the likelihood. Both refit with the batched engine, whatever the first fits were made with.
    samples : int
        Of a bootstrap, 50 to 10,000.
    """

    method: str = "covariance"
    samples: int = 200

    def __post_init__(self) -> None:
        check_types(self, "errors")
        choice(self.method, ERRORS, "errors.method")
        expect(50 <= self.samples <= 10_000, "errors.samples", "50 to 10000", self.samples)


@dataclass(frozen=True)
class Alternatives:
    """What else could have been chosen; see `ramanfit.fit.sensitivity`.

    Attributes
    ----------
    baselines : tuple of str
        E.g. ``"3"``, ``"auto"``, ``"arpls lam=1e6"``.
    recipes : tuple of str
        Shipped recipes or files.
    """

    baselines: tuple[str, ...] = ("2", "3", "4")
    recipes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_types(self, "alternatives")
        for name in ("baselines", "recipes"):
            for text in getattr(self, name):
                expect(bool(text.strip()), f"alternatives.{name}", "no empty text", text)


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
    """One line: where to start, how far it may go, and what it shares with another.

    Equal bounds fix a value.

    Attributes
    ----------
    name : str
        Begins the peak's columns: a letter, then letters, digits, ' or _.
    center_cm1, center_min_cm1, center_max_cm1 : float
        Position of the maximum; with `center_from`, its distance from that of another peak: equal bounds tie the two,
        bounds above 0 keep their order.
    fwhm_cm1, fwhm_min_cm1, fwhm_max_cm1 : float or None
        Full width at half maximum; None with `fwhm_from`.
    shape : {"lorentzian", "gaussian", "pseudo-voigt", "bwf"}
    form, form_min, form_max : float or None
        The shape's own parameter, see `ramanfit.fit.lineshapes.SHAPES`; None: as the shape has it.
    center_from, fwhm_from, height_from : str
        Another peak, itself not tied in this; empty: this peak has a value of its own.
    fwhm_ratio, height_ratio : float
        With `fwhm_from`, `height_from`: in parts of that peak's.
    height_min, height_max : float or None
        Bounds in counts; None: there is none, and heights of noise are negative as often as not.
    """

    name: str
    center_cm1: float
    center_min_cm1: float
    center_max_cm1: float
    fwhm_cm1: float | None = None
    fwhm_min_cm1: float | None = None
    fwhm_max_cm1: float | None = None
    shape: str = "lorentzian"
    form: float | None = None
    form_min: float | None = None
    form_max: float | None = None
    center_from: str = ""
    fwhm_from: str = ""
    fwhm_ratio: float = 1.0
    height_from: str = ""
    height_ratio: float = 1.0
    height_min: float | None = None
    height_max: float | None = None

    def __post_init__(self) -> None:
        key = f"peaks.{self.name}"
        check_types(self, key)
        _column_name(self.name, f"{key}.name")
        choice(self.shape, SHAPES, f"{key}.shape")
        _bounded(self, key, "center", "_cm1")
        given = [f"fwhm{end}_cm1" for end in ("", "_min", "_max")]
        if self.fwhm_from:
            for name in given:
                value = getattr(self, name)
                expect(value is None, f"{key}.{name}", '"none" beside fwhm_from', value)
        else:
            for name in given:
                value = getattr(self, name)
                expect(value is not None, f"{key}.{name}", "a number, or fwhm_from", "none")
            least = self.fwhm_min_cm1 or 0.0
            expect(least > 0, f"{key}.fwhm_min_cm1", "more than 0", least)
            _bounded(self, key, "fwhm", "_cm1")
        own = SHAPES[self.shape]
        for name, default in zip(("form", "form_min", "form_max"), own or (None,) * 3, strict=True):
            value = getattr(self, name)
            if own is None:
                expect(value is None, f"{key}.{name}", f'"none" for a {self.shape}', value)
            elif value is None:
                object.__setattr__(self, name, default)
        if own is not None:
            _bounded(self, key, "form", "")
            least, largest = (0.0, 1.0) if self.shape == "pseudo-voigt" else (-STEEPEST, STEEPEST)
            for name in ("form_min", "form_max"):
                value = getattr(self, name)
                expect(least <= value <= largest, f"{key}.{name}", f"{least:g} to {largest:g}", value)
        low, high = self.height_min, self.height_max
        expect(low is None or high is None or low < high, f"{key}.height_max", "more than height_min, or none", high)
        bounds = (low, high) != (None, None)
        expect(not (self.height_from and bounds), f"{key}.height_from", "no bounds of the height beside it", bounds)
        for name in ("fwhm", "height"):
            ratio = getattr(self, f"{name}_ratio")
            expect(ratio > 0, f"{key}.{name}_ratio", "more than 0", ratio)

    @property
    def free(self) -> int:
        """Number of free parameters."""
        bounds = (
            (self.center_min_cm1, self.center_max_cm1),
            (self.fwhm_min_cm1, self.fwhm_max_cm1),
            (self.form_min, self.form_max),
        )
        return (not self.height_from) + sum(low != high for low, high in bounds)

    @property
    def plain(self) -> bool:
        """Whether this is a Lorentzian whose height, center and width are free and its own."""
        bounded = (self.height_min, self.height_max) != (None, None)
        return self.shape == "lorentzian" and not self.center_from and self.free == 3 and not bounded


def _bounded(peak: Peak, key: str, what: str, unit: str) -> None:
    start, low, high = (getattr(peak, f"{what}{end}{unit}") for end in ("", "_min", "_max"))
    expect(low <= high, f"{key}.{what}_max{unit}", f"{what}_min{unit} = {low:g} or more", high)
    expect(low <= start <= high, f"{key}.{what}{unit}", f"{low:g} to {high:g} ({what}_min, _max)", start)


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
    axis, window, clean, baseline, noise, detection, errors, alternatives, bands
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
    errors: Errors = field(default_factory=Errors)
    alternatives: Alternatives = field(default_factory=Alternatives)
    bands: Bands = field(default_factory=Bands)
    ratios: tuple[Ratio, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)
        names = [peak.name for peak in self.peaks]
        if not names:
            raise RecipeError("peaks: expected at least one [[peaks]], found none")
        _unique(names, "peaks")
        low, high = self.window.low_cm1, self.window.high_cm1
        self._check_ties({peak.name: peak for peak in self.peaks})
        for peak, center in zip(self.peaks, self.starts_cm1, strict=True):
            if not low <= center <= high:
                raise RecipeError(
                    f"window: expected every peak to start in it, found {peak.name} at {center:g} "
                    f"outside {low:g}-{high:g}",
                    hint=f"widen the window, or use a recipe without {peak.name}",
                )
        for name in self.detection.doublets:
            choice(name, names, "detection.doublets", "peak")
            tied = [name, *(peak.name for peak in self.peaks if name in _leaders(peak))]
            whole = len(tied) == 1 and self.peaks[names.index(name)].plain
            expect(whole, "detection.doublets", "Lorentzians that are free and that none is tied to", name)
        _unique([ratio.name for ratio in self.ratios], "ratios")
        for ratio in self.ratios:
            for side in ("numerator", "denominator"):
                choice(getattr(ratio, side), names, f"ratios.{ratio.name}.{side}", "peak")
            taken = ratio.name.startswith(("area_", *(f"{name}_" for name in names)))
            if taken or ratio.name.endswith(_ENDINGS) or ratio.name in _KEY_COLUMNS + _ECHEM_COLUMNS:
                raise RecipeError(f"ratios.{ratio.name}.name: expected a name that no other column has")

    @property
    def starts_cm1(self) -> tuple[float, ...]:
        """Centers to start from."""
        own = {peak.name: peak.center_cm1 for peak in self.peaks}
        return tuple(own.get(peak.center_from, 0.0) + peak.center_cm1 for peak in self.peaks)

    def _check_ties(self, peaks: dict[str, Peak]) -> None:
        for peak in self.peaks:
            for what in ("center", "fwhm", "height"):
                name, key = getattr(peak, f"{what}_from"), f"peaks.{peak.name}.{what}_from"
                if name:
                    choice(name, [other for other in peaks if other != peak.name], key, "peak")
                    further = getattr(peaks[name], f"{what}_from")
                    expect(not further, key, f"a peak with a {what} of its own", f"{name}, which has {further}'s")


def _leaders(peak: Peak) -> tuple[str, str, str]:
    return peak.center_from, peak.fwhm_from, peak.height_from


def _column_name(name: str, key: str) -> None:
    expect(bool(_COLUMN_NAME.fullmatch(name)), key, "a letter, then letters, digits, ' or _", name)


def _unique(names: list[str], key: str) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise RecipeError(f"{key}: expected different names, found {name!r} twice")
