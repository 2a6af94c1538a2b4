"""The figures of an experiment, drawn from what was gathered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ramanfit.cli.experiment_options import Drawing
from ramanfit.drawing import figures
from ramanfit.experiment.spectra import default_maps, pick_rows
from ramanfit.recipe.settings import unknown
from ramanfit.tables.forms import open_writer
from ramanfit.tables.table import Table

if TYPE_CHECKING:
    from ramanfit.cli.console import Console
    from ramanfit.cli.gather import Gathered
    from ramanfit.experiment.evolution import Evolution
    from ramanfit.fit.curves import Curve


def draw_all(folder: Path, found: Gathered, drawing: Drawing, console: Console) -> list[str]:
    """Draw and save all figures, and the numbers of the waterfall; return the names of the files."""
    written = []
    with console.progress(5, "figures") as bar:
        for name, figure in _figures(found, drawing, console):
            for ending in dict.fromkeys(("png", *drawing.formats)):
                figures.save(figure, folder / f"{name}.{ending}")
                written.append(f"{name}.{ending}")
            bar.advance()
    picked = picked_curves(found, Picks(drawing.soc, drawing.times_s, drawing.point))
    if picked:
        with open_writer(folder / "waterfall.csv", "csv") as writer:
            writer.write(waterfall_table(found.evolution, picked))
        written.append("waterfall.csv")
    return written


class Picks(NamedTuple):
    """Which spectra a waterfall shows; see `ramanfit.cli.Drawing`."""

    soc: tuple[float, ...] | None
    times_s: tuple[float, ...] | None
    point: str | None


def _figures(found: Gathered, drawing: Drawing, console: Console) -> Iterator[tuple[str, figures.Figure]]:
    evolution = found.evolution
    maps = list(dict.fromkeys([*default_maps(evolution), *drawing.quantities]))
    yield "map", figures.map_figure(evolution, maps, drawing.width)
    yield "traces", figures.traces_figure(evolution, drawing.width)
    yield "profile", figures.profile_figure(evolution, drawing.width)
    if found.bands is not None:
        yield "bands", figures.bands_figure(evolution, found.bands, drawing.width)
    picks = Picks(drawing.soc, drawing.times_s, drawing.point)
    picked = picked_curves(found, picks)
    if picked:
        yield "waterfall", waterfall_figure(evolution, picked, picks, drawing.width)
    elif drawing.soc or drawing.times_s:
        console.warn("no spectrum at hand for the waterfall")


def picked_curves(found: Gathered, picks: Picks) -> list[tuple[int, Curve]]:
    """Return row and curve of every spectrum that a waterfall shows.

    Raises
    ------
    RecipeError
        If there is no such point.
    """
    evolution = found.evolution
    point = picks.point or evolution.points[0]
    if point not in evolution.points:
        raise unknown("point", point, list(evolution.points))
    by, wanted = ("soc", picks.soc) if picks.soc is not None else ("time_s", picks.times_s)
    if by not in evolution.table.columns:
        return []
    rows = pick_rows(evolution, point, wanted, by)
    return [(row, curve) for row in rows if (curve := found.spectra[row]) is not None]


def waterfall_figure(
    evolution: Evolution, picked: Sequence[tuple[int, Curve]], picks: Picks, width: str
) -> figures.Figure:
    """Return the figure of picked spectra, coloured by state of charge, time or scan."""
    rows = [row for row, _ in picked]

    def known(name: str) -> bool:
        values = evolution.table.columns.get(name)
        return values is not None and bool(np.isfinite(np.asarray(values, dtype=np.float64)[rows]).all())

    name, heading, unit, scale, digits = (
        ("soc", "state of\ncharge", " %", 1.0, 0)
        if picks.times_s is None and known("soc")
        else ("time_s", "time", " h", 1 / 3600, 1)
        if known("time_s")
        else ("scan", "scan", "", 1.0, 0)
    )
    values = np.asarray(evolution.table.columns[name], dtype=np.float64)[rows] * scale
    drawn = [
        (f"{value:.{digits}f}{unit}", value, curve) for value, (_, curve) in zip(values.tolist(), picked, strict=True)
    ]
    return figures.waterfall_figure(drawn, heading, width)


def waterfall_table(evolution: Evolution, picked: Sequence[tuple[int, Curve]]) -> Table:
    """Return the numbers of the waterfall: one row per spectrum and channel."""
    keys = [name for name in ("scan", "point", "time_s", "soc") if name in evolution.table.columns]
    parts = []
    for row, curve in picked:
        n = curve.shift_cm1.size
        own = evolution.table.rows(np.full(n, row))
        nothing = np.full(n, np.nan)
        parts.append(
            Table(
                {
                    **{name: own.columns[name] for name in keys},
                    "shift_cm1": curve.shift_cm1,
                    "counts": np.where(curve.use, curve.counts, np.nan),
                    "baseline": curve.baseline() if curve.fitted else nothing,
                    "fit": curve.fit() if curve.fitted else nothing,
                }
            )
        )
    return Table.concat(parts)
