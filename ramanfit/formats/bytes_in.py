"""A file, a .gz or standard input: its head, then its lines from front to back, or all its bytes at once."""

from __future__ import annotations

import codecs
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError, InputError
from ramanfit.formats.registry import FORMATS
from ramanfit.formats.streams import is_stream, take_stream

HEAD = 1 << 16  # enough to recognise any export
BLOCK = 1 << 20
LONGEST_LINE = 1 << 24  # a row of a million spectra
GZ_FREE = 16 << 20  # bytes that a .gz may hold whatever its own size; text of spectra is 2 to 10 times the size of
GZ_RATIO = 100  # its .gz, so that more than so many times is no measurement but a trap for the memory
_ENDINGS = frozenset(ending for one in FORMATS for ending in one.endings)
_BOM = b"\xef\xbb\xbf"


def strip_endings(name: str) -> str:
    """Return a file's name without ``.gz`` and without the ending of a text or a spectrum."""
    name = name.removesuffix(".gz")
    stem, dot, ending = name.rpartition(".")
    return stem if stem and dot + ending.lower() in _ENDINGS else name


class _Rejoined:
    """The first bytes of a stream, put back before the rest: a pipe cannot be rewound."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first, self._rest, self.taken = first, rest, 0

    def read(self, size: int = -1) -> bytes:
        if not self._first:
            some = self._rest.read(size)
        else:
            size = len(self._first) if size < 0 else size
            some, self._first = self._first[:size], self._first[size:]
        self.taken += len(some)
        return some


class _Recoded:
    """A stream in UTF-16, read as UTF-8; what is no UTF-16 becomes a sign that is part of no number."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._decoder = stream, codecs.getincrementaldecoder("utf-16")("replace")

    def read(self, size: int) -> bytes:
        text = ""
        while not text:
            raw = self._stream.read(size)
            text = self._decoder.decode(raw, not raw)
            if not raw:
                break
        return text.encode("utf-8", "replace")


