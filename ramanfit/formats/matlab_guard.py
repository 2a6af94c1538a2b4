"""MATLAB 5 files: which variables there are, and whether one of them can be loaded without harm.

SciPy trusts the sizes that such a file states, and follows its nesting however deep it is. Hence every element of
a variable is looked at before SciPy gets it, in the same order: it must end inside the variable, an array must have
the numbers that its dimensions promise, and all of them together must need no more memory than a few times the
file. Only the size that is stated for an array of arrays is ignored, as SciPy does: WITec's are wrong.
"""

from __future__ import annotations

import math
import struct
import zlib
from itertools import pairwise
from typing import NamedTuple

from ramanfit.errors import FormatError

HEADER = 128  # bytes
_FLAGS, _NAMES, _LENGTHS, _MATRIX, _COMPRESSED = 6, 1, 5, 14, 15  # types of elements, and what holds them
_SIZES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 16: 1, 17: 2, 18: 4}  # bytes, by type
_DTYPES = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8"}
_CELL, _STRUCT, _OBJECT, _CHAR, _OPAQUE = 1, 2, 3, 4, 17
_NUMBERS = {6: 8, 7: 4, 8: 1, 9: 1, 10: 2, 11: 2, 12: 4, 13: 4, 14: 8, 15: 8}  # bytes, by class
_CLASSES = dict(
    enumerate(
        (
            *("cell", "struct", "object", "char", "sparse", "double", "single"),
            *("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "function", "object"),
        ),
        start=1,
    )
)
_DEEPEST = 8
_HEAD = 1 << 12  # bytes of a compressed variable that show what it is
_COMPLEX = 0x08
_ARRAY_COST, _CHAR_COST = 200, 16  # bytes that SciPy takes for an array whatever its size, and for a character
_MOST = 4  # times the file's size


class Variable(NamedTuple):
    """A variable of the file.

    Attributes
    ----------
    name : str
    kind : str
        Its class, ``dataset`` for a DataSet object.
    dims : tuple of int
    at, end : int
        Its bytes.
    packed : bool
        Whether it is compressed.
    """

    name: str
    kind: str
    dims: tuple[int, ...]
    at: int
    end: int
    packed: bool = False

    def __str__(self) -> str:
        return f"{shown(self.name)} ({shown(self.kind)} {' x '.join(map(str, self.dims))})"


def shown(name: str) -> str:
    """Return a name as it can stand in a message."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


class Matrix(NamedTuple):
    """A matrix of real numbers, which stands by columns.

    Attributes
    ----------
    dims : tuple of int
    dtype : str
        Of the numbers, as NumPy writes it.
    first : int
        Byte of the first number.
    at, end : int
        Its bytes.
    """

    dims: tuple[int, ...]
    dtype: str
    first: int
    at: int
    end: int

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return math.prod(self.dims)


def broken(path: str, at: int, why: object) -> FormatError:
    """Return the error that a compressed variable cannot be unpacked."""
    return FormatError(path, f"byte {at}: broken compressed data: {why}", hint="copy it again, or save it once more")


class _Element(NamedTuple):
    """One element: its type, its first byte, how many there are, and where the next element begins."""

    kind: int
    at: int
    size: int
    after: int


class _Array(NamedTuple):
    """The head of an array: class, flags, dimensions, name, and where its content begins."""

    kind: int
    flags: int
    dims: tuple[int, ...]
    name: str
    after: int


class MatFile:
    """A MATLAB 5 file.

    Parameters
    ----------
    raw : buffer
        All its bytes.
    path : str
        For messages.

    Raises
    ------
    FormatError
        If it is of a big-endian machine.
    """

    def __init__(self, raw: memoryview, path: str) -> None:
        self.raw, self.path, self._left = raw, path, _MOST * len(raw) + (1 << 16)
        order = bytes(raw[126:HEADER])
        if order != b"IM":
            raise self._wrong(126, "a file of a little-endian machine (IM)", repr(order)[1:])

    def variables(self) -> list[Variable]:
        """List the variables; FormatError if one of them is none."""
        variables: list[Variable] = []
        at = HEADER
        while at < len(self.raw):
            kind, size = self._tag(at, len(self.raw))
            if kind == _COMPRESSED:
                variables.append(self._packed(at, at + 8 + size))
            else:
                element = self._element(at, len(self.raw), _MATRIX)
                variables.append(self._variable(element.at, element.after)._replace(at=at))
            at = variables[-1].end
        return variables

    def _variable(self, at: int, end: int) -> Variable:
        """Read the head of the variable whose elements begin at `at`."""
        array = self._array(at, end)
        kind = _CLASSES.get(array.kind, "unknown class")
        if array.kind == _OBJECT:
            kind = self._text(self._element(array.after, end, _NAMES))
        return Variable(array.name, kind, array.dims, at, end)

    def _packed(self, at: int, end: int) -> Variable:
        """Read the head of a compressed variable."""
        if end > len(self.raw):
            raise self._wrong(at, f"an element that ends before byte {len(self.raw)}", f"one of {end - at - 8} bytes")
        try:
            head = zlib.decompressobj().decompress(self.raw[at + 8 : min(end, at + 8 + _HEAD)], _HEAD)
        except zlib.error as error:
            raise broken(self.path, at, error) from error
        inside = MatFile(memoryview(bytes(self.raw[:HEADER]) + head), f"{self.path} (unpacked)")
        kind, _ = inside._tag(HEADER, len(inside.raw))
        if kind != _MATRIX:
            raise inside._wrong(HEADER, "an array", f"an element of type {kind}")
        return inside._variable(HEADER + 8, len(inside.raw))._replace(at=at, end=end, packed=True)

    def check(self, variable: Variable) -> dict[str, tuple[int, int]]:
        """Make sure that a variable can be loaded; FormatError with the byte that speaks against it.

        Returns
        -------
        dict
            The bytes of the fields of an object, by name.
        """
        starts = list[int]()
        end = self._check(variable.at, variable.end, _DEEPEST, starts)
        array = self._array(variable.at + 8, variable.end)
        if array.kind != _OBJECT:
            return {}
        length = self._element(self._element(array.after, variable.end, _NAMES).after, variable.end, _LENGTHS)
        names = self._element(length.after, variable.end, _NAMES)
        each = int.from_bytes(self.raw[length.at : length.at + 4], "little")
        words = bytes(self.raw[names.at : names.at + names.size])
        fields = [words[i : i + each].split(b"\0")[0].decode("latin-1") for i in range(0, len(words), each)]
        return dict(zip(fields, pairwise([*starts, end]), strict=False))  # of the first, where there are several

    def matrix(self, at: int, end: int) -> Matrix | None:
        """Return the numbers of an array that was checked; None: it has none, or they are not of one plain type."""
        if self._tag(at, end)[1] == 0:
            return None
        array = self._array(at + 8, end)
        if array.kind not in _NUMBERS:
            return None
        data = self._element(array.after, end, *_SIZES)
        return Matrix(array.dims, _DTYPES[data.kind], data.at, at, end) if data.kind in _DTYPES else None

    def _check(self, at: int, end: int, deepest: int, starts: list[int] | None = None) -> int:
        """Check the array at `at`, of a variable that ends at `end`; return where the array ends.

        Where the arrays in it begin is added to `starts`.
        """
        self._spend(at, _ARRAY_COST)
        kind, size = self._tag(at, end)
        if kind != _MATRIX:
            raise self._wrong(at, "an array", f"an element of type {kind}")
        if not size:
            return at + 8
        array = self._array(at + 8, end)
        at, count = array.after, math.prod(array.dims)
        if array.kind in (_CELL, _STRUCT, _OBJECT) and deepest:
            if array.kind == _OBJECT:
                at = self._element(at, end, _NAMES).after
            if array.kind != _CELL:
                length = self._element(at, end, _LENGTHS)
                names = self._element(length.after, end, _NAMES)
                each = int.from_bytes(self.raw[length.at : length.at + 4], "little") if length.size == 4 else 0
                if not each or names.size % each:
                    raise self._wrong(length.at, "the length of a field's name", str(each))
                at, count = names.after, count * (names.size // each)
            if count > (end - at) // 8:
                raise self._wrong(at, f"{count} arrays", f"{end - at} bytes")
            for _ in range(count):
                if starts is not None:
                    starts.append(at)
                at = self._check(at, end, deepest - 1)
            return at
        if array.kind == _CHAR or (array.kind in _NUMBERS and not array.flags & _COMPLEX):
            data = self._element(at, end, *_SIZES)
            there = data.size // _SIZES[data.kind]
            if (there < count if array.kind == _CHAR else there != count) or data.size % _SIZES[data.kind]:
                raise self._wrong(at, f"{count} numbers", str(there))
            self._spend(at, there * _NUMBERS.get(array.kind, _CHAR_COST))
            return data.after
        actual = ("complex " if array.flags & _COMPLEX else "") + _CLASSES.get(array.kind, "an unknown class")
        if not deepest:
            actual = f"more than {_DEEPEST} levels"
        raise self._wrong(at, "real numbers, text, cells or structures", actual)

    def _tag(self, at: int, end: int) -> tuple[int, int]:
        """Read the type and the size of the element at `at`."""
        if at + 8 > end:
            raise self._wrong(at, "8 bytes", str(max(end - at, 0)))
        return struct.unpack_from("<II", self.raw, at)

    def _element(self, at: int, end: int, *kinds: int) -> _Element:
        """Read the tag at `at`; the element must be of one of the types and end before `end`."""
        kind, size = self._tag(at, end)
        element = _Element(kind, at + 8, size, at + 8 + size + -size % 8)
        if kind >> 16:  # up to four bytes stand in the tag itself
            element = _Element(kind & 0xFFFF, at + 4, min(kind >> 16, 5), at + 8)
        if element.kind not in kinds:
            raise self._wrong(at, f"an element of type {' or '.join(map(str, kinds))}", str(element.kind))
        if element.after > end or element.at + element.size > element.after:
            raise self._wrong(at, f"an element that ends before byte {end}", f"one of {kind >> 16 or size} bytes")
        return element

    def _array(self, at: int, end: int) -> _Array:
        """Read the head of the array whose elements begin at `at`."""
        flags = self._element(at, end, _FLAGS)
        if flags.size != 8:
            raise self._wrong(at, "8 bytes of flags", str(flags.size))
        kind, bits = self.raw[flags.at], self.raw[flags.at + 1]
        if kind == _OPAQUE:
            name = self._element(flags.after, end, _NAMES)
            return _Array(kind, bits, (), self._text(name), name.after)
        dims = self._element(flags.after, end, _LENGTHS)
        sizes = struct.unpack_from(f"<{dims.size // 4}i", self.raw, dims.at)
        if not 2 <= len(sizes) <= 32 or dims.size % 4 or min(sizes) < 0:
            raise self._wrong(dims.at, "the sizes of 2 to 32 dimensions", str(sizes)[:80])
        name = self._element(dims.after, end, _NAMES)
        return _Array(kind, bits, sizes, self._text(name), name.after)

    def _text(self, element: _Element) -> str:
        return bytes(self.raw[element.at : element.at + min(element.size, 200)]).decode("latin-1").strip("\0")

    def _spend(self, at: int, cost: int) -> None:
        self._left -= cost
        if self._left < 0:
            raise self._wrong(at, f"arrays of at most {_MOST} times the file's size", "more of them")

    def _wrong(self, at: int, expected: str, actual: str) -> FormatError:
        return FormatError(self.path, f"byte {at}", expected=expected, found=actual)
