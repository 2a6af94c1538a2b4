"""Maps as images, x across and y up: a quantity in every scan, on one scale of colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from ramanfit.drawing.axes import doubtful, time_unit
from ramanfit.drawing.figures.maps import DOT, GREY, HATCH, differing
from ramanfit.drawing.figures.maps import scale_of as scale_of_cells
from ramanfit.drawing.figures.style import FAINT, INK, label, letters, new_figure, styled
from ramanfit.experiment.evolution import Evolution
from ramanfit.frozen import dataclass
from ramanfit.scan.scan import BoolArray, FloatArray
from ramanfit.tables.schema import Entry

MISSED, LESS = "measured, no value", " − reference"
MOST_SCANS = {"single": 3, "double": 6}  # side by side
NARROWEST_IN = {"single": 0.85, "double": 1.15}  # of an image, where there is room for others beside it
HIGHEST_IN, PAGE_IN = 2.0, 8.6  # of an image, and of all
LEFT, TOP, BOTTOM, BAR, GAP, GAP_Y = 0.22, 0.22, 0.36, 0.8, 0.06, 0.12


@dataclass(frozen=True)
class _Sheet:
    """Where the images stand, in inches: blocks of scans side by side, each block with its scale of colours."""

    scans: int
    across: int  # blocks
    down: int
    image: tuple[float, float]
    bottom: float

    @classmethod
    def of(cls, quantities: int, scans: int, aspect: float, width: str, width_in: float) -> _Sheet:
        room = width_in - LEFT
        across = min(quantities, max(1, int(room // (scans * NARROWEST_IN[width] + BAR))))
        down = -(-quantities // across)
        widest = (room / across - BAR - GAP * (scans - 1)) / scans
        highest = min(HIGHEST_IN, (PAGE_IN - TOP - BOTTOM) / down - GAP_Y)
        image = min(widest, highest * aspect)
        return cls(scans, across, down, (image, image / aspect), BOTTOM)

    @property
    def height(self) -> float:
        return self.down * (self.image[1] + GAP_Y) - GAP_Y + TOP + self.bottom

    def corner(self, quantity: int, scan: int) -> tuple[float, float]:
        """Return left and bottom of an image."""
        row, block = divmod(quantity, self.across)
        block_in = self.scans * self.image[0] + (self.scans - 1) * GAP + BAR
        left = LEFT + block * block_in + scan * (self.image[0] + GAP)
        return left, self.bottom + (self.down - 1 - row) * (self.image[1] + GAP_Y)


def shown_scans(evolution: Evolution, width: str = "double") -> list[int]:
    """Return the scans that are shown as images, by their place in `Evolution.scans`: all, or so many evenly spaced."""
    measured = np.flatnonzero((evolution.rows >= 0).any(axis=1))
    most = min(MOST_SCANS[width], len(measured))
    return [int(measured[i]) for i in np.unique(np.linspace(0, len(measured) - 1, most).round().astype(int))]


@styled
def images_figure(evolution: Evolution, quantities: Sequence[str], width: str = "double") -> Figure:
    """Return maps as images: a quantity in a row, scan beside scan, with one scale of colours for all its scans.

    Pixels are as measured and in true proportion. What was measured and has no value, as of a peak that was not
    detected, is hatched; what was not measured is blank; what is flagged has a dot. Positions of peaks are differences
    to the reference's, if there is one.

    Parameters
    ----------
    evolution : Evolution
        Of a map.
    quantities : sequence of str
        Columns of the table.
    width : {"single", "double"}
    """
    raster, picked = evolution.raster, shown_scans(evolution, width)
    quantities = [differing(evolution, quantity) for quantity in quantities]
    extent = raster.extent
    probe = new_figure(width, 1.0).get_size_inches()[0]
    sheet = _Sheet.of(len(quantities), len(picked), extent[0] / extent[1], width, probe)
    figure = new_figure(width, sheet.height)
    first: list[Axes] = []
    missed = dotted = less = False
    flagged = doubtful(evolution)
    for q, quantity in enumerate(quantities):
        grid = evolution.shown(quantity)
        low, high, cmap = scale_of(grid, evolution.errors(quantity), evolution.schema.get(quantity))
        colours = ScalarMappable(Normalize(low, high), cmap)
        axes = []
        for k, scan in enumerate(picked):
            ax = _axes(figure, sheet, q, k)
            ax.imshow(
                np.ma.masked_invalid(raster.picture(grid[scan])),
                cmap=colours.cmap,
                vmin=low,
                vmax=high,
                extent=(0.0, extent[0], 0.0, extent[1]),
                interpolation="nearest",
                aspect="equal",
            )
            lost = raster.picture(((evolution.rows[scan] >= 0) & ~np.isfinite(grid[scan])).astype(float)) == 1
            if lost.any():
                _hatch(ax, lost, extent)
                missed = True
            marked = raster.picture((flagged[scan] & np.isfinite(grid[scan])).astype(float)) == 1
            if marked.any():
                _dot(ax, marked, extent, sheet.image)
                dotted = True
            if q < sheet.across:
                ax.set_title(_title(evolution, scan), pad=3)
            axes.append(ax)
        values = grid[picked]
        beyond = int(np.count_nonzero(values < low)), int(np.count_nonzero(values > high))
        words = label(evolution, quantity)
        if words.count(LESS):
            words, less = f"Δ {words.replace(LESS, '')}", True
        _colour_bar(figure, axes[-1], colours, words, beyond)
        first.append(axes[0])
    letters(first, LEFT - 0.06)
    below = first[(sheet.down - 1) * sheet.across]
    _scale_bar(below, extent[0], sheet, "µm" if raster.pixel_um else "pixels")
    handles: list[Artist] = []
    if missed:
        handles.append(Patch(facecolor=GREY, edgecolor=FAINT, hatch=HATCH, linewidth=0, label=MISSED))
    if dotted:
        handles.append(Line2D([], [], linestyle="", label="flagged as doubtful", **DOT))
    if less:
        handles.append(Line2D([], [], linestyle="", label=f"Δ: value{LESS}"))
    if handles:
        figure.legend(
            handles=handles,
            loc="lower right",
            borderaxespad=0.3,
            handleheight=1.0,
            ncols=min(len(handles), {"single": 2, "double": 3}[width]),
            columnspacing=1.2,
            labelspacing=0.3,
        )
    return figure


def scale_of(values: FloatArray, se: FloatArray, entry: Entry | None = None) -> tuple[float, float, str]:
    """Return the ends of a scale, as of cells of a line, and the name of its colours.

    Parameters
    ----------
    values, se : array [S, P]
        Not a number where there is none.
    entry : Entry, optional
        What the values are.
    """
    low, high, colours = scale_of_cells(values, se, entry)
    return (low, high, colours) if high > low else (low - 0.5, high + 0.5, colours)


def round_length(most: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is no more than a length."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(digit * power for digit in (1.0, 2.0, 5.0) if digit * power <= most * (1 + 1e-9)))


def _axes(figure: Figure, sheet: _Sheet, quantity: int, scan: int) -> Axes:
    inches = figure.get_size_inches()
    (left, bottom), (across, up) = sheet.corner(quantity, scan), sheet.image
    ax = figure.add_axes((left / inches[0], bottom / inches[1], across / inches[0], up / inches[1]))
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def _title(evolution: Evolution, scan: int) -> str:
    """Return what stands above an image: when the scan was, and the state of charge."""
    if len(evolution.scans) == 1:
        return ""
    words = f"scan {evolution.scans[scan]}"
    if evolution.timed:
        scale, unit = time_unit(evolution)
        words = f"{evolution.scan_time_s[scan] / scale:.1f} {unit.removeprefix('time ').strip('()')}"
    if "soc" in evolution.table.columns:
        soc = evolution.grid("soc")[scan]
        if np.isfinite(soc).any():
            words += f", {np.nanmean(soc):.0f} %"
    return words


def _hatch(ax: Axes, lost: BoolArray, extent: tuple[float, float]) -> None:
    """Hatch pixels, as one outline of all runs of them, which takes little room however many they are."""
    rows, columns = lost.shape
    edges = np.diff(np.pad(lost.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    row, start = np.nonzero(edges == 1)
    end = np.nonzero(edges == -1)[1]
    left, right = start * extent[0] / columns, end * extent[0] / columns
    top, bottom = extent[1] * (1 - row / rows), extent[1] * (1 - (row + 1) / rows)
    corners = np.stack([left, bottom, right, bottom, right, top, left, top, left, bottom], axis=1).reshape(-1, 2)
    codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(row))
    ax.add_patch(
        PathPatch(Path(corners, codes), facecolor=GREY, edgecolor=FAINT, hatch=HATCH, linewidth=0, rasterized=True)
    )


def _dot(ax: Axes, marked: BoolArray, extent: tuple[float, float], image_in: tuple[float, float]) -> None:
    """Put a dot in the middle of pixels, smaller than they are."""
    rows, columns = marked.shape
    row, column = np.nonzero(marked)
    size = min(DOT["markersize"], 0.5 * 72 * min(image_in[0] / columns, image_in[1] / rows))
    look = DOT | {"markersize": size, "markeredgewidth": min(DOT["markeredgewidth"], size / 4)}
    x, y = (column + 0.5) * extent[0] / columns, extent[1] * (1 - (row + 0.5) / rows)
    ax.plot(x, y, linestyle="", rasterized=True, scalex=False, scaley=False, **look)


def _colour_bar(figure: Figure, ax: Axes, colours: ScalarMappable, words: str, beyond: tuple[int, int]) -> None:
    """Draw the scale beside the last image of a row; pointed where values lie beyond it, and said how many."""
    width, box = figure.get_size_inches()[0], ax.get_position()
    bar_axes = figure.add_axes((box.x1 + 0.06 / width, box.y0, 0.08 / width, box.height))
    extend = ("neither", "min", "max", "both")[(beyond[0] > 0) + 2 * (beyond[1] > 0)]
    bar = figure.colorbar(colours, cax=bar_axes, extend=extend, extendfrac=0.08)
    bar.outline.set_linewidth(0.5)
    bar.ax.tick_params(size=2, width=0.5, pad=1.5)
    height_in = box.height * figure.get_size_inches()[1]
    bar.ax.yaxis.set_major_locator(MaxNLocator(max(2, int(height_in / 0.24)), steps=[1, 2, 5, 10]))
    said = f"\n{sum(beyond)} beyond" if sum(beyond) else ""
    bar.set_label((words.replace(" (", "\n(") if height_in < 1.2 else words) + said, labelpad=2)


def _scale_bar(ax: Axes, across: float, sheet: _Sheet, unit: str) -> None:
    """Draw a length of the map beneath an image."""
    length = round_length(max(across / 2.5, across * 0.25 / sheet.image[0]))
    below = -0.1 * across / sheet.image[0]
    ax.add_line(Line2D([0.0, length], [below, below], color=INK, linewidth=1.6, solid_capstyle="butt", clip_on=False))
    words = f"{length:g} {unit if length != 1 else unit.removesuffix('s')}"
    ax.annotate(words, (0.0, below), (0, -3), textcoords="offset points", va="top", annotation_clip=False)


__all__: Sequence[str] = ("images_figure", "round_length", "scale_of", "shown_scans")
