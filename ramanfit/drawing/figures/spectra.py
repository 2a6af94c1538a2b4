"""Spectra with their fits: one by one, or many side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ramanfit.drawing.figures.style import COLOURS, FAINT, INK, new_figure, styled
from ramanfit.drawing.figures.words import (
    KEY_LINE,
    POINTS,
    broken,
    in_rows,
    plain,
    shortened,
    spread,
    width_in,
    wrapped,
    write_key,
)
from ramanfit.fit.curves import Curves
from ramanfit.scan.scan import FloatArray

SHIFT = "Raman shift (cm⁻¹)"
FIT = "#D55E00"
PEAK_COLOURS = tuple(COLOURS[k] for k in (0, 2, 3, 4, 5))
LINE = 1.25  # of a text, in its size
FINE = 600  # shifts that a curve is drawn at
MASKED: Any = {"color": INK, "markersize": 3, "markeredgewidth": 0.7, "markerfacecolor": "none"}


class _Sizes(NamedTuple):
    """Sizes of a gallery's parts in inches, and of its words in points."""

    left: float = 0.5
    right: float = 0.08
    bottom: float = 0.42
    gap_x: float = 0.4
    ticks: float = 0.24
    panel: float = 1.05
    words: float = 6.0


@styled
def spectrum_figure(title: str, flags: str, curve: Curves, width: str = "double") -> Figure:
    """Return a spectrum with baseline, peaks, their sum, and the residual beneath.

    Parameters
    ----------
    title, flags : str
        What stands above; flags are set off by commas, and none leave no line.
    curve : Curves
        Of one spectrum.
    width : {"single", "double"}
    """
    figure = new_figure(width, 3)
    inches = float(figure.get_size_inches()[0])
    left, right, bottom, residual, gap, panel = 0.62, 0.12, 0.42, 0.48, 0.12, 1.7
    room = inches - left - right
    large, small = mpl.rcParams["axes.titlesize"], mpl.rcParams["legend.fontsize"]
    lines = wrapped(figure, flags.split(", "), room, small) if flags else []
    handles = _key(curve)
    key = in_rows(figure, handles, room, small)
    names = broken(figure, title, room, large, 2)
    above = [(LINE * large, len(names)), (LINE * small, len(lines)), (KEY_LINE * small, len(key))]
    top = 0.06 + sum(size * count for size, count in above) / POINTS
    height = bottom + residual + gap + panel + top
    figure.set_size_inches(inches, height)
    ax = figure.add_axes((left / inches, (height - top - panel) / height, room / inches, panel / height))
    below = figure.add_axes((left / inches, bottom / height, room / inches, residual / height), sharex=ax)
    ax.tick_params(labelbottom=False)
    ax.set_xlim(curve.shift_cm1[0], curve.shift_cm1[-1])
    _draw(ax, curve, mpl.rcParams["font.size"])
    ax.set_ylabel("counts")
    at = height - 0.04
    for text, size in [*((name, large) for name in names), *((line, small) for line in lines)]:
        figure.text(left / inches, at / height, text, fontsize=size, va="top", parse_math=False)
        at -= LINE * size / POINTS
    write_key(figure, key, left, at, small)
    _residual(below, curve)
    below.set_xlabel(SHIFT)
    figure.align_ylabels([ax, below])
    return figure


def _residual(ax: Axes, curve: Curves) -> None:
    ax.set_ylabel("residual\n(counts)")
    if not curve.fitted:
        ax.text(0.5, 0.5, "not fitted", transform=ax.transAxes, ha="center", va="center", color=FAINT)
        ax.set_yticks([])
        return
    residual = np.where(curve.use, curve.counts - curve.fit(), np.nan)
    ax.plot(curve.shift_cm1, residual, color=INK, linewidth=0.5)
    ax.axhline(0, color=FIT, linewidth=0.7)
    reach = 1.15 * float(np.abs(residual[curve.use]).max(initial=0.0)) or 1.0
    ax.set_ylim(-reach, reach)


