"""What all figures share: size, type, colours, words on axes, and how they are saved."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from io import BytesIO
from pathlib import PurePath
from typing import Any, ParamSpec
from weakref import WeakKeyDictionary

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler
from matplotlib.ticker import Locator

from ramanfit.drawing.axes import is_ratio
from ramanfit.drawing.axes import label as plain_label
from ramanfit.drawing.ticks import round_ticks, steps_of
from ramanfit.errors import RecipeError
from ramanfit.experiment.evolution import Evolution
from ramanfit.tables.sink import STDOUT, Sink

P = ParamSpec("P")

WIDTHS_IN = {"single": 3.25, "double": 7.0}  # one and two columns of a page
FORMS = ("png", "svg", "pdf")
RASTER_DPI = 300
X_TICK_IN, Y_TICK_IN = 0.36, 0.24  # between ticks
NUMBER_IN = 0.3  # that a number under an axis needs
MOST_NAMED = 8  # points with a colour of their own and a name in a legend; more are told by a colour bar

MARKERS = {
    "o": 3.0,
    "s": 2.8,
    "D": 2.6,
    "X": 3.6,
    "P": 3.9,
    "*": 4.8,
    "<": 3.4,
    ">": 3.4,
}
# Okabe & Ito's colours for all eyes, without the yellow, which is too light for a line, and with a grey and a violet
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F7F7F")
INK, FAINT = "#222222", "#8A8A8A"

STYLE: Any = {  # matplotlib types the keys one by one
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "DejaVu Sans"],
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "mathtext.default": "regular",
    "axes.formatter.useoffset": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "lines.linewidth": 0.9,
    "lines.markersize": 3,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "svg.fonttype": "none",
    "svg.hashsalt": "ramanfit",
    "pdf.fonttype": 42,
    "path.simplify": True,
    "axes.prop_cycle": cycler(color=COLOURS),
}

_ON_TOP: ContextVar[Mapping[str, Any]] = ContextVar("style on top of ours", default={})  # noqa: B039 - never changed
_DRAWN_IN: WeakKeyDictionary[Figure, Mapping[str, Any]] = WeakKeyDictionary()


@contextmanager
def laid_over(style: Mapping[str, Any]) -> Iterator[None]:
    """Draw in a style that lies over the house's, as `ramanfit.drawing.figures.sheet.read_style` returns it."""
    token = _ON_TOP.set(style)
    try:
        yield
    finally:
        _ON_TOP.reset(token)


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Make a function draw in the house's style and what lies over it; matplotlib's own settings are left alone."""

    @wraps(draw)
    def call(*args: P.args, **kwargs: P.kwargs) -> Figure:
        style = {**STYLE, **_ON_TOP.get()}
        with mpl.rc_context(style):
            figure = draw(*args, **kwargs)
        _DRAWN_IN[figure] = style  # fonts are looked up when it is saved
        return figure

    return call


def new_figure(width: str, height_in: float) -> Figure:
    """Return an empty figure as wide as a journal's column."""
    figure = Figure(figsize=(WIDTHS_IN[width], height_in))
    FigureCanvasAgg(figure)
    return figure


def stack(
    figure: Figure, heights_in: Sequence[float], *, left: float, right: float, bottom: float, gap: float
) -> list[Axes]:
    """Return panels above one another, given in inches from the top; the uppermost ends `bottom` below the rest."""
    width, height = figure.get_size_inches()
    total = sum(heights_in) + gap * (len(heights_in) - 1)
    top = bottom + total
    axes: list[Axes] = []
    for panel in heights_in:
        box = (left / width, (top - panel) / height, (width - left - right) / width, panel / height)
        axes.append(figure.add_axes(box, sharex=axes[0] if axes else None))
        top -= panel + gap
    for ax in axes[:-1]:
        ax.tick_params(labelbottom=False)
    return axes


