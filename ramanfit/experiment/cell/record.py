"""A record on one clock, and what it says at any time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from typing import NamedTuple

import numpy as np

from ramanfit.experiment.cell.clocks import between
from ramanfit.frozen import dataclass
from ramanfit.recipe.columns import ECHEM
from ramanfit.scan.notes import Note
from ramanfit.scan.scan import FloatArray

_COUNTS = ("cycle", "half_cycle")  # which do not change between two rows
_SANE = (-5.0, 105.0)  # % of state of charge


class Gap(NamedTuple):
    """A time in which nothing was recorded.

    Attributes
    ----------
    begin_s, end_s : float
        The rows before and after.
    of : str
        The quantity that is not there; empty: all.
    """

    begin_s: float
    end_s: float
    of: str = ""


@dataclass(frozen=True, eq=False)
class Record:
    """What the potentiostat wrote, row by row in time.

    Attributes
    ----------
    source : str
        The file.
    time_s : array [K]
        Not descending; since `started`, or since the first Raman scan began once aligned.
    voltage_v, current_ma, capacity_mah : array [K] or None
        None: not in the file. Capacity is the net charge passed since the first row.
    started : datetime or None
        Absolute time of ``time_s = 0``; without a zone it is local time.
    soc : array [K] or None
        State of charge in percent.
    notes : tuple of str
        What had to be assumed, and what is missing.
    cycle, half_cycle : array [K] or None
    gaps : tuple of Gap
    columns : tuple of (str, str)
        Quantity and the name of the column that it was taken from.
    asked : tuple of str
        Kinds of quantity whose unit the file does not say.
    counter_mah : array [K] or None
        The counter of charge as it stands, where it never starts again.
    """

    source: str
    time_s: FloatArray
    voltage_v: FloatArray | None = None
    current_ma: FloatArray | None = None
    capacity_mah: FloatArray | None = None
    started: datetime | None = None
    soc: FloatArray | None = None
    notes: tuple[str, ...] = ()
    cycle: FloatArray | None = None
    half_cycle: FloatArray | None = None
    gaps: tuple[Gap, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    asked: tuple[str, ...] = ()
    counter_mah: FloatArray | None = None


def with_soc(record: Record, capacity_mah: float | None, first_percent: float = 0.0) -> Record:
    """Return the record with its state of charge.

    Parameters
    ----------
    record : Record
    capacity_mah : float or None
        What 100 % are: then ``soc = first_percent + 100 * (Q - Q_first) / capacity_mah``. None: 0 % at the least
        charge of the record, 100 % at the largest.
    first_percent : float
        State of charge in the first row, where the capacity is given.
    """
    charge = record.capacity_mah
    if charge is None or not np.isfinite(charge).any():
        return record
    measured = charge[np.isfinite(charge)]
    if capacity_mah is not None:
        return replace(record, soc=first_percent + 100 * (charge - measured[0]) / capacity_mah)
    least, largest = float(measured.min()), float(measured.max())
    if largest == least:
        note = "no charge passed: no state of charge (--capacity with --soc-start says it)"
        return replace(record, notes=(*record.notes, note))
    note = Note(
        f"state of charge counted from the least charge of the record (0 %) to its largest (100 %: "
        f"{largest - least:.4g} mAh more): --capacity says better",
        f"state of charge from the record's least charge to its largest, {largest - least:.4g} mAh",
    )
    return replace(record, soc=100 * (charge - least) / (largest - least), notes=(*record.notes, note))


def beyond(record: Record) -> str:
    """Return what to say of a state of charge that no cell has; empty: it is between -5 and 105 %."""
    known = np.empty(0) if record.soc is None else record.soc[np.isfinite(record.soc)]
    if not len(known) or (_SANE[0] <= known.min() and known.max() <= _SANE[1]):
        return ""
    return (
        f"state of charge from {known.min():.4g} to {known.max():.4g} %: --capacity or --soc-start is not this cell's"
    )


def aligned(
    record: Record, zero: datetime | None, offset_s: float = 0.0, zone: tzinfo | None = None
) -> tuple[Record, str]:
    """Return the record with its times counted from the start of the first Raman scan, and what was assumed.

    Parameters
    ----------
    record : Record
    zero : datetime or None
        When that scan began.
    offset_s : float
        Added to the record's times.
    zone : tzinfo or None
        Of clocks that name none; None: this computer's, where one of the two names one.
    """
    if zero is not None and record.started is not None:
        shift, note = between(record.started, zero, zone), ""
        if zone is None and (record.started.tzinfo is None) != (zero.tzinfo is None):
            whose = "the scans' clock" if zero.tzinfo is None else "the record's clock"
            note = f"{whose} names no time zone: taken as this computer's (--timezone says it)"
    else:
        shift = -float(record.time_s[0])
        missing = "the record" if record.started is None else "the first scan"
        note = f"{missing} has no absolute time: its first row is taken as the start of the first scan (--echem-offset)"
    by = shift + offset_s
    gaps = tuple(Gap(gap.begin_s + by, gap.end_s + by, gap.of) for gap in record.gaps)
    return replace(record, time_s=record.time_s + by, gaps=gaps, started=None), note


def at(record: Record, time_s: FloatArray) -> dict[str, FloatArray]:
    """Return voltage_v, current_ma, capacity_mah, soc, cycle and half_cycle at some times, linear between rows.

    Parameters
    ----------
    record : Record
    time_s : array [N]

    Returns
    -------
    dict of str to array [N]
        Not a number outside the record, in its gaps, at unknown times, and where the record does not hold the
        quantity. At a step, where two rows share a time, the later row counts; cycles are those of the row before.
    """
    cell = {}
    recorded = np.isfinite(time_s) & (time_s >= record.time_s[0]) & (time_s <= record.time_s[-1])
    for name in ECHEM:
        values = getattr(record, name)
        cell[name] = np.full(len(time_s), np.nan)
        if values is None:
            continue
        measured = np.isfinite(values)
        if measured.any():
            whole = bool(measured.all())
            x, y = (record.time_s, values) if whole else (record.time_s[measured], values[measured])
            inside = recorded & (time_s >= x[0]) & (time_s <= x[-1])
            for gap in record.gaps:
                if gap.of in ("", name):
                    inside &= ~((time_s > gap.begin_s) & (time_s < gap.end_s))
            if name in _COUNTS:
                cell[name][inside] = y[np.searchsorted(x, time_s[inside], side="right") - 1]
            else:
                cell[name][inside] = np.interp(time_s[inside], x, y)
    return cell
