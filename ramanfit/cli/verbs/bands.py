"""``ramanfit bands``: intensities at fixed shifts."""

from __future__ import annotations

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.display import Output
from ramanfit.cli.options.declare import FITTED, own_option
from ramanfit.cli.options.fitting import fit_options
from ramanfit.cli.options.output import output_options
from ramanfit.cli.types import Several
from ramanfit.cli.verb import Verb
from ramanfit.experiment.request import Request

SHIFTS = Several(click.FLOAT, "CM-1,...")


@click.command("bands", cls=Verb)
@fit_options
@own_option(FITTED, "--at", "at_cm1", type=SHIFTS, help="Middles of the bands.  [default: as the recipe says]")
@own_option(
    FITTED,
    "--half-width",
    "half_width_cm1",
    type=float,
    metavar="CM-1",
    help="Channels this far are averaged.  [default: as the recipe says]",
)
@own_option(
    FITTED,
    "--controls",
    "controls_cm1",
    type=SHIFTS,
    help="Bands where only background is expected.  [default: as the recipe says]",
)
@output_options
@talk_options
@click.pass_obj
def command(
    console: Console,
    request: Request,
    check: bool,
    meta: str | None,
    output: Output,
    at_cm1: tuple[float, ...] | None,
    half_width_cm1: float | None,
    controls_cm1: tuple[float, ...] | None,
) -> None:
    """Give intensities at fixed shifts and their growth.

    One row per spectrum and band: raw counts, counts above the fitted baseline, and raw counts less the line
    between the off-peak controls on either side; each with its noise, its ratio to the same point's first scan
    and the difference from it. --dark is also taken as a number of counts, the same in all channels, which is
    subtracted from raw intensities alone; a file with such a name is ./705.

    \b
    Examples:
      ramanfit bands scans/ --at 900,1350,1590,2000 -o bands.csv
      ramanfit bands scans/ --half-width 10 --dark 705
      ramanfit bands scans/ --dark dark.txt
      ramanfit bands scans/ --echem cell.mpt --tsv | cut -f 3,5,9,10,12
    """
    from ramanfit.cli.ending import expect_writable, refuse, report_flags, write_meta
    from ramanfit.experiment.evolve import with_bands
    from ramanfit.experiment.gather import gather
    from ramanfit.tables.schema import plain_entries
    from ramanfit.tables.select import check_columns

    dark_counts = _counts(request.dark)
    bands = with_bands(request.recipe, at_cm1, half_width_cm1, controls_cm1, dark_counts)
    request = request._replace(recipe=bands, dark=request.dark if dark_counts is None else None)
    if output.columns is not None and not (request.covariates or request.from_name):
        check_columns(output.columns, [entry.name for entry in plain_entries()])
    refuse((output.path, meta), request)
    expect_writable(meta)
    with output.open() as writer:
        gathered = gather(request, console, draw=False)
        refuse((output.path, meta), request, gathered.inputs)
        writer.write(gathered.bands_at_hand())
    write_meta(meta, request, gathered.inputs, [output.path])
    report_flags(gathered.evolution.fits.flags, console, check=check)


def _counts(dark: str | None) -> float | None:
    """Return what --dark says as a number of counts; None: it names a file, or nothing."""
    try:
        return None if dark is None else float(dark)
    except ValueError:
        return None
