"""What a folder that fills holds, found out again and again with little work."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ramanfit.formats import natural_key
from ramanfit.formats.find import identity_of, is_hidden, not_wanted

SHARE = 100.0  # a whole folder is looked at again after so many times what that took: a hundredth of a core
YOUNG_S = 60.0  # a file that changed within this time is looked at every time
GRAIN_S = 3.0  # a folder that changed within this time may change again without another time stamp


class Look(NamedTuple):
    """What a file was like when it was looked at."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, about: os.stat_result) -> Look:
        """Return what is compared of what the system tells of a file."""
        return cls(about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)


@dataclass
class File:
    """A file in the folder.

    Attributes
    ----------
    look : Look
    since_s : float
        When it was found so.
    passed : str
        Why it is no export; empty: it is one, or a part of one.
    export : object
        What the parts of one export have in common.
    """

    look: Look
    since_s: float
    passed: str = ""
    export: object = None


class Changes(NamedTuple):
    """Names of files that are new or have changed, and of those that are gone; whether all were looked at."""

    changed: frozenset[str]
    gone: frozenset[str]
    whole: bool


@dataclass
class Listing:
    """The files of a folder.

    Attributes
    ----------
    folder : Path
    files : dict of str to File
        By name; neither hidden ones nor folders.
    exports : dict of object to set of str
        Names of the files of every export.
    version : int
        Counts changes of names and sizes.
    """

    folder: Path
    files: dict[str, File] = field(default_factory=dict)
    exports: dict[object, set[str]] = field(default_factory=dict)
    version: int = 0
    _stamp: object = None  # of the folder, when all was looked at
    _next_s: float = 0.0
    _begun: bool = False

    def path(self, export: object) -> str:
        """Return the file that stands for an export: the first in natural order."""
        return str(self.folder / min(self.exports[export], key=natural_key))

    def look(self) -> Changes:
        """Find out what has changed: everything if the folder itself has or it is time for that, else young files.

        Raises
        ------
        OSError
            If the folder cannot be listed.
        """
        about, now_s = self.folder.stat(), time.monotonic()
        stamp = (about.st_mtime_ns, about.st_ino, about.st_dev)
        whole = stamp != self._stamp or now_s >= self._next_s
        if whole:
            looks = self._all()
            self._next_s = now_s
            settled = abs(time.time() - about.st_mtime) > GRAIN_S
            self._stamp = stamp if settled else None
            gone = frozenset(self.files.keys() - looks.keys())
        else:
            young = [name for name, file in self.files.items() if now_s - file.since_s < YOUNG_S]
            looks = {name: look for name in young if (look := look_at(self.folder / name)) is not None}
            gone = frozenset(young) - looks.keys()
        changed = {name for name, look in looks.items() if name not in self.files or self.files[name].look != look}
        if gone or any(name not in self.files or self.files[name].look.size != looks[name].size for name in changed):
            self.version += 1
        for name in gone:
            self._leave(name)
        first_s = None if self._begun else time.time()  # what was there before counts as old as it says it is
        self._begun = True
        for name in sorted(changed, key=natural_key):
            age_s = 0.0 if first_s is None else max(first_s - looks[name].mtime_ns * 1e-9, 0.0)
            self._take(name, looks[name], now_s - age_s)
        return Changes(frozenset(changed), gone, whole)

    def rest(self, took_s: float) -> None:
        """Leave the whole folder alone for a while, after what it took to look at all of it."""
        self._next_s = time.monotonic() + SHARE * took_s

    def _all(self) -> dict[str, Look]:
        looks: dict[str, Look] = {}
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if is_hidden(entry.name):
                    continue
                try:
                    about = entry.stat()
                except OSError:  # a link that leads nowhere, or gone since
                    look = look_at(self.folder / entry.name)
                    if look is not None:
                        looks[entry.name] = look
                    continue
                if not stat.S_ISDIR(about.st_mode):
                    looks[entry.name] = Look.of(about)
        return looks

    def _take(self, name: str, look: Look, since_s: float) -> None:
        self._leave(name)
        path = self.folder / name
        file = File(look, since_s, not_wanted(path))
        self.files[name] = file
        if not file.passed:
            file.export = identity_of(str(path))
            self.exports.setdefault(file.export, set()).add(name)

    def _leave(self, name: str) -> None:
        file = self.files.pop(name, None)
        if file is not None and not file.passed:
            names = self.exports[file.export]
            names.discard(name)
            if not names:
                del self.exports[file.export]


def look_at(path: Path) -> Look | None:
    """Return what a file is like, a link where that leads nowhere; None if there is none."""
    for follow in (True, False):
        try:
            return Look.of(path.stat(follow_symlinks=follow))
        except OSError:
            continue
    return None
