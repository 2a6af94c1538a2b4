"""Figures for publication, from plain data; nothing else in the package knows matplotlib.

`style` has what all share: size, type, colours, words on axes, and saving. `maps` draws quantities over position and
time, `contour` counts over shift and time (`frame` has what these share, `cell` the voltage beside them), `traces` and
`bands` lines over time, `profile` along the line (`lines` has what these share), `spectra` counts with their fits,
`waterfall` some of one point above one another. `words` finds room for texts, `sheet` reads a style that is laid over
ours. Every function returns a figure that is not yet saved.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from ramanfit.drawing.figures.bands import bands_figure
from ramanfit.drawing.figures.contour import contour_figure
from ramanfit.drawing.figures.maps import map_figure
from ramanfit.drawing.figures.profile import profile_figure
from ramanfit.drawing.figures.sheet import read_style
from ramanfit.drawing.figures.spectra import gallery_figure, spectrum_figure
from ramanfit.drawing.figures.style import laid_over, save
from ramanfit.drawing.figures.traces import traces_figure
from ramanfit.drawing.figures.waterfall import waterfall_figure

__all__ = [
    "Figure",
    "bands_figure",
    "contour_figure",
    "gallery_figure",
    "laid_over",
    "map_figure",
    "profile_figure",
    "read_style",
    "save",
    "spectrum_figure",
    "traces_figure",
    "waterfall_figure",
]
