"""Exports in, tables of fits out: one row per spectrum and peak, or one per spectrum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ramanfit.errors import InputError, UsageError
from ramanfit.experiment.covariates import with_covariates
from ramanfit.experiment.fit_tables import join_with_cell, table_files
from ramanfit.experiment.fits import fit_with_cell, say_second_opinion
from ramanfit.experiment.fits_netcdf import save_netcdf
from ramanfit.experiment.hired import nothing_to_hand_out
from ramanfit.experiment.request import Request
from ramanfit.experiment.voice import Silent, Voice
from ramanfit.recipe.toml import DEFAULT_RECIPE
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.table import Table

if TYPE_CHECKING:
    from ramanfit.experiment.request import AnyPath, Files, NamedRecipe
    from ramanfit.recipe.recipe import Recipe


def fit_files(
    files: Files,
    *,
    recipe: NamedRecipe = DEFAULT_RECIPE,
    voice: Voice | None = None,
    netcdf: AnyPath | None = None,
    **options: Any,
) -> Table:
    """Fit every spectrum: one row per spectrum and peak.

    Parameters
    ----------
    files : str, path, or sequence of these
        Exports, and folders of them.
    recipe : str, path or Recipe
        A shipped recipe by name, a TOML file, or a recipe.
    voice : Voice, optional
        Told what was assumed; None: nobody is.
    netcdf : path, optional
        Where the fits are also written, with the covariance of all parameters.
    **options
        Other attributes of `ramanfit.experiment.request.Request`: `placement`, `echem`, `jobs` ...

    Raises
    ------
    RamanfitError
        If an export cannot be read and `keep_going` is not among the options; if none can.
    """
    request, voice = Request.of(files, recipe, **options), voice or Silent()
    if netcdf is None:
        return _fitted(request, voice).long(request.recipe.stands_with)
    fits, table = save_netcdf(request, netcdf, voice)
    say_second_opinion(request, fits, voice)
    return table.long(request.recipe.stands_with)


def ratios(files: Files, *, recipe: NamedRecipe = DEFAULT_RECIPE, voice: Voice | None = None, **options: Any) -> Table:
    """Return I_B/I_G with its standard error: one row per spectrum.

    Parameters
    ----------
    files : str, path, or sequence of these
        Exports, and folders of them; or tables of fits.
    recipe, voice, **options
        As in `fit_files`.

    Raises
    ------
    UsageError
        If the recipe has neither ratio nor derived value, or exports and tables are mixed.
    RamanfitError
        As `fit_files` does.
    """
    request, voice = Request.of(files, recipe, **options), voice or Silent()
    check_ratios(request.recipe)
    if paths := table_files(request.files):
        nothing_to_hand_out(request)
        return request.pick.of(join_with_cell(paths, request, voice)).table
    return _fitted(request, voice).table


def check_ratios(recipe: Recipe) -> None:
    """Make sure that a recipe has a ratio or a derived value.

    Raises
    ------
    UsageError
        If it has none.
    """
    if not recipe.stands_with:
        raise UsageError(f"recipe {recipe.name} has no ratio: add [[ratios]] or [[derived]] to it")


def _fitted(request: Request, voice: Voice) -> FitTable:
    fits = fit_with_cell(request, voice)
    if not fits.scans:
        raise InputError("no export could be read")
    say_second_opinion(request, fits, voice)
    table = fits.table()
    return request.pick.of(table.with_table(with_covariates(table.table, request, voice)))
