"""The spectra of tidy rows: which rows are of one, and what is wrong where they are not as they were exported."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from ramanfit.errors import FormatError
from ramanfit.formats.tidy_cells import Cells
from ramanfit.formats.tidy_labels import ALL, AXIS, COUNTS, KEYS, SOME, plain
from ramanfit.formats.tidy_numbers import CellNumbers


class KeyedRows(NamedTuple):
    """Rows that stand together and have the same keys.

    Attributes
    ----------
    names, keys : tuple of str
        The columns of keys, and the cells in them.
    line : int
        Of the first row.
    shift, counts : array [M]
    """

    names: tuple[str, ...]
    keys: tuple[str, ...]
    line: int
    shift: array[float]
    counts: array[float]

    def cell(self, name: str) -> str:
        """Return a key as it is written; empty where there is none of this name."""
        return self.keys[self.names.index(name)].strip() if name in self.names else ""

    def differing(self, other: KeyedRows) -> list[str]:
        """Return the names of the keys in which two spectra differ."""
        return [name for name, mine, its in zip(self.names, self.keys, other.keys, strict=True) if mine != its]

    def follows(self, other: KeyedRows) -> bool:
        """Tell whether the shifts go on where those of another end."""
        return self.shift[0] > other.shift[-1]


def spectra_of(path: str, numbers: CellNumbers, labels: Sequence[str], rows: Iterator[Cells]) -> list[KeyedRows]:
    """Return the spectra: one ends where the keys change, or where the shift does not rise.

    Raises
    ------
    FormatError
        If a column is missing, a cell holds no number, or rows of one spectrum do not stand together.
    """
    spectra = list(_spectra(path, numbers, labels, rows))
    seen: dict[tuple[str, ...], KeyedRows] = {}
    for i, one in enumerate(spectra):
        its = seen.setdefault(one.keys, one)
        if its.keys != spectra[i - 1].keys and its.shift != one.shift:
            before, between = spectra[i - 2], spectra[i - 1]
            if before.keys == one.keys and one.follows(between) and between.follows(before):
                raise _other_keys(path, before, between)
            raise FormatError(
                path,
                line=one.line,
                expected="the rows of one spectrum together, by rising shift",
                found=f"a row of the spectrum of line {its.line}",
                hint="sort them by source, scan, point, then by shift_cm1",
            )
    for before, one in pairwise(spectra):
        if one.keys == before.keys and one.shift[0] != before.shift[0]:
            expected = f"more than the {before.shift[-1]:.15g} before it in its spectrum"
            raise FormatError(path, AXIS, line=one.line, expected=expected, found=f"{one.shift[0]:.15g}")
        lone = 1 in (len(before.shift), len(one.shift))
        if lone and len(one.differing(before)) == 1 and one.follows(before):
            raise _other_keys(path, before, one)
    return spectra


def other_shifts(path: str, first: KeyedRows, before: KeyedRows, one: KeyedRows) -> FormatError:
    """Return the error that a spectrum has other shifts than the first of its scan; `before` is the one before."""
    if one.follows(before):
        return _other_keys(path, before, one)
    pairs = zip(first.shift, one.shift, strict=False)
    i = next((i for i, (its, mine) in enumerate(pairs) if its != mine), None)
    if i is None:
        expected = f"the {len(first.shift)} shifts of the scan's first spectrum"
        return FormatError(path, line=one.line, expected=expected, found=f"{len(one.shift)} of them")
    expected = f"{first.shift[i]:.15g}, as in the scan's first spectrum (line {first.line + i})"
    return FormatError(path, AXIS, line=one.line + i, expected=expected, found=f"{one.shift[i]:.15g}")


def _other_keys(path: str, before: KeyedRows, one: KeyedRows) -> FormatError:
    """Return the error that the keys change within a spectrum."""
    name = one.differing(before)[0]
    expected = f"{before.cell(name)[:40]!r}, as in the row before of the same spectrum"
    return FormatError(path, name, line=one.line, expected=expected, found=repr(one.cell(name)[:40]))


def _spectra(path: str, numbers: CellNumbers, labels: Sequence[str], rows: Iterator[Cells]) -> Iterator[KeyedRows]:
    labels = plain(labels)
    absent = [label for label in ALL if label not in labels]
    if absent:
        which = f"column{'s' if len(absent) > 1 else ''} {', '.join(absent)}"
        hint = f"ramanfit export writes them with {', '.join(ALL)}"
        raise FormatError(path, f"tidy rows without the {which}", line=1, hint=hint)
    names = tuple(label for label in (*KEYS, *SOME) if label in labels)
    twice = next((name for name in (*names, AXIS, COUNTS) if labels.count(name) > 1), None)
    if twice is not None:
        raise FormatError(path, line=1, expected=f"one column {twice}", found=str(labels.count(twice)))
    keys_of = itemgetter(*map(labels.index, names))
    axis, counts = labels.index(AXIS), labels.index(COUNTS)
    spectrum: KeyedRows | None = None
    for line, row in rows:
        shift, count = numbers.read(row[axis], line, AXIS), numbers.read(row[counts], line, COUNTS, empty=True)
        keys = keys_of(row)
        if spectrum is None or keys != spectrum.keys or shift <= spectrum.shift[-1]:
            if spectrum is not None:
                yield spectrum
            spectrum = KeyedRows(names, keys, line, array("d"), array("d"))
        spectrum.shift.append(shift)
        spectrum.counts.append(count)
    if spectrum is not None:
        yield spectrum
