"""``ramanfit watch``: `evolve`, kept up to date while an experiment fills a folder."""

from __future__ import annotations

import time
from pathlib import Path

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.help import Verb
from ramanfit.cli.options.declare import OUTPUT, RUNNING, own_option, refuse_ending_options
from ramanfit.cli.options.experiment import evolution_options
from ramanfit.cli.options.fitting import fit_options
from ramanfit.cli.types import DURATION, FOLDER
from ramanfit.errors import RamanfitError
from ramanfit.experiment.request import Drawing, Request


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
    help="Time between looks; a file at rest for as long is complete.",
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
    output folder, so that a restart goes on where it was. What evolve writes follows, each file whole.
    Ctrl-C ends it.

    \b
    Examples:
      ramanfit watch scans/ -o evolution/
      ramanfit watch scans/ -o evolution/ --echem cell.mpt --interval 30s
      ramanfit watch scans/ -o evolution/ --once      # say, from cron
    """
    from ramanfit.cli.ending import refuse
    from ramanfit.drawing.folder import files_in
    from ramanfit.experiment.maps import maps_of
    from ramanfit.experiment.outputs import make_folder
    from ramanfit.experiment.watched import SETTINGS, Watched, keep_settings, take_in

    if len(request.files) != 1 or not Path(request.files[0]).is_dir():
        raise click.UsageError(f"expected one folder to watch, found {' '.join(request.files)}")
    refuse_ending_options()
    for option, value in (("--dark", request.dark), ("--average", request.average)):
        if value is not None:
            raise click.UsageError(f"{option} is for exports that are all there: use it with evolve")
    fits = Path(folder) / "fits"
    tables = [*map(str, fits.glob("*.csv")), str(fits / SETTINGS)]
    refuse((*files_in(folder, maps_of(request.recipe, drawing), drawing), *tables, meta), request, drawing.reference)
    target = make_folder(folder)
    make_folder(fits)
    keep_settings(fits, request)
    watched = Watched(Path(request.files[0]), fits)
    written: object = None
    while True:
        for path in watched.complete(console):
            take_in(path, watched, request, console)
        state = watched.state(request)
        if watched.tables() and state != written:
            placed = {name: value for name, value in request.placement.items() if name != "rows_are_scans"}
            joined = request._replace(files=watched.tables(), placement=placed)
            _write(target, joined, drawing, console, meta)
            written = state
        if once and not watched.waiting:
            return
        time.sleep(interval)


def _write(target: Path, request: Request, drawing: Drawing, console: Console, meta: str | None) -> None:
    """Write everything anew from the tables; an error is said, and the earlier files stay."""
    from ramanfit.cli.ending import write_meta
    from ramanfit.cli.verbs.evolve import write_folder
    from ramanfit.experiment.gather import gather

    try:
        gathered = gather(request, console, reference=drawing.reference, draw=drawing.figures or drawing.report)
        write_folder(target, gathered, request, drawing, console, meta)
        write_meta(meta, request, gathered.inputs)
    except RamanfitError as error:
        console.survive(error)
