"""Which rows of an experiment the page holds, and which of their spectra."""

from __future__ import annotations

import numpy as np

from ramanfit.experiment.evolution import Evolution
from ramanfit.tables.table import Table

MOST_SPECTRA = 5_000  # with their counts
MOST_ROWS = 20_000
WORST = 0.25  # of what flagged spectra leave of MOST_SPECTRA goes to the largest redchi2


def shown_rows(evolution: Evolution) -> np.ndarray:
    """Return the rows of the table that the page holds: all, or those of every k-th scan or, if more, point.

    Returns
    -------
    int array [rows]
        Ascending.
    """
    n, rows = len(evolution.table), evolution.rows
    step = -(-n // MOST_ROWS)
    if step == 1:
        return np.arange(n)
    by_scan = rows.shape[0] >= (step if evolution.is_map else rows.shape[1])  # images stay whole
    kept = rows[::step] if by_scan else rows[:, ::step]
    return np.sort(kept[kept >= 0])


def embedded(table: Table, most: int) -> np.ndarray:
    """Return the rows whose spectra are in the page: flagged ones, those with the largest redchi2, then evenly.

    Parameters
    ----------
    table : Table
    most : int
        Rows to choose.

    Returns
    -------
    int array [rows]
        Ascending; all if they are no more than `most`.
    """
    if len(table) <= most:
        return np.arange(len(table))
    flagged = np.array([bool(words) for words in table.columns["flags"]])
    first = np.flatnonzero(flagged)[:most]
    others = np.flatnonzero(~flagged)
    redchi2 = np.nan_to_num(np.asarray(table.columns["redchi2"], dtype=np.float64)[others])
    worst = others[np.argsort(-redchi2, kind="stable")[: int(WORST * (most - len(first)))]]
    rest = np.setdiff1d(others, worst)
    left = most - len(first) - len(worst)
    evenly = rest[np.linspace(0, len(rest) - 1, left).round().astype(int)] if left else rest[:0]
    return np.sort(np.concatenate([first, worst, evenly]))
