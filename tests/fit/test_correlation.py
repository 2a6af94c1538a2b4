"""Correlated channels: recognised, and measured, against numpy's convolutions and their exact autocorrelation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import savgol_coeffs, savgol_filter

from ramanfit.fit.correlation import correlation
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from tests.benchmark.made import SHIFT, scan_of

PLAIN = with_overrides(load_recipe("li-graphite"), {"baseline.smooth_cm1": "none"})


def noise(n: int, seed: int, m: int = 420) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(n, m))


def in_own_unit(e: FloatArray) -> FloatArray:
    """In the standard deviation that second differences show."""
    d = np.diff(e, 2, axis=1)
    return np.asarray(e / np.sqrt((d * d).mean() / 6))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(60, 600))
def test_independent_channels_are_left_alone(seed: int, n: int, m: int) -> None:
    np.testing.assert_array_equal(correlation(noise(n, seed, m)), np.tile([1.0, 0.0, 1.0], (n, 1)))


@pytest.mark.parametrize(
    "kernel", [[0.25, 0.5, 0.25], [0.55, 1.0], savgol_coeffs(11, 3).tolist(), savgol_coeffs(5, 2).tolist()]
)
def test_the_stretch_is_that_of_the_exact_autocorrelation(kernel: list[float]) -> None:
    exact = np.correlate(kernel, kernel, "full")
    exact /= exact.max()
    e = np.stack([np.convolve(row, kernel, "same") for row in noise(50, seed=1)])
    d = np.convolve(kernel, [1, -2, 1])
    found = correlation(in_own_unit(e))[0]
    assert found[0] == pytest.approx(exact.sum(), rel=0.12)
    assert found[1] == pytest.approx(exact[exact.size // 2 + 1], abs=0.03)
    assert found[2] == pytest.approx(6 * np.dot(kernel, kernel) / np.dot(d, d), rel=0.08)


def test_misfit_and_cosmic_rays_are_no_correlation() -> None:
    t = np.linspace(0, 1, 420)
    e = noise(6, seed=2) + 3 * np.sin(7 * t) + 2 * np.exp(-(((t - 0.5) / 0.05) ** 2))
    e[:, 200:202] += 50.0
    np.testing.assert_allclose(correlation(e)[:, 0], 1.0, atol=0.1)


def test_files_are_told_apart() -> None:
    smooth = in_own_unit(savgol_filter(noise(5, seed=3), 5, 2, axis=1))
    both = correlation(np.concatenate([noise(5, seed=4), smooth]), starts=[0, 5])
    assert (both[:5, 0] == 1).all()
    assert (both[5:, 0] > 1.5).all()


@pytest.mark.parametrize("way", ["savgol", "resampled"])
@pytest.mark.parametrize("recipe", [PLAIN, load_recipe("li-graphite")])
def test_errors_are_right_and_nothing_is_masked(way: str, recipe: object) -> None:
    z, hit, said = [], [], []
    for seed in range(40):
        scan, truth = scan_of("quadratic", 20.0, 6, seed)
        counts, shift = np.asarray(scan.counts), SHIFT
        if way == "savgol":
            counts = savgol_filter(counts, 11, 3, axis=1)
        else:
            shift = np.linspace(900, 1900, 4 * 420 - 3)
            counts = np.array([np.interp(shift, SHIFT, row) for row in counts])
        fitted = fit_scan(Scan(shift, counts, "line"), recipe)  # type: ignore[arg-type]
        ratio = fitted.quantities.ratios["ratio"]
        z.append((ratio.value - truth[:, 0]) / ratio.se)
        hit.append(0.0 if fitted.prepared.spikes is None else fitted.prepared.spikes.any(axis=1).mean())
        said.append(np.mean(["correlated_noise" in words for words in fitted.quantities.flags]))
    assert 0.85 < np.nanstd(z) < 1.2
    assert np.mean(hit) < 0.03
    assert np.mean(said) == 1
