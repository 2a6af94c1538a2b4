"""Shift x time: the spectra of one point as they came, less their baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from ramanfit.drawing.figures.frame import LEFT, Frame, blank, colour_bar
from ramanfit.drawing.figures.positions import point_name
from ramanfit.drawing.figures.spectra import SHIFT
from ramanfit.drawing.figures.style import nothing_here, round_y, styled
from ramanfit.drawing.figures.words import shortened
from ramanfit.experiment.evolution import Evolution
from ramanfit.fit.curves import Curves
from ramanfit.scan.scan import FloatArray

PANEL_IN = {"single": 2.0, "double": 2.6}
ENDS = (1.0, 99.8)  # percent of all channels: peaks are few of them
MORE = (0.05, 0.25)  # of what lies between: how much further the scale may go for noise, and for a peak's top


@styled
def contour_figure(
    evolution: Evolution, point: str, curves: Mapping[int, Curves], width: str = "double", x: str | None = None
) -> Figure:
    """Return the spectra of one point less their baselines, shift x time, above the cell's voltage.

    Missing scans are blank, and so are spectra that were not fitted and channels that were masked.

    Parameters
    ----------
    evolution : Evolution
    point : str
    curves : mapping of int to Curves
        The spectra at hand, each by its row in the table.
    width : {"single", "double"}
    x : str, optional
        What is drawn against, as `ramanfit.drawing.abscissa.abscissa_of` takes it.
    """
    frame = Frame.of(evolution, x, [PANEL_IN[width]], width, key=True)
    (ax,) = frame.panels
    p = evolution.points.index(point)
    rows = evolution.rows[:, p]
    grids = [
        (shift, np.where(frame.across.scans[:, None] >= 0, grid[frame.across.scans], np.nan).T)
        for shift, grid in grids_of(rows.tolist(), curves)
    ]
    drawn = np.concatenate([grid[np.isfinite(grid)] for _, grid in grids]) if grids else np.empty(0)
    if len(drawn):
        low, high = scale_of(drawn)
        for shift, grid in grids:
            mesh = ax.pcolormesh(
                frame.across.edges,
                _edges(shift),
                np.ma.masked_invalid(grid),
                cmap="magma",
                vmin=low,
                vmax=high,
                rasterized=True,
                linewidth=0,
            )
        ax.set_ylim(min(shift[0] for shift, _ in grids), max(shift[-1] for shift, _ in grids))
        beyond = int(np.count_nonzero(drawn < low)), int(np.count_nonzero(drawn > high))
        colour_bar(ax, mesh, "counts above baseline", beyond, "channels")
    else:
        nothing_here(ax, "no spectrum that was fitted")
    round_y(ax)
    frame.finish()
    frame.beside_all(SHIFT)
    page = frame.figure.get_size_inches()
    left, down = (0.1, 0.05) if frame.beside.has_soc else (LEFT, 0.02)  # off the numbers of the axes
    name = shortened(frame.figure, point_name(evolution, p), LEFT, mpl.rcParams["axes.titlesize"])
    frame.figure.text(left / page[0], 1 - down / page[1], name, va="top", parse_math=False)
    if any(np.isnan(grid).any() for _, grid in grids):
        frame.explain([blank("not measured, not fitted or masked")])
    return frame.figure


def scale_of(counts: FloatArray) -> tuple[float, float]:
    """Return the ends of a scale that holds peaks and noise, and no cosmic ray that was overlooked."""
    low, high = (float(end) for end in np.percentile(counts, ENDS))
    below, above = (share * (high - low) for share in MORE)
    low, high = max(float(counts.min()), low - below), min(float(counts.max()), high + above)
    return low, high if high > low else low + 1


def grids_of(rows: Sequence[int], curves: Mapping[int, Curves]) -> list[tuple[FloatArray, FloatArray]]:
    """Return counts less baselines by scan and channel, those of each axis of shifts together.

    Parameters
    ----------
    rows : sequence of int
        Of every scan, its row in the table; -1: there is none.
    curves : mapping of int to Curves

    Returns
    -------
    list of (array [M], array [S, M])
        Shifts, and counts: not a number where there is no spectrum with these shifts, no baseline, or a mask.
    """
    grids: dict[bytes, tuple[FloatArray, FloatArray]] = {}
    for scan, row in enumerate(rows):
        curve = curves.get(row)
        if curve is None or not curve.fitted:
            continue
        shift = curve.shift_cm1
        _, grid = grids.setdefault(shift.tobytes(), (shift, np.full((len(rows), len(shift)), np.nan)))
        grid[scan] = np.where(curve.use, curve.counts - curve.baseline(), np.nan)
    return list(grids.values())


def _edges(shift: FloatArray) -> FloatArray:
    middle = (shift[1:] + shift[:-1]) / 2
    return np.concatenate([[1.5 * shift[0] - shift[1] / 2], middle, [1.5 * shift[-1] - shift[-2] / 2]])
