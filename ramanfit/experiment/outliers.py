"""Values that stand apart from those measured just before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from ramanfit.recipe.column_kind import PEAK
from ramanfit.recipe.columns import column_name
from ramanfit.scan.scan import BoolArray, FloatArray
from ramanfit.scan.schedule import Keys
from ramanfit.tables.schema import Schema
from ramanfit.tables.table import Column, Table

OUTLIER = "outlier"
COMPARED = ("center_cm1", "fwhm_cm1", "height", "ratio")
LEAST = 9  # values in a row, below which none is judged
SIDE = 3  # neighbours on each side
APART = 6.0  # robust standard deviations from the median of the neighbours


def with_outliers(table: Table) -> Table:
    """Return a wide table whose flags say which spectra are outliers.

    Positions, widths, heights and ratios are compared with those of the same point in the three scans before and
    after, where all times are known; where there is one scan only, with three neighbours on each side along the line,
    where all positions are known. Spectra that stand side by side in a file, and nothing more, are not compared. An
    outlier lies six robust
    standard deviations from the median of these (the median absolute deviation of all values of the point, Hampel,
    J. Am. Stat. Assoc. 69, 383 (1974), together with its own standard error), and on the same side six usual steps
    of the series from both of its next neighbours: neither a step nor an end of a slope is an outlier. Series of
    fewer than nine are left as they are.

    Parameters
    ----------
    table : Table
        In order of time.
    """
    grid = _series(table.columns)
    if grid is None:
        return table
    return with_flags(table, _outlying(grid, _values(table)))


class Outliers:
    """The outliers of a table that comes in pieces, for which it is shown before it is written.

    Parameters
    ----------
    keys : sequence of Keys
        Of all rows, in order.
    """

    def __init__(self, keys: Sequence[Keys]) -> None:
        where = {name: np.concatenate([getattr(k, name) for k in keys]) for name in ("scan", "position_um", "time_s")}
        self._grid = _series({**where, "point": [point for k in keys for point in k.point]})
        self._values: list[list[tuple[FloatArray, FloatArray]]] = []

    @property
    def possible(self) -> bool:
        """Whether rows are compared at all."""
        return self._grid is not None

    def add(self, table: Table) -> None:
        """Look at the next rows."""
        self._values.append([*_values(table)])

    def rows(self) -> BoolArray | None:
        """Return which rows are outliers; None: none can be."""
        if self._grid is None:
            return None
        pairs = ((np.concatenate(values), np.concatenate(se)) for values, se in self._joined())
        return _outlying(self._grid, pairs)

    def _joined(self) -> Iterator[tuple[list[FloatArray], list[FloatArray]]]:
        for i in range(len(self._values[0])):
            yield [some[i][0] for some in self._values], [some[i][1] for some in self._values]


def with_flags(table: Table, outliers: BoolArray) -> Table:
    """Return a table whose flags say which of its rows are outliers."""
    flags = []
    for words, is_outlier in zip(table.columns["flags"], outliers.tolist(), strict=True):
        others = [word for word in str(words).split("|") if word and word != OUTLIER]
        flags.append("|".join([*others, OUTLIER] if is_outlier else others))
    return table.with_(flags=flags)


def _outlying(grid: np.ndarray, values_with_se: Iterable[tuple[FloatArray, FloatArray]]) -> BoolArray:
    """Return which rows are outliers, of the rows of a table in series [P, S]."""
    there = grid >= 0
    outliers = np.zeros(int(grid.max()) + 1, dtype=bool)
    for value, se in values_with_se:
        apart = _apart(*(np.where(there, column[grid], np.nan) for column in (value, se)))
        outliers[grid[there & apart]] = True
    return outliers


def _series(columns: Mapping[str, Column]) -> np.ndarray | None:
    """Return rows of a table in series [P, S], -1 where one is missing; None: too short, or not known to be one."""
    scan, position_um, time_s = (
        np.asarray(columns[name], dtype=np.float64) for name in ("scan", "position_um", "time_s")
    )
    if not np.isfinite(scan).all():
        return None
    scans, when = _numbered(scan)
    if len(scans) == 1:
        along = len(scan) >= LEAST and bool(np.isfinite(position_um).all())
        return np.argsort(position_um, kind="stable")[None] if along else None
    points, where = _numbered(np.array(columns["point"]))
    grid = np.full((len(points), len(scans)), -1)
    grid[where, when] = np.arange(len(scan))
    one_each = np.count_nonzero(grid >= 0) == len(scan)
    return grid if len(scans) >= LEAST and one_each and np.isfinite(time_s).all() else None


def _numbered(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return different values in their order, and the number of each; np.unique would import numpy.ma."""
    different = np.array(sorted(set(values.tolist())))
    return different, np.searchsorted(different, values)


def _values(table: Table) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield quantities with their standard errors; not a number where a peak was not detected."""
    for entry in Schema.read(table.names).values():
        if entry.kind.name in COMPARED:
            values, se = (np.asarray(table.columns[name], dtype=np.float64) for name in (entry.name, entry.error))
            if entry.kind.owner == PEAK:
                center = np.asarray(table.columns[column_name("center_cm1", entry.of)], dtype=np.float64)
                values = np.where(np.isfinite(center), values, np.nan)
            yield values, se


def _apart(values: FloatArray, se: FloatArray) -> BoolArray:
    """Return which values [P, S] stand apart from their neighbours."""
    padded = np.pad(values, ((0, 0), (SIDE, SIDE)), constant_values=np.nan)
    around = np.stack([padded[:, k : k + values.shape[1]] for k in range(2 * SIDE + 1) if k != SIDE])
    rising = np.sort(around, axis=0)  # what is missing comes last
    count = np.isfinite(rising).sum(axis=0)[None]
    low, high = (np.take_along_axis(rising, np.maximum(k, 0), axis=0)[0] for k in ((count - 1) // 2, count // 2))
    off = values - (low + high) / 2
    typical, enough = _typical(off), np.isfinite(values).sum(axis=1)[:, None] >= LEAST
    spread = np.hypot(typical, np.nan_to_num(se))
    beside = np.stack([values - around[SIDE - 1], values - around[SIDE]]) * np.sign(off)
    with np.errstate(invalid="ignore"):
        alone = ~(beside < APART * _typical(np.diff(values))).any(axis=0)  # a missing neighbour says nothing
        outliers = (np.abs(off) > APART * spread) & alone & (typical > 0) & enough & (count[0] >= SIDE)
    return np.asarray(outliers)


def _typical(off: FloatArray) -> FloatArray:
    """Return the standard deviation of Gaussian numbers with the median size of those in each row, [P, 1]."""
    size = np.sort(np.abs(off), axis=1)
    count = np.isfinite(size).sum(axis=1)[:, None]
    return np.asarray(1.4826 * np.take_along_axis(size, np.maximum(count - 1, 0) // 2, axis=1))
