"""The rows of a JCAMP-DX table: ordinates in the forms AFFN, PAC, SQZ, DIF and DUP, or pairs.

The forms are those of McDonald and Wilks, Applied Spectroscopy 42 (1988) 151. A letter in place of a first digit tells
that an ordinate begins (SQZ), that a difference from the one before begins (DIF), or how often the last one stands
there (DUP). Where a row ends in a difference the next begins with the ordinate reached, once more, as a check.
"""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_right

from ramanfit.errors import FormatError

MOST_CHANNELS = 1_000_000  # for a million repeats are written in eight characters
_PLAIN = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_NUMBER = re.compile(rf"{_PLAIN}(?:[Ee][+-]?\d+)?")
_ABSCISSA = re.compile(rf"\s*({_PLAIN}(?:[Ee][+-]\d+)?)")  # an exponent without a sign would be an ordinate
_ORDINATE = re.compile(rf"[\s,;]*(?:({_PLAIN}(?:[Ee][+-]\d+)?)|([@%A-Za-s])(\d*(?:\.\d*)?)|\?)")
_SQUEEZED, _DIFFERENCES, _REPEATS = "@ABCDEFGHIabcdefghi", "%JKLMNOPQRjklmnopqr", "STUVWXYZs"
_FIRST_DIGITS = {
    **{letter: ("" if at < 10 else "-") + str(at if at < 10 else at - 9) for at, letter in enumerate(_SQUEEZED)},
    **{letter: ("" if at < 10 else "-") + str(at if at < 10 else at - 9) for at, letter in enumerate(_DIFFERENCES)},
    **{letter: str(at) for at, letter in enumerate(_REPEATS, 1)},
}


class Ordinates:
    """The rows of one table, read one by one.

    Attributes
    ----------
    x, y : array of float
        Abscissas (of pairs only) and ordinates as written; NaN for an ordinate that is a question mark.
    lines : array of int
        The line of every row.
    channels : array of int
        The channel to which the abscissa of every row belongs.
    starts : array of float
        That abscissa, as written.
    units : array of float
        What one more in its last digit is.
    checks : array of int
        1 for a row that begins with the ordinate that was reached before, else 0.
    """

    def __init__(self, path: str, *, pairs: bool, decimal_commas: bool = False) -> None:
        self.x, self.y, self.starts, self.units = array("d"), array("d"), array("d"), array("d")
        self.lines, self.channels, self.checks = array("q"), array("q"), array("b")
        self._path, self._pairs, self._decimal_commas = path, pairs, decimal_commas
        self._ended_in_difference = False

    def line(self, channel: int) -> int:
        """Return the line on which a channel stands."""
        return self.lines[max(0, bisect_right(self.channels, channel) - 1)]

    def add(self, text: str, line: int) -> None:
        """Read a row.

        Raises
        ------
        FormatError
            If it is in none of the forms, or does not begin with the ordinate that was reached.
        """
        if self._decimal_commas:
            text = re.sub(r",(?=\d)", ".", text)
        words = re.split(r"[\s,;]+", text.strip(" \t\r,;"))
        plain = len(words) > 1 and all(_NUMBER.fullmatch(word) for word in words)
        if self._pairs:
            if not plain or len(words) % 2:
                raise self._wrong(line, "pairs of numbers", text)
            self._begin(words[0], line)
            self.x.extend(self._float(word, line) for word in words[::2])
            self.y.extend(self._float(word, line) for word in words[1::2])
        elif plain:
            self._add(words[0], array("d", [self._float(word, line) for word in words[1:]]), line, difference=False)
        else:
            start = _ABSCISSA.match(text)
            if start is None:
                raise self._wrong(line, "an abscissa and ordinates", text)
            ordinates, difference = self._ordinates(text.rstrip(" \t\r,;"), start.end(), line)
            self._add(start[1], ordinates, line, difference=difference)
        if len(self.y) > MOST_CHANNELS:
            raise self._wrong(line, f"at most {MOST_CHANNELS:,} channels", "")

    def _add(self, x: str, ordinates: array[float], line: int, *, difference: bool) -> None:
        checked = self._ended_in_difference
        self._begin(x, line)
        if checked:
            reached = self.y[-1]
            if not ordinates or not math.isclose(ordinates[0], reached, rel_tol=1e-12, abs_tol=1e-9):
                raise FormatError(
                    self._path,
                    line=line,
                    expected=f"{reached:.15g}, to which the differences of the row before come",
                    found=f"{ordinates[0]:.15g}" if ordinates else "no ordinate",
                    hint="one of the two rows is not as it was written",
                )
            del ordinates[0]
        self.y.extend(ordinates)
        self._ended_in_difference = difference

    def _begin(self, x: str, line: int) -> None:
        self.lines.append(line)
        self.channels.append(len(self.y) - self._ended_in_difference)
        self.checks.append(self._ended_in_difference)
        self.starts.append(self._float(x, line))
        self.units.append(unit_of(x))

    def _ordinates(self, text: str, at: int, line: int) -> tuple[array[float], bool]:
        """Return the ordinates from a place in a row on, and whether the last one is a difference."""
        ordinates = array("d")
        step: float | None = None  # the last difference, if the last ordinate is one
        while at < len(text):
            match = _ORDINATE.match(text, at)
            if match is None:
                raise self._wrong(line, "ordinates in a form of JCAMP-DX", text[at:])
            at = match.end()
            number, letter, digits = match.groups()
            if letter is None:
                ordinates.append(math.nan if number is None else self._float(number, line))
                step = None
                continue
            value = self._float(_FIRST_DIGITS[letter] + digits, line)
            if letter in _SQUEEZED:
                ordinates.append(value)
                step = None
                continue
            if not ordinates:
                raise self._wrong(line, "a row that begins with an ordinate", match[0])
            if letter in _DIFFERENCES:
                step, times = value, 1
            else:
                times = int(min(value, MOST_CHANNELS + 2)) - 1
            if len(self.y) + len(ordinates) + times > MOST_CHANNELS:
                raise self._wrong(line, f"at most {MOST_CHANNELS:,} channels", match[0])
            last = ordinates[-1]
            ordinates.extend(last + (step or 0.0) * i for i in range(1, times + 1))
        return ordinates, step is not None

    def _float(self, digits: str, line: int) -> float:
        value = float(digits)
        if not math.isfinite(value):
            raise self._wrong(line, "a finite number", digits)
        return value

    def _wrong(self, line: int, expected: str, text: str) -> FormatError:
        return FormatError(self._path, line=line, expected=expected, found=repr(text.strip()[:40]))


def unit_of(number: str) -> float:
    """Return what one more in the last digit of a number is: 0.01 for ``1.25``."""
    mantissa, _, exponent = number.upper().replace(",", ".").partition("E")
    return float(f"1e{exponent or 0}") * 10.0 ** -len(mantissa.partition(".")[2])
