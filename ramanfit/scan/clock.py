"""When scans began: their order, their numbers, and clocks that were put back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, datetime, tzinfo
from datetime import timezone as zones
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ramanfit.errors import InputError
from ramanfit.scan.scan import FloatArray

if TYPE_CHECKING:
    from ramanfit.scan.schedule import Schedule, Visit

UTC = zones.utc
PUT_BACK_S, PUT_BACK_WITHIN_S = 3600.0, 60.0
OFF_BEAT = 0.25  # periods by which a scan may begin early or late and still keep its number
MOST_MISSING = 4  # periods per scan beyond which scans keep no period at all


def chronological(visits: Sequence[Visit], schedule: Schedule, notes: list[str]) -> list[int]:
    """Return the order of the scans: by time when every one has a start, else as given.

    Where the clock was put back once while the names go on, as at the end of summer time, that is said; with a period,
    or a time zone, the order given stays.

    Parameters
    ----------
    visits : sequence of Visit
        In natural order of their names.
    schedule : Schedule
    notes : list of str
        What is to be said is added to it.
    """
    as_given = list(range(len(visits)))
    starts = [at for at in one_clock([v.metadata.started for v in visits], schedule.timezone, notes) if at is not None]
    if len(starts) < len(visits):
        return as_given
    back = _put_back([(after - before).total_seconds() for before, after in pairwise(starts)])
    if back is None:
        return sorted(as_given, key=lambda i: starts[i])
    if schedule.period_s is not None or schedule.timezone is not None:
        return as_given
    notes.append(
        f"the clock goes back from {visits[back].source} to {visits[back + 1].source}, as at the end of summer time: "
        "scans are mixed (--timezone tells the hours apart, --period places scans by their names)"
    )
    return sorted(as_given, key=lambda i: starts[i])


def _put_back(steps_s: Sequence[float]) -> int | None:
    """Return after which scan a clock was put back by an hour; None: it was not, or differs otherwise."""
    falls = [i for i, step in enumerate(steps_s) if step < 0]
    if len(falls) != 1 or len(steps_s) < 2:
        return None
    usual = sorted(steps_s)[len(steps_s) // 2]
    away = abs(steps_s[falls[0]] - (usual - PUT_BACK_S))
    return falls[0] if away <= OFF_BEAT * usual + PUT_BACK_WITHIN_S else None


def start_written(text: str) -> datetime | None:
    """Return a start from how `datetime.isoformat` wrote it, with a zone or without.

    None if it is none, or names a zone at the very ends of the calendar, where it cannot be told in another.
    """
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        return None
    return start if start.tzinfo is None or MINYEAR < start.year < MAXYEAR else None


def zone_named(name: str | None) -> tzinfo | None:
    """Return the zone of clocks that name none; None: that of this computer.

    Raises
    ------
    InputError
        If there is no such zone.
    """
    if name is None:
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InputError(
            f"--timezone {name}: no such time zone", hint="use a name such as Europe/Berlin or UTC"
        ) from error


def one_clock(began: Sequence[datetime | None], timezone: str | None, notes: list[str]) -> list[datetime | None]:
    """Return starts of which none has a zone, or all have one, so that they can be compared.

    Parameters
    ----------
    began : sequence of datetime or None
        Local without a zone, or with one.
    timezone : str or None
        The zone of clocks that name none; None: that of this computer.
    notes : list of str
        What is to be said is added to it.

    Raises
    ------
    InputError
        If there is no such zone.
    """
    named = {start.tzinfo is not None for start in began if start is not None}
    if len(named) < 2:
        return list(began)
    zone = zone_named(timezone)
    if zone is None:
        notes.append("some starts name their time zone, others not: those are taken as this computer's (--timezone)")
    return [
        start if start is None or start.tzinfo is None else start.astimezone(zone).replace(tzinfo=None)
        for start in began
    ]


def instants(began: Sequence[datetime | None], timezone: str | None) -> list[datetime | None]:
    """Return starts by a clock that is never put forward or back, where the time zone of theirs is given.

    Of an hour that a clock shows twice it is the second where the first would be before the scan before.

    Parameters
    ----------
    began : sequence of datetime or None
        In order, local and without a zone; those that have one need no other.
    timezone : str or None

    Raises
    ------
    InputError
        If there is no such zone.
    """
    zone = zone_named(timezone)
    began = one_clock(began, timezone, [])
    if zone is None or any(start is not None and start.tzinfo is not None for start in began):
        return list(began)
    moments: list[datetime | None] = []
    last = datetime.min
    for start in began:
        if start is None:
            moments.append(None)
            continue
        first, second = (start.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        at = [moment.astimezone(UTC).replace(tzinfo=None) for moment in (first, second)]
        last = at[1] if at[0] < last else at[0]
        moments.append(last)
    return moments


def starts_and_numbers(
    began: Sequence[datetime | None], sources: Sequence[str], period_s: float | None, notes: list[str]
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Return when scans began, in s since the first, and their numbers, which leave out those that are missing.

    Parameters
    ----------
    began : sequence of datetime or None
        In order; None where a file does not say.
    sources : sequence of str
        Names of the files: with a period and without times, the numbers in them tell which scans are missing.
    period_s : float or None
        Start to start, for those who know better than the files.
    notes : list of str
        What had to be assumed is added to it.

    Returns
    -------
    starts : array [scans]
        In s since the first; not a number where they are not known.
    numbers : int array [scans]
        The first is 0.
    """
    n = len(began)
    if not n:
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    dated = [b for b in began if b is not None]
    starts = np.array([(b - dated[0]).total_seconds() for b in dated]) if len(dated) == n else np.full(n, np.nan)
    if period_s is not None:
        slots = _slots(starts / period_s) if len(dated) == n else None
        slots = _numbers_in_names(sources) if slots is None else slots
        numbers = np.arange(n) if slots is None else slots
        starts = numbers * period_s
    elif n == 1:
        numbers, starts = np.zeros(1, dtype=np.int64), np.zeros(1)
    elif len(dated) < n:
        notes.append(
            f"{n - len(dated)} of {n} scans have no start time: time_s is left empty, "
            "scans are numbered in the order of their names (--period supplies the time)"
        )
        slots = _numbers_in_names(sources)
        numbers = np.arange(n) if slots is None else slots
    else:
        steps = np.sort(np.diff(starts))
        slots = _slots(starts / steps[(len(steps) - 1) // 2]) if steps[0] > 0 else None
        numbers = np.arange(n) if slots is None else slots
    missing = int(numbers[-1]) + 1 - n
    if missing:
        some = "1 scan is" if missing == 1 else f"{missing} scans are"
        notes.append(f"{some} missing between the first and the last: their numbers stay free")
    return starts, numbers.astype(np.int64)


def _slots(starts: FloatArray) -> npt.NDArray[np.int64] | None:
    """Numbers of scans that began so many periods after the first; None where they keep no period."""
    steps = np.diff(starts)
    whole = np.rint(steps)
    if (whole < 1).any() or (np.abs(steps - whole) > OFF_BEAT).any() or whole.sum() > MOST_MISSING * len(starts):
        return None
    return np.concatenate([[0], np.cumsum(whole)]).astype(np.int64)


def _numbers_in_names(sources: Sequence[str]) -> npt.NDArray[np.int64] | None:
    """Numbers of scans by the only number in which their files' names differ, in steps of the usual step."""
    names = [re.split(r"(\d+)", PurePath(source).name) for source in sources]
    differing = [i for i, tokens in enumerate(zip(*names)) if len(set(tokens)) > 1]  # noqa: B905
    if len({len(tokens) for tokens in names}) > 1 or len(differing) != 1 or not differing[0] % 2:
        return None
    numbers = np.array([int(tokens[differing[0]]) for tokens in names], dtype=np.float64)
    steps = np.sort(np.diff(numbers))
    return _slots((numbers - numbers[0]) / steps[(len(steps) - 1) // 2]) if steps[0] > 0 else None
