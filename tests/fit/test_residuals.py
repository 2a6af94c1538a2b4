"""What the residuals say: rates of false alarms and of what is found, on simulated truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.model import Model, polynomial_basis
from ramanfit.fit.pipeline import Fitted, fit_scan
from ramanfit.fit.residuals import _derivatives, _norm_left, autocorrelation, may_be_two, tangent
from ramanfit.fit.result import FitResult, Status
from ramanfit.recipe.parts import Detection
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.scan.schedule import Schedule, Visit, place
from ramanfit.tables.columns import long_table

RECIPE = load_recipe("li-graphite")
SHIFT = np.linspace(850.0, 1950.0, 480)


def spectra(n: int, lines: list[tuple[float, float, float]], noise: float = 4.0, seed: int = 0) -> Scan:
    """Spectra of B and the given lines (center, fwhm, height) on a curved background."""
    t = (SHIFT - 1400) / 500
    counts = 700 - 40 * t + 15 * t * t + 120 * lorentzian(SHIFT, 1340.0, 140.0)
    for center, fwhm, height in lines:
        counts = counts + height * lorentzian(SHIFT, center, fwhm)
    rng = np.random.default_rng(seed)
    return Scan(SHIFT, counts + rng.normal(0, noise, (n, SHIFT.size)), "series")


def share(fitted: Fitted, word: str) -> float:
    return float(np.mean([word in flags.split("|") for flags in fitted.quantities.flags]))


def test_noise_alone_has_no_structure() -> None:
    rng = np.random.default_rng(1)
    e = rng.normal(size=(4000, 420))
    z = autocorrelation(e)
    assert abs(z.mean()) < 0.1
    assert z.std() == pytest.approx(1, abs=0.04)
    use = rng.random(e.shape) > 0.2
    assert autocorrelation(e, use).std() == pytest.approx(1, abs=0.04)
    assert np.isnan(autocorrelation(np.zeros((1, 9)))).all()


def test_a_model_that_is_right_raises_no_flag() -> None:
    fitted = fit_scan(spectra(1500, [(1590.0, 30.0, 100.0)]), RECIPE)
    for word in ("residual_structure", "doublet_preferred", "width_limited"):
        assert share(fitted, word) <= 0.002, word


def test_a_band_that_is_not_in_the_model_is_structure() -> None:
    fitted = fit_scan(spectra(100, [(1590.0, 30.0, 100.0), (1150.0, 60.0, 25.0)]), RECIPE)
    assert share(fitted, "residual_structure") > 0.95


@pytest.mark.parametrize("correlation", [0.2, 0.5])
def test_noise_that_neighbours_share_is_no_structure(correlation: float) -> None:
    scan = spectra(200, [(1590.0, 30.0, 100.0)], noise=0.0)
    e = np.random.default_rng(2).normal(size=(200, SHIFT.size))
    for k in range(1, SHIFT.size):
        e[:, k] = correlation * e[:, k - 1] + np.sqrt(1 - correlation**2) * e[:, k]
    fitted = fit_scan(scan.with_(counts=scan.counts + 4 * e), RECIPE)
    assert share(fitted, "residual_structure") == 0
    assert share(fitted, "correlated_noise") == 1
    np.testing.assert_allclose(fitted.result.stretch, (1 + correlation) / (1 - correlation), rtol=0.15)


@pytest.mark.parametrize(("left", "right"), [(100.0, 100.0), (50.0, 100.0), (100.0, 50.0)])
def test_an_unresolved_pair_is_preferred_to_one_line(left: float, right: float) -> None:
    """1575 and 1601 cm-1, the pair of stages 4 and 3, as wide as it is apart: one line fits it to the eye."""
    fitted = fit_scan(spectra(300, [(1575.0, 26.0, left), (1601.0, 26.0, right)]), RECIPE)
    assert share(fitted, "doublet_preferred") >= 0.95


def test_hardly_a_pair_is_missed_for_not_being_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weak pairs, some of which only just gain by the second line: trying all of them finds no more than 2 % more."""
    pairs = spectra(300, [(1575.0, 26.0, 22.0), (1601.0, 26.0, 22.0)], seed=9)
    found = share(fit_scan(pairs, RECIPE), "doublet_preferred")
    monkeypatch.setattr("ramanfit.fit.residuals.SPLIT", 1e-12)
    everywhere = share(fit_scan(pairs, RECIPE), "doublet_preferred")
    assert 0.2 < everywhere < 0.99
    assert everywhere - found <= 0.02


@pytest.mark.parametrize("fwhm", [14.0, 30.0, 60.0])
@pytest.mark.parametrize("height", [30.0, 100.0, 1000.0])
def test_a_single_line_is_not_split(fwhm: float, height: float) -> None:
    fitted = fit_scan(spectra(1000, [(1588.0, fwhm, height)], seed=int(height)), RECIPE)
    assert share(fitted, "doublet_preferred") <= 0.01


def free_lines(center: FloatArray, fwhm: FloatArray) -> Model:
    place = np.stack([center, fwhm], axis=1)
    names = tuple(f"line{k}" for k in range(len(place)))
    return Model(SHIFT, polynomial_basis(SHIFT, 2), names, place, place - 5, place + 5)


