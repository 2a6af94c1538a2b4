"""MATLAB: DataSet objects (of Eigenvector Research's toolbox), as WITec Project writes them, through SciPy."""

from __future__ import annotations

import io
import warnings
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError
from ramanfit.formats import matlab_large
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.information import companion
from ramanfit.formats.matlab_guard import MatFile, Matrix, Variable, shown
from ramanfit.formats.matlab_large import by_spectra, without
from ramanfit.formats.matlab_packed import unpacked
from ramanfit.formats.places import Labels, Place, from_companions, on_line, on_map
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.registry import begins
from ramanfit.formats.units import LENGTHS_UM, TIMES_S, plain
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.scan.stored import StoredCounts

_Array = npt.NDArray[Any]


def no_spectrum(source: Source) -> str:
    """Return why a file has no spectrum; an empty string if it has one, or is broken."""
    try:
        variables = MatFile(source.content().data, source.path).variables()
    except FormatError:
        return ""
    return "" if _datasets(variables) else "a MATLAB file without a DataSet object"


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read every DataSet object of a file as a measurement of its own.

    Raises
    ------
    FormatError
        With the byte or the field that is wrong, or with what is in the file if that is no DataSet object.
    """
    return [dataset.scan(source, options) for dataset in _load(source)]


def _datasets(variables: list[Variable]) -> list[str]:
    """Return the names of the DataSet objects, each once, in the file's order."""
    return list(dict.fromkeys(variable.name for variable in variables if variable.kind == "dataset"))


def _load(source: Source) -> list[_DataSet]:
    """Load the DataSet objects, once it is known that this does no harm."""
    from scipy.io import loadmat

    raw = source.content().data
    file = MatFile(raw, source.path)
    variables = file.variables()
    names = _datasets(variables)
    if not names:
        some = ", ".join(map(str, variables[:5])) + (", ..." if len(variables) > 5 else "")
        raise FormatError(
            source.path,
            expected="a DataSet object, as WITec Project writes it",
            found=some or "nothing",
            hint="export the graph from WITec Project as MATLAB, Table or Graph ASCII",
        )
    chosen = [variable for variable in variables if variable.name in names]
    if any(variable.packed for variable in chosen):
        raw = unpacked(raw, chosen, source.path)
        file = MatFile(raw, f"{source.path} (unpacked)")
        chosen = file.variables()
    checked = [(variable, _large(file, file.check(variable))) for variable in chosen]
    of_names = {variable.name: matrix for variable, matrix in reversed(checked)}  # SciPy loads the first of a name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = loadmat(io.BytesIO(without(raw, checked)), variable_names=names, uint16_codec="utf-16-le")
        return [_DataSet(source.path, name, loaded[name], _shown(raw, of_names[name])) for name in names]
    except Exception as error:  # SciPy promises no type
        raise FormatError(
            source.path,
            expected="a DataSet object that SciPy can load",
            found=shown(f"{type(error).__name__}: {error}"),
        ) from error


def _large(file: MatFile, fields: dict[str, tuple[int, int]]) -> Matrix | None:
    """Return the data of an object if they stay in the file."""
    matrix = file.matrix(*fields["data"]) if "data" in fields else None
    return matrix if matrix is not None and len(matrix.dims) == 2 and matrix.size > matlab_large.LARGE else None


def _shown(raw: memoryview, matrix: Matrix | None) -> _Array | None:
    """Return a matrix as a view of its file."""
    if matrix is None:
        return None
    return np.frombuffer(raw, matrix.dtype, matrix.size, matrix.first).reshape(matrix.dims, order="F")


