"""Areas, ratios and their errors against lmfit's uncertainties and against scatter; statuses and flags."""

from __future__ import annotations

import numpy as np
import pytest
import uncertainties
from uncertainties import unumpy

from ramanfit.fit.engine import limits
from ramanfit.fit.flags import FLAGS
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import Fitted, fit_scan
from ramanfit.fit.quantities import quantities
from ramanfit.fit.result import Status
from ramanfit.fit.second_opinion import verify
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan

RECIPE = load_recipe("li-graphite")
PLAIN = with_overrides(RECIPE, {"baseline.smooth_cm1": "none"})  # errors are those of the covariance alone
SHIFT = np.linspace(850.0, 2000.0, 480)


def spectra(n: int, g: float = 200.0, b: float = 150.0, *, seed: int = 0, noise: float = 4.0) -> FloatArray:
    rng = np.random.default_rng(seed)
    curve = 800 + 0.05 * (SHIFT - 1400) + g * lorentzian(SHIFT, 1592, 32) + b * lorentzian(SHIFT, 1344, 130)
    return curve + noise * rng.normal(size=(n, SHIFT.size))


def fit(counts: FloatArray, recipe: Recipe = RECIPE, engine: str = "varpro") -> Fitted:
    return fit_scan(Scan(SHIFT, counts, "line"), recipe, engine)


def test_errors_propagate_as_uncertainties_does() -> None:
    """The package `uncertainties` propagates the same covariance through the same formulas."""
    f = fit(spectra(5), PLAIN)
    q = f.quantities
    for i in range(5):
        flat = np.stack([f.result.height[i], f.result.center_cm1[i], f.result.fwhm_cm1[i]], axis=1).ravel()
        gh, _, gw, bh, _, bw = uncertainties.correlated_values(flat, f.result.covariance[i])
        expected = [bh / gh, (bh * bw) / (gh * gw), np.pi / 2 * gh * gw, np.pi / 2 * bh * bw]
        r = q.ratios["ratio"]
        values = [r.value[i], r.area_value[i], q.area[i, 0], q.area[i, 1]]
        errors = [r.se[i], r.area_se[i], q.area_se[i, 0], q.area_se[i, 1]]
        np.testing.assert_allclose(values, unumpy.nominal_values(expected), rtol=1e-9)
        np.testing.assert_allclose(errors, unumpy.std_devs(expected), rtol=1e-6)


def test_both_engines_give_the_same_table() -> None:
    counts = spectra(4)
    mine, other = fit(counts).quantities, fit(counts, engine="lmfit").quantities
    for name in ("height", "height_se", "center_cm1", "center_se", "fwhm_cm1", "fwhm_se", "area", "area_se"):
        np.testing.assert_allclose(getattr(mine, name), getattr(other, name), rtol=2e-3, err_msg=name)
    np.testing.assert_allclose(mine.ratios["ratio"].se, other.ratios["ratio"].se, rtol=2e-3)
    np.testing.assert_array_equal(mine.flags, other.flags)


def test_verify_tells_a_wrong_fit_from_a_right_one() -> None:
    f = fit(spectra(30))
    right = verify([f], RECIPE, 5)
    assert right.spectra == 5
    assert right.difference_se < 0.02
    assert right.better == 0
    f.result.center_cm1[:, 0] += 3 * f.quantities.center_se[:, 0]
    f.result.chi2[:] *= 1.1
    wrong = verify([f], RECIPE, 5)
    assert wrong.difference_se == pytest.approx(3, abs=0.05)
    assert wrong.better == 5
    assert wrong.worst.endswith("G center_cm1")


def test_an_unseen_peak_has_no_position_and_no_ratio_but_its_height() -> None:
    q = fit(spectra(40, b=0.0)).quantities
    b = q.names.index("B")
    unseen = q.status[:, b] == "not_detected"
    assert unseen.mean() > 0.8
    assert (q.height[unseen, b] < 0).any()  # not clipped
    assert np.isfinite(q.height[unseen, b]).all()
    for values in (q.center_cm1[:, b], q.fwhm_cm1[:, b], q.area[:, b], q.ratios["ratio"].value, q.ratios["ratio"].se):
        assert np.isnan(values[unseen]).all()
    assert all("not_detected" in words.split("|") for words in q.flags[unseen])
    assert (q.status[:, q.names.index("G")] == "ok").all()


def test_flags_of_bounds_edges_and_weakness() -> None:
    narrow = with_overrides(RECIPE, {"peaks.G.center_max_cm1": 1591.0, "peaks.G.center_cm1": 1585.0})
    held = fit(spectra(3), narrow).quantities
    assert all("at_bound" in words for words in held.flags)
    assert np.isnan(held.center_se[:, 0]).all()
    edge = fit(spectra(3), with_overrides(RECIPE, {"window.high_cm1": 1600.0})).quantities
    assert all("edge_of_window" in words for words in edge.flags)
    weak = fit(spectra(60, b=7.0, noise=6.0)).quantities
    assert any("low_snr" in words for words in weak.flags)
    assert not any(fit(spectra(3)).quantities.flags)


def test_a_fit_that_did_not_arrive_has_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    fit(spectra(1))  # an engine takes its defaults from the limits when it is imported, for all tests that follow
    for name, value in (("TOLERANCE", -1.0), ("ROUNDING", -1.0), ("PATIENCE", 2), ("MAX_ITERATIONS", 2)):
        monkeypatch.setattr(limits, name, value)  # never there, and soon out of breath
    f = fit(spectra(5))
    assert (f.result.status == Status.NOT_CONVERGED).all()
    q = f.quantities
    assert (q.status == "failed").all()
    assert all("failed" in words.split("|") for words in q.flags)
    for values in (q.height, q.height_se, q.center_cm1, q.area, q.redchi2, q.ratios["ratio"].value):
        assert np.isnan(values).all()


def test_a_fit_without_covariance_says_so_and_has_no_errors() -> None:
    f = fit(spectra(3))
    f.result.covariance[1] = np.nan
    q = quantities(f.result, f.prepared, RECIPE)
    assert [("no_covariance" in words) for words in q.flags] == [False, True, False]
    for values in (q.height_se, q.center_se, q.area_se, q.ratios["ratio"].se[:, None]):
        assert np.isnan(values[1]).all()
        assert np.isfinite(values[[0, 2]]).all()


def test_noise_free_spectra_have_no_redchi2_and_no_infinities() -> None:
    q = fit(spectra(2, noise=0.0)).quantities
    assert (q.status == "ok").all()
    np.testing.assert_allclose(q.ratios["ratio"].value, 0.75, rtol=1e-6)
    for values in (q.height_se, q.center_se, q.area_se, q.redchi2, q.ratios["ratio"].se):
        assert not np.isinf(values).any()


def test_every_flag_has_a_meaning() -> None:
    counts = spectra(6)
    counts[0] = 0
    counts[1, 200:210] = 65535
    words = {word for flags in fit(counts).quantities.flags for word in flags.split("|") if word}
    assert {"not_measured", "saturated"} <= words <= set(FLAGS)
