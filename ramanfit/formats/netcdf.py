"""netCDF 4: all spectra on one axis as one array, which xarray opens.

Maps have the dimensions y and x, several of one grid also scan; anything else has the dimension spectrum. Written with
h5netcdf itself, some spectra at a time: xarray would first want all of them in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from ramanfit.errors import InputError
from ramanfit.formats.containers import about, valid
from ramanfit.formats.own_hdf5 import SPECTRA, placed_by_options, sealing
from ramanfit.formats.sealed import Seal, where
from ramanfit.formats.unfailing import Unfailing, unfailing
from ramanfit.formats.writer import Writer
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.scan.schedule import Keys, Taken, Visit
from ramanfit.scan.stored import BLOCK, blocks

_HINT = "-o DIR/ --form nc writes a file for each, --select PATTERN picks some"
_WORDS = {  # units and long name, by variable
    "shift_cm1": ("cm-1", "Raman shift"),
    "counts": ("1", "detector counts"),
    "masked": ("1", "1: not to be used"),
    "position_um": ("um", "distance along the line"),
    "time_s": ("s", "middle of the acquisition since the start of the first scan"),
    "x_um": ("um", "place in the frame of the instrument"),
    "y_um": ("um", "place in the frame of the instrument"),
    "z_um": ("um", "place in the frame of the instrument"),
}


class _Layout(NamedTuple):
    """Along which dimensions the spectra lie, the last running fastest."""

    dimensions: tuple[str, ...]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, first: Scan, keys: Sequence[Keys]) -> _Layout:
        """Return y and x where all scans are maps of one grid, with scan before them where there are several."""
        pixels = tuple(f"{i % first.grid[1]}/{i // first.grid[1]}" for i in range(len(first))) if first.grid else ()
        if pixels and all(its.point == pixels for its in keys):
            several = len(keys) > 1
            return cls(("scan", "y", "x")[not several :], (*(len(keys),) * several, *(first.grid or ())))
        return cls(("spectrum",), (sum(map(len, keys)),))

    @property
    def is_map(self) -> bool:
        return len(self.shape) > 1

    def takes(self, scan: Scan) -> bool:
        """Tell whether a scan has its place in it."""
        return not self.is_map or scan.grid == self.shape[-2:]

    def rows(self, scan: Scan, number: int, start: int) -> Iterator[tuple[tuple[int | slice, ...], slice]]:
        """Yield where some spectra of a scan go, and their rows in it, some at a time."""
        if not self.is_map:
            for rows, _ in blocks(scan.counts):
                yield (slice(start + rows.start, start + rows.stop),), rows
            return
        lines, width = self.shape[-2:]
        step = max(1, BLOCK // (width * scan.channels))
        lead = (number,) if len(self.shape) > 2 else ()
        for y in range(0, lines, step):
            end = min(y + step, lines)
            yield (*lead, slice(y, end)), slice(y * width, end * width)


def netcdf(keys: Sequence[Keys], taken: Iterable[Taken], file: BinaryIO) -> None:
    """Write scans of one axis as netCDF, keys as coordinates, and seal the file, so that it is read back.

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
        If the scans have different axes, or maps have different grids.
    OSError
        If the file cannot be written.
    """
    import h5netcdf
    import h5py

    scans: list[Scan] = []  # without their counts
    with_mask: list[bool] = []
    with unfailing(file) as kept, h5netcdf.File(kept, "w") as data:
        layout = _Layout(("spectrum",), (0,))
        coordinates_um = np.full((sum(map(len, keys)), 3), np.nan)
        start = 0
        for number, (scan, _) in enumerate(taken):
            if not scans:
                layout = _Layout.of(scan, keys)
                data.dimensions.update({**dict(zip(*layout, strict=True)), "shift_cm1": scan.channels})
                put(data, "shift_cm1", ("shift_cm1",), scan.shift_cm1, *_WORDS["shift_cm1"])
                _room(data, "counts", layout, "f8")
            _expect_alike(scan, scans, layout)
            _put_counts(data, scan, layout, number, start, kept)
            if scan.coordinates_um is not None:
                coordinates_um[start : start + len(scan)] = scan.coordinates_um
            scans.append(_without_counts(scan))
            with_mask.append(scan.mask is not None)
            start += len(scan)
        coordinates = _put_keys(data, keys, layout, coordinates_um)
        data["counts"].attrs["coordinates"] = " ".join(coordinates)
        data.attrs["title"] = valid(scans[0].name or Path(scans[0].source).stem) if scans else ""
        data.attrs["Conventions"] = "CF-1.8"
        data.attrs["source"] = "ramanfit export"
        data.attrs["scans"] = valid(json.dumps([about(scan) for scan in scans], ensure_ascii=False))
    with h5py.File(file, "r") as written:
        shift, counts, masked = (
            where(written[name]) if name in written else None for name in ("shift_cm1", "counts", "masked")
        )
    masks = [masked if its else None for its in with_mask]
    _seal(file, scans, keys, shift, counts, masks)


def _expect_alike(scan: Scan, before: Sequence[Scan], layout: _Layout) -> None:
    first = before[0] if before else scan
    if not np.array_equal(scan.shift_cm1, first.shift_cm1):
        raise InputError(
            f"{scan.source}: the axis of {scan.name!r} differs from that of {first.name!r} "
            f"in {first.source}: one netCDF file holds one axis",
            hint=_HINT,
        )
    if not layout.takes(scan):
        raise InputError(f"{scan.source}: {scan.name!r} is no map of {first.grid} as that before it", hint=_HINT)


def _put_counts(data: Any, scan: Scan, layout: _Layout, number: int, start: int, kept: Unfailing) -> None:
    shape = (-1, *layout.shape[-1:] * layout.is_map, scan.channels)
    if scan.mask is not None and "masked" not in data.variables:
        _room(data, "masked", layout, "i1")
    for at, rows in layout.rows(scan, number, start):
        data["counts"][at] = scan.counts[rows].reshape(shape)
        if scan.mask is not None:
            data["masked"][at] = scan.mask[rows].reshape(shape)
        kept.check()


def _room(data: Any, name: str, layout: _Layout, kind: str) -> None:
    variable = data.create_variable(name, (*layout.dimensions, "shift_cm1"), kind)
    variable.attrs.update(dict(zip(("units", "long_name"), _WORDS[name], strict=True)))


def _put_keys(data: Any, keys: Sequence[Keys], layout: _Layout, coordinates_um: FloatArray) -> list[str]:
    """Write keys and places; return the names of those that are no dimensions."""
    per_scan = layout.dimensions[:-2] if layout.is_map else layout.dimensions
    repeats = [1 if layout.is_map else len(its) for its in keys]
    sources = [its.source for its, times in zip(keys, repeats, strict=True) for _ in range(times)]
    numbers = np.concatenate([its.scan[:times] for its, times in zip(keys, repeats, strict=True)])
    points = list(keys[0].point) if layout.is_map else [point for its in keys for point in its.point]
    put(data, "source", per_scan, sources)
    put(data, "scan", per_scan, numbers)
    put(data, "point", layout.dimensions[-2:], points)
    names = ["source", "point", *(["scan"] if "scan" not in layout.dimensions else [])]
    along = {
        "position_um": np.concatenate([its.position_um for its in keys]),
        "time_s": np.concatenate([its.time_s for its in keys]),
    }
    if np.isfinite(coordinates_um).any():
        along |= dict(zip(("x_um", "y_um", "z_um"), coordinates_um.T, strict=True))
    for name, flat in along.items():
        values = flat.reshape(layout.shape)
        axis = {"x_um": "x", "y_um": "y"}.get(name, "")
        dimensions = layout.dimensions
        if layout.is_map and axis:
            others = tuple(i for i, dimension in enumerate(dimensions) if dimension != axis)
            if (values == values.min(axis=others, keepdims=True)).all():  # the same along all others
                values, dimensions = values.min(axis=others), (axis,)
        if layout.is_map and name == "position_um" and np.isnan(values).all():
            continue
        put(data, name, dimensions, values, *_WORDS[name])
        names.append(name)
    return names


def put(data: Any, name: str, dimensions: tuple[str, ...], values: Any, units: str = "", words: str = "") -> None:
    """Write a variable, numbers or texts, into an open file of h5netcdf."""
    import h5py

    is_text = not isinstance(values, np.ndarray)
    variable = data.create_variable(name, dimensions, h5py.string_dtype() if is_text else values.dtype)
    array = np.array([valid(text) for text in values], dtype=object) if is_text else values
    variable[...] = array.reshape(variable.shape)
    variable.attrs.update({key: value for key, value in (("units", units), ("long_name", valid(words))) if value})


def _without_counts(scan: Scan) -> Scan:
    """Return a scan that can be kept: its counts are one number, repeated."""
    return scan.with_(counts=np.broadcast_to(0.0, scan.counts.shape), mask=None)


def _seal(
    file: BinaryIO, scans: Sequence[Scan], keys: Sequence[Keys], shift: Any, counts: Any, masks: Sequence[Any]
) -> None:
    """Seal the file: every scan has its own part of the arrays."""
    seal, start = Seal(file), 0

    def part(array: Any, scan: Scan) -> Any:
        at, kind, shape = array
        return [at + start * shape[-1] * np.dtype(kind).itemsize, kind, [len(scan), shape[-1]]]

    entries = []
    for scan, masked in zip(scans, masks, strict=True):
        its_mask = None if masked is None else part(masked, scan)
        entries.append(sealing(seal, scan, shift, part(counts, scan), its_mask))
        start += len(scan)
    seal.close(SPECTRA, scans=entries, placed=placed_by_options([Visit.of(scan) for scan in scans], keys))


def _write(keys: Sequence[Keys], taken: Iterable[Taken], file: BinaryIO, timezone: str | None) -> str:
    netcdf(keys, taken, file)
    return ""


WRITER = Writer("netCDF", _write)
