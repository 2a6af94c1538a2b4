"""What is done before the fit: errors against known truths, and what only the counts as measured can tell."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.errors import FormatError, UsageError
from ramanfit.fit.averages import average_of, groups_of, mean_of
from ramanfit.fit.dark import check_suits, dark_of
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.prepare import prepare
from ramanfit.fit.treat import Treatment, treat
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Metadata, Scan
from tests.benchmark.before import spread_of_z
from tests.poisson import CASES, DARK, READ, SHIFT, simulate

RECIPE = load_recipe("li-graphite")
CASE = CASES["as P6 of Table S1"]


def noisy(n: int, seed: int = 0, sd: float = 10.0) -> FloatArray:
    return 500 + np.random.default_rng(seed).normal(0, sd, (n, SHIFT.size))


@pytest.mark.parametrize(("repeats", "dark", "in_file"), [(5, 0, 20), (20, 0, 10), (1, 5, 20), (20, 1, 1)])
def test_the_errors_of_means_and_of_what_is_left_of_the_dark_are_right(repeats: int, dark: int, in_file: int) -> None:
    """Of 120 values the spread of z scatters by 6.5 %; the benchmark's part `before` has 300 and more."""
    spread = spread_of_z(CASE, repeats, 120, dark=dark, in_file=in_file)
    assert set(spread.z) == {"G center", "G height", "B height", "ratio"}
    for name, value in spread.z.items():
        assert 0.8 < value < 1.22, name
    assert spread.redchi2 == pytest.approx(1, abs=0.05)


@given(st.integers(2, 6), st.integers(0, 50))
@settings(max_examples=20)
def test_a_mean_is_that_of_numpy_and_its_scatter_the_variance_of_the_mean(n: int, seed: int) -> None:
    counts = noisy(n, seed)
    made = mean_of(counts, spikes=False)
    np.testing.assert_allclose(made.counts, counts.mean(axis=0))
    assert np.nanmean(made.scatter) == pytest.approx(100 / n, rel=6 * np.sqrt(2.5 / (n - 1) / SHIFT.size))
    turned = mean_of(counts[::-1], spikes=False)
    np.testing.assert_allclose(turned.scatter[1:-1], made.scatter[1:-1])


def test_what_drifts_from_repeat_to_repeat_is_not_in_the_scatter() -> None:
    counts = noisy(10)
    drifting = counts + 300 * np.arange(10)[:, None] * np.exp(-(((SHIFT - 1400) / 300) ** 2))
    plain, other = mean_of(counts), mean_of(drifting)
    assert not other.spikes.any()
    np.testing.assert_allclose(np.nanmean(other.scatter), np.nanmean(plain.scatter), rtol=0.02)


@pytest.mark.parametrize("n", [2, 3, 5, 50])
def test_a_cosmic_ray_of_one_repeat_is_not_in_the_mean(n: int) -> None:
    counts, _, _ = simulate(CASE, n, seed=n)
    hit = counts + 100 * np.arange(n)[:, None]  # repeats need not be as bright as each other
    clean = mean_of(hit)
    hit[0, 200:202] += 2000, 900
    made = mean_of(hit)
    np.testing.assert_array_equal(np.argwhere(made.spikes & ~clean.spikes), [[0, 200], [0, 201]])
    np.testing.assert_allclose(made.counts[200:202], clean.counts[200:202], atol=4 * 25 / np.sqrt(n))
    keep = np.delete(np.arange(SHIFT.size), [200, 201])
    np.testing.assert_allclose(made.counts[keep], clean.counts[keep])
    scan = treat(Scan(SHIFT, hit, "series"), RECIPE, Treatment(average="all"))
    assert scan.treated is not None
    assert (0, SHIFT[200], SHIFT[201]) in scan.treated.cosmic_rays
    unasked = with_overrides(RECIPE, {"clean.spikes": False})
    assert treat(Scan(SHIFT, hit, "series"), unasked, Treatment(average="all")).counts[0, 200] > made.counts[200] + 30


def test_what_all_repeats_show_is_no_cosmic_ray() -> None:
    counts, _, _ = simulate(CASE, 6, seed=1)
    counts[:, 200] += 3000
    assert not mean_of(counts).spikes.any()


