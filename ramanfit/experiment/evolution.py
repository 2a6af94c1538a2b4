"""An experiment as scan x point: what maps, traces and reports are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from ramanfit.experiment.cell import Record
from ramanfit.experiment.raster import Raster, are_pixels, raster_of
from ramanfit.frozen import dataclass
from ramanfit.recipe.column_kind import DERIVED, PEAK, RATIO, REFERENCE
from ramanfit.recipe.columns import KINDS
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.schema import Schema
from ramanfit.tables.table import Table


@dataclass(frozen=True, eq=False)
class Evolution:
    """All fits of an experiment, by scan and point.

    Attributes
    ----------
    fits : FitTable
        In order of scan and point.
    ratios : tuple of str
        Names of the ratios, which are columns of the table.
    reference : FitTable or None
        Rows of a reference, such as pristine graphite, with the columns of `fits`.
    record : Record or None
        The potentiostat's, its times counted as those of the table.
    """

    fits: FitTable
    ratios: tuple[str, ...] = ()
    reference: FitTable | None = None
    record: Record | None = None

    @property
    def table(self) -> Table:
        """The wide table, one row per spectrum."""
        return self.fits.table

    @property
    def status(self) -> Mapping[str, tuple[str, ...]]:
        """Of every peak, one word per row: ``ok``, ``not_detected`` or ``failed``."""
        return self.fits.status

    @property
    def peaks(self) -> tuple[str, ...]:
        """Names of the peaks."""
        return tuple(self.status)

    @cached_property
    def derived(self) -> tuple[str, ...]:
        """Names of the derived values, which are columns of the table."""
        return tuple(Schema.read(self.table.names).names_of(DERIVED))

    @cached_property
    def schema(self) -> Schema:
        """What columns of these peaks, ratios and derived values mean, whether the table has them or not."""
        return Schema.of(self.peaks, self.ratios, self.derived)

    @cached_property
    def scans(self) -> np.ndarray:
        """Numbers of the scans, int [S], from the first to the last without a gap: one that is missing has no rows."""
        number = np.asarray(self.table.columns["scan"]).astype(np.int64)
        there = sorted(set(number.tolist()))  # np.unique would import numpy.ma
        if there[-1] - there[0] < 4 * len(there):
            return np.arange(there[0], there[-1] + 1)
        return np.array(there)

    @cached_property
    def points(self) -> tuple[str, ...]:
        """Names of the points [P], in order of their first appearance."""
        return tuple(dict.fromkeys(str(point) for point in self.table.columns["point"]))

    @cached_property
    def rows(self) -> np.ndarray:
        """Row of the table for every scan and point, int [S, P]; -1 where nothing was measured."""
        rows = np.full((len(self.scans), len(self.points)), -1)
        number = np.asarray(self.table.columns["scan"]).astype(np.int64)
        at = {point: i for i, point in enumerate(self.points)}
        where = [at[str(point)] for point in self.table.columns["point"]]
        rows[np.searchsorted(self.scans, number), where] = np.arange(len(number))
        return rows

    def grid(self, name: str) -> FloatArray:
        """Return a column of numbers as [S, P], not a number where there is no value."""
        values = np.asarray(self.table.columns[name], dtype=np.float64)
        return np.where(self.rows >= 0, values[self.rows], np.nan)

    def detected(self, peak: str) -> np.ndarray:
        """Return where a peak was detected, bool [S, P]."""
        ok = np.array([word == "ok" for word in self.status[peak]])
        return np.asarray((self.rows >= 0) & ok[self.rows])

    def shown(self, name: str) -> FloatArray:
        """Return a column of numbers as [S, P], not a number where its peak was not detected."""
        values, entry = self.grid(name), self.schema.get(name)
        if entry is None or entry.kind.owner != PEAK or entry.kind.there == REFERENCE:
            return values
        return np.where(self.detected(entry.of), values, np.nan)

    def errors(self, name: str) -> FloatArray:
        """Return the standard errors of a quantity as [S, P], not a number where there is none."""
        entry = Schema.read(self.table.names).get(name)  # also of ratios that another recipe made
        error = entry.error if entry else ""
        return self.grid(error) if error in self.table.columns else np.full(self.rows.shape, np.nan)

    @cached_property
    def time_s(self) -> FloatArray:
        """Middle of every spectrum [S, P]; not a number where it is missing or its time unknown."""
        return self.grid("time_s")

    @cached_property
    def timed(self) -> bool:
        """Whether all spectra have a time; otherwise the number of the scan has to do."""
        return bool(np.isfinite(np.asarray(self.table.columns["time_s"])).all())

    @cached_property
    def scan_time_s(self) -> FloatArray:
        """Middle of every scan [S], of a missing one between its neighbours; its number where times are unknown."""
        if not self.timed:
            return self.scans.astype(np.float64)
        there = (self.rows >= 0).any(axis=1)
        with np.errstate(invalid="ignore"):
            middle = (fmin(self.time_s) + fmax(self.time_s)) / 2
        return np.asarray(np.interp(self.scans, self.scans[there], middle[there]))

    @cached_property
    def position_um(self) -> FloatArray:
        """Position of every point [P], the median over the scans; not a number where unknown."""
        return median_of(self.grid("position_um"))

    @cached_property
    def is_map(self) -> bool:
        """Whether its points are the pixels of a map."""
        return are_pixels(self.points)

    @cached_property
    def raster(self) -> Raster:
        """How the points of a map lie in a picture."""
        there = "x_um" in self.table.columns
        x_um, y_um = (self.grid(name) if there else np.full(self.rows.shape, np.nan) for name in ("x_um", "y_um"))
        return raster_of(self.points, x_um, y_um)

    def reference_value(self, name: str) -> tuple[float, float]:
        """Return a quantity of the reference with its standard error, not a number where there is none.

        Several reference spectra count by their variances.

        Parameters
        ----------
        name : str
            E.g. ``G_center_cm1``, ``G_height``, ``ratio``.
        """
        if self.reference is None or name not in self.reference.table.columns:
            return np.nan, np.nan
        columns = self.reference.table.columns
        value = np.asarray(columns[name], dtype=np.float64)
        se = np.asarray(columns[self.schema[name].error], dtype=np.float64)
        measured = np.isfinite(value)
        if measured.sum() <= 1:
            return (float(value[measured][0]), float(se[measured][0])) if measured.any() else (np.nan, np.nan)
        measured &= se > 0
        weight = 1 / se[measured] ** 2
        if not len(weight):
            return np.nan, np.nan
        return float((weight * value[measured]).sum() / weight.sum()), float(weight.sum() ** -0.5)

    @property
    def quantities(self) -> tuple[str, ...]:
        """Columns that have a standard error: of the peaks, the ratios and the derived values."""
        return tuple(
            name
            for owner, names in ((PEAK, self.peaks), (RATIO, self.ratios), (DERIVED, self.derived))
            for of in names
            for kind in KINDS.values()
            if kind.owner == owner and kind.error and kind.there != REFERENCE
            if (name := kind.named(of)) in self.table.columns
        )


def fmin(values: FloatArray) -> FloatArray:
    """Return the smallest finite value of every row."""
    return np.asarray(np.fmin.reduce(values, axis=1))


def fmax(values: FloatArray) -> FloatArray:
    """Return the largest finite value of every row."""
    return np.asarray(np.fmax.reduce(values, axis=1))


def median_of(values: FloatArray) -> FloatArray:
    """Return the median of the finite values of every column; not a number where there is none."""
    rising = np.sort(values, axis=0)  # what is no number comes last
    n = np.isfinite(values).sum(axis=0)
    at = np.arange(values.shape[1])
    middle = (rising[np.maximum(n - 1, 0) // 2, at] + rising[n // 2, at]) / 2
    return np.where(n > 0, middle, np.nan)
