"""NeXus: one entry per scan, with the fields that the application definition NXraman asks for.

https://manual.nexusformat.org/classes/applications/NXraman.html
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from ramanfit import __version__
from ramanfit.exports.about import about
from ramanfit.exports.tidy import Taken

UNKNOWN = "unknown"
NOT_IN_EXPORTS = "instrument/scattering_configuration and sample/name"
_URL = "https://manual.nexusformat.org/classes/applications/NXraman.html"


def nexus(taken: Sequence[Taken]) -> bytes:
    """Return scans as a NeXus file.

    What the definition requires and no export holds says ``unknown``: `NOT_IN_EXPORTS`; without a laser the incident
    wavelength is not a number.
    """
    import h5py

    written = io.BytesIO()
    with h5py.File(written, "w") as file:
        file.attrs["NX_class"] = "NXroot"
        file.attrs["default"] = "entry"
        file.attrs["creator"] = f"ramanfit {__version__}"
        for number, one in enumerate(taken):
            _entry(file.create_group("entry" if number == 0 else f"entry{number}"), one)
    return written.getvalue()


def _entry(entry: Any, taken: Taken) -> None:
    scan, keys = taken
    known = scan.metadata
    entry.attrs.update({"NX_class": "NXentry", "default": "data"})
    definition = entry.create_dataset("definition", data="NXraman")
    definition.attrs.update({"version": "v2024.02", "URL": _URL})
    entry["title"] = scan.name or PurePath(scan.source).stem
    if known.started:
        entry["start_time"] = known.started.isoformat()  # local time: no export names a zone
    entry["experiment_type"] = "Raman spectroscopy"
    entry["raman_experiment_type"] = "Raman imaging" if scan.kind == "map" else "in situ Raman spectroscopy"
    if known.information:
        entry["experiment_description"] = known.information
    notes = _group(entry, "source_file", "NXnote")
    notes["file_name"] = scan.source
    notes["data"] = json.dumps(about(scan), ensure_ascii=False)
    notes["type"] = "application/json"

    instrument = _group(entry, "instrument", "NXinstrument")
    instrument["scattering_configuration"] = UNKNOWN
    beam = _group(instrument, "beam_incident", "NXbeam")
    beam["parameter_reliability"] = "nominal"
    for name in ("wavelength", "incident_wavelength"):
        _number(beam, name, np.nan if known.laser_nm is None else known.laser_nm, "nm")
    if known.laser_power_mw is not None:
        _number(beam, "average_power", known.laser_power_mw, "mW")
    source = _group(instrument, "source_laser", "NXsource")
    source["type"] = "Laser"
    source["associated_beam"] = f"{beam.name}"
    detector = _group(instrument, "detector_CCD", "NXdetector")
    detector["detector_channel_type"] = "multichannel"
    detector["detector_type"] = "CCD"
    if known.integration_s is not None:
        _number(detector, "count_time", known.integration_s, "s")
    if known.accumulations is not None:
        detector["accumulations"] = known.accumulations
    raw = _group(detector, "raw_data", "NXdata")
    raw.attrs["signal"] = "raw"
    software = _group(instrument, "software_export", "NXprogram")
    software.create_dataset("program", data="ramanfit").attrs["version"] = __version__

    sample = _group(entry, "sample", "NXsample")
    sample["name"] = UNKNOWN

    data = _group(entry, "data", "NXdata")
    data.attrs.update({"signal": "counts", "axes": ["spectrum", "shift"]})
    counts = _number(data, "counts", np.asarray(scan.counts), "counts")
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
    if scan.coordinates_um is not None:
        _number(data, "coordinates", scan.coordinates_um, "um")
    if scan.mask is not None:
        data["mask"] = scan.mask.astype(np.uint32)


def _group(parent: Any, name: str, kind: str) -> Any:
    group = parent.create_group(name)
    group.attrs["NX_class"] = kind
    return group


def _number(parent: Any, name: str, values: Any, unit: str) -> Any:
    dataset = parent.create_dataset(name, data=values)
    dataset.attrs["units"] = unit
    return dataset
