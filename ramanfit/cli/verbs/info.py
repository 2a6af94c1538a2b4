"""``ramanfit info``: what is in the files, before anything is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.output import output_options
from ramanfit.cli.options.reading import axis_options, files, keep_going, reading_options
from ramanfit.cli.verb import Verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ramanfit.cli.display import Output
    from ramanfit.experiment.request import Reading
    from ramanfit.recipe.parts import Axis


@click.command("info", cls=Verb)
@files
@axis_options
@reading_options
@keep_going
@output_options
@talk_options
@click.pass_obj
def command(
    console: Console,
    files: Sequence[str],
    axis: Axis,
    reading: Reading,
    keep_going: bool,
    output: Output,
) -> None:
    """Say what is in Raman exports, and what is missing.

    One row per measurement. FILES are files, folders (every readable export in them) or - (standard input). Of a
    potentiostat's record it says what --echem would take from it, and what not.

    \b
    Examples:
      ramanfit info scan.txt
      ramanfit info day1/ --json
      ramanfit info cell.mpt
      ramanfit info spectrum.txt --x-unit nm --laser 532.06
    """
    from ramanfit.experiment.info import described
    from ramanfit.experiment.overwrite import refuse_inputs

    refuse_inputs([output.path], files)
    with output.open() as writer:
        for row in described(files, reading, axis, console, keep_going=keep_going):
            writer.write(row)
