"""Differences of one experiment to another, at the same points and the same place of an abscissa."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ramanfit.scan.scan import FloatArray
from ramanfit.tables.digits import nine_digits
from ramanfit.tables.schema import Schema
from ramanfit.tables.table import Table

PAUSE = 1.5  # usual intervals between scans beyond which there is a gap
SE = "_diff_se"


def differences(
    first: Table, table: Table, at: Sequence[str], compared: Sequence[str], column: str, *, own: bool
) -> dict[str, FloatArray]:
    """Return the differences to the first experiment with their errors; `at` is each row's point there."""
    more = {f"{quantity}{ending}": np.full(len(table), np.nan) for quantity in compared for ending in ("_diff", SE)}
    theirs, ours = Schema.read(first.names), Schema.read(table.names)
    scans, x = np.asarray(first.columns["scan"]), numbers(table, column)
    first_x, first_time = numbers(first, column), numbers(first, "time_s")
    (first_groups, groups), which = _groups(first, table, at, column), dict[tuple[str, float], list[int]]()
    for i, group in enumerate(groups):
        which.setdefault(group, []).append(i)
    there_by = dict[tuple[str, float], list[int]]()
    for i in np.argsort(scans, kind="stable").tolist():
        there_by.setdefault(first_groups[i], []).append(i)
    for group, rows in which.items():
        if not group[0] or group not in there_by:
            continue
        here, there = np.array(rows), np.array(there_by[group])
        line = _Line(first_x[there], scans[there], first_time[there])
        before, after, part = line.between(x[here])
        for quantity in compared:
            if quantity not in theirs or quantity not in ours:
                continue
            value, se = (numbers(first, name)[there] for name in (quantity, theirs[quantity].error))
            mine, mine_se = (numbers(table, name)[here] for name in (quantity, ours[quantity].error))
            base = _on_line(value, before, after, part)
            base_se = np.hypot(*(np.where(w > 0, w * se[i], 0.0) for w, i in ((1 - part, before), (part, after))))
            diff = mine - base
            error = np.hypot(mine_se, base_se)
            if own:
                diff, error = np.where(np.isfinite(mine), 0.0, np.nan), np.where(np.isfinite(mine_se), 0.0, np.nan)
            more[f"{quantity}_diff"][here] = diff
            more[f"{quantity}{SE}"][here] = np.where(np.isfinite(diff), error, np.nan)
    return {name: nine_digits(values) for name, values in more.items()}


def _groups(
    first: Table, table: Table, at: Sequence[str], column: str
) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """Return for every row of both its point, and its half cycle where a voltage comes again in each."""
    half = "half_cycle"
    again = column not in ("time_s", "scan") and half in first.columns and half in table.columns
    halves = [np.nan_to_num(numbers(t, half), nan=-1.0) if again else np.zeros(len(t)) for t in (first, table)]
    names = [[str(point) for point in first.columns["point"]], at]
    theirs, ours = ([*zip(n, h.tolist(), strict=True)] for n, h in zip(names, halves, strict=True))
    return theirs, ours


def _on_line(value: FloatArray, before: np.ndarray, after: np.ndarray, part: FloatArray) -> FloatArray:
    """Return values between two scans; at a scan itself, its own."""
    return np.asarray(np.where(part == 0, value[before], (1 - part) * value[before] + part * value[after]))


class _Line:
    """The abscissa of one point of the first experiment, scan by scan."""

    def __init__(self, x: FloatArray, scan: np.ndarray, time_s: FloatArray) -> None:
        self.x = x
        self.direct = (np.diff(scan) == 1) & np.isfinite(np.diff(x))
        steps = np.diff(time_s)
        if np.isfinite(steps).any():
            self.direct &= ~(steps > PAUSE * np.median(steps[np.isfinite(steps)]))

    def between(self, at: FloatArray) -> tuple[np.ndarray, np.ndarray, FloatArray]:
        """Return the scans before and after some values, and how far between: not a number where there is no one way.

        Returns
        -------
        before, after : int array [N]
        part : array [N]
            0 at the scan before, 1 at the scan after.
        """
        n = len(at)
        before, after, part = np.zeros(n, dtype=np.intp), np.zeros(n, dtype=np.intp), np.full(n, np.nan)
        starts = np.flatnonzero(self.direct)
        low, high = np.minimum(self.x[starts], self.x[starts + 1]), np.maximum(self.x[starts], self.x[starts + 1])
        for k, value in enumerate(at.tolist()):
            equal = np.flatnonzero(self.x == value)
            inside = starts[(low < value) & (value < high)]
            if len(equal) == 1 and not len(inside):
                before[k] = after[k] = equal[0]
                part[k] = 0.0
            elif len(inside) == 1 and not len(equal):
                i = int(inside[0])
                before[k], after[k] = i, i + 1
                part[k] = (value - self.x[i]) / (self.x[i + 1] - self.x[i])
        return before, after, part


def numbers(table: Table, name: str) -> FloatArray:
    """Return a column of numbers; not a number where the table has no such column."""
    values = table.columns.get(name)
    return np.asarray(values, dtype=np.float64) if isinstance(values, np.ndarray) else np.full(len(table), np.nan)
