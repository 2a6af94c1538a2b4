"""``ramanfit watch``: `evolve`, kept up to date while an experiment fills a folder."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.experiment_options import Drawing, evolution_options
from ramanfit.cli.request import Request, fit_options
from ramanfit.cli.types import DURATION
from ramanfit.errors import InputError, RamanfitError, RecipeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ramanfit.cli.work import Outcome

PATIENCE = 10  # looks at a file that seems cut off, before it is taken as it is
SETTINGS = "settings.json"


@click.command("watch")
@fit_options
@evolution_options
@click.option("-o", "--output", "folder", metavar="DIR", required=True, help="Folder for the results, made if needed.")
@click.option(
    "--interval", type=DURATION, default="5s", help="Time between looks; a file at rest for as long is complete."
)
@click.option("--once", is_flag=True, help="Take in what is there, then end.")
@talk_options
@click.pass_obj
def command(console: Console, request: Request, drawing: Drawing, folder: str, interval: float, once: bool) -> None:
    """Keep evolve up to date while a folder fills.

    Every scan in FILES (one folder) is fitted once its file no longer grows; its table is kept in fits/ in the
    output folder, so that a restart goes on where it was. What evolve writes follows, each file whole.
    Ctrl-C ends it.

    \b
    Examples:
      ramanfit watch scans/ -o evolution/
      ramanfit watch scans/ -o evolution/ --echem cell.mpt --interval 30s
      ramanfit watch scans/ -o evolution/ --once      # say, from cron
    """
    from ramanfit.cli.verbs.evolve import make_folder

    if len(request.files) != 1 or not Path(request.files[0]).is_dir():
        raise click.UsageError(f"expected one folder to watch, found {' '.join(request.files)}")
    for option, given in (("--verify", request.verify), ("--check", request.check)):
        if given:
            raise click.UsageError(f"{option} is for commands that end: use it with evolve")
    made = make_folder(folder)
    fits = make_folder(str(made / "fits"))
    _same_settings(fits, request)
    watched = Watched(Path(request.files[0]), fits)
    written: object = None
    while True:
        for path in watched.complete(console):
            _take_in(path, watched, request, console)
        state = _state(watched, request)
        if watched.tables() and state != written:
            _write(made, watched, request, drawing, console)
            written = state
        if once and not watched.waiting:
            return
        time.sleep(interval)


def _contents(folder: Path) -> object:
    """Names and sizes of all files: an export in three files is whole when the last of them is."""
    with os.scandir(folder) as entries:
        return sorted((entry.name, entry.stat().st_size) for entry in entries if entry.is_file())


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
        from ramanfit.formats import natural_key

        names = [path.name for path in self.fits.glob("*.csv")]
        return [str(self.fits / name) for name in sorted(names, key=natural_key)]

    def complete(self, console: Console) -> Iterator[str]:
        """Yield exports that are new or have changed, and are the same as at the last look."""
        from ramanfit.formats import find_exports

        try:
            paths, passed = find_exports([str(self.folder)])
        except InputError as error:
            console.detail(error.message)
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

    def _kept(self, path: str, look: Look) -> bool:
        """Tell whether a table was made of the file as it is: the table carries the file's own time."""
        try:
            return self.table(path).stat().st_mtime_ns == look.mtime_ns
        except OSError:
            return False

    def _undated(self, path: str) -> bool:
        """Tell whether a table lacks its start, which an Information text that came later may hold."""
        lines = self.table(path).read_text(encoding="utf-8").splitlines()
        return len(lines) > 1 and lines[1].endswith(",")


def _take_in(path: str, watched: Watched, request: Request, console: Console) -> None:
    """Fit one export and keep its table; what is cut off or broken is left for later looks."""
    from ramanfit.cli.fits import job_of
    from ramanfit.cli.work import fit_exports

    (outcome,) = fit_exports(job_of(request), [path])
    look = watched.seen[path]
    if outcome.error is not None or _cut_off(path, outcome):
        watched.looks[path] = watched.looks.get(path, 0) + 1
        if watched.looks[path] < PATIENCE:
            watched.waiting = True
            return
        if outcome.error is not None:
            watched.refused[path] = watched.contents
            console.survive(outcome.error)
            return
    _keep(path, look, outcome, watched, request)
    console.say(f"{path}: {sum(visit.spectra for visit in outcome.visits)} spectra")


def _cut_off(path: str, outcome: Outcome) -> bool:
    """Tell whether a text ends in the middle of a line, or before the channels its header promises."""
    if path.endswith(".gz"):
        return False
    with Path(path).open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) not in b"\r\n" or any("header promises" in note for note, _ in outcome.notes)


def _keep(path: str, look: Look, outcome: Outcome, watched: Watched, request: Request) -> None:
    from ramanfit.scan.schedule import Schedule, chronological, place
    from ramanfit.tables.columns import long_table
    from ramanfit.tables.forms import open_writer

    numerators = {ratio.name: ratio.numerator for ratio in request.recipe.ratios}
    order = chronological(outcome.visits)
    keys, _ = place([outcome.visits[i] for i in order], Schedule(**request.placement))
    target = watched.table(path)
    with open_writer(target, "csv") as writer:
        for k, i in zip(keys, order, strict=True):
            writer.write(long_table(k, outcome.quantities[i], numerators))
    os.utime(target, ns=(look.mtime_ns, look.mtime_ns))


def _state(watched: Watched, request: Request) -> object:
    """Everything that the results depend on and that can change while we watch."""
    paths = [*watched.tables(), *([request.echem.path] if request.echem else [])]
    state = []
    for path in paths:
        try:
            stat = Path(path).stat()
            state.append((path, stat.st_size, stat.st_mtime_ns))
        except OSError:
            state.append((path, -1, -1))
    return state


def _write(made: Path, watched: Watched, request: Request, drawing: Drawing, console: Console) -> None:
    """Write everything anew from the tables; an error is said, and the earlier files stay."""
    from ramanfit.cli.fits import write_meta
    from ramanfit.cli.gather import gather
    from ramanfit.cli.verbs.evolve import write_folder

    again = request._replace(files=watched.tables())
    try:
        found = gather(again, console, reference=drawing.reference, draw=drawing.figures or drawing.report)
        write_folder(made, found, again, drawing, console)
        write_meta(again, found.inputs)
    except RamanfitError as error:
        console.survive(error)


def _same_settings(fits: Path, request: Request) -> None:
    """Make sure that all tables of a folder are made alike.

    Raises
    ------
    RecipeError
        If those that are there were made with other settings.
    InputError
        If the folder holds something else.
    """
    from ramanfit.recipe.toml import to_dict
    from ramanfit.tables.sink import Sink

    placement = {name: str(value) for name, value in request.placement.items()}
    now = {"recipe": to_dict(request.recipe), "reading": request.reading._asdict(), "placement": placement}
    text = (
        json.dumps({**now, "engine": request.engine, "sensitivity": request.sensitivity}, indent=2, ensure_ascii=False)
        + "\n"
    )
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
