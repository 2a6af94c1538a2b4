"""Options of tables: where they go, and in which form."""

from __future__ import annotations

import click

from ramanfit.cli.display import Output
from ramanfit.cli.options.declare import Function, given, resolved

_FORMS = (
    *(
        click.option(f"--{form}", "form", flag_value=form, default=None, help=text)
        for form, text in (
            ("csv", "Comma-separated values, also on a terminal."),
            ("tsv", "Tab-separated values."),
            ("json", "One JSON array."),
            ("jsonl", "One JSON object per line."),
            ("md", "A Markdown table in human digits."),
            ("tex", "A LaTeX table in human digits."),
        )
    ),
    click.option(
        "--no-header", "header", flag_value=False, default=True, show_default=False, help="Leave out the line of names."
    ),
)
_OUTPUT = (
    click.option(
        "-o",
        "--output",
        "path",
        metavar="FILE",
        default="-",
        show_default=False,
        help="Write to FILE in the form of its ending: .csv .tsv .json .jsonl .md .tex .xlsx .parquet",
    ),
    *_FORMS,
)
output_options = resolved("output", Output.resolve, _OUTPUT)


def unresolved_output_options(command: Function) -> Function:
    """Add the options of `output_options` as they are given: `path`, `form` and `header`."""
    return given(command, _OUTPUT)


def form_options(command: Function) -> Function:
    """Add the options for the form of a table on standard output: `form` and `header`."""
    return given(command, _FORMS)
