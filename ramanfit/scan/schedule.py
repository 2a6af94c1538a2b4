"""Many scans in one experiment: which scan, which point, where and when each spectrum was taken."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import NamedTuple

import numpy as np

from ramanfit.errors import RecipeError, UsageError
from ramanfit.frozen import dataclass
from ramanfit.scan.clock import instants, starts_and_numbers
from ramanfit.scan.notes import Note
from ramanfit.scan.scan import FloatArray, Kind, Metadata, Scan

FIRST_POINT = "P1"
NO_XY = Note(
    "where on its map each spectrum lies is not in the file: known are the pixels, x/y", "places on the map not known"
)
AT_START = Note(
    "times within a scan are not known: all its spectra are given its start (--dwell supplies them)",
    "all spectra of a scan at its start: --dwell",
)
EVENLY = Note(
    "time per spectrum taken as the scan's duration over its points (--dwell overrides)", "times shared evenly"
)
INTEGRATED = Note(
    "time per spectrum taken as integration time x accumulations (--dwell overrides)", "times from integration times"
)


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
    timezone : str or None
        Where the clocks of the files hang, ``Europe/Berlin``; None: they are taken to run on evenly.
    """

    period_s: float | None = None
    dwell_s: float | None = None
    order: str = "forward"
    step_um: float | None = None
    start_um: float | None = None
    first_point: str = FIRST_POINT
    rows_are_scans: bool = False
    t0: datetime | None = None
    timezone: str | None = None


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
    xy_um: FloatArray | None = None  # of a map: [N, 2], as the instrument counts

    @classmethod
    def of(cls, scan: Scan) -> Visit:
        """Return the visit that a scan records."""
        pitch = xy_um = None
        if scan.kind == "map" and scan.coordinates_um is not None:
            xy_um = scan.coordinates_um[:, :2]
            if scan.grid is not None and scan.grid[1] > 1:
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
            xy_um=xy_um,
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
    started: str  # ISO, local time of the instrument's PC or with a zone
    scan: np.ndarray  # int64 [N]
    point: tuple[str, ...]
    position_um: FloatArray
    time_s: FloatArray
    echem: Mapping[str, FloatArray] = field(default_factory=dict)  # voltage_v ... soc, where there is a record
    xy_um: Mapping[str, FloatArray] = field(default_factory=dict)  # x_um and y_um, where there is a map

    def __len__(self) -> int:
        return len(self.point)

    def part(self, rows: slice) -> Keys:
        """Return the keys of neighbouring rows."""
        columns = {name: getattr(self, name)[rows] for name in ("scan", "point", "position_um", "time_s")}
        cell, on_map = ({name: values[rows] for name, values in of.items()} for of in (self.echem, self.xy_um))
        return replace(self, **columns, echem=cell, xy_um=on_map)


class Taken(NamedTuple):
    """A scan with its place in the experiment."""

    scan: Scan
    keys: Keys


def place(visits: Sequence[Visit], schedule: Schedule) -> tuple[list[Keys], list[str]]:
    """Return the keys of every scan, in the order given, and what had to be assumed.

    ``time_s`` is the middle of each spectrum's acquisition since the start of the first scan.

    Raises
    ------
    RecipeError
        If `first_point` has no number at its end.
    UsageError
        If something that is known better than the files can be applied to none of the scans.
    """
    refuse_idle(visits, schedule)
    notes: list[str] = []
    unread = [v.metadata.started_raw for v in visits if v.metadata.started is None and v.metadata.started_raw]
    if unread:
        notes.append(
            f"{len(unread)} of {len(visits)} starts are not read, as what is day and month, or a word, is open: "
            f"{unread[0]!r} (--period supplies the times, --t0 the first start)"
        )
    began = instants([v.metadata.started for v in visits], schedule.timezone)
    starts, numbers = starts_and_numbers(began, [v.source for v in visits], schedule.period_s, notes)
    if any(visit.kind == "map" and visit.xy_um is None for visit in visits) and not schedule.rows_are_scans:
        notes.append(NO_XY)
    mapped = any(visit.xy_um is not None for visit in visits) and not schedule.rows_are_scans
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
                xy_um=_on_map(visit) if mapped else {},
            )
        )
    return keys, list(dict.fromkeys(notes))


