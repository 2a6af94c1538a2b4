"""The noise that residuals show: against what made it, scipy's minimiser and the Cramér-Rao bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.noise import estimate_noise, is_even, variance, weights_of
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.parts import NOISE_MODELS
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import FloatArray, Scan

SHIFT = np.linspace(900.0, 1900.0, 420)
CURVE = 300 + 200 * np.exp(-(((SHIFT - 1400) / 200) ** 2))


def made(n: int, level: float, gain: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Residuals with a variance of ``level + gain (curve - mean)``, and their curves."""
    curve = np.tile(CURVE, (n, 1))
    sd = np.sqrt(level + gain * (curve - CURVE.mean()))
    return sd * np.random.default_rng(seed).normal(size=curve.shape), curve


@pytest.mark.parametrize("gain", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e4])
def test_the_noise_of_counts_is_found_in_any_unit(gain: float, size: float) -> None:
    residual, curve = made(400, 300.0, gain, seed=1)
    noise = estimate_noise("counting", size * residual, size * curve)
    assert np.mean(noise[:, 0]) == pytest.approx(300 * size**2, rel=0.02)
    np.testing.assert_allclose(noise[:, 1], size * CURVE.mean(), rtol=1e-3)
    np.testing.assert_array_equal(noise[:, 2], noise[0, 2])
    assert noise[0, 2] == pytest.approx(gain * size, abs=0.05 * size)
    found = variance(noise, size * curve).mean(axis=0)
    np.testing.assert_allclose(found, size**2 * (300 + gain * (CURVE - CURVE.mean())), rtol=0.04)


def test_white_noise_has_one_variance() -> None:
    residual, curve = made(400, 300.0, 0.0, seed=2)
    noise = estimate_noise("white", residual, curve)
    assert (noise[:, 2] == 0).all()
    np.testing.assert_allclose(variance(noise, curve), np.repeat(noise[:, :1], 420, axis=1))
    assert np.mean(noise[:, 0]) == pytest.approx(300, rel=0.01)


@pytest.mark.parametrize("model", NOISE_MODELS)
def test_every_model_that_a_recipe_can_ask_for_is_known(model: str) -> None:
    residual, curve = made(400, 300.0, 1.0, seed=3)
    gain = estimate_noise(model, residual, curve)[0, 2]
    assert gain == pytest.approx(0.0 if is_even(model) else 1.0, abs=0.1)


def test_a_model_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^no noise model 'shot': expected counting or white$"):
        estimate_noise("shot", *made(2, 300.0, 1.0, seed=3))


def test_it_is_the_likeliest_noise_of_second_differences() -> None:
    """Fisher scoring ends where scipy finds the least of ``log v + d^2 / v``."""
    residual, curve = made(30, 200.0, 0.5, seed=0)
    d2 = np.diff(residual, 2, axis=1) ** 2 / 6
    signal = curve[:, 1:-1] - curve[:, 1:-1].mean(axis=1, keepdims=True)

    def unlikely(parameters: FloatArray) -> float:
        v = np.maximum(parameters[:-1, None] + parameters[-1] * signal, 1e-3)
        return float((np.log(v) + d2 / v).sum())

    noise = estimate_noise("counting", residual, curve)
    best = minimize(unlikely, [*[200.0] * 30, 0.5], method="BFGS", options={"gtol": 1e-4, "maxiter": 500}).x
    np.testing.assert_allclose(noise[:, 0], best[:-1], rtol=3e-3)
    assert noise[0, 2] == pytest.approx(best[-1], rel=5e-3)


def test_level_and_gain_are_known_nearly_as_well_as_can_be() -> None:
    """Second differences keep half of what residuals know: sqrt(1.94) times the bound, and no bias."""
    n, level, gain = 6, 200.0, 0.5
    signal = CURVE - CURVE.mean()
    unit = 1 / (2 * (level + gain * signal) ** 2)
    information = np.diag([*[unit.sum()] * n, n * (signal**2 * unit).sum()])
    information[:n, n] = information[n, :n] = (signal * unit).sum()
    bound = np.sqrt(np.diag(np.linalg.inv(information)))
    found = np.array([estimate_noise("counting", *made(n, level, gain, seed))[0, [0, 2]] for seed in range(300)])
    assert np.abs(found.mean(axis=0) - [level, gain]).max() < 3
    assert 1.2 < found[:, 0].std() / bound[0] < 1.6
    assert 1.2 < found[:, 1].std() / bound[n] < 1.6