class Source:
    """One input, open for reading; a context manager.

    Parameters
    ----------
    stream : binary file
        Read forward only.
    path : str
        As the user named it; used in every message and as `Scan.source`.
    file : Path, optional
        Where companions may lie; None for standard input.

    Attributes
    ----------
    head : bytes
        The first bytes, decompressed, in UTF-8 where the file is in UTF-16, without a byte order mark.
    line : int
        Number of the next line; kept by whoever consumes lines.
    ends_with_newline : bool
        Whether the last block did; False may mean that the file was cut short.
    """

    def __init__(self, stream: BinaryIO, path: str, file: Path | None = None) -> None:
        self.path, self.file, self.line, self.ends_with_newline = path, file, 1, True
        self._owned = stream if file is not None else None
        self._stream: Any = stream
        self._total = os.fstat(stream.fileno()).st_size if file is not None else 0
        self._taken = 0
        self._packed: _Rejoined | None = None
        self._buffer, self._at, self._ended = b"", 0, False
        self._content: npt.NDArray[np.uint8] | None = None
        self._fill(HEAD)
        if self._buffer[:2] == b"\x1f\x8b":
            import gzip

            self._packed = _Rejoined(self._buffer, stream)
            self._stream = gzip.GzipFile(fileobj=self._packed, mode="rb")  # type: ignore[call-overload]
            self._total, self._taken, self._buffer, self._ended = 0, 0, b"", False
            self._fill(HEAD)
        if self._buffer.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._stream = _Recoded(_Rejoined(self._buffer, self._stream))
            self._total, self._buffer, self._ended = 0, b"", False
            self._fill(HEAD)
        if self._buffer.startswith(_BOM):
            self._at = len(_BOM)
        self.head = self._buffer[self._at : HEAD]
        only_cr = b"\n" not in self.head and b"\r" in self.head[:-1]
        self._newline = b"\r" if only_cr else b"\n"

    @classmethod
    def open(cls, path: str, stream: BinaryIO | None = None, stdin_name: str = "-") -> Source:
        """Open a file, or `stream` (standard input by default) when the path is ``-``.

        What can be read only once is opened once, by whoever asks first.

        Raises
        ------
        InputError
            If there is no such file or it cannot be read.
        FormatError
            If it is a broken .gz, or one that holds far more than any export does.
        """
        if path == "-" and stream is not None:
            return cls(stream, stdin_name)
        if is_stream(path):
            return cls(take_stream(path), stdin_name if path == "-" else path)  # type: ignore[arg-type]
        file = Path(path)
        try:
            opened: Any = file.open("rb", buffering=0)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
        try:
            return cls(opened, path, file)
        except BaseException:
            opened.close()
            raise

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owned is not None:
            self._owned.close()

    @property
    def stem(self) -> str:
        """The file's name without its endings."""
        return strip_endings(Path(self.path).name)

    def _fill(self, wanted: int) -> None:
        """Have `wanted` unread bytes, or all there are."""
        chunks = [self._buffer[self._at :]]
        have = len(chunks[0])
        while have < wanted and not self._ended:
            try:
                chunk = self._stream.read(wanted - have)
            except (EOFError, zlib.error) as error:
                raise FormatError(self.path, f"broken .gz file: {error}") from error
            except OSError as error:
                if error.errno is None:  # gzip.BadGzipFile
                    raise FormatError(self.path, f"broken .gz file: {error}") from error
                raise InputError(f"{self.path}: {error.strerror}") from error
            self._ended = not chunk
            self._taken += len(chunk)
            if self._packed is not None and self._taken > max(GZ_FREE, GZ_RATIO * self._packed.taken):
                raise FormatError(
                    self.path,
                    expected=f"a .gz that holds at most {GZ_FREE >> 20} MiB or {GZ_RATIO} times its own size",
                    found="more",
                    hint="if it is sound, unpack it first",
                )
            chunks.append(chunk)
            have += len(chunk)
        self._buffer, self._at = b"".join(chunks), 0

    def _too_long(self) -> FormatError:
        return FormatError(
            self.path, line=self.line, expected=f"a line of at most {LONGEST_LINE >> 20} MiB", found="a longer one"
        )

    def peek(self) -> bytes:
        """Return the next line with its end, without consuming it; empty at the end of the file.

        Raises
        ------
        FormatError
            If the line is longer than any export's.
        """
        while True:
            end = self._buffer.find(self._newline, self._at)
            unread = (end + 1 if end >= 0 else len(self._buffer)) - self._at
            if unread > LONGEST_LINE:
                raise self._too_long()
            if end >= 0 or self._ended:
                return self._buffer[self._at : self._at + unread]
            self._fill(max(HEAD, 2 * unread))

    def peek_after(self, line: bytes) -> bytes:
        """Return the line behind the one that `peek` returned, with its end, as far as it is short enough."""
        wanted = HEAD
        while True:
            start = self._at + len(line)
            end = self._buffer.find(self._newline, start)
            if end >= 0 or self._ended or wanted > LONGEST_LINE:
                return self._buffer[start : end + 1 if end >= 0 else len(self._buffer)]
            wanted = 2 * max(wanted, len(self._buffer) - self._at)
            self._fill(wanted)

    def skip(self, line: bytes) -> None:
        """Consume the line that `peek` returned."""
        self._at += len(line)
        self.line += 1

    def blocks(self) -> Iterator[bytes]:
        """Yield the rest in blocks of whole lines; the consumer keeps `line`.

        Raises
        ------
        FormatError
            If a line is longer than any export's.
        """
        wanted = BLOCK
        while True:
            self._fill(wanted)
            if self._ended:
                if self._buffer:
                    self.ends_with_newline = self._buffer.endswith((b"\n", b"\r"))
                    block, self._buffer = self._buffer, b""
                    yield block
                return
            cut = self._buffer.rfind(self._newline) + 1
            if not cut:
                if len(self._buffer) > LONGEST_LINE:
                    raise self._too_long()
                wanted *= 2
                continue
            block, self._buffer = self._buffer[:cut], self._buffer[cut:]
            yield block

    def rest(self) -> bytes:
        """Return all that is still to come."""
        return b"".join(self.blocks())

    def content(self) -> npt.NDArray[np.uint8]:
        """Return every byte from the first on, read-only: a map of a plain file, so that only what is used is read.

        The map outlives this object. What cannot be mapped, such as a .gz or a pipe, is read into memory.

        Returns
        -------
        uint8 array [bytes]

        Raises
        ------
        InputError
            If the file cannot be read.
        FormatError
            If it is a broken .gz.
        """
        if self._total:
            import mmap

            try:
                return np.frombuffer(mmap.mmap(self._stream.fileno(), 0, access=mmap.ACCESS_READ), dtype=np.uint8)
            except (OSError, ValueError):  # a file system that maps nothing
                pass
        if self._content is not None:
            return self._content
        whole = bytearray(self._buffer)
        while not self._ended:
            self._buffer, self._at = b"", 0
            self._fill(BLOCK)
            whole += self._buffer
        everything = np.frombuffer(whole, dtype=np.uint8)
        everything.flags.writeable = False
        self._content = everything
        return everything

    def position(self) -> int | None:
        """Return the byte of the file at which the next line begins; None where what is read is not the file itself."""
        return self._taken - len(self._buffer) + self._at if self._total else None

    def back_to(self, position: int) -> None:
        """Read on from a byte that `position` returned."""
        self._stream.seek(position)
        self._buffer, self._at, self._ended, self._taken = b"", 0, False, position
        self.ends_with_newline = True

    def descriptor(self) -> int:
        """Return the number of the open file."""
        return int(self._stream.fileno())

    def rows_ahead(self, row: int) -> int:
        """Estimate how many rows of `row` bytes are still to come."""
        if not self._total:
            return 0
        return (self._total - self._taken + len(self._buffer) - self._at) // max(row, 1) + 1
