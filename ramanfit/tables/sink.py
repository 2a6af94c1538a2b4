"""Where results go: standard output, a device, or a file that appears whole or not at all."""

from __future__ import annotations

import atexit
import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from ramanfit.errors import InputError

STDOUT = "-"
_DEVICE_FOLDERS = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))


def is_device(target: str | os.PathLike[str]) -> bool:
    """Tell whether a target is standard output or stands for an open file: it is added to, not replaced."""
    return os.fspath(target) == STDOUT or Path(target).absolute().parent in _DEVICE_FOLDERS


class Sink:
    """Bytes on their way to a target; a context manager.

    An ordinary file is written under a passing name in the same folder and takes the target's place when the
    block ends well; on any failure it is removed and an earlier file stays as it was. Standard output, devices and
    named pipes are written as they are.

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
        self._final = Path()
        self._file: BinaryIO
        if self.target == STDOUT:
            if sys.stdout is None:
                raise InputError("standard output is closed")
            self._file = sys.stdout.buffer
            return
        try:
            self._open()
        except OSError as error:
            raise self._failure(error) from error

    def _open(self) -> None:
        path = Path(self.target).absolute()
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            mode = 0
        if path.parent in _DEVICE_FOLDERS or (mode and not stat.S_ISREG(mode)):
            # appended, because /dev/stdout may be a file that the shell opened with >>
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "wb")
            return
        final = path.resolve()
        if mode and not os.access(final, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        passing = final.with_name(f".ramanfit-{os.urandom(6).hex()}.tmp")
        _unfinished.add(passing)
        self._file = passing.open("xb")
        self._passing, self._final = passing, final
        if mode:
            passing.chmod(stat.S_IMODE(mode))

    def write(self, data: bytes) -> None:
        """Write all of `data`, and do not keep it back."""
        try:
            left = memoryview(data)
            while left:  # python -u: standard output takes what fits
                left = left[self._file.write(left) :]
            self._file.flush()
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
            with self._file:
                if kind is None and self._passing:
                    os.fsync(self._file.fileno())
            if kind is None and self._passing:
                self._passing.replace(self._final)
                _unfinished.discard(self._passing)
                self._passing = None
        except OSError as failure:
            if kind is None:
                raise self._failure(failure) from failure
        finally:
            if self._passing:
                _remove(self._passing)

    def _failure(self, error: OSError) -> InputError:
        name = "standard output" if self.target == STDOUT else self.target
        return InputError(f"{name}: cannot be written: {error.strerror or error}")


_unfinished: set[Path] = set()


def _remove(passing: Path) -> None:
    with suppress(OSError):
        passing.unlink()
    _unfinished.discard(passing)


@atexit.register
def _remove_unfinished() -> None:
    """Remove what a signal left: one can arrive before the block that cleans up has begun."""
    for passing in tuple(_unfinished):
        _remove(passing)
