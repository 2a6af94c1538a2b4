"""Simulated truth: bias, scatter, errors and coverage over signal to noise, backgrounds and kinds of noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ramanfit.fit.lineshapes import lorentzian, lorentzian_area, lorentzian_derivatives
from ramanfit.fit.model import polynomial_basis
from ramanfit.fit.pipeline import Fitted, fit_prepared, fit_scan
from ramanfit.fit.prepare import prepare
from ramanfit.recipe.parts import ERRORS
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from tests.benchmark.measure import against, in_turns

SHIFT = np.linspace(900.0, 1900.0, 420)
T = (SHIFT - 1400) / 500
SPECTRA = 2_000
SNR = (3.0, 10.0, 30.0, 100.0, 300.0)
G, B = (1592.0, 34.0), (1345.0, 130.0)  # center and FWHM in cm-1
RATIO = 1.2
PLAIN = {"baseline.smooth_cm1": "none"}
GAIN = 0.02  # counts per variance of one count: the brightest spectra stay below the detector's ceiling
BACKGROUNDS: dict[str, Callable[[FloatArray], FloatArray]] = {  # in heights of G
    "quadratic": lambda t: 4.0 - 1.2 * t + 0.5 * t * t,
    "exponential + hump": lambda t: 3.0 * np.exp(-0.9 * (t + 1)) + 1.2 * np.exp(-(((t - 0.1) / 0.9) ** 2)) + 0.5,
    "sigmoid": lambda t: 1.0 + 3.0 / (1 + np.exp(-(t + 0.1) / 0.35)),
}


def truth() -> Iterator[str]:
    """G center, heights, ratio and area ratio: bias, robust RMSE over the bound, spread of z, 95 % coverage."""
    recipe = load_recipe("li-graphite")
    yield (
        f"{SPECTRA} spectra a line; RMSE over the Cramér-Rao bound of the fitted polynomial; smooth: the default; "
        "- where nothing is detected"
    )
    head = "".join(
        f"{name:>27s}"
        for name in ("G center (bias in cm-1)", "G height (%)", "B height (%)", "ratio (%)", "area ratio (%)")
    )
    yield f"{'background, noise, order':40s} {'S/N':>4s}{head}"
    yield " " * 45 + "     bias  RMSE    z  cover" * 5
    for name, background in BACKGROUNDS.items():
        for kind in ("Poisson", "white"):
            for order in ("2", "smooth") if name == "quadratic" else ("2", "auto", "smooth"):
                for snr in SNR:
                    yield _line(name, background, kind, order, snr, recipe)


def detection() -> Iterator[str]:
    """Peaks that are not there, and a broad band that is hardly there."""
    recipe = load_recipe("li-graphite")
    for kind in ("Poisson", "white"):
        for order in ("1", "2"):
            wanted = with_overrides(recipe, {"baseline.order": order, **PLAIN})
            _, signal, sd = _signal(lambda t: 4.0 - 1.2 * t, kind, 30.0, ratio=0.0)
            shares = []
            for height in (0.0, 1.0):
                wide = height * np.interp(B[0], SHIFT, sd) * lorentzian(SHIFT, B[0], 180.0)
                fitted = fit_scan(Scan(SHIFT, _noisy(signal + wide, sd, 4 * SPECTRA, 5), "series"), wanted)
                b = fitted.quantities.names.index("B")
                shares.append(100 * float(np.mean(fitted.quantities.status[:, b] == "ok")))
            yield (
                f"{kind}, linear background, order {order}: B detected where there is none in {shares[0]:.2f} %, "
                f"where it stands 1 standard deviation per channel high, 180 cm-1 wide, in {shares[1]:.1f} %"
            )


def spikes() -> Iterator[str]:
    """Cosmic rays of 1 to 3 channels, alone in a file and in lines of six, and clean channels that are masked."""
    recipe = load_recipe("li-graphite")
    rng = np.random.default_rng(11)
    for snr in (10.0, 100.0):
        _, signal, sd = _signal(BACKGROUNDS["quadratic"], "Poisson", snr)
        counts = _noisy(signal, sd, SPECTRA, 12)
        at = rng.integers(3, SHIFT.size - 3, SPECTRA)
        height = np.exp(rng.uniform(np.log(8.0), np.log(500.0), SPECTRA)) * sd[at]
        hit = np.zeros(counts.shape)
        for shape, rows in zip(
            ([1.0], [1.0, 0.4], [0.5, 1.0, 0.3]), np.array_split(np.arange(SPECTRA), 3), strict=True
        ):
            for k, part in enumerate(shape):
                hit[rows, at[rows] + k - len(shape) // 2] += part * height[rows]
        for together, goal in ((6, 98), (1, 95)):
            scans = [Scan(SHIFT, part, "line") for part in np.array_split(counts + hit, SPECTRA // together)]
            fits = fit_prepared([(scan, prepare(scan, recipe)) for scan in scans], recipe)
            masked = np.concatenate(
                [np.zeros(f.prepared.counts.shape, bool) if (s := f.prepared.spikes) is None else s for f in fits]
            )
            found = 100 * float(masked[hit >= 8 * sd].mean())
            clean = 100 * float(masked[hit == 0].mean())
            case = f"S/N {snr:.0f}, {together} in a file"
            yield against(f"{case}: channels of 8 standard deviations or more that are masked, in %", found, ">=", goal)
            yield against(f"{case}: clean channels that are masked, in %", clean, "<=", 0.01)


def clipping() -> Iterator[str]:
    """Spectra cut flat at a ceiling and at a floor: flagged, and the ratio within 3 of its errors or not given."""
    recipe, rng, n = load_recipe("li-graphite"), np.random.default_rng(31), 120
    lines = lorentzian(SHIFT, *G) + RATIO * lorentzian(SHIFT, *B)
    yield f"{'cut':24s} {'flagged %':>10s} {'ratio within 3 errors or not given %':>38s}"
    cases = [(f"at {top}, {part:.0%} of G", top, part) for top in (12_000, 30_000, 60_000) for part in (0.4, 0.7, 0.9)]
    for name, top, part in cases:
        light = 0.1 * top + 0.9 * top / (part * RATIO) * lines
        yield _cut(name, np.minimum(rng.poisson(light, (n, SHIFT.size)), top).astype(np.float64), "saturated", recipe)
    for base in (-1.0, 0.0, 0.5):
        noisy = rng.normal(30.0 * base - 75.0 + 1500 * lines, 30.0, (n, SHIFT.size))
        yield _cut(f"at 0, level {base:+.1f} sd", np.maximum(noisy, 0.0), "clipped", recipe)


def _cut(name: str, counts: FloatArray, word: str, recipe: Recipe) -> str:
    scans = [Scan(SHIFT, part, "line") for part in np.array_split(counts, len(counts) // 6)]
    fits = fit_prepared([(scan, prepare(scan, recipe)) for scan in scans], recipe)
    flagged = 100 * np.mean([word in words.split("|") for fitted in fits for words in fitted.quantities.flags])
    ratios = [fitted.quantities.ratios["ratio"] for fitted in fits]
    away = np.concatenate([np.abs(ratio.value - RATIO) / ratio.se for ratio in ratios])
    return f"{name:24s} {flagged:10.1f} {100 * np.mean(~(away > 3)):38.1f}"


def narrow_lines() -> Iterator[str]:
    """Silicon on few channels, alone in its file and among its like: lines masked, lines detected."""
    recipe, rng = load_recipe("silicon"), np.random.default_rng(21)
    low, high = recipe.window.low_cm1, recipe.window.high_cm1
    yield f"{'FWHM':>5s} {'pitch':>6s} {'in a file':>9s} {'masked %':>9s} {'detected %':>11s}"
    for fwhm in (2.5, 4.0, 6.0):
        for pitch in (0.5, 1.0, 2.0, 3.0, 4.0):
            shift = np.arange(low - 2 * pitch, high + 2 * pitch, pitch)
            for together in (1, 20):
                masked, detected, n = 0, 0, 400 // together
                for _ in range(n):
                    center = 520.5 + rng.uniform(-pitch / 2, pitch / 2, (together, 1))
                    signal = 100 + 2000 * lorentzian(shift, center, fwhm)
                    counts = rng.poisson(signal) + rng.normal(0, 3, signal.shape)
                    fitted = fit_scan(Scan(shift, counts, "line"), recipe)
                    if fitted.prepared.spikes is not None:
                        near = np.abs(fitted.prepared.model.shift_cm1 - 520.5) < 2 * fwhm + pitch
                        masked += int(fitted.prepared.spikes[:, near].any(axis=1).sum())
                    detected += int((fitted.quantities.status[:, 0] == "ok").sum())
                total = n * together / 100
                yield f"{fwhm:5.1f} {pitch:6.1f} {together:9d} {masked / total:9.2f} {detected / total:11.1f}"


def intervals() -> Iterator[str]:
    """95 % intervals of the ratio on a quadratic background: how often they hold the truth, and what they cost."""
    recipe = load_recipe("li-graphite")
    wanted = {method: with_overrides(recipe, {"errors.method": method}) for method in ERRORS}
    for snr in (5.0, 10.0, 100.0):
        _, signal, sd = _signal(BACKGROUNDS["quadratic"], "white", snr)
        scan = Scan(SHIFT, _noisy(signal, sd, SPECTRA // 2, 3), "series")
        shares = []
        for method, one in wanted.items():
            ratio = fit_scan(scan, one).quantities.ratios["ratio"]
            low, high = (ratio.value - 1.96 * ratio.se, ratio.value + 1.96 * ratio.se)
            low, high = ratio.more.get("ratio_low", low), ratio.more.get("ratio_high", high)
            known = np.isfinite(low) & np.isfinite(high)
            held = 100 * np.mean((low <= RATIO)[known] & (high >= RATIO)[known])
            above, below = (100 * np.mean(end) for end in ((low > RATIO)[known], (high < RATIO)[known]))
            shares.append(f"{method} {held:.1f} % (too high {above:.1f}, too low {below:.1f})")
        yield f"S/N {snr:.0f}: {', '.join(shares)}"
    some = Scan(SHIFT, scan.counts[:50], "series")
    seconds = in_turns({method: lambda one=one: fit_scan(some, one) for method, one in wanted.items()}, 3)
    for method in ERRORS[1:]:
        yield f"{method} over the fit alone, in time: {seconds[method] / seconds['covariance']:.3g}"


def _signal(
    background: Callable[[FloatArray], FloatArray], kind: str, snr: float, ratio: float = RATIO
) -> tuple[float, FloatArray, FloatArray]:
    """Height of G, counts without noise, standard deviation of every channel; signal to noise as wanted at G."""
    shape = background(T) + lorentzian(SHIFT, *G) + ratio * lorentzian(SHIFT, *B)
    if kind == "white":
        return 100.0, 100.0 * shape, np.full(SHIFT.size, 100.0 / snr)
    height = snr**2 * GAIN * float(np.interp(G[0], SHIFT, shape))  # height^2 / (gain * signal) = snr^2
    return height, height * shape, np.sqrt(GAIN * height * shape)


def _noisy(signal: FloatArray, sd: FloatArray, n: int, seed: int) -> FloatArray:
    return 600 + np.random.default_rng(seed).normal(signal, sd, (n, SHIFT.size))


def _line(
    name: str, background: Callable[[FloatArray], FloatArray], kind: str, order: str, snr: float, recipe: Recipe
) -> str:
    height, signal, sd = _signal(background, kind, snr)
    wanted = recipe if order == "smooth" else with_overrides(recipe, {"baseline.order": order, **PLAIN})
    fitted = fit_scan(Scan(SHIFT, _noisy(signal, sd, SPECTRA, 3), "series"), wanted)
    used = len(fitted.prepared.model.polynomials) - 1
    true = _values(height)
    bounds = _bounds(height, sd, used)
    cells = []
    for k, ((value, se), at, bound) in enumerate(zip(_found(fitted), true, bounds, strict=True)):
        seen = np.isfinite(value) & np.isfinite(se)
        if seen.mean() < 0.5:
            cells.append("        -     -    -      -")
            continue
        off, z = value[seen] - at, (value[seen] - at) / se[seen]
        bias = float(np.median(off)) * (1 if k == 0 else 100 / at)  # of the center in cm-1, else in %
        rmse = float(np.quantile(np.abs(off), 0.6827)) / bound
        spread = float(np.diff(np.quantile(z, [0.1587, 0.8413]))[0]) / 2
        cells.append(f" {bias:+7.2f} {rmse:5.2f} {spread:4.2f} {100 * np.mean(np.abs(z) < 1.96):5.1f}%")
    what = f"{name}, {kind}, order {order}" + (f" ({used})" if order == "auto" else "")
    return f"{what:40s} {snr:4.0f}" + "".join(cells)


def _found(fitted: Fitted) -> list[tuple[FloatArray, FloatArray]]:
    q = fitted.quantities
    g, b, ratio = q.names.index("G"), q.names.index("B"), q.ratios["ratio"]
    return [
        (q.center_cm1[:, g], q.center_se[:, g]),
        (np.where(q.status[:, g] == "ok", q.height[:, g], np.nan), q.height_se[:, g]),
        (np.where(q.status[:, b] == "ok", q.height[:, b], np.nan), q.height_se[:, b]),
        (ratio.value, ratio.se),
        (ratio.area_value, ratio.area_se),
    ]


def _values(height: float) -> list[float]:
    return [G[0], height, RATIO * height, RATIO, float(lorentzian_area(RATIO, B[1]) / lorentzian_area(1.0, G[1]))]


def _bounds(height: float, sd: FloatArray, order: int) -> list[float]:
    """Cramér-Rao bounds of `_values`."""
    columns = [*polynomial_basis(SHIFT, order)]
    for h, (center, fwhm) in ((height, G), (RATIO * height, B)):
        d_center, d_fwhm = lorentzian_derivatives(SHIFT, center, fwhm)
        columns += [lorentzian(SHIFT, center, fwhm), h * d_center, h * d_fwhm]
    j = np.stack(columns, axis=1) / sd[:, None]
    q = order + 1
    covariance = np.linalg.inv(j.T @ j)[q:, q:]
    area = _values(height)[-1]
    gradients = np.zeros((5, 6))
    gradients[0, 1], gradients[1, 0], gradients[2, 3] = 1, 1, 1
    gradients[3, [0, 3]] = -RATIO / height, 1 / height
    gradients[4, [0, 2, 3, 5]] = -area / height, -area / G[1], area / (RATIO * height), area / B[1]
    return [float(np.sqrt(row @ covariance @ row)) for row in gradients]
