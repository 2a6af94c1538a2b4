"""Many scans in one experiment: which scan, which point, where and when each spectrum was taken."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.errors import RecipeError
from ramanfit.scan.scan import FloatArray, Kind, Metadata, Scan

OFF_BEAT = 0.25  # periods by which a scan may begin early or late and still keep its number
MOST_MISSING = 4  # periods per scan beyond which scans keep no period at all


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
    rows_are_scans : bool
        The lines of a map are one line scan after another.
    t0 : datetime or None
        When the first scan began, by the clock of the potentiostat, where the files do not say.
    """

    period_s: float | None = None
    dwell_s: float | None = None
    order: str = "forward"
    step_um: float | None = None
    start_um: float | None = None
    first_point: str = "P1"
    rows_are_scans: bool = False
    t0: datetime | None = None


@dataclass(frozen=True, eq=False)
class Visit:
    """What place and time depend on: a Scan without its spectra."""

    source: str
    kind: Kind
    spectra: int
    position_um: FloatArray | None
    grid: tuple[int, int] | None
    offset_s: FloatArray | None
    metadata: Metadata  # without the header, which many scans would fill the memory with
    row_pitch_um: float | None = None  # of a map: from point to point in a line

    @classmethod
    def of(cls, scan: Scan) -> Visit:
        """Return the visit that a scan records."""
        pitch = None
        if scan.kind == "map" and scan.coordinates_um is not None and scan.grid is not None and scan.grid[1] > 1:
            pitch = float(np.sqrt(((scan.coordinates_um[1] - scan.coordinates_um[0]) ** 2).sum()))
        return cls(
            source=scan.source,
            kind=scan.kind,
            spectra=len(scan),
            position_um=scan.position_um,
            grid=scan.grid,
            offset_s=scan.offset_s,
            metadata=replace(scan.metadata, header={}),
            row_pitch_um=pitch,
        )

    def scans(self, rows_are_scans: bool) -> int:
        """Return how many scans these are in time."""
        if self.kind == "series":
            return self.spectra
        return self.grid[0] if rows_are_scans and self.grid is not None else 1


@dataclass(frozen=True, eq=False)
class Keys:
    """The keys of one scan's rows; not a number where unknown, `started` empty."""

    source: str
    started: str  # ISO, local time of the instrument's PC
    scan: np.ndarray  # int64 [N]
    point: tuple[str, ...]
    position_um: FloatArray
    time_s: FloatArray
    echem: Mapping[str, FloatArray] = field(default_factory=dict)  # voltage_v ... soc, where there is a record

    def __len__(self) -> int:
        return len(self.point)


class Taken(NamedTuple):
    """A scan with its place in the experiment."""

    scan: Scan
    keys: Keys


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
    began = [v.metadata.started for v in visits]
    starts, numbers = starts_and_numbers(began, [v.source for v in visits], schedule.period_s, notes)
    keys, extra = [], 0
    for visit, start, number in zip(visits, starts, numbers.tolist(), strict=True):
        n, scans = visit.spectra, visit.scans(schedule.rows_are_scans)
        scan = number + extra + np.arange(n) // (n // scans)
        extra += scans - 1
        keys.append(
            Keys(
                source=visit.source,
                started=visit.metadata.started.isoformat() if visit.metadata.started else "",
                scan=scan.astype(np.int64),
                point=_points(visit, schedule),
                position_um=_positions(visit, schedule),
                time_s=start + _within(visit, schedule, number, notes),
            )
        )
    return keys, list(dict.fromkeys(notes))


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
        slots = _slots(starts / period_s) if len(dated) == n else _numbers_in_names(sources)
        numbers = np.arange(n) if slots is None else slots
        starts = numbers * period_s
    elif n == 1:
        numbers, starts = np.zeros(1, dtype=np.int64), np.zeros(1)
    elif len(dated) < n:
        if dated:
            notes.append(
                f"{n - len(dated)} of {n} scans have no start time: time_s is left empty, "
                "scans are numbered in the order of their names (--period supplies the time)"
            )
        numbers = np.arange(n)
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


def _within(visit: Visit, schedule: Schedule, number: int, notes: list[str]) -> FloatArray:
    """Middle of every spectrum since the scan's own start."""
    n = visit.spectra
    if visit.offset_s is not None and schedule.dwell_s is None:
        cycle = float(np.median(np.diff(visit.offset_s))) if n > 1 else visit.metadata.integration_s or 0.0
        return visit.offset_s + cycle / 2
    dwell = schedule.dwell_s
    if dwell is None:
        dwell = _dwell(visit, notes)
    lines = visit.scans(schedule.rows_are_scans)
    turn = np.arange(n // lines)
    turns = np.stack([turn] * lines)
    if schedule.order == "reverse":
        turns = turns[:, ::-1]
    elif schedule.order == "serpentine":
        turns[(number + np.arange(lines)) % 2 == 1] = turn[::-1]
    first = np.arange(lines)[:, None]
    if lines > 1 and schedule.period_s is not None:
        return np.asarray(first * schedule.period_s + (turns + 0.5) * (np.nan if dwell is None else dwell)).ravel()
    return np.asarray((first * len(turn) + turns + 0.5) * (np.nan if dwell is None else dwell)).ravel()


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
    if schedule.rows_are_scans and visit.grid is not None:
        pitch = schedule.step_um if schedule.step_um is not None else visit.row_pitch_um
        return np.tile(first + np.arange(visit.grid[1]) * (np.nan if pitch is None else pitch), visit.grid[0])
    if schedule.step_um is not None and visit.kind != "map":
        return np.asarray(first + np.arange(n) * schedule.step_um)
    if visit.position_um is not None:
        return first + visit.position_um
    return np.full(n, first if n == 1 and schedule.start_um is not None else np.nan)


def _points(visit: Visit, schedule: Schedule) -> tuple[str, ...]:
    """P1, P2, ... along a line; x/y (0-based, as WITec labels them) in a map; one point for a time series."""
    match = re.fullmatch(r"(.*?)(\d+)", schedule.first_point)
    if match is None:
        raise RecipeError(f"--first-point: expected a name that ends in a number, found {schedule.first_point!r}")
    if visit.kind == "series":
        return (schedule.first_point,) * visit.spectra
    if visit.grid is not None and not schedule.rows_are_scans:
        return tuple(f"{i % visit.grid[1]}/{i // visit.grid[1]}" for i in range(visit.spectra))
    stem, number = match.group(1), int(match.group(2))
    along = visit.spectra if visit.grid is None else visit.grid[1]
    return tuple(f"{stem}{number + i % along}" for i in range(visit.spectra))
