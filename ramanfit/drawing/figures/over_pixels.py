"""A series of maps over time: the median over the pixels, between its quartiles."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ramanfit.drawing.abscissa import abscissa_of, middle_of
from ramanfit.drawing.figures.bands import OUTSIDE, WORDS
from ramanfit.drawing.figures.cell import VOLTAGE_IN, Beside
from ramanfit.drawing.figures.lines import limit
from ramanfit.drawing.figures.style import (
    COLOURS,
    FAINT,
    label,
    letters,
    new_figure,
    nothing_here,
    round_x,
    round_y,
    stack,
    styled,
)
from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.columns import column_name
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.table import Table

LEFT, RIGHT, BOTTOM, TOP, GAP, PANEL = 0.7, 0.12, 0.42, 0.34, 0.2, 1.1
KEY = "median of n pixels, between their quartiles"
CONTROL = " (off-peak control)"


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
def traces_over_pixels(evolution: Evolution, width: str = "double", x: str | None = None) -> Figure:
    """Return fitted heights, positions and ratios over time: medians over the pixels of a map, between their quartiles.

    Parameters
    ----------
    evolution : Evolution
        Of a map, two scans or more.
    width : {"single", "double"}
    x : str, optional
        What is drawn against, as `ramanfit.drawing.abscissa.abscissa_of` takes it.
    """
    heights = [column_name("height", peak) for peak in evolution.peaks]
    compared = [*(column_name("center_cm1", peak) for peak in evolution.peaks), *evolution.ratios]
    panels = [
        (
            label(evolution, name).replace(" (", "\n("),
            evolution.shown(name),
            evolution.reference_value(name)[0] if name in compared else np.nan,
        )
        for name in (*heights, *compared)
    ]
    return _figure(evolution, panels, width, x)


@styled
def bands_over_pixels(evolution: Evolution, bands: Table, width: str = "double", x: str | None = None) -> Figure:
    """Return the enhancement of the raw intensity at fixed shifts over time, as `traces_over_pixels` does.

    Parameters
    ----------
    evolution : Evolution
        Of a map, two scans or more.
    bands : Table
        As `ramanfit.experiment.bands.bands_table` makes it, of the same spectra.
    width : {"single", "double"}
    x : str, optional
        As in `traces_over_pixels`.
    """
    at, value = (np.asarray(bands.columns[name], dtype=np.float64) for name in ("band_cm1", "enhancement"))
    specific = np.isfinite(np.asarray(bands.columns.get("specific", np.full(len(at), np.nan)), dtype=np.float64))
    panels, titles = list[tuple[str, FloatArray, float]](), list[str]()
    for middle in np.unique(at).tolist():
        its = value[at == middle]
        grid = np.where(evolution.rows >= 0, its[evolution.rows], np.nan)
        control = specific.any() and not specific[at == middle].any()
        panels.append((WORDS, grid, 1.0))
        titles.append(f"{middle:g} cm⁻¹" + CONTROL * bool(control))
    figure = _figure(evolution, panels, width, x, titles)
    drawn = [ax for ax, (_, grid, _) in zip(figure.axes, panels, strict=False) if np.isfinite(grid).any()]
    for ax in figure.axes[: len(panels)] if drawn else ():  # one scale: controls show what is no growth
        low, high = zip(*(one.get_ylim() for one in drawn), strict=True)
        ax.set_ylim(min(low), max(high))
    return figure


def _figure(
    evolution: Evolution,
    panels: Sequence[tuple[str, FloatArray, float]],
    width: str,
    x: str | None,
    titles: Sequence[str] = (),
) -> Figure:
    """Draw words, values [S, P] and a line to compare with, in a panel each, above the cell's voltage.

    Above each stand its title, and of how many pixels the medians are.
    """
    abscissa = abscissa_of(evolution, x)
    beside = Beside(evolution, abscissa)
    panel = min(PANEL, 8.0 / len(panels) - GAP)
    heights = [panel] * len(panels) + [VOLTAGE_IN] * beside.has_voltage
    figure = new_figure(width, sum(heights) + GAP * (len(heights) - 1) + TOP + BOTTOM)
    axes = stack(figure, heights, left=LEFT, right=RIGHT, bottom=BOTTOM, gap=GAP)
    at = middle_of(abscissa.values)
    for k, (ax, (words, values, reference)) in enumerate(zip(axes, panels, strict=False)):
        _panel(ax, at, quartiles(values), OUTSIDE if titles else "nothing detected")
        if titles:
            ax.set_title(titles[k], loc="left", pad=2)
        ax.set_title(pixels_of(evolution, values), loc="right", pad=2, fontsize=mpl.rcParams["legend.fontsize"])
        if np.isfinite(reference):
            ax.axhline(reference, color=FAINT, linewidth=0.7, linestyle=(0, (4, 2)), zorder=0)
        ax.set_ylabel(words)
        round_y(ax)
    if beside.has_voltage:
        beside.draw_voltage(axes[-1])
    limit(axes[0], at)
    round_x(axes[-1], abscissa.words)
    figure.align_ylabels(axes)
    letters(axes, LEFT)
    said = KEY + ("; dash: reference" if not titles and any(np.isfinite(at) for *_, at in panels) else "")
    figure.text(LEFT / figure.get_size_inches()[0], 1 - 0.04 / figure.get_size_inches()[1], said, va="top")
    return figure


def pixels_of(evolution: Evolution, values: FloatArray) -> str:
    """Return of how many pixels values [S, P] are, in the scan with fewest and that with most."""
    measured = (evolution.rows >= 0).any(axis=1)
    counts = np.count_nonzero(np.isfinite(values), axis=1)[measured]
    low, high = int(counts.min()), int(counts.max())
    return "" if not high else f"n = {low}" if low == high else f"n = {low}–{high}"


def _panel(ax: Axes, x: FloatArray, values: FloatArray, words: str) -> None:
    low, middle, high = values
    if not np.isfinite(middle).any():
        nothing_here(ax, words)
        return
    ax.fill_between(x, low, high, where=np.isfinite(middle).tolist(), color=COLOURS[0], alpha=0.22, linewidth=0)
    ax.plot(x, middle, "o-", color=COLOURS[0], linewidth=0.9, markersize=2.5)
    ax.margins(y=0.12)


__all__: Sequence[str] = ("bands_over_pixels", "quartiles", "traces_over_pixels")
