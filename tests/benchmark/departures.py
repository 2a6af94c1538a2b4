"""Backgrounds that no parabola follows and peaks that the model lacks: how wrong a ratio is, and whether it says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ramanfit.fit.pipeline import fit_prepared
from ramanfit.fit.prepare import prepare
from ramanfit.fit.quantities import Quantities
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import BoolArray, FloatArray, Scan
from ramanfit.tables.columns import UPPER_95
from tests.benchmark.made import COUNTS, MISSING, OTHERWISE, SHIFT, SMOOTH, Made, background, line, noisy, scan_of

BREAKS_SILENCE = {"baseline_misfit", "line_shape", "missing_band", "correlated_noise", "residual_structure"}
PAIRS = (("quadratic", "exponential + hump"), ("exponential + hump", "quadratic"), ("flat", "sigmoid"))
SPECTRA = 960  # a line


class Outcome(NamedTuple):
    """What became of the ratios of many spectra."""

    ratio: FloatArray
    se: FloatArray
    truth: FloatArray
    loud: BoolArray  # a flag says that the model does not fit
    center_z: FloatArray  # of G: (value - truth) / error

    @classmethod
    def of(cls, fits: Sequence[Quantities], truth: Sequence[FloatArray]) -> Outcome:
        """Put the ratios of some scans together."""
        ratios = [q.ratios["ratio"] for q in fits]
        flags = [words for q in fits for words in q.flags.tolist()]
        loud = np.array([bool(BREAKS_SILENCE & set(words.split("|"))) for words in flags])
        value, se = (np.concatenate([getattr(ratio, what) for ratio in ratios]) for what in ("value", "se"))
        true = np.concatenate(list(truth))
        if true.ndim == 1:
            return cls(value, se, true, loud, np.full(len(true), np.nan))
        g = fits[0].names.index("G")
        center, error = (np.concatenate([getattr(q, what)[:, g] for q in fits]) for what in ("center_cm1", "center_se"))
        return cls(value, se, true[:, 0], loud, (center - true[:, 1]) / error)


def outcome(made: Sequence[tuple[Scan, FloatArray]], recipe: Recipe) -> Outcome:
    """Fit scans of which the ratios are known."""
    fits = fit_prepared([(scan, prepare(scan, recipe)) for scan, _ in made], recipe)
    return Outcome.of([fitted.quantities for fitted in fits], [ratio for _, ratio in made])


def scans_of(name: str, snr: float, n: int, missing: str = "", spectra: int = SPECTRA, **more: Any) -> list[Made]:
    """Return scans of n spectra of one kind, some spectra altogether; see `scan_of`."""
    return [scan_of(name, snr, n, 7919 * k + round(snr) + n, missing, **more) for k in range(max(spectra // n, 2))]


HEAD = (
    f"{'spectra':40s} {'S/N':>4s} {'of':>3s}  {'baseline':8s} {'bias %':>7s} {'error %':>7s} {'bias/err':>8s} "
    f"{'z':>5s} {'95 %':>5s} {'|z|>5':>6s} {'silent':>6s} {'loud':>5s} {'lost':>5s} {'G sil.':>6s}"
)
EXPLAINED = (
    "silent: |z| > 5 and no flag that says so, in %; loud: such a flag; lost: no ratio; of: spectra of a scan; "
    "bias and error of the ratio, in % of it; bias/err: median z; G sil.: |z| > 5 of the center of G, and no flag"
)


def row(what: str, snr: float, n: int, label: str, o: Outcome) -> str:
    """One line of the table."""
    start = f"{what:40s} {snr:4.0f} {n:3d}  {label:8s}"
    seen = np.isfinite(o.ratio) & np.isfinite(o.se)
    if seen.mean() < 0.1:
        return f"{start} nothing detected in {100 * (1 - seen.mean()):.0f} %"
    off, z = (o.ratio / o.truth - 1)[seen], ((o.ratio - o.truth) / o.se)[seen]
    far, error = np.abs(z) > 5, np.median((o.se / o.truth)[seen])
    cells = (
        f"{100 * np.median(off):+7.1f} {100 * error:7.1f} {np.median(z):+8.2f} {spread(z):5.2f} "
        f"{100 * np.mean(np.abs(z) < 1.96):5.1f} {100 * far.mean():6.1f} {100 * np.mean(far & ~o.loud[seen]):6.1f} "
        f"{100 * o.loud.mean():5.1f} {100 * (1 - seen.mean()):5.1f} "
        f"{100 * np.mean((np.abs(o.center_z) > 5) & ~o.loud):6.1f}"
    )
    return f"{start} {cells}"


def spread(z: FloatArray) -> float:
    """Half of what holds the middle 68 %."""
    return float(np.diff(np.quantile(z[np.isfinite(z)], [0.1587, 0.8413]))[0]) / 2


def variants() -> dict[str, Recipe]:
    """Return the default recipe, as it is and without its smooth part."""
    recipe = load_recipe("li-graphite")
    return {"order 2": with_overrides(recipe, {"baseline.smooth_cm1": "none"}), "default": recipe}


def backgrounds() -> Iterator[str]:
    """Ratio and error on smooth backgrounds: order 2, and the default."""
    yield EXPLAINED
    yield HEAD
    for name in SMOOTH:
        for snr in (5.0, 20.0, 100.0):
            for label, recipe in variants().items():
                yield row(name, snr, 6, label, outcome(scans_of(name, snr, 6), recipe))


def departures() -> Iterator[str]:
    """Ratio and error where the model lacks something: order 2, and the default."""
    yield EXPLAINED
    yield HEAD
    for missing in (*MISSING, *OTHERWISE):
        for name in ("quadratic", "exponential + hump", "sigmoid"):
            for snr in (20.0, 100.0):
                for n in (1, 6, 20):
                    made = scans_of(name, snr, n, missing, SPECTRA // 2)
                    for label, recipe in variants().items():
                        yield row(f"{missing}, {name}", snr, n, label, outcome(made, recipe))


def windows() -> Iterator[str]:
    """The default on other windows, axes, counts and scans."""
    recipe = variants()["default"]
    wide, stepped = (
        np.linspace(800.0, 2100.0, 546),
        np.concatenate([np.arange(900, 1430, 3.1), np.arange(1400, 1900, 1.7)]),
    )
    stepped = np.unique(stepped[(stepped < 1415) | (stepped > 1416)])
    yield EXPLAINED
    yield HEAD
    for name in ("quadratic", "exponential + hump", "sigmoid", "random 2 B"):
        for snr in (20.0, 100.0):
            for low, high in ((1000, 1800), (1100, 1750), (850, 2050)):
                inside = with_overrides(recipe, {"window.low_cm1": str(low), "window.high_cm1": str(high)})
                made = scans_of(name, snr, 6, shift=wide)
                yield row(f"{name}, {low} to {high} cm-1", snr, 6, "default", outcome(made, inside))
            without = with_overrides(recipe, {"window.exclude": "[[1180, 1230], [1445, 1480]]"})
            made = scans_of(name, snr, 6)
            yield row(f"{name}, two ranges excluded", snr, 6, "default", outcome(made, without))
            yield row(f"{name}, a tenth masked", snr, 6, "default", outcome([_holed(*pair) for pair in made], recipe))
            made = scans_of(name, snr, 6, shift=stepped)
            yield row(f"{name}, two pitches", snr, 6, "default", outcome(made, recipe))
            for n in (1, 3):
                yield row(name, snr, n, "default", outcome(scans_of(name, snr, n), recipe))
        for counts in (1e7, 20.0):
            unlimited = with_overrides(recipe, {"clean.saturation_counts": "none"})
            made = scans_of(name, 0, 6, counts=counts)
            yield row(f"{name}, {counts:g} photons in G", 0, 6, "default", outcome(made, unlimited))


def _holed(scan: Scan, ratio: FloatArray) -> Made:
    """Return a scan of which a tenth of the channels is saturated, others in every spectrum."""
    counts = np.array(scan.counts)
    counts[np.random.default_rng(1).random(counts.shape) < 0.1] = 65535.0
    return Scan(scan.shift_cm1, counts, "line"), ratio


def mixed() -> Iterator[str]:
    """Scans whose spectra have different backgrounds: a few on one, the rest on another, and one that runs over."""
    recipe = variants()["default"]
    yield (
        f"{'majority, minority':40s} {'S/N':>4s} {'z of minority':>14s} {'silent':>7s} "
        f"{'z of majority':>14s} {'silent':>7s}"
    )
    for many, few in ((3, 3), (46, 2), (190, 4)):
        for first, second in PAIRS:
            for snr in (20.0, 100.0):
                made = [_mixed(first, second, snr, many, few, k) for k in range(12 if many > 100 else 30)]
                yield _both(f"{many} {first}, {few} {second}", snr, made, recipe, np.arange(many + few) >= many)
    for snr in (20.0, 100.0):
        made = [_crossing("exponential + hump", "flat", snr, k) for k in range(30)]
        yield _both("12 from exponential + hump into flat", snr, made, recipe, np.arange(12) >= 6)


def _mixed(first: str, second: str, snr: float, many: int, few: int, seed: int) -> Made:
    a, ratio_a = scan_of(first, snr, many, 100 + seed)
    b, ratio_b = scan_of(second, snr, few, 900 + seed)
    counts = np.concatenate([np.asarray(a.counts), np.asarray(b.counts)])
    return Scan(SHIFT, counts, "line"), np.concatenate([ratio_a, ratio_b])


def _crossing(first: str, second: str, snr: float, seed: int) -> Made:
    """Return a line of 12 points on which one background gives way to another."""
    rng = np.random.default_rng(seed)
    share = (1 / (1 + np.exp(-(np.arange(12) - 5.5) / 1.5)))[:, None]
    signal = background(second, rng) * share + background(first, rng) * (1 - share)
    ratio = rng.uniform(0.35, 1, 12)
    signal = signal + line(rng.uniform(1583, 1602, 12)[:, None], rng.uniform(24, 42, 12)[:, None])
    signal += ratio[:, None] * line(rng.uniform(1333, 1352, 12)[:, None], rng.uniform(100, 180, 12)[:, None])
    return noisy(signal, snr, rng), ratio


def _both(what: str, snr: float, made: Sequence[Made], recipe: Recipe, minority: BoolArray) -> str:
    o = outcome(made, recipe)
    z = (o.ratio - o.truth) / o.se
    cells = []
    for rows in (np.tile(minority, len(made)), np.tile(~minority, len(made))):
        silent = 100 * np.mean((np.abs(z) > 5) & ~o.loud & rows) / rows.mean()
        cells.append(f"{spread(z[rows]):14.2f} {silent:7.1f}")
    return f"{what:40s} {snr:4.0f} {' '.join(cells)}"


def evolution() -> Iterator[str]:
    """The same six spectra in 144 scans, noise and brightness apart: how far values are apart between scans."""
    head = ("z between scans", "z of steps", "amplitudes")
    yield f"{'background':20s} {'S/N':>4s}  {'baseline':8s} " + " ".join(f"{word:>15s}" for word in head)
    for name in SMOOTH:
        for snr in (20.0, 100.0):
            made = _day(name, snr)
            for label, recipe in variants().items():
                fits = fit_prepared([(scan, prepare(scan, recipe)) for scan in made], recipe)
                ratios = [fitted.quantities.ratios["ratio"] for fitted in fits]
                value, se = (np.stack([getattr(ratio, what) for ratio in ratios]) for what in ("value", "se"))
                away = (value - np.nanmedian(value, axis=0)) / se
                steps = np.diff(value, axis=0) / np.hypot(se[1:], se[:-1])
                used = {float(a) for fitted in fits for a in fitted.quantities.of_spectra.get("smooth", [0.0])}
                yield f"{name:20s} {snr:4.0f}  {label:8s} {spread(away):15.2f} {spread(steps):15.2f} {len(used):15d}"


def _day(name: str, snr: float) -> list[Scan]:
    rng = np.random.default_rng(5)
    under, ratio = background(name, rng), rng.uniform(0.35, 1, 6)[:, None]
    signal = under * rng.uniform(0.7, 1.3, 6)[:, None] + line(rng.uniform(1583, 1602, 6)[:, None], 33.0)
    signal += ratio * line(rng.uniform(1333, 1352, 6)[:, None], rng.uniform(100, 180, 6)[:, None])
    return [noisy(signal, snr, rng, counts=COUNTS * bright) for bright in rng.uniform(0.9, 1.1, 144)]


def broad() -> Iterator[str]:
    """A broad B that is hardly there, or not: detection and upper limits, for order 2, 3 and the default."""
    recipe = load_recipe("li-graphite")
    plain = {"baseline.smooth_cm1": "none"}
    ways = {
        "order 2": with_overrides(recipe, plain),
        "order 3": with_overrides(recipe, {**plain, "baseline.order": "3"}),
        "default": recipe,
    }
    yield "detected, in %: B of 0 (none) to 5 standard deviations of a channel; limit: 95 % upper limit above the truth"
    yield (
        f"{'background':20s} {'FWHM':>5s}  {'baseline':8s} {'none':>6s}"
        + "".join(f"{h:6d}" for h in (1, 2, 3, 5))
        + "  limit"
    )
    for name in SMOOTH:
        for fwhm in (80.0, 140.0, 180.0):
            for label, way in ways.items():
                cells, held = [], []
                for height in (0, 1, 2, 3, 5):
                    made = [_faint(name, height, fwhm, 31 * k) for k in range(SPECTRA // 6)]
                    fits = fit_prepared([(scan, prepare(scan, way)) for scan, _ in made], way)
                    b = fits[0].quantities.names.index("B")
                    status = np.concatenate([fitted.quantities.status[:, b] for fitted in fits])
                    heights, errors = (
                        np.concatenate([getattr(fitted.quantities, name)[:, b] for fitted in fits])
                        for name in ("height", "height_se")
                    )
                    limit = np.maximum(heights, 0) + UPPER_95 * errors
                    missed = status == "not_detected"
                    held.append(limit[missed] >= np.concatenate([true for _, true in made])[missed])
                    cells.append(f"{100 * np.mean(status == 'ok'):6.1f}")
                limits = np.concatenate(held)
                yield f"{name:20s} {fwhm:5.0f}  {label:8s} {''.join(cells)} {100 * limits.mean():6.1f}"


def _faint(name: str, height_sd: float, fwhm: float, seed: int) -> Made:
    """Return a scan of six spectra at S/N 30 with a B of some standard deviations of a channel, and its height."""
    rng = np.random.default_rng(seed)
    signal = background(name, rng) * rng.uniform(0.7, 1.3, 6)[:, None] + line(rng.uniform(1583, 1602, 6)[:, None], 33.0)
    sd = np.sqrt(0.85 * signal / np.interp(1592, SHIFT, signal.mean(axis=0)) + 0.15) / 30
    height = height_sd * sd[:, np.searchsorted(SHIFT, 1345)]
    signal = signal + height[:, None] * line(1345.0, fwhm)
    return Scan(SHIFT, COUNTS * (signal + sd * rng.normal(size=signal.shape)), "line"), COUNTS * height
