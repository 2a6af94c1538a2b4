"""What rivals say of a fit: against lmfit's criterion, and against fits by hand with one peak less and one more."""

from __future__ import annotations

from dataclasses import replace

import lmfit
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import RecipeError
from ramanfit.fit.engine import varpro
from ramanfit.fit.judge import bic_gain
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.model import polynomial_basis
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.parts import Detection
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from tests.fit.test_residuals import RECIPE, spectra

WHITE = with_overrides(RECIPE, {"noise.model": "white", "clean.spikes": False, "baseline.smooth_cm1": "none"})


@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.integers(1, 3))
def test_the_gain_is_the_difference_of_lmfits_criterion(seed: int, order: int, more: int) -> None:
    """Polynomials of two orders, fitted by lmfit."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-1, 1, 40)
    y = np.polynomial.Polynomial(rng.normal(size=4))(x) + rng.normal(size=40)
    small, large = (
        lmfit.models.PolynomialModel(degree).fit(y, x=x, **{f"c{k}": 0.0 for k in range(degree + 1)})
        for degree in (order, order + more)
    )
    gain = bic_gain(np.array([small.chisqr]), np.array([large.chisqr]), more, 40)
    assert gain[0] == pytest.approx(small.bic - large.bic, rel=1e-6, abs=1e-6)


def one_line(height: float, channels: int, n: int, seed: int) -> Scan:
    """G alone, with white noise of 1, on so many channels."""
    shift = np.linspace(880.0, 1920.0, channels)
    curve = 500 + height * lorentzian(shift, 1590, 30)
    return Scan(shift, curve + np.random.default_rng(seed).normal(size=(n, channels)), "line")


def g_alone(**overrides: object) -> object:
    g = next(peak for peak in WHITE.peaks if peak.name == "G")
    return replace(WHITE, peaks=(g,), ratios=(), detection=Detection(**overrides))  # type: ignore[arg-type]


def test_a_peak_of_nearly_five_standard_errors_that_the_criterion_rejects_is_not_detected() -> None:
    """On 20,000 channels three parameters cost 29.7: more than a height of 4 to 5 standard errors gains."""
    scan = one_line(0.25, 20_000, 60, seed=2)
    fitted = fit_scan(scan, g_alone())  # type: ignore[arg-type]
    snr = (fitted.result.height / fitted.result.standard_errors()["height"])[:, 0]
    delta, status = fitted.result.delta_bic[:, 0], fitted.quantities.status[:, 0]
    asked = (snr > 3.3) & (snr < 5)
    assert asked.sum() > 30
    assert np.isfinite(delta[asked]).all()
    assert (status[asked & (delta < 0)] == "not_detected").all()
    assert np.mean(delta[asked] < 0) > 0.5
    assert snr[asked & (delta < 0)].max() > 4.5


def test_the_gain_of_a_peak_is_that_over_a_fit_without_it() -> None:
    """By numpy's polynomials: the spectrum without G is a parabola."""
    scan = one_line(3.0, 420, 60, seed=3)
    fitted = fit_scan(scan, g_alone())  # type: ignore[arg-type]
    model, result = fitted.prepared.model, fitted.result
    basis = polynomial_basis(model.shift_cm1, 2)
    counts = np.asarray(fitted.prepared.counts)
    rest = ((counts - counts @ basis.T @ basis) ** 2).sum(axis=1)
    n = model.shift_cm1.size
    expected = n * np.log(rest / result.chi2) - 3 * np.log(n)
    snr = (result.height / result.standard_errors()["height"])[:, 0]
    asked = (snr > 0) & (snr < 8)
    assert 10 < asked.sum() < 60
    np.testing.assert_allclose(result.delta_bic[asked, 0], expected[asked], rtol=1e-6)
    assert np.isnan(result.delta_bic[~asked, 0]).all()  # a strong one needs no further proof


def test_what_shares_a_height_shares_the_verdict() -> None:
    recipe = load_recipe("li-graphite-doublet")
    recipe = with_overrides(recipe, {"peaks.Gb.height_from": "Gi"})
    delta = fit_scan(spectra(40, [(1570.0, 26.0, 6.0), (1600.0, 26.0, 6.0)], seed=5), recipe).result.delta_bic
    np.testing.assert_array_equal(delta[:, 0], delta[:, 1])
    assert np.isfinite(delta).any()


