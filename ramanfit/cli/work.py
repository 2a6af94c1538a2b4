"""Exports read and fitted, as many at a time as fit together, in this process or in several."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ramanfit.errors import RamanfitError, ScanError
from ramanfit.fit.batch import CHUNK
from ramanfit.fit.pipeline import Fitted, Spread, fit_prepared
from ramanfit.fit.prepare import Prepared, prepare
from ramanfit.fit.quantities import Quantities
from ramanfit.fit.sensitivity import Departures, departures, with_systematics
from ramanfit.formats import ReadOptions, open_scans
from ramanfit.scan.schedule import Visit

if TYPE_CHECKING:
    from ramanfit.recipe.recipe import Recipe
    from ramanfit.scan.scan import Scan

Keep = Callable[[Sequence[Fitted]], Sequence[Any]]
PER_WORKER = 32  # exports that a process is handed at a time


class Job(NamedTuple):
    """How exports become fits, as a worker process gets it."""

    options: ReadOptions
    stdin_name: str
    recipe: Recipe
    engine: str
    keep: Keep | None = None  # what is taken from fits before they are let go
    alternatives: Mapping[str, Recipe] = {}  # that the fits are repeated with


@dataclass
class Outcome:
    """What became of one export."""

    visits: list[Visit] = field(default_factory=list)
    quantities: list[Quantities] = field(default_factory=list)
    kept: list[Any] = field(default_factory=list)
    cosmic_rays: list[list[tuple[int, float, float]]] = field(default_factory=list)  # by scan
    notes: list[tuple[str, str]] = field(default_factory=list)  # note, source
    departures: dict[str, list[Departures]] = field(default_factory=dict)  # by alternative
    inputs: list[str] = field(default_factory=list)
    error: RamanfitError | None = None


def fit_exports(job: Job, paths: Iterable[str], spread: Spread = map) -> Iterator[Outcome]:
    """Read and fit exports, as many at a time as fit together; an error is part of an outcome.

    No more than about two batches of spectra are held, however many there are.
    """
    waiting: list[tuple[Outcome, list[tuple[Scan, Prepared]]]] = []
    held = 0
    for path in paths:
        outcome, scans = Outcome(inputs=[path]), []
        try:
            for scan in open_scans(path, job.options, stdin_name=job.stdin_name):
                scans.append((scan, prepare(scan, job.recipe)))
        except RamanfitError as error:
            outcome.error = error
        waiting.append((outcome, scans))
        held += sum(len(scan) for scan, _ in scans)
        if held >= CHUNK:
            yield from _fitted(job, waiting, spread)
            waiting, held = [], 0
    yield from _fitted(job, waiting, spread)


def _fitted(
    job: Job, waiting: Sequence[tuple[Outcome, list[tuple[Scan, Prepared]]]], spread: Spread
) -> Iterator[Outcome]:
    fits = fit_prepared([pair for _, scans in waiting for pair in scans], job.recipe, job.engine, spread)
    kept = [None] * len(fits) if job.keep is None else job.keep(fits)
    apart = [dict[str, Departures]() for _ in fits]
    for name, recipe in job.alternatives.items():
        for i, other in _repeated(fits, recipe, job.engine, spread):
            apart[i][name] = departures(fits[i].quantities, other.quantities)
    found = zip(fits, kept, apart, strict=True)
    for outcome, scans in waiting:
        for fitted, part, others in islice(found, len(scans)):
            outcome.visits.append(Visit.of(fitted.scan))
            own = fitted.quantities
            outcome.quantities.append(with_systematics(own, others.values()) if job.alternatives else own)
            for name, differences in others.items():
                outcome.departures.setdefault(name, []).append(differences)
            outcome.notes += [(note, fitted.scan.source) for note in fitted.scan.notes]
            if fitted.scan.metadata.information:
                outcome.inputs.append(fitted.scan.metadata.information)
            outcome.kept.append(part)
            outcome.cosmic_rays.append(fitted.prepared.cosmic_rays())
        yield outcome


def _repeated(fits: Sequence[Fitted], recipe: Recipe, engine: str, spread: Spread) -> Iterator[tuple[int, Fitted]]:
    """Yield the numbers of scans with their fits by another recipe; where it does not suit an axis there is none."""
    ready = []
    for i, fitted in enumerate(fits):
        with suppress(ScanError):
            ready.append((i, (fitted.scan, prepare(fitted.scan, recipe))))
    again = fit_prepared([pair for _, pair in ready], recipe, engine, spread)
    yield from zip((i for i, _ in ready), again, strict=True)


@contextmanager
def outcomes(paths: Sequence[str], job: Job, jobs: int) -> Iterator[Iterator[Outcome]]:
    """Outcomes in the order of the paths, from one process or several."""
    if jobs == 1:
        yield fit_exports(job, paths)
        return
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(jobs, initializer=_leave_interrupts_to_the_parent)
    try:
        if len(paths) == 1:
            yield fit_exports(job, paths, pool.map)
        else:
            # standard input belongs to this process
            here = {"-": [*fit_exports(job, ["-"])]} if "-" in paths else {}
            others = [path for path in paths if path != "-"]
            size = max(1, min(PER_WORKER, len(others) // (2 * jobs)))
            elsewhere = chain.from_iterable(
                pool.map(partial(_fit_some, job), [others[i : i + size] for i in range(0, len(others), size)])
            )
            yield (here[path][0] if path == "-" else next(elsewhere) for path in paths)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _fit_some(job: Job, paths: list[str]) -> list[Outcome]:
    return [*fit_exports(job, paths)]


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
