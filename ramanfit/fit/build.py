"""From a recipe to its model on the channels of one axis."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from ramanfit.errors import ScanError
from ramanfit.fit.model import Link, Model, polynomial_basis
from ramanfit.recipe.peaks import Peak
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray


def window_channels(shift_cm1: FloatArray, recipe: Recipe) -> BoolArray:
    """Return which channels [M] the recipe fits."""
    used = (shift_cm1 >= recipe.window.low_cm1) & (shift_cm1 <= recipe.window.high_cm1)
    for low, high in recipe.window.exclude:
        used &= (shift_cm1 < low) | (shift_cm1 > high)
    return np.asarray(used)


def needed_channels(recipe: Recipe) -> int:
    """Return how many parameters there are: a fit needs more channels than that."""
    return sum(peak.free for peak in recipe.peaks) + recipe.baseline.highest + 1


def unsuited_model(shift_cm1: FloatArray, recipe: Recipe) -> Model:
    """Return the recipe's model on an axis [M] that it cannot be fitted on: with all its parts, but no baseline."""
    model = _model(shift_cm1.tobytes(), replace(recipe, baseline=replace(recipe.baseline, smooth_cm1="none")))
    smooth = np.ones(int(recipe.smooth_cm1 is not None))
    return replace(model, basis=np.zeros((recipe.baseline.highest + 1 + len(smooth), shift_cm1.size)), smooth=smooth)


def build_model(shift_cm1: FloatArray, recipe: Recipe, source: str = "-") -> Model:
    """Return the recipe's model on the channels of one axis.

    Parameters
    ----------
    shift_cm1 : array [M]
        The channels to fit, already cropped to the window.
    recipe : Recipe
    source : str
        The file, for messages.

    Raises
    ------
    ScanError
        If the channels are too few for the parameters, or a peak has none.
    """
    needed = needed_channels(recipe)
    if shift_cm1.size <= needed:
        reach = f"{recipe.window.low_cm1:g}-{recipe.window.high_cm1:g} cm-1"
        raise ScanError(
            f"{source}: expected more than {needed} channels in the window {reach}, found {shift_cm1.size}",
            hint="choose --window or --recipe for this axis; if the axis is in nm: --x-unit nm --laser NM",
        )
    centers = {peak.name: (peak.center_min_cm1, peak.center_max_cm1) for peak in recipe.peaks}
    for peak in recipe.peaks:
        from_low, from_high = centers.get(peak.center_from, (0.0, 0.0))
        low, high = from_low + peak.center_min_cm1, from_high + peak.center_max_cm1
        if low == high:  # fixed: the channels around it have to do
            low, high = low - (peak.fwhm_max_cm1 or 0.0) / 2, high + (peak.fwhm_max_cm1 or 0.0) / 2
        if not ((shift_cm1 >= low) & (shift_cm1 <= high)).any():
            ends = f"{shift_cm1[0]:g}-{shift_cm1[-1]:g}"
            raise ScanError(
                f"{source}: peak {peak.name} lies at {low:g}-{high:g} cm-1, the fitted channels at {ends}",
                hint="choose --window or --recipe for this axis; if the axis is in nm: --x-unit nm --laser NM",
            )
    return _model(shift_cm1.tobytes(), recipe)


@lru_cache(maxsize=4)
def _model(channels: bytes, recipe: Recipe) -> Model:
    """Many scans share one axis."""
    shift_cm1 = np.frombuffer(channels)
    peaks = recipe.peaks
    number = {peak.name: p for p, peak in enumerate(peaks)}
    plain = recipe.instrument.fwhm_cm1 is None and all(peak.plain for peak in peaks)
    model = Model(
        shift_cm1=shift_cm1,
        basis=polynomial_basis(shift_cm1, recipe.baseline.highest),
        names=tuple(number),
        start=np.array([(p.center_cm1, p.fwhm_cm1) for p in peaks], dtype=np.float64),
        lower=np.array([(p.center_min_cm1, p.fwhm_min_cm1) for p in peaks], dtype=np.float64),
        upper=np.array([(p.center_max_cm1, p.fwhm_max_cm1) for p in peaks], dtype=np.float64),
        links=() if plain else tuple(_link(peak, number, recipe) for peak in peaks),
    )
    return model if recipe.smooth_cm1 is None else model.with_smooth(recipe.smooth_cm1)


def _link(peak: Peak, number: dict[str, int], recipe: Recipe) -> Link:
    shape = recipe.shape_of(peak)
    form = None
    if peak.form is not None and peak.form_min is not None and peak.form_max is not None:
        form = peak.form, peak.form_min, peak.form_max
    return Link(
        shape=shape,
        form=form,
        center_of=number.get(peak.center_from),
        fwhm_of=number.get(peak.fwhm_from),
        fwhm_ratio=peak.fwhm_ratio,
        height_of=number.get(peak.height_from),
        height_ratio=peak.height_ratio,
        height_bounds=(
            -np.inf if peak.height_min is None else peak.height_min,
            np.inf if peak.height_max is None else peak.height_max,
        ),
        instrument_cm1=(recipe.instrument.fwhm_cm1 or 0.0) if shape == "voigt" else 0.0,
    )


def narrowest_lines(model: Model) -> FloatArray:
    """Return the FWHM in channels of the narrowest line that may stand in each channel, [M]; inf where none may."""
    shift, pitch = model.shift_cm1, np.gradient(model.shift_cm1)
    narrowest = np.full(len(shift), np.inf)
    for p in range(len(model.names)):
        link = model.link(p)
        low, high = model.lower[p, 0], model.upper[p, 0]
        if link.center_of is not None:
            low, high = low + model.lower[link.center_of, 0], high + model.upper[link.center_of, 0]
        width = model.lower[p, 1] if link.fwhm_of is None else link.fwhm_ratio * model.lower[link.fwhm_of, 1]
        near = (shift > low - 2 * pitch) & (shift < high + 2 * pitch)
        narrowest[near] = np.minimum(narrowest[near], width / pitch[near])
    return narrowest
