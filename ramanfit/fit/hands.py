"""Work handed out to others, some pieces ahead of what is read back; the results come in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
AHEAD = 2  # pieces that are handed out for each that is worked at: nobody waits while a result is read


class Pending(Protocol):
    """A piece of work that was handed out, as `concurrent.futures.Future` has it."""

    def result(self) -> Any:
        """Wait for the result, or raise what went wrong."""

    def cancel(self) -> object:
        """Take it back, where that can still be done."""


class Submits(Protocol):
    """Whoever does pieces of work: an executor of `concurrent.futures`, or what behaves as one."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Any:
        """Take a call to do, and return it as a `Pending`."""


class Hands:
    """Those who work, with what they were handed.

    Parameters
    ----------
    submits : Submits
    width : callable, optional
        How many pieces are worked at at a time: asked again and again, it may change. Without, one for each processor
        of this machine.
    here : bool
        Whether they are threads of this process, which are handed what cannot be sent.
    """

    def __init__(self, submits: Submits, width: Callable[[], int] | None = None, *, here: bool = False) -> None:
        self._submits, self.width, self.here = submits, width or (lambda: os.cpu_count() or 1), here
        self._out: list[deque[Pending]] = []

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the result for every item, in their order, as `map` does; an error of the function is raised.

        Items are taken as there is work for them: no more than `AHEAD` for each that is worked at.
        """
        todo, ahead = iter(items), deque[Pending]()
        self._out.append(ahead)
        try:
            while True:
                self._fill(ahead, function, todo)
                if not ahead:
                    return
                result = ahead[0].result()
                ahead.popleft()
                self._fill(ahead, function, todo)  # before the result is used, which takes its time
                yield result
        finally:
            _take_back(ahead)
            self._out.remove(ahead)

    def _fill(self, ahead: deque[Pending], function: Callable[[Item], Result], todo: Iterator[Item]) -> None:
        for item in islice(todo, max(0, AHEAD * max(1, self.width()) - len(ahead))):
            ahead.append(self._submits.submit(function, item))

    def take_back(self) -> None:
        """Cancel everything that is still out."""
        for ahead in self._out:
            _take_back(ahead)


def _take_back(ahead: deque[Pending]) -> None:
    while ahead:
        ahead.pop().cancel()
