"""Where and when the spectra of a .wdf file were taken, and in which order a map has them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError
from ramanfit.formats.places import Place
from ramanfit.formats.wdf_file import Area, Origin, WdfFile
from ramanfit.scan.scan import BoolArray, FloatArray

Order = npt.NDArray[np.int64]

SINGLE, SERIES, MAP = 1, 2, 3  # kinds of measurement
X, Z, TIME = 3, 5, 11  # kinds of origins
_LENGTHS_UM = {3: 1e-3, 5: 1.0, 8: 1e3, 9: 1e6}
_BY_COLUMN, _TO_AND_FRO, _ON_LINE = 0x02, 0x04, 0x80  # flags of a map
_OFF_GRID = 0.25  # steps
_TICKS_S = 1e7


def read_place(file: WdfFile, origins: list[Origin], path: str) -> tuple[Place, Order | None]:
    """Place the spectra.

    Returns
    -------
    place : Place
    order : int array [planned], or None
        Of a map on a grid: which of all spectra that were planned stands where. None: those that were measured, as
        they lie in the file.

    Raises
    ------
    FormatError
        If it is a map whose area is not in the file.
    """
    header, area, n = file.header, file.area(), file.header.spectra
    axes, unknown = _coordinates(origins)
    offset_s, untimed = _times(origins, np.arange(header.planned) < n)
    notes = (*unknown, *untimed)
    if n < header.planned:
        notes += (f"{n} of {header.planned} spectra were measured",)
    elif n == 1:
        return Place("spectrum", coordinates_um=_points(axes, 1), notes=notes), None
    kept = None if offset_s is None else offset_s[:n]
    if header.kind != MAP:
        return _no_map(header.kind, axes, n, kept, notes), None
    if area is None:
        raise FormatError(path, "block WMAP", expected="the area of the map", found="none")
    along = [axis for axis in range(3) if area.points[axis] > 1]
    if len(along) == 1 or (area.flags & _ON_LINE and area.points[2] < 2):
        return _line(_points(axes, n), kept, notes), None
    order = _on_grid(area, along, axes, header.planned) if len(along) == 2 else None
    if order is None:
        return Place(
            "map", None, _points(axes, n), None, kept, (*notes, "the map is no grid of lines and points")
        ), None
    points = _points(axes, header.planned)
    return Place(
        "map",
        coordinates_um=None if points is None else points[order],
        grid=(area.points[along[1]], area.points[along[0]]),
        offset_s=None if offset_s is None else offset_s[order],
        notes=notes,
    ), order


def _no_map(
    kind: int, axes: dict[int, FloatArray], n: int, offset_s: FloatArray | None, notes: tuple[str, ...]
) -> Place:
    """Place a series in time or depth, or spectra of which the file does not say what they are."""
    if set(axes) == {Z} and np.ptp(axes[Z][:n]) > 0:
        depth = axes[Z][:n]
        notes += (f"a series in depth: z from {depth[0]:g} to {depth[-1]:g} µm",)
        return Place("line", np.abs(depth - depth[0]), offset_s=offset_s, notes=notes)
    if offset_s is None and kind != SERIES:
        notes += (f"the file does not say what its {n} spectra are: taken as a line, positions unknown (--step)",)
        return Place("line", notes=notes)
    if offset_s is None:
        notes += ("the file does not say when each spectrum was taken (--dwell)",)
    return Place("series", coordinates_um=_points(axes, n), offset_s=offset_s, notes=notes)


def _line(points: FloatArray | None, offset_s: FloatArray | None, notes: tuple[str, ...]) -> Place:
    """Place the spectra of a line by their coordinates [N, 3]."""
    if points is None:
        notes += ("the file does not say where the spectra were taken (--step)",)
        return Place("line", offset_s=offset_s, notes=notes)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return Place("line", np.concatenate([[0.0], np.cumsum(steps)]), points, None, offset_s, notes)


def _coordinates(origins: list[Origin]) -> tuple[dict[int, FloatArray], tuple[str, ...]]:
    """Return x, y and z [planned] in µm, by the kind of their origin, as far as they are known."""
    axes: dict[int, FloatArray] = {}
    for origin in origins:
        if X <= origin.kind <= Z:
            with np.errstate(all="ignore"):
                values = origin.values.view("<f8") * _LENGTHS_UM.get(origin.unit, np.nan)
            if not (np.abs(values) < 1e9).all():
                return {}, (f"positions along {origin.name or 'an axis'} are not understood (--step)",)
            axes[origin.kind] = values
    return axes, ()


def _points(axes: dict[int, FloatArray], n: int) -> FloatArray | None:
    """Return x, y, z [N, 3] in µm, None if x or y is not known."""
    if not {X, X + 1} <= set(axes):
        return None
    return np.stack([axes[kind][:n] if kind in axes else np.zeros(n) for kind in range(X, Z + 1)], axis=1)


def _times(origins: list[Origin], measured: BoolArray) -> tuple[FloatArray | None, tuple[str, ...]]:
    """Return when each of the planned spectra was taken, in s since the first: not a number where it was not."""
    origin = next((origin for origin in origins if origin.kind == TIME), None)
    if origin is None or np.count_nonzero(measured) < 2:
        return None, ()
    ticks = origin.values.view("<i8")[measured]
    with np.errstate(over="ignore"):
        steps = np.diff(ticks)
    if (steps < 0).any() or not steps.any() or ticks[0] < 0:
        return None, ("times of the spectra are not understood (--dwell)",)
    offset_s = np.full(measured.size, np.nan)
    offset_s[measured] = (ticks - ticks[0]) / _TICKS_S
    return offset_s, ()


def _on_grid(area: Area, along: list[int], axes: dict[int, FloatArray], planned: int) -> Order | None:
    """Return which of the planned spectra stands where on a grid, first direction fastest; None: they do not fill it.

    Their places tell; where the file has none, and in a slice in depth along a line, the flags of the map.
    """
    fast, slow = along
    nx, ny = area.points[fast], area.points[slow]
    if nx * ny != planned:
        return None
    index = np.arange(planned)
    if {X + fast, X + slow} <= set(axes) and not area.flags & _ON_LINE:
        column, row = (_steps(axes[X + axis], area.first[axis], area.step[axis]) for axis in along)
        if column is None or row is None:
            return None
    elif area.flags & _BY_COLUMN:
        column, row = np.divmod(index, ny)
    else:
        row, column = np.divmod(index, nx)
        if area.flags & _TO_AND_FRO:
            column = np.where(row % 2, nx - 1 - column, column)
    inside = (column >= 0) & (column < nx) & (row >= 0) & (row < ny)
    order = np.full(planned, -1)
    order[(row * nx + column)[inside]] = index[inside]
    return order if (order >= 0).all() else None


def _steps(values: FloatArray, first: float, step: float) -> Order | None:
    """Return how many steps places lie beyond the first, None if they lie between them."""
    with np.errstate(all="ignore"):
        steps = (values - first) / step
        whole = np.rint(steps)
        fits = np.abs(steps - whole) < _OFF_GRID
    return whole.astype(np.int64) if fits.all() and (np.abs(whole) < 1e9).all() else None
