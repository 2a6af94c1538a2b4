"""``ramanfit rerun``: a run is made again from its record, and compared with the first."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.declare import INPUT, OUTPUT, own_option
from ramanfit.cli.options.output import form_options
from ramanfit.cli.types import FILE, FOLDER
from ramanfit.cli.verb import Verb
from ramanfit.errors import InputError, OtherRunError, UsageError
from ramanfit.scan.notes import counted

if TYPE_CHECKING:
    from ramanfit.cli.again import Words
    from ramanfit.experiment.rerun import Recorded, Row


@click.command("rerun", cls=Verb)
@click.argument("record", metavar="RECORD", type=FILE)
@own_option(
    INPUT,
    "--folder",
    type=FOLDER,
    help="Where the command ran.  [default: as the record says, else the current folder]",
)
@own_option(
    OUTPUT, "-o", "--output", "kept", type=FOLDER, help="Keep what is made, in a new folder.  [default: it is removed]"
)
@form_options
@talk_options
@click.pass_obj
def command(
    console: Console,
    record: str,
    folder: str | None,
    kept: str | None,
    form: str | None,
    header: bool,
    columns: tuple[str, ...] | None,
) -> None:
    """Make a run again from its record: the same bytes, or what differs.

    RECORD is run.json in a folder of evolve, or what --meta wrote. The same command runs on the same inputs, and
    its outputs are compared with those of the first run by their SHA-256. Nothing of the first run is touched. What
    differs is a table on standard output: program and libraries, settings of the recipe, inputs, outputs. Exit
    status 0: the same bytes; 1: not, or an input is not there.

    \b
    Examples:
      ramanfit rerun cell1/run.json
      ramanfit rerun cell1/run.json -o again/
      ramanfit rerun cell1/run.json --folder . --json
    """
    from ramanfit.cli.again import words_of
    from ramanfit.cli.display import Output
    from ramanfit.experiment.rerun import MISSING, SAME, Row, as_table, read_record, verdict
    from ramanfit.tables.select import check_columns

    output = Output.resolve("-", form, header, columns)
    if columns is not None:
        check_columns(columns, Row._fields)
    if kept is not None and Path(kept).exists() and not (Path(kept).is_dir() and not any(Path(kept).iterdir())):
        raise UsageError(f"{kept}: is there already: name a new folder for what is made again")
    recorded = read_record(record)
    ran_in = recorded.folder(folder)
    console.detail(f"{record}: runs in {ran_in}")
    words = words_of(recorded.command, recorded.path)
    rows = recorded.gone(ran_in)
    if not rows:
        with _place_for(kept) as made:
            rows = _made_again(recorded, words, ran_in, made, kept)
        if kept is not None:
            console.wrote(kept, ", ".join(sorted(path.name for path in Path(kept).iterdir())))
    other = [row for row in rows if row.status != SAME]
    if other or form is not None:
        with output.open() as writer:
            writer.write(as_table(other))
    if wrong := verdict(rows):
        missing = any(row.status == MISSING and row.what == "input" for row in rows)
        hint = "--folder DIR: where the files are that it names" if missing and folder is None else None
        raise OtherRunError(f"{record}: not the same run: {wrong}", hint=hint)
    count = {what: sum(row.what == what for row in rows) for what in ("input", "output")}
    console.say(f"{record}: the same bytes: {counted(count['output'], 'output')} of {counted(count['input'], 'input')}")


@contextmanager
def _place_for(kept: str | None) -> Iterator[Path]:
    """Yield a folder that is gone in the end, or becomes the one that is kept."""
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="ramanfit.") as folder:
            yield Path(folder)
        return
    from ramanfit.tables.passing import let_go, passing_folder

    target = Path(os.path.realpath(kept))
    try:
        owner, made = passing_folder(target.parent)
    except OSError as error:
        raise InputError(f"{kept}: cannot be made: {error.strerror}") from error
    try:
        yield made
        made.replace(target)
    finally:
        let_go(owner)


def _made_again(recorded: Recorded, words: Words, ran_in: Path, made: Path, kept: str | None) -> list[Row]:
    """Run the command, its outputs turned into a folder, and return what is the same and what differs.

    Raises
    ------
    OtherRunError
        If it ended without a result.
    """
    from ramanfit.cli.again import STDOUT_NAME, run_again
    from ramanfit.experiment.outputs import is_folder
    from ramanfit.experiment.provenance import seen_from, write_record
    from ramanfit.experiment.rerun import compared, made_files
    from ramanfit.experiment.run import RUN
    from ramanfit.tables.sink import STDOUT

    target = None if words.target is None else ran_in / words.target
    if target is None or words.verb == "evolve" or recorded.outputs is None:
        several = target is not None and (words.verb == "evolve" or is_folder(f"{ran_in}/{words.target}"))
    else:
        several = recorded.outputs.keys() != {target.name}
    name = RUN if several or target is None or target.name != RUN else f"record-{RUN}"
    stdout = made / STDOUT_NAME
    status = run_again(words.into(made, name, several=several), recorded.command, ran_in, recorded.environment, stdout)
    if not (made / name).is_file():
        if changed := recorded.changed(ran_in):
            return changed
        raise OtherRunError(f"{recorded.path}: its command ended with exit status {status}, and without a result")
    again = json.loads((made / name).read_bytes())
    files = made_files(made, (path.name for path in made.iterdir() if path.name not in (name, STDOUT_NAME)))
    if target is None:
        files[STDOUT] = made_files(made, [STDOUT_NAME])[STDOUT_NAME]
    else:
        stdout.unlink()
    if kept is not None:
        write_record(str(made / name), {**again, "folder": seen_from(Path(kept) / name, ran_in)})
    there = recorded.path.parent if recorded.is_folder else target if several or target is None else target.parent
    return compared(recorded, again, files, there)
