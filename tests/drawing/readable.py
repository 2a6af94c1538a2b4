"""Whether the words of a figure can be read: large enough, on the page, and none over another."""

from __future__ import annotations

from unittest.mock import patch

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

LEAST_PT = 5.5
SLACK = 1.0  # pixels


def words_in(figure: Figure) -> list[tuple[Text, Bbox]]:
    """Return all words that are really drawn, with their boxes in pixels."""
    drawn: list[Text] = []
    draw = Text.draw
    with patch.object(Text, "draw", lambda text, renderer: (drawn.append(text), draw(text, renderer))[1]):
        figure.canvas.draw()
    return [(text, text.get_window_extent()) for text in drawn if text.get_text().strip()]


def assert_readable(figure: Figure, name: str = "") -> None:
    """Make sure that the words of a figure are large enough, none is clipped by the page, and none lies over another.

    Words that are turned by other than a right angle are not compared: their boxes are larger than they are.
    """
    page, words = figure.bbox, words_in(figure)
    assert words, name
    for text, box in words:
        assert text.get_fontsize() >= LEAST_PT, (name, text)
        assert page.x0 - SLACK <= box.x0 <= box.x1 <= page.x1 + SLACK, (name, text)
        assert page.y0 - SLACK <= box.y0 <= box.y1 <= page.y1 + SLACK, (name, text)
    straight = [(text, box) for text, box in words if text.get_rotation() % 90 == 0]
    for i, (text, box) in enumerate(straight):
        for other, its in straight[i + 1 :]:
            inner = Bbox.intersection(box, its)
            assert inner is None or min(inner.width, inner.height) < 2 * SLACK, (name, text, other)