@styled
def gallery_figure(items: Sequence[tuple[str, str, Curves]], width: str = "double") -> Figure:
    """Return many spectra with their fits side by side, each under its name and flags.

    Parameters
    ----------
    items : sequence of (str, str, Curves)
        Title, flags set off by commas, and the spectrum.
    width : {"single", "double"}
    """
    small = mpl.rcParams["legend.fontsize"]
    across, size = min(len(items), {"single": 2, "double": 4 if len(items) > 9 else 3}[width]), _Sizes()
    figure = new_figure(width, 3)
    inches = float(figure.get_size_inches()[0])
    panel_width = (inches - size.left - size.right - size.gap_x * (across - 1)) / across
    room = panel_width + size.right
    above = []
    for title, flags, _ in items:
        lines = wrapped(figure, flags.split(", "), room, size.words) if flags else []
        above.append([*broken(figure, title, room, size.words, 2), *lines])
    rows = [range(k, min(k + across, len(items))) for k in range(0, len(items), across)]
    line = LINE * size.words / POINTS
    heads = [line * max(len(above[k]) for k in row) + 0.03 for row in rows]
    handles = list({str(handle.get_label()): handle for _, _, curve in items for handle in _key(curve)}.values())
    key = in_rows(figure, handles, inches - size.left, small)
    top = 0.06 + KEY_LINE * small / POINTS * len(key)
    height = top + sum(heads) + len(rows) * size.panel + (len(rows) - 1) * size.ticks + size.bottom
    figure.set_size_inches(inches, height)
    write_key(figure, key, size.left, height - 0.04, small)
    under = height - top
    for row, head in zip(rows, heads, strict=True):
        under -= head + size.panel
        for k in row:
            x = size.left + (k % across) * (panel_width + size.gap_x)
            ax = figure.add_axes((x / inches, under / height, panel_width / inches, size.panel / height))
            curve = items[k][2]
            ax.set_xlim(curve.shift_cm1[0], curve.shift_cm1[-1])
            _draw(ax, curve, size.words)
            ax.xaxis.set_major_locator(MaxNLocator(4))
            ax.tick_params(labelsize=size.words)
            for i, text in enumerate(above[k]):
                y = (under + size.panel + head - 0.02 - i * line) / height
                figure.text(x / inches, y, text, fontsize=size.words, va="top", parse_math=False)
            if k >= len(items) - across:
                ax.set_xlabel(SHIFT)
        under -= size.ticks
    figure.text(0.1 / inches, 0.5, "counts", rotation=90, va="center", ha="center")
    return figure


def _key(curve: Curves) -> list[Line2D]:
    """Return what the signs mean that a spectrum is drawn with."""
    handles = [Line2D([], [], color=FAINT, marker=".", markersize=3, linewidth=0, label="data")]
    if not curve.use.all():
        low, high = _reach(curve)
        beyond = ~curve.use & ((curve.counts < low) | (curve.counts > high))
        handles.append(Line2D([], [], marker="x", linewidth=0, label="masked: not in the fit", **MASKED))
        if beyond.any():
            handles.append(Line2D([], [], marker="^", linewidth=0, label="masked, beyond the axis", **MASKED))
    if curve.fitted:
        handles += [
            Line2D([], [], color=INK, linewidth=0.7, linestyle=(0, (3, 1.5)), label="baseline"),
            Line2D([], [], color=FIT, linewidth=0.9, label="fit"),
        ]
        if (np.isfinite(curve.center_cm1) & ~curve.detected).any():
            brackets: Any = {"marker": "$(\\;)$", "markersize": 5, "markeredgewidth": 0.1}
            handles.append(Line2D([], [], color=INK, linewidth=0, label="not detected", **brackets))
    return handles


def _draw(ax: Axes, curve: Curves, size: float) -> None:
    """Data, masked channels, baseline, peaks on it, and the sum; the peaks are named above all of them.

    Parameters
    ----------
    ax : Axes
        Its limits along the shift are set.
    curve : Curves
    size : float
        Of the peaks' names, in points.
    """
    x = curve.shift_cm1
    fine = np.linspace(x[0], x[-1], FINE)
    there = [p for p in range(len(curve.peaks)) if np.isfinite(curve.center_cm1[p])] if curve.fitted else []
    low, high = _reach(curve)
    reach = (high - low) or 1.0
    ax.yaxis.set_major_locator(MaxNLocator(5 if size > 6 else 4))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.plot(x, np.where(curve.use, curve.counts, np.nan), ".", color=FAINT, markersize=1.8)
    ax.set_ylim(low - 0.08 * reach, high + 0.12 * reach)
    for beyond, mark in ((curve.counts < low, "v"), (curve.counts > high, "^")):
        out = ~curve.use & beyond
        ax.plot(x[out], np.full(int(out.sum()), low if mark == "v" else high), mark, **MASKED)
    inside = ~curve.use & (curve.counts >= low) & (curve.counts <= high)
    ax.plot(x[inside], curve.counts[inside], "x", **MASKED)
    if not curve.fitted:
        return
    under = curve.baseline(fine)
    ax.plot(fine, under, color=INK, linewidth=0.7, linestyle=(0, (3, 1.5)))
    for p in there:
        colour = PEAK_COLOURS[p % len(PEAK_COLOURS)]
        ax.fill_between(fine, under, under + curve.peak(p, fine), color=colour, alpha=0.3, linewidth=0)
    ax.plot(fine, curve.fit(fine), color=FIT, linewidth=0.9)
    if there:
        _name_peaks(ax, curve, there, size, (low, high))


