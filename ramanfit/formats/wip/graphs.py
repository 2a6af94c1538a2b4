"""The numbers of a graph: their type, their order, and the scan lines that were not finished."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ramanfit.formats.wip.project import Item
from ramanfit.scan.scan import BoolArray
from ramanfit.scan.stored import StoredCounts

_TYPES = {
    1: "<i8",
    2: "<i4",
    3: "<i2",
    4: "i1",
    5: "<u4",
    6: "<u2",
    7: "u1",
    8: "u1",  # bool
    9: "<f4",
    10: "<f8",
}
_LARGEST = 1 << 31


class Graph(NamedTuple):
    """A graph with a function at every point.

    Attributes
    ----------
    item : Item
    role : int
        What the software takes it for: 0 map, 1 line, 2 spectrum, 3 graph, 4 histogram, 5 series, 6 mask.
    width, height : int
        Points per line, and lines.
    channels : int
    """

    item: Item
    role: int
    width: int
    height: int
    channels: int

    @property
    def spectra(self) -> int:
        """Points in all."""
        return self.width * self.height


def read_graph(item: Item) -> Graph:
    """Return what a TDGraph says of its size, its numbers left where they are."""
    tag = item.tag["TDGraph"]
    width, height, channels = (tag[name].integer(0, _LARGEST) for name in ("SizeX", "SizeY", "SizeGraph"))
    return Graph(item, item.about["ImageIndex"].integer(0, 100), width, height, channels)


def read_counts(graph: Graph) -> tuple[StoredCounts, int]:
    """Return the spectra with x fastest, and how many lines were not finished.

    The points of a spectrum stand one after another. The spectra of a map follow each other along y unless
    ``DataFieldInverted``. Lines that were not finished are not measured: their counts are shown as 0, as the
    text exports show them.

    Returns
    -------
    counts : StoredCounts [N, M]
        N is height times width of the graph, M its channels.
    unfinished : int

    Raises
    ------
    FormatError
        If the data are not as many as the graph's size says.
    """
    tag = graph.item.tag["TDGraph"]
    data = tag["GraphData"]["Data"]
    kind = tag["GraphData"]["DataType"].integer(min(_TYPES), max(_TYPES))
    raw, dtype = data.raw(), np.dtype(_TYPES[kind])
    needed = graph.spectra * graph.channels * dtype.itemsize
    if raw.size != needed:
        size = f"{graph.width} x {graph.height} x {graph.channels} of {dtype.itemsize} bytes"
        raise data.wrong(f"{needed} bytes, {size}", str(raw.size))
    inverted = tag.find("DataFieldInverted")
    if inverted is not None and inverted.integer(0, 1):
        stored = raw.view(dtype).reshape(graph.height, graph.width, graph.channels)
    else:
        stored = raw.view(dtype).reshape(graph.width, graph.height, graph.channels).transpose(1, 0, 2)
    invalid = _invalid_lines(graph)
    absent = np.repeat(invalid, graph.width) if invalid.any() else None
    return StoredCounts(stored, data.path, data.start, absent), int(np.count_nonzero(invalid))


def _invalid_lines(graph: Graph) -> BoolArray:
    tag = graph.item.tag["TDGraph"].find("LineValid")
    if tag is None:
        return np.zeros(graph.height, dtype=bool)
    return np.asarray(tag.numbers(graph.height) == 0)
