"""Fitted heights, positions and ratios over time, one line per point."""

from __future__ import annotations

from functools import partial

import numpy as np
from matplotlib.figure import Figure

from ramanfit.drawing.abscissa import Abscissa, abscissa_of
from ramanfit.drawing.figures.cell import SOC_IN, VOLTAGE_IN, Beside
from ramanfit.drawing.figures.lines import (
    BOTTOM,
    LEFT,
    RIGHT,
    Key,
    band_sign,
    draw_traces,
    goes_beyond,
    limit,
    point_looks,
    reach,
)
from ramanfit.drawing.figures.marks import Mark, keys_of, mark_events, worth_marking
from ramanfit.drawing.figures.style import label, letters, new_figure, round_x, stack, styled
from ramanfit.experiment.events import marks_of
from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.columns import column_name
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.table import Table

PANEL_IN = {"single": 1.0, "double": 1.1}


@styled
def traces_figure(
    evolution: Evolution, width: str = "double", x: str | None = None, events: Table | None = None
) -> Figure:
    """Return fitted heights, positions and ratios over time, one line per point, with bands of one standard error.

    Lines break where a scan is missing or a peak was not detected; they follow time where the abscissa turns.

    Parameters
    ----------
    evolution : Evolution
    width : {"single", "double"}
    x : str, optional
        What is drawn against, as `ramanfit.drawing.abscissa.abscissa_of` takes it.
    events : Table, optional
        What is marked, as `ramanfit.experiment.events.events_table` makes it; not of more points than have names.
    """
    abscissa = abscissa_of(evolution, x)
    heights = [column_name("height", peak) for peak in evolution.peaks]
    compared = [*(column_name("center_cm1", peak) for peak in evolution.peaks), *evolution.ratios]
    quantities = [*heights, *compared]
    references = {name: evolution.reference_value(name) for name in compared}
    beside = Beside(evolution, abscissa)
    key = Key(evolution, abscissa, width, has_reference=any(np.isfinite(at) for at, _ in references.values()))
    key.add(band_sign())
    drawn = {name: (evolution.shown(name), evolution.errors(name)) for name in quantities}
    spans = {name: reach(*drawn[name], references.get(name, (np.nan, np.nan))[0]) for name in quantities}
    if any(goes_beyond(value, spans[name]) for name, (value, _) in drawn.items()):
        key.add_beyond()
    marks: dict[str, list[Mark]] = {name: [] for name in quantities}
    if events is not None and key.named and evolution.timed:
        marks = {name: worth_marking(marks_of(events, name), float(np.ptp(evolution.scan_time_s))) for name in marks}
    for handle in keys_of([mark for some in marks.values() for mark in some]):
        key.add(handle)
    panels = [PANEL_IN[width]] * len(quantities) + [VOLTAGE_IN] * beside.has_voltage
    gap, top = 0.15, 0.06 + key.height_in + SOC_IN * beside.has_soc
    figure = new_figure(width, sum(panels) + gap * (len(panels) - 1) + top + BOTTOM)
    axes = stack(figure, panels, left=LEFT, right=RIGHT, bottom=BOTTOM, gap=gap)
    looks = {point: colour for point, (colour, _) in zip(evolution.points, point_looks(evolution), strict=True)}
    for ax, quantity in zip(axes, quantities, strict=False):
        value, se = drawn[quantity]
        reference = references.get(quantity, (np.nan, np.nan))
        draw_traces(ax, evolution, abscissa, value, se, reference, spans[quantity])
        mark_events(ax, marks[quantity], looks, partial(_at, evolution, abscissa, value))
        ax.set_ylabel(label(evolution, quantity).replace(" (", "\n("))
    if beside.has_voltage:
        beside.draw_voltage(axes[-1])
    limit(axes[0], abscissa.values)
    round_x(axes[-1], abscissa.words)
    if beside.has_soc:
        beside.draw_soc(axes[0])
    figure.align_ylabels(axes)
    letters(axes, LEFT)
    key.draw(figure)
    return figure


def _at(evolution: Evolution, abscissa: Abscissa, value: FloatArray, point: str, time_s: float) -> tuple[float, float]:
    """Return where a point stood on the abscissa at some time, and what its value was there."""
    p = evolution.points.index(point)

    def then(of: FloatArray) -> float:
        there = np.isfinite(evolution.time_s[:, p]) & np.isfinite(of[:, p])
        return float(np.interp(time_s, evolution.time_s[there, p], of[there, p])) if there.any() else np.nan

    return then(abscissa.values), then(value)
