"""Words of text exports: their encodings, how names and numbers are written, the lines before the first row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.decimal_sign import unquoted

# No pattern may backtrack over digits: fields of a broken file can be megabytes long.
_FIRST_LINE = re.compile(rb"\s*([^\r\n]*)")
_NUMBER = re.compile(rb"\s*[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?\s*")
_GROUPED = rb"\s*[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?\s*"
_NOT_FINITE = rb"(?i)\s*(?:[+-]?(?:nan|inf(?:inity)?|1\.#\w{2,4})|n/?a)\s*"
_LEAST_LABELS = 8
_LOOK = 4096  # bytes
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
    """Tell whether a field holds one number, with a decimal point or comma or commas for thousands, finite or not."""
    return bool(_NUMBER.fullmatch(field) or re.fullmatch(_NOT_FINITE, field) or re.fullmatch(_GROUPED, field))


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
    inside : bool
        Whether there are commas inside of them that part no numbers, as between thousands; the separator is then a
        semicolon, which `decimal_sign.unquoted` puts in place of the others.
    leading : int
        Empty cells that begin every row.
    """

    separator: bytes
    columns: int
    trailing: bool = False
    quoted: bool = False
    inside: bool = False
    leading: int = 0

    def split(self, line: bytes, most: int = -1) -> list[bytes]:
        """Return the fields of a line, at most `most` of them."""
        if self.quoted:
            line = (unquoted(line) if self.inside else None) or line.replace(b'"', b"")
        most += self.leading if most > 0 else 0
        fields = line.rstrip(b"\r\n").split(self.separator or None, most)
        if self.leading and not b"".join(fields[: self.leading]).strip():
            del fields[: self.leading]
        if self.trailing and fields and not fields[-1].strip():
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
    inside = quoted and not single and _commas_inside(line)
    body = ((inside or line.replace(b'"', b"")) if quoted else line).rstrip(b"\r\n ")
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
    return Style(separator, columns, trailing, quoted, bool(inside)) if columns > 1 else None


def _commas_inside(line: bytes) -> bytes | None:
    """Return a row without quotation marks if there are commas both inside and outside of them."""
    plain = unquoted(line)
    return plain if plain is not None and b"," in plain and b";" in plain and b";" not in line else None


def settled(style: Style | None, line: bytes, after: bytes) -> Style | None:
    """Return how rows are written where the first does not tell it alone; None if it is no row.

    Parameters
    ----------
    style : Style or None
        That of the first line by itself.
    line, after : bytes
        The first line and the next.
    """
    if style is None:
        return _with_empty_cells(line, after)
    if style.separator == b"\t" and b"\t\t" in line[:_LOOK]:
        numbers, others = line.split(), after.split()
        runs = len(numbers) == len(others) > 1 and all(map(is_number, numbers + others))
        if runs and len(style.split(line)) != len(style.split(after)):
            return Style(b"", len(numbers), quoted=style.quoted)
    if style.columns >= _LEAST_LABELS and _begins_with_number(after):
        more = row_style(after)
        if more is not None and more.separator == style.separator and more.columns - style.columns in (1, 2):
            return None if _labels(style.split(line)) else style
    return style


def _begins_with_number(line: bytes) -> bool:
    return line.lstrip()[:1].isdigit() or line.lstrip()[:1] in (b"-", b"+", b".")


def _with_empty_cells(line: bytes, after: bytes) -> Style | None:
    """Return how rows are written that begin with empty cells, as many in both lines."""
    separator = line.lstrip(b' "')[:1]
    if separator not in (b"\t", b";", b","):
        return None
    cells = line.split(separator)
    leading = next((i for i, cell in enumerate(cells) if cell.strip(b' "\r\n')), 0)
    others = after.split(separator, leading)
    if not leading or len(others) <= leading or b"".join(others[:-1]).strip(b' "'):
        return None
    style, same = row_style(separator.join(cells[leading:])), row_style(others[-1])
    if style is None or same is None or style.columns != same.columns or style.separator not in (b"", separator):
        return None
    return style._replace(leading=leading)


def _labels(fields: list[bytes]) -> bool:
    """Tell whether numbers rise or fall all the way, as those of an axis do."""
    try:
        values = [float(field.replace(b",", b".")) for field in fields]
    except ValueError:
        return False
    steps = [b - a for a, b in pairwise(values)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)


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
        if not single and (style is not None or line[:1] in b"\t;, "):
            style = settled(style, line, source.peek_after(line))
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
