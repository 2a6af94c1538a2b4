"""The smooth part of a baseline against dense Gaussian-process algebra by numpy and scipy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.errors import RecipeError
from ramanfit.fit.engine import baseline_only, reference, varpro
from ramanfit.fit.model import Link, Model, polynomial_basis
from ramanfit.fit.result import FitResult
from ramanfit.fit.smooth import smooth_functions
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray
from tests.gaussian_process import BACKGROUNDS, Dense, kernel, ratio_of, spectra
from tests.spectra import two_peak_model

LENGTH = 300.0
MODEL = two_peak_model(180).with_smooth(LENGTH)
X = MODEL.shift_cm1
AMPLITUDES = (0.3, 3.0)


def penalty_of(scale: FloatArray, amplitude: float) -> FloatArray:
    """Inverse variances of the smooth coefficients of spectra [N]."""
    return np.asarray(1 / ((amplitude * scale[:, None]) ** 2 * MODEL.smooth))


def truncated(model: Model = MODEL) -> FloatArray:
    """The kernel as the model has it."""
    functions = model.basis[len(model.polynomials) :]
    return np.asarray(functions.T @ (model.smooth[:, None] * functions))


@given(st.integers(-1, 3), st.floats(80, 700), st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=15)
def test_functions_are_the_leading_eigenvectors_of_the_projected_kernel(
    order: int, length: float, seed: int, even: bool
) -> None:
    rng = np.random.default_rng(seed)
    shift = np.linspace(900, 1900, 150) if even else np.sort(rng.uniform(900, 1900, 150)) + np.arange(150) * 1e-3
    p = polynomial_basis(shift, order)
    functions, variances = smooth_functions(shift, p, length)
    assert len(functions) == (12 if length >= (shift[-1] - shift[0]) / 4 else 20)
    np.testing.assert_allclose(functions @ functions.T, np.eye(len(functions)), atol=1e-10)
    np.testing.assert_allclose(functions @ p.T, 0, atol=1e-10)
    away = np.eye(150) - p.T @ p
    projected = away @ kernel(shift, length) @ away
    eigenvalues = np.linalg.eigvalsh(projected)[::-1]
    np.testing.assert_allclose(variances, eigenvalues[: len(variances)], rtol=1e-6, atol=1e-9 * eigenvalues[0])
    for function, value in zip(functions, variances, strict=True):
        np.testing.assert_allclose(projected @ function, value * function, atol=2e-7 * eigenvalues[0])


@pytest.mark.parametrize("channels", [4, 8, 14, 40])
def test_few_channels_have_few_functions(channels: int) -> None:
    shift = np.linspace(900, 1900, channels)
    functions, variances = smooth_functions(shift, polynomial_basis(shift, 2), LENGTH)
    assert len(functions) == len(variances) == min(12, channels - 4)


def fitted(name: str, amplitude: float, n: int = 2) -> tuple[FloatArray, FloatArray, FloatArray, FitResult]:
    counts, variance = spectra(name, X, 100.0, n, seed=len(name))
    penalty = penalty_of(counts.std(axis=1), amplitude)
    start = np.tile(MODEL.home, (n, 1, 1))
    # to more digits than usual: 1e-9 of chi-square is 4e-4 of an error
    result = varpro.fit(MODEL, counts, 1 / variance, start, tolerance=1e-12, penalty=penalty)
    return counts, variance, penalty, result


@pytest.mark.parametrize("amplitude", AMPLITUDES)
@pytest.mark.parametrize("name", BACKGROUNDS)
def test_ratio_error_and_chi_square_are_those_of_a_gaussian_process(name: str, amplitude: float) -> None:
    counts, variance, _, result = fitted(name, amplitude)
    for i in range(len(counts)):
        ratio, se = ratio_of(result.height[i].repeat(3), result.covariance[i])
        for smooth, close in ((truncated(), 1e-4), (kernel(X, LENGTH), 0.1)):
            size = amplitude * counts[i].std()
            dense = Dense(MODEL, counts[i], np.diag(variance[i]) + size**2 * smooth)
            chi2, v, covariance = dense.fit(result.nonlinear[i, :, :2])
            ratio_dense, se_dense = ratio_of(v, covariance)
            assert abs(ratio - ratio_dense) < close * se
            assert se == pytest.approx(se_dense, rel=close)
            assert result.chi2[i] == pytest.approx(chi2, rel=close)
    assert (result.dof == X.size - 9).all()


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_all_errors_hold_the_freedom_of_the_baseline(name: str) -> None:
    """Their size is that of the dense covariance, and twice and more that of a fit with the parabola alone."""
    counts, variance, _, result = fitted(name, 3.0)
    plain = varpro.fit(MODEL.plain, counts, 1 / variance, result.nonlinear)
    for i in range(len(counts)):
        size = 3.0 * counts[i].std()
        dense = Dense(MODEL, counts[i], np.diag(variance[i]) + size**2 * truncated())
        _, _, covariance = dense.fit(result.nonlinear[i, :, :2])
        np.testing.assert_allclose(np.diag(result.covariance[i]), np.diag(covariance)[:6], rtol=1e-3)
    unscaled = (result.covariance / (result.chi2 / result.dof)[:, None, None])[:, 0, 0]
    assert (unscaled > 1.5 * (plain.covariance / (plain.chi2 / plain.dof)[:, None, None])[:, 0, 0]).all()


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_lmfit_agrees(name: str) -> None:
    counts, variance, penalty, result = fitted(name, 1.0)
    other = reference.fit(MODEL, counts, 1 / variance, result.nonlinear, penalty=penalty)
    np.testing.assert_allclose(other.chi2, result.chi2, rtol=1e-7)
    np.testing.assert_array_equal(other.dof, result.dof)
    for value, se in result.standard_errors().items():
        assert (np.abs(getattr(other, value) - getattr(result, value)) / se).max() < 0.01
        np.testing.assert_allclose(other.standard_errors()[value], se, rtol=2e-3)
    np.testing.assert_allclose(MODEL.evaluate(other), MODEL.evaluate(result), rtol=1e-5)


def test_a_model_with_links_has_the_same_smooth_part() -> None:
    """The general engine on what the fast one fits."""
    counts, variance, penalty, result = fitted("sigmoid", 1.0)
    linked = replace(MODEL, links=(Link(), Link()))
    other = varpro.fit(linked, counts, 1 / variance, result.nonlinear, penalty=penalty)
    np.testing.assert_allclose(other.chi2, result.chi2, rtol=1e-9)
    np.testing.assert_allclose(
        other.covariance, result.covariance, rtol=1e-4, atol=1e-8 * np.abs(result.covariance).max()
    )
    np.testing.assert_array_equal(other.dof, result.dof)


@given(st.floats(-4, 2), st.integers(0, 2**32 - 1))
@settings(max_examples=6)
def test_the_baseline_alone_is_the_mean_of_the_process(amplitude: float, seed: int) -> None:
    """Kriging: ``(a s)^2 K (V + (a s)^2 K)^-1`` of what generalised least squares leave; and its chi-square."""
    rng = np.random.default_rng(seed)
    model = MODEL.of([])
    counts = rng.normal(size=(2, X.size)) + 50 * np.sin(X / rng.uniform(200, 500))
    variance = rng.uniform(0.5, 2, counts.shape)
    size = 10**amplitude
    penalty = np.tile(1 / (size**2 * MODEL.smooth), (2, 1))
    result = baseline_only.fit(model, counts, 1 / variance, penalty=penalty)
    for i in range(2):
        k = size**2 * truncated()
        total = np.diag(variance[i]) + k
        p = MODEL.polynomials
        beta = np.linalg.solve(p @ np.linalg.solve(total, p.T), p @ np.linalg.solve(total, counts[i]))
        rest = counts[i] - beta @ p
        solved = np.linalg.solve(total, rest)
        expected = beta @ p + k @ solved
        np.testing.assert_allclose(model.baseline(result.coefficients)[i], expected, atol=1e-6 * np.abs(counts).max())
        assert result.chi2[i] == pytest.approx(rest @ solved, rel=1e-6)
    assert (result.dof == X.size - 3).all()


def test_a_penalty_without_end_leaves_the_parabola() -> None:
    counts, variance, _, _ = fitted("sigmoid", 1.0)
    start = np.tile(MODEL.home, (2, 1, 1))
    stiff = varpro.fit(MODEL, counts, 1 / variance, start, penalty=penalty_of(counts.std(axis=1), 1e-9))
    plain = varpro.fit(MODEL.plain, counts, 1 / variance, start)
    np.testing.assert_allclose(stiff.height, plain.height, rtol=1e-4)
    np.testing.assert_allclose(stiff.chi2, plain.chi2, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "length"), [("li-graphite", 300.0), ("graphite", 300.0), ("argyrodite", None), ("silicon", None)]
)
def test_the_length_follows_peaks_and_window(name: str, length: float | None) -> None:
    recipe = with_overrides(load_recipe(name), {"baseline.smooth_cm1": "auto"})
    widths = [peak.fwhm_cm1 for peak in recipe.peaks if peak.fwhm_cm1]
    window = recipe.window.high_cm1 - recipe.window.low_cm1
    assert recipe.smooth_cm1 == max(2.5 * max(widths), 0.3 * window)
    assert length is None or recipe.smooth_cm1 == length
    broad = with_overrides(recipe, {f"peaks.{recipe.peaks[0].name}.fwhm_max_cm1": 500.0})
    broad = with_overrides(broad, {f"peaks.{recipe.peaks[0].name}.fwhm_cm1": 400.0})
    assert broad.smooth_cm1 == max(1000.0, 0.3 * window)
    with pytest.raises(RecipeError, match="smooth_cm1"):
        with_overrides(recipe, {"baseline.smooth_cm1": -1.0})
