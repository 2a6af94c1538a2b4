"""Peaks, ratios and derived values of a recipe: where a line starts, how far it may go, what it shares with another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.frozen import dataclass
from ramanfit.recipe.settings import check_types, choice, expect

if TYPE_CHECKING:
    from ramanfit.recipe.formula import Formula


class FormLimits(NamedTuple):
    """The parameter that a line shape has of its own: where it starts, the usual bounds, and how far these may go."""

    start: float
    lower: float
    upper: float
    least: float
    largest: float


SHAPES: dict[str, FormLimits | None] = {
    "lorentzian": None,
    "gaussian": None,
    "pseudo-voigt": FormLimits(0.5, 0.0, 1.0, least=0.0, largest=1.0),
    "bwf": FormLimits(-0.2, -0.8, 0.8, least=-0.95, largest=0.95),  # at 1 it has no second half maximum
    "voigt": None,
}
"""All line shapes; `ramanfit.fit.lineshapes.SHAPES` says what they are."""

CONVOLVED = ("lorentzian", "voigt")
"""Shapes that an instrument width broadens: with one they are the same."""

LEAST_FWHM_CM1 = 1e-3
LARGEST_RATIO = 1e6  # of two widths or heights that are tied
RATIOS = f"{1 / LARGEST_RATIO:g} to {LARGEST_RATIO:g}"
LONGEST_NAME = 100
COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9'_]*")


@dataclass(frozen=True)
class Peak:
    """One line: where to start, how far it may go, and what it shares with another.

    Equal bounds fix a value.

    Attributes
    ----------
    name : str
        Begins the peak's columns: a letter, then letters, digits, ' or _.
    center_cm1, center_min_cm1, center_max_cm1 : float
        Position of the maximum; with `center_from`, its distance from that of another peak: equal bounds tie the two,
        bounds above 0 keep their order.
    fwhm_cm1, fwhm_min_cm1, fwhm_max_cm1 : float or None
        Full width at half maximum; None with `fwhm_from`.
    shape : str
        Key of `SHAPES`.
    form, form_min, form_max : float or None
        The shape's own parameter, see `ramanfit.fit.lineshapes.SHAPES`; None: as the shape has it.
    center_from, fwhm_from, height_from : str
        Another peak, itself not tied in this; empty: this peak has a value of its own.
    fwhm_ratio, height_ratio : float
        With `fwhm_from`, `height_from`: in parts of that peak's.
    height_min, height_max : float or None
        Bounds in counts; None: there is none, and heights of noise are negative as often as not.
    """

    name: str
    center_cm1: float
    center_min_cm1: float
    center_max_cm1: float
    fwhm_cm1: float | None = None
    fwhm_min_cm1: float | None = None
    fwhm_max_cm1: float | None = None
    shape: str = "lorentzian"
    form: float | None = None
    form_min: float | None = None
    form_max: float | None = None
    center_from: str = ""
    fwhm_from: str = ""
    fwhm_ratio: float = 1.0
    height_from: str = ""
    height_ratio: float = 1.0
    height_min: float | None = None
    height_max: float | None = None

    def __post_init__(self) -> None:
        key = f"peaks.{self.name}"
        check_types(self, key)
        _column_name(self.name, f"{key}.name")
        choice(self.shape, SHAPES, f"{key}.shape")
        _bounded(self, key, "center", "_cm1")
        given = [f"fwhm{end}_cm1" for end in ("", "_min", "_max")]
        if self.fwhm_from:
            for name in given:
                value = getattr(self, name)
                expect(value is None, f"{key}.{name}", '"none" beside fwhm_from', value)
        else:
            for name in given:
                value = getattr(self, name)
                expect(value is not None, f"{key}.{name}", "a number, or fwhm_from", "none")
            least = self.fwhm_min_cm1 or 0.0
            expect(least > 0, f"{key}.fwhm_min_cm1", "more than 0", least)
            expect(least >= LEAST_FWHM_CM1, f"{key}.fwhm_min_cm1", f"{LEAST_FWHM_CM1:g} or more", least)
            _bounded(self, key, "fwhm", "_cm1")
        form = SHAPES[self.shape]
        for name, usual in zip(("form", "form_min", "form_max"), form or (None,) * 3, strict=False):
            value = getattr(self, name)
            if form is None:
                expect(value is None, f"{key}.{name}", f'"none" for a {self.shape}', value)
            elif value is None:
                object.__setattr__(self, name, usual)
        if form is not None:
            _bounded(self, key, "form", "")
            for name in ("form_min", "form_max"):
                value = getattr(self, name)
                good = form.least <= value <= form.largest
                expect(good, f"{key}.{name}", f"{form.least:g} to {form.largest:g}", value)
        low, high = self.height_min, self.height_max
        expect(low is None or high is None or low < high, f"{key}.height_max", "more than height_min, or none", high)
        bounds = (low, high) != (None, None)
        expect(not (self.height_from and bounds), f"{key}.height_from", "no bounds of the height beside it", bounds)
        for name in ("fwhm", "height"):
            ratio = getattr(self, f"{name}_ratio")
            expect(ratio > 0, f"{key}.{name}_ratio", "more than 0", ratio)
            expect(1 / LARGEST_RATIO <= ratio <= LARGEST_RATIO, f"{key}.{name}_ratio", RATIOS, ratio)

    @property
    def free(self) -> int:
        """Number of free parameters."""
        bounds = (
            (self.center_min_cm1, self.center_max_cm1),
            (self.fwhm_min_cm1, self.fwhm_max_cm1),
            (self.form_min, self.form_max),
        )
        return (not self.height_from) + sum(low != high for low, high in bounds)

    @property
    def plain(self) -> bool:
        """Whether this is a Lorentzian, broadened or not, whose height, center and width are free and its own."""
        bounded = (self.height_min, self.height_max) != (None, None)
        return self.shape in CONVOLVED and not self.center_from and self.free == 3 and not bounded


def _bounded(peak: Peak, key: str, what: str, unit: str) -> None:
    start, low, high = (getattr(peak, f"{what}{end}{unit}") for end in ("", "_min", "_max"))
    expect(low <= high, f"{key}.{what}_max{unit}", f"{what}_min{unit} = {low:g} or more", high)
    expect(low <= start <= high, f"{key}.{what}{unit}", f"{low:g} to {high:g} ({what}_min, _max)", start)


@dataclass(frozen=True)
class Ratio:
    """numerator / denominator, of heights (column NAME) and of areas (column area_NAME).

    Attributes
    ----------
    numerator, denominator : str
        Names of peaks.
    name : str
        Of its column.
    """

    numerator: str
    denominator: str
    name: str = "ratio"

    def __post_init__(self) -> None:
        check_types(self, f"ratios.{self.name}")
        _column_name(self.name, f"ratios.{self.name}.name")


@dataclass(frozen=True)
class Derived:
    """What a formula makes of the peaks (column NAME), with its standard error (column NAME_se).

    Attributes
    ----------
    name : str
        Of its column.
    formula : str
        See `ramanfit.recipe.formula`.
    """

    name: str
    formula: str

    def __post_init__(self) -> None:
        check_types(self, f"derived.{self.name}")
        _column_name(self.name, f"derived.{self.name}.name")

    def parsed(self, peaks: Collection[str], ratios: Iterable[Ratio]) -> Formula:
        """Return the formula of a recipe with these peaks and ratios.

        Raises
        ------
        RecipeError
            If it is not valid.
        """
        from ramanfit.recipe.formula import parse_formula

        pairs = {ratio.name: (ratio.numerator, ratio.denominator) for ratio in ratios}
        return parse_formula(self.formula, f"derived.{self.name}.formula", peaks, pairs)


def _column_name(name: str, key: str) -> None:
    expect(bool(COLUMN_NAME.fullmatch(name)), key, "a letter, then letters, digits, ' or _", name)
    expect(len(name) <= LONGEST_NAME, key, f"at most {LONGEST_NAME} characters", len(name))
