"""``ramanfit ratio``: exports or tables of fits in, one row per spectrum out."""

from __future__ import annotations

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.display import Output
from ramanfit.cli.options import output_options
from ramanfit.cli.request import Request, fit_options


@click.command("ratio")
@fit_options
@output_options
@talk_options
@click.pass_obj
def command(console: Console, request: Request, output: Output) -> None:
    """Give I_B/I_G with its standard error: one row per spectrum.

    FILES are exports, folders of them, tables that `ramanfit fit` wrote, or tables of heights from elsewhere,
    whose printed ratios are then checked against their own heights.

    \b
    Examples:
      ramanfit ratio scan.txt
      ramanfit ratio day1/ -o ratios.csv
      ramanfit fit day1/ | ramanfit ratio -
      ramanfit ratio table-s1.csv --md
    """
    if not request.recipe.ratios:
        raise click.UsageError(f"recipe {request.recipe.name} has no ratio: add [[ratios]] to it")
    from ramanfit.cli.cell import cell_record, table_with_cell
    from ramanfit.cli.fits import report_flags, write_fits, write_meta
    from ramanfit.cli.tables import join_tables, table_files

    if paths := table_files(request.files):
        joined = join_tables(paths, request, console)
        table = table_with_cell(joined.table, cell_record(request, joined.started, console), console)
        with output.open() as writer:
            writer.write(table)
        write_meta(request, paths)
        report_flags([str(flags) for flags in table.columns["flags"]], console, check=request.check)
        return
    write_fits(request, output, console)
