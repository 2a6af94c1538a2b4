"""``ramanfit calibrate``: the correction of an axis, from lines of known shift."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ramanfit.cli import options
from ramanfit.cli.console import Console, talk_options
from ramanfit.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ramanfit.experiment.calibration import Calibration
    from ramanfit.recipe.parts import Axis


@click.command("calibrate")
@options.files
@click.option("--standard", type=click.Choice(["silicon", "polystyrene"]), default="silicon", help="What was measured.")
@click.option(
    "--reference", "reference_cm1", type=float, metavar="CM-1", help="Accepted shift of silicon.  [default: 520.45]"
)
@click.option("--base", default="li-graphite", metavar="NAME|FILE", help="Recipe that the result is laid over.")
@options.axis_options
@options.reading_options
@click.option("-o", "--output", "path", metavar="FILE", default="-", show_default=False, help="Where it goes.")
@options.keep_going
@talk_options
@click.pass_obj
def command(
    console: Console,
    files: Sequence[str],
    standard: str,
    reference_cm1: float | None,
    base: str,
    axis: Axis,
    reading: options.Reading,
    path: str,
    keep_going: bool,
) -> None:
    """Measure how far an axis is off, as a recipe.

    FILES are spectra of silicon or polystyrene, taken with the settings of the measurement. The result is a recipe
    for --recipe: another one (--base) with a corrected axis, and the lines it rests on as comments.

    \b
    Examples:
      ramanfit calibrate si.txt > calibrated.toml
      ramanfit fit scan.txt --recipe calibrated.toml
      ramanfit calibrate si.txt --reference 520.7 --base graphite -o mine.toml
      ramanfit calibrate ps.txt --standard polystyrene
      ramanfit calibrate si.txt --x-unit nm --laser 532.1
    """
    from ramanfit.cli.inputs import exports, scans
    from ramanfit.experiment.calibration import STANDARDS, calibrate
    from ramanfit.recipe.toml import load_recipe
    from ramanfit.tables.sink import Sink

    load_recipe(base)
    wanted = STANDARDS[standard]
    if reference_cm1 is not None:
        if standard != "silicon":
            raise click.UsageError("--reference is the shift of silicon's one line")
        if not 500 <= reference_cm1 <= 540:
            raise RecipeError(f"--reference: expected a shift near 520 cm-1, found {reference_cm1:g}")
        wanted = replace(wanted, lines_cm1=(reference_cm1,), source="as given with --reference")
    paths = exports(files, console, keep_going=keep_going)
    found = list(scans(paths, reading.reader(axis), console, keep_going=keep_going))
    result = calibrate(found, wanted, axis.laser_nm)
    worst = max(abs(result.residual_cm1(line)) for line in result.lines)
    if worst > 2 * max(wanted.se_cm1, result.shift_se):
        console.warn(f"one offset does not put all lines in their places: {worst:.2f} cm-1 are left at the worst")
    in_nm = all(scan.axis_unit == "nm" for scan in found)
    with Sink(path) as sink:
        sink.write(_recipe(result, base, [Path(p).name for p in paths], in_nm=in_nm).encode())


def _recipe(result: Calibration, base: str, sources: Sequence[str], *, in_nm: bool) -> str:
    """Return the recipe, with the lines it rests on."""
    from ramanfit.recipe.settings import format_toml

    standard = result.standard
    where = sources[0] if len(sources) == 1 else f"{len(sources)} files"
    lines = [
        f"# {standard.name} ({standard.source}), from {where}:",
        "#",
        "#   accepted       found  error  left  spectra",
    ]
    for line in result.lines:
        left = result.residual_cm1(line)
        lines.append(
            f"#   {line.reference_cm1:8.2f}  {line.found_cm1:10.3f}  {line.se_cm1:5.3f} {left:5.2f}  {line.spectra:7d}"
        )
    lines += [
        "#",
        f"# {result.shift_cm1:+.3f} ± {result.shift_se:.3f} cm-1 put{'s' * (len(result.lines) == 1)} them right.",
    ]
    if result.laser_nm == result.laser_nm:
        was, right = result.laser_nm, result.effective_laser_nm
        lines.append(f"# The axis was made with {was:.3f} nm; with {right:.3f} nm it would be right.")
    accepted = ", ".join(f"{line.reference_cm1:g}" for line in result.lines)
    words = f"{standard.name} at {accepted} cm-1 ({standard.source}), from {where}"
    setting = f"laser_nm = {result.effective_laser_nm:.4f}" if in_nm else f"shift_cm1 = {result.shift_cm1:.4f}"
    return "\n".join(
        [*lines, "", f"base = {format_toml(base)}", "", "[axis]", setting, f"calibration = {format_toml(words)}", ""]
    )
