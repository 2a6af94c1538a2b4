"""Round numbers on axes: where they stand, and where something that goes up and down passes them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from ramanfit.scan.scan import FloatArray

HOURS = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0, 48.0, 72.0, 96.0, 120.0, 168.0, 240.0)
MINUTES = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0)
WHOLE = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
FINEST = 10  # steps that go into a range at most
WIDE = 4  # how many ticks it is worth that they go from the lowest to the highest value
_SAME = 1e-9  # of the range: a value that is passed this closely is there


def steps_of(words: str) -> tuple[float, ...]:
    """Return the steps that suit an axis with these words: hours go by 6, 12 and 24; empty: any round number."""
    return HOURS if "(h)" in words else MINUTES if "(min)" in words else WHOLE if words == "scan" else ()


def round_step(span: float, most: int, steps: tuple[float, ...] = ()) -> float:
    """Return the smallest round step of which no more than `most` go into a span.

    Parameters
    ----------
    span : float
        Above 0.
    most : int
    steps : tuple of float
        Steps to take where one of them suits; else 1, 2 or 5 times a power of ten, not below the first of them.
    """
    for step in steps:
        if span / step <= most:
            return step
    return next(step for step in _round(span / most) if span / step <= most)


def round_ticks(low: float, high: float, most: int, steps: tuple[float, ...] = ()) -> list[float]:
    """Return round numbers from low to high, equally spaced: `most` steps at the utmost, more where that leaves one.

    Parameters
    ----------
    low, high : float
    most : int
    steps : tuple of float
        As in `round_step`.
    """
    if not high > low:
        return [low]
    ticks: list[float] = []
    for allowed in range(most, 4 * most + 4):
        ticks = multiples(low, high, round_step(high - low, allowed, steps))
        if len(ticks) > 1:
            break
    return ticks


def multiples(low: float, high: float, step: float) -> list[float]:
    """Return the multiples of a step from low to high."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def passes(at: FloatArray, value: FloatArray, apart: float) -> tuple[tuple[float, float], ...]:
    """Return where something passes round values: pairs of place and value, none too near to another.

    The step is the one that shows most values, from lowest to highest, with fewest left out between them.

    Parameters
    ----------
    at : array [K]
        Places, ascending, such as times.
    value : array [K]
        What is there, linear in between; it may go up and down.
    apart : float
        How far from one another two ticks must stand.
    """
    if not len(at):
        return ()
    low, high = float(value.min()), float(value.max())
    if high - low <= _SAME * max(abs(low), abs(high)):
        return ((float(at[0]), float(f"{low:.6g}")),)
    best: tuple[float, list[tuple[float, float]]] = (-np.inf, [])
    for step in _round((high - low) / FINEST):
        ticks = multiples(low, high, step)
        if best[1] and len(ticks) < 2:
            break
        crossed = sorted(where for tick in ticks for where in _passed(at, value, tick, _SAME * (high - low)))
        shown: list[tuple[float, float]] = []
        for place, tick in crossed:
            if not shown or place - shown[-1][0] >= apart:
                shown.append((place, tick))
        # of a value at both sides of a turn one is enough
        left_out = sum(now not in shown and now[1] != before[1] for before, now in pairwise(crossed))
        reach = max(tick for _, tick in shown) - min(tick for _, tick in shown) if shown else 0.0
        worth = len(shown) - left_out + WIDE * reach / (high - low)
        if shown and worth >= best[0]:
            best = worth, shown
    return tuple(best[1])


def alike(values: Sequence[float]) -> list[str]:
    """Return numbers with as many decimals as the one that needs most."""
    decimals = max((len(f"{value:.6g}".partition(".")[2]) for value in values), default=0)
    return [f"{value:.{decimals}f}" for value in values]


def _round(least: float) -> Iterator[float]:
    """Yield 1, 2 and 5 times powers of ten, from about a number on."""
    power = math.floor(math.log10(least))
    while True:
        for digit in (1, 2, 5):
            step = digit * 10.0**power
            if step >= least * (1 - 1e-9):
                yield step
        power += 1


def _passed(at: FloatArray, value: FloatArray, tick: float, same: float) -> list[tuple[float, float]]:
    """Return where a value is passed; where it is held for a while, the beginning of that."""
    off = value - tick
    off[np.abs(off) <= same] = 0.0
    places = [float(at[k]) for k in np.flatnonzero((off == 0) & np.append(True, off[:-1] != 0))]
    for k in np.flatnonzero(off[1:] * off[:-1] < 0).tolist():
        places.append(float(at[k] + (at[k + 1] - at[k]) * off[k] / (off[k] - off[k + 1])))
    return [(place, tick) for place in places]
