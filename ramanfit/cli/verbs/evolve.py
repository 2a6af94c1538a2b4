"""``ramanfit evolve``: position versus time, tables and figures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ramanfit.cli import options
from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.experiment_options import Drawing, evolution_options
from ramanfit.cli.request import Request, fit_options
from ramanfit.errors import InputError

if TYPE_CHECKING:
    from ramanfit.cli.gather import Gathered
    from ramanfit.tables.table import Table


@click.command("evolve")
@fit_options
@evolution_options
@click.option("-o", "--output", "folder", metavar="DIR", help="Folder for tables, figures and report, made if needed.")
@options.form_options
@talk_options
@click.pass_obj
def command(
    console: Console,
    request: Request,
    drawing: Drawing,
    folder: str | None,
    form: str | None,
    header: bool,
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
    from ramanfit.cli.fits import report_flags, write_meta
    from ramanfit.cli.gather import gather

    if folder is None:
        output = Output.resolve("-", form, header)
        found = gather(request, console, reference=drawing.reference, draw=False)
        with output.open() as writer:
            writer.write(all_rows(found))
    else:
        if form is not None or not header:
            raise click.UsageError("the tables in -o DIR are CSV: leave out the option for the form of a table")
        made = make_folder(folder)
        found = gather(request, console, reference=drawing.reference, draw=drawing.figures or drawing.report)
        write_folder(made, found, request, drawing, console)
    write_meta(request, found.inputs)
    report_flags([str(words) for words in found.evolution.table.columns["flags"]], console, check=request.check)


def make_folder(folder: str) -> Path:
    """Return a folder, made if needed.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    made = Path(folder)
    try:
        made.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}") from error
    return made


def all_rows(found: Gathered) -> Table:
    """Return the wide table, with the reference's rows at its end."""
    import numpy as np

    from ramanfit.tables.table import Table

    table, reference = found.evolution.table, found.evolution.reference
    if reference is None:
        return table
    nothing = np.full(len(reference), np.nan)
    alike = Table({name: reference.columns.get(name, nothing) for name in table.names})
    # a reference has no scan, and whole numbers cannot be empty
    return Table.concat([table.with_(scan=np.asarray(table.columns["scan"], dtype=np.float64)), alike])


def write_folder(folder: Path, found: Gathered, request: Request, drawing: Drawing, console: Console) -> None:
    """Write tables, figures and report; each file whole, or the earlier one stays.

    Raises
    ------
    RecipeError
        If a quantity that is to be mapped is no column.
    InputError
        If a file cannot be written.
    """
    from ramanfit.experiment.spectra import default_maps, map_table
    from ramanfit.tables.columns import lengthened
    from ramanfit.tables.forms import open_writer

    evolution, recipe = found.evolution, request.recipe
    maps = list(dict.fromkeys([*default_maps(evolution), *drawing.quantities]))
    numbers = [name for name, values in evolution.table.columns.items() if not isinstance(values, tuple)]
    for name in drawing.quantities:
        if name not in numbers:
            from ramanfit.recipe.settings import unknown

            raise unknown("quantity", name, numbers)
    wide = all_rows(found)
    numerators = {r.name: r.numerator for r in recipe.ratios if r.name in evolution.ratios}
    reference = 0 if evolution.reference is None else len(evolution.reference)
    status = {peak: (*words, *found.reference_status.get(peak, ())) for peak, words in evolution.status.items()}
    tables = {
        "peaks": lengthened(wide, status, numerators, (*found.started, *("",) * reference)),
        "ratios": wide,
        **{f"map_{name}": map_table(evolution, name) for name in maps},
    }
    if found.bands is not None:
        tables["bands"] = found.bands
    for name, table in tables.items():
        with open_writer(folder / f"{name}.csv", "csv") as writer:
            writer.write(table)
    written = [f"{name}.csv" for name in tables]
    if drawing.figures:
        from ramanfit.cli.drawings import draw_all

        written += draw_all(folder, found, drawing, console)
    if drawing.report:
        from ramanfit.drawing.report import report_html
        from ramanfit.experiment.provenance import record_of
        from ramanfit.tables.sink import Sink

        inputs = [*found.inputs, *([request.echem.path] if request.echem else [])]
        done = record_of(recipe, inputs, ["ramanfit", *sys.argv[1:]])
        with Sink(folder / "report.html") as sink:
            sink.write(report_html(evolution, found.spectra, done, Path(request.files[0]).name or recipe.name))
        written.append("report.html")
    console.say(f"{folder}: {', '.join(written)}")
