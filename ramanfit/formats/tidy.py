"""Tidy rows, as ``ramanfit export -o x.csv`` writes them: one row per channel, with the keys of its spectrum."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePath

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.places import Place, begun
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.tidy_cells import Cells, cells
from ramanfit.formats.tidy_labels import sniff
from ramanfit.formats.tidy_numbers import CellNumbers
from ramanfit.formats.tidy_spectra import KeyedRows, other_shifts, spectra_of
from ramanfit.formats.units import SHIFT
from ramanfit.recipe.marked import unmarked
from ramanfit.scan.clock import start_written
from ramanfit.scan.notes import Note
from ramanfit.scan.scan import FloatArray, Metadata, Scan

_MAP = re.compile(r"(\d{1,9})/(\d{1,9})")
NO_START = Note("when the scans began is not in these rows: --period", "start of the scans not known: --period")


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
    numbers = CellNumbers(source.path)
    scans: list[list[KeyedRows]] = []
    for spectrum in spectra_of(source.path, numbers, labels, rows):
        if not scans or not _goes_on(scans[-1], spectrum):
            scans.append([])
        elif spectrum.shift != scans[-1][0].shift:
            raise other_shifts(source.path, scans[-1][0], scans[-1][-1], spectrum)
        scans[-1].append(spectrum)
    if not scans:
        raise FormatError(source.path, line=source.line, expected="rows of numbers", found="the end of the file")
    starts = [start for spectra in scans if (start := _started(source, spectra[0])) is not None]
    one_clock = len(starts) == len(scans) and len({start.tzinfo is None for start in starts}) == 1
    began = min(starts) if one_clock else None
    read = [_scan(source, numbers, spectra, options, began, alone=len(scans) == 1) for spectra in scans]
    numbers.settle()
    return read


def _goes_on(scan: Sequence[KeyedRows], spectrum: KeyedRows) -> bool:
    """Tell whether a spectrum is of the same scan, or the next of a series, where each has a number of its own."""
    first, last = scan[0].keys, scan[-1].keys
    if last[:2] == spectrum.keys[:2]:
        return len(scan) == 1 or first[1] == last[1]
    series = first[0] == spectrum.keys[0] and first[2] == last[2] == spectrum.keys[2]
    return series and (len(scan) == 1 or first[1] != last[1]) and scan[0].shift == spectrum.shift


def _scan(
    source: Source,
    numbers: CellNumbers,
    spectra: Sequence[KeyedRows],
    options: ReadOptions,
    began: datetime | None,
    *,
    alone: bool,
) -> Scan:
    """Return a scan; `began` is when the first of all did."""
    first = spectra[0]
    origin, number = unmarked(first.keys[0]), first.keys[1]
    counts = np.array([np.frombuffer(one.counts) for one in spectra])
    stem = PurePath(origin.replace("\\", "/")).stem or source.stem
    started = _started(source, first)
    start_s = (started - began).total_seconds() if started and began else 0.0 if alone else None
    laser = first.cell("laser_nm")
    laser_nm = numbers.read(laser, first.line, "laser_nm") if laser else None
    if laser_nm is not None and not 0 < laser_nm < float("inf"):
        raise FormatError(source.path, line=first.line, expected="a wavelength of the laser in nm", found=laser[:40])
    return deliver(
        Measurement(source.path, np.array(first.shift), counts, lambda i: first.line + i, unit=SHIFT),
        source=source.path,
        name=stem if alone else f"{stem} {number}",
        place=_place(numbers, spectra, start_s),
        options=options,
        metadata=Metadata(started=started, laser_nm=laser_nm),
        notes=(Note(f"scan {number} of {origin}", "scans of an export by ramanfit"),),
    )


def _started(source: Source, spectrum: KeyedRows) -> datetime | None:
    text = spectrum.cell("started")
    if not text:
        return None
    started = start_written(text)
    if started is None:
        wrong = "a date and time as 2024-01-15T09:00:00"
        raise FormatError(source.path, line=spectrum.line, expected=wrong, found=repr(text[:40]))
    return started


def _place(numbers: CellNumbers, spectra: Sequence[KeyedRows], start_s: float | None) -> Place:
    """Place spectra of a scan that began so many seconds after the first; None: it is not known when."""
    n = len(spectra)
    positions, times = (_column(numbers, spectra, name) for name in ("position_um", "time_s"))
    notes: tuple[str, ...] = ()
    offset = None
    if times is not None and start_s is None and n > 1:
        offset, notes = times - times[0], (NO_START,)
    elif times is not None and start_s is not None:
        offset = begun(times, start_s)
    points = [one.cell("point") for one in spectra]
    indices = [_MAP.fullmatch(point) for point in points]
    pairs = [(int(index[1]), int(index[2])) for index in indices if index]
    width = len({x for x, _ in pairs})
    if len(pairs) == n and pairs == [(i % width, i // width) for i in range(n)] and not n % width:
        x_um, y_um = (_column(numbers, spectra, name) for name in ("x_um", "y_um"))
        where = None if x_um is None or y_um is None else np.column_stack([x_um, y_um, np.zeros(n)])
        return Place("map", coordinates_um=where, offset_s=offset, grid=(n // width, width), notes=notes)
    if positions is not None and (n == 1 or points[0] != points[-1]):
        return Place("spectrum" if n == 1 else "line", positions - positions[0], offset_s=offset, notes=notes)
    if n == 1:
        return Place("spectrum", offset_s=offset)
    series = points[0] == points[-1]
    return Place("series" if series else "line", offset_s=offset, notes=notes)


def _column(numbers: CellNumbers, spectra: Sequence[KeyedRows], name: str) -> FloatArray | None:
    """Return a key of each spectrum as numbers, None if it is empty anywhere."""
    column = [one.cell(name) for one in spectra]
    if not all(column):
        return None
    values = np.array([numbers.read(cell, one.line, name) for cell, one in zip(column, spectra, strict=True)])
    return values if np.isfinite(values).all() else None


READER = Reader(
    name="tidy rows",
    parses="one row per channel with the keys of its spectrum, as ramanfit export writes them, in .csv, .tsv, .json or "
    ".jsonl, also parted by semicolons and with decimal commas; numbers, times, start and laser to the last bit",
    skips="columns beside the keys, shift and counts",
    unseen="rows of other software",
    sniff=sniff,
    read=read,
)
