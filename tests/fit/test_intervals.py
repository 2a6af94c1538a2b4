"""Bootstrap and profile likelihood: against lmfit, against the covariance where it must hold, and by coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from ramanfit.fit.engine import reference, varpro
from ramanfit.fit.intervals import bootstrap, profile
from ramanfit.fit.model import Link
from ramanfit.fit.result import FitResult
from ramanfit.scan.scan import FloatArray
from tests.spectra import random_spectra, two_peak_model

PAIRS = [(0, 1)]


def line_spectra(n: int, noise: float, seed: int) -> tuple[FloatArray, FitResult]:
    """B of 40 over G of 60 counts, ratio 2/3, on a flat background."""
    model = two_peak_model()
    counts = 40 * model.shape(0, *(np.array([[v]]) for v in (1345.0, 120.0, np.nan)))
    counts = counts + 60 * model.shape(1, *(np.array([[v]]) for v in (1590.0, 30.0, np.nan))) + 200
    counts = counts + noise * np.random.default_rng(seed).normal(size=(n, counts.shape[1]))
    return counts, varpro.fit(model, counts)


def test_a_profile_ends_where_lmfit_says() -> None:
    model = two_peak_model()
    counts, fits = line_spectra(2, 15.0, 3)
    ends = profile(model, counts, None, fits, PAIRS)[:, 0]

    def rise(ratio: float, row: int) -> float:
        tied = replace(model, links=(Link(height_of=1, height_ratio=ratio), Link()))
        chi2 = reference.fit(tied, counts[[row]], None, fits.nonlinear[[row]]).chi2[0]
        return float((chi2 / fits.chi2[row] - 1) * fits.dof[row] - 3.841459)

    for row in range(2):
        best = fits.height[row, 0] / fits.height[row, 1]
        assert ends[row, 0] == pytest.approx(brentq(rise, best * 0.3, best, (row,), xtol=1e-4), rel=3e-3)
        assert ends[row, 1] == pytest.approx(brentq(rise, best, best * 3, (row,), xtol=1e-4), rel=3e-3)


@pytest.mark.parametrize("noise", [2.0, 10.0])
def test_intervals_hold_the_truth_in_95_of_100(noise: float) -> None:
    counts, fits = line_spectra(600, noise, 5)
    low, high = profile(two_peak_model(), counts, None, fits, PAIRS)[:, 0].T
    assert np.isfinite(low).mean() > 0.995
    assert 0.925 < ((low <= 2 / 3) & (high >= 2 / 3)).mean() < 0.975  # 2.8 standard deviations of a binomial


def test_a_bootstrap_gives_the_errors_of_the_covariance_where_these_are_right() -> None:
    model, counts, _ = random_spectra(24, 7)
    fits = varpro.fit(model, counts)
    strong = (fits.height / fits.standard_errors()["height"] > 20).all(axis=1) & ~fits.at_bound.any(axis=(1, 2))
    counts, fits = counts[strong], fits.take(strong)
    covariance, ends = bootstrap(model, counts, None, fits, PAIRS, 300)
    spread = np.sqrt(np.einsum("nii->ni", covariance) / np.einsum("nii->ni", fits.covariance))
    assert len(fits) > 8
    assert 0.95 < np.median(spread) < 1.05
    assert spread.min() > 0.75
    assert spread.max() < 1.3
    se = (ends[:, 0, 1] - ends[:, 0, 0]) / (2 * 1.96)
    value = fits.height[:, 0] / fits.height[:, 1]
    slope = np.zeros((len(fits), 6))
    slope[:, 0], slope[:, 3] = value / fits.height[:, 0], -value / fits.height[:, 1]
    wanted = np.sqrt(np.einsum("ni,nij,nj->n", slope, fits.covariance, slope))
    assert 0.93 < np.median(se / wanted) < 1.07


def test_a_bootstrap_of_few_channels_makes_up_for_what_the_fit_took() -> None:
    """30 channels and 9 parameters: residuals alone would give variances of seven tenths."""
    model = two_peak_model(30)
    rng = np.random.default_rng(8)
    counts = 200 + 100 * model.shape(0, *(np.array([[v]]) for v in (1345.0, 250.0, np.nan)))
    counts = counts + 100 * model.shape(1, *(np.array([[v]]) for v in (1590.0, 90.0, np.nan)))
    counts = counts + 0.1 * rng.normal(size=(40, 30))
    fits = varpro.fit(model, counts)
    covariance, _ = bootstrap(model, counts, None, fits, PAIRS, 300)
    spread = np.einsum("nii->ni", covariance) / np.einsum("nii->ni", fits.covariance)
    assert 0.9 < np.nanmedian(spread) < 1.1


def test_what_is_left_out_plays_no_part_and_neighbours_neither() -> None:
    model = two_peak_model()
    counts, _ = line_spectra(6, 4.0, 11)
    weights = np.ones(counts.shape)
    weights[:, 100:104] = 0
    spoilt = np.where(weights > 0, counts, 1e9)
    fits = varpro.fit(model, counts, weights)
    whole = bootstrap(model, counts, weights, fits, PAIRS, 60)
    for found, again in zip(whole, bootstrap(model, spoilt, weights, fits, PAIRS, 60), strict=True):
        np.testing.assert_array_equal(found, again)
    alone = bootstrap(model, counts[[4]], weights[[4]], fits.take([4]), PAIRS, 60)
    np.testing.assert_allclose(alone[0][0], whole[0][4], rtol=1e-9)
    ends = profile(model, counts, weights, fits, PAIRS)
    np.testing.assert_array_equal(profile(model, spoilt[[4]], weights[[4]], fits.take([4]), PAIRS)[0], ends[4])


def test_ratios_that_have_no_interval() -> None:
    model = two_peak_model()
    counts, _ = line_spectra(2, 4.0, 13)
    for links in ((Link(height_of=1, height_ratio=0.7), Link()), (Link(height_bounds=(0.0, np.inf)), Link())):
        linked = replace(model, links=links)
        fits = varpro.fit(linked, counts)
        assert np.isnan(profile(linked, counts, None, fits, PAIRS)).all()
    lost = model.unfitted(2, reference.Status.FAILED)
    assert np.isnan(profile(model, counts, None, lost, PAIRS)).all()
    covariance, ends = bootstrap(model, counts, None, lost, PAIRS, 50)
    assert np.isnan(covariance).all()
    assert np.isnan(ends).all()
