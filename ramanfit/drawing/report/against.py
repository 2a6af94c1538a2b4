"""What maps and traces of the page may be drawn against, time in hours first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ramanfit.drawing.abscissa import Across, abscissa_of, across
from ramanfit.drawing.axes import time_edges, time_unit
from ramanfit.drawing.report.packing import numbers
from ramanfit.errors import UsageError
from ramanfit.experiment.abscissas import CELL, SCAN, TIME
from ramanfit.experiment.evolution import Evolution, median_of
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.schema import covariates_of
from ramanfit.tables.table import Table

HOUR_S = 3600.0
HOURS = "time (h)"
ROOM = 0.07  # of an axis, that a number at a tick takes


def abscissas_of(evolution: Evolution, shown: np.ndarray) -> list[dict[str, Any]]:
    """Return everything that an experiment can be drawn against: that which it is drawn against unasked comes first.

    Parameters
    ----------
    evolution : Evolution
    shown : int array [rows]
        Rows of the table that the page holds.

    Returns
    -------
    list of dict
        ``name``; ``words`` for the axis; ``values`` by row; ``middles``, their medians by scan; ``cells``, the edges of
        each scan's in a map, in words of ``across``; ``ticks`` there, or None where they are as the axis counts;
        ``falls``, by scan.
    """
    return [_of(evolution, name, shown) for name in _names(evolution)]


def hours(table: Table) -> list[str]:
    """Return the times of a table's rows in hours, with as many decimals as tell them apart; empty where unknown."""
    time_h = np.asarray(table.columns["time_s"], dtype=np.float64) / HOUR_S
    steps = np.diff(np.unique(time_h[np.isfinite(time_h)]))
    finest = float(np.median(steps)) if len(steps) else 1.0
    digits = int(np.clip(1 - np.floor(np.log10(finest)), 2, 5))
    return [f"{time:.{digits}f}" if np.isfinite(time) else "" for time in time_h.tolist()]


def _names(evolution: Evolution) -> Iterator[str]:
    table = evolution.table
    covariates = [name for name in covariates_of(table.names) if not isinstance(table.columns[name], tuple)]
    for name in (TIME, SCAN, *CELL, *covariates):
        if name in CELL and CELL[name] not in table.columns:
            continue
        try:
            abscissa_of(evolution, name)
        except UsageError:  # nothing is known of it
            continue
        yield name


def _of(evolution: Evolution, name: str, shown: np.ndarray) -> dict[str, Any]:
    abscissa = abscissa_of(evolution, name)
    where = across(evolution, abscissa, ROOM)
    unit = time_unit(evolution)[0] / HOUR_S if evolution.timed else 1.0
    if name == TIME:
        edges, scans = time_edges(evolution.scan_time_s / HOUR_S)
        where = Across(edges, scans, HOURS, None, in_time=True)
        abscissa = abscissa._replace(values=evolution.time_s / HOUR_S, words=HOURS)
    elif where.in_time:
        ticks = tuple((at * unit, value) for at, value in where.ticks or ())
        where = where._replace(edges=where.edges * unit, ticks=ticks)
    cells: list[list[float | None]] = [[] for _ in evolution.scans]
    for pair, scan in zip(np.stack([where.edges[:-1], where.edges[1:]], axis=1), where.scans.tolist(), strict=True):
        if scan >= 0:
            cells[scan] = numbers(pair)
    return {
        "name": name,
        "words": abscissa.words,
        "values": numbers(_by_row(evolution, abscissa.values)[shown]),
        "middles": numbers(median_of(abscissa.values.T)),
        "cells": cells,
        "across": where.words,
        "ticks": None if where.ticks is None else [[*numbers(np.array([at])), f"{v:g}"] for at, v in where.ticks],
        "falls": abscissa.falls.tolist() if abscissa.turns else [],
    }


def _by_row(evolution: Evolution, values: FloatArray) -> FloatArray:
    there = evolution.rows >= 0
    by_row = np.full(len(evolution.table), np.nan)
    by_row[evolution.rows[there]] = values[there]
    return by_row
