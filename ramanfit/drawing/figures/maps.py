"""Position x time: what was measured where and when, as cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ramanfit.drawing.axes import along, position_edges, time_edges, time_unit, trusted_range
from ramanfit.drawing.figures.style import (
    FAINT,
    INK,
    label,
    letters,
    name_ends,
    new_figure,
    nothing_here,
    point_label,
    point_ticks,
    stack,
    styled,
)
from ramanfit.experiment.cell import Record, at
from ramanfit.experiment.evolution import Evolution
from ramanfit.scan.scan import FloatArray

GREY = "#E4E4E4"
HATCH = "//////"
VOLTAGE_IN = 0.62
LEFT = 0.84


@styled
def map_figure(
    evolution: Evolution, quantities: Sequence[str], width: str = "double", *, ends: Sequence[str] | None = None
) -> Figure:
    """Return maps of position x time, one panel per quantity, above the cell's voltage if there is a record.

    Cells are as measured: nothing is interpolated. Missing scans are blank, what was measured but not detected is
    hatched.

    Parameters
    ----------
    evolution : Evolution
    quantities : sequence of str
        Columns of the table.
    width : {"single", "double"}
    ends : (str, str), optional
        What lies at the lowest position of the line, and at the highest.
    """
    record = evolution.record if evolution.timed else None
    has_voltage = record is not None and record.voltage_v is not None
    panel = min(0.16 * len(evolution.points) + 0.2, 2.2)
    heights = [max(panel, 0.75)] * len(quantities) + [VOLTAGE_IN] * has_voltage
    has_soc = record is not None and record.soc is not None
    top, bottom, gap = 0.14 + 0.28 * has_soc, 0.56, 0.16
    figure = new_figure(width, sum(heights) + gap * (len(heights) - 1) + top + bottom)
    axes = stack(figure, heights, left=LEFT, right=0.82, bottom=bottom, gap=gap)
    scale, time_label = time_unit(evolution)
    edges, shown = time_edges(evolution.scan_time_s / scale)
    hatched = False
    for ax, quantity in zip(axes, quantities, strict=False):
        hatched |= _cells(ax, evolution, quantity, edges, shown)
        if ends is not None:
            name_ends(ax, ends, ax.get_ylim(), LEFT - 0.26, along="y")
    maps = axes[: len(quantities)]
    if has_voltage:
        assert record is not None
        voltage_panel(axes[-1], record, scale)
    axes[-1].set_xlabel(time_label)
    axes[0].set_xlim(edges[0], edges[-1])
    if has_soc:
        assert record is not None
        soc_axis(axes[0], record, scale)
    figure.text(
        0.1 / figure.get_size_inches()[0],
        (bottom + sum(heights) / 2 + gap * (len(heights) - 1) / 2 + VOLTAGE_IN * has_voltage / 2)
        / figure.get_size_inches()[1],
        point_label(evolution),
        rotation=90,
        ha="center",
        va="center",
    )
    letters(maps, LEFT - 0.16)
    if hatched:
        patch = Patch(facecolor=GREY, edgecolor=FAINT, hatch=HATCH, linewidth=0, label="measured, not detected")
        figure.legend(handles=[patch], loc="lower right", borderaxespad=0.3, handleheight=1.0)
    return figure


def _cells(ax: Axes, evolution: Evolution, quantity: str, edges: FloatArray, shown: np.ndarray) -> bool:
    """Draw one map; return whether something in it was not detected."""
    grid, entry = evolution.shown(quantity), evolution.schema.get(quantity)
    measured = evolution.rows >= 0
    low, high = trusted_range(grid, evolution.errors(quantity))
    rows, order = position_edges(along(evolution))
    values = np.where(shown[:, None] >= 0, grid[shown], np.nan)[:, order].T
    missed = (np.where(shown[:, None] >= 0, (measured & ~np.isfinite(grid))[shown], False))[:, order].T
    mesh = ax.pcolormesh(
        edges,
        rows,
        np.ma.masked_invalid(values),
        cmap="cividis" if entry is not None and entry.kind.name == "height" else "viridis",
        vmin=low,
        vmax=high,
        rasterized=True,
        linewidth=0,
    )
    if missed.any():
        ax.pcolor(
            edges,
            rows,
            np.ma.masked_where(~missed, np.zeros(missed.shape)),
            cmap=ListedColormap([GREY]),
            hatch=HATCH,
            edgecolor=FAINT,
            linewidth=0,
            zorder=1.5,
        )
    ticks, names = point_ticks(evolution)
    ax.set_yticks(ticks, names)
    ax.set_ylim(rows[0], rows[-1])
    if np.isfinite(values).any():
        _colour_bar(ax, mesh, label(evolution, quantity), below=np.nanmin(values) < low, above=np.nanmax(values) > high)
    else:
        nothing_here(ax)
        ax.annotate(
            label(evolution, quantity), (1.02, 0.5), xycoords="axes fraction", rotation=90, va="center", ha="left"
        )
    return bool(missed.any())


def _colour_bar(ax: Axes, mesh: ScalarMappable, words: str, *, below: bool, above: bool) -> None:
    """Draw the scale beside a map; pointed where there are values beyond its ends."""
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    width = figure.get_size_inches()[0]
    box = ax.get_position()
    bar_axes = figure.add_axes((box.x1 + 0.07 / width, box.y0, 0.09 / width, box.height))
    extend = ("neither", "min", "max", "both")[below + 2 * above]
    bar = figure.colorbar(mesh, cax=bar_axes, extend=extend, extendfrac=0.08)
    bar.outline.set_linewidth(0.5)
    bar.ax.tick_params(size=2, width=0.5)
    bar.ax.locator_params(nbins=4)
    bar.set_label(words.replace(" (", "\n("), labelpad=2)


def voltage_panel(ax: Axes, record: Record, scale: float) -> None:
    """Draw the cell's voltage."""
    assert record.voltage_v is not None
    ax.plot(record.time_s / scale, record.voltage_v, color=INK, linewidth=0.8)
    ax.set_ylabel("voltage\n(V)")
    ax.margins(y=0.12)
    ax.locator_params(axis="y", nbins=4)


def soc_axis(ax: Axes, record: Record, scale: float) -> None:
    """Write the state of charge above the ticks of time: it need not rise with it."""
    assert record.soc is not None
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    soc = at(record, np.array(ticks) * scale)["soc"]
    above = ax.twiny()
    above.set_xlim(low, high)
    above.set_xticks(ticks, [f"{value:.0f}" if np.isfinite(value) else "–" for value in soc])
    above.set_xlabel("state of charge (%)", labelpad=3)
