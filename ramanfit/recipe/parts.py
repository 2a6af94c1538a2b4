"""The parts of a recipe that are one table of its TOML file each; every part checks itself."""

from __future__ import annotations

from ramanfit.frozen import dataclass
from ramanfit.recipe.settings import check_types, choice, expect

AXIS_UNITS = ("auto", "rel. 1/cm", "nm")
NOISE_MODELS = ("counting", "white")
MAX_ORDER = 5
ERRORS = ("covariance", "bootstrap", "profile")
LARGEST_INSTRUMENT_CM1 = 1000.0  # above, it is none for lines
LEAST_INSTRUMENT_CM1 = 0.01  # below, nothing is left of it but rounding


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
class Instrument:
    """What the spectrometer does to a line.

    Attributes
    ----------
    fwhm_cm1 : float or None
        Full width at half maximum of its profile, a Gaussian that Lorentzians are convolved with: what is fitted is
        the line before. None: lines are fitted as they were measured.
    source : str
        Where the width is from, for the record.
    """

    fwhm_cm1: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        check_types(self, "instrument")
        width = self.fwhm_cm1
        good = width is None or width >= LEAST_INSTRUMENT_CM1
        expect(good, "instrument.fwhm_cm1", f'"none", or {LEAST_INSTRUMENT_CM1:g} or more', width)
        good = width is None or width <= LARGEST_INSTRUMENT_CM1
        expect(good, "instrument.fwhm_cm1", f'"none", or at most {LARGEST_INSTRUMENT_CM1:g}', width)
        expect(width is not None or not self.source, "instrument.source", "nothing without fwhm_cm1", self.source)


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
    smooth_cm1 : float or {"auto", "none"}
        Length of the smooth part that is fitted together with a polynomial: a Gaussian process, which follows what
        changes over longer distances. "auto": 2.5 times the starting width of the broadest peak, at least 0.3 of the
        window.
    """

    order: int | str = 2
    method: str = "fit"
    options: str = ""
    regions: tuple[tuple[float, float], ...] = ()
    anchors_cm1: tuple[float, ...] = ()
    margin_cm1: float = 0.0
    smooth_cm1: float | str = "none"

    def __post_init__(self) -> None:
        check_types(self, "baseline")
        expect(self.margin_cm1 >= 0, "baseline.margin_cm1", "0 or more", self.margin_cm1)
        words = ("auto", "none") if self.in_fit else ("none",)
        good = 0 <= self.order <= MAX_ORDER if isinstance(self.order, int) else self.order in words
        valid = ", ".join((f"0 to {MAX_ORDER}", *words))
        expect(good, "baseline.order", valid, self.order)
        if self.smooth_cm1 != "none":
            suits = self.in_fit and isinstance(self.order, int)
            what = f"order is {self.order!r}" if self.in_fit else f"method is {self.method!r}"
            why = f"a smooth part goes with a polynomial of order 0 to {MAX_ORDER} in the fit, and baseline.{what}"
            expect(suits, "baseline.smooth_cm1", f'"none" ({why})', self.smooth_cm1)
        if not isinstance(self.smooth_cm1, str):
            expect(self.smooth_cm1 > 0, "baseline.smooth_cm1", "more than 0", self.smooth_cm1)
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
        E.g. ``"smooth"``, ``"3"``, ``"auto"``, ``"arpls lam=1e6"``.
    recipes : tuple of str
        Shipped recipes or files.
    """

    baselines: tuple[str, ...] = ("smooth", "2", "3", "4")
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
