"""Events of an experiment as the page lists and marks them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ramanfit.drawing.axes import label
from ramanfit.drawing.report.against import HOUR_S
from ramanfit.drawing.report.packing import numbers
from ramanfit.experiment.events import APPEARS, STEEPEST
from ramanfit.experiment.evolution import Evolution
from ramanfit.tables.rounding import plain, with_error
from ramanfit.tables.table import Table

MOST_EVENTS = 400


def events_of(events: Table, evolution: Evolution, shown: np.ndarray) -> list[dict[str, Any]]:
    """Return what happened, by point: the first `MOST_EVENTS`.

    Parameters
    ----------
    events : Table
        As `ramanfit.experiment.events.events_table` makes it.
    evolution : Evolution
    shown : int array [rows]
        Rows of the table that the page holds.

    Returns
    -------
    list of dict
        ``kind``; ``point``; ``quantity``, a column; ``words``; ``from`` and ``to`` in hours, None where times are
        unknown; ``rows`` of the page, just before and just after, -1 where the page has none.
    """
    on_page = np.full(len(evolution.table) + 1, -1)  # of no row too
    on_page[shown] = np.arange(len(shown))
    happened = [i for i in range(len(events)) if not events.columns["why"][i]][:MOST_EVENTS]
    return [_event({n: c[i] for n, c in events.columns.items()}, evolution, on_page) for i in happened]


def _event(event: dict[str, Any], evolution: Evolution, on_page: np.ndarray) -> dict[str, Any]:
    p = evolution.points.index(str(event["point"]))
    kind, quantity = str(event["event"]), str(event["quantity"])
    if kind == STEEPEST:
        middle, se = event["event_time_s"] / HOUR_S, event["event_time_se"] / HOUR_S
        change = with_error(event["change"], event["change_se"])
        what = f"{label(evolution, quantity)} changes most, by {change},"
        when = f"at {with_error(middle, se)} h{_cell(event, 'event')}"
        ends = (middle - se, middle + se)
        rows = _around(evolution, p, float(event["event_time_s"]))
    else:
        scans = [int(event[f"{end}_scan"]) for end in ("before", "after")]
        rows = [int(evolution.rows[np.searchsorted(evolution.scans, scan), p]) for scan in scans]
        ends = (event["before_time_s"] / HOUR_S, event["after_time_s"] / HOUR_S)
        what = f"{evolution.schema[quantity].of} {kind}"
        first, second = ("last absent", "seen") if kind == APPEARS else ("last seen", "gone")
        times = [f" ({time:.2f} h{_cell(event, end)})" for end, time in zip(("before", "after"), ends, strict=True)]
        if not np.isfinite(ends).all():
            times = ["", ""]
        when = f"{first} in scan {scans[0]}{times[0]}, {second} in scan {scans[1]}{times[1]}"
    return {
        "kind": kind,
        "point": str(event["point"]),
        "quantity": quantity,
        "words": f"{what} {when}" if kind == STEEPEST else f"{what}: {when}",
        "from": numbers(np.array(ends[0]))[0],
        "to": numbers(np.array(ends[1]))[0],
        "rows": on_page[rows].tolist(),
    }


def _around(evolution: Evolution, p: int, time_s: float) -> list[int]:
    """Return the rows of a point just before and just after a time."""
    rows = evolution.rows[:, p]
    rows = rows[rows >= 0]
    times = np.asarray(evolution.table.columns["time_s"], dtype=np.float64)[rows]
    after = min(int(np.searchsorted(times, time_s)), len(rows) - 1)
    return [int(rows[max(after - 1, 0)]), int(rows[after])]


def _cell(event: dict[str, Any], end: str) -> str:
    """Return what the cell did then, after a comma."""
    words = [
        f"{plain(float(event[f'{end}_{name}']), 3)} {unit}"
        for name, unit in (("voltage_v", "V"), ("soc", "%"))
        if np.isfinite(event.get(f"{end}_{name}", np.nan))
    ]
    return "".join(f", {word}" for word in words)
