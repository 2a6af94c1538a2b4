"""Cosmic rays: found, masked, and not mistaken for lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ramanfit import fit_scan, load_recipe, open_scans
from ramanfit.fit.build import narrowest_lines
from ramanfit.fit.cosmic_rays import find_spikes, gross_spikes, repeated, residual_spikes
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.recipe.toml import with_overrides
from ramanfit.scan.scan import Scan

RECIPE = load_recipe("li-graphite")
SHIFT = np.linspace(880, 1950, 470)
INSIDE = np.flatnonzero((SHIFT >= 900) & (SHIFT <= 1900))
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PROFILES = ([1.0], [1.0, 0.6], [0.5, 1.0, 0.5])


def experiment(n: int, seed: int, height: tuple[float, float] = (20, 250)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts [N, M] with shot and read noise, their standard deviation, heights of G."""
    rng = np.random.default_rng(seed)
    g = rng.uniform(*height, n)
    signal = 100 + 50 * ((SHIFT - 1400) / 500) ** 2 + np.zeros((n, 1))
    for top, low, high, narrow, wide in ((g, 1580, 1605, 18, 45), (rng.uniform(20, 300, n), 1330, 1355, 70, 150)):
        center, fwhm = rng.uniform(low, high, n)[:, None], rng.uniform(narrow, wide, n)[:, None]
        signal += top[:, None] * lorentzian(SHIFT, center, fwhm)
    sd = np.sqrt(2.5**2 + 0.12 * signal)
    return signal + sd * rng.normal(size=signal.shape), sd, g


