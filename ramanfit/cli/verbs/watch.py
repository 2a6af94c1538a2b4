"""``ramanfit watch``: `evolve`, kept up to date while an experiment fills a folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.declare import OUTPUT, RUNNING, own_option, refuse_ending_options
from ramanfit.cli.options.experiment import evolution_options
from ramanfit.cli.options.fitting import fit_options
from ramanfit.cli.types import DURATION, FOLDER
from ramanfit.cli.verb import Verb
from ramanfit.experiment.request import Drawing, Request

if TYPE_CHECKING:
    from ramanfit.experiment.watched import Watched


@click.command("watch", cls=Verb)
@fit_options
@evolution_options
@own_option(
    OUTPUT, "-o", "--output", "folder", type=FOLDER, required=True, help="Folder for the results, made if needed."
)
@own_option(
    RUNNING,
    "--interval",
    type=DURATION,
    default="5s",
    help="Time between looks; a file at rest for as long is complete. Among many thousand files one that changes after "
    "a minute's rest is seen at the next look at all: after a hundred times what such a look takes.",
)
@own_option(RUNNING, "--once", is_flag=True, help="Take in what is there, then end.")
@talk_options
@click.pass_obj
def command(
    console: Console,
    request: Request,
    check: bool,
    meta: str | None,
    drawing: Drawing,
    folder: str,
    interval: float,
    once: bool,
) -> None:
    """Keep evolve up to date while a folder fills.

    Every scan in FILES (one folder) is fitted once its file no longer grows; its table is kept in fits/ in the
    output folder, so that a restart goes on where it was. What evolve writes follows. What goes wrong is said once and
    tried again. The rows of a scan that is deleted stay, with the flag source_gone. Ctrl-C ends it.

    \b
    Examples:
      ramanfit watch scans/ -o evolution/
      ramanfit watch scans/ -o evolution/ --echem cell.mpt --interval 30s
      ramanfit watch scans/ -o evolution/ --once      # say, from cron
    """
    from ramanfit.cli.ending import expect_writable, refuse
    from ramanfit.drawing.folder import check_style, files_in, read_besides
    from ramanfit.experiment.abscissas import check_abscissa
    from ramanfit.experiment.maps import check_quantities, maps_of
    from ramanfit.experiment.needs import NO_RECORD
    from ramanfit.experiment.outputs import make_folder
    from ramanfit.experiment.run import is_run, refuse_foreign_run
    from ramanfit.experiment.taken import SETTINGS
    from ramanfit.experiment.watched import Watched
    from ramanfit.formats.streams import is_stream

    if len(request.files) != 1 or not Path(request.files[0]).is_dir():
        raise click.UsageError(f"expected one folder to watch, found {' '.join(request.files)}")
    refuse_ending_options()
    for option, value in (("--dark", request.dark), ("--average", request.average)):
        if value is not None:
            raise click.UsageError(f"{option} is for exports that are all there: use it with evolve")
    for path in (*(request.echem.paths if request.echem else ()), request.covariates, *drawing.reference):
        if path is not None and is_stream(path):
            raise click.UsageError(f"{path}: can be read only once, and watch reads it whenever something changes")
    check_abscissa(request, drawing.x)
    target = Path(folder)
    if is_run(meta, folder):
        meta = None  # it is written anyway
    fits = target / "fits"
    tables = [*map(str, fits.glob("*.csv")), str(fits / SETTINGS)]
    refuse(
        (*files_in(folder, maps_of(request.recipe, drawing), drawing), *tables, meta), request, read_besides(drawing)
    )
    check_quantities(request, drawing)
    if drawing.figures and drawing.soc is not None and request.echem is None:
        raise click.UsageError(NO_RECORD)
    check_style(drawing.style, console)
    refuse_foreign_run(make_folder(target))
    expect_writable(meta)
    make_folder(fits)
    watched = Watched(Path(request.files[0]), target, request, console)
    results = Results(target, watched, request, drawing, console, meta)
    while True:
        results.keep_up(whole=watched.look())
        if once and not watched.waiting:
            return
        time.sleep(interval)


class Results:
    """What evolve writes of the tables of a watch, written anew when something has changed.

    What goes wrong is said once and tried again: at once when something changes, else after ten times what it took.
    """

    def __init__(
        self, target: Path, watched: Watched, request: Request, drawing: Drawing, console: Console, meta: str | None
    ) -> None:
        self._target, self._watched, self._request = target, watched, request
        self._drawing, self._console, self._meta = drawing, console, meta
        self._tried: object = None  # the state that was written, or that went wrong
        self._failed = False
        self._next_s = 0.0
        self._made: object = None  # how the files were when they were written

    def keep_up(self, *, whole: bool) -> None:
        """Write everything anew if that is due; after a whole look also if a file is not as it was written."""
        from ramanfit.experiment.run import looks_of_run

        state = self._watched.state()
        due = state != self._tried or (self._failed and time.monotonic() >= self._next_s)
        if not due and whole and not self._failed:
            due = looks_of_run(self._target) != self._made
        if not self._watched.tables() or not due:
            return
        begun_s = time.monotonic()
        self._failed = not self._is_written()
        self._tried, self._made = state, looks_of_run(self._target)
        self._next_s = time.monotonic() + 10 * (time.monotonic() - begun_s)

    def _is_written(self) -> bool:
        from ramanfit.cli.ending import write_meta
        from ramanfit.cli.verbs.evolve import write_folder
        from ramanfit.experiment.gather import gather

        drawing, console, what = self._drawing, self._console, str(self._target)
        placed = {name: value for name, value in self._request.placement.items() if name != "rows_are_scans"}
        request = self._request._replace(files=self._watched.tables(), placement=placed)
        try:
            gathered = gather(
                request,
                console,
                reference=drawing.reference,
                draw=drawing.figures or drawing.report,
                drawing=drawing if drawing.figures else None,
            )
            written = write_folder(self._target, gathered, request, drawing, console, self._meta)
            write_meta(self._meta, request, gathered.inputs, written)
        except Exception as error:  # whatever it is, the next scan is still taken in
            self._watched.troubles.tell(what, error)
            return False
        self._watched.troubles.over(what)
        return True
