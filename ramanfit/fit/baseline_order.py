"""Which polynomial a scan's baseline asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ramanfit.fit.cosmic_rays import gross_spikes
from ramanfit.fit.engine import limits
from ramanfit.fit.engine.compiled import engine
from ramanfit.fit.model import Model
from ramanfit.fit.prepare import Prepared
from ramanfit.scan.scan import BoolArray, FloatArray

SAMPLE = 48  # spectra of a scan that are asked, evenly spaced

Rows = npt.NDArray[np.intp]


def with_orders(scans: Sequence[Prepared]) -> list[Prepared]:
    """Return scans with the polynomial that each asks for, among all up to that of its model.

    All spectra of a scan have one order, since a change of order would show as a step in the ratio. It is the larger
    of two with the lowest Bayesian information criterion, ``n ln(chi2) + k ln(n)`` as in `ramanfit.fit.pipeline`, over
    spectra that are evenly spaced: summed over them, which finds what single spectra ask for, and of the mean of their
    residuals, which finds what is left in all of them though each alone is too noisy to show it.

    Parameters
    ----------
    scans : sequence of Prepared
        Their models hold the largest polynomial.
    """
    chosen = list(scans)
    for numbers in _alike(scans):
        model = scans[numbers[0]].model
        rows = [_sample(scans[i].measured) for i in numbers]
        if not sum(map(len, rows)):
            continue
        taken = [scans[i].take(some) for i, some in zip(numbers, rows, strict=True)]
        counts = np.concatenate([some for some, _ in taken])
        masks = [use for _, use in taken if use is not None]
        use = np.concatenate(masks) if masks else np.ones(counts.shape, dtype=bool)
        use = use & ~gross_spikes(counts, use)
        models = [model.with_order(order) for order in range(len(model.basis))]
        residuals = np.stack([_residuals(m, counts, use) for m in models])
        first = 0
        for i, some in zip(numbers, rows, strict=True):
            its_rows = slice(first, first + len(some))
            first += len(some)
            if (order := _order(residuals[:, its_rows], use[its_rows])) is not None:
                chosen[i] = replace(scans[i], model=models[order])
    return chosen


def _residuals(model: Model, counts: FloatArray, use: BoolArray) -> FloatArray:
    weights = None if use.all() else use.astype(np.float64)
    fits = engine.fit(model, counts, weights, tolerance=limits.ROUGH)
    return np.where(use, counts - model.evaluate(fits), 0.0)


def _order(residuals: FloatArray, use: BoolArray) -> int | None:
    """Return the order that residuals [K, N, M] of fits with orders 0 to K - 1 ask for; None: nothing was fitted."""
    good = np.isfinite(residuals).all(axis=(0, 2)) & (residuals != 0).any(axis=(0, 2))
    if not good.any():
        return None
    residuals, used = residuals[:, good], use[good]
    more = np.arange(len(residuals))
    chi2, n = (residuals**2).sum(axis=2), used.sum(axis=1)
    if not (chi2 > 0).all():  # no noise: the first that leaves nothing
        return int((chi2 / chi2[0]).sum(axis=1).argmin())
    summed = (n * np.log(chi2) + more[:, None] * np.log(n)).sum(axis=1)
    weight = used / np.sqrt(chi2[-1] / n)[:, None]
    mean = (residuals * weight).sum(axis=1) / np.maximum(weight.sum(axis=0), np.finfo(float).tiny)
    channels = np.count_nonzero(used.any(axis=0))
    pooled = channels * np.log((mean**2).sum(axis=1)) + more * np.log(channels)
    return int(max(summed.argmin(), pooled.argmin()))


def _sample(measured: np.ndarray) -> Rows:
    rows = np.flatnonzero(measured)
    places = np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).round().astype(int)
    return np.asarray(rows[np.unique(places)])


def _alike(scans: Sequence[Prepared]) -> Iterator[list[int]]:
    """Yield numbers of scans that can be fitted together."""
    rest = list(range(len(scans)))
    while rest:
        first = scans[rest[0]]
        same = [i for i in rest if scans[i].like(first) and (scans[i].use is None) == (first.use is None)]
        yield same
        rest = [i for i in rest if i not in same]
