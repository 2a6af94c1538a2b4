"""From what stands on the command line to the files to read: folders expanded, split exports counted once."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ramanfit.errors import FormatError, InputError
from ramanfit.formats import split
from ramanfit.formats.bytes_in import Source, strip_endings
from ramanfit.formats.reader import Lacking, Reader
from ramanfit.formats.refusals import refusal
from ramanfit.formats.registry import binary_reader, text_reader
from ramanfit.formats.streams import is_stream

WAITS, NOWHERE = "a FIFO, socket or device", "a link that leads nowhere"


class Passed(NamedTuple):
    """A file that was passed over, and why."""

    path: str
    reason: str


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return a key that sorts P.txt before P2.txt before P10.txt."""
    runs = (run for run in re.split(r"(\d{1,300})", strip_endings(name).casefold()) if run)
    return [(0, int(run), "") if run.isdecimal() else (1, 0, run) for run in runs], name


def find_exports(paths: Sequence[str], *, errors: list[InputError] | None = None) -> tuple[list[str], list[Passed]]:
    """Return the files to read.

    Parameters
    ----------
    paths : sequence of str
        Files, folders, ``-``, or ``FILE::NAME``. A folder stands for every readable export in it, in natural
        order, not for those in its folders. Parts of a split export stand for it together, whichever are
        named; the first of them is returned.
    errors : list, optional
        Takes the errors, so that the other paths are still looked at (`--keep-going`).

    Returns
    -------
    files : list of str
        For `open_scans`, each once, in natural order; as given where one of them can be read only once. A file that
        was named is returned whatever it is, and so is one in a folder that is an export and broken: `open_scans` says
        what is wrong.
    passed : list of Passed
        What in the folders is clearly no spectrum.

    Raises
    ------
    InputError
        If a folder cannot be listed or holds no spectrum, or there is no such file, and `errors` is not given.
    """
    files: list[str] = []
    passed: list[Passed] = []
    seen: set[object] = set()
    for path in paths:
        folder = Path(path)
        named = [path]
        try:
            if path != "-" and folder.is_dir():
                named, over = _in_folder(path, folder)
                passed += over
            elif path != "-":
                _expect_file(path)
        except InputError as error:
            if errors is None:
                raise
            errors.append(error)
            continue
        for file in named:
            identity = identity_of(file)
            if identity not in seen:
                seen.add(identity)
                files.append(file)
    return files if any(map(is_stream, files)) else sorted(files, key=natural_key), passed


def split_selection(path: str) -> tuple[str, str | None]:
    """Split ``FILE::NAME`` into file and name, None without one or if there is a file of the whole name."""
    file, mark, name = path.partition("::")
    if not mark or Path(path).exists():
        return path, None
    return file, name


def _expect_file(path: str) -> None:
    """Make sure that there is a file of this name, before any other is read."""
    file = Path(split_selection(path)[0])
    try:
        file.stat()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        near = []
        if isinstance(error, FileNotFoundError) and file.parent.is_dir():
            from difflib import get_close_matches

            near = get_close_matches(file.name, [other.name for other in file.parent.iterdir()], n=1)
        hint = f"did you mean {file.parent / near[0]}?" if near else None
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}", hint=hint) from error


def _in_folder(path: str, folder: Path) -> tuple[list[str], list[Passed]]:
    try:
        with os.scandir(folder) as entries:
            inside = {entry.name: _is_folder(entry) for entry in entries}
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    files: list[str] = []
    passed: list[Passed] = []
    for name in sorted(inside, key=natural_key):
        if inside[name] or is_hidden(name):
            continue
        file = folder / name
        why = not_wanted(file)
        if why:
            passed.append(Passed(str(file), why))
        else:
            files.append(str(file))
    if not files:
        counted = f"{len(passed)} file{'s' if len(passed) != 1 else ''} passed over"
        shown = sorted(passed, key=lambda over: not isinstance(over.reason, Lacking))  # what can be mended
        hint = f"for example {Path(shown[0].path).name}: {shown[0].reason}" if passed else None
        if any(inside.values()) and not passed:
            hint = "folders in a folder are not searched: name them"
        raise InputError(f"{path}: no spectrum in this folder, {counted}", hint=hint)
    return files, passed


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return Path(entry).is_dir() if entry.is_symlink() else entry.is_dir()


def _is_plain(file: Path) -> bool:
    """Tell whether a file is neither a link nor a stream."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return False


def is_hidden(name: str) -> bool:
    """Tell whether a file in a folder is not even looked at: hidden ones, and what an office program has open."""
    return name.startswith((".", "~$"))


def not_wanted(file: Path) -> str:
    """Return why a file in a folder is no spectrum; an empty string if it is one, or meant to be one."""
    if not _is_plain(file):
        if is_stream(str(file)):
            return WAITS
        if file.is_symlink() and not file.exists():
            return NOWHERE
    try:
        with Source.open(str(file)) as source:
            binary = binary_reader(source.head)
            if binary is not None:
                return binary.no_spectrum(source)
            why = refusal(source.head, file.name)
            if why is None:
                return _text_not_wanted(source)
            if why.foreign and (reader := _outside_reader(source)) is not None:
                return reader.no_spectrum(source)
    except (InputError, FormatError):
        return ""
    textual = strip_endings(file.name) != file.name.removesuffix(".gz")
    if why.broken and textual:
        return ""
    return why.what


def _text_not_wanted(source: Source) -> str:
    reader = text_reader(source.head, source.file.name if source.file else None) or _outside_reader(source)
    return "no rows of numbers" if reader is None else reader.no_spectrum(source)


def _outside_reader(source: Source) -> Reader | None:
    from ramanfit.formats.outside import outside_reader

    return outside_reader(source)[0]


def identity_of(path: str) -> object:
    """Return what two names of one measurement have in common."""
    if path == "-":
        return path
    file = Path(path)
    split_file = split.split_file_of(file.name)
    try:
        real = Path(os.path.realpath(file))  # a loop of links is no error here
        if split_file is not None and real.is_file():
            with Source.open(path) as source:
                if split.is_split_file(file.name, source.head):
                    return real.parent, split_file.stem, split_file.pair
    except (OSError, RuntimeError, ValueError, InputError, FormatError):  # RuntimeError: a loop of links, before 3.13
        return path
    return real
