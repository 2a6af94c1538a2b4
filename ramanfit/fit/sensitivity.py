"""How far results depend on choices: the same spectra with other baselines and other models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from ramanfit.errors import RecipeError
from ramanfit.fit.baseline_subtract import checked_options
from ramanfit.fit.quantities import Quantities
from ramanfit.recipe.columns import column_name
from ramanfit.recipe.parts import Baseline, Errors
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import FloatArray

Departures = Mapping[str, FloatArray]
"""An alternative's value minus the recipe's own, [N], by ratio, derived value, and column of a peak's position."""


def alternatives(recipe: Recipe) -> dict[str, Recipe]:
    """Return the recipes that a result is compared with, each different from the recipe in one thing.

    A baseline is an order of the polynomial in the fit (``3``, ``auto``, ``none``) without a smooth part, ``smooth``,
    which is order 2 with one, or a method that is subtracted first, with its options (``arpls lam=1e6``); the recipe's
    own is left out. Of another recipe the peaks, ratios and derived values count, window and baseline stay.

    Raises
    ------
    RecipeError
        If there is none, or one of them is not valid.
    """
    variants: dict[str, Recipe] = {}
    for text in recipe.alternatives.baselines:
        try:
            baseline = _baseline(text, recipe.baseline)
        except RecipeError as error:
            raise RecipeError(f"alternatives.baselines, {text!r}: {error.message}", hint=error.hint) from None
        if baseline != recipe.baseline:
            variants[f"baseline {text}"] = replace(recipe, baseline=baseline)
    for name in recipe.alternatives.recipes:
        other = load_recipe(name)
        try:
            variants[f"recipe {name}"] = replace(
                recipe,
                peaks=other.peaks,
                ratios=other.ratios,
                derived=other.derived,
                detection=replace(recipe.detection, doublets=other.detection.doublets),
            )
        except RecipeError as error:
            raise RecipeError(f"alternatives.recipes, {name!r}: {error.message}", hint=error.hint) from None
    if not variants:
        raise RecipeError(
            f"recipe {recipe.name} states no alternatives",
            hint='--set \'alternatives.baselines=["1", "3", "arpls lam=1e6"]\'',
        )
    return {name: replace(variant, errors=Errors()) for name, variant in variants.items()}


def _baseline(text: str, usual: Baseline) -> Baseline:
    method, _, options = text.strip().partition(" ")
    if method == "smooth" and not options:
        return Baseline(smooth_cm1="auto")
    if method in ("auto", "none") or method.isdecimal():
        return Baseline(method if method in ("auto", "none") else int(method))
    baseline = Baseline("none", method, options.strip(), margin_cm1=usual.margin_cm1)
    checked_options(baseline)
    return baseline


def departures(reported: Quantities, other: Quantities) -> Departures:
    """Return by how much an alternative's ratios, derived values and positions differ, where both have them."""
    nothing = np.full(len(reported.flags), np.nan)
    ours, theirs = (
        {name: values.value for of in (q.ratios, q.derived) for name, values in of.items()} for q in (reported, other)
    )
    differences = {name: theirs[name] - value if name in theirs else nothing for name, value in ours.items()}
    for p, peak in enumerate(reported.names):
        q = other.names.index(peak) if peak in other.names else None
        differences[column_name("center_cm1", peak)] = (
            nothing if q is None else other.center_cm1[:, q] - reported.center_cm1[:, p]
        )
    return differences


def with_systematics(reported: Quantities, departures_of_all: Iterable[Departures]) -> Quantities:
    """Return quantities with their systematic errors: the largest departure of any alternative."""
    others = list(departures_of_all)

    def largest(name: str) -> FloatArray:
        nothing = np.full(len(reported.flags), np.nan)
        return np.asarray(np.fmax.reduce([nothing, *(np.abs(differences[name]) for differences in others)]))

    centers = np.stack([largest(column_name("center_cm1", peak)) for peak in reported.names], axis=1)
    ratios = {name: values.with_more(ratio_sys=largest(name)) for name, values in reported.ratios.items()}
    derived = {name: values.with_more(derived_sys=largest(name)) for name, values in reported.derived.items()}
    return replace(reported, of_peaks={**reported.of_peaks, "center_sys": centers}, ratios=ratios, derived=derived)
