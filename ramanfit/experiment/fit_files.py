"""Exports read and fitted, as many at a time as fit together, in this process or in several."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.errors import RamanfitError
from ramanfit.experiment.kept import Drawer
from ramanfit.experiment.repeats import Print, print_of
from ramanfit.experiment.scan_fits import Job, Outcome, left_of
from ramanfit.fit.batch import CHUNK
from ramanfit.fit.parts import LARGE, Whole
from ramanfit.fit.pipeline import Spread, fit_prepared, settled
from ramanfit.fit.prepare import Prepared, prepare
from ramanfit.fit.together import prepare_all
from ramanfit.formats import open_scans, split_selection
from ramanfit.formats.streams import is_stream
from ramanfit.scan.scan import Scan
from ramanfit.scan.schedule import Visit

if TYPE_CHECKING:
    from ramanfit.experiment.large_scans import Large
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.voice import Voice
    from ramanfit.fit.hands import Hands
    from ramanfit.recipe.recipe import Recipe

Look = tuple[int, int, int]
"""Size, time of the last change and number of a file: the same wherever one disk is seen."""

PER_WORKER = 32  # exports that a process is handed at a time
MANY = 16  # blocks of spectra of several files that are held here at most, where others do not see the files


class _Read(NamedTuple):
    """An export that waits to be fitted, its large scans apart."""

    outcome: Outcome
    scans: list[Scan | Large]
    measured: list[tuple[Visit, Print | None]]


def fit_exports(
    job: Job, paths: Iterable[str], spread: Spread = map, held_at_most: int = CHUNK, drawer: Drawer | None = None
) -> Iterator[Outcome]:
    """Read and fit exports, as many at a time as fit together; an error is part of an outcome.

    No more than about twice so many spectra are held, however many there are.
    """
    waiting: list[_Read] = []
    held = 0
    for path in paths:
        read = _Read(Outcome(inputs=[path]), [], [])
        try:
            for scan in open_scans(path, job.options, stdin_name=job.stdin_name):
                if len(scan) > LARGE and (large := _large(scan, job)) is not None:
                    read.scans.append(large)
                    read.measured.append((Visit.of(scan), print_of(large.whole.scan)))
                    continue
                scan = settled(scan)
                measured = Visit.of(scan), print_of(scan)
                read.scans.append(scan if job.treatment is None else _treated(scan, job))
                read.measured.append(measured)
        except RamanfitError as error:
            read.outcome.error = error
        waiting.append(read)
        held += sum(visit.spectra for visit, _ in read.measured)
        if held >= held_at_most:
            yield from _fitted(job, waiting, spread, drawer)
            waiting, held = [], 0
    yield from _fitted(job, waiting, spread, drawer)


def _large(scan: Scan, job: Job) -> Large | None:
    """Return a scan that is fitted in parts; None: at once."""
    from ramanfit.experiment.large_scans import Large, goes_in_parts

    if not goes_in_parts(job):
        return None
    whole = Whole.of(scan)
    prepare(next(iter(whole.parts())), job.recipe.parts[-1])  # what does not suit the axis is an error of this export
    return Large(whole)


def _fitted(job: Job, waiting: Sequence[_Read], spread: Spread, drawer: Drawer | None) -> Iterator[Outcome]:
    recipe = job.recipe.parts[-1]
    ready = _prepared(waiting, recipe)
    usual = [scan for read in waiting for scan in read.scans if isinstance(scan, Scan)]
    of_usual = [
        its for read in waiting for scan, its in zip(read.scans, read.measured, strict=True) if isinstance(scan, Scan)
    ]
    fits = fit_prepared(list(zip(usual, ready, strict=True)), recipe, job.engine, spread)
    left = iter(left_of(job, fits, usual, of_usual, spread))
    del fits
    for outcome, scans, measured in waiting:
        for scan, its in zip(scans, measured, strict=True):
            outcome.scans.append(next(left) if isinstance(scan, Scan) else scan.fitted(job, *its, spread, drawer))
            information = (scan if isinstance(scan, Scan) else scan.whole.scan).metadata.information
            if information:
                outcome.inputs.append(information)
        yield outcome


def _prepared(waiting: Sequence[_Read], recipe: Recipe) -> list[Prepared]:
    """Return the scans of exports prepared, without those of an export from the first that the recipe does not suit."""
    try:
        return prepare_all([scan for read in waiting for scan in read.scans if isinstance(scan, Scan)], recipe)
    except RamanfitError:  # whose it is, each by itself tells
        ready = list[Prepared]()
        for read in waiting:
            for i, scan in enumerate(read.scans):
                try:
                    ready += [prepare(scan, recipe)] if isinstance(scan, Scan) else []
                except RamanfitError as error:
                    read.outcome.error = error
                    del read.scans[i:], read.measured[i:]
                    break
        return ready


def _treated(scan: Scan, job: Job) -> Scan:
    from ramanfit.fit.treat import treat

    return scan if job.treatment is None else treat(scan, job.recipe, job.treatment)


@contextmanager
def outcomes(
    paths: Sequence[str], job: Job, request: Request, voice: Voice, drawer: Drawer | None = None
) -> Iterator[Iterator[Outcome]]:
    """Outcomes in the order of the paths, from this process or from those whom the request names."""
    from ramanfit.experiment.hired import hired, nothing_to_hand_out

    if not paths:
        nothing_to_hand_out(request)
    with hired(request, voice, alone=len(paths) == 1) as hands:
        if hands is None:
            yield fit_exports(job, paths, drawer=drawer)
        elif len(paths) == 1:
            yield fit_exports(job, paths, hands, drawer=drawer)
        else:
            # what can be read only once belongs to this process
            here = {path: [*fit_exports(job, [path], hands)] for path in paths if is_stream(path)}
            elsewhere = _by_file(job, [path for path in paths if path not in here], hands, voice)
            yield (here[path][0] if path in here else next(elsewhere) for path in paths)


def _by_file(job: Job, paths: Sequence[str], hands: Hands, voice: Voice) -> Iterator[Outcome]:
    """Yield outcomes of files that others read; from the first that they do not see on, spectra are sent instead."""
    size = max(1, min(PER_WORKER, len(paths) // (2 * hands.width())))
    some = [[(path, look_of(path)) for path in paths[i : i + size]] for i in range(0, len(paths), size)]
    done = 0
    for fitted in hands(partial(_fit_some, job), some):
        if fitted is None:
            voice.say(
                f"{paths[done]}: is not seen, or is another file, where it was to be read: spectra are sent from here "
                "(absolute paths on a disk that all share are faster)"
            )
            break
        yield from fitted
        done += len(fitted)
    if done < len(paths):
        yield from fit_exports(job, paths[done:], hands, held_at_most=min(hands.width(), MANY) * CHUNK)


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
