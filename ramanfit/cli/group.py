"""The program: a group of commands, each imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from ramanfit.cli import COMMANDS
from ramanfit.cli.console import Console, talk_options
from ramanfit.errors import UsageError, __version__


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is invoked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command named first, or say which name is near."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from ramanfit.recipe.settings import nearest

            raise click.UsageError(f"no command {args[0]!r}: {nearest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what the guts call wrong usage is said as the command's own."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            if error.hint is not None:
                raise
            name = ctx.invoked_subcommand or ""
            command = self.get_command(ctx, name) or self
            raise click.UsageError(error.message, click.Context(command, ctx, name)) from error

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the program does, and its commands."""
        from ramanfit.cli.help import format_group

        formatter.write(format_group(self, [(name, text) for name, (_, text) in COMMANDS.items()], ctx))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete names of commands without importing them."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)


def _show_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    click.echo(f"ramanfit {__version__}")
    if context.ensure_object(Console).verbose:
        from ramanfit.fit.engine.compiled.library import said

        click.echo(f"core: {said()}")
    context.exit()


@click.group(
    cls=LazyGroup,
    no_args_is_help=False,  # bare `ramanfit` is wrong usage; the console prints this help to stderr
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.option("--version", is_flag=True, expose_value=False, callback=_show_version, help="Show the version and exit.")
@talk_options
def ramanfit() -> None:
    """From a WITec Raman export to I_B/I_G with its standard error.

    \b
    Examples:
      ramanfit info scan.txt                  what is in the file
      ramanfit fit scan.txt                   positions, widths, heights, areas
      ramanfit ratio day1/ -o ratios.csv      one row per spectrum of a folder
      ramanfit evolve day1/ -o evolution/     maps, traces, bands, report
      ramanfit recipe li-graphite > my.toml   to edit, then --recipe my.toml
    """
