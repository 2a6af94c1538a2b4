"""What the columns of a potentiostat's table are, by the names they go by, and the net charge they show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ramanfit.scan.scan import BoolArray, FloatArray

_TIME_S = {"s": 1.0, "min": 60.0, "h": 3600.0, "ms": 1e-3}
_VOLT = {"v": 1.0, "mv": 1e-3}
_MILLIAMP = {"a": 1e3, "ma": 1.0, "µa": 1e-3, "ua": 1e-3, "na": 1e-6}
_MILLIAMPHOUR = {"mah": 1.0, "ah": 1e3, "µah": 1e-3, "uah": 1e-3, "c": 1 / 3.6, "mc": 1e-3 / 3.6}
_UNITS = {"time": _TIME_S, "voltage": _VOLT, "current": _MILLIAMP, "charge": _MILLIAMPHOUR}

# Names in order of preference, without unit, brackets, blanks and case.
CELL_VOLTAGES = ("ecell", "ewe-ece", "voltage", "cellvoltage", "u")
VOLTAGES = (*CELL_VOLTAGES, "ewe", "e", "potential", "v")
COUNTER_VOLTAGES = ("ece", "ecv")  # the working electrode's voltage less this one is the cell's
CURRENTS = ("i", "current", "control")
NET_CHARGES = ("q-qo", "qcharge/discharge", "capacity", "charge", "q", "dq")
SECTIONS = ("halfcycle", "ns", "cyclenumber", "loop")  # with which counters of charge start again
TIMES = ("time", "t", "elapsedtime", "timestamp", "datetime", "date", "absolutetime")


@dataclass(frozen=True)
class Name:
    """A column's name taken apart.

    Attributes
    ----------
    plain : str
        Without unit, blanks and brackets, in lower case: ``q-qo`` of ``(Q-Qo)/mA.h``.
    unit : str
        In lower case, ``mah`` of ``mA.h``; empty where there is none.
    """

    plain: str
    unit: str


def name_of(text: str) -> Name:
    """Take a column's name apart: ``<Ewe>/V``, ``time_s``, ``Voltage (V)``, ``Q charge/discharge/mA.h``."""
    text = text.strip().strip('"').replace("μ", "µ")
    match = re.fullmatch(r"(.*\S)\s*[(\[]([^()\[\]]+)[)\]]", text)
    if match is None:
        match = re.fullmatch(r"(.+)/([^/]+)", text) or re.fullmatch(r"(.+)_([A-Za-zµ.]+)", text)
    plain, unit = (match[1], match[2]) if match else (text, "")
    unit = re.sub(r"[.·*\s]", "", unit).lower()
    if not any(unit in units for units in _UNITS.values()):
        plain, unit = text, ""
    return Name(re.sub(r"[<>()\s_]", "", plain).lower(), unit)


def find(names: Sequence[Name], wanted: Sequence[str], kind: str) -> tuple[int, float] | None:
    """Return position and factor to the base unit of the most preferred column that is there."""
    units = _UNITS[kind]
    for plain in wanted:
        for i, name in enumerate(names):
            if name.plain == plain and (name.unit in units or not name.unit):
                return i, units.get(name.unit, 1.0)
    return None


def net_charge(
    counter_mah: FloatArray, time_s: FloatArray, current_ma: FloatArray | None, changed: BoolArray
) -> FloatArray:
    """Return the net charge [K] passed since the first row, from a counter that may start again from 0.

    Counters start again with a sequence, a loop or a half cycle, some with one and not with the other. So where one
    of these changes, or the counter's size falls, a row can be read in two ways: going on from the row before, or
    counted anew. The way nearer to current x time is taken, with the current of the row before, of this one, or their
    mean. Without a current, a fall to less than half counts as a new start.

    Parameters
    ----------
    counter_mah, time_s : array [K]
    current_ma : array [K] or None
    changed : bool array [K]
        Where a half cycle or a sequence differs from the row before.
    """
    going_on, anew_mah = np.diff(counter_mah), counter_mah[1:]
    size = np.abs(counter_mah)
    if current_ma is None:
        anew = size[1:] < size[:-1] / 2
    else:
        hours = np.diff(time_s) / 3600
        before, after = current_ma[:-1] * hours, current_ma[1:] * hours
        expected = np.stack([before, after, (before + after) / 2])
        off_going_on, off_anew = (np.abs(expected - way).min(axis=0) for way in (going_on, anew_mah))
        doubt = 1e-6 * (np.abs(before) + np.abs(after))
        anew = (changed[1:] & (off_anew <= off_going_on + doubt)) | ((size[1:] < size[:-1]) & (off_anew < off_going_on))
    return np.concatenate([[0.0], np.cumsum(np.where(anew, anew_mah, going_on))])


def integrated(current_ma: FloatArray, time_s: FloatArray) -> FloatArray:
    """Return the charge [K] in mAh that a current passed since the first row, by trapezoids."""
    steps = (current_ma[1:] + current_ma[:-1]) / 2 * np.diff(time_s) / 3600
    return np.concatenate([[0.0], np.cumsum(steps)])
