"""What a potentiostat's record would give, before it is joined to anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ramanfit.tables.table import Column, Table

_HEAD = 200_000  # bytes, in which the names of the columns stand


def apart(files: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which of the files that were named are records, and the others.

    Folders are not looked into, and what can be read only once is not opened.
    """
    records, others = list[str](), list[str]()
    for path in files:
        (records if _is_record(path) else others).append(path)
    return records, others


def _is_record(path: str) -> bool:
    try:
        file = Path(path)
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
    except (OSError, ValueError):
        return False  # whoever reads it says why it cannot
    from ramanfit.experiment.cell import is_record

    return is_record(head)


def describe_record(path: str) -> Table:
    """Return one row about a record: what would be taken of it, and what not.

    Raises
    ------
    RamanfitError
        If it cannot be read.
    """
    from ramanfit.experiment.cell import read_record

    record = read_record(path, lenient=True)
    about: dict[str, Column] = {
        "source": (path,),
        "kind": ("record",),
        "rows": np.array([len(record.time_s)]),
        "first_s": record.time_s[:1],
        "last_s": record.time_s[-1:],
        "started": (record.started.isoformat(" ") if record.started else "",),
    }
    for name in ("voltage_v", "current_ma", "capacity_mah"):
        values = getattr(record, name)
        known = np.empty(0) if values is None else values[np.isfinite(values)]
        for which, end in (("min", np.min), ("max", np.max)):
            about[f"{name.replace('_', f'_{which}_')}"] = np.array([end(known) if len(known) else np.nan])
    charge = record.capacity_mah
    about["capacity_last_mah"] = np.array([np.nan]) if charge is None else charge[-1:]
    cycles = np.nan if record.cycle is None else float(len(np.unique(record.cycle[np.isfinite(record.cycle)])))
    about["cycles"] = np.array([cycles])
    about["taken"] = ("; ".join(f"{quantity}: {column}" for quantity, column in record.columns),)
    clock = () if record.started else ("start: --echem-offset",)
    about["missing"] = ("; ".join((*clock, *record.notes)),)
    return Table(about)


def side_by_side(table: Table, names: Sequence[str], text: Sequence[str]) -> Table:
    """Return a table with these columns: those that it does not have are empty."""
    empty: dict[str, Column] = {
        name: ("",) * len(table) if name in text else np.full(len(table), np.nan) for name in names
    }
    return Table({name: table.columns.get(name, empty[name]) for name in names})
