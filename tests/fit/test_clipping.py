"""Spectra cut flat at a ceiling or a floor, sums of accumulations, dead channels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit.clipping import clipped_channels, dead_channels, on_plateau, saturated_channels
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.quantities import Quantities
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan

RECIPE = with_overrides(load_recipe("li-graphite"), {"baseline.smooth_cm1": "none"})
SHIFT = np.linspace(900.0, 1900.0, 420)
RATIO = 0.75


def line(center_cm1: float, fwhm_cm1: float, shift: FloatArray = SHIFT) -> FloatArray:
    return 1 / (1 + ((shift - center_cm1) / (fwhm_cm1 / 2)) ** 2)


def light(g: float, base: float) -> FloatArray:
    return base + g * (line(1590, 33) + RATIO * line(1345, 120))


def flagged(q: Quantities, word: str) -> list[bool]:
    return [word in words.split("|") for words in q.flags]


def errors_off(q: Quantities) -> FloatArray:
    return (q.ratios["ratio"].value - RATIO) / q.ratios["ratio"].se


@pytest.mark.parametrize("top", [60000, 50000, 16383, 12000])
@pytest.mark.parametrize("part", [0.4, 0.7])
def test_a_plateau_at_any_level_is_saturated(top: float, part: float) -> None:
    """Clipped in 40 or 70 % of G's height: cut flat there, and the ratio is right from what is left."""
    mu = light(0.9 * top / part, 0.1 * top)
    counts = np.random.default_rng(int(top)).poisson(mu, (40, 420)).astype(np.float64)
    q = fit_scan(Scan(SHIFT, np.minimum(counts, top), "line"), RECIPE).quantities
    assert all(flagged(q, "saturated"))
    assert np.abs(errors_off(q)).max() < 4
    assert np.abs(errors_off(q).mean()) < 0.8


@given(
    peak=st.sampled_from([0.0, 1.0, 3.0, 20.0, 200.0, 5000.0]),
    base=st.sampled_from([0.02, 0.2, 1.0, 3.0, 20.0, 200.0]),
    scale=st.sampled_from([1.0, 0.1, 2.3]),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=60)
def test_equal_counts_of_few_photons_are_no_plateau(peak: float, base: float, scale: float, seed: int) -> None:
    """Whole counts, and the same averaged or scaled, have many equal maxima and zeros by chance."""
    counts = scale * np.random.default_rng(seed).poisson(light(peak, base), (50, 420))
    assert on_plateau(counts, None) is None
    assert clipped_channels(counts, None) is None


@given(
    fwhm_cm1=st.floats(2.5, 6),
    pitch_cm1=st.floats(0.5, 4),
    height=st.floats(100, 60000),
    normalised=st.booleans(),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=60)
def test_a_narrow_line_is_neither_flat_nor_dead(
    fwhm_cm1: float, pitch_cm1: float, height: float, normalised: bool, seed: int
) -> None:
    """Nor where every spectrum is scaled so that its highest channel, the same in all, is 1."""
    rng = np.random.default_rng(seed)
    shift = np.arange(480.0, 560.0, pitch_cm1)
    counts = rng.poisson(50 + height * line(520.5, fwhm_cm1, shift), (20, shift.size)).astype(np.float64)
    if normalised:
        counts /= counts.max(axis=1, keepdims=True)
    assert on_plateau(counts, None) is None
    assert not dead_channels(counts).any()


def test_sums_of_accumulations_are_not_saturated_and_said_once() -> None:
    counts = np.random.default_rng(3).poisson(light(200000.0, 20000.0), (6, 420)).astype(np.float64)
    done = fit_scan(Scan(SHIFT, counts, "line"), RECIPE)
    assert not any(flagged(done.quantities, "saturated"))
    assert done.prepared.use is None
    assert np.abs(errors_off(done.quantities)).max() < 5
    assert len([note for note in done.scan.notes if "above 65535" in note]) == 1
    low = fit_scan(Scan(SHIFT, counts / 10, "line"), RECIPE)
    assert low.scan.notes == ()


