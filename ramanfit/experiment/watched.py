"""A folder that a running experiment fills, and the tables of what was taken in from it."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.errors import InputError, RecipeError
from ramanfit.experiment.fit_files import Outcome, fit_exports
from ramanfit.experiment.fits import job_of
from ramanfit.formats import find_exports, natural_key
from ramanfit.scan.clock import chronological
from ramanfit.scan.notes import counted
from ramanfit.scan.schedule import Schedule, place
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.forms import open_writer
from ramanfit.tables.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ramanfit.experiment.request import Request
    from ramanfit.experiment.voice import Voice

PATIENCE = 10  # looks at a file that seems cut off, before it is taken as it is
SETTINGS = "settings.json"


class Look(NamedTuple):
    """What a file was like when it was looked at."""

    size: int
    mtime_ns: int


@dataclass
class Watched:
    """A folder that fills, and the tables of what was taken in."""

    folder: Path
    fits: Path
    seen: dict[str, Look] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)  # how often a file was found at rest, but cut off
    refused: dict[str, object] = field(default_factory=dict)  # with what the folder held then
    companions: frozenset[str] = frozenset()
    contents: object = None
    waiting: bool = True  # whether a file is there that may still grow

    def table(self, path: str) -> Path:
        """Return where the table of an export is kept."""
        return self.fits / f"{Path(path).name}.csv"

    def tables(self) -> list[str]:
        """Return the tables there are, in natural order."""
        names = [path.name for path in self.fits.glob("*.csv")]
        return [str(self.fits / name) for name in sorted(names, key=natural_key)]

    def complete(self, voice: Voice) -> Iterator[str]:
        """Yield exports that are new or have changed, and are the same as at the last look."""
        try:
            paths, passed = find_exports([str(self.folder)])
        except InputError as error:
            voice.detail(error.message)
            paths, passed = [], []
        self.contents = _contents(self.folder)
        companions = frozenset(item.path for item in passed)
        more = companions - self.companions
        self.companions = companions
        self.waiting = False
        for path in paths:
            try:
                stat = Path(path).stat()
            except OSError:
                continue  # gone since
            look, before = Look(stat.st_size, stat.st_mtime_ns), self.seen.get(path)
            self.seen[path] = look
            if self.refused.get(path) == self.contents or (
                self._kept(path, look) and not (more and self._undated(path))
            ):
                continue
            if look == before:
                yield path
            else:
                self.waiting = True

    def state(self, request: Request) -> object:
        """Return everything that the results depend on and that can change while we watch."""
        state = []
        for path in [*self.tables(), *(request.echem.paths if request.echem else ()), request.covariates or ""]:
            try:
                stat = Path(path).stat()
                state.append((path, stat.st_size, stat.st_mtime_ns))
            except OSError:
                state.append((path, -1, -1))
        return state

    def _kept(self, path: str, look: Look) -> bool:
        """Tell whether a table was made of the file as it is: the table carries the file's own time."""
        try:
            return self.table(path).stat().st_mtime_ns == look.mtime_ns
        except OSError:
            return False

    def _undated(self, path: str) -> bool:
        """Tell whether a table lacks a start, which an Information text that came later may hold."""
        with self.table(path).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            return any(not row.get("started") for row in csv.DictReader(file))


def take_in(path: str, watched: Watched, request: Request, voice: Voice) -> None:
    """Fit one export and keep its table; what is cut off or broken is left for later looks."""
    (outcome,) = fit_exports(job_of(request), [path])
    look = watched.seen[path]
    if outcome.error is not None or _cut_off(path, outcome):
        watched.looks[path] = watched.looks.get(path, 0) + 1
        if watched.looks[path] < PATIENCE:
            watched.waiting = True
            return
        if outcome.error is not None:
            watched.refused[path] = watched.contents
            voice.survive(outcome.error)
            return
    _keep(path, look, outcome, watched, request)
    voice.say(f"{path}: {counted(sum(scan.visit.spectra for scan in outcome.scans), 'spectrum')}")


def _contents(folder: Path) -> object:
    """Names and sizes of all files: an export in three files is whole when the last of them is."""
    with os.scandir(folder) as entries:
        return sorted((entry.name, entry.stat().st_size) for entry in entries if entry.is_file())


def _cut_off(path: str, outcome: Outcome) -> bool:
    """Tell whether a text ends in the middle of a line, or before the channels its header promises."""
    if path.endswith(".gz"):
        return False
    with Path(path).open("rb") as file:
        file.seek(-1, os.SEEK_END)
        unfinished = file.read(1) not in b"\r\n"
    return unfinished or any("header promises" in note for scan in outcome.scans for note in scan.notes)


def _keep(path: str, look: Look, outcome: Outcome, watched: Watched, request: Request) -> None:
    schedule = Schedule(**request.placement)
    order = chronological([scan.visit for scan in outcome.scans], schedule, [])
    scans = [outcome.scans[i] for i in order]
    keys, _ = place([scan.visit for scan in scans], schedule)
    target = watched.table(path)
    with open_writer(target, "csv") as writer:
        for its_keys, scan in zip(keys, scans, strict=True):
            writer.write(FitTable.of(its_keys, scan.quantities).long(request.recipe.stands_with))
    os.utime(target, ns=(look.mtime_ns, look.mtime_ns))


def keep_settings(fits: Path, request: Request) -> None:
    """Make sure that all tables of a folder are made alike.

    Raises
    ------
    RecipeError
        If those that are there were made with other settings.
    InputError
        If the folder holds something else.
    """
    text = json.dumps(request.settings(), indent=2, ensure_ascii=False) + "\n"
    path = fits / SETTINGS
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise RecipeError(
            f"{path}: the tables here were made with other settings",
            hint=f"watch into another folder, or remove {fits} to have all scans fitted again",
        )
    if not path.exists() and any(fits.iterdir()):
        raise InputError(f"{fits}: expected a folder of tables made by watch, found other files")
    with Sink(path) as sink:
        sink.write(text.encode())
