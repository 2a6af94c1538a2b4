"""``ramanfit ratio``: exports or tables of fits in, one row per spectrum out."""

from __future__ import annotations

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.display import Output
from ramanfit.cli.options.fitting import fit_options
from ramanfit.cli.options.output import output_options
from ramanfit.cli.verb import Verb
from ramanfit.experiment.request import Request


@click.command("ratio", cls=Verb)
@fit_options
@output_options
@talk_options
@click.pass_obj
def command(console: Console, request: Request, check: bool, meta: str | None, output: Output) -> None:
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
    from ramanfit.cli.ending import expect_writable, refuse, report_flags, write_fits, write_meta
    from ramanfit.experiment.fit_tables import join_with_cell, table_files
    from ramanfit.experiment.hired import nothing_to_hand_out
    from ramanfit.experiment.ratios import check_ratios

    check_ratios(request.recipe)
    if paths := table_files(request.files):
        nothing_to_hand_out(request)
        refuse((output.path, meta), request)
        expect_writable(meta)
        fits = request.pick.of(join_with_cell(paths, request, console))
        with output.open() as writer:
            writer.write(fits.table)
        write_meta(meta, request, paths, [output.path])
        report_flags(fits.flags, console, check=check)
        return
    write_fits(request, output, console, lambda fits: fits.table, check=check, meta=meta)
