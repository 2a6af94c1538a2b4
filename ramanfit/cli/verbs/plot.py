"""``ramanfit plot``: spectra with their fits."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import numpy as np

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.experiment_options import figure_width, one_way_to_pick, waterfall_picks
from ramanfit.cli.request import Request, fit_options
from ramanfit.errors import InputError

if TYPE_CHECKING:
    from ramanfit.cli.gather import Gathered
    from ramanfit.fit.curves import Curve


class Shown(NamedTuple):
    """A spectrum that is drawn."""

    name: str  # of its file
    title: str
    flags: str
    redchi2: float
    curve: Curve


@click.command("plot")
@fit_options
@click.option("--scan", "scans", multiple=True, type=int, metavar="N", help="Only this scan; may be repeated.")
@click.option("--worst", type=click.IntRange(min=1), metavar="K", help="The K worst fits side by side: flagged first.")
@click.option("--waterfall", is_flag=True, help="Spectra of one point above one another.")
@waterfall_picks
@figure_width
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE|DIR",
    default="-",
    show_default=False,
    help="A .png, .svg or .pdf for one figure, a folder (made if needed) for several.",
)
@talk_options
@click.pass_obj
def command(
    console: Console,
    request: Request,
    scans: tuple[int, ...],
    worst: int | None,
    waterfall: bool,
    soc: tuple[float, ...] | None,
    times_s: tuple[float, ...] | None,
    point: str | None,
    width: str,
    target: str,
) -> None:
    """Draw spectra with their fits.

    One figure per spectrum, or one of the worst fits, or a waterfall. Without -o a single figure goes to standard
    output as PNG.

    \b
    Examples:
      ramanfit plot scan.txt -o figures/
      ramanfit plot scan.txt --point P3 > p3.png
      ramanfit plot scans/ --worst 12 -o worst.pdf
      ramanfit plot scans/ --waterfall --point P3 --times 0,6h,12h -o s15.svg
      ramanfit plot scans/ --waterfall --echem cell.mpt --soc 0,50,100 > s15.png
    """
    from ramanfit.cli.drawings import Picks, picked_curves, waterfall_figure
    from ramanfit.cli.fits import report_flags, write_meta
    from ramanfit.cli.gather import gather
    from ramanfit.cli.verbs.evolve import make_folder
    from ramanfit.drawing import figures

    if target == "-" and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("a figure cannot be shown on a terminal: name a file or a folder with -o")
    if waterfall and worst:
        raise click.UsageError("--waterfall and --worst are different figures: give one")
    if not waterfall and (soc or times_s):
        raise click.UsageError("--soc and --times pick spectra for --waterfall")
    one_way_to_pick(soc, times_s)
    found = gather(request, console, draw=True)
    if waterfall:
        picks = Picks(soc, times_s, point)
        picked = picked_curves(found, picks)
        if not picked:
            hint = "--soc needs the cell's record: --echem FILE" if soc and request.echem is None else None
            raise InputError("no spectrum at hand for the waterfall", hint=hint)
        figures.save(waterfall_figure(found.evolution, picked, picks, width), target)
    else:
        shown = _shown(found, point, scans)
        if not shown:
            raise InputError("no spectrum of this point and scan at hand")
        if worst:
            shown.sort(key=lambda one: (not one.flags, -one.redchi2 if np.isfinite(one.redchi2) else -np.inf))
            items = [(one.title, one.flags.replace("|", ", "), one.curve) for one in shown[:worst]]
            figures.save(figures.gallery_figure(items, width), target)
        elif len(shown) == 1 and not (target.endswith(("/", "\\")) or Path(target).is_dir()):
            figures.save(figures.spectrum_figure(shown[0].title, shown[0].curve, width), target)
        else:
            if target == "-":
                raise click.UsageError(f"{len(shown)} figures do not fit into one file: name a folder with -o DIR")
            folder = make_folder(target)
            with console.progress(len(shown), "figures") as bar:
                for one in shown:
                    figures.save(figures.spectrum_figure(one.title, one.curve, width), folder / f"{one.name}.png")
                    bar.advance()
            console.say(f"{target}: {len(shown)} figures")
    write_meta(request, found.inputs)
    report_flags([str(words) for words in found.evolution.table.columns["flags"]], console, check=request.check)


def _shown(found: Gathered, point: str | None, scans: tuple[int, ...]) -> list[Shown]:
    columns = found.evolution.table.columns
    digits = len(str(int(np.max(np.asarray(columns["scan"])))))
    shown = []
    for row in range(len(found.evolution.table)):
        scan, at = int(columns["scan"][row]), str(columns["point"][row])
        if (point not in (None, at)) or (scans and scan not in scans):
            continue
        curve = found.spectra[row]
        if curve is None:
            continue
        source = Path(str(columns["source"][row])).stem
        name = f"{source}_{scan:0{digits}}_{at}".replace("/", "-").replace("::", "-")
        redchi2 = float(np.asarray(columns["redchi2"])[row])
        shown.append(Shown(name, f"{source}, {at}", str(columns["flags"][row]), redchi2, curve))
    return shown
