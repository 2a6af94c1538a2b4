"""Marks of events in figures of a quantity over time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from matplotlib.axes import Axes

from ramanfit.drawing.figures.style import INK

Mark = tuple[str, str, float, float]
"""Kind, point, from and to in seconds, as `ramanfit.experiment.events.marks_of` returns them."""

SIGNS = {"vanishes": "v", "appears": "^", "steepest": "|"}


def mark_events(
    ax: Axes,
    marks: Iterable[Mark],
    colour_of: Mapping[str, Any],
    x_of_time: Callable[[float], float],
    level: float = 0.03,
) -> list[Any]:
    """Draw events at the foot of a panel: a bar from end to end with a sign in its middle, in the colour of its point.

    A bracket, in which a peak vanishes or appears, has a triangle that points down or up; the steepest change has a
    stroke, and its bar is one standard error to either side. Points stand above one another, so that none hides.

    Parameters
    ----------
    ax : Axes
    marks : iterable of Mark
        Of the panel's quantity.
    colour_of : mapping of str to colour
        By point; the marks of others are left out.
    x_of_time : callable
        From seconds to the abscissa.
    level : float
        Height of the lowest, as a part of the panel.

    Returns
    -------
    list of Line2D
        The bars, in the order of the marks.
    """
    lines = []
    rows = {point: k for k, point in enumerate(colour_of)}
    step = min(0.05, 0.3 / max(len(rows), 1))
    for kind, point, begin, end in marks:
        if point not in rows:
            continue
        low, high = x_of_time(begin), x_of_time(end)
        y = level + step * rows[point]
        look = {"color": colour_of[point], "transform": ax.get_xaxis_transform(), "clip_on": True}
        lines += ax.plot([low, high], [y, y], linewidth=1.4, solid_capstyle="butt", gid=f"event {kind} {point}", **look)
        ax.plot([(low + high) / 2], [y], SIGNS[kind], markersize=3.4, markeredgecolor=INK, markeredgewidth=0.4, **look)
    return lines
