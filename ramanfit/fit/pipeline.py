"""Scan in, fits out: the order of the steps, and nothing of files or printing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ramanfit.fit.batch import Batch, Task, batches, task_of
from ramanfit.fit.clipping import without_dead
from ramanfit.fit.prepare import Prepared, prepare
from ramanfit.fit.quantities import Quantities
from ramanfit.fit.result import FitResult
from ramanfit.fit.steps import Steps
from ramanfit.fit.together import Joined
from ramanfit.frozen import dataclass
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import Scan

if TYPE_CHECKING:
    from ramanfit.fit.hands import Submits

Spread = Callable[[Callable[[Task], FitResult], Iterable[Task]], Iterable[FitResult]]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted scan: what went in, what came out, and what follows from it."""

    scan: Scan
    prepared: Prepared  # with the cosmic rays masked
    result: FitResult
    quantities: Quantities


def fit_scan(
    scan: Scan, recipe: Recipe, engine: str = "varpro", spread: Spread = map, executor: Submits | None = None
) -> Fitted:
    """Fit every spectrum of a scan.

    Parameters
    ----------
    scan : Scan
    recipe : Recipe
    engine : {"varpro", "lmfit"}
    spread : callable
        Works as `map` does; that of an executor uses several processes. The result is the same.
    executor : Submits, optional
        Anything with `submit`, as `concurrent.futures` has it, that is handed blocks of the scan: in place of `spread`,
        of which only executors of `concurrent.futures` have one that suits.

    Returns
    -------
    Fitted
        One row per spectrum, whatever became of it.

    """
    if executor is not None:
        from ramanfit.fit.hands import Hands

        spread = Hands(executor)
    scan = settled(scan)
    return fit_prepared([(scan, prepare(scan, recipe))], recipe, engine, spread)[0]


def settled(scan: Scan) -> Scan:
    """Return a scan with masks, and notes, of what belongs to all of it: missing counts and dead channels."""
    return without_dead(scan.settled())


def fit_prepared(
    scans: Sequence[tuple[Scan, Prepared]], recipe: Recipe, engine: str = "varpro", spread: Spread = map
) -> list[Fitted]:
    """Fit several scans, those on one axis together: many small scans then cost hardly more than one large.

    The results are those of `fit_scan`, bit for bit: scans share nothing.
    """
    scans = _with_orders(scans, recipe)
    ready = [prepared for _, prepared in scans]
    fits = Joined([scan for scan, _ in scans], ready, recipe)
    todo = list(batches(ready))
    tasks = (task_of(batch, ready, recipe, engine) for batch in todo)
    for batch, result in zip(todo, spread(fit_task, tasks), strict=True):
        fits.put(batch, result)
    return _finished(scans, fits, recipe)


def fit_in_turn(
    scans: Iterable[tuple[Scan, Prepared]], recipe: Recipe, engine: str = "varpro", spread: Spread = map
) -> Iterator[Fitted]:
    """Fit scans one after another, as parts of one; those that come late are taken as there is work for them.

    The recipe names the order of its baseline's polynomial: to choose one takes all that share it.
    """
    begun = deque[tuple[tuple[Scan, Prepared], Joined, list[Batch]]]()

    def tasks() -> Iterator[Task]:
        for scan, prepared in scans:
            todo = list(batches([prepared]))
            begun.append(((scan, prepared), Joined([scan], [prepared], recipe), todo))
            yield from (task_of(batch, [prepared], recipe, engine) for batch in tuple(todo))

    for result in spread(fit_task, tasks()):
        while not begun[0][2]:  # nothing of it was measured, or all is done
            pair, fits, _ = begun.popleft()
            yield from _finished([pair], fits, recipe)
        _, fits, todo = begun[0]
        fits.put(todo.pop(0), result)
    while begun:
        pair, fits, _ = begun.popleft()
        yield from _finished([pair], fits, recipe)


def _finished(scans: Sequence[tuple[Scan, Prepared]], fits: Joined, recipe: Recipe) -> list[Fitted]:
    results = fits.results()
    cleaned = [
        prepared if result.spikes is None or not result.spikes.any() else prepared.without(result.spikes)
        for (_, prepared), result in zip(scans, results, strict=True)
    ]
    noted = [
        scan.with_(notes=(*scan.notes, *prepared.notes)) if prepared.notes else scan
        for (scan, _), prepared in zip(scans, cleaned, strict=True)
    ]
    derived = fits.quantities(cleaned, recipe)
    return [Fitted(*its) for its in zip(noted, cleaned, results, derived, strict=True)]


def _with_orders(scans: Sequence[tuple[Scan, Prepared]], recipe: Recipe) -> Sequence[tuple[Scan, Prepared]]:
    """Return scans with the polynomial that each asks for, and a note of it, where the recipe leaves that open."""
    if recipe.baseline.order != "auto":
        return scans
    from ramanfit.fit.baseline_order import with_orders

    chosen = with_orders([prepared for _, prepared in scans])
    noted = (
        scan.with_(notes=(*scan.notes, f"baseline of order {len(prepared.model.basis) - 1}, chosen by BIC"))
        if prepared.measured.any()
        else scan
        for (scan, _), prepared in zip(scans, chosen, strict=True)
    )
    return list(zip(noted, chosen, strict=True))


def fit_task(task: Task) -> FitResult:
    """Fit spectra on one axis: the steps, in order."""
    work = Steps(task)
    work.mask_gross_spikes()
    first = work.fit_with_equal_weights()  # shows the noise
    work.estimate_noise(first)
    work.mask_spikes_above(first, first)
    first = work.find_smooth_part(first)
    final = work.fit_with_noise_weights(first)  # weights follow the curves of the first
    work.mask_spikes_above(final, first)
    final = work.ask_rivals(work.ask_for_missing_bands(final), first)
    final = work.judge_shapes(work.let_go_of_unseen(final))
    return work.with_errors(final)
