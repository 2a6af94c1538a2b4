"""The Table: named columns of equal length, the form in which results leave the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ramanfit.frozen import dataclass

if TYPE_CHECKING:
    import pandas as pd

NumberColumn: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.int64]
Column: TypeAlias = NumberColumn | Sequence[str]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns in order, all of one length.

    Parameters
    ----------
    columns : mapping of str to column
        At least one. A column is an array of floats [N] (nan where a value is missing), an array of integers [N],
        or a list or tuple of N strings (empty where missing). Kept as float64, int64 and tuple; infinite
        numbers become nan, so that a number is finite or missing.

    Raises
    ------
    ValueError
        If there is no column, the lengths differ, or a column is none of these.
    """

    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        columns = {name: _column(name, values) for name, values in self.columns.items()}
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"expected one or more columns of equal length, found {lengths}")
        object.__setattr__(self, "columns", MappingProxyType(columns))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(self.columns)

    @classmethod
    def concat(cls, tables: Sequence[Table]) -> Table:
        """Return the rows of all `tables`, which have the same columns, one table after another.

        Raises
        ------
        ValueError
            If there is no table, or their columns differ in name, order or kind.
        """
        if not tables:
            raise ValueError("expected at least one table")
        if any(table.names != tables[0].names for table in tables):
            raise ValueError(f"expected the columns {tables[0].names} in every table")
        joined: dict[str, Any] = {}
        for name in tables[0].names:
            columns = [table.columns[name] for table in tables]
            arrays = [column for column in columns if isinstance(column, np.ndarray)]
            if 0 < len(arrays) < len(columns):
                raise ValueError(f"column {name!r} holds numbers in one table and strings in another")
            joined[name] = np.concatenate(arrays) if arrays else [cell for column in columns for cell in column]
        return cls(joined)

    def rows(self, which: npt.NDArray[np.intp]) -> Table:
        """Return some rows, in the order asked for."""
        return Table(
            {
                name: values[which] if isinstance(values, np.ndarray) else [values[i] for i in which.tolist()]
                for name, values in self.columns.items()
            }
        )

    def with_(self, **columns: Column) -> Table:
        """Return a table with some of its columns replaced."""
        return Table({name: columns.get(name, values) for name, values in self.columns.items()})

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas DataFrame; missing numbers are NaN and missing strings ``<NA>``."""
        import pandas as pd

        return pd.DataFrame(
            {
                name: values
                if isinstance(values, np.ndarray)
                else pd.array([cell or None for cell in values], dtype="string")
                for name, values in self.columns.items()
            }
        )


def repeat_rows(values: Column, times: int) -> Column:
    """Return a column with every row so many times in turn."""
    if isinstance(values, np.ndarray):
        repeated: NumberColumn = values.repeat(times)
        return repeated
    return tuple(chain.from_iterable(repeat(cell, times) for cell in values))


def with_columns(table: Table, more: Mapping[str, Column], after: str) -> Table:
    """Return a table with columns added after one of its own; columns of the same name are replaced."""
    columns: dict[str, Column] = {}
    for name, values in table.columns.items():
        if name not in more:
            columns[name] = values
        if name == after:
            columns |= more
    return Table(columns)


def column_of_cells(cells: Sequence[str]) -> Column:
    """Return cells as numbers, where all that are not empty are finite ones, else as they are."""
    try:
        numbers = np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return tuple(cells)
    written = [cell for cell in cells if cell]
    as_they_look = bool(written) and not any("_" in cell for cell in written)
    return numbers if as_they_look and np.isfinite(numbers).sum() == len(written) else tuple(cells)


def _column(name: str, values: Any) -> Column:
    if not isinstance(values, np.ndarray):
        if isinstance(values, (list, tuple)) and all(issubclass(kind, str) for kind in {*map(type, values)}):
            return tuple(values)
        raise ValueError(f"column {name!r}: expected an array of numbers or a list of strings")
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise ValueError(
            f"column {name!r}: expected a one-dimensional array of numbers, "
            f"found {values.dtype} of shape {values.shape}"
        )
    if values.dtype.kind != "f":
        return values.astype(np.int64, copy=False)
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values.astype(np.float64, copy=False)
