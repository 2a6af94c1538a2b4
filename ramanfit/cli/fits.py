"""What `fit` and `ratio` share: read, fit, put in order, and say how it went."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.cli.inputs import exports, say_notes
from ramanfit.errors import FlaggedFits, RamanfitError, RecipeError
from ramanfit.pipeline import Fitted, Spread, fit_scan, verify
from ramanfit.quantities import Quantities
from ramanfit.readers import ReadOptions, open_scans
from ramanfit.series import Keys, Schedule, Visit, chronological, place

if TYPE_CHECKING:
    from ramanfit.cli.console import Console
    from ramanfit.cli.request import Request
    from ramanfit.recipe import Recipe
    from ramanfit.tables import Table


class Job(NamedTuple):
    """How one export becomes fits, as a worker process gets it."""

    options: ReadOptions
    stdin_name: str
    recipe: Recipe
    engine: str
    keep_spectra: bool


@dataclass
class Outcome:
    """What became of one export."""

    visits: list[Visit] = field(default_factory=list)
    quantities: list[Quantities] = field(default_factory=list)
    fits: list[Fitted] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)  # note, source
    inputs: list[str] = field(default_factory=list)
    error: RamanfitError | None = None


def fit_export(job: Job, path: str, spread: Spread = map) -> Outcome:
    """Read and fit one export; an error is part of the outcome."""
    outcome = Outcome(inputs=[path])
    try:
        for scan in open_scans(path, job.options, stdin_name=job.stdin_name):
            fitted = fit_scan(scan, job.recipe, job.engine, spread)
            outcome.visits.append(Visit.of(scan))
            outcome.quantities.append(fitted.quantities)
            outcome.notes += [(note, scan.source) for note in scan.notes]
            if scan.metadata.information:
                outcome.inputs.append(scan.metadata.information)
            if job.keep_spectra:
                outcome.fits.append(fitted)
    except RamanfitError as error:
        outcome.error = error
    return outcome


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
    recipe, reading = request.recipe, request.reading
    job = Job(reading.options(recipe.axis), reading.stdin_name, recipe, request.engine, request.verify is not None)
    with request.output.open() as writer:  # before any work: a target that cannot be written is told at once
        paths = exports(request.files, console, keep_going=request.keep_going)
        outcomes = _fit_all(paths, job, request, console)
        visits = [visit for outcome in outcomes for visit in outcome.visits]
        quantities = [q for outcome in outcomes for q in outcome.quantities]
        order = chronological(visits)
        keys, notes = place([visits[i] for i in order], Schedule(**request.placement))
        for note in notes:
            console.say(note)
        for k, i in zip(keys, order, strict=True):
            writer.write(table_of(k, quantities[i]))
    record(request, [path for outcome in outcomes for path in outcome.inputs])
    if request.verify is not None:
        verdict = verify([f for outcome in outcomes for f in outcome.fits], recipe, request.verify)
        console.say(
            f"verify: {verdict.spectra} spectra refitted with lmfit: largest difference "
            f"{verdict.difference_se:.2g} standard errors ({verdict.worst or 'none'}), standard errors within "
            f"{verdict.se_difference:.1g}, {verdict.better} with a lower chi-square"
        )
    report_flags([flags for q in quantities for flags in q.flags.tolist()], console, check=request.check)


def _fit_all(paths: Sequence[str], job: Job, request: Request, console: Console) -> list[Outcome]:
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
    return outcomes


@contextmanager
def _outcomes(paths: Sequence[str], job: Job, jobs: int) -> Iterator[Iterator[Outcome]]:
    """Outcomes in the order of the paths, from one process or several."""
    if jobs == 1:
        yield map(partial(fit_export, job), paths)
        return
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(jobs, initializer=_leave_interrupts_to_the_parent)
    try:
        if len(paths) == 1:
            yield iter([fit_export(job, paths[0], pool.map)])
        else:
            # standard input belongs to this process
            here = {path: fit_export(job, path) for path in paths if path == "-"}
            elsewhere = pool.map(partial(fit_export, job), [path for path in paths if path != "-"])
            yield (here[path] if path == "-" else next(elsewhere) for path in paths)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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
