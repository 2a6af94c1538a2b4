"""What speaks for a band that the model lacks: against dense algebra, and on spectra with and without one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.linalg import cholesky, solve_triangular

from ramanfit.fit.amplitude import AMPLITUDES, SmoothPart, reduced
from ramanfit.fit.engine import varpro
from ramanfit.fit.engine.varpro import problem_of
from ramanfit.fit.lineshapes import lorentzian, lorentzian_derivatives
from ramanfit.fit.missing import (
    Missing,
    _at_half_length,
    _bands,
    _of_many,
    _sharper,
    difference,
    look_for_missing,
    weight,
)
from ramanfit.fit.model import Link
from ramanfit.fit.pipeline import Fitted, fit_scan
from ramanfit.fit.result import FitResult, Status
from ramanfit.fit.unseen import unseen
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from tests.gaussian_process import B, G, restricted_likelihood, spectra
from tests.spectra import two_peak_model

MODEL = two_peak_model(180).with_smooth(300.0)
X = MODEL.shift_cm1
RECIPE = with_overrides(load_recipe("li-graphite"), {"baseline.smooth_cm1": 300.0})
WIDE = np.linspace(900.0, 1900.0, 300)


@pytest.mark.parametrize("links", [(), (Link(), Link())])
def test_a_further_band_is_what_generalised_least_squares_say(links: tuple[Link, ...]) -> None:
    """Its height in standard errors, and what it does to heights, centers and widths, linear near the fit."""
    model = replace(MODEL, links=links)
    counts, variance = spectra("sigmoid", X, 100.0, 2, seed=1)
    counts[1] += 100 * np.exp(-4 * np.log(2) * ((X - 1180) / 120) ** 2)
    size = 0.5 * counts.std(axis=1)
    penalty = 1 / (size[:, None] ** 2 * MODEL.smooth)
    fits = varpro.fit(model, counts, 1 / variance, np.tile(MODEL.home, (2, 1, 1)), penalty=penalty)
    z, by_band = _bands(model, counts, 1 / variance, fits, penalty, np.ones(2))
    functions = MODEL.basis[3:]
    bands = np.exp(-4 * np.log(2) * ((X - np.arange(920.0, 1900, 40)[:, None]) / 120) ** 2)
    assert z.shape == (2, len(bands))
    for i in range(2):
        c = np.diag(variance[i]) + size[i] ** 2 * functions.T @ (MODEL.smooth[:, None] * functions)
        peaks = list(zip(fits.height[i], fits.center_cm1[i], fits.fwhm_cm1[i], strict=True))
        tangent = [lorentzian(X, center, fwhm) for _, center, fwhm in peaks]
        for which in (0, 1):
            tangent += [h * lorentzian_derivatives(X, center, fwhm)[which] for h, center, fwhm in peaks]
        rows = np.stack([*MODEL.polynomials, *tangent, *bands, counts[i]])
        white = solve_triangular(cholesky(c, lower=True), rows.T, lower=True)  # with a variance of 1 everywhere
        known, y = white[:, :9], white[:, -1]
        without, chi2 = np.linalg.lstsq(known, y, rcond=None)[:2]
        with_band = []
        for k in range(len(bands)):
            columns = np.column_stack([known, white[:, 9 + k]])
            with_band.append(np.linalg.lstsq(columns, y, rcond=None)[0])
            se = np.sqrt(np.linalg.inv(columns.T @ columns)[-1, -1] * chi2[0] / (X.size - 9))
            assert z[i, k] == pytest.approx(with_band[k][-1] / se, rel=1e-4, abs=1e-4)
        best = int(z[i].argmax())
        moved = (with_band[best][:-1] - without)[3:].reshape(3, 2).T.ravel()  # height, center, fwhm of B, then of G
        moved *= np.sqrt(max(1 - (2 / max(z[i, best], 2)) ** 2, 0))
        np.testing.assert_allclose(by_band[i], moved, rtol=2e-3, atol=1e-3)
    assert z[1].max() > 4
    assert 920 + 40 * z[1].argmax() == pytest.approx(1180, abs=60)


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.tuples(
            arrays(np.float64, (n, 3), elements=st.floats(-6, 12)),
            st.lists(st.integers(0, 1), min_size=n, max_size=n).map(lambda steps: np.cumsum([0, *steps[1:]])),
        )
    )
)
def test_a_scan_shows_together_what_none_shows_alone(case: tuple[FloatArray, np.ndarray]) -> None:
    z, scan = case
    found = _of_many(z, scan.astype(np.intp))
    for number in set(scan.tolist()):
        some = z[scan == number]
        n = len(some)
        together = some.sum(axis=0) / np.sqrt(n) / np.sqrt(1 + n / 12)
        if abs(together.max() - 4) > 1e-9:
            assert (found[scan == number] == (together.max() > 4)).all()


def results(height: list[float], center: list[float]) -> FitResult:
    fits = two_peak_model().unfitted(1, Status.CONVERGED)
    fits.height[:], fits.center_cm1[:], fits.fwhm_cm1[:] = height, center, [120, 30]
    return fits


def test_the_smaller_of_two_doubts_counts_by_what_it_does_to_the_ratio() -> None:
    fits, other = results([100, 200], [1340, 1590]), results([90, 200], [1342, np.nan])
    np.testing.assert_allclose(difference(fits, other), [[10, -2, 0, 0, 0, 0]])
    np.testing.assert_allclose(weight(difference(fits, other), fits, [(0, 1)]), [0.1])
    both = np.array([[10.0, 0, 0, 20, 0, 0]])  # both heights by a tenth: the ratio stays
    np.testing.assert_allclose(weight(both, fits, [(0, 1)]), [0], atol=1e-12)
    np.testing.assert_allclose(weight(both, fits, []), [0.2])
    for by_band, expected in ((both, both), (np.array([[30.0, 0, 0, 0, 0, 0]]), difference(fits, other))):
        doubt = Missing(np.array([False]), by_band, np.zeros(1)).smaller_doubt(fits, other, [(0, 1)])
        np.testing.assert_allclose(doubt, expected)


def fit(counts: FloatArray) -> Fitted:
    return fit_scan(Scan(WIDE, counts, "line"), RECIPE)


def share(fitted: Fitted) -> float:
    return float(np.mean(["missing_band" in words.split("|") for words in fitted.quantities.flags]))


@pytest.mark.parametrize("name", ["quadratic", "exponential and hump", "sigmoid", "smooth random"])
def test_with_the_right_peaks_nothing_is_missing(name: str) -> None:
    scans = [fit(spectra(name, WIDE, 100.0, 4, seed=seed)[0]) for seed in range(8)]
    assert np.mean([share(f) for f in scans]) <= 0.13


@pytest.mark.parametrize(("snr", "part"), [(100.0, 0.1), (30.0, 0.3)])
def test_a_band_that_is_not_in_the_model_is_told(snr: float, part: float) -> None:
    """At 1500 cm-1, as D3 of disordered carbon; then order 2 is printed, the other value beside it."""
    counts, _ = spectra("exponential and hump", WIDE, snr, 6, seed=3)
    counts += 1e3 * part * np.exp(-4 * np.log(2) * ((WIDE - 1500) / 120) ** 2)
    fitted = fit(counts)
    assert share(fitted) == 1
    ratio = fitted.quantities.ratios["ratio"]
    assert "ratio_other" in ratio.more
    off = np.abs(ratio.value - ratio.more["ratio_other"])
    assert (ratio.se > 0.6 * off).all()  # the difference is in the error, to first order
    plain = fit_scan(Scan(WIDE, counts, "line"), with_overrides(RECIPE, {"baseline.smooth_cm1": "none"}))
    np.testing.assert_allclose(ratio.value, plain.quantities.ratios["ratio"].value, rtol=0.02)


def verdict(counts: FloatArray, variance: FloatArray, *, amplitude: float, length: float = 300.0) -> np.ndarray:
    """Spectra fitted with a given amplitude, each a scan of its own."""
    model = MODEL.with_smooth(length)
    n = len(counts)
    smooth = SmoothPart(model, counts, None)
    smooth.amplitude[:] = amplitude
    rows = np.arange(n)
    start = np.tile(model.home, (n, 1, 1))
    fits = varpro.fit(model, counts, 1 / variance, start, penalty=smooth.penalty(rows), home=True)
    return look_for_missing(model, counts, 1 / variance, fits, smooth, rows, rows, [(0, 1)]).missing


def test_structure_sharper_than_the_length_is_told_alone() -> None:
    """A ripple between the bands that a band of 120 cm-1 does not resemble: half the length is likelier."""
    counts, variance = spectra("quadratic", X, 100.0, 20, seed=4)
    assert verdict(counts, variance, amplitude=0.1).mean() <= 0.1
    ripple = counts + 15 * np.cos((X - 900) / 40)
    assert verdict(ripple, variance, amplitude=0.1).mean() > 0.9


def test_an_amplitude_at_the_end_of_what_is_tried_is_not_taken_in_silence() -> None:
    counts, variance = spectra("quadratic", X, 100.0, 3, seed=5)
    assert verdict(counts, variance, amplitude=float(AMPLITUDES[-1])).all()


@pytest.mark.parametrize(("snr", "status"), [(2.0, "not_detected"), (20.0, "ok")])
def test_what_cannot_be_told_from_baseline_has_to_be_in_both_fits(snr: float, status: str) -> None:
    """B is clear with one baseline; with the other it is, or is not."""
    counts, _ = spectra("quadratic", WIDE, 100.0, 2, seed=6)
    fitted = fit(counts)
    b, g = (fitted.quantities.names.index(name) for name in "BG")
    other = np.full((2, 2), 50.0)
    other[:, b] = snr
    asked = replace(fitted.result, other_snr=other, missing_band=np.array([True, False]))
    absent = unseen(asked, RECIPE.detection.min_snr)
    assert absent[:, b].tolist() == [status == "not_detected", False]
    assert not absent[:, g].any()


def test_half_the_length_is_asked_of_the_dense_likelihood() -> None:
    """A gain of 4 is enough where all peaks are seen, 10 where one is not."""
    counts, variance = spectra("quadratic", X, 100.0, 8, seed=8)
    counts += np.linspace(0, 9, 8)[:, None] * np.cos((X - 900) / 45)
    scale, place = counts.std(axis=1), np.array([[*B, np.nan], [*G, np.nan]])
    fits = MODEL.unfitted(8, Status.CONVERGED)
    fits.center_cm1[:], fits.fwhm_cm1[:] = place[:, 0], place[:, 1]
    slopes = [slope for peak in (B, G) for slope in lorentzian_derivatives(X, *peak)]
    linear = np.stack([*MODEL.polynomials, lorentzian(X, *B), lorentzian(X, *G), *slopes])
    gains = []
    for i in range(8):
        least = []
        for model in (MODEL, MODEL.plain.with_smooth(150.0, 20)):
            functions = model.basis[3:]
            smooth = functions.T @ (model.smooth[:, None] * functions)
            covariances = (np.diag(variance[i]) + (a * scale[i]) ** 2 * smooth for a in AMPLITUDES)
            least.append(min(restricted_likelihood(counts[i], linear, c) for c in covariances))
        gains.append(least[0] - least[1])
    gain, alone, likely = np.array(gains), np.arange(8), []
    for model in (MODEL, _at_half_length(MODEL)):
        problem = problem_of(model, counts, 1 / variance)
        likely.append(reduced(problem, problem.moving(fits.nonlinear), scale).reml())
    assert ((gain > 4.1) & (gain < 9.5)).any()
    for seen, enough in ((True, 4), (False, 10)):
        sharper = _sharper(*likely, np.full(8, seen), alone)
        clear = np.abs(gain - enough) > 0.05
        np.testing.assert_array_equal(sharper[clear], (gain > enough)[clear])
