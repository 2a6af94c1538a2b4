"""What an option's value can be, for completion: found without numpy, and nothing where anything is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import csv

    from click.shell_completion import CompletionItem

    from ramanfit.recipe.recipe import Recipe

Complete = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]
_MOST_ROWS = 20_000  # of a table that are looked at


def _completing(find: Callable[[click.Context], Iterable[str]], *, several: bool = False) -> Complete:
    """Return what completes the names that are found; of several, with commas between them, the last."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",") if several else ("", "", incomplete)
        names: list[str] = []
        with suppress(Exception):  # a recipe that is wrong is told when the command runs
            names = [*dict.fromkeys(find(context))]
        given = before.split(",")
        return [
            CompletionItem(f"{before}{comma}{name}") for name in names if name.startswith(last) and name not in given
        ]

    return complete


def _recipe(context: click.Context) -> Recipe:
    from ramanfit.recipe.toml import DEFAULT_RECIPE, load_recipes

    return load_recipes(context.params.get("recipe") or (DEFAULT_RECIPE,))


def _tables(context: click.Context) -> Iterator[csv.DictReader[str]]:
    """Yield the tables of fits that the line names; each is closed when the next is asked for."""
    import csv

    words = context.find_root().obj
    for path in words if isinstance(words, list) else ():
        if Path(path).is_file():
            with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as file:
                head = file.readline(1 << 16)
                file.seek(0)
                table = csv.DictReader(file, delimiter="\t" if "\t" in head else ",")
                if "point" in (table.fieldnames or ()):
                    yield table


def _columns(context: click.Context) -> Iterator[str]:
    """Yield the columns of the tables on the line, else those that fits with the recipe have."""
    named = [name for table in _tables(context) for name in table.fieldnames or ()]
    if named:
        yield from (*named, "all")
        return
    from ramanfit.recipe.column_kind import CELL, KEY, PEAK, SPECTRUM
    from ramanfit.recipe.columns import kinds_of

    if context.command.name == "fit":
        yield from (kind.name for owner in (KEY, CELL, PEAK, SPECTRUM) for kind in kinds_of(owner))
    else:
        yield from _wide(_recipe(context))
    yield "all"


def _wide(recipe: Recipe, *, numbers: bool = False) -> Iterator[str]:
    from ramanfit.tables.schema import Schema

    peaks, ratios = ([each.name for each in some] for some in (recipe.every_peak, recipe.every_ratio))
    schema = Schema.of(peaks, ratios, recipe.formulas)
    yield from (entry.name for entry in schema.values() if not (numbers and entry.kind.text))


def _quantities(context: click.Context) -> Iterator[str]:
    named = [name for table in _tables(context) for name in table.fieldnames or ()]
    valid = [*_wide(_recipe(context), numbers=True)]
    yield from ([name for name in named if name in valid] if "ratio" in named else valid)


def _points(context: click.Context) -> Iterator[str]:
    for table in _tables(context):
        yield from (row["point"] or "" for row, _ in zip(table, range(_MOST_ROWS)))  # noqa: B905


def _keys(context: click.Context) -> list[str]:
    from ramanfit.recipe.toml import setting_names

    return [f"{name}=" for name in setting_names(_recipe(context))]


def _topics(context: click.Context) -> list[str]:
    from ramanfit.cli.verbs.manual import pages

    return list(pages())


def words(*some: str) -> Complete:
    """Return what completes some words."""
    return _completing(lambda context: some)


complete_columns = _completing(_columns, several=True)
complete_quantity = _completing(_quantities)
complete_point = _completing(_points)
complete_points = _completing(_points, several=True)
complete_key = _completing(_keys)
complete_topic = _completing(_topics)
