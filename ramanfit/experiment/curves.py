"""Fits as numbers: one row per spectrum and channel, for anybody's own figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ramanfit.errors import InputError, RecipeError
from ramanfit.experiment.gather import gather
from ramanfit.experiment.gathered import Gathered
from ramanfit.experiment.request import Request
from ramanfit.experiment.voice import Silent, Voice
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import DEFAULT_RECIPE
from ramanfit.tables.digits import nine_digits
from ramanfit.tables.table import Column, Table, repeat_rows

if TYPE_CHECKING:
    from ramanfit.experiment.request import Files, NamedRecipe

BEFORE = ("source", "scan", "point", "shift_cm1", "counts", "used", "baseline")
AFTER = ("fit", "residual")


def curves(files: Files, *, recipe: NamedRecipe = DEFAULT_RECIPE, voice: Voice | None = None, **options: Any) -> Table:
    """Return the fits as numbers: one row per spectrum and channel inside the recipe's window.

    Columns are the keys, `shift_cm1`, `counts`, `used` (0: masked), `baseline`, one of each peak, `fit`, `residual`.
    Baseline and peaks add up to the fit, and fit and residual to the counts. A peak that is not in the fit, and
    everything of a spectrum without a fit, is empty.

    Parameters
    ----------
    files : str, path, or sequence of these
        Exports, and folders of them; or tables of fits that name them.
    recipe, voice, **options
        As in `ramanfit.experiment.ratios.fit_files`.

    Raises
    ------
    RecipeError
        If a peak is called as one of the other columns.
    InputError
        If no spectrum is at hand.
    RamanfitError
        If an export cannot be read and `keep_going` is not among the options.
    """
    request = Request.of(files, recipe, **options)
    check_peaks(request.recipe)
    return Table.concat([*curve_tables(gather(request, voice or Silent(), draw=True))])


def check_peaks(recipe: Recipe) -> None:
    """Make sure that no peak is called as a column.

    Raises
    ------
    RecipeError
        If one is.
    """
    for peak in recipe.peaks:
        if peak.name in (*BEFORE, *AFTER):
            raise RecipeError(f"peaks.{peak.name}: expected another name: curves have a column {peak.name}")


def curve_tables(gathered: Gathered) -> Iterator[Table]:
    """Yield the rows of all spectra at hand, those of one scan at a time.

    Raises
    ------
    InputError
        If there is none.
    """
    keys, spectra, any_at_hand = gathered.evolution.table, gathered.spectra, False
    for rows, drawn in spectra.together(range(len(spectra))):
        any_at_hand = True
        channels = drawn.shift_cm1.size
        peaks = [drawn.peak(p) for p in range(len(drawn.peaks))]
        columns: dict[str, Column] = {
            name: repeat_rows(keys.rows(np.array(rows)).columns[name], channels) for name in ("source", "scan", "point")
        }
        fit = nine_digits(drawn.fit())  # so that the residual is as exact as what it comes from
        values = {
            "shift_cm1": np.tile(drawn.shift_cm1, (len(rows), 1)),
            "counts": drawn.counts,
            "used": drawn.use.astype(np.int64),
            "baseline": drawn.baseline(),
            **{
                name: np.where(np.isfinite(drawn.center_cm1[:, p, None]), peaks[p], np.nan)
                for p, name in enumerate(drawn.peaks)
            },
            "fit": fit,
            "residual": drawn.counts - fit,
        }
        yield Table(columns | {name: array.ravel() for name, array in values.items()})
    if not any_at_hand:
        raise InputError("no spectrum at hand", hint="name the exports themselves")
