"""When each row of a record was written: the test's own time where there is one, else a clock."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.experiment.cell.cells import Cells
from ramanfit.experiment.cell.clocks import (
    durations,
    is_date,
    is_duration,
    is_time_of_day,
    moment,
    month_is_first,
)
from ramanfit.experiment.cell.columns import CLOCKS, DATES, TEST_TIMES, TIMES, UNITS, Name
from ramanfit.scan.scan import FloatArray

_EPOCH = 5e8  # s: a number as large is no duration but counts from 1970
_SINCE_1970 = re.compile(r"[0-9]{9,14}(?:[.][0-9]*)?")  # in s or ms
_APART_S = 60.0
_LONGEST_S = 3e10  # a thousand years


class Times(NamedTuple):
    """Times of the rows.

    Attributes
    ----------
    time_s : array [K]
    started : datetime or None
        Absolute time of ``time_s = 0``.
    source : str
        Name of the column.
    notes : tuple of str
    """

    time_s: FloatArray
    started: datetime | None
    source: str
    notes: tuple[str, ...] = ()


def times_of(cells: Cells, names: Sequence[Name], known: Mapping[str, float], *, month_first: bool | None) -> Times:
    """Return when each row was written.

    Parameters
    ----------
    cells : Cells
    names : sequence of Name
    known : mapping of str to float
        Sizes of units that columns do not name.
    month_first : bool or None
        Order of day and month in dates, where the vendor's is known.

    Raises
    ------
    FormatError
        If there is no time, or none that can be read.
    """
    counting, clock = _counting(cells, names), _Clock.of(cells, names, month_first)
    if counting is None and clock is None:
        raise FormatError(
            cells.path, expected="a column of times, such as time/s", found=", ".join(name for name in cells.header[:8])
        )
    if counting is None:
        assert clock is not None
        moments, began = clock.all_s()
        return Times(moments, began, clock.label, clock.notes)
    time_s = _seconds(cells, names, counting, known)
    long = np.flatnonzero(np.abs(time_s) > _LONGEST_S)
    if len(long):
        cells.refuse(int(long[0]), f"a time for {cells.header[counting]}", f"{time_s[long[0]]:g} s")
    label = cells.header[counting]
    if (time_s[0] if len(time_s) else 0.0) > _EPOCH:
        began = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=float(time_s[0]))
        return Times(time_s - time_s[0], began, label, (f"{label} counts from 1970",))
    if clock is None:
        return Times(time_s, None, label, _unread(cells, names))
    if names[counting].plain in TIMES and (np.diff(time_s) < 0).any():
        moments, began = clock.all_s()
        note = f"{label} starts again with every step: {clock.label} is taken"
        return Times(moments, began, clock.label, (*clock.notes, note))
    first, last = clock.ends()
    if first is None or last is None:
        return Times(time_s, None, label, clock.notes)
    notes = clock.notes
    apart = (last - first).total_seconds() - float(time_s[-1] - time_s[0])
    if abs(apart) > _APART_S:
        notes = (*notes, f"{clock.label} and {label} part by {apart:.0f} s (a pause?): {label} is taken")
    try:
        began = first - timedelta(seconds=float(time_s[0]))
    except OverflowError:
        cells.refuse(0, f"a date and time for {clock.label}", str(first))
    return Times(time_s, began, label, notes)


def _counting(cells: Cells, names: Sequence[Name]) -> int | None:
    """Which column counts the test's time: by its name, and because it does not hold dates."""
    first = {i: cells.texts(i, slice(0, 1)) for i, name in enumerate(names) if name.plain in (*TEST_TIMES, *TIMES)}
    day = next((i for i, name in enumerate(names) if name.plain in DATES), None)
    dated = day is not None and bool(len(cells)) and is_date(cells.texts(day, slice(0, 1))[0])
    for plain in (*TEST_TIMES, *TIMES):
        for i, text in first.items():
            if names[i].plain != plain or (text and moment(text[0]) is not None):
                continue
            if plain == "test" and not names[i].unit:
                continue
            if plain in TIMES and dated and text and is_time_of_day(text[0]):
                continue  # a time of day beside its date
            return i
    return None


def _unread(cells: Cells, names: Sequence[Name]) -> tuple[str, ...]:
    """What to say of a column that should hold dates and times and holds something else."""
    for i, name in enumerate(names):
        text = cells.texts(i, slice(0, 1))[0] if name.plain in CLOCKS and len(cells) else ""
        if text:
            return (f"{cells.header[i]} {text!r} is no date and time that can be read: no absolute time",)
    return ()


