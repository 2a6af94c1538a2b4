"""Spectra in the forms of others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ramanfit.errors import InputError, RecipeError, UsageError
from ramanfit.experiment.inputs import exports, scans
from ramanfit.experiment.outputs import EXPORT_FORMS, EXPORT_TABLES, file_names, is_folder, make_folder
from ramanfit.experiment.overwrite import refuse_inputs
from ramanfit.experiment.request import Reading, paths_of
from ramanfit.experiment.voice import Silent, Voice, tell
from ramanfit.formats.registry import writer as writer_of
from ramanfit.formats.streams import is_stream
from ramanfit.formats.writer import check_packages
from ramanfit.recipe.parts import Axis
from ramanfit.recipe.settings import unknown
from ramanfit.scan.clock import chronological
from ramanfit.scan.notes import counted
from ramanfit.scan.schedule import Keys, Schedule, Taken, Visit, place
from ramanfit.tables.forms import check_form, open_writer
from ramanfit.tables.sink import STDOUT, Sink, is_device
from ramanfit.tables.spectra import tidy_tables

if TYPE_CHECKING:
    from ramanfit.experiment.request import AnyPath, Files
    from ramanfit.formats.writer import Writer
    from ramanfit.scan.scan import Scan


def export(
    files: Files,
    target: AnyPath,
    *,
    form: str | None = None,
    axis: Axis = Axis(),  # noqa: B008 - frozen
    reading: Reading = Reading(),  # noqa: B008 - frozen
    placement: Mapping[str, Any] = MappingProxyType({}),
    keep_going: bool = False,
    voice: Voice | None = None,
) -> list[str]:
    """Write spectra as tidy rows, WITec's text, netCDF or NeXus; return the files of them.

    Parameters
    ----------
    files : str, path, or sequence of these
        Exports, and folders of them.
    target : path
        The ending picks the form; a folder, or a name that ends in a slash, takes a file for each measurement.
    form : str, optional
        One of `EXPORT_FORMS`, where no ending says it.
    axis : Axis
        Unit and laser, where the files do not say.
    reading : Reading
    placement : mapping
        Keywords of `ramanfit.scan.schedule.Schedule`.
    keep_going : bool
        Whether to go on after an export that cannot be read.
    voice : Voice, optional
        Told what was assumed; None: nobody is.

    Raises
    ------
    RecipeError
        If the ending names no form, or two measurements would have one file.
    UsageError
        If several measurements do not go into one file of this form.
    OutputIsInputError
        If a file would replace an input.
    RamanfitError
        If an export cannot be read; if there is none; if a file cannot be written.
    """
    target, voice = os.fspath(target), voice or Silent()
    form = form_of(target, form)
    paths, read = exports(paths_of(files), voice, keep_going=keep_going), reading.reader(axis)
    if not is_folder(target):
        refuse_inputs([target, *_companions([target], form)], paths)
    keys, known, in_order = _in_order(paths, read, placement, voice, keep_going=keep_going)
    if not is_folder(target):
        _write(keys, known, in_order, target, form, voice, placement.get("timezone"))
        if not is_device(target):
            voice.say(f"wrote {target}: {counted(sum(map(len, keys)), 'spectrum')}")
        return [target]
    taken = list(in_order)
    names = file_names([one.scan.name or Path(one.scan.source).stem for one in taken], make_folder(target), form)
    refuse_inputs([*names, *_companions(names, form)], paths)
    _check_companions([one.scan for one in taken], names, form)
    for one, name in zip(taken, names, strict=True):
        _write([one.keys], known, [one], name, form, voice, placement.get("timezone"))
    voice.say(f"wrote {target}: {counted(len(taken), 'measurement')}")
    return names


def form_of(target: str, form: str | None = None) -> str:
    """Return the form that is asked for, else that of the target's ending; csv to standard output, txt in a folder.

    Raises
    ------
    RecipeError
        If there is no such form, or the ending names none.
    InputError
        If the form needs a package that is not installed.
    """
    if form is None and (target == STDOUT or is_folder(target)):
        form = "csv" if target == STDOUT else "txt"
    if form is None:
        form = Path(target).suffix.lower().removeprefix(".")
        if form not in EXPORT_FORMS:
            endings = " ".join(f".{name}" for name in EXPORT_FORMS)
            ending = f".{form}" if form else "none"
            raise RecipeError(f"{target}: expected one of the endings {endings}, found {ending}")
    if form not in EXPORT_FORMS:
        raise unknown("form", form, EXPORT_FORMS)
    if form in EXPORT_TABLES:
        check_form(form)
    else:
        check_packages(form)
    return form


def _in_order(
    paths: Sequence[str],
    read: Callable[[str], list[Scan]],
    placement: Mapping[str, Any],
    voice: Voice,
    *,
    keep_going: bool,
) -> tuple[list[Keys], list[str], Iterator[Taken]]:
    """Return the keys of all scans, what else is known of any, and the scans one at a time, in order of time.

    Files are opened once for their places and times, and once more for their spectra, so that only those of one
    are held at a time; standard input is kept.
    """
    places: dict[int, tuple[str, int]] = {}  # of the scans of the file that was opened last
    held: dict[str, list[Scan]] = {}

    def noted(path: str) -> list[Scan]:
        opened = read(path)
        places.clear()
        places.update((id(scan), (path, number)) for number, scan in enumerate(opened))
        if is_stream(path):
            held[path] = opened
        return opened

    found = [(Visit.of(scan), places[id(scan)]) for scan in scans(paths, noted, voice, keep_going=keep_going)]
    if not found:
        raise InputError("no export could be read")
    schedule, notes = Schedule(**placement), list[str]()
    order = chronological([visit for visit, _ in found], schedule, notes)
    keys, more = place([found[i][0] for i in order], schedule)
    for note in (*notes, *more):
        tell(note, voice)

    def opened_again() -> Iterator[Taken]:
        kept = dict(held)
        for its_keys, i in zip(keys, order, strict=True):
            path, number = found[i][1]
            if path not in kept:
                kept = held | {path: read(path)}
            yield Taken(kept[path][number].settled(), its_keys)

    about = [visit.metadata for visit, _ in found]
    known = [name for name in ("started", "laser_nm") if any(getattr(its, name) is not None for its in about)]
    return keys, known, opened_again()


def _write(
    keys: Sequence[Keys],
    known: Sequence[str],
    in_order: Iterable[Taken],
    target: str,
    form: str,
    voice: Voice,
    timezone: str | None,
) -> None:
    """Write scans to one target; `known` names the columns that tidy rows have besides."""
    if form in EXPORT_TABLES:
        with open_writer(target, form, exact=True) as tables:
            for taken in in_order:
                for table in tidy_tables(taken, known):
                    tables.write(table)
        return
    writer = writer_of(form)
    beside = None
    if writer.single:
        if len(keys) > 1:
            raise UsageError(f"{len(keys)} measurements do not fit into one file: name a folder, -o DIR/")
        (taken,) = in_order = list(in_order)
        beside = _content_beside(taken.scan, writer)
        _say_left_out(taken.scan, writer, voice, alone=beside is not None and target == STDOUT)
    with Sink(target) as sink, BytesIO() if writer.single else _back_and_forth(target) as file:
        if words := _written(writer, keys, in_order, file, target, timezone):
            voice.say(f"{target}: {words}")
        file.seek(0)
        while data := file.read(1 << 20):
            sink.write(data)
    if beside is not None and target != STDOUT:
        for name in _companions([target], form):
            with Sink(name) as sink:
                sink.write(beside)


def _back_and_forth(target: str) -> BinaryIO:
    """Return a file for HDF5, which goes back and forth: on the disk of the target, without a name of its own.

    What is no file, such as standard output, has one in the temporary folder.
    """
    folder = None if is_device(target) else Path(target).resolve().parent
    try:
        return cast(BinaryIO, TemporaryFile(dir=folder, buffering=0))
    except OSError as error:
        raise InputError(f"{folder or target}: a temporary file cannot be made: {error.strerror}") from error


def _written(
    writer: Writer,
    keys: Sequence[Keys],
    taken: Iterable[Taken],
    file: BinaryIO,
    target: str,
    timezone: str | None,
) -> str:
    try:
        return writer.write(keys, taken, file, timezone)
    except InputError:
        raise
    except OSError as error:
        where = f"the temporary folder {gettempdir()}" if is_device(target) else target
        raise InputError(f"{where}: cannot be written: {error.strerror or error}") from error


def _say_left_out(scan: Scan, writer: Writer, voice: Voice, *, alone: bool) -> None:
    """Warn of what a file has no place for; `alone`, what its companion would hold is lost too."""
    lost = writer.left_out(scan)
    if alone and writer.companion:
        lost = [*lost, f"{writer.companion.holds} (they stand in a file of their own)"]
    for words in lost:
        voice.warn(f"{scan.source}: {writer.name} has no place for {words}")


def _content_beside(scan: Scan, writer: Writer) -> bytes | None:
    return writer.companion.content(scan) if writer.companion else None


def _check_companions(scans: Sequence[Scan], names: Sequence[str], form: str) -> None:
    """Make sure that measurements whose companions have one name have the same one."""
    told: dict[str, bytes | None] = {}
    for scan, name in zip(scans, names, strict=True):
        for path in _companions([name], form):
            content = _content_beside(scan, writer_of(form))
            if told.setdefault(path, content) != content:
                raise RecipeError(
                    f"{path}: two measurements would have this text and differ in what it says: "
                    "give each a folder of its own"
                )


def _companions(names: Sequence[str], form: str) -> list[str]:
    """Return the files that may be written beside files of these names."""
    companion = None if form in EXPORT_TABLES else writer_of(form).companion
    return [] if companion is None else list(dict.fromkeys(str(companion.path(n)) for n in names if n != STDOUT))
