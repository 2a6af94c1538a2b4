"""Options of tables: where they go, and in which form."""

from __future__ import annotations

import click

from ramanfit.cli.candidates import complete_columns
from ramanfit.cli.display import Output
from ramanfit.cli.options.declare import OUTPUT, Declared, Function, grouped, resolved
from ramanfit.cli.types import FILE, Several
from ramanfit.tables.forms import FORMS

_FORMS = (
    click.option(
        "--columns",
        type=Several(click.STRING, "NAME,..."),
        shell_complete=complete_columns,
        help="These columns, in this order; all: every one.  [default: all; for people what a paper prints]",
    ),
    *(
        click.option(f"--{name}", "form", flag_value=name, default=None, help=form.says)
        for name, form in FORMS.items()
        if form.says
    ),
    click.option(
        "--no-header", "header", flag_value=False, default=True, show_default=False, help="Leave out the line of names."
    ),
)


def _output(more: str = "") -> tuple[Declared, ...]:
    """Return ``-o`` and what says the form; its help ends with some more."""
    endings = " ".join(f".{name}" for name in FORMS)
    file = click.option(
        "-o",
        "--output",
        "path",
        type=FILE,
        default="-",
        show_default=False,
        help=f"Write to FILE in the form of its ending: {endings}{more}",
    )
    return file, *_FORMS


_OUTPUT = _output()
output_options = resolved("output", Output.resolve, OUTPUT, _OUTPUT)
fits_output_options = resolved(
    "output",
    Output.resolve_fits,
    OUTPUT,
    _output(" or .nc, netCDF with the covariance of all parameters (extra netcdf)"),
)


def unresolved_output_options(command: Function) -> Function:
    """Add the options of `output_options` as they are given: `path`, `form`, `header` and `columns`."""
    return grouped(OUTPUT, *_OUTPUT)(command)


def form_options(command: Function) -> Function:
    """Add the options for the form of a table on standard output: `form`, `header`, `columns`."""
    return grouped(OUTPUT, *_FORMS)(command)
