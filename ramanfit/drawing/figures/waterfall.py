"""Spectra of one point above one another."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from ramanfit.drawing.figures.spectra import SHIFT
from ramanfit.drawing.figures.style import FAINT, INK, new_figure, sequence_map, styled
from ramanfit.drawing.figures.words import POINTS, plain, shortened, spread, width_in
from ramanfit.fit.curves import Curves
from ramanfit.scan.scan import FloatArray

LEFT, BOTTOM, TOP, LEADER = 0.5, 0.42, 0.2, 0.14
COUNTS = "counts above baseline, offset"
LEAST_IN = 1.65  # high enough for the words beside the frame
STEP = 0.6  # from curve to curve, of the highest peak


@styled
def waterfall_figure(
    picked: Sequence[tuple[str, float, Curves]], heading: str, width: str = "double", *, title: str = ""
) -> Figure:
    """Return spectra less their baselines above one another, with their fits, coloured by a number.

    The counts have no axis, as every spectrum has its own zero, but a bar that is so many counts high.

    Parameters
    ----------
    picked : sequence of (str, float, Curves)
        What stands at the right end, what gives the colour, and the spectrum.
    heading : str
        What stands above the right ends.
    width : {"single", "double"}
    title : str
        What stands above the frame: the point.
    """
    height = BOTTOM + TOP + max(0.42 + 0.45 * len(picked), LEAST_IN)
    figure = new_figure(width, height)
    inches = float(figure.get_size_inches()[0])
    size = mpl.rcParams["legend.fontsize"]
    words = [plain(name) for name, _, _ in picked]
    right = 0.04 + LEADER + max(width_in(figure, text, size) for text in words)
    tall, wide = height - BOTTOM - TOP, inches - LEFT - right
    ax = figure.add_axes((LEFT / inches, BOTTOM / height, wide / inches, tall / height))
    values = [value for _, value, _ in picked]
    span = Normalize(min(values), max(values) if max(values) > min(values) else min(values) + 1)
    above = [_above_baseline(curve) for _, _, curve in picked]
    fits = [curve.fit() - curve.baseline() if curve.fitted else np.zeros(0) for _, _, curve in picked]
    highest = max(float(np.nanmax(np.append(y, 0.0))) for y in (*above, *fits)) or 1.0
    ends = []
    for k, ((_, value, curve), y, fit) in enumerate(zip(picked, above, fits, strict=True)):
        colour, zero = sequence_map()(span(value)), k * STEP * highest
        ax.axhline(zero, color=FAINT, linewidth=0.3, alpha=0.6, zorder=0)
        ax.plot(curve.shift_cm1, y + zero, color=colour, linewidth=0.5, alpha=0.7)
        if curve.fitted:
            ax.plot(curve.shift_cm1, fit + zero, color=colour, linewidth=1.1)
        last = y[-max(len(y) // 20, 1) :]
        ends.append(zero + (float(np.nanmedian(last)) if np.isfinite(last).any() else 0.0))
    ax.set_xlim(min(c.shift_cm1[0] for _, _, c in picked), max(c.shift_cm1[-1] for _, _, c in picked))
    offsets = STEP * highest * np.arange(len(picked))
    reach = [zero + y for zero, *curves in zip(offsets, above, fits, strict=True) for y in curves if y.size]
    low, high = (float(extreme(np.append(np.concatenate(reach), 0.0))) for extreme in (np.nanmin, np.nanmax))
    ax.set_ylim(low - 0.05 * highest, high + 0.06 * highest)
    ax.set_xlabel(SHIFT)
    ax.set_yticks([])
    figure.text(0.1 / inches, (BOTTOM + tall / 2) / height, COUNTS, rotation=90, ha="center", va="center")
    _scale_bar(ax, highest, tall)
    _name_curves(ax, words, np.array(ends), [sequence_map()(span(value)) for value in values], size, (wide, tall))
    room = inches - width_in(figure, heading, size) - LEFT - 0.14
    up = 1 - 0.05 / height
    figure.text(
        LEFT / inches, up, shortened(figure, title, room, mpl.rcParams["axes.titlesize"]), va="top", parse_math=False
    )
    figure.text(1 - 0.04 / inches, up, heading, va="top", ha="right", fontsize=size)
    return figure


def _scale_bar(ax: Axes, highest: float, tall: float) -> None:
    """Draw a bar of so many counts beside the frame."""
    low, high = ax.get_ylim()
    most = min(STEP * highest, 0.4 * (high - low))
    power = 10.0 ** np.floor(np.log10(most))
    counts = float(max(step * power for step in (1, 2, 5) if step * power <= most))
    beside = blended_transform_factory(ax.transAxes, ax.transData)
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    wide = ax.get_position().width * figure.get_size_inches()[0]
    at, text = -0.07 / wide, -0.12 / wide
    start = max(0.0, low + 0.02 * (high - low))
    for x, y in (
        ([at, at], [start, start + counts]),
        *(([at - 0.02 / wide, at + 0.02 / wide], [end, end]) for end in (start, start + counts)),
    ):
        ax.plot(x, y, color=INK, linewidth=0.9, transform=beside, clip_on=False, solid_capstyle="butt")
    words = f"{counts:g} counts"
    size = mpl.rcParams["ytick.labelsize"]
    half = width_in(figure, words, size) / 2 / tall * (high - low)
    middle = max(start + counts / 2, low + half)
    ax.text(text, middle, words, transform=beside, rotation=90, ha="right", va="center", fontsize=size)


def _name_curves(
    ax: Axes,
    words: Sequence[str],
    ends: FloatArray,
    colours: Sequence[object],
    size: float,
    inches: tuple[float, float],
) -> None:
    """Write at the right what each curve is, apart, with a line to its end in its colour."""
    low, high = ax.get_ylim()
    wide, tall = inches
    per_inch = (high - low) / tall
    room = np.full(len(words), 1.3 * size / POINTS)
    middles = low + spread((ends - low) / per_inch, room, 0.0, tall) * per_inch
    beside = blended_transform_factory(ax.transAxes, ax.transData)
    for word, end, middle, colour in zip(words, ends.tolist(), middles.tolist(), colours, strict=True):
        x = [1 + 0.01 / wide, 1 + 0.03 / wide, 1 + (LEADER - 0.05) / wide, 1 + (LEADER - 0.02) / wide]
        ax.plot(x, [end, end, middle, middle], color=colour, linewidth=1.1, transform=beside, clip_on=False)
        ax.text(
            1 + LEADER / wide, middle, word, transform=beside, va="center_baseline", fontsize=size, parse_math=False
        )


def _above_baseline(curve: Curves) -> FloatArray:
    under = curve.baseline() if curve.fitted else float(np.median(curve.counts[curve.use])) if curve.use.any() else 0.0
    return np.where(curve.use, curve.counts - under, np.nan)
