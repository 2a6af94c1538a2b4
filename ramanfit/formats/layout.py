"""How a table of numbers lies: which column or row is the axis, which are spectra, which are neither."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats import labels as said
from ramanfit.scan.scan import FloatArray

_LEAST = 8  # rows or columns whose steady rise is no accident
_UNEVEN = 6.0  # times the median step
BY_HAND = "--layout rows|columns|pairs|long or --axis-column NAME decides"


class Numbers(NamedTuple):
    """Numbers, and what stands above them.

    Attributes
    ----------
    path : str
    values : array [rows, columns]
    line : callable
        Gives the line number of a row.
    labels : tuple of str
        One for each column, or none.
    label_line : int
    header : mapping
        Keys of the lines before the labels.
    """

    path: str
    values: FloatArray
    line: Callable[[int], int]
    labels: tuple[str, ...] = ()
    label_line: int = 1
    header: Mapping[str, str] = MappingProxyType({})

    def label(self, column: int) -> str:
        """Return the label of a column, its number where it has none."""
        text = self.labels[column].strip().lstrip("#% ") if self.labels else ""
        return text or f"column {column + 1}"

    def undecided(self, seen: str, hint: str = BY_HAND) -> FormatError:
        """Return the error for a table that can be read in more than one way."""
        return FormatError(self.path, seen, line=self.label_line if self.labels else self.line(0), hint=hint)


class Lot(NamedTuple):
    """One measurement of a table.

    Attributes
    ----------
    x : array [M]
    counts : array [N, M]
    line : callable
        Gives the line number of a channel.
    axis : str
        Label of the axis.
    name : str
        Empty for the name of the file.
    keys : tuple of (label, array [N])
        Where and when each spectrum was taken, as far as columns of the table say.
    notes : tuple of str
    """

    x: FloatArray
    counts: FloatArray
    line: Callable[[int], int]
    axis: str = ""
    name: str = ""
    keys: tuple[tuple[str, FloatArray], ...] = ()
    notes: tuple[str, ...] = ()


def smooth(x: FloatArray) -> bool:
    """Tell whether numbers rise or fall steadily and in steps of similar size."""
    if not np.isfinite(x).all():
        return False
    with np.errstate(over="ignore"):
        steps = np.diff(x)
    if not steps.size or not ((steps > 0).all() or (steps < 0).all()):
        return False
    sizes = np.abs(steps)
    return bool(sizes.max() <= _UNEVEN * float(np.partition(sizes, sizes.size // 2)[sizes.size // 2]))


def rises(x: FloatArray) -> bool:
    """Tell whether enough numbers to be an axis rise or fall smoothly; empty cells at the end do not count."""
    x = ended(x)
    return x.size >= _LEAST and smooth(x)


def ended(x: FloatArray) -> FloatArray:
    """Return a column without the empty cells at its end."""
    if x.size and np.isnan(x[-1]):
        filled = np.flatnonzero(~np.isnan(x))
        return x[: filled[-1] + 1] if filled.size else x[:0]
    return x


def counts_up(x: FloatArray, *, from_start: bool = True) -> bool:
    """Tell whether numbers are 0, 1, 2 ... or 1, 2, 3 ..., or any consecutive integers."""
    starts = not from_start or (x.size > 0 and x[0] in (0.0, 1.0))
    return bool(starts and x.size > 1 and float(x[0]).is_integer() and (np.diff(x) == 1).all())


def header_axis(table: Numbers) -> tuple[int, FloatArray] | None:
    """Return how many columns stand before those whose labels are an axis, and that axis; None if no labels are."""
    numbers = [said.numeric(label) for label in table.labels]
    first = next((i for i, number in enumerate(numbers) if number is not None), len(numbers))
    values = numbers[first:]
    if not 1 <= first <= 4 or len(values) < 3 or None in values:
        return None
    axis = np.array(values, dtype=np.float64)
    return (first, axis) if smooth(axis) and not counts_up(axis) else None


def lies_in_rows(table: Numbers, first: int, axis: FloatArray) -> bool:
    """Decide whether labels that rise as an axis does are one, or the times or names of spectra in columns.

    Raises
    ------
    FormatError
        If both could be.
    """
    kinds = [said.role(label) for label in table.labels[:first]]
    if said.AXIS in kinds:
        return False
    if first == 1 and table.labels[0].strip() == "position_um":
        raise FormatError(
            table.path,
            "a table of results of ramanfit (position and time), no spectrum",
            hint="if it holds spectra: --layout rows",
        )
    if first > 1 or any(key.startswith(("AxisType", "Acq. time (s)")) for key in table.header):  # of LabSpec
        return True
    if kinds[0] in (said.TIME, said.RECORD) or (kinds[0] == said.PLACE and table.labels[0].strip().lower() != "x"):
        return True
    column = table.values[:, 0]
    if not rises(column):
        return axis.size >= _LEAST or column.size < 2 or not smooth(column) or _both(table, axis)
    if counts_up(column):
        return True
    if axis.size < _LEAST:
        return False
    if 0.0 in (column[0], axis[0]) and max(abs(column[0]), abs(axis[0])) > 50:
        return bool(column[0] == 0)  # times begin at 0, shifts do not
    return _both(table, axis)


def _both(table: Numbers, axis: FloatArray) -> bool:
    raise table.undecided(
        f"both the labels ({axis[0]:g} to {axis[-1]:g}) and the first column "
        f"({table.values[0, 0]:g} to {table.values[-1, 0]:g}) could be the axis"
    )


def first_row_axis(values: FloatArray) -> int | None:
    """Return how many cells stand before an axis in the first row of numbers, None if it holds none."""
    for first in range(3 if min(values.shape[0] - 1, values.shape[1] // _LEAST) else 0):
        if rises(values[0, first:]):
            return first
    return None


def rows(
    table: Numbers, first: int, axis: FloatArray, spectra: FloatArray, key_labels: Sequence[str], line: int
) -> list[Lot]:
    """Return the measurement of spectra that lie in rows.

    Parameters
    ----------
    table : Numbers
    first : int
        Columns before the spectra.
    axis : array [M]
    spectra : array [N, first + M]
    key_labels : sequence of str
        Of the columns before the spectra, where the table's own are blank.
    line : int
        Where the axis stands.
    """
    names = [table.labels[i] if table.labels else "" for i in range(first)]
    if not any(name.strip() for name in names):
        names = (["X", "Y"] if first == 2 and not any(key_labels) else [*key_labels, *[""] * first])[:first]
    keys = tuple((name, spectra[:, i]) for i, name in enumerate(names))
    notes = (f"spectra in rows: {len(spectra)} of {axis.size} channels",)
    unit = next((names[i] for i in range(first) if said.role(names[i]) == said.AXIS), "")
    return [Lot(axis, spectra[:, first:], lambda _: line, unit, "", keys, notes)]


def choose_axis(table: Numbers, kinds: Sequence[str], wanted: str | None) -> int:
    """Return the column of the axis.

    Raises
    ------
    FormatError
        If none is, or several could be.
    """
    if wanted is not None:
        return named_column(table, wanted)
    axes = [i for i, kind in enumerate(kinds) if kind == said.AXIS]
    if axes:
        rank = [_rank(table.labels[i]) for i in axes]
        best = [i for i, its in zip(axes, rank, strict=True) if its == min(rank)]
        if len(best) > 1 and not all(_equal(table.values[:, best[0]], table.values[:, i]) for i in best):
            names = ", ".join(f"{table.label(i)!r} (column {i + 1})" for i in best)
            raise table.undecided(f"more than one column could be the axis: {names}")
        return best[0]
    first = table.values[:, 0]
    if kinds and kinds[0] in (said.TIME, said.RECORD, said.INDEX, said.PLACE) and table.labels[0].strip():
        if table.labels[0].strip().lstrip("#% ").lower() == "x":
            return 0
        raise table.undecided(f"no column is labelled as an axis, and the first is {table.label(0)!r}")
    if counts_up(first) and table.values.shape[1] > 2:
        second = table.values[:, 1]
        if rises(second) and not counts_up(second):
            return 1
        if kinds or (second.size > 1 and smooth(second)):
            raise table.undecided("the first column only counts the rows, and no other is known as the axis")
    return 0


def _rank(label: str) -> int:
    """Return how much a label's column is to be preferred as the axis: a shift is best, a wavelength last."""
    text = label.lower()
    return 0 if "shift" in text or "rel." in text else 2 if "length" in text or "nm" in text or "länge" in text else 1


def _equal(one: FloatArray, other: FloatArray) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def named_column(table: Numbers, wanted: str) -> int:
    """Return the column of a label, or of a number from 1 on where no label is that.

    Raises
    ------
    FormatError
        If there is none, or more than one.
    """

    def plain(text: str) -> str:
        return text.strip().lstrip("#% ").casefold()

    exact = [i for i, label in enumerate(table.labels) if plain(label) == plain(wanted)]
    begun = [i for i, label in enumerate(table.labels) if " ".join(said.words(label)) == plain(wanted)]
    fits = exact or begun
    columns = table.values.shape[1]
    if not fits and wanted.isdecimal() and 1 <= int(wanted[:9]) <= columns:
        return int(wanted) - 1
    if len(fits) == 1:
        return fits[0]
    there = ", ".join(label.strip() or "(blank)" for label in table.labels[:8]) or f"no labels, {columns} columns"
    raise FormatError(
        table.path,
        f"--axis-column {wanted}: {'more than one column' if fits else 'no column'} of that name",
        hint=f"there are: {there}{', ...' if len(table.labels) > 8 else ''}; a number from 1 on counts columns",
    )
