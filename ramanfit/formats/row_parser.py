"""Blocks of rows of numbers: parsed in C, and read line by line only where something is not plain."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError
from ramanfit.formats import after_rows
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.decimal_sign import BOTH, EITHER, THOUSANDS, breaks_thousands, comma, unquoted
from ramanfit.formats.fixed import Fixed
from ramanfit.formats.text import Style, is_number
from ramanfit.scan.scan import FloatArray

Lines = int | npt.NDArray[np.intp]  # the first of consecutive line numbers, or each of them
_BLANKS = b" \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0"  # what `loadtxt` passes over
_PAIRS = 4  # columns of which the first may end before the others


class RowParser:
    """Parses one block after another, in the style of the first row."""

    def __init__(self, path: str, style: Style, first: bytes) -> None:
        self.path, self.style = path, style
        self._comma = self._decimal = ""
        self._layout: Fixed | None = None
        self._after: tuple[int, bytes] | None = None
        self._lines_after = 0
        self._longest = max(20 * len(first), 1 << 16)  # no row is longer; `loadtxt` needs 20 times as much
        if not (style.quoted or style.trailing or style.leading):
            if style.separator != b",":
                first = first.replace(b",", b".")
            self._layout = Fixed.of(first, style.columns)

    def notes(self) -> tuple[str, ...]:
        """Return what is to be said of the rows."""
        notes = ("commas stand between thousands",) if self._comma == THOUSANDS else ()
        if self._after is None:
            return notes
        count, first = self._lines_after, shown(self._after[1])
        return (*notes, f"{count} line{'s' if count > 1 else ''} after the numbers passed over: {first}")

    def parse(self, block: bytes, source: Source) -> tuple[FloatArray, Lines]:
        """Return a block's rows and the numbers of their lines; move the source's line."""
        first = source.line
        if self._after is None:
            text = self._plain(block)
            if text is not None and self._layout is not None:
                whole = text if text.endswith(b"\n") else text + self._layout.newline
                values = self._layout.parse(whole)
                if values is not None:
                    source.line += len(values)
                    return values, first
            done = None if text is None else self._parsed(text, first)
            if done is None:
                block, rest = self._without_end(block, first)
                done = self._parsed(self._told(block, first), first) or self._with_care(block, first)
            else:
                rest = b""
            values, lines, count = done
            source.line += count + len(rest.splitlines())
            if not source.ends_with_newline and not rest:
                self._check_last(block.splitlines()[-1], first + count - 1)
            return values, lines
        if after_rows.any_row(block, self.style):
            raise FormatError(self.path, line=self._after[0], expected="a number", found=shown(self._after[1]))
        count = len(block.splitlines())
        self._lines_after += sum(1 for line in block.splitlines() if line.strip())
        source.line += count
        return np.empty((0, self.style.columns)), first

    def _check_last(self, last: bytes, line: int) -> None:
        """Raise if a last line without an end was cut short, as far as that can be told."""
        layout = self._layout
        short = layout is not None and len(last) < layout.row - len(layout.newline)
        empty = self.style.columns == 2 and not b"".join(self.style.split(last)[-1:]).strip()
        if last.strip() and (short or empty):
            raise FormatError(self.path, "the last line is cut short", line=line)

    def _without_end(self, block: bytes, first: int) -> tuple[bytes, bytes]:
        """Return a block without the lines after the numbers, and these; remember where they are."""
        at = after_rows.start(block, self.style)
        if at is None:
            return block, b""
        block, rest = block[:at], block[at:]
        self._after = first + len(block.splitlines()), rest.splitlines()[0]
        self._lines_after = sum(1 for line in rest.splitlines() if line.strip())
        return block, rest

    def _plain(self, block: bytes) -> bytes | None:
        """Return the block without quotation marks and with decimal points; None if that is not plain."""
        style, text = self.style, block
        if style.quoted:
            bare = unquoted(block) if style.inside else self._unmarked(block)
            if bare is None:
                return None
            text = bare
        if style.separator == b"," or (b"," not in text and not self._decimal):
            return text
        if not self._comma and b"," in text:
            lines = text.split(b"\n", 1)[0], text.rstrip().rsplit(b"\n", 1)[-1]
            meaning = comma(text, tuple(style.split(line, 1)[0] for line in lines if line.strip()))
            if meaning in (BOTH, EITHER):
                return None
            self._comma = meaning
        if self._comma == THOUSANDS:
            return None if breaks_thousands(text) else text.replace(b",", b"")
        signs = [sign for sign in (b".", b",") if sign in text]
        if len(signs) > 1 or (self._decimal and signs and signs[0].decode() != self._decimal):
            return None
        if signs:
            self._decimal = signs[0].decode()
        return text.replace(b",", b".") if self._decimal == "," else text

    def _unmarked(self, block: bytes) -> bytes | None:
        """Return rows without the marks around rows or numbers; None if there is a comma inside of a cell's."""
        if self.style.separator == b",":
            for line in block.splitlines():
                whole = line.count(b'"') == 2 and line.strip()[:1] == line.strip()[-1:] == b'"'
                if not whole and (unquoted(line) or b"").replace(b";", b",") != line.replace(b'"', b""):
                    return None
                if not whole and b"," in (unquoted(line) or b""):
                    return None
        return block.translate(None, b'"')

    def _told(self, block: bytes, first: int) -> bytes:
        """Return what `_plain` does, or raise what stands against it."""
        text = self._plain(block)
        if text is not None:
            return text
        bare = block.translate(None, b'"')
        if self.style.separator == b"," or (self.style.inside and unquoted(block) is None):
            lines = enumerate(block.splitlines(), first)
            line = next((i for i, row in lines if row.count(b'"') % 2), first)
            raise FormatError(
                self.path,
                line=line,
                expected="quotation marks in pairs, around cells alike in all rows",
                found="others",
            )
        _with_care(self.path, bare.replace(b",", b"."), first, self.style)  # a word among the numbers is told first
        if b"." not in bare and not self._decimal:
            at = bare.index(b",")
            raise FormatError(
                self.path,
                line=first + len(bare[: at + 1].splitlines()) - 1,
                expected="numbers whose commas can mean one thing only",
                found=shown(re.findall(rb"[^\s;]*,[^\s;]*", bare[max(0, at - 20) : at + 20])[0])
                + ": every comma stands before three digits, between thousands or as the decimal sign",
                hint="export without a sign between thousands (tr -d , < FILE removes it), or with decimal points",
            )
        wrong = b"," if self._decimal == "." else b"."
        if not self._decimal:
            wrong = max((b".", b","), key=bare.index)
        raise FormatError(
            self.path,
            line=first + len(bare[: bare.index(wrong) + 1].splitlines()) - 1,
            expected="one decimal sign in the whole file",
            found="both a point and a comma",
        )

    def _parsed(self, text: bytes, first: int) -> tuple[FloatArray, Lines, int] | None:
        """Parse numbers of any width; also return how many lines there were. None if a line is no plain row."""
        style, lines = self.style, text.splitlines()
        if _has_longer_line(text, self._longest):
            return None
        if style.leading:
            lines = [_without_leading(line, style) for line in lines]
        if style.trailing:
            lines = [line.rstrip(b" ").removesuffix(style.separator) for line in lines]
        if not any(line.strip(_BLANKS) for line in lines):
            return None
        try:
            delimiter = style.separator.decode() or None
            values = np.loadtxt(lines, delimiter=delimiter, comments=None, ndmin=2)
        except ValueError:
            return None
        if values.shape[1] != style.columns:
            return None
        if len(values) == len(lines):
            return values, first, len(lines)
        filled = np.array([i for i, line in enumerate(lines) if line.strip(_BLANKS)], dtype=np.intp)
        return (values, first + filled, len(lines)) if len(filled) == len(values) else None

    def _with_care(self, block: bytes, first: int) -> tuple[FloatArray, Lines, int]:
        text = self._told(block, first)
        values, at = _with_care(self.path, text, first, self.style._replace(inside=False))
        return values, at, len(text.splitlines())


