"""``ramanfit recipe``: the shipped recipes, what a recipe may say, and whether one is good."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ramanfit.cli.console import Console, say_written, talk_options
from ramanfit.cli.display import Output
from ramanfit.cli.options.declare import OUTPUT, own_option
from ramanfit.cli.options.output import unresolved_output_options
from ramanfit.cli.options.recipe import complete_recipe
from ramanfit.cli.verb import Verb
from ramanfit.errors import RamanfitError


@click.command("recipe", cls=Verb)
@click.argument("names", metavar="[NAME|FILE]...", nargs=-1, shell_complete=complete_recipe)
@own_option(OUTPUT, "--schema", is_flag=True, help="Print the JSON Schema of recipes, for editors of TOML.")
@own_option(OUTPUT, "--check", is_flag=True, help="Say whether recipes are good; exit with 2 if one is not.")
@unresolved_output_options
@talk_options
@click.pass_obj
def command(
    console: Console,
    names: Sequence[str],
    schema: bool,
    check: bool,
    path: str,
    form: str | None,
    header: bool,
    columns: tuple[str, ...] | None,
) -> None:
    """Name the shipped recipes, or print one as TOML.

    \b
    Examples:
      ramanfit recipe                          the names and what each is for
      ramanfit recipe li-graphite > my.toml    to edit, then --recipe my.toml
      ramanfit recipe --check my.toml          good, or what is wrong with it
      ramanfit recipe --schema > recipe.json   what a recipe may say

    With `#:schema ./recipe.json` as the first line of my.toml, editors that know taplo (Even Better TOML) check and
    complete it while it is written.
    """
    if schema and (names or check):
        raise click.UsageError("--schema is that of all recipes: give it alone")
    if check and not names:
        raise click.UsageError("--check needs the recipes to check")
    if len(names) > 1 and not check:
        raise click.UsageError(f"expected one recipe, found {len(names)}; --check takes several")
    if (names or schema) and not (form is None and header and columns is None):
        raise click.UsageError("only the table of names has a form, columns and a header")
    if check:
        if path != "-":
            raise click.UsageError("--check writes no file: leave out -o")
        _check(names, console)
    elif names or schema:
        _write(path, _schema() if schema else _text(names[0]), "schema of recipes" if schema else f"recipe {names[0]}")
    else:
        from ramanfit.cli.verbs.list import recipes

        with Output.resolve(path, form, header, columns).open() as writer:
            writer.write(recipes())


def _text(name: str) -> str:
    from ramanfit.recipe.toml import recipe_text

    return recipe_text(name)


def _schema() -> str:
    import json

    from ramanfit.recipe.schema import recipe_schema

    return json.dumps(recipe_schema(), indent=2, ensure_ascii=False) + "\n"


def _check(names: Sequence[str], console: Console) -> None:
    """Say of each recipe that it is good, or what is wrong with it."""
    from ramanfit.recipe.toml import load_recipe
    from ramanfit.tables.sink import Sink

    with Sink() as sink:
        for name in names:
            try:
                load_recipe(name)
            except RamanfitError as error:
                console.survive(error)
            else:
                sink.write(f"{name}: good\n".encode())


def _write(path: str, text: str, what: str) -> None:
    from ramanfit.tables.sink import Sink

    with Sink(path) as sink:
        sink.write(text.encode())
    say_written(path, what)
