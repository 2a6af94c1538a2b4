"""The net charge of a record: from its counters, each held against the integral of the current."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from ramanfit.experiment.cell import counters
from ramanfit.experiment.cell.columns import (
    CHARGED,
    DISCHARGED,
    NET_CHARGES,
    SIGNED_CHARGES,
    SIZES_OF_CHARGE,
    Located,
    Name,
    find,
)
from ramanfit.frozen import dataclass
from ramanfit.scan.scan import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Flow:
    """What is known of the current.

    Attributes
    ----------
    time_s : array [K]
    current_ma : array [K] or None
        None: not in the file, or not in every row.
    sign : array [K] or None
        Direction of the charge, from the current or the kind of the step.
    changed : bool array [K]
        Where a half cycle, a sequence or a step differs from the row before.
    exact : bool
        Whether each current is the mean since the row before.
    """

    time_s: FloatArray
    current_ma: FloatArray | None
    sign: FloatArray | None
    changed: BoolArray
    exact: bool = False


@dataclass(frozen=True, eq=False)
class Charge:
    """The net charge, where it is from and what must be said of it.

    Attributes
    ----------
    net_mah : array [K] or None
    source : str
        Name of the column, or what was integrated; empty: there is none.
    notes : tuple of str
    turned : bool
        Whether the current counts discharging as positive.
    raw_mah : array [K] or None
        The counter as it stands, of one that runs through.
    """

    net_mah: FloatArray | None
    source: str = ""
    notes: tuple[str, ...] = ()
    turned: bool = False
    raw_mah: FloatArray | None = None


Way = tuple[str, Callable[[], FloatArray]]


@dataclass(frozen=True, eq=False)
class _Counter:
    """One counter, and the ways it can be read: those its name promises, and others with the words to say of them."""

    label: str
    promised: tuple[Way, ...]
    others: tuple[Way, ...]
    decided: bool = True  # whether its name alone says how it counts
    directed: bool = True  # whether it tells charging from discharging by its sign
    certain: bool = False  # whether it does so by its names


def net_charge(
    header: Sequence[str],
    names: Sequence[Name],
    known: Mapping[str, float],
    column: Callable[[Located], FloatArray],
    flow: Flow,
) -> Charge:
    """Return the net charge: the first counter that agrees with current x time, else the current's integral.

    Counters that run through come first, then signed ones that start again, then charge less discharge, then sizes.
    A counter that agrees only if it is read another way than its name says is read so, and that is said. Where none
    agrees, the first is taken as its name says, and the contradiction is said.
    """
    current = flow.current_ma
    passed = None if current is None else counters.Expected(current, flow.time_s, exact=flow.exact)
    all_counters = _counters(header, names, known, column, flow)
    if passed is None:
        return _without_current(all_counters)
    met: list[_Counter] = []
    for counter in all_counters:
        for words, read in counter.promised:
            net = read()
            if passed.agrees(net):
                return _taken(counter, words, net, silent=True)
            if counter.certain and np.ptp(net) and passed.agrees(-net):
                return _turned(counter, words, net)
        met.append(counter)
    for counter in met:
        for words, read in counter.others:
            net = read()
            if passed.agrees(net):
                return _taken(counter, words, net)
    for counter in met:
        words, read = counter.promised[0]
        net = read()
        if counter.directed and np.ptp(net) and passed.agrees(-net):
            return _turned(counter, words, net)
    if not met:
        doubt = "the current is integrated over pauses, too: nothing says whether it flowed"
        return Charge(passed.mean, "current x time", (doubt,) if passed.pauses else ())
    first = met[0]
    _, read = first.promised[0]
    net = read()
    part = float(np.abs(net - passed.mean).max())
    note = (
        f"{first.label} ends at {net[-1]:.4g} mAh, current x time at {passed.mean[-1]:.4g} mAh, they part by up to "
        f"{part:.4g} mAh: they contradict each other, the counter is taken"
    )
    return Charge(net, first.label, (note,))


def _taken(counter: _Counter, words: str, net: FloatArray, *, silent: bool = False) -> Charge:
    raw = net if words == RUNS else None
    notes = () if silent else (f"{counter.label} {words}, as current x time shows: it is counted so",)
    return Charge(net, counter.label, notes, False, raw)


def _turned(counter: _Counter, words: str, net: FloatArray) -> Charge:
    note = f"{counter.label} rises where the current falls: the current's sign is turned, charging is +"
    return Charge(net, counter.label, (note,), True, net if words == RUNS else None)


OURS = "capacity_mah"  # as our own tables call the net charge
RUNS = "runs through"
_AGAIN = "starts again from 0"
_SIZES = "has no sign and starts again from 0"
_SIZES_RUN = "has no sign and runs through"


def _without_current(all_counters: Iterator[_Counter]) -> Charge:
    for counter in all_counters:
        if counter.decided:
            _, read = counter.promised[0]
            note = f"{counter.label}: no current to check it against"
            return Charge(read(), counter.label, (note,), False)
        return Charge(None, "", (f"{counter.label} is left out: without a current nothing says whether it has a sign",))
    return Charge(None)


def _counters(
    header: Sequence[str],
    names: Sequence[Name],
    known: Mapping[str, float],
    column: Callable[[Located], FloatArray],
    flow: Flow,
) -> Iterator[_Counter]:
    """Yield the counters in order of preference; one with an empty cell is none."""

    def whole(wanted: Sequence[str]) -> tuple[str, FloatArray] | None:
        for plain in wanted:
            place = find(names, [plain], "charge", known)
            if place is not None and place.factor is not None:
                values = column(place)
                if np.isfinite(values).all():
                    return header[place.index], values
        return None

    for plain in NET_CHARGES:
        if (met := whole([plain])) is not None:
            yield _net_counter(*met, flow)
    for plain in SIGNED_CHARGES:
        if (met := whole([plain])) is not None:
            ways = _ways(met[1], flow)
            yield _Counter(met[0], ((_AGAIN, ways[_AGAIN]),), _but(ways, _AGAIN))
    up, down = whole(CHARGED), whole(DISCHARGED)
    if up is not None and down is not None:
        pair = _pair(up[1], down[1])
        yield _Counter(f"{up[0]} less {down[0]}", ((_SIZES, pair),), (), certain=True)
    for plain in SIZES_OF_CHARGE:
        if (met := whole([plain])) is not None:
            yield (_net_counter if met[0] == OURS else _size_counter)(*met, flow)


def _net_counter(label: str, values: FloatArray, flow: Flow) -> _Counter:
    ways = _ways(values, flow)
    return _Counter(label, ((RUNS, ways[RUNS]),), _but(ways, RUNS))


def _size_counter(label: str, values: FloatArray, flow: Flow) -> _Counter:
    """A capacity: most vendors' have no sign and start again, anybody's own can be the net charge."""
    ways = _ways(values, flow)
    if (values < 0).any():
        return _Counter(label, ((RUNS, ways[RUNS]),), _but(ways, RUNS), directed=False)
    words = (_SIZES,) if flow.current_ma is None and flow.sign is not None else (RUNS, _SIZES)
    promised = tuple((word, ways[word]) for word in words if word in ways)
    decided = flow.sign is not None or bool((np.diff(values) >= 0).all())
    return _Counter(label, promised, _but(ways, RUNS, _SIZES), decided, directed=False)


def _but(ways: Mapping[str, Callable[[], FloatArray]], *words: str) -> tuple[Way, ...]:
    return tuple((other, read) for other, read in ways.items() if other not in words)


def _ways(values: FloatArray, flow: Flow) -> dict[str, Callable[[], FloatArray]]:
    """All ways a counter can be read, by what is said of it."""
    sign, time_s, current, changed = flow.sign, flow.time_s, flow.current_ma, flow.changed
    ways: dict[str, Callable[[], FloatArray]] = {
        RUNS: lambda: counters.running(values),
        _AGAIN: lambda: counters.restarting(values, time_s, current, changed),
    }
    if sign is not None:
        ways[_SIZES] = lambda: counters.size_anew(values, time_s, current, sign, changed)
        ways[_SIZES_RUN] = lambda: counters.size_throughout(values, sign)
    return ways


def _pair(up: FloatArray, down: FloatArray) -> Callable[[], FloatArray]:
    return lambda: counters.rising(up) - counters.rising(down)