def _has_longer_line(text: bytes, longest: int) -> bool:
    """Tell whether a line is longer than that, without a look at every line."""
    at = 0
    while len(text) - at > longest:
        end = max(text.rfind(b"\n", at, at + longest), text.rfind(b"\r", at, at + longest))
        if end < 0:
            return True
        at = end + 1
    return False


def _without_leading(line: bytes, style: Style) -> bytes:
    cells = line.split(style.separator, style.leading)
    return cells[-1] if len(cells) > style.leading and not b"".join(cells[:-1]).strip() else line


def _with_care(path: str, text: bytes, first: int, style: Style) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Parse line by line, blank lines apart, or say which line is wrong and how; a cell may be empty."""
    from array import array

    values, at = array("d"), array("q")  # lists of numbers would take ten times as much
    for number, line in enumerate(text.splitlines(), first):
        if not line.strip():
            continue
        fields = style.split(line)
        if not any(field.strip() for field in fields):
            continue
        for i, item in enumerate(fields):
            if not is_number(item) and (item.strip() or (i == 0 and style.columns < _PAIRS)):
                raise FormatError(path, line=number, expected="a number", found=shown(item if i else line))
        if len(fields) != style.columns:
            raise FormatError(path, line=number, expected=f"{style.columns} numbers", found=str(len(fields)))
        values.extend([_value(item) for item in fields])
        at.append(number)
    return np.array(values, dtype=np.float64).reshape(-1, style.columns), np.array(at, dtype=np.intp)


def _value(item: bytes) -> float:
    """Return what `is_number` takes for one; not a number where nothing was measured."""
    item = item.strip()
    return float("nan") if not item or b"#" in item or item.upper() in (b"NA", b"N/A") else float(item)


def shown(raw: bytes) -> str:
    """Return what was found, short enough for one line."""
    text = raw[:1000].strip().decode("latin-1")
    return repr(text if len(text) <= 40 else text[:37] + "...")
