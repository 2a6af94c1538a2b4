"""Peaks and baseline on one axis: bases against numpy's polynomials, parameters against lmfit and by rank."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.errors import ScanError
from ramanfit.fit.build import build_model, window_channels
from ramanfit.fit.engine.reference import _parameters
from ramanfit.fit.model import Link, Model, polynomial_basis
from ramanfit.fit.result import Status
from ramanfit.recipe.toml import load_recipe, shipped_names, with_overrides
from ramanfit.scan.scan import FloatArray
from tests.spectra import two_peak_model

RECIPES = sorted(shipped_names())


def model_of(name: str) -> Model:
    recipe = load_recipe(name)
    channels = np.arange(recipe.window.low_cm1, recipe.window.high_cm1, 1.7)
    return build_model(channels[window_channels(channels, recipe)], recipe)


@given(st.integers(0, 5), st.integers(12, 300), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_the_basis_spans_the_polynomials_and_is_orthonormal(order: int, channels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shift = np.cumsum(rng.uniform(0.5, 3, channels)) + rng.uniform(-100, 3000)
    basis = polynomial_basis(shift, order)
    np.testing.assert_allclose(basis @ basis.T, np.eye(order + 1), atol=1e-10)
    for k in range(order + 1):  # of rising order: those up to k hold the powers up to k
        power = np.polynomial.Polynomial.basis(k, domain=[shift[0], shift[-1]])(shift)
        inside = basis[: k + 1].T @ (basis[: k + 1] @ power)
        np.testing.assert_allclose(inside, power, atol=1e-8 * np.abs(power).max())
        assert basis[k] @ power > 0


def test_no_baseline_has_no_functions() -> None:
    assert polynomial_basis(np.arange(9.0), -1).shape == (0, 9)


def curve(model: Model, moved: dict[tuple[int, str], float]) -> FloatArray:
    """The curve at home with heights of 100, where some parameters of some peaks are elsewhere by so much."""
    values, height = model.home.copy(), np.full(len(model.names), 100.0)
    for p in range(len(model.names)):
        link = model.link(p)
        for field, kind in enumerate("cws"):
            values[p, field] += moved.get((p, kind), 0.0)
        height[p] += moved.get((p, "h"), 0.0)
        if link.center_of is not None and not model.rigid(p):
            values[p, 0] += moved.get((link.center_of, "c"), 0.0)
        if link.height_of is not None:
            height[p] = link.height_ratio * (100 + moved.get((link.height_of, "h"), 0.0))
    values = model.complete(values[None])[0]
    return np.asarray(height @ np.stack([model.shape(p, *values[p]) for p in range(len(model.names))]))


@pytest.mark.parametrize("name", RECIPES)
def test_parameters_are_those_that_lmfit_varies_and_that_bend_the_curve(name: str) -> None:
    model = model_of(name).plain
    y = 1000 * np.ones(model.shift_cm1.size)
    parameters = _parameters(model, y, np.ones_like(y), model.home).values()
    varied = [parameter.name.replace("d", "c") for parameter in parameters if parameter.vary]
    assert model.parameters == len(varied)
    moved = [(int(name[1:]), name[0]) for name in varied if name[0] != "b"]
    slopes = [curve(model, {which: 1e-3}) - curve(model, {which: -1e-3}) for which in moved]
    tangent = np.stack([*(slope / np.linalg.norm(slope) for slope in slopes), *model.basis])
    assert np.linalg.matrix_rank(tangent, tol=1e-7) == model.parameters


def test_what_is_fixed_is_no_parameter() -> None:
    """A center and a width with equal bounds, beside a peak that follows at a fixed distance."""
    model = two_peak_model()
    lower, upper = model.lower.copy(), model.upper.copy()
    lower[0] = upper[0] = model.start[0]
    fixed = replace(model, lower=lower, upper=upper, links=(Link(), Link()))
    y = np.ones(model.shift_cm1.size)
    varied = sum(p.vary for p in _parameters(fixed, y, y, fixed.home).values())
    assert fixed.parameters == varied == model.parameters - 2
    tied = replace(fixed, links=(Link(center_of=1, fwhm_of=1, height_of=1), Link()))
    assert tied.parameters == model.parameters - 3


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_knows_how_many_parameters_its_model_has(name: str) -> None:
    recipe = load_recipe(name)
    assert sum(peak.free for peak in recipe.peaks) + recipe.baseline.highest + 1 == model_of(name).plain.parameters


@pytest.mark.parametrize("name", RECIPES)
def test_home_is_where_the_recipe_starts(name: str) -> None:
    recipe, model = load_recipe(name), model_of(name)
    np.testing.assert_allclose(model.home[:, 0], recipe.starts_cm1)
    assert np.isfinite(model.home[:, 1]).all()
    for p, peak in enumerate(recipe.peaks):
        assert np.isfinite(model.home[p, 2]) == (peak.form is not None)


def test_a_smooth_part_has_no_free_parameters_and_comes_and_goes() -> None:
    plain = two_peak_model()
    smooth = plain.with_smooth(300.0)
    assert smooth.parameters == plain.parameters == 9
    np.testing.assert_array_equal(smooth.plain.basis, plain.basis)
    assert smooth.plain.smooth_cm1 == 0
    assert plain.plain is plain
    fits = plain.unfitted(2, Status.FAILED)
    fits.coefficients[:] = 1.0
    fits.chi2[:] = [1.0, np.nan]
    wide = smooth.widened(fits)
    assert wide.coefficients.shape == (2, len(smooth.basis))
    assert wide.amplitude is not None
    np.testing.assert_array_equal(wide.amplitude, [0, np.nan])
    np.testing.assert_array_equal(wide.coefficients[0], [*[1] * 3, *[0] * len(smooth.smooth)])


def test_one_more_channel_than_parameters_is_needed() -> None:
    recipe = load_recipe("li-graphite")
    few = np.linspace(900, 1900, 10)
    assert build_model(few, recipe).parameters == 9
    with pytest.raises(ScanError, match=r"expected more than 9 channels .* found 9"):
        build_model(few[1:], recipe)


def test_every_peak_needs_a_channel() -> None:
    recipe = load_recipe("li-graphite")
    with pytest.raises(ScanError, match="peak G lies at"):
        build_model(np.linspace(900, 1400, 300), recipe)


@given(st.lists(st.floats(901, 2000), min_size=2, max_size=2, unique=True).map(sorted))
def test_the_window_holds_its_ends_and_leaves_out_what_is_excluded(exclude: list[float]) -> None:
    recipe = with_overrides(load_recipe("li-graphite"), {"window.exclude": [exclude]})
    shift = np.unique([*np.arange(850.0, 1950, 10), *exclude])
    used = window_channels(shift, recipe)
    expected = [900 <= x <= 1900 and not exclude[0] <= x <= exclude[1] for x in shift]
    assert used.tolist() == expected


def test_peaks_are_left_out_with_those_that_follow_them() -> None:
    model = model_of("li-graphite-doublet")
    for p in range(len(model.names)):
        rest = model.rest(p)
        assert p not in rest
        less = model.of(rest)
        assert less.names == tuple(model.names[k] for k in rest)
        for k in range(len(rest)):
            for leader, former in zip(less.link(k).leaders, model.link(rest[k]).leaders, strict=True):
                assert (leader is None) == (former is None)
                assert leader is None or less.names[leader] == model.names[former]
        np.testing.assert_allclose(less.home, model.home[rest])


def test_curves_are_sums_of_their_parts() -> None:
    model = two_peak_model()
    fits = model.unfitted(2, Status.CONVERGED)
    rng = np.random.default_rng(0)
    fits.height[:], fits.coefficients[:] = rng.normal(size=(2, 2)), rng.normal(size=(2, 3))
    fits.center_cm1[:], fits.fwhm_cm1[:] = [1340, 1590], [120, 30]
    expected = fits.coefficients @ model.basis
    for p in range(2):
        u = (model.shift_cm1 - fits.center_cm1[:, p, None]) / (fits.fwhm_cm1[:, p, None] / 2)
        expected = expected + fits.height[:, p, None] / (1 + u**2)
    np.testing.assert_allclose(model.evaluate(fits), expected, rtol=1e-12)


def test_a_doubled_peak_stands_twice() -> None:
    model = two_peak_model()
    two = model.doubled(1)
    assert two.names == ("B", "G", "G2")
    assert two.parameters == model.parameters + 3
    np.testing.assert_array_equal(two.lower[2], model.lower[1])
    np.testing.assert_array_equal(two.home[2], two.home[1])
