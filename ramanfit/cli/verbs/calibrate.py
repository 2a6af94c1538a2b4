"""``ramanfit calibrate``: the correction of an axis from lines of known shift, and the width of the instrument."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.declare import FITTED, OUTPUT, own_option
from ramanfit.cli.options.reading import axis_options, files, keep_going, reading_options
from ramanfit.cli.options.recipe import complete_recipe
from ramanfit.cli.types import FILE
from ramanfit.cli.verb import Verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ramanfit.experiment.request import Reading
    from ramanfit.recipe.parts import Axis


@click.command("calibrate", cls=Verb)
@files
@own_option(
    FITTED, "--standard", type=click.Choice(["silicon", "polystyrene"]), default="silicon", help="What was measured."
)
@own_option(
    FITTED,
    "--reference",
    "reference_cm1",
    type=float,
    metavar="CM-1",
    help="Accepted shift of silicon.  [default: 520.45]",
)
@own_option(
    OUTPUT,
    "--base",
    default="li-graphite",
    metavar="NAME|FILE",
    shell_complete=complete_recipe,
    help="Recipe that the result is laid over.",
)
@axis_options
@reading_options
@own_option(OUTPUT, "-o", "--output", "path", type=FILE, default="-", show_default=False, help="Where it goes.")
@keep_going
@talk_options
@click.pass_obj
def command(
    console: Console,
    files: Sequence[str],
    standard: str,
    reference_cm1: float | None,
    base: str,
    axis: Axis,
    reading: Reading,
    path: str,
    keep_going: bool,
) -> None:
    """Measure an axis's offset and the instrument's width, as a recipe.

    FILES are spectra of silicon or polystyrene, taken with the settings of the measurement. The result is a recipe
    for --recipe: another one (--base) with a corrected axis and, from silicon, the instrument's width; what they rest
    on as comments.

    \b
    Examples:
      ramanfit calibrate si.txt > calibrated.toml
      ramanfit fit scan.txt --recipe calibrated.toml
      ramanfit calibrate si.txt --reference 520.7 --base graphite -o mine.toml
      ramanfit calibrate ps.txt --standard polystyrene
      ramanfit calibrate si.txt --x-unit nm --laser 532.1
    """
    from ramanfit.experiment.calibrate import calibrated_recipe
    from ramanfit.experiment.calibration import calibration_of, standard_named
    from ramanfit.experiment.inputs import exports, scans
    from ramanfit.experiment.overwrite import refuse_inputs
    from ramanfit.recipe.toml import load_recipe, recipe_files
    from ramanfit.tables.sink import Sink

    load_recipe(base)
    wanted = standard_named(standard, reference_cm1)
    refuse_inputs([path], files, recipe_files(base))
    paths = exports(files, console, keep_going=keep_going)
    measured = list(scans(paths, reading.reader(axis), console, keep_going=keep_going))
    calibration = calibration_of(measured, wanted, axis.laser_nm)
    if doubt := calibration.doubt():
        console.warn(doubt)
    in_nm = all(scan.axis_unit == "nm" for scan in measured)
    with Sink(path) as sink:
        sink.write(calibrated_recipe(calibration, base, [Path(p).name for p in paths], in_nm=in_nm).encode())
    console.wrote(path, f"recipe {base}, calibrated")
