"""One quantity of several experiments: a panel for each point, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ramanfit.drawing.axes import trusted_range
from ramanfit.drawing.figures.lines import band_sign, beyond_sign, goes_beyond
from ramanfit.drawing.figures.style import COLOURS, WIDTHS_IN, new_figure, nothing_here, round_x, styled
from ramanfit.scan.scan import FloatArray

STYLES = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
FEW = 40  # values of a line that are all marked; of more some are, evenly spaced
ACROSS = {"single": 2, "double": 3}

Trace = tuple[FloatArray, FloatArray, FloatArray]
"""Abscissa, value and standard error, in order of the scans; not a number where a line breaks."""


@styled
def compare_figure(
    panels: dict[str, dict[str, Trace]], names: Sequence[str], x_label: str, y_label: str, width: str = "double"
) -> Figure:
    """Return a figure of one quantity: small multiples, a line per experiment with its band of one standard error.

    Every experiment has a colour, a line style and a marker of its own. What lies beyond the axis is marked at its
    edge.

    Parameters
    ----------
    panels : dict of str to dict of str to Trace
        By point, then by experiment.
    names : sequence of str
        Of all experiments.
    x_label, y_label : str
    width : {"single", "double"}
    """
    across = min(ACROSS[width], len(panels))
    down = -(-len(panels) // across)
    left, right, bottom, gap_x, gap_y, panel = 0.55, 0.1, 0.42, 0.12, 0.28, 1.25
    wide = WIDTHS_IN[width]
    box_wide = (wide - left - right - gap_x * (across - 1)) / across
    handles = [Line2D([], [], label=name, markersize=2.8, linewidth=1.0, **_look(k)) for k, name in enumerate(names)]
    every = [trace for lines in panels.values() for trace in lines.values()]
    values, errors = (np.concatenate([trace[k] for trace in every]) for k in (1, 2))
    low, high = trusted_range(values, errors)
    margin = 0.08 * (high - low) or 0.5
    handles.append(band_sign())
    if goes_beyond(values, (low - margin, high + margin)):
        handles.append(beyond_sign())
    longest = max(len(str(handle.get_label())) for handle in handles)
    each = max(1, min(len(handles), int((wide - left) / (0.45 + 0.062 * longest))))
    top = 0.12 + 0.15 * -(-len(handles) // each) + 0.16
    height = down * panel + (down - 1) * gap_y + top + bottom
    figure = new_figure(width, height)
    axes: list[Axes] = []
    for k, (point, lines) in enumerate(panels.items()):
        row, column = divmod(k, across)
        box = (left + column * (box_wide + gap_x), bottom + (down - 1 - row) * (panel + gap_y), box_wide, panel)
        first = axes[0] if axes else None
        place = (box[0] / wide, box[1] / height, box[2] / wide, box[3] / height)
        ax = figure.add_axes(place, sharex=first, sharey=first)
        axes.append(ax)
        for name, trace in lines.items():
            _trace(ax, trace, names.index(name), (low - margin, high + margin))
        if not any(np.isfinite(value).any() for _, value, _ in lines.values()):
            nothing_here(ax)
        ax.set_title(point, pad=3)
        round_x(ax, x_label)
        ax.set_xlabel("")  # one for all
        ax.tick_params(labelleft=column == 0, labelbottom=k >= len(panels) - across)
    axes[0].set_ylim(low - margin, high + margin)
    figure.text((left + (wide - left - right) / 2) / wide, 0.05 / height, x_label, ha="center", va="bottom")
    middle = (bottom + (height - top - bottom) / 2) / height
    figure.text(0.06 / wide, middle, y_label, rotation=90, ha="left", va="center")
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(left / wide - 0.01, 1.0),
        ncols=each,
        columnspacing=1.2,
        handletextpad=0.5,
        handlelength=2.6,
        borderaxespad=0.3,
    )
    return figure


def _look(k: int) -> dict[str, Any]:
    return {
        "color": COLOURS[k % len(COLOURS)],
        "linestyle": STYLES[k % len(STYLES)],
        "marker": MARKERS[k % len(MARKERS)],
    }


def _trace(ax: Axes, trace: Trace, k: int, limits: tuple[float, float]) -> None:
    at, value, se = trace
    look = _look(k)
    with np.errstate(invalid="ignore"):
        ax.fill_between(at, value - se, value + se, color=look["color"], alpha=0.18, linewidth=0)
    finite = np.isfinite(value)
    alone = finite & ~np.append(False, finite[:-1]) & ~np.append(finite[1:], False)
    marked = np.flatnonzero(finite)
    step = max(1, -(-len(marked) // FEW) * 4 if len(marked) > FEW else 1)
    shown = sorted({*marked[k % step :: step].tolist(), *np.flatnonzero(alone).tolist()})
    ax.plot(at, value, linewidth=0.85, markersize=2.2, markevery=shown, **look)
    if alone.any():
        ax.errorbar(at[alone], value[alone], se[alone], fmt="none", ecolor=look["color"], elinewidth=0.6)
    for beyond, edge, mark in ((value > limits[1], limits[1], "^"), (value < limits[0], limits[0], "v")):
        ax.plot(
            at[beyond],
            np.full(int(beyond.sum()), edge),
            linestyle="none",
            marker=mark,
            color=look["color"],
            markersize=2.8,
            clip_on=False,
        )
