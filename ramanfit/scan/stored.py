"""Counts that stay in their file until they are taken."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError
from ramanfit.scan.mapped import HELD, SpectraOfFile

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MOST = 1e100  # counts: its square is still a number
BLOCK = 1 << 20  # numbers that are taken at a time


class StoredCounts:
    """Counts [N, M] of which only the rows that are asked for become numbers in memory.

    ``counts[rows]`` gives an array of float64, checked to be finite; ``counts[:, channels]`` gives the same counts
    on some of the channels, and takes nothing yet. `numpy.asarray` takes everything.

    Parameters
    ----------
    stored : array [A, B, M]
        Of any real type and any strides, usually a view of a mapped file, which is then read in blocks. Row ``i`` is
        ``stored[i // B, i % B]``: a map whose y runs fastest in the file is shown with x fastest, which no array of two
        dimensions could do.
    source : str
        The file, for messages.
    offset : int
        The byte of the file at which ``stored[0, 0, 0]`` stands; None: they do not stand there as they are stored.
    absent : bool array [N], optional
        Spectra that were not measured, whatever stands in the file: their counts are 0.
    filled : bool
        Whether counts that are not finite are 0, too; else they are an error.
    """

    def __init__(
        self,
        stored: npt.NDArray[Any],
        source: str = "-",
        offset: int | None = 0,
        absent: BoolArray | None = None,
        *,
        filled: bool = False,
    ) -> None:
        self._stored, self._source, self._offset, self._absent = stored, source, offset, absent
        self._filled, self._channels = filled, np.arange(stored.shape[2])
        self._which = range(stored.shape[0] * stored.shape[1])
        self._spectra = SpectraOfFile.of(stored, source)

    @property
    def shape(self) -> tuple[int, int]:
        """Spectra and channels."""
        return len(self._which), self._channels.size

    @property
    def ndim(self) -> int:
        """Always 2."""
        return 2

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, key: Any) -> Any:
        rows, channels = key if isinstance(key, tuple) else (key, slice(None))
        some = copy(self)
        some._channels = self._channels[channels]
        return some if isinstance(rows, slice) and rows == slice(None) else some._take(self._numbers(rows))

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        whole = np.empty(self.shape)
        for rows, block in blocks(self):
            whole[rows] = block
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def part(self, rows: slice) -> StoredCounts:
        """Return the same counts of neighbouring spectra, and take nothing yet."""
        some = copy(self)
        some._which = self._which[rows]
        return some

    def filled(self) -> StoredCounts:
        """Return the same counts, 0 where they are not finite."""
        some = copy(self)
        some._filled = True
        return some

    def _numbers(self, rows: Any) -> Any:
        """Return the numbers of some rows in the file."""
        some = self._which[rows] if isinstance(rows, (slice, int)) else None
        if isinstance(some, range):
            return np.arange(some.start, some.stop, some.step)
        return np.intp(some) if some is not None else np.arange(self._which.start, self._which.stop)[rows]

    def missing(self) -> tuple[StoredCounts, BoolArray] | None:
        """Return the same counts, 0 where they are not finite, and where that is, [N, M]; None: all are finite.

        Looks at every count that is not an integer, and at none that is.
        """
        lost: BoolArray | None = None
        for rows in _slices(self.shape) if self._stored.dtype.kind == "f" and not self._filled else ():
            holes = ~np.isfinite(self._raw(self._numbers(rows)))
            if holes.any():
                lost = np.zeros(self.shape, dtype=bool) if lost is None else lost
                lost[rows] = holes
        return None if lost is None else (self.filled(), lost)

    def even_channels(self) -> BoolArray | None:
        """Return which channels [M] show one value in all spectra; None where that is not known."""
        return None

    def _raw(self, rows: Any) -> FloatArray:
        """Return some rows as they are, 0 where they were not measured."""
        step = max(1, HELD // max(1, self._stored.shape[2] * self._stored.itemsize))
        if np.size(rows) <= step:
            return self._some(rows)
        taken = np.empty((len(rows), self._channels.size))
        for at in range(0, len(rows), step):
            taken[at : at + step] = self._some(rows[at : at + step])
        return taken

    def _some(self, rows: Any) -> FloatArray:
        if self._spectra is None:
            i, j = np.divmod(rows, self._stored.shape[1])
            stored = self._stored[i, j]
        else:
            read = self._spectra.take(np.atleast_1d(rows))
            stored = read if np.ndim(rows) else read[0]
        with np.errstate(invalid="ignore"):  # a signalling nan: told later
            taken = np.asarray(stored[..., self._channels], dtype=np.float64)
        if self._absent is not None:
            taken[self._absent[rows]] = 0.0
        return taken

    def _take(self, rows: Any) -> FloatArray:
        """Return some rows; FormatError if one of their counts is not finite."""
        taken = self._raw(rows)
        if self._filled:
            taken = np.where(np.isfinite(taken), taken, 0.0)
        elif self._stored.dtype.kind == "f" and not np.isfinite(taken).all():
            *row, k = np.argwhere(~np.isfinite(taken))[0].tolist()
            number, channel = int(rows[row[0]] if row else rows), int(self._channels[k])
            where = f"spectrum {number}, channel {channel}"
            if self._offset is not None:
                index = (number // self._stored.shape[1], number % self._stored.shape[1], channel)
                byte = self._offset + sum(p * s for p, s in zip(index, self._stored.strides, strict=True))
                where = f"byte {byte}, {where}"
            raise FormatError(self._source, where, expected="a finite count", found=str(taken[(*row, k)]))
        if self._stored.dtype == np.float64 and taken.size and (most := float(np.abs(taken).max())) > MOST:
            raise FormatError(self._source, expected="counts of a detector", found=f"{most:g}")
        return taken


def blocks(counts: FloatArray | StoredCounts, numbers: int = BLOCK) -> Iterator[tuple[slice, FloatArray]]:
    """Yield counts with their rows, about so many numbers at a time.

    Parameters
    ----------
    counts : array [N, M], or StoredCounts
    numbers : int
        A block has at least one row, however long.

    Yields
    ------
    rows : slice
    block : array [rows, M]
        ``counts[rows]``.
    """
    for rows in _slices(counts.shape, numbers):
        yield rows, counts[rows]


def _slices(shape: tuple[int, ...], numbers: int = BLOCK) -> Iterator[slice]:
    """Yield rows of an array of that shape, about so many numbers at a time."""
    step = max(1, numbers // max(shape[1], 1))
    for start in range(0, shape[0], step):
        yield slice(start, min(start + step, shape[0]))
