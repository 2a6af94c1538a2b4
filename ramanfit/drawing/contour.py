"""The contour: all spectra of one point, shift x time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ramanfit.drawing import figures
from ramanfit.experiment.picks import shown_point

if TYPE_CHECKING:
    from ramanfit.experiment.gathered import Gathered
    from ramanfit.experiment.request import Drawing


def contour_of(gathered: Gathered, drawing: Drawing) -> figures.Figure | None:
    """Return the contour of the point that is asked for, or of the one with the strongest peaks.

    None: no spectrum of it is at hand.

    Raises
    ------
    RecipeError
        If there is no such point.
    """
    evolution = gathered.evolution
    point = shown_point(evolution, drawing.point)
    rows = evolution.rows[:, evolution.points.index(point)]
    curves = {
        row: several.take(i)
        for its, several in gathered.spectra.together(rows[rows >= 0].tolist())
        for i, row in enumerate(its)
    }
    return figures.contour_figure(evolution, point, curves, drawing.width, drawing.x) if curves else None
