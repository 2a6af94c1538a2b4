"""Which rows of an experiment are wanted: some points, a span of time, a cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ramanfit.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    from ramanfit.tables.fit_table import FitTable
    from ramanfit.tables.table import Table


class Pick(NamedTuple):
    """Rows that are wanted; None: all.

    Attributes
    ----------
    points : tuple of str or None
    from_s, to_s : float or None
        First and last time since the first scan began.
    cycle : int or None
    """

    points: tuple[str, ...] | None = None
    from_s: float | None = None
    to_s: float | None = None
    cycle: int | None = None

    def rows(self, table: Table) -> np.ndarray:
        """Return the numbers of the rows that are wanted.

        Raises
        ------
        UsageError
            If there is no such point, no time or no cycle, or no row is left.
        """
        import numpy as np  # options are declared without it

        from ramanfit.recipe.settings import nearest

        wanted = np.ones(len(table), dtype=bool)
        if self.points is not None:
            names = np.array(table.columns["point"])
            for point in self.points:
                if point not in names:
                    raise UsageError(f"--points: no point {point!r}: {nearest(point, map(str, names))}")
            wanted &= np.isin(names, self.points)
        time_s = np.asarray(table.columns["time_s"], dtype=np.float64)
        for option, limit, sign in (("--from", self.from_s, 1), ("--to", self.to_s, -1)):
            if limit is None:
                continue
            if np.isnan(time_s).all():
                raise UsageError(f"{option}: no spectrum has a time (--period and --dwell supply it)")
            with np.errstate(invalid="ignore"):
                wanted &= sign * (time_s - limit) >= 0
        if self.cycle is not None:
            if "cycle" not in table.columns:
                raise UsageError("--cycle needs --echem FILE, whose record counts cycles")
            wanted &= np.asarray(table.columns["cycle"]) == self.cycle
        if not wanted.any():
            raise UsageError("no row is left: --points, --from, --to and --cycle pick none together")
        return np.flatnonzero(wanted)

    def of(self, fits: FitTable) -> FitTable:
        """Return the fits of the rows that are wanted; UsageError as `rows`."""
        return fits if self == Pick() else fits.rows(self.rows(fits.table))
