"""What `fit` and `ratio` share: read, fit, put in order, and say how it went."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.errors import FlaggedFits, RamanfitError, RecipeError
from ramanfit.pipeline import Fitted, Spread, fit_scan, verify
from ramanfit.quantities import Quantities
from ramanfit.readers import ReadOptions, open_scans
from ramanfit.series import Keys, Schedule, Visit, chronological, place

if TYPE_CHECKING:
    from ramanfit.cli.console import Console
    from ramanfit.recipe import Recipe


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
    notes: list[str] = field(default_factory=list)
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
            outcome.notes += [f"{scan.source}: {note}" for note in scan.notes]
            if scan.metadata.information:
                outcome.inputs.append(scan.metadata.information)
            if job.keep_spectra:
                outcome.fits.append(fitted)
    except RamanfitError as error:
        outcome.error = error
    return outcome


def fit_exports(
    paths: Sequence[str],
    job: Job,
    schedule: Schedule,
    console: Console,
    *,
    jobs: int = 1,
    keep_going: bool = False,
    verify_count: int | None = None,
) -> tuple[list[tuple[Keys, Quantities]], list[str]]:
    """Fit all exports and return their rows' keys and quantities, scan by scan in order of time, and the inputs read.

    Raises
    ------
    RamanfitError
        The first error of an input, unless `keep_going`; any error when nothing could be fitted.
    """
    if job.recipe.name and verify_count is not None and job.engine == "lmfit":
        raise RecipeError("--verify compares with lmfit: leave out --engine lmfit")
    outcomes = []
    with console.progress(len(paths), "exports") as bar, _outcomes(paths, job, jobs) as found:
        for outcome in found:
            if outcome.error is not None:
                if not keep_going:
                    raise outcome.error
                console.survive(outcome.error)
            outcomes.append(outcome)
            bar.advance(1)
    for note in dict.fromkeys(note for outcome in outcomes for note in outcome.notes):
        console.say(note)
    visits = [visit for outcome in outcomes for visit in outcome.visits]
    quantities = [q for outcome in outcomes for q in outcome.quantities]
    order = chronological(visits)
    keys, notes = place([visits[i] for i in order], schedule)
    for note in notes:
        console.say(note)
    if verify_count is not None:
        verdict = verify([f for outcome in outcomes for f in outcome.fits], job.recipe, verify_count)
        console.say(
            f"verify: {verdict.spectra} spectra refitted with lmfit: largest difference "
            f"{verdict.difference_se:.2g} standard errors ({verdict.worst or 'none'}), standard errors within "
            f"{verdict.se_difference:.1g}, {verdict.better} with a lower chi-square"
        )
    rows = [(k, quantities[i]) for k, i in zip(keys, order, strict=True)]
    return rows, [path for outcome in outcomes for path in outcome.inputs]


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


def summarise(rows: Sequence[tuple[Keys, Quantities]], console: Console, *, check: bool) -> None:
    """Say how many fits are flagged, with what.

    Raises
    ------
    FlaggedFits
        With `check`, if any is.
    """
    report_flags([flags for _, q in rows for flags in q.flags.tolist()], console, check=check)


def report_flags(flags: Sequence[str], console: Console, *, check: bool) -> None:
    """As `summarise`, from the flags of all spectra."""
    flagged = [words for words in flags if words]
    if not flagged:
        return
    counts = Counter(word for words in flagged for word in words.split("|"))
    listed = ", ".join(f"{word} {count}" for word, count in counts.most_common())
    message = f"{len(flagged)} of {len(flags)} spectra flagged: {listed}"
    if check:
        raise FlaggedFits(message)
    console.say(message)


def command_line() -> list[str]:
    """Return the command as it was typed."""
    return ["ramanfit", *sys.argv[1:]]
