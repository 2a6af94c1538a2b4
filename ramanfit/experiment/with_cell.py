"""The cell's record beside the spectra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.tables.table import Table, with_columns

if TYPE_CHECKING:
    from ramanfit.experiment.cell import Record
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.voice import Voice
    from ramanfit.scan.schedule import Keys


def cell_record(request: Request, started: Sequence[str], voice: Voice) -> Record | None:
    """Return the record that was asked for, its times counted from the start of the first scan.

    Parameters
    ----------
    request : Request
    started : sequence of str
        Starts of scans, ISO; empty where unknown.
    voice : Voice
        Told what had to be assumed.
    """
    if request.echem is None:
        return None
    from ramanfit.experiment.cell import aligned, read_record, with_soc

    record = with_soc(read_record(request.echem.path), request.echem.capacity_mah, request.echem.first_percent)
    starts = [datetime.fromisoformat(s) for s in started if s]
    zero = request.placement.get("t0") or (min(starts) if starts else None)
    record, note = aligned(record, zero, request.echem.offset_s)
    for said in (*record.notes, note):
        if said:
            voice.say(f"{record.source}: {said}")
    return record


def keys_with_cell(keys: Sequence[Keys], record: Record | None, voice: Voice) -> list[Keys]:
    """Return the keys with the cell's columns at every spectrum's time."""
    if record is None:
        return [*keys]
    from ramanfit.experiment.cell import at

    with_cell = [replace(k, echem=at(record, k.time_s)) for k in keys]
    _warn(record, [np.asarray(k.echem["voltage_v"]) for k in with_cell], voice)
    return with_cell


def table_with_cell(table: Table, record: Record | None, voice: Voice) -> Table:
    """Return a table with the cell's columns at every row's time."""
    if record is None:
        return table
    from ramanfit.experiment.cell import at

    columns = at(record, np.asarray(table.columns["time_s"], dtype=np.float64))
    _warn(record, [columns["voltage_v"]], voice)
    return with_columns(table, columns, "time_s")


def _warn(record: Record, voltage_v: Sequence[np.ndarray], voice: Voice) -> None:
    if record.voltage_v is not None and not any(np.isfinite(values).any() for values in voltage_v):
        voice.warn(
            f"{record.source}: no spectrum was taken while it recorded: its times are {record.time_s[0]:.0f} to "
            f"{record.time_s[-1]:.0f} s after the first scan began (--echem-offset or --t0 corrects)"
        )
