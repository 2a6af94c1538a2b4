"""Which bound of the recipe holds a value, where it might be instead, and which peaks have changed places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ramanfit.recipe.peaks import SHAPES, Peak
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray

if TYPE_CHECKING:
    from ramanfit.fit.flags import Judged

FIELDS = (("center", "_cm1"), ("fwhm", "_cm1"), ("form", ""), ("height", ""))
"""Name and unit in the recipe of what may be held, as `ramanfit.fit.result.FitResult.at_bound` has them."""


def held(fits: Judged) -> BoolArray:
    """Return where a bound holds center, fwhm, form or height of a detected peak, [N, P, 4]; a pure shape is not held.

    A pseudo-Voigt whose form is 0 or 1 is a Gaussian or a Lorentzian: nothing lies beyond.
    """
    on_it = fits.result.at_bound & (fits.fitted[:, None] & fits.seen)[:, :, None]
    for p in range(on_it.shape[1]):
        if fits.model.link(p).shape == "pseudo-voigt":
            on_it[:, p, 2] &= ~np.isclose(fits.result.form[:, p, None], (0.0, 1.0), atol=1e-3).any(axis=1)
    return np.asarray(on_it)


def held_bounds(fits: Judged) -> dict[str, BoolArray]:
    """Return in which spectra [N] a bound of the recipe holds a value of a detected peak, by its dotted key."""
    bounds: dict[str, BoolArray] = {}
    on_it = held(fits)
    for p, peak in enumerate(fits.recipe.peaks):
        for k, (field, unit) in enumerate(FIELDS):
            rows = on_it[:, p, k]
            if rows.any():
                upper = rows & _at_upper(peak, f"{field}{{}}{unit}", _values(fits, p)[k])
                for end, some in (("_min", rows & ~upper), ("_max", upper)):
                    if some.any():
                        bounds[f"peaks.{peak.name}.{field}{end}{unit}"] = some
    return bounds


def _values(fits: Judged, p: int) -> tuple[FloatArray, ...]:
    """What of a peak is bounded, each [N]."""
    result, leader = fits.result, fits.model.link(p).center_of
    center = result.center_cm1[:, p] - (0.0 if leader is None else result.center_cm1[:, leader])
    return center, result.fwhm_cm1[:, p], result.form[:, p], result.height[:, p]


def _at_upper(peak: Peak, key: str, values: FloatArray) -> BoolArray:
    low, high = (getattr(peak, key.format(end)) for end in ("_min", "_max"))
    low, high = -np.inf if low is None else low, np.inf if high is None else high
    return np.asarray(np.abs(high - values) < np.abs(values - low))


class Bound(NamedTuple):
    """A bound that holds a value.

    Attributes
    ----------
    value : float
        As the recipe has it.
    instead : str
        What ``--set`` may make of it; empty where it can go no further.
    """

    value: float
    instead: str


def bound_of(recipe: Recipe, key: str) -> Bound:
    """Return a bound by its dotted key: a width may be half or twice it, a center a quarter of its range further.

    A distance stays above 0 where it was, or two peaks would change places; a form goes as far as its shape can, and
    a height has no bound instead.
    """
    name, _, setting = key.removeprefix("peaks.").rpartition(".")
    peak = next(peak for peak in recipe.every_peak if peak.name == name)
    value, field, up = float(getattr(peak, setting)), setting.split("_")[0], "_max" in setting
    if field == "height":
        return Bound(value, "none")
    if field == "fwhm":
        return Bound(value, f"{value * 2 if up else value / 2:g}")
    if field == "form":
        limits = SHAPES[peak.shape]
        assert limits is not None
        end = limits.largest if up else limits.least
        return Bound(value, "" if end == value else f"{end:g}")
    further = (peak.center_max_cm1 - peak.center_min_cm1) / 4
    moved = round(value + (further if up else -further), 1)
    if peak.center_from and not up and value >= 0:
        moved = max(moved, 0.0)
    return Bound(value, "" if moved == value else f"{moved:g}")


def in_words(recipe: Recipe, bounds: Mapping[str, int]) -> str:
    """Return the bounds that hold values of so many spectra, each with how to move it; those of the most first."""
    names = [f"{peak.name}.{field}" for peak in recipe.every_peak for field, _ in FIELDS]

    def place(key: str) -> tuple[int, int, bool]:
        name, _, setting = key.removeprefix("peaks.").rpartition(".")
        return -bounds[key], names.index(f"{name}.{setting.split('_')[0]}"), "_max" in setting

    words = []
    for key in sorted(bounds, key=place):
        bound = bound_of(recipe, key)
        setting = f"{key}={bound.instead}"
        setting = f'"{setting}"' if "'" in key else setting  # as a shell takes it
        move = f"--set {setting}" if bound.instead else "it can go no further"
        where = f" in {bounds[key]}" if len(bounds) > 1 else ""
        words.append(f"{key} = {bound.value:g}{where}: {move}")
    return "; ".join(words)


def swapped(fits: Judged) -> BoolArray:
    """Return where detected peaks that have changed places, or that only a bound on their distance keeps from it.

    One that is kept beside another has taken its place too where it alone is detected, or where the broader of the two
    in the recipe is the narrower one in the fit.
    """
    order = np.argsort(fits.model.home[:, 0], kind="stable")
    center = np.where(fits.seen, fits.result.center_cm1, np.nan)[:, order]
    highest = np.fmax.accumulate(center, axis=1)
    with np.errstate(invalid="ignore"):
        found = (center[:, 1:] < highest[:, :-1]).any(axis=1)
    for p, link in enumerate(fits.model.links):
        leader = link.center_of
        if leader is None or fits.model.rigid(p):
            continue
        both, fwhm = fits.seen[:, [p, leader]].all(axis=1), fits.result.fwhm_cm1
        found |= (fits.result.at_bound[:, p, 0] & both) | (fits.seen[:, p] & ~fits.seen[:, leader])
        with np.errstate(invalid="ignore"):
            broader = np.sign(fits.model.home[leader, 1] - fits.model.home[p, 1]) * (fwhm[:, p] - fwhm[:, leader])
            found |= both & (broader > 0)
    return np.asarray(fits.fitted & found)
