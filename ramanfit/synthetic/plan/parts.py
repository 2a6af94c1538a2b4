"""Where, when and with what is measured: the plan's tables of one kind each."""

from __future__ import annotations

from datetime import datetime

from ramanfit.frozen import dataclass
from ramanfit.recipe.settings import check_types, choice, expect

MOST_CHANNELS = 100_000
MOST_SCANS = 100_000
MOST_SPIKES = 1000  # in a spectrum


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
        expect(self.laser_nm >= 1, "axis.laser_nm", "1 or more", self.laser_nm)
        expect(self.low_cm1 < self.high_cm1, "axis.high_cm1", f"more than {self.low_cm1:g}", self.high_cm1)
        limit = 1e7 / self.laser_nm  # the laser's own wavenumber
        expect(self.high_cm1 < limit, "axis.high_cm1", f"less than {limit:g}", self.high_cm1)
        expect(self.channels >= 2, "axis.channels", "2 or more", self.channels)
        expect(self.channels <= MOST_CHANNELS, "axis.channels", f"at most {MOST_CHANNELS}", self.channels)


@dataclass(frozen=True)
class PlannedScan:
    """Place and time.

    Attributes
    ----------
    kind : {"line", "spectrum", "map"}
        A line over all points, one point by itself, or a map, whose pixels are mixtures of the points.
    scans : int
        How often it is measured.
    step_um : float
        Distance between the points of a line.
    period_s : float
        From the start of a scan to the start of the next.
    dwell_s : float
        From the start of a point to the start of the next: integration, readout and moves.
    integration_s, accumulations
        As the Information text states them.
    started : datetime
        Start of the first scan.
    missing : tuple of int
        Scans, counted from 0, whose files are not there; the others keep their numbers and times.
    """

    kind: str = "line"
    scans: int = 1
    step_um: float = 5.0
    period_s: float = 600.0
    dwell_s: float = 25.0
    integration_s: float = 20.0
    accumulations: int = 1
    started: datetime = datetime(2024, 1, 15, 9, 0, 0)
    missing: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_types(self, "scan", but=("missing",))
        choice(self.kind, ("line", "spectrum", "map"), "scan.kind")
        for name in ("scans", "step_um", "dwell_s", "integration_s", "accumulations"):
            value = getattr(self, name)
            expect(value > 0, f"scan.{name}", "more than 0", value)
        expect(self.scans <= MOST_SCANS, "scan.scans", f"at most {MOST_SCANS}", self.scans)
        used = self.integration_s * self.accumulations
        expect(used <= self.dwell_s, "scan.dwell_s", f"{used:g} or more, the integration", self.dwell_s)
        last = self.scans - 1
        listed = isinstance(self.missing, list | tuple)
        expect(
            listed and all(type(i) is int and 0 <= i <= last for i in self.missing),
            "scan.missing",
            f"a list of scans from 0 to {last}",
            self.missing,
        )
        object.__setattr__(self, "missing", tuple(self.missing))
        expect(bool(self.present), "scan.missing", "fewer than all scans", self.missing)

    @property
    def present(self) -> tuple[int, ...]:
        """Numbers of the scans whose files are there."""
        return tuple(scan for scan in range(self.scans) if scan not in self.missing)


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
class Spikes:
    """Cosmic rays: sharp hits of one to three channels.

    Attributes
    ----------
    rate : float
        Mean number in a spectrum, Poisson distributed.
    counts : (float, float)
        Least and most that a hit adds to its highest channel; all orders of magnitude are equally likely.
    """

    rate: float
    counts: tuple[float, ...] = (50.0, 5000.0)

    def __post_init__(self) -> None:
        check_types(self, "spikes")
        expect(self.rate > 0, "spikes.rate", "more than 0", self.rate)
        expect(self.rate <= MOST_SPIKES, "spikes.rate", f"at most {MOST_SPIKES}", self.rate)
        good = len(self.counts) == 2 and 0 < self.counts[0] <= self.counts[1]
        expect(good, "spikes.counts", "[low, high] above 0", list(self.counts))
