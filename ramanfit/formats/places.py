"""Where and when the spectra of a measurement were taken, as far as its header, labels or Information say."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ramanfit.formats.information import Information, number, whole
from ramanfit.formats.units import LENGTHS_UM, TIMES_S, plain
from ramanfit.scan.notes import Note
from ramanfit.scan.scan import FloatArray, Kind

_SUFFIX = re.compile(r"(.*)\((\d{1,9})(?:/(\d{1,9}))?\)\s*", re.DOTALL)
_LONGEST_NAME = 1000
_TURNS = 4  # until times are met to the last bit
Vector = Sequence[float]


class Place(NamedTuple):
    """Where and when the spectra of a measurement were taken, in the fields of a Scan; see there."""

    kind: Kind
    position_um: FloatArray | None = None
    coordinates_um: FloatArray | None = None
    grid: tuple[int, int] | None = None
    offset_s: FloatArray | None = None
    notes: tuple[str, ...] = ()


class Labels(NamedTuple):
    """What the line of labels says.

    Attributes
    ----------
    name : str
        The graph's name, without an index.
    grid : (int, int) or None
        Lines and points per line, where the labels count up a map.
    indexed : bool
        Whether there is an index at all.
    """

    name: str
    grid: tuple[int, int] | None
    indexed: bool


def read_labels(labels: Sequence[str]) -> Labels:
    """Read ``NAME(3)`` and ``NAME(1/2)``; a name may hold brackets and slashes of its own."""
    if any(len(label) > _LONGEST_NAME for label in labels):
        return Labels("", None, False)
    matches = [_SUFFIX.fullmatch(label) for label in labels]
    if not matches or matches[0] is None or any(match is None for match in matches):
        return Labels(labels[0].strip() if labels else "", None, False)
    pairs = [(int(m[2]), int(m[3])) for m in matches if m is not None and m[3] is not None]
    grid = None
    if len(pairs) == len(labels):
        width = max(x for x, _ in pairs) + 1
        if pairs == [(i % width, i // width) for i in range(len(pairs))] and not len(pairs) % width:
            grid = len(pairs) // width, width
    return Labels(matches[0][1].strip(), grid, True)


def on_line(n: int, planned: int, length: float, ends: tuple[Vector, Vector] | None, spacing: str) -> Place:
    """Place the spectra of a line scan.

    Parameters
    ----------
    n : int
        Spectra that there are.
    planned : int
        Points the line was meant to have, which set the pitch.
    length : float
        In µm; the distance in space of `ends` counts where they are known, for many lines run along z.
    ends : (start, stop) or None
        In µm.
    spacing : {"witec", "endpoints"}
        Pitch L/N, the instrument's own, or L/(N - 1).
    """
    coordinates, notes = None, []
    steps = {"witec": float(planned), "endpoints": float(max(planned - 1, 1))}
    index = np.arange(n, dtype=np.float64)
    if ends is not None:
        start, stop = (np.asarray(end, dtype=np.float64) for end in ends)
        distance = math.sqrt((stop - start).dot(stop - start))
        if length and abs(distance - length) > 1e-6 * length:
            notes.append(f"the header's line length {length:g} µm is not the distance of its ends, {distance:g} µm")
        length = distance or length
        coordinates = start + index[:, None] * (stop - start) / steps[spacing]
    if not length and n > 1:
        return Place("line", notes=("the line has no length: positions are not known (--step)",))
    other = "endpoints" if spacing == "witec" else "witec"
    if n > 1:
        full = (
            f"line pitch {length / steps[spacing]:.6g} µm = {length:.6g} µm / {steps[spacing]:g}"
            f" (--line-spacing {other}: {length / steps[other]:.6g} µm)"
        )
        notes.append(Note(full, f"pitch {length / steps[spacing]:.6g} µm"))
    return Place("line", index * length / steps[spacing], coordinates, notes=tuple(notes))


def on_map(n: int, size: tuple[int, int], extent: tuple[float, float] | None, origin: Vector | None) -> Place:
    """Place the spectra of a map; `size` and `extent` are (x, y), `origin` its centre, all in µm.

    That ScanOrigin is the centre was seen in Information texts and projects, and is unverified for the
    header of a Graph ASCII export. y runs down and pixel 0 lies half the width from the centre. A rotation
    of the map is not in the header.
    """
    nx, ny = size
    if not nx or nx * ny != n:
        note = f"a map of {nx} x {ny} cannot hold {n} spectra: their places are not known"
        return Place("map", notes=(note,))
    coordinates = None
    if extent is not None and origin is not None:
        row, column = np.divmod(np.arange(n), nx)
        coordinates = np.empty((n, 3))
        coordinates[:, 0] = origin[0] + (column - nx / 2) * extent[0] / nx
        coordinates[:, 1] = origin[1] - (row - ny / 2) * extent[1] / ny
        coordinates[:, 2] = origin[2]
    return Place("map", coordinates_um=coordinates, grid=(ny, nx))


def from_header(header: Mapping[str, str], n: int, labels: Labels, spacing: str) -> Place:
    """Place `n` spectra by the header of a Graph ASCII export, of which only some keys may be there."""
    sizes = whole(header.get("SizeX", "")), whole(header.get("SizeY", ""))
    planned = sizes[0] * sizes[1] if sizes[0] and sizes[1] else n
    notes: tuple[str, ...] = ()
    if planned != n:
        notes = (f"the header promises {planned} spectra, the file holds {n}",)

    def get(key: str) -> float | None:
        return number(header.get(key, ""))

    def vector(key: str) -> tuple[float, float, float] | None:
        values = [get(key + axis) for axis in "XYZ"]
        scaled = [value * scale for value in values if value is not None]
        return (scaled[0], scaled[1], scaled[2]) if len(scaled) == 3 else None

    unit = header.get("ScanUnit") or header.get("PositionUnit") or "µm"
    scale = LENGTHS_UM.get(plain(unit), 0.0)
    if not scale and any(key.startswith(("Scan", "Position")) for key in header):
        note = f"positions in {unit!r} are not understood"
        return Place(_kind(header, n, sizes, labels), grid=labels.grid, notes=(*notes, note))

    kind = _kind(header, n, sizes, labels)
    if kind == "series":
        scale_s, step = TIMES_S.get(plain(header.get("SeriesUnit", "s"))), get("SeriesScale")
        if scale_s is None or step is None:
            place = Place(kind, notes=("the header does not say when each spectrum was taken (--dwell)",))
        else:
            offset = get("SeriesOffset") or 0.0
            place = Place(kind, offset_s=np.asarray(offset + np.arange(n) * step) * scale_s)
    elif kind == "map":
        width, height = get("ScanWidth"), get("ScanHeight")
        extent = None if width is None or height is None else (width * scale, height * scale)
        if planned == n and sizes[0] and sizes[1]:
            place = on_map(n, (sizes[0], sizes[1]), extent, vector("ScanOrigin"))
        else:
            place = Place(kind, grid=labels.grid)
    elif kind == "line":
        start, stop = vector("ScanStart"), vector("ScanStop")
        ends = None if start is None or stop is None else (start, stop)
        place = on_line(n, max(planned, n), (get("ScanLength") or 0.0) * scale, ends, spacing)
    else:
        point = vector("Position")
        place = Place(kind, coordinates_um=None if point is None else np.array([point]))
    return Place(place.kind, place.position_um, place.coordinates_um, place.grid, place.offset_s, notes + place.notes)


def _kind(header: Mapping[str, str], n: int, sizes: tuple[int | None, int | None], labels: Labels) -> Kind:
    if "ScanLength" in header or "ScanStartX" in header:
        return "line"
    if any(key.startswith("Series") for key in header):
        return "series"
    if "ScanWidth" in header or labels.grid or (sizes[1] or 1) > 1:
        return "map"
    return "spectrum" if n == 1 else "line"


def from_companions(n: int, labels: Labels, information: Information | None, stem: str, spacing: str) -> Place:
    """Place the spectra of a bare table by its labels and its Information text, else by its name."""
    if information is not None and n > 1:
        place = _from_information(n, information, spacing)
        if place is not None:
            return place
    if labels.grid:
        return Place("map", grid=labels.grid)
    if n == 1:
        return Place("spectrum")
    name = f"{labels.name} {stem}".lower()
    kind: Kind = "series" if "series" in name else "map" if re.search(r"map\b|map_|image", name) else "line"
    missing = {
        "series": "the file does not say when each spectrum was taken (--dwell)",
        "map": f"the file does not say where on the map its {n} spectra lie",
        "line": f"the file does not say what its {n} spectra are: taken as a line, its positions unknown (--step)",
    }
    return Place(kind, notes=(missing[kind],))


def _from_information(n: int, information: Information, spacing: str) -> Place | None:
    """Place by an Information text, None if it is about another number of spectra."""
    if information.kind == "line":
        start, stop = information.vector("Start Point [µm]"), information.vector("End Point [µm]")
        if start and stop and whole(information.text("Number of Points")) == n:
            return on_line(n, n, 0.0, (start, stop), spacing)
    elif information.kind == "map":
        nx, ny = (whole(information.text(key)) for key in ("Points per Line", "Lines per Image"))
        if nx and ny and nx * ny == n:
            extent = [information.number(f"Scan {side} [µm]") for side in ("Width", "Height")]
            origin = [information.number(f"Scan Origin {axis} [µm]") for axis in "XYZ"]
            size = (extent[0], extent[1]) if extent[0] is not None and extent[1] is not None else None
            centre = [value for value in origin if value is not None]
            turned = information.number("Z-Rotation [°]") or information.number("Gamma [°]")
            return on_map(n, (nx, ny), size, centre if len(centre) == 3 and not turned else None)
    elif information.kind == "series" and whole(information.text("Data points")) in (n, None):
        return Place("series", notes=("the file does not say when each spectrum was taken (--dwell)",))
    return None


def begun(times_s: FloatArray, start_s: float) -> FloatArray:
    """Return when spectra began after their scan did, so that the middles of them are these times, to the last bit."""
    offset = times_s - start_s
    for _ in range(_TURNS):  # the half of a spectrum, and what rounding left
        half = float(np.median(np.diff(offset))) / 2 if len(offset) > 1 else 0.0
        offset = offset + (times_s - (start_s + (offset + half)))
    return offset
