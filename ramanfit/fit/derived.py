"""Values that a recipe's formulas make of the peaks, with errors from the full covariance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.fit.result import PARAMETERS, FitResult
from ramanfit.frozen import dataclass
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray

if TYPE_CHECKING:
    from ramanfit.recipe.formula import Formula

_FIELDS = {"height": (0,), "center": (1,), "fwhm": (2,), "area": (0, 2, 3)}
"""Parameters that a quantity depends on, by their places in `ramanfit.fit.result.PARAMETERS`."""

Others = Mapping[tuple[str, str], FloatArray]
NO_OTHERS: Others = MappingProxyType({})

_BOUNDS = (3, 0, 1, 2)  # where `FitResult.at_bound` has each of these
_LEADERS = ("height_from", "center_from", "fwhm_from")


@dataclass(frozen=True, eq=False)
class DerivedValues:
    """One derived value of all spectra, [N]; not a number where one of its peaks is not there.

    Attributes
    ----------
    value, se : array [N]
    more : mapping of str to array [N]
        What else was asked for, by the name that `ramanfit.recipe.columns` has for it: ``derived_sys``.
    """

    value: FloatArray
    se: FloatArray
    more: Mapping[str, FloatArray] = field(default_factory=dict)

    def with_more(self, **more: FloatArray) -> DerivedValues:
        """Return the same value with further columns."""
        return replace(self, more={**self.more, **more})

    def take(self, rows: slice) -> DerivedValues:
        """Return some rows."""
        return DerivedValues(self.value[rows], self.se[rows], {name: array[rows] for name, array in self.more.items()})

    def columns(self) -> dict[str, FloatArray]:
        """Return all values by the names of `ramanfit.recipe.columns`."""
        return {"derived": self.value, "derived_se": self.se, **self.more}


@dataclass(frozen=True, eq=False)
class Dual:
    """A value with its exact derivatives: what is done with it is done with both.

    Attributes
    ----------
    value : array [N]
    slope : array [N, KP]
        Derivatives by all parameters, in the order of the covariance.
    """

    value: FloatArray
    slope: FloatArray

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.slope + other.slope)

    def __sub__(self, other: Dual) -> Dual:
        return Dual(self.value - other.value, self.slope - other.slope)

    def __mul__(self, other: Dual) -> Dual:
        slope = self.slope * other.value[:, None] + other.slope * self.value[:, None]
        return Dual(self.value * other.value, slope)

    def __truediv__(self, other: Dual) -> Dual:
        value = self.value / other.value
        return Dual(value, (self.slope - value[:, None] * other.slope) / other.value[:, None])


def derivatives(
    formula: Formula, names: tuple[str, ...], result: FitResult, area: Dual, others: Others = NO_OTHERS
) -> Dual:
    """Return a formula's value and its derivatives by all parameters of a fit.

    Parameters
    ----------
    formula : Formula
    names : tuple of str
        The P peaks of the fit.
    result : FitResult
    area : Dual
        Areas [N, P] and their derivatives [N, P, KP].
    others : mapping of (str, str) to array [N]
        By quantity and peak, what is known of peaks of other fits: by these parameters they have no derivatives.
    """
    n, k = len(result), result.fields
    nothing = np.zeros((n, k * len(names)))

    def quantity(what: str, peak: str) -> Dual:
        if peak not in names:
            return Dual(others[what, peak], nothing)
        p = names.index(peak)
        if what == "area":
            return Dual(area.value[:, p], area.slope[:, p])
        (place,) = _FIELDS[what]
        slope = nothing.copy()
        slope[:, k * p + place] = 1.0
        return Dual(getattr(result, PARAMETERS[place])[:, p], slope)

    with np.errstate(all="ignore"):
        return formula.evaluate(lambda number: Dual(np.full(n, number), nothing), quantity)


def holds(formula: Formula, recipe: Recipe, held: BoolArray) -> BoolArray:
    """Return where a bound holds a parameter that a formula depends on, also of a peak that another follows, [N].

    Parameters
    ----------
    formula : Formula
    recipe : Recipe
    held : bool array [N, P, 4]
        As `ramanfit.fit.held.held` has it.
    """
    names = [peak.name for peak in recipe.peaks]
    rows = np.zeros(len(held), dtype=bool)
    for what, name in formula.quantities:
        p = names.index(name)
        for place in _FIELDS[what]:
            rows |= held[:, p, _BOUNDS[place]]
            if place < len(_LEADERS) and (leader := getattr(recipe.peaks[p], _LEADERS[place])):
                rows |= held[:, names.index(leader), _BOUNDS[place]]
    return rows