class _DataSet:
    """A DataSet object as SciPy loads it.

    Every field of it is an array; one of type object holds the arrays of cells. Large data are a view of the file.
    """

    def __init__(self, path: str, variable: str, loaded: _Array, large: _Array | None) -> None:
        self._path, self._variable = path, variable
        self._fields: dict[str, _Array] = {}
        if loaded.size == 1 and loaded.dtype.names:
            self._fields = {name: loaded[name].item() for name in loaded.dtype.names}
        if large is not None:
            self._fields["data"] = large
        self._large = large is not None
        self.name = self._text("name") or variable

    def scan(self, source: Source, options: ReadOptions) -> Scan:
        """Return the measurement."""
        data = self._field("data")
        if data.ndim != 2 or data.dtype.kind not in "iuf" or not data.size:
            raise self._wrong("data", "counts of spectra by channels", f"{data.dtype} of shape {data.shape}")
        n, channels = data.shape
        x = self._numbers("axisscale", (1, 0))
        if x.size != channels:
            raise self._wrong("axisscale", f"{channels} numbers, one for each channel", str(x.size))
        information, notes = companion(source.file)
        place = self._place(n, options.line_spacing)
        if place is None:
            named = Labels(self.name, None, False)
            place = from_companions(n, named, information, source.stem, options.line_spacing)
        counts = self._counts(data, place.grid)
        header = {name: text for name in self._fields if (text := self._text(name))}
        unit = self._text("axisscale", (1, 1))
        return deliver(
            Measurement(self._path, x, counts, lambda _: None, unit=unit, header=header),
            source=self._path,
            name=self.name,
            place=place,
            options=options,
            information=information,
            notes=notes,
        )

    def _counts(self, data: _Array, grid: tuple[int, int] | None) -> FloatArray | StoredCounts:
        """Return the counts [N, M], x fastest, of a matrix [N, M] in which y runs fastest on a map."""
        n, channels = data.shape
        spectra = by_spectra(data, self._path) if self._large else data
        ordered = spectra[None] if grid is None else spectra.reshape(*grid[::-1], channels).transpose(1, 0, 2)
        if self._large:
            return StoredCounts(ordered, self._path, None)
        with np.errstate(invalid="ignore"):  # NaN, which is masked later
            return ordered.astype(np.float64, order="C").reshape(n, channels)

    def _place(self, n: int, spacing: str) -> Place | None:
        """Place the spectra by the scales of the object, None if it has none for them."""
        if self._text("type") == "image":
            size = [int(value) for value in self._numbers("imagesize")]  # bytes, whose product would overflow
            ny, nx = size if len(size) == 2 and min(size) > 0 else (0, 0)
            place = on_map(n, (nx, ny), None, None)
            y, x = (self._lengths("imageaxisscale", axis) for axis in (0, 1))
            if place.grid is None or y is None or x is None or (y.size, x.size) != (ny, nx):
                return place
            row, column = np.divmod(np.arange(n), nx)
            coordinates = np.zeros((n, 3))
            coordinates[:, 0], coordinates[:, 1] = (x - x[0])[column], (y[0] - y)[row]  # y runs down, as on all maps
            note = "places on the map are counted from its first pixel"
            return place._replace(coordinates_um=coordinates, notes=(*place.notes, note))
        along, unit = self._numbers("axisscale", (0, 0)), plain(self._text("axisscale", (0, 1)))
        if along.size != n:
            return None
        if unit in TIMES_S:
            return Place("series", offset_s=along * TIMES_S[unit])
        if unit not in LENGTHS_UM:
            return None
        position = along * LENGTHS_UM[unit]
        pitch = float(position[-1] - position[0]) / max(n - 1, 1)
        place = on_line(n, n, n * pitch, None, spacing)
        return place._replace(position_um=position) if spacing == "witec" else place

    def _lengths(self, name: str, axis: int) -> FloatArray | None:
        """Return a scale in µm, None if its unit is no length."""
        scale = LENGTHS_UM.get(plain(self._text(name, (axis, 1))))
        return None if scale is None else self._numbers(name, (axis, 0)) * scale

    def _field(self, name: str, cell: tuple[int, int] | None = None) -> _Array:
        """Return a field, or one cell of it."""
        if name not in self._fields:
            raise self._wrong(name, "this field", "none")
        field = self._fields[name]
        if cell is None:
            return field
        if field.dtype != object or field.ndim != 2 or field.shape[0] <= cell[0] or field.shape[1] <= cell[1]:
            raise self._wrong(name, "cells of 2 by 2", f"{field.dtype} of shape {field.shape}")
        return np.asarray(field[cell])

    def _numbers(self, name: str, cell: tuple[int, int] | None = None) -> FloatArray:
        values = self._field(name, cell)
        if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
            raise self._wrong(name, "finite numbers", str(values.dtype))
        return values.astype(np.float64).ravel()

    def _text(self, name: str, cell: tuple[int, int] | None = None) -> str:
        """Return a field of one line of text, as such or in its only cell; an empty string for any other."""
        field = self._field(name, cell) if name in self._fields else np.empty(0)
        if field.dtype == object and field.size == 1:
            field = np.asarray(field.item())
        return str(field.item()).strip("\0") if field.dtype.kind == "U" and field.size == 1 else ""

    def _wrong(self, field: str, expected: str, actual: str) -> FormatError:
        return FormatError(self._path, f"{shown(self._variable)}.{field}", expected=expected, found=actual)


READER = Reader(
    name="MATLAB",
    parses="DataSet objects with positions, times or a map; axis in any unit; files of version 5 to 7, compressed or "
    "not; large data are read in blocks, by way of a temporary file",
    skips="other variables; the dates of the export; what the object excludes or labels",
    unseen="single spectra; places that are not evenly spaced",
    sniff=partial(begins, "matlab"),
    read=read,
    no_spectrum=no_spectrum,
)
