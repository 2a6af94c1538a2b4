"""Marks of events in figures of a quantity over time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ramanfit.drawing.figures.style import FAINT, INK

Mark = tuple[str, str, float, float, float]
"""Kind, point, from and to in seconds, value: as `ramanfit.experiment.events.marks_of` returns them."""

SIGNS = {"vanishes": "1", "appears": "2", "steepest": "|"}  # not those of values beyond an axis
WORDS = {"vanishes": "vanishes, between", "appears": "appears, between", "steepest": "steepest change, ± error"}
LONGEST = 0.1  # of the time that is shown; a steepest change that is not known better is not marked


def worth_marking(marks: Iterable[Mark], span_s: float) -> list[Mark]:
    """Return the marks that say something in a figure of so many seconds: not those that are as long as it."""
    return [mark for mark in marks if mark[0] != "steepest" or mark[3] - mark[2] <= 2 * LONGEST * span_s]


def mark_events(
    ax: Axes,
    marks: Iterable[Mark],
    colour_of: Mapping[str, Any],
    place: Callable[[str, float], tuple[float, float]],
) -> list[Line2D]:
    """Draw events: a bar from end to end with a sign in its middle, in the colour of its point.

    A bracket, in which a peak vanishes or appears, lies at the limit of detection and has a tripod that points down
    or up; the steepest change lies on the line of its point and has a stroke, its bar one standard error to either
    side.

    Parameters
    ----------
    ax : Axes
    marks : iterable of Mark
        Of the panel's quantity.
    colour_of : mapping of str to colour
        By point; the marks of others are left out.
    place : callable
        From point and seconds to abscissa and value.

    Returns
    -------
    list of Line2D
        The bars, in the order of the marks.
    """
    lines = []
    for kind, point, begin, end, value in marks:
        if point not in colour_of:
            continue
        (low, _), (middle, on_line), (high, _) = (place(point, s) for s in (begin, (begin + end) / 2, end))
        y = value if np.isfinite(value) else on_line
        lines += ax.plot(
            [low, high], [y, y], color=colour_of[point], linewidth=1.4, solid_capstyle="butt", gid=f"{kind} {point}"
        )
        ax.plot([middle], [y], linestyle="", marker=SIGNS[kind], markersize=5, color=INK, markeredgewidth=0.8, zorder=3)
    return lines


def keys_of(marks: Iterable[Mark]) -> list[Line2D]:
    """Return what explains the marks that are drawn."""
    drawn = {mark[0] for mark in marks}
    look: dict[str, Any] = {"color": FAINT, "linewidth": 1.4, "markersize": 5, "markeredgecolor": INK}
    return [Line2D([], [], marker=SIGNS[kind], label=WORDS[kind], **look) for kind in SIGNS if kind in drawn]
