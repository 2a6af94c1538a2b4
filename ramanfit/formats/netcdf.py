"""netCDF 4: all spectra on one axis as one array, which xarray opens.

Written with h5netcdf itself, some spectra at a time: xarray would first want all of them in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ramanfit.errors import InputError
from ramanfit.formats.containers import about, valid
from ramanfit.formats.unfailing import unfailing
from ramanfit.formats.writer import Writer
from ramanfit.scan.schedule import Keys, Taken
from ramanfit.scan.stored import blocks

_CHANNELS = ("spectrum", "shift_cm1")


def netcdf(keys: Sequence[Keys], taken: Iterable[Taken], file: BinaryIO) -> None:
    """Write scans of one axis as netCDF: `counts` over `spectrum` and `shift_cm1`, keys as coordinates.

    What each scan knows stands as JSON in the attribute `scans`.

    Parameters
    ----------
    keys : sequence of Keys
        Of all scans.
    taken : iterable of Taken
        The same scans, one at a time.
    file : binary file
        Empty, for reading and writing.

    Raises
    ------
    InputError
        If the scans have different axes.
    OSError
        If the file cannot be written.
    """
    import h5netcdf

    spectra = sum(map(len, keys))
    descriptions, first = [], None
    coordinates_um = np.full((spectra, 3), np.nan)
    start = 0
    with unfailing(file) as kept, h5netcdf.File(kept, "w") as data:
        data.dimensions["spectrum"] = spectra
        for one in taken:
            scan = one.scan
            if first is None:
                first = scan
                data.dimensions["shift_cm1"] = scan.channels
                _put(data, "shift_cm1", ("shift_cm1",), scan.shift_cm1, units="cm-1", long_name="Raman shift")
                counts = data.create_variable("counts", _CHANNELS, "f8")
                counts.attrs.update({"units": "1", "long_name": "detector counts"})
            elif not np.array_equal(scan.shift_cm1, first.shift_cm1):
                raise InputError(
                    f"{scan.source}: the axis of {scan.name!r} differs from that of {first.name!r} "
                    f"in {first.source}: one netCDF file holds one axis",
                    hint="-o DIR/ --form nc writes a file for each, --select PATTERN picks some",
                )
            for rows, block in blocks(scan.counts):
                counts[start + rows.start : start + rows.stop] = block
                kept.check()
            if scan.mask is not None:
                if "masked" not in data.variables:
                    data.create_variable("masked", _CHANNELS, "i1")
                data["masked"][start : start + len(scan)] = scan.mask
            if scan.coordinates_um is not None:
                coordinates_um[start : start + len(scan)] = scan.coordinates_um
            descriptions.append(about(scan))
            start += len(scan)
        along: dict[str, Any] = {
            "source": [valid(k.source) for k in keys for _ in range(len(k))],
            "scan": np.concatenate([k.scan for k in keys]),
            "point": [point for k in keys for point in k.point],
            "position_um": np.concatenate([k.position_um for k in keys]),
            "time_s": np.concatenate([k.time_s for k in keys]),
        }
        if np.isfinite(coordinates_um).any():
            along |= dict(zip(("x_um", "y_um", "z_um"), coordinates_um.T, strict=True))
        for name, values in along.items():
            more = {"long_name": "middle of the acquisition"} if name == "time_s" else {}
            unit = name.rpartition("_")[2]
            _put(data, name, ("spectrum",), values, **({"units": unit} if unit in ("um", "s") else {}), **more)
        data["counts"].attrs["coordinates"] = " ".join(along)
        title = first.name or Path(first.source).stem if first else ""
        data.attrs["title"] = valid(title)
        data.attrs["Conventions"] = "CF-1.8"
        data.attrs["scans"] = valid(json.dumps(descriptions, ensure_ascii=False))


def _put(data: Any, name: str, dimensions: tuple[str, ...], values: Any, **attributes: str) -> None:
    import h5py

    kind = values.dtype if isinstance(values, np.ndarray) else h5py.string_dtype()
    variable = data.create_variable(name, dimensions, kind)
    variable[:] = values
    variable.attrs.update(attributes)


def _write(keys: Sequence[Keys], taken: Iterable[Taken], file: BinaryIO) -> str:
    netcdf(keys, taken, file)
    return ""


WRITER = Writer("netCDF", _write)
