"""The batched engine against scipy, lmfit and analytic truth."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit.engine import limits, problem, reference, varpro
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.model import Model, polynomial_basis
from ramanfit.fit.result import FitResult, Status
from ramanfit.scan.scan import FloatArray
from tests.problem import LeastSquares
from tests.spectra import random_spectra, two_peak_model


def strong(result: FitResult, snr: float = 5.0) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return (result.height / result.standard_errors()["height"] > snr).all(axis=1)


def test_it_finds_the_minimum() -> None:
    """A sample of what the benchmark does on 20,000 spectra."""
    model, counts, truth = random_spectra(400, seed=11)
    result = varpro.fit(model, counts)
    starts = zip(counts, truth.height, truth.place, strict=True)
    best = np.array([LeastSquares(model, y).converge(height, nonlinear)[0] for y, height, nonlinear in starts])
    missed = result.chi2 > best * (1 + 1e-6)
    assert missed.mean() <= 0.005
    assert not missed[strong(result)].any()
    assert strong(result).mean() > 0.9


def test_it_agrees_with_lmfit() -> None:
    model, counts, _ = random_spectra(60, seed=12)
    mine, other = varpro.fit(model, counts), reference.fit(model, counts)
    rows = strong(mine) & ~mine.at_bound.any(axis=(1, 2))
    assert rows.sum() > 50
    se, se_other = mine.standard_errors(), other.standard_errors()
    for name in ("height", "center_cm1", "fwhm_cm1"):
        apart = np.abs(getattr(mine, name) - getattr(other, name)) / se[name]
        assert apart[rows].max() < 0.02
        np.testing.assert_allclose(se[name][rows], se_other[name][rows], rtol=1e-3)
    scale = np.sqrt(np.einsum("nii->ni", mine.covariance))
    correlation = [r.covariance / scale[:, :, None] / scale[:, None] for r in (mine, other)]
    np.testing.assert_allclose(correlation[0][rows], correlation[1][rows], atol=5e-3)


def test_weights_are_lmfits() -> None:
    model, counts, _ = random_spectra(20, seed=13)
    weights = 1 / np.random.default_rng(1).uniform(0.2, 5, counts.shape)
    weights[:, 100:110] = 0
    mine, other = varpro.fit(model, counts, weights), reference.fit(model, counts, weights)
    rows = strong(mine) & ~mine.at_bound.any(axis=(1, 2))
    assert rows.sum() > 15
    np.testing.assert_allclose(mine.chi2[rows], other.chi2[rows], rtol=1e-6)
    np.testing.assert_array_equal(mine.dof, other.dof)
    for name, se in mine.standard_errors().items():
        assert (np.abs(getattr(mine, name) - getattr(other, name)) / se)[rows].max() < 0.02
        np.testing.assert_allclose(se[rows], other.standard_errors()[name][rows], rtol=1e-3)


peak = st.tuples(st.floats(30, 1e4), st.floats(0.1, 0.9), st.floats(0.1, 0.9))


@settings(max_examples=60, deadline=None)
@given(peak, peak, st.integers(0, 5), st.floats(0.01, 100))
def test_without_noise_the_truth_comes_back(b: tuple, g: tuple, order: int, unit: float) -> None:
    """Analytic truth, whatever the unit of the counts and the order of the baseline."""
    base = two_peak_model()
    model = Model(
        base.shift_cm1, polynomial_basis(base.shift_cm1, order), base.names, base.start, base.lower, base.upper
    )
    place = base.lower + np.array([b[1:], g[1:]]) * (base.upper - base.lower)
    height = np.array([b[0], g[0]])
    coefficients = np.arange(1.0, order + 2) * 100
    shapes = lorentzian(model.shift_cm1, place[:, :1], place[:, 1:])
    counts = unit * (height @ shapes + coefficients @ model.basis)
    result = varpro.fit(model, counts[None])
    assert result.status[0] == Status.CONVERGED
    # a Gram matrix keeps half of the digits, and those of the strong line set what is left for the weak one
    precision = 1e-4 + 3e-6 * height.max() / height.min()
    np.testing.assert_array_less(np.abs(result.center_cm1[0] - place[:, 0]), precision * place[:, 1])
    np.testing.assert_allclose(result.fwhm_cm1[0], place[:, 1], rtol=precision)
    np.testing.assert_allclose(result.height[0], unit * height, rtol=precision)
    np.testing.assert_allclose(model.evaluate(result)[0], counts, rtol=0, atol=1e-5 * np.abs(counts).max())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_a_spectrum_does_not_feel_its_batch(seed: int, weighted: bool) -> None:
    model, counts, _ = random_spectra(40, seed=14)
    weights = np.random.default_rng(2).uniform(0.5, 2, counts.shape) if weighted else None
    rows = np.random.default_rng(seed).permutation(40)[: 1 + seed % 40]
    whole = varpro.fit(model, counts, weights).take(rows)
    part = varpro.fit(model, counts[rows], None if weights is None else weights[rows])
    for name in ("height", "center_cm1", "fwhm_cm1", "coefficients", "covariance", "chi2", "status"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(part, name), err_msg=name)


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    model, counts, _ = random_spectra(50, seed=15)
    whole = varpro.fit(model, counts)
    monkeypatch.setattr(varpro, "CHUNK", 7)
    monkeypatch.setattr(problem, "BLOCK", 3)
    parts = varpro.fit(model, counts)
    for name in ("height", "center_cm1", "fwhm_cm1", "covariance", "chi2"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name), err_msg=name)


def test_a_bound_is_said_and_has_no_error() -> None:
    model = two_peak_model()
    place = np.array([[1350.0, 120.0], [1660.0, 30.0]])  # G lies beyond its bound of 1640
    curve = np.array([100.0, 200.0]) @ lorentzian(model.shift_cm1, place[:, :1], place[:, 1:])
    noise = np.random.default_rng(0).normal(size=(5, model.shift_cm1.size))
    result = varpro.fit(model, curve + noise)
    assert result.at_bound[:, 1, 0].all()
    assert not result.at_bound[:, 0].any()
    np.testing.assert_array_equal(result.center_cm1[:, 1], 1640)
    se = result.standard_errors()
    assert np.isnan(se["center_cm1"][:, 1]).all()
    assert np.isfinite(se["height"]).all()


def test_hopeless_spectra_do_not_disturb_others() -> None:
    model, counts, _ = random_spectra(6, seed=16)
    spoilt = counts.copy()
    spoilt[1] = 0.0
    spoilt[3] = 1e300
    weights = np.ones_like(counts)
    weights[4] = 0.0
    with np.errstate(all="ignore"):
        result = varpro.fit(model, spoilt, weights)
    assert result.status[4] == Status.FAILED
    assert np.isnan(result.height[4]).all()
    alone = varpro.fit(model, counts, np.ones_like(counts))
    for i in (0, 2, 5):
        np.testing.assert_array_equal(result.height[i], alone.height[i])


def test_a_fit_goes_as_low_as_is_enough_and_no_further() -> None:
    """From a start beside the minimum; what cannot be reached is given up near it, or on the way."""
    model, counts, _ = random_spectra(100, seed=19)
    best = varpro.fit(model, counts)
    start = best.nonlinear + np.array([20, 15, 0])
    rough = partial(varpro.fit, model, counts, start=start, tolerance=limits.ROUGH)
    low = rough(enough=1.02 * best.chi2)
    assert (low.chi2 <= 1.02 * best.chi2).mean() > 0.97
    assert (low.chi2 > 1.00001 * best.chi2).mean() > 0.3
    never = rough(enough=0.5 * best.chi2)
    assert (never.chi2 > 0.9 * best.chi2).all()
    whole, unasked = (rough(enough=bar) for bar in (np.full(100, np.nan), None))
    np.testing.assert_array_equal(whole.chi2, unasked.chi2)


def test_a_poor_start_is_no_end() -> None:
    """From anywhere inside the bounds, without a second start: steps of at most half a width miss 3 %, others 6 %."""
    model, counts, truth = random_spectra(1500, seed=21)
    place = np.random.default_rng(1).uniform(0.1, 0.9, (1500, 2, 2)) * (model.upper - model.lower) + model.lower
    begins = [np.concatenate([p, np.full((1500, 2, 1), np.nan)], axis=2) for p in (place, truth.place)]
    best = np.minimum(varpro.fit(model, counts).chi2, varpro.fit(model, counts, start=begins[1]).chi2)
    assert np.mean(varpro.fit(model, counts, start=begins[0]).chi2 > best * (1 + 1e-6)) < 0.045


def test_a_weak_fit_is_tried_from_home_too() -> None:
    """Heights of one to two standard deviations: hardly a fit ends higher than that from the model's own start."""
    model = two_peak_model()
    rng = np.random.default_rng(4)
    counts = 100 + 2 * rng.normal(size=(3000, model.shift_cm1.size))
    for center, fwhm in ((1345.0, 120.0), (1590.0, 30.0)):
        counts += rng.uniform(2, 4, (3000, 1)) * lorentzian(model.shift_cm1, center, fwhm)
    found = varpro.fit(model, counts)
    home = varpro.fit(model, counts, start=np.tile(model.home, (3000, 1, 1)))
    assert np.count_nonzero(found.chi2 > home.chi2 * (1 + 1e-6)) <= 1  # 5 where only fits at bounds are tried again


def test_a_weak_line_beside_a_strong_one_is_found() -> None:
    """Noise-free pairs of heights 30 to 10,000 anywhere inside the bounds: a second start must find the weak one."""
    model = two_peak_model()
    rng = np.random.default_rng(0)
    place = model.lower + rng.uniform(0.1, 0.9, (2000, 2, 2)) * (model.upper - model.lower)
    height = np.exp(rng.uniform(np.log(30), np.log(1e4), (2000, 2)))
    counts = np.full((2000, model.shift_cm1.size), 100.0)
    for p in range(2):
        counts += height[:, p, None] * lorentzian(model.shift_cm1, place[:, p, :1], place[:, p, 1:])
    result = varpro.fit(model, counts)
    assert (result.status == Status.CONVERGED).all()
    np.testing.assert_allclose(result.center_cm1, place[..., 0], atol=0.01)
