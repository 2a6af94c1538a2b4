"""What there is to see at each point, and how it changes from scan to scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from numbers import Real
from typing import TypeAlias

from ramanfit.frozen import dataclass
from ramanfit.recipe.settings import check_types, expect

Course: TypeAlias = "float | tuple[float, ...]"
"""A value for every scan, or two or more: knots evenly spaced from the first scan to the last, linear between."""


@dataclass(frozen=True)
class PlannedPeak:
    """One line of one point; where its height is 0, it is not there."""

    center_cm1: Course
    fwhm_cm1: Course
    height: Course

    def check(self, key: str) -> None:
        """Raise RecipeError for a wrong value; `key` says where this peak stands in the plan."""
        for name in ("center_cm1", "fwhm_cm1", "height"):
            object.__setattr__(self, name, _course(getattr(self, name), f"{key}.{name}"))
        expect(min(knots(self.fwhm_cm1)) > 0, f"{key}.fwhm_cm1", "more than 0", self.fwhm_cm1)
        expect(min(knots(self.height)) >= 0, f"{key}.height", "0 or more", self.height)


@dataclass(frozen=True)
class PlannedPoint:
    """One place on the line.

    Attributes
    ----------
    name : str
    peaks : mapping of str to PlannedPeak
        By the names of the recipe's peaks; one left out is not there.
    background : Course
        Factor on the plan's background.
    """

    name: str
    peaks: Mapping[str, PlannedPeak] = field(default_factory=dict)
    background: Course = 1.0

    def __post_init__(self) -> None:
        key = f"points.{self.name}"
        check_types(self, key, but=("peaks", "background"))
        for name, peak in self.peaks.items():
            peak.check(f"{key}.peaks.{name}")
        object.__setattr__(self, "background", _course(self.background, f"{key}.background"))
        expect(min(knots(self.background)) >= 0, f"{key}.background", "0 or more", self.background)


def knots(course: Course) -> tuple[float, ...]:
    """Return the values of a course: one, or those it runs through."""
    return course if isinstance(course, tuple) else (course,)


def number(value: object, key: str) -> float:
    """Return a number, or raise RecipeError."""
    good = isinstance(value, Real) and not isinstance(value, bool) and abs(value) < 1e300  # type: ignore[operator]
    expect(good, key, "a finite number", value)
    return float(value)  # type: ignore[arg-type]


def _course(value: object, key: str) -> Course:
    if not isinstance(value, list | tuple):
        return number(value, key)
    expect(len(value) >= 2, key, "a number, or two or more", list(value))
    return tuple(number(item, key) for item in value)
