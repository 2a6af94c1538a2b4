"""Where and when spectra were taken, from columns of a table that stand beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ramanfit.formats import labels as said
from ramanfit.formats.layout import counts_up
from ramanfit.formats.places import Place, begun
from ramanfit.formats.units import LENGTHS_UM, TIMES_S, plain
from ramanfit.scan.scan import FloatArray

OURS = "time_s"
"""Our own name of the middle of a spectrum, since its scan began."""
_UNIT = re.compile(r"[(\[/_]\s*([^()\[\]/_]{1,10}?)\s*[)\]]?\s*$")


def placed(keys: Sequence[tuple[str, FloatArray]], n: int) -> tuple[Place, npt.NDArray[np.intp] | None]:
    """Place `n` spectra by columns of the table.

    Parameters
    ----------
    keys : sequence of (label, array [n])
    n : int

    Returns
    -------
    place : Place
    order : int array [n] or None
        In which spectra are to be taken so that x runs fastest; None: as they are.
    """
    notes: list[str] = []
    where: dict[int, FloatArray] = {}
    times: FloatArray | None = None
    middles = False
    for label, values in keys:
        text = label.strip().lstrip("#% ")
        kind = said.role(text)
        if not np.isfinite(values).all():
            notes.append(f"{text or 'a column before the spectra'!r} has empty cells: passed over")
        elif kind == said.TIME and times is None:
            times, middles = values * _scale(text, TIMES_S, "s", notes), text == OURS
            if n > 1 and not middles:
                notes.append(f"{text!r}: taken as when each spectrum began ({OURS} is the middle of it)")
        elif kind == said.PLACE:
            axis = "xyz".find(text[0].lower()) if text[0].lower() in "xyz" else 0
            where.setdefault(axis, values * _scale(text, LENGTHS_UM, "µm", notes))
        elif not text and n > 1 and not counts_up(values):
            notes.append("a column without a label beside the spectra, times or places perhaps: passed over")
        elif text and kind not in (said.INDEX, said.AXIS):
            notes.append(f"{text!r} is neither a time nor a place: passed over")
    place, order = _place(where, times, n)
    if middles and n > 1 and place.offset_s is not None:
        place = place._replace(offset_s=begun(place.offset_s, 0.0))
    if order is not None:
        notes.append("y ran fastest: put in order of the lines of the map")
    return place._replace(notes=(*place.notes, *notes)), order


def _scale(label: str, units: dict[str, float], usual: str, notes: list[str]) -> float:
    match = _UNIT.search(label)
    scale = units.get(plain(match[1])) if match else None
    if scale is None:
        notes.append(f"{label!r}: taken as {usual}")
    return units[usual] if scale is None else scale


def _place(where: dict[int, FloatArray], times: FloatArray | None, n: int) -> tuple[Place, npt.NDArray[np.intp] | None]:
    if not where:
        if n == 1:
            return Place("spectrum"), None
        if times is not None:
            return Place("series", offset_s=times), None
        note = f"the file does not say what its {n} spectra are: taken as a line, its positions unknown (--step)"
        return Place("line", notes=(note,)), None
    coordinates = np.zeros((n, 3))
    for axis, values in where.items():
        coordinates[:, axis] = values
    if n == 1:
        return Place("spectrum", coordinates_um=coordinates), None
    moved = [axis for axis in where if (coordinates[:, axis] != coordinates[0, axis]).any()]
    if len(moved) == 2 and 2 not in moved:
        order, grid = _grid(coordinates)
        if order is not None:
            coordinates, times = coordinates[order], None if times is None else times[order]
        return Place("map", coordinates_um=coordinates, grid=grid, offset_s=times), order
    if not moved:
        if times is not None:
            return Place("series", coordinates_um=coordinates, offset_s=times), None
        note = f"all {n} spectra are at one place, and the file does not say when each was taken (--dwell)"
        return Place("series", coordinates_um=coordinates, notes=(note,)), None
    distance = np.linalg.norm(coordinates - coordinates[0], axis=1)
    return Place("line", position_um=distance, coordinates_um=coordinates, offset_s=times), None


def _grid(coordinates: FloatArray) -> tuple[npt.NDArray[np.intp] | None, tuple[int, int] | None]:
    """Return the order in which x runs fastest, None if it does, and (lines, points per line) of a grid."""
    n = len(coordinates)
    x, y = coordinates[:, 0], coordinates[:, 1]
    for fast, slow in ((x, y), (y, x)):
        width = int(np.argmax(slow != slow[0]))
        if width < 2 or n % width:
            continue
        shape = (n // width, width)
        fast_grid, slow_grid = fast.reshape(shape), slow.reshape(shape)
        even = (slow_grid == slow_grid[:, :1]).all() and (fast_grid == fast_grid[:1]).all()
        if even and np.unique(fast_grid[0]).size == width and np.unique(slow_grid[:, 0]).size == shape[0]:
            if fast is x:
                return None, shape
            return np.arange(n).reshape(shape).T.ravel(), (width, n // width)
    return None, None
