"""The same measurement met twice is counted once; equal spectra under other names are kept, and said."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ramanfit.formats import split_selection
from ramanfit.formats.bytes_in import strip_endings
from ramanfit.scan.scan import Scan

TWICE = "the same measurement as {other}: counted once"
EQUAL = "holds the same spectra as {other}, under another name: both are kept"


class Print(NamedTuple):
    """What tells one measurement from another.

    Attributes
    ----------
    stem, name, started : str
        The file's name without ending, the measurement's inside it, and its start; empty where it has none.
    spectra : tuple of int
        How many there are, on how many channels, and checksums of the axis and of the first, middle and last one.
    """

    stem: str
    name: str
    started: str
    spectra: tuple[int, ...]


def print_of(scan: Scan) -> Print | None:
    """Return what tells a measurement from others; None where nothing was measured."""
    rows = sorted({0, len(scan) // 2, len(scan) - 1})
    some = np.ascontiguousarray(scan.counts[rows], dtype=np.float64)
    if (some == some[:, :1]).all():
        return None
    parts = [np.ascontiguousarray(scan.shift_cm1).tobytes(), some.tobytes()]
    sums = [check(part) for part in parts for check in (zlib.crc32, zlib.adler32)]
    file, inside = split_selection(scan.source)
    started = "" if scan.metadata.started is None else scan.metadata.started.isoformat()
    stem = strip_endings(Path(file).name)
    return Print(stem, inside or "", started, (len(scan), scan.shift_cm1.size, *sums))


class Met:
    """The measurements that were met."""

    def __init__(self) -> None:
        self._by_spectra: dict[tuple[int, ...], tuple[Print, str]] = {}

    def meet(self, its: Print | None, source: str) -> tuple[bool, str]:
        """Return whether a measurement is new, and what is to be said of it; nothing of most."""
        if its is None:
            return True, ""
        before = self._by_spectra.setdefault(its.spectra, (its, source))
        if before[1] == source:  # itself, or another measurement of the same file
            return True, ""
        known, other = before
        if known == its:
            return False, TWICE.format(other=other)
        return True, EQUAL.format(other=other)
