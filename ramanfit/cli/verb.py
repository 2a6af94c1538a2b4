"""What every verb is: a command whose help stands in groups, and that names the value which an option lacks."""

from __future__ import annotations

import click

from ramanfit.cli.options.declare import RUNNING, set_group

EVERYTHING = "ramanfit.help_all"
"""Key of a context in which all options are shown."""


class Verb(click.Command):
    """A command whose help stands in groups."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; of an option without its value say what the value looks like."""
        try:
            return super().parse_args(ctx, args)
        except click.BadOptionUsage as error:
            option = next((one for one in self.get_params(ctx) if error.option_name in one.opts), None)
            if error.ctx is not None or option is None:
                raise
            value = (option.get_help_record(ctx) or ("its help",))[0].rpartition(" ")[2]
            raise click.BadOptionUsage(error.option_name, f"{error.option_name} needs a value: {value}", ctx) from error

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters, those for help last."""
        params = super().get_params(ctx)
        for option in params[len(self.params) :]:
            set_group(option, RUNNING)
        return [*params, _everything]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, what the command does, examples, options by groups, and where to read on."""
        from ramanfit.cli.help import format_verb

        formatter.write(format_verb(self, ctx))


def _show_everything(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.meta[EVERYTHING] = True
        click.echo(ctx.get_help())
        ctx.exit()


_everything = click.Option(
    ["--help-all"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_everything,
    help="Show every option and exit.",
)
set_group(_everything, RUNNING)
