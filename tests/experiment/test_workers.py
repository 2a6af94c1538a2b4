"""Worker processes against what `map` of Python does, and killed at moments when a pool's locks are held."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from ramanfit.errors import FormatError, RamanfitError
from ramanfit.experiment.hired import hired
from ramanfit.experiment.request import Request
from ramanfit.experiment.voice import Silent
from ramanfit.experiment.workers import workers as processes
from ramanfit.fit.engine.compiled.library import core
from ramanfit.fit.hands import Hands
from ramanfit.recipe.toml import load_recipe


@contextmanager
def workers(number: int) -> Iterator[Hands]:
    with processes(number) as some:
        yield Hands(some, lambda: number)


LARGE = 1 << 22  # bytes, more than a pipe holds


def tripled(number: int) -> bytes:
    time.sleep(0.001 * (number % 3))  # so that later ones are ready first
    return bytes([number % 251]) * (3 * number)


def large(data: bytes) -> bytes:
    return data[::-1]


def refuses(number: int) -> int:
    if number == 5:
        raise FormatError("a.txt", expected="a number", found="none")
    return number


def dies(number: int, at: int) -> bytes:
    """Be killed at an item: 3 at work, 4 while the answer is half in the pipe, 5 some time later."""
    if number == 7:
        if at == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        threading.Timer(0.02 * (at - 3), os.kill, (os.getpid(), signal.SIGKILL)).start()
        return bytes(50 * LARGE)
    return bytes(LARGE if number % 2 else 1)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_threads_share_one_file_where_the_core_lets_them(number: int) -> None:
    for alone, recipe, engine in itertools.product((True, False), ("li-graphite", "carbon-bwf"), ("varpro", "lmfit")):
        request = Request(["-"], load_recipe(recipe), engine=engine, jobs=number)
        with hired(request, Silent(), alone=alone) as hands:
            threads = alone and recipe == "li-graphite" and engine == "varpro" and core() is not None
            assert (hands is not None and hands.here) == (threads and number > 1)
            assert hands is None or [*hands(tripled, range(9))] == [*map(tripled, range(9))]


@pytest.mark.parametrize("number", [1, 2])
def test_results_come_in_the_order_of_the_items(number: int) -> None:
    with workers(number) as some:
        assert list(some(tripled, range(40))) == [tripled(i) for i in range(40)]
        assert list(some(tripled, [])) == []
        some_large = [os.urandom(LARGE) for _ in range(4)]
        assert list(some(large, some_large)) == [data[::-1] for data in some_large]


def test_items_are_taken_when_a_worker_is_free() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for i in range(50):
            taken.append(i)
            yield i

    with workers(2) as some:
        results = some(tripled, items())
        next(results)
        assert len(taken) <= 8
        assert len([*results]) == 49


def test_an_error_is_raised_as_it_was() -> None:
    with workers(2) as some, pytest.raises(FormatError, match=r"a\.txt: expected a number, found none") as error:
        list(some(refuses, range(20)))
    assert "in refuses" in str(error.value.__cause__)  # where, for --debug


@pytest.mark.posix
@pytest.mark.parametrize("at", [3, 4, 5] * 4)
def test_a_worker_that_is_killed_is_told(at: int) -> None:
    began = time.monotonic()
    with workers(2) as some, pytest.raises(RamanfitError, match="a worker process was killed"):
        list(some(partial(dies, at=at), range(40)))
    assert time.monotonic() - began < 20.0


@pytest.mark.posix
def test_they_end_though_the_parent_ends_in_order() -> None:
    """A handler that raises, as the command line has one, is inherited by a fork, where it would be an answer."""
    before = signal.signal(signal.SIGTERM, lambda number, _: (_ for _ in ()).throw(SystemExit(143)))
    try:
        with processes(2) as some:
            hands, first = Hands(some, lambda: 2), some._processes[0].pid
            assert list(hands(tripled, range(4))) == [tripled(i) for i in range(4)]
            assert first is not None
            os.kill(first, signal.SIGTERM)
            with pytest.raises(RamanfitError, match="a worker process was killed"):
                list(hands(tripled, range(40)))
    finally:
        signal.signal(signal.SIGTERM, before)