def _seconds(cells: Cells, names: Sequence[Name], column: int, known: Mapping[str, float]) -> FloatArray:
    """Durations in s: as h:m:s, or as numbers with a unit."""
    label, first = cells.header[column], cells.texts(column, slice(0, 1))
    if first and is_duration(first[0]):
        time_s, wrong = durations(texts := cells.texts(column))
        if wrong is not None:
            cells.refuse(wrong, f"a time as h:m:s for {label}", repr(texts[wrong]))
        return time_s
    if first and ":" in first[0]:
        cells.refuse(0, f"a time as h:m:s for {label}", f"{first[0]!r}, which can be h:m or m:s")
    numbers = cells.floats(column)
    unknown = np.flatnonzero(~np.isfinite(numbers))
    if len(unknown):
        cells.refuse(int(unknown[0]), f"a number for {label}", "an empty cell")
    factor = UNITS["time"].get(names[column].unit) if names[column].unit else known.get("time")
    if factor is None:
        if len(numbers) and numbers[0] > _EPOCH:
            return numbers / (1.0 if numbers[0] < 1000 * _EPOCH else 1000.0)
        raise FormatError(
            cells.path, expected=f"a unit of {label}", found="none", hint="say it, for example --echem-units s"
        )
    return factor * numbers


class _Clock:
    """A column of dates and times, or one of dates beside one of times of day."""

    def __init__(self, cells: Cells, columns: Sequence[int], month_first: bool | None) -> None:
        self._cells, self._columns = cells, columns
        self.label = " and ".join(cells.header[i] for i in columns)
        self._epoch = _SINCE_1970.fullmatch(self._texts(slice(0, 1))[0]) is not None
        self.notes: tuple[str, ...] = ()
        ends = [*self._texts(slice(0, 1)), *self._texts(slice(-1, None))]
        self._month_first = month_first
        self.decided = True
        if month_first is None and not self._epoch:
            self._month_first = month_is_first(ends)
            if self._month_first is None and month_is_first(self._texts(slice(None))) is None:
                self.decided = False
                self.notes = (f"{self.label} {ends[0]!r} can begin with the day or the month: no absolute time",)

    @classmethod
    def of(cls, cells: Cells, names: Sequence[Name], month_first: bool | None) -> _Clock | None:
        """Return the clock of a table, if it has one that can be read."""
        if not len(cells):
            return None
        first = {i: cells.texts(i, slice(0, 1))[0] for i, name in enumerate(names) if name.plain in (*CLOCKS, *TIMES)}
        for plain in (*CLOCKS, *TIMES):
            for i, text in first.items():
                if names[i].plain != plain:
                    continue
                if moment(text) is not None or (plain in CLOCKS and _SINCE_1970.fullmatch(text)):
                    return cls(cells, [i], month_first)
        for day in (i for i, text in first.items() if is_date(text)):
            for i, text in first.items():
                if i != day and is_time_of_day(text):
                    return cls(cells, [day, i], month_first)
        return None

    def _texts(self, rows: slice) -> list[str]:
        parts = [self._cells.texts(column, rows) for column in self._columns]
        return [" ".join(cells) for cells in zip(*parts, strict=True)]

    def ends(self) -> tuple[datetime | None, datetime | None]:
        """Return the first and the last moment; None where they cannot be decided."""
        if not self.decided:
            return None, None
        return self._read(0, self._texts(slice(0, 1))[0]), self._read(
            len(self._cells) - 1, self._texts(slice(-1, None))[0]
        )

    def all_s(self) -> tuple[FloatArray, datetime]:
        """Return all moments [K] in s since the first, and the first.

        Raises
        ------
        FormatError
            With the line whose cell is no moment; or if day and month cannot be told apart.
        """
        texts = self._texts(slice(None))
        if not self.decided:
            self._cells.refuse(0, "a date with its year first, or one whose day and month differ", repr(texts[0]))
        if (fast := self._by_days(texts)) is not None:
            return fast
        moments = [self._read(row, text) for row, text in enumerate(texts)]
        return np.array([(when - moments[0]).total_seconds() for when in moments]), moments[0]

    def _by_days(self, texts: Sequence[str]) -> tuple[FloatArray, datetime] | None:
        """Read every day once and the times of day together; None: some are written in another way."""
        parts = [text.replace("T", " ", 1).partition(" ") for text in texts]
        days = {day: moment(f"{day} 00:00:00", month_first=self._month_first) for day in {part[0] for part in parts}}
        seconds, wrong = durations([part[2].strip() for part in parts])
        if self._epoch or wrong is not None or (seconds >= 86400).any():
            return None
        began = days[parts[0][0]]
        if began is None or began.tzinfo is not None or None in days.values():
            return None
        since = {day: (when - began).total_seconds() for day, when in days.items() if when is not None}
        time_s = np.array([since[part[0]] for part in parts]) + seconds
        return time_s - time_s[0], began + timedelta(seconds=float(seconds[0]))

    def _read(self, row: int, text: str) -> datetime:
        if self._epoch:
            try:
                number = float(text)
                passed = timedelta(seconds=number / (1 if number < 1000 * _EPOCH else 1000))
                return datetime(1970, 1, 1, tzinfo=timezone.utc) + passed
            except (ValueError, OverflowError):
                self._cells.refuse(row, f"seconds since 1970 for {self.label}", repr(text))
        when = moment(text, month_first=self._month_first)
        if when is None:
            self._cells.refuse(row, f"a date and time for {self.label}", repr(text))
        assert when is not None
        return when
