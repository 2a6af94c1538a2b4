"""``ramanfit compare``: several experiments side by side."""

from __future__ import annotations

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.declare import FIGURES, INPUT, OUTPUT, PLACED, own_option
from ramanfit.cli.options.experiment import figure_width
from ramanfit.cli.options.output import form_options
from ramanfit.cli.types import FILE_OR_FOLDER, FOLDER, Several
from ramanfit.cli.verb import Verb


@click.command("compare", cls=Verb)
@click.argument("paths", metavar="DIRS...", type=FILE_OR_FOLDER, nargs=-1, required=True)
@own_option(
    INPUT, "--name", "names", multiple=True, metavar="NAME", help="Of each experiment, in order.  [default: folder]"
)
@own_option(
    OUTPUT, "--quantity", "quantities", multiple=True, metavar="COLUMN", help="One more to compare, e.g. G_fwhm_cm1."
)
@own_option(
    PLACED,
    "--x",
    "abscissa",
    default="time",
    metavar="NAME",
    help="Compare at equal time, scan, voltage, capacity, soc, or a column.",
)
@own_option(
    OUTPUT, "-o", "--output", "folder", type=FOLDER, help="Folder for the table and the figures, made if needed."
)
@own_option(
    FIGURES,
    "--format",
    "formats",
    type=Several(click.Choice(["svg", "pdf", "png"]), "svg,pdf"),
    default=None,
    help="With -o: forms of figures besides PNG.",
)
@figure_width
@form_options
@talk_options
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[str, ...],
    names: tuple[str, ...],
    quantities: tuple[str, ...],
    abscissa: str,
    folder: str | None,
    formats: tuple[str, ...] | None,
    width: str,
    form: str | None,
    header: bool,
    columns: tuple[str, ...] | None,
) -> None:
    """Put several experiments side by side.

    DIRS are folders that `ramanfit evolve -o` wrote, or wide tables of fits. Every ratio, position and height also
    has its difference to the first experiment, at the same point and time. With -o there is a figure of each.

    \b
    Examples:
      ramanfit compare cell1/ cell2/ -o compared/
      ramanfit compare cell1/ cell2/ --x voltage -o by-voltage/ --format pdf
      ramanfit compare cell1/ cell2/ --name dry --name wet --json
      ramanfit compare cell1/ cell2/ --columns ratio,ratio_diff,ratio_diff_se
    """
    from ramanfit.cli.display import FOR_PEOPLE, TERMINAL, Output
    from ramanfit.experiment.compare import comparison
    from ramanfit.experiment.overwrite import refuse_inputs

    console: Console = context.obj
    if folder is None:
        for option, value in (("--format", formats), ("--width", _given(context, "width"))):
            if value:
                raise click.UsageError(f"{option} is for figures: name a folder for them with -o DIR")
        output = Output.resolve("-", form, header, columns)
        compared = comparison(paths, names, quantities, abscissa, console)
        refuse_inputs(("-",), (), compared.inputs)
        for_people = output.form in (TERMINAL, *FOR_PEOPLE)
        if columns is not None:
            output = output._replace(columns=compared.with_keys(columns))
        elif for_people:
            output = output._replace(columns=compared.printed)
        with output.open() as writer:
            writer.write(compared.table)
        return
    if form is not None or not header or columns is not None:
        raise click.UsageError("options for the table on standard output do not act with -o DIR: leave them out")
    from ramanfit.drawing.compare import compare_files, write_comparison
    from ramanfit.experiment.outputs import make_folder

    compared = comparison(paths, names, quantities, abscissa, console)
    refuse_inputs(compare_files(folder, compared, formats or ()), (), compared.inputs)
    written = write_comparison(make_folder(folder), compared, formats or (), width, console)
    console.say(f"wrote {folder}: {', '.join(written)}")


def _given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
