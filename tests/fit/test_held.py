"""Which bound holds a value is named, and what is named frees it; what nobody reads holds nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ramanfit.fit.flags import Judged, flags_of
from ramanfit.fit.held import bound_of, in_words
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import Fitted, fit_scan
from ramanfit.recipe.parts import Baseline, Clean, Noise
from ramanfit.recipe.peaks import Peak
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan

SHIFT = np.linspace(900.0, 1900.0, 400)
G = Peak("G", 1590, 1560, 1620, 30, 10, 100)
D = Peak("D", 1345, 1310, 1380, 60, 20, 200)


def recipe(*peaks: Peak) -> Recipe:
    return Recipe("held", peaks, clean=Clean(spikes=False), baseline=Baseline(order=1), noise=Noise("white"))


def two(g: float = 300.0, d: float = 200.0, n: int = 4, seed: int = 1) -> FloatArray:
    """G 1590/30 and D 1345/60."""
    curve = 500 + g * lorentzian(SHIFT, 1590, 30) + d * lorentzian(SHIFT, 1345, 60)
    return np.asarray(curve + 3 * np.random.default_rng(seed).normal(size=(n, SHIFT.size)))


def fit(counts: FloatArray, made: Recipe) -> Fitted:
    return fit_scan(Scan(SHIFT, counts, "line"), made)


HELD = {
    "peaks.D.fwhm_min_cm1": replace(D, fwhm_cm1=100.0, fwhm_min_cm1=90.0),
    "peaks.D.fwhm_max_cm1": replace(D, fwhm_cm1=40.0, fwhm_max_cm1=45.0),
    "peaks.D.center_min_cm1": replace(D, center_cm1=1360.0, center_min_cm1=1350.0),
    "peaks.D.center_max_cm1": replace(D, center_cm1=1330.0, center_max_cm1=1340.0),
    "peaks.D.height_min": replace(D, height_min=230.0),
    "peaks.D.height_max": replace(D, height_max=150.0),
    "peaks.D.form_max": replace(D, shape="pseudo-voigt", form=0.4, form_min=0.2, form_max=0.6),
    "peaks.D.form_min": replace(D, shape="bwf", form=-0.3, form_min=-0.5, form_max=-0.2),
}


@pytest.mark.parametrize("key", [key for key in HELD if key != "peaks.D.form_min"])
def test_the_bound_that_holds_a_value_is_named_and_setting_it_as_said_frees_it(key: str) -> None:
    made = recipe(G, HELD[key])
    held = fit(two(), made).quantities.held
    assert list(held) == [key]
    assert held[key].tolist() == [True] * 4
    free = fit(two(), with_overrides(made, {key: bound_of(made, key).instead})).quantities
    assert free.held == {}
    assert not any("at_bound" in words for words in free.flags)


def test_the_lower_end_of_a_form_is_named() -> None:
    made = recipe(G, HELD["peaks.D.form_min"])
    # with 1/q of 0 its best is beyond -0.2, with -0.9 beyond -0.5
    assert list(fit(two(), made).quantities.held) == ["peaks.D.form_max"]
    v = (SHIFT - 1345) / 30
    fano = 500 + 300 * lorentzian(SHIFT, 1590, 30) + 200 * (1 - 0.9 * v) ** 2 / (1 + v * v) / (1 + 0.81)
    steep = fit(fano + two() - two(n=1), made).quantities.held
    assert "peaks.D.form_min" in steep
    assert "peaks.D.form_max" not in steep


def test_a_distance_is_held_on_the_side_where_it_lies() -> None:
    near = Peak("D2", 60, 40, 80, 20, 5, 60, center_from="G")
    counts = two() + 150 * lorentzian(SHIFT, 1620, 20)
    assert "peaks.D2.center_min_cm1" in fit(counts, recipe(G, D, near)).quantities.held
    far = Peak("D2", 15, 10, 20, 20, 5, 60, center_from="G")
    assert "peaks.D2.center_max_cm1" in fit(counts, recipe(G, D, far)).quantities.held


def test_a_peak_that_is_not_detected_holds_nothing() -> None:
    absent = Peak("D3", 1500, 1480, 1520, 80, 60, 100)
    found = fit(two(n=40), recipe(G, D, absent))
    unseen = found.quantities.status[:, 2] == "not_detected"
    assert unseen.mean() > 0.5
    assert not any("at_bound" in words for words in found.quantities.flags[unseen])
    assert not any(rows[unseen].any() for rows in found.quantities.held.values())


def test_a_pure_shape_is_on_no_bound() -> None:
    made = recipe(G, replace(D, shape="pseudo-voigt"))
    curve = 500 + 300 * lorentzian(SHIFT, 1590, 30) + 200 * np.exp(-4 * np.log(2) * ((SHIFT - 1345) / 60) ** 2)
    for counts, pure in ((two(n=20), 1.0), (curve + two(n=20) - two(n=1), 0.0)):
        found = fit(counts, made)
        on_it = found.result.form[:, 1] == pure
        assert on_it.any()
        assert found.result.at_bound[on_it, 1, 2].all()
        assert found.quantities.held == {}
        assert not any("at_bound" in words for words in found.quantities.flags)


def test_what_may_be_set_instead() -> None:
    made = recipe(G, replace(D, height_max=150.0), Peak("E", 10, 5, 45, 20, 5, 60, center_from="G"))
    expected = {
        "G.fwhm_min_cm1": (10, "5"),
        "G.fwhm_max_cm1": (100, "200"),
        "G.center_min_cm1": (1560, "1545"),
        "G.center_max_cm1": (1620, "1635"),
        "D.height_max": (150, "none"),
        "E.center_min_cm1": (5, "0"),
        "E.center_max_cm1": (45, "55"),
    }
    assert {key: tuple(bound_of(made, f"peaks.{key}")) for key in expected} == expected
    bwf = recipe(replace(G, shape="bwf", form=-0.2, form_min=-0.95, form_max=0.3))
    assert bound_of(bwf, "peaks.G.form_max").instead == "0.95"
    assert bound_of(bwf, "peaks.G.form_min").instead == ""
    touching = recipe(G, Peak("E", 10, 0, 45, 20, 5, 60, center_from="G"))
    assert bound_of(touching, "peaks.E.center_min_cm1").instead == ""  # they would change places


def test_bounds_in_words() -> None:
    made = load_recipe("graphite")
    alone = {"peaks.G.fwhm_max_cm1": 1}
    assert in_words(made, alone) == "peaks.G.fwhm_max_cm1 = 60: --set peaks.G.fwhm_max_cm1=120"
    more = {"peaks.D'.fwhm_max_cm1": 1, "peaks.G.fwhm_max_cm1": 2}
    assert in_words(made, more) == (
        "peaks.G.fwhm_max_cm1 = 60 in 2: --set peaks.G.fwhm_max_cm1=120; "
        "peaks.D'.fwhm_max_cm1 = 40 in 1: --set \"peaks.D'.fwhm_max_cm1=80\""
    )
    end = recipe(replace(G, shape="bwf", form=-0.2, form_min=-0.95, form_max=0.3))
    assert in_words(end, {"peaks.G.form_min": 1}) == "peaks.G.form_min = -0.95: it can go no further"


def swapped(status: tuple[str, str], fwhm: tuple[float, float]) -> bool:
    """Whether `swapped` is raised for G and a narrower D2 beside it, of which so much is known."""
    d2 = Peak("D2", 30, 20, 60, 20, 5, 80, center_from="G")
    made = recipe(G, d2)
    done = fit(two(n=1) + 150 * lorentzian(SHIFT, 1620, 20), made)
    done.result.fwhm_cm1[0] = fwhm
    done.result.at_bound[:] = False
    fits = Judged(done.result, done.prepared, made, np.array([status]), np.full((1, 2), 10.0))
    return "swapped" in flags_of(fits)[0]


def test_one_that_is_kept_beside_another_and_has_taken_its_place_is_swapped() -> None:
    assert not swapped(("ok", "ok"), (30.0, 20.0))
    assert not swapped(("ok", "ok"), (20.0, 20.0))
    assert swapped(("ok", "ok"), (19.0, 20.0))  # the narrower one is the broader
    assert swapped(("not_detected", "ok"), (30.0, 20.0))  # D' without G is G
    assert not swapped(("ok", "not_detected"), (19.0, 20.0))


def test_lines_that_start_alike_are_not_told_by_their_widths() -> None:
    made = load_recipe("li-graphite-doublet")
    rng = np.random.default_rng(3)
    curve = 500 + 300 * lorentzian(SHIFT, 1577, 20) + 300 * lorentzian(SHIFT, 1603, 30)
    counts = curve + 150 * lorentzian(SHIFT, 1345, 120) + 3 * rng.normal(size=(4, SHIFT.size))
    found = fit(counts, made)
    assert (found.result.fwhm_cm1[:, 1] > found.result.fwhm_cm1[:, 0]).all()
    assert not any("swapped" in words for words in found.quantities.flags)
