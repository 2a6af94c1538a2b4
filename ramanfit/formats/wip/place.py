"""Where and when the spectra of a graph were taken."""

from __future__ import annotations

import numpy as np

from ramanfit.formats.places import Place, on_line
from ramanfit.formats.units import LENGTHS_UM, TIMES_S, plain
from ramanfit.formats.wip.axis import read_linear, read_table, within_reason
from ramanfit.formats.wip.graphs import Graph
from ramanfit.formats.wip.project import Item, Project
from ramanfit.scan.scan import FloatArray, Kind

_LINE, _SERIES = 1, 5  # ImageIndex


def read_place(project: Project, graph: Graph, spacing: str) -> Place:
    """Place the spectra of a graph.

    Parameters
    ----------
    project : Project
    graph : Graph
    spacing : {"witec", "endpoints"}
        As in `ramanfit.formats.places.on_line`.

    Raises
    ------
    FormatError
        If a transformation is none, or not for so many points.
    """
    tag, n = graph.item.tag["TDGraph"], graph.spectra
    where = project.refer(tag, "SpaceTransformationID")
    if where is None or where.kind == "TDSpaceTransformation":
        return _in_space(where, graph, spacing)
    if where.kind == "TDLinearTransformation":
        values = read_linear(where, n)
    elif where.kind == "TDLUTTransformation":
        values = read_table(where, n)
    else:
        return Place("series", notes=(f"what sets the spectra apart is a {where.kind}, which is not understood",))
    unit = where.tag["TDTransformation"]["StandardUnit"].text()
    if plain(unit) in LENGTHS_UM:
        return Place("line", position_um=np.abs(values - values[0]) * LENGTHS_UM[plain(unit)])
    if plain(unit) not in TIMES_S:
        span = f"{values[0]:g} to {values[-1]:g} {unit}"
        return Place("series", notes=(f"the spectra were taken at {span}, not at known times",))
    there = project.refer(tag, "SecondaryTransformationID")
    return Place("series", coordinates_um=_at(there, n), offset_s=values * TIMES_S[plain(unit)])


def _at(where: Item | None, n: int) -> FloatArray | None:
    """Return the coordinates [N, 3] in µm of a series, which stays where it is; None if they are not known."""
    if where is None or where.kind != "TDSpaceTransformation":
        return None
    point = _positions(where, 1, 1)
    return None if point is None else np.repeat(point, n, axis=0)


def _in_space(where: Item | None, graph: Graph, spacing: str) -> Place:
    width, height, n = graph.width, graph.height, graph.spectra
    if graph.role == _SERIES and n > 1:
        when = ("the project does not say when each spectrum was taken (--dwell)",)
        return Place("series", coordinates_um=_at(where, n), notes=when)
    straight = height == 1 or (width == 1 and graph.role == _LINE)
    kind: Kind = "spectrum" if n == 1 else "line" if straight else "map"
    grid = (height, width) if kind == "map" else None
    points = None if where is None else _positions(where, width, height)
    if where is None or points is None:
        unknown = () if n == 1 else ("the project does not say where the spectra were taken (--step)",)
        return Place(kind, grid=grid, notes=unknown)
    if kind != "line":
        return Place(kind, coordinates_um=points, grid=grid)
    planned = _planned(where, n)
    return on_line(n, planned, 0.0, (points[0], points[0] + planned * (points[1] - points[0])), spacing)


def _planned(where: Item, n: int) -> int:
    """Return how many points the line was meant to have, which `endpoints` counts from end to end."""
    tag = where.tag["TDSpaceTransformation"]
    valid, number = tag.find("LineInformationValid"), tag.find("NumberOfLinePoints")
    if valid is None or number is None or not valid.integer(0, 1):
        return n
    return max(number.integer(), n)


def _positions(where: Item, width: int, height: int) -> FloatArray | None:
    """Return x, y, z in µm of every point, x fastest, None if they are in no unit of length.

    A point p lies at ``world + rotation scale (p - model)``; the matrices are stored by columns.
    """
    unit = LENGTHS_UM.get(plain(where.tag["TDTransformation"]["StandardUnit"].text()))
    if unit is None:
        return None
    tag = where.tag["TDSpaceTransformation"]["ViewPort3D"]
    model, world = tag["ModelOrigin"].numbers(3), tag["WorldOrigin"].numbers(3)
    rotation, scale = (tag[name].numbers(9).reshape(3, 3).T for name in ("Rotation", "Scale"))
    row, column = np.divmod(np.arange(width * height), width)
    with np.errstate(over="ignore", invalid="ignore"):
        points = (np.stack([column, row, 0 * row], axis=1) - model) @ (rotation @ scale).T + world
    return within_reason(tag, points) * unit
