"""Large tables of fixed width: their counts stay in the file, as text, until some of them are asked for.

Every byte is looked at first: a row that is broken is found then, not when it is needed.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError, InputError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.fixed import Fixed
from ramanfit.formats.fixed_compiled import reader
from ramanfit.formats.text import Style
from ramanfit.scan.scan import BoolArray, FloatArray
from ramanfit.scan.stored import StoredCounts

LARGE = 1 << 20  # numbers: fewer are read at once
LARGE_FOR_NUMPY = 1 << 25  # which takes longer to read them again
_AT_ONCE = 1 << 20  # bytes
_FAR = 64  # spectra apart, which are read one by one


class Deferred(NamedTuple):
    """An axis, and counts that stay in their file.

    Attributes
    ----------
    x : array [M]
    counts : TextCounts
    first : int
        Line of the first channel.
    """

    x: FloatArray
    counts: TextCounts
    first: int

    def line(self, row: int) -> int:
        """Return the line number of a channel."""
        return self.first + row


def deferred(source: Source, style: Style) -> Deferred | None:
    """Return the rest of a source as counts that stay there; None, nothing being consumed, if it is not for that.

    Parameters
    ----------
    source : Source
        Standing at the first row.
    style : Style
        How that row is written.
    """
    line = source.peek()
    large = LARGE_FOR_NUMPY if reader() is None else LARGE
    few = source.rows_ahead(len(line)) * style.columns < large
    plain = style == Style(b"\t", style.columns) and b"," not in line and hasattr(os, "pread")
    layout = Fixed.of(line, style.columns) if plain and not few else None
    start = source.position()
    if layout is None or start is None:
        return None
    looked = _looked(source, layout)
    if looked is None:
        source.back_to(start)
        return None
    x, even = looked
    first, source.line = source.line, source.line + len(x)
    return Deferred(x, TextCounts(source.path, os.dup(source.descriptor()), start, layout, even), first)


def _looked(source: Source, layout: Fixed) -> tuple[FloatArray, BoolArray] | None:
    """Return the first number of every row, and whether the others are one number; None: a row is not as the first."""
    step = layout.row // layout.columns
    alone = layout._replace(columns=1, row=step, newline=b"\n")
    of_blocks, even = [], []
    for block in source.blocks():
        rows = layout.even_rows(block)
        if rows is None:
            return None
        even.append(rows)
        numbers = np.frombuffer(block, np.uint8).reshape(-1, layout.row)[:, :step].copy()
        numbers[:, -1] = ord("\n")
        of_blocks.append(alone.parse(numbers.tobytes()))
    return np.concatenate([values[:, 0] for values in of_blocks if values is not None]), np.concatenate(even)


class TextCounts(StoredCounts):
    """Counts [N, M] of a table that has a row for each of M channels: N numbers behind that of the axis.

    Parameters
    ----------
    source : str
        The file, for messages.
    descriptor : int
        The file, open; closed with the last of the counts that are in it.
    start : int
        Byte of the first row.
    layout : Fixed
        Of the rows.
    even : bool array [M]
        Which channels show one value in all spectra.
    """

    def __init__(self, source: str, descriptor: int, start: int, layout: Fixed, even: BoolArray) -> None:
        super().__init__(np.empty((layout.columns - 1, 1, len(even)), dtype="V0"), source)
        self._file, self._start, self._layout, self._even = _Open(descriptor), start, layout, even

    def even_channels(self) -> BoolArray | None:
        """Return which channels [M] show one value in all spectra; None where these are not all of the file."""
        return self._even[self._channels] if len(self) == self._layout.columns - 1 else None

    def missing(self) -> None:
        """Return that all are finite: what is none is not of the layout."""

    def _raw(self, rows: npt.NDArray[np.intp] | np.intp) -> FloatArray:
        wanted = np.atleast_1d(rows)
        if not wanted.size:
            return np.empty((0, self._channels.size))
        low, high = int(wanted.min()), int(wanted.max()) + 1
        if high - low > _FAR * len(wanted):
            some = np.concatenate([self._columns(row, row + 1) for row in wanted.tolist()])
        else:
            some = self._columns(low, high)
            if len(some) > len(wanted) or (np.diff(wanted) != 1).any():
                some = some[wanted - low]
        return some if np.ndim(rows) else np.asarray(some[0])

    _take = _raw

    def _columns(self, low: int, high: int) -> FloatArray:
        """Return the counts of neighbouring spectra."""
        layout, size = self._layout, self._layout.row // self._layout.columns
        if (compiled := reader()) is not None:
            where, some_columns = (self._file.descriptor, self._start, layout.row), range(low + 1, high + 1)
            columns = compiled.columns(*where, self._channels, some_columns, *layout.how[:3])
            if columns is not None:  # else what is wrong is told below
                return columns
        some = layout._replace(columns=high - low, row=(high - low) * size, newline=b"\n")
        values = np.empty((high - low, self._channels.size))
        step = max(1, _AT_ONCE // some.row)
        for at in range(0, self._channels.size, step):
            text = b"".join(self._rows(self._channels[at : at + step], (low + 1) * size, some.row))
            numbers = some.parse(text)
            if numbers is None:
                raise self._changed()
            values[:, at : at + step] = numbers.T
        return values

    def _rows(self, channels: npt.NDArray[np.intp], offset: int, size: int) -> Iterator[bytes]:
        """Yield so many bytes of some rows, ended by a line feed."""
        for channel in channels.tolist():
            try:
                text = os.pread(self._file.descriptor, size, self._start + channel * self._layout.row + offset)
            except OSError as error:
                raise InputError(f"{self._source}: {error.strerror or error}") from error
            if len(text) < size:
                raise self._changed()
            yield text[:-1] + b"\n"

    def _changed(self) -> FormatError:
        return FormatError(self._source, "was changed while it was read")


class _Open:
    """A file that is closed when nobody needs it any more."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)
