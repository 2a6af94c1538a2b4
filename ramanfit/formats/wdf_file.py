"""Renishaw's .wdf: a header, then blocks of bytes that each say what they are and how long.

The layout is that of the maker's header file, wdf.h. Every size that a file states is compared with the bytes that are
there before anything is taken for it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError

_HEADER, _BLOCK, _LIST, _ORIGIN = 512, 16, 8, 24  # bytes
_FIELDS = struct.Struct("<60xIQQIIII24xH6xIIQQ4xf48x32s160s")
_FLAGS = 16  # byte of the header
_OWN_AXES, _TRACKS, _NO_SPIKES = 0x01, 0x08, 0x04  # bits of it
_FIRST_YEAR = datetime(1601, 1, 1, tzinfo=timezone.utc)
_IN_UTC = 4  # version of WiRE
_DEEPEST = 8
_MOST_SETTINGS = 1 << 20  # bytes
_FIXED = {"?": "?", "c": "b", "s": "h", "i": "i", "w": "I", "r": "f", "q": "d", "l": "q", "t": "q"}

_Names = dict[int, str]


class Header(NamedTuple):
    """What the first block says, as `_FIELDS` has it.

    Attributes
    ----------
    channels, planned, spectra, accumulations : int
        Of a spectrum; spectra that there is room for, and that were measured; accumulations of one.
    rows, columns, origins : int
        Lengths of the two lists, and of that of origins.
    version : int
        Of WiRE.
    scan, kind : int
        How and what was measured.
    start, end : int
        In 100 ns since 1601.
    laser_cm1 : float
    user, title : bytes
    """

    channels: int
    planned: int
    spectra: int
    accumulations: int
    rows: int
    columns: int
    origins: int
    version: int
    scan: int
    kind: int
    start: int
    end: int
    laser_cm1: float
    user: bytes
    title: bytes


class Area(NamedTuple):
    """The area of a map: flags, and first place, step and number of points along x, y and z."""

    flags: int
    first: tuple[float, float, float]
    step: tuple[float, float, float]
    points: tuple[int, int, int]


class Origin(NamedTuple):
    """One value for every spectrum: what it is, its unit, its name, whether the spectra were set apart by it."""

    kind: int
    unit: int
    name: str
    primary: bool
    values: npt.NDArray[np.uint8]  # 8 bytes for every planned spectrum


class WdfFile:
    """A .wdf file.

    Parameters
    ----------
    raw : uint8 array
        All its bytes.
    path : str
        For messages.

    Attributes
    ----------
    header : Header
    notes : list of str
        What was found that is not read.

    Raises
    ------
    FormatError
        If it is cut short, or of a form that is not read.
    """

    def __init__(self, raw: npt.NDArray[np.uint8], path: str) -> None:
        self._raw, self._path, self.notes = raw, path, list[str]()
        if raw.size < _HEADER:
            raise FormatError(path, expected=f"a header of {_HEADER} bytes", found=str(raw.size))
        self.header = Header(*_FIELDS.unpack_from(raw.data))
        self._blocks = self._walk()
        self._refuse_other_forms()

    def counts(self) -> tuple[npt.NDArray[np.float32], int]:
        """Return the counts [planned, channels], a view of the file, and the byte at which they begin."""
        header = self.header
        at, size = self._block("DATA", 4 * header.channels * header.planned, self._sizes())
        return self._raw[at : at + size].view("<f4").reshape(header.planned, header.channels), at

    def axis(self) -> tuple[npt.NDArray[np.float64], int]:
        """Return the axis [channels] and the number of its unit."""
        at, size = self._block("XLST", _LIST + 4 * self.header.channels, f"{self.header.channels} channels")
        unit = int(self._raw[at + 4 : at + _LIST].view("<u4")[0])
        with np.errstate(invalid="ignore"):  # an axis that is not finite is refused later
            return self._raw[at + _LIST : at + size].view("<f4").astype(np.float64), unit

    def origins(self) -> list[Origin]:
        """Return what is known of every spectrum, in the file's order."""
        wanted, each = self.header.origins, _ORIGIN + 8 * self.header.planned
        if not wanted:
            return []
        at, _ = self._block("ORGN", 4 + wanted * each, f"{wanted} origins of {self.header.planned} spectra")
        origins = []
        for start in range(at + 4, at + 4 + wanted * each, each):
            kind, unit, name = struct.unpack_from("<II16s", self._raw.data, start)
            values = self._raw[start + _ORIGIN : start + each]
            origins.append(Origin(kind & 0x7FFFFFFF, unit, text(name), bool(kind >> 31), values))
        return origins

    def area(self) -> Area | None:
        """Return the area of a map, None if there is none."""
        if "WMAP" not in self._blocks:
            return None
        at, _ = self._block("WMAP", 48, "the area of a map")
        flags, *numbers = struct.unpack_from("<I4x6f3I", self._raw.data, at)
        return Area(flags, tuple(numbers[:3]), tuple(numbers[3:6]), tuple(numbers[6:]))

    def comment(self) -> str:
        """Return the comment, empty if there is none."""
        start, end = self._blocks.get("TEXT", (0, 0))
        return text(self._raw[start : min(end, start + 10_000)].tobytes())

    def settings(self, name: str) -> list[str | float]:
        """Return every value that a setting of the measurement has."""
        start, end = self._blocks.get("WXDM", (0, 0))
        raw = self._raw[start : min(end, start + _MOST_SETTINGS)].tobytes()
        at = raw.find(b"PSET")
        properties = memoryview(raw)[at + 8 :] if at >= 0 else memoryview(b"")
        return [value for key, value in _properties(properties, (), _DEEPEST) if key == name]

    def _walk(self) -> dict[str, tuple[int, int]]:
        """Return first byte and end of the content of every block, the first of each name."""
        raw, at, blocks = self._raw, 0, dict[str, tuple[int, int]]()
        while at + _BLOCK <= raw.size:
            name, size = struct.unpack_from("<4s4xQ", raw.data, at)
            if not _BLOCK <= size <= raw.size - at:
                break
            blocks.setdefault(name.decode("latin-1"), (at + _BLOCK, at + size))
            at += size
        if at < raw.size:
            self.notes.append(f"byte {at}: a block that does not end inside the file, not read")
        return blocks

    def _block(self, name: str, size: int, of: str) -> tuple[int, int]:
        """Return first byte and used size of a block that must be there."""
        start, end = self._blocks.get(name, (0, 0))
        if end - start < size:
            actual = str(end - start) if end else f"none: {', '.join(self._blocks) or 'no blocks'}"[:80]
            raise FormatError(self._path, f"block {name}", expected=f"{size} bytes for {of}", found=_printable(actual))
        return start, size

    def _sizes(self) -> str:
        return f"{self.header.planned} spectra of {self.header.channels} channels"

    def _refuse_other_forms(self) -> None:
        header, flags = self.header, int(self._raw[_FLAGS])
        way = "in WiRE: File, Save As, as text (.txt)"
        if header.channels < 2:
            raise FormatError(self._path, "byte 60", expected="at least 2 channels", found=str(header.channels))
        if not 1 <= header.spectra <= header.planned:
            actual = f"{header.spectra} of {header.planned}"
            raise FormatError(self._path, "byte 72", expected="at least 1 measured spectrum", found=actual, hint=way)
        if flags & (_OWN_AXES | _TRACKS):
            actual = "one for each" if flags & _OWN_AXES else "several tracks"
            raise FormatError(self._path, "byte 16", expected="one axis for all spectra", found=actual, hint=way)
        if header.rows > 1 or header.columns != header.channels:
            actual = f"pictures of {header.columns} x {header.rows}"
            raise FormatError(self._path, "byte 84", expected=f"spectra of {header.channels} channels", found=actual)
        if flags & _NO_SPIKES:
            self.notes.append("cosmic rays were removed while it was measured")


