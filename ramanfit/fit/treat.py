"""Before the fit: a dark spectrum is subtracted, repeats are averaged; what was measured is judged first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ramanfit.fit.averages import Mean, groups_of, mean_of
from ramanfit.fit.build import window_channels
from ramanfit.fit.clipping import CEILING
from ramanfit.fit.dark import Dark, check_suits
from ramanfit.fit.prepare import SUMS, seen_light
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.notes import counted
from ramanfit.scan.scan import BoolArray, FloatArray, Scan
from ramanfit.scan.treated import Treated


class Treatment(NamedTuple):
    """What is done to counts before the fit.

    Attributes
    ----------
    dark : Dark or None
        What is subtracted.
    average : {"all", "point"}, int or None
        See `ramanfit.fit.averages.groups_of`.
    rows_are_scans : bool
    """

    dark: Dark | None = None
    average: str | int | None = None
    rows_are_scans: bool = False


def treat(scan: Scan, recipe: Recipe, treatment: Treatment) -> Scan:
    """Return a scan, whose counts are settled, as it is to be fitted.

    Raises
    ------
    UsageError
        If the dark spectrum does not suit it.
    """
    dark = treatment.dark
    if dark is not None:
        check_suits(dark, scan)
    near = _judged(scan, recipe)
    masked = np.zeros(scan.counts.shape, dtype=bool) if scan.mask is None else scan.mask.copy()
    level = recipe.clean.saturation_counts
    light = seen_light(scan.counts[:, near], masked[:, near] if masked.any() else None, level)
    if light.bad is not None:
        masked[:, near] = light.bad
    if dark is not None:
        masked |= dark.bad
    notes = [SUMS] if level == CEILING and light.sums.any() else []
    treated = Treated(light.saturated, light.clipped, None if dark is None else dark.variance)
    offset = np.zeros(scan.channels) if dark is None else dark.counts
    if treatment.average is None:
        counts = np.array(scan.counts, dtype=np.float64) - offset
        counts[~light.measured] = 0.0
        mask = masked if masked.any() else None
        return scan.with_(counts=counts, mask=mask, treated=treated, notes=(*scan.notes, *notes))
    groups = groups_of(scan, treatment.average, rows_are_scans=treatment.rows_are_scans)
    means = _averaged(scan, recipe, treated, groups, light.measured, masked, offset, near, notes)
    if dark is None or dark.variance is not None or means.treated is None:
        return means
    # what one dark spectrum adds is not in the scatter of repeats, but in the residuals of the fits
    return means.with_(treated=means.treated._replace(scatter=None))


def _judged(scan: Scan, recipe: Recipe) -> BoolArray:
    """Return the channels [M] on which saturation is judged: those that the fit sees."""
    shift, margin = scan.shift_cm1 + recipe.axis.shift_cm1, recipe.baseline.margin_cm1
    near = window_channels(shift, recipe)
    if margin:
        near = (shift >= recipe.window.low_cm1 - margin) & (shift <= recipe.window.high_cm1 + margin)
    return near if near.any() else np.ones(shift.size, dtype=bool)


def _averaged(
    scan: Scan,
    recipe: Recipe,
    treated: Treated,
    groups: np.ndarray,
    measured: BoolArray,
    masked: BoolArray,
    offset: FloatArray,
    near: BoolArray,
    notes: list[str],
) -> Scan:
    n, m = int(groups.max()) + 1, scan.channels
    counts, scatter, mask = np.zeros((n, m)), np.full((n, m), np.nan), np.zeros((n, m), dtype=bool)
    saturated, clipped, repeats = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool), np.zeros(n, dtype=np.intp)
    rays: list[tuple[int, float, float]] = []
    for k in range(n):
        rows = np.flatnonzero((groups == k) & measured)
        if not len(rows):
            continue
        some = np.asarray(scan.counts[rows], dtype=np.float64) - offset
        mean = mean_of(some, ~masked[rows], spikes=recipe.clean.spikes)
        counts[k], scatter[k], mask[k], repeats[k] = mean.counts, mean.scatter, masked[rows].any(axis=0), len(rows)
        saturated[k], clipped[k] = treated.saturated[rows].any(), treated.clipped[rows].any()
        rays += [(k, low, high) for low, high in _rays(mean, near, scan.shift_cm1 + recipe.axis.shift_cm1)]
    if not measured.all():
        notes.append(f"{(~measured).sum()} of {len(scan)} spectra were not measured: they are in no mean")
        there = repeats[groups] > 0
        groups = np.where(there & ~measured, -1, groups)
    whole = np.bincount(groups[groups >= 0], minlength=n)
    if n > 1 and whole[-1] < whole.max():
        notes.append(f"the last mean is of {counted(int(whole[-1]), 'spectrum')}, the others of {whole.max()}")
    return scan.with_(
        counts=counts,
        mask=mask if mask.any() else None,
        kind="spectrum" if n == 1 else "line",
        position_um=None,
        coordinates_um=None,
        grid=None,
        offset_s=None,
        notes=(*scan.notes, *notes),
        treated=Treated(saturated, clipped, treated.dark, groups, repeats, scatter, tuple(rays)),
    )


def _rays(mean: Mean, near: BoolArray, shift_cm1: FloatArray) -> list[tuple[float, float]]:
    """Return first and last shift of every cosmic ray that the repeats of a mean had where the fit sees it."""
    hits = np.pad(mean.spikes & near, ((0, 0), (1, 1))).astype(np.int8)
    edge = np.diff(hits, axis=1)
    (_, first), (_, last) = np.nonzero(edge == 1), np.nonzero(edge == -1)
    return list(zip(shift_cm1[first].tolist(), shift_cm1[last - 1].tolist(), strict=True))
