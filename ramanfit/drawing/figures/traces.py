"""Fitted intensities and ratios over time, one line per point."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ramanfit.drawing.axes import time_unit, times
from ramanfit.drawing.figures.lines import (
    BOTTOM,
    LEFT,
    RIGHT,
    draw_traces,
    key_height,
    limit,
    point_key,
    reference_line,
)
from ramanfit.drawing.figures.maps import VOLTAGE_IN, soc_axis, voltage_panel
from ramanfit.drawing.figures.style import label, letters, new_figure, stack, styled
from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.columns import column_name


@styled
def traces_figure(evolution: Evolution, width: str = "double") -> Figure:
    """Return fitted heights and ratios over time, one line per point, with bands of one standard error.

    Lines break where a scan is missing or a peak was not detected.

    Parameters
    ----------
    evolution : Evolution
    width : {"single", "double"}
    """
    quantities = [column_name("height", peak) for peak in evolution.peaks] + list(evolution.ratios)
    record = evolution.record if evolution.timed else None
    has_voltage = record is not None and record.voltage_v is not None
    has_soc = record is not None and record.soc is not None
    panel = 1.25 if width == "double" else 1.1
    heights = [panel] * len(quantities) + [VOLTAGE_IN] * has_voltage
    key = key_height(evolution, width)
    gap, top = 0.17, 0.1 + key + 0.3 * has_soc
    figure = new_figure(width, sum(heights) + gap * (len(heights) - 1) + top + BOTTOM)
    axes = stack(figure, heights, left=LEFT, right=RIGHT, bottom=BOTTOM, gap=gap)
    scale, time_label = time_unit(evolution)
    x = times(evolution)
    for ax, quantity in zip(axes, quantities, strict=False):
        draw_traces(ax, evolution, x, evolution.shown(quantity), evolution.errors(quantity))
        ax.set_ylabel(label(evolution, quantity))
        at, at_se = evolution.reference_value(quantity)
        if quantity in evolution.ratios and np.isfinite(at):
            reference_line(ax, at, at_se)
    if has_voltage:
        assert record is not None
        voltage_panel(axes[-1], record, scale)
    axes[-1].set_xlabel(time_label)
    limit(axes[0], x)
    if has_soc:
        assert record is not None
        soc_axis(axes[0], record, scale)
    letters(axes, LEFT)
    point_key(figure, evolution, key)
    return figure
