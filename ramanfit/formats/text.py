"""Words of text exports: their encodings, how names and numbers are written, the lines before the first row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source

# No pattern may backtrack over digits: fields of a broken file can be megabytes long.
_FIRST_LINE = re.compile(rb"\s*([^\r\n]*)")
_NUMBER = re.compile(rb"\s*[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?\s*")
_NOT_FINITE = re.compile(rb"(?i)\s*[+-]?(?:nan|inf(?:inity)?|1\.#\w{2,4})\s*")
_ENOUGH = 64  # fields of a row that decide how it is written


def decode(raw: bytes) -> str:
    """Return text in UTF-8, else in the Windows code page, else in Latin-1, which never fails."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            pass
    return raw.decode("latin-1")


def as_bytes(lines: Iterable[str]) -> bytes:
    """Return lines in the code page of WITec's PCs, or in UTF-8 where a name needs it."""
    text = "".join(f"{line}\r\n" for line in lines)
    try:
        data = text.encode("cp1252")
        data.decode()
    except UnicodeDecodeError:
        return data
    except UnicodeEncodeError:
        pass
    return text.encode("utf-8", "replace")  # also where the code page's bytes would be taken for UTF-8


def one_line(name: str) -> str:
    """Return a name without tabs, line ends, control characters and outer blanks, which would spoil the layout."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


def header_number(value: float) -> str:
    """Return a number with all its digits but no zeros behind them, as headers have it."""
    return f"{value:.15g}"


def is_number(field: bytes) -> bool:
    """Tell whether a field holds one number, with a decimal point or comma, finite or not."""
    return bool(_NUMBER.fullmatch(field) or _NOT_FINITE.fullmatch(field))


def first_line(head: bytes) -> bytes:
    """Return the first line that is not blank."""
    match = _FIRST_LINE.match(head)
    return match[1] if match else b""


class Style(NamedTuple):
    """How rows of numbers are written.

    Attributes
    ----------
    separator : bytes
        Between the numbers; empty for any blanks.
    columns : int
        Numbers per row.
    trailing : bool
        Whether rows end with a separator.
    quoted : bool
        Whether quotation marks stand around rows or numbers.
    """

    separator: bytes
    columns: int
    trailing: bool = False
    quoted: bool = False

    def split(self, line: bytes, most: int = -1) -> list[bytes]:
        """Return the fields of a line, at most `most` of them."""
        if self.quoted:
            line = line.replace(b'"', b"")
        fields = line.rstrip(b"\r\n").split(self.separator or None, most)
        if self.trailing and not fields[-1].strip():
            fields.pop()
        return fields[:most] if most > 0 else fields


def row_style(line: bytes, *, single: bool = False) -> Style | None:
    """Return how a row is written, None if its first field is no number.

    Parameters
    ----------
    line : bytes
        A row, with or without its end.
    single : bool
        Expect one number per line, where a comma can only be a decimal comma.
    """
    quoted = b'"' in line
    body = (line.replace(b'"', b"") if quoted else line).rstrip(b"\r\n ")
    if single:
        return Style(b"", 1, quoted=quoted) if is_number(body) else None

    def starts(separator: bytes | None, count: int) -> bool:
        fields = body.split(separator, _ENOUGH)[:_ENOUGH]
        return len(fields) >= count and all(is_number(field) for field in fields[:count])

    if b"\t" in body:
        separator = b"\t"
    elif b";" in body:
        separator = b";"
    elif b"," in body and (starts(b",", 2) or not starts(None, 1)):
        separator = b","
    else:
        separator = b""
    if not starts(separator or None, 1):
        return None
    trailing = bool(separator) and body.endswith(separator)
    columns = (body.count(separator) + 1 - trailing) if separator else len(body.split())
    return Style(separator, columns, trailing, quoted) if columns > 1 else None


def is_row(line: bytes, style: Style) -> bool:
    """Tell whether all of a line's first fields are numbers or, behind the first, empty."""
    first, *others = style.split(line, _ENOUGH)
    return is_number(first) and all(is_number(field) or not field.strip() for field in others)


def lines_before_rows(source: Source, most: int, *, single: bool = False) -> tuple[list[str], Style | None]:
    """Read up to the first row of numbers.

    Parameters
    ----------
    source : Source
        Left standing at the first row.
    most : int
        Lines that may come before it.
    single : bool
        Expect one number per line.

    Returns
    -------
    lines : list of str
        The lines that are not blank, without their ends.
    style : Style or None
        How the first row is written; None if the file holds no row.

    Raises
    ------
    FormatError
        If more than `most` lines come first.
    """
    lines: list[bytes] = []
    first = source.line
    while line := source.peek():
        style = row_style(line, single=single)
        if style is not None:
            return decode(b"\n".join(lines)).split("\n") if lines else [], style
        if line.strip():
            lines.append(line.strip(b"\r\n"))
        source.skip(line)
        if source.line - first > most:
            raise FormatError(
                source.path, line=source.line, expected=f"rows of numbers within {most} lines", found="none"
            )
    return decode(b"\n".join(lines)).split("\n") if lines else [], None
