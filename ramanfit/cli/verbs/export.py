"""``ramanfit export``: spectra in the forms of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.declare import OUTPUT, own_option
from ramanfit.cli.options.placement import placement_options
from ramanfit.cli.options.reading import axis_options, files, keep_going, reading_options
from ramanfit.cli.types import FILE_OR_FOLDER
from ramanfit.cli.verb import Verb
from ramanfit.experiment.outputs import EXPORT_FORMS

if TYPE_CHECKING:
    from ramanfit.experiment.request import Reading
    from ramanfit.recipe.parts import Axis


@click.command("export", cls=Verb)
@files
@axis_options
@reading_options
@placement_options
@own_option(
    OUTPUT,
    "-o",
    "--output",
    "target",
    type=FILE_OR_FOLDER,
    default="-",
    show_default=False,
    help="The ending picks the form; a folder (made if needed) takes a file for each measurement.",
)
@own_option(
    OUTPUT,
    "--form",
    type=click.Choice(EXPORT_FORMS),
    help="Form, where no ending says it.  [default: csv; in a folder txt]",
)
@keep_going
@talk_options
@click.pass_obj
def command(
    console: Console,
    files: Sequence[str],
    axis: Axis,
    reading: Reading,
    placement: dict[str, Any],
    target: str,
    form: str | None,
    keep_going: bool,
) -> None:
    """Write spectra as tidy rows, WITec's text, netCDF or NeXus.

    \b
      .csv .tsv .json .jsonl .parquet  one row per spectrum and channel
      .txt   Graph ASCII of one measurement, read back by `ramanfit fit`;
             beside it an Information text of what is known
      .nc    netCDF of all spectra on one axis (extra netcdf)
      .nxs   NeXus, one NXraman entry per measurement (extra nexus)

    \b
    Examples:
      ramanfit export day1/ -o day1.csv
      ramanfit export day.wip --select 'Line*' -o lines.nc
      ramanfit export 'day.wip::Line 3' -o line3.txt
      ramanfit export day.wip -o texts/
      ramanfit export map.wip -o map.nxs
    """
    from ramanfit.experiment.export import export

    export(
        files,
        target,
        form=form,
        axis=axis,
        reading=reading,
        placement=placement,
        keep_going=keep_going,
        voice=console,
    )
