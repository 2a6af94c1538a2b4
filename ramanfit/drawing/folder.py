"""The folder that holds all that is written about an experiment: tables, figures and the report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ramanfit.tables.sink import Sink

if TYPE_CHECKING:
    from ramanfit.drawing.figures import Figure
    from ramanfit.experiment.gathered import Gathered
    from ramanfit.experiment.request import Drawing
    from ramanfit.experiment.voice import Voice

FIGURES = ("map", "traces", "profile", "bands", "contour", "waterfall")


def files_in(folder: str | os.PathLike[str], maps: Iterable[str], drawing: Drawing) -> list[str]:
    """Return all files that may be written about an experiment into a folder.

    Parameters
    ----------
    folder : path
    maps : iterable of str
        Quantities that are mapped.
    drawing : Drawing
    """
    tables = ["peaks.csv", "ratios.csv", "bands.csv", "events.csv", "run.json"]
    names = [*tables, *(f"map_{name}.csv" for name in maps)]
    if drawing.figures:
        names += [f"{figure}.{ending}" for figure in FIGURES for ending in _endings(drawing)]
        names.append("waterfall.csv")
    if drawing.report:
        names.append("report.html")
    return [os.fspath(Path(folder) / name) for name in names]


def write_figures(folder: Path, gathered: Gathered, drawing: Drawing, voice: Voice) -> list[str]:
    """Draw and save all figures, and the numbers of the waterfall; return the names of the files."""
    from ramanfit.drawing import figures
    from ramanfit.drawing.of_map import map_figures
    from ramanfit.drawing.waterfall import picked_curves, waterfall_table
    from ramanfit.tables.forms import open_writer

    written = []
    style = read_settings(drawing.style)
    drawn = map_figures if gathered.evolution.is_map else _figures
    with figures.laid_over(style), voice.progress(len(FIGURES), "figures") as bar:
        for name, figure in drawn(gathered, drawing, voice):
            for ending in _endings(drawing):
                figures.save(figure, folder / f"{name}.{ending}")
                written.append(f"{name}.{ending}")
            bar.advance()
    picked = picked_curves(gathered, drawing)
    if picked:
        with open_writer(folder / "waterfall.csv", "csv") as writer:
            writer.write(waterfall_table(gathered.evolution, picked))
        written.append("waterfall.csv")
    return written


def read_settings(style: str | os.PathLike[str] | None) -> dict[str, Any]:
    """Return the settings of a style file, none where there is no file; what may be wrong with it is told.

    Raises
    ------
    InputError, RecipeError
        As `ramanfit.drawing.figures.sheet.read_style` does.
    """
    if style is None:
        return {}
    from ramanfit.drawing.figures import read_style

    return read_style(style).settings


def read_besides(drawing: Drawing) -> tuple[str, ...]:
    """Return the files that are read for figures besides the scans."""
    return (*drawing.reference, *drawing.read_for_style)


def check_style(style: str | os.PathLike[str] | None, voice: Voice) -> None:
    """Read a style before any work, and say what in it has no effect; errors as in `read_settings`."""
    if style is None:
        return
    from ramanfit.drawing.figures import read_style

    if idle := read_style(style).idle:
        voice.say(f"{os.fspath(style)}: without effect, as the page decides it: {', '.join(idle)}")


def _endings(drawing: Drawing) -> list[str]:
    return list(dict.fromkeys(("png", *drawing.formats)))


def _figures(gathered: Gathered, drawing: Drawing, voice: Voice) -> Iterator[tuple[str, Figure]]:
    from ramanfit.drawing import figures
    from ramanfit.drawing.contour import contour_of
    from ramanfit.drawing.waterfall import picked_curves, waterfall_figure

    evolution = gathered.evolution
    quantities = gathered.map_names(drawing.quantities)
    yield "map", figures.map_figure(evolution, quantities, drawing.width, drawing.x, ends=drawing.ends)
    yield "traces", figures.traces_figure(evolution, drawing.width, drawing.x, gathered.events)
    yield "profile", figures.profile_figure(evolution, drawing.width, ends=drawing.ends)
    if gathered.bands is not None:
        yield "bands", figures.bands_figure(evolution, gathered.bands, drawing.width, drawing.x)
    contour = contour_of(gathered, drawing)
    if contour is not None:
        yield "contour", contour
    picked = picked_curves(gathered, drawing)
    if picked:
        yield "waterfall", waterfall_figure(evolution, picked, drawing)
    elif drawing.soc or drawing.times_s:
        voice.warn("no spectrum at hand for the waterfall")


def write_report(
    folder: Path, gathered: Gathered, record: Mapping[str, Any], title: str, x: str | None = None
) -> list[str]:
    """Write the report, drawn against `x`; return the name of the file."""
    from ramanfit.drawing.report import report_html

    page = report_html(gathered.evolution, gathered.spectra, record, title, gathered.events, x)
    with Sink(folder / "report.html") as sink:
        sink.write(page)
    return ["report.html"]
