"""netCDF 4 through xarray: all spectra on one axis as one array."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ramanfit.errors import InputError
from ramanfit.exports.about import about
from ramanfit.exports.tidy import Taken


def netcdf(taken: Sequence[Taken]) -> bytes:
    """Return scans of one axis as netCDF: counts over `spectrum` and `shift_cm1`, keys as coordinates.

    What each scan knows stands as JSON in the attribute `scans`.

    Raises
    ------
    InputError
        If the scans have different axes.
    """
    import xarray

    first = taken[0].scan
    for scan, _ in taken:
        if not np.array_equal(scan.shift_cm1, first.shift_cm1):
            raise InputError(
                f"{scan.source}: its axis differs from that of {first.source}: one netCDF file holds one axis",
                hint="-o DIR/ --form nc writes a file for each",
            )
    keys = [keys for _, keys in taken]
    along = "spectrum"
    masks = [np.zeros(scan.counts.shape, dtype=bool) if scan.mask is None else scan.mask for scan, _ in taken]
    variables = {"counts": (("spectrum", "shift_cm1"), np.concatenate([np.asarray(s.counts) for s, _ in taken]))}
    if any(mask.any() for mask in masks):
        variables["masked"] = (("spectrum", "shift_cm1"), np.concatenate(masks).astype(np.int8))
    coordinates = {
        "shift_cm1": ("shift_cm1", first.shift_cm1),
        "source": (along, [k.source for k in keys for _ in range(len(k))]),
        "scan": (along, np.concatenate([k.scan for k in keys])),
        "point": (along, [point for k in keys for point in k.point]),
        "position_um": (along, np.concatenate([k.position_um for k in keys])),
        "time_s": (along, np.concatenate([k.time_s for k in keys])),
    }
    if all(scan.coordinates_um is not None for scan, _ in taken):
        for axis, name in enumerate(("x_um", "y_um", "z_um")):
            values = [scan.coordinates_um[:, axis] for scan, _ in taken if scan.coordinates_um is not None]
            coordinates[name] = (along, np.concatenate(values))
    data = xarray.Dataset(variables, coordinates)
    data.attrs = {
        "title": first.name or Path(first.source).stem,
        "Conventions": "CF-1.8",
        "scans": json.dumps([about(scan) for scan, _ in taken], ensure_ascii=False),
    }
    units = {"counts": "1", "shift_cm1": "cm-1", "time_s": "s"}
    units |= dict.fromkeys(("position_um", "x_um", "y_um", "z_um"), "um")
    words = {"counts": "detector counts", "shift_cm1": "Raman shift", "time_s": "middle of the acquisition"}
    for name in (name for name in (*units, *words) if name in data.variables):
        data[name].attrs["units"] = units[name]
        if name in words:
            data[name].attrs["long_name"] = words[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spectra.nc"
        data.to_netcdf(path, engine="h5netcdf")
        return path.read_bytes()
