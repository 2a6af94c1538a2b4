"""What surrounds the fits, compiled, against the same on NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ramanfit.fit import cosmic_rays, judge, noise, verdicts
from ramanfit.fit.amplitude import reml_near
from ramanfit.fit.batch import Task
from ramanfit.fit.build import narrowest_lines
from ramanfit.fit.correlation import correlation
from ramanfit.fit.engine import varpro
from ramanfit.fit.engine.compiled import engine, kernels, library, spikes
from ramanfit.fit.engine.compiled import scores as compiled_scores
from ramanfit.fit.missing import _bands
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.weighing import Weighing
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import Scan
from tests.benchmark.made import scan_of
from tests.spectra import random_spectra

VARIANTS = library.available()
pytestmark = pytest.mark.skipif(not VARIANTS, reason="no compiled core here")
MODEL, COUNTS, _ = random_spectra(120, seed=41)
RULE = spikes.Rule(*cosmic_rays.RULE)
SEARCH = kernels.Search(noise.ROUNDS, noise.FLOOR, noise.CLIP, noise.MEDIAN, noise.EXACT)
RNG = np.random.default_rng(5)
for row, channel, height in zip(range(0, 120, 3), RNG.integers(0, 420, 40), RNG.uniform(10, 3000, 40), strict=True):
    COUNTS[row, channel] += height
USE = RNG.uniform(size=COUNTS.shape) > 0.01
CURVE = MODEL.evaluate(varpro.fit(MODEL, COUNTS))
AWAY = COUNTS - CURVE
STARTS = [0, 40, 41, 90]
SCAN = np.repeat(np.arange(4), np.diff([*STARTS, 120]))


@pytest.fixture(params=sorted(VARIANTS))
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[object, object]]:
    """A function's results with a variant of the core and with NumPy."""

    def call(function: Callable[..., object], *arguments: object) -> tuple[object, object]:
        results = []
        for core in (VARIANTS[request.param], None):
            monkeypatch.setattr(library, "_chosen", lambda choice, core=core: core)
            results.append(function(*arguments))
        return results[0], results[1]

    return call


@pytest.mark.parametrize("use", [None, USE], ids=["all", "masked"])
def test_spikes_are_the_same(both: Callable, use: np.ndarray | None) -> None:
    narrowest = narrowest_lines(MODEL)
    for scan in (None, SCAN):
        mine, other = both(cosmic_rays.gross_spikes, COUNTS, use, scan, narrowest)
        np.testing.assert_array_equal(mine, other)
        assert other.any()
    variance = np.broadcast_to(AWAY.var(axis=1, keepdims=True), COUNTS.shape)
    mine, other = both(cosmic_rays.residual_spikes, COUNTS, CURVE, variance, use, narrowest)
    np.testing.assert_array_equal(mine, other)
    assert other.any()


@pytest.mark.parametrize("use", [None, USE], ids=["all", "masked"])
@pytest.mark.parametrize("model", ["counting", "white"])
def test_noise_is_the_same(both: Callable, model: str, use: np.ndarray | None) -> None:
    extra = RNG.uniform(0, 3, COUNTS.shape)
    for more in (None, extra):
        mine, other = both(noise.estimate_noise, model, AWAY, CURVE, use, STARTS, more)
        np.testing.assert_allclose(mine, other, rtol=1e-10)
        mine, ours = both(noise.standardized, AWAY, other, CURVE, use, more)
        np.testing.assert_allclose(mine, ours, rtol=1e-10)
        whole, _ = both(partial(noise.standardized, whole=True), COUNTS, other, CURVE, use, more)
        np.testing.assert_allclose(whole, ours, rtol=1e-10)
        again, _ = both(partial(noise.estimate_noise, whole=True), model, COUNTS, CURVE, use, STARTS, more)
        np.testing.assert_allclose(again, other, rtol=1e-10)
        given = partial(noise.estimate_noise, known_gain=RNG.uniform(0, 2, len(COUNTS)))
        again, ours = both(given, model, AWAY, CURVE, use, STARTS, more)
        np.testing.assert_allclose(again, ours, rtol=1e-10)
        np.testing.assert_array_equal(ours[:, 2], given.keywords["known_gain"])
        stretch = RNG.uniform(1, 3, len(COUNTS))
        (mine, unit), (ours, _) = both(noise.weights_of, other, CURVE, use, more, stretch)
        np.testing.assert_allclose(mine, ours, rtol=1e-12)
        assert unit.tolist() == (1 / stretch).tolist()
    sd = np.sqrt(noise.variance(other, CURVE))
    smoothed = np.apply_along_axis(np.convolve, 1, AWAY / sd, np.ones(5) / 5, "same")
    for residual in (AWAY / sd, smoothed):
        for starts in (STARTS, [0, 1, 3, 119]):  # alone, two, many
            mine, other = both(correlation, residual, use, starts)
            np.testing.assert_allclose(mine, other, rtol=1e-10)
    assert (other[:, 0] > 2).any()  # the smoothed are found out


