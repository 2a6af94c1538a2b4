"""Spectra with their fits: one by one, the worst side by side, or above one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ramanfit.drawing.figures.style import COLOURS, FAINT, INK, new_figure, sequence_map, styled
from ramanfit.fit.curves import Curves
from ramanfit.scan.scan import FloatArray

SHIFT = "Raman shift (cm⁻¹)"
FIT = "#D55E00"


@styled
def spectrum_figure(title: str, flags: str, curve: Curves, width: str = "double") -> Figure:
    """Return a spectrum with baseline, peaks, their sum, and the residual beneath.

    Parameters
    ----------
    title, flags : str
        What stands above; empty flags leave no line.
    curve : Curves
        Of one spectrum.
    width : {"single", "double"}
    """
    figure = new_figure(width, 2.9 if not flags else 3.02)
    inches, height = figure.get_size_inches()
    left, right = 0.62 / inches, 1 - 0.12 / inches
    ax = figure.add_axes((left, 1.02 / height, right - left, 1.62 / height))
    below = figure.add_axes((left, 0.42 / height, right - left, 0.48 / height), sharex=ax)
    ax.tick_params(labelbottom=False)
    _draw(ax, curve, named=True)
    ax.set_ylabel("counts")
    room = 110 if width == "double" else 52
    ax.set_title(_short(title, room), loc="left", pad=3 if not flags else 11)
    ax.annotate(_short(flags, room), (0, 1), (0, 3), "axes fraction", "offset points", fontsize=6, color=INK)
    x = curve.shift_cm1
    if curve.fitted:
        residual = np.where(curve.use, curve.counts - curve.fit(), np.nan)
        below.plot(x, residual, color=INK, linewidth=0.5)
        below.axhline(0, color=FIT, linewidth=0.7)
        reach = 1.15 * float(np.nanmax(np.abs(residual))) or 1.0
        below.set_ylim(-reach, reach)
        handles, names = ax.get_legend_handles_labels()
        ax.legend(handles, names, loc="upper left", labelspacing=0.25)
    else:
        below.text(0.5, 0.5, "not fitted", transform=below.transAxes, ha="center", va="center", color=FAINT)
    below.set_ylabel("residual")
    below.set_xlabel(SHIFT)
    below.set_xlim(x[0], x[-1])
    figure.align_ylabels([ax, below])
    return figure


@styled
def gallery_figure(items: Sequence[tuple[str, str, Curves]], width: str = "double") -> Figure:
    """Return many spectra with their fits side by side, each under its name and flags.

    Parameters
    ----------
    items : sequence of (str, str, Curves)
        Title, flags, and the spectrum.
    width : {"single", "double"}
    """
    across = min(len(items), {"single": 2, "double": 4 if len(items) > 6 else 3}[width])
    down = -(-len(items) // across)
    left, right, bottom, top, gap_x, gap_y, panel = 0.42, 0.08, 0.42, 0.32, 0.36, 0.42, 1.0
    figure = new_figure(width, down * panel + (down - 1) * gap_y + bottom + top)
    inches, height = figure.get_size_inches()
    panel_width = (inches - left - right - gap_x * (across - 1)) / across
    for k, (title, flags, curve) in enumerate(items):
        row, column = divmod(k, across)
        low = bottom + (down - 1 - row) * (panel + gap_y)
        box = ((left + column * (panel_width + gap_x)) / inches, low / height, panel_width / inches, panel / height)
        ax = figure.add_axes(box)
        _draw(ax, curve, named=False)
        ax.set_xlim(curve.shift_cm1[0], curve.shift_cm1[-1])
        ax.locator_params(nbins=4)
        room = int(panel_width * 17)
        ax.set_title(f"{_short(title, room)}\n{_short(flags, room)}", loc="left", pad=2, fontsize=5.5, linespacing=1.1)
        if k >= len(items) - across:
            ax.set_xlabel(SHIFT)
    figure.text(
        0.1 / inches, (bottom + (height - bottom - top) / 2) / height, "counts", rotation=90, va="center", ha="center"
    )
    return figure


@styled
def waterfall_figure(picked: Sequence[tuple[str, float, Curves]], heading: str, width: str = "double") -> Figure:
    """Return spectra less their baselines above one another, with their fits, coloured by a number.

    Parameters
    ----------
    picked : sequence of (str, float, Curves)
        What stands at the right end, what gives the colour, and the spectrum.
    heading : str
        What stands above the right ends.
    width : {"single", "double"}
    """
    figure = new_figure(width, 1.1 + 0.42 * len(picked))
    inches, height = figure.get_size_inches()
    right = 0.62
    ax = figure.add_axes((0.5 / inches, 0.42 / height, (inches - 0.5 - right) / inches, (height - 0.55) / height))
    values = [value for _, value, _ in picked]
    span = Normalize(min(values), max(values) if max(values) > min(values) else min(values) + 1)
    colours = sequence_map()
    above = [_above_baseline(curve) for _, _, curve in picked]
    heights = [float(np.nanmax(y)) if np.isfinite(y).any() else 1.0 for y in above]
    step = 0.55 * max(heights)
    for k, ((name, value, curve), y) in enumerate(zip(picked, above, strict=True)):
        colour = colours(span(value))
        ax.plot(curve.shift_cm1, y + k * step, color=colour, linewidth=0.5, alpha=0.75)
        if curve.fitted:
            ax.plot(curve.shift_cm1, curve.fit() - curve.baseline() + k * step, color=colour, linewidth=1.1)
        end = float(np.nanmedian(y[-max(len(y) // 20, 1) :])) if np.isfinite(y[-max(len(y) // 20, 1) :]).any() else 0.0
        ax.annotate(
            name,
            (1.01, end + k * step),
            xycoords=("axes fraction", "data"),
            va="center",
            color=colour,
            annotation_clip=False,
        )
    ax.set_xlim(min(c.shift_cm1[0] for _, _, c in picked), max(c.shift_cm1[-1] for _, _, c in picked))
    ax.margins(y=0.03)
    ax.set_xlabel(SHIFT)
    ax.set_ylabel("counts above baseline, offset")
    ax.annotate(heading, (1.01, 1.0), xycoords="axes fraction", va="top", fontsize=6.5)
    return figure


def _above_baseline(curve: Curves) -> FloatArray:
    under = curve.baseline() if curve.fitted else float(np.median(curve.counts))
    return np.where(curve.use, curve.counts - under, np.nan)


def _draw(ax: Axes, curve: Curves, *, named: bool) -> None:
    """Data, masked channels, baseline, peaks on it, and the sum."""
    x = curve.shift_cm1
    ax.plot(x, np.where(curve.use, curve.counts, np.nan), ".", color=FAINT, markersize=1.8, label="data")
    shown = curve.counts[curve.use] if curve.use.any() else curve.counts
    low, high = float(shown.min()), float(shown.max())
    reach = (high - low) or 1.0
    ax.set_ylim(low - 0.08 * reach, high + (0.3 if named else 0.12) * reach)
    if not curve.use.all():
        inside = np.clip(curve.counts[~curve.use], low, high + 0.06 * reach)
        ax.plot(x[~curve.use], inside, "x", color="#CC79A7", markersize=3.5, label="masked")
    if not curve.fitted:
        return
    fine = np.linspace(x[0], x[-1], 600)
    under = curve.baseline(fine)
    ax.plot(fine, under, color=INK, linewidth=0.7, linestyle=(0, (4, 2)), label="baseline")
    for p, peak in enumerate(curve.peaks):
        if not np.isfinite(curve.center_cm1[p]):
            continue
        colour = COLOURS[(0, 2, 3, 4, 5)[p % 5]]
        ax.fill_between(fine, under, under + curve.peak(p, fine), color=colour, alpha=0.3, linewidth=0)
        if named:
            top = float(curve.fit(np.array([curve.center_cm1[p]]))[0])
            ax.annotate(
                peak if curve.detected[p] else f"{peak} not detected",
                (float(curve.center_cm1[p]), top),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                va="bottom",
                color=colour,
                weight="bold",
            )
    ax.plot(fine, curve.fit(fine), color=FIT, linewidth=0.9, label="fit")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"…{text[1 - most :]}"
