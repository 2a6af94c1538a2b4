"""Several records of one experiment, joined by their clocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

import numpy as np

from ramanfit.errors import InputError
from ramanfit.experiment.cell.clocks import between
from ramanfit.experiment.cell.record import Gap, Record
from ramanfit.scan.middle import median
from ramanfit.scan.scan import FloatArray

_QUANTITIES = ("voltage_v", "current_ma", "capacity_mah", "cycle", "half_cycle")


def joined(records: Sequence[Record], zone: tzinfo | None = None) -> Record:
    """Return the records one after the other, in the order of their clocks.

    What lies between two of them is empty, with a row in the middle that says so to figures, unless the second goes on
    within an interval as long as those around it.
    Charge goes on: by the counter, where both have one that runs through and the current accounts for the step;
    else from where it was.

    Parameters
    ----------
    records : sequence of Record
    zone : tzinfo or None
        Of clocks that name none.

    Raises
    ------
    InputError
        If one has no clock, or two overlap.
    """
    if len(records) == 1:
        return records[0]
    for record in records:
        if record.started is None:
            raise InputError(
                f"{record.source}: has no absolute time, by which records in several files are joined",
                hint="give one file, or export it with its start",
            )
    placed = [(_after_start(record, records[0], zone), record) for record in records]
    placed.sort(key=lambda pair: pair[0] + pair[1].time_s[0])
    zero_s, first = placed[0]
    whole = _later(first, 0.0)
    for shift_s, record in placed[1:]:
        whole = _after(whole, _later(record, shift_s - zero_s))
    return replace(whole, source=" and ".join(record.source for _, record in placed))


def _after_start(record: Record, zero: Record, zone: tzinfo | None) -> float:
    assert record.started is not None
    assert zero.started is not None
    return between(record.started, zero.started, zone)


def _named(record: Record) -> tuple[str, ...]:
    """What is said of a record, with its name."""
    return tuple(note if note.startswith(record.source) else f"{record.source}: {note}" for note in record.notes)


def _later(record: Record, shift_s: float) -> Record:
    return replace(record, time_s=record.time_s + shift_s, notes=_named(record))


def _after(first: Record, second: Record) -> Record:
    begin, end = float(first.time_s[-1]), float(second.time_s[0])
    if end < begin:
        raise InputError(
            f"{second.source}: begins {begin - end:.0f} s before {first.source} ends",
            hint="records of one experiment follow one another: give those of one cell, or correct their clocks",
        )
    gaps = [*first.gaps, *second.gaps]
    notes = [*first.notes, *second.notes]
    usual = max(_last_interval(first.time_s[::-1]), _last_interval(second.time_s))
    goes_on = end - begin <= 1.001 * usual
    if not goes_on:
        gaps.append(Gap(begin, end))
        notes.append(f"nothing was recorded for {end - begin:.0f} s before {second.source}: empty there")
    columns = {name: (getattr(first, name), getattr(second, name)) for name in _QUANTITIES}
    step_mah, said = _step(first, second, end - begin, goes_on=goes_on)
    if said:
        notes.append(f"{second.source}: {said}")
    columns["capacity_mah"] = (first.capacity_mah, _raised(first.capacity_mah, second.capacity_mah, step_mah))
    values: dict[str, FloatArray | None] = {}
    for name, (before, after) in columns.items():
        if before is None and after is None:
            values[name] = None
            continue
        absent = [record for record, held in ((first, before), (second, after)) if held is None]
        gaps += [Gap(*_around(record, first, second), name) for record in absent]
        parts = [
            np.full(len(record.time_s), np.nan) if held is None else held
            for record, held in ((first, before), (second, after))
        ]
        values[name] = np.concatenate([parts[0], *([] if goes_on else [[np.nan]]), parts[1]])
    both = first.counter_mah is not None and second.counter_mah is not None
    return replace(
        first,
        time_s=np.concatenate([first.time_s, *([] if goes_on else [[(begin + end) / 2]]), second.time_s]),
        **values,  # type: ignore[arg-type]
        source=second.source,
        notes=tuple(dict.fromkeys(notes)),
        gaps=tuple(gaps),
        columns=tuple(dict.fromkeys((*first.columns, *second.columns))),
        asked=tuple(dict.fromkeys((*first.asked, *second.asked))),
        counter_mah=second.counter_mah if both else None,
    )


def _last_interval(time_s: FloatArray) -> float:
    """The usual interval of the rows at one end of a record."""
    steps = np.abs(np.diff(time_s[:12]))
    return median(steps) if len(steps) else 0.0


def _around(record: Record, first: Record, second: Record) -> tuple[float, float]:
    """From where to where nothing is known because a record does not hold a quantity."""
    if record is first:
        return float(first.time_s[0]), float(second.time_s[0])
    return float(first.time_s[-1]), float(second.time_s[-1])


def _raised(before: FloatArray | None, after: FloatArray | None, step_mah: float) -> FloatArray | None:
    if after is None or before is None:
        return after
    known = before[np.isfinite(before)]
    return after + (known[-1] if len(known) else 0.0) + step_mah


def _step(first: Record, second: Record, seconds: float, *, goes_on: bool) -> tuple[float, str]:
    """What charge passed between two records, and what to say of it."""
    if first.capacity_mah is None or second.capacity_mah is None:
        return 0.0, ""
    hours = seconds / 3600
    ends = [
        float(current[i]) * hours
        for current, i in ((first.current_ma, -1), (second.current_ma, 0))
        if current is not None and np.isfinite(current[i])
    ]
    least, most = min([0.0, *ends]), max([0.0, *ends])
    if first.counter_mah is not None and second.counter_mah is not None:
        step = float(second.counter_mah[0] - first.counter_mah[-1])
        doubt = 0.02 * (most - least) + 1e-9
        if step and least - doubt <= step <= most + doubt:
            return step, ""
    if goes_on and len(ends) == 2:
        return (ends[0] + ends[1]) / 2, ""
    if any(ends) and not goes_on:
        return 0.0, "charge that passed before it, since the file before, is not known: counted as none"
    return 0.0, ""