def test_sums_whose_parts_were_saturated_are_cut_flat_too() -> None:
    counts = np.minimum(np.random.default_rng(3).poisson(light(200000.0, 20000.0), (6, 420)), 2 * 65535.0)
    at = saturated_channels(counts, None, 65535.0)
    np.testing.assert_array_equal(at, counts == 2 * 65535.0)


def test_a_level_of_the_recipe_holds_whatever_lies_above_it() -> None:
    counts = np.random.default_rng(3).poisson(light(200000.0, 20000.0), (6, 420)).astype(np.float64)
    np.testing.assert_array_equal(saturated_channels(counts, None, 50000.0), counts >= 50000)
    assert saturated_channels(np.minimum(counts, 60000.0), None, None) is None


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("base", [-1.0, 0.0, 0.5])
def test_what_was_cut_at_zero_is_masked_and_said(base: float, whole: bool) -> None:
    """The width of B was 7 of its errors off."""
    sd = 30.0
    counts = np.random.default_rng(5).normal(light(1500.0, base * sd - 75.0), sd, (40, 420))
    cut = np.maximum(np.rint(counts) if whole else counts, 0.0)
    q = fit_scan(Scan(SHIFT, cut, "line"), RECIPE).quantities
    assert np.mean(flagged(q, "clipped")) > 0.95
    width = (q.fwhm_cm1 - [33, 120] if q.names[0] == "G" else q.fwhm_cm1 - [120, 33]) / q.fwhm_se
    assert np.abs(width.mean(axis=0)).max() < 0.8
    assert np.abs(errors_off(q).mean()) < 0.8
    assert not any(flagged(fit_scan(Scan(SHIFT, counts, "line"), RECIPE).quantities, "clipped"))


def test_three_equal_maxima_of_a_camera_are_chance() -> None:
    counts = np.rint(np.random.default_rng(0).normal(600, 3, (20000, 420)))
    top = counts == counts.max(axis=1, keepdims=True)
    assert (top[:, :-2] & top[:, 1:-1] & top[:, 2:]).any()
    assert on_plateau(counts, None) is None


def test_photon_counts_that_are_truly_zero_around_a_line_are_not_clipped() -> None:
    mu = 200 * np.exp(-4 * np.log(2) * ((SHIFT - 1450) / 4) ** 2)
    assert clipped_channels(np.random.default_rng(8).poisson(mu, (500, 420)).astype(np.float64), None) is None


def test_a_floor_need_not_be_zero() -> None:
    counts = np.random.default_rng(6).normal(light(1500.0, -75.0), 30.0, (10, 420))
    zero, other = (clipped_channels(level + np.maximum(counts, 0.0), None) for level in (0.0, -512.0))
    assert zero is not None
    assert zero.any(axis=1).all()
    np.testing.assert_array_equal(zero, other)


def test_dead_channels_are_masked_and_said_once() -> None:
    counts = np.random.default_rng(7).poisson(light(2000.0, 500.0), (8, 420)).astype(np.float64)
    counts[:, [120, 300]] = 11.0
    done = fit_scan(Scan(SHIFT, counts, "line"), RECIPE)
    assert done.prepared.use is not None
    assert [np.flatnonzero(~row).tolist() for row in done.prepared.use] == [[120, 300]] * 8
    (note,) = done.scan.notes
    assert "masked at 1186.4, 1616.0 cm-1" in note
    assert np.abs(errors_off(done.quantities)).max() < 5
    few = fit_scan(Scan(SHIFT, counts[:3], "line"), RECIPE)  # three spectra tell nothing
    assert few.scan.notes == ()


def test_rows_that_were_not_measured_do_not_hide_a_dead_channel() -> None:
    counts = np.random.default_rng(7).poisson(light(2000.0, 500.0), (8, 420)).astype(np.float64)
    counts[:, 120] = 11.0
    counts[3] = 0.0
    assert np.flatnonzero(dead_channels(counts)).tolist() == [120]
    assert not dead_channels(np.repeat(counts[:1], 8, axis=0)).any()  # one spectrum, 8 times
