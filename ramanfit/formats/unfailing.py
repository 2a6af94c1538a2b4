"""A file for HDF5, which does not survive one that cannot be written: it crashes when it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO


class Unfailing:
    """A file whose failure waits: what was not written is kept in memory, and told by `check`.

    Parameters
    ----------
    file : binary file
        For reading and writing, unbuffered: what is held back could fail later.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._failure: OSError | None = None
        self._unwritten: list[tuple[int, bytes]] = []
        self._at = 0

    def check(self) -> None:
        """Raise the OSError that was met; called between pieces, so that little is kept."""
        if self._failure is not None:
            raise self._failure

    def write(self, data: bytes) -> int:
        """Write, or keep; always all of it."""
        data = bytes(data)
        if self._failure is None:
            try:
                self._file.seek(self._at)
                left = memoryview(data)
                while left:
                    left = left[self._file.write(left) :]
            except OSError as failure:
                self._failure = failure
        if self._failure is not None and data:
            self._unwritten.append((self._at, data))
        self._at += len(data)
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Return what was written there, wherever it is; zeros where nothing was."""
        start = self._at
        self._file.seek(start)
        some = bytearray(self._file.read(size))
        if size > len(some) and self._failure is not None:
            some.extend(bytes(size - len(some)))
        for at, data in self._unwritten:
            low, high = max(at, start), min(at + len(data), start + len(some))
            if low < high:
                some[low - start : high - start] = data[low - at : high - at]
        self._at += len(some)
        return bytes(some)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place; nothing fails yet."""
        self._at = offset if whence == 0 else self._at + offset if whence == 1 else self._end() + offset
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def truncate(self, size: int | None = None) -> int:
        """Give the file a size, if that can be done."""
        size = self._at if size is None else size
        if self._failure is None:
            try:
                self._file.truncate(size)
            except OSError as failure:
                self._failure = failure
        return size

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def _end(self) -> int:
        written = self._file.seek(0, 2)
        return max([written, *(at + len(data) for at, data in self._unwritten)])


@contextmanager
def unfailing(file: BinaryIO) -> Iterator[Unfailing]:
    """Give a block of HDF5 a file; raise at its end what went wrong with it.

    Raises
    ------
    OSError
        If the file could not be written.
    """
    kept = Unfailing(file)
    try:
        yield kept
    except Exception:
        kept.check()  # whatever HDF5 made of it
        raise
    kept.check()