def lines_of(model: Model, center: FloatArray, fwhm: FloatArray, n: int) -> FitResult:
    """The same fit `n` times."""
    fits = model.unfitted(n, Status.CONVERGED)
    fits.center_cm1[:], fits.fwhm_cm1[:] = center, fwhm
    return fits


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_no_verdict_depends_on_what_else_is_fitted(seed: int) -> None:
    """Lines of all widths in one batch: each is asked for two lines, or not, as it is alone."""
    rng, n = np.random.default_rng(seed), 40
    model = free_lines(np.array([1340.0, 1590.0]), np.array([140.0, 30.0]))
    fits = model.unfitted(n, Status.CONVERGED)
    fits.center_cm1[:] = rng.normal([1340, 1590], 10, (n, 2))
    fits.fwhm_cm1[:] = rng.uniform([60, 8], [300, 90], (n, 2))
    residual = rng.normal(0, 1.5, (n, SHIFT.size))
    asked = may_be_two(model, fits, residual, 1)
    alone = [may_be_two(model, fits.take([i]), residual[[i]], 1)[0] for i in range(n)]
    np.testing.assert_array_equal(asked, alone)
    assert 0 < asked.sum() < n


def test_the_part_left_is_that_of_least_squares() -> None:
    basis = polynomial_basis(SHIFT, 2)
    center, fwhm = np.array([1340.0, 1590.0]), np.array([140.0, 30.0])
    model = free_lines(center, fwhm)
    followed = tangent(model, lines_of(model, center, fwhm, 1))
    shapes = [_derivatives(SHIFT, center[p, None], fwhm[p, None]) for p in range(2)]
    left = np.concatenate([_norm_left(s, followed) / np.einsum("nkm,nkm->nk", s, s) for s in shapes])

    def numeric(f: FloatArray, c: float, w: float, k: int) -> FloatArray:
        h = 0.02 * w
        steps = {2: (1, -2, 1), 3: (-0.5, 1, 0, -1, 0.5)}[k]
        half = len(steps) // 2
        return np.asarray(sum(s * lorentzian(f, c + (i - half) * h, w) for i, s in enumerate(steps)))

    columns = [*basis]
    for c, w in zip(center, fwhm, strict=True):
        columns += [lorentzian(SHIFT, c, w)]
        columns += [lorentzian(SHIFT, c + 1e-4, w) - lorentzian(SHIFT, c - 1e-4, w)]
        columns += [lorentzian(SHIFT, c, w + 1e-4) - lorentzian(SHIFT, c, w - 1e-4)]
    numbers = np.stack(columns, axis=1)
    numbers /= np.linalg.norm(numbers, axis=0)
    for p in range(2):
        for k in (2, 3):
            shape = numeric(SHIFT, center[p], fwhm[p], k)
            rest = shape - numbers @ np.linalg.lstsq(numbers, shape, rcond=None)[0]
            assert left[p, k - 2] == pytest.approx((rest @ rest) / (shape @ shape), rel=0.02)


def test_noise_asks_for_a_second_line_now_and_then_only() -> None:
    rng = np.random.default_rng(3)
    center, fwhm = np.array([1590.0]), np.array([30.0])
    model = free_lines(center, fwhm)
    asked = may_be_two(model, lines_of(model, center, fwhm, 3000), rng.normal(size=(3000, 480)), 0)
    assert asked.mean() < 0.35  # noise that no fit has bent to overlaps more than residuals do


def test_a_line_of_two_channels_is_as_wide_as_the_spectrometer() -> None:
    recipe = with_overrides(RECIPE, {"peaks.G.fwhm_min_cm1": 2.0})
    fitted = fit_scan(spectra(40, [(1590.0, 4.5, 400.0)]), recipe)
    assert share(fitted, "width_limited") == 1.0


def test_lines_on_top_of_one_another_are_correlated() -> None:
    g = RECIPE.peaks[[peak.name for peak in RECIPE.peaks].index("G")]
    pair = (replace(g, center_cm1=1585.0), replace(g, name="G2", center_cm1=1597.0))
    recipe = replace(RECIPE, peaks=pair, ratios=(), detection=Detection(min_snr=0.5, low_snr=0.5))
    scan = spectra(60, [(1586.0, 28.0, 300.0), (1598.0, 28.0, 300.0)])
    scan = scan.with_(counts=scan.counts - 120 * lorentzian(SHIFT, 1340.0, 140.0))
    assert share(fit_scan(scan, recipe), "high_correlation") > 0.5
    assert share(fit_scan(spectra(60, [(1590.0, 30.0, 100.0)]), RECIPE), "high_correlation") == 0


def test_the_upper_limit_of_what_is_not_there_holds_in_95_of_100() -> None:
    """A G too weak to be seen: its true height lies below the limit as often as is said, or more often."""
    height = 3.0
    narrow = with_overrides(RECIPE, {"peaks.G.center_min_cm1": 1588.0, "peaks.G.center_max_cm1": 1592.0})
    scan = spectra(1500, [(1590.0, 30.0, height)], seed=4)
    fitted = fit_scan(scan, narrow)
    keys = place([Visit.of(scan)], Schedule())[0][0]
    table = long_table(keys, fitted.quantities, {}).columns
    g = np.array(table["peak"]) == "G"
    missed = g & (np.array(table["status"]) == "not_detected")
    limit = np.asarray(table["height_limit"])
    assert missed.sum() > 1000
    assert (limit[missed] > height).mean() > 0.93
    assert np.isnan(limit[~missed]).all()
