"""Verdicts on baselines and line shapes: against weighted least squares of numpy, one spectrum at a time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2 as chi_square
from scipy.stats import norm

from ramanfit.fit.engine import varpro
from ramanfit.fit.lineshapes import lorentzian, lorentzian_derivatives
from ramanfit.fit.model import Model
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.smooth import smooth_functions
from ramanfit.fit.verdicts import FUNCTIONS, LENGTH_CM1, MISFIT, OWN_MISFIT, _judge, _places, _scores
from ramanfit.fit.weighing import Weighing
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from tests.benchmark.made import scan_of
from tests.gaussian_process import spectra
from tests.spectra import two_peak_model

RECIPE = load_recipe("li-graphite")
PLAIN = with_overrides(RECIPE, {"baseline.smooth_cm1": "none"})


def fall(known: FloatArray, more: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    """Fall of chi-square by further columns, that without them, and the last coefficient over its error."""
    without = np.linalg.lstsq(known, y, rcond=None)[1][0]
    both = np.column_stack([known, more])
    coefficient, with_them = np.linalg.lstsq(both, y, rcond=None)[:2]
    unit = without / (y.size - known.shape[1])
    return without - with_them[0], unit, coefficient[-1] / np.sqrt(np.linalg.inv(both.T @ both)[-1, -1] * unit)


@pytest.mark.parametrize("smooth", [False, True])
def test_scores_are_what_further_columns_gain(smooth: bool) -> None:
    model: Model = two_peak_model(180).with_smooth(300.0) if smooth else two_peak_model(180)
    x = model.shift_cm1
    counts, variance = spectra("sigmoid" if smooth else "exponential", x, 60.0, 3, seed=1)
    penalty = 1 / ((0.3 * counts.std(axis=1))[:, None] ** 2 * model.smooth) if smooth else None
    start = np.tile(model.home, (3, 1, 1))
    fits = varpro.fit(model, counts, 1 / variance, start, penalty=penalty)
    residual = counts - model.evaluate(fits)
    level = variance.min() / 2
    noise = np.tile([level, 0.0, 0.0], (len(fits), 1))
    weighing = Weighing(noise, counts - residual, None, variance - level, np.ones(len(fits)))
    scores = _scores(model, fits, counts, weighing, [0, 1], penalty)
    z, chi2 = scores.z, scores.chi2
    slow = smooth_functions(x, model.polynomials, LENGTH_CM1, FUNCTIONS)[0]
    for i in range(3):
        peaks = [(fits.center_cm1[i, p], fits.fwhm_cm1[i, p]) for p in range(2)]
        follows = [*model.basis]
        for peak in peaks:
            follows += [lorentzian(x, *peak), *lorentzian_derivatives(x, *peak)]
        known = np.array(follows).T / np.sqrt(variance[i])[:, None]
        y = residual[i] / np.sqrt(variance[i])
        if penalty is not None:  # its penalty as further rows
            held = np.zeros((len(model.smooth), known.shape[1]))
            held[:, 3 : len(model.basis)] = np.diag(np.sqrt(penalty[i]))
            known = np.concatenate([known, held])
            y = np.concatenate([y, -np.sqrt(penalty[i]) * fits.coefficients[i, 3:]])
        unit = float(y @ y) / fits.dof[i]
        for p, (center, fwhm) in enumerate(peaks):
            u = (x - center) / (fwhm / 2)
            for k, shape in enumerate([(3 * u * u - 1) / (1 + u * u) ** 3, u / (1 + u * u)]):
                column = np.zeros(len(y))
                column[: x.size] = shape / np.sqrt(variance[i])
                _, own, value = fall(known, column, y)
                assert z[i, 2 * p + k] == pytest.approx(value * np.sqrt(own / unit), rel=1e-3, abs=1e-4)
        if not smooth:
            gained, _, _ = fall(known, slow.T / np.sqrt(variance[i])[:, None], y)
            assert chi2[i] == pytest.approx(gained / unit, rel=1e-4)
            assert x[0] <= _places(model, fits, weighing, scores, np.array([i]))[0] <= x[-1]


def test_the_thresholds_are_those_of_their_chances() -> None:
    assert pytest.approx(chi_square.isf(1e-3, FUNCTIONS), abs=0.01) == OWN_MISFIT
    assert pytest.approx(norm.isf(1e-4), abs=0.01) == MISFIT


@pytest.mark.parametrize("n", [1, 2, 6])
def test_a_scan_is_judged_by_the_sum_of_its_spectra(n: int) -> None:
    """Against scipy's chi-square with 14 degrees of freedom for each; the third root is near enough."""
    fits = two_peak_model(50).unfitted(n, 0)  # type: ignore[arg-type]
    for p in (2e-4, 5e-5):
        total = chi_square.isf(p, FUNCTIONS * n)
        verdict = _judge(fits, [], np.zeros((n, 0)), np.full(n, total / n), np.zeros(n, dtype=np.intp), True)
        own = total / n > OWN_MISFIT
        strict = np.sqrt(1 + n / 48) > 1.05
        if not strict:
            assert verdict.baseline_misfit.all() == (own or p < 1e-4)


def flags(kind: str, departure: str, snr: float, n: int, recipe: object, seed: int = 3) -> list[list[str]]:
    scan, _ = scan_of(kind, snr, n, seed, departure)
    return [words.split("|") for words in fit_scan(scan, recipe).quantities.flags]  # type: ignore[arg-type]


def test_a_parabola_that_does_not_follow_is_told_on_every_row() -> None:
    assert all("baseline_misfit" in words for words in flags("sigmoid", "", 100.0, 20, PLAIN))
    assert not any("baseline_misfit" in words for words in flags("quadratic", "", 100.0, 20, PLAIN))


@pytest.mark.parametrize("departure", ["Voigt 8", "Fano"])
def test_a_line_that_is_no_lorentzian_is_told_on_every_row(departure: str) -> None:
    assert all("line_shape" in words for words in flags("quadratic", departure, 100.0, 20, PLAIN))
    assert not any("line_shape" in words for words in flags("quadratic", "", 100.0, 20, PLAIN))


def test_the_place_of_a_misfit_is_where_the_band_is() -> None:
    scan, _ = scan_of("quadratic", 100.0, 6, 1, "D4 10 %")
    fitted = fit_scan(scan, PLAIN)
    assert (np.abs(fitted.result.place_cm1 - 1180) < 60).all()


def test_peaks_that_are_not_seen_have_no_shape() -> None:
    x = np.linspace(900, 1900, 420)
    scan = Scan(x, 100 + np.random.default_rng(1).normal(size=(20, 420)), "line")
    assert not any("line_shape" in words for words in fit_scan(scan, PLAIN).quantities.flags)
