"""Peaks that are not there bend nothing: against recipes that never had them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.second_opinion import verify
from ramanfit.formats import open_scans
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import Scan

SHIFT = np.linspace(900.0, 1900.0, 420)
FIELD = Path(__file__).resolve().parents[3] / "shared" / "data" / "field"
EVEN = {"noise.model": "white", "baseline.smooth_cm1": "none", "clean.spikes": False}


def without(recipe: Recipe, name: str) -> Recipe:
    peaks = tuple(peak for peak in recipe.peaks if peak.name != name)
    ratios = tuple(ratio for ratio in recipe.ratios if name not in (ratio.numerator, ratio.denominator))
    return replace(recipe, peaks=peaks, ratios=ratios)


def scan_of(heights: dict[float, tuple[float, float]], n: int = 40, seed: int = 1) -> Scan:
    """Lorentzians of height and FWHM by their centers, noise 1."""
    curve = 500.0 + sum(h * lorentzian(SHIFT, center, fwhm) for center, (h, fwhm) in heights.items())
    return Scan(SHIFT, curve + np.random.default_rng(seed).normal(size=(n, SHIFT.size)), "line")


@pytest.mark.parametrize("settings", [EVEN, {"baseline.smooth_cm1": "none"}, {}])
def test_what_stays_is_as_if_the_other_had_never_been_in_the_model(settings: dict[str, object]) -> None:
    recipe = with_overrides(load_recipe("graphite"), settings)
    scan = scan_of({1583.0: (100.0, 18.0), 1345.0: (60.0, 45.0)})
    q = fit_scan(scan, recipe).quantities
    alone = fit_scan(scan, without(recipe, "D'")).quantities
    gone = (q.status[:, 2] == "not_detected") & (q.height[:, 2] < 0)
    assert gone.mean() > 0.2
    close = 1e-3 if settings is EVEN else 0.05  # noise and amplitudes were found with D' in the model
    for name in ("height", "center_cm1", "fwhm_cm1"):
        mine, its = (getattr(each, name)[gone][:, :2] for each in (q, alone))
        se = getattr(alone, name.replace("_cm1", "") + "_se")[gone][:, :2]
        assert np.nanmax(np.abs(mine - its) / se) < close, name
    np.testing.assert_allclose(q.ratios["ratio"].se[gone], alone.ratios["ratio"].se[gone], rtol=10 * close)


def test_detection_height_and_error_come_from_the_fit_with_the_peak() -> None:
    """False detections stay as rare, and heights of what is not there have mean 0 and the errors that are said."""
    recipe = with_overrides(load_recipe("graphite"), EVEN)
    q = fit_scan(scan_of({1583.0: (100.0, 18.0), 1345.0: (60.0, 45.0)}, n=400, seed=2), recipe).quantities
    assert (q.status[:, 2] == "ok").mean() < 0.01
    assert np.isfinite(q.height[:, 2]).all()
    assert (q.height[:, 2] < 0).mean() > 0.1
    assert np.isfinite(q.height_se[:, 2]).all()


def test_errors_of_what_stays_are_right() -> None:
    recipe = with_overrides(load_recipe("graphite"), EVEN)
    q = fit_scan(scan_of({1583.0: (30.0, 18.0), 1345.0: (20.0, 45.0)}, n=1500, seed=3), recipe).quantities
    z = (q.center_cm1[:, 0] - 1583) / q.center_se[:, 0]
    assert np.std(z) == pytest.approx(1, abs=0.06)
    z = (q.height[:, 0] - 30) / q.height_se[:, 0]
    assert np.std(z) == pytest.approx(1, abs=0.06)
    assert abs(np.mean(z)) < 0.15  # D' of noise takes a tenth of an error of G where it comes out above 0


def test_a_leader_stays_while_one_that_follows_it_is_there() -> None:
    recipe = with_overrides(
        load_recipe("graphite"),
        {
            **EVEN,
            "peaks.D'.center_from": "D",
            "peaks.D'.center_cm1": 275.0,
            "peaks.D'.center_min_cm1": 270.0,
            "peaks.D'.center_max_cm1": 280.0,
        },
    )
    fitted = fit_scan(scan_of({1583.0: (100.0, 18.0), 1620.0: (60.0, 15.0)}), recipe)
    follower, leader = (fitted.quantities.status[:, p] == "ok" for p in (2, 1))
    assert (follower & ~leader).mean() > 0.2
    assert not fitted.result.left[follower, 1].any()


def test_a_weak_peak_that_is_there_is_not_left_out() -> None:
    """G of 2 standard errors beside a broad B: leaving it out where it is not detected would bend B by its light."""
    recipe = with_overrides(load_recipe("li-graphite"), {**EVEN, "detection.doublets": []})
    q = fit_scan(scan_of({1590.0: (0.7, 30.0), 1345.0: (15.0, 150.0)}, n=1500, seed=5), recipe).quantities
    assert (q.status[:, 0] == "not_detected").mean() > 0.5
    z = (q.height[:, 1] - 15) / q.height_se[:, 1]
    assert np.std(z) == pytest.approx(1, abs=0.08)
    assert abs(np.mean(z)) < 0.15


def test_a_spectrum_without_any_peak_keeps_its_fit() -> None:
    fitted = fit_scan(scan_of({}), with_overrides(load_recipe("graphite"), EVEN))
    nothing = (fitted.result.height < 0).all(axis=1)
    assert nothing.any()
    assert not fitted.result.left[nothing].any()


@pytest.mark.parametrize("method", ["profile", "bootstrap"])
def test_intervals_and_second_opinions_know_who_left(method: str) -> None:
    settings = {"errors.method": method, "errors.samples": 50, "clean.spikes": False}
    recipe = with_overrides(load_recipe("graphite"), settings)
    scan = scan_of({1583.0: (100.0, 18.0), 1345.0: (60.0, 45.0)}, n=30)
    below = fit_scan(scan, with_overrides(recipe, {"errors.method": "covariance"})).result.left[:, 2]
    fitted = fit_scan(scan.with_(counts=np.asarray(scan.counts)[below]), recipe)
    assert fitted.result.left[:, 2].mean() > 0.9
    ratio = fitted.quantities.ratios["ratio"]
    assert (ratio.more["ratio_low"] < ratio.value).all()
    assert (ratio.value < ratio.more["ratio_high"]).all()
    verdict = verify([fitted], recipe, 6)
    assert verdict.difference_se < 0.02
    assert verdict.better == 0


@pytest.mark.skipif(not FIELD.exists(), reason="needs the shared files")
def test_a_nanotube_without_a_d_prime() -> None:
    """D' came out at -549 +- 110 and took G to 1594; the top of the narrow G was masked as a cosmic ray."""
    (scan,) = open_scans(str(FIELD / "nanotube_like.txt"))
    recipe = load_recipe("graphite")
    fitted = fit_scan(scan, recipe)
    q, alone = fitted.quantities, fit_scan(scan, without(recipe, "D'")).quantities
    assert q.status[0].tolist() == ["ok", "ok", "not_detected"]
    assert fitted.prepared.spikes is None or not fitted.prepared.spikes.any()
    assert abs(q.center_cm1[0, 0] - alone.center_cm1[0, 0]) < alone.center_se[0, 0]
    assert abs(q.height[0, 0] - alone.height[0, 0]) < alone.height_se[0, 0]
