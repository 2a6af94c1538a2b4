"""NeXus: one entry per scan, with the fields that the application definition NXraman asks for.

https://manual.nexusformat.org/classes/applications/NXraman.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import PurePath
from typing import Any, BinaryIO

import numpy as np

from ramanfit.errors import __version__
from ramanfit.formats.containers import about, valid
from ramanfit.formats.unfailing import Unfailing, unfailing
from ramanfit.formats.writer import Writer
from ramanfit.scan.schedule import Keys, Taken
from ramanfit.scan.stored import blocks

UNKNOWN = "unknown"
_VERSION = "v2026.01"  # the first release that has it
_URL = "https://manual.nexusformat.org/classes/applications/NXraman.html"


def nexus(taken: Iterable[Taken], file: BinaryIO) -> list[str]:
    """Write scans as NeXus, one at a time, and return what the definition requires and they do not hold.

    Text then says ``unknown``, and the incident wavelength is not a number.

    Parameters
    ----------
    taken : iterable of Taken
    file : binary file
        Empty, for reading and writing.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    import h5py

    missing: dict[str, None] = {}
    with unfailing(file) as kept, h5py.File(kept, "w") as root:
        root.attrs["NX_class"] = "NXroot"
        root.attrs["default"] = "entry"
        root.attrs["creator"] = f"ramanfit {__version__}"
        for number, one in enumerate(taken):
            entry = root.create_group("entry" if number == 0 else f"entry{number}")
            missing |= dict.fromkeys(_entry(entry, one, kept))
    return list(missing)


def _entry(entry: Any, taken: Taken, kept: Unfailing) -> list[str]:
    """Fill an entry; return what it lacks."""
    scan, keys = taken
    metadata = scan.metadata
    missing = ["instrument/scattering_configuration"]
    entry.attrs.update({"NX_class": "NXentry", "default": "data"})
    definition = entry.create_dataset("definition", data="NXraman")
    definition.attrs.update({"version": _VERSION, "URL": _URL})
    entry["title"] = valid(scan.name or PurePath(scan.source).stem)
    if metadata.started:
        entry["start_time"] = metadata.started.isoformat()  # local time: no export names a zone
        if metadata.duration_s is not None:
            entry["end_time"] = (metadata.started + timedelta(seconds=metadata.duration_s)).isoformat()
    else:
        missing.append("start_time")
    entry["experiment_type"] = "Raman spectroscopy"
    kind = entry.create_dataset("raman_experiment_type", data="Raman imaging" if scan.kind == "map" else "other")
    if scan.kind != "map":
        kind.attrs["custom"] = True  # the definition's list is an open one
    notes = _group(entry, "source_file", "NXnote")
    notes["file_name"] = valid(scan.source)
    notes["data"] = valid(json.dumps(about(scan), ensure_ascii=False))
    notes["type"] = "application/json"

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


def _write(keys: Sequence[Keys], taken: Iterable[Taken], file: BinaryIO) -> str:
    return f"asked for by NXraman and not in every export: {', '.join(nexus(taken, file))}"


WRITER = Writer("NeXus", _write)
