"""Fits as curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit.curves import Curves, curves
from ramanfit.fit.lineshapes import line
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import Scan
from tests.fit.test_cosmic_rays import RECIPE, SHIFT, experiment, with_spikes

ARPLS = with_overrides(RECIPE, {"baseline.method": "arpls", "baseline.options": "lam=1e6"})


def drawn_of(scan: Scan, recipe: Recipe = RECIPE) -> Curves:
    return curves(fit_scan(scan, recipe))


@pytest.fixture(scope="module")
def drawn() -> Curves:
    return drawn_of(Scan(SHIFT, experiment(12, seed=3, height=(100, 250))[0], "line"))


@pytest.fixture(scope="module")
def drawn_above() -> Curves:
    return drawn_of(Scan(SHIFT, experiment(12, seed=3, height=(100, 250))[0], "line"), ARPLS)


@pytest.mark.parametrize("recipe", [RECIPE, ARPLS, with_overrides(RECIPE, {"baseline.smooth_cm1": "none"})])
def test_what_is_drawn_is_what_was_fitted(recipe: Recipe) -> None:
    """Peaks, baseline and masks, of strong peaks and of none, with cosmic rays."""
    counts, sd, _ = experiment(200, seed=7)
    spoilt, _ = with_spikes(counts, sd, 40, 2)
    spoilt[::9] = 300 + np.random.default_rng(1).normal(0, 10, spoilt[::9].shape)
    spoilt[5] = 0.0
    fitted = fit_scan(Scan(SHIFT, spoilt, "line"), recipe)
    drawn, result, prepared = curves(fitted), fitted.result, fitted.prepared
    assert prepared.use is not None
    assert prepared.spikes is not None
    np.testing.assert_array_equal(drawn.use, prepared.use)
    np.testing.assert_array_equal(drawn.noise[drawn.fitted], result.noise[drawn.fitted])
    assert not drawn.fitted[5]
    assert drawn.fitted.sum() > 190
    light = prepared.model.evaluate(result) + (0.0 if prepared.under is None else prepared.under)
    np.testing.assert_allclose(drawn.fit()[drawn.fitted], light[drawn.fitted], rtol=1e-9)
    np.testing.assert_allclose(drawn.baseline()[drawn.fitted], prepared.baseline(result.coefficients)[drawn.fitted])
    shown = np.isfinite(drawn.center_cm1)
    np.testing.assert_array_equal(drawn.detected, fitted.quantities.status == "ok")
    assert (shown & ~drawn.detected).any()  # in the fit, and not detected
    assert (~shown & drawn.fitted[:, None]).any()  # left the model
    np.testing.assert_array_equal(shown, ~result.left & drawn.fitted[:, None])


def test_coefficients_are_those_of_numpys_polynomials(drawn: Curves) -> None:
    """Of the window from -1 to 1."""
    plain = replace(drawn, under=None)
    for i in range(len(drawn)):
        one = plain.take(i)
        best = np.polynomial.Polynomial.fit(one.shift_cm1, one.baseline(), len(one.coefficients) - 1)
        np.testing.assert_allclose(best.coef, one.coefficients, rtol=1e-6, atol=1e-6)


@given(at=st.lists(st.floats(0, 1), min_size=1, max_size=5))
@settings(max_examples=30)
def test_one_curve_and_all_curves_agree_at_any_shift(at: list[float], drawn: Curves, drawn_above: Curves) -> None:
    for some in (drawn, drawn_above):
        x = some.shift_cm1
        shifts = x[0] + np.sort(at) * (x[-1] - x[0])
        together = some.baseline(shifts)
        for i in range(len(some)):
            np.testing.assert_allclose(some.take(i).baseline(shifts), together[i], rtol=1e-9)
        np.testing.assert_allclose(some.baseline(x), [some.take(i).baseline() for i in range(len(some))], rtol=1e-9)


@given(way=st.floats(0, 1), channel=st.integers(0, 400))
def test_what_was_subtracted_is_straight_between_the_channels(way: float, channel: int, drawn_above: Curves) -> None:
    x, under = drawn_above.shift_cm1, drawn_above.under
    assert under is not None
    at = np.array([x[channel] + way * (x[channel + 1] - x[channel])])
    expected = under[:, channel] * (1 - way) + under[:, channel + 1] * way
    fitted = replace(drawn_above, under=None).baseline(at)[:, 0]
    np.testing.assert_allclose(drawn_above.baseline(at)[:, 0], fitted + expected, rtol=1e-9)


def test_a_spectrum_that_was_not_fitted_has_no_curve() -> None:
    counts = experiment(3, seed=3, height=(100, 250))[0]
    counts[1] = 7.0
    found = drawn_of(Scan(SHIFT, counts, "line"))
    assert found.fitted.tolist() == [True, False, True]
    assert np.isnan(found.take(1).fit()).all()
    assert np.isnan(found.noise[1]).all()
    assert not found.detected[1].any()


def test_a_peak_that_left_the_fit_is_not_drawn() -> None:
    counts = 500 + np.random.default_rng(4).normal(0, 10, (60, SHIFT.size))
    found = drawn_of(Scan(SHIFT, counts, "line"))
    gone = np.argwhere(np.isnan(found.center_cm1) & found.fitted[:, None])
    assert len(gone) >= 5
    for row, p in gone.tolist():
        one = found.take(row)
        assert (one.peak(p) == 0).all()
        np.testing.assert_allclose(one.fit(), one.baseline() + one.peak(1 - p))


def test_every_file_keeps_its_order_of_the_polynomial() -> None:
    scan = Scan(SHIFT, experiment(4, seed=3, height=(100, 250))[0], "line")
    for order in (1, 4):
        found = drawn_of(scan, with_overrides(RECIPE, {"baseline.order": order, "baseline.smooth_cm1": "none"}))
        assert found.coefficients.shape == (4, order + 1)


def test_shapes_are_drawn_as_they_were_fitted() -> None:
    recipe = load_recipe("carbon-bwf")
    shift = np.linspace(900.0, 1900.0, 500)
    lines = [(p.shape, p.center_cm1, p.fwhm_cm1, np.nan if p.form is None else p.form) for p in recipe.peaks]
    counts = 200 + sum(1000 * line(shape, shift, *values) for shape, *values in lines)
    noisy = counts + np.random.default_rng(0).normal(0, 1, (2, shift.size))
    found = drawn_of(Scan(shift, noisy, "line"), recipe).take(0)
    assert found.shapes == tuple(shape for shape, *_ in lines)
    for p, shape in enumerate(found.shapes):
        expected = found.height[p] * line(shape, found.shift_cm1, found.center_cm1[p], found.fwhm_cm1[p], found.form[p])
        np.testing.assert_array_equal(found.peak(p), expected)
    np.testing.assert_allclose(found.fit(), counts[np.isin(shift, found.shift_cm1)], atol=3)
