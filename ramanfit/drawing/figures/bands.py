"""Intensities at fixed shifts over time, a panel per shift."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ramanfit.drawing.abscissa import Abscissa, abscissa_of
from ramanfit.drawing.axes import doubtful
from ramanfit.drawing.figures.cell import VOLTAGE_IN, Beside
from ramanfit.drawing.figures.lines import (
    BOTTOM,
    DASHED,
    LEFT,
    RIGHT,
    Key,
    band_sign,
    draw_traces,
    goes_beyond,
    legs,
    limit,
    mark_beyond,
    mark_flagged,
    point_looks,
    reach,
)
from ramanfit.drawing.figures.style import FAINT, INK, MARKERS, new_figure, nothing_here, round_x, round_y, styled
from ramanfit.experiment.evolution import Evolution
from ramanfit.fit.doubt import COUNTS_DOUBTFUL
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.table import Table

MOST_BINS = 24  # of many scans several are averaged
PANEL_IN, GAP_X, GAP_Y = 1.3, 0.16, 0.26

WORDS = "$I$ / $I$ of first scan,\nraw counts"
OUTSIDE = "no counts at this shift"


class Means(NamedTuple):
    """Means of scans that follow one another, for B bins and P points.

    Attributes
    ----------
    x, value, se : array [B, P]
        Means, and the standard error of that of the value: from the scatter, or of one value its own.
    """

    x: FloatArray
    value: FloatArray
    se: FloatArray


@styled
def bands_figure(evolution: Evolution, bands: Table, width: str = "double", x: str | None = None) -> Figure:
    """Return the enhancement of the raw intensity at fixed shifts over time, a panel per shift on one scale.

    Of many scans, points are means of several, and a faint line shows what they are of.

    Parameters
    ----------
    evolution : Evolution
    bands : Table
        As `ramanfit.experiment.bands.bands_table` makes it, of the same spectra.
    width : {"single", "double"}
    x : str, optional
        What is drawn against, as `ramanfit.drawing.abscissa.abscissa_of` takes it.
    """
    abscissa = abscissa_of(evolution, x)
    at = np.asarray(bands.columns["band_cm1"], dtype=np.float64)
    middles = np.unique(at)
    across = 1 if width == "single" or len(middles) == 1 else 2
    down = -(-len(middles) // across)
    flagged = doubtful(evolution, COUNTS_DOUBTFUL)
    beside, key = Beside(evolution, abscissa), Key(evolution, abscissa, width, flagged=flagged)
    several = -(-len(evolution.scans) // MOST_BINS)
    if several > 1:
        words = f"mean of {several} scans ± s.e.; line: each scan"
        key.add(Line2D([], [], linestyle="", marker="o", color=INK, label=words))
    else:
        key.add(band_sign())
    specific = np.isfinite(np.asarray(bands.columns["specific"], dtype=np.float64))
    columns = [[_on_grid(evolution, bands, at == m, f"enhancement{end}") for end in ("", "_se")] for m in middles]
    value, se = (np.concatenate([column[k] for column in columns]) for k in (0, 1))
    span = reach(value, se, 1.0)
    means = [means_of(abscissa, value, se, several) for value, se in columns]
    drawn = [mean.value for mean in means] if several > 1 else [column[0] for column in columns]
    if any(goes_beyond(one, span) for one in drawn):
        key.add_beyond()
    beneath = (VOLTAGE_IN + GAP_Y / 2) * beside.has_voltage
    height = down * PANEL_IN + (down - 1) * GAP_Y + beneath + BOTTOM + 0.24 + key.height_in
    figure = new_figure(width, height)
    inches = figure.get_size_inches()[0]
    panel_width = (inches - LEFT - RIGHT - GAP_X * (across - 1)) / across

    def panel(column: int, bottom: float, height_in: float, beside_it: Axes | None) -> Axes:
        box = (LEFT + column * (panel_width + GAP_X), bottom, panel_width, height_in)
        ax = figure.add_axes((box[0] / inches, box[1] / height, box[2] / inches, box[3] / height), sharey=beside_it)
        ax.tick_params(labelleft=column == 0)
        return ax

    axes: list[Axes] = []
    for k, (middle, (value, se)) in enumerate(zip(middles.tolist(), columns, strict=True)):
        row, column = divmod(k, across)
        bottom = BOTTOM + beneath + (down - 1 - row) * (PANEL_IN + GAP_Y)
        ax = panel(column, bottom, PANEL_IN, axes[0] if axes else None)
        ax.axhline(1, color=FAINT, linewidth=0.6, linestyle=(0, (4, 3)))
        if not np.isfinite(value).any():
            nothing_here(ax, OUTSIDE)
        elif several > 1:
            _draw_means(ax, evolution, abscissa, value, means[k], span)
            for p, (colour, marker) in enumerate(point_looks(evolution)):
                mark_flagged(ax, abscissa.values[:, p], value[:, p], flagged[:, p], colour, marker)
        else:
            draw_traces(ax, evolution, abscissa, value, se, span=span, flagged=flagged)
        limit(ax, abscissa.values)
        control = specific.any() and not specific[at == middle].any()
        ax.set_title("abcdefghijklmnopqrstuvwxyz"[k % 26], loc="left", pad=3, weight="bold", fontsize=8)
        ax.set_title(f"{middle:g} cm⁻¹" + (" (off-peak control)" if control else ""), pad=3)
        if column == 0:
            ax.set_ylabel(WORDS)
        axes.append(ax)
    axes[0].set_ylim(span)
    round_y(axes[0])
    lowest = axes[-across:] if len(middles) % across == 0 else [axes[-1], axes[-2]]
    if beside.has_voltage:
        lowest = [panel(column, BOTTOM, VOLTAGE_IN, None) for column in range(across)]
        for column, ax in enumerate(lowest):
            beside.draw_voltage(ax)
            ax.set_ylabel("voltage\n(V)" if column == 0 else "")
            ax.set_xlim(axes[0].get_xlim())
    for ax in (*axes, *lowest):
        round_x(ax, abscissa.words)
        ax.tick_params(labelbottom=ax in lowest)
        ax.set_xlabel(abscissa.words if ax in lowest else "")
    key.draw(figure)
    return figure


def means_of(abscissa: Abscissa, value: FloatArray, se: FloatArray, several: int) -> Means:
    """Return means of so many scans that follow one another, none across a turn of the abscissa.

    Parameters
    ----------
    abscissa : Abscissa
    value, se : array [S, P]
    several : int
    """
    turn = np.append(0, np.cumsum(abscissa.falls[1:] != abscissa.falls[:-1]))
    within = np.concatenate([np.arange(np.count_nonzero(turn == leg)) // several for leg in range(int(turn[-1]) + 1)])
    begins = np.append(True, (np.diff(turn) != 0) | (np.diff(within) != 0))
    starts = np.flatnonzero(begins)
    there = np.isfinite(value) & np.isfinite(abscissa.values)
    count = np.add.reduceat(there, starts, axis=0, dtype=np.float64)

    def mean(of: FloatArray) -> FloatArray:
        return np.asarray(np.add.reduceat(np.where(there, of, 0.0), starts, axis=0) / count)

    with np.errstate(invalid="ignore", divide="ignore"):
        middle = mean(value)
        bins = np.cumsum(begins) - 1
        scatter = np.sqrt(mean((value - middle[bins]) ** 2) / (count - 1))
        alone = mean(se)
        where = mean(abscissa.values)
    return Means(where, middle, np.where(count > 1, scatter, alone))


def _draw_means(
    ax: Axes, evolution: Evolution, abscissa: Abscissa, value: FloatArray, means: Means, span: tuple[float, float]
) -> None:
    for p, (colour, marker) in enumerate(point_looks(evolution)):
        for leg, falls in legs(abscissa):
            style: Any = DASHED if falls else "-"
            y = np.where(leg, value[:, p], np.nan)
            ax.plot(abscissa.values[:, p], y, color=colour, linewidth=0.6, alpha=0.45, linestyle=style)
        ax.errorbar(
            means.x[:, p],
            means.value[:, p],
            means.se[:, p],
            linestyle="",
            marker=marker or "o",
            markersize=0.85 * MARKERS.get(marker, 1.6),
            markeredgewidth=0,
            color=colour,
            elinewidth=0.6,
        )
        mark_beyond(ax, means.x[:, p], means.value[:, p], span, colour)


def _on_grid(evolution: Evolution, bands: Table, in_band: np.ndarray, name: str) -> FloatArray:
    values = np.asarray(bands.columns[name], dtype=np.float64)[in_band]
    return np.where(evolution.rows >= 0, values[evolution.rows], np.nan)
