"""Tables of fits as input: the long table of `fit`, the wide one of `ratio`, or somebody's table of heights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.frozen import dataclass
from ramanfit.recipe.column_kind import ALWAYS, ASKED, DERIVED, PEAK, SOME
from ramanfit.recipe.columns import ECHEM, KEYS, XY, column_name, kinds_of
from ramanfit.recipe.formula import Formula
from ramanfit.recipe.peaks import Ratio
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.cells import Row, rows_of
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.schema import Entry, Schema, covariates_of
from ramanfit.tables.table import Column, Table, column_of_cells, with_columns

MISMATCH = "ratio_mismatch"
NO_FORMULAS: Mapping[str, Formula] = MappingProxyType({})


@dataclass(frozen=True)
class Disagreement:
    """A printed ratio that the heights beside it do not give, however they were rounded."""

    point: str
    column: str
    printed: str
    computed: float


def read_fit_table(
    path: str, data: bytes, ratios: Sequence[Ratio], formulas: Mapping[str, Formula] = NO_FORMULAS
) -> tuple[FitTable, list[Disagreement]]:
    """Return a table of fits, and the ratios in it that its own heights do not give.

    Errors of a ratio or a derived value need the covariance, which only a fit has: they are taken over where the table
    holds them and left empty where it does not.

    Parameters
    ----------
    path : str
        For messages, and as `source` where the table has none.
    data : bytes
        CSV, TSV, JSON or JSON lines, UTF-8.
    ratios : sequence of Ratio
        Ratios to form where the table has none.
    formulas : mapping of str to Formula
        Of derived values to form where the table has none.

    Raises
    ------
    FormatError
        If the table has no heights, or as `rows_of`: a cell is no number, a row has too many or too few cells.
    """
    rows = rows_of(path, data)
    if not rows:
        raise FormatError(path, expected="a table of fits", found="no row")
    wide = _pivot(path, rows) if "peak" in rows[0] else rows
    names = list(dict.fromkeys(name for row in wide for name in row))
    meant = Schema.read(names)
    peaks = [entry.of for entry in meant.values() if entry.kind.name == "height" and entry.of]
    known = [e.of for e in meant.values() if e.kind.name == "ratio" and column_name("area_ratio", e.of) in names]
    formed = [r for r in ratios if {r.numerator, r.denominator} <= set(peaks)]
    ours = {name: formula for name, formula in formulas.items() if {*formula.peaks} <= set(peaks)}
    of_ratios = dict.fromkeys([*(r.name for r in formed), *known])
    derived = dict.fromkeys([*ours, *(name for name in meant.names_of(DERIVED) if name not in of_ratios)])
    if not of_ratios and not derived:
        wanted = " or ".join(" and ".join(_heights(r)) for r in ratios)
        raise FormatError(path, expected=wanted or "a recipe with ratios", found="heights of " + ", ".join(peaks))

    def numbers(name: str) -> FloatArray:
        return np.array([_number(row.get(name, "")) for row in wide])

    def is_there(entry: Entry) -> bool:
        if entry.kind.there == SOME:  # a long table has the column for all peaks, and nothing in it for some
            return any(row.get(entry.name) for row in wide)
        return entry.kind.there == ALWAYS or (entry.kind.there == ASKED and entry.name in names)

    columns: dict[str, Column] = {}
    for entry in Schema.of(peaks, of_ratios, derived).values():
        if is_there(entry):
            text = tuple(row.get(entry.name, "") for row in wide) if entry.kind.text else None
            columns[entry.name] = numbers(entry.name) if text is None else text
    own = {name: column_of_cells([row.get(name, "") for row in wide]) for name in covariates_of([*rows[0]])}
    if own:
        last = [name for name in columns if name in (*KEYS, *XY, *ECHEM)][-1]
        columns = {**with_columns(Table(columns), own, last).columns}
    columns["source"] = tuple(source or path for source in columns["source"])
    scan = np.asarray(columns["scan"])
    if np.isfinite(scan).all():
        columns["scan"] = scan.astype(np.int64)
    disagreements: list[Disagreement] = []
    flags = [*columns["flags"]]
    for r in formed:
        found = _check(wide, r)
        for i, disagreement in found.items():
            disagreements.append(disagreement)
            flags[i] = "|".join(word for word in (flags[i], MISMATCH) if word)
        refused = np.array([_refused(row, r) for row in wide])
        for of_ratio, of_peaks in (("ratio", "height"), ("area_ratio", "area")):
            above, below = (np.asarray(columns[column_name(of_peaks, p)]) for p in (r.numerator, r.denominator))
            with np.errstate(divide="ignore", invalid="ignore"):
                computed = above / below
            if r.name not in known:
                computed = np.where(np.isfinite(computed) & ~refused, computed, np.nan)
                columns[column_name(of_ratio, r.name)] = computed
    columns["flags"] = tuple(flags)
    status = {p: tuple(_status(row, p) for row in wide) for p in peaks}
    for name in [name for name in ours if name not in names]:
        columns[name] = _computed(ours[name], columns, status, len(wide))
    started = tuple(row.get("started", "") for row in wide)
    return FitTable(Table(columns), status, started), disagreements


def read_table(path: str, data: bytes) -> Table:
    """Return a table as it stands: numbers where a column is declared as such, or nothing else is in it.

    Parameters
    ----------
    path : str
        For messages.
    data : bytes
        CSV, TSV, JSON or JSON lines, UTF-8.

    Raises
    ------
    FormatError
        If there is no row, a row has too many or too few cells, or a cell should be a number and is none.
    """
    rows = rows_of(path, data)
    if not rows:
        raise FormatError(path, expected="a table", found="no row")
    names = list(dict.fromkeys(name for row in rows for name in row))
    schema, columns = Schema.read(names), dict[str, Column]()
    for name in names:
        cells = [row.get(name, "") for row in rows]
        if name not in schema:
            columns[name] = column_of_cells(cells) if any(cells) else np.full(len(rows), np.nan)
        elif schema[name].kind.text:
            columns[name] = cells
        else:
            columns[name] = np.array([_number(cell) for cell in cells])
    return Table(columns)


def _computed(
    formula: Formula, columns: Mapping[str, Column], status: Mapping[str, Sequence[str]], n: int
) -> FloatArray:
    """Return what a formula makes of a table, [N]; not a number where one of its peaks is not there."""
    kinds = {"center": "center_cm1", "fwhm": "fwhm_cm1"}
    with np.errstate(all="ignore"):
        values = formula.evaluate(
            lambda number: np.full(n, number),
            lambda what, peak: np.asarray(columns[column_name(kinds.get(what, what), peak)], dtype=np.float64),
        )
    seen = np.all([[word == "ok" for word in status[peak]] for peak in formula.peaks], axis=0)
    return np.where(seen & np.isfinite(values), values, np.nan)


def _pivot(path: str, rows: Sequence[Row]) -> list[Row]:
    """One row per spectrum from one row per spectrum and peak."""
    of_peak = {kind.name for kind in kinds_of(PEAK)}
    spectra: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        key = tuple(row.get(name, "") for name in KEYS)
        peak = row["peak"]
        wide = spectra.setdefault(key, {name: row.get(name, "") for name in (*KEYS, "redchi2", "flags")})
        if column_name("height", peak) in wide:
            raise FormatError(path, f"peak {peak} stands twice in scan {row.get('scan')}, {row.get('point')}")
        for name, value in row.items():
            if name in of_peak:
                wide[column_name(name, peak)] = value
            elif name != "peak" and not wide.get(name):
                wide[name] = value
    return [*spectra.values()]


def _number(text: str) -> float:
    return float(text) if text else np.nan


def _status(row: Row, peak: str) -> str:
    """Return a peak's status, which a wide table shows by what it leaves empty."""
    height, status, center = (column_name(name, peak) for name in ("height", "status", "center_cm1"))
    return "failed" if not row.get(height) else row.get(status) or ("ok" if row.get(center, "?") else "not_detected")


