"""Events of an experiment: when each peak vanishes or appears, and where positions and ratios change most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np

from ramanfit.experiment.cell import at
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.steepest import Room, Steepest, nothing, steepest_change
from ramanfit.experiment.vanishing import passings
from ramanfit.recipe.columns import column_name
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.digits import nine_digits
from ramanfit.tables.table import Column, Table

VANISHES, APPEARS, STEEPEST = "vanishes", "appears", "steepest"
MAIN_PEAK = "G"  # whose position is followed; where a recipe has none of this name, that of its first peak
OF_CELL = ("voltage_v", "soc")
_ENDS = ("before", "after")

EVENT_COLUMNS: dict[str, tuple[str, str]] = {
    "event": ("", "events: vanishes, appears: the peak's true height passes the limit of detection; steepest: change"),
    "quantity": ("", "events: what passes or changes, a column of ratios.csv"),
    "before_scan": ("", "events: the peak was last seen (vanishes) or last absent (appears) in this scan"),
    "before_time_s": ("s", "events: time of that spectrum"),
    "before_voltage_v": ("V", "events: cell voltage then, with --echem"),
    "before_soc": ("%", "events: state of charge then"),
    "after_scan": ("", "events: the peak was first gone (vanishes) or first seen (appears) in this scan"),
    "after_time_s": ("s", "events: time of that spectrum"),
    "after_voltage_v": ("V", "events: cell voltage then, with --echem"),
    "after_soc": ("%", "events: state of charge then"),
    "limit": ("counts", "events: limit of detection then: detection.min_snr times the height's standard error"),
    "event_time_s": ("s", "events: time of the steepest change, the middle of a step"),
    "event_time_se": ("s", "events: its standard error"),
    "event_voltage_v": ("V", "events: cell voltage then, with --echem"),
    "event_voltage_se": ("V", "events: its standard error, from that of the time"),
    "event_soc": ("%", "events: state of charge then"),
    "event_soc_se": ("%", "events: its standard error, from that of the time"),
    "change": ("", "events: height of the step, in the unit of the quantity"),
    "change_se": ("", "events: its standard error"),
    "why": ("", "events: why there is no steepest change"),
}
"""Unit and meaning of the columns of ``events.csv`` besides point and position."""

Row = dict[str, str | float]
_TEXT = ("event", "point", "quantity", "why")


def events_table(evolution: Evolution, recipe: Recipe) -> Table:
    """Return one row per event, by point.

    A peak vanishes or appears as `ramanfit.experiment.vanishing.passings` says; one that is always seen, or never, has
    no row. Of the position of the main peak and of the first ratio there is one row for each point: the steepest
    change, see `ramanfit.experiment.steepest.steepest_change`.

    Parameters
    ----------
    evolution : Evolution
    recipe : Recipe
        Says how many standard errors a height has to have.

    Returns
    -------
    Table
        Columns `EVENT_COLUMNS` after ``event, point, position_um``; those of the cell only where the experiment has
        them. Without times the number of the scan stands for the time, and the columns in seconds are empty.
    """
    cell = [name for name in OF_CELL if name in evolution.table.columns]
    grids, snrs = _Grids(evolution), min_snrs(recipe, evolution.peaks)
    rows = [row for p in range(len(evolution.points)) for row in _of_point(grids, snrs, p, cell)]
    names = [name for name in ("event", "point", "position_um", *list(EVENT_COLUMNS)[1:]) if _is_there(name, cell)]
    columns: dict[str, Column] = {}
    for name in names:
        if name in _TEXT:
            columns[name] = tuple(str(row.get(name, "")) for row in rows)
        else:
            columns[name] = nine_digits(np.array([float(row.get(name, np.nan)) for row in rows]))
    return Table(columns)


def followed(evolution: Evolution) -> tuple[str, ...]:
    """Return the quantities whose steepest change is sought."""
    peaks = [MAIN_PEAK] if MAIN_PEAK in evolution.peaks else list(evolution.peaks[:1])
    names = (*(column_name("center_cm1", peak) for peak in peaks), *evolution.ratios[:1])
    return tuple(name for name in names if name in evolution.table.columns)


def marks_of(events: Table, quantity: str) -> list[tuple[str, str, float, float, float]]:
    """Return what a figure of a quantity over time marks.

    Parameters
    ----------
    events : Table
        As `events_table` makes it.
    quantity : str
        A column of ratios.csv.

    Returns
    -------
    list of (kind, point, from, to, value)
        Kind is ``vanishes``, ``appears`` or ``steepest``. From and to are in seconds: the bracket, or the time less
        and plus its standard error. The value is the limit of detection; of a steepest change not a number.
    """
    marks = []
    columns = events.columns
    for i in range(len(events)):
        kind = str(columns["event"][i])
        if columns["quantity"][i] != quantity:
            continue
        if kind == STEEPEST:
            middle, se = (float(columns[name][i]) for name in ("event_time_s", "event_time_se"))
            ends, value = (middle - se, middle + se), np.nan
        else:
            ends = (float(columns["before_time_s"][i]), float(columns["after_time_s"][i]))
            value = float(columns["limit"][i])
        if np.isfinite(ends).all():
            marks.append((kind, str(columns["point"][i]), *ends, value))
    return marks


class _Grids:
    """Columns of an experiment as scan x point, each made once, and room to work on them."""

    def __init__(self, evolution: Evolution) -> None:
        self.evolution = evolution
        self.grid, self.shown = cache(evolution.grid), cache(evolution.shown)
        self.errors, self.detected = cache(evolution.errors), cache(evolution.detected)
        self.room = Room()


def _is_there(name: str, cell: Sequence[str]) -> bool:
    of = next((one for one in OF_CELL if one.split("_")[0] in name.split("_")), None)
    return of is None or of in cell


def _of_point(grids: _Grids, snrs: Mapping[str, float], p: int, cell: Sequence[str]) -> Iterator[Row]:
    evolution = grids.evolution
    about: Row = {"point": evolution.points[p], "position_um": evolution.position_um[p]}
    scans = np.flatnonzero(evolution.rows[:, p] >= 0)
    for peak in evolution.peaks:
        height = grids.grid(column_name("height", peak))[scans, p]
        se = grids.grid(column_name("height_se", peak))[scans, p]
        for event in passings(height, se, grids.detected(peak)[scans, p], snrs[peak]):
            row = {**about, "event": APPEARS if event.appears else VANISHES, "limit": event.limit}
            for end, k in zip(_ENDS, (event.before, event.after), strict=True):
                row |= {f"{end}_scan": int(evolution.scans[scans[k]]), f"{end}_time_s": evolution.time_s[scans[k], p]}
                row |= {f"{end}_{name}": grids.grid(name)[scans[k], p] for name in cell}
            yield {**row, "quantity": column_name("height", peak)}
    for quantity in followed(evolution):
        yield {**about, "event": STEEPEST, "quantity": quantity, **_steepest(grids, quantity, p, cell)}


def _steepest(grids: _Grids, quantity: str, p: int, cell: Sequence[str]) -> Row:
    evolution = grids.evolution
    time_s = evolution.time_s[:, p]
    value, se = grids.shown(quantity)[:, p], grids.errors(quantity)[:, p]
    there = evolution.rows[:, p] >= 0
    known = np.isfinite(time_s[there])
    if not known.all():
        found = nothing("times are not known")
    elif (np.diff(time_s[there]) <= 0).any():
        found = nothing("times do not rise")
    else:
        found = steepest_change(time_s, value, se, grids.room)
    row: Row = {"why": found.why, "change": found.change, "change_se": found.change_se}
    row |= {"event_time_s": found.time, "event_time_se": found.time_se}
    for name in cell if not found.why else ():
        then, error = _cell_then(grids, p, name, found)
        row |= {f"event_{name}": then, f"event_{name.split('_')[0]}_se": error}
    return row


def _cell_then(grids: _Grids, p: int, name: str, found: Steepest) -> tuple[float, float]:
    """Return what the cell did at a time with the error that the time's makes of it: by its slope there."""
    three = found.time + found.time_se * np.array([-1.0, 0.0, 1.0])
    evolution = grids.evolution
    if evolution.record is not None:
        low, then, high = at(evolution.record, three)[name]
    else:
        low, then, high = _between(evolution.time_s[:, p], grids.grid(name)[:, p], three)
    return float(then), float(abs(high - low) / 2)


def _between(time_s: FloatArray, value: FloatArray, when: FloatArray) -> FloatArray:
    """Return values at some times, linear between spectra; not a number beside one that has none."""
    there = np.isfinite(time_s)
    return np.asarray(np.interp(when, time_s[there], value[there], left=np.nan, right=np.nan))


def min_snrs(recipe: Recipe, peaks: Sequence[str]) -> dict[str, float]:
    """Return for each peak how many standard errors its height has to have, by the recipe that fits it."""
    named = {peak.name: part.detection.min_snr for part in recipe.parts for peak in part.peaks}
    return {peak: named.get(peak, recipe.detection.min_snr) for peak in peaks}
