"""From a Scan to what may be fitted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.prepare import prepare
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.scan.stored import StoredCounts
from tests.fit.test_quantities import fit, spectra

RECIPE = load_recipe("li-graphite")
NONE = {"baseline.smooth_cm1": "none"}
SHIFT = np.linspace(850.0, 2000.0, 480)


def counts_of(n: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(500, 20, (n, SHIFT.size))


def test_a_scan_is_cut_to_the_window_of_its_corrected_axis() -> None:
    recipe = with_overrides(RECIPE, {"axis.shift_cm1": -60.0})
    scan = Scan(SHIFT, counts_of(3), "line")
    made = prepare(scan, recipe)
    inside = (SHIFT - 60 >= 900) & (SHIFT - 60 <= 1900)
    np.testing.assert_array_equal(made.model.shift_cm1, SHIFT[inside] - 60)
    np.testing.assert_array_equal(made.counts, scan.counts[:, inside])
    assert isinstance(made.counts, np.ndarray)
    assert np.shares_memory(made.counts, scan.counts)  # a window in one piece costs nothing
    assert made.use is None


def test_a_window_in_pieces_leaves_out_what_is_excluded() -> None:
    recipe = with_overrides(RECIPE, {"window.exclude": [[1100, 1200]]})
    made = prepare(Scan(SHIFT, counts_of(2), "line"), recipe)
    inside = (SHIFT >= 900) & (SHIFT <= 1900) & ~((SHIFT >= 1100) & (SHIFT <= 1200))
    np.testing.assert_array_equal(made.counts, counts_of(2)[:, inside])


@given(st.floats(400, 600), st.integers(0, 100))
@settings(max_examples=30)
def test_channels_at_the_ceiling_are_masked(top: float, seed: int) -> None:
    """A detector shows its ceiling itself, and nothing above it."""
    counts = np.minimum(counts_of(4, seed), top)
    made = prepare(
        Scan(SHIFT, counts, "line"),
        with_overrides(RECIPE, {"clean.saturation_counts": top}),
    )
    burnt = counts[:, (SHIFT >= 900) & (SHIFT <= 1900)] == top
    np.testing.assert_array_equal(made.saturated, burnt.any(axis=1))
    if burnt.any():
        assert made.use is not None
        np.testing.assert_array_equal(made.use, ~burnt)
    else:
        assert made.use is None


def test_the_masks_of_file_and_detector_come_together() -> None:
    counts, mask = counts_of(3), np.zeros((3, SHIFT.size), dtype=bool)
    mask[0, 100] = mask[:, 0] = True  # the first channel lies outside the window
    counts[1, 200] = 65535.0
    made = prepare(Scan(SHIFT, counts, "line", mask=mask), RECIPE)
    inside = np.flatnonzero((SHIFT >= 900) & (SHIFT <= 1900))
    assert made.use is not None
    assert [(i, int(inside[j])) for i, j in np.argwhere(~made.use)] == [(0, 100), (1, 200)]
    assert made.saturated.tolist() == [False, True, False]
    outside = np.zeros((3, SHIFT.size), dtype=bool)
    outside[:, 0] = True
    assert prepare(Scan(SHIFT, counts_of(3), "line", mask=outside), RECIPE).use is None


def test_counts_in_their_file_are_prepared_as_those_in_memory() -> None:
    counts = counts_of(6)
    counts[2], counts[4, 300] = 7.0, 65535.0
    memory, stored = (prepare(Scan(SHIFT, c, "line"), RECIPE) for c in (counts, StoredCounts(counts[:, None])))
    np.testing.assert_array_equal(memory.measured, stored.measured)
    assert memory.measured.tolist() == [True, True, False, True, True, True]
    np.testing.assert_array_equal(memory.use, stored.use)
    rows = np.array([4, 1])
    for mine, other in zip(memory.take(rows), stored.take(rows), strict=True):
        np.testing.assert_array_equal(mine, other)
    assert memory.like(stored)


@pytest.mark.parametrize("rows", [[1], [0, 1, 2], [2, 0], []])
@pytest.mark.parametrize("stored", [False, True])
def test_what_is_taken_leaves_the_scan_as_it_is(rows: list[int], stored: bool) -> None:
    counts = counts_of(3)
    scan = Scan(SHIFT, StoredCounts(counts[:, None]) if stored else counts, "line")
    made = prepare(scan, RECIPE)
    taken, use = made.take(np.array(rows, dtype=np.intp))
    inside = np.isin(SHIFT, made.model.shift_cm1)
    np.testing.assert_array_equal(taken, counts[rows][:, inside])
    assert use is None
    assert taken.flags.c_contiguous
    assert not taken.flags.writeable or not np.shares_memory(taken, np.asarray(made.counts))


def test_scans_go_together_on_one_axis() -> None:
    plain, other = (prepare(Scan(SHIFT, counts_of(2, seed), "line"), RECIPE) for seed in (1, 2))
    assert plain.like(other)
    assert not plain.like(prepare(Scan(SHIFT + 0.1, counts_of(2), "line"), RECIPE))
    burnt = counts_of(2)
    burnt[0, 200] = 65535.0
    masked = prepare(Scan(SHIFT, burnt, "line"), RECIPE)
    assert plain.like(masked)
    assert [masked.masks(np.array([row])) for row in (0, 1)] == [True, False]
    assert not plain.masks(np.array([0, 1]))
    assert not plain.like(prepare(Scan(SHIFT, counts_of(2), "line"), with_overrides(RECIPE, {"baseline.order": 3})))


def test_cosmic_rays_are_runs_of_masked_channels() -> None:
    made = prepare(Scan(SHIFT, counts_of(3), "line"), RECIPE)
    assert made.cosmic_rays() == []
    spikes = np.zeros(made.counts.shape, dtype=bool)
    spikes[0, :2] = spikes[2, 50] = spikes[2, 60:63] = spikes[2, -1] = True
    x = made.model.shift_cm1
    hit = made.without(spikes)
    assert hit.cosmic_rays() == [(0, x[0], x[1]), (2, x[50], x[50]), (2, x[60], x[62]), (2, x[-1], x[-1])]
    assert hit.use is not None
    np.testing.assert_array_equal(hit.use, ~spikes)


def test_a_window_that_misses_the_axis_is_told() -> None:
    made = prepare(Scan(SHIFT[:5], counts_of(2)[:, :5], "line"), RECIPE)
    assert made.unfit.all()
    assert not made.measured.any()
    assert "expected more than 9 channels in the window 900-1900 cm-1, found 0" in made.notes[0]


@pytest.mark.parametrize("order", ["auto", 2])
def test_spectra_that_miss_the_window_are_rows_that_failed(order: str | int) -> None:
    """Those that were not measured stay so, and the scan says once what is wrong."""
    counts = counts_of(3)[:, :200]
    counts[1] = 0.0
    done = fit_scan(Scan(SHIFT[:200], counts, "line"), with_overrides(RECIPE, {"baseline.order": order} | NONE))
    assert done.quantities.flags.tolist() == ["failed", "not_measured", "failed"]
    assert (done.quantities.status == "failed").all()
    assert [("peak G lies at 1540-1640 cm-1" in note) for note in done.scan.notes] == [True]


@pytest.mark.parametrize("left", [0, 1, 2, 5, 9])
@pytest.mark.parametrize("engine", ["varpro", "lmfit"])
def test_a_spectrum_with_too_few_channels_left_has_no_values_alone(left: int, engine: str) -> None:
    mask = np.zeros((3, SHIFT.size), dtype=bool)
    inside = np.flatnonzero((SHIFT >= 900) & (SHIFT <= 1900))
    mask[1, inside[: len(inside) - left]] = True  # the model has nine parameters
    q = fit_scan(Scan(SHIFT, spectra(3), "line", mask=mask), RECIPE, engine).quantities
    assert [words in ("failed", "not_measured") for words in q.flags] == [False, True, False]
    assert np.isnan(q.height).all(axis=1).tolist() == [False, True, False]


def test_what_was_subtracted_is_part_of_the_baseline() -> None:
    """The line through two regions is numpy's polynomial."""
    recipe = with_overrides(
        RECIPE,
        {"baseline.method": "regions", "baseline.order": "none", "baseline.regions": [[900, 1000], [1800, 1900]]},
    )
    counts = counts_of(2)
    made = prepare(Scan(SHIFT, counts, "line"), recipe)
    x = made.model.shift_cm1
    near = (x <= 1000) | (x >= 1800)
    inside = (SHIFT >= 900) & (SHIFT <= 1900)
    assert made.under is not None
    for row in range(2):
        line = np.polynomial.Polynomial.fit(x[near], counts[row, inside][near], 2)
        np.testing.assert_allclose(made.under[row], line(x), rtol=1e-9)
    np.testing.assert_allclose(made.baseline(np.zeros((2, 0))), made.under)


