"""The block of numbers: parsed in C, checked row by row, and read with care only where something is wrong."""

from __future__ import annotations

from array import array
from bisect import bisect_right

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.fixed import Fixed
from ramanfit.formats.text import Style, is_number
from ramanfit.scan.scan import FloatArray

_Lines = int | npt.NDArray[np.intp]  # the first of consecutive line numbers, or each of them


class Rows:
    """Numbers and where they stood.

    Attributes
    ----------
    values : array [rows, columns]
    """

    def __init__(self, rows: int, columns: int) -> None:
        self.values: FloatArray = np.empty((rows, columns))
        self._used = 0
        self._firsts: list[int] = []
        self._lines: list[_Lines] = []

    def __len__(self) -> int:
        return self._used

    def append(self, values: FloatArray, lines: _Lines) -> None:
        """Add rows, growing in place.

        Parameters
        ----------
        values : array [rows, columns]
        lines : int or int array [rows]
            The first of consecutive line numbers, or that of each row.
        """
        used, self._used = self._used, self._used + len(values)
        if self._used > len(self.values):
            self.values.resize((max(self._used, used * 3 // 2), self.values.shape[1]), refcheck=False)
        self.values[used : self._used] = values
        self._firsts.append(used)
        self._lines.append(lines)

    def close(self) -> None:
        """Give back the room that was not needed, unless it is little: NumPy may copy all to do so."""
        if self._used < 0.9 * len(self.values):
            self.values.resize((self._used, self.values.shape[1]), refcheck=False)
        self.values = self.values[: self._used]

    def line(self, row: int) -> int:
        """Return the line number of a row."""
        block = bisect_right(self._firsts, row) - 1
        lines, offset = self._lines[block], row - self._firsts[block]
        return lines + offset if isinstance(lines, int) else int(lines[offset])


def read_rows(source: Source, style: Style, labels: int = 0) -> Rows:
    """Read all that is left of a source as rows of numbers.

    Parameters
    ----------
    source : Source
        Standing at the first row.
    style : Style
        How that row is written; every row must have as many numbers.
    labels : int
        Columns that the line of labels has; it decides what a comma means where the numbers do not.

    Returns
    -------
    Rows
        Each number exactly as `float` reads it; not a number where a cell behind the first is empty.

    Raises
    ------
    FormatError
        With the line that is not a row of numbers like the first.
    """
    parser = _Parser(source.path, style, source.peek())
    rows = Rows(source.rows_ahead(len(source.peek())), style.columns)
    for block in source.blocks():
        if not rows and style.separator == b"," and b"." not in block and style.columns not in (2, labels):
            raise FormatError(
                source.path,
                line=source.line,
                expected="numbers with a decimal point between commas",
                found=_shown(block[:200].splitlines()[0]),
                hint="commas may be separators or decimal commas here: export with tabs between the numbers",
            )
        rows.append(*parser.parse(block, source))
    rows.close()
    return rows


class _Parser:
    """Parses one block after another, in the style of the first row."""

    def __init__(self, path: str, style: Style, first: bytes) -> None:
        self.path, self.style = path, style
        self._decimal = b""
        self._layout: Fixed | None = None
        if not (style.quoted or style.trailing):
            if style.separator != b",":
                first = first.replace(b",", b".")
            self._layout = Fixed.of(first, style.columns)

    def parse(self, block: bytes, source: Source) -> tuple[FloatArray, _Lines]:
        """Return a block's rows and the numbers of their lines; move the source's line."""
        first = source.line
        text = self._plain(block, first)
        if self._layout is not None:
            whole = text if text.endswith(b"\n") else text + self._layout.newline
            values = self._layout.parse(whole)
            if values is not None:
                source.line += len(values)
                return values, first
        values, lines, count = self._general(text, first)
        source.line += count
        if self._layout is not None and not source.ends_with_newline:
            last = text.splitlines()[-1]
            if last.strip() and len(last) < self._layout.row - len(self._layout.newline):
                raise FormatError(self.path, "the last line is cut short", line=first + count - 1)
        return values, lines

    def _plain(self, block: bytes, first: int) -> bytes:
        """Return the block without quotation marks and with decimal points."""
        style = self.style
        text = block.translate(None, b'"') if style.quoted else block
        if style.separator == b",":
            return text
        signs = [sign for sign in (b".", b",") if sign in text]
        if len(signs) > 1 or (self._decimal and signs and signs != [self._decimal]):
            plain = text.replace(b",", b".")
            _with_care(self.path, plain, first, style)  # a word among the numbers is told first
            wrong = b"," if self._decimal == b"." else b"."
            if not self._decimal:
                wrong = max(signs, key=text.index)
            line = first + len(text[: text.index(wrong) + 1].splitlines()) - 1
            raise FormatError(
                self.path,
                line=line,
                expected="one decimal sign in the whole file",
                found="both a point and a comma",
            )
        if signs:
            self._decimal = signs[0]
        return text.replace(b",", b".") if self._decimal == b"," else text

    def _general(self, text: bytes, first: int) -> tuple[FloatArray, _Lines, int]:
        """Parse numbers of any width; also return how many lines there were."""
        style, lines = self.style, text.splitlines()
        if style.trailing:
            lines = [line.rstrip(b" ").removesuffix(style.separator) for line in lines]
        if text.strip():
            try:
                delimiter = style.separator.decode() or None
                values = np.loadtxt(lines, delimiter=delimiter, comments=None, ndmin=2)
            except ValueError:
                pass
            else:
                if values.shape[1] == style.columns:
                    if len(values) == len(lines):
                        return values, first, len(lines)
                    filled = np.array([i for i, line in enumerate(lines) if line], dtype=np.intp)
                    return values, first + filled, len(lines)
        values, at = _with_care(self.path, text, first, style)
        return values, at, len(lines)


def _with_care(path: str, text: bytes, first: int, style: Style) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Parse line by line, blank lines apart, or say which line is wrong and how; a cell may be empty."""
    values, at = array("d"), array("q")  # lists of numbers would take ten times as much
    for number, line in enumerate(text.splitlines(), first):
        if not line.strip():
            continue
        fields = style.split(line)
        for i, item in enumerate(fields):
            if not is_number(item) and (item.strip() or i == 0):
                raise FormatError(path, line=number, expected="a number", found=_shown(item if i else line))
        if len(fields) != style.columns:
            raise FormatError(path, line=number, expected=f"{style.columns} numbers", found=str(len(fields)))
        values.extend([float(item) if item.strip() and b"#" not in item else float("nan") for item in fields])
        at.append(number)
    return np.array(values, dtype=np.float64).reshape(-1, style.columns), np.array(at, dtype=np.intp)


def _shown(raw: bytes) -> str:
    """Return what was found, short enough for one line."""
    text = raw.strip().decode("latin-1")
    return repr(text if len(text) <= 40 else text[:37] + "...")