def test_a_slow_misfit_and_cosmic_rays_are_no_noise() -> None:
    residual, curve = made(50, 200.0, 0.5, seed=3)
    clean = estimate_noise("counting", residual, curve)
    slow = estimate_noise("counting", residual + 500 * np.sin((SHIFT - 900) / 150), curve)
    np.testing.assert_allclose(slow[:, 0], clean[:, 0], rtol=0.02)
    hit = residual.copy()
    hit[np.arange(50), np.random.default_rng(1).integers(5, 415, 50)] += 3000.0
    spiked = estimate_noise("counting", hit, curve)
    assert np.median(spiked[:, 0] / clean[:, 0]) < 1.25
    assert spiked[:, 0].max() < 2 * clean[:, 0].max()


def test_noise_that_falls_with_the_signal_has_no_gain() -> None:
    residual, curve = made(40, 300.0, -1.0, seed=4)
    noise = estimate_noise("counting", residual, curve)
    assert (noise[:, 2] == 0).all()
    np.testing.assert_array_equal(noise, estimate_noise("white", residual, curve))


def test_every_file_has_its_own_gain() -> None:
    parts = [made(60, 300.0, gain, seed=gain) for gain in (1, 2, 0)]
    residual, curve = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    together = estimate_noise("counting", residual, curve, starts=[0, 60, 120])
    for k, part in enumerate(parts):
        np.testing.assert_array_equal(together[60 * k : 60 * k + 60], estimate_noise("counting", *part))
    np.testing.assert_allclose(together[::60, 2], [1, 2, 0], atol=0.12)


def test_what_is_masked_does_not_count() -> None:
    residual, curve = made(20, 300.0, 1.0, seed=5)
    use = np.ones(residual.shape, dtype=bool)
    use[:, 100:140] = False
    found = [
        estimate_noise("counting", np.where(use, residual, junk), curve, use)[:, [0, 2]] for junk in (0.0, 1.0, 1e6)
    ]
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)
    np.testing.assert_allclose(found[2][:, 0], found[0][:, 0], rtol=0.05)  # only the first level sees a lot of junk


def test_no_noise_is_no_noise() -> None:
    curve = np.tile(CURVE, (3, 1))
    noise = estimate_noise("counting", np.zeros_like(curve), curve)
    assert (noise[:, [0, 2]] == 0).all()
    weights, unit = weights_of(noise, curve, None)
    assert (weights == 1).all()
    assert (unit == 0).all()
    rounding = estimate_noise("counting", 1e-13 * curve * np.random.default_rng(0).normal(size=curve.shape), curve)
    assert (rounding[:, 0] == 0).all()


@given(
    st.floats(1e-3, 1e6),
    st.floats(0, 1e4),
    st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_no_channel_counts_more_than_twenty_of_the_mean(
    level: float, gain: float, curve: list[float], use: list[bool]
) -> None:
    """Also where a curve dips below what the detector shows in the dark."""
    noise, counts, used = np.array([[level, 100.0, gain]]), np.array([curve]), np.array([use])
    expected = np.maximum(level + gain * (counts - 100.0), level / 20)
    np.testing.assert_allclose(variance(noise, counts), expected, rtol=1e-12)
    weights, unit = weights_of(noise, counts, used)
    np.testing.assert_allclose(weights, used / expected, rtol=1e-12)
    assert weights.max() <= 20.001 / level
    assert unit[0] == 1


def test_errors_are_right_where_there_is_nothing_but_photons() -> None:
    """Without background and read noise the dark channels show no variance at all: they must not outweigh the rest."""
    signal = 400 * lorentzian(SHIFT, 1592, 20) + 200 * lorentzian(SHIFT, 1345, 80)
    counts = np.random.default_rng(1).poisson(signal, (600, 420)).astype(float)
    ratio = fit_scan(Scan(SHIFT, counts, "series"), load_recipe("li-graphite")).quantities.ratios["ratio"]
    z = (ratio.value - 0.5) / ratio.se
    assert 0.9 < np.mean(np.abs(z) < 1.96) <= 0.975
    assert 0.9 < z.std() < 1.15
