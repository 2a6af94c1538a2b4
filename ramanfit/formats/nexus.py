"""NeXus: one entry per scan, with the fields that the application definition NXraman asks for.

https://manual.nexusformat.org/classes/applications/NXraman.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Any, BinaryIO

import numpy as np

from ramanfit.errors import InputError, __version__
from ramanfit.formats.containers import about, valid
from ramanfit.formats.find import split_selection
from ramanfit.formats.own_hdf5 import SPECTRA, placed_by_options, sealing
from ramanfit.formats.sealed import Seal, where
from ramanfit.formats.streams import is_stream
from ramanfit.formats.unfailing import Unfailing, unfailing
from ramanfit.formats.writer import Writer
from ramanfit.scan.clock import UTC, instants, zone_named
from ramanfit.scan.scan import Scan
from ramanfit.scan.schedule import Keys, Taken, Visit
from ramanfit.scan.stored import blocks

UNKNOWN = "unknown"
_ARRAYS = ("shift", "counts", "mask")
_LARGEST_SOURCE = (1 << 31) - 1  # bytes; NumPy knows no longer text
_BLOCK = 1 << 20
_VERSION = "v2026.01"  # the first release that has it
_URL = "https://manual.nexusformat.org/classes/applications/NXraman.html"


def nexus(
    keys: Sequence[Keys], taken: Iterable[Taken], file: BinaryIO, timezone: str | None = None
) -> tuple[list[str], str]:
    """Write scans as NeXus, one at a time, and seal the file, so that it is read back.

    What the definition requires and a scan does not hold is ``unknown`` as a text, and not a number as the incident
    wavelength. Times have a zone, as NeXus asks for.

    Parameters
    ----------
    keys : sequence of Keys
        Of all scans.
    taken : iterable of Taken
        The same scans, one at a time.
    file : binary file
        Empty, for reading and writing.
    timezone : str, optional
        Where the clocks of the files hang; None: in the zone of this computer.

    Returns
    -------
    missing : list of str
        What the definition requires and not every scan holds.
    zone : str
        The offset that was assumed; empty if none was.

    Raises
    ------
    OSError
        If the file cannot be written, or a source cannot be read again.
    """
    import h5py

    missing: dict[str, None] = {}
    moments = _moments(keys, timezone)
    scans: list[tuple[str, Scan]] = []
    sources: dict[str, Any] = {}
    with unfailing(file) as kept, h5py.File(kept, "w") as root:
        root.attrs["NX_class"] = "NXroot"
        root.attrs["default"] = "entry"
        root.attrs["creator"] = f"ramanfit {__version__}"
        for number, (one, moment) in enumerate(zip(taken, moments, strict=True)):
            entry = root.create_group("entry" if number == 0 else f"entry{number}")
            missing |= dict.fromkeys(_entry(entry, one, moment, kept))
            path = split_selection(one.scan.source)[0]
            if path in sources:
                entry["source_file"] = sources[path]
            else:
                sources[path] = _source(entry, path)
            without = np.broadcast_to(0.0, one.scan.counts.shape)
            scans.append((entry.name, one.scan.with_(counts=without, mask=None)))
        copied = {path: where(note["data"]) for path, note in sources.items() if "data" in note}
    for path, (at, kind, _) in copied.items():
        _copy(path, file, at, int(kind[2:]))
    with h5py.File(file, "r") as root:
        arrays: list[list[Any]] = [
            [where(root[name]["data"][array]) if array in root[name]["data"] else None for array in _ARRAYS]
            for name, _ in scans
        ]
    seal = Seal(file)
    entries = [sealing(seal, scan, *its) for (_, scan), its in zip(scans, arrays, strict=True)]
    seal.close(SPECTRA, scans=entries, placed=placed_by_options([Visit.of(scan) for _, scan in scans], keys))
    assumed = next((f"{moment:%z}" for moment in moments if moment is not None and timezone is None), "")
    return list(missing), assumed


def _moments(keys: Sequence[Keys], timezone: str | None) -> list[datetime | None]:
    """Return the starts of scans with the zone of their clocks."""
    began = [datetime.fromisoformat(its.started) if its.started else None for its in keys]
    zone = zone_named(timezone)
    if zone is not None:
        return [None if at is None else at.replace(tzinfo=UTC).astimezone(zone) for at in instants(began, timezone)]
    moments: list[datetime | None] = []
    for at in began:
        moments.append(None)
        with suppress(OSError, OverflowError, ValueError):  # a year that this computer's clock does not know
            moments[-1] = None if at is None else at.astimezone()
    return moments


def _source(entry: Any, path: str) -> Any:
    """Make the note of a source, with room for its bytes where they can be had again."""
    import h5py

    note = _group(entry, "source_file", "NXnote")
    note["file_name"] = valid(path)
    size = 0
    with suppress(OSError, ValueError):  # ValueError: a NUL in the name
        size = Path(path).stat().st_size if Path(path).is_file() and not is_stream(path) else 0
    if not 0 < size <= _LARGEST_SOURCE:
        return note
    with suppress(OSError), Path(path).open("rb") as file:
        note["type"] = "application/octet-stream" if b"\0" in file.read(_BLOCK) else "text/plain"
    room = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    room.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    room.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    room.set_obj_track_times(False)  # the time of writing is no part of the file
    kind, space = h5py.h5t.py_create(np.dtype(f"S{size}")), h5py.h5s.create(h5py.h5s.SCALAR)
    h5py.h5d.create(note.id, b"data", kind, space, room)
    return note


def _copy(path: str, file: BinaryIO, at: int, size: int) -> None:
    """Copy a source to where there is room for it."""
    try:
        source = Path(path).open("rb")  # noqa: SIM115 - closed below; what fails there is the other file
    except OSError as error:
        raise InputError(f"{path}: cannot be read again: {error.strerror}") from error
    with source:
        file.seek(at)
        while block := source.read(min(size, _BLOCK)):
            size -= len(block)
            left = memoryview(block)
            while left:
                left = left[file.write(left) :]
    if size:
        raise InputError(f"{path}: has become shorter while it was read")


def _entry(entry: Any, taken: Taken, moment: datetime | None, kept: Unfailing) -> list[str]:
    """Fill an entry; return what it lacks."""
    scan, keys = taken
    metadata = scan.metadata
    missing = ["instrument/scattering_configuration"]
    entry.attrs.update({"NX_class": "NXentry", "default": "data"})
    definition = entry.create_dataset("definition", data="NXraman")
    definition.attrs.update({"version": _VERSION, "URL": _URL})
    entry["title"] = valid(scan.name or PurePath(scan.source).stem)
    if moment is None:
        missing.append("start_time")
    else:
        entry["start_time"] = moment.isoformat()
        if metadata.duration_s is not None:
            end = moment.astimezone(UTC) + timedelta(seconds=metadata.duration_s)
            entry["end_time"] = end.astimezone(moment.tzinfo).isoformat()
    entry["experiment_type"] = "Raman spectroscopy"
    kind = entry.create_dataset("raman_experiment_type", data="Raman imaging" if scan.kind == "map" else "other")
    if scan.kind != "map":
        kind.attrs["custom"] = True  # the definition's list is an open one
    note = _group(entry, "known_of_the_measurement", "NXnote")
    note["description"] = valid(json.dumps(about(scan), ensure_ascii=False))
    note["type"] = "application/json"

    instrument = _group(entry, "instrument", "NXinstrument")
    instrument["scattering_configuration"] = UNKNOWN
    beam = _group(instrument, "beam_incident", "NXbeam")
    beam["parameter_reliability"] = "nominal"
    for name in ("wavelength", "incident_wavelength"):
        _number(beam, name, np.nan if metadata.laser_nm is None else metadata.laser_nm, "nm")
    if metadata.laser_nm is None:
        missing.append("instrument/beam_incident/wavelength (--laser)")
    if metadata.laser_power_mw is not None:
        _number(beam, "average_power", metadata.laser_power_mw, "mW")
    source = _group(instrument, "source_laser", "NXsource")
    source["type"] = "Laser"
    source["associated_beam"] = f"{beam.name}"
    detector = _group(instrument, "detector_CCD", "NXdetector")
    detector["detector_channel_type"] = "multichannel"
    detector["detector_type"] = "CCD"
    if metadata.integration_s is not None:
        _number(detector, "count_time", metadata.integration_s * (metadata.accumulations or 1), "s")
    if metadata.accumulations is not None:
        detector["number_of_cycles"] = metadata.accumulations
    raw = _group(detector, "raw_data", "NXdata")
    raw.attrs["signal"] = "raw"
    software = _group(instrument, "software_export", "NXprogram")
    software.create_dataset("program", data="ramanfit").attrs["version"] = __version__

    sample = _group(entry, "sample", "NXsample")
    name = valid(metadata.header.get("Sample Name", "").strip())
    sample["name"] = name or UNKNOWN
    if not name:
        missing.append("sample/name")
    if scan.coordinates_um is not None:
        for axis, values in zip("xyz", scan.coordinates_um.T, strict=True):
            _number(_group(sample, f"position_{axis}", "NXpositioner"), "value", values, "um")

    data = _group(entry, "data", "NXdata")
    data.attrs.update({"signal": "counts", "axes": ["spectrum", "shift"]})
    counts = data.create_dataset("counts", scan.counts.shape, "f8")
    counts.attrs["units"] = "counts"
    for rows, block in blocks(scan.counts):
        counts[rows] = block
        kept.check()
    raw["raw"] = counts
    _number(data, "shift", scan.shift_cm1, "1/cm").attrs["long_name"] = "Raman shift (1/cm)"
    data["spectrum"] = np.arange(len(scan))
    along = {"position": (keys.position_um, "um"), "time": (keys.time_s, "s")}
    for name, (values, unit) in along.items():
        if np.isfinite(values).any():
            _number(data, name, values, unit)
            data.attrs[f"{name}_indices"] = [0]
    data["point"] = list(keys.point)
    data["scan"] = keys.scan
    if scan.mask is not None:
        data["mask"] = scan.mask.astype(np.uint32)
    return missing


def _group(parent: Any, name: str, kind: str) -> Any:
    group = parent.create_group(name)
    group.attrs["NX_class"] = kind
    return group


def _number(parent: Any, name: str, values: Any, unit: str) -> Any:
    dataset = parent.create_dataset(name, data=values)
    dataset.attrs["units"] = unit
    return dataset


def _write(keys: Sequence[Keys], taken: Iterable[Taken], file: BinaryIO, timezone: str | None) -> str:
    missing, zone = nexus(keys, taken, file, timezone)
    assumed = f"; times are taken to be of this computer's zone, {zone} (--timezone NAME says another)" if zone else ""
    return f"asked for by NXraman and not in every export: {', '.join(missing)}{assumed}"


WRITER = Writer("NeXus", _write)
