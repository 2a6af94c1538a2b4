"""``ramanfit export``: spectra in the forms of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import click

from ramanfit.cli import options
from ramanfit.cli.console import Console, talk_options
from ramanfit.errors import InputError, RecipeError

if TYPE_CHECKING:
    from ramanfit.recipe.parts import Axis
    from ramanfit.scan.scan import Scan
    from ramanfit.scan.schedule import Keys, Taken

TABLES = ("csv", "tsv", "json", "jsonl", "parquet")
FORMS = (*TABLES, "txt", "nc", "nxs")


@click.command("export")
@options.files
@options.axis_options
@options.reading_options
@options.placement_options
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE|DIR",
    default="-",
    show_default=False,
    help="The ending picks the form; a folder (made if needed) takes a file for each measurement.",
)
@click.option(
    "--form", type=click.Choice(FORMS), help="Form, where no ending says it.  [default: csv; in a folder txt]"
)
@options.keep_going
@talk_options
@click.pass_obj
def command(
    console: Console,
    files: Sequence[str],
    axis: Axis,
    reading: options.Reading,
    placement: dict[str, Any],
    target: str,
    form: str | None,
    keep_going: bool,
) -> None:
    """Write spectra as tidy rows, WITec's text, netCDF or NeXus.

    \b
      .csv .tsv .json .jsonl .parquet  one row per spectrum and channel
      .txt   Graph ASCII of one measurement, read back by `ramanfit fit`;
             beside it an Information text of what is known
      .nc    netCDF of all spectra on one axis (extra netcdf)
      .nxs   NeXus, one NXraman entry per measurement (extra nexus)

    \b
    Examples:
      ramanfit export day1/ -o day1.csv
      ramanfit export day.wip --select 'Line*' -o lines.nc
      ramanfit export 'day.wip::Line 3' -o line3.txt
      ramanfit export day.wip -o texts/
      ramanfit export map.wip -o map.nxs
    """
    from ramanfit.cli.inputs import exports
    from ramanfit.cli.verbs.baseline import file_names
    from ramanfit.formats.containers import check_packages
    from ramanfit.tables.forms import check_form

    folder = target != "-" and (target.endswith(("/", "\\")) or Path(target).is_dir())
    form = _form(target, form, folder)
    if form in TABLES:
        check_form(form)
    else:
        check_packages(form)
    paths = exports(files, console, keep_going=keep_going)
    keys, found = _in_order(paths, reading.reader(axis), placement, console, keep_going=keep_going)
    if not folder:
        _write(keys, found, target, form, console)
        return
    taken = list(found)
    names = file_names([t.scan for t in taken], Path(target), form)
    if form == "txt":
        _check_information([t.scan for t in taken], names)
    for one, name in zip(taken, names, strict=True):
        _write([one.keys], [one], name, form, console)
    console.say(f"{target}: {len(taken)} files")


def _form(target: str, form: str | None, folder: bool) -> str:
    """Return the form that was asked for, else that of the ending.

    Raises
    ------
    RecipeError
        If the ending names none, or another one.
    """
    if folder or target == "-":
        return form or ("txt" if folder else "csv")
    ending = Path(target).suffix.lower().removeprefix(".")
    if form is None and ending not in FORMS:
        known = " ".join(f".{name}" for name in FORMS)
        raise RecipeError(f"{target}: expected one of the endings {known}, found {'.' + ending if ending else 'none'}")
    return form or ending


def _in_order(
    paths: Sequence[str],
    read: Callable[[str], list[Scan]],
    placement: dict[str, Any],
    console: Console,
    *,
    keep_going: bool,
) -> tuple[list[Keys], Iterator[Taken]]:
    """Return the keys of all scans, and the scans with them one at a time, in order of time.

    Files are opened once for their places and times, and once more for their spectra, so that only those of one
    are held at a time; standard input is kept.
    """
    from ramanfit.cli.inputs import scans
    from ramanfit.scan.schedule import Schedule, Taken, Visit, chronological, place

    where: list[tuple[str, int]] = []
    held: dict[str, list[Scan]] = {}

    def noted(path: str) -> list[Scan]:
        opened = read(path)
        where.extend((path, number) for number in range(len(opened)))
        if path == "-":
            held[path] = opened
        return opened

    visits = [Visit.of(scan) for scan in scans(paths, noted, console, keep_going=keep_going)]
    if not visits:
        raise InputError("no export could be read")
    order = chronological(visits)
    keys, notes = place([visits[i] for i in order], Schedule(**placement))
    for note in notes:
        console.say(note)

    def opened_again() -> Iterator[Taken]:
        kept = dict(held)
        for own, i in zip(keys, order, strict=True):
            path, number = where[i]
            if path not in kept:
                kept = held | {path: read(path)}
            yield Taken(kept[path][number], own)

    return keys, opened_again()


def _write(keys: Sequence[Keys], found: Iterable[Taken], target: str, form: str, console: Console) -> None:
    """Write scans to one target."""
    from ramanfit.tables.forms import open_writer
    from ramanfit.tables.sink import Sink
    from ramanfit.tables.spectra import tidy_tables

    if form in TABLES:
        with open_writer(target, form) as writer:
            for taken in found:
                for table in tidy_tables(taken):
                    writer.write(table)
        return
    if form == "txt":
        if len(keys) > 1:
            raise click.UsageError(f"{len(keys)} measurements do not fit into one file: name a folder, -o DIR/")
        (taken,) = found
        _write_text(taken.scan, target, console)
        return
    with Sink(target) as sink, TemporaryFile() as file:  # HDF5 goes back and forth in its file
        if form == "nc":
            from ramanfit.formats.netcdf import netcdf

            netcdf(keys, found, file)
        else:
            from ramanfit.formats.nexus import nexus

            missing = nexus(found, file)
            console.say(f"{target}: asked for by NXraman and not in every export: {', '.join(missing)}")
        file.seek(0)
        while data := file.read(1 << 20):
            sink.write(data)


def _write_text(scan: Scan, target: str, console: Console) -> None:
    from ramanfit.formats.graph_ascii import EXACT, graph_ascii, left_out
    from ramanfit.formats.information import information_text
    from ramanfit.tables.sink import Sink

    named = _named(scan)
    about = information_text(named)
    lost = left_out(named)
    if about is not None and target == "-":
        lost.append("start, laser and integration time (they stand in a file of their own)")
    for words in lost:
        console.warn(f"{scan.source}: Graph ASCII has no place for {words}")
    with Sink(target) as sink:
        sink.write(graph_ascii(named, digits=EXACT))
    if about is not None and target != "-":
        with Sink(_information_beside(target)) as sink:
            sink.write(about)


def _check_information(scans: Sequence[Scan], names: Sequence[str]) -> None:
    """Make sure that measurements whose Information text has one name have the same one."""
    from ramanfit.formats.information import information_text

    told: dict[Path, bytes | None] = {}
    for scan, name in zip(scans, names, strict=True):
        about = information_text(_named(scan))
        if told.setdefault(_information_beside(name), about) != about:
            raise RecipeError(
                f"{_information_beside(name)}: two measurements would have this text and differ in what it says: "
                "give each a folder of its own"
            )


def _information_beside(target: str) -> Path:
    from ramanfit.formats.information import stem_of

    path = Path(target)
    return path.with_name(f"{stem_of(path.stem)}--Information.txt")


def _named(scan: Scan) -> Scan:
    return scan if scan.name else scan.with_(name=Path(scan.source).stem)
