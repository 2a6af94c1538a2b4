"""Other shapes, ties and fixed parameters in the batched engine: against lmfit and analytic truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit.engine import problem, reference, varpro
from ramanfit.fit.model import Link, Model, polynomial_basis
from ramanfit.fit.result import FitResult, Status
from ramanfit.scan.scan import FloatArray

SHIFT = np.linspace(900.0, 1900.0, 420)
NARROW = np.array([[1345.0, 120.0], [1590.0, 40.0]])
LOW, HIGH = np.array([[1300.0, 20.0], [1540.0, 10.0]]), np.array([[1400.0, 400.0], [1640.0, 100.0]])


def model(*links: Link, order: int = 1) -> Model:
    return Model(SHIFT, polynomial_basis(SHIFT, order), ("B", "G"), NARROW, LOW.copy(), HIGH.copy(), links)


VOIGT, BWF = Link("pseudo-voigt", (0.5, 0.0, 1.0)), Link("bwf", (-0.2, -0.8, 0.8))
GAUSSIAN, LORENTZIAN = Link("gaussian"), Link()
BROADENED = Link("voigt", instrument_cm1=8.0)
PAIRS = {
    "lorentzians": (LORENTZIAN, LORENTZIAN),
    "gaussians": (GAUSSIAN, GAUSSIAN),
    "lorentzian and gaussian": (LORENTZIAN, GAUSSIAN),
    "pseudo-voigt": (VOIGT, LORENTZIAN),
    "two pseudo-voigt": (VOIGT, VOIGT),
    "bwf": (LORENTZIAN, BWF),
    "voigt": (BROADENED, BROADENED),
    "voigt and pseudo-voigt": (VOIGT, BROADENED),
    "width of a voigt follows": (BROADENED, replace(BROADENED, fwhm_of=0, fwhm_ratio=0.25)),
    "width follows": (LORENTZIAN, replace(LORENTZIAN, fwhm_of=0, fwhm_ratio=0.25)),
    "height follows": (replace(GAUSSIAN, height_of=1, height_ratio=0.7), LORENTZIAN),
}
TIED = {
    "D' follows D": Model(
        SHIFT,
        polynomial_basis(SHIFT, 1),
        ("D", "G", "D'"),
        np.array([[1350.0, 50.0], [1590.0, 30.0], [270.0, np.nan]]),
        np.array([[1320.0, 20.0], [1560.0, 10.0], [270.0, np.nan]]),
        np.array([[1380.0, 100.0], [1610.0, 80.0], [270.0, np.nan]]),
        (Link(), Link(), Link(center_of=0, fwhm_of=0, fwhm_ratio=0.25, height_of=0, height_ratio=0.25)),
    ),
    "ordered": Model(
        SHIFT,
        polynomial_basis(SHIFT, 1),
        ("G1", "G2", "D"),
        np.array([[1575.0, 25.0], [26.0, 25.0], [1350.0, 80.0]]),
        np.array([[1540.0, 10.0], [10.0, 10.0], [1300.0, 20.0]]),
        np.array([[1620.0, 60.0], [60.0, 60.0], [1400.0, 200.0]]),
        (Link(), Link(center_of=0), Link()),
    ),
    "fixed": Model(
        SHIFT,
        polynomial_basis(SHIFT, 1),
        ("B", "G"),
        NARROW,
        np.array([[1345.0, 20.0], [1540.0, 40.0]]),
        np.array([[1345.0, 400.0], [1640.0, 40.0]]),
        (Link(), Link()),
    ),
}
MODELS = {name: model(*links) for name, links in PAIRS.items()} | TIED
for _name in ("width follows", "width of a voigt follows"):
    MODELS[_name].lower[1, 1] = MODELS[_name].upper[1, 1] = np.nan  # as a recipe leaves it


def truth(m: Model, seed: int, n: int) -> FitResult:
    """Random places inside the bounds, with all ties."""
    rng = np.random.default_rng(seed)
    p, q = len(m.names), len(m.basis)
    result = m.unfitted(n, Status.CONVERGED)
    part = rng.uniform(0.3, 0.7, (n, p, 2))
    place = m.lower + part * (m.upper - m.lower)
    result.coefficients[:] = rng.normal(0, 100, (n, q)) + 500
    heights = rng.uniform(100, 300, (n, p))
    for i, link in enumerate(m.links):
        if link.form is not None:
            result.form[:, i] = rng.uniform(0.2, 0.8, n) if link.shape == "pseudo-voigt" else rng.uniform(-0.4, 0.4, n)
        if link.center_of is not None:
            place[:, i, 0] += place[:, link.center_of, 0]
        if link.fwhm_of is not None:
            place[:, i, 1] = link.fwhm_ratio * place[:, link.fwhm_of, 1]
        if link.height_of is not None:
            heights[:, i] = link.height_ratio * heights[:, link.height_of]
    result.center_cm1[:], result.fwhm_cm1[:], result.height[:] = place[..., 0], place[..., 1], heights
    return result


def spectra(m: Model, seed: int, n: int, sd: float) -> tuple[FloatArray, FitResult]:
    true = truth(m, seed, n)
    return m.evaluate(true) + np.random.default_rng(seed + 1).normal(0, sd, (n, len(m.shift_cm1))), true


VALUES = ("height", "center_cm1", "fwhm_cm1", "form")


@pytest.mark.parametrize("name", MODELS)
def test_without_noise_the_truth_comes_back(name: str) -> None:
    m = MODELS[name]
    counts, true = spectra(m, 1, 60, 0.0)
    result = varpro.fit(m, counts)
    good = result.chi2 < 1e-6 * (counts**2).sum(axis=1) / counts.shape[1]
    assert good.mean() >= 0.95  # the rest ended in a side minimum
    for what in VALUES:
        found, wanted = getattr(result, what)[good], getattr(true, what)[good]
        np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-3, err_msg=what)


@pytest.mark.parametrize("name", MODELS)
def test_it_agrees_with_lmfit(name: str) -> None:
    """The same minimum, or a lower one; at the same minimum the same standard errors."""
    m = MODELS[name]
    counts, _ = spectra(m, 2, 24, 4.0)
    weights = 1 / np.random.default_rng(4).uniform(0.5, 2, counts.shape)
    mine, other = varpro.fit(m, counts, weights), reference.fit(m, counts, weights)
    assert (mine.chi2 < other.chi2 * (1 + 1e-6)).all()
    same = (mine.chi2 > other.chi2 * (1 - 1e-6)) & ~mine.at_bound.any(axis=(1, 2))
    assert same.sum() >= 18
    np.testing.assert_array_equal(mine.dof[same], other.dof[same])
    se, se_other = mine.standard_errors(), other.standard_errors()
    for what in se:
        fixed = np.isnan(se[what])
        np.testing.assert_array_equal(fixed[same], np.isnan(se_other[what])[same], err_msg=what)
        with np.errstate(invalid="ignore"):
            apart = np.abs(getattr(mine, what) - getattr(other, what)) / se[what]
        assert np.nanmax(apart[same], initial=0.0) < 0.02, what
        rows = same[:, None] & ~fixed
        np.testing.assert_allclose(se[what][rows], se_other[what][rows], rtol=5e-3, err_msg=what)


def test_free_lorentzians_are_the_same_either_way() -> None:
    m = MODELS["lorentzians"]
    counts, _ = spectra(m, 3, 40, 4.0)
    general, own = varpro.fit(m, counts), varpro.fit(replace(m, links=()), counts)
    np.testing.assert_allclose(general.chi2, own.chi2, rtol=1e-8)
    for what, se in own.standard_errors().items():
        assert (np.abs(getattr(general, what) - getattr(own, what)) / se).max() < 1e-3
        np.testing.assert_allclose(general.standard_errors()[what], se, rtol=1e-4)
    np.testing.assert_allclose(general.covariance, own.covariance, rtol=1e-2, atol=1e-6)


def test_ties_hold_and_carry_their_errors() -> None:
    m = MODELS["D' follows D"]
    counts, _ = spectra(m, 5, 30, 3.0)
    result = varpro.fit(m, counts)
    se = result.standard_errors()
    np.testing.assert_allclose(result.center_cm1[:, 2], result.center_cm1[:, 0] + 270)
    np.testing.assert_allclose(result.fwhm_cm1[:, 2], result.fwhm_cm1[:, 0] / 4)
    np.testing.assert_allclose(result.height[:, 2], result.height[:, 0] / 4)
    for what, factor in (("center_cm1", 1.0), ("fwhm_cm1", 0.25), ("height", 0.25)):
        np.testing.assert_allclose(se[what][:, 2], factor * se[what][:, 0])
    assert m.parameters == 6 + 2


def test_a_fixed_value_has_no_error_and_is_no_bound_that_was_hit() -> None:
    m = MODELS["fixed"]
    counts, _ = spectra(m, 6, 10, 3.0)
    result = varpro.fit(m, counts)
    np.testing.assert_array_equal(result.center_cm1[:, 0], 1345)
    np.testing.assert_array_equal(result.fwhm_cm1[:, 1], 40)
    assert not result.at_bound.any()
    se = result.standard_errors()
    assert np.isnan(se["center_cm1"][:, 0]).all()
    assert np.isfinite(se["center_cm1"][:, 1]).all()


def test_standard_errors_are_the_scatter() -> None:
    m = MODELS["pseudo-voigt"]
    true = truth(m, 7, 1)
    true.form[0, 0] = 0.5
    curve = m.evaluate(true)
    counts = curve + np.random.default_rng(8).normal(0, 2.0, (1500, curve.shape[1]))
    result = varpro.fit(m, counts)
    for what, se in result.standard_errors().items():
        z = (getattr(result, what) - getattr(true, what)) / se
        for p in range(2):
            known = z[np.isfinite(z[:, p]), p]
            if what != "form" or p == 0:
                assert 0.9 < np.std(known) < 1.1, (what, p)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(sorted(MODELS)), st.integers(0, 2**31))
def test_a_spectrum_does_not_feel_its_batch(name: str, seed: int) -> None:
    m = MODELS[name]
    counts, _ = spectra(m, 9, 30, 20.0)
    rows = np.random.default_rng(seed).permutation(30)[: 1 + seed % 30]
    whole, part = varpro.fit(m, counts).take(rows), varpro.fit(m, counts[rows])
    for what in (*VALUES, "coefficients", "covariance", "chi2", "status"):
        np.testing.assert_array_equal(getattr(whole, what), getattr(part, what), err_msg=what)


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    m = MODELS["two pseudo-voigt"]
    counts, _ = spectra(m, 10, 50, 20.0)
    whole = varpro.fit(m, counts)
    monkeypatch.setattr(varpro, "CHUNK", 7)
    monkeypatch.setattr(problem, "BLOCK", 3)
    parts = varpro.fit(m, counts)
    for what in (*VALUES, "covariance", "chi2"):
        np.testing.assert_array_equal(getattr(whole, what), getattr(parts, what), err_msg=what)


def test_without_a_baseline() -> None:
    m = replace(MODELS["D' follows D"], basis=np.empty((0, SHIFT.size)))
    counts, true = spectra(m, 11, 20, 1.0)
    result = varpro.fit(m, counts)
    assert (result.status == Status.CONVERGED).all()
    z = (result.center_cm1 - true.center_cm1) / result.standard_errors()["center_cm1"]
    assert np.abs(z).max() < 5
    plain = replace(model(), basis=np.empty((0, SHIFT.size)))
    counts, true = spectra(plain, 12, 20, 1.0)
    z = (varpro.fit(plain, counts).height - true.height) / varpro.fit(plain, counts).standard_errors()["height"]
    assert np.abs(z).max() < 5


@pytest.mark.parametrize("bounds", [(-np.inf, 100.0), (100.0, np.inf), (99.0, 101.0)])
def test_a_height_that_a_bound_holds(bounds: tuple[float, float]) -> None:
    """The least chi-square under the bound is lmfit's; the others' errors are those of a height that is known."""
    bounded, free = model(Link(height_bounds=bounds), Link()), model(Link(), Link())
    true = truth(free, 13, 12)
    true.height[:, 0] = np.linspace(95, 105, 12)
    counts = free.evaluate(true) + np.random.default_rng(1).normal(0, 2, (12, SHIFT.size))
    mine, other, loose = varpro.fit(bounded, counts), reference.fit(bounded, counts), varpro.fit(free, counts)
    held = mine.at_bound[:, 0, 3]
    low, high = bounds
    np.testing.assert_array_equal(held, (loose.height[:, 0] < low) | (loose.height[:, 0] > high))
    assert 4 <= held.sum() <= 11
    np.testing.assert_array_equal(mine.height[held, 0], np.clip(loose.height[held, 0], low, high))
    assert (mine.chi2 < other.chi2 * (1 + 1e-6)).all()
    assert (mine.chi2 > other.chi2 * (1 - 1e-4)).mean() >= 0.7
    se = mine.standard_errors()
    np.testing.assert_array_equal(np.isnan(se["height"][:, 0]), held)
    given = loose.covariance - loose.covariance[:, :, :1] * loose.covariance[:, :1] / loose.covariance[:, :1, :1]
    scale = (mine.chi2 / mine.dof) / (loose.chi2 / loose.dof)
    expected = np.sqrt(np.einsum("nii->ni", given)[:, 1:] * scale[:, None])[held]
    found = np.sqrt(np.einsum("nii->ni", mine.covariance))[held, 1:]
    np.testing.assert_allclose(found, expected, rtol=0.15)  # at a place that is not quite the same
    np.testing.assert_array_equal(mine.dof - loose.dof, held)
