"""``ramanfit curves``: fits as numbers."""

from __future__ import annotations

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.display import Output
from ramanfit.cli.options.fitting import fit_options
from ramanfit.cli.options.output import output_options
from ramanfit.cli.verb import Verb
from ramanfit.experiment.request import Request


@click.command("curves", cls=Verb)
@fit_options
@output_options
@talk_options
@click.pass_obj
def command(console: Console, request: Request, check: bool, meta: str | None, output: Output) -> None:
    """Give the fits as numbers, for your own figure.

    One row per spectrum and channel: counts, whether the channel was used, baseline, every peak, their sum and the
    residual. Baseline and peaks add up to the fit, fit and residual to the counts.

    \b
    Examples:
      ramanfit curves scan.txt -o curves.csv
      ramanfit curves scans/ --points P3 --from 1min --to 30min --tsv > p3.txt
      ramanfit curves scan.txt --columns shift_cm1,counts,fit,baseline | head
    """
    from ramanfit.cli.ending import expect_writable, refuse, report_flags, write_meta
    from ramanfit.experiment.curves import AFTER, BEFORE, check_peaks, curve_tables
    from ramanfit.experiment.gather import gather
    from ramanfit.tables.select import check_columns

    check_peaks(request.recipe)
    if output.columns is not None:
        check_columns(output.columns, (*BEFORE, *(peak.name for peak in request.recipe.peaks), *AFTER))
    refuse((output.path, meta), request)
    expect_writable(meta)
    with output.open() as writer:
        gathered = gather(request, console, draw=True)
        refuse((output.path, meta), request, gathered.inputs)
        for table in curve_tables(gathered):
            writer.write(table)
    write_meta(meta, request, gathered.inputs, [output.path])
    report_flags(gathered.evolution.fits.flags, console, check=check)
