"""Timing in turns, and one way to say what came out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter


def in_turns(things: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Shortest time of each thing in seconds; all of them run once in every round."""
    best = dict.fromkeys(things, float("inf"))
    for _ in range(rounds):
        for name, thing in things.items():
            start = perf_counter()
            thing()
            best[name] = min(best[name], perf_counter() - start)
    return best


def typical(things: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median time of each thing in seconds, run in turns: for processes, whose best times are luck of the scheduler."""
    return _medians(things, rounds, perf_counter)


def processor_time(things: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median processor time of each in seconds, own and of its processes: others use the machine too."""
    return _medians(things, rounds, _used)


def _medians(things: Mapping[str, Callable[[], object]], rounds: int, now: Callable[[], float]) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in things}
    for _ in range(rounds):
        for name, thing in things.items():
            before = now()
            thing()
            found[name].append(now() - before)
    return {name: median(times) for name, times in found.items()}


def _used() -> float:
    own, of_processes = (getrusage(which) for which in (RUSAGE_SELF, RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + of_processes.ru_utime + of_processes.ru_stime


def against(what: str, value: float, sign: str, goal: float) -> str:
    """One line: what, its value, and whether the goal is met."""
    met = value <= goal if sign == "<=" else value >= goal
    return f"{what}: {value:.3g} (goal {sign} {goal:g}){'' if met else '  MISSED'}"
