"""Positions of the peaks and ratios along the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from ramanfit.drawing.axes import along, doubtful, time_unit, trusted_range
from ramanfit.drawing.figures.lines import LEFT, RIGHT, reference_line
from ramanfit.drawing.figures.positions import name_ends
from ramanfit.drawing.figures.style import (
    FAINT,
    INK,
    label,
    letters,
    new_figure,
    nothing_here,
    sequence_map,
    stack,
    styled,
)
from ramanfit.drawing.figures.words import (
    KEY_LINE,
    POINTS,
    broken,
    in_rows,
    names_of,
    plain,
    shortened,
    width_in,
    write_key,
)
from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.columns import column_name
from ramanfit.scan.scan import FloatArray

MOST_SCANS = 6  # in a profile
MARKERS = ("o", "s", "^", "D", "v", "h")
ASIDE_IN = {"single": 0.68, "double": 0.85}  # what the reference takes at the right
MARGIN_IN = 0.2
OPEN: Any = {"markersize": 3.2, "markeredgewidth": 0.7, "markerfacecolor": "white"}
ARROW: Any = {"markersize": 3.5, "markeredgewidth": 0.7, "markerfacecolor": "none", "zorder": 5}


class _Drawn(NamedTuple):
    """A scan of a profile: its row in the grids, and how it is drawn."""

    scan: int
    name: str
    colour: Any
    marker: str


@styled
def profile_figure(evolution: Evolution, width: str = "double", *, ends: Sequence[str] | None = None) -> Figure:
    """Return positions of the peaks and the ratios along the line, with error bars, and the reference beside them.

    Of many scans up to six are drawn, evenly spaced from the first to the last. Values of flagged spectra are open;
    what lies beyond an axis is an arrow at its edge, with what its error bar reaches of the axis.

    Parameters
    ----------
    evolution : Evolution
    width : {"single", "double"}
    ends : (str, str), optional
        What lies at the lowest position of the line, and at the highest.
    """
    quantities = [column_name("center_cm1", peak) for peak in evolution.peaks] + list(evolution.ratios)
    heading, lines = _lines(evolution)
    panel, gap, bottom = 1.15, 0.2, 0.5 + 0.13 * (ends is not None)
    heights = [panel] * len(quantities)
    below = sum(heights) + gap * (len(heights) - 1) + bottom
    figure = new_figure(width, below + 1)
    inches = float(figure.get_size_inches()[0])
    size = mpl.rcParams["legend.fontsize"]
    handles = _handles(evolution, quantities, lines)
    key = in_rows(figure, handles, inches - LEFT, size)
    top = 0.04 + KEY_LINE * (len(key) + bool(heading)) * size / POINTS
    height = below + 0.06 + top
    figure.set_size_inches(inches, height)
    axes = stack(figure, heights, left=LEFT, right=RIGHT, bottom=bottom, gap=gap)
    positions, aside = along(evolution), ASIDE_IN[width] * (evolution.reference is not None)
    low, high = float(positions.min()), float(positions.max())
    room = inches - LEFT - RIGHT - aside
    per_inch = (high - low or 1.0) / (room - 2 * MARGIN_IN)
    alone = 0.5 * (low == high)
    fence = high + alone + MARGIN_IN * per_inch
    axes[0].set_xlim(low - alone - MARGIN_IN * per_inch, fence + aside * per_inch)
    beyond = fence + aside / 2 * per_inch
    for ax, quantity in zip(axes, quantities, strict=True):
        _draw(ax, evolution, quantity, lines, beyond)
        if aside:
            ax.axvline(fence, color=FAINT, linewidth=0.5, linestyle=(0, (1, 2)))
    _name_points(axes[-1], evolution, beyond, ASIDE_IN[width])
    figure.text(
        (LEFT + room / 2) / inches,
        0.06 / height,
        "point and position (µm)" if np.isfinite(evolution.position_um).any() else "point",
        ha="center",
        va="bottom",
        fontsize=mpl.rcParams["axes.labelsize"],
    )
    if ends is not None:
        name_ends(axes[-1], ends, (low, high), 0.33)
    letters(axes, LEFT)
    if heading is not None:
        figure.text(LEFT / inches, 1 - 0.04 / height, heading, va="top", fontsize=size)
    write_key(figure, key, LEFT, below + 0.06 + KEY_LINE * len(key) * size / POINTS, size)
    return figure


def _lines(evolution: Evolution) -> tuple[str | None, list[_Drawn]]:
    """Return what the scans are named by, and those that are drawn."""
    measured = np.flatnonzero((evolution.rows >= 0).any(axis=1))
    picked = measured[np.unique(np.linspace(0, len(measured) - 1, min(MOST_SCANS, len(measured))).round().astype(int))]
    colours = sequence_map()(np.linspace(0, 1, len(picked))) if len(picked) > 1 else [INK]
    scale, words = time_unit(evolution)
    unit = words.removeprefix("time ").strip("()")
    soc = evolution.grid("soc") if "soc" in evolution.table.columns else np.full(evolution.rows.shape, np.nan)
    names, has_soc = [], bool(np.isfinite(soc[picked]).any())
    for scan in picked.tolist():
        time = f"{evolution.scan_time_s[scan] / scale:.1f} {unit}" if evolution.timed else f"{evolution.scans[scan]}"
        charged = soc[scan][np.isfinite(soc[scan])]
        names.append(f"{charged.mean():.0f} %, {time}" if len(charged) else f"–, {time}" if has_soc else time)
    by = "time" if evolution.timed else "scan"
    heading = f"state of charge, {by}" if has_soc else by
    drawn = zip(picked.tolist(), names, colours, MARKERS, strict=False)
    return heading if len(picked) > 1 else None, [_Drawn(*line) for line in drawn]


def _limits(evolution: Evolution, quantity: str, lines: Sequence[_Drawn]) -> tuple[float, float] | None:
    """Return the ends of a panel's axis, from what is known well; None where there is nothing."""
    picked = [line.scan for line in lines]
    at, at_se = evolution.reference_value(quantity)
    shown = np.append(evolution.shown(quantity)[picked].ravel(), at)
    half = np.append(evolution.errors(quantity)[picked].ravel(), at_se)
    if not np.isfinite(shown).any():
        return None
    reach = np.concatenate([shown - np.nan_to_num(half), shown + np.nan_to_num(half)])
    low, high = trusted_range(reach, np.tile(half, 2))
    margin = 0.1 * (high - low) or 0.5
    return low - margin, high + margin


