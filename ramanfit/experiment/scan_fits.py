"""What is kept of a scan once it is fitted: its quantities, what is told of them, and what else was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.errors import RamanfitError, ScanError
from ramanfit.experiment.kept import Kept, Tally
from ramanfit.experiment.repeats import Print
from ramanfit.fit.pipeline import Fitted, Spread, fit_prepared
from ramanfit.fit.prepare import prepare
from ramanfit.fit.quantities import Quantities
from ramanfit.fit.together import joined, joined_prepared, joined_results, prepare_all, rows_of, runs
from ramanfit.formats import ReadOptions
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import Scan
from ramanfit.scan.schedule import Visit

if TYPE_CHECKING:
    from ramanfit.experiment.bands import BandIntensities
    from ramanfit.experiment.suggest import Doubtful
    from ramanfit.fit.curves import Curves
    from ramanfit.fit.sensitivity import Departures
    from ramanfit.fit.solution import Solution
    from ramanfit.fit.treat import Treatment
    from ramanfit.scan.treated import Treated

COMPARED = 3  # scans for which a better recipe is looked for, the first of all


class Keep(NamedTuple):
    """What is kept of a scan besides its quantities once it is fitted."""

    bands: bool = False
    curves: bool = False  # what figures are drawn from; needs the bands
    fits: bool = False  # everything
    doubtful: bool = False  # a few spectra that another recipe may describe better
    solutions: bool = False  # parameters with their covariance
    apart: bool = False  # quantities may be in several parts, of large scans


class Job(NamedTuple):
    """How exports become fits, as a worker process gets it."""

    options: ReadOptions
    stdin_name: str
    recipe: Recipe
    engine: str
    keep: Keep = Keep()
    alternatives: Mapping[str, Recipe] = {}  # that the fits are repeated with
    treatment: Treatment | None = None  # before the fit


class ScanFits:
    """What is left of a scan once it is fitted: its spectra are let go where nobody asks for them.

    Attributes
    ----------
    visit : Visit
        Of the spectra that were measured.
    kept : Kept
        Its quantities.
    tally : Tally
    cosmic_rays : list of (row, first and last shift in cm-1)
        Those that were masked.
    notes : tuple of str
        What had to be assumed.
    departures : dict of str to Departures
        By alternative, where it suits the scan's axis.
    known_by : Print or None
        What tells it from other measurements.
    treated : Treated or None
        What was done to the counts before the fit.
    bands, curves, fitted, doubtful, solution
        What `Keep` asks for.
    """

    def __init__(
        self,
        visit: Visit,
        kept: Kept,
        tally: Tally,
        cosmic_rays: list[tuple[int, float, float]],
        notes: tuple[str, ...],
        known_by: Print | None = None,
        treated: Treated | None = None,
        fitted: Fitted | None = None,
    ) -> None:
        self.visit, self.kept, self.tally, self.cosmic_rays, self.notes = visit, kept, tally, cosmic_rays, notes
        self.known_by, self.treated, self.fitted = known_by, treated, fitted
        self.departures: dict[str, Departures] = {}
        self.bands: BandIntensities | None = None
        self.curves: Curves | None = None
        self.doubtful: Doubtful | None = None
        self.solution: Solution | None = None

    @property
    def quantities(self) -> Quantities:
        """Those of a scan that was fitted at once."""
        return self.kept.alone()


class Outcome:
    """What became of one export: what is left of its scans, and all files that were read; or its error."""

    def __init__(self, inputs: Sequence[str] = (), error: RamanfitError | None = None) -> None:
        self.scans: list[ScanFits] = []
        self.inputs, self.error = [*inputs], error


def left_of(
    job: Job,
    fits: Sequence[Fitted],
    scans: Sequence[Scan],
    measured: Sequence[tuple[Visit, Print | None]],
    spread: Spread,
) -> list[ScanFits]:
    """Return what is left of scans, which were fitted with the last recipe of a job."""
    *others, recipe = job.recipe.parts
    each = [fitted.quantities for fitted in fits]
    left = [_left_of(fitted, job.keep, *its) for fitted, its in zip(fits, measured, strict=True)]
    if others:
        from ramanfit.fit.side_by_side import side_by_side

        beside = [
            fit_prepared(list(zip(scans, prepare_all(scans, part), strict=True)), part, job.engine, spread)
            for part in others
        ]
        for i, parts in enumerate(zip(*beside, fits, strict=True)):
            each[i] = side_by_side(job.recipe, parts)
            left[i].cosmic_rays = sorted(ray for fitted in parts for ray in fitted.prepared.cosmic_rays())
            left[i].notes = tuple(dict.fromkeys(note for fitted in parts for note in fitted.scan.notes))
    if job.keep.solutions:
        from ramanfit.fit.solution import Solution

        for scan, fitted in zip(left, fits, strict=True):
            scan.solution = Solution.of(fitted)
    if job.keep.doubtful:
        _keep_doubtful(fits, left)
    if job.keep.bands:
        _keep_bands(fits, left, job)
    if job.alternatives:
        from ramanfit.fit.sensitivity import departures, with_systematics

        for name, recipe in job.alternatives.items():
            for i, other in _repeated(fits, recipe, job.engine, spread):
                left[i].departures[name] = departures(fits[i].quantities, other.quantities)
        each = [with_systematics(q, scan.departures.values()) for q, scan in zip(each, left, strict=True)]
    for scan, quantities in zip(left, each, strict=True):
        scan.kept.add(quantities)
        scan.tally.add(quantities)
    return left


def _left_of(fitted: Fitted, keep: Keep, visit: Visit, known_by: Print | None) -> ScanFits:
    treated = fitted.scan.treated
    return ScanFits(
        visit=visit,
        kept=Kept(),
        tally=Tally(),
        cosmic_rays=[*(treated.cosmic_rays if treated else ()), *fitted.prepared.cosmic_rays()],
        notes=fitted.scan.notes,
        known_by=known_by,
        treated=treated,
        fitted=fitted if keep.fits else None,
    )


def _keep_bands(fits: Sequence[Fitted], left: Sequence[ScanFits], job: Job) -> None:
    from ramanfit.experiment.bands import read_bands
    from ramanfit.fit.curves import curves_of

    scans, ready = [fitted.scan for fitted in fits], [fitted.prepared for fitted in fits]
    for run in runs(scans, [prepared.model for prepared in ready]):
        drawn = curves_of(joined_prepared(ready[run]), joined_results([fitted.result for fitted in fits[run]]))
        bands = read_bands(joined(scans[run]), job.recipe, drawn)
        for scan, rows in zip(left[run], rows_of(scans[run]), strict=True):
            scan.curves, scan.bands = drawn.take(rows) if job.keep.curves else None, bands.take(rows)


def _keep_doubtful(fits: Sequence[Fitted], left: Sequence[ScanFits]) -> None:
    """Keep what another recipe may be tried on, of the first scans that ask for it."""
    asking = [
        i
        for i, fitted in enumerate(fits)
        if fitted.quantities.held or (fitted.result.missing_band is not None and fitted.result.missing_band.any())
    ]
    if asking:
        from ramanfit.experiment.suggest import doubtful_spectra

        for i in asking[:COMPARED]:
            left[i].doubtful = doubtful_spectra(fits[i])


def _repeated(fits: Sequence[Fitted], recipe: Recipe, engine: str, spread: Spread) -> Iterator[tuple[int, Fitted]]:
    """Yield the numbers of scans with their fits by another recipe; where it does not suit an axis there is none."""
    pairs = []
    for i, fitted in enumerate(fits):
        with suppress(ScanError):
            pairs.append((i, (fitted.scan, prepare(fitted.scan, recipe))))
    again = fit_prepared([pair for _, pair in pairs], recipe, engine, spread)
    yield from zip((i for i, _ in pairs), again, strict=True)
