"""Backgrounds that no parabola follows and peaks that the model lacks: how wrong a ratio is, and whether it says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ramanfit.fit.pipeline import fit_prepared
from ramanfit.fit.prepare import prepare
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import BoolArray, FloatArray, Scan

SHIFT = np.linspace(900.0, 1900.0, 420)
COUNTS = 1000.0  # of a G of height 1
BREAKS_SILENCE = {"baseline_misfit", "line_shape", "missing_band", "correlated_noise", "residual_structure"}
SMOOTH = ("flat", "linear", "quadratic", "exponential", "exponential + hump", "sigmoid", "two bands", "random 2 B")
MISSING = ("D4 5 %", "D4 10 %", "D3 5 %", "D3 10 %", "Fano", "D' 10 %")
PAIRS = (("quadratic", "exponential + hump"), ("exponential + hump", "quadratic"), ("flat", "sigmoid"))
SPECTRA = 240  # a line


def background(name: str, rng: np.random.Generator) -> FloatArray:
    """Return the background of one scan, in heights of G."""
    u, x, t = rng.uniform, SHIFT, (SHIFT - 1400) / 500
    if name == "flat":
        return 3 + 0 * t
    if name == "linear":
        return 4 - 1.2 * t
    if name == "quadratic":
        return 4 - 1.2 * t + 0.5 * t * t
    if name.startswith("exponential"):
        falling = 0.5 + u(2, 4) * np.exp(-u(0.6, 1.2) * (t + 1))
        if name == "exponential":
            return falling
        return falling + u(0.8, 1.6) * np.exp(-(((t - u(-0.4, 0.4)) / u(0.7, 1.1)) ** 2))
    if name == "sigmoid":
        return 1 + u(1, 4) / (1 + np.exp(-(t - u(-0.5, 0.3)) / u(0.25, 0.5)))
    if name == "two bands":
        far = 0.5 + 4 * np.exp(-(((x - u(2000, 3200)) / u(900, 1500)) ** 2))
        near = u(0.5, 1.5) * np.exp(-(((x - u(800, 1500)) / u(450, 700)) ** 2))
        return (far + near) * (1 + 0.15 * np.tanh((x - 950) / 150)) * (1 - 0.1 * t)
    length, times_b = u(300, 600), float(name.split()[1])  # "random 2 B": a Gaussian process, twice as high as B
    kernel = np.exp(-((x[:, None] - x) ** 2) / (2 * length**2)) + 1e-9 * np.eye(x.size)
    process = 0.65 * times_b * (np.linalg.cholesky(kernel) @ rng.normal(size=x.size))
    return process - process.min() + 1


def _line(center: FloatArray | float, fwhm: FloatArray | float) -> FloatArray:
    u = (SHIFT - center) / (np.asarray(fwhm) / 2)
    return np.asarray(1 / (1 + u * u))


def scan_of(name: str, snr: float, n: int, seed: int, missing: str = "") -> tuple[Scan, FloatArray]:
    """Return a scan of n spectra and their true ratios; G 1583-1602, B 1333-1352, ratios 0.35-1, shot and read noise.

    Parameters
    ----------
    name : str
        Of a background.
    snr : float
        Height of G over the noise there.
    n : int
    seed : int
    missing : str
        What the spectra have and the model lacks.
    """
    rng = np.random.default_rng(seed)
    under, ratio = background(name, rng), rng.uniform(0.35, 1, n)
    center, fwhm = rng.uniform(1583, 1602, n)[:, None], rng.uniform(24, 42, n)[:, None]
    g = _line(center, fwhm)
    if missing == "Fano":
        u = (SHIFT - center) / (fwhm / 2)
        g = (1 + 0.05 * u) ** 2 / (1 + u * u) / (1 + 0.05**2)
    signal = under * rng.uniform(0.7, 1.3, n)[:, None] + g
    signal += ratio[:, None] * _line(rng.uniform(1333, 1352, n)[:, None], rng.uniform(100, 180, n)[:, None])
    if missing.startswith("D"):
        place = {"D4": (1180, 120), "D3": (1500, 120), "D'": (1618, 20)}[missing.split()[0]]
        signal = signal + float(missing.split()[1]) / 100 * _line(*place)
    sd = np.sqrt(0.85 * signal / np.interp(1592, SHIFT, signal.mean(axis=0)) + 0.15) / snr
    return Scan(SHIFT, COUNTS * (signal + sd * rng.normal(size=signal.shape)), "line"), ratio


class Outcome(NamedTuple):
    """What became of the ratios of many spectra."""

    ratio: FloatArray
    se: FloatArray
    truth: FloatArray
    loud: BoolArray  # a flag says that the model does not fit
    smooth: FloatArray


def outcome(name: str, snr: float, n: int, recipe: Recipe, missing: str = "", spectra: int = SPECTRA) -> Outcome:
    """Fit scans of one kind of background."""
    made = [scan_of(name, snr, n, 7919 * k + round(snr) + n, missing) for k in range(max(spectra // n, 2))]
    fits = [f.quantities for f in fit_prepared([(scan, prepare(scan, recipe)) for scan, _ in made], recipe)]
    flags = [words for q in fits for words in q.flags.tolist()]
    return Outcome(
        np.concatenate([q.ratios["ratio"].value for q in fits]),
        np.concatenate([q.ratios["ratio"].se for q in fits]),
        np.concatenate([ratio for _, ratio in made]),
        np.array([bool(BREAKS_SILENCE & set(words.split("|"))) for words in flags]),
        np.concatenate([q.of_spectra.get("smooth", np.zeros(len(q.flags))) for q in fits]),
    )


HEAD = (
    f"{'background':20s} {'S/N':>4s} {'of':>3s}  {'baseline':8s} {'bias %':>7s} {'error %':>7s} {'bias/err':>8s} "
    f"{'z':>5s} {'95 %':>5s} {'|z|>5':>6s} {'silent':>6s} {'loud':>5s} {'lost':>5s}"
)


def _row(name: str, snr: float, n: int, label: str, o: Outcome) -> str:
    seen = np.isfinite(o.ratio) & np.isfinite(o.se)
    if seen.mean() < 0.1:
        return f"{name:20s} {snr:4.0f} {n:3d}  {label:8s} nothing detected in {100 * (1 - seen.mean()):.0f} %"
    off, z = (o.ratio / o.truth - 1)[seen], ((o.ratio - o.truth) / o.se)[seen]
    spread = float(np.diff(np.quantile(z, [0.1587, 0.8413]))[0]) / 2
    far, error = np.abs(z) > 5, np.median((o.se / o.truth)[seen])
    cells = (
        f"{100 * np.median(off):+7.1f} {100 * error:7.1f} {np.median(z):+8.2f} {spread:5.2f} "
        f"{100 * np.mean(np.abs(z) < 1.96):5.1f} {100 * far.mean():6.1f} {100 * np.mean(far & ~o.loud[seen]):6.1f} "
        f"{100 * o.loud.mean():5.1f} {100 * (1 - seen.mean()):5.1f}"
    )
    return f"{name:20s} {snr:4.0f} {n:3d}  {label:8s} {cells}"


def departures() -> Iterator[str]:
    """Ratio and error on smooth backgrounds, and with bands that the model lacks: order 2, and with a smooth part."""
    recipe = load_recipe("li-graphite")
    variants = {
        "order 2": with_overrides(recipe, {"baseline.smooth_cm1": "none"}),
        "smooth": with_overrides(recipe, {"baseline.smooth_cm1": "auto"}),
    }
    yield "silent: |z| > 5 and no flag that says so, in %; loud: such a flag; lost: no ratio; of: spectra of a scan"
    yield HEAD
    for name in (*SMOOTH, "random 5 B"):
        for snr in (5.0, 20.0, 100.0):
            for label, variant in variants.items():
                yield _row(name, snr, 6, label, outcome(name, snr, 6, variant))
    for missing in MISSING:
        yield f"the model lacks: {missing}"
        for name in ("quadratic", "exponential + hump", "sigmoid"):
            for snr in (20.0, 100.0):
                for n in (1, 6, 20):
                    for label, variant in variants.items():
                        yield _row(name, snr, n, label, outcome(name, snr, n, variant, missing, SPECTRA // 2))


def mixed() -> Iterator[str]:
    """Scans whose spectra have different backgrounds: a few on one, the rest on another."""
    recipe = with_overrides(load_recipe("li-graphite"), {"baseline.smooth_cm1": "auto"})
    yield f"{'majority, minority':40s} {'S/N':>4s} {'z of minority':>14s} {'silent':>7s} {'z of majority':>14s}"
    for many, few in ((3, 3), (46, 2), (190, 4)):
        for first, second in PAIRS:
            for snr in (20.0, 100.0):
                z: dict[bool, list[FloatArray]] = {True: [], False: []}
                silent = []
                for k in range(12 if many > 100 else 30):
                    a, ratio_a = scan_of(first, snr, many, 100 + k)
                    b, ratio_b = scan_of(second, snr, few, 900 + k)
                    counts = np.concatenate([np.asarray(a.counts), np.asarray(b.counts)])
                    scan = Scan(SHIFT, counts, "line")
                    (fitted,) = fit_prepared([(scan, prepare(scan, recipe))], recipe)
                    q = fitted.quantities.ratios["ratio"]
                    away = (q.value - np.concatenate([ratio_a, ratio_b])) / q.se
                    loud = [bool(BREAKS_SILENCE & set(words.split("|"))) for words in fitted.quantities.flags]
                    z[False].append(away[:many])
                    z[True].append(away[many:])
                    silent.append(((np.abs(away) > 5) & ~np.array(loud))[many:])
                spreads = []
                for minority in (True, False):
                    values = np.concatenate(z[minority])
                    values = values[np.isfinite(values)]
                    spreads.append(float(np.diff(np.quantile(values, [0.1587, 0.8413]))[0]) / 2)
                yield (
                    f"{f'{many} {first}, {few} {second}':40s} {snr:4.0f} {spreads[0]:14.2f} "
                    f"{100 * np.concatenate(silent).mean():7.1f} {spreads[1]:14.2f}"
                )