def _draw(ax: Axes, evolution: Evolution, quantity: str, lines: Sequence[_Drawn], beyond: float) -> None:
    """Draw a quantity of some scans, and of the reference at `beyond`."""
    ax.set_ylabel(label(evolution, quantity))
    limits = _limits(evolution, quantity, lines)
    if limits is None:
        nothing_here(ax)
        return
    figure, positions = ax.get_figure(), along(evolution)
    assert isinstance(figure, Figure)
    order = np.argsort(positions)
    x = positions[order]
    grids = (evolution.shown(quantity), np.nan_to_num(evolution.errors(quantity)), doubtful(evolution))
    for k, line in enumerate(lines):
        y, error, flagged = (grid[line.scan][order] for grid in grids)
        there, missed = np.isfinite(y), (evolution.rows[line.scan][order] >= 0) & ~np.isfinite(y)
        ax.plot(x, y, color=line.colour, linewidth=0.7)
        for of, fill in ((there & ~flagged, line.colour), (there & flagged, "white")):
            if of.any():
                _points(ax, x[of], y[of], error[of], line.marker, line.colour, fill)
        _arrows(ax, x[there], y[there], error[there], limits, line.colour)
        aside = (k - (len(lines) - 1) / 2) * 1.5 / POINTS  # inches: several scans may miss the same point
        to_side = ScaledTranslation(aside, 0.05, figure.dpi_scale_trans)
        ax.plot(
            x[missed],
            np.zeros(int(missed.sum())),
            "x",
            color=line.colour,
            markersize=3,
            markeredgewidth=0.7,
            transform=ax.get_xaxis_transform() + to_side,
        )
    at, at_se = evolution.reference_value(quantity)
    if np.isfinite(at):
        reference_line(ax, at, at_se)
        error = np.nan_to_num([at_se])
        _points(ax, np.array([beyond]), np.array([at]), error, "*", INK, INK)
        _arrows(ax, np.array([beyond]), np.array([at]), error, limits, INK)
    ax.set_ylim(*limits)


