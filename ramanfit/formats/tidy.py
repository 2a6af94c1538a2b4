"""Tidy rows, as ``ramanfit export -o x.csv`` writes them: one row per channel, with the keys of its spectrum."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import PurePath
from typing import NamedTuple

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.places import Place
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.text import decode, first_line
from ramanfit.formats.units import SHIFT
from ramanfit.recipe.marked import unmarked
from ramanfit.scan.scan import FloatArray, Scan

KEYS = ("source", "scan", "point", "position_um", "time_s")
XY = ("x_um", "y_um")  # of a map
_AXIS, _COUNTS = "shift_cm1", "counts"
_NUMBER = re.compile(r"(?i)\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*|\s*nan\s*", re.ASCII)
_MAP = re.compile(r"(\d{1,9})/(\d{1,9})")


class _Spectrum(NamedTuple):
    keys: tuple[str, ...]
    line: int
    shift: array[float]
    counts: array[float]


def labels_of(head: bytes) -> list[str]:
    """Return the labels of a first line, parted by tabs or commas."""
    line = decode(first_line(head))
    return [label.strip().strip('"') for label in line.split("\t" if "\t" in line else ",")]


def sniff(head: bytes) -> bool:
    """Tell whether the first line holds the labels of tidy rows: the keys, the shift and the counts, and no fit."""
    labels = labels_of(head)
    return tuple(labels[:3]) == KEYS[:3] and {_AXIS, _COUNTS} <= set(labels) and "fit" not in labels


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read every scan that the rows hold.

    Raises
    ------
    FormatError
        With the line that is wrong, or where the spectra of a scan are not on one axis.
    """
    scans: list[list[_Spectrum]] = []
    for spectrum in _spectra(source):
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
    return [_scan(source, spectra, options, alone=len(scans) == 1) for spectra in scans]


def _goes_on(scan: Sequence[_Spectrum], spectrum: _Spectrum) -> bool:
    """Tell whether a spectrum is of the same scan, or the next of a series, where each has a number of its own."""
    first, last = scan[0].keys, scan[-1].keys
    if last[:2] == spectrum.keys[:2]:
        return len(scan) == 1 or first[1] == last[1]
    series = first[0] == spectrum.keys[0] and first[2] == last[2] == spectrum.keys[2]
    return series and (len(scan) == 1 or first[1] != last[1]) and scan[0].shift == spectrum.shift


def _spectra(source: Source) -> Iterator[_Spectrum]:
    """Yield the spectra: one ends where the keys change, or where the shift does not rise."""
    import csv

    lines = (line for block in source.blocks() for line in decode(block).splitlines())
    header = next(lines, "")
    rows = csv.reader(lines, delimiter="\t" if "\t" in header else ",")
    labels = [label.strip().strip('"') for label in header.split("\t" if "\t" in header else ",")]
    absent = [label for label in (*KEYS, _AXIS, _COUNTS) if label not in labels]
    if absent:
        raise FormatError(source.path, line=1, expected=f"a column {absent[0]}", found="none")
    keys_of = itemgetter(*(labels.index(label) for label in (*KEYS, *XY) if label in labels))
    axis, counts = labels.index(_AXIS), labels.index(_COUNTS)
    spectrum: _Spectrum | None = None
    try:
        for row in rows:
            source.line = line = rows.line_num + 1
            if not row:
                continue
            if len(row) != len(labels):
                raise FormatError(source.path, line=line, expected=f"{len(labels)} cells", found=str(len(row)))
            shift, count = _number(source, row[axis], line), _number(source, row[counts], line, empty=True)
            keys = keys_of(row)
            if spectrum is None or keys != spectrum.keys or shift <= spectrum.shift[-1]:
                if spectrum is not None:
                    yield spectrum
                spectrum = _Spectrum(keys, line, array("d"), array("d"))
            spectrum.shift.append(shift)
            spectrum.counts.append(count)
    except csv.Error as error:
        raise FormatError(source.path, line=rows.line_num + 1, expected="a row of cells", found=str(error)) from error
    if spectrum is not None:
        yield spectrum


def _number(source: Source, cell: str, line: int, *, empty: bool = False) -> float:
    if empty and not cell.strip():
        return float("nan")
    if not _NUMBER.fullmatch(cell):
        raise FormatError(source.path, line=line, expected="a number", found=repr(cell[:40]))
    return float(cell)


def _scan(source: Source, spectra: Sequence[_Spectrum], options: ReadOptions, *, alone: bool) -> Scan:
    first = spectra[0]
    origin, number = unmarked(first.keys[0]), first.keys[1]
    counts = np.array([np.frombuffer(one.counts) for one in spectra])
    stem = PurePath(origin.replace("\\", "/")).stem or source.stem
    return deliver(
        Measurement(source.path, np.array(first.shift), counts, lambda i: first.line + i, unit=SHIFT),
        source=source.path,
        name=stem if alone else f"{stem} {number}",
        place=_place(source, spectra, alone=alone),
        options=options,
        notes=(f"scan {number} of {origin}",),
    )


def _place(source: Source, spectra: Sequence[_Spectrum], *, alone: bool) -> Place:
    n = len(spectra)
    positions, times = (_column(source, spectra, key) for key in (3, 4))
    notes: tuple[str, ...] = ()
    offset = None
    if times is not None and n > 1:
        half = float(np.median(np.diff(times))) / 2  # the table's times are the middles of the spectra
        offset = times - half if alone else times - times[0]
        if not alone:
            notes = ("when the scans began is not in these rows: --period",)
    indices = [_MAP.fullmatch(one.keys[2]) for one in spectra]
    pairs = [(int(index[1]), int(index[2])) for index in indices if index]
    width = len({x for x, _ in pairs})
    if len(pairs) == n and pairs == [(i % width, i // width) for i in range(n)] and not n % width:
        x_um, y_um = (_column(source, spectra, len(KEYS) + i) for i in range(len(XY)))
        where = None if x_um is None or y_um is None else np.column_stack([x_um, y_um, np.zeros(n)])
        return Place("map", coordinates_um=where, offset_s=offset, grid=(n // width, width), notes=notes)
    if positions is not None and n > 1 and spectra[0].keys[2] != spectra[-1].keys[2]:
        return Place("line", position_um=positions - positions[0], offset_s=offset, notes=notes)
    if n == 1:
        return Place("spectrum")
    series = offset is not None or spectra[0].keys[1] != spectra[-1].keys[1]
    return Place("series" if series else "line", offset_s=offset, notes=notes)


def _column(source: Source, spectra: Sequence[_Spectrum], key: int) -> FloatArray | None:
    """Return a key of each spectrum as numbers, None if it is empty anywhere."""
    if key >= len(spectra[0].keys):
        return None
    cells = [one.keys[key] for one in spectra]
    if any(not cell.strip() for cell in cells):
        return None
    values = np.array([_number(source, cell, one.line) for cell, one in zip(cells, spectra, strict=True)])
    return values if np.isfinite(values).all() else None


READER = Reader(
    name="tidy rows",
    parses="one row per channel with the keys of its spectrum, as ramanfit export writes them, in .csv or .tsv",
    skips="columns beside the keys, shift and counts",
    unseen="rows of other software",
    sniff=sniff,
    read=read,
)
