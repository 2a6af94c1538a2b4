"""What figures of lines share: one line per point, its colour, marker and name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ramanfit.drawing.abscissa import Abscissa
from ramanfit.drawing.axes import along, doubtful, trusted_range
from ramanfit.drawing.figures.positions import point_name
from ramanfit.drawing.figures.style import (
    FAINT,
    INK,
    MARKERS,
    MOST_NAMED,
    WIDTHS_IN,
    nothing_here,
    point_colours,
    round_y,
    sequence_map,
)
from ramanfit.experiment.evolution import Evolution
from ramanfit.scan.scan import BoolArray, FloatArray

LEFT, RIGHT, BOTTOM = 0.7, 0.12, 0.42
KEY_ROW_IN, BAR_IN = 0.15, 0.4
HANDLE_IN, LETTER_IN = 0.38, 0.05  # that a name takes in a key, besides its letters, and each of these
MARKED = 12  # values of a line that show the point's marker
DASHED = (0, (3, 1.2))
REFERENCE_DASH = (0, (6, 2, 1, 2))


def draw_traces(
    ax: Axes,
    evolution: Evolution,
    abscissa: Abscissa,
    value: FloatArray,
    se: FloatArray,
    reference: tuple[float, float] = (np.nan, np.nan),
    span: tuple[float, float] | None = None,
    flagged: BoolArray | None = None,
) -> None:
    """Draw one line per point in order of time, broken where there is no value, on a band of one standard error.

    What lies beyond the axis is marked at its edge; flagged values are open; lone ones have their error bars.
    """
    if not np.isfinite(value).any():
        nothing_here(ax)
        return
    reference_line(ax, *reference)
    bottom, top = span or reach(value, se, reference[0])
    margin = top - bottom
    flagged = doubtful(evolution) if flagged is None else flagged
    every = max(1, len(value) // MARKED)
    for p, (colour, marker) in enumerate(point_looks(evolution)):
        y, half, at = value[:, p], se[:, p], abscissa.values[:, p]
        under, over = (np.clip(y + side * half, bottom - margin, top + margin) for side in (-1, 1))
        for leg, falls in legs(abscissa):
            band = leg & np.isfinite(y) & np.isfinite(half)
            if (band[1:] & band[:-1]).any():
                ax.fill_between(at, under, over, where=band.tolist(), color=colour, alpha=0.2, linewidth=0)
            ax.plot(
                at,
                np.where(leg, y, np.nan),
                color=colour,
                linewidth=0.85,
                linestyle=DASHED if falls else "-",
                marker=marker,
                markevery=(every * p // max(len(evolution.points), 1), every),
                markersize=MARKERS.get(marker),
                markeredgewidth=0,
            )
        draw_alone(ax, at, y, half, colour, marker)
        mark_flagged(ax, at, np.where((y >= bottom) & (y <= top), y, np.nan), flagged[:, p], colour, marker)
        mark_beyond(ax, at, y, (bottom, top), colour)
    ax.set_ylim(bottom, top)
    round_y(ax)


def reach(value: FloatArray, se: FloatArray, *also: float) -> tuple[float, float]:
    """Return the ends of an axis that holds all values that are known well, and some numbers where they are finite."""
    low, high = trusted_range(value, se)
    inside = [low, high, *(number for number in also if np.isfinite(number))]
    errors = se[np.isfinite(value) & np.isfinite(se)]
    margin = 0.06 * (max(inside) - min(inside)) or (6 * float(errors.max()) if errors.any() else 0.5)
    return min(inside) - margin, max(inside) + margin


def mark_beyond(ax: Axes, at: FloatArray, y: FloatArray, span: tuple[float, float], colour: Any) -> None:
    """Mark what lies beyond an axis at its edge."""
    for beyond, edge, mark in ((y > span[1], span[1], "^"), (y < span[0], span[0], "v")):
        if beyond.any():
            ax.plot(at[beyond], np.full(int(beyond.sum()), edge), mark, color=colour, markersize=2.5, clip_on=False)


def goes_beyond(y: FloatArray, span: tuple[float, float]) -> bool:
    """Tell whether a value lies beyond an axis."""
    return bool(((y > span[1]) | (y < span[0])).any())


def beyond_sign() -> Line2D:
    """Return what explains marks at the edges of axes."""
    return Line2D([], [], linestyle="", color=INK, marker="^", markersize=2.8, label="beyond the axis")


def band_sign() -> Line2D:
    """Return what explains the band around a line."""
    return Line2D([], [], color=INK, alpha=0.25, linewidth=5, solid_capstyle="butt", label="± s.e.")


def mark_flagged(ax: Axes, at: FloatArray, y: FloatArray, flagged: BoolArray, colour: Any, marker: str) -> None:
    """Draw open markers where a value is flagged."""
    shown = flagged & np.isfinite(y)
    if shown.any():
        ax.plot(at[shown], y[shown], linestyle="", color=colour, **_open(marker))


def legs(abscissa: Abscissa) -> Iterator[tuple[BoolArray, bool]]:
    """Yield scans [S] in which an abscissa rises, then those in which it falls, from the turn on; each with that."""
    if not abscissa.turns:
        yield np.ones(len(abscissa.falls), dtype=bool), False
        return
    for falls in (False, True):
        leg = abscissa.falls == falls
        yield leg | np.append(leg[1:], False), falls


def draw_alone(ax: Axes, at: FloatArray, y: FloatArray, half: FloatArray, colour: Any, marker: str) -> None:
    """Draw values without neighbours, with bars of one standard error."""
    finite = np.isfinite(y)
    alone = finite & ~np.append(False, finite[:-1]) & ~np.append(finite[1:], False)
    if alone.any():
        error = np.nan_to_num(half[alone])
        ax.vlines(at[alone], y[alone] - error, y[alone] + error, color=colour, linewidth=0.7)
        size = MARKERS.get(marker, 1.6)
        ax.plot(at[alone], y[alone], marker or "o", color=colour, markersize=size, markeredgewidth=0)


def reference_line(ax: Axes, at: float, se: float) -> None:
    """Draw where the reference stands, on a band of one standard error; nothing where it has no value."""
    if not np.isfinite(at):
        return
    ax.axhline(at, color=FAINT, linewidth=0.8, linestyle=REFERENCE_DASH, zorder=0)
    if np.isfinite(se):
        ax.axhspan(at - se, at + se, color=FAINT, alpha=0.2, linewidth=0, zorder=0)


def limit(ax: Axes, x: FloatArray) -> None:
    """Let an axis reach from the first to the last value."""
    low, high = float(np.nanmin(x)), float(np.nanmax(x))
    margin = 0.015 * (high - low) or 0.5
    ax.set_xlim(low - margin, high + margin)


def point_looks(evolution: Evolution) -> list[tuple[Any, str]]:
    """Return colour and marker of every point; of many points, no markers."""
    colours = point_colours(evolution)
    markers = [*MARKERS] if len(colours) <= MOST_NAMED else [""] * len(colours)
    return list(zip(colours, markers, strict=False))


def _filled(marker: str) -> dict[str, Any]:
    return {"marker": marker, "markersize": MARKERS.get(marker), "markeredgewidth": 0}


def _open(marker: str) -> dict[str, Any]:
    return {
        "marker": marker or "o",
        "markersize": MARKERS.get(marker, 2.6) + 0.6,
        "markerfacecolor": "white",
        "markeredgewidth": 0.7,
    }


class Key:
    """What says above the panels which line is which point, and what dashes and open markers mean.

    Parameters
    ----------
    evolution : Evolution
    abscissa : Abscissa
    width : {"single", "double"}
    has_reference : bool
        Whether a line shows the reference.
    flagged : bool array [S, P], optional
        What is shown as flagged; None: all that is doubtful.
    """

    def __init__(
        self,
        evolution: Evolution,
        abscissa: Abscissa,
        width: str,
        *,
        has_reference: bool = False,
        flagged: BoolArray | None = None,
    ) -> None:
        self.evolution, self.named = evolution, len(evolution.points) <= MOST_NAMED
        self.room_in = WIDTHS_IN[width] - LEFT
        self.points = [
            Line2D([], [], label=point_name(evolution, p), color=colour, linewidth=1.2, **_filled(marker))
            for p, (colour, marker) in enumerate(point_looks(evolution) if self.named else ())
        ]
        self.also: list[Line2D] = []
        if abscissa.turns:
            for falls, words in ((False, "rises"), (True, "falls")):
                style: Any = DASHED if falls else "-"
                self.also.append(Line2D([], [], color=INK, linestyle=style, label=f"{abscissa.noun} {words}"))
        if has_reference:
            self.also.append(Line2D([], [], color=FAINT, linestyle=REFERENCE_DASH, label="reference"))
        if (doubtful(evolution) if flagged is None else flagged).any():
            self.also.append(Line2D([], [], linestyle="", color=INK, label="flagged as doubtful", **_open("o")))

    def add(self, handle: Line2D) -> None:
        """Explain something more."""
        self.also.append(handle)

    def add_beyond(self) -> None:
        """Explain marks at the edges of axes."""
        self.add(beyond_sign())

    @property
    def height_in(self) -> float:
        """How high it is."""
        return self._points_in() + KEY_ROW_IN * len(self._packed()) + 0.04

    def _packed(self) -> list[list[Line2D]]:
        """Return what is explained besides the points, in rows, as many side by side as there is room for."""
        rows, free = list[list[Line2D]](), 0.0
        for handle in self.also:
            takes = HANDLE_IN + LETTER_IN * len(str(handle.get_label()))
            if takes > free:
                rows.append([])
                free = self.room_in
            rows[-1].append(handle)
            free -= takes
        return rows

    def _points_in(self) -> float:
        return KEY_ROW_IN * self._rows(self.points) if self.named else BAR_IN

    def _across(self, handles: list[Line2D]) -> int:
        """Return how many have room side by side."""
        longest = max(len(str(handle.get_label())) for handle in handles)
        return max(1, min(len(handles), int(self.room_in / (HANDLE_IN + LETTER_IN * longest))))

    def _rows(self, handles: list[Line2D]) -> int:
        return -(-len(handles) // self._across(handles)) if handles else 0

    def draw(self, figure: Figure) -> None:
        """Draw it at the top of a figure."""
        if self.named:
            self._legend(figure, self.points, 1.0, self._across(self.points))
        else:
            self._bar(figure)
        for k, row in enumerate(self._packed()):
            down = self._points_in() + k * KEY_ROW_IN
            self._legend(figure, row, 1 - down / figure.get_size_inches()[1], len(row))

    def _legend(self, figure: Figure, handles: list[Line2D], top: float, across: int) -> None:
        figure.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(LEFT / figure.get_size_inches()[0] - 0.01, top),
            ncols=across,
            columnspacing=1.0,
            handletextpad=0.4,
            borderaxespad=0.2,
            borderpad=0.2,
            labelspacing=0.35,
            handlelength=2.2,
        )

    def _bar(self, figure: Figure) -> None:
        """Draw a bar of colours in place of the names of many points."""
        width, height = figure.get_size_inches()
        positions = along(self.evolution)
        box = (LEFT / width, 1 - 0.16 / height, 0.4 * (width - LEFT - RIGHT) / width, 0.07 / height)
        bar = figure.colorbar(
            ScalarMappable(Normalize(positions.min(), positions.max()), sequence_map()),
            cax=figure.add_axes(box),
            orientation="horizontal",
        )
        positioned = np.isfinite(self.evolution.position_um).all()
        bar.ax.tick_params(size=2, pad=1)
        bar.ax.annotate(
            "position (µm)" if positioned else "point", (1.03, 0.5), xycoords="axes fraction", va="center", ha="left"
        )
