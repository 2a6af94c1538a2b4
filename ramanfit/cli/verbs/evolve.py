"""``ramanfit evolve``: position versus time, tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.declare import OUTPUT, own_option
from ramanfit.cli.options.experiment import evolution_options
from ramanfit.cli.options.fitting import fit_options
from ramanfit.cli.options.output import form_options
from ramanfit.cli.types import FOLDER
from ramanfit.cli.verb import Verb
from ramanfit.experiment.request import Drawing, Request

if TYPE_CHECKING:
    from ramanfit.experiment.gathered import Gathered


@click.command("evolve", cls=Verb)
@fit_options
@evolution_options
@own_option(
    OUTPUT, "-o", "--output", "folder", type=FOLDER, help="Folder for tables, figures and report, made if needed."
)
@form_options
@talk_options
@click.pass_obj
def command(
    console: Console,
    request: Request,
    check: bool,
    meta: str | None,
    drawing: Drawing,
    folder: str | None,
    form: str | None,
    header: bool,
    columns: tuple[str, ...] | None,
) -> None:
    """Give position versus time: tables, maps, traces.

    FILES are the scans of one experiment, or the tables that `ramanfit fit` wrote of them; bands and curves
    then come from the exports that the tables name. Without -o the wide table goes to standard output.

    \b
    Examples:
      ramanfit evolve scans/ -o evolution/
      ramanfit evolve scans/ --echem cell.mpt -o evolution/
      ramanfit evolve scans/ --reference pristine.txt --format pdf -o evolution/
      ramanfit evolve tables/*.csv --period 10min -o evolution/
      ramanfit evolve scans/ --no-figures -o tables/
      ramanfit evolve scans/ | head
    """
    from ramanfit.cli.display import Output
    from ramanfit.cli.ending import expect_writable, refuse, report_flags, write_meta
    from ramanfit.drawing.folder import check_style, files_in, read_besides
    from ramanfit.experiment.abscissas import check_abscissa
    from ramanfit.experiment.gather import gather
    from ramanfit.experiment.maps import check_quantities, maps_of
    from ramanfit.experiment.outputs import make_folder
    from ramanfit.experiment.run import is_run, refuse_foreign_run

    if folder is None:
        refuse_without_figures(drawing)
        output = Output.resolve("-", form, header, columns)
        output.check_fits(request)
        refuse(("-", meta), request, drawing.reference)
        expect_writable(meta)
        gathered = gather(request, console, reference=drawing.reference, draw=False)
        written = ["-"]
        with output.open() as writer:
            writer.write(gathered.ratios)
    else:
        if form is not None or not header:
            raise click.UsageError("the tables in -o DIR are CSV: leave out the option for the form of a table")
        check_quantities(request, drawing)
        check_abscissa(request, drawing.x)
        if columns is not None:
            raise click.UsageError("--columns picks those of the table on standard output: leave it out with -o DIR")
        if is_run(meta, folder):
            meta = None  # it is written anyway
        refuse((*files_in(folder, maps_of(request.recipe, drawing), drawing), meta), request, read_besides(drawing))
        check_style(drawing.style, console)
        refuse_foreign_run(target := make_folder(folder))
        expect_writable(meta)
        gathered = gather(
            request,
            console,
            reference=drawing.reference,
            draw=drawing.figures or drawing.report,
            drawing=drawing if drawing.figures else None,
        )
        written = write_folder(target, gathered, request, drawing, console, meta)
    write_meta(meta, request, [*gathered.inputs, *drawing.read_for_style], written)
    report_flags(gathered.evolution.fits.flags, console, check=check)


def refuse_without_figures(drawing: Drawing) -> None:
    """Refuse options of what is written into a folder, where there is none.

    Raises
    ------
    click.UsageError
        Naming the option.
    """
    figures = {"--x": drawing.x, "--ends": drawing.ends, "--style": drawing.style, "--format": drawing.formats}
    picks = {"--point": drawing.point, "--soc": drawing.soc, "--times": drawing.times_s}
    for option, value in {**figures, **picks, "--quantity": drawing.quantities}.items():
        if value not in (None, ()):
            raise click.UsageError(f"{option} is for figures: name a folder for them with -o DIR")


def write_folder(
    folder: Path, gathered: Gathered, request: Request, drawing: Drawing, console: Console, meta: str | None
) -> list[str]:
    """Write tables, figures and report: made beside the folder, and moved in when all are there; return their paths.

    Raises
    ------
    RecipeError
        If a quantity that is to be mapped is no column.
    InputError
        If a file cannot be written.
    OutputIsInputError
        If one of them is an input.
    """
    from ramanfit.cli.ending import command_line, environment, refuse, with_record
    from ramanfit.drawing.folder import files_in, write_figures, write_report
    from ramanfit.experiment.provenance import circumstances, record_of
    from ramanfit.experiment.run import RUN, made_beside, move_in

    if drawing.figures:
        from ramanfit.drawing.abscissa import abscissa_of

        abscissa_of(gathered.evolution, drawing.x)
    maps = gathered.map_names(drawing.quantities)
    refuse((*files_in(folder, maps, drawing), meta), request, gathered.inputs)  # tables name inputs that FILES do not
    inputs = with_record([*gathered.inputs, *drawing.read_for_style], request)
    record = record_of(request.recipe, inputs, command_line())
    record["not_read"] = console.survived
    with made_beside(folder) as beside:
        written = gathered.write_tables(beside, drawing.quantities)
        if drawing.figures:
            written += write_figures(beside, gathered, drawing, console)
        if drawing.report:
            title = Path(request.files[0]).name or request.recipe.name
            written += write_report(beside, gathered, record, title, drawing.x)
        for line in move_in(beside, written, folder, {**record, **circumstances(folder / RUN, environment())}):
            console.warn(line)
    console.say(f"wrote {folder}: {', '.join([*written, RUN])}")
    return [str(folder / name) for name in written]