def _on_map(visit: Visit) -> dict[str, FloatArray]:
    """Return the coordinates of a scan among maps: not numbers where this one has none."""
    x, y = np.full((2, visit.spectra), np.nan) if visit.xy_um is None else visit.xy_um.T
    return {"x_um": x, "y_um": y}


def _within(visit: Visit, schedule: Schedule, number: int, notes: list[str]) -> FloatArray:
    """Middle of every spectrum since the scan's own start."""
    n = visit.spectra
    if visit.offset_s is not None and schedule.dwell_s is None:
        steps = np.diff(np.sort(visit.offset_s))  # a map is not always in the order in which it was measured
        cycle = float(np.nanmedian(steps)) if n > 1 else visit.metadata.integration_s or 0.0
        return visit.offset_s + cycle / 2
    dwell = schedule.dwell_s
    if dwell is None:
        dwell = _dwell(visit, notes)
    if dwell is None and schedule.period_s is not None:
        notes.append(AT_START)
        dwell = 0.0
    return middles_s(n, visit.scans(schedule.rows_are_scans), number, schedule, dwell)


def middles_s(n: int, lines: int, number: int, schedule: Schedule, dwell_s: float | None) -> FloatArray:
    """Return the middle of each of n spectra since their first scan's own start.

    Parameters
    ----------
    n, lines : int
        Spectra, and scans that they are.
    number : int
        Of the first of these scans: every second one of a serpentine runs backwards.
    schedule : Schedule
    dwell_s : float or None
        One spectrum with all its overhead; None: not known.
    """
    dwell = np.nan if dwell_s is None else dwell_s
    turn = np.arange(n // lines)
    turns = np.stack([turn] * lines)
    if schedule.order == "reverse":
        turns = turns[:, ::-1]
    elif schedule.order == "serpentine":
        turns[(number + np.arange(lines)) % 2 == 1] = turn[::-1]
    first = np.arange(lines)[:, None]
    if lines > 1 and schedule.period_s is not None:
        return np.asarray(first * schedule.period_s + (turns + 0.5) * dwell).ravel()
    return np.asarray((first * len(turn) + turns + 0.5) * dwell).ravel()


def _dwell(visit: Visit, notes: list[str]) -> float | None:
    meta = visit.metadata
    if meta.duration_s:
        if visit.spectra > 1:
            notes.append(EVENLY)
        return meta.duration_s / visit.spectra
    if meta.integration_s:
        notes.append(INTEGRATED)
        return meta.integration_s * (meta.accumulations or 1)
    return None


def replaced(
    visit: Visit, points: tuple[str, ...], schedule: Schedule, position_um: FloatArray
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the positions [N] and names of a measurement's points as a table has them, or as is known better.

    Parameters
    ----------
    visit : Visit
    points : tuple of str
    schedule : Schedule
    position_um : array [N]
    """
    if schedule.step_um is not None or schedule.start_um is not None:
        position_um = _positions(visit, schedule)
    named = schedule.first_point != FIRST_POINT and visit.kind != "map"
    return position_um, _points(visit, schedule) if named else points


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


def refuse_idle(visits: Sequence[Visit], schedule: Schedule) -> None:
    """Make sure that what is known better than the files can be applied to one scan at least."""
    if not visits:
        return
    maps = [v for v in visits if v.kind == "map"]
    in_line = [v for v in visits if v.kind in ("line", "spectrum")]
    scanned = [*in_line, *(maps if schedule.rows_are_scans else [])]
    timed = [v for v in scanned if v.spectra > 1 and (schedule.dwell_s is not None or v.offset_s is None)]
    dwelling = [v for v in timed if schedule.dwell_s is not None or _dwell(v, []) is not None]
    clocked = [v for v in visits if v.metadata.started is not None]
    for option, given, can, why in (
        ("--timezone", schedule.timezone is not None, clocked or schedule.t0, "no file says when it began"),
        ("--rows-are-scans", schedule.rows_are_scans, maps, "none of the measurements is a map"),
        ("--step", schedule.step_um is not None, scanned, "none of the measurements is a line"),
        ("--first-point", schedule.first_point != FIRST_POINT, len(visits) > len(maps) or scanned, "all are maps"),
        ("--start", schedule.start_um is not None, len(visits) > len(maps) or scanned, "all are maps"),
        ("--order", schedule.order != "forward", dwelling, "no line is without times of its spectra, or has a --dwell"),
    ):
        if given and not can:
            raise UsageError(f"{option} has nothing to act on: {why}")


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
