"""The blocks of a JCAMP-DX file: labels with values, and the rows of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.information import number
from ramanfit.formats.jcamp_rows import Ordinates
from ramanfit.formats.text import decode, one_line

_TABLES, _FORMS = ("XYDATA", "XYPOINTS", "PEAKTABLE"), ("(X++(Y..Y))", "(XY..XY)")
_NO_TABLES = ("NTUPLES", "DATATABLE", "PEAKASSIGNMENTS", "RADATA")
_MOST, _DEEPEST = 20_000, 10
_NUMBERS = ("FIRSTX", "LASTX", "XFACTOR", "YFACTOR", "DELTAX")
HINT = "export as ##XYDATA=(X++(Y..Y)), or as a table of shift and counts"


class LabelledBlock:
    """A block: what its labels say, under their names for comparison (``XUNITS``) with their lines, and its table."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.values: dict[str, tuple[str, int]] = {}
        self.header: dict[str, list[str]] = {}  # as written
        self.rows: Ordinates | None = None
        self.pairs = self.ended = False
        self.passed: dict[str, int] = {}  # other tables: label and line
        self._more: list[str] | Ordinates | None = None  # what lines without a label belong to

    def text(self, label: str) -> str:
        """Return the value of a label, empty without one."""
        return self.values.get(label, ("", 0))[0]

    def line(self, label: str) -> int | None:
        """Return the line of a label."""
        return self.values[label][1] if label in self.values else None

    def number(self, label: str) -> float | None:
        """Return the value of a label as a number, None without one."""
        text = self.text(label)
        value = number(text)
        if text and value is None:
            raise FormatError(self.path, line=self.line(label), expected="a number", found=repr(text[:40]))
        return value

    @property
    def kind(self) -> str:
        """The type of the data."""
        return one_line(self.text("DATATYPE")[:40]).upper()

    @property
    def is_raman(self) -> bool:
        """Whether it says so, or says nothing of its type."""
        said = (self.text(label)[:80].upper() for label in ("DATATYPE", "XUNITS", "YUNITS"))
        return not self.kind or any("RAMAN" in text for text in said)

    def label(self, written: str, value: str, line: int) -> None:
        """Take a label."""
        label = plain_label(written)
        self.values.setdefault(label, (value, line))
        self._more = None
        if not self.is_raman:
            return
        if label in _TABLES and self.rows is None:
            form = re.sub(r"\s", "", value).upper()
            if form not in _FORMS:
                raise FormatError(self.path, line=line, expected=" or ".join(_FORMS), found=repr(value[:40]), hint=HINT)
            self.pairs = form == "(XY..XY)"
            commas = any(re.match(r"[+-]?\d*,\d", self.text(label)) for label in _NUMBERS)
            self._more = self.rows = Ordinates(self.path, pairs=self.pairs, decimal_commas=commas)
        elif label in (*_TABLES, *_NO_TABLES):
            self.passed.setdefault(written, line)
        else:
            self._more = self.header.setdefault(written, [])
            self._more.append(value)

    def more(self, text: str, line: int) -> None:
        """Take a line without a label."""
        if isinstance(self._more, Ordinates):
            self._more.add(text, line)
        elif self._more is not None:
            self._more.append(text)


def blocks_of(source: Source) -> Iterator[LabelledBlock]:
    """Yield every block; those inside another before it."""
    around: list[LabelledBlock] = []
    begun = 0
    lines = (decode(line) for block in source.blocks() for line in block.splitlines())
    for row, line in enumerate(lines, 1):
        text = line.partition("$$")[0].strip()
        if not text.startswith("##"):
            if text and around:
                around[-1].more(text, row)
            continue
        written, _, value = (word.strip() for word in text[2:].partition("="))
        if plain_label(written) == "END":
            if around:
                around[-1].ended = True
                yield around.pop()
            continue
        if not around or plain_label(written) == "TITLE":
            around.append(LabelledBlock(source.path))
            begun += 1
            if len(around) > _DEEPEST or begun > _MOST:
                expected = f"at most {_MOST:,} blocks, linked {_DEEPEST} deep"
                raise FormatError(source.path, line=row, expected=expected, found="more")
        around[-1].label(written, value, row)
    yield from reversed(around)


def plain_label(label: str) -> str:
    """Return a label without what does not count in it."""
    return re.sub(r"[-\s/_]", "", label).upper()
