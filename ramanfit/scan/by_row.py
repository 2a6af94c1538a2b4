"""Values of many spectra in fields: some of the rows, rows written, rows joined, all read off the fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Base = DataclassInstance
else:
    Base = object

Rows = npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice | Sequence[int]
Own = TypeVar("Own", bound="ByRow")


class ByRow(Base):
    """A dataclass whose fields are arrays with a row for each spectrum.

    A field that is None has no rows, in all objects that are joined. The class says which fields are otherwise:

    Attributes
    ----------
    shared : tuple of str
        Fields that all spectra share.
    last : tuple of str
        Fields whose rows run along the last axis.
    """

    shared: ClassVar[tuple[str, ...]] = ()
    last: ClassVar[tuple[str, ...]] = ()

    def _arrays(self) -> list[tuple[str, Any]]:
        """Return the fields that have rows, by name."""
        named = [(name, getattr(self, name)) for name in _names(type(self)) if name not in self.shared]
        return [(name, array) for name, array in named if array is not None]

    def take(self: Own, rows: Rows | int) -> Own:
        """Return some rows; with a number one, without the axis."""
        values = {name: getattr(self, name) for name in _names(type(self))}
        values |= {name: array[..., rows] if name in self.last else array[rows] for name, array in self._arrays()}
        return type(self)(**values)

    def put(self: Own, rows: Rows, others: Own) -> None:
        """Write all rows of others into some of these, in place."""
        for name, array in self._arrays():
            array[(..., rows) if name in self.last else rows] = getattr(others, name)

    @classmethod
    def concat(cls: type[Own], joined: Sequence[Own]) -> Own:
        """Join rows; what they share is that of the first."""
        values = {name: getattr(joined[0], name) for name in _names(cls)}
        for name, _ in joined[0]._arrays():
            axis = -1 if name in cls.last else 0
            values[name] = np.concatenate([getattr(each, name) for each in joined], axis=axis)
        return cls(**values)


@cache
def _names(kind: type[ByRow]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
