"""Formulas: what may be said, what is said of anything else, and that nothing of it is ever run."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.errors import RecipeError
from ramanfit.recipe.formula import LONGEST, parse_formula
from ramanfit.recipe.peaks import Derived, Ratio
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, recipe_from_toml, to_toml, with_overrides

PEAKS = ("Gi", "Gb", "D'", "lambda", "e5")
RATIOS = {"split": ("Gi", "Gb")}
VALUES = {("height", "Gi"): 3.0, ("height", "Gb"): 2.0, ("height", "D'"): 7.0, ("center", "Gi"): 1580.5}
VALUES |= {("fwhm", "lambda"): 11.0, ("area", "e5"): 13.0, ("area", "Gi"): 5.0, ("area", "Gb"): 4.0}
MAY = "expected numbers and center, fwhm, height, area of peaks with + - * / ( )"


def value(text: str) -> float:
    formula = parse_formula(text, "derived.f.formula", PEAKS, RATIOS)
    return formula.evaluate(lambda number: number, lambda what, peak: VALUES[what, peak])


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("height(Gb) / (height(Gi) + height(Gb))", 0.4),
        ("height(D')/height(Gi)", 7 / 3),
        ("fwhm(lambda) + area(e5)", 24.0),
        ("1e2 * height(Gi) - .5", 299.5),
        ("-height(Gi) - -height(Gb)", -1.0),
        ("+height(Gi)", 3.0),
        ("  height ( Gi )\n − 2 × height(Gb) ÷ 4", 2.0),
        ("split", 1.5),
        ("1 / split", 2 / 3),
        ("area_split", 1.25),
        ("center(Gi) - 1581", -0.5),
        ("2 - 3 - height(Gi)", -4.0),
        ("12 / 3 / height(Gb)", 2.0),
    ],
)
def test_a_formula_means_what_it_says(text: str, result: float) -> None:
    assert value(text) == pytest.approx(result, rel=1e-15)


def test_what_is_in_a_formula_comes_once_and_in_order() -> None:
    formula = parse_formula("height(Gb) / (height(Gi) + height(Gb)) * area(D')", "", PEAKS, {})
    assert formula.quantities == (("height", "Gb"), ("height", "Gi"), ("area", "D'"))
    assert formula.peaks == ("Gb", "Gi", "D'")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", f"{MAY}, found ''", ""),
        ("height(Gi", f"{MAY}, found 'height(Gi'", ""),
        ("height(Gi) + ", f"{MAY}, found 'height(Gi) + '", ""),
        ("height(Gi) ** 2", f"{MAY}, found 'height(Gi) ** 2'", ""),
        ("1 + height(Gi) % 2", f"{MAY}, found 'height(Gi) % 2'", ""),
        ("height(Gi) // 2", f"{MAY}, found 'height(Gi) // 2'", ""),
        ("height(Gi) > 2", f"{MAY}, found 'height(Gi) > 2'", ""),
        ("2 height(Gi)", f"{MAY}, found '2 height(Gi)'", ""),
        ("height(Gi) + 1j", f"{MAY}, found 'height(Gi) + 1j'", ""),
        ("height(Gi) + 0x10", f"{MAY}, found 'height(Gi) + 0x10'", ""),
        ("height(Gi) + 1_000", f"{MAY}, found '1_000'", ""),
        ("height(Gi) + é", f"{MAY}, found 'height(Gi) + é'", ""),
        ("height(Gi) + 1e999", "expected a finite number, found '1e999'", ""),
        ("height(Gi) + " + "9" * 400, f"expected a finite number, found {'9' * 400!r}", ""),
        ("1 + 2", "expected a quantity of a peak in it, such as height(G), found '1 + 2'", ""),
        ("hight(Gi)", "unknown quantity 'hight'", "did you mean height?"),
        ("height(G)", "unknown peak 'G'", "did you mean Gi?"),
        ("height(Gi, Gb)", "expected one peak, as in height(Gi), found 'height(Gi, Gb)'", ""),
        ("height(peak=Gi)", "expected one peak, as in height(Gi), found 'height(peak=Gi)'", ""),
        ("height(*Gi)", "expected one peak, as in height(Gi), found 'height(*Gi)'", ""),
        ("height()", "expected one peak, as in height(Gi), found 'height()'", ""),
        ("height(2)", "expected one peak, as in height(Gi), found 'height(2)'", ""),
        ("Gi / Gb", "expected what of the peak, as in height(Gi), found 'Gi'", ""),
        ("splitt", "unknown ratio 'splitt'", "did you mean split?"),
        ("height(Gi)" + " + 1" * LONGEST, f"expected at most {LONGEST} characters, found '4010 of them'", ""),
        ("-" * 400 + "height(Gi)", "expected at most 100 operations inside one another, found 'more'", ""),
        ("(" * 300 + "height(Gi)" + ")" * 300, None, ""),
    ],
)
def test_what_is_said_of_a_wrong_formula(text: str, message: str | None, hint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        value(text)
    if message is not None:
        assert caught.value.message == f"derived.f.formula: {message}"
    assert "\n" not in caught.value.message
    assert (caught.value.hint or "") == hint


MALICIOUS = (
    "__import__('os').system('touch {}')",
    'exec(\'open("{}", "w")\')',
    "height.__class__.__mro__[1].__subclasses__()",
    "height(Gi).real",
    "(lambda: open('{}', 'w'))()",
    "[height(Gi) for Gi in (1, 2)]",
    "(x := height(Gi))",
    "height(Gi) if 1 else 2",
    "f'{height(Gi)}'",
    "height(Gi); import os",
    "height(open('{}', 'w'))",
    "9 ** 9 ** 9 ** 9",
    "height(Gi) << 999999999",
    "'a' * 99999999999",
    "height(Gi)\x00",
    "height(Gi) and open",
    "{{'a': height(Gi)}}",
    "height(Gi)[0]",
    "await height(Gi)",
    "yield",
    "...",
    "None",
    "True + height(Gi)",
    "\\\\",
)


@pytest.mark.parametrize("text", MALICIOUS)
def test_what_is_no_formula_is_refused_and_not_run(text: str, tmp_path: Path) -> None:
    file = tmp_path / "made"
    with pytest.raises(RecipeError, match=r"derived\.f\.formula"):
        value(text.replace("{}", str(file)))
    assert not file.exists()


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from("Gib'D()+-*/.e01 \\\"#\n_heightarea,=:;[]{}"), max_size=40))
def test_any_text_is_a_formula_or_refused_in_one_line(text: str) -> None:
    said = ""
    try:
        value(text)
    except RecipeError as error:
        said = error.message
    except (ZeroDivisionError, KeyError):
        pass  # a formula, of what has no value here
    assert not said or (said.startswith("derived.f.formula: ") and "\n" not in said)


def names() -> st.SearchStrategy[str]:
    return st.sampled_from(["height(Gi)", "height(Gb)", "area(Gi)", "2", "0.5", "split"])


@given(st.recursive(names(), lambda some: st.builds("({} {} {})".format, some, st.sampled_from("+-*/"), some)))
def test_formulas_are_evaluated_as_python_does(text: str) -> None:
    """Python itself, run on the same text with the numbers in place of the names."""
    if not any(name in text for name in ("Gi", "Gb", "split")):
        return
    plain = text.replace("height(Gi)", "3.0").replace("height(Gb)", "2.0").replace("area(Gi)", "5.0")
    try:
        expected = eval(compile(ast.parse(plain.replace("split", "1.5"), mode="eval"), "", "eval"))
    except ZeroDivisionError:
        return
    assert value(text) == pytest.approx(expected, rel=1e-12)


# -- in a recipe -----------------------------------------------------------------------------------

DOUBLET = load_recipe("li-graphite-doublet")


def derived(**formulas: str) -> Recipe:
    return replace(DOUBLET, derived=tuple(Derived(name, text) for name, text in formulas.items()))


def test_a_recipe_holds_formulas_as_it_holds_ratios() -> None:
    recipe = derived(fraction="height(Gb) / (height(Gi) + height(Gb))", apart="center(Gb) - center(Gi)")
    assert recipe_from_toml(to_toml(recipe), "x") == recipe
    assert '[[derived]]\nname = "apart"\nformula = "center(Gb) - center(Gi)"\n' in to_toml(recipe)
    changed = with_overrides(recipe, {"derived.apart.formula": "center(B) - center(Gi)"})
    assert changed.derived[1] == Derived("apart", "center(B) - center(Gi)")
    with pytest.raises(RecipeError, match=r"unknown setting 'derived\.apart\.formla'") as caught:
        with_overrides(recipe, {"derived.apart.formla": "1"})
    assert caught.value.hint == "did you mean derived.apart.formula?"
    assert recipe.stands_with == {"ratio": "B", "split": "Gi", "fraction": "Gb", "apart": "Gb"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[derived]]\nname = 'f'\nformula = 3", "derived.f.formula: expected a text, found 3"),
        ("[[derived]]\nname = 'f'", "missing key 'derived.f.formula'"),
        ("[[derived]]\nformula = 'split'", "missing key 'derived.1.name'"),
        ("[[derived]]\nname = '2f'\nformula = 'split'", "derived.2f.name: expected a letter, then letters, digits, "),
        ("[[derived]]\nname = 'f'\nformula = 'splat'", "derived.f.formula: unknown ratio 'splat'"),
        (
            "[[derived]]\nname = 'f'\nformula = 'split'\n" * 2,
            "derived: expected different names, found 'f' twice",
        ),
        (
            "[[derived]]\nname = 'split'\nformula = 'split'",
            "derived.split.name: expected a name that no other column has, "
            "found 'split' beside 'split': both may have split",
        ),
        (
            "[[derived]]\nname = 'D_height'\nformula = 'split'",
            "derived.D_height.name: expected a name that no other column has, "
            "found 'D_height', which is read as height of something",
        ),
        ("derived = 3", "derived: expected [[derived]], found 3"),
    ],
)
def test_what_is_said_of_a_wrong_derived_value(text: str, message: str) -> None:
    whole = to_toml(replace(DOUBLET, derived=()))
    with pytest.raises(RecipeError) as caught:
        recipe_from_toml(f"{text}\n{whole}" if text.startswith("derived") else f"{whole}{text}\n", "my.toml")
    assert caught.value.message.startswith(f"my.toml: {message}")


def test_what_has_no_area_has_none_in_a_formula() -> None:
    carbon = load_recipe("carbon-bwf")
    with pytest.raises(
        RecipeError, match=r"derived\.f\.formula: expected no area of a bwf, which has none, found 'area"
    ):
        replace(carbon, derived=(Derived("f", "area(D) / area(G)"),))


def test_an_instrument_width_broadens_all_heights_of_a_formula_or_none() -> None:
    carbon = replace(load_recipe("carbon-bwf"), ratios=(), derived=(Derived("f", "height(D) / height(G)"),))
    wide = {"instrument.fwhm_cm1": 5}
    message = r"it changes the height of some peaks of f alone \(D, a lorentzian and G, a bwf\), found 5"
    with pytest.raises(RecipeError, match=message):
        with_overrides(carbon, wide)
    with_overrides(carbon, {**wide, "derived.f.formula": "height(D) / center(G)"})
    with_overrides(replace(carbon, ratios=(Ratio("D", "D"),)), {**wide, "derived.f.formula": "ratio * center(G)"})
