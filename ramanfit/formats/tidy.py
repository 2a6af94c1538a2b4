"""Tidy rows, as ``ramanfit export -o x.csv`` writes them: one row per channel, with the keys of its spectrum."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from pathlib import PurePath
from typing import NamedTuple

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.places import Place, begun
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.tidy_cells import Cells, cells, labels_of
from ramanfit.formats.units import SHIFT
from ramanfit.recipe.marked import unmarked
from ramanfit.scan.scan import FloatArray, Metadata, Scan

KEYS = ("source", "scan", "point", "position_um", "time_s")
SOME = ("x_um", "y_um", "started", "laser_nm")  # where they are known
_AXIS, _COUNTS = "shift_cm1", "counts"
_NUMBER = re.compile(r"(?i)\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*|\s*nan\s*", re.ASCII)
_MAP = re.compile(r"(\d{1,9})/(\d{1,9})")


class _Spectrum(NamedTuple):
    names: tuple[str, ...]
    keys: tuple[str, ...]
    line: int
    shift: array[float]
    counts: array[float]

    def cell(self, name: str) -> str:
        """Return a key as it is written; empty where there is none of this name."""
        return self.keys[self.names.index(name)].strip() if name in self.names else ""


def sniff(head: bytes) -> bool:
    """Tell whether the first row holds the labels of tidy rows: the keys, the shift and the counts, and no fit."""
    labels = labels_of(head)
    return tuple(labels[:3]) == KEYS[:3] and {_AXIS, _COUNTS} <= set(labels) and "fit" not in labels


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read every scan that the rows hold.

    Raises
    ------
    FormatError
        With the line that is wrong, or where the spectra of a scan are not on one axis.
    """
    return read_cells(source, options, *cells(source))


def read_cells(source: Source, options: ReadOptions, labels: Sequence[str], rows: Iterator[Cells]) -> list[Scan]:
    """Read every scan that rows of cells hold; FormatError as `read`."""
    scans: list[list[_Spectrum]] = []
    for spectrum in _spectra(source, labels, rows):
        if not scans or not _goes_on(scans[-1], spectrum):
            scans.append([])
        elif spectrum.shift != scans[-1][0].shift:
            raise FormatError(
                source.path,
                line=spectrum.line,
                expected=f"the {len(scans[-1][0].shift)} shifts of the scan's first spectrum",
                found=f"{len(spectrum.shift)} others",
            )
        scans[-1].append(spectrum)
    if not scans:
        raise FormatError(source.path, line=source.line, expected="rows of numbers", found="the end of the file")
    starts = [start for spectra in scans if (start := _started(source, spectra[0])) is not None]
    began = min(starts) if len(starts) == len(scans) else None
    return [_scan(source, spectra, options, began, alone=len(scans) == 1) for spectra in scans]


def _goes_on(scan: Sequence[_Spectrum], spectrum: _Spectrum) -> bool:
    """Tell whether a spectrum is of the same scan, or the next of a series, where each has a number of its own."""
    first, last = scan[0].keys, scan[-1].keys
    if last[:2] == spectrum.keys[:2]:
        return len(scan) == 1 or first[1] == last[1]
    series = first[0] == spectrum.keys[0] and first[2] == last[2] == spectrum.keys[2]
    return series and (len(scan) == 1 or first[1] != last[1]) and scan[0].shift == spectrum.shift


def _spectra(source: Source, labels: Sequence[str], rows: Iterator[Cells]) -> Iterator[_Spectrum]:
    """Yield the spectra: one ends where the keys change, or where the shift does not rise."""
    absent = [label for label in (*KEYS, _AXIS, _COUNTS) if label not in labels]
    if absent:
        raise FormatError(source.path, line=1, expected=f"a column {absent[0]}", found="none")
    names = tuple(label for label in (*KEYS, *SOME) if label in labels)
    keys_of = itemgetter(*map(labels.index, names))
    axis, counts = labels.index(_AXIS), labels.index(_COUNTS)
    spectrum: _Spectrum | None = None
    for line, row in rows:
        source.line = line
        shift, count = _number(source, row[axis], line), _number(source, row[counts], line, empty=True)
        keys = keys_of(row)
        if spectrum is None or keys != spectrum.keys or shift <= spectrum.shift[-1]:
            if spectrum is not None:
                yield spectrum
            spectrum = _Spectrum(names, keys, line, array("d"), array("d"))
        spectrum.shift.append(shift)
        spectrum.counts.append(count)
    if spectrum is not None:
        yield spectrum


