"""``ramanfit fit``: exports in, one row per spectrum and peak out."""

from __future__ import annotations

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.display import Output
from ramanfit.cli.options.fitting import fit_options
from ramanfit.cli.options.output import fits_output_options
from ramanfit.cli.verb import Verb
from ramanfit.experiment.request import Request


@click.command("fit", cls=Verb)
@fit_options
@fits_output_options
@talk_options
@click.pass_obj
def command(console: Console, request: Request, check: bool, meta: str | None, output: Output) -> None:
    """Fit every spectrum: one row per spectrum and peak.

    FILES are files, folders (every readable export in them) or - (standard input). Baseline and peaks are
    fitted together; a spectrum that cannot be fitted is a row with a status.

    \b
    Examples:
      ramanfit fit scan.txt
      ramanfit fit day1/ -o peaks.csv
      ramanfit fit day1/ -o fits.nc
      ramanfit fit spectrum.txt --recipe graphite --window 1000,1800
      zcat scan.txt.gz | ramanfit fit - --jsonl
    """
    from ramanfit.cli.ending import write_fits

    write_fits(request, output, console, lambda fits: fits.long(request.recipe.stands_with), check=check, meta=meta)
