"""The figures of a map, or of a series of maps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ramanfit.drawing.waterfall import picked_curves, waterfall_figure

if TYPE_CHECKING:
    from ramanfit.drawing.figures import Figure
    from ramanfit.experiment.gathered import Gathered
    from ramanfit.experiment.request import Drawing
    from ramanfit.experiment.voice import Voice


def map_figures(gathered: Gathered, drawing: Drawing, voice: Voice) -> Iterator[tuple[str, Figure]]:
    """Yield the names and figures of a map: images, medians over its pixels, spectra of one pixel.

    What makes no sense of a map is left out, and that is said.
    """
    from ramanfit.drawing.figures.images import images_figure, shown_scans
    from ramanfit.drawing.figures.over_pixels import bands_over_pixels, traces_over_pixels

    evolution = gathered.evolution
    shown, scans = len(shown_scans(evolution, drawing.width)), len({*evolution.table.columns["scan"]})
    if shown < scans:
        voice.say(f"map: {shown} of {scans} scans, evenly spaced; map_*.csv hold all")
    if evolution.raster.pixel_um is None:
        voice.say("map: in pixels, for where these lie is not known, or no even grid that all scans share")
    yield "map", images_figure(evolution, gathered.map_names(drawing.quantities), drawing.width)
    voice.say(
        "a map has no profile: not drawn"
        if scans > 1
        else "a map has no profile, and a single one no traces: not drawn (nor bands, which compare scans)"
    )
    if scans > 1:
        yield "traces", traces_over_pixels(evolution, drawing.width, drawing.x)
        if gathered.bands is not None:
            yield "bands", bands_over_pixels(evolution, gathered.bands, drawing.width, drawing.x)
    picked = picked_curves(gathered, drawing)
    if picked:
        pixel = str(evolution.table.columns["point"][picked[0].row])
        voice.say(f"waterfall: of pixel {pixel} (--point NAME for another)")
        yield "waterfall", waterfall_figure(evolution, picked, drawing)
    elif drawing.soc or drawing.times_s:
        voice.warn("no spectrum at hand for the waterfall")
