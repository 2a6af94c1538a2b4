"""Frozen settings: dataclasses that check their own values, built from TOML tables with no unknown keys."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeVar

from ramanfit.errors import RecipeError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Settings = TypeVar("Settings", bound="DataclassInstance")

NONE = "none"
"""How TOML, which has no null, spells None."""

LARGEST = 1e15
"""No number of a recipe or a plan is farther from 0: its square and its cube are still numbers."""
LARGEST_CM1 = 1e6
"""No shift or width is."""
_RANGE, _RANGE_CM1 = f"-{LARGEST:g} to {LARGEST:g}", f"-{LARGEST_CM1:g} to {LARGEST_CM1:g}"
LONGEST_LIST = 1000
LONGEST_TEXT = 10_000
_SHOWN = 1000  # characters of a value that is wrong


def check_types(settings: DataclassInstance, key: str = "", *, but: Sequence[str] = ()) -> None:
    """Check every field and store it in its plain form (float, tuple).

    Parameters
    ----------
    settings : dataclass instance
        Called from its ``__post_init__``; its module postpones annotations, which are the names looked up.
    key : str
        Where it stands in the recipe, e.g. ``"baseline"``: errors name ``baseline.order``.
    but : sequence of str
        Fields that the caller checks itself.

    Raises
    ------
    RecipeError
        If a value has the wrong type or is not finite.
    TypeError
        If a field is annotated with a type that nothing here can check.
    """
    for f in fields(settings):
        if f.name in but:
            continue
        annotation, name = str(f.type), f"{key}.{f.name}" if key else f.name
        value = getattr(settings, f.name)
        if (convert := _CONVERTERS.get(annotation)) is not None:
            converted = convert(value, name)
            if name.endswith("_cm1"):
                for number in converted if isinstance(converted, tuple) else (converted,):
                    near = not isinstance(number, float) or abs(number) <= LARGEST_CM1
                    expect(near, name, _RANGE_CM1, number)
            object.__setattr__(settings, f.name, converted)
        else:
            _check_nested(value, annotation, name)


def _check_nested(value: object, annotation: str, key: str) -> None:
    """Check settings inside settings: ``Axis``, ``Axis | None`` or ``tuple[Peak, ...]``."""
    nested = re.fullmatch(r"([A-Z]\w*)( \| None)?|tuple\[([A-Z]\w*), \.\.\.\]", annotation)
    if nested is None:
        raise TypeError(f"{key}: no check for the annotation {annotation!r}")
    kind, optional, kind_of_many = nested.groups()
    if kind_of_many:
        expect(isinstance(value, tuple), key, f"several {kind_of_many}", value)
    items = value if isinstance(value, tuple) else () if optional and value is None else (value,)
    for item in items:
        name = kind_of_many or kind
        expect(is_dataclass(item) and type(item).__name__ == name, key, f"a {name}", item)


def expect(condition: bool, key: str, expected: str, found: object) -> None:
    """Raise the RecipeError ``key: expected ..., found ...`` unless the condition holds."""
    if not condition:
        raise RecipeError(f"{key}: expected {expected}, found {_show(found)}")


def choice(value: str, valid: Iterable[str], key: str, what: str = "value") -> None:
    """Raise the RecipeError ``key: unknown ...`` with the nearest valid one unless the value is valid."""
    names = tuple(valid)
    if value not in names:
        raise RecipeError(f"{key}: unknown {what} {value!r}", hint=nearest(value, names))


def _show(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int) and abs(value) > LARGEST:
        return "one of many digits"
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."


def _text(value: object, key: str) -> str:
    expect(isinstance(value, str), key, "a text", value)
    length = len(str(value))
    expect(length <= LONGEST_TEXT, key, f"at most {LONGEST_TEXT} characters", length)
    return str(value)


def _integer(value: object, key: str) -> int:
    expect(isinstance(value, Integral) and not isinstance(value, bool), key, "a whole number", value)
    whole = int(value)  # type: ignore[call-overload]
    expect(abs(whole) <= LARGEST, key, f"a whole number of at most {LARGEST:g}", whole)
    return whole  # type: ignore[no-any-return]


def _boolean(value: object, key: str) -> bool:
    expect(isinstance(value, bool), key, "true or false", value)
    return bool(value)


def _number(value: object, key: str) -> float:
    expect(isinstance(value, Real) and not isinstance(value, bool), key, "a number", value)
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:  # an integer of 400 digits is valid TOML
        number = math.inf
    expect(math.isfinite(number), key, "a finite number", number)
    expect(abs(number) <= LARGEST, key, _RANGE, number)
    return number


def _order(value: object, key: str) -> int | str:
    if isinstance(value, str) and not (value.isdecimal() and value.isascii() and len(value) < 10):
        return value
    return int(value) if isinstance(value, str) else _integer(value, key)


def _length(value: object, key: str) -> float | str:
    if isinstance(value, str):
        if value in ("auto", NONE):
            return value
        with suppress(ValueError):
            value = float(value)  # where --set replaces a word, it hands on what was typed
    good = isinstance(value, Real) and not isinstance(value, bool)
    expect(good, key, '"auto", "none" or a length in cm-1', value)
    return _number(value, key)


def _optional_number(value: object, key: str) -> float | None:
    return None if value is None or value == NONE else _number(value, key)


def _items(value: object, key: str, expected: str) -> Sequence[object]:
    expect(isinstance(value, list | tuple), key, expected, value)
    assert isinstance(value, list | tuple)
    expect(len(value) <= LONGEST_LIST, key, f"at most {LONGEST_LIST} of them", len(value))
    return value


def _texts(value: object, key: str) -> tuple[str, ...]:
    value = _items(value, key, "a list of texts")
    return tuple(_text(item, key) for item in value)


def _numbers(value: object, key: str) -> tuple[float, ...]:
    value = _items(value, key, "a list of numbers")
    return tuple(_number(item, key) for item in value)


def _pair(value: object, key: str) -> tuple[float, float]:
    numbers = _numbers(value, key)
    expect(len(numbers) == 2, key, "two numbers", list(numbers))
    return numbers[0], numbers[1]


def _pairs(value: object, key: str) -> tuple[tuple[float, float], ...]:
    value = _items(value, key, "a list of [low, high]")
    return tuple(_pair(item, key) for item in value)


def _local_time(value: object, key: str) -> datetime:
    good = isinstance(value, datetime) and value.tzinfo is None
    expect(good, key, "a date and time without zone, e.g. 2024-01-15T09:00:00", value)
    assert isinstance(value, datetime)
    return value


_CONVERTERS: dict[str, Callable[[object, str], object]] = {
    "str": _text,
    "int": _integer,
    "int | str": _order,
    "float | str": _length,
    "bool": _boolean,
    "float": _number,
    "float | None": _optional_number,
    "tuple[float, ...]": _numbers,
    "tuple[str, ...]": _texts,
    "tuple[tuple[float, float], ...]": _pairs,
    "datetime": _local_time,
}


def build(cls: type[Settings], table: object, key: str = "", **ready: Any) -> Settings:
    """Make settings from a TOML table.

    Parameters
    ----------
    cls : dataclass
    table : mapping
        Only keys of `cls`; those without a default must be there.
    key : str
        Where the table stands, for messages.
    **ready
        Fields made already: nested settings, which win over the table.

    Raises
    ------
    RecipeError
        If `table` is no table, has an unknown key or lacks one, or the settings refuse a value.
    """
    expect(isinstance(table, Mapping), key or "recipe", "a table", table)
    assert isinstance(table, Mapping)
    prefix = f"{key}." if key else ""
    names = [f.name for f in fields(cls)]
    for name in table:
        if name not in names:
            raise unknown("key", prefix + name, names)
    values = {**table, **ready}
    for f in fields(cls):
        if f.name not in values and f.default is MISSING and f.default_factory is MISSING:
            raise RecipeError(f"missing key '{prefix}{f.name}'")
    return cls(**values)


def unknown(what: str, name: str, valid: Iterable[str]) -> RecipeError:
    """Return the error for a name that is none of the valid ones, with the nearest as hint."""
    return RecipeError(f"unknown {what} '{name}'", hint=nearest(name.rpartition(".")[2], valid))


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the hint that offers the valid name closest to `name`, or all of them."""
    from difflib import get_close_matches

    names = sorted(set(valid))
    close = get_close_matches(name, names, n=1)
    return f"did you mean {close[0]}?" if close else f"choose one of {', '.join(names)}"
