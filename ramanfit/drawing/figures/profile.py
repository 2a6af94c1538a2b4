"""Positions of the peaks and ratios along the line."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ramanfit.drawing.axes import along, time_unit, trusted_range
from ramanfit.drawing.figures.lines import BOTTOM, LEFT, RIGHT, reference_line
from ramanfit.drawing.figures.style import (
    FAINT,
    INK,
    label,
    letters,
    new_figure,
    nothing_here,
    point_label,
    point_ticks,
    sequence_map,
    stack,
    styled,
)
from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.columns import column_name

MOST_SCANS = 6  # in a profile


@styled
def profile_figure(evolution: Evolution, width: str = "double") -> Figure:
    """Return positions of the peaks and the ratios along the line, with error bars, and the reference beside them.

    Of many scans up to six are drawn, evenly spaced from the first to the last.

    Parameters
    ----------
    evolution : Evolution
    width : {"single", "double"}
    """
    quantities = [column_name("center_cm1", peak) for peak in evolution.peaks] + list(evolution.ratios)
    measured = np.flatnonzero((evolution.rows >= 0).any(axis=1))
    picked = measured[np.unique(np.linspace(0, len(measured) - 1, min(MOST_SCANS, len(measured))).round().astype(int))]
    ticks, names = point_ticks(evolution)
    tilted = len("".join(names)) > {"single": 30, "double": 80}[width]
    panel, gap, bottom = 1.15, 0.2, 0.62 if tilted else BOTTOM
    heights = [panel] * len(quantities)
    across = {"single": 3, "double": MOST_SCANS}[width]
    top = 0.1 + 0.16 * -(-len(picked) // across) * (len(picked) > 1)
    figure = new_figure(width, sum(heights) + gap * (len(heights) - 1) + top + bottom)
    axes = stack(figure, heights, left=LEFT, right=RIGHT, bottom=bottom, gap=gap)
    scale, words = time_unit(evolution)
    positions = along(evolution)
    step = float(np.diff(np.sort(positions)).min()) if len(positions) > 1 else 1.0
    colours = sequence_map()(np.linspace(0, 1, len(picked))) if len(picked) > 1 else [INK]
    unit = words.removeprefix("time ").strip("()")
    beyond = positions.max() + 1.4 * step
    for ax, quantity in zip(axes, quantities, strict=True):
        value, se = evolution.shown(quantity), evolution.errors(quantity)
        for k, scan in enumerate(picked):
            shift = 0.3 * step * ((k + 0.5) / len(picked) - 0.5)
            name = f"{evolution.scan_time_s[scan] / scale:.1f} {unit}" if evolution.timed else f"scan {scan}"
            finite = np.isfinite(value[scan])
            ax.errorbar(
                (positions + shift)[finite],
                value[scan][finite],
                np.nan_to_num(se[scan][finite]),
                fmt="o",
                markersize=2.8,
                color=colours[k],
                linewidth=0.8,
                label=name,
            )
        at, at_se = evolution.reference_value(quantity)
        if np.isfinite(at):
            reference_line(ax, at, at_se)
            ax.errorbar([beyond], [at], [np.nan_to_num(at_se)], fmt="D", color=FAINT, markersize=3)
        shown, half = np.append(value[picked].ravel(), at), np.append(se[picked].ravel(), at_se)
        if np.isfinite(shown).any():
            both = np.concatenate([shown - np.nan_to_num(half), shown + np.nan_to_num(half)])
            low, high = trusted_range(both, np.tile(half, 2))
            margin = 0.08 * (high - low) or 0.5
            ax.set_ylim(low - margin, high + margin)
        else:
            nothing_here(ax)
        ax.set_ylabel(label(evolution, quantity))
    if evolution.reference is not None:
        ticks, names = np.append(ticks, beyond), [*names, "reference"]
    axes[-1].set_xticks(ticks, names, rotation=30 * tilted, ha="right" if tilted else "center")
    axes[-1].set_xlabel(point_label(evolution))
    axes[0].set_xlim(
        positions.min() - 0.6 * step, (beyond if evolution.reference is not None else positions.max()) + 0.6 * step
    )
    letters(axes, LEFT)
    if len(picked) > 1:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="upper right",
            ncols=min(across, len(picked)),
            columnspacing=0.9,
            handletextpad=0.1,
            borderaxespad=0.2,
        )
    return figure
