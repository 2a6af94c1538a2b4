"""Renishaw WiRE: the one measurement of a .wdf file, its counts left in the file."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.information import number, wavelength
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.registry import begins
from ramanfit.formats.units import SHIFT
from ramanfit.formats.wdf_file import Origin, WdfFile, moment, text
from ramanfit.formats.wdf_place import MAP, SERIES, SINGLE, TIME, Order, X, Z, read_place
from ramanfit.scan.notes import counted
from ramanfit.scan.scan import BoolArray, FloatArray, Metadata, Scan
from ramanfit.scan.stored import StoredCounts

_UNITS = {0: "", 1: SHIFT, 2: "1/cm", 3: "nm", 4: "eV", 5: "µm"}
_KINDS = {SINGLE: "single", SERIES: "series", MAP: "map"}
_SCANS = {1: "static", 2: "continuous", 3: "step and repeat", 6: "StreamLine", 7: "StreamLineHR", 8: "point"}
_CHECKSUM, _MARKS = 16, 17  # kinds of origins
_SAID = {1: "saturated", 2: "an error while it was measured", 4: "a cosmic ray was accepted"}
_TICKS_S = 1e7


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read the measurement of a .wdf file.

    Raises
    ------
    FormatError
        If the file is cut short, or holds pictures, several tracks or an axis for every spectrum.
    """
    file = WdfFile(source.content(), source.path)
    header = file.header
    x, unit = file.axis()
    stored, at = file.counts()
    origins = file.origins()
    place, order = read_place(file, origins, source.path)
    if order is None:
        counts: FloatArray | StoredCounts = StoredCounts(stored[None, : header.spectra], source.path, at)
    else:
        absent = order >= header.spectra
        counts = _ordered(stored, order, place.grid, absent if absent.any() else None, source.path, at)
    return [
        deliver(
            Measurement(source.path, x, counts, lambda _: None, unit=_UNITS.get(unit, f"WiRE unit {unit}")),
            source=source.path,
            name=source.stem,
            place=place,
            options=options,
            metadata=_metadata(file),
            notes=(*file.notes, *_unread(origins, header.spectra)),
        )
    ]


def _ordered(
    stored: npt.NDArray[np.float32],
    order: Order,
    grid: tuple[int, int] | None,
    absent: BoolArray | None,
    path: str,
    at: int,
) -> FloatArray | StoredCounts:
    """Return counts whose spectrum i is the file's ``order[i]``: left in the file, where strides can do it."""
    planned = np.arange(len(stored))
    if np.array_equal(order, planned):
        return StoredCounts(stored[None], path, at, absent)
    if grid is not None and np.array_equal(order, planned.reshape(grid[::-1]).T.ravel()):
        by_column = stored.reshape(grid[1], grid[0], -1).transpose(1, 0, 2)
        return StoredCounts(by_column, path, at, absent)
    with np.errstate(invalid="ignore"):  # a signalling nan: masked later
        counts = stored[order].astype(np.float64)
    if absent is not None:
        counts[absent] = 0.0
    return counts


def _unread(origins: list[Origin], n: int) -> tuple[str, ...]:
    """Return what is to be said of values of the spectra that are not read."""
    taken = {*range(X, Z + 1), TIME, _CHECKSUM, _MARKS}
    names = [origin.name or f"origin {origin.kind}" for origin in origins if origin.kind not in taken]
    notes = (f"not read: {', '.join(names)} of each spectrum",) if names else ()
    marks = next((origin.values.view("<u8")[:n] for origin in origins if origin.kind == _MARKS), np.zeros(0, "<u8"))
    said = ((bit, int(np.count_nonzero(marks & np.uint64(bit)))) for bit in _SAID)
    return (*notes, *(f"WiRE says of {counted(number, 'spectrum')}: {_SAID[bit]}" for bit, number in said if number))


def _metadata(file: WdfFile) -> Metadata:
    header = file.header
    started = moment(header.start, header.version)
    exposures = {number(str(value)) for value in file.settings("Exposure Time")} - {None, 0.0}
    exposure_ms = exposures.pop() if len(exposures) == 1 else None
    duration_s = (header.end - header.start) / _TICKS_S
    with np.errstate(all="ignore"):
        laser_nm = wavelength(repr(float(np.float64(1e7) / header.laser_cm1)))
    about = {
        "Title": text(header.title),
        "Comment": file.comment(),
        "User": text(header.user),
        "Measurement": _KINDS.get(header.kind, ""),
        "Scan": _SCANS.get(header.scan & 0xFF, ""),
        "Exposure Time": "" if exposure_ms is None else f"{exposure_ms:g}",
    }
    return Metadata(
        started=started,
        started_raw="" if started is None else started.isoformat(),
        duration_s=duration_s if started and 0 < duration_s < 1e9 else None,
        integration_s=None if exposure_ms is None else exposure_ms / 1000,
        accumulations=header.accumulations or None,
        laser_nm=laser_nm,
        header={key: value for key, value in about.items() if value},
    )


READER = Reader(
    name="Renishaw WiRE",
    parses="the spectra of a .wdf file: single ones, lines, maps by row, to and fro or by column, series in time or "
    "depth; their places and times, laser, start (UTC), exposure; interrupted ones; axis in any unit; counts stay in "
    "the file until they are fitted",
    skips="pictures, analyses, calibration and state of the instrument; checksums; the focus of each spectrum",
    unseen="saturated or failed spectra, slices in depth, volumes, series over temperature or pressure",
    sniff=partial(begins, "renishaw"),
    read=read,
)
