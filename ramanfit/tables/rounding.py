"""How many digits a person is shown: a value and its standard error, rounded together."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ramanfit.recipe.column_kind import AS_ERROR
from ramanfit.tables.schema import Schema
from ramanfit.tables.table import Table

Join = Callable[[str, str], str]
"""How a rounded value and its rounded standard error (both decimal, the same decimals) become one text."""


def plus_minus(value: str, se: str) -> str:
    """Return ``1590.12 ± 0.08``."""
    return f"{value} ± {se}"


def shorthand(value: str, se: str) -> str:
    """Return ``1590.12(8)``: the error in units of the last digits, or with its point when 1 or more."""
    return f"{value}({se if float(se) >= 1 else se.lstrip('0.') or '0'})"


def plain(value: float, digits: int = 6) -> str:
    """Return up to so many significant digits; empty when the value is missing."""
    return format(value + 0.0, f".{digits}g") if math.isfinite(value) else ""


def rounded_error(se: float) -> str:
    """Return a positive standard error in decimal digits, by the rule of the Particle Data Group.

    Two significant digits when its first three are 100 to 354, one from 355 to 949; above that it becomes the
    next power of ten, with two. Integer digits are all shown.
    """
    exponent = math.floor(math.log10(se))
    leading = math.floor(se / 10.0**exponent * 100 + 1e-9)
    if leading > 949:
        exponent, se = exponent + 1, 10.0 ** (exponent + 1)
    digits = max(0, -exponent if 354 < leading <= 949 else 1 - exponent)
    return f"{se:.{digits}f}"


def with_error(value: float, se: float, join: Join = plus_minus) -> str:
    """Return value and standard error as one text; the value alone where there is no error; else empty."""
    if not math.isfinite(value) or not math.isfinite(se) or not 1e-6 < se < 1e7:
        return plain(value)
    error = rounded_error(se)
    digits = len(error.partition(".")[2])
    return join(f"{round(value, digits) + 0.0:.{digits}f}", error)


def end_of_interval(value: float, se: float) -> str:
    """Return an end of an interval with the digits of the standard error beside it."""
    return with_error(value, se, lambda rounded, _: rounded)


def for_people(table: Table, join: Join = plus_minus) -> dict[str, list[str]]:
    """Return the cells of a table in human digits, every standard error merged into its value.

    Systematic errors have the digits of an error, ends of intervals those of the standard error.
    """
    schema = Schema.read(table.names)
    cells: dict[str, list[str]] = {}
    merged: set[str] = set()
    for name, values in table.columns.items():
        if name in merged:
            continue
        if not isinstance(values, np.ndarray):
            cells[name] = list(values)
            continue
        numbers: list[float] = values.tolist()
        entry = schema.get(name)
        error, beside = (_errors(table, partner) for partner in ((entry.error, entry.beside) if entry else ("", "")))
        if values.dtype.kind == "i":
            cells[name] = [str(value) for value in numbers]
        elif entry and entry.kind.digits == AS_ERROR:
            cells[name] = [rounded_error(v) if 1e-6 < v < 1e7 else plain(v) for v in numbers]
        elif beside is not None:
            cells[name] = [end_of_interval(v, se) for v, se in zip(numbers, beside, strict=True)]
        elif entry and error is not None:
            merged.add(entry.error)
            cells[name] = [with_error(value, se, join) for value, se in zip(numbers, error, strict=True)]
        else:
            digits = 3 if name == "redchi2" else 6
            cells[name] = [plain(value, digits) for value in numbers]
    return cells


def _errors(table: Table, name: str) -> list[float] | None:
    """Return the standard errors in a column; None: there is no such column of numbers."""
    values = table.columns.get(name)
    return values.tolist() if isinstance(values, np.ndarray) else None
