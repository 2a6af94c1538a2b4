"""Position x time: what was measured where and when, as cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ramanfit.drawing.abscissa import Across
from ramanfit.drawing.axes import along, doubtful, position_edges, robust_range
from ramanfit.drawing.figures.frame import LEFT, Frame, blank, colour_bar
from ramanfit.drawing.figures.positions import name_ends, point_label, point_ticks
from ramanfit.drawing.figures.style import FAINT, INK, label, nothing_here, styled
from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.column_kind import REFERENCE
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.schema import Entry

GREY = "#E4E4E4"
HATCH = "//////"
BOTH_WAYS = 0.15  # of the larger: where a difference goes as far to the other side, its colours diverge at 0
DOT: dict[str, Any] = {
    "marker": "o",
    "markersize": 1.7,
    "markerfacecolor": "white",
    "markeredgecolor": INK,
    "markeredgewidth": 0.4,
}


@styled
def map_figure(
    evolution: Evolution,
    quantities: Sequence[str],
    width: str = "double",
    x: str | None = None,
    *,
    ends: Sequence[str] | None = None,
) -> Figure:
    """Return maps of position x time, one panel per quantity, above the cell's voltage if there is a record.

    Cells are as measured: nothing is interpolated. Missing scans are blank, what was measured but not detected is
    hatched, what is flagged has a dot. Positions of peaks are differences to the reference's, if there is one.

    Parameters
    ----------
    evolution : Evolution
    quantities : sequence of str
        Columns of the table.
    width : {"single", "double"}
    x : str, optional
        What is drawn against, as `ramanfit.drawing.abscissa.abscissa_of` takes it.
    ends : (str, str), optional
        What lies at the lowest position of the line, and at the highest.
    """
    quantities = [differing(evolution, quantity) for quantity in quantities]
    panel = max(min(0.16 * len(evolution.points) + 0.2, 2.2), 0.85)
    frame = Frame.of(evolution, x, [panel] * len(quantities), width, key=True)
    hatched = dotted = False
    for ax, quantity in zip(frame.panels, quantities, strict=True):
        missed, flagged = _cells(ax, evolution, quantity, frame.across)
        hatched, dotted = hatched or missed, dotted or flagged
        if ends is not None:
            name_ends(ax, ends, ax.get_ylim(), LEFT - 0.26, along="y")
    frame.finish()
    frame.beside_all(point_label(evolution))
    empty = (frame.across.scans < 0).any() or (evolution.rows < 0).any()
    handles: list[Artist] = [blank("not measured")] if empty else []
    if hatched:
        handles.append(Patch(facecolor=GREY, edgecolor=FAINT, hatch=HATCH, linewidth=0, label="measured, not detected"))
    if dotted:
        handles.append(Line2D([], [], linestyle="", label="flagged", **DOT))
    frame.explain(handles)
    return frame.figure


def differing(evolution: Evolution, quantity: str) -> str:
    """Return the column that a map shows: of a position, its difference to the reference's where there is one."""
    entry = evolution.schema.get(quantity)
    if entry is None or entry.is_ratio or not entry.delta or entry.delta not in evolution.table.columns:
        return quantity
    return entry.delta if np.isfinite(evolution.grid(entry.delta)).any() else quantity


def _cells(ax: Axes, evolution: Evolution, quantity: str, across: Across) -> tuple[bool, bool]:
    """Draw one map; return whether something in it was not detected, and whether something is flagged."""
    entry = evolution.schema.get(quantity)
    grid = evolution.shown(quantity)
    rows, order = position_edges(along(evolution))

    def placed(of: np.ndarray) -> np.ndarray:
        """By point and cell; False or not a number in a pause."""
        pause = False if of.dtype == bool else np.nan
        return np.where(across.scans[:, None] >= 0, of[across.scans], pause)[:, order].T

    values, missed = placed(grid), placed((evolution.rows >= 0) & ~np.isfinite(grid))
    flagged = placed(doubtful(evolution) & np.isfinite(grid))
    low, high, colours = scale_of(grid, evolution.errors(quantity), entry)
    mesh = ax.pcolormesh(
        across.edges,
        rows,
        np.ma.masked_invalid(values),
        cmap=colours,
        vmin=low,
        vmax=high,
        rasterized=True,
        linewidth=0,
    )
    if missed.any():
        ax.pcolor(
            across.edges,
            rows,
            np.ma.masked_where(~missed, np.zeros(missed.shape)),
            cmap=ListedColormap([GREY]),
            hatch=HATCH,
            edgecolor=FAINT,
            linewidth=0,
            zorder=1.5,
        )
    if flagged.any():
        row, cell = np.nonzero(flagged)
        middles = (across.edges[1:] + across.edges[:-1])[cell] / 2, (rows[1:] + rows[:-1])[row] / 2
        ax.plot(*middles, linestyle="", **DOT)
    ticks, names = point_ticks(evolution)
    ax.set_yticks(ticks, names)
    ax.set_ylim(rows[0], rows[-1])
    words = label(evolution, quantity)
    if np.isfinite(values).any():
        beyond = int(np.count_nonzero(values < low)), int(np.count_nonzero(values > high))
        colour_bar(ax, mesh, words, beyond, "value" if sum(beyond) == 1 else "values")
    else:
        nothing_here(ax)
        ax.annotate(words, (1.02, 0.5), xycoords="axes fraction", rotation=90, va="center", ha="left")
    return bool(missed.any()), bool(flagged.any())


def scale_of(grid: FloatArray, se: FloatArray, entry: Entry | None) -> tuple[float, float, str]:
    """Return the ends of a scale and the name of its colours.

    A difference that goes both ways is drawn around 0, in colours that diverge there.
    """
    low, high = robust_range(grid, se)
    if entry is not None and entry.kind.there == REFERENCE and min(-low, high) > BOTH_WAYS * max(-low, high):
        most = max(-low, high)
        return -most, most, "RdYlBu_r"  # its middle is no white, which is a missing scan
    return low, high, "cividis" if entry is not None and entry.kind.name == "height" else "viridis"