class RoundTicks(Locator):
    """Ticks at round numbers.

    Parameters
    ----------
    most : int
        Steps there is room for.
    steps : tuple of float
        See `ramanfit.drawing.ticks.round_step`.
    """

    def __init__(self, most: int, steps: tuple[float, ...] = ()) -> None:
        self.most, self.steps = most, steps

    def __call__(self) -> list[float]:
        """Return the ticks on the axis as it is."""
        assert self.axis is not None
        low, high = self.axis.get_view_interval()
        return self.tick_values(float(low), float(high))

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the ticks between two numbers."""
        return round_ticks(min(vmin, vmax), max(vmin, vmax), self.most, self.steps)


def round_x(ax: Axes, words: str) -> None:
    """Put ticks at round numbers of a horizontal axis, and words under it."""
    ax.xaxis.set_major_locator(RoundTicks(max(2, int(inches_of(ax)[0] / X_TICK_IN)), steps_of(words)))
    ax.set_xlabel(words)


def round_y(ax: Axes) -> None:
    """Put ticks at round numbers of a vertical axis."""
    ax.yaxis.set_major_locator(RoundTicks(max(2, int(inches_of(ax)[1] / Y_TICK_IN))))


def inches_of(ax: Axes) -> tuple[float, float]:
    """Return width and height of a panel."""
    figure, box = ax.get_figure(), ax.get_position()
    assert isinstance(figure, Figure)
    width, height = figure.get_size_inches()
    return box.width * width, box.height * height


def letters(axes: Sequence[Axes], left_in: float) -> None:
    """Put a, b, c ... at the upper left of the panels, `left_in` inches before their frame."""
    if len(axes) < 2:
        return
    for letter, ax in zip("abcdefghijklmnopqrstuvwxyz", axes, strict=False):
        ax.annotate(
            letter,
            (0, 1),
            xycoords="axes fraction",
            xytext=(4 - 72 * left_in, 2),
            textcoords="offset points",
            ha="left",
            va="top",
            weight="bold",
            fontsize=8,
        )


def nothing_here(ax: Axes, words: str = "nothing detected") -> None:
    """Say why a panel is empty."""
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=FAINT, backgroundcolor="white")


def label(evolution: Evolution, quantity: str) -> str:
    """Return the words for a quantity on an axis, with its unit; the indices of a ratio are set as such."""
    words = plain_label(evolution, quantity)
    if not is_ratio(evolution, quantity):
        return words
    return re.sub(r"(\w)_(\w)/(\w)_(\w)", r"$\1_\\mathrm{\2}/\3_\\mathrm{\4}$", words)


def point_colours(evolution: Evolution) -> list[Any]:
    """Return a colour for every point: told apart when they are few, in order when they are many."""
    n = len(evolution.points)
    if n <= MOST_NAMED:
        cycle = mpl.rcParams["axes.prop_cycle"].by_key().get("color", [])
        return list(cycle[:n] if len(cycle) >= n else COLOURS[:n])
    return list(sequence_map()(np.linspace(0, 1, n)))


def sequence_map() -> Colormap:
    """Return the map for lines that follow one another: viridis without its light end, which paper swallows."""
    return ListedColormap(mpl.colormaps["viridis"](np.linspace(0.0, 0.76, 256)), name="viridis-on-paper")


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as its file's ending says: .png at 300 dpi, .svg or .pdf; PNG to standard output.

    The same figure gives the same bytes.

    Raises
    ------
    RecipeError
        If the ending is none of these.
    InputError
        If the file cannot be written.
    """
    target = os.fspath(path)
    form = "png" if target == STDOUT else PurePath(target).suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise RecipeError(
            f"{target}: expected one of the endings .png .svg .pdf, found {'.' + form if form else 'none'}"
        )
    undated: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    drawn = BytesIO()
    with mpl.rc_context(_DRAWN_IN.get(figure, STYLE)):
        figure.savefig(drawn, format=form, dpi=RASTER_DPI, metadata=undated[form])
    with Sink(target) as sink:
        sink.write(drawn.getvalue())
