"""Passing names: files and folders that are made beside a target, and what runs that were killed left of them.

Whoever makes one holds a lock on it as long as it lives. A killed process holds no lock any more, on whatever machine
it ran: what nobody holds is litter, and the next run that writes there removes it.
"""

from __future__ import annotations

import atexit
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows: there a file that is open cannot be removed
    fcntl = None  # type: ignore[assignment]

_NAME = r"\.ramanfit\.[0-9a-f]{12}\.tmp"
_FOLDER = ".files"  # what the name of a folder has more than that of the file that holds its lock
_OLD_S = 86_400.0  # an age at which a file is litter where nothing can be locked
_swept: set[Path] = set()
_held: dict[Path, BinaryIO] = {}


def passing_file(folder: Path) -> tuple[Path, BinaryIO]:
    """Make a file of a passing name in a folder, open for writing and held; sweep the folder first, once a process.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    sweep(folder)
    while True:
        path = folder / f".ramanfit.{os.urandom(6).hex()}.tmp"
        _held[path] = file = path.open("xb")
        if _lock(file) is not False:
            return path, file
        file.close()  # somebody swept it, between its making and its lock
        del _held[path]


def replace(path: Path, final: Path) -> None:
    """Give a passing file its final name.

    Raises
    ------
    OSError
        If that cannot be done; the passing file is still there.
    """
    if fcntl is None:  # what is open has to be closed first
        _held[path].close()
        path.replace(final)
    else:  # what is closed would be litter for whoever looks before it has its name
        path.replace(final)
        _held[path].close()
    del _held[path]


def let_go(path: Path) -> None:
    """Remove a passing file that is still there, with its folder, and hold it no longer."""
    _remove_folder(path)
    file = _held.pop(path, None)
    if fcntl is None and file is not None:
        file.close()
    with suppress(OSError):
        path.unlink()
    if file is not None:
        with suppress(OSError):
            file.close()


def passing_folder(beside: Path) -> tuple[Path, Path]:
    """Make a folder of a passing name; return the file that holds it, for `let_go`, and the folder.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    owner, _ = passing_file(beside)
    folder = _folder_of(owner)
    try:
        folder.mkdir()
    except BaseException:
        let_go(owner)
        raise
    return owner, folder


def sweep(folder: Path) -> None:
    """Remove from a folder what runs that are dead left there; once for each folder and process."""
    folder = Path(os.path.realpath(folder))
    if folder in _swept:
        return
    _swept.add(folder)
    with suppress(OSError), os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(".ramanfit.")]
        for name in names:
            owner = folder / name.removesuffix(_FOLDER)
            if re.fullmatch(_NAME, owner.name) and owner not in _held:
                _remove_litter(owner)


def _folder_of(owner: Path) -> Path:
    return owner.with_name(owner.name + _FOLDER)


def _remove_folder(owner: Path) -> None:
    folder = _folder_of(owner)
    if folder.is_dir():
        import shutil

        shutil.rmtree(folder, ignore_errors=True)


def _remove_litter(owner: Path) -> None:
    """Remove a passing file and its folder, if nobody holds it; a folder without its file is nobody's."""
    try:
        with owner.open("r+b") as file:
            held = _lock(file)
            if held is False or (held is None and time.time() - os.fstat(file.fileno()).st_mtime < _OLD_S):
                return
            _remove_folder(owner)
            if fcntl is not None:
                owner.unlink(missing_ok=True)
        if fcntl is None:
            owner.unlink(missing_ok=True)
    except FileNotFoundError:
        _remove_folder(owner)
    except OSError:  # of another user, or open elsewhere
        return


def _lock(file: BinaryIO) -> bool | None:
    """Take the lock on a file; return whether that went well, None where files cannot be locked."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return os.fstat(file.fileno()).st_nlink > 0


@atexit.register
def _let_go_of_all() -> None:
    """Remove what a signal left: one can arrive before the block that cleans up has begun."""
    for path in tuple(_held):
        let_go(path)
