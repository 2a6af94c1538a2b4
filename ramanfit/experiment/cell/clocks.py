"""Dates and times of day as records write them, and durations as h:m:s."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone, tzinfo

import numpy as np

from ramanfit.scan.scan import FloatArray

_DATE = r"(\d{1,4})([/.\-])(\d{1,2})[/.\-](\d{1,4})"
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,:](\d{1,9}))?)?\s*([AaPp][Mm])?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
_MOMENT = re.compile(rf"{_DATE}[ T]+{_CLOCK}")
_DAY = re.compile(_DATE)
_TIME_OF_DAY = re.compile(_CLOCK)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3})[a-z]*\.?[-, ]+(\d{4}|\d{2})\b")  # 23-Nov-23
_DURATION = re.compile(r"(?:(\d+)\s*d(?:ays?,?)?\s+|(\d+)-)?(\d+):(\d{1,2}):(\d{1,2}(?:[.,]\d*)?)")


def moment(text: str, *, month_first: bool | None = None) -> datetime | None:
    """Return the date and time a text holds, with its zone if it names one; None where it holds none.

    Parameters
    ----------
    text : str
        ``YYYY-MM-DD``, ``MM/DD/YYYY`` or ``DD.MM.YYYY``, a blank or T, and the time of day.
    month_first : bool or None
        Whether dates that begin with no year begin with the month; where that is no date, the other way round. None:
        with the month where they are written with slashes or dashes, with the day where with dots.
    """
    text = text.strip()
    if (named := _NAMED.match(text)) and named[2].lower() in _MONTHS:
        year = int(named[3]) + (2000 if len(named[3]) == 2 else 0)
        text = f"{year}-{_MONTHS.index(named[2].lower()) + 1}-{named[1]}{text[named.end() :]}"
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = int(match[5]), int(match[6]), int(match[7] or 0)
    if match[9]:
        hour = hour % 12 + 12 * (match[9].lower() == "pm")
    micro = int((match[8] or "0").ljust(6, "0")[:6])
    for year, month, day in _orders(match, month_first):
        try:
            return datetime(year, month, day, hour, minute, second, micro, _zone(match[10]))
        except ValueError:
            continue
    return None


def _orders(match: re.Match[str], month_first: bool | None) -> list[tuple[int, int, int]]:
    a, b, c = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) > 2:
        return [(a, b, c)]
    if len(match[4]) < 3:
        c += 2000
    first = match[2] != "." if month_first is None else month_first
    return [(c, a, b), (c, b, a)] if first else [(c, b, a), (c, a, b)]


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text in ("Z", "UTC"):
        return timezone.utc
    size = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-size if text[0] == "-" else size)


def is_date(text: str) -> bool:
    """Tell whether a text is a date without a time of day."""
    return _DAY.fullmatch(text.strip()) is not None


def is_time_of_day(text: str) -> bool:
    """Tell whether a text could be a time of day."""
    return _TIME_OF_DAY.fullmatch(text.strip()) is not None


def month_is_first(texts: Sequence[str]) -> bool | None:
    """Return what the texts themselves say of the order of day and month; None: both ways are dates in all of them.

    Dates with dots begin with the day, as wherever they are written so.
    """
    for text in texts:
        match = _DAY.match(text.strip())
        if match is None:
            continue
        if len(match[1]) > 2 or match[2] == ".":
            return False
        if int(match[1]) > 12 or int(match[3]) > 12:
            return int(match[1]) <= 12
    plain = [_DAY.match(text.strip()) for text in texts]
    same = all(match is None or int(match[1]) == int(match[3]) for match in plain)
    return True if same else None


def is_duration(text: str) -> bool:
    """Tell whether a text is a duration: ``0:01:00``, ``0d 00:01:00.00``, ``1-02:00:00``."""
    return _DURATION.fullmatch(text.strip()) is not None


def durations(texts: Sequence[str]) -> tuple[FloatArray, int | None]:
    """Return durations [K] in s, and the first row that holds none.

    Where all are written alike they are read at once, a hundred times as fast.
    """
    if not texts:
        return np.empty(0), None
    if not texts[0].strip()[:1].isdigit() or "-" in texts[0]:
        return _one_by_one(texts)
    joined = "\n".join(texts).replace("days,", ":").replace("d ", ":").replace(",", ".")
    parts = 1 + joined.count(":", 0, joined.find("\n") if "\n" in joined else len(joined))
    weights = {3: (3600.0, 60.0, 1.0), 4: (86400.0, 3600.0, 60.0, 1.0)}.get(parts)
    if weights is not None:
        try:
            table = np.loadtxt(joined.split("\n"), delimiter=":", ndmin=2, comments=None)
        except ValueError:
            return _one_by_one(texts)
        if len(table) == len(texts) and (table[:, -2:] < 60).all() and (table >= 0).all():
            return table @ np.array(weights), None
    return _one_by_one(texts)


def _one_by_one(texts: Sequence[str]) -> tuple[FloatArray, int | None]:
    seconds = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        match = _DURATION.fullmatch(text.strip())
        if match is None or int(match[4]) > 59 or float(match[5].replace(",", ".")) >= 60:
            return seconds, row
        days = int(match[1] or match[2] or 0)
        seconds[row] = 86400 * days + 3600 * int(match[3]) + 60 * int(match[4]) + float(match[5].replace(",", "."))
    return seconds, None


def between(later: datetime, earlier: datetime, zone: tzinfo | None) -> float:
    """Return how many seconds lie between two clocks; those without a zone are in `zone`, or all in the same."""
    if zone is None and (later.tzinfo is None) == (earlier.tzinfo is None):
        return (later - earlier).total_seconds()
    return (_instant(later, zone) - _instant(earlier, zone)).total_seconds()


def _instant(when: datetime, zone: tzinfo | None) -> datetime:
    if when.tzinfo is None and zone is not None:
        when = when.replace(tzinfo=zone)
    return when.astimezone(timezone.utc)