def _heights(ratio: Ratio) -> tuple[str, str]:
    return column_name("height", ratio.numerator), column_name("height", ratio.denominator)


def _refused(row: Row, ratio: Ratio) -> bool:
    """A peak that a fit did not detect has no ratio."""
    peaks = ratio.numerator, ratio.denominator
    return any(row.get(column_name("status", peak), "ok") not in ("ok", "") for peak in peaks)


def _check(rows: Sequence[Row], ratio: Ratio) -> dict[int, Disagreement]:
    """Find printed ratios that no heights rounding to the printed ones can give."""
    found = {}
    for i, row in enumerate(rows):
        cells = [row.get(name, "") for name in (*_heights(ratio), ratio.name)]
        if not all(cells) or _refused(row, ratio):
            continue
        (top, d_top), (bottom, d_bottom), (printed, d_printed) = ((float(cell), _half_unit(cell)) for cell in cells)
        if bottom - d_bottom <= 0:
            continue
        low, high = (top - d_top) / (bottom + d_bottom), (top + d_top) / (bottom - d_bottom)
        if not low - d_printed <= printed <= high + d_printed:
            found[i] = Disagreement(row.get("point") or f"row {i + 1}", ratio.name, cells[2], top / bottom)
    return found


def _half_unit(text: str) -> float:
    """Half a unit of the last printed digit."""
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 0.5 * float(f"1e{int(exponent or 0) - decimals}")  # infinite, where 10.0 ** would overflow
