"""Inputs that can be read only once: standard input, FIFOs, process substitutions. Each is opened once, and hashed."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any, BinaryIO

from ramanfit.errors import InputError

_BLOCK = 1 << 20
_STDIN = "-"
_opened: dict[str, Stream] = {}


class Stream:
    """An input that is read forward only, though its first bytes may be looked at; hashed as it goes by."""

    def __init__(self, path: str, raw: BinaryIO) -> None:
        import hashlib

        self.raw, self.taken = raw, False
        self._path, self._ahead, self._digest = path, b"", hashlib.sha256()

    def _next(self, size: int) -> bytes:
        try:
            chunk = self.raw.read(size) or b""
        except OSError as error:
            raise InputError(f"{self._path}: {error.strerror}") from error
        self._digest.update(chunk)
        return chunk

    def peek(self, size: int) -> bytes:
        """Return the first bytes, which stay; fewer where the input is shorter."""
        while len(self._ahead) < size and (chunk := self._next(size - len(self._ahead))):
            self._ahead += chunk
        return self._ahead[:size]

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, all that are left if it is below 0; none at the end."""
        if size < 0:
            return b"".join(iter(lambda: self.read(_BLOCK), b""))
        if self._ahead:
            first, self._ahead = self._ahead[:size], self._ahead[size:]
            return first
        return self._next(size)

    def sha256(self) -> str:
        """Return the digest of the whole input; what nobody has read is read for it."""
        while self._next(_BLOCK):
            pass
        return self._digest.hexdigest()


def is_stream(path: str) -> bool:
    """Tell whether an input can be read only once."""
    if path == _STDIN:
        return True
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - every file of a folder is asked for
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def was_stream(source: str) -> bool:
    """Tell whether a name that a table gives cannot be opened for what was read then: a stream, or a name of one.

    Such names stand for whatever this process has open, and a FIFO or a device may never give a byte.
    """
    return is_stream(source) or os.path.normpath(source).startswith(("/dev/fd/", "/dev/std", "/proc/"))


def stream_of(path: str) -> Stream:
    """Return an input that can be read only once: opened the first time it is asked for, the same from then on.

    Raises
    ------
    InputError
        If it cannot be opened.
    """
    raw: Any = None
    if path == _STDIN:
        raw = getattr(sys.stdin, "buffer", None)
        if raw is None or raw.closed:
            raise InputError("-: standard input is closed")
    before = _opened.get(path)
    if before is not None and (raw is None or before.raw is raw):
        return before
    if raw is None:
        try:
            raw = Path(path).open("rb", buffering=0)  # noqa: SIM115 - as long as the command
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error
    _opened[path] = Stream(path, raw)
    return _opened[path]


def whole_input(path: str) -> bytes:
    """Return all bytes of an input, a file or one that can be read only once.

    Raises
    ------
    InputError
        If it cannot be read, or only once and somebody has.
    """
    if is_stream(path):
        return take_stream(path).read()
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def take_stream(path: str) -> Stream:
    """Return an input to whoever reads it to its end.

    Raises
    ------
    InputError
        If it cannot be opened, or somebody has read it before.
    """
    stream = stream_of(path)
    if stream.taken:
        raise InputError(f"{path}: can be read only once, and is named twice")
    stream.taken = True
    return stream
