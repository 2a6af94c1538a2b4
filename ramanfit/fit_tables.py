"""Tables of fits as input: the long table of `fit`, the wide one of `ratio`, or somebody's table of heights."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ramanfit.columns import KEYS, PEAK_COLUMNS, ratio_columns
from ramanfit.errors import FormatError
from ramanfit.recipe import Ratio
from ramanfit.scan import FloatArray
from ramanfit.tables import Column, Table

MISMATCH = "ratio_mismatch"


@dataclass(frozen=True)
class Disagreement:
    """A printed ratio that the heights beside it do not give, however they were rounded."""

    point: str
    column: str
    printed: str
    computed: float


Row = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class FitTable:
    """A table of fits, one row per spectrum.

    Attributes
    ----------
    table : Table
        Wide.
    started : tuple of str
        Start of every row's scan, ISO; empty where the table does not say.
    disagreements : list of Disagreement
    """

    table: Table
    started: tuple[str, ...]
    disagreements: list[Disagreement]


def read_fit_table(path: str, data: bytes, ratios: Sequence[Ratio]) -> FitTable:
    """Return the wide table of a table of fits.

    Errors of a ratio need the covariance of the two heights, which only a fit has: they are taken over where
    the table holds them and left empty where it does not.

    Parameters
    ----------
    path : str
        For messages, and as `source` where the table has none.
    data : bytes
        CSV, TSV, JSON or JSON lines, UTF-8.
    ratios : sequence of Ratio
        Ratios to form where the table has none.

    Raises
    ------
    FormatError
        If the table has no heights, a cell is no number, or a row has too many or too few cells.
    """
    rows = _rows(path, data)
    if not rows:
        raise FormatError(path, expected="a table of fits", found="no row")
    wide = _pivot(path, rows) if "peak" in rows[0] else rows
    names = list(dict.fromkeys(name for row in wide for name in row))
    peaks = [name.removesuffix("_height") for name in names if name.endswith("_height")]
    known = {name for name in names if f"{name}_se" in names and f"area_{name}" in names}
    formed = [r for r in ratios if {r.numerator, r.denominator} <= set(peaks)]
    if not known and not formed:
        wanted = " or ".join(f"{r.numerator}_height and {r.denominator}_height" for r in ratios)
        raise FormatError(path, expected=wanted or "a recipe with ratios", found="heights of " + ", ".join(peaks))

    def numbers(name: str) -> FloatArray:
        return np.array([_number(path, i, name, row.get(name, "")) for i, row in enumerate(wide)])

    values = {f"{p}_{q}": numbers(f"{p}_{q}") for p in peaks for q in PEAK_COLUMNS}
    disagreements: list[Disagreement] = []
    flags = [row.get("flags", "") for row in wide]
    ratio_values: dict[str, FloatArray] = {}
    for name in dict.fromkeys([*(r.name for r in formed), *(n for n in names if n in known)]):
        for column in ratio_columns(name):
            ratio_values[column] = numbers(column)
    for r in formed:
        found = _check(wide, r)
        for i, disagreement in found.items():
            disagreements.append(disagreement)
            flags[i] = "|".join(word for word in (flags[i], MISMATCH) if word)
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = values[f"{r.numerator}_height"] / values[f"{r.denominator}_height"]
            areas = values[f"{r.numerator}_area"] / values[f"{r.denominator}_area"]
        refused = np.array([_refused(row, r) for row in wide])
        for column, computed in ((r.name, heights), (f"area_{r.name}", areas)):
            if r.name not in known:
                ratio_values[column] = np.where(np.isfinite(computed) & ~refused, computed, np.nan)
    columns: dict[str, Column] = {
        "source": tuple(row.get("source") or path for row in wide),
        "scan": numbers("scan"),
        "point": tuple(row.get("point", "") for row in wide),
        "position_um": numbers("position_um"),
        "time_s": numbers("time_s"),
        **values,
        **ratio_values,
        "redchi2": numbers("redchi2"),
        "flags": tuple(flags),
    }
    scan = columns["scan"]
    assert isinstance(scan, np.ndarray)
    if np.isfinite(scan).all():
        columns["scan"] = scan.astype(np.int64)
    return FitTable(Table(columns), tuple(row.get("started", "") for row in wide), disagreements)


def join(tables: Sequence[FitTable]) -> tuple[Table, bool]:
    """Return the rows of several tables as one experiment, and whether its times are known.

    Scans are numbered anew and ordered by their start, their times counted from the first start of all. Where
    a table does not say when its scans began, the tables follow each other as given and keep their own times.

    Raises
    ------
    FormatError
        If the tables hold different columns.
    """
    if len(tables) == 1:
        return tables[0].table, True
    for other in tables[1:]:
        differing = set(other.table.names) ^ set(tables[0].table.names)
        if differing:
            where = other.table.columns["source"][0]
            raise FormatError(str(where), expected="the columns of the first table", found=", ".join(sorted(differing)))
    timed = all(all(t.started) for t in tables)
    begun = [np.array([np.datetime64(s, "ms") for s in t.started]) for t in tables] if timed else []
    numbers, times, first = [], [], 0
    for i, t in enumerate(tables):
        scan, time_s = np.asarray(t.table.columns["scan"]), np.asarray(t.table.columns["time_s"])
        own = np.unique(scan, return_inverse=True)[1]
        numbers.append(first + own)
        first += int(own.max()) + 1
        zero = (begun[i].min() - min(b.min() for b in begun)) / np.timedelta64(1, "s") if timed else 0.0
        times.append(time_s + zero)
    scan = np.concatenate(numbers)
    order = np.arange(len(scan))
    if timed:
        start = np.concatenate(begun)
        order = np.lexsort((scan, start))
        scan[order] = np.cumsum(np.r_[0, np.diff(scan[order]) != 0])
    whole: dict[str, Column] = dict(Table.concat([t.table for t in tables]).columns)
    whole["scan"], whole["time_s"] = scan, np.concatenate(times)
    return Table({name: _picked(values, order) for name, values in whole.items()}), timed


def _picked(values: Column, order: np.ndarray) -> Column:
    return values[order] if isinstance(values, np.ndarray) else tuple(values[i] for i in order)


def _rows(path: str, data: bytes) -> list[Row]:
    text = data.decode("utf-8-sig", "replace")
    start = text.lstrip()[:1]
    if start in "[{" and start:
        try:
            found = json.loads(text) if start == "[" else [json.loads(line) for line in text.splitlines() if line]
        except json.JSONDecodeError as error:
            raise FormatError(path, f"not JSON: {error.msg}", line=error.lineno) from None
        return [{k: "" if v is None else str(v) for k, v in row.items()} for row in found]
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip() for name in next(reader)]
    rows: list[Row] = []
    for cells in reader:
        if not cells:
            continue
        if len(cells) != len(header):
            raise FormatError(path, line=reader.line_num, expected=f"{len(header)} cells", found=str(len(cells)))
        rows.append(dict(zip(header, (cell.strip() for cell in cells), strict=True)))
    return rows


def _pivot(path: str, rows: Sequence[Row]) -> list[Row]:
    """One row per spectrum from one row per spectrum and peak."""
    spectra: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        key = tuple(row.get(name, "") for name in KEYS)
        peak = row["peak"]
        wide = spectra.setdefault(key, {name: row.get(name, "") for name in (*KEYS, "redchi2", "flags")})
        if f"{peak}_height" in wide:
            raise FormatError(path, f"peak {peak} stands twice in scan {row.get('scan')}, {row.get('point')}")
        for name, value in row.items():
            if name in PEAK_COLUMNS or name == "status":
                wide[f"{peak}_{name}"] = value
            elif name != "peak" and not wide.get(name):
                wide[name] = value
    return [*spectra.values()]


def _number(path: str, row: int, name: str, text: str) -> float:
    if not text:
        return np.nan
    try:
        value = float(text)
    except ValueError:
        raise FormatError(path, f"row {row + 1}, {name}", expected="a number", found=repr(text)) from None
    return value if np.isfinite(value) else np.nan


def _refused(row: Row, ratio: Ratio) -> bool:
    """A peak that a fit did not detect has no ratio."""
    return any(row.get(f"{p}_status", "ok") not in ("ok", "") for p in (ratio.numerator, ratio.denominator))


def _check(rows: Sequence[Row], ratio: Ratio) -> dict[int, Disagreement]:
    """Find printed ratios that no heights rounding to the printed ones can give."""
    found = {}
    for i, row in enumerate(rows):
        cells = [row.get(k, "") for k in (f"{ratio.numerator}_height", f"{ratio.denominator}_height", ratio.name)]
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
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals)
