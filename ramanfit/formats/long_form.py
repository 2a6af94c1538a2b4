"""Tables in which the axis begins again: a spectrum below another, or two ranges joined in one file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats.layout import Lot, Numbers, smooth
from ramanfit.scan.scan import FloatArray

_LEAST = 8  # channels of a range
_BACK = 3  # steps at least, from the end of a range back to the beginning of the next
_MOST = 64  # ranges, or spectra without a place, that nobody named


def stretches(x: FloatArray) -> list[tuple[int, int]]:
    """Return first row and end of each stretch over which numbers rise, or fall, steadily."""
    rising, falling = x[1:] > x[:-1], x[1:] < x[:-1]
    up = np.count_nonzero(rising) >= np.count_nonzero(falling)
    breaks = np.flatnonzero(~rising if up else ~falling) + 1
    ends = [0, *breaks.tolist(), x.size]
    return list(pairwise(ends))


def restarts(x: FloatArray) -> bool:
    """Tell whether an axis rises, or falls, all the way and then begins again, once or more."""
    if not np.isfinite(x).all():
        return False
    against = min(np.count_nonzero(x[1:] >= x[:-1]), np.count_nonzero(x[1:] <= x[:-1]))
    if not 0 < against <= x.size // _LEAST:
        return False
    parts = stretches(x)
    if not all(b - a >= _LEAST and smooth(x[a:b]) for a, b in parts):
        return False
    for (a, b), (_, end) in pairwise(parts):  # a wrong or doubled value is no new beginning
        step = max(float(np.median(np.abs(np.diff(x[i:j])))) for i, j in ((a, b), (b, end)))
        ends = abs(x[b - 1] - x[b - 2]), abs(x[b + 1] - x[b])
        if abs(x[b] - x[b - 1]) < _BACK * step or max(ends) > 2 * step:
            return False
    return True


def is_long(values: FloatArray) -> bool:
    """Tell whether a table without labels has one row per channel: its second last column is an axis again and again.

    The columns before it must change whenever it begins again, and only then.
    """
    columns = values.shape[1]
    if not 3 <= columns <= 5 or len(values) < 2 or values[0, 0] != values[1, 0] or not restarts(values[:, -2]):
        return False
    parts = stretches(values[:, -2])
    first = values[parts[0][0] : parts[0][1], -2]
    if not all(_same(first, values[a:b, -2]) for a, b in parts):
        return False
    keys = values[:, :-2].reshape(len(parts), first.size, columns - 2)
    moved = (keys[1:, 0] != keys[:-1, 0]).any(axis=1)
    return bool((keys == keys[:, :1]).all() and moved.all())


def joined(lot: Lot, table: Numbers) -> list[Lot]:
    """Return the measurements of an axis that begins again: spectra on one axis, or each range by itself.

    Raises
    ------
    FormatError
        If several columns stand beside it, and one says no more than how often it began: a place, perhaps.
    """
    steps = lot.x[1:] > lot.x[:-1]
    if steps.all() or not restarts(lot.x):
        return [lot]
    parts = stretches(lot.x)
    first = slice(*parts[0])
    if all(_same(lot.x[first], lot.x[a:b]) for a, b in parts[1:]):
        if len(lot.counts) > 1 and any((its[a:b] == its[a]).all() for its in lot.counts for a, b in parts[:1]):
            raise table.undecided(
                "the axis begins again, and a column beside it does not change meanwhile: a place, or a spectrum?"
            )
        counts = np.concatenate([lot.counts[:, a:b] for a, b in parts])
        note = f"the axis begins again: {len(counts)} spectra below each other"
        return [lot._replace(x=lot.x[first].copy(), counts=counts, notes=(*lot.notes, note))]
    if len(parts) > _MOST:
        return [lot]

    def one(number: int, a: int, b: int) -> Lot:
        ends = f"{lot.x[a]:g} to {lot.x[b - 1]:g}"
        note = f"the axis begins again: measurement {number} of {len(parts)}, {ends}"
        return lot._replace(
            x=lot.x[a:b].copy(),
            counts=lot.counts[:, a:b],
            line=lambda channel: lot.line(a + channel),
            name=f"{lot.name} {ends}".strip(),
            notes=(*lot.notes, note),
        )

    return [one(number, a, b) for number, (a, b) in enumerate(parts, 1)]


def long(table: Numbers, axis: int, counts: int, keys: Sequence[int], notes: tuple[str, ...] = ()) -> list[Lot]:
    """Return the measurement of a table with one row for each channel of each spectrum.

    Parameters
    ----------
    table : Numbers
    axis, counts : int
        Their columns.
    keys : sequence of int
        Columns that say where and when; each must be constant over a spectrum.

    Raises
    ------
    FormatError
        If the spectra are not on one axis, or a key changes within one.
    """
    x = table.values[:, axis]
    wrong = np.flatnonzero(~np.isfinite(x))
    if wrong.size:
        raise FormatError(
            table.path, line=table.line(int(wrong[0])), expected="an axis of finite numbers", found=f"{x[wrong[0]]}"
        )
    parts = stretches(x)
    length = parts[0][1]
    for a, b in parts:
        if b - a != length or not _same(x[:length], x[a:b]):
            raise FormatError(
                table.path,
                line=table.line(a),
                expected=f"one spectrum of {length} channels after another, on one axis ({table.label(axis)})",
                found=f"{b - a} channels from {x[a]:.15g} to {x[b - 1]:.15g}",
            )
    for column in keys:
        grid = table.values[:, column].reshape(len(parts), length)
        moved = np.argwhere(grid != grid[:, :1])
        if moved.size:
            row = int(moved[0][0]) * length + int(moved[0][1])
            raise FormatError(
                table.path,
                line=table.line(row),
                expected=f"one {table.label(column)} for each spectrum",
                found=f"{table.values[row, column]:.15g} after {table.values[row - 1, column]:.15g}",
            )
    grid = table.values[:, counts].reshape(len(parts), length)
    names = [table.labels[i] for i in keys] if table.labels else (["X", "Y"] if len(keys) == 2 else [""] * len(keys))
    its_keys = tuple((name, table.values[::length, i].copy()) for name, i in zip(names, keys, strict=True))
    if len(parts) > 1:
        notes = (*notes, f"one row for each channel: {len(parts)} spectra of {length} channels")
    label = table.labels[axis] if table.labels else ""
    return [Lot(x[:length].copy(), grid.copy(), table.line, label, "", its_keys, notes)]


def _same(one: FloatArray, other: FloatArray) -> bool:
    """Tell whether two axes are one, to the last digits that are written."""
    if one.size != other.size:
        return False
    return bool((np.abs(one - other) <= 1e-3 * np.abs(one[1:] - one[:-1]).min()).all()) if one.size > 1 else False
