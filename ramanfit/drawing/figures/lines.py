"""What figures of lines share: one line per point, its colour and its name."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ramanfit.drawing.axes import along, trusted_range
from ramanfit.drawing.figures.style import FAINT, MOST_NAMED, nothing_here, point_colours, sequence_map
from ramanfit.experiment.evolution import Evolution
from ramanfit.scan.scan import FloatArray

LEFT, RIGHT, BOTTOM = 0.62, 0.12, 0.42


def draw_traces(ax: Axes, evolution: Evolution, x: FloatArray, value: FloatArray, se: FloatArray) -> None:
    """One line per point, broken where there is no value, on a band of one standard error.

    What lies beyond the axis is marked at its edge.
    """
    if not np.isfinite(value).any():
        nothing_here(ax)
        return
    low, high = trusted_range(value, se)
    margin = 0.06 * (high - low) or 0.5
    bottom, top = low - margin, high + margin
    for p, colour in enumerate(point_colours(evolution)):
        y, half, at = value[:, p], se[:, p], x[:, p]
        finite = np.isfinite(y)
        band = finite & np.isfinite(half)
        under, over = (np.clip(y + side * half, bottom - margin, top + margin) for side in (-1, 1))
        ax.fill_between(at, under, over, where=band.tolist(), color=colour, alpha=0.22, linewidth=0)
        ax.plot(at, y, color=colour, linewidth=0.85)
        alone = finite & ~np.append(False, finite[:-1]) & ~np.append(finite[1:], False)
        ax.plot(at[alone], y[alone], "o", color=colour, markersize=1.6)
        for beyond, edge, mark in ((y > top, top, "^"), (y < bottom, bottom, "v")):
            ax.plot(at[beyond], np.full(int(beyond.sum()), edge), mark, color=colour, markersize=2.5, clip_on=False)
    ax.set_ylim(bottom, top)


def reference_line(ax: Axes, at: float, se: float) -> None:
    """Draw where the reference stands, on a band of one standard error."""
    ax.axhline(at, color=FAINT, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0)
    if np.isfinite(se):
        ax.axhspan(at - se, at + se, color=FAINT, alpha=0.2, linewidth=0, zorder=0)


def limit(ax: Axes, x: FloatArray) -> None:
    """Let an axis reach from the first to the last time."""
    low, high = float(np.nanmin(x)), float(np.nanmax(x))
    margin = 0.015 * (high - low) or 0.5
    ax.set_xlim(low - margin, high + margin)


def key_height(evolution: Evolution, width: str) -> float:
    """Return the inches that `point_key` needs."""
    n = len(evolution.points)
    if n > MOST_NAMED:
        return 0.42
    return 0.17 * -(-n // (8 if width == "double" else 3)) + 0.02


def point_key(figure: Figure, evolution: Evolution, height_in: float) -> None:
    """Say which colour is which point, above the panels: by name, or by a bar where they are many."""
    width, height = figure.get_size_inches()
    if len(evolution.points) <= MOST_NAMED:
        from matplotlib.lines import Line2D

        handles = [
            Line2D([], [], color=colour, label=_named(evolution, p), linewidth=1.4)
            for p, colour in enumerate(point_colours(evolution))
        ]
        across = 8 if width > 5 else 3
        figure.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(LEFT / width - 0.01, 1.0),
            ncols=min(across, len(handles)),
            columnspacing=1.0,
            handletextpad=0.4,
            borderaxespad=0.2,
        )
        return
    positions = along(evolution)
    box = (LEFT / width, 1 - 0.16 / height, 0.4 * (width - LEFT - RIGHT) / width, 0.07 / height)
    bar = figure.colorbar(
        ScalarMappable(Normalize(positions.min(), positions.max()), sequence_map()),
        cax=figure.add_axes(box),
        orientation="horizontal",
    )
    positioned = np.isfinite(evolution.position_um).all()
    bar.ax.tick_params(size=2, pad=1)
    bar.ax.annotate(
        "position (µm)" if positioned else "point", (1.03, 0.5), xycoords="axes fraction", va="center", ha="left"
    )


def _named(evolution: Evolution, p: int) -> str:
    position = evolution.position_um[p]
    return f"{evolution.points[p]} ({position:g} µm)" if np.isfinite(position) else evolution.points[p]
