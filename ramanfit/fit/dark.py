"""A dark spectrum: what the detector shows without light, and how well that is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ramanfit.errors import FormatError, UsageError
from ramanfit.fit.averages import mean_of
from ramanfit.fit.cosmic_rays import gross_spikes
from ramanfit.scan.scan import BoolArray, FloatArray, Metadata, Scan

PRIOR = 16.0  # degrees of freedom that the noise common to all channels counts for beside a channel's own
SAME_AXIS = 0.01  # channels by which axes may differ
SAME_TIME = 1e-6  # of an integration time


class Dark(NamedTuple):
    """The mean of some dark spectra.

    Attributes
    ----------
    source : str
    shift_cm1, counts : array [M]
    variance : array [M] or None
        Of the mean; None: a single spectrum does not tell its noise from the detector's own pattern.
    bad : bool array [M]
        Channels that are not known.
    spectra : int
        How many it is the mean of.
    hits : int
        Cosmic rays that were left out.
    metadata : Metadata
    """

    source: str
    shift_cm1: FloatArray
    counts: FloatArray
    variance: FloatArray | None
    bad: BoolArray
    spectra: int
    hits: int
    metadata: Metadata


def dark_of(source: str, scans: Sequence[Scan]) -> Dark:
    """Return the mean of the spectra of one dark measurement.

    Parameters
    ----------
    source : str
        The file, for messages.
    scans : sequence of Scan
        What is in it.

    Raises
    ------
    FormatError
        If it holds several measurements, or no spectrum.
    """
    if len(scans) != 1:
        names = ", ".join(scan.name for scan in scans[:5])
        found = f"{len(scans)} ({names})" if scans else "none"
        hint = "name it: FILE::NAME" if scans else None
        raise FormatError(source, expected="one dark measurement", found=found, hint=hint)
    scan = scans[0].settled()
    counts = np.asarray(scan.counts, dtype=np.float64)
    use = np.ones(counts.shape, dtype=bool) if scan.mask is None else ~scan.mask
    measured = counts.max(axis=1) > counts.min(axis=1)
    if not measured.any():
        raise FormatError(source, expected="a dark spectrum", found="constant counts: nothing was measured")
    counts, use = counts[measured], use[measured]
    n = len(counts)
    if n == 1:
        hits = gross_spikes(counts, use)
        return Dark(
            source,
            scan.shift_cm1,
            counts[0],
            None,
            (hits | ~use)[0],
            n,
            _runs(hits),
            scan.metadata,
        )
    mean = mean_of(counts, use)
    away = mean.filled - mean.counts
    away -= away.mean(axis=1, keepdims=True)  # an offset that drifts is no noise of a channel
    each = (away * away).sum(axis=0) / (n - 1)
    in_order = np.sort(each)
    common = (
        in_order[len(in_order) // 2] / (1 - 2 / (9 * (n - 1))) ** 3
    )  # Wilson & Hilferty (1931): median of chi-square
    variance = (PRIOR * common + (n - 1) * each) / (PRIOR + n - 1) / n
    bad, hit = ~use.all(axis=0), mean.spikes
    return Dark(source, scan.shift_cm1, mean.counts, variance, bad, n, _runs(hit), scan.metadata)


def _runs(hits: BoolArray) -> int:
    """Return how many runs of channels are hit."""
    return int((np.diff(np.pad(hits, ((0, 0), (1, 0))).astype(np.int8), axis=1) == 1).sum())


def check_suits(dark: Dark, scan: Scan) -> None:
    """Make sure that a dark spectrum was taken as a scan was.

    Raises
    ------
    UsageError
        If axis, integration time or accumulations differ.
    """
    mine, its = dark.shift_cm1, scan.shift_cm1
    if mine.size != its.size or np.abs(mine - its).max() > SAME_AXIS * np.diff(its).min():
        raise UsageError(
            f"{scan.source}: its axis is not that of the dark spectrum {dark.source}: {_axis(its)}, and {_axis(mine)}"
        )
    for name, word in (("integration_s", "integration time"), ("accumulations", "accumulations")):
        here, there = getattr(scan.metadata, name), getattr(dark.metadata, name)
        if here is not None and there is not None and abs(here - there) > SAME_TIME * abs(here):
            unit = " s" if name == "integration_s" else ""
            raise UsageError(
                f"{scan.source}: {word} {here:g}{unit}, but {there:g}{unit} in the dark spectrum {dark.source}",
                hint="take the dark spectrum with the settings of the scans: counts in the dark do not scale",
            )


def _axis(shift_cm1: FloatArray) -> str:
    return f"{shift_cm1.size} channels, {shift_cm1[0]:.2f} to {shift_cm1[-1]:.2f} cm-1"
