"""Which bound of the recipe holds a value, and where it might be instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ramanfit.fit.flags import Judged
from ramanfit.recipe.peaks import SHAPES, Peak
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray

FIELDS = (("center", "_cm1"), ("fwhm", "_cm1"), ("form", ""), ("height", ""))
"""Name and unit in the recipe of what may be held, as `ramanfit.fit.result.FitResult.at_bound` has them."""


def held_bounds(fits: Judged) -> dict[str, BoolArray]:
    """Return in which spectra [N] a bound of the recipe holds a value of a detected peak, by its dotted key."""
    held: dict[str, BoolArray] = {}
    for p, peak in enumerate(fits.recipe.peaks):
        for k, (field, unit) in enumerate(FIELDS):
            rows = fits.held[:, p, k]
            if rows.any():
                upper = rows & _at_upper(peak, f"{field}{{}}{unit}", _values(fits, p)[k])
                for end, some in (("_min", rows & ~upper), ("_max", upper)):
                    if some.any():
                        held[f"peaks.{peak.name}.{field}{end}{unit}"] = some
    return held


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
    peak = next(peak for peak in recipe.peaks if peak.name == name)
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


def in_words(recipe: Recipe, held: Mapping[str, BoolArray]) -> str:
    """Return the bounds that hold values, each with how to move it; those that hold the most spectra first."""
    words = []
    for key, rows in sorted(held.items(), key=lambda item: -int(item[1].sum())):
        bound = bound_of(recipe, key)
        setting = f"{key}={bound.instead}"
        setting = f'"{setting}"' if "'" in key else setting  # as a shell takes it
        move = f"--set {setting}" if bound.instead else "it can go no further"
        where = f" in {int(rows.sum())}" if len(held) > 1 else ""
        words.append(f"{key} = {bound.value:g}{where}: {move}")
    return "; ".join(words)
