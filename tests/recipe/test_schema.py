"""The JSON Schema of recipes, held against the reader of recipes by a validator that is not ours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import RecipeError
from ramanfit.recipe.parts import AXIS_UNITS, ERRORS, NOISE_MODELS
from ramanfit.recipe.peaks import SHAPES
from ramanfit.recipe.schema import LIMITS, recipe_schema
from ramanfit.recipe.toml import LISTS, TABLES, load_recipe, recipe_from_toml, recipe_text, shipped_recipes, to_toml
from ramanfit.recipe.toml_text import parse_toml

jsonschema = pytest.importorskip("jsonschema")

SCHEMA = recipe_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
GOOD = """name = "mine"
[[peaks]]
name = "G"
center_cm1 = 1590
center_min_cm1 = 1560
center_max_cm1 = 1620
fwhm_cm1 = 40
fwhm_min_cm1 = 5
fwhm_max_cm1 = 120
"""


def valid(text: str) -> bool:
    return bool(VALIDATOR.is_valid(parse_toml(text, "x.toml")))


def accepted(text: str) -> bool:
    try:
        recipe_from_toml(text, "x.toml")
    except RecipeError:
        return False
    return True


def test_it_is_a_schema_and_survives_json() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_are_valid_as_they_are_written_and_in_full(name: str) -> None:
    for text in (recipe_text(name), to_toml(load_recipe(name))):
        VALIDATOR.validate(parse_toml(text, name))
        assert accepted(text)


def test_recipes_side_by_side_and_laid_over_another_are_valid() -> None:
    both = replace(load_recipe("graphite"), beside=(load_recipe("silicon"),))
    VALIDATOR.validate(parse_toml(to_toml(both), "both"))
    over = 'base = "graphite"\n[baseline]\norder = "auto"\n[[peaks]]\nname = "G"\ncenter_max_cm1 = 1650\n'
    assert valid(over)
    assert accepted(over)


WRONG = {
    "a key that is not there": GOOD.replace("fwhm_max_cm1", "fhwm_max_cm1"),
    "a table that is not there": GOOD + "[basline]\norder = 2\n",
    "no peak": 'name = "mine"\npeaks = []\n',
    "no name": GOOD.replace('name = "mine"', ""),
    "a peak without a center": GOOD.replace("center_cm1 = 1590\n", ""),
    "an order that is too high": GOOD + "[baseline]\norder = 6\n",
    "a word for a number": GOOD.replace("1590", '"high"'),
    "a shape that is not there": GOOD + 'shape = "lorenzian"\n',
    "a width of nothing": GOOD.replace("fwhm_min_cm1 = 5", "fwhm_min_cm1 = 0"),
    "a unit that is not there": GOOD + '[axis]\nunit = "cm"\n',
    "too few samples": GOOD + "[errors]\nsamples = 10\n",
    "three ends of a range": GOOD + "[window]\nexclude = [[1000, 1100, 1200]]\n",
    "a name of columns with a blank": GOOD.replace('"G"', '"G band"'),
    "a number for a switch": GOOD + "[clean]\nspikes = 1\n",
    "one band twice": GOOD + "[bands]\nat_cm1 = [900, 900.0]\n",
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_by_both(what: str) -> None:
    assert valid(GOOD)
    assert accepted(GOOD)
    text = WRONG[what]
    assert text != GOOD
    assert not valid(text), what
    assert not accepted(text), what


def test_every_setting_is_there_with_a_description() -> None:
    for key, cls in (TABLES | LISTS).items():
        table = SCHEMA["properties"][key]
        table = table["items"] if key in LISTS else table
        assert [*table["properties"]] == [f.name for f in fields(cls)]
        assert table["additionalProperties"] is False
        for name, value in table["properties"].items():
            assert len(value["description"]) > 3, (key, name)
    assert {key.partition(".")[0] for key in LIMITS} <= {*TABLES, *LISTS}


def beyond(limits: dict[str, Any]) -> list[object]:
    """Values that break each of some limits."""
    values: list[object] = []
    if "exclusiveMinimum" in limits:
        values += [limits["exclusiveMinimum"], limits["exclusiveMinimum"] - 1]
    if "minimum" in limits:
        values.append(limits["minimum"] - (1 if isinstance(limits["minimum"], int) else 0.001))
    if "maximum" in limits:
        values.append(limits["maximum"] + (1 if isinstance(limits["maximum"], int) else 0.001))
    if "enum" in limits:
        values.append("nonsense")
    if "pattern" in limits:
        values += ["", "1G", "G-1"]
    if limits.get("uniqueItems"):
        values.append([1000, 1200, 1000.0])
    if "maxLength" in limits:
        values.append("height(G)" + " " * limits["maxLength"])
    return values


@pytest.mark.parametrize("key", LIMITS)
def test_a_limit_of_the_schema_is_one_of_the_settings(key: str) -> None:
    table, name = key.split(".")
    broken = beyond(LIMITS[key])
    assert broken
    more = {"ratios": 'numerator = "G"\ndenominator = "G"\n', "derived": "", "peaks": ""}
    for value in broken:
        line = f"{name} = {json.dumps(value)}\n"
        if table == "peaks":
            shape = 'shape = "bwf"\n' if name.startswith("form") else ""
            text = re.sub(rf"^{name} = .*\n", "", GOOD, flags=re.M) + shape + line
            text = text if name != "name" else GOOD.replace('name = "G"\n', line)
        elif table in LISTS:
            needed = "" if name == "name" or table == "ratios" else 'name = "x"\n'
            formula = 'formula = "height(G)"\n' if table == "derived" and name != "formula" else ""
            text = GOOD + f"[[{table}]]\n{needed}{more[table]}{formula}{line}"
        else:
            text = GOOD + f"[{table}]\n{line}"
        assert not valid(text), text
        assert not accepted(text), text


def toml(value: object) -> str:
    return json.dumps(value)


NUMBER = st.one_of(st.integers(-2, 12), st.floats(-1.0, 3000.0), st.sampled_from([0, 0.01, 50, 200, 900, 1900]))
WORD = st.sampled_from(["auto", "none", "", "G", "3", "250", " 2.5e2", "nonsense", *AXIS_UNITS, *NOISE_MODELS, *ERRORS])
VALUE = st.one_of(
    NUMBER,
    WORD,
    st.booleans(),
    st.lists(NUMBER, max_size=3),
    st.lists(WORD, max_size=2),
    st.lists(st.lists(st.floats(850, 1950), min_size=2, max_size=2), max_size=2),
)
SETTING = st.sampled_from([(key, f.name) for key, cls in TABLES.items() for f in fields(cls)])
OF_PEAK = st.sampled_from(
    ["shape", "form", "form_min", "form_max", "height_min", "height_max", "fwhm_ratio", "fwhm_cm1"]
)


@given(
    st.lists(st.tuples(SETTING, VALUE), max_size=4, unique_by=lambda one: one[0]),
    st.lists(st.tuples(OF_PEAK, VALUE | st.sampled_from([*SHAPES])), max_size=2, unique_by=lambda one: one[0]),
    st.booleans(),
)
def test_whatever_the_reader_accepts_the_schema_accepts(
    settings: list[tuple[tuple[str, str], object]], of_peak: list[tuple[str, object]], over: bool
) -> None:
    text = 'base = "graphite"\n' + GOOD if over else GOOD
    for name, value in of_peak:
        text = re.sub(rf"^{name} = .*\n", "", text, flags=re.M) + f"{name} = {toml(value)}\n"
    for key in dict.fromkeys(key for (key, _), _ in settings):
        text += f"[{key}]\n" + "".join(f"{name} = {toml(v)}\n" for (its, name), v in settings if its == key)
    if accepted(text):
        VALIDATOR.validate(parse_toml(text, "x.toml"))


# -- from the shell -----------------------------------------------------------------------------------------


def ramanfit(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ramanfit", *arguments], capture_output=True, text=True, cwd=folder)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    (tmp_path / "good.toml").write_text("#:schema ./recipe.json\n" + GOOD)
    (tmp_path / "bad.toml").write_text(WRONG["an order that is too high"])
    return tmp_path


def test_the_schema_is_printed_and_written(folder: Path) -> None:
    done = ramanfit("recipe", "--schema", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == SCHEMA
    assert ramanfit("recipe", "--schema", "-o", "recipe.json", folder=folder).stdout == ""
    assert (folder / "recipe.json").read_text() == done.stdout
    assert "#:schema ./recipe.json" in ramanfit("recipe", "--help", folder=folder).stdout


def test_a_recipe_is_checked(folder: Path) -> None:
    good = ramanfit("recipe", "--check", "good.toml", "silicon", folder=folder)
    assert (good.returncode, good.stdout, good.stderr) == (0, "good.toml: good\nsilicon: good\n", "")
    mixed = ramanfit("recipe", "--check", "bad.toml", "good.toml", "none.toml", folder=folder)
    assert (mixed.returncode, mixed.stdout) == (2, "good.toml: good\n")
    assert "bad.toml: baseline.order: expected 0 to 5, auto, none, found 6" in mixed.stderr
    assert "none.toml: no such recipe and no such file" in mixed.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--check"], "--check needs the recipes"),
        (["--schema", "silicon"], "give it alone"),
        (["--schema", "--check", "silicon"], "give it alone"),
        (["silicon", "graphite"], "expected one recipe, found 2"),
        (["silicon", "--json"], "only the table of names"),
        (["--schema", "--no-header"], "only the table of names"),
        (["--check", "silicon", "-o", "x.txt"], "leave out -o"),
    ],
)
def test_what_cannot_act_is_refused(arguments: list[str], said: str, folder: Path) -> None:
    done = ramanfit("recipe", *arguments, folder=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
