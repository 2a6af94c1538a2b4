"""The plan of a synthetic experiment, read from TOML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from ramanfit.errors import InputError, RecipeError
from ramanfit.frozen import dataclass
from ramanfit.recipe.settings import build, check_types, expect
from ramanfit.recipe.toml_text import parse_toml, toml_text
from ramanfit.synthetic.plan.cell import SWITCH_S, CellStep, PlannedCell
from ramanfit.synthetic.plan.on_map import PlannedMap
from ramanfit.synthetic.plan.parts import Background, Detector, PlannedAxis, PlannedScan, Spikes
from ramanfit.synthetic.plan.points import PlannedPeak, PlannedPoint

MOST_COUNTS = 50_000_000  # of all spectra: what fits into memory
MOST_ROWS = 10_000_000
LONGEST_S = 1e9  # 32 years
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TABLES = {
    "axis": PlannedAxis,
    "scan": PlannedScan,
    "detector": Detector,
    "background": Background,
    "spikes": Spikes,
    "cell": PlannedCell,
    "map": PlannedMap,
}


@dataclass(frozen=True)
class Plan:
    """A synthetic experiment.

    Attributes
    ----------
    name : str
        Part of the files' names: letters, digits, ``._-``.
    points : tuple of PlannedPoint
        In the order they are measured; of a map: what its pixels are mixtures of.
    seed : int
        The same seed makes the same files.
    description : str
    axis, scan, detector, background, spikes, cell, map
        One table of the TOML file each; there are no spikes, no cell and no map without theirs.
    """

    name: str
    points: tuple[PlannedPoint, ...]
    seed: int = 0
    description: str = ""
    axis: PlannedAxis = field(default_factory=PlannedAxis)
    scan: PlannedScan = field(default_factory=PlannedScan)
    detector: Detector = field(default_factory=Detector)
    background: Background = field(default_factory=Background)
    spikes: Spikes | None = None
    cell: PlannedCell | None = None
    map: PlannedMap | None = None

    def __post_init__(self) -> None:
        check_types(self)
        expect(bool(_FILE_NAME.fullmatch(self.name)), "name", "letters, digits and ._-", self.name)
        expect(self.seed >= 0, "seed", "0 or more", self.seed)
        n = len(self.points)
        if self.scan.kind == "spectrum" and n != 1:
            raise RecipeError(f"points: expected one for a spectrum, found {n}")
        if not n:
            raise RecipeError("points: expected at least one [[points]], found none")
        if (self.scan.kind == "map") != (self.map is not None):
            raise RecipeError("map: a table [map] goes with scan.kind = 'map', and with no other kind")
        n = self.spectra
        most = MOST_COUNTS // (n * self.axis.channels)
        expect(
            self.scan.scans <= most,
            "scan.scans",
            f"at most {most}, with {n} points and {self.axis.channels} channels",
            self.scan.scans,
        )
        busy, period = n * self.scan.dwell_s, self.scan.period_s
        expect(period >= busy, "scan.period_s", f"{busy:g} or more, {n} points times dwell_s", period)
        lasts = self.scan.scans * self.scan.period_s
        expect(lasts <= LONGEST_S, "scan.period_s", f"scans that last at most {LONGEST_S:g} s", lasts)
        if self.spikes is not None:
            expect(self.axis.channels >= 3, "axis.channels", "3 or more for spikes", self.axis.channels)
        if self.cell is not None:
            expect(
                self._record_s > SWITCH_S,
                "cell.lead_s",
                "a record that begins before the last scan ends",
                self.cell.lead_s,
            )
            rows = self._record_s / self.cell.interval_s
            expect(rows <= MOST_ROWS, "cell.interval_s", f"a record of at most {MOST_ROWS} rows", rows)
            full = self.cell.capacity_mah
            for step in self.cell_steps:
                charge = step.charge_after_mah
                good = -1e-9 * full <= charge <= (1 + 1e-9) * full
                expect(good, "cell.current_ma", f"a charge that stays in 0 to {full:g} mAh", charge)

    @property
    def spectra(self) -> int:
        """How many a scan has."""
        return len(self.points) if self.map is None else self.map.pixels

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the places of a scan."""
        return tuple(point.name for point in self.points) if self.map is None else self.map.names

    @property
    def cell_steps(self) -> tuple[CellStep, ...]:
        """What the cell's record holds; nothing without a cell."""
        return self.cell.steps(self._record_s) if self.cell is not None else ()

    @property
    def _record_s(self) -> float:
        assert self.cell is not None
        if self.cell.duration_s is not None:
            return self.cell.duration_s
        last = (self.scan.scans - 1) * self.scan.period_s
        return self.cell.lead_s + last + self.spectra * self.scan.dwell_s


def load_plan(path: str) -> Plan:
    """Return the plan of a TOML file.

    Raises
    ------
    InputError
        If the file cannot be read.
    RecipeError
        If it is no valid plan.
    """
    try:
        text = toml_text(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    return plan_from_toml(text, path)


def plan_from_toml(text: str, where: str) -> Plan:
    """Return the plan a TOML text holds; `where` names it in errors."""
    table = parse_toml(text, where)
    try:
        ready: dict[str, Any] = {k: build(cls, table[k], k) for k, cls in _TABLES.items() if k in table}
        points = table.get("points", [])
        expect(isinstance(points, list), "points", "[[points]]", points)
        ready["points"] = tuple(_point(item, i) for i, item in enumerate(points))
        return build(Plan, table, **ready)
    except RecipeError as error:
        raise RecipeError(f"{where}: {error.message}", hint=error.hint) from None


def _point(table: object, index: int) -> PlannedPoint:
    key = f"points.{index + 1}"
    if not isinstance(table, Mapping):
        raise RecipeError(f"{key}: expected a table, found {table!r}")
    key = f"points.{table.get('name', index + 1)}"
    peaks = table.get("peaks", {})
    expect(isinstance(peaks, Mapping), f"{key}.peaks", "a table", peaks)
    planned = {name: build(PlannedPeak, value, f"{key}.peaks.{name}") for name, value in peaks.items()}
    return build(PlannedPoint, table, key, peaks=planned)
