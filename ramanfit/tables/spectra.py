"""One row per spectrum and channel."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from ramanfit.scan.schedule import Taken
from ramanfit.scan.stored import blocks
from ramanfit.tables.table import Column, Table, repeat_rows

ROWS = 1 << 16  # of a table at a time: as text, a row takes some hundred bytes


def tidy_tables(taken: Taken, more: Collection[str] = ()) -> Iterator[Table]:
    """Yield the rows of a scan, some spectra at a time: keys, then `shift_cm1` and `counts`, empty where masked.

    Parameters
    ----------
    taken : Taken
    more : collection of str
        Which of `started` and `laser_nm` have a column.
    """
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
        if "started" in more:
            columns["started"] = (keys.started,) * len(counts)
        if "laser_nm" in more:
            laser_nm = scan.metadata.laser_nm
            columns["laser_nm"] = np.full(len(counts), np.nan if laser_nm is None else laser_nm)
        yield Table(
            {
                **{name: repeat_rows(values, scan.channels) for name, values in columns.items()},
                "shift_cm1": np.tile(scan.shift_cm1, len(counts)),
                "counts": (counts if scan.mask is None else np.where(scan.mask[rows], np.nan, counts)).ravel(),
            }
        )
