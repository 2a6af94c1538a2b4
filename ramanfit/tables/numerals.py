"""Columns of numbers as text with nine significant digits, as ``%.9g`` writes them: `numerals.cc`, loaded.

A number is scaled to one of nine digits before the point, in one operation; where its error could change what is
nearest, or an exponent is needed, Python does it.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

import numpy as np

from ramanfit.scan.scan import FloatArray

CHOICE = "RAMANFIT_CORE"  # "numpy": nothing that is compiled
LIBRARY = Path(__file__).with_name("_numerals.so")
INTERFACE = 1
DECIMAL = "%.9g"
_LONGEST = 16  # bytes of a line
_MANY = 256  # numbers that loading pays for


def numerals(values: FloatArray, missing: str) -> list[str]:
    """Return numbers as text; what is not a number as `missing`, of at most 15 bytes."""
    library = _loaded() if len(values) >= _MANY and os.environ.get(CHOICE) != "numpy" else None
    if library is None:  # adding 0 makes -0 a plain 0; a missing value is the one that differs from itself
        return [DECIMAL % value if value == value else missing for value in (values + 0.0).tolist()]
    numbers, text = np.ascontiguousarray(values, dtype=np.float64), np.empty(_LONGEST * len(values), dtype=np.uint8)
    where, count = ctypes.c_void_p(numbers.ctypes.data), ctypes.c_int64(len(numbers))
    size = library.numerals(where, count, missing.encode(), ctypes.c_void_p(text.ctypes.data))
    cells = text[:size].tobytes().decode().split("\n")
    cells.pop()
    if "?" in cells:
        return [DECIMAL % value if cell == "?" else cell for cell, value in zip(cells, values.tolist(), strict=True)]
    return cells


@cache
def _loaded() -> ctypes.CDLL | None:
    """Return what an installer compiled; None: nothing."""
    try:
        library = ctypes.CDLL(str(LIBRARY))
        if library.numerals_interface() != INTERFACE:
            return None
    except (OSError, AttributeError):  # not built, or for another system
        return None
    library.numerals.restype = ctypes.c_int64
    return library
