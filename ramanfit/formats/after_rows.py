"""Lines after the numbers: a closing mark, a comment, metadata; told from a broken row and from a file cut short."""

from __future__ import annotations

import re

from ramanfit.formats.text import Style, is_number

# A number that was cut short begins with a digit, a sign or a point; a row, perhaps with a separator.
_WORD = rb"(?:^|[\r\n])[ \t\"']*(?=[A-Za-z#>%*=_~\[{<\x80-\xff]|//|--)"
_NO_WORD = rb"(?i)[+-]?(n|na|nan|i|in|inf\w*)?"
_BLANK = rb"(?:\r\n|\n|\r(?!\n))[ \t]*(?:\r\n|\n|\r)\Z"
_MARK = rb"[#>%*=_~\[{<]|//|--|[^\t;]*[:=]"


def start(block: bytes, style: Style) -> int | None:
    """Return where the lines after the numbers begin, None if there are none or numbers follow them.

    Parameters
    ----------
    block : bytes
        Whole lines.
    style : Style
        How the rows are written.
    """
    match = re.search(_WORD, block)
    if match is None:
        return None
    begin = match.end()
    line_begin = max(block.rfind(b"\n", 0, begin), block.rfind(b"\r", 0, begin)) + 1
    rest = block[line_begin:]
    first = rest.split(b"\n", 1)[0].split(b"\r", 1)[0]
    after_blank = re.search(_BLANK, block[max(0, line_begin - 100) : line_begin]) is not None
    if _is_broken_row(first, style, after_blank=after_blank) or any_row(rest, style):
        return None
    return line_begin


def any_row(lines: bytes, style: Style) -> bool:
    """Tell whether a line begins with a number and has another, so that it may be a row."""
    for line in lines.splitlines():
        fields = [field for field in style.split(line, 3) if field.strip()]
        if len(fields) > 1 and is_number(fields[0]) and is_number(fields[1]):
            return True
    return False


def _is_broken_row(line: bytes, style: Style, *, after_blank: bool) -> bool:
    fields = style.split(line)
    word = fields[0].strip()
    if re.fullmatch(_NO_WORD, word):
        return True
    if re.match(_MARK, line.strip()) or after_blank:
        return False
    return len(fields) == style.columns and all(is_number(field) or not field.strip() for field in fields[1:])
