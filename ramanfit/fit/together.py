"""Small scans on one axis, joined: what is found spectrum by spectrum is then found for all of them at once.

Nothing that belongs to a whole scan (its gain, its notes, whether one of its channels is masked) is asked of what is
joined here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from ramanfit.fit.batch import CHUNK, Batch
from ramanfit.fit.model import Model
from ramanfit.fit.prepare import SUMS, Prepared, prepare
from ramanfit.fit.quantities import Quantities, quantities
from ramanfit.fit.result import FitResult, Status
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray, Scan


def runs(scans: Sequence[Scan], models: Sequence[Model] | None = None) -> Iterator[slice]:
    """Yield scans that may be joined: those in a row on one axis, with one model, of up to `CHUNK` spectra.

    One that was treated before the fit, or whose counts stay in their file, is by itself.
    """
    first, size = 0, 0
    for i, scan in enumerate(scans):
        same = models is None or models[i] is models[first]
        if i > first and not (same and size + len(scan) <= CHUNK and _alike(scans[first], scan)):
            yield slice(first, i)
            first, size = i, 0
        size += len(scan)
    if scans:
        yield slice(first, len(scans))


def _alike(scan: Scan, other: Scan) -> bool:
    plain = all(isinstance(each.counts, np.ndarray) and each.treated is None for each in (scan, other))
    return plain and np.array_equal(scan.shift_cm1, other.shift_cm1)


def rows_of(scans: Sequence[Scan]) -> list[slice]:
    """Return the rows of each of several scans where they are joined."""
    ends = np.cumsum([len(scan) for scan in scans]).tolist()
    return [slice(first, end) for first, end in zip([0, *ends[:-1]], ends, strict=True)]


def joined(scans: Sequence[Scan]) -> Scan:
    """Return axis, counts and masks of scans as those of one."""
    if len(scans) == 1:
        return scans[0]
    counts = [np.asarray(scan.counts) for scan in scans]
    mask = _marks([scan.mask for scan in scans], counts, empty=False)
    return Scan(scans[0].shift_cm1, np.concatenate(counts), source=scans[0].source, mask=mask)


def joined_prepared(scans: Sequence[Prepared]) -> Prepared:
    """Return prepared scans as one, without notes."""
    if len(scans) == 1:
        return scans[0]
    counts = [np.asarray(scan.counts) for scan in scans]
    under = [scan.under for scan in scans if scan.under is not None]
    return Prepared(
        scans[0].model,
        np.concatenate(counts),
        use=_marks([scan.use for scan in scans], counts, empty=True),
        measured=np.concatenate([scan.measured for scan in scans]),
        saturated=np.concatenate([scan.saturated for scan in scans]),
        clipped=np.concatenate([scan.clipped for scan in scans]),
        unfit=np.concatenate([scan.unfit for scan in scans]),
        spikes=_marks([scan.spikes for scan in scans], counts, empty=False),
        under=np.concatenate(under) if under else None,
    )


def joined_results(results: Sequence[FitResult]) -> FitResult:
    """Return fits with one model as those of one scan."""
    return results[0] if len(results) == 1 else FitResult.concat(results)


def _marks(marks: Sequence[BoolArray | None], counts: Sequence[FloatArray], *, empty: bool) -> BoolArray | None:
    """Return the marks of all scans where one has any; `empty` stands for none."""
    if all(its is None for its in marks):
        return None
    pairs = zip(marks, counts, strict=True)
    return np.concatenate([np.full(its.shape, empty) if marked is None else marked for marked, its in pairs])


def prepare_all(scans: Sequence[Scan], recipe: Recipe) -> list[Prepared]:
    """Prepare scans as `prepare` does, in fewer passes."""
    ready = list[Prepared]()
    for run in runs(scans):
        whole = prepare(joined(scans[run]), recipe)
        if run.stop - run.start == 1:
            ready.append(whole)
        elif SUMS in whole.notes:  # whose they are is not known
            ready += [prepare(scan, recipe) for scan in scans[run]]
        else:
            ready += [_part(whole, rows) for rows in rows_of(scans[run])]
    return ready


def _part(whole: Prepared, rows: slice) -> Prepared:
    use = None if whole.use is None else whole.use[rows]
    return replace(
        whole,
        counts=np.asarray(whole.counts)[rows],
        use=None if use is None or use.all() else use,
        measured=whole.measured[rows],
        saturated=whole.saturated[rows],
        clipped=whole.clipped[rows],
        unfit=whole.unfit[rows],
        under=None if whole.under is None else whole.under[rows],
    )


class Joined:
    """Fits of scans in as few arrays as their axes and models allow, of which each scan has some rows.

    Parameters
    ----------
    scans : sequence of Scan
    ready : sequence of Prepared
        The same.
    recipe : Recipe
    """

    def __init__(self, scans: Sequence[Scan], ready: Sequence[Prepared], recipe: Recipe) -> None:
        self._runs = list(runs(scans, [prepared.model for prepared in ready]))
        self._wholes = [_unmeasured(ready[run], recipe) for run in self._runs]
        self._places = [(k, rows) for k, run in enumerate(self._runs) for rows in rows_of(scans[run])]

    def put(self, batch: Batch, result: FitResult) -> None:
        """Write the fits of a batch."""
        first = 0
        for k, some in groupby(batch, key=lambda its: self._places[its[0]][0]):
            rows = np.concatenate([self._places[i][1].start + its for i, its in some])
            self._wholes[k].put(rows, result.take(slice(first, first + len(rows))))
            first += len(rows)

    def results(self) -> list[FitResult]:
        """Return the fits of every scan."""
        return [self._wholes[k].take(rows) for k, rows in self._places]

    def quantities(self, cleaned: Sequence[Prepared], recipe: Recipe) -> list[Quantities]:
        """Return what follows from the fits of every scan; `cleaned` has their cosmic rays masked."""
        derived = [
            quantities(whole, joined_prepared(cleaned[run]), recipe)
            for run, whole in zip(self._runs, self._wholes, strict=True)
        ]
        alone = [run.stop - run.start == 1 for run in self._runs]
        return [derived[k] if alone[k] else derived[k].take(rows) for k, rows in self._places]


def _unmeasured(ready: Sequence[Prepared], recipe: Recipe) -> FitResult:
    """Return rows for all spectra of scans with one model, with room for what will be asked of them."""
    model, unfit = ready[0].model, np.concatenate([prepared.unfit for prepared in ready])
    n, m = len(unfit), len(model.shift_cm1)
    return replace(
        model.unfitted(n, Status.NOT_MEASURED),
        status=np.where(unfit, Status.FAILED, Status.NOT_MEASURED).astype(np.int8),
        spikes=np.zeros((n, m), dtype=bool) if recipe.clean.spikes else None,
        intervals=None if recipe.errors.method == "covariance" else np.full((n, len(recipe.ratios), 2), np.nan),
    )
