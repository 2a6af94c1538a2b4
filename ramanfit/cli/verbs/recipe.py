"""``ramanfit recipe``: the shipped recipes."""

from __future__ import annotations

import click

from ramanfit.cli.console import say_written, talk_options
from ramanfit.cli.display import Output
from ramanfit.cli.help import Verb
from ramanfit.cli.options.output import unresolved_output_options
from ramanfit.cli.options.recipe import complete_recipe


@click.command("recipe", cls=Verb)
@click.argument("name", required=False, shell_complete=complete_recipe)
@unresolved_output_options
@talk_options
def command(name: str | None, path: str, form: str | None, header: bool, columns: tuple[str, ...] | None) -> None:
    """Name the shipped recipes, or print one as TOML.

    \b
    Examples:
      ramanfit recipe                          the names and what each is for
      ramanfit recipe li-graphite > my.toml    to edit, then --recipe my.toml
    """
    from ramanfit.cli.verbs.list import recipes
    from ramanfit.recipe.toml import recipe_text
    from ramanfit.tables.sink import Sink

    if name is None:
        with Output.resolve(path, form, header, columns).open() as writer:
            writer.write(recipes())
    else:
        text = recipe_text(name).encode()
        with Sink(path) as sink:
            sink.write(text)
        say_written(path, f"recipe {name}")
