"""``ramanfit baseline``: the spectra with the fitted baseline taken off."""

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

    from ramanfit.recipe.recipe import Recipe
    from ramanfit.scan.scan import Scan


@click.command("baseline")
@options.files
@options.recipe_options
@options.reading_options
@click.option("--keep", is_flag=True, help="Write the raw spectra and the baselines beside the corrected ones.")
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE|DIR",
    default="-",
    show_default=False,
    help="A file for one measurement, a folder (made if needed) for several.",
)
@options.keep_going
@talk_options
@click.pass_obj
def command(
    console: Console,
    files: Sequence[str],
    recipe: Recipe,
    reading: options.Reading,
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
    from ramanfit.cli.inputs import exports, scans
    from ramanfit.formats.graph_ascii import graph_ascii
    from ramanfit.tables.sink import Sink

    paths = exports(files, console, keep_going=keep_going)
    found = scans(paths, reading.reader(recipe.axis), console, keep_going=keep_going)
    written = [part for scan in found for part in _parts(scan, recipe, console, keep)]
    if target == "-" or not (len(written) > 1 or Path(target).is_dir() or target.endswith(("/", "\\"))):
        if len(written) > 1:
            raise click.UsageError(f"{len(written)} measurements do not fit into one file: name a folder with -o DIR")
        outputs = [target]
    else:
        outputs = file_names(written, Path(target), "txt")
    for output, scan in zip(outputs, written, strict=True):
        with Sink(output) as sink:
            sink.write(graph_ascii(scan))


def _parts(scan: Scan, recipe: Recipe, console: Console, keep: bool) -> list[Scan]:
    """Return the corrected scan; with `keep`, the raw one and the baselines too, on the same channels."""
    import numpy as np

    from ramanfit.fit.pipeline import fit_scan

    fitted = fit_scan(scan, recipe)
    baseline = fitted.prepared.baseline(fitted.result.coefficients)
    unknown = ~np.isfinite(baseline).all(axis=1)
    baseline[unknown] = 0.0
    if unknown.any():
        console.warn(f"{scan.source}: {unknown.sum()} of {len(scan)} spectra could not be fitted and stay as they were")
    if fitted.prepared.saturated.any():
        console.warn(f"{scan.source}: saturated channels can no longer be told once the baseline is off")
    raw = np.asarray(fitted.prepared.counts, dtype=np.float64)
    name = scan.name or Path(scan.source).stem
    cut = scan.with_(shift_cm1=fitted.prepared.model.shift_cm1, counts=raw, mask=None, name=name, notes=())
    corrected = replace(cut, counts=raw - baseline, name=f"{name} corrected")
    if not keep:
        return [corrected]
    return [corrected, replace(cut, name=f"{name} raw"), replace(cut, counts=baseline, name=f"{name} baseline")]


def file_names(scans: Sequence[Scan], folder: Path, ending: str) -> list[str]:
    """Return a file in the folder, made if needed, for every scan.

    Raises
    ------
    InputError
        If the folder cannot be made.
    RecipeError
        If two scans have one name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from ramanfit.errors import InputError

        raise InputError(f"{folder}: cannot be made: {error.strerror}") from error
    plain = [
        "".join(c if c not in '/\\:*?"<>|' else "_" for c in scan.name or Path(scan.source).stem) for scan in scans
    ]
    names = [folder / f"{name}.{ending}" for name in plain]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise RecipeError(f"{min(twice)}: two measurements have this name: give each a folder of its own")
    return [str(name) for name in names]
