"""How many digits a person is shown: a value and its standard error, rounded together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ramanfit.tables.table import Table

Join = Callable[[str, str], str]
"""How a rounded value and its rounded standard error (both decimal, the same decimals) become one text."""


def plus_minus(value: str, se: str) -> str:
    """Return ``1590.12 ± 0.08``."""
    return f"{value} ± {se}"


def shorthand(value: str, se: str) -> str:
    """Return ``1590.12(8)``: the error in units of the last digits, or with its point when 1 or more."""
    return f"{value}({se if float(se) >= 1 else se.lstrip('0.') or '0'})"


def plain(value: float) -> str:
    """Return up to six significant digits; empty when the value is missing."""
    return format(value + 0.0, ".6g") if math.isfinite(value) else ""


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


def error_column(names: Sequence[str], index: int) -> str:
    """Return the name of the standard error that follows column `index`: ``height_se``; empty if none does."""
    following = names[index + 1] if index + 1 < len(names) else ""
    stem = following.removesuffix("_se")
    name = names[index]
    return following if stem != following and (name == stem or name.startswith(f"{stem}_")) else ""


def for_people(table: Table, join: Join = plus_minus) -> dict[str, list[str]]:
    """Return the cells of a table in human digits, every standard error merged into the column before it.

    Systematic errors have the digits of an error, ends of intervals those of the standard error.
    """
    cells: dict[str, list[str]] = {}
    merged: set[str] = set()
    for index, (name, values) in enumerate(table.columns.items()):
        if name in merged:
            continue
        if not isinstance(values, np.ndarray):
            cells[name] = list(values)
        elif values.dtype.kind == "i":
            cells[name] = [str(value) for value in values.tolist()]
        else:
            partner = error_column(table.names, index)
            errors = table.columns[partner] if partner else None
            stem = name.removesuffix("_low").removesuffix("_high")
            beside = table.columns.get(f"{stem}_se") if stem != name else None
            if name.endswith("_sys"):
                cells[name] = [rounded_error(v) if 1e-6 < v < 1e7 else plain(v) for v in values.tolist()]
            elif isinstance(beside, np.ndarray):
                cells[name] = [end_of_interval(v, se) for v, se in zip(values.tolist(), beside.tolist(), strict=True)]
            elif not isinstance(errors, np.ndarray):
                cells[name] = [plain(value) for value in values.tolist()]
            else:
                merged.add(partner)
                pairs = zip(values.tolist(), errors.tolist(), strict=True)
                cells[name] = [with_error(value, se, join) for value, se in pairs]
    return cells
