"""Which spectra are fitted together, and what a worker process gets of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ramanfit.fit.model import Model
from ramanfit.fit.prepare import Prepared
from ramanfit.recipe.parts import Errors
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray

Index = npt.NDArray[np.intp]
Rows = TypeVar("Rows", FloatArray, BoolArray)
Batch = list[tuple[int, Index]]
"""Numbers of scans, each with the rows of it."""

CHUNK = 2048  # spectra that go through all steps together and share a detector's gain


class Task(NamedTuple):
    """N spectra on one axis that are fitted together, as a worker process gets them.

    Attributes
    ----------
    model : Model
    counts : array [N, M]
        Less what is subtracted.
    use : bool array [N, M] or None
        Channels that may be fitted; None: all.
    scan : int array [N]
        Ascending: spectra of one scan share a gain, and cosmic rays are compared inside it.
    noise : str
        See `ramanfit.recipe.parts.Noise`.
    engine : str
        See `ramanfit.fit.engine.engine_named`.
    spikes : bool
        Whether to look for cosmic rays.
    doublets : tuple of int
        Peaks that are also tried as two lines.
    under : array [N, M] or None
        What was subtracted before the fit.
    errors : Errors
    ratios : tuple of (int, int)
        Numerator and denominator, numbers of peaks.
    min_snr : float
        Least height of a peak that is there, in standard errors.
    extra, scatter : array [N, M] or None
        See `ramanfit.fit.noise.estimate_noise`.
    """

    model: Model
    counts: FloatArray
    use: BoolArray | None
    scan: Index
    noise: str
    engine: str
    spikes: bool
    doublets: tuple[int, ...] = ()
    under: FloatArray | None = None
    errors: Errors = Errors()
    ratios: tuple[tuple[int, int], ...] = ()
    min_snr: float = 0.0
    extra: FloatArray | None = None
    scatter: FloatArray | None = None


def batches(scans: Sequence[Prepared]) -> Iterator[Batch]:
    """Yield what is fitted together: the measured rows of scans, up to `CHUNK` spectra on one axis."""
    batch: Batch = []
    size, masked = 0, False
    for i, prepared in enumerate(scans):
        for start in range(0, len(prepared.counts), CHUNK):
            rows = start + np.flatnonzero(prepared.measured[start : start + CHUNK])
            if not len(rows):
                continue
            before, masked = masked, prepared.masks(rows)  # a fit takes another way with a mask
            alike = masked == before and (not batch or prepared.like(scans[batch[0][0]]))
            if batch and (size + len(rows) > CHUNK or not alike):
                yield batch
                batch, size = [], 0
            batch.append((i, rows))
            size += len(rows)
    if batch:
        yield batch


def task_of(batch: Batch, scans: Sequence[Prepared], recipe: Recipe, engine: str) -> Task:
    """Return the spectra of a batch as a task."""
    picked = [(scans[i], rows) for i, rows in batch]
    taken = [prepared.take(rows) for prepared, rows in picked]
    counts = taken[0][0] if len(taken) == 1 else np.concatenate([some for some, _ in taken])
    masked = [prepared.masks(rows) for prepared, rows in picked]
    use = _joined([use if some else None for some, (_, use) in zip(masked, taken, strict=True)])
    under = _joined([None if prepared.under is None else prepared.under[rows] for prepared, rows in picked])
    model = picked[0][0].model
    return Task(
        model=model,
        counts=counts if under is None else counts - under,
        use=use,
        scan=np.repeat(np.arange(len(picked)), [len(rows) for _, rows in picked]),
        noise=recipe.noise.model,
        engine=engine,
        spikes=recipe.clean.spikes,
        doublets=tuple(model.names.index(name) for name in recipe.detection.doublets),
        under=under,
        errors=recipe.errors,
        ratios=tuple((model.names.index(r.numerator), model.names.index(r.denominator)) for r in recipe.ratios),
        min_snr=recipe.detection.min_snr,
        extra=_joined([prepared.extra_of(rows) for prepared, rows in picked]),
        scatter=_joined([None if prepared.scatter is None else prepared.scatter[rows] for prepared, rows in picked]),
    )


def _joined(arrays: Sequence[Rows | None]) -> Rows | None:
    """Return rows of several scans one after another; None where they have none."""
    there = [array for array in arrays if array is not None]
    return np.concatenate(there) if len(there) > 1 else there[0] if there else None
