"""``ramanfit list``: what there is to choose from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from ramanfit.cli.console import talk_options
from ramanfit.cli.options.output import output_options
from ramanfit.cli.verb import Verb

if TYPE_CHECKING:
    from ramanfit.cli.display import Output
    from ramanfit.tables.table import Table


def readers() -> Table:
    """Return the export kinds that can be read, and those that other packages read."""
    from ramanfit.formats import READERS
    from ramanfit.formats.outside import outsiders
    from ramanfit.tables.table import Table

    names = ("name", "parses", "skips", "unseen", "package")
    rows = [(r.name, r.parses, r.skips, r.unseen, "ramanfit") for r in READERS]
    for name, package, reader, trouble in outsiders():
        rows.append((name, trouble, "", "", package) if reader is None else (*reader[:4], package))
    return Table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def baselines() -> Table:
    """Return the baselines a recipe can ask for."""
    from ramanfit.fit.baseline_subtract import METHODS, algorithms
    from ramanfit.recipe.parts import MAX_ORDER
    from ramanfit.tables.table import Table

    others = {name: method for name, method in algorithms().items() if name not in METHODS}
    meaning = f"polynomial in the fit, together with the peaks; baseline.order 0 (constant) to {MAX_ORDER}, auto, none"
    families = [method.__module__.rpartition(".")[2].replace("_", " ") for method in others.values()]
    return Table(
        {
            "name": ["fit", *METHODS, *others],
            "subtracted": ["no", *["first"] * (len(METHODS) + len(others))],
            "meaning": [meaning, *(method.meaning for method in METHODS.values()), *families],
            "reference": ["", *(method.reference for method in METHODS.values()), *["see pybaselines"] * len(others)],
        }
    )


def shapes() -> Table:
    """Return the line shapes a peak can have."""
    from ramanfit.fit.lineshapes import SHAPES

    return _pairs("formula", {name: shape.formula for name, shape in SHAPES.items()})


def recipes() -> Table:
    """Return the shipped recipes."""
    from ramanfit.recipe.toml import shipped_recipes

    return _pairs("description", shipped_recipes())


def columns() -> Table:
    """Return the columns of the tables, with their units."""
    from ramanfit.experiment.events import EVENT_COLUMNS
    from ramanfit.tables.columns import COLUMNS
    from ramanfit.tables.table import Table

    every = COLUMNS | EVENT_COLUMNS
    units, meanings = zip(*every.values(), strict=True)
    return Table({"name": list(every), "unit": units, "meaning": meanings})


def flags() -> Table:
    """Return the flags: what each means, how often it is false, and what to do."""
    from ramanfit.fit.flags import FLAGS
    from ramanfit.tables.table import Table

    fields = {"meaning": "meaning", "false_alarms": "false", "what_to_do": "remedy"}
    return Table(
        {"name": list(FLAGS)} | {name: [getattr(f, of) for f in FLAGS.values()] for name, of in fields.items()}
    )


def _pairs(second: str, pairs: dict[str, str]) -> Table:
    from ramanfit.tables.table import Table

    return Table({"name": list(pairs), second: list(pairs.values())})


LISTS: dict[str, Callable[[], Table]] = {
    "readers": readers,
    "baselines": baselines,
    "shapes": shapes,
    "recipes": recipes,
    "columns": columns,
    "flags": flags,
}


@click.command("list", cls=Verb)
@click.argument("what", type=click.Choice(list(LISTS)))
@output_options
@talk_options
def command(what: str, output: Output) -> None:
    """List readers, baselines, shapes, recipes, columns or flags.

    \b
    Examples:
      ramanfit list columns            what every column means, with its unit
      ramanfit list flags              what every flag means, and what to do
      ramanfit list recipes --json     for scripts
    """
    with output.open() as writer:
        writer.write(LISTS[what]())