@pytest.mark.parametrize("bent", [False, True])
def test_scores_are_the_same(both: Callable, bent: bool) -> None:
    model = MODEL.with_smooth(200.0) if bent else MODEL
    penalty = np.tile(1 / (400 * model.smooth), (len(COUNTS), 1)) if bent else None
    weights = USE / 25.0
    fits = varpro.fit(model, COUNTS, weights, varpro.fit(MODEL, COUNTS).nonlinear, penalty=penalty)
    residual = COUNTS - model.evaluate(fits)
    scale = RNG.uniform(0.3, 1.5, len(COUNTS))
    task = Task(model, COUNTS, None, SCAN, "counting", "varpro", True, doublets=(0, 1))
    seen = replace(fits, light=COUNTS - residual, noise=np.tile([25.0, 2000.0, 0.3], (len(COUNTS), 1)))
    for use, extra in ((None, None), (USE, RNG.uniform(0, 9, COUNTS.shape))):
        (structure, mine), (expected, other) = both(judge.doubts, task, seen, COUNTS, use, 0.1, extra)
        np.testing.assert_allclose(structure, expected, rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(mine, other)
        assert (other.sum(axis=0) > 0).all()
        assert (other.sum(axis=0) < len(COUNTS)).all()
    if bent:
        stretch = RNG.uniform(1, 2, len(COUNTS))
        mine, other = both(reml_near, model, COUNTS, weights, fits.nonlinear, 1e-3 * scale, stretch)
        np.testing.assert_allclose(mine, other, rtol=1e-9)
        assert len(set(other.argmin(axis=1))) > 1
        (mine, change), (other, changed) = both(_bands, model, COUNTS, weights, fits, penalty, stretch)
        np.testing.assert_allclose(mine, other, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(change, changed, rtol=1e-5, atol=1e-8)
        assert changed.any()
    one = np.ones(len(COUNTS))
    weighing = Weighing(np.tile([25.0, 0.0, 0.0], (len(COUNTS), 1)), COUNTS - residual, USE, None, one)
    (z, chi2, *_), (z2, chi2_2, *_) = both(verdicts._scores, model, fits, COUNTS, weighing, [0, 1], penalty)
    np.testing.assert_allclose(z, z2, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(chi2, chi2_2, rtol=1e-6, atol=1e-6)
    if not bent:
        scores = verdicts._scores(model, fits, COUNTS, weighing, [0, 1])
        for rows in (np.arange(len(COUNTS)), np.arange(1, 100, 7)):
            mine, other = both(verdicts._places, model, fits, weighing, scores, rows)
            np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("bent", [False, True])
def test_curves_are_those_of_the_model(bent: bool) -> None:
    model = MODEL.with_smooth(200.0) if bent else MODEL
    fits = model.widened(varpro.fit(MODEL, COUNTS))
    fits.coefficients[:] += RNG.normal(size=fits.coefficients.shape)
    fits.left[::5, 0] = True
    fits = fits.take(np.arange(1, 120, 2))
    for variant in VARIANTS.values():
        np.testing.assert_allclose(compiled_scores.curves(variant, model, fits), model.evaluate(fits), rtol=1e-11)


NUMBERS = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, 1.0, np.nan, np.inf, -np.inf, 5e-324, 1e308]))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 40).flatmap(lambda m: arrays(np.float64, (3, m), elements=NUMBERS)))
def test_medians_are_those_of_a_sorted_row(rows: np.ndarray) -> None:
    expected = np.sort(np.abs(rows), axis=1)[:, rows.shape[1] // 2]
    for variant in VARIANTS.values():
        np.testing.assert_array_equal(kernels.neighbours(variant, rows, None, 1.0)[1], expected)


@settings(max_examples=100, deadline=None)
@given(st.integers(3, 90).flatmap(lambda m: arrays(np.float64, (3, m), elements=st.integers(-9, 9))))
def test_noise_without_a_fit_is_the_same_where_differences_are_whole_numbers(rows: np.ndarray) -> None:
    """Then those over twice as many channels are often as large as the limit itself."""
    with pytest.MonkeyPatch.context() as patch:
        for variant in (None, *VARIANTS.values()):
            patch.setattr(library, "_chosen", lambda choice, variant=variant: variant)
            sd, step = cosmic_rays._noise(rows)
            if variant is None:
                expected = sd, step
            np.testing.assert_array_equal(sd, expected[0])
            np.testing.assert_array_equal(step, expected[1])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40).flatmap(lambda m: arrays(np.float64, (2, m), elements=NUMBERS)), st.booleans())
