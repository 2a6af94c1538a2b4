"""Recipes as TOML: the shipped ones, a user's file, single settings from the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ramanfit.errors import RecipeError
from ramanfit.recipe.laid_over import DEFAULT_RATIO, laid_over
from ramanfit.recipe.parts import (
    Alternatives,
    Axis,
    Bands,
    Baseline,
    Clean,
    Detection,
    Errors,
    Instrument,
    Noise,
    Window,
)
from ramanfit.recipe.peaks import Derived, Peak, Ratio
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.settings import NONE, build, expect, nearest, unknown
from ramanfit.recipe.shipped import SHIPPED
from ramanfit.recipe.toml_text import format_toml, parse_toml, toml_text

DEFAULT_RECIPE = "li-graphite"
MOST_BASES = 10  # under one another
MOST_BESIDE = 20  # recipes
MOST_ITEMS = 100  # peaks, ratios, derived values

_FOLDER = Path(__file__).parent / "shipped"
TABLES = {
    "axis": Axis,
    "instrument": Instrument,
    "window": Window,
    "clean": Clean,
    "baseline": Baseline,
    "noise": Noise,
    "detection": Detection,
    "errors": Errors,
    "alternatives": Alternatives,
    "bands": Bands,
}
LISTS = {"peaks": Peak, "ratios": Ratio, "derived": Derived}
TEXTS = ("name", "description", "source")


def load_recipes(names_or_paths: Sequence[str]) -> Recipe:
    """Return the last of several recipes, with the others beside it; see `load_recipe`."""
    *others, last = names_or_paths
    return load_recipe(last, [load_recipe(name) for name in others])


def load_recipe(name_or_path: str, beside: Sequence[Recipe] = ()) -> Recipe:
    """Return a shipped recipe by name, or one from a TOML file.

    Parameters
    ----------
    name_or_path : str
    beside : sequence of Recipe
        What is fitted beside it, whose peaks it may name.

    Raises
    ------
    RecipeError
        If there is neither, or the file is no valid recipe.
    """
    if name_or_path in shipped_names():
        return _recipe(SHIPPED[name_or_path], name_or_path, beside)
    return _load(name_or_path, beside, ())


def _load(name_or_path: str, beside: Sequence[Recipe], above: tuple[str, ...]) -> Recipe:
    """Return the recipe of a file; `above` are the files that it is the base of."""
    try:
        text = toml_text(name_or_path)
    except FileNotFoundError:
        hint = nearest(Path(name_or_path).stem, shipped_names())
        raise RecipeError(f"{name_or_path}: no such recipe and no such file", hint=hint) from None
    except OSError as error:
        raise RecipeError(f"{name_or_path}: {error.strerror or error}") from None
    return recipe_from_toml(text, name_or_path, beside, above)


def recipe_files(name_or_path: str) -> list[str]:
    """Return the files that `load_recipe` reads: none for a shipped recipe, else also those that it is laid over.

    What is wrong with one of them is left for `load_recipe` to say.
    """
    files: list[str] = []
    while name_or_path not in shipped_names() and name_or_path not in files and len(files) <= MOST_BASES:
        files.append(name_or_path)
        try:
            base = parse_toml(toml_text(name_or_path), name_or_path).get("base")
        except (OSError, RecipeError):
            break
        if not isinstance(base, str):
            break
        name_or_path = base if base in shipped_names() else str(Path(name_or_path).parent / base)
    return files


def _base(name: object, where: str, above: tuple[str, ...]) -> dict[str, Any]:
    """Return the settings of the recipe that another is laid over, found beside it if it is a file."""
    expect(isinstance(name, str), "base", "the name or the file of a recipe", name)
    if str(name) in shipped_names():
        return to_dict(load_recipe(str(name)))
    expect("\0" not in str(name), "base", "the name or the file of a recipe", name)
    beside = str(Path(where).parent / str(name))
    through = (*above, os.path.realpath(where))
    if os.path.realpath(beside) in through:
        what = "itself" if len(through) == 1 else "again, in a circle"
        raise RecipeError(f"base: expected another recipe, found {name!r} {what}")
    expect(len(through) < MOST_BASES, "base", f"at most {MOST_BASES} recipes under one another", len(through) + 1)
    try:
        return to_dict(_load(beside, (), through))
    except RecipeError as error:
        raise RecipeError(f"base: {error.message}", hint=error.hint) from None


def shipped_recipes() -> dict[str, str]:
    """Return name and description of every shipped recipe, the default first."""
    return {name: load_recipe(name).description for name in SHIPPED}


def shipped_names() -> list[str]:
    """Return the names of the shipped recipes, the default first."""
    return [*SHIPPED]


def recipe_text(name: str) -> str:
    """Return the TOML of a shipped recipe, with its comments.

    Raises
    ------
    RecipeError
        If no such recipe is shipped.
    """
    if name not in shipped_names():
        raise unknown("recipe", name, shipped_names())
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def recipe_from_toml(text: str, where: str, beside: Sequence[Recipe] = (), above: tuple[str, ...] = ()) -> Recipe:
    """Return the recipe a TOML text holds.

    With ``base = "NAME"`` or a file beside it, that recipe's settings hold where the text has none, also those of
    peaks, ratios and derived values of the same name; what has another name stands behind them.

    Parameters
    ----------
    text : str
    where : str
        The file, for messages.
    beside : sequence of Recipe
        As in `load_recipe`.
    above : tuple of str
        Real paths of the files that it is the base of, in turn.

    Raises
    ------
    RecipeError
        ``where: key: expected ..., found ...``; ``where:line: ...`` for a syntax error.
    """
    return _recipe(parse_toml(text, where), where, beside, above)


def _recipe(given: Mapping[str, Any], where: str, beside: Sequence[Recipe] = (), above: tuple[str, ...] = ()) -> Recipe:
    table = dict(given)
    try:
        if "base" in table:
            under = _base(table.pop("base"), where, above)
            baseline = table.get("baseline", {})
            if isinstance(baseline, dict) and not takes_smooth({f"baseline.{k}": v for k, v in baseline.items()}):
                under["baseline"]["smooth_cm1"] = NONE
            instrument = table.get("instrument", {})
            if isinstance(instrument, dict) and "fwhm_cm1" in instrument:
                under["instrument"]["source"] = ""  # that of another width
            table = {
                **under,
                **{
                    key: laid_over(key, under.get(key), value, listed=key in LISTS, table=key in TABLES)
                    for key, value in table.items()
                },
            }
        if beside:
            expect(
                "beside" not in table, "beside", "no recipes in one that is the last of several", table.get("beside")
            )
            table["beside"] = [to_dict(other) for other in beside]
        return from_dict(table)
    except RecipeError as error:
        raise RecipeError(f"{where}: {error.message}", hint=error.hint) from None


def from_dict(table: Mapping[str, Any]) -> Recipe:
    """Return the recipe of nested mappings as `to_dict` makes them; what is left out has its default."""
    ready: dict[str, Any] = {key: build(cls, table[key], key) for key, cls in TABLES.items() if key in table}
    for key, cls in LISTS.items():
        items = table.get(key, [])
        expect(isinstance(items, list | tuple), key, f"[[{key}]]", items)
        expect(len(items) <= MOST_ITEMS, key, f"at most {MOST_ITEMS}", len(items))
        ready[key] = tuple(build(cls, item, _item_key(key, i, item)) for i, item in enumerate(items))
    others = table.get("beside", [])
    expect(isinstance(others, list | tuple), "beside", "[[beside]]", others)
    expect(len(others) <= MOST_BESIDE, "beside", f"at most {MOST_BESIDE}", len(others))
    for other in others:
        expect(isinstance(other, Mapping), "beside", "a table", other)
    ready["beside"] = tuple(from_dict(other) for other in others)
    return build(Recipe, table, **ready)


def _item_key(key: str, index: int, item: object) -> str:
    default = DEFAULT_RATIO if key == "ratios" else index + 1
    return f"{key}.{item.get('name', default) if isinstance(item, Mapping) else index + 1}"


def to_dict(recipe: Recipe) -> dict[str, Any]:
    """Return every setting as nested dicts and lists in the order of the TOML file; None stays None."""
    values = asdict(recipe)
    values["beside"] = [to_dict(other) for other in recipe.beside]
    return {key: values[key] for key in (*TEXTS, *TABLES, *LISTS, *["beside"] * bool(recipe.beside))}


def to_toml(recipe: Recipe) -> str:
    """Return the full recipe as TOML: `recipe_from_toml` makes the same recipe of it."""
    return "\n".join(_lines(recipe)) + "\n"


def _lines(recipe: Recipe, inside: str = "") -> list[str]:
    lines = [f"{key} = {format_toml(getattr(recipe, key))}" for key in TEXTS]
    for key in TABLES:
        lines += ["", f"[{inside}{key}]", *_settings(getattr(recipe, key))]
    for key in LISTS:
        for item in getattr(recipe, key):
            lines += ["", f"[[{inside}{key}]]", *_settings(item)]
    for other in recipe.beside:
        lines += ["", f"[[{inside}beside]]", *_lines(other, f"{inside}beside.")]
    return lines


def _settings(settings: Any) -> list[str]:
    return [f"{f.name} = {format_toml(getattr(settings, f.name))}" for f in fields(settings)]


def with_overrides(recipe: Recipe, overrides: Mapping[str, object]) -> Recipe:
    """Return the recipe with some settings replaced.

    Parameters
    ----------
    recipe : Recipe
    overrides : mapping of str to object
        Of the recipe, those of peaks, ratios and derived values also of the recipes beside it.
        Dotted keys, peaks, ratios and derived values by name: ``"baseline.order"``, ``"peaks.G.center_max_cm1"``. A
        text is read as a TOML value (``"3"``, ``"[[1000, 1050]]"``, ``"none"``) where the setting is no text.

    Raises
    ------
    RecipeError
        If a key is unknown, or the settings together are not valid.
    """
    if not overrides:
        return recipe
    table = to_dict(recipe)
    if not takes_smooth(overrides):
        table["baseline"]["smooth_cm1"] = NONE
    if "instrument.fwhm_cm1" in overrides:
        table["instrument"]["source"] = ""  # that of another width
    slots = _slots(table)
    for key, value in overrides.items():
        if key not in slots:
            raise RecipeError(f"unknown setting '{key}'", hint=nearest(key, slots))
        table_of_key, name = slots[key]
        table_of_key[name] = value if isinstance(table_of_key[name], str) else _parse_value(value)
    return from_dict(table)


def setting_names(recipe: Recipe) -> list[str]:
    """Return the dotted keys that `with_overrides` takes."""
    return list(_slots(to_dict(recipe)))


def takes_smooth(overrides: Mapping[str, object]) -> bool:
    """Tell whether a smooth part of the baseline can stay where some settings, by dotted keys, are chosen anew."""
    return overrides.get("baseline.method", "fit") == "fit" and overrides.get("baseline.order") not in ("auto", NONE)


def _slots(table: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Return where every dotted key points: a part of `table` and the name in it."""
    slots = {name: (table, name) for name in TEXTS}
    tables = {key: table[key] for key in TABLES}
    for some in (*table.get("beside", ()), table):
        tables |= {f"{key}.{item['name']}": item for key in LISTS for item in some[key]}
    return slots | {f"{key}.{name}": (its_table, name) for key, its_table in tables.items() for name in its_table}


def _parse_value(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        parsed = parse_toml(f"value = {value}", "")
    except RecipeError:
        return value
    return parsed["value"] if len(parsed) == 1 else value
