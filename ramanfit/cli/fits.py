"""What the fitting commands share: read, fit, put in order, and say how it went."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ramanfit.cli.cell import cell_record, keys_with_cell
from ramanfit.cli.inputs import exports, say_notes
from ramanfit.cli.work import Job, Keep, Outcome
from ramanfit.cli.work import outcomes as work
from ramanfit.errors import FlaggedFits, RecipeError
from ramanfit.experiment.outliers import with_outliers
from ramanfit.fit.pipeline import Fitted
from ramanfit.fit.quantities import Quantities
from ramanfit.fit.second_opinion import verify
from ramanfit.fit.sensitivity import Departures, alternatives
from ramanfit.scan.schedule import Keys, Schedule, chronological, place
from ramanfit.tables.columns import lengthened, statuses, wide_table
from ramanfit.tables.table import Table

if TYPE_CHECKING:
    from ramanfit.cli.console import Console
    from ramanfit.cli.display import Output
    from ramanfit.cli.request import Request


class FittedScan(NamedTuple):
    """A scan in its place in the experiment, and its fits."""

    keys: Keys
    quantities: Quantities
    kept: Any


def fit_all(
    request: Request,
    console: Console,
    keep: Keep | None = None,
    store: Callable[[Any], Any] | None = None,
) -> tuple[list[FittedScan], list[str]]:
    """Fit all exports of a request; say what had to be assumed.

    Parameters
    ----------
    request : Request
    console : Console
    keep : callable, optional
        What is taken from fits before they are let go; works in the process that fits.
    store : callable, optional
        What becomes of that in this process.

    Returns
    -------
    scans : list of FittedScan
        In order of time.
    inputs : list of str
        All files that were read.

    Raises
    ------
    RamanfitError
        The first error of an input, unless going on was asked for.
    """
    recipe, job = request.recipe, job_of(request, keep)
    if not recipe.baseline.in_fit:
        console.warn(
            f"{recipe.baseline.method} is subtracted before the fit: it takes part of broad peaks with it, and no "
            "standard error knows; --sensitivity shows how much"
        )
    paths = exports(request.files, console, keep_going=request.keep_going)
    outcomes: list[Outcome] = []
    notes: dict[str, list[str]] = {}
    with console.progress(len(paths), "exports") as bar, work(paths, job, request.jobs) as found:
        for outcome in found:
            if outcome.error is not None:
                if not request.keep_going:
                    raise outcome.error
                console.survive(outcome.error)
            for note, source in outcome.notes:
                notes.setdefault(note, []).append(source)
            if store is not None:
                outcome.kept = [store(kept) for kept in outcome.kept]
            outcomes.append(outcome)
            bar.advance(1)
    say_notes(notes, console)
    say_departures(
        {name: [d for o in outcomes for d in o.departures.get(name, [])] for name in job.alternatives}, console
    )
    visits = [visit for outcome in outcomes for visit in outcome.visits]
    quantities = [q for outcome in outcomes for q in outcome.quantities]
    kept = [k for outcome in outcomes for k in outcome.kept]
    order = chronological(visits)
    keys, assumed = place([visits[i] for i in order], Schedule(**request.placement))
    for note in assumed:
        console.say(note)
    masked = [found for outcome in outcomes for found in outcome.cosmic_rays]
    _say_cosmic_rays(keys, [masked[i] for i in order], console)
    scans = [FittedScan(k, quantities[i], kept[i]) for k, i in zip(keys, order, strict=True)]
    return scans, [path for outcome in outcomes for path in outcome.inputs]


def _say_cosmic_rays(
    keys: Sequence[Keys], masked: Sequence[Sequence[tuple[int, float, float]]], console: Console
) -> None:
    """Say how many cosmic rays were masked and, to who wants to know more, where."""
    count = sum(map(len, masked))
    if not count:
        return
    hit = sum(len({row for row, _, _ in found}) for found in masked)
    console.say(f"{count} cosmic rays masked in {hit} of {sum(map(len, keys))} spectra (-v: where)")
    for k, found in zip(keys, masked, strict=True):
        for row, low, high in found:
            console.detail(f"{k.source}: {k.point[row]}: cosmic ray masked at {low:.1f}-{high:.1f} cm-1")


def wide_of(scans: Sequence[FittedScan]) -> tuple[Table, dict[str, tuple[str, ...]]]:
    """Return the wide table of scans in order of time, outliers flagged, and the status of every peak."""
    table = with_outliers(Table.concat([wide_table(scan.keys, scan.quantities) for scan in scans]))
    words = [statuses(scan.quantities) for scan in scans]
    return table, {peak: tuple(word for w in words for word in w[peak]) for peak in words[0]}


def job_of(request: Request, keep: Keep | None = None) -> Job:
    """Return how the exports of a request become fits.

    Raises
    ------
    RecipeError
        If the recipe's alternatives were asked for and are not valid.
    """
    recipe, reading = request.recipe, request.reading
    others = alternatives(recipe) if request.sensitivity else {}
    return Job(reading.options(recipe.axis), reading.stdin_name, recipe, request.engine, keep, others)


def say_departures(found: Mapping[str, Sequence[Departures]], console: Console) -> None:
    """Say by how much each alternative differs, the median over the spectra."""
    for name, parts in found.items():
        columns = {column: np.concatenate([part[column] for part in parts]) for column in (parts[0] if parts else ())}
        known = {column: values[np.isfinite(values)] for column, values in columns.items()}
        words = [f"{column} {np.median(values):+.3g}" for column, values in known.items() if len(values)]
        console.say(f"sensitivity, {name}: {', '.join(words) or 'nothing to compare'} (median)")


def write_fits(request: Request, output: Output, console: Console, numerators: Mapping[str, str] | None = None) -> None:
    """Fit all exports and write their table, in order of time; then the record, then the flags.

    Parameters
    ----------
    request : Request
    output : Output
    console : Console
    numerators : mapping of str to str, optional
        Ratio to the peak on whose row it stands, for the long table; None: the wide one.

    Raises
    ------
    RamanfitError
        The first error of an input, unless going on was asked for.
    FlaggedFits
        When flags were asked to count and a fit is flagged.
    """
    with output.open() as writer:  # before any work: a target that cannot be written is told at once
        scans, inputs = fit_all(request, console, keep=_themselves if second_opinion(request) else None)
        keys = [scan.keys for scan in scans]
        record = cell_record(request, [k.started for k in keys], console)
        found = keys_with_cell(keys, record, console)
        flags: list[str] = []
        if scans:
            table, status = wide_of([scan._replace(keys=k) for scan, k in zip(scans, found, strict=True)])
            flags = [str(words) for words in table.columns["flags"]]
            if numerators is not None:
                started = [k.started for k in keys for _ in range(len(k))]
                table = lengthened(table, status, numerators, started)
            writer.write(table)
    write_meta(request, inputs)
    say_second_opinion(request, [scan.kept for scan in scans], console)
    report_flags(flags, console, check=request.check)


def second_opinion(request: Request) -> bool:
    """Tell whether fits are to be repeated with lmfit.

    Raises
    ------
    RecipeError
        If they were made with it.
    """
    if request.verify is not None and request.engine == "lmfit":
        raise RecipeError("--verify compares with lmfit: leave out --engine lmfit")
    return request.verify is not None


def say_second_opinion(request: Request, fits: Sequence[Fitted], console: Console) -> None:
    """Repeat some fits with lmfit, if that was asked for, and say how far it is."""
    if request.verify is None:
        return
    verdict = verify(fits, request.recipe, request.verify)
    console.say(
        f"verify: {verdict.spectra} spectra refitted with lmfit: largest difference "
        f"{verdict.difference_se:.2g} standard errors ({verdict.worst or 'none'}), standard errors within "
        f"{verdict.se_difference:.1g}, {verdict.better} with a lower chi-square"
    )


def _themselves(fits: Sequence[Fitted]) -> Sequence[Fitted]:
    return fits


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


def write_meta(request: Request, inputs: Sequence[str]) -> None:
    """Write what was done, if that was asked for."""
    if request.meta:
        from ramanfit.experiment.provenance import write_record

        if request.echem is not None:
            inputs = [*inputs, request.echem.path]
        write_record(request.meta, request.recipe, inputs, ["ramanfit", *sys.argv[1:]])
