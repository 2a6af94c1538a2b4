"""Exports read and fitted, as many at a time as fit together, in this process or in several."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.errors import RamanfitError, ScanError
from ramanfit.experiment.repeats import Print, print_of
from ramanfit.fit.batch import CHUNK
from ramanfit.fit.pipeline import Fitted, Spread, fit_prepared, settled
from ramanfit.fit.prepare import prepare
from ramanfit.fit.quantities import Quantities
from ramanfit.fit.together import joined, joined_prepared, joined_results, prepare_all, rows_of, runs
from ramanfit.formats import ReadOptions, open_scans, split_selection
from ramanfit.formats.streams import is_stream
from ramanfit.scan.schedule import Visit

if TYPE_CHECKING:
    from ramanfit.experiment.bands import BandIntensities
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.suggest import Doubtful
    from ramanfit.experiment.voice import Voice
    from ramanfit.fit.curves import Curves
    from ramanfit.fit.hands import Hands
    from ramanfit.fit.sensitivity import Departures
    from ramanfit.fit.solution import Solution
    from ramanfit.fit.treat import Treatment
    from ramanfit.recipe.recipe import Recipe
    from ramanfit.scan.scan import Scan
    from ramanfit.scan.treated import Treated

Look = tuple[int, int, int]
"""Size, time of the last change and number of a file: the same wherever one disk is seen."""

PER_WORKER = 32  # exports that a process is handed at a time
MANY = 16  # blocks of spectra of several files that are held here at most, where others do not see the files
COMPARED = 3  # scans for which a better recipe is looked for, the first of all


class Keep(NamedTuple):
    """What is kept of a scan besides its quantities once it is fitted."""

    bands: bool = False
    curves: bool = False  # what figures are drawn from; needs the bands
    fits: bool = False  # everything
    doubtful: bool = False  # a few spectra that another recipe may describe better
    solutions: bool = False  # parameters with their covariance


class Job(NamedTuple):
    """How exports become fits, as a worker process gets it."""

    options: ReadOptions
    stdin_name: str
    recipe: Recipe
    engine: str
    keep: Keep = Keep()
    alternatives: Mapping[str, Recipe] = {}  # that the fits are repeated with
    treatment: Treatment | None = None  # before the fit


@dataclass(eq=False)
class ScanFits:
    """What is left of a scan once it is fitted: its spectra are let go where nobody asks for them.

    Attributes
    ----------
    visit : Visit
        Of the spectra that were measured.
    quantities : Quantities
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

    visit: Visit
    quantities: Quantities
    cosmic_rays: list[tuple[int, float, float]]
    notes: tuple[str, ...]
    departures: dict[str, Departures] = field(default_factory=dict)
    known_by: Print | None = None
    treated: Treated | None = None
    bands: BandIntensities | None = None
    curves: Curves | None = None
    fitted: Fitted | None = None
    doubtful: Doubtful | None = None
    solution: Solution | None = None


@dataclass(eq=False)
class Outcome:
    """What became of one export."""

    scans: list[ScanFits] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)  # all files that were read
    error: RamanfitError | None = None


class _Read(NamedTuple):
    """An export that waits to be fitted."""

    outcome: Outcome
    scans: list[Scan]
    measured: list[tuple[Visit, Print | None]]


def fit_exports(job: Job, paths: Iterable[str], spread: Spread = map, held_at_most: int = CHUNK) -> Iterator[Outcome]:
    """Read and fit exports, as many at a time as fit together; an error is part of an outcome.

    No more than about twice so many spectra are held, however many there are.
    """
    waiting: list[_Read] = []
    held = 0
    for path in paths:
        read = _Read(Outcome(inputs=[path]), [], [])
        try:
            for scan in map(settled, open_scans(path, job.options, stdin_name=job.stdin_name)):
                measured = Visit.of(scan), print_of(scan)
                read.scans.append(scan if job.treatment is None else _treated(scan, job))
                read.measured.append(measured)
        except RamanfitError as error:
            read.outcome.error = error
        waiting.append(read)
        held += sum(len(scan) for scan in read.scans)
        if held >= held_at_most:
            yield from _fitted(job, waiting, spread)
            waiting, held = [], 0
    yield from _fitted(job, waiting, spread)


def _fitted(job: Job, waiting: Sequence[_Read], spread: Spread) -> Iterator[Outcome]:
    scans = [scan for read in waiting for scan in read.scans]
    *others, recipe = job.recipe.parts
    fits = _fit(scans, recipe, job, spread)
    measured = [pair for read in waiting for pair in read.measured]
    left = [_left_of(fitted, job.keep, *its) for fitted, its in zip(fits, measured, strict=True)]
    if others:
        from ramanfit.fit.side_by_side import side_by_side

        beside = [_fit(scans, part, job, spread) for part in others]
        for scan, *parts in zip(left, *beside, fits, strict=True):
            scan.quantities = side_by_side(job.recipe, parts)
            scan.cosmic_rays = [ray for fitted in parts for ray in fitted.prepared.cosmic_rays()]
            scan.notes = tuple(dict.fromkeys(note for fitted in parts for note in fitted.scan.notes))
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
    if job.alternatives:
        for scan in left:
            scan.quantities = with_systematics(scan.quantities, scan.departures.values())
    in_order = zip(fits, left, strict=True)
    for outcome, its_scans, _ in waiting:
        for fitted, scan in islice(in_order, len(its_scans)):
            outcome.scans.append(scan)
            if fitted.scan.metadata.information:
                outcome.inputs.append(fitted.scan.metadata.information)
        yield outcome