@pytest.mark.parametrize("level", [0.0, 65535.0, 812.0])
def test_a_constant_spectrum_is_not_measured(level: float) -> None:
    counts = spectra(3)
    counts[1] = level
    q = fit(counts).quantities
    assert q.status[1].tolist() == ["failed", "failed"]
    assert "not_measured" in q.flags[1]
    assert np.isnan(q.height[1]).all()
    assert np.isnan(q.redchi2[1])
    alone = fit(counts[[0, 2]]).quantities
    np.testing.assert_allclose(q.center_cm1[[0, 2]], alone.center_cm1, rtol=1e-12)


def test_saturated_channels_are_left_out_and_said() -> None:
    counts = spectra(4, g=60000.0, noise=20.0)
    top = 30000.0
    clipped = np.minimum(counts, top)
    recipe = with_overrides(RECIPE, {"clean.saturation_counts": top})
    q = fit(clipped, recipe).quantities
    assert all("saturated" in words for words in q.flags)
    g = q.names.index("G")
    z = (q.height[:, g] - 60000) / q.height_se[:, g]
    assert np.abs(z).max() < 5  # the flanks tell the height; with the plateau in, it would be half
    ignored = fit(clipped, with_overrides(RECIPE, {"clean.saturation_counts": "none"})).quantities
    assert (ignored.height[:, g] < 45000).all()
    assert not any("saturated" in words for words in ignored.flags)
