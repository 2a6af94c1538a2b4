"""Which way the charge goes: what steps are called, and the half cycles and cycles that follow from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ramanfit.experiment.cell import counters
from ramanfit.experiment.cell.cells import Cells
from ramanfit.experiment.cell.columns import DIRECTIONS, Name, position
from ramanfit.scan.scan import FloatArray

_Notes = tuple[str, ...]


def direction_of(text: str) -> float:
    """Return 1 for words that say charging, -1 for discharging, 0 for others: ``CC DChg``, ``C``, ``Rest``."""
    word = text.strip().lower().replace("_", " ")
    if word in ("d", "放电") or "dchg" in word or "dischar" in word or "dis" in word.split() or "放电" in word:
        return -1.0
    if word in ("c", "充电") or "chg" in word or "charg" in word or "cha" in word.split() or "充电" in word:
        return 1.0
    return 0.0


def signs_of_steps(cells: Cells, names: Sequence[Name]) -> FloatArray | None:
    """Return the direction [K] of the charge as words or letters of each row say it; None: they do not."""
    column = position(names, DIRECTIONS)
    if column is None:
        return None
    texts = cells.texts(column)
    directions = {text: direction_of(text) for text in set(texts)}
    if not any(directions.values()):
        return None
    return np.array([directions[text] for text in texts])


def directed(current_ma: FloatArray, sign: FloatArray, step: str) -> tuple[FloatArray, _Notes]:
    """Return a current [K] with the sign of the step where it has none or the other, and what to say of it.

    Parameters
    ----------
    current_ma, sign : array [K]
    step : str
        Name of the column that says charging or discharging.
    """
    flowing = np.nan_to_num(current_ma)
    if (sign < 0).any() and (flowing >= 0).all():
        note = f"the current has no sign: that of {step} is taken, charging is +"
        return np.where(sign < 0, -current_ma, current_ma), (note,)
    if (flowing * sign).sum() < 0:
        return -current_ma, (f"the current falls where {step} says charging: its sign is turned, charging is +",)
    return current_ma, ()


def counted(
    cycle: FloatArray | None, half_cycle: FloatArray | None, flow_ma: FloatArray | None, net_mah: FloatArray | None
) -> tuple[FloatArray | None, FloatArray | None, _Notes]:
    """Return numbers of cycles and half cycles, those that are not stored counted from the charge; and what to say.

    Parameters
    ----------
    cycle, half_cycle : array [K] or None
        As stored.
    flow_ma, net_mah : array [K] or None
        Current and net charge.
    """
    said: list[str] = []
    if half_cycle is None and flow_ma is not None and net_mah is not None and flow_ma.any():
        half_cycle = counters.half_cycles(net_mah, counters.signs(flow_ma))
        if half_cycle[-1] > 0:
            said.append("half cycles counted from 0 where charging and discharging take turns")
    if cycle is None and half_cycle is not None:
        cycle = half_cycle // 2
        if (half_cycle > 0).any():
            said.append("cycles of two half cycles each, counted from 0")
    return cycle, half_cycle, tuple(said)
