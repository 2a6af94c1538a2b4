"""Recipes side by side: names of all, what is refused, and how TOML holds them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ramanfit.errors import RecipeError
from ramanfit.recipe.parts import Axis, Instrument
from ramanfit.recipe.peaks import Derived, Ratio
from ramanfit.recipe.toml import (
    from_dict,
    load_recipe,
    load_recipes,
    recipe_from_toml,
    to_dict,
    to_toml,
    with_overrides,
)

MIXED = """
base = "li-graphite"
name = "mine"
[[ratios]]
name = "G_PS4"
numerator = "G"
denominator = "PS4_427"
[[derived]]
name = "apart"
formula = "center(G) - center(PS4_600)"
"""


@pytest.fixture
def mixed(tmp_path: Path) -> str:
    (tmp_path / "mine.toml").write_text(MIXED)
    return str(tmp_path / "mine.toml")


def test_the_last_recipe_may_name_peaks_of_all(mixed: str) -> None:
    recipe = load_recipes(["argyrodite", mixed])
    assert recipe.beside == (load_recipe("argyrodite"),)
    assert [peak.name for peak in recipe.every_peak] == ["PS4_427", "PS4_577", "PS4_600", "G", "B"]
    assert recipe.stands_with == {"ratio": "B", "G_PS4": "G", "apart": "G"}
    own, last = recipe.parts
    assert own == load_recipe("argyrodite")
    assert last == replace(load_recipe("li-graphite"), name="mine")
    with pytest.raises(RecipeError, match=r"mine\.toml: ratios\.G_PS4\.denominator: unknown peak 'PS4_427'"):
        load_recipe(mixed)
    with pytest.raises(RecipeError, match=r"unknown peak 'PS4_427'"):
        load_recipes(["silicon", mixed])


def test_one_recipe_is_itself() -> None:
    recipe = load_recipes(["graphite"])
    assert recipe == load_recipe("graphite")
    assert recipe.parts == (recipe,)
    assert "beside" not in to_dict(recipe)


def test_toml_and_json_give_them_back(mixed: str) -> None:
    recipe = load_recipes(["argyrodite", "silicon", mixed])
    assert recipe_from_toml(to_toml(recipe), "x") == recipe
    assert from_dict(json.loads(json.dumps(to_dict(recipe)))) == recipe
    outer = replace(load_recipe("acetylide"), beside=(replace(recipe, name="inner"),))
    assert recipe_from_toml(to_toml(outer), "x") == outer
    assert [part.name for part in outer.parts] == ["argyrodite", "silicon", "inner", "acetylide"]


def test_a_setting_goes_to_the_last_recipe_and_a_peak_to_its_own(mixed: str) -> None:
    recipe = load_recipes(["argyrodite", mixed])
    changes = {"window.low_cm1": 1000, "peaks.PS4_427.fwhm_max_cm1": 30, "peaks.G.fwhm_cm1": 20}
    changed = with_overrides(recipe, changes)
    assert changed.window.low_cm1 == 1000
    assert changed.beside[0] == with_overrides(load_recipe("argyrodite"), {"peaks.PS4_427.fwhm_max_cm1": 30})
    assert changed.peaks[0].fwhm_cm1 == 20
    with pytest.raises(RecipeError, match="unknown setting") as caught:
        with_overrides(recipe, {"peaks.PS4_428.fwhm_cm1": 3})
    assert caught.value.hint == "did you mean peaks.PS4_427.fwhm_cm1?"


def test_one_axis_and_one_instrument_hold_for_all(mixed: str) -> None:
    recipe = load_recipes(["argyrodite", mixed])
    shifted = with_overrides(recipe, {"axis.shift_cm1": 2.0, "instrument.fwhm_cm1": 4.0})
    assert [part.axis.shift_cm1 for part in shifted.parts] == [2.0, 2.0]
    assert [part.instrument for part in shifted.parts] == [Instrument(4.0), Instrument(4.0)]
    for key, value in (("axis", Axis(shift_cm1=1.0)), ("instrument", Instrument(3.0))):
        other = replace(load_recipe("argyrodite"), **{key: value})
        with pytest.raises(RecipeError) as caught:
            replace(load_recipe("li-graphite"), beside=(other,))
        assert caught.value.message == f"{key}: expected that of argyrodite in li-graphite, the last recipe, too"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ("li-graphite", "li-graphite-doublet"),
            "li-graphite-doublet: peaks: expected different names in recipes side by side, "
            "found 'B' in li-graphite and in li-graphite-doublet",
        ),
        (
            ("silicon", "silicon"),
            "silicon: peaks: expected different names in recipes side by side, found 'Si' in silicon and in silicon",
        ),
    ],
)
def test_a_name_in_two_recipes_is_refused_with_both(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipes(names)
    assert caught.value.message == message


def test_columns_that_clash_across_recipes_are_refused() -> None:
    other, last = load_recipe("argyrodite"), load_recipe("li-graphite")
    with_ratio = replace(other, ratios=(Ratio("PS4_427", "PS4_577"),))
    with pytest.raises(RecipeError, match=r"ratios: .* found 'ratio' in argyrodite and in li-graphite"):
        replace(last, beside=(with_ratio,))
    with_part = replace(other, derived=(Derived("ratio_low", "height(PS4_427)"),))
    with pytest.raises(
        RecipeError, match=r"ratios\.ratio\.name: .* 'ratio' beside 'ratio_low': both may have ratio_low"
    ):
        replace(last, beside=(with_part,))


def test_what_is_said_of_a_wrong_one_beside() -> None:
    for text, message in (
        ("beside = 3", "x: beside: expected [[beside]], found 3"),
        ("beside = [3]", "x: beside: expected a table, found 3"),
        ("[[beside]]\nname = 'y'", "x: peaks: expected at least one [[peaks]], found none"),
    ):
        with pytest.raises(RecipeError) as caught:
            recipe_from_toml(f"base = 'silicon'\n{text}", "x")
        assert caught.value.message == message
    whole = "base = 'silicon'\n" + to_toml(load_recipes(["argyrodite", "silicon"])).partition("\n\n[[beside]]")[2]
    with pytest.raises(RecipeError, match="beside: expected no recipes in one that is the last of several"):
        recipe_from_toml("base = 'silicon'\n[[beside]]" + whole.partition("\n")[2], "x", [load_recipe("acetylide")])
