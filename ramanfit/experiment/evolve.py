"""Position versus time, and intensities at fixed shifts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ramanfit.experiment.gather import gather
from ramanfit.experiment.gathered import Gathered
from ramanfit.experiment.request import Request, paths_of
from ramanfit.experiment.voice import Silent, Voice
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import DEFAULT_RECIPE, with_overrides
from ramanfit.tables.table import Table

if TYPE_CHECKING:
    from ramanfit.experiment.request import Files, NamedRecipe


def evolve(
    files: Files,
    *,
    recipe: NamedRecipe = DEFAULT_RECIPE,
    reference: Files = (),
    draw: bool = False,
    voice: Voice | None = None,
    **options: Any,
) -> Gathered:
    """Put the scans of one experiment in order, by position and time.

    Parameters
    ----------
    files : str, path, or sequence of these
        The scans of one experiment, or the tables of fits of them; bands then come from the exports that these name.
    recipe : str, path or Recipe
        A shipped recipe by name, a TOML file, or a recipe.
    reference : str, path, or sequence of these
        Exports or tables of a reference, such as pristine graphite.
    draw : bool
        Whether the spectra are kept, so that figures can be drawn of them.
    voice : Voice, optional
        Told what was assumed; None: nobody is.
    **options
        Other attributes of `ramanfit.experiment.request.Request`: `placement`, `echem`, `jobs` ...

    Returns
    -------
    Gathered
        With the tables `ratios`, `peaks` and `bands`, the `maps` by quantity, and ``save(folder)``.

    Raises
    ------
    RamanfitError
        If an input cannot be read and `keep_going` is not among the options; if none can.
    """
    request = Request.of(files, recipe, **options)
    return gather(request, voice or Silent(), reference=paths_of(reference), draw=draw)


def bands(
    files: Files,
    *,
    recipe: NamedRecipe = DEFAULT_RECIPE,
    at_cm1: Sequence[float] | None = None,
    half_width_cm1: float | None = None,
    controls_cm1: Sequence[float] | None = None,
    dark_counts: float | None = None,
    voice: Voice | None = None,
    **options: Any,
) -> Table:
    """Return intensities at fixed shifts and their growth: one row per spectrum and band.

    Parameters
    ----------
    files, recipe, voice, **options
        As in `evolve`.
    at_cm1, half_width_cm1, controls_cm1, dark_counts
        See `with_bands`.

    Raises
    ------
    InputError
        If the spectra that tables name are not at hand.
    RamanfitError
        As `evolve` does.
    """
    request = Request.of(files, recipe, **options)
    request = request._replace(recipe=with_bands(request.recipe, at_cm1, half_width_cm1, controls_cm1, dark_counts))
    return gather(request, voice or Silent(), draw=False).bands_at_hand()


def with_bands(
    recipe: Recipe,
    at_cm1: Sequence[float] | None = None,
    half_width_cm1: float | None = None,
    controls_cm1: Sequence[float] | None = None,
    dark_counts: float | None = None,
) -> Recipe:
    """Return a recipe with other bands; None: as it says.

    Parameters
    ----------
    recipe : Recipe
    at_cm1 : sequence of float
        Middles of the bands.
    half_width_cm1 : float
        Channels this far are averaged.
    controls_cm1 : sequence of float
        Bands where only background is expected.
    dark_counts : float
        What the dark detector shows.

    Raises
    ------
    RecipeError
        If they are not valid.
    """
    settings = {
        "bands.at_cm1": at_cm1 if at_cm1 is None else tuple(at_cm1),
        "bands.half_width_cm1": half_width_cm1,
        "bands.controls_cm1": controls_cm1 if controls_cm1 is None else tuple(controls_cm1),
        "bands.dark_counts": dark_counts,
    }
    return with_overrides(recipe, {key: value for key, value in settings.items() if value is not None})
