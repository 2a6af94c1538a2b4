"""The spectra of the page with their fits: every curve is computed here, none by the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ramanfit.drawing.report.packing import Stepped, deflated, numbers, planes, second_differences, stepped
from ramanfit.experiment.spectra import Spectra
from ramanfit.fit.curves import Curves
from ramanfit.scan.scan import FloatArray

DRAWN, UNDETECTED, NOT_IN_FIT = "ou-"  # letters of a peak in a spectrum


def spectra_of(spectra: Spectra, rows: Iterable[int]) -> tuple[dict[str, Any], list[int], str]:
    """Return what belongs to each spectrum, the row of each, and the counts and curves of all.

    Parameters
    ----------
    spectra : Spectra
    rows : iterable of int
        Of the table; one without a spectrum is left out.

    Returns
    -------
    about : dict
        ``channels`` (of each axis), ``peaks``, and by spectrum ``axis``, ``offset``, ``step``, ``shift``, ``masked``
        (channels), ``fitted`` and ``drawn`` (a letter for each peak: in the fit and detected, not detected, not in it).
    drawn_rows : list of int
        Row of every spectrum.
    packed : str
        As `planes` lays and `deflated` packs them: the counts of all spectra one after another, then their baselines,
        then peak after peak, each of these as `second_differences`.
    """
    axes: dict[bytes, int] = {}
    channels: list[list[float | None]] = []
    names = ("axis", "offset", "step", "shift", "masked", "fitted", "drawn")
    by_spectrum: dict[str, list[Any]] = {name: [] for name in names}
    drawn_rows: list[int] = []
    blocks: list[Stepped] = []
    peaks: tuple[str, ...] = ()  # of several recipes, those of the last
    for its_rows, curves in spectra.together(rows):
        shift, peaks = curves.shift_cm1, curves.peaks
        axis = axes.setdefault(shift.tobytes(), len(axes))
        if axis == len(channels):
            channels.append(numbers(shift))
        block = _stepped(curves)
        blocks.append(block)
        drawn_rows += its_rows
        by_spectrum["axis"] += [axis] * len(its_rows)
        by_spectrum["offset"] += block.offset.tolist()
        by_spectrum["step"] += block.step.tolist()
        by_spectrum["shift"] += block.shift.tolist()
        by_spectrum["masked"] += [np.flatnonzero(~use).tolist() for use in curves.use]
        by_spectrum["fitted"] += curves.fitted.astype(int).tolist()
        by_spectrum["drawn"] += _letters(curves)
    parts = [second_differences(block.parts[c]) for c in range(1 + len(peaks)) for block in blocks]
    packed = deflated(planes([*(block.counts for block in blocks), *parts]))
    return {"channels": channels, "peaks": list(peaks), **by_spectrum}, drawn_rows, packed


def _stepped(curves: Curves) -> Stepped:
    parts = np.stack([curves.baseline(), *(curves.peak(p) for p in range(len(curves.peaks)))])
    return stepped(curves.counts, parts, _noise(curves.counts))


def _noise(counts: FloatArray) -> FloatArray:
    """Return how far counts scatter, [N], by what each is besides the line through its neighbours."""
    if counts.shape[1] < 3:
        return np.zeros(len(counts))
    bends = np.abs(np.nan_to_num(np.diff(counts, n=2, axis=1)))
    return np.asarray(np.median(bends, axis=1) / (0.6745 * 6**0.5))


def _letters(curves: Curves) -> list[str]:
    there = np.isfinite(curves.center_cm1)
    letters = np.where(there & curves.detected, DRAWN, np.where(there, UNDETECTED, NOT_IN_FIT))
    return ["".join(row) for row in letters.tolist()]
