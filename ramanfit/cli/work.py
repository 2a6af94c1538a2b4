"""Exports read and fitted, as many at a time as fit together, in this process or in several."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ramanfit.clean import Prepared, prepare
from ramanfit.errors import RamanfitError
from ramanfit.pipeline import CHUNK, Fitted, Spread, fit_prepared
from ramanfit.quantities import Quantities
from ramanfit.readers import ReadOptions, open_scans
from ramanfit.series import Visit

if TYPE_CHECKING:
    from ramanfit.recipe import Recipe
    from ramanfit.scan import Scan

Keep = Callable[[Sequence[Fitted]], Sequence[Any]]
PER_WORKER = 32  # exports that a process is handed at a time


class Job(NamedTuple):
    """How exports become fits, as a worker process gets it."""

    options: ReadOptions
    stdin_name: str
    recipe: Recipe
    engine: str
    keep: Keep | None = None  # what is taken from fits before they are let go


@dataclass
class Outcome:
    """What became of one export."""

    visits: list[Visit] = field(default_factory=list)
    quantities: list[Quantities] = field(default_factory=list)
    kept: list[Any] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)  # note, source
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
    found = zip(fits, kept, strict=True)
    for outcome, scans in waiting:
        for fitted, part in islice(found, len(scans)):
            outcome.visits.append(Visit.of(fitted.scan))
            outcome.quantities.append(fitted.quantities)
            outcome.notes += [(note, fitted.scan.source) for note in fitted.scan.notes]
            if fitted.scan.metadata.information:
                outcome.inputs.append(fitted.scan.metadata.information)
            outcome.kept.append(part)
        yield outcome


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