def _number(source: Source, cell: str, line: int, *, empty: bool = False) -> float:
    if empty and not cell.strip():
        return float("nan")
    if not _NUMBER.fullmatch(cell):
        raise FormatError(source.path, line=line, expected="a number", found=repr(cell[:40]))
    return float(cell)


def _scan(
    source: Source, spectra: Sequence[_Spectrum], options: ReadOptions, began: datetime | None, *, alone: bool
) -> Scan:
    """Return a scan; `began` is when the first of all did."""
    first = spectra[0]
    origin, number = unmarked(first.keys[0]), first.keys[1]
    counts = np.array([np.frombuffer(one.counts) for one in spectra])
    stem = PurePath(origin.replace("\\", "/")).stem or source.stem
    started = _started(source, first)
    start_s = (started - began).total_seconds() if started and began else 0.0 if alone else None
    laser = first.cell("laser_nm")
    laser_nm = _number(source, laser, first.line) if laser else None
    if laser_nm is not None and not 0 < laser_nm < float("inf"):
        raise FormatError(source.path, line=first.line, expected="a wavelength of the laser in nm", found=laser[:40])
    return deliver(
        Measurement(source.path, np.array(first.shift), counts, lambda i: first.line + i, unit=SHIFT),
        source=source.path,
        name=stem if alone else f"{stem} {number}",
        place=_place(source, spectra, start_s),
        options=options,
        metadata=Metadata(started=started, laser_nm=laser_nm),
        notes=(f"scan {number} of {origin}",),
    )


def _started(source: Source, spectrum: _Spectrum) -> datetime | None:
    text = spectrum.cell("started")
    if not text:
        return None
    try:
        started = datetime.fromisoformat(text)
    except ValueError:
        started = None
    if started is None or started.tzinfo is not None:
        wrong = "a date and time as 2024-01-15T09:00:00"
        raise FormatError(source.path, line=spectrum.line, expected=wrong, found=repr(text[:40]))
    return started


def _place(source: Source, spectra: Sequence[_Spectrum], start_s: float | None) -> Place:
    """Place spectra of a scan that began so many seconds after the first; None: it is not known when."""
    n = len(spectra)
    positions, times = (_column(source, spectra, name) for name in ("position_um", "time_s"))
    notes: tuple[str, ...] = ()
    offset = None
    if times is not None and start_s is None and n > 1:
        offset, notes = times - times[0], ("when the scans began is not in these rows: --period",)
    elif times is not None and start_s is not None:
        offset = begun(times, start_s)
    points = [one.cell("point") for one in spectra]
    indices = [_MAP.fullmatch(point) for point in points]
    pairs = [(int(index[1]), int(index[2])) for index in indices if index]
    width = len({x for x, _ in pairs})
    if len(pairs) == n and pairs == [(i % width, i // width) for i in range(n)] and not n % width:
        x_um, y_um = (_column(source, spectra, name) for name in ("x_um", "y_um"))
        where = None if x_um is None or y_um is None else np.column_stack([x_um, y_um, np.zeros(n)])
        return Place("map", coordinates_um=where, offset_s=offset, grid=(n // width, width), notes=notes)
    if positions is not None and (n == 1 or points[0] != points[-1]):
        return Place("spectrum" if n == 1 else "line", positions - positions[0], offset_s=offset, notes=notes)
    if n == 1:
        return Place("spectrum", offset_s=offset)
    series = points[0] == points[-1]
    return Place("series" if series else "line", offset_s=offset, notes=notes)


def _column(source: Source, spectra: Sequence[_Spectrum], name: str) -> FloatArray | None:
    """Return a key of each spectrum as numbers, None if it is empty anywhere."""
    column = [one.cell(name) for one in spectra]
    if not all(column):
        return None
    values = np.array([_number(source, cell, one.line) for cell, one in zip(column, spectra, strict=True)])
    return values if np.isfinite(values).all() else None


READER = Reader(
    name="tidy rows",
    parses="one row per channel with the keys of its spectrum, as ramanfit export writes them, in .csv, .tsv, .json or "
    ".jsonl; numbers, times, start and laser to the last bit",
    skips="columns beside the keys, shift and counts",
    unseen="rows of other software",
    sniff=sniff,
    read=read,
)
