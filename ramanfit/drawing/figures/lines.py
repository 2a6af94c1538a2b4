"""Lines over time and along the line: fitted intensities, bands, positions and ratios."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ramanfit.drawing.axes import along, time_unit, times, trusted_range
from ramanfit.drawing.figures.maps import VOLTAGE_IN, soc_axis, voltage_panel
from ramanfit.drawing.figures.style import (
    FAINT,
    INK,
    MOST_NAMED,
    label,
    letters,
    new_figure,
    nothing_here,
    point_colours,
    point_label,
    point_ticks,
    sequence_map,
    stack,
    styled,
)
from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.columns import column_name
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.table import Table

MOST_SCANS = 6  # in a profile
LEFT, RIGHT, BOTTOM = 0.62, 0.12, 0.42


@styled
def traces_figure(evolution: Evolution, width: str = "double") -> Figure:
    """Return fitted heights and ratios over time, one line per point, with bands of one standard error.

    Lines break where a scan is missing or a peak was not detected.

    Parameters
    ----------
    evolution : Evolution
    width : {"single", "double"}
    """
    quantities = [column_name("height", peak) for peak in evolution.peaks] + list(evolution.ratios)
    record = evolution.record if evolution.timed else None
    has_voltage = record is not None and record.voltage_v is not None
    has_soc = record is not None and record.soc is not None
    panel = 1.25 if width == "double" else 1.1
    heights = [panel] * len(quantities) + [VOLTAGE_IN] * has_voltage
    key = _key_height(evolution, width)
    gap, top = 0.17, 0.1 + key + 0.3 * has_soc
    figure = new_figure(width, sum(heights) + gap * (len(heights) - 1) + top + BOTTOM)
    axes = stack(figure, heights, left=LEFT, right=RIGHT, bottom=BOTTOM, gap=gap)
    scale, time_label = time_unit(evolution)
    x = times(evolution)
    for ax, quantity in zip(axes, quantities, strict=False):
        _traces(ax, evolution, x, evolution.shown(quantity), evolution.errors(quantity))
        ax.set_ylabel(label(evolution, quantity))
        at, at_se = evolution.reference_value(quantity)
        if quantity in evolution.ratios and np.isfinite(at):
            _reference_line(ax, at, at_se)
    if has_voltage:
        assert record is not None
        voltage_panel(axes[-1], record, scale)
    axes[-1].set_xlabel(time_label)
    _limit(axes[0], x)
    if has_soc:
        assert record is not None
        soc_axis(axes[0], record, scale)
    letters(axes, LEFT)
    _key(figure, evolution, key)
    return figure


@styled
def bands_figure(evolution: Evolution, bands: Table, width: str = "double") -> Figure:
    """Return the enhancement of the raw intensity at fixed shifts over time, a panel per shift, a line per point.

    Parameters
    ----------
    evolution : Evolution
    bands : Table
        As `ramanfit.experiment.bands.bands_table` makes it, of the same spectra.
    width : {"single", "double"}
    """
    at = np.asarray(bands.columns["band_cm1"], dtype=np.float64)
    middles = np.unique(at)
    across = 1 if width == "single" or len(middles) == 1 else 2
    down = -(-len(middles) // across)
    panel_in, gap_y, gap_x = 1.3, 0.36, 0.52
    key = _key_height(evolution, width)
    height = down * panel_in + (down - 1) * gap_y + BOTTOM + 0.3 + key
    figure = new_figure(width, height)
    inches = figure.get_size_inches()[0]
    panel_width = (inches - LEFT - RIGHT - gap_x * (across - 1)) / across
    _, time_label = time_unit(evolution)
    x = times(evolution)
    specific = np.isfinite(np.asarray(bands.columns["specific"], dtype=np.float64))
    axes: list[Axes] = []
    for k, middle in enumerate(middles.tolist()):
        row, column = divmod(k, across)
        bottom = BOTTOM + (down - 1 - row) * (panel_in + gap_y)
        box = (LEFT + column * (panel_width + gap_x), bottom, panel_width, panel_in)
        ax = figure.add_axes((box[0] / inches, box[1] / height, box[2] / inches, box[3] / height))
        in_band = at == middle
        value, se = (_on_grid(evolution, bands, in_band, name) for name in ("enhancement", "enhancement_se"))
        ax.axhline(1, color=FAINT, linewidth=0.6, linestyle=(0, (4, 3)))
        _traces(ax, evolution, x, value, se)
        _limit(ax, x)
        control = specific.any() and not specific[in_band].any()
        ax.set_title(f"{middle:g} cm⁻¹" + (" (off-peak control)" if control else ""), pad=3)
        if column == 0:
            ax.set_ylabel("$I/I_{\\mathrm{first\\ scan}}$, raw counts")
        if k >= len(middles) - across:
            ax.set_xlabel(time_label)
        axes.append(ax)
    letters(axes, gap_x - 0.02)
    _key(figure, evolution, key)
    return figure


def _on_grid(evolution: Evolution, bands: Table, in_band: np.ndarray, name: str) -> FloatArray:
    values = np.asarray(bands.columns[name], dtype=np.float64)[in_band]
    return np.where(evolution.rows >= 0, values[evolution.rows], np.nan)


@styled
def profile_figure(evolution: Evolution, width: str = "double") -> Figure:
    """Return positions of the peaks and the ratios along the line, with error bars, and the reference beside them.

    Of many scans up to six are drawn, evenly spaced from the first to the last.

    Parameters
    ----------
    evolution : Evolution
    width : {"single", "double"}
    """
    quantities = [column_name("center_cm1", peak) for peak in evolution.peaks] + list(evolution.ratios)
    measured = np.flatnonzero((evolution.rows >= 0).any(axis=1))
    picked = measured[np.unique(np.linspace(0, len(measured) - 1, min(MOST_SCANS, len(measured))).round().astype(int))]
    ticks, names = point_ticks(evolution)
    tilted = len("".join(names)) > {"single": 30, "double": 80}[width]
    panel, gap, bottom = 1.15, 0.2, 0.62 if tilted else BOTTOM
    heights = [panel] * len(quantities)
    across = {"single": 3, "double": MOST_SCANS}[width]
    top = 0.1 + 0.16 * -(-len(picked) // across) * (len(picked) > 1)
    figure = new_figure(width, sum(heights) + gap * (len(heights) - 1) + top + bottom)
    axes = stack(figure, heights, left=LEFT, right=RIGHT, bottom=bottom, gap=gap)
    scale, words = time_unit(evolution)
    positions = along(evolution)
    step = float(np.diff(np.sort(positions)).min()) if len(positions) > 1 else 1.0
    colours = sequence_map()(np.linspace(0, 1, len(picked))) if len(picked) > 1 else [INK]
    unit = words.removeprefix("time ").strip("()")
    beyond = positions.max() + 1.4 * step
    for ax, quantity in zip(axes, quantities, strict=True):
        value, se = evolution.shown(quantity), evolution.errors(quantity)
        for k, scan in enumerate(picked):
            shift = 0.3 * step * ((k + 0.5) / len(picked) - 0.5)
            name = f"{evolution.scan_time_s[scan] / scale:.1f} {unit}" if evolution.timed else f"scan {scan}"
            finite = np.isfinite(value[scan])
            ax.errorbar(
                (positions + shift)[finite],
                value[scan][finite],
                np.nan_to_num(se[scan][finite]),
                fmt="o",
                markersize=2.8,
                color=colours[k],
                linewidth=0.8,
                label=name,
            )
        at, at_se = evolution.reference_value(quantity)
        if np.isfinite(at):
            _reference_line(ax, at, at_se)
            ax.errorbar([beyond], [at], [np.nan_to_num(at_se)], fmt="D", color=FAINT, markersize=3)
        shown, half = np.append(value[picked].ravel(), at), np.append(se[picked].ravel(), at_se)
        if np.isfinite(shown).any():
            both = np.concatenate([shown - np.nan_to_num(half), shown + np.nan_to_num(half)])
            low, high = trusted_range(both, np.tile(half, 2))
            margin = 0.08 * (high - low) or 0.5
            ax.set_ylim(low - margin, high + margin)
        else:
            nothing_here(ax)
        ax.set_ylabel(label(evolution, quantity))
    if evolution.reference is not None:
        ticks, names = np.append(ticks, beyond), [*names, "reference"]
    axes[-1].set_xticks(ticks, names, rotation=30 * tilted, ha="right" if tilted else "center")
    axes[-1].set_xlabel(point_label(evolution))
    axes[0].set_xlim(
        positions.min() - 0.6 * step, (beyond if evolution.reference is not None else positions.max()) + 0.6 * step
    )
    letters(axes, LEFT)
    if len(picked) > 1:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="upper right",
            ncols=min(across, len(picked)),
            columnspacing=0.9,
            handletextpad=0.1,
            borderaxespad=0.2,
        )
    return figure


def _traces(ax: Axes, evolution: Evolution, x: FloatArray, value: FloatArray, se: FloatArray) -> None:
    """One line per point, broken where there is no value, on a band of one standard error.

    What lies beyond the axis is marked at its edge.
    """
    if not np.isfinite(value).any():
        nothing_here(ax)
        return
    low, high = trusted_range(value, se)
    margin = 0.06 * (high - low) or 0.5
    bottom, top = low - margin, high + margin
    for p, colour in enumerate(point_colours(evolution)):
        y, half, at = value[:, p], se[:, p], x[:, p]
        finite = np.isfinite(y)
        band = finite & np.isfinite(half)
        under, over = (np.clip(y + side * half, bottom - margin, top + margin) for side in (-1, 1))
        ax.fill_between(at, under, over, where=band.tolist(), color=colour, alpha=0.22, linewidth=0)
        ax.plot(at, y, color=colour, linewidth=0.85)
        alone = finite & ~np.append(False, finite[:-1]) & ~np.append(finite[1:], False)
        ax.plot(at[alone], y[alone], "o", color=colour, markersize=1.6)
        for beyond, edge, mark in ((y > top, top, "^"), (y < bottom, bottom, "v")):
            ax.plot(at[beyond], np.full(int(beyond.sum()), edge), mark, color=colour, markersize=2.5, clip_on=False)
    ax.set_ylim(bottom, top)


def _reference_line(ax: Axes, at: float, se: float) -> None:
    ax.axhline(at, color=FAINT, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0)
    if np.isfinite(se):
        ax.axhspan(at - se, at + se, color=FAINT, alpha=0.2, linewidth=0, zorder=0)


def _limit(ax: Axes, x: FloatArray) -> None:
    low, high = float(np.nanmin(x)), float(np.nanmax(x))
    margin = 0.015 * (high - low) or 0.5
    ax.set_xlim(low - margin, high + margin)


def _key_height(evolution: Evolution, width: str) -> float:
    n = len(evolution.points)
    if n > MOST_NAMED:
        return 0.42
    return 0.17 * -(-n // (8 if width == "double" else 3)) + 0.02


def _key(figure: Figure, evolution: Evolution, height_in: float) -> None:
    """Say which colour is which point, above the panels: by name, or by a bar where they are many."""
    width, height = figure.get_size_inches()
    if len(evolution.points) <= MOST_NAMED:
        from matplotlib.lines import Line2D

        handles = [
            Line2D([], [], color=colour, label=_named(evolution, p), linewidth=1.4)
            for p, colour in enumerate(point_colours(evolution))
        ]
        across = 8 if width > 5 else 3
        figure.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(LEFT / width - 0.01, 1.0),
            ncols=min(across, len(handles)),
            columnspacing=1.0,
            handletextpad=0.4,
            borderaxespad=0.2,
        )
        return
    positions = along(evolution)
    box = (LEFT / width, 1 - 0.16 / height, 0.4 * (width - LEFT - RIGHT) / width, 0.07 / height)
    bar = figure.colorbar(
        ScalarMappable(Normalize(positions.min(), positions.max()), sequence_map()),
        cax=figure.add_axes(box),
        orientation="horizontal",
    )
    positioned = np.isfinite(evolution.position_um).all()
    bar.ax.tick_params(size=2, pad=1)
    bar.ax.annotate(
        "position (µm)" if positioned else "point", (1.03, 0.5), xycoords="axes fraction", va="center", ha="left"
    )


def _named(evolution: Evolution, p: int) -> str:
    position = evolution.position_um[p]
    return f"{evolution.points[p]} ({position:g} µm)" if np.isfinite(position) else evolution.points[p]


__all__: Sequence[str] = ("bands_figure", "profile_figure", "traces_figure")
