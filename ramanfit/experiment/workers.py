"""Processes that share the work, and end with the one that started them, however that ends."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ramanfit.errors import RamanfitError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Item = TypeVar("Item")
Result = TypeVar("Result")
LATER_S = 0.2  # a signal to all processes meets workers before their parent


class Piece:
    """A piece of work that was handed out: a `ramanfit.fit.hands.Pending`."""

    def __init__(self, workers: Workers, call: tuple[Callable[..., Any], Any]) -> None:
        self._workers, self.call = workers, call
        self.answer: tuple[Any, Exception | None, str] | None = None

    def result(self) -> Any:
        """Wait for the result; an error of the function is raised."""
        self._workers.wait_for(self)
        if self.answer is not None:
            return result_of(*self.answer)
        raise AssertionError("waited for in vain")

    def cancel(self) -> None:
        """Take it back, unless a worker has it."""
        self._workers.forget(self)


class Workers:
    """Processes, each with a pipe of its own, so that one that is killed leaves no lock behind that others wait for.

    Parameters
    ----------
    number : int
    """

    def __init__(self, number: int) -> None:
        from multiprocessing import Pipe, Process

        self._idle: list[Connection] = []
        self._busy: dict[Connection, Piece] = {}
        self._todo = deque[Piece]()
        self._processes: list[Process] = []
        try:
            for _ in range(number):
                ours, theirs = Pipe()
                process = Process(target=_work, args=(theirs,), daemon=True)
                self._processes.append(process)
                process.start()
                theirs.close()  # so that its end is heard when the worker is gone
                self._idle.append(ours)
        except BaseException:
            self.end()
            raise

    def submit(self, function: Callable[[Item], Result], item: Item) -> Piece:
        """Take a piece of work, which a worker is handed when it has nothing else to do.

        No pipe fills up while nobody reads it.
        """
        piece = Piece(self, (function, item))
        self._todo.append(piece)
        self._turn(0)
        return piece

    def wait_for(self, piece: Piece) -> None:
        """Go on until a piece is done.

        Raises
        ------
        RamanfitError
            If a worker is killed.
        """
        while piece.answer is None:
            self._turn(None)

    def forget(self, piece: Piece) -> None:
        """Do not begin a piece; the answer of one that is worked at is let go."""
        if piece in self._todo:
            self._todo.remove(piece)

    def _turn(self, timeout_s: float | None) -> None:
        """Hear those that have an answer, waiting for one no longer than that, and hand out what there is to do."""
        from multiprocessing.connection import wait

        for connection in [one for one in wait([*self._busy], timeout_s) if one in self._busy] if self._busy else ():
            with _expecting_a_worker():
                self._busy[connection].answer = connection.recv()
            del self._busy[connection]
            self._idle.append(connection)
        while self._idle and self._todo:
            connection = self._idle.pop()
            with _expecting_a_worker():
                connection.send(self._todo[0].call)
            self._busy[connection] = self._todo.popleft()

    def end(self) -> None:
        """End the processes, whatever they are at."""
        for process in self._processes:
            if process.pid is not None:
                process.kill()
        for process in self._processes:
            if process.pid is not None:
                process.join()


@contextmanager
def workers(number: int) -> Iterator[Workers]:
    """Processes for the length of a block."""
    some = Workers(number)
    try:
        yield some
    finally:
        some.end()


@contextmanager
def _expecting_a_worker() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        time.sleep(LATER_S)
        raise RamanfitError(
            "a worker process was killed", hint="when memory is short: fit fewer files at a time, or with fewer --jobs"
        ) from error


def result_of(result: Any, error: Exception | None, trace: str) -> Any:
    """Return what a worker answered; raise what went wrong there."""
    if error is not None:
        raise error from RuntimeError(f"in a worker process:\n{trace}")
    return result


def attempt(function: Callable[[Item], Result], item: Item) -> tuple[Any, Exception | None, str]:
    """Return the result for an item, or what went wrong, and where."""
    try:
        return function(item), None, ""
    except Exception as error:
        from traceback import format_exc

        return None, error, format_exc()


def _work(pipe: Connection) -> None:
    """Do what comes, one after another, until the parent is gone or ends this process."""
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are the parent's
    for name in ("SIGTERM", "SIGHUP"):  # a fork has its parent's ways of ending in order
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    Thread(target=_end_with_the_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(attempt(*pipe.recv()))


def _end_with_the_parent() -> None:
    """Wait for the parent's end: a killed one tells nobody, and its workers would wait for work for ever."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
