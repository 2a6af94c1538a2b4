"""What an experiment differs by from a reference."""

from __future__ import annotations

import numpy as np

from ramanfit.experiment.evolution import Evolution, error_of, nine_digits
from ramanfit.tables.columns import ratio_columns
from ramanfit.tables.table import Column, Table, with_columns


def with_differences(evolution: Evolution) -> Table:
    """Return the wide table with each position and ratio minus that of the reference, and the error of that.

    The reference's own error is in every row of a column: rows differ from one another by less than it says.
    """
    table, more = evolution.table, dict[str, Column]()
    names = [f"{peak}_center_cm1" for peak in evolution.peaks] + [ratio_columns(r)[0] for r in evolution.ratios]
    for name in names:
        value, se = evolution.reference_value(name)
        measured = np.asarray(table.columns[name], dtype=np.float64)
        measured_se = np.asarray(table.columns[error_of(name)], dtype=np.float64)
        stem = name.removesuffix("_cm1")
        delta = f"{stem}_delta_cm1" if stem != name else f"{stem}_delta"
        more[delta] = measured - nine_digits(np.array([value]))
        more[error_of(delta)] = np.hypot(measured_se, nine_digits(np.array([se])))
    last = [name for name in table.names if name not in ("redchi2", "flags")][-1]
    return with_columns(table, more, last)
