"""From cells under names to a Record, and what must hold of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.experiment.cell import counters
from ramanfit.experiment.cell.cells import Cells
from ramanfit.experiment.cell.charge import Flow, net_charge
from ramanfit.experiment.cell.columns import (
    CELL_VOLTAGES,
    CHARGED,
    COUNTER_VOLTAGES,
    CURRENTS,
    CYCLES,
    DIRECTIONS,
    DISCHARGED,
    HALF_CYCLES,
    INCREMENTS,
    NET_CHARGES,
    SECTIONS,
    SET_CURRENTS,
    SIGNED_CHARGES,
    SIZES_OF_CHARGE,
    TEST_TIMES,
    TIMES,
    UNITS,
    VOLTAGES,
    Located,
    Name,
    find,
    name_of,
    position,
    vendor_of,
)
from ramanfit.experiment.cell.directions import counted, directed, signs_of_steps
from ramanfit.experiment.cell.record import Record
from ramanfit.experiment.cell.times import times_of
from ramanfit.frozen import dataclass
from ramanfit.scan.scan import BoolArray, FloatArray

_CHARGES = (*NET_CHARGES, *SIGNED_CHARGES, *CHARGED, *DISCHARGED, *SIZES_OF_CHARGE, *INCREMENTS)
_MOST_V = 1000.0  # above it, the unit is not what the name says
_ARBIN = {"time": 1.0, "voltage": 1.0, "current": 1e3, "charge": 1e3}


@dataclass(frozen=True)
class Asked:
    """What a record's file does not say and was asked for.

    Attributes
    ----------
    units : tuple of str
        Of columns that do not name theirs, such as ``A``, ``Ah``.
    sizes : mapping of str to float
        The same as sizes in s, V, mA, mAh, by kind of quantity.
    lenient : bool
        Whether a column without a unit is left out and said, not refused.
    """

    units: tuple[str, ...] = ()
    sizes: Mapping[str, float] = field(default_factory=dict)
    lenient: bool = False


def build_record(
    cells: Cells,
    asked: Asked,
    started: datetime | None = None,
    notes: Sequence[str] = (),
    month_first: bool | None = None,
) -> Record:
    """Return the record that rows of cells hold.

    Parameters
    ----------
    cells : Cells
    asked : Asked
    started : datetime or None
        Absolute time of time 0, if the file says.
    notes : sequence of str
    month_first : bool or None
        Order of day and month in the dates, where the vendor's is known.

    Raises
    ------
    FormatError
        If there is no time or nothing else, a unit is missing, a cell is no number, or time runs backwards.
    """
    return _Builder(cells, asked, notes).record(started, month_first)


class _Builder:
    """The steps from cells to a record, each of which may have something to say."""

    def __init__(self, cells: Cells, asked: Asked, notes: Sequence[str]) -> None:
        self.cells, self.said, self.lenient = cells, [*notes], asked.lenient
        self.names: list[Name] = [name_of(text) for text in cells.header]
        self.vendor = vendor_of(self.names)
        self.known = dict(asked.sizes)
        self.columns: list[tuple[str, str]] = []
        unknown = self._without_unit()
        if self.vendor == "Arbin" and unknown - set(self.known):
            self.known = {**_ARBIN, **self.known}
            self.said.append("the columns name no units: as Arbin writes them, s, V, A and Ah")
        self.used = tuple(sorted(unknown & set(asked.sizes)))

    def _without_unit(self) -> set[str]:
        """Kinds of the columns that are wanted and do not name their unit."""
        kinds = {"time": ("testtime", "totaltime", "time", "t"), "voltage": VOLTAGES, "current": CURRENTS}
        unknown = set()
        for kind, wanted in {**kinds, "charge": _CHARGES}.items():
            at = [name for name in self.names if name.plain in wanted and name.unit in ("", *UNITS[kind])]
            if any(not name.unit for name in at):
                unknown.add(kind)
        return unknown

    def record(self, started: datetime | None, month_first: bool | None) -> Record:
        """Return the record."""
        cells = self.cells
        if not len(cells):
            raise FormatError(cells.path, expected="rows of numbers under the names of the columns", found="none")
        cells.fetch(self._wanted())
        month_first = True if month_first is None and self.vendor else month_first
        times = times_of(cells, self.names, self.known, month_first=month_first)
        self.said += times.notes
        self.columns.append(("time", times.source))
        time_s = times.time_s
        self._check(time_s)
        voltage_v = self._voltage()
        sign = signs_of_steps(cells, self.names)
        current_ma, exact = self._current(time_s, sign)
        changed = self._changed()
        flow_ma = None if current_ma is None else np.where(np.isfinite(current_ma), current_ma, 0.0)
        if current_ma is not None and not np.isfinite(current_ma[1:]).all():
            flow_ma = None
        if flow_ma is not None and flow_ma.any():
            sign = counters.signs(flow_ma)
        self._charge_without_unit(measured=flow_ma is not None)
        flow = Flow(time_s, flow_ma, sign, changed, exact)
        charge = net_charge(cells.header, self.names, self.known, self._values, flow)
        self.said += charge.notes
        if charge.turned and current_ma is not None:
            current_ma = -current_ma
        if voltage_v is None and current_ma is None and charge.net_mah is None:
            self._nothing()
        if charge.source:
            self.columns.append(("charge", charge.source))
        missing = [
            words
            for words, values in (("voltage", voltage_v), ("charge and no current", charge.net_mah))
            if values is None and not (words.startswith("charge") and current_ma is not None)
        ]
        self.said += [f"holds no {words}: left empty" for words in missing]
        cycle, half_cycle = self._cycles(flow_ma, charge.net_mah)
        return Record(
            cells.path,
            time_s,
            voltage_v,
            current_ma,
            charge.net_mah,
            times.started or started,
            notes=tuple(self.said),
            cycle=cycle,
            half_cycle=half_cycle,
            columns=tuple(self.columns),
            asked=self.used,
            counter_mah=self._counter(charge.source) if charge.raw_mah is not None else None,
        )

    def _wanted(self) -> list[int]:
        """Columns of numbers that are most likely taken."""
        ways = ((VOLTAGES, "voltage"), (COUNTER_VOLTAGES, "voltage"), (CURRENTS, "current"), (NET_CHARGES, "charge"))
        pairs = ((CHARGED, "charge"), (DISCHARGED, "charge"))
        places = [self._find(wanted, kind) for wanted, kind in (*ways, *(pairs if self.vendor != "EC-Lab" else ()))]
        others = (*TEST_TIMES, *TIMES, *SECTIONS, *CYCLES)
        return [
            *(place.index for place in places if place is not None),
            *(i for i, name in enumerate(self.names) if name.plain in others),
        ]

    def _find(self, wanted: Sequence[str], kind: str) -> Located | None:
        return find(self.names, wanted, kind, self.known)

    def _values(self, place: Located) -> FloatArray:
        return self._size(place) * self.cells.floats(place.index)

    def _size(self, place: Located) -> float:
        if place.factor is not None:
            return place.factor
        label = self.cells.header[place.index]
        if not self.lenient:
            raise FormatError(
                self.cells.path,
                expected=f"a unit of {label}",
                found="none",
                hint="say what columns without a unit are in, for example --echem-units A,Ah",
            )
        self.said.append(f"{label} has no unit: left out (--echem-units says it)")
        return np.nan

    def _charge_without_unit(self, *, measured: bool) -> None:
        """A charge without a unit is left out where the current gives it, and asked for where it does not."""
        place = self._find([name for name in _CHARGES if name not in INCREMENTS], "charge")
        if place is None or place.factor is not None:
            return
        if measured:
            label = self.cells.header[place.index]
            self.said.append(f"{label} has no unit: left out, the current is integrated (--echem-units says it)")
        else:
            self._size(place)

    def _check(self, time_s: FloatArray) -> None:
        back = np.flatnonzero(np.diff(time_s) < 0)
        if len(back):
            row = int(back[0]) + 1
            expected = f"a time of at least {time_s[row - 1]:g} s, as in the row before"
            self.cells.refuse(row, expected, f"{time_s[row]:g} s")

    def _voltage(self) -> FloatArray | None:
        place, counter = self._find(VOLTAGES, "voltage"), self._find(COUNTER_VOLTAGES, "voltage")
        if place is None:
            return None
        voltage_v, label = self._values(place), self.cells.header[place.index]
        if counter is not None and self._find(CELL_VOLTAGES, "voltage") is None:
            voltage_v = voltage_v - self._values(counter)
            label = f"{label} less {self.cells.header[counter.index]}"
        if not np.isfinite(voltage_v).any():
            return None
        largest = float(np.nanmax(np.abs(voltage_v)))
        if largest > _MOST_V:
            raise FormatError(
                self.cells.path, expected=f"the voltage of a cell in {label}", found=f"up to {largest:.0f} V"
            )
        self.columns.append(("voltage", label))
        return voltage_v

    def _current(self, time_s: FloatArray, sign: FloatArray | None) -> tuple[FloatArray | None, bool]:
        """The measured current, else what passed between rows over the time, else the one that was set."""
        place = self._find(CURRENTS, "current")
        if place is not None:
            current_ma = self._values(place)
            if np.isfinite(current_ma).any():
                self.columns.append(("current", self.cells.header[place.index]))
                if sign is None:
                    return current_ma, False
                current_ma, said = directed(current_ma, sign, self.cells.header[position(self.names, DIRECTIONS) or 0])
                self.said += said
                return current_ma, False
        increments = self._find(INCREMENTS, "charge")
        if increments is not None:
            hours = np.diff(time_s) / 3600
            passed = self._values(increments)[1:]
            with np.errstate(divide="ignore", invalid="ignore"):
                flowing = np.where(hours > 0, passed / hours, np.where(passed == 0, 0.0, np.nan))
            known = np.maximum.accumulate(np.where(np.isfinite(flowing), np.arange(len(flowing)), 0))
            current_ma = np.concatenate([[np.nan], flowing[known]])  # rows of one moment have the current before
            if np.isfinite(current_ma[1:]).all() and len(current_ma) > 1:
                label = self.cells.header[increments.index]
                self.columns.append(("current", f"{label} over the time"))
                self.said.append(f"no current: {label} over the time between rows is taken")
                return current_ma, True
        place = self._find(SET_CURRENTS, "current")
        if place is None:
            return None, False
        self.columns.append(("current", self.cells.header[place.index]))
        self.said.append("no measured current: the one that was set is taken")
        return self._values(place), False

    def _changed(self) -> BoolArray:
        changed = np.zeros(len(self.cells), dtype=bool)
        for i, name in enumerate(self.names):
            if name.plain in SECTIONS and self.cells.is_number(i):  # changes of words show in numbers, too
                values = self.cells.floats(i)
                changed[1:] |= values[1:] != values[:-1]
        return changed

    def _cycles(
        self, flow_ma: FloatArray | None, net_mah: FloatArray | None
    ) -> tuple[FloatArray | None, FloatArray | None]:
        """Numbers of cycle and half cycle: as stored, else counted where the charge turns."""
        stored: list[FloatArray | None] = []
        for kind, wanted in (("cycle", CYCLES), ("half_cycle", HALF_CYCLES)):
            i = position(self.names, wanted)
            stored.append(None if i is None else self.cells.floats(i))
            if i is not None:
                self.columns.append((kind, self.cells.header[i]))
        cycle, half_cycle, said = counted(stored[0], stored[1], flow_ma, net_mah)
        self.said += said
        return cycle, half_cycle

    def _counter(self, source: str) -> FloatArray:
        i = self.cells.header.index(source)
        factor = UNITS["charge"].get(self.names[i].unit) if self.names[i].unit else self.known["charge"]
        return float(factor or 1.0) * self.cells.floats(i)

    def _nothing(self) -> None:
        raise FormatError(
            self.cells.path,
            expected="a voltage, a current or a charge beside the time",
            found=", ".join(name for name in self.cells.header[:8]),
        )
