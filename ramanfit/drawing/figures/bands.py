"""Intensities at fixed shifts over time, a panel per shift."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ramanfit.drawing.axes import time_unit, times
from ramanfit.drawing.figures.lines import BOTTOM, LEFT, RIGHT, draw_traces, key_height, limit, point_key
from ramanfit.drawing.figures.style import FAINT, letters, new_figure, styled
from ramanfit.experiment.evolution import Evolution
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.table import Table


@styled
def bands_figure(evolution: Evolution, bands: Table, width: str = "double") -> Figure:
    """Return the enhancement of the raw intensity at fixed shifts over time, a panel per shift, a line per point.

    Parameters
    ----------
    evolution : Evolution
    bands : Table
        As `ramanfit.experiment.bands.bands_table` makes it, of the same spectra.
    width : {"single", "double"}
    """
    at = np.asarray(bands.columns["band_cm1"], dtype=np.float64)
    middles = np.unique(at)
    across = 1 if width == "single" or len(middles) == 1 else 2
    down = -(-len(middles) // across)
    panel_in, gap_y, gap_x = 1.3, 0.36, 0.52
    key = key_height(evolution, width)
    height = down * panel_in + (down - 1) * gap_y + BOTTOM + 0.3 + key
    figure = new_figure(width, height)
    inches = figure.get_size_inches()[0]
    panel_width = (inches - LEFT - RIGHT - gap_x * (across - 1)) / across
    _, time_label = time_unit(evolution)
    x = times(evolution)
    specific = np.isfinite(np.asarray(bands.columns["specific"], dtype=np.float64))
    axes: list[Axes] = []
    for k, middle in enumerate(middles.tolist()):
        row, column = divmod(k, across)
        bottom = BOTTOM + (down - 1 - row) * (panel_in + gap_y)
        box = (LEFT + column * (panel_width + gap_x), bottom, panel_width, panel_in)
        ax = figure.add_axes((box[0] / inches, box[1] / height, box[2] / inches, box[3] / height))
        in_band = at == middle
        value, se = (_on_grid(evolution, bands, in_band, name) for name in ("enhancement", "enhancement_se"))
        ax.axhline(1, color=FAINT, linewidth=0.6, linestyle=(0, (4, 3)))
        draw_traces(ax, evolution, x, value, se)
        limit(ax, x)
        control = specific.any() and not specific[in_band].any()
        ax.set_title(f"{middle:g} cm⁻¹" + (" (off-peak control)" if control else ""), pad=3)
        if column == 0:
            ax.set_ylabel("$I/I_{\\mathrm{first\\ scan}}$, raw counts")
        if k >= len(middles) - across:
            ax.set_xlabel(time_label)
        axes.append(ax)
    letters(axes, gap_x - 0.02)
    point_key(figure, evolution, key)
    return figure


def _on_grid(evolution: Evolution, bands: Table, in_band: np.ndarray, name: str) -> FloatArray:
    values = np.asarray(bands.columns[name], dtype=np.float64)[in_band]
    return np.where(evolution.rows >= 0, values[evolution.rows], np.nan)
