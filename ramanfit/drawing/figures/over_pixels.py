"""A series of maps over time: the median over the pixels, between its quartiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ramanfit.drawing.axes import time_unit
from ramanfit.drawing.figures.style import (
    COLOURS,
    FAINT,
    INK,
    label,
    letters,
    new_figure,
    nothing_here,
    stack,
    styled,
)
from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.columns import column_name
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.table import Table

LEFT, RIGHT, BOTTOM, TOP, GAP, PANEL, VOLTAGE = 0.62, 0.12, 0.42, 0.28, 0.17, 1.1, 0.62
KEY = "median over the pixels, between its quartiles"


def quartiles(values: FloatArray) -> FloatArray:
    """Return lower quartile, median and upper quartile over the pixels, [3, S]; not numbers where there is no value.

    Parameters
    ----------
    values : array [S, P]
    """
    ends = np.full((3, len(values)), np.nan)
    for scan, row in enumerate(values):
        if (there := row[np.isfinite(row)]).size:
            ends[:, scan] = np.quantile(there, [0.25, 0.5, 0.75])
    return ends


@styled
def traces_over_pixels(evolution: Evolution, width: str = "double") -> Figure:
    """Return fitted heights and ratios over time: medians over the pixels of a map, between their quartiles.

    Parameters
    ----------
    evolution : Evolution
        Of a map, two scans or more.
    width : {"single", "double"}
    """
    names = [column_name("height", peak) for peak in evolution.peaks] + list(evolution.ratios)
    panels = [(label(evolution, name), evolution.shown(name), evolution.reference_value(name)[0]) for name in names]
    ratios = {label(evolution, name) for name in evolution.ratios}
    return _figure(evolution, [(words, grid, at if words in ratios else np.nan) for words, grid, at in panels], width)


@styled
def bands_over_pixels(evolution: Evolution, bands: Table, width: str = "double") -> Figure:
    """Return the enhancement of the raw intensity at fixed shifts over time, as `traces_over_pixels` does.

    Parameters
    ----------
    evolution : Evolution
        Of a map, two scans or more.
    bands : Table
        As `ramanfit.experiment.bands.bands_table` makes it, of the same spectra.
    width : {"single", "double"}
    """
    at, value = (np.asarray(bands.columns[name], dtype=np.float64) for name in ("band_cm1", "enhancement"))
    panels = []
    for middle in np.unique(at).tolist():
        its = value[at == middle]
        grid = np.where(evolution.rows >= 0, its[evolution.rows], np.nan)
        panels.append((f"$I/I_{{\\mathrm{{first}}}}$\n{middle:g} cm⁻¹", grid, 1.0))
    figure = _figure(evolution, panels, width)
    drawn = figure.axes[: len(panels)]
    low, high = zip(*(ax.get_ylim() for ax in drawn), strict=True)
    for ax in drawn:  # one scale: controls show what is no growth
        ax.set_ylim(min(low), max(high))
    return figure


def _figure(evolution: Evolution, panels: Sequence[tuple[str, FloatArray, float]], width: str) -> Figure:
    """Draw words, values [S, P] and a line to compare with, in a panel each, above the cell's voltage."""
    record = evolution.record if evolution.timed else None
    voltage_v = None if record is None else record.voltage_v
    panel = min(PANEL, 8.0 / len(panels) - GAP)
    heights = [panel] * len(panels) + [VOLTAGE] * (voltage_v is not None)
    figure = new_figure(width, sum(heights) + GAP * (len(heights) - 1) + TOP + BOTTOM)
    axes = stack(figure, heights, left=LEFT, right=RIGHT, bottom=BOTTOM, gap=GAP)
    scale, time_label = time_unit(evolution)
    x = evolution.scan_time_s / (scale if evolution.timed else 1.0)
    for ax, (words, values, at) in zip(axes, panels, strict=False):
        _panel(ax, x, quartiles(values))
        if np.isfinite(at):
            ax.axhline(at, color=FAINT, linewidth=0.7, linestyle=(0, (4, 2)), zorder=0)
        ax.set_ylabel(words)
    if record is not None and voltage_v is not None:
        axes[-1].plot(record.time_s / scale, voltage_v, color=INK, linewidth=0.8)
        axes[-1].set_ylabel("voltage\n(V)")
    for ax in axes:
        ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes[-1].set_xlabel(time_label)
    axes[-1].xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=not evolution.timed))
    margin = 0.04 * float(np.ptp(x))
    axes[0].set_xlim(x[0] - margin, x[-1] + margin)
    letters(axes, LEFT)
    figure.text(LEFT / figure.get_size_inches()[0], 1 - 0.06 / figure.get_size_inches()[1], KEY, va="top")
    return figure


def _panel(ax: Axes, x: FloatArray, values: FloatArray) -> None:
    low, middle, high = values
    if not np.isfinite(middle).any():
        nothing_here(ax)
        return
    ax.fill_between(x, low, high, where=np.isfinite(middle).tolist(), color=COLOURS[0], alpha=0.22, linewidth=0)
    ax.plot(x, middle, "o-", color=COLOURS[0], linewidth=0.9, markersize=2.5)
    ax.margins(y=0.12)


__all__: Sequence[str] = ("bands_over_pixels", "quartiles", "traces_over_pixels")
