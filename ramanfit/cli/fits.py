"""What the fitting commands share: read, fit, put in order, and say how it went."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ramanfit.clean import Prepared, prepare
from ramanfit.cli.inputs import exports, say_notes
from ramanfit.errors import FlaggedFits, RamanfitError, RecipeError
from ramanfit.pipeline import CHUNK, Fitted, Spread, fit_prepared, verify
from ramanfit.quantities import Quantities
from ramanfit.readers import ReadOptions, open_scans
from ramanfit.series import Keys, Schedule, Visit, chronological, place

if TYPE_CHECKING:
    from ramanfit.cli.console import Console
    from ramanfit.cli.request import Request
    from ramanfit.recipe import Recipe
    from ramanfit.scan import Scan
    from ramanfit.tables import Table

PER_WORKER = 32  # exports that a process is handed at a time


class Job(NamedTuple):
    """How exports become fits, as a worker process gets it."""

    options: ReadOptions
    stdin_name: str
    recipe: Recipe
    engine: str
    keep: Callable[[Fitted], Any] | None = None  # what is taken from a fit before it is let go


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
    fits = iter(fit_prepared([pair for _, scans in waiting for pair in scans], job.recipe, job.engine, spread))
    for outcome, scans in waiting:
        for fitted in islice(fits, len(scans)):
            outcome.visits.append(Visit.of(fitted.scan))
            outcome.quantities.append(fitted.quantities)
            outcome.notes += [(note, fitted.scan.source) for note in fitted.scan.notes]
            if fitted.scan.metadata.information:
                outcome.inputs.append(fitted.scan.metadata.information)
            if job.keep is not None:
                outcome.kept.append(job.keep(fitted))
        yield outcome


def fit_all(
    request: Request, console: Console, keep: Callable[[Fitted], Any] | None = None
) -> tuple[list[Keys], list[Outcome], list[tuple[int, int]]]:
    """Fit all exports of a request; say what had to be assumed.

    Returns
    -------
    keys : list of Keys
        Of every scan, in order of time.
    outcomes : list of Outcome
    order : list of (int, int)
        Outcome and scan in it that each of the keys belongs to.

    Raises
    ------
    RamanfitError
        The first error of an input, unless going on was asked for.
    """
    recipe, reading = request.recipe, request.reading
    job = Job(reading.options(recipe.axis), reading.stdin_name, recipe, request.engine, keep)
    paths = exports(request.files, console, keep_going=request.keep_going)
    outcomes: list[Outcome] = []
    notes: dict[str, list[str]] = {}
    with console.progress(len(paths), "exports") as bar, _outcomes(paths, job, request.jobs) as found:
        for outcome in found:
            if outcome.error is not None:
                if not request.keep_going:
                    raise outcome.error
                console.survive(outcome.error)
            for note, source in outcome.notes:
                notes.setdefault(note, []).append(source)
            outcomes.append(outcome)
            bar.advance(1)
    say_notes(notes, console)
    places = [(o, i) for o, outcome in enumerate(outcomes) for i in range(len(outcome.visits))]
    visits = [outcomes[o].visits[i] for o, i in places]
    order = chronological(visits)
    keys, assumed = place([visits[i] for i in order], Schedule(**request.placement))
    for note in assumed:
        console.say(note)
    return keys, outcomes, [places[i] for i in order]


def write_fits(request: Request, console: Console, table_of: Callable[[Keys, Quantities], Table]) -> None:
    """Fit all exports and write their tables, scan by scan in order of time; then the record, then the flags.

    Raises
    ------
    RamanfitError
        The first error of an input, unless going on was asked for.
    FlaggedFits
        When flags were asked to count and a fit is flagged.
    """
    if request.verify is not None and request.engine == "lmfit":
        raise RecipeError("--verify compares with lmfit: leave out --engine lmfit")
    with request.output.open() as writer:  # before any work: a target that cannot be written is told at once
        keys, outcomes, order = fit_all(request, console, _itself if request.verify is not None else None)
        for k, (o, i) in zip(keys, order, strict=True):
            writer.write(table_of(k, outcomes[o].quantities[i]))
    record(request, [path for outcome in outcomes for path in outcome.inputs])
    if request.verify is not None:
        verdict = verify([f for outcome in outcomes for f in outcome.kept], request.recipe, request.verify)
        console.say(
            f"verify: {verdict.spectra} spectra refitted with lmfit: largest difference "
            f"{verdict.difference_se:.2g} standard errors ({verdict.worst or 'none'}), standard errors within "
            f"{verdict.se_difference:.1g}, {verdict.better} with a lower chi-square"
        )
    quantities = [q for outcome in outcomes for q in outcome.quantities]
    report_flags([flags for q in quantities for flags in q.flags.tolist()], console, check=request.check)


def _itself(fitted: Fitted) -> Fitted:
    return fitted


@contextmanager
def _outcomes(paths: Sequence[str], job: Job, jobs: int) -> Iterator[Iterator[Outcome]]:
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


def report_flags(flags: Sequence[str], console: Console, *, check: bool) -> None:
    """Say how many spectra are flagged, with what, from the flags of all.

    Raises
    ------
    FlaggedFits
        With `check`, if any is.
    """
    flagged = [words for words in flags if words]
    if not flagged:
        return
    counts = Counter(word for words in flagged for word in words.split("|"))
    listed = ", ".join(f"{word} {count}" for word, count in counts.most_common())
    message = f"{len(flagged)} of {len(flags)} spectra flagged: {listed}"
    if check:
        raise FlaggedFits(message)
    console.say(message)


def record(request: Request, inputs: Sequence[str]) -> None:
    """Write what was done, if that was asked for."""
    if request.meta:
        from ramanfit.provenance import write_record

        write_record(request.meta, request.recipe, inputs, ["ramanfit", *sys.argv[1:]])
