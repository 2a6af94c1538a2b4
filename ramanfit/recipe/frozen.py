"""A `dataclass` that is frozen and shares its methods: the usual one compiles six for each class, 0.4 ms of a start."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, fields
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

Class = TypeVar("Class", bound=type)


def _init(self: Any, *args: object, **given: object) -> None:
    names: tuple[str, ...] = self.__match_args__
    if len(args) > len(names) or (twice := {*names[: len(args)]} & {*given}) or (strange := {*given} - {*names}):
        what = f"at most {len(names)} values" if len(args) > len(names) else f"other values than {twice or strange}"
        raise TypeError(f"{type(self).__name__}: expected {what}")
    given |= zip(names, args, strict=False)
    for field in fields(self):
        if field.name not in given:
            if field.default is MISSING and field.default_factory is MISSING:
                raise TypeError(f"{type(self).__name__}: expected a value of {field.name}")
            given[field.name] = field.default if field.default_factory is MISSING else field.default_factory()
        self.__dict__[field.name] = given[field.name]
    self.__post_init__()


def _values(self: Any) -> tuple[object, ...]:
    return (*self.__dict__.values(),)  # in the order of the fields


def _equal(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _shown(self: Any) -> str:
    pairs = zip(self.__match_args__, _values(self), strict=True)
    return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in pairs)})"


def _refuse(self: object, name: str, value: object = None) -> NoReturn:
    raise FrozenInstanceError(f"cannot change {name}")


def _frozen(cls: Class) -> Class:
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    made.__init__, made.__repr__, made.__eq__, made.__hash__ = _init, _shown, _equal, _hash
    made.__setattr__ = made.__delattr__ = _refuse
    return made  # type: ignore[no-any-return]


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # as checkers know it
else:

    def dataclass(*, frozen: bool) -> Callable[[Class], Class]:
        """Make a class a frozen dataclass that has a ``__post_init__``."""
        assert frozen
        return _frozen