def _fit(scans: Sequence[Scan], recipe: Recipe, job: Job, spread: Spread) -> list[Fitted]:
    return fit_prepared(list(zip(scans, prepare_all(scans, recipe), strict=True)), recipe, job.engine, spread)


def _keep_bands(fits: Sequence[Fitted], left: Sequence[ScanFits], job: Job) -> None:
    from ramanfit.experiment.bands import read_bands
    from ramanfit.fit.curves import curves_of

    scans, ready = [fitted.scan for fitted in fits], [fitted.prepared for fitted in fits]
    for run in runs(scans, [prepared.model for prepared in ready]):
        drawn = curves_of(joined_prepared(ready[run]), joined_results([fitted.result for fitted in fits[run]]))
        bands = read_bands(joined(scans[run]), job.recipe, drawn)
        for scan, rows in zip(left[run], rows_of(scans[run]), strict=True):
            scan.curves, scan.bands = drawn.take(rows) if job.keep.curves else None, bands.take(rows)


def _treated(scan: Scan, job: Job) -> Scan:
    from ramanfit.fit.treat import treat

    return scan if job.treatment is None else treat(scan, job.recipe, job.treatment)


def _left_of(fitted: Fitted, keep: Keep, visit: Visit, known_by: Print | None) -> ScanFits:
    treated = fitted.scan.treated
    return ScanFits(
        visit=visit,
        quantities=fitted.quantities,
        cosmic_rays=[*(treated.cosmic_rays if treated else ()), *fitted.prepared.cosmic_rays()],
        notes=fitted.scan.notes,
        known_by=known_by,
        treated=treated,
        fitted=fitted if keep.fits else None,
    )


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
    ready = []
    for i, fitted in enumerate(fits):
        with suppress(ScanError):
            ready.append((i, (fitted.scan, prepare(fitted.scan, recipe))))
    again = fit_prepared([pair for _, pair in ready], recipe, engine, spread)
    yield from zip((i for i, _ in ready), again, strict=True)


@contextmanager
def outcomes(paths: Sequence[str], job: Job, request: Request, voice: Voice) -> Iterator[Iterator[Outcome]]:
    """Outcomes in the order of the paths, from this process or from those whom the request names."""
    from ramanfit.experiment.hired import hired, nothing_to_hand_out

    if not paths:
        nothing_to_hand_out(request)
    with hired(request, voice) as hands:
        if hands is None:
            yield fit_exports(job, paths)
        elif len(paths) == 1:
            yield fit_exports(job, paths, hands.map)
        else:
            # what can be read only once belongs to this process
            here = {path: [*fit_exports(job, [path], hands.map)] for path in paths if is_stream(path)}
            elsewhere = _by_file(job, [path for path in paths if path not in here], hands, voice)
            yield (here[path][0] if path in here else next(elsewhere) for path in paths)


def _by_file(job: Job, paths: Sequence[str], hands: Hands, voice: Voice) -> Iterator[Outcome]:
    """Yield outcomes of files that others read; from the first that they do not see on, spectra are sent instead."""
    size = max(1, min(PER_WORKER, len(paths) // (2 * hands.width())))
    some = [[(path, look_of(path)) for path in paths[i : i + size]] for i in range(0, len(paths), size)]
    done = 0
    for fitted in hands.map(partial(_fit_some, job), some):
        if fitted is None:
            voice.say(
                f"{paths[done]}: is not seen, or is another file, where it was to be read: spectra are sent from here "
                "(absolute paths on a disk that all share are faster)"
            )
            break
        yield from fitted
        done += len(fitted)
    if done < len(paths):
        yield from fit_exports(job, paths[done:], hands.map, held_at_most=min(hands.width(), MANY) * CHUNK)


def look_of(path: str) -> Look | None:
    """Return what tells a file from all others, as seen from here; None: there is none."""
    try:
        status = os.stat(split_selection(path)[0])  # noqa: PTH116 - a selection may be no path
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino


def _fit_some(job: Job, some: Sequence[tuple[str, Look | None]]) -> list[Outcome] | None:
    """Return outcomes of files; None: these are not the files that were meant."""
    if any(look_of(path) != look for path, look in some):
        return None
    return [*fit_exports(job, [path for path, _ in some])]
