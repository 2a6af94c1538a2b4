"""The cell's record beside the spectra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.errors import UsageError
from ramanfit.experiment.voice import tell
from ramanfit.recipe.columns import KEYS, XY
from ramanfit.scan.clock import one_clock, zone_named
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
    from ramanfit.experiment.cell import aligned, beyond, read_records, with_soc

    echem, zone = request.echem, zone_named(request.placement.get("timezone"))
    if echem.first_percent is not None and echem.capacity_mah is None:
        raise UsageError("--soc-start needs --capacity: without it, the least charge of the record is 0 %")
    record = with_soc(read_records(echem.paths, echem.units, zone), echem.capacity_mah, echem.first_percent or 0.0)
    if echem.capacity_mah is not None and record.soc is None:
        raise UsageError(f"{record.source}: holds no charge and no current, of which --capacity would make a state")
    starts = one_clock([datetime.fromisoformat(s) for s in started if s], request.placement.get("timezone"), [])
    zero = request.placement.get("t0") or min((start for start in starts if start is not None), default=None)
    if zone is not None and (zero is None or record.started is None):
        raise UsageError(f"--timezone: {'the record' if record.started is None else 'the first scan'} has no clock")
    record, note = aligned(record, zero, echem.offset_s, zone)
    for said in (*record.notes, note):
        if said:
            tell(said, voice, "" if said.startswith(echem.paths) else f"{record.source}: ")
    if said := beyond(record):
        voice.warn(f"{record.source}: {said}")
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
    return with_columns(table, columns, [name for name in table.names if name in (*KEYS, *XY)][-1])


def _warn(record: Record, voltage_v: Sequence[np.ndarray], voice: Voice) -> None:
    if record.voltage_v is not None and not any(np.isfinite(values).any() for values in voltage_v):
        voice.warn(
            f"{record.source}: no spectrum was taken while it recorded: its times are {record.time_s[0]:.0f} to "
            f"{record.time_s[-1]:.0f} s after the first scan began (--echem-offset or --t0 corrects)"
        )
