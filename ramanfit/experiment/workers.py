"""Processes that share the work, and end with the one that started them, however that ends."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ramanfit.errors import RamanfitError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Item = TypeVar("Item")
Result = TypeVar("Result")
LATER_S = 0.2  # a signal to all processes meets workers before their parent


class Workers:
    """Processes, each with a pipe of its own, so that one that is killed leaves no lock behind that others wait for.

    Parameters
    ----------
    number : int
    """

    def __init__(self, number: int) -> None:
        from multiprocessing import Pipe, Process

        self._idle: list[Connection] = []
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

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the result for every item, in their order; an error of the function is raised.

        A worker is handed an item when it has nothing else to do: no pipe fills up while nobody reads it.

        Raises
        ------
        RamanfitError
            If a worker is killed.
        """
        from multiprocessing.connection import wait

        todo = iter(enumerate(items))
        busy: dict[Connection, int] = {}
        waiting, done = deque[int](), dict[int, Result]()

        def hand_out() -> None:
            while self._idle and (following := next(todo, None)) is not None:
                number, item = following
                connection = self._idle.pop()
                with _expecting_a_worker():
                    connection.send((function, item))
                busy[connection] = number
                waiting.append(number)

        while True:
            hand_out()
            if not waiting:
                return
            ready = waiting[0] in done
            heard = wait([*busy], 0 if ready else None) if busy else []
            for connection in [one for one in busy if one in heard]:
                with _expecting_a_worker():
                    answer = connection.recv()
                done[busy.pop(connection)] = _result(*answer)
                self._idle.append(connection)
            if ready:
                hand_out()
                yield done.pop(waiting.popleft())

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


def _result(result: Any, error: Exception | None, trace: str) -> Any:
    if error is not None:
        raise error from RuntimeError(f"in a worker process:\n{trace}")
    return result


def _work(pipe: Connection) -> None:
    """Do what comes, one after another, until the parent is gone or ends this process."""
    from threading import Thread
    from traceback import format_exc

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are the parent's
    for name in ("SIGTERM", "SIGHUP"):  # a fork has its parent's ways of ending in order
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    Thread(target=_end_with_the_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            function, item = pipe.recv()
            try:
                answer: tuple[Any, Exception | None, str] = function(item), None, ""
            except Exception as error:
                answer = None, error, format_exc()
            pipe.send(answer)


def _end_with_the_parent() -> None:
    """Wait for the parent's end: a killed one tells nobody, and its workers would wait for work for ever."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
