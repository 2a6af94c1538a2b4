"""Derived values: against the package `uncertainties` on the same covariance, and against the truth."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import uncertainties
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import Fitted, fit_scan
from ramanfit.fit.quantities import quantities
from ramanfit.fit.result import PARAMETERS
from ramanfit.recipe.peaks import Derived
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan

SHIFT = np.linspace(850.0, 2000.0, 480)
DOUBLET = load_recipe("li-graphite-doublet")
NAMES = ("Gi", "Gb", "B")
FORMULAS = {
    "fraction": "height(Gb) / (height(Gi) + height(Gb))",
    "apart": "center(Gb) - center(Gi)",
    "sums": "(height(B) + height(Gi)) / (height(Gi) + height(Gb))",
    "areas": "area(Gb) / (area(Gi) + area(Gb) + area(B))",
    "widths": "fwhm(Gi) - 2 * fwhm(Gb) + 3",
    "of_ratios": "ratio / (split + 1)",
}


def recipe_with(recipe: Recipe = DOUBLET, **formulas: str) -> Recipe:
    return replace(recipe, derived=tuple(Derived(name, text) for name, text in formulas.items()))


def doublets(n: int, seed: int, noise: float = 4.0) -> FloatArray:
    curve = 800 + 0.05 * (SHIFT - 1400) + 150 * lorentzian(SHIFT, 1344, 130)
    curve = curve + 300 * lorentzian(SHIFT, 1578, 22) + 200 * lorentzian(SHIFT, 1602, 20)
    return curve + noise * np.random.default_rng(seed).normal(size=(n, SHIFT.size))


@cache
def fitted() -> Fitted:
    return fit_scan(Scan(SHIFT, doublets(5, 1), "line"), recipe_with(**FORMULAS))


def known_exactly(f: Fitted, row: int, text: str) -> tuple[float, float]:
    """Value and error by `uncertainties`: its own derivatives, and the covariance of the fit between them."""
    result, k = f.result, f.result.fields
    flat = np.stack([getattr(result, name)[row] for name in PARAMETERS[:k]], axis=1).ravel()
    variables = [uncertainties.ufloat(value, 1.0) for value in flat]
    of = {what: {n: variables[k * p + j] for p, n in enumerate(NAMES)} for j, what in enumerate(PARAMETERS[:3])}
    height, center, fwhm = (of[name].__getitem__ for name in PARAMETERS[:3])
    scope = {n: n for n in NAMES} | {"height": height, "center": center, "fwhm": fwhm}
    scope |= {"area": lambda n: np.pi / 2 * height(n) * fwhm(n)}
    scope |= {"ratio": height("B") / height("Gb"), "split": height("Gi") / height("Gb")}
    value = eval(text, {}, scope)
    slope = np.array([value.derivatives.get(variable, 0.0) for variable in variables])
    return value.nominal_value, float(np.sqrt(slope @ result.covariance[row] @ slope))


@pytest.mark.parametrize("name", FORMULAS)
def test_errors_are_those_of_uncertainties(name: str) -> None:
    f = fitted()
    made = f.quantities.derived[name]
    for row in range(len(made.value)):
        expected = known_exactly(f, row, FORMULAS[name])
        np.testing.assert_allclose((made.value[row], made.se[row]), expected, rtol=1e-9)


def test_errors_are_those_of_correlated_values() -> None:
    """The package's own way from a covariance; its rotation to independent values costs it digits."""
    f = fitted()
    for row in range(5):
        flat = np.stack([getattr(f.result, name)[row] for name in PARAMETERS[:3]], axis=1).ravel()
        a, ca, _, b, cb, *_ = uncertainties.correlated_values(flat, f.result.covariance[row])
        for name, expected in (("fraction", b / (a + b)), ("apart", cb - ca)):
            made = f.quantities.derived[name]
            assert made.value[row] == pytest.approx(expected.nominal_value, rel=1e-9)
            assert made.se[row] == pytest.approx(expected.std_dev, rel=1e-9)


operands = st.sampled_from([f"{what}({peak})" for what in ("height", "center", "fwhm", "area") for peak in NAMES])
numbers = st.floats(0.01, 100).map(lambda number: f"{number:.6g}") | st.sampled_from(["ratio", "split"])
formulas = st.recursive(
    operands | numbers, lambda some: st.builds("({} {} {})".format, some, st.sampled_from("+-*/"), some), max_leaves=8
)


