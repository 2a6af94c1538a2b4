"""What passed between the rows of a counter of charge that may start again, or count sizes without a sign."""

from __future__ import annotations

import numpy as np

from ramanfit.scan.middle import median
from ramanfit.scan.scan import BoolArray, FloatArray


def running(counter_mah: FloatArray) -> FloatArray:
    """Return the net charge [K] since the first row, of a counter that never starts again."""
    return counter_mah - np.float64(counter_mah[0])


def restarting(
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


def size_anew(
    counter_mah: FloatArray, time_s: FloatArray, current_ma: FloatArray | None, sign: FloatArray, changed: BoolArray
) -> FloatArray:
    """Return the net charge [K] of a counter of sizes that starts again with every half cycle or step.

    Parameters
    ----------
    sign : array [K]
        1 while charge flows in, -1 while it flows out, 0 at rest.
    """
    size = np.abs(counter_mah)
    flow = going(sign)
    turned = changed | np.concatenate([[False], flow[1:] != flow[:-1]])
    flowing = np.abs(current_ma) if current_ma is not None else None
    steps = np.diff(restarting(size, time_s, flowing, turned), prepend=0.0)
    fallen = np.concatenate([[False], size[1:] < size[:-1]])
    anew = np.where(fallen & (steps < 0), size, steps)  # a size never falls but by a new start
    return np.cumsum(anew * flow)


def size_throughout(counter_mah: FloatArray, sign: FloatArray) -> FloatArray:
    """Return the net charge [K] of a counter of sizes that never starts again."""
    return np.cumsum(np.diff(np.abs(counter_mah), prepend=np.abs(counter_mah[0])) * going(sign))


def rising(counter_mah: FloatArray) -> FloatArray:
    """Return what [K] a counter of sizes in one direction has passed in all: a fall is a new start from 0."""
    size = np.abs(counter_mah)
    step = np.diff(size)
    small = 1e-9 * size.max(initial=0.0)
    return np.concatenate([[0.0], np.cumsum(np.where(step < -small, size[1:], np.maximum(step, 0.0)))])


def going(sign: FloatArray) -> FloatArray:
    """Return the direction [K] of the charge at each row: at rest that of the rows before."""
    rows = np.maximum.accumulate(np.where(sign != 0, np.arange(len(sign)), 0))
    return np.asarray(sign[rows])


_TURN = 1e-3  # of the range of the charge: what passes the other way before it counts as a half cycle


def half_cycles(net_mah: FloatArray, sign: FloatArray) -> FloatArray:
    """Return the number [K] of the half cycle, from 0: it rises where charging and discharging take turns.

    Pulses and noise that pass less than a thousandth of the range of the charge do not count.
    """
    flow = going(sign)
    starts = np.flatnonzero(np.concatenate([[True], flow[1:] != flow[:-1]]))
    ends = np.append(starts[1:], len(flow)) - 1
    least = _TURN * float(np.ptp(net_mah))
    direction = 0.0
    turns = np.zeros(len(flow))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        turned = flow[start]
        if turned in (0.0, direction) or abs(net_mah[end] - net_mah[max(start - 1, 0)]) < least:
            continue
        if direction:
            turns[start] = 1.0
        direction = turned
    return np.cumsum(turns)


def signs(current_ma: FloatArray) -> FloatArray:
    """Return 1, -1 or 0 [K]; a current below a thousandth of the largest is none."""
    large = np.abs(current_ma).max(initial=0.0)
    return np.where(np.abs(current_ma) < 1e-3 * large, 0.0, np.sign(current_ma))


_PAUSE = 5.0  # usual intervals: in a longer one the current can have been off
_PART = 0.02  # of all that passed, by which a counter and the current may part
_ASTRAY = 0.05  # of a counter's steps that the current forbids


class Expected:
    """What charge can have passed by each row, if the current between two rows was between theirs, or off in a pause.

    Parameters
    ----------
    current_ma, time_s : array [K]
    exact : bool
        Whether each row's current is the mean since the row before.
    """

    def __init__(self, current_ma: FloatArray, time_s: FloatArray, *, exact: bool = False) -> None:
        hours = np.diff(time_s) / 3600
        after = current_ma[1:] * hours
        before = after if exact else current_ma[:-1] * hours
        low, high = np.minimum(before, after), np.maximum(before, after)
        self.mean = np.concatenate([[0.0], np.cumsum((low + high) / 2)])
        self.in_all = float((np.abs(before) + np.abs(after)).sum() / 2)
        self._low, self._high = np.minimum(low, 0.0), np.maximum(high, 0.0)
        usual = median(hours) if len(hours) else 0.0
        paused = (hours > _PAUSE * usual) & (not exact)
        self.pauses = int(np.count_nonzero(paused & (low + high != 0)))
        low, high = np.where(paused, self._low, low), np.where(paused, self._high, high)
        self.least = np.concatenate([[0.0], np.cumsum(low)])
        self.most = np.concatenate([[0.0], np.cumsum(high)])

    def agrees(self, net_mah: FloatArray) -> bool:
        """Tell whether a net charge is what the current passed: in all, and in the direction of every step."""
        outside = max(float((net_mah - self.most).max(initial=0.0)), float((self.least - net_mah).max(initial=0.0)))
        if outside > _PART * self.in_all + 1e-9:
            return False
        steps = np.diff(net_mah)
        astray = np.maximum(steps - 1.2 * self._high, 0.0) + np.maximum(1.2 * self._low - steps, 0.0)
        return float(astray.sum()) <= _ASTRAY * float(np.abs(steps).sum()) + 1e-9
