"""The shared methods of frozen dataclasses are those that `dataclasses.dataclass` makes."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from functools import cached_property
from typing import Any

import pytest

from ramanfit.frozen import dataclass
from ramanfit.recipe.parts import Axis, Window


class Pair:
    first: int
    second: float = 2.0
    third: Axis = field(default_factory=Axis)

    def __post_init__(self) -> None:
        object.__setattr__(self, "second", float(self.second))


Ours: Any = dataclass(frozen=True)(type("Pair", (Pair,), {"__annotations__": Pair.__annotations__, **vars(Pair)}))
Usual: Any = dataclasses.dataclass(frozen=True)(
    type("Pair", (Pair,), {"__annotations__": Pair.__annotations__, **vars(Pair)})
)


@dataclass(frozen=True, eq=False)
class Row:
    values: tuple[int, ...]
    name: str = ""


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((1, 3), {}),
    ((1,), {"second": 3}),
    ((), {"first": 1, "third": Axis("nm")}),
]


@pytest.mark.parametrize(("args", "named"), CALLS)
def test_as_a_dataclass(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, usual = Ours(*args, **named), Usual(*args, **named)
    assert repr(ours) == repr(usual)
    assert asdict(ours) == asdict(usual)
    assert hash(ours) == hash(usual)
    assert ours == Ours(*args, **named)
    assert ours != replace(ours, first=7)
    assert ours != usual
    assert [f.name for f in fields(ours)] == [f.name for f in fields(usual)]


@pytest.mark.parametrize("call", [((), {}), ((1, 2, Axis(), 4), {}), ((1,), {"first": 1}), ((1,), {"fourth": 4})])
def test_what_a_dataclass_refuses(call: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    for cls in (Ours, Usual):
        with pytest.raises(TypeError):
            cls(*call[0], **call[1])


def test_help_shows_its_fields() -> None:
    names = list(inspect.signature(Usual).parameters)
    assert list(inspect.signature(Ours).parameters) == names
    assert [str(p) for p in inspect.signature(Row).parameters.values()] == [
        "values: 'tuple[int, ...]'",
        "name: 'str' = ''",
    ]
    with pytest.raises(TypeError):
        inspect.signature(Ours).bind()


def test_two_objects_without_eq_are_not_the_same() -> None:
    assert Row((1,)) != Row((1,))
    assert len({Row((1,)), Row((1,))}) == 2
    assert Row((1,), "a").name == "a"
    with pytest.raises(FrozenInstanceError):
        Row((1,)).name = "b"  # type: ignore[misc]


def test_what_is_found_once_is_no_field() -> None:
    @dataclass(frozen=True)
    class Sum:
        first: int
        second: int = 2

        @cached_property
        def both(self) -> int:
            return self.first + self.second

    @dataclass(frozen=True)
    class More(Sum):
        third: int = 3

    one = More(1)
    assert one.both == 3
    assert one == More(1, 2, 3) == replace(one)
    assert hash(one) == hash(More(1))
    assert repr(one).endswith("More(first=1, second=2, third=3)")
    assert one != Sum(1)


def test_nothing_changes_it() -> None:
    window = Window(1000.0, 1800.0)
    with pytest.raises(FrozenInstanceError):
        window.low_cm1 = 3.0  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del window.low_cm1
    assert pickle.loads(pickle.dumps(window)) == copy.deepcopy(window) == window