def text(raw: bytes) -> str:
    """Return a text that may end before its bytes do."""
    raw = raw.partition(b"\0")[0]
    try:
        return _printable(raw.decode("utf-8")).strip()
    except UnicodeDecodeError:
        return _printable(raw.decode("latin-1")).strip()


def moment(ticks: int, version: int) -> datetime | None:
    """Return a time in 100 ns since 1601, None where there is none.

    It is UTC, as texts and SPC files that WiRE 4 and 5 exported show; in files of WiRE 3 it is the clock of the PC.
    """
    try:
        when = _FIRST_YEAR + timedelta(microseconds=ticks // 10) if ticks else None
    except OverflowError:
        return None
    return when if when is None or version >= _IN_UTC else when.replace(tzinfo=None)


def _printable(words: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in words)


def _properties(raw: memoryview, around: tuple[_Names, ...], deepest: int) -> Iterator[tuple[str, str | float]]:
    """Yield the named values in a list of properties; lists in it may use the names of those around them."""
    inner = {key: text(bytes(value)) for code, key, value in _records(raw) if code == "k"}
    names = (inner, *around)
    for code, key, value in _records(raw):
        if code == "p" and deepest:
            yield from _properties(value, names, deepest - 1)
        elif code == "u" or code in _FIXED:
            name = next((its[key] for its in names if key in its), "")
            yield name, text(bytes(value)) if code == "u" else float(struct.unpack(f"<{_FIXED[code]}", value)[0])


def _records(raw: memoryview) -> Iterator[tuple[str, int, memoryview]]:
    """Yield kind, key and content of every property up to the first that is not understood."""
    at = 0
    while at + 4 <= len(raw):
        letter, key = struct.unpack_from("<cxH", raw, at)
        code, at = letter.decode("latin-1"), at + 4
        if code in "ukpb":
            size, at = int.from_bytes(raw[at : at + 4], "little"), at + 4
        elif code in _FIXED or code == "n":
            size = struct.calcsize(f"<{_FIXED.get(code, '')}")
        else:
            return
        if at + size > len(raw):
            return
        yield code, key, raw[at : at + size]
        at += size
