"""Tables of fits, put together as one experiment: scans in order, each once, at their places and times."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.recipe.column_kind import ASKED, CELL, DERIVED, KEY, MAP, RATIO, SOME
from ramanfit.scan.clock import chronological, instants, one_clock, starts_and_numbers
from ramanfit.scan.scan import FloatArray, Kind, Metadata
from ramanfit.scan.schedule import (
    AT_START,
    Schedule,
    Visit,
    middles_s,
    refuse_idle,
    replaced,
)
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.schema import Schema, covariates_of
from ramanfit.tables.table import Column, Table


def join(tables: Sequence[FitTable], schedule: Schedule = Schedule()) -> tuple[FitTable, list[str]]:  # noqa: B008 - frozen
    """Return the rows of several tables as one experiment, and what had to be assumed.

    Scans are numbered anew and ordered by their start, their times counted from the first start of all, as
    `ramanfit.scan.schedule.place` does for exports. Where a table does not say when its scans began, the tables follow
    each other as given and keep their own times. A column that only some were asked for is empty in the others' rows.
    A scan that stands in several tables is taken once.

    Parameters
    ----------
    tables : sequence of FitTable
        In natural order of their names.
    schedule : Schedule
        What is known better than the tables say.

    Raises
    ------
    FormatError
        If the tables hold different peaks or ratios, or different fits of one scan.
    UsageError
        If something that is known better can be applied to none of the scans.
    """
    if len(tables) == 1 and schedule == Schedule():
        return tables[0], []
    tables = _alike(tables)
    notes: list[str] = []
    visits = _once([visit for i, t in enumerate(tables) for visit in _visits(i, t)], tables, notes)
    refuse_idle([visit.what for visit in visits], schedule)
    visits = [visits[i] for i in chronological([visit.what for visit in visits], schedule, notes)]
    began = instants([visit.what.metadata.started for visit in visits], schedule.timezone)
    timed, period_s = None not in began, schedule.period_s
    if not timed and period_s is None:
        notes.append("the tables do not say when their scans began: times count from the start of each table")
    said: list[str] = notes if timed or period_s is not None else []
    starts, numbers = starts_and_numbers(began, [visit.what.source for visit in visits], period_s, said)
    extra, scans, times, rows = 0, [], [], []
    columns: dict[str, list[Column]] = {"position_um": [], "point": []}
    for visit, start, number in zip(visits, starts, numbers.tolist(), strict=True):
        own = visit.scan
        scans.append(number + extra + own)
        extra += int(own.max())
        within, lines = visit.within_s, int(own.max()) + 1
        if schedule.dwell_s is not None:
            within = middles_s(len(own), lines, number, schedule, schedule.dwell_s)
        elif np.isnan(within).all() and period_s is not None:
            notes.append(AT_START)
            within = np.zeros(len(own))
        times.append(within + (start if np.isfinite(start) else visit.table_s))
        rows.append(visit.rows + sum(len(t.table) for t in tables[: visit.table]))
        own_um = np.asarray(tables[visit.table].table.columns["position_um"], dtype=np.float64)[visit.rows]
        position_um, point = replaced(visit.what, visit.points, schedule, own_um)
        columns["position_um"].append(position_um)
        columns["point"].append(point)
    order = np.concatenate(rows)
    joined = Table.concat([t.table for t in tables])
    whole: dict[str, Column] = {name: _picked(values, order) for name, values in joined.columns.items()}
    whole["scan"], whole["time_s"] = np.concatenate(scans), np.concatenate(times)
    whole["position_um"] = np.concatenate([np.asarray(values) for values in columns["position_um"]])
    whole["point"] = tuple(str(name) for names in columns["point"] for name in names)
    return FitTable(
        Table(whole),
        {peak: tuple(_picked([s for t in tables for s in t.status[peak]], order)) for peak in tables[0].status},
        tuple(_picked([s for t in tables for s in t.started], order)),
    ), list(dict.fromkeys(notes))


def _once(visits: list[_Visit], tables: Sequence[FitTable], notes: list[str]) -> list[_Visit]:
    """Return the scans, each once; those that stand in several tables are said."""
    kept: dict[tuple[object, ...], _Visit] = {}
    for visit in visits:
        source, began = visit.what.source, visit.what.metadata.started
        before = kept.setdefault((source, began), visit)
        if before is visit:
            continue
        if before.table != visit.table and _values(before, tables) == _values(visit, tables):
            notes.append(f"{source}: stands in several tables, taken once")
        elif before.table != visit.table and began is not None:
            raise FormatError(
                source, "stands in two tables with different fits", hint="give one of the tables, or fit it once"
            )
        else:  # a name alone, such as that of standard input, tells nothing
            kept[(source, began, visit.table, int(visit.rows[0]))] = visit
    return list(kept.values())


def _values(visit: _Visit, tables: Sequence[FitTable]) -> list[tuple[str, ...]]:
    """Return all that a table says of a scan but its number, time and outliers, as text."""
    columns = tables[visit.table].table.columns
    names = [name for name in columns if name not in ("scan", "time_s", "flags")]
    return [tuple(str(columns[name][row]) for name in names) for row in visit.rows.tolist()]


def _alike(tables: Sequence[FitTable]) -> list[FitTable]:
    """Return the tables with the columns of all in one order.

    What one table was not asked for, or a peak that it never saw would have had, is empty in it.

    Raises
    ------
    FormatError
        If the tables differ in a column that is always there.
    """
    there = {name for t in tables for name in t.table.names}
    first = tables[0].table.names
    meant = Schema.read(first)
    known = Schema.of(tables[0].status, meant.names_of(RATIO), meant.names_of(DERIVED))
    entries = [entry for entry in known.values() if entry.name in there]
    covariates = _covariates(tables)
    order = [entry.name for entry in entries]
    keys = sum(entry.kind.owner in (KEY, MAP, CELL) for entry in entries)
    order[keys:keys] = covariates
    alike = []
    for t in tables:
        empty = {e.name: np.full(len(t), np.nan) for e in entries if e.kind.there in (SOME, ASKED)}
        columns = {**empty, **t.table.columns, **{name: values(t) for name, values in covariates.items()}}
        differing = {*columns} ^ {*order}
        if differing:
            where = t.table.columns["source"][0]
            raise FormatError(str(where), expected="the columns of the first table", found=", ".join(sorted(differing)))
        alike.append(t.with_table(Table({name: columns[name] for name in order})))
    return alike


def _covariates(tables: Sequence[FitTable]) -> dict[str, Callable[[FitTable], Column]]:
    """Return the covariates of all tables, with what gives the cells of one: numbers where all of them hold numbers."""
    names = dict.fromkeys(name for t in tables for name in covariates_of(t.table.names))

    def column(name: str) -> Callable[[FitTable], Column]:
        there = [t.table.columns[name] for t in tables if name in t.table.columns]
        words = any(isinstance(values, tuple) and any(values) for values in there)

        def cells(t: FitTable) -> Column:
            values = t.table.columns.get(name, np.full(len(t), np.nan))
            if isinstance(values, np.ndarray) and words:
                return tuple("" if np.isnan(value) else f"{value:.9g}" for value in values.tolist())
            return values if isinstance(values, np.ndarray) or words else np.full(len(t), np.nan)

        return cells

    return {name: column(name) for name in names}


class _Visit(NamedTuple):
    """The rows of a table that come from one measurement.

    Attributes
    ----------
    table : int
        Its number.
    what : Visit
        As `ramanfit.scan.schedule` takes it.
    rows, scan : int array [N]
        In the table; the number of the scan of each among those of the measurement.
    within_s : array [N]
        Middle of each spectrum since the measurement began; not a number where unknown.
    table_s : float
        When it began, by the times of its own table; not a number where it has none.
    points : tuple of str
    """

    table: int
    what: Visit
    rows: np.ndarray
    scan: np.ndarray
    within_s: FloatArray
    table_s: float
    points: tuple[str, ...]


def _visits(number: int, t: FitTable) -> list[_Visit]:
    rows: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(t.table.columns["source"], t.started, strict=True)):
        rows.setdefault((str(key[0]), key[1]), []).append(row)
    columns, visits = t.table.columns, list[_Visit]()
    time_s, position_um = (np.asarray(columns[name], dtype=np.float64) for name in ("time_s", "position_um"))
    starts = one_clock([datetime.fromisoformat(began) if began else None for _, began in rows], None, [])
    dated = None if None in starts else min(start for start in starts if start is not None)
    first_s = np.nan if not rows else np.nanmin(np.append(time_s[next(iter(rows.values()))], np.inf))
    for (source, _), began, found in zip(rows, starts, rows.values(), strict=True):
        its = np.array(found)
        scan = np.unique(np.asarray(columns["scan"])[its], return_inverse=True)[1]
        points = tuple(str(columns["point"][row]) for row in found)
        if dated is not None and began is not None:
            start_s = (began - dated).total_seconds()
        else:  # all scans are taken to begin as long before their first spectrum as the table's first
            start_s = float(np.nanmin(np.append(time_s[its], np.inf)) - first_s) if np.isfinite(first_s) else 0.0
        kind: Kind = "series" if len({*points}) < len(points) and len({*points}) == 1 else "line"
        kind = "map" if all(re.fullmatch(r"\d+/\d+", point) for point in points) else kind
        where = position_um[its]
        what = Visit(
            source=source,
            kind=kind,
            spectra=len(its),
            position_um=where - where[0] if np.isfinite(where).all() else None,
            grid=None,
            offset_s=None if np.isnan(time_s[its]).any() else time_s[its] - start_s,
            metadata=Metadata(started=began),
        )
        start_s = start_s if np.isfinite(start_s) else 0.0
        table_s = start_s if np.isfinite(time_s[its]).any() else np.nan
        visits.append(_Visit(number, what, its, scan, time_s[its] - start_s, table_s, points))
    return visits


def _picked(values: Column, order: np.ndarray) -> Column:
    return values[order] if isinstance(values, np.ndarray) else tuple(values[i] for i in order)
