"""Columns of numbers as text with nine significant digits, as ``%.9g`` writes them: `numerals.cc`, loaded.

A number is scaled to one of nine digits before the point, in one operation; where its error could change what is
nearest, or an exponent is needed, Python does it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from ramanfit.scan.scan import FloatArray

CHOICE = "RAMANFIT_CORE"  # "numpy": nothing that is compiled
LIBRARY = Path(__file__).with_name("_numerals.so")
INTERFACE = 2
DECIMAL = "%.9g"
_LONGEST = 16  # bytes of a line
_MANY = 256  # numbers that loading pays for


def numerals(values: FloatArray, missing: str) -> list[str]:
    """Return numbers as text; what is not a number as `missing`, of at most 15 bytes."""
    lines = numeral_lines(values, missing)
    if lines is not None:
        return lines.decode().split("\n")[:-1]
    # adding 0 makes -0 a plain 0; a missing value is the one that differs from itself
    return [DECIMAL % value if value == value else missing for value in (values + 0.0).tolist()]


def numeral_lines(values: FloatArray, missing: str) -> bytes | None:
    """Return numbers as `numerals` does, each on a line; None where compiled code is not there, or not for so few."""
    library = _library() if len(values) >= _MANY else None
    if library is None:
        return None
    numbers, text = np.ascontiguousarray(values, dtype=np.float64), np.empty(_LONGEST * len(values), dtype=np.uint8)
    where, count = ctypes.c_void_p(numbers.ctypes.data), ctypes.c_int64(len(numbers))
    size = library.numerals(where, count, missing.encode(), ctypes.c_void_p(text.ctypes.data))
    lines = text[:size].tobytes()
    if b"?" not in lines:
        return lines
    pairs = zip(lines.split(b"\n")[:-1], values.tolist(), strict=True)
    return b"".join([(DECIMAL % value).encode() + b"\n" if cell == b"?" else cell + b"\n" for cell, value in pairs])


def beside(columns: Sequence[bytes], rows: int, delimiter: str) -> bytes | None:
    """Return the lines of columns as cells of rows; None where compiled code is not there, or a cell has a line feed.

    Parameters
    ----------
    columns : sequence of bytes
        At least one, as `numeral_lines` returns them.
    rows : int
    delimiter : str
        One byte.
    """
    library = _library()
    if library is None or any(lines.count(b"\n") != rows for lines in columns):
        return None
    text = np.empty(sum(map(len, columns)), dtype=np.uint8)
    where = (ctypes.c_char_p * len(columns))(*columns), ctypes.c_int64(len(columns)), ctypes.c_int64(rows)
    size = library.beside(*where, ctypes.c_char(delimiter.encode()), ctypes.c_void_p(text.ctypes.data))
    return text[:size].tobytes()


def _library() -> ctypes.CDLL | None:
    return None if os.environ.get(CHOICE) == "numpy" else _loaded()


@cache
def _loaded() -> ctypes.CDLL | None:
    """Return what an installer compiled; None: nothing."""
    try:
        library = ctypes.CDLL(str(LIBRARY))
        if library.numerals_interface() != INTERFACE:
            return None
    except (OSError, AttributeError):  # not built, or for another system
        return None
    library.numerals.restype = library.beside.restype = ctypes.c_int64
    return library
