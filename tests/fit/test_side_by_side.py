"""Several recipes on the same spectra: ratios across them against the truth and against `uncertainties`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from uncertainties import correlated_values

from ramanfit.fit.derived import DerivedValues
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import Fitted, fit_scan
from ramanfit.fit.quantities import Quantities
from ramanfit.fit.result import PARAMETERS
from ramanfit.fit.side_by_side import side_by_side
from ramanfit.recipe.peaks import Derived, Ratio
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan

SHIFT = np.linspace(100.0, 2300.0, 1024)
G, PS4 = 220.0, 160.0
FORMULA = "area(G) / (area(G) + area(PS4_427)) + 0.01 * (center(PS4_577) - center(PS4_427))"


def recipe(base: str = "li-graphite", formula: str = FORMULA) -> Recipe:
    main = replace(load_recipe(base), name="mine", beside=(load_recipe("argyrodite"),))
    return replace(main, ratios=(*main.ratios, Ratio("G", "PS4_427", "G_PS4")), derived=(Derived("part", formula),))


def electrolyte(n: int, seed: int) -> FloatArray:
    """Spectra of one point in the electrolyte, with graphite in it: noise that grows with the counts."""
    curve = 300 + 60 * np.exp(-SHIFT / 900) + 0.02 * SHIFT
    for height, center, fwhm in ((PS4, 427, 11), (40, 577, 14), (30, 600, 14), (G, 1588, 30), (120, 1345, 110)):
        curve = curve + height * lorentzian(SHIFT, center, fwhm)
    return curve + np.sqrt(4.0 + 0.05 * curve) * np.random.default_rng(seed).normal(size=(n, SHIFT.size))


def fits(n: int, seed: int, by: Recipe) -> list[Fitted]:
    scan = Scan(SHIFT, electrolyte(n, seed), "line")
    return [fit_scan(scan, part) for part in by.parts]


@cache
def few() -> tuple[list[Fitted], Quantities]:
    made = fits(5, 1, recipe())
    return made, side_by_side(recipe(), made)


def test_graphite_over_the_electrolyte_is_right_and_so_is_its_error() -> None:
    """1,000 spectra; the baselines are those that the two recipes have."""
    by = recipe()
    q = side_by_side(by, fits(1000, 2, by))
    z = (q.ratios["G_PS4"].value - G / PS4) / q.ratios["G_PS4"].se
    assert np.isfinite(z).all()
    assert 0.9 < z.std() < 1.1
    assert abs(z.mean()) < 0.3
    areas = np.array([G * 30, PS4 * 11]) * np.pi / 2
    z = (q.derived["part"].value - (areas[0] / areas.sum() + 1.5)) / q.derived["part"].se
    assert 0.9 < z.std() < 1.1


def test_each_recipe_is_fitted_as_if_alone() -> None:
    made, q = few()
    assert q.names == ("PS4_427", "PS4_577", "PS4_600", "G", "B")
    for name in ("height", "center_se", "area", "status"):
        np.testing.assert_array_equal(getattr(q, name)[:, :3], getattr(made[0].quantities, name))
        np.testing.assert_array_equal(getattr(q, name)[:, 3:], getattr(made[1].quantities, name))
    alone = fit_scan(Scan(SHIFT, electrolyte(5, 1), "line"), load_recipe("li-graphite")).quantities
    np.testing.assert_array_equal(q.ratios["ratio"].se, alone.ratios["ratio"].se)
    assert [*q.ratios] == ["ratio", "G_PS4"]


def test_errors_across_recipes_are_those_of_uncertainties() -> None:
    made, q = few()
    for row in range(5):
        of = {}
        for fitted in made:
            result = fitted.result.doubted()
            k = result.fields
            flat = np.stack([getattr(result, name)[row] for name in PARAMETERS[:k]], axis=1).ravel()
            several = correlated_values(flat, result.covariance[row])  # one call: what is correlated stays so
            of |= {name: several[k * p : k * p + 3] for p, name in enumerate(fitted.quantities.names)}
        (hg, _, wg), (hp, cp, wp), (_, c577, _) = (of[name] for name in ("G", "PS4_427", "PS4_577"))
        part = hg * wg / (hg * wg + hp * wp) + 0.01 * (c577 - cp)
        ratio = q.ratios["G_PS4"]
        for value, se, expected in (
            (ratio.value, ratio.se, hg / hp),
            (ratio.area_value, ratio.area_se, hg * wg / (hp * wp)),
            (q.derived["part"].value, q.derived["part"].se, part),
        ):
            assert value[row] == pytest.approx(expected.nominal_value, rel=1e-9)
            assert se[row] == pytest.approx(expected.std_dev, rel=1e-9)


def test_what_one_fit_lacks_the_mixture_lacks() -> None:
    by, counts = recipe(), electrolyte(3, 4)
    counts[1] -= PS4 * lorentzian(SHIFT, 427, 11)
    counts[2] = 0
    scan = Scan(SHIFT, counts, "line")
    q = side_by_side(by, [fit_scan(scan, part) for part in by.parts])
    for values in (q.ratios["G_PS4"].value, q.ratios["G_PS4"].se, q.ratios["G_PS4"].area_se, q.derived["part"].value):
        assert np.isfinite(values).tolist() == [True, False, False]
    assert q.status[1].tolist() == ["not_detected", "ok", "ok", "ok", "ok"]
    assert q.flags.tolist()[1:] == ["not_detected", "not_measured"]
    assert np.isfinite(q.redchi2).tolist() == [True, True, False]


def test_a_bound_in_one_recipe_leaves_the_mixture_without_an_error() -> None:
    by = with_overrides(recipe(), {"peaks.PS4_427.center_max_cm1": 427.0 - 3, "peaks.PS4_427.center_cm1": 420.0})
    made = fits(2, 5, by)
    q = side_by_side(by, made)
    assert isinstance(q.derived["part"], DerivedValues)
    assert np.isnan(q.derived["part"].se).all()
    assert np.isfinite(q.derived["part"].value).all()
    assert np.isfinite(q.ratios["G_PS4"].se).all()  # of heights, which no bound holds
    assert {*q.held} == {"peaks.PS4_427.center_max_cm1"}


def test_redchi2_is_that_of_all_channels() -> None:
    made, q = few()
    dof = [fitted.result.dof for fitted in made]
    each = [fitted.quantities.redchi2 for fitted in made]
    np.testing.assert_allclose(q.redchi2, (dof[0] * each[0] + dof[1] * each[1]) / (dof[0] + dof[1]), rtol=1e-12)


def test_recipes_of_other_shapes_stand_side_by_side() -> None:
    """One covariance has four parameters a peak, the other three."""
    by = recipe("carbon-bwf", "height(G) / height(PS4_427) + fwhm(D)")
    q = side_by_side(by, fits(2, 6, by))
    assert np.isfinite(q.ratios["G_PS4"].se).all()
    assert set(q.formed) == {"G"}
    assert np.isfinite(q.derived["part"].value).all()