def test_saturation_is_judged_on_what_was_measured() -> None:
    counts, _, _ = simulate(CASE, 6, seed=2)
    counts[1] = np.minimum(counts[1], 1050)  # a plateau, whatever its height
    assert (counts[1] == 1050).sum() > 3
    dark = dark_of(
        "dark.txt", [Scan(SHIFT, DARK + np.random.default_rng(1).normal(0, READ, (4, SHIFT.size)), "series")]
    )
    raw = prepare(Scan(SHIFT, counts, "series"), RECIPE)
    np.testing.assert_array_equal(raw.saturated, [False, True, False, False, False, False])
    assert raw.use is not None
    for average, expected in ((None, raw.saturated), (3, [True, False]), ("all", [True])):
        made = prepare(treat(Scan(SHIFT, counts, "series"), RECIPE, Treatment(dark, average)), RECIPE)
        np.testing.assert_array_equal(made.saturated, expected)
        assert made.use is not None
        if average is None:
            np.testing.assert_array_equal(made.use, raw.use)
        else:  # a mean of which one part is cut is too low
            np.testing.assert_array_equal(~made.use[0], ~raw.use[: len(counts) // len(made.use)].all(axis=0))


def test_what_was_not_measured_stays_so_and_is_in_no_mean() -> None:
    counts = noisy(6)
    counts[[1, 3, 4, 5]] = 7
    dark = dark_of("dark.txt", [Scan(SHIFT, noisy(3) / 50, "series")])
    scan = Scan(SHIFT, counts, "series")
    made = treat(scan, RECIPE, Treatment(dark))
    np.testing.assert_array_equal(prepare(made, RECIPE).measured, [True, False, True, False, False, False])
    means = treat(scan, RECIPE, Treatment(None, 3))
    assert means.treated is not None
    np.testing.assert_allclose(means.counts[0], counts[[0, 2]].mean(axis=0))
    np.testing.assert_array_equal(means.treated.groups, [0, -1, 0, 1, 1, 1])
    np.testing.assert_array_equal(means.treated.repeats, [2, 0])
    assert "4 of 6 spectra were not measured: they are in no mean" in means.notes
    np.testing.assert_array_equal(prepare(means, RECIPE).measured, [True, False])


def test_a_rest_that_is_fewer_is_said_and_averaged_as_what_it_is() -> None:
    scan = treat(Scan(SHIFT, noisy(7), "series"), RECIPE, Treatment(None, 3))
    assert scan.treated is not None
    np.testing.assert_array_equal(scan.treated.repeats, [3, 3, 1])
    assert "the last mean is of 1 spectrum, the others of 3" in scan.notes
    fitted = fit_scan(scan, RECIPE)
    assert np.isfinite(fitted.result.noise[:, 0]).all()
    assert fitted.result.noise[2, 0] > 2 * fitted.result.noise[:2, 0].max()


def test_repeats_are_told_by_number_by_place_or_all() -> None:
    xyz = np.array([[0, 0, 0], [5, 0, 0], [0, 0, 0], [5, 0, 1e-5]])
    placed = Scan(SHIFT, noisy(4), "line", coordinates_um=xyz)
    np.testing.assert_array_equal(groups_of(placed, "point"), [0, 1, 0, 1])
    np.testing.assert_array_equal(groups_of(placed, "all"), [0, 0, 0, 0])
    np.testing.assert_array_equal(groups_of(placed, 3), [0, 0, 0, 1])
    np.testing.assert_array_equal(groups_of(Scan(SHIFT, noisy(4), "line"), "point"), [0, 1, 2, 3])
    np.testing.assert_array_equal(groups_of(Scan(SHIFT, noisy(4), "series"), "point"), [0, 0, 0, 0])
    grid = Scan(SHIFT, noisy(6), "map", grid=(3, 2))
    np.testing.assert_array_equal(groups_of(grid, "point", rows_are_scans=True), [0, 1, 0, 1, 0, 1])
    assert [average_of(text) for text in ("all", "point", "20")] == ["all", "point", 20]
    with pytest.raises(
        UsageError, match=r"^--average: expected all, point or a number of spectra from 2 on, found '1'$"
    ):
        average_of("1")


@pytest.mark.parametrize("n", [2, 5, 40])
def test_the_noise_of_the_dark_is_that_of_its_mean(n: int) -> None:
    found = [dark_of("d", [Scan(SHIFT, noisy(n, seed), "series")]).variance for seed in range(30)]
    assert dark_of("d", [Scan(SHIFT, noisy(1))]).variance is None
    assert np.mean([np.mean(variance) for variance in found if variance is not None]) == pytest.approx(
        100 / n, rel=0.06
    )


def test_a_hot_channel_of_the_dark_is_noisier_than_others() -> None:
    counts = noisy(60)
    counts[:, 100] += np.random.default_rng(5).normal(0, 90, 60)
    dark = dark_of("d", [Scan(SHIFT, counts, "series")])
    assert dark.variance is not None
    assert dark.variance[100] > 20 * np.median(dark.variance)


def test_cosmic_rays_of_the_dark_are_not_subtracted() -> None:
    alone, several = noisy(1), noisy(5)
    alone[0, 50] += 4000
    several[2, 60] += 4000
    one, mean = (dark_of("d", [Scan(SHIFT, counts, "series")]) for counts in (alone, several))
    assert (one.hits, np.flatnonzero(one.bad).tolist()) == (1, [50])
    assert mean.hits == 1
    assert not mean.bad.any()
    assert mean.counts[60] == pytest.approx(500, abs=30)
    made = treat(Scan(SHIFT, noisy(2, 9), "series"), RECIPE, Treatment(one))
    assert made.mask is not None
    assert made.mask[:, 50].all()
    assert made.mask.sum() == 2


def test_a_dark_spectrum_that_was_taken_otherwise_is_refused() -> None:
    def taken(shift: FloatArray, **metadata: float) -> Scan:
        about = Metadata(started=datetime(2024, 1, 1), **metadata)  # type: ignore[arg-type]
        return Scan(shift, noisy(2)[:, : shift.size], "series", "scan.txt", metadata=about)

    dark = dark_of("dark.txt", [taken(SHIFT, integration_s=25.0, accumulations=2)])
    check_suits(dark, taken(SHIFT + 1e-6, integration_s=25.0, accumulations=2))
    check_suits(dark, taken(SHIFT))
    with pytest.raises(
        UsageError,
        match=r"^scan.txt: its axis is not that of the dark spectrum dark.txt: 400 channels, 900.00 to 1852.27 cm-1, "
        r"and 420 channels, 900.00 to 1900.00 cm-1$",
    ):
        check_suits(dark, taken(SHIFT[:400]))
    with pytest.raises(UsageError, match=r"its axis is not that"):
        check_suits(dark, taken(SHIFT + 1.0))
    with pytest.raises(
        UsageError, match=r"^scan.txt: integration time 10 s, but 25 s in the dark spectrum dark.txt$"
    ) as met:
        check_suits(dark, taken(SHIFT, integration_s=10.0))
    assert met.value.hint == "take the dark spectrum with the settings of the scans: counts in the dark do not scale"
    with pytest.raises(UsageError, match=r"^scan.txt: accumulations 3, but 2 in the dark spectrum dark.txt$"):
        check_suits(dark, taken(SHIFT, accumulations=3))


def test_a_dark_file_holds_one_measurement() -> None:
    scans = [Scan(SHIFT, noisy(2), "series", name=name) for name in ("a", "b")]
    with pytest.raises(FormatError, match=r"^d: expected one dark measurement, found 2 \(a, b\)$") as met:
        dark_of("d", scans)
    assert met.value.hint == "name it: FILE::NAME"
    with pytest.raises(FormatError, match=r"^d: expected one dark measurement, found none$"):
        dark_of("d", [])
    with pytest.raises(FormatError, match=r"^d: expected a dark spectrum, found constant counts: nothing was measured"):
        dark_of("d", [Scan(SHIFT, np.full((2, SHIFT.size), 3.0))])
