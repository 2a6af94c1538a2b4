"""``ramanfit fit``: exports in, one row per spectrum and peak out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ramanfit.cli import options
from ramanfit.cli.console import Console, talk_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ramanfit.cli.display import Output
    from ramanfit.recipe import Recipe


@click.command("fit")
@options.files
@options.recipe_options
@options.reading_options
@options.placement_options
@options.engine
@options.verify
@options.check
@options.meta
@options.jobs
@options.keep_going
@options.output_options
@talk_options
@click.pass_obj
def command(
    console: Console,
    files: Sequence[str],
    recipe: Recipe,
    reading: options.Reading,
    placement: dict[str, Any],
    engine: str,
    verify: int | None,
    check: bool,
    meta: str | None,
    jobs: int,
    keep_going: bool,
    output: Output,
) -> None:
    """Fit every spectrum: one row per spectrum and peak.

    FILES are files, folders (every readable export in them) or - (standard input). Baseline and peaks are
    fitted together; a spectrum that cannot be fitted is a row with a status.

    \b
    Examples:
      ramanfit fit scan.txt
      ramanfit fit day1/ -o peaks.csv
      ramanfit fit spectrum.txt --recipe graphite --window 1000,1800
      zcat scan.txt.gz | ramanfit fit - --jsonl
    """
    from ramanfit.cli.fits import Job, command_line, fit_exports, summarise
    from ramanfit.cli.inputs import exports
    from ramanfit.columns import long_table
    from ramanfit.series import Schedule

    rows, inputs = fit_exports(
        exports(files, console),
        Job(reading.options(recipe.axis), reading.stdin_name, recipe, engine, verify is not None),
        Schedule(**placement),
        console,
        jobs=jobs,
        keep_going=keep_going,
        verify_count=verify,
    )
    numerators = {ratio.name: ratio.numerator for ratio in recipe.ratios}
    with output.open() as writer:
        for keys, quantities in rows:
            writer.write(long_table(keys, quantities, numerators))
    if meta:
        from ramanfit.provenance import write_record

        write_record(meta, recipe, inputs, command_line())
    summarise(rows, console, check=check)
