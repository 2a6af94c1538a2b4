"""What reads numbers of fixed width where an installer found a compiler: `fixed.cc`, loaded."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ramanfit.scan.scan import BoolArray, FloatArray

CHOICE = "RAMANFIT_CORE"  # "numpy": nothing that is compiled
LIBRARY = Path(__file__).with_name("_fixed.so")
INTERFACE = 2

_size = ctypes.c_int64


class FixedReader:
    """Reads numbers that are written as `ramanfit.formats.fixed.Fixed` says.

    Parameters
    ----------
    library : CDLL
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def rows(
        self,
        block: bytes,
        rows: int,
        columns: int,
        digits: int,
        exponent: int,
        separator: int,
        newline: int,
        out: FloatArray | None,
        even: BoolArray | None,
    ) -> bool:
        """Read the rows of a block into `out`, or look at them; tell whether all is well.

        `even` [rows] tells which rows show one number behind their first.
        """
        where = [None if array is None else ctypes.c_void_p(array.ctypes.data) for array in (out, even)]
        how = digits, exponent, separator, newline
        return bool(self._library.fixed_rows(block, _size(rows), _size(columns), *how, *where) == 0)

    def columns(
        self,
        file: int,
        start: int,
        row: int,
        rows: npt.NDArray[np.intp],
        some: range,
        digits: int,
        exponent: int,
        separator: int,
    ) -> FloatArray | None:
        """Return some columns of some rows of a file, [columns, rows]; None if they are not there, or not well.

        Parameters
        ----------
        file : int
            Its descriptor.
        start, row : int
            Byte of the first row, and bytes of each.
        rows : int array
        some : range
            Columns, one after another.
        digits, exponent, separator : int
        """
        rows = np.ascontiguousarray(rows, dtype=np.int64)
        out = np.empty((len(some), len(rows)))
        where = _size(start), _size(row), ctypes.c_void_p(rows.ctypes.data), _size(len(rows))
        which = _size(some.start), _size(some.stop)
        how = digits, exponent, separator
        status = self._library.fixed_columns(file, *where, *which, *how, ctypes.c_void_p(out.ctypes.data))
        return out if status == 0 else None


def reader() -> FixedReader | None:
    """Return what reads; None if it was not compiled, or is not wanted: then NumPy does it."""
    return None if os.environ.get(CHOICE) == "numpy" else _loaded()


@cache
def _loaded() -> FixedReader | None:
    try:
        library = ctypes.CDLL(str(LIBRARY))
        return FixedReader(library) if library.fixed_interface() == INTERFACE else None
    except (OSError, AttributeError):  # not built, or for another system
        return None
