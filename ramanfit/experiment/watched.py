"""A folder that a running experiment fills, and the tables of what was taken in from it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ramanfit.errors import InputError, RamanfitError
from ramanfit.experiment.fit_files import fit_exports
from ramanfit.experiment.fits import job_of
from ramanfit.experiment.listing import Listing, Look, look_at
from ramanfit.experiment.scan_fits import Outcome
from ramanfit.experiment.taken import GONE, TakenExport, TakenIn, digest_of, keep_settings, table_name
from ramanfit.experiment.troubles import Troubles, described
from ramanfit.formats import is_fit_table, natural_key
from ramanfit.formats.find import NOWHERE, WAITS
from ramanfit.formats.reader import Lacking
from ramanfit.scan.clock import chronological
from ramanfit.scan.notes import counted
from ramanfit.scan.schedule import Schedule, place
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.forms import open_writer

if TYPE_CHECKING:
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.voice import Voice
    from ramanfit.tables.table import Table

PATIENCE = 10  # looks at a file that seems cut off, before it is taken as it is
Parts = Mapping[str, tuple[list[int], str]]


class Watched:
    """A folder that fills, and the tables of what was taken in.

    Attributes
    ----------
    waiting : bool
        Whether something is there, or gone, that the next look decides on.
    version : int
        Counts changes of the tables.
    """

    def __init__(self, folder: Path, output: Path, request: Request, voice: Voice) -> None:
        self.folder, self.output, self.fits = folder, output, output / "fits"
        self._request, self._voice, self.troubles = request, voice, Troubles(voice)
        self.waiting, self.version = True, 0
        self._listing = Listing(folder)
        self._pending: set[object] = set()  # exports that are new or have changed
        self._again: set[str] = set()  # those that are fitted once more though they have not
        self._looks: dict[str, int] = {}  # how often one was found at rest, but cut off
        self._refused: dict[object, int] = {}  # with the version of the folder then
        self._missing: set[str] = set()  # that were not there at the last look
        self._begin()

    def _begin(self) -> None:
        keep_settings(self.fits, self._request, self._voice)
        self._tables: dict[str, Look] = {}  # as they were when they were sound
        self._taken = TakenIn(self.fits)
        self._pending |= self._listing.exports.keys()
        self.version += 1

    def tables(self) -> list[str]:
        """Return the tables there are, in natural order."""
        return [str(self.fits / name) for name in sorted(self._tables, key=natural_key)]

    def state(self) -> object:
        """Return everything that the results depend on and that can change while we watch."""
        echem, covariates = self._request.echem, self._request.covariates
        beside = [*(echem.paths if echem else ()), *((covariates,) if covariates else ())]
        return self.version, [look_at(Path(path)) for path in beside]

    def look(self) -> bool:
        """Look at the folder and take in what is complete; return whether the whole folder was looked at."""
        self.waiting, begun_s = False, time.process_time()
        try:
            changes = self._listing.look()
        except OSError as error:
            self.troubles.tell(str(self.folder), error)
            return False
        self.troubles.over(str(self.folder))
        self._note(changes.changed)
        try:
            self._find_output()
            if changes.whole:
                self._check_tables()
                self._find_gone()
                self._listing.rest(time.process_time() - begun_s)
            self._take_in(changes.changed)
            self.troubles.over(str(self.fits))
        except (OSError, RamanfitError) as error:  # of the output: what would be written next would fare no better
            self.troubles.tell(str(self.fits), error)
        self.waiting |= bool(self._missing)
        return changes.whole

    def _note(self, changed: frozenset[str]) -> None:
        """Note what may have to be taken in."""
        companions = False
        for name in sorted(changed, key=natural_key):
            file = self._listing.files[name]
            self._looks.pop(name, None)
            if not file.passed:
                self._pending.add(file.export)
            elif file.passed in (WAITS, NOWHERE) or isinstance(file.passed, Lacking):
                self._voice.say(f"{self.folder / name}: passed over: {file.passed}")
            else:
                companions = True
        if companions:  # one may hold the start that a table lacks
            undated = {entry.export for entry in self._taken if not entry.dated and not entry.gone}
            self._again |= undated & self._listing.files.keys()
            self._pending |= {self._listing.files[name].export for name in self._again}
        for export in [export for export, then in self._refused.items() if then != self._listing.version]:
            del self._refused[export]
            self._pending.add(export)

    def _find_output(self) -> None:
        if not self.fits.is_dir():
            self.output.mkdir(exist_ok=True)  # not what it is in: a share that is away is not made anew
            self.fits.mkdir()
            self._voice.warn(f"{self.fits}: was removed: every export is fitted once more")
            self._begin()

    def _check_tables(self) -> None:
        """Find tables that were damaged, removed or not told of; their exports are fitted once more."""
        with os.scandir(self.fits) as entries:
            found = {entry.name: Look.of(entry.stat()) for entry in entries if entry.name.endswith(".csv")}
        for entry in self._taken:
            look = found.pop(entry.table, None)
            if look is not None and self._tables.get(entry.table) == look:
                continue
            table = self.fits / entry.table
            if look is not None and digest_of(table) == entry.sha256:
                self._tables[entry.table] = look
                continue
            self.version += self._tables.pop(entry.table, None) is not None
            what = "was removed" if look is None else "is not as it was written"
            if (file := self._listing.files.get(entry.export)) is not None and not file.passed:
                self._pending.add(file.export)
                self._again.add(entry.export)
                self._voice.warn(f"{table}: {what}: its export is fitted once more")
            else:
                self._voice.warn(f"{table}: {what}, and its export is not there: its rows are lost")
                self._taken.forget(entry.export)
        for name, look in found.items():  # of an export that is there, it will be written over
            export = name.removesuffix(".csv")
            if export not in self._listing.files and is_fit_table((self.fits / name).read_bytes()):
                self._taken.add(TakenExport(export, {}, name, digest_of(self.fits / name)))
                self._tables[name] = look
                self.version += 1

    def _find_gone(self) -> None:
        """Mark the rows of exports that were not there at two looks; an empty folder may be a share that is away."""
        empty = f"{self.folder} (empty)"
        if len(self._taken) and not self._listing.files:
            self._missing.clear()
            self.troubles.tell(
                empty, InputError(f"{self.folder}: no file is in it any more: the results stay as they are")
            )
            return
        self.troubles.over(empty)
        missing = {e.export for e in self._taken if not e.gone and e.export not in self._listing.files}
        for entry in self._taken:
            if entry.export in missing & self._missing and entry.table in self._tables:
                self._mark(entry, gone=True)
                self._voice.warn(f"{self.folder / entry.export}: is gone: its rows are marked {GONE}")
                self.troubles.forget(str(self.folder / entry.export))
                missing.discard(entry.export)
        self._missing = missing

    def _mark(self, entry: TakenExport, *, gone: bool) -> None:
        self._taken.mark(entry, gone=gone)
        self._tables[entry.table] = Look.of((self.fits / entry.table).stat())
        self.version += 1

    def _take_in(self, changed: frozenset[str]) -> None:
        exports = self._listing.exports
        self._pending &= exports.keys()
        for export in sorted(self._pending, key=lambda export: natural_key(self._listing.path(export))):
            if exports[export] & changed:
                self.waiting = True
            elif self._is_done(export):
                self._pending.discard(export)

    def _is_done(self, export: object) -> bool:
        """Take in an export that is at rest; return whether that is settled: it has its table, or is refused."""
        path = Path(self._listing.path(export))
        looks = {name: self._listing.files[name].look for name in sorted(self._listing.exports[export])}
        entry = self._taken.get(path.name)
        kept = entry is not None and entry.table in self._tables and path.name not in self._again
        if (
            kept
            and entry is not None
            and not entry.gone
            and {n: [*look] for n, look in looks.items()} == {name: look for name, (look, _) in entry.parts.items()}
        ):
            return True
        try:
            parts = {name: ([*look], digest_of(self.folder / name)) for name, look in looks.items()}
        except OSError as error:
            return self._is_refused(export, path, error)
        if kept and entry is not None and entry.holds(parts):
            entry = replace(entry, parts=parts)
            if entry.gone:
                self._mark(entry, gone=False)
                self._voice.say(f"{path}: is back")
            else:
                self._taken.add(entry)
            return True
        outcome = _fitted(str(path), self._request)
        if any(look_at(self.folder / name) != look for name, look in looks.items()):
            self.waiting = True
            return False
        if outcome.error is not None or _cut_off(str(path), outcome):
            self._looks[path.name] = self._looks.get(path.name, 0) + 1
            if self._looks[path.name] < PATIENCE:
                self.waiting = True
                return False
            if outcome.error is not None:
                return self._is_refused(export, path, outcome.error)
        self._keep(path, parts, outcome)
        return True

    def _is_refused(self, export: object, path: Path, error: Exception) -> bool:
        self._refused[export] = self._listing.version
        self.troubles.tell(str(path), error)
        return True

    def _keep(self, path: Path, parts: Parts, outcome: Outcome) -> None:
        name = table_name(path.name)
        rows, dated = _rows(outcome, self._request)
        with open_writer(self.fits / name, "csv") as writer:
            for table in rows:
                writer.write(table)
        self._taken.add(TakenExport(path.name, parts, name, digest_of(self.fits / name), dated))
        self._tables[name] = Look.of((self.fits / name).stat())
        self._again.discard(path.name)
        self.version += 1
        self.troubles.forget(str(path))
        self._voice.say(f"{path}: {counted(sum(scan.visit.spectra for scan in outcome.scans), 'spectrum')}")
        self._forget_earlier_names(path.name, parts)

    def _forget_earlier_names(self, export: str, parts: Parts) -> None:
        """Let go of what was taken in of the same content under names that are gone: it was renamed."""
        contents = sorted(digest for _, digest in parts.values())
        for entry in self._taken:
            same = sorted(digest for _, digest in entry.parts.values()) == contents
            if same and entry.export != export and not entry.parts.keys() & self._listing.files.keys():
                self._voice.say(f"{self.folder / entry.export}: is now {export}")
                self._taken.forget(entry.export)
                self._tables.pop(entry.table, None)
                (self.fits / entry.table).unlink(missing_ok=True)


def _fitted(path: str, request: Request) -> Outcome:
    """Fit one export; whatever goes wrong with it is told of it, and does not end the watch."""
    try:
        (outcome,) = fit_exports(job_of(request), [path])
    except Exception as error:
        return Outcome(error=described(path, error))
    return outcome


def _cut_off(path: str, outcome: Outcome) -> bool:
    """Tell whether a text ends in the middle of a line, or before the channels its header promises."""
    if path.endswith(".gz"):
        return False
    try:
        with Path(path).open("rb") as file:
            file.seek(-1, os.SEEK_END)
            unfinished = file.read(1) not in b"\r\n"
    except OSError:
        return True
    return unfinished or any("header promises" in note for scan in outcome.scans for note in scan.notes)


def _rows(outcome: Outcome, request: Request) -> tuple[list[Table], bool]:
    """Return the tables of an export's scans, in order of time, and whether all have a start."""
    schedule = Schedule(**request.placement)
    order = chronological([scan.visit for scan in outcome.scans], schedule, [])
    scans = [outcome.scans[i] for i in order]
    keys, _ = place([scan.visit for scan in scans], schedule)
    pairs = zip(keys, scans, strict=True)
    tables = [FitTable.of(k, scan.quantities).long(request.recipe.stands_with) for k, scan in pairs]
    return tables, all(k.started for k in keys)
