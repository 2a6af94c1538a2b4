"""Events whose truth is known: brackets that hold the onset, events that are none, errors of the steepest change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ramanfit.experiment.steepest import steepest_change
from ramanfit.experiment.vanishing import detection_limits, passings
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import BoolArray, FloatArray
from tests.benchmark.made import background, line, noisy

MIN_SNR, SEEN_SNR = 3.0, 4.2  # a height of 3 standard errors is not enough for the information criterion
COURSES = ("abrupt", "gradual", "logistic", "appears", "comes back")
FINE = 20  # steps between two scans in which the true height is followed


class Told(NamedTuple):
    """What was said of the series of one kind."""

    onsets: int
    events: int
    held: int  # brackets in which there is an onset, one only
    scans: float  # mean width of the brackets

    @property
    def share(self) -> float:
        """Part of the brackets that hold."""
        return self.held / max(self.events, 1)


def course(kind: str, n: int, rng: np.random.Generator) -> FloatArray:
    """Return the true height over `FINE` steps a scan, of n scans, as a part of the whole height."""
    t = np.linspace(0, 1, (n - 1) * FINE + 1)
    at, width = rng.uniform(0.35, 0.65), rng.uniform(0.02, 0.4)
    falls = np.clip((at + width / 2 - t) / width, 0, 1)
    if kind == "abrupt":
        return np.where(t < at, 1.0, 0.0)
    if kind == "logistic":
        return np.asarray(1 / (1 + np.exp((t - at) / (width / 8))))
    if kind == "comes back":
        again = rng.uniform(0.75, 0.85)
        return np.clip((0.3 - t) / 0.05, 0, 1) + np.clip((t - again) / 0.05, 0, 1)
    return np.asarray(falls if kind == "gradual" else falls[::-1])


def judged(
    height: FloatArray, se: FloatArray, seen: BoolArray, truth: FloatArray, number: FloatArray, min_snr: float = MIN_SNR
) -> tuple[int, int, int, list[float]]:
    """Return onsets, events and brackets that hold, and widths of one series.

    Parameters
    ----------
    height, se, seen : array [N]
        Of the scans that are there.
    truth : array [(S - 1) * FINE + 1]
        True heights.
    number : array [N]
        Of each scan.
    """
    limit = np.interp(np.arange(len(truth)) / FINE, number, detection_limits(se, min_snr))
    passes = (np.flatnonzero((truth[1:] > limit[1:]) != (truth[:-1] > limit[:-1])) + 0.5) / FINE
    told = passings(height, se, seen, min_snr)
    ends = [(number[event.before], number[event.after]) for event in told]
    held = sum(int(((passes >= first) & (passes <= last)).sum()) % 2 for first, last in ends)
    return len(passes), len(told), held, [float(last - first) for first, last in ends]


def series(kind: str, snr: float, count: int, seed: int) -> Told:
    """Judge series of heights that scatter by their errors, with two scans missing."""
    rng = np.random.default_rng(seed)
    told = []
    for _ in range(count):
        n = int(rng.integers(24, 145))
        truth, se = snr * course(kind, n, rng), rng.uniform(0.9, 1.1, n)
        height = truth[::FINE] + se * rng.normal(size=n)
        there = np.setdiff1d(np.arange(n), rng.integers(1, n - 1, 2))
        h, e = height[there], se[there]
        told.append(judged(h, e, h > SEEN_SNR * e, truth, there.astype(np.float64)))
    return _together(told)


def through_the_engine(kind: str, peak: str, snr: float, count: int, seed: int, recipe: Recipe) -> Told:
    """Judge series of spectra that are fitted: of 36 scans, with shot and read noise, two scans missing."""
    rng = np.random.default_rng(seed)
    n, told = 36, []
    for k in range(count):
        truth = course(kind, n, rng)
        under = background("quadratic", rng) * np.ones((n, 1))
        lines = {"G": line(1592.0, 32.0), "B": line(1342.0, 140.0)}
        other = "B" if peak == "G" else "G"
        signal = under + 0.6 * lines[other] + truth[::FINE, None] * lines[peak]
        there = np.setdiff1d(np.arange(n), rng.integers(1, n - 1, 2))
        scan = noisy(signal[there], snr, np.random.default_rng(seed * 1000 + k))
        q = fit_scan(scan, recipe).quantities
        p = q.names.index(peak)
        seen = np.array([word == "ok" for word in q.status[:, p].tolist()])
        found = judged(q.height[:, p], q.height_se[:, p], seen, 1000 * truth, there.astype(np.float64))
        told.append(found)
    return _together(told)


def _together(told: list[tuple[int, int, int, list[float]]]) -> Told:
    widths = [width for *_, each in told for width in each]
    return Told(*(sum(one[k] for one in told) for k in range(3)), float(np.mean(widths)) if widths else np.nan)


def constant(snr: float, count: int, seed: int, outliers: int = 0) -> int:
    """Return how many events are told of series that have none, with some scans that are wrong by 20 errors."""
    rng, events = np.random.default_rng(seed), 0
    for _ in range(count):
        height = snr + rng.normal(size=144)
        at = rng.choice(np.arange(1, 24), outliers, replace=False) * 6
        height[at] += np.where(height[at] < SEEN_SNR, 20, -20)
        events += len(passings(height, np.ones(144), height > SEEN_SNR, MIN_SNR))
    return events


def steps(n: int, width: float, snr: float, count: int, seed: int) -> tuple[FloatArray, int]:
    """Return z of the time of steps that are found among n scans, two missing, and how many are not.

    Parameters
    ----------
    n : int
    width : float
        Of the logistic, in intervals between scans; 0: abrupt.
    snr : float
        Height of the step over the error of one scan.
    """
    rng, z = np.random.default_rng(seed), []
    t = np.arange(n, dtype=np.float64)
    for _ in range(count):
        at = rng.uniform(0.35, 0.65) * n
        truth = snr / (1 + np.exp(-np.clip((t - at) / width, -500, 500))) if width else snr * (t > at)
        se = rng.uniform(0.8, 1.2, n)
        value = truth + rng.normal(0, 0.3 * snr) * t / n + se * rng.normal(size=n)
        there = np.setdiff1d(np.arange(n), rng.choice(np.arange(1, n - 1), 2, replace=False))
        found = steepest_change(t[there], value[there], se[there])
        if not found.why:
            z.append((found.time - at) / found.time_se)
    return np.array(z), count - len(z)


def events() -> Iterator[str]:
    """Brackets, false events and the time of the steepest change."""
    for kind in COURSES:
        for snr in (5.0, 10.0, 100.0):
            told = series(kind, snr, 200, 17)
            yield _said(f"series, {kind}, S/N {snr:g}", told)
    recipe = load_recipe("li-graphite")
    for peak in ("G", "B"):
        for kind in COURSES:
            for snr in (3.0, 30.0):
                yield _said(f"fits, {peak} {kind}, S/N {snr:g}", through_the_engine(kind, peak, snr, 40, 5, recipe))
    for snr in (0.0, 2.0, 3.0, 4.2, 6.0, 30.0):
        none, wrong = constant(snr, 200, 1), constant(snr, 200, 1, outliers=5)
        shares = f"{none / 200:.3f} events per series, {wrong / 200:.3f} with five outliers"
        yield f"constant S/N {snr:g}, 144 scans: {shares}"
    for n in (40, 144):
        for width in (0.0, 1.0, 3.0):
            for snr in (8.0, 30.0):
                z, missed = steps(n, width, snr, 200, 3)
                yield (
                    f"steepest of {n} scans, width {width:g} intervals, step {snr:g} errors: z {z.std():.2f} "
                    f"(mean {z.mean():+.2f}), none found in {missed / 2:.0f} %"
                )


def _said(what: str, told: Told) -> str:
    return (
        f"{what}: {100 * told.share:.1f} % of {told.events} brackets hold ({told.onsets} onsets), "
        f"{told.scans:.1f} scans wide"
    )
