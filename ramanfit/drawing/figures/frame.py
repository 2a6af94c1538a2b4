"""Panels of cells along time, above the cell's voltage: what maps and contours are drawn in."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ramanfit.drawing.abscissa import Across, abscissa_of, across
from ramanfit.drawing.figures.cell import SOC_IN, VOLTAGE_IN, Beside
from ramanfit.drawing.figures.style import FAINT, NUMBER_IN, WIDTHS_IN, RoundTicks, letters, new_figure, round_x, stack
from ramanfit.drawing.ticks import alike
from ramanfit.experiment.evolution import Evolution
from ramanfit.frozen import dataclass

LEFT, RIGHT, GAP, TOP = 0.84, 0.9, 0.16, 0.14
BOTTOM, KEY_IN = 0.42, 0.16


@dataclass(frozen=True, eq=False)
class Frame:
    """A figure with its panels.

    Attributes
    ----------
    figure : Figure
    panels : list of Axes
        Those that are still empty, from the top.
    voltage : Axes or None
        The panel of the cell's voltage, beneath.
    across : Across
        Where the cells stand from left to right.
    beside : Beside
    """

    figure: Figure
    panels: list[Axes]
    voltage: Axes | None
    across: Across
    beside: Beside

    @classmethod
    def of(
        cls, evolution: Evolution, x: str | None, heights_in: Sequence[float], width: str, *, key: bool = False
    ) -> Frame:
        """Return empty panels of some heights, in inches; with room for what `explain` says."""
        abscissa = abscissa_of(evolution, x)
        cells = across(evolution, abscissa, NUMBER_IN / (WIDTHS_IN[width] - LEFT - RIGHT))
        beside = Beside(evolution, abscissa, in_time=cells.in_time)
        heights = [*heights_in] + [VOLTAGE_IN] * beside.has_voltage
        bottom = BOTTOM + KEY_IN * key
        top = TOP + SOC_IN * beside.has_soc
        figure = new_figure(width, sum(heights) + GAP * (len(heights) - 1) + top + bottom)
        axes = stack(figure, heights, left=LEFT, right=RIGHT, bottom=bottom, gap=GAP)
        voltage = axes[-1] if beside.has_voltage else None
        return cls(figure, axes[: len(heights_in)], voltage, cells, beside)

    def finish(self) -> None:
        """Draw the cell, and what stands under and above the panels."""
        axes = [*self.panels, *([self.voltage] if self.voltage else [])]
        if self.voltage is not None:
            self.beside.draw_voltage(self.voltage)
        axes[0].set_xlim(self.across.edges[0], self.across.edges[-1])
        if self.across.ticks is None:
            round_x(axes[-1], self.across.words)
        else:
            axes[-1].set_xticks([at for at, _ in self.across.ticks], alike([value for _, value in self.across.ticks]))
            axes[-1].set_xlabel(self.across.words)
        if self.beside.has_soc:
            self.beside.draw_soc(axes[0])
        if len(self.panels) > 1 or self.voltage is not None:
            letters(axes, LEFT - 0.16)

    def beside_all(self, words: str) -> None:
        """Write what the vertical axes of all panels are."""
        width = self.figure.get_size_inches()[0]
        low, high = self.panels[-1].get_position().y0, self.panels[0].get_position().y1
        self.figure.text(0.1 / width, (low + high) / 2, words, rotation=90, ha="center", va="center")

    def explain(self, handles: Sequence[Artist]) -> None:
        """Say beneath all what signs mean."""
        if handles:
            self.figure.legend(
                handles=handles,
                loc="lower right",
                borderaxespad=0.2,
                borderpad=0.2,
                handleheight=1.0,
                handletextpad=0.5,
                ncols=len(handles),
                columnspacing=1.0,
            )


def blank(words: str) -> Patch:
    """Return what explains cells that are left white."""
    return Patch(facecolor="white", edgecolor=FAINT, linewidth=0.5, label=words)


def colour_bar(ax: Axes, mesh: ScalarMappable, words: str, beyond: tuple[int, int], of: str = "values") -> None:
    """Draw the scale beside a panel; pointed where there are values beyond its ends, and said how many.

    Parameters
    ----------
    ax : Axes
    mesh : ScalarMappable
    words : str
        What the colours mean, with the unit.
    beyond : (int, int)
        How many values lie below and above the ends.
    of : str
        What these are.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    width = figure.get_size_inches()[0]
    box = ax.get_position()
    bar_axes = figure.add_axes((box.x1 + 0.07 / width, box.y0, 0.09 / width, box.height))
    extend = ("neither", "min", "max", "both")[(beyond[0] > 0) + 2 * (beyond[1] > 0)]
    bar = figure.colorbar(mesh, cax=bar_axes, extend=extend, extendfrac=0.08)
    bar.outline.set_linewidth(0.5)
    bar.ax.tick_params(size=2, width=0.5)
    bar.ax.yaxis.set_major_locator(RoundTicks(max(2, int(box.height * figure.get_size_inches()[1] / 0.3))))
    said = f"\n{sum(beyond)} {of} beyond" if sum(beyond) else ""
    bar.set_label(words.replace(" (", "\n(") + said, labelpad=2)