def with_spikes(counts: np.ndarray, sd: np.ndarray, size: float, width: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(width)
    at = rng.integers(INSIDE[0], INSIDE[-1] - width, len(counts))
    counts, truth = counts.copy(), np.zeros(counts.shape, dtype=bool)
    rows = np.arange(len(counts))
    for k, part in enumerate(PROFILES[width - 1]):
        counts[rows, at + k] += size * part * sd[rows, at + k]
        truth[rows, at + k] = True
    return counts, truth[:, INSIDE]


def masked(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    fitted = fit_scan(Scan(SHIFT, counts, "line"), RECIPE)
    found = fitted.prepared.spikes
    return (np.zeros((len(counts), INSIDE.size), dtype=bool) if found is None else found), fitted.quantities.flags


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("size", [8.0, 20.0, 200.0])
def test_spikes_are_found_and_hardly_anything_else(size: float, width: int) -> None:
    counts, sd, _ = experiment(600, seed=4)
    spoilt, truth = with_spikes(counts, sd, size, width)
    found, flags = masked(spoilt)
    assert (found & truth).any(axis=1).mean() >= 0.97
    assert (found & ~truth).mean() <= 1e-4
    assert any("spike_in_band" in word for word in flags)


def test_a_spectrum_without_spikes_keeps_its_channels() -> None:
    found, flags = masked(experiment(2000, seed=5)[0])
    assert found.mean() <= 1e-5
    assert not any("spike_in_band" in word for word in flags[~found.any(axis=1)])


def test_a_masked_spike_does_not_move_the_fit() -> None:
    counts, sd, _ = experiment(500, seed=6)
    spoilt, _ = with_spikes(counts, sd, 50, 2)
    clean, again = (fit_scan(Scan(SHIFT, c, "line"), RECIPE) for c in (counts, spoilt))
    z = (again.result.height - clean.result.height) / clean.result.standard_errors()["height"]
    assert np.quantile(np.abs(z), 0.99) < 0.5
    off = fit_scan(Scan(SHIFT, spoilt, "line"), with_overrides(RECIPE, {"clean.spikes": False}))
    assert off.prepared.spikes is None
    assert np.nanmedian(off.result.redchi2) > 2 * np.nanmedian(again.result.redchi2)


@pytest.mark.parametrize("fwhm_channels", [2.0, 3.0, 5.0, 10.0])
@pytest.mark.parametrize("height", [10.0, 100.0, 10000.0])
def test_a_narrow_line_is_no_spike(fwhm_channels: float, height: float) -> None:
    rng = np.random.default_rng(1)
    line = height * lorentzian(np.arange(400.0), 200 + rng.uniform(-0.5, 0.5, (500, 1)), fwhm_channels)
    counts = line + rng.normal(size=line.shape)
    assert gross_spikes(counts)[:, 180:220].mean() <= 1e-4


def test_the_ends_of_the_axis_are_looked_at() -> None:
    for at in (0, 1, 2, 50, 97, 98, 99):
        counts = np.zeros((1, 100))
        counts[0, at] = 100.0
        assert np.flatnonzero(find_spikes(counts, np.ones_like(counts), 5.0)[0]).tolist() == [at]


def test_a_silent_spectrum_has_none() -> None:
    assert not gross_spikes(np.full((2, 100), 7.0)).any()
    assert not find_spikes(np.zeros((1, 10)), np.ones((1, 10)), 5.0).any()


@pytest.mark.parametrize(
    ("name", "recipe", "lines"),
    [
        ("witec/graph_ascii/FLG36*Data 1.txt", "li-graphite", ((1540, 1640),)),
        ("witec/graph_ascii/FLG36*Data 1.txt", "silicon", ((500, 540),)),
        ("carbon/dw38c/*1.txt", "carbon-2", ((1200, 1700),)),
    ],
)
def test_no_channel_of_a_real_line_is_masked(name: str, recipe: str, lines: tuple[tuple[float, float], ...]) -> None:
    paths = sorted(SHARED.glob(name))
    if not paths:
        pytest.skip("the shared data are not here")
    for path in paths:
        for scan in open_scans(str(path)):
            fitted = fit_scan(scan, load_recipe(recipe))
            spikes, shift = fitted.prepared.spikes, fitted.prepared.model.shift_cm1
            for low, high in lines:
                assert spikes is None or not spikes[:, (shift > low) & (shift < high)].any(), path


def test_every_cosmic_ray_is_located() -> None:
    counts, sd, _ = experiment(6, seed=9)
    hits = [(1, INSIDE[30]), (4, INSIDE[200]), (4, INSIDE[-40])]
    spoilt = counts.copy()
    for row, at in hits:
        spoilt[row, at : at + 2] += 60 * sd[row, at]
    found = fit_scan(Scan(SHIFT, spoilt, "line"), RECIPE).prepared.cosmic_rays()
    assert found == [(row, SHIFT[at], SHIFT[at + 1]) for row, at in hits]
    assert fit_scan(Scan(SHIFT, counts, "line"), RECIPE).prepared.cosmic_rays() == []


def test_a_spike_on_a_weak_line_is_told_by_its_neighbours() -> None:
    counts, sd, _ = experiment(1200, seed=8, height=(12.0, 16.0))
    at = np.searchsorted(SHIFT, 1590.0)
    spoilt = counts.copy()
    spoilt[3::6, at : at + 2] += 12 * sd[3::6, at : at + 2]
    lines = [fit_scan(Scan(SHIFT, part, "line"), RECIPE) for part in np.split(spoilt, 200)]
    alone = [fit_scan(Scan(SHIFT, part[[3]], "line"), RECIPE) for part in np.split(spoilt, 200)]
    column = int(at - INSIDE[0])
    together, single = (
        np.mean([f.prepared.spikes is not None and f.prepared.spikes[row, column] for f in fits])
        for fits, row in ((lines, 3), (alone, 0))
    )
    assert together > 0.98
    assert together > single + 0.1
    g = lines[0].quantities.names.index("G")
    assert np.mean([f.result.fwhm_cm1[3, g] < 10 for f in lines]) < 0.02


def test_a_narrow_line_of_all_spectra_is_no_spike() -> None:
    rng = np.random.default_rng(5)
    channel = np.arange(400.0)
    for height in (7.0, 14.0, 20.0, 30.0):
        counts = height / (1 + (channel - 200.2) ** 2) + rng.normal(size=(600, 400))  # 2 channels wide
        found = gross_spikes(counts, scan=np.repeat(np.arange(100), 6))[:, 195:206]
        assert found.any(axis=1).mean() < 0.01


@pytest.mark.parametrize("together", [1, 20])
@pytest.mark.parametrize(("fwhm", "pitch"), [(2.5, 4.0), (2.5, 2.0), (4.0, 3.0), (6.0, 1.0)])
def test_a_line_of_the_recipe_is_never_masked(fwhm: float, pitch: float, together: int) -> None:
    """Silicon on a handful of channels, in any phase, alone in its file or among its like."""
    recipe, rng = load_recipe("silicon"), np.random.default_rng(4)
    shift = np.arange(recipe.window.low_cm1 - pitch, recipe.window.high_cm1 + 2 * pitch, pitch)
    for _ in range(100 // together):
        center = 520.5 + rng.uniform(-pitch / 2, pitch / 2, (together, 1))
        counts = rng.poisson(100 + 2000 * lorentzian(shift, center, fwhm)).astype(float)
        fitted = fit_scan(Scan(shift, counts, "line"), recipe)
        assert (fitted.quantities.status == "ok").all()
        if fitted.prepared.spikes is not None:
            assert not fitted.prepared.spikes[:, np.abs(fitted.prepared.model.shift_cm1 - 520.5) < fwhm].any()


def test_what_is_no_higher_than_the_misfit_around_it_is_misfit() -> None:
    x = np.arange(400.0)
    wave = 12 * np.sin(x / 2.2) * np.exp(-(((x - 200) / 30) ** 2))
    noise = np.random.default_rng(5).normal(size=400)
    for height, hit in ((0.0, False), (80.0, True)):
        counts = wave + noise
        counts[203] += height
        found = residual_spikes(counts[None], np.zeros((1, 400)), np.ones((1, 400)), None)[0]
        assert found[203] == hit
        assert found[np.abs(x - 203) > 2].sum() == 0


def test_what_stands_in_one_channel_of_several_spectra_is_structure() -> None:
    spikes = np.zeros((40, 50), dtype=bool)
    spikes[[3, 9, 20], 10] = True  # three of twenty-five, in one scan
    spikes[[30, 31], 11] = True  # two of fifteen: by chance
    spikes[7, 30] = True
    again = repeated(spikes, np.repeat([0, 1], [25, 15]))
    assert np.argwhere(again).tolist() == [[3, 10], [9, 10], [20, 10]]


def test_the_narrowest_lines_are_those_of_the_recipe() -> None:
    model = fit_scan(Scan(SHIFT, experiment(1, seed=3)[0], "line"), RECIPE).prepared.model
    pitch, narrowest = np.gradient(model.shift_cm1), narrowest_lines(model)
    at = {shift: int(np.abs(model.shift_cm1 - shift).argmin()) for shift in (1000.0, 1350.0, 1590.0)}
    assert np.isinf(narrowest[at[1000.0]])
    assert narrowest[at[1350.0]] == pytest.approx(20 / pitch[at[1350.0]])
    assert narrowest[at[1590.0]] == pytest.approx(8 / pitch[at[1590.0]])
