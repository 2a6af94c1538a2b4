"""The fits of a request in order of time, and the tables that are made of them."""

from __future__ import annotations

from collections.abc import Iterator

from ramanfit.experiment.kept import IN_MEMORY
from ramanfit.experiment.outliers import Outliers, with_flags, with_outliers
from ramanfit.experiment.scan_fits import ScanFits
from ramanfit.experiment.spectra import Spectra
from ramanfit.fit.parts import PART
from ramanfit.fit.quantities import Quantities
from ramanfit.frozen import dataclass
from ramanfit.scan.schedule import Keys
from ramanfit.tables.fit_table import FitTable


@dataclass(frozen=True, eq=False)
class Fits:
    """All scans of a request, fitted, in order of time.

    Attributes
    ----------
    scans : list of ScanFits
    keys : list of Keys
        Of every scan.
    spectra : Spectra
        What figures are drawn from, in the order of the table, where `Keep` asks for it.
    inputs : list of str
        All files that were read.
    """

    scans: list[ScanFits]
    keys: list[Keys]
    spectra: Spectra
    inputs: list[str]

    @property
    def started(self) -> list[str]:
        """Start of every scan."""
        return [keys.started for keys in self.keys]

    def table(self) -> FitTable:
        """Return the fits of all scans, of which there is at least one, outliers flagged."""
        blocks = [*self._blocks()]
        fits = FitTable.of_scans([keys for keys, _ in blocks], [quantities for _, quantities in blocks])
        return fits.with_table(with_outliers(fits.table))

    def tables(self) -> Iterator[FitTable]:
        """Yield the fits of all scans one after another, outliers flagged, some thousand rows in each table."""
        if sum(map(len, self.keys)) <= IN_MEMORY:
            yield from [self.table()] if self.keys else []
            return
        outliers = Outliers(self.keys)
        if outliers.possible:
            for fits in self._together():
                outliers.add(fits.table)
        first = 0
        apart = outliers.rows()
        for fits in self._together():
            rows = slice(first, first + len(fits))
            first += len(fits)
            yield fits if apart is None else fits.with_table(with_flags(fits.table, apart[rows]))

    def _blocks(self) -> Iterator[tuple[Keys, Quantities]]:
        for keys, scan in zip(self.keys, self.scans, strict=True):
            first = 0
            for quantities in scan.kept:
                n = len(quantities.flags)
                yield (keys if n == len(keys) else keys.part(slice(first, first + n))), quantities
                first += n

    def _together(self) -> Iterator[FitTable]:
        """Yield the fits of blocks, small ones together."""
        waiting: list[tuple[Keys, Quantities]] = []
        rows = 0
        for block in self._blocks():
            waiting.append(block)
            rows += len(block[0])
            if rows >= PART:
                yield FitTable.of_scans(*map(list, zip(*waiting, strict=True)))
                waiting, rows = [], 0
        if waiting:
            yield FitTable.of_scans(*map(list, zip(*waiting, strict=True)))
