"""What stands behind the HDF5 of our own files: where the arrays in it lie, what they are of, and a digest of it all.

HDF5's library believes what a file says of itself, and a damaged one can end the program. Hence our files are read
without it: the seal says at which bytes the arrays lie, and whatever was changed since it was set is refused. Other
programs do not see what stands behind the end that HDF5 knows.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError, __version__
from ramanfit.formats.bytes_in import Source

CREATOR = "ramanfit"  # in files that are ours, sealed or not
STRANGE = "an HDF5 file of another program, or one that was cut short"

_END = re.compile(rb"\n\[ramanfit seal\] (\d{16}) ([0-9a-f]{64})\n")
_END_SIZE = 1 + 15 + 1 + 16 + 1 + 64 + 1
_DIGEST_SIZE = 64 + 1
_LONGEST_INDEX = 1 << 26  # bytes
_BLOCK = 1 << 20
_NAMED = 1 << 16  # bytes at either end, in which one of ours names the program
Where = list[Any]
"""Of an array: its first byte, its type as NumPy writes it, its shape."""


class Seal:
    """Sets the seal of a file; made when HDF5 is done with it.

    Parameters
    ----------
    file : binary file
        For reading and writing.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = file.seek(0, 2)

    def append(self, array: npt.NDArray[Any]) -> Where:
        """Write an array that HDF5 does not hold; return where."""
        at = self._at
        self._write(np.ascontiguousarray(array).tobytes())
        return [at, array.dtype.str, list(array.shape)]

    def close(self, holds: str, **index: Any) -> None:
        """Write the index and the digest.

        Parameters
        ----------
        holds : str
            What the file is of: ``spectra``, ``fits``.
        **index
            Plain values.
        """
        text = json.dumps({CREATOR: __version__, "holds": holds, **index}).encode()
        self._write(text)
        self._write(b"\n[ramanfit seal] %016d " % len(text))
        self._file.seek(0)
        digest = hashlib.sha256()
        while block := self._file.read(_BLOCK):
            digest.update(block)
        self._write(digest.hexdigest().encode() + b"\n")

    def _write(self, data: bytes) -> None:
        self._file.seek(self._at)
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]
        self._at += len(data)


def where(dataset: Any) -> Where:
    """Return where an HDF5 dataset lies, which is in one piece."""
    return [dataset.id.get_offset(), dataset.dtype.str, list(dataset.shape)]


class Sealed(NamedTuple):
    """A file as it was sealed.

    Attributes
    ----------
    path : str
    content : uint8 array [bytes]
        Up to the index.
    says : mapping
        The index, of any content: only the digest is known to be right.
    """

    path: str
    content: npt.NDArray[np.uint8]
    says: Mapping[str, Any]

    @property
    def holds(self) -> str:
        """What the file is of."""
        return str(self.says.get("holds", "nothing"))

    def wrong(self, what: str, expected: str, actual: object) -> FormatError:
        """Return the error that an entry of the index is wrong."""
        return FormatError(self.path, f"seal: {what}", expected=expected, found=repr(actual)[:80])

    def array(self, name: str, entry: object, kinds: str, *shape: int) -> npt.NDArray[Any]:
        """Return a view of an array.

        Parameters
        ----------
        name : str
            For messages.
        entry : Where
        kinds : str
            Kinds of NumPy's types that are right, e.g. ``"f"``.
        *shape : int
            -1 is any length.

        Raises
        ------
        FormatError
            If there is no such array in the file.
        """
        if not isinstance(entry, list) or len(entry) != 3:
            raise self.wrong(name, "where an array lies", entry)
        at, kind, sizes = entry
        if not isinstance(kind, str) or not re.fullmatch(r"[<|][fiub][1248]", kind) or kind[1] not in kinds:
            raise self.wrong(name, f"numbers of the kind {kinds}", kind)
        if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
            raise self.wrong(name, "sizes of dimensions", sizes)
        if len(sizes) != len(shape) or any(size != right and right >= 0 for size, right in zip(sizes, shape)):  # noqa: B905
            raise self.wrong(name, f"an array of {' by '.join('any' if n < 0 else str(n) for n in shape)}", sizes)
        try:
            item = np.dtype(kind)
        except TypeError:
            raise self.wrong(name, f"numbers of the kind {kinds}", kind) from None
        size = math.prod(sizes) * item.itemsize
        if type(at) is not int or not 0 <= at <= len(self.content) - size:
            raise self.wrong(name, f"{size} bytes of the file", at)
        return self.content[at : at + size].view(item).reshape(sizes)

    def text(self, name: str, value: object) -> str:
        """Return an entry that is a text."""
        if not isinstance(value, str):
            raise self.wrong(name, "a text", value)
        return value

    def number(self, name: str, value: object) -> float | None:
        """Return an entry that is a finite number; None where there is none."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e300:
            raise self.wrong(name, "a number", value)
        return float(value)


def is_ours(content: npt.NDArray[np.uint8]) -> bool:
    """Tell whether a file, sealed or not, is one of ours: what is left of its ends names the program."""
    return any(CREATOR.encode() in bytes(end) for end in (content[:_NAMED], content[-_NAMED:]))


def unseal(source: Source) -> Sealed:
    """Return a file that is as it was when it was sealed.

    Raises
    ------
    FormatError
        If it is not, or never was sealed.
    """
    content = source.content()
    expected = "a .nc or .nxs as ramanfit wrote it"
    end = _END.fullmatch(bytes(content[-_END_SIZE:]))
    if end is None:
        if is_ours(content):
            changed = "one that was changed or cut short since, or is of version 0.1.0"
            raise FormatError(source.path, expected=expected, found=changed, hint="export it again from the spectra")
        raise FormatError(
            source.path,
            expected=expected,
            found=STRANGE,
            hint="export it again, or the spectra in it as text; a MATLAB file is read when it is saved with -v6",
        )
    digest = hashlib.sha256()
    for start in range(0, len(content) - _DIGEST_SIZE, _BLOCK):
        digest.update(content[start : min(start + _BLOCK, len(content) - _DIGEST_SIZE)].data)
    if digest.hexdigest().encode() != end[2]:
        changed = "one that was changed since: its digest is another"
        raise FormatError(source.path, expected=expected, found=changed, hint="export it again from the spectra")
    last = len(content) - _END_SIZE
    first = last - int(end[1])
    if first < 0 or last - first > _LONGEST_INDEX:
        raise FormatError(source.path, "seal", expected="the size of its index", found=str(last - first))
    try:
        index = json.loads(bytes(content[first:last]))
    except (ValueError, RecursionError) as error:
        raise FormatError(source.path, "seal", expected="an index in JSON", found=str(error)[:80]) from error
    if not isinstance(index, dict):
        raise FormatError(source.path, "seal", expected="an index of names", found=type(index).__name__)
    return Sealed(source.path, content[:first], index)
