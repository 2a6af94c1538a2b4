"""Shipped recipes as Python are those of their files; ``python -m tests.recipe.test_shipped`` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path

from ramanfit.recipe import shipped
from ramanfit.recipe.toml import DEFAULT_RECIPE, load_recipe, recipe_from_toml, recipe_text, shipped_names
from ramanfit.recipe.toml_text import parse_toml

MODULE = Path(shipped.__file__)
HEAD = '''"""The shipped recipes as Python, so that none is parsed at every start: their test writes this file."""

# ruff: noqa: E501
# fmt: off
SHIPPED: dict[str, dict[str, object]] = {
'''


def from_files() -> str:
    names = sorted(path.stem for path in MODULE.parent.glob("*.toml"))
    lines = []
    for name in sorted(names, key=lambda name: name != DEFAULT_RECIPE):
        table = parse_toml((MODULE.parent / f"{name}.toml").read_text(encoding="utf-8"), name)
        lines += [
            f"    {quoted(name)}: {{",
            *(f"        {quoted(key)}: {quoted(table[key])}," for key in table),
            "    },",
        ]
    return HEAD + "\n".join(lines) + "\n}\n"


def quoted(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{quoted(key)}: {quoted(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(quoted, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def test_the_shipped_recipes_are_those_of_their_files() -> None:
    assert from_files() == MODULE.read_text(encoding="utf-8")


def test_a_recipe_is_that_of_its_text_whatever_was_loaded_before() -> None:
    for name in (*shipped_names(), *shipped_names()):
        assert load_recipe(name) == recipe_from_toml(recipe_text(name), name)


if __name__ == "__main__":
    MODULE.write_text(from_files(), encoding="utf-8")
