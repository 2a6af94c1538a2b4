"""Spectra in our own netCDF and NeXus files, by the seal behind them: the measurement that was written, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import PurePath
from typing import Any

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.places import Place
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.registry import begins
from ramanfit.formats.sealed import STRANGE, Seal, Sealed, Where, is_ours, unseal
from ramanfit.formats.units import SHIFT
from ramanfit.scan.clock import start_written
from ramanfit.scan.notes import Note
from ramanfit.scan.scan import FloatArray, Metadata, Scan
from ramanfit.scan.schedule import Keys, Schedule, Visit, place
from ramanfit.scan.stored import StoredCounts

SPECTRA = "spectra"
GIVEN = Note(
    "places and times that options gave when this was exported are not read back: give them again",
    "places and times of options not read back",
)
_KINDS = ("spectrum", "line", "series", "map")
_NUMBERS = ("duration_s", "integration_s", "laser_nm", "laser_power_mw")
_FARTHEST = 1e15  # of places and times


def sealing(seal: Seal, scan: Scan, shift: Where, counts: Where, masked: Where | None) -> dict[str, Any]:
    """Return the entry of a scan in the index of a seal; what HDF5 does not hold of it is written behind.

    Parameters
    ----------
    seal : Seal
    scan : Scan
        With its counts or without.
    shift, counts, masked : Where
        Its arrays in the file.
    """
    metadata = scan.metadata
    behind = {
        name: seal.append(array)
        for name in ("position_um", "coordinates_um", "offset_s")
        if (array := getattr(scan, name)) is not None
    }
    return {
        "source": scan.source,
        "name": scan.name,
        "kind": scan.kind,
        "grid": scan.grid,
        "axis_unit": scan.axis_unit,
        "started": None if metadata.started is None else metadata.started.isoformat(),
        "started_raw": metadata.started_raw,
        **{name: getattr(metadata, name) for name in _NUMBERS},
        "accumulations": metadata.accumulations,
        "header": dict(metadata.header),
        "shift_cm1": shift,
        "counts": counts,
        "masked": masked,
        **behind,
    }


def placed_by_options(visits: Sequence[Visit], keys: Sequence[Keys]) -> bool:
    """Tell whether places or times of scans are other than the scans themselves say."""
    told, _ = place(visits, Schedule())
    return any(
        mine.point != its.point
        or not np.array_equal(mine.scan, its.scan)
        or not np.array_equal(mine.position_um, its.position_um, equal_nan=True)
        or not np.array_equal(mine.time_s, its.time_s, equal_nan=True)
        for mine, its in zip(keys, told, strict=True)
    )


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read every measurement; counts stay in the file.

    Raises
    ------
    FormatError
        If the file is not one of ours, or holds no spectra.
    """
    sealed = unseal(source)
    entries = sealed.says.get("scans")
    if sealed.holds != SPECTRA:
        what = "a table of fits" if sealed.holds == "fits" else repr(sealed.holds)[:40]
        raise FormatError(source.path, expected="spectra", found=what)
    if not isinstance(entries, list) or not entries:
        raise sealed.wrong("scans", "a list of measurements", entries)
    notes: tuple[str, ...] = ()
    if sealed.says.get("placed"):
        notes = (GIVEN,)
    return [_scan(sealed, entry, options, notes) for entry in entries]


def no_spectrum(source: Source) -> str:
    """Return why a file in a folder is no spectrum; empty if it is one, or was one of ours."""
    try:
        return "" if unseal(source).holds == SPECTRA else "a table of results of ramanfit, no spectrum"
    except FormatError:
        return "" if is_ours(source.content()) else STRANGE


