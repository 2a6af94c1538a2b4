"""Intensities at fixed shifts: against numpy's means, their scatter, and the package uncertainties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from uncertainties import ufloat

from ramanfit.experiment.bands import BandIntensities, band_shifts, bands_table, read_bands
from ramanfit.fit.curves import Curves, curves
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.tables.table import Table

RECIPE = with_overrides(load_recipe("li-graphite"), {"bands.at_cm1": [900, 1350, 1590, 2000]})
SHIFT = np.linspace(850.0, 2050.0, 500)
SIGNAL = 300 + 0.1 * (SHIFT - 1400) + 200 * lorentzian(SHIFT, 1590, 30) + 150 * lorentzian(SHIFT, 1345, 120)


def spectra(n: int, seed: int, size: float = 1.0) -> FloatArray:
    """Counts of photons on a dark detector that shows 600."""
    return 600 + np.random.default_rng(seed).poisson(size * SIGNAL, (n, SHIFT.size)).astype(float)


def read(counts: FloatArray, recipe: Recipe = RECIPE) -> tuple[Scan, Curves, BandIntensities]:
    scan = Scan(SHIFT, counts, "line")
    drawn = curves(fit_scan(scan, recipe))
    return scan, drawn, read_bands(scan, recipe, drawn)


def test_bands_are_means_of_their_channels() -> None:
    recipe = with_overrides(RECIPE, {"bands.dark_counts": 600.0, "clean.spikes": False})
    counts = spectra(20, seed=1)
    _, drawn, found = read(counts, recipe)
    for k, middle in enumerate(band_shifts(recipe)):
        near = np.abs(SHIFT - middle) <= 5
        np.testing.assert_allclose(found.raw[:, k], counts[:, near].mean(axis=1) - 600, rtol=1e-12)
        fitted = (SHIFT[near] >= 900).all() and (SHIFT[near] <= 1900).all()
        if fitted:
            under = np.array([drawn.take(i).baseline(SHIFT[near]) for i in range(20)])
            np.testing.assert_allclose(found.corrected[:, k], (counts[:, near] - under).mean(axis=1), rtol=1e-9)
        assert np.isfinite(found.corrected[:, k]).all() == fitted


def test_the_edges_of_a_band_belong_to_it() -> None:
    shift = np.arange(850.0, 2050.0, 2.5)
    counts = np.random.default_rng(0).normal(500, 10, (3, shift.size))
    scan = Scan(shift, counts, "line")
    recipe = with_overrides(RECIPE, {"bands.at_cm1": [1350.0], "bands.half_width_cm1": 5.0})
    drawn = curves(fit_scan(scan, recipe))
    raw = read_bands(scan, recipe, drawn).raw[:, 0]
    np.testing.assert_allclose(raw, counts[:, (shift >= 1345) & (shift <= 1355)].mean(axis=1))
    far = with_overrides(recipe, {"bands.at_cm1": [5000.0]})
    assert np.isnan(read_bands(scan, far, drawn).raw).all()


def test_errors_are_the_scatter_of_repeats() -> None:
    _, _, found = read(spectra(800, seed=2))
    for value, se in ((found.raw, found.raw_se), (found.specific, found.specific_se)):
        there = np.isfinite(value).all(axis=0)
        np.testing.assert_allclose(np.median(se[:, there], axis=0), value[:, there].std(axis=0), rtol=0.08)
    b, g = 1, 2
    spread = found.corrected[:, [b, g]].std(axis=0)
    np.testing.assert_allclose(
        np.median(found.corrected_se[:, [b, g]], axis=0), spread, rtol=0.15
    )  # and the baseline's


def test_specific_is_what_stands_above_the_line_between_the_controls() -> None:
    counts = spectra(5, seed=3)
    recipe = with_overrides(RECIPE, {"bands.at_cm1": [1350, 1590], "bands.controls_cm1": [2000, 1100, 900]})
    every = with_overrides(RECIPE, {"bands.at_cm1": [1100, 1350, 1590, 2000]})
    _, _, found = read(counts, recipe)
    _, _, plain = read(counts, every)
    for k, middle in enumerate((1350, 1590)):  # 1100 is the nearest below
        line = np.array([np.interp(middle, [1100, 2000], row) for row in plain.raw[:, [0, 3]]])
        np.testing.assert_allclose(found.specific[:, k], plain.raw[:, k + 1] - line)
    controls = read(counts, with_overrides(recipe, {"bands.at_cm1": [1100, 2100]}))[2]
    assert np.isnan(controls.specific).all()


@pytest.mark.parametrize("at", [2000.0, 1590.0])
def test_a_cosmic_ray_is_no_intensity(at: float) -> None:
    """Outside the fitted window, where no fit has looked for it, and inside."""
    counts = spectra(40, seed=4)
    hit, rows = counts.copy(), [3, 21]  # in all of them it would be a line
    hit[rows, np.abs(SHIFT - at).argmin()] += 800
    k = band_shifts(RECIPE).index(at)
    clean, found = (read(c)[2].raw[rows, k] for c in (counts, hit))
    assert np.abs(found - clean).max() < 25  # a channel less; with the ray in: 200


def test_noise_outside_the_window_is_no_cosmic_ray() -> None:
    recipe = with_overrides(RECIPE, {"clean.spikes": False})
    counts = spectra(400, seed=5)
    raw = read(counts, recipe)[2].raw
    near = np.abs(SHIFT - 2000) <= 5
    assert np.mean(raw[:, 3] == counts[:, near].mean(axis=1)) > 0.99


def test_what_was_not_measured_has_no_bands() -> None:
    counts = spectra(3, seed=6)
    counts[1] = 600.0
    _, _, found = read(counts)
    for name in ("raw", "raw_se", "corrected", "corrected_se", "specific", "specific_se"):
        assert np.isnan(getattr(found, name)[1]).all()
    assert np.isfinite(found.raw[[0, 2]]).all()


def keys(points: list[str], time_s: list[float]) -> Table:
    n = len(points)
    return Table(
        {
            "source": ("x",) * n,
            "scan": np.arange(n),
            "point": tuple(points),
            "position_um": np.zeros(n),
            "time_s": np.array(time_s),
        }
    )


def intensities(value: list[list[float]], se: list[list[float]]) -> BandIntensities:
    v, s = np.array(value), np.array(se)
    return BandIntensities(v, s, v - 10, s, 2 * v, s)


ONE = with_overrides(RECIPE, {"bands.at_cm1": [1590.0]})


def test_growth_is_over_the_first_of_the_same_point_in_time() -> None:
    value = [[30.0], [200.0], [60.0], [100.0]]
    se = [[2.0], [5.0], [3.0], [4.0]]
    table = bands_table(keys(["P1", "P2", "P1", "P2"], [9, 20, 3, 7]), [intensities(value, se)], ONE).columns
    first = {0: 2, 1: 3, 2: 2, 3: 3}
    for row, base in first.items():
        ratio = ufloat(value[row][0], se[row][0]) / ufloat(value[base][0], se[base][0])
        delta = ufloat(value[row][0], se[row][0]) - ufloat(value[base][0], se[base][0])
        itself = row == base
        assert table["enhancement"][row] == pytest.approx(ratio.n)
        assert table["enhancement_se"][row] == pytest.approx(0.0 if itself else ratio.s)
        assert table["delta"][row] == pytest.approx(delta.n)
        assert table["delta_se"][row] == pytest.approx(0.0 if itself else delta.s)
        assert table["specific_enhancement"][row] == pytest.approx(ratio.n)
    unknown = bands_table(keys(["P1"] * 2, [np.nan, 0.0]), [intensities(value[:2], se[:2])], ONE).columns
    np.testing.assert_allclose(unknown["enhancement"], [1, 200 / 30])  # as they stand


@pytest.mark.parametrize(("snr", "shown"), [(-4.0, False), (0.5, False), (2.9, False), (3.1, True), (50.0, True)])
def test_growth_over_nothing_is_left_empty(snr: float, shown: bool) -> None:
    """What begins within three standard errors of 0 would grow by any factor."""
    table = bands_table(keys(["P1"] * 2, [0.0, 1.0]), [intensities([[2 * snr], [80.0]], [[2.0], [2.0]])], ONE).columns
    assert np.isfinite(table["enhancement"]).tolist() == [shown, shown]
    assert np.isfinite(table["enhancement_se"]).tolist() == [shown, shown]
    np.testing.assert_allclose(table["delta"], [0, 80 - 2 * snr])


def test_a_ratio_of_noise_is_never_printed() -> None:
    """A band of nothing but noise, 2,000 points: hardly any has an enhancement."""
    rng = np.random.default_rng(1)
    n = 2000
    noise = intensities(rng.normal(size=(2 * n, 1)).tolist(), np.ones((2 * n, 1)).tolist())
    points = [f"P{k}" for k in range(n)] * 2
    table = bands_table(keys(points, [0.0] * n + [1.0] * n), [noise], ONE).columns
    assert np.isfinite(table["enhancement"]).mean() < 0.005


def test_a_point_begins_with_its_first_value() -> None:
    value = [[np.nan], [40.0], [80.0]]
    table = bands_table(keys(["P1"] * 3, [0.0, 1.0, 2.0]), [intensities(value, [[np.nan], [2.0], [2.0]])], ONE).columns
    np.testing.assert_allclose(table["enhancement"], [np.nan, 1, 2])
    np.testing.assert_allclose(table["delta_se"], [np.nan, 0, np.sqrt(8)], rtol=5e-6)  # six digits


def test_several_scans_and_bands_stand_in_the_order_of_their_rows() -> None:
    two = with_overrides(RECIPE, {"bands.at_cm1": [1350.0, 1590.0]})
    parts = [intensities([[1.0, 2.0]], [[0.1, 0.1]]), intensities([[3.0, 4.0]], [[0.1, 0.1]])]
    table = bands_table(keys(["P1", "P1"], [0.0, 1.0]), parts, two).columns
    assert table["band_cm1"].tolist() == [1350, 1590, 1350, 1590]  # type: ignore[union-attr]
    np.testing.assert_allclose(table["raw"], [1, 2, 3, 4])
    np.testing.assert_allclose(table["enhancement"], [1, 1, 3, 2])
    joined = BandIntensities.concat(parts)
    np.testing.assert_array_equal(replace(joined).raw, [[1, 2], [3, 4]])


def test_bands_are_where_the_peaks_start_if_nobody_says() -> None:
    recipe = replace(RECIPE, bands=replace(RECIPE.bands, at_cm1=()))
    assert band_shifts(recipe) == tuple(peak.center_cm1 for peak in recipe.peaks)
