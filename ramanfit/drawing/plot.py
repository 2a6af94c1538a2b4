"""Spectra with their fits: one by one, the worst side by side, or above one another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ramanfit.drawing import figures
from ramanfit.drawing.folder import read_settings
from ramanfit.drawing.waterfall import picked_curves, waterfall_figure
from ramanfit.errors import InputError, UsageError
from ramanfit.experiment.gather import gather
from ramanfit.experiment.request import Drawing, Request, one_way_to_pick
from ramanfit.experiment.voice import Silent, Voice
from ramanfit.recipe.toml import DEFAULT_RECIPE

if TYPE_CHECKING:
    from ramanfit.experiment.gathered import Gathered
    from ramanfit.experiment.request import Files, NamedRecipe
    from ramanfit.fit.curves import Curves


class Shown(NamedTuple):
    """A spectrum that is drawn, and what its row says of the fit."""

    name: str  # of its file
    title: str
    flags: str
    redchi2: float
    curve: Curves

    def figure(self, width: str = "double") -> figures.Figure:
        """Return its figure."""
        return figures.spectrum_figure(self.title, self.flags.replace("|", ", "), self.curve, width)


def plot(
    files: Files,
    *,
    recipe: NamedRecipe = DEFAULT_RECIPE,
    scans: Sequence[int] = (),
    point: str | None = None,
    worst: int | None = None,
    waterfall: bool = False,
    soc: Sequence[float] | None = None,
    times_s: Sequence[float] | None = None,
    width: str = "double",
    style: str | os.PathLike[str] | None = None,
    voice: Voice | None = None,
    **options: Any,
) -> dict[str, figures.Figure]:
    """Draw spectra with their fits: one figure per spectrum, one of the worst fits, or a waterfall.

    Parameters
    ----------
    files : str, path, or sequence of these
        Exports, and folders of them; or tables of fits that name them.
    recipe : str, path or Recipe
        A shipped recipe by name, a TOML file, or a recipe.
    scans : sequence of int
        Only these scans; none named: all.
    point : str, optional
        Only this point; None: all, or, of a waterfall, the one with the strongest peaks.
    worst : int, optional
        So many of the worst fits side by side: flagged first.
    waterfall : bool
        Spectra of one point above one another.
    soc, times_s : sequence of float, optional
        The waterfall shows the spectra nearest to these states of charge in percent, or these times.
    width : {"single", "double"}
        Columns of a journal.
    style : path, optional
        A matplotlib style file that lies over ours.
    voice : Voice, optional
        Told what was assumed; None: nobody is.
    **options
        Other attributes of `ramanfit.experiment.request.Request`: `placement`, `echem`, `jobs` ...

    Returns
    -------
    dict of str to matplotlib Figure
        By name of the spectrum; one figure alone is called ``"worst"`` or ``"waterfall"``.

    Raises
    ------
    UsageError
        If figures of two kinds are asked for at once.
    InputError
        If no such spectrum is at hand.
    RamanfitError
        If an input cannot be read and `keep_going` is not among the options.
    """
    check_kind(worst, soc, times_s, waterfall=waterfall)
    settings = read_settings(style)
    picks = [None if values is None else tuple(values) for values in (soc, times_s)]
    drawing = Drawing(soc=picks[0], times_s=picks[1], point=point, width=width)
    gathered = gather(Request.of(files, recipe, **options), voice or Silent(), draw=True, drawing=drawing)
    with figures.laid_over(settings):
        if waterfall:
            return {"waterfall": waterfall_of(gathered, drawing)}
        shown = shown_spectra(gathered, point, scans)
        return {"worst": worst_fits(shown, worst, width)} if worst else {one.name: one.figure(width) for one in shown}


def check_kind(
    worst: int | None, soc: Sequence[float] | None, times_s: Sequence[float] | None, *, waterfall: bool
) -> None:
    """Make sure that one kind of figure is asked for.

    Raises
    ------
    UsageError
        If it is not.
    """
    if waterfall and worst:
        raise UsageError("--waterfall and --worst are different figures: give one")
    if not waterfall and (soc or times_s):
        raise UsageError("--soc and --times pick spectra for --waterfall")
    one_way_to_pick(soc, times_s)


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
