"""What an experiment differs by from a reference."""

from __future__ import annotations

import numpy as np

from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.column_kind import ALWAYS, SPECTRUM
from ramanfit.recipe.columns import kinds_of
from ramanfit.tables.digits import as_written, nine_digits
from ramanfit.tables.table import Column, Table, with_columns


def with_differences(evolution: Evolution) -> Table:
    """Return the wide table with each position and ratio minus that of the reference, and the error of that.

    The reference's own error is in every row of a column: rows differ from one another by less than it says.
    """
    table, more = evolution.table, dict[str, Column]()
    for entry in [entry for entry in evolution.schema.values() if entry.delta]:
        value, se = evolution.reference_value(entry.name)
        measured, measured_se = (
            np.asarray(table.columns[name], dtype=np.float64) for name in (entry.name, entry.error)
        )
        more[entry.delta] = measured - nine_digits(np.array([value]))
        more[evolution.schema[entry.delta].error] = np.hypot(measured_se, nine_digits(np.array([se])))
    of_every_spectrum = [kind.name for kind in kinds_of(SPECTRUM, ALWAYS)]
    last = [name for name in table.names if name not in of_every_spectrum][-1]
    return with_columns(table, as_written(more, evolution.schema), last)
