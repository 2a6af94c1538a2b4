"""Fits of many spectra as one value: the wide table, and what it has no column for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ramanfit.fit.quantities import Quantities
from ramanfit.frozen import dataclass
from ramanfit.scan.schedule import Keys
from ramanfit.tables.columns import lengthened, statuses, table_of_scans
from ramanfit.tables.table import Table


@dataclass(frozen=True, eq=False)
class FitTable:
    """A table of fits, one row per spectrum.

    Attributes
    ----------
    table : Table
        Wide.
    status : mapping of str to tuple of str
        Of every peak, one word per row: ``ok``, ``not_detected`` or ``failed``.
    started : tuple of str
        Start of every row's scan, ISO; empty where it is not known.
    """

    table: Table
    status: Mapping[str, tuple[str, ...]]
    started: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.table)

    @property
    def flags(self) -> list[str]:
        """Flags of every row."""
        return [str(words) for words in self.table.columns["flags"]]

    @classmethod
    def of(cls, keys: Keys, quantities: Quantities) -> FitTable:
        """Return the fits of one scan."""
        return cls.of_scans([keys], [quantities])

    @classmethod
    def of_scans(cls, keys: Sequence[Keys], quantities: Sequence[Quantities]) -> FitTable:
        """Return the fits of scans, one after another."""
        status = [statuses(its) for its in quantities]
        return cls(
            table_of_scans(keys, quantities),
            {peak: tuple(word for words in status for word in words[peak]) for peak in status[0]},
            tuple(started for k in keys for started in (k.started,) * len(k)),
        )

    @classmethod
    def concat(cls, tables: Sequence[FitTable]) -> FitTable:
        """Return the rows of all `tables`, which have the same columns and peaks, one table after another."""
        return cls(
            Table.concat([fits.table for fits in tables]),
            {peak: tuple(word for fits in tables for word in fits.status[peak]) for peak in tables[0].status},
            tuple(start for fits in tables for start in fits.started),
        )

    def rows(self, which: npt.NDArray[np.intp]) -> FitTable:
        """Return some rows, in the order asked for."""
        numbers = which.tolist()
        return FitTable(
            self.table.rows(which),
            {peak: tuple(words[i] for i in numbers) for peak, words in self.status.items()},
            tuple(self.started[i] for i in numbers),
        )

    def with_table(self, table: Table) -> FitTable:
        """Return the same fits with other columns about them."""
        return replace(self, table=table)

    def long(self, stands_with: Mapping[str, str]) -> Table:
        """Return one row per spectrum and peak.

        Parameters
        ----------
        stands_with : mapping of str to str
            Ratios and derived values to the peak on whose row each stands.
        """
        return lengthened(self.table, self.status, stands_with, self.started)
