"""Numbers of fixed width, as WITec writes them (`` 8.77367E+01``), read eight digits at a time: by NumPy, or compiled.

A number is an integer of at most 15 digits times a power of ten between 1e-22 and 1e22. Both are exact in
a float64, so one multiplication or division rounds correctly (W. D. Clinger, PLDI 1990): the result is what
`float` gives, bit for bit. Whatever does not fit is left to the general parser.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.formats.fixed_compiled import reader
from ramanfit.scan.scan import BoolArray, FloatArray

_NUMBER = re.compile(rb"[ +-]\d\.(\d{1,14})E[+-](\d{2,3})")
_AT_ONCE = 1 << 14  # numbers; the scratch arrays then stay in the cache
_U64 = np.uint64
_ZEROS = _U64(0x3030303030303030)
_NINES = _U64(0x7676767676767676)  # a byte above 9 carries into its top bit
_TOPS = _U64(0x8080808080808080)
_PAIR = _U64(0x000000FF000000FF)
_SIGNS = np.full(256, np.nan)
_SIGNS[[ord(" "), ord("+")]] = 1.0
_SIGNS[ord("-")] = -1.0


class Fixed(NamedTuple):
    """The layout of rows of equal length.

    Attributes
    ----------
    columns, digits, row : int
        Numbers per row, digits after the point, bytes per row with its line end.
    exponent : int
        Digits of the exponent, two or three.
    separator, newline : bytes
    up, down : array [256]
        Powers of ten to multiply with and to divide by, for each exponent; NaN where not exact.
    """

    columns: int
    digits: int
    exponent: int
    row: int
    separator: bytes
    newline: bytes
    up: FloatArray
    down: FloatArray

    @classmethod
    def of(cls, line: bytes, columns: int) -> Fixed | None:
        """Return the layout of a line and of all lines like it, None if it has none."""
        first = _NUMBER.match(line)
        if first is None:
            return None
        body = line.rstrip(b"\r\n")
        newline = line[len(body) :] or b"\n"
        digits, exponent, step = len(first[1]), len(first[2]), first.end() + 1
        separator = line[first.end() : step] or newline
        if newline not in (b"\n", b"\r\n") or len(body) != columns * step - 1:
            return None
        up, down = _powers(digits)
        return cls(columns, digits, exponent, len(body) + len(newline), separator, newline, up, down)

    @property
    def how(self) -> tuple[int, int, int, int]:
        """Digits behind the point and of the exponent, the separator, and bytes of a line end."""
        return self.digits, self.exponent, ord(self.separator), len(self.newline)

    def parse(self, block: bytes) -> FloatArray | None:
        """Return the numbers of a block of whole rows.

        Returns
        -------
        array [rows, columns] or None
            None if a byte is not where it should be.
        """
        rows, left = divmod(len(block), self.row)
        if left:
            return None
        out = np.empty((rows, self.columns))
        if (compiled := reader()) is not None:
            return out if compiled.rows(block, rows, self.columns, *self.how, out, None) else None
        padded = block + bytes(8)  # the last load of eight bytes may look beyond the end
        step = max(1, _AT_ONCE // self.columns)
        for start in range(0, rows, step):
            if not self._parse(padded, start, out[start : start + step]):
                return None
        return out

    def even_rows(self, block: bytes) -> BoolArray | None:
        """Look at a block of whole rows.

        Returns
        -------
        bool array [rows] or None
            Which rows show one number behind their first; None where `parse` returns None.
        """
        compiled = reader()
        if compiled is None:
            values = self.parse(block)
            return None if values is None else np.asarray((values[:, 1:] == values[:, 1:2]).all(axis=1))
        rows, left = divmod(len(block), self.row)
        even = np.empty(rows, dtype=bool)
        good = not left and compiled.rows(block, rows, self.columns, *self.how, None, even)
        return even if good else None

    def _parse(self, block: bytes, start: int, out: FloatArray) -> bool:
        p, width = self.digits, self.digits + self.exponent + 5

        def load(offset: int, kind: str = "u1") -> npt.NDArray[np.unsignedinteger]:
            """View the bytes at `offset` of every number."""
            return np.ndarray(out.shape, kind, block, start * self.row + offset, (self.row, width + 1))

        first = load(1) - np.uint8(48)
        code = load(width - 2) - np.uint8(48)
        last = load(width - 1) - np.uint8(48)
        sign = load(width - self.exponent - 1)
        if (
            (first > 9).any()
            or (code > 9).any()
            or (last > 9).any()
            or (load(2) != ord(".")).any()
            or (load(3 + p) != ord("E")).any()
            or ((sign - np.uint8(ord("+"))) & np.uint8(0xFD)).any()  # neither + nor -
            or (self.exponent == 3 and (load(width - 3) != ord("0")).any())
            or (load(width)[:, :-1] != ord(self.separator)).any()
            or (load(width)[:, -1] != self.newline[0]).any()
            or (len(self.newline) == 2 and (load(width + 1)[:, -1] != ord("\n")).any())
        ):
            return False
        mantissa = first * 10.0**p
        for offset in range(0, p, 8):
            eight, after = load(3 + offset, "<u8") ^ _ZEROS, p - offset - 8
            if after < 0:  # fewer than eight are left: shift them to the end, zeros before them
                eight <<= _U64(-8 * after)
            if (((eight + _NINES) | eight) & _TOPS).any():
                return False
            # Neighbouring digits become pairs, pairs become fours, fours become eight: D. Lemire,
            # Software: Practice and Experience 51, 1700 (2021).
            eight = eight * _U64(10) + (eight >> _U64(8))
            high = ((eight >> _U64(16)) & _PAIR) * _U64(0x0000271000000001)
            eight = ((eight & _PAIR) * _U64(0x000F424000000064) + high) >> _U64(32)
            mantissa += eight * 10.0 ** max(after, 0)
        code *= np.uint8(10)
        code += last
        code |= (sign & np.uint8(4)) << np.uint8(5)  # + is 0x2B, - is 0x2D
        mantissa *= self.up.take(code)
        mantissa /= self.down.take(code)
        np.multiply(mantissa, _SIGNS.take(load(0)), out=out)
        return not np.isnan(out).any()


@cache
def _powers(digits: int) -> tuple[FloatArray, FloatArray]:
    """Powers of ten for each exponent, after so many digits behind the point; see `Fixed`."""
    up, down = np.full(256, np.nan), np.ones(256)
    for power in range(-36, 37):
        k, code = power - digits, power if power >= 0 else 128 - power
        if abs(k) <= 22:
            up[code], down[code] = float(f"1e{max(k, 0)}"), float(f"1e{max(-k, 0)}")
    up[128], down[128] = up[0], down[0]
    return up, down
