"""Where results go: standard output, a device, or a file that appears whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from ramanfit.errors import InputError
from ramanfit.tables.passing import let_go, passing_file, replace

STDOUT = "-"
_DEVICE_FOLDERS = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
_watched: list[Any] = []  # the digest of what goes to standard output, where somebody wants to know it


def is_device(target: str | os.PathLike[str]) -> bool:
    """Tell whether a target is standard output or stands for an open file: it is added to, not replaced."""
    return os.fspath(target) == STDOUT or Path(target).absolute().parent in _DEVICE_FOLDERS


def watch_stdout() -> None:
    """Take the SHA-256 of all that a `Sink` writes to standard output from now on; not of what a terminal shows."""
    _watched.clear()
    if sys.stdout is not None and not sys.stdout.isatty():
        import hashlib

        _watched.append(hashlib.sha256())


def digest_of_stdout() -> str | None:
    """Return the SHA-256 of what went to standard output since `watch_stdout`; None: it was not taken."""
    return str(_watched[0].hexdigest()) if _watched else None


class Sink:
    """Bytes on their way to a target; a context manager.

    An ordinary file is written under a passing name in the same folder, made when the first bytes are there, and takes
    the target's place when the block ends well; on any failure it is removed and an earlier file stays as it was.
    Standard output, devices and named pipes are written as they are.

    Parameters
    ----------
    target : str
        A path, or ``"-"`` for standard output.

    Raises
    ------
    InputError
        When the target cannot be opened, written or put in place. A reader that has closed its end of a pipe is
        a `BrokenPipeError` instead.
    """

    def __init__(self, target: str | os.PathLike[str] = STDOUT) -> None:
        self.target = os.fspath(target)
        self._passing: Path | None = None  # the passing name, while there is one
        self._final: Path | None = None  # the ordinary file that it becomes
        self._file: BinaryIO | None = None
        if self.target == STDOUT:
            if sys.stdout is None:
                raise InputError("standard output is closed")
            self._file = sys.stdout.buffer
            return
        try:
            self._open()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise self._failure(error) from error

    def _open(self) -> None:
        """Open what is written as it is; look whether an ordinary file can be written, which is made later."""
        path = Path(self.target).absolute()
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            mode = 0
        if path.parent in _DEVICE_FOLDERS or (mode and not stat.S_ISREG(mode)):
            # appended, because /dev/stdout may be a file that the shell opened with >>
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "wb")
            return
        final = Path(os.path.realpath(path))
        final.parent.stat()
        if not final.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if (mode and not os.access(final, os.W_OK)) or not os.access(final.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        self._final = final

    def _opened(self) -> BinaryIO:
        """Return the file that is written: an ordinary one is made when the first bytes are there, or at the end."""
        if self._file is None:
            final = self._final or Path(self.target)
            self._passing, self._file = passing_file(final.parent)
            with suppress(FileNotFoundError):
                self._passing.chmod(stat.S_IMODE(final.stat().st_mode))
        return self._file

    def write(self, data: bytes) -> None:
        """Write all of `data`, and do not keep it back."""
        try:
            file = self._opened()
            if self.target == STDOUT:
                for digest in _watched:
                    digest.update(data)
            left = memoryview(data)
            while left:  # python -u: standard output takes what fits
                left = left[file.write(left) :]
            file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._failure(error) from error

    def __enter__(self) -> Sink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.target == STDOUT:
            return
        try:
            if self._final is None and self._file is not None:
                self._file.close()
            elif self._final is not None and kind is None:
                self._put_in_place(self._final)
        except OSError as failure:
            if kind is None:
                raise self._failure(failure) from failure
        finally:
            if self._passing:
                let_go(self._passing)
                self._passing = None

    def _put_in_place(self, final: Path) -> None:
        file = self._opened()
        file.flush()
        os.fsync(file.fileno())
        if self._passing:
            replace(self._passing, final)

    def _failure(self, error: Exception) -> InputError:
        name = "standard output" if self.target == STDOUT else self.target
        folder = Path(name).parent
        if isinstance(error, FileNotFoundError) and not folder.exists():
            return InputError(f"{name}: cannot be written: there is no folder {folder}", hint="make the folder first")
        return InputError(f"{name}: cannot be written: {getattr(error, 'strerror', None) or error}")
