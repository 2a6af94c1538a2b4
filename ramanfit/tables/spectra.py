"""One row per spectrum and channel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ramanfit.scan.schedule import Taken
from ramanfit.scan.stored import blocks
from ramanfit.tables.table import Column, Table, repeat_rows

ROWS = 1 << 16  # of a table at a time: as text, a row takes some hundred bytes


def tidy_tables(taken: Taken) -> Iterator[Table]:
    """Yield the rows of a scan, some spectra at a time: keys, then `shift_cm1` and `counts`, empty where masked."""
    scan, keys = taken
    for rows, counts in blocks(scan.counts, ROWS):
        columns: dict[str, Column] = {
            "source": (keys.source,) * len(counts),
            "scan": keys.scan[rows],
            "point": keys.point[rows],
            "position_um": keys.position_um[rows],
            "time_s": keys.time_s[rows],
            **{name: values[rows] for name, values in keys.xy_um.items()},
        }
        yield Table(
            {
                **{name: repeat_rows(values, scan.channels) for name, values in columns.items()},
                "shift_cm1": np.tile(scan.shift_cm1, len(counts)),
                "counts": (counts if scan.mask is None else np.where(scan.mask[rows], np.nan, counts)).ravel(),
            }
        )