@settings(max_examples=200, deadline=None)
@given(formulas)
def test_errors_of_any_formula_are_those_of_uncertainties(text: str) -> None:
    assume(any(word in text for word in (*(f"({peak})" for peak in NAMES), "ratio", "split")))
    f = fitted()
    try:
        expected = [known_exactly(f, row, text) for row in range(5)]
    except ZeroDivisionError:
        return
    made = quantities(f.result, f.prepared, recipe_with(f=text)).derived["f"]
    for row, (value, se) in enumerate(expected):
        assume(np.isfinite(value) and np.isfinite(se) and se > 1e-6 * max(abs(value), 1))  # else digits cancel
        assert made.value[row] == pytest.approx(value, rel=1e-9, abs=1e-9 * se)
        assert made.se[row] == pytest.approx(se, rel=1e-9)


def test_a_ratio_as_a_formula_is_the_ratio() -> None:
    recipe = recipe_with(same="height(B) / height(Gb)", named="ratio", areas="area_ratio")
    q = fit_scan(Scan(SHIFT, doublets(20, 2), "line"), recipe).quantities
    for name, values in (("same", "value"), ("named", "value"), ("areas", "area_value")):
        np.testing.assert_allclose(q.derived[name].value, getattr(q.ratios["ratio"], values), rtol=1e-13)
    for name, errors in (("same", "se"), ("named", "se"), ("areas", "area_se")):
        np.testing.assert_allclose(q.derived[name].se, getattr(q.ratios["ratio"], errors), rtol=1e-10)


def test_the_fraction_of_a_doublet_is_right_and_so_is_its_error() -> None:
    """1,000 spectra with a known fraction of 0.4 and a splitting of 24 cm-1."""
    recipe = recipe_with(**{name: FORMULAS[name] for name in ("fraction", "apart")})
    q = fit_scan(Scan(SHIFT, doublets(1000, 3), "line"), recipe).quantities
    for name, truth in (("fraction", 0.4), ("apart", 24.0)):
        z = (q.derived[name].value - truth) / q.derived[name].se
        assert np.isfinite(z).all()
        assert 0.9 < z.std() < 1.1
        assert abs(z.mean()) < 0.15


def test_a_value_is_there_where_its_peaks_are() -> None:
    counts = doublets(3, 4)
    counts[1] -= 150 * lorentzian(SHIFT, 1344, 130)  # no B
    counts[2] = 0
    q = fit_scan(Scan(SHIFT, counts, "line"), recipe_with(fraction=FORMULAS["fraction"], with_b="area(B)")).quantities
    assert q.status[1].tolist() == ["ok", "ok", "not_detected"]
    assert np.isfinite(q.derived["fraction"].value).tolist() == [True, True, False]
    assert np.isfinite(q.derived["fraction"].se).tolist() == [True, True, False]
    assert np.isfinite(q.derived["with_b"].value).tolist() == [True, False, False]
    assert np.isfinite(q.derived["with_b"].se).tolist() == [True, False, False]


def test_what_a_bound_holds_has_no_error_to_hand_on() -> None:
    formulas = {"apart": "center(Gb) - center(Gi)", "heights": "height(Gb) / height(Gi)", "follower": "center(Gb)"}
    recipe = with_overrides(recipe_with(**formulas), {"peaks.Gi.center_max_cm1": 1577.0})
    q = fit_scan(Scan(SHIFT, doublets(3, 5), "line"), recipe).quantities
    assert all("at_bound" in words for words in q.flags)
    for name in formulas:
        assert np.isfinite(q.derived[name].value).all()
        assert np.isfinite(q.derived[name].se).all() == (name == "heights"), name


def test_a_division_by_nothing_has_no_value() -> None:
    q = fit_scan(Scan(SHIFT, doublets(3, 6), "line"), recipe_with(f="1 / (height(Gi) - height(Gi))")).quantities
    assert np.isnan(q.derived["f"].value).all()
    assert np.isnan(q.derived["f"].se).all()


def test_bootstrap_errors_go_into_derived_values_too() -> None:
    recipe = recipe_with(fraction=FORMULAS["fraction"])
    counts = doublets(4, 7)
    plain, drawn = (
        fit_scan(Scan(SHIFT, counts, "line"), with_overrides(recipe, {"errors.method": method})).quantities
        for method in ("covariance", "bootstrap")
    )
    np.testing.assert_array_equal(plain.derived["fraction"].value, drawn.derived["fraction"].value)
    np.testing.assert_allclose(plain.derived["fraction"].se, drawn.derived["fraction"].se, rtol=0.4)
    assert (plain.derived["fraction"].se != drawn.derived["fraction"].se).all()