def _reach(curve: Curves) -> tuple[float, float]:
    """Return the least and the most of all that is drawn of a spectrum but its masked channels."""
    shown = curve.counts[curve.use] if curve.use.any() else curve.counts[np.isfinite(curve.counts)]
    if not shown.size:
        return 0.0, 1.0
    fine = np.linspace(curve.shift_cm1[0], curve.shift_cm1[-1], FINE)
    values = np.concatenate([shown, curve.fit(fine), curve.baseline(fine)]) if curve.fitted else shown
    return float(values.min()), float(values.max())


def _name_peaks(ax: Axes, curve: Curves, there: Sequence[int], size: float, reach: tuple[float, float]) -> None:
    """Write the names of peaks above everything that is drawn, apart, each with a line to the top of its peak."""
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    page, box = figure.get_size_inches(), ax.get_position()
    wide, tall = float(page[0] * box.width), float(page[1] * box.height)
    first, last = ax.get_xlim()
    names = [plain(curve.peaks[p]) if curve.detected[p] else f"({plain(curve.peaks[p])})" for p in there]
    names = [shortened(figure, name, 0.9 * wide, size) for name in names]
    rooms = np.array([width_in(figure, name, size, "bold") for name in names]) + 0.06
    centers = np.clip(curve.center_cm1[list(there)], first, last)
    wanted = (centers - first) / (last - first) * wide
    rows = _in_rows(wanted, rooms, wide)
    line, lead = LINE * size / POINTS, 0.1
    strip = line * (max(rows) + 1) + lead + 0.02  # inches above all curves
    low, high = reach
    share = min(strip / tall, 0.6)
    bottom = low - 0.06 * ((high - low) or 1.0)
    top = bottom + (high - bottom) / (1 - share)
    ax.set_ylim(bottom, top if top > bottom else bottom + 1)
    tops = curve.fit(centers)
    for row in set(rows):
        of = [k for k in range(len(names)) if rows[k] == row]
        middles = spread(wanted[of], rooms[of], 0.0, wide)
        level = 1 - (0.02 + (max(rows) - row) * line) / tall  # of the upper edge
        for k, middle in zip(of, middles.tolist(), strict=True):
            colour = PEAK_COLOURS[there[k] % len(PEAK_COLOURS)]
            ax.plot(
                [centers[k], centers[k], first + middle / wide * (last - first)],
                [
                    tops[k],
                    bottom + (1 - share + 0.02 / tall) * (top - bottom),
                    bottom + (level - line / tall) * (top - bottom),
                ],
                color=colour,
                linewidth=0.5,
                zorder=1.5,
            )
            ax.text(
                middle / wide,
                level,
                names[k],
                transform=ax.transAxes,
                ha="center",
                va="top",
                color=colour,
                fontsize=size,
                weight="bold",
                parse_math=False,
                bbox={"facecolor": "white", "linewidth": 0, "pad": 0.3},
            )


def _in_rows(wanted: FloatArray, rooms: FloatArray, wide: float) -> list[int]:
    """Return in which row, from below, each name stands: one after another in as many rows as they need."""
    count = 1
    order = np.argsort(wanted, kind="stable")
    while True:
        rows = np.empty(len(wanted), dtype=int)
        rows[order] = np.arange(len(wanted)) % count
        if count == len(wanted) or all(rooms[rows == row].sum() <= wide for row in range(count)):
            return [int(row) for row in rows]
        count += 1