def _points(ax: Axes, x: FloatArray, y: FloatArray, error: FloatArray, marker: str, colour: Any, fill: Any) -> None:
    ax.errorbar(
        x,
        y,
        error,
        fmt=marker,
        markersize=5 if marker == "*" else 3.2,
        markeredgewidth=0.7,
        markerfacecolor=fill,
        color=colour,
        elinewidth=0.7,
    )


def _arrows(
    ax: Axes, x: FloatArray, y: FloatArray, error: FloatArray, limits: tuple[float, float], colour: Any
) -> None:
    """Mark at the edges of an axis that a value, or its error bar, goes on beyond."""
    for beyond, edge, mark in ((y - error < limits[0], limits[0], "v"), (y + error > limits[1], limits[1], "^")):
        if beyond.any():
            ax.plot(x[beyond], np.full(int(beyond.sum()), edge), mark, color=colour, clip_on=False, **ARROW)


def _handles(evolution: Evolution, quantities: Sequence[str], lines: Sequence[_Drawn]) -> list[Line2D]:
    """Return what stands above the panels: the scans, and the signs that occur."""
    handles = [
        Line2D([], [], color=line.colour, marker=line.marker, markersize=3.2, linewidth=0.7, label=line.name)
        for line in lines
        if len(lines) > 1
    ]
    picked = [line.scan for line in lines]
    values = np.array([evolution.shown(quantity)[picked] for quantity in quantities])
    there, measured = np.isfinite(values), evolution.rows[picked] >= 0
    cut = False
    for quantity in quantities:
        limits = _limits(evolution, quantity, lines)
        at, at_se = evolution.reference_value(quantity)
        y = np.append(evolution.shown(quantity)[picked], at)
        error = np.nan_to_num(np.append(evolution.errors(quantity)[picked], at_se))
        cut |= limits is not None and bool(((y - error < limits[0]) | (y + error > limits[1])).any())
    signs = (
        (there.any(), "bars: ± s.e.", {"marker": "|", "markersize": 7, "markeredgewidth": 0.7}),
        ((there.any(axis=0) & doubtful(evolution)[picked]).any(), "flagged as doubtful", {"marker": "o", **OPEN}),
        ((measured & ~there).any(), "not detected", {"marker": "x", "markersize": 3, "markeredgewidth": 0.7}),
        (cut, "goes on beyond the axis", {"marker": "^", **ARROW}),
    )
    return handles + [
        Line2D([], [], color=INK, linewidth=0, label=words, **style) for occurs, words, style in signs if occurs
    ]


def _name_points(ax: Axes, evolution: Evolution, beyond: float, aside_in: float) -> None:
    """Write under the axis which point is where: its name, its position under it; and the reference's name."""
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    size = mpl.rcParams["xtick.labelsize"]
    positions, inches = along(evolution), float(figure.get_size_inches()[0])
    low, high = ax.get_xlim()
    per_inch = (high - low) / (ax.get_position().width * inches)
    names = [
        plain(point) + (f"\n{position:g}" if np.isfinite(position) else "")
        for point, position in zip(evolution.points, evolution.position_um, strict=True)
    ]
    ticks, shown, free = list[float](), list[str](), -np.inf
    for p in np.argsort(positions):
        lines = [shortened(figure, line, 0.8, size) for line in names[p].split("\n")]
        half = max(width_in(figure, line, size) for line in lines) / 2 * per_inch
        if positions[p] - half >= free:
            ticks.append(float(positions[p]))
            shown.append("\n".join(lines))
            free = positions[p] + half + 0.04 * per_inch
    if evolution.reference is not None:
        ticks.append(beyond)
        called = reference_name(evolution)
        shown.append("\n".join(broken(figure, called, aside_in - 0.05, size, 3)))
    ax.set_xticks(ticks, shown, parse_math=False)


def reference_name(evolution: Evolution) -> str:
    """Return what the reference is called: as its file, or ``reference`` where there are several."""
    if evolution.reference is None:
        return ""
    sources = [str(source) for source in evolution.reference.table.columns.get("source", ())]
    return names_of(sources).split("--")[0] or "reference"  # what the instrument adds to a sample's name