def _scan(sealed: Sealed, entry: object, options: ReadOptions, notes: tuple[str, ...]) -> Scan:
    if not isinstance(entry, dict):
        raise sealed.wrong("scans", "a measurement", entry)
    shift = sealed.array("shift_cm1", entry.get("shift_cm1"), "f", -1).astype(np.float64)
    stored = sealed.array("counts", entry.get("counts"), "f", -1, len(shift))
    n = len(stored)
    if not n:
        raise sealed.wrong("counts", "at least one spectrum", n)
    counts = StoredCounts(stored[None], sealed.path, int(entry["counts"][0]))
    metadata = _metadata(sealed, entry)
    origin = sealed.text("source", entry.get("source"))
    scan = deliver(
        Measurement(sealed.path, shift, counts, lambda _: None, unit=SHIFT, header=metadata.header),
        source=sealed.path,
        name=sealed.text("name", entry.get("name")) or PurePath(origin.replace("\\", "/")).stem,
        place=_place(sealed, entry, n),
        options=options,
        metadata=metadata,
        notes=notes,
    )
    if options.x_unit is None:
        scan = scan.with_(axis_unit=sealed.text("axis_unit", entry.get("axis_unit")))
    if entry.get("masked") is None:
        return scan
    masked = sealed.array("masked", entry["masked"], "iu", n, len(shift)) != 0
    return scan.with_(mask=masked if scan.mask is None else masked | scan.mask)


def _place(sealed: Sealed, entry: Mapping[str, Any], n: int) -> Place:
    kind, grid = entry.get("kind"), entry.get("grid")
    if kind not in _KINDS:
        raise sealed.wrong("kind", " or ".join(_KINDS), kind)
    if grid is not None and (
        not isinstance(grid, list)
        or [type(size) for size in grid] != [int, int]
        or min(grid) < 1
        or grid[0] * grid[1] != n
    ):
        raise sealed.wrong("grid", f"lines and points of {n} spectra", grid)

    def along(name: str, *shape: int) -> FloatArray | None:
        if entry.get(name) is None:
            return None
        values = sealed.array(name, entry[name], "f", *shape).astype(np.float64)
        if (np.abs(values) > _FARTHEST).any():
            raise sealed.wrong(name, "places and times", values[np.abs(values) > _FARTHEST][0])
        return values

    return Place(
        kind,
        position_um=along("position_um", n),
        coordinates_um=along("coordinates_um", n, 3),
        grid=None if grid is None else (grid[0], grid[1]),
        offset_s=along("offset_s", n),
    )


def _metadata(sealed: Sealed, entry: Mapping[str, Any]) -> Metadata:
    header, started, accumulations = (entry.get(name) for name in ("header", "started", "accumulations"))
    if not isinstance(header, dict):
        raise sealed.wrong("header", "texts by name", header)
    if accumulations is not None and (type(accumulations) is not int or not 0 <= accumulations < 1 << 53):
        raise sealed.wrong("accumulations", "a whole number", accumulations)
    began = None if started is None else start_written(sealed.text("started", started))
    if began is None and started is not None:
        raise sealed.wrong("started", "a date and time", started)
    duration_s, integration_s, laser_nm, power_mw = (sealed.number(name, entry.get(name)) for name in _NUMBERS)
    if laser_nm is not None and laser_nm <= 0:
        raise sealed.wrong("laser_nm", "a wavelength", laser_nm)
    return Metadata(
        started=began,
        started_raw=sealed.text("started_raw", entry.get("started_raw")),
        duration_s=duration_s,
        integration_s=integration_s,
        accumulations=accumulations,
        laser_nm=laser_nm,
        laser_power_mw=power_mw,
        header={name: sealed.text(f"header {name[:40]!r}", text) for name, text in header.items()},
    )


READER = Reader(
    name="netCDF and NeXus of ramanfit",
    parses=".nc and .nxs as ramanfit export wrote them: all that is known of every measurement, bit for bit; counts "
    "stay in the file until they are fitted; needs no extra",
    skips="nothing",
    unseen="files of other programs, and files changed since, which are refused",
    sniff=partial(begins, "own_hdf5"),
    read=read,
    no_spectrum=no_spectrum,
)
