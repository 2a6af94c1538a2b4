"""Every setting of a fit, as one frozen value.

Each part checks itself, so whatever is a Recipe is a valid one. `ramanfit.recipe.toml` reads and writes them.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from ramanfit.errors import RecipeError
from ramanfit.frozen import dataclass
from ramanfit.recipe.names import taken_by
from ramanfit.recipe.parts import (
    Alternatives,
    Axis,
    Bands,
    Baseline,
    Clean,
    Detection,
    Errors,
    Instrument,
    Noise,
    Window,
)
from ramanfit.recipe.peaks import CONVOLVED, Derived, Peak, Ratio
from ramanfit.recipe.settings import check_types, choice, expect

if TYPE_CHECKING:
    from ramanfit.recipe.formula import Formula

MOST_LENGTHS = 500  # of a smooth part in the window


@dataclass(frozen=True)
class Recipe:
    """All settings of a fit.

    Attributes
    ----------
    name : str
    peaks : tuple of Peak
        At least one, names all different, in the order of the columns.
    description, source : str
        One line for people; where the numbers come from.
    axis, instrument, window, clean, baseline, noise, detection, errors, alternatives, bands
        One table of the TOML file each.
    ratios : tuple of Ratio
    derived : tuple of Derived
    beside : tuple of Recipe
        What is fitted to the same spectra, each in its own window with its own baseline: ratios and derived values of
        this recipe may name their peaks, too. The axis and the instrument's width of this recipe hold for all.

    Raises
    ------
    RecipeError
        Names the key, what was expected and what was found.
    """

    name: str
    peaks: tuple[Peak, ...]
    description: str = ""
    source: str = ""
    axis: Axis = field(default_factory=Axis)
    instrument: Instrument = field(default_factory=Instrument)
    window: Window = field(default_factory=Window)
    clean: Clean = field(default_factory=Clean)
    baseline: Baseline = field(default_factory=Baseline)
    noise: Noise = field(default_factory=Noise)
    detection: Detection = field(default_factory=Detection)
    errors: Errors = field(default_factory=Errors)
    alternatives: Alternatives = field(default_factory=Alternatives)
    bands: Bands = field(default_factory=Bands)
    ratios: tuple[Ratio, ...] = ()
    derived: tuple[Derived, ...] = ()
    beside: tuple[Recipe, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)
        names = [peak.name for peak in self.peaks]
        if not names:
            raise RecipeError("peaks: expected at least one [[peaks]], found none")
        _unique(names, "peaks")
        low, high = self.window.low_cm1, self.window.high_cm1
        self._check_ties({peak.name: peak for peak in self.peaks})
        for peak, center in zip(self.peaks, self.starts_cm1, strict=True):
            if not low <= center <= high:
                raise RecipeError(
                    f"window: expected every peak to start in it, found {peak.name} at {center:g} "
                    f"outside {low:g}-{high:g}",
                    hint=f"widen the window, or use a recipe without {peak.name}",
                )
        least, length = (high - low) / MOST_LENGTHS, self.baseline.smooth_cm1
        good = isinstance(length, str) or length >= least
        expect(good, "baseline.smooth_cm1", f"{least:g} or more, 1/{MOST_LENGTHS} of the window", length)
        for name in self.detection.doublets:
            choice(name, names, "detection.doublets", "peak")
            tied = [name, *(peak.name for peak in self.peaks if name in _leaders(peak))]
            whole = len(tied) == 1 and self.peaks[names.index(name)].plain
            expect(whole, "detection.doublets", "Lorentzians that are free and that none is tied to", name)
        self._check_beside()
        _unique([ratio.name for ratio in self.ratios], "ratios")
        every = [peak.name for peak in self.every_peak]
        for ratio in self.ratios:
            for side in ("numerator", "denominator"):
                choice(getattr(ratio, side), every, f"ratios.{ratio.name}.{side}", "peak")
        _unique([derived.name for derived in self.derived], "derived")
        self._check_names(every)
        self._check_areas()
        self._check_instrument({peak.name: peak.shape for peak in self.every_peak})

    @property
    def every_peak(self) -> tuple[Peak, ...]:
        """Peaks of the recipes beside, then of this one: the order of the columns."""
        return (*(peak for other in self.beside for peak in other.every_peak), *self.peaks)

    @property
    def every_ratio(self) -> tuple[Ratio, ...]:
        """Ratios of the recipes beside, then of this one."""
        return (*(ratio for other in self.beside for ratio in other.every_ratio), *self.ratios)

    @property
    def formulas(self) -> dict[str, Formula]:
        """Formulas of the derived values, by their names: those of the recipes beside, then of this one."""
        formulas = {name: formula for other in self.beside for name, formula in other.formulas.items()}
        names = [peak.name for peak in self.every_peak]
        return formulas | {derived.name: derived.parsed(names, self.every_ratio) for derived in self.derived}

    @property
    def parts(self) -> tuple[Recipe, ...]:
        """The recipes that are fitted, each by itself: those beside, then this one without what names their peaks."""
        if not self.beside:
            return (self,)
        names = {peak.name for peak in self.peaks}
        own = replace(
            self,
            beside=(),
            ratios=tuple(ratio for ratio in self.ratios if {ratio.numerator, ratio.denominator} <= names),
            derived=(),  # they are made once all parts are fitted
        )
        others = (replace(other, axis=self.axis, instrument=self.instrument) for other in self.beside)
        return (*(part for other in others for part in other.parts), own)

    @property
    def stands_with(self) -> dict[str, str]:
        """Ratios and derived values to the peak on whose row each stands in a long table."""
        numerators = {ratio.name: ratio.numerator for ratio in self.every_ratio}
        return numerators | {name: formula.peaks[0] for name, formula in self.formulas.items()}

    @property
    def smooth_cm1(self) -> float | None:
        """Length of the baseline's smooth part; None: it has none."""
        if self.baseline.smooth_cm1 == "none":
            return None
        if isinstance(self.baseline.smooth_cm1, float):
            return self.baseline.smooth_cm1
        broadest = max(peak.fwhm_cm1 or 0.0 for peak in self.peaks)  # one that follows another is rarely the broadest
        return max(2.5 * broadest, 0.3 * (self.window.high_cm1 - self.window.low_cm1))

    def shape_of(self, peak: Peak) -> str:
        """Return the shape that a peak is fitted with: with an instrument width a Lorentzian is a voigt."""
        return "voigt" if self.instrument.fwhm_cm1 is not None and peak.shape in CONVOLVED else peak.shape

    @property
    def starts_cm1(self) -> tuple[float, ...]:
        """Centers to start from."""
        centers = {peak.name: peak.center_cm1 for peak in self.peaks}
        return tuple(centers.get(peak.center_from, 0.0) + peak.center_cm1 for peak in self.peaks)

    def _check_names(self, peaks: list[str]) -> None:
        """Make sure that no two columns have one name."""
        before = [name for other in self.beside for name in other.stands_with]
        for key, items in (("ratios", self.ratios), ("derived", self.derived)):
            for name in [item.name for item in items]:
                if taken := taken_by(name, peaks, before, derived=key == "derived"):
                    raise RecipeError(f"{key}.{name}.name: expected a name that no other column has, found {taken}")
                before.append(name)

    def _check_beside(self) -> None:
        """Make sure that recipes side by side differ in their names, and have one axis and one instrument."""
        whose: dict[str, str] = {}
        for recipe, peaks, rest in (
            *((other.name, other.every_peak, other.stands_with) for other in self.beside),
            (
                self.name,
                self.peaks,
                dict.fromkeys((*(r.name for r in self.ratios), *(d.name for d in self.derived)), ""),
            ),
        ):
            for what, names in (("peaks", [peak.name for peak in peaks]), ("ratios", list(rest))):
                for name in names:
                    if name in whose:
                        raise RecipeError(
                            f"{what}: expected different names in recipes side by side, "
                            f"found {name!r} in {whose[name]} and in {recipe}"
                        )
            whose |= dict.fromkeys([*(peak.name for peak in peaks), *rest], recipe)
        for other in self.beside:
            for key, usual in (("axis", Axis()), ("instrument", Instrument())):
                if getattr(other, key) not in (usual, getattr(self, key)):
                    raise RecipeError(f"{key}: expected that of {other.name} in {self.name}, the last recipe, too")

    def _check_areas(self) -> None:
        shapes = {peak.name: peak.shape for peak in self.every_peak}
        for name, formula in self.formulas.items():
            for quantity, peak in formula.quantities:
                has_one = quantity != "area" or shapes[peak] != "bwf"
                expect(has_one, f"derived.{name}.formula", "no area of a bwf, which has none", f"area({peak})")

    def _check_instrument(self, shapes: dict[str, str]) -> None:
        key = "instrument.fwhm_cm1"
        if self.instrument.fwhm_cm1 is None:
            for name, shape in shapes.items():
                if shape == "voigt":
                    raise RecipeError(
                        f"peaks.{name}.shape: a voigt needs the width of the instrument, {key}, found none",
                        hint="--instrument-width CM1; `ramanfit calibrate` measures it on silicon",
                    )
            return
        takes = {name: shape in CONVOLVED for name, shape in shapes.items()}
        expect(any(takes.values()), key, '"none": no peak is a lorentzian or voigt', self.instrument.fwhm_cm1)
        for ratio in self.ratios:
            # the height of a line before the instrument broadened it, over that of one after
            good = takes[ratio.numerator] == takes[ratio.denominator]
            what = " over ".join(f"{name}, a {shapes[name]}" for name in (ratio.numerator, ratio.denominator))
            expect(good, key, f'"none": it broadens one peak of {ratio.name} alone ({what})', self.instrument.fwhm_cm1)

        for name, formula in self.formulas.items():
            for quantity in ("height", "fwhm"):
                of = [peak for its, peak in formula.quantities if its == quantity]
                what = " and ".join(f"{peak}, a {shapes[peak]}" for peak in of)
                good = len({takes[peak] for peak in of}) < 2
                says = f'"none": it changes the {quantity} of some peaks of {name} alone ({what})'
                expect(good, key, says, self.instrument.fwhm_cm1)

    def _check_ties(self, peaks: dict[str, Peak]) -> None:
        for peak in self.peaks:
            for what in ("center", "fwhm", "height"):
                name, key = getattr(peak, f"{what}_from"), f"peaks.{peak.name}.{what}_from"
                if name:
                    choice(name, [other for other in peaks if other != peak.name], key, "peak")
                    further = getattr(peaks[name], f"{what}_from")
                    expect(not further, key, f"a peak with a {what} of its own", f"{name}, which has {further}'s")


def _leaders(peak: Peak) -> tuple[str, str, str]:
    return peak.center_from, peak.fwhm_from, peak.height_from


def _unique(names: list[str], key: str) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise RecipeError(f"{key}: expected different names, found {name!r} twice")
