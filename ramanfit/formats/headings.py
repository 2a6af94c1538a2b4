"""The lines before the numbers of a table: labels of the columns, units, keys of a header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ramanfit.formats import labels as said
from ramanfit.formats.text import Style
from ramanfit.formats.units import file_unit

COMMENT = re.compile(r"\s*[#%]+[ \t]*")
_LONGEST_KEY = 1000  # characters of a key and its value
_KEY = re.compile(r"[\s#%]*([^=:\t;]{1,80})[=:\t;](.*)")
_WIDE = (r"\t+", r"\s{2,}", r"\s*[,;]\s*")


class Headings(NamedTuple):
    """What stands before the numbers.

    Attributes
    ----------
    labels : tuple of str
        One for each column, or none.
    unit : str
        Of the axis, from a line of units.
    used : int
        Lines that are labels and units, from the last on.
    header : dict of str to str
        Keys of the others.
    """

    labels: tuple[str, ...]
    unit: str
    used: int
    header: dict[str, str]


def headings(lines: Sequence[str], style: Style) -> Headings:
    """Return what some lines before rows of this style say."""
    rest, unit, used = list(lines), "", 0
    if rest:
        last = cells(rest[-1], style)
        if last and file_unit(last[0]) is not None and (len(last) > 1 or style.columns < 3):
            unit, used = last[0].strip(), 1
    labels = _fitted(rest[-1 - used], style) if len(rest) > used else ()
    above = _above(rest[: len(rest) - used], style) if labels else []
    if above and (said.are_units(labels) or (style.columns > 2 and said.AXIS not in map(said.role, labels))):
        labels = tuple(" ".join(filter(None, map(str.strip, words))) for words in zip(*above, labels, strict=True))
        used += len(above)
    if labels and _is_key(labels, style):
        labels = ()
    used += bool(labels)
    return Headings(labels, unit, used, keys(rest[: len(rest) - used]))


def _above(rest: Sequence[str], style: Style) -> list[tuple[str, ...]]:
    """Return the lines right above the last that are labels, too: names, units and comments may follow one another."""
    above: list[tuple[str, ...]] = []
    for line in rest[-2:-4:-1]:
        labels = _fitted(line, style)
        if not labels or any(said.numeric(label) is not None for label in labels):
            break
        above.insert(0, labels)
    named = any(said.role(label) == said.AXIS for labels in above for label in labels)
    return above if named else []


def keys(lines: Sequence[str]) -> dict[str, str]:
    """Return ``key = value`` lines of a header, commented or not."""
    matches = (_KEY.fullmatch(line[:_LONGEST_KEY]) for line in lines)
    return {match[1].strip(): match[2].strip() for match in matches if match}


def uncommented(line: str) -> str:
    """Return a line without the sign of a comment before it."""
    sign = COMMENT.match(line)
    return line[sign.end() :] if sign else line


def cells(line: str, style: Style) -> list[str]:
    """Return the cells of a line of labels; quotation marks keep together what they enclose."""
    line = uncommented(line).rstrip()
    separator = style.separator.decode()
    if style.inside:
        separator = ","
    if '"' in line:
        if line.count('"') == 2 and line.strip().startswith('"') and line.endswith('"'):
            line = line.replace('"', "")
        elif separator:
            pieces = line.split('"')
            pieces[::2] = [outside.replace(separator, "\0") for outside in pieces[::2]]
            return "".join(pieces).split("\0")
    return line.replace('"', "").split(separator or None)


def _fitted(line: str, style: Style) -> tuple[str, ...]:
    """Return a line's cells if they are labels of the columns, one for each; else nothing."""
    columns = style.columns
    if "=" in line:  # a key and its value
        return ()
    ways = [cells(line, style)] if style.separator else []
    if not style.separator or len(ways[0]) == 1:
        plain = uncommented(line).replace('"', "").strip()
        ways += [re.split(way, plain) for way in _WIDE]
    if not style.separator and _one_by_one(plain.split()):
        ways.append(plain.split())
    for way in ways:
        labels = list(way)
        if style.leading and not any(label.strip() for label in labels[: style.leading]):
            labels = labels[style.leading :]
        while len(labels) > columns and not labels[-1].strip():
            labels.pop()
        if len(labels) > columns:
            labels = [label for label in labels if label.strip()]
        few = columns - len(labels)
        if few in (1, 2) and len(labels) > 1:
            numbers = [said.numeric(label) is not None for label in labels]
            axis = few == 1 and any(said.role(label) == said.AXIS for label in labels[:2])
            if all(numbers) or axis:
                labels = [""] * few + labels
            elif style.separator and not any(label.strip() == "" for label in labels) and few == 1 and style.trailing:
                labels.append("")
        if len(labels) == columns and any(label.strip() for label in labels):
            return tuple(labels)
    return ()


def _one_by_one(labels: Sequence[str]) -> bool:
    """Tell whether single words are labels, and no prose: they are numbers, or one is an axis."""
    return (
        any(said.role(label) == said.AXIS for label in labels)
        or sum(said.numeric(label) is not None for label in labels) > len(labels) - 4
    )


def _is_key(labels: Sequence[str], style: Style) -> bool:
    """Tell whether a line is a key and its value, or prose, rather than labels."""
    numbers = [said.numeric(label) is not None for label in labels]
    return len(labels) == 2 and numbers == [False, True] and said.role(labels[0]) != said.AXIS