def test_two_lines_are_looked_for_only_where_the_recipe_says_so() -> None:
    pair = spectra(50, [(1575.0, 26.0, 100.0), (1601.0, 26.0, 100.0)])
    fitted = fit_scan(pair, replace(RECIPE, detection=Detection()))
    assert np.isnan(fitted.result.double_bic).all()
    with pytest.raises(RecipeError, match="doublets"):
        with_overrides(RECIPE, {"detection.doublets": ["D2"]})


@pytest.mark.parametrize("apart", [20.0, 26.0, 40.0])
def test_the_gain_of_a_second_line_is_at_most_that_of_a_fit_with_two(apart: float) -> None:
    """The same two lines through a recipe that has them, fitted from its own starts."""
    scan = spectra(20, [(1588 - apart / 2, 26.0, 100.0), (1588 + apart / 2, 26.0, 100.0)])
    one = fit_scan(scan, WHITE)
    g = RECIPE.peaks[[peak.name for peak in RECIPE.peaks].index("G")]
    both = (replace(g, center_cm1=1588 - apart / 2), replace(g, name="G2", center_cm1=1588 + apart / 2))
    rest = tuple(peak for peak in RECIPE.peaks if peak is not g)
    two = fit_scan(scan, replace(WHITE, peaks=(*rest, *both), ratios=(), detection=Detection()))
    n = one.prepared.model.shift_cm1.size
    expected = n * np.log(one.result.chi2 / two.result.chi2) - 3 * np.log(n)
    gain = one.result.double_bic[:, one.prepared.model.names.index("G")]
    assert (gain > 0).all()  # what is clear is not fitted to the end
    assert (gain <= expected + 1e-3).all()


def test_an_unresolved_line_beside_a_strong_one_is_tried_from_both_sides() -> None:
    """Started on one another, two lines would stay together."""
    scan = spectra(20, [(1578.0, 24.0, 160.0), (1604.0, 24.0, 80.0)], seed=6)
    one = fit_scan(scan, WHITE)
    g = one.prepared.model.names.index("G")
    model = one.prepared.model.doubled(g)
    start = np.full((20, 3, 3), np.nan)
    start[:, :2] = one.result.nonlinear
    start[:, g, :2], start[:, 2, :2] = [1578, 24], [1604, 24]
    best = varpro.fit(model, np.asarray(one.prepared.counts), start=start)
    n: FloatArray = np.array(one.prepared.model.shift_cm1.size)
    expected = n * np.log(one.result.chi2 / best.chi2) - 3 * np.log(n)
    gain = one.result.double_bic[:, g]
    assert (gain > 0).all()
    assert (gain <= expected + 1e-3).all()


def test_two_lines_are_preferred_where_a_full_fit_of_them_is_better() -> None:
    """Pairs that are hardly apart, fitted from many starts to the end: the verdict is that of the best."""
    rng = np.random.default_rng(7)
    scans = [
        spectra(20, [(1590 - d / 2, 26.0, 60.0), (1590 + d / 2, 26.0, 60.0)], seed=int(d))
        for d in rng.uniform(8, 16, 12)
    ]
    counts = np.concatenate([np.asarray(scan.counts) for scan in scans])
    one = fit_scan(Scan(scans[0].shift_cm1, counts, "line"), WHITE)
    model, g = one.prepared.model, one.prepared.model.names.index("G")
    gain, n = one.result.double_bic[:, g], model.shift_cm1.size
    rows = np.flatnonzero(np.isfinite(gain))
    best = np.full(len(rows), np.inf)
    for center, fwhm in ((c, w) for c in (1545, 1560, 1575, 1590, 1605, 1620, 1635) for w in (9.0, 20.0, 60.0)):
        start = one.result.nonlinear[rows][:, [0, 1, g]]
        start[:, 2, :2] = center, fwhm
        best = np.fmin(best, varpro.fit(model.doubled(g), np.asarray(one.prepared.counts)[rows], start=start).chi2)
    expected = n * np.log(one.result.chi2[rows] / best) - 3 * np.log(n)
    sure = np.abs(expected) > 5
    assert min((expected[sure] > 0).sum(), (expected[sure] < 0).sum()) > 10
    np.testing.assert_array_equal((gain[rows] > 0)[sure], (expected > 0)[sure])
    assert np.mean((gain[rows] > 0) == (expected > 0)) > 0.9
    assert (gain[rows] <= expected + 1e-2).mean() > 0.97
