"""``ramanfit plot``: spectra with their fits."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.declare import FIGURES, OUTPUT, own_option
from ramanfit.cli.options.experiment import figure_style, figure_width, waterfall_picks
from ramanfit.cli.options.fitting import fit_options
from ramanfit.cli.types import FILE_OR_FOLDER
from ramanfit.cli.verb import Verb
from ramanfit.experiment.request import Drawing, Request
from ramanfit.scan.notes import counted


@click.command("plot", cls=Verb)
@fit_options
@own_option(FIGURES, "--scan", "scans", multiple=True, type=int, metavar="N", help="Only this scan; may be repeated.")
@own_option(
    FIGURES, "--worst", type=click.IntRange(min=1), metavar="K", help="The K worst fits side by side: flagged first."
)
@own_option(FIGURES, "--waterfall", is_flag=True, help="Spectra of one point above one another.")
@waterfall_picks
@figure_width
@figure_style
@own_option(
    OUTPUT,
    "-o",
    "--output",
    "target",
    type=FILE_OR_FOLDER,
    default="-",
    show_default=False,
    help="A .png, .svg or .pdf for one figure, a folder (made if needed) for several.",
)
@talk_options
@click.pass_obj
def command(
    console: Console,
    request: Request,
    check: bool,
    meta: str | None,
    scans: tuple[int, ...],
    worst: int | None,
    waterfall: bool,
    soc: tuple[float, ...] | None,
    times_s: tuple[float, ...] | None,
    point: str | None,
    width: str,
    style: str | None,
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
    from ramanfit.cli.ending import expect_writable, refuse, report_flags, write_meta
    from ramanfit.drawing import figures
    from ramanfit.drawing.folder import check_style, read_besides, read_settings
    from ramanfit.drawing.plot import check_kind, shown_spectra, waterfall_of, worst_fits
    from ramanfit.experiment.gather import gather
    from ramanfit.experiment.outputs import is_folder, make_folder

    if target == "-" and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("a figure cannot be shown on a terminal: name a file or a folder with -o")
    for option, value in (("--covariates", request.covariates), ("--from-name", request.from_name)):
        if value is not None:
            raise click.UsageError(f"{option} adds columns to tables, and plot writes none")
    check_kind(worst, soc, times_s, waterfall=waterfall)
    # which figures there will be only the fits can tell
    outputs = [*map(str, Path(target).glob("*.png"))] if is_folder(target) else [target, meta]
    drawing = Drawing(soc=soc, times_s=times_s, point=point, width=width, style=style)
    refuse(outputs, request, read_besides(drawing))
    refuse([meta], request, read_besides(drawing))
    expect_writable(meta, target)
    check_style(style, console)
    gathered = gather(request, console, draw=True, drawing=drawing)
    read = [*gathered.inputs, *read_besides(drawing)]
    refuse(outputs, request, read)
    written = [target]
    with figures.laid_over(read_settings(style)):
        if waterfall:
            figures.save(waterfall_of(gathered, drawing), target)
            console.wrote(target)
        else:
            shown = shown_spectra(gathered, point, scans)
            if worst:
                figures.save(worst_fits(shown, worst, width), target)
                console.wrote(target)
            elif len(shown) == 1 and not is_folder(target):
                figures.save(shown[0].figure(width), target)
                console.wrote(target)
            else:
                if target == "-" or (Path(target).suffix and not is_folder(target)):
                    raise click.UsageError(f"{len(shown)} figures do not fit into one file: name a folder with -o DIR")
                files = [str(Path(target) / f"{one.name}.png") for one in shown]
                written = [*dict.fromkeys(files)]
                refuse((*written, meta), request, read)
                make_folder(target)
                with console.progress(len(shown), "figures") as bar:
                    for one, file in zip(shown, files, strict=True):
                        figures.save(one.figure(width), file)
                        bar.advance()
                console.say(f"wrote {target}: {counted(len(shown), 'figure')}")
    write_meta(meta, request, read, written)
    report_flags(gathered.evolution.fits.flags, console, check=check)
