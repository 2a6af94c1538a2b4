"""How many digits of a fit go into a table: as many as its noise deserves, and as the processor does not touch.

A standard error has six significant digits. What it belongs to ends with the same decimal, but has at least three
significant digits and at most nine. Other results of a fit have six, all else nine.

Another processor, or another library of linear algebra, adds up in another order. By that results of a fit differ by
about 1e-12 of their standard error, so that about one row of a table in a million differs, by one in a last digit.
Tables are rounded here, when they are made, and nowhere else; what is computed of others is so before. For a person
`ramanfit.tables.rounding` rounds further.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ramanfit.recipe.column_kind import CELL, KEY
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.schema import Entry
from ramanfit.tables.table import Column

NINE = 9  # significant digits of any number
SIX = 6  # of a standard error, and of results without one
LEAST = 3  # of a value with a large standard error

Exponents = npt.NDArray[np.int64]

_FARTHEST = 99
_POWERS = np.array([float(f"1e{k}") for k in range(-_FARTHEST, _FARTHEST + 1)])
_EXACT = 22  # powers of ten up to this one are floats
_WHOLE = 2.0**53  # below it all integers are


def as_written(columns: Mapping[str, Column], schema: Mapping[str, Entry]) -> dict[str, Column]:
    """Return the columns of a table with the digits that tables have; rounding again changes nothing.

    Parameters
    ----------
    columns : mapping of str to column
    schema : mapping of str to Entry
        What the columns mean; one that is missing, or is no result of a fit, has nine digits.
    """
    names = [name for name, values in columns.items() if isinstance(values, np.ndarray) and values.dtype.kind == "f"]
    if not names:
        return dict(columns)
    values = np.stack([np.asarray(columns[name]) for name in names])
    row = {name: i for i, name in enumerate(names)}
    error = {i: row[its] for name, i in row.items() if name in schema and (its := schema[name].error) in row}
    fitted = [i for name, i in row.items() if name in schema and schema[name].kind.owner not in (KEY, CELL)]
    alone = [i for i in fitted if i not in error]
    values[alone] = significant(values[alone], SIX)
    others = [i for i in range(len(names)) if i not in alone]
    size = exponents(values[others])
    unit = size - (NINE - 1)
    for k, i in enumerate(others):
        if i in error:
            se = values[error[i]]
            ends = np.where(se > 0, exponents(se) - (SIX - 1), unit[k])
            unit[k] = np.maximum(unit[k], np.minimum(ends, size[k] - (LEAST - 1)))
    values[others] = to_unit(values[others], unit)
    return {**columns, **{name: values[i] for name, i in row.items()}}


def nine_digits(values: FloatArray) -> FloatArray:
    """Round as any number is that is written."""
    return significant(values, NINE)


def significant(values: FloatArray, digits: int) -> FloatArray:
    """Round to so many significant digits."""
    return to_unit(values, exponents(values) - (digits - 1))


def exponents(values: FloatArray) -> Exponents:
    """Return the powers of ten that numbers reach, that of 0 and of what is no number being 0."""
    size = np.where(np.isfinite(values) & (values != 0), np.abs(values), 1.0)
    return np.asarray(np.searchsorted(_POWERS, size, side="right") - 1 - _FARTHEST, dtype=np.int64)


def to_unit(values: FloatArray, unit: Exponents) -> FloatArray:
    """Round to whole multiples of powers of ten: to the floats that are nearest to these decimals."""
    up, down = _POWERS[np.clip(-unit, 0, _EXACT) + _FARTHEST], _POWERS[np.clip(unit, 0, _EXACT) + _FARTHEST]
    with np.errstate(over="ignore", invalid="ignore"):
        whole = np.rint(values / down * up)
        rounded = np.asarray(whole / up * down)
    # what has no float near its multiple, or no multiple that is a float, is read back from text
    odd = np.isfinite(values) & ((np.abs(unit) > _EXACT) | ~(np.abs(whole) < _WHOLE))
    for at in zip(*np.nonzero(odd), strict=True):
        digits = int(exponents(values[at]) - unit[at])
        rounded[at] = float(f"{values[at]:.{digits}e}") if digits >= 0 else 0.0
    return rounded
