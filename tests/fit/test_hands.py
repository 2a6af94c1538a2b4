"""Work that is handed out, against `map` of Python: whoever does it, in whatever order it is done."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.fit.hands import AHEAD, Hands
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.toml import load_recipe
from tests.benchmark.made import scan_of


class Late:
    """Does pieces when a result is waited for, some at a time, in an order of its own."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.out: list[tuple[Future[Any], Callable[[], Any]]] = []
        self.most = 0

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        late = self

        class Waited(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                while not self.done():
                    late.do_one()
                return super().result(0)

        future = Waited()
        self.out.append((future, lambda: function(*arguments)))
        self.most = max(self.most, len(self.out))
        return future

    def do_one(self) -> None:
        future, call = self.out.pop(self._random.randrange(len(self.out)))
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(call())
            except ArithmeticError as error:
                future.set_exception(error)


@given(st.lists(st.integers()), st.integers(1, 5), st.integers(0, 99))
def test_results_are_those_of_map_in_its_order(items: list[int], width: int, seed: int) -> None:
    late = Late(seed)
    assert [*Hands(late, lambda: width)(hash, iter(items))] == [*map(hash, items)]
    assert late.most <= AHEAD * width


@given(st.integers(1, 5), st.integers(0, 30), st.integers(0, 99))
def test_what_is_out_is_taken_back_when_one_goes_wrong(width: int, wrong: int, seed: int) -> None:
    late, got = Late(seed), list[float]()
    with pytest.raises(ZeroDivisionError):
        got.extend(Hands(late, lambda: width)(lambda i: 1 / (wrong - i), range(40)))
    assert got == [1 / (wrong - i) for i in range(wrong)]
    assert all(future.cancelled() or future.done() for future, _ in late.out)


def test_what_is_out_is_taken_back_when_nobody_reads_on() -> None:
    late = Late(1)
    hands = Hands(late, lambda: 3)
    some = hands(hash, range(40))
    assert next(some) == 0
    hands.take_back()
    assert late.out
    assert all(future.cancelled() for future, _ in late.out)


def test_items_are_taken_when_there_is_work_for_them() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for i in range(50):
            taken.append(i)
            yield i

    some = Hands(Late(2), lambda: 2)(hash, items())
    next(some)
    assert len(taken) == 2 * AHEAD + 1


@pytest.mark.parametrize("kind", [ProcessPoolExecutor, ThreadPoolExecutor])
def test_an_executor_does_not_show_in_the_numbers(kind: type[ProcessPoolExecutor]) -> None:
    scan, recipe = scan_of("exponential", 40.0, 2100, 3)[0], load_recipe("li-graphite")
    alone = fit_scan(scan, recipe).quantities
    with kind(2) as pool:
        shared = fit_scan(scan, recipe, executor=pool).quantities
    np.testing.assert_array_equal(shared.ratios["ratio"].value, alone.ratios["ratio"].value)
    np.testing.assert_array_equal(shared.ratios["ratio"].se, alone.ratios["ratio"].se)
    assert shared.flags.tolist() == alone.flags.tolist()
