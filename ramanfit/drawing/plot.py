"""Spectra with their fits: one by one, the worst side by side, or above one another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ramanfit.drawing import figures
from ramanfit.drawing.waterfall import picked_curves, waterfall_figure
from ramanfit.errors import InputError

if TYPE_CHECKING:
    from ramanfit.experiment.gathered import Gathered
    from ramanfit.experiment.request import Drawing
    from ramanfit.fit.curves import Curve


class Shown(NamedTuple):
    """A spectrum that is drawn, and what its row says of the fit."""

    name: str  # of its file
    title: str
    flags: str
    redchi2: float
    curve: Curve

    def figure(self, width: str = "double") -> figures.Figure:
        """Return its figure."""
        return figures.spectrum_figure(self.title, self.curve, width)


def shown_spectra(gathered: Gathered, point: str | None = None, scans: Sequence[int] = ()) -> list[Shown]:
    """Return the spectra at hand of one point and some scans; of all where none is named.

    Raises
    ------
    InputError
        If there is none.
    """
    columns = gathered.evolution.table.columns
    digits = len(str(int(np.max(np.asarray(columns["scan"])))))
    shown = []
    for row in range(len(gathered.evolution.table)):
        scan, its_point = int(columns["scan"][row]), str(columns["point"][row])
        if (point not in (None, its_point)) or (scans and scan not in scans):
            continue
        curve = gathered.spectra[row]
        if curve is None:
            continue
        source = Path(str(columns["source"][row])).stem
        name = f"{source}_{scan:0{digits}}_{its_point}".replace("/", "-").replace("::", "-")
        redchi2 = float(np.asarray(columns["redchi2"])[row])
        shown.append(Shown(name, f"{source}, {its_point}", str(columns["flags"][row]), redchi2, curve))
    if not shown:
        raise InputError("no spectrum of this point and scan at hand")
    return shown


def worst_fits(shown: Sequence[Shown], count: int, width: str = "double") -> figures.Figure:
    """Return the figure of the worst fits side by side: flagged ones first, then those with the largest redchi2."""
    order = sorted(shown, key=lambda one: (not one.flags, -one.redchi2 if np.isfinite(one.redchi2) else -np.inf))
    return figures.gallery_figure(
        [(one.title, one.flags.replace("|", ", "), one.curve) for one in order[:count]], width
    )


def waterfall_of(gathered: Gathered, drawing: Drawing) -> figures.Figure:
    """Return the waterfall of an experiment.

    Raises
    ------
    RecipeError
        If there is no such point.
    InputError
        If no spectrum is at hand for it.
    """
    picked = picked_curves(gathered, drawing)
    if not picked:
        without_record = drawing.soc and gathered.evolution.record is None
        hint = "--soc needs the cell's record: --echem FILE" if without_record else None
        raise InputError("no spectrum at hand for the waterfall", hint=hint)
    return waterfall_figure(gathered.evolution, picked, drawing)
