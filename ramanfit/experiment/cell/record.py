"""A record on one clock, and what it says at any time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from ramanfit.recipe.columns import ECHEM
from ramanfit.scan.scan import FloatArray


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
        Absolute time of ``time_s = 0``, local time of the PC.
    soc : array [K] or None
        State of charge in percent.
    notes : tuple of str
        What had to be assumed.
    """

    source: str
    time_s: FloatArray
    voltage_v: FloatArray | None = None
    current_ma: FloatArray | None = None
    capacity_mah: FloatArray | None = None
    started: datetime | None = None
    soc: FloatArray | None = None
    notes: tuple[str, ...] = ()


def with_soc(record: Record, capacity_mah: float | None, first_percent: float = 0.0) -> Record:
    """Return the record with its state of charge.

    Parameters
    ----------
    record : Record
    capacity_mah : float or None
        What 100 % are: then ``soc = first_percent + 100 * (Q - Q_first) / capacity_mah``. None: 0 % in the first
        row, 100 % in the last.
    first_percent : float
        State of charge in the first row, where the capacity is given.
    """
    charge = record.capacity_mah
    if charge is None or not np.isfinite(charge).any():
        return record
    measured = charge[np.isfinite(charge)]
    if capacity_mah is not None:
        return replace(record, soc=first_percent + 100 * (charge - measured[0]) / capacity_mah)
    if measured[-1] == measured[0]:
        return record
    note = "state of charge counted from the record's first row (0 %) to its last (100 %): --capacity says better"
    soc = 100 * (charge - measured[0]) / (measured[-1] - measured[0])
    return replace(record, soc=soc, notes=(*record.notes, note))


def aligned(record: Record, zero: datetime | None, offset_s: float = 0.0) -> tuple[Record, str]:
    """Return the record with its times counted from the start of the first Raman scan, and what was assumed.

    Parameters
    ----------
    record : Record
    zero : datetime or None
        When that scan began.
    offset_s : float
        Added to the record's times.
    """
    if zero is not None and record.started is not None:
        shift, note = (record.started - zero).total_seconds(), ""
    else:
        shift = -float(record.time_s[0])
        missing = "the record" if record.started is None else "the first scan"
        note = f"{missing} has no absolute time: its first row is taken as the start of the first scan (--echem-offset)"
    return replace(record, time_s=record.time_s + shift + offset_s, started=None), note


def at(record: Record, time_s: FloatArray) -> dict[str, FloatArray]:
    """Return voltage_v, current_ma, capacity_mah and soc at some times, linear between rows.

    Parameters
    ----------
    record : Record
    time_s : array [N]

    Returns
    -------
    dict of str to array [N]
        Not a number outside the record, at unknown times, and where the record does not hold the quantity. At a
        step, where two rows share a time, the later row counts.
    """
    cell = {}
    for name in ECHEM:
        values = getattr(record, name)
        cell[name] = np.full(len(time_s), np.nan)
        if values is None:
            continue
        measured = np.isfinite(values)
        inside = np.isfinite(time_s) & (time_s >= record.time_s[0]) & (time_s <= record.time_s[-1])
        if measured.any():
            x, y = record.time_s[measured], values[measured]
            inside &= (time_s >= x[0]) & (time_s <= x[-1])
            cell[name][inside] = np.interp(time_s[inside], x, y)
    return cell
