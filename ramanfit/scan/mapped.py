"""Spectra of a mapped file that are read, not looked at through the map.

What a map has shown stays in the memory of the process, with a neighbourhood that the system chooses: of a map whose y
runs fastest that is soon the whole file. And a map of a file that shrinks ends the program.
"""

from __future__ import annotations

import mmap
import os
import weakref
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError, InputError

HELD = 1 << 23  # bytes of a file that are in memory at most
_FAR = 4  # spectra apart, which are read one by one


class MappedFile(mmap.mmap):
    """A map of a whole file, which can be read as well.

    Parameters
    ----------
    descriptor : int
        The file, open; it may be closed.
    """

    descriptor: int

    def __new__(cls, descriptor: int) -> MappedFile:
        """Map the file."""
        mapped = super().__new__(cls, descriptor, 0, access=mmap.ACCESS_READ)
        mapped.descriptor = os.dup(descriptor)
        weakref.finalize(mapped, os.close, mapped.descriptor)
        return mapped


class SpectraOfFile:
    """Spectra that a map of their file shows, read in blocks.

    Parameters
    ----------
    file : MappedFile
    stored : array [A, B, M]
        A view of it.
    source : str
        The file, for messages.
    in_order : bool
        Whether they stand one after another, B fastest.
    """

    def __init__(self, file: MappedFile, stored: npt.NDArray[Any], source: str, *, in_order: bool) -> None:
        self._file, self._source, self._dtype = file, source, stored.dtype
        self._at = _address(stored) - _address(np.frombuffer(file, dtype=np.uint8))
        self._lines, self._points, self._channels = stored.shape
        self._size = stored.shape[2] * stored.itemsize
        self._steps = stored.strides[:2]  # from line to line, from point to point
        self._in_order = in_order
        y_fastest = self._steps[0] == self._size
        self._lines_at_once = HELD // max(1, self._points * self._size) if y_fastest else 0
        self._held: tuple[int, npt.NDArray[Any]] | None = None  # a block of lines, by its number
        self._reading = Lock()  # threads that share a map share the block

    @classmethod
    def of(cls, stored: npt.NDArray[Any], source: str) -> SpectraOfFile | None:
        """Return spectra [A, B, M], the channels of each side by side; None: they are of no such file."""
        whole: Any = stored
        while isinstance(whole, (np.ndarray, memoryview)):
            whole = whole.base if isinstance(whole, np.ndarray) else whole.obj
        if not isinstance(whole, MappedFile) or not stored.size:
            return None
        a, b, m = stored.shape
        size = m * stored.itemsize
        if min(stored.strides) < 0 or (m > 1 and stored.strides[2] != stored.itemsize):
            return None
        in_order = (a == 1 or stored.strides[0] == b * size) and (b == 1 or stored.strides[1] == size)
        return cls(whole, stored, source, in_order=in_order)

    def take(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
        """Return some spectra [n, M] as they are stored.

        Raises
        ------
        FormatError
            If the file has become shorter.
        InputError
            If it cannot be read.
        """
        if not len(rows):
            return np.empty((0, self._channels), dtype=self._dtype)
        low, high = int(rows.min()), int(rows.max()) + 1
        if high - low > _FAR * len(rows) or not (self._in_order or self._lines_at_once):
            lines, points = np.divmod(rows, self._points)
            spectra = zip(lines.tolist(), points.tolist(), strict=True)
            return np.concatenate([self._side_by_side(line, point, 1) for line, point in spectra])
        near = self._read(low * self._size, high - low) if self._in_order else self._by_lines(low, high)
        return near if np.array_equal(rows, np.arange(low, high)) else near[rows - low]

    def _by_lines(self, low: int, high: int) -> npt.NDArray[Any]:
        """Return neighbouring spectra of a map whose y runs fastest."""
        taken = np.empty((high - low, self._channels), dtype=self._dtype)
        step = self._lines_at_once * self._points
        for number in range(low // step, (high - 1) // step + 1):
            start = number * step
            first, last = max(low, start), min(high, start + step)
            taken[first - low : last - low] = self._block(number)[first - start : last - start]
        return taken

    def _block(self, number: int) -> npt.NDArray[Any]:
        """Return the spectra of a block of lines, x fastest; it is held until another is asked for."""
        with self._reading:
            if self._held is None or self._held[0] != number:
                self._held = None
                line = number * self._lines_at_once
                lines = min(self._lines_at_once, self._lines - line)
                block = np.empty((lines, self._points, self._channels), dtype=self._dtype)
                for point in range(self._points):
                    block[:, point] = self._side_by_side(line, point, lines)
                self._held = number, block.reshape(-1, self._channels)
            return self._held[1]

    def _side_by_side(self, line: int, point: int, lines: int) -> npt.NDArray[Any]:
        """Return the spectra of one point of neighbouring lines."""
        return self._read(line * self._steps[0] + point * self._steps[1], lines)

    def _read(self, at: int, spectra: int) -> npt.NDArray[Any]:
        size = spectra * self._size
        try:
            data = os.pread(self._file.descriptor, size, self._at + at)
        except OSError as error:
            raise InputError(f"{self._source}: {error.strerror or error}") from error
        if len(data) < size:
            raise FormatError(self._source, "was changed while it was read")
        return np.frombuffer(data, dtype=self._dtype).reshape(spectra, self._channels)


def read(shown: npt.NDArray[np.uint8], source: str) -> bytes:
    """Return bytes that are not held when they were looked at: read of a file, where they are of one that is mapped.

    Parameters
    ----------
    shown : array [n]
    source : str
        The file, for messages.
    """
    of_file = SpectraOfFile.of(shown[None, None], source)
    return (shown if of_file is None else of_file.take(np.zeros(1, dtype=np.intp))).tobytes()


def mapped(descriptor: int) -> npt.NDArray[np.uint8]:
    """Return the bytes of an open file, of which only those are read that are looked at; OSError: it has no map."""
    can_be_read = hasattr(os, "pread")
    file = MappedFile(descriptor) if can_be_read else mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    return np.frombuffer(file, dtype=np.uint8)


def _address(array: npt.NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])