def test_any_numbers_are_survived(rows: np.ndarray, masked: bool) -> None:
    use = rows > 0 if masked else None
    for variant in VARIANTS.values():
        spikes.spiky(variant, rows, None, np.ones(2), use, RULE, 5.0)
        triple = np.resize(rows, (2, 3))
        spikes.spiky(variant, rows, rows, triple, use, RULE, 5.0, 0.05, rows)
        kernels.neighbours(variant, rows, use, 6.0)
        kernels.roughness(variant, rows, use, np.ones(2), np.arange(2), 5, common=masked)
        kernels.standardized(variant, rows, triple, rows, use, rows, 0.05)
        kernels.weights(variant, triple, rows, use, rows, np.ones(2), 0.05)
        if rows.shape[1] > 2:
            spikes.noise_without_fit(variant, rows, 1.65, 1.3, 32)
            kernels.noise(variant, masked, rows, rows, use, [0, 1], rows, SEARCH, rows[:, 0] if masked else None)


def test_fits_are_the_same_with_weights_and_with_what_they_follow(both: Callable) -> None:
    extra, stretch = RNG.uniform(0, 9, COUNTS.shape), RNG.uniform(1, 2, len(COUNTS))
    told = noise.estimate_noise("counting", AWAY, CURVE, USE)
    told[3, 0] = 0.0
    weighing = Weighing(told, CURVE, USE, extra, stretch)[5:100]
    start = varpro.fit(MODEL, COUNTS).nonlinear[5:100]
    mine, other = both(engine.fit, MODEL, COUNTS[5:100], weighing, start)
    whole, _ = both(engine.fit, MODEL, COUNTS[5:100], weighing.weights(), start)
    np.testing.assert_allclose(mine.chi2, whole.chi2, rtol=1e-10)
    np.testing.assert_allclose(mine.chi2, other.chi2, rtol=1e-9)
    np.testing.assert_array_equal(mine.dof, other.dof)
    with pytest.raises(ValueError, match="curve: expected the shape"):
        both(engine.fit, MODEL, COUNTS, weighing, start)


def test_arrays_that_do_not_go_together_are_refused() -> None:
    variant, rows = next(iter(VARIANTS.values())), np.ones((2, 30))
    with pytest.raises(ValueError, match="curve: expected the shape"):
        spikes.spiky(variant, rows, rows[:1], np.ones((2, 3)), None, RULE, 5.0)
    with pytest.raises(ValueError, match="use: expected the shape"):
        spikes.spiky(variant, rows, rows, np.ones((2, 3)), rows[:1] > 0, RULE, 5.0)
    with pytest.raises(ValueError, match="use: expected the shape"):
        kernels.neighbours(variant, rows, rows[:, 1:] > 0, 6.0)
    for starts in ([1], [0, 3], [0, 2, 1]):
        with pytest.raises(ValueError, match="starts: expected them ascending from 0 to 2"):
            kernels.noise(variant, False, rows, rows, None, starts, None, SEARCH)
    with pytest.raises(ValueError, match="rows: expected numbers of 2 rows"):
        kernels.roughness(variant, rows, None, np.ones(2), np.array([2]), 5, common=False)
    with pytest.raises(ValueError, match="out: expected a whole array of the shape"):
        kernels.weights(variant, np.ones((2, 3)), rows, None, None, np.ones(2), 0.05, np.ones((2, 60))[:, ::2])
    with pytest.raises(ValueError, match="counts: expected 3 channels"):
        spikes.noise_without_fit(variant, rows[:, :2], 1.65, 1.3, 32)


@pytest.mark.parametrize("smooth", ["auto", "none"])
def test_a_scan_gets_the_same_flags_and_numbers(both: Callable, smooth: str) -> None:
    recipe = with_overrides(load_recipe("li-graphite"), {} if smooth == "auto" else {"baseline.smooth_cm1": "none"})
    for kind, snr, departure in (
        ("flat", 50.0, ""),
        ("exponential + hump", 30.0, "Fano"),
        ("quadratic", 6.0, "D3 10 %"),
    ):
        scan, _ = scan_of(kind, snr, 30, 9, departure)
        counts = np.array(scan.counts)
        counts[::4, 200] += 20 * counts.std()
        scan = Scan(scan.shift_cm1, counts, "line")
        mine, other = both(fit_scan, scan, recipe)
        assert mine.quantities.flags.tolist() == other.quantities.flags.tolist()
        np.testing.assert_array_equal(mine.quantities.status, other.quantities.status)
        apart = np.abs(mine.quantities.center_cm1 - other.quantities.center_cm1) / other.quantities.center_se
        assert np.nanmax(apart) < 1e-6


def test_links_and_other_shapes_stay_with_numpy() -> None:
    from ramanfit.fit.engine.compiled.engine import suits
    from ramanfit.fit.model import Link

    assert suits(MODEL, None)
    assert not suits(replace(MODEL, links=(Link(), Link(shape="gaussian"))), None)
    assert not suits(MODEL.with_smooth(150.0), None)
    assert not suits(MODEL, None, ratio=np.ones((120, 2)))
