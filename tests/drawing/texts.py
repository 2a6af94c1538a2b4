"""Whether the words of a figure keep clear of what is drawn."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.drawing.readable import words_in


def assert_clear_of_curves(figure: Figure, ax: Axes, words: set[str]) -> None:
    """Make sure that some words inside a panel lie above every dot and curve in it that is as wide as a spectrum."""
    boxes = {text.get_text(): box for text, box in words_in(figure) if text.axes is ax and text.get_text() in words}
    assert boxes.keys() == words
    for line in ax.lines:
        if len(np.atleast_1d(line.get_xdata())) < 10:
            continue  # what leads to a peak
        points = ax.transData.transform(np.column_stack([line.get_xdata(), line.get_ydata()]))
        highest = np.nanmax(points[:, 1])
        assert all(box.y0 >= highest for box in boxes.values())
