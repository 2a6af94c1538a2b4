"""``ramanfit help``: what a command does."""

from __future__ import annotations

import click

from ramanfit.cli import COMMANDS
from ramanfit.cli.console import talk_options
from ramanfit.cli.verb import Verb


def complete_command(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete names of commands."""
    return [name for name in COMMANDS if name.startswith(incomplete)]


@click.command("help", cls=Verb)
@click.argument("name", metavar="[COMMAND]", required=False, shell_complete=complete_command)
@talk_options
@click.pass_context
def command(context: click.Context, name: str | None) -> None:
    """Show what a command does, as its --help.

    \b
    Examples:
      ramanfit help
      ramanfit help evolve             what most need
      ramanfit evolve --help-all       every option
    """
    program = context.find_root()
    if name is None:
        click.echo(program.get_help())
        return
    group = program.command
    assert isinstance(group, click.Group)
    found = group.resolve_command(program, [name])[1]
    assert found is not None
    click.echo(click.Context(found, program, name).get_help())
