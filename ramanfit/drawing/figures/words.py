"""Words where there is little room: measured, shortened in the middle, wrapped, and pushed apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from ramanfit.scan.scan import FloatArray

POINTS = 72.0  # in an inch
KEY_LINE = 1.45  # of a row of a key, in the size of its words


def plain(text: str) -> str:
    """Return a text on one line: what cannot be printed is a question mark."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def width_in(figure: Figure, text: str, size: float, weight: str = "normal") -> float:
    """Return how many inches a text takes; nothing in it is taken for a formula.

    Parameters
    ----------
    figure : Figure
    text : str
    size : float
        In points.
    weight : {"normal", "bold"}
    """
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    font = FontProperties(size=size, weight=weight)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    pixels, _, _ = renderer.get_text_width_height_descent(text, font, ismath=False)
    return float(pixels / figure.dpi)


def shortened(figure: Figure, text: str, room_in: float, size: float) -> str:
    """Return a text that fits, without its middle if need be: names of files differ at both ends."""
    text = plain(text)
    if width_in(figure, text, size) <= room_in:
        return text
    low, high = 1, max(len(text) - 1, 1)  # signs that are kept
    while low < high:
        kept = (low + high + 1) // 2
        low, high = (kept, high) if width_in(figure, _without_middle(text, kept), size) <= room_in else (low, kept - 1)
    return _without_middle(text, low)


def _without_middle(text: str, kept: int) -> str:
    head = (kept + 1) // 2
    return f"{text[:head]}…{text[len(text) - (kept - head) :]}"


def wrapped(figure: Figure, words: Sequence[str], room_in: float, size: float) -> list[str]:
    """Return lines that fit, of words that are set off by commas; a word that is too long loses its middle."""
    lines: list[str] = []
    for k, word in enumerate(words):
        comma = "," * (k < len(words) - 1)
        longer = f"{lines[-1]} {plain(word)}{comma}" if lines else ""
        if lines and width_in(figure, longer, size) <= room_in:
            lines[-1] = longer
        else:
            lines.append(shortened(figure, f"{word}{comma}", room_in, size))
    return lines


def broken(figure: Figure, name: str, room_in: float, size: float, most: int) -> list[str]:
    """Return a name on up to so many lines, broken where its parts meet; what is still too long loses its middle."""
    lines = [""]
    for piece in re.split(r"(?<=[-_ .,])(?=[^-_ .,])", plain(name)):
        if lines[-1] and width_in(figure, lines[-1] + piece, size) > room_in and len(lines) < most:
            lines.append("")
        lines[-1] += piece
    return [shortened(figure, line, room_in, size) for line in lines]


def in_rows(figure: Figure, handles: Sequence[Line2D], room_in: float, size: float) -> list[list[Line2D]]:
    """Return what explains the signs of a figure in rows that fit, in the order given."""
    rows: list[list[Line2D]] = []
    free = 0.0
    for handle in handles:
        takes = width_in(figure, str(handle.get_label()), size) + 3.2 * size / POINTS  # with its sign, and set off
        if not rows or takes > free:
            rows.append([])
            free = room_in
        rows[-1].append(handle)
        free -= takes
    return rows


def write_key(figure: Figure, rows: Sequence[Sequence[Line2D]], left_in: float, top_in: float, size: float) -> None:
    """Explain the signs of a figure, row by row, each `KEY_LINE` sizes high; `top_in` counts from the figure's foot."""
    width, height = figure.get_size_inches()
    for k, row in enumerate(rows):
        figure.legend(
            handles=list(row),
            loc="upper left",
            bbox_to_anchor=(left_in / width, (top_in - k * KEY_LINE * size / POINTS) / height),
            ncols=len(row),
            fontsize=size,
            columnspacing=0.9,
            handletextpad=0.4,
            borderaxespad=0,
            borderpad=0,
        )


def names_of(paths: Sequence[str]) -> str:
    """Return how one file or several are called in a figure."""
    stems = list(dict.fromkeys(PurePath(path).stem for path in paths))
    return stems[0] if len(stems) == 1 else ""


def spread(wanted: FloatArray, sizes: FloatArray, low: float, high: float) -> FloatArray:
    """Return the middles of labels on a line, as near to where they are wanted as leaves them apart.

    Parameters
    ----------
    wanted, sizes : array [n]
        Where the middles are wanted, and how much room each takes, in one unit.
    low, high : float
        Ends of the line. Labels that take more room than there is begin at its lower end.

    Returns
    -------
    array [n]
        The sum of squared moves is the smallest that there can be.
    """
    order = np.argsort(wanted, kind="stable")
    room = sizes[order]
    before = np.concatenate([[0.0], np.cumsum(room[:-1] / 2 + room[1:] / 2)])  # of each middle beyond the first
    pools: list[tuple[float, int]] = []  # mean and number of labels that touch one another
    for value in (wanted[order] - before).tolist():
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            other, n = pools.pop()
            mean, count = (mean * count + other * n) / (count + n), count + n
        pools.append((mean, count))
    first = np.repeat([mean for mean, _ in pools], [count for _, count in pools])
    least, most = (low + room[0] / 2, high - room[-1] / 2 - before[-1]) if len(room) else (low, high)
    placed = np.empty(len(room))
    placed[order] = np.clip(first, least, max(most, least)) + before
    return placed
