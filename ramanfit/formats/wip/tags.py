"""The tree of tags that a WITec project is: names, types and the bytes they stand at; nothing of what they mean.

Little-endian. After eight bytes that say what the file is comes one tag: length of the name (u32), the name, type
(u32), first byte and end of the content (u64 each), the content. The content of a tag of type 0 is tags.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError
from ramanfit.frozen import dataclass
from ramanfit.scan.scan import FloatArray

_PROJECTS = {  # what a file begins with, and the name of its root
    b"WIT_PRCT": "WITec Project",
    b"WIT_PR06": "WITec Project",
    b"WIT_DATA": "WITec Data",
    b"WIT_DA06": "WITec Data",
}
_TREE, _BYTES, _BOOL, _TEXT = 0, 7, 8, 9
_NUMBERS = {2: "<f8", 3: "<f4", 4: "<i8", 5: "<i4", 6: "<u4", _BOOL: "u1"}
_WORDS = ("tags", "extended floats", "f64", "f32", "i64", "i32", "u32 or a date", "bytes", "bool", "text")
_LONGEST_NAME = 255
_MOST_CHILDREN = 1 << 17  # a project of a whole day has some thousand

Content = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Tag:
    """One tag, not yet read.

    Attributes
    ----------
    path : str
        The file, for messages.
    content : uint8 array
        The whole file.
    where : str
        Names from the root on, joined by ``/``.
    kind : int
        The type, 0 to 9.
    start, end : int
        The bytes of the content.
    """

    path: str
    content: Content
    where: str
    kind: int
    start: int
    end: int

    def wrong(self, expected: str, actual: str, at: int | None = None) -> FormatError:
        """Return the error of content that is not as expected."""
        where = f"byte {self.start if at is None else at}, tag {self.where!r}"
        return FormatError(self.path, where, expected=expected, found=actual)

    @cached_property
    def children(self) -> Mapping[str, Tag]:
        """The tags inside, by name; their content is not looked at.

        Raises
        ------
        FormatError
            If this is no tree, or if the tags inside do not fill it exactly, each name once.
        """
        if self.kind != _TREE:
            raise self.wrong("tags", _WORDS[self.kind])
        children: dict[str, Tag] = {}
        at = self.start
        while at < self.end:
            name, tag = _read(self.path, self.content, at, self.end, self.where)
            if name in children:
                raise self.wrong(f"one tag {name!r}", "a second one", at)
            if len(children) >= _MOST_CHILDREN:
                raise self.wrong(f"at most {_MOST_CHILDREN} tags", "more", at)
            children[name], at = tag, tag.end
        return children

    def __getitem__(self, name: str) -> Tag:
        tag = self.find(name)
        if tag is None:
            raise self.wrong(f"a tag {name!r} inside", ", ".join(map(repr, list(self.children)[:5])) or "none")
        return tag

    def find(self, *names: str) -> Tag | None:
        """Return the first of these tags that there is."""
        return next((self.children[name] for name in names if name in self.children), None)

    def raw(self) -> Content:
        """Return the content of a tag of bytes, without a copy.

        Returns
        -------
        uint8 array [bytes]

        Raises
        ------
        FormatError
            If it holds something else.
        """
        if self.kind != _BYTES:
            raise self.wrong("bytes", _WORDS[self.kind])
        return self.content[self.start : self.end]

    def numbers(self, count: int | None = None) -> FloatArray:
        """Return finite numbers of any type.

        Parameters
        ----------
        count : int, optional
            How many there must be.

        Returns
        -------
        array [count]

        Raises
        ------
        FormatError
            If they are not numbers, not finite, or of another number.
        """
        kind = _NUMBERS.get(self.kind)
        size = self.end - self.start
        if kind is None or size % np.dtype(kind).itemsize:
            raise self.wrong("numbers", _WORDS[self.kind] if kind is None else f"{size} bytes of {_WORDS[self.kind]}")
        values = self.content[self.start : self.end].view(kind)
        if count is not None and values.size != count:
            raise self.wrong(f"{count} number{'s' if count != 1 else ''}", str(values.size))
        if not np.isfinite(values).all():
            bad = int(np.argmin(np.isfinite(values)))
            raise self.wrong("a finite number", str(values[bad]), self.start + bad * values.itemsize)
        return values.astype(np.float64)

    def number(self) -> float:
        """Return the one number."""
        return float(self.numbers(1)[0])

    def integer(self, low: int = 0, high: int = (1 << 31) - 1) -> int:
        """Return the one integer, in any type; some programs write it as a float.

        Raises
        ------
        FormatError
            If it is not one, or not from `low` to `high`.
        """
        value = self.number()
        if not value.is_integer() or not low <= value <= high:
            raise self.wrong(f"an integer from {low} to {high}", f"{value:.17g}")
        return int(value)

    def text(self) -> str:
        """Return the first of the texts, empty if there is none.

        Raises
        ------
        FormatError
            If there is no text, or it does not end inside the tag.
        """
        if self.kind != _TEXT:
            raise self.wrong("text", _WORDS[self.kind])
        size = self.end - self.start
        if not size:
            return ""
        length = _length(self.content, self.start) if size >= 4 else size
        if length > size - 4:
            raise self.wrong(f"a text of at most {max(size - 4, 0)} bytes", f"{length}")
        return _decode(self.content[self.start + 4 : self.start + 4 + length])


def read_root(content: Content, path: str) -> Tag:
    """Return the tag that holds all others.

    Parameters
    ----------
    content : uint8 array [bytes]
        The whole file.
    path : str
        For messages.

    Raises
    ------
    FormatError
        If this is no project, or if the file is shorter than its root says.
    """
    magic = content[:8].tobytes()
    if magic not in _PROJECTS:
        raise FormatError(path, "byte 0", expected=" or ".join(m.decode() for m in _PROJECTS), found=repr(magic)[1:])
    name, root = _read(path, content, 8, None, "")
    if name != _PROJECTS[magic]:
        raise root.wrong(f"a root named {_PROJECTS[magic]!r}", repr(name[:40]), 12)
    if root.kind != _TREE:
        raise root.wrong("tags", _WORDS[root.kind])
    if root.end > content.size:
        problem = f"byte {content.size}: the project is cut short"
        raise FormatError(path, problem, expected=f"{root.end} bytes", found=str(content.size), hint="copy it again")
    return root


def _length(content: Content, at: int) -> int:
    return int.from_bytes(content[at : at + 4].tobytes(), "little")


def _decode(raw: Content) -> str:
    return raw.tobytes().decode("cp1252", "replace")


def _read(path: str, content: Content, at: int, end: int | None, parent: str) -> tuple[str, Tag]:
    """Return the tag at a byte and its name; it must end before `end`, that of the root anywhere."""
    limit = content.size if end is None else end
    inside = f"byte {at}, in tag {parent!r}" if parent else f"byte {at}"
    length = _length(content, at) if limit - at >= 4 else 0
    if limit - at < 24 + min(length, _LONGEST_NAME):
        raise FormatError(path, inside, expected="a tag", found=f"{limit - at} bytes")
    if length > _LONGEST_NAME:
        raise FormatError(path, inside, expected=f"a name of at most {_LONGEST_NAME} bytes", found=str(length))
    name = _decode(content[at + 4 : at + 4 + length])
    kind, start, stop = struct.unpack("<IQQ", content[at + 4 + length : at + 24 + length].tobytes())
    where = f"{parent}/{name}" if parent else name
    at += 4 + length
    if kind >= len(_WORDS):
        raise FormatError(path, f"byte {at}, tag {where!r}", expected="a type from 0 to 9", found=str(kind))
    tag = Tag(path, content, where, kind, start, stop)
    if start != at + 20:
        raise tag.wrong(f"content from byte {at + 20} on", f"from {start} on", at + 4)
    if stop < start or (end is not None and stop > end):
        upper = "on" if end is None else f"to {end}"
        raise tag.wrong(f"content that ends from byte {start} {upper}", f"at {stop}", at + 12)
    return name, tag
