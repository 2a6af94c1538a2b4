"""Many scans in one experiment: which scan, which point, where and when each spectrum was taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ramanfit.errors import RecipeError
from ramanfit.scan import FloatArray, Kind, Metadata, Scan


@dataclass(frozen=True)
class Schedule:
    """What the user knows about place and time; None: as the files say.

    Attributes
    ----------
    period_s : float or None
        Start of one scan to the start of the next.
    dwell_s : float or None
        One spectrum with all its overhead.
    order : {"forward", "reverse", "serpentine"}
        In which order the points of a scan were visited; serpentine: every second scan backwards.
    step_um, start_um : float or None
        Position of point i is ``start + i * step``.
    first_point : str
        Name of the first point; the number at its end counts up.
    """

    period_s: float | None = None
    dwell_s: float | None = None
    order: str = "forward"
    step_um: float | None = None
    start_um: float | None = None
    first_point: str = "P1"


@dataclass(frozen=True, eq=False)
class Visit:
    """What place and time depend on: a Scan without its spectra."""

    source: str
    kind: Kind
    spectra: int
    position_um: FloatArray | None
    grid: tuple[int, int] | None
    offset_s: FloatArray | None
    metadata: Metadata

    @classmethod
    def of(cls, scan: Scan) -> Visit:
        """Return the visit that a scan records."""
        return cls(scan.source, scan.kind, len(scan), scan.position_um, scan.grid, scan.offset_s, scan.metadata)


@dataclass(frozen=True, eq=False)
class Keys:
    """The keys of one scan's rows; not a number where unknown, `started` empty."""

    source: str
    started: str  # ISO, local time of the instrument's PC
    scan: np.ndarray  # int64 [N]
    point: tuple[str, ...]
    position_um: FloatArray
    time_s: FloatArray

    def __len__(self) -> int:
        return len(self.point)


def chronological(visits: Sequence[Visit]) -> list[int]:
    """Return the order of the scans: by time when every one has a start, else as given."""
    starts = [v.metadata.started for v in visits]
    if any(s is None for s in starts):
        return list(range(len(visits)))
    return sorted(range(len(visits)), key=lambda i: starts[i])  # type: ignore[arg-type, return-value]


def place(visits: Sequence[Visit], schedule: Schedule) -> tuple[list[Keys], list[str]]:
    """Return the keys of every scan, in the order given, and what had to be assumed.

    ``time_s`` is the middle of each spectrum's acquisition since the start of the first scan.

    Raises
    ------
    RecipeError
        If `first_point` has no number at its end.
    """
    notes: list[str] = []
    starts = _starts(visits, schedule, notes)
    keys, number = [], 0
    for k, (visit, start) in enumerate(zip(visits, starts, strict=True)):
        n = visit.spectra
        in_time = visit.kind == "series"
        scan = number + (np.arange(n) if in_time else np.zeros(n, dtype=np.int64))
        number += n if in_time else 1
        keys.append(
            Keys(
                source=visit.source,
                started=visit.metadata.started.isoformat() if visit.metadata.started else "",
                scan=scan.astype(np.int64),
                point=_points(visit, schedule.first_point),
                position_um=_positions(visit, schedule),
                time_s=start + _within(visit, schedule, k, notes),
            )
        )
    return keys, list(dict.fromkeys(notes))


def _starts(visits: Sequence[Visit], schedule: Schedule, notes: list[str]) -> FloatArray:
    """Start of every scan since the first one began."""
    if schedule.period_s is not None:
        return np.arange(len(visits), dtype=np.float64) * schedule.period_s
    if len(visits) == 1:
        return np.zeros(1)
    began = [v.metadata.started for v in visits]
    known = [b for b in began if b is not None]
    if len(known) < len(visits):
        if len(known):
            notes.append(
                f"{len(visits) - len(known)} of {len(visits)} scans have no start time: time_s is left empty, "
                "scans are numbered in the order of their names (--period supplies the time)"
            )
        return np.full(len(visits), np.nan)
    first = min(known)
    return np.array([(b - first).total_seconds() for b in known])


def _within(visit: Visit, schedule: Schedule, number: int, notes: list[str]) -> FloatArray:
    """Middle of every spectrum since the scan's own start."""
    n = visit.spectra
    if visit.offset_s is not None and schedule.dwell_s is None:
        cycle = float(np.median(np.diff(visit.offset_s))) if n > 1 else visit.metadata.integration_s or 0.0
        return visit.offset_s + cycle / 2
    dwell = schedule.dwell_s
    if dwell is None:
        dwell = _dwell(visit, notes)
    turn = np.arange(n)
    if schedule.order == "reverse" or (schedule.order == "serpentine" and number % 2):
        turn = turn[::-1]
    return np.asarray((turn + 0.5) * (np.nan if dwell is None else dwell))


def _dwell(visit: Visit, notes: list[str]) -> float | None:
    meta = visit.metadata
    if meta.duration_s:
        if visit.spectra > 1:
            notes.append("time per spectrum taken as the scan's duration over its points (--dwell overrides)")
        return meta.duration_s / visit.spectra
    if meta.integration_s:
        notes.append("time per spectrum taken as integration time x accumulations (--dwell overrides)")
        return meta.integration_s * (meta.accumulations or 1)
    return None


def _positions(visit: Visit, schedule: Schedule) -> FloatArray:
    n = visit.spectra
    first = schedule.start_um or 0.0
    if visit.kind == "series":
        return np.full(n, np.nan if schedule.start_um is None else first)
    if schedule.step_um is not None and visit.kind != "map":
        return np.asarray(first + np.arange(n) * schedule.step_um)
    if visit.position_um is not None:
        return first + visit.position_um
    return np.full(n, first if n == 1 and schedule.start_um is not None else np.nan)


def _points(visit: Visit, first: str) -> tuple[str, ...]:
    """P1, P2, ... along a line; x/y (0-based, as WITec labels them) in a map; one point for a time series."""
    found = re.fullmatch(r"(.*?)(\d+)", first)
    if found is None:
        raise RecipeError(f"--first-point: expected a name that ends in a number, found {first!r}")
    if visit.kind == "series":
        return (first,) * visit.spectra
    if visit.grid is not None:
        return tuple(f"{i % visit.grid[1]}/{i // visit.grid[1]}" for i in range(visit.spectra))
    stem, number = found.group(1), int(found.group(2))
    return tuple(f"{stem}{number + i}" for i in range(visit.spectra))
