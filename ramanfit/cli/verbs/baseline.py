"""``ramanfit baseline``: the spectra with the fitted baseline taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.declare import OUTPUT, own_option
from ramanfit.cli.options.reading import dark_option, files, keep_going, reading_options
from ramanfit.cli.options.recipe import given_recipe_files, recipe_options
from ramanfit.cli.types import FILE_OR_FOLDER
from ramanfit.cli.verb import Verb
from ramanfit.experiment.request import Request
from ramanfit.scan.notes import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ramanfit.experiment.request import Reading
    from ramanfit.recipe.recipe import Recipe
    from ramanfit.scan.scan import Scan


@click.command("baseline", cls=Verb)
@files
@recipe_options
@reading_options
@dark_option
@own_option(OUTPUT, "--keep", is_flag=True, help="Write the raw spectra and the baselines beside the corrected ones.")
@own_option(
    OUTPUT,
    "-o",
    "--output",
    "target",
    type=FILE_OR_FOLDER,
    default="-",
    show_default=False,
    help="A file for one measurement, a folder (made if needed) for several.",
)
@keep_going
@talk_options
@click.pass_obj
def command(
    console: Console,
    files: Sequence[str],
    recipe: Recipe,
    reading: Reading,
    dark: str | None,
    keep: bool,
    target: str,
    keep_going: bool,
) -> None:
    """Write the spectra with the baseline taken off.

    The baseline is the polynomial that was fitted together with the peaks, inside the recipe's window. The
    output is Graph ASCII, which `ramanfit fit` reads back with its positions. A spectrum that could not be
    fitted is written as it was.

    \b
    Examples:
      ramanfit baseline scan.txt > corrected.txt
      ramanfit baseline scan.txt --keep -o parts/
      ramanfit baseline day1/ -o corrected/
      ramanfit baseline scan.txt | ramanfit fit -
    """
    from ramanfit.experiment.baseline import corrected, names_of
    from ramanfit.experiment.before import say_dark, treatment_of, without_dark
    from ramanfit.experiment.inputs import exports, scans
    from ramanfit.experiment.outputs import file_names, is_folder, make_folder
    from ramanfit.experiment.overwrite import refuse_inputs
    from ramanfit.formats.graph_ascii import graph_ascii
    from ramanfit.tables.sink import Sink

    beside = (*given_recipe_files(), *(() if dark is None else (dark,)))
    refuse_inputs([target], files, beside)
    treatment = treatment_of(Request(files, recipe, reading, dark=dark))
    say_dark(treatment, console)
    paths = without_dark(exports(files, console, keep_going=keep_going), dark, console)

    def measured() -> Iterator[Scan]:
        for scan in scans(paths, reading.reader(recipe.axis), console, keep_going=keep_going):
            if is_folder(target):
                refuse_inputs(file_names(names_of(scan, keep=keep), target, "txt"), files, beside)
            yield scan

    written = [*corrected(measured(), recipe, console, treatment, keep=keep)]
    if target == "-" or not (len(written) > 1 or is_folder(target)):
        if len(written) > 1:
            raise click.UsageError(f"{len(written)} measurements do not fit into one file: name a folder with -o DIR")
        outputs = [target]
    else:
        outputs = file_names([scan.name for scan in written], make_folder(target), "txt")
    for output, scan in zip(outputs, written, strict=True):
        with Sink(output) as sink:
            sink.write(graph_ascii(scan))
    if is_folder(target):
        console.say(f"wrote {target}: {counted(len(written), 'measurement')}")
    else:
        console.wrote(target, counted(sum(map(len, written)), "spectrum"))
