"""What is drawn of several experiments: one figure for each quantity."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.recipe.column_kind import RATIO
from ramanfit.recipe.columns import KINDS
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.schema import Schema

if TYPE_CHECKING:
    from ramanfit.experiment.compare import Comparison
    from ramanfit.experiment.voice import Voice

MOST_PANELS = 12  # of more points some are drawn, evenly spaced
S_PER_H = 3600.0


def compare_files(folder: str | os.PathLike[str], comparison: Comparison, formats: Sequence[str]) -> list[str]:
    """Return all files that are written about a comparison, the table first."""
    endings = dict.fromkeys(("png", *formats))
    names = [f"{quantity}.{ending}" for quantity in comparison.quantities for ending in endings]
    return [os.fspath(Path(folder) / name) for name in ("compare.csv", *names)]


def write_comparison(
    folder: Path, comparison: Comparison, formats: Sequence[str], width: str, voice: Voice
) -> list[str]:
    """Write the table and the figures, each file whole; return their names.

    All figures are drawn before any is written.
    """
    from ramanfit.drawing import figures
    from ramanfit.drawing.figures.compare import compare_figure
    from ramanfit.tables.forms import open_writer

    endings = dict.fromkeys(("png", *formats))
    words_of_x = KINDS[comparison.x].words if comparison.x in KINDS else ""
    label = "time (h)" if comparison.x == "time_s" else words_of_x or comparison.x.replace("_", " ")
    made = {}
    with voice.progress(len(comparison.quantities), "figures") as bar:
        for quantity in comparison.quantities:
            panels = traces_of(comparison, quantity)
            made[quantity] = compare_figure(panels, comparison.names, label, words(comparison, quantity), width)
            bar.advance()
    with open_writer(folder / "compare.csv", "csv") as writer:
        writer.write(comparison.table)
    written = ["compare.csv"]
    for quantity, figure in made.items():
        for ending in endings:
            figures.save(figure, folder / f"{quantity}.{ending}")
            written.append(f"{quantity}.{ending}")
    points = {*comparison.panels}
    if len(points) > MOST_PANELS:
        voice.say(f"figures show {MOST_PANELS} of {len(points)} points, evenly spaced")
    return written


def traces_of(comparison: Comparison, quantity: str) -> dict[str, dict[str, tuple[FloatArray, FloatArray, FloatArray]]]:
    """Return what a figure shows of a quantity, by point and experiment: abscissa, value and error, scan by scan.

    Between scans that do not follow one another directly there is a row that is not a number.
    """
    columns = comparison.table.columns
    error = Schema.read(comparison.table.names)[quantity].error
    x, value, se = (np.asarray(columns[name], dtype=np.float64) for name in (comparison.x, quantity, error))
    x = x / S_PER_H if comparison.x == "time_s" else x
    scan = np.asarray(columns["scan"])
    rows: dict[str, dict[str, list[int]]] = {}
    for i, (point, name) in enumerate(zip(comparison.panels, columns["experiment"], strict=True)):
        rows.setdefault(point, {}).setdefault(str(name), []).append(i)
    points = [*rows]
    if len(points) > MOST_PANELS:
        points = [points[i] for i in np.linspace(0, len(points) - 1, MOST_PANELS).round().astype(int)]
    traces: dict[str, dict[str, tuple[FloatArray, FloatArray, FloatArray]]] = {}
    for point in points:
        for name, numbers in rows[point].items():
            at = np.array(numbers)
            at = at[np.argsort(scan[at], kind="stable")]
            gaps = np.flatnonzero(np.diff(scan[at]) > 1) + 1
            drawn = (np.insert(one[at], gaps, np.nan) for one in (x, value, se))
            traces.setdefault(point, {})[name] = tuple(drawn)  # type: ignore[assignment]
    return traces


def words(comparison: Comparison, quantity: str) -> str:
    """Return the words for a quantity on an axis, with its unit."""
    entry = Schema.read(comparison.table.names)[quantity]
    of = entry.of.replace("_", " ")
    if entry.kind.owner == RATIO:
        letter = "A" if entry.kind.name == "area_ratio" else "I"
        for numerator in ("B", "D"):
            if entry.of == "ratio" and {f"{numerator}_height", "G_height"} <= {*comparison.table.names}:
                return f"${letter}_\\mathrm{{{numerator}}}/{letter}_\\mathrm{{G}}$"
        of = entry.name.replace("_", " ")
    return entry.kind.words.format(of) if entry.kind.words else quantity.replace("_", " ")
