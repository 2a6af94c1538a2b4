"""Processes that share the work, and end with the one that started them, however that ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ramanfit.errors import RamanfitError

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor


@contextmanager
def workers(number: int) -> Iterator[ProcessPoolExecutor]:
    """Processes for the length of a block.

    Raises
    ------
    RamanfitError
        If one of them is killed.
    """
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    pool = ProcessPoolExecutor(number, initializer=_begin)
    try:
        yield pool
    except BrokenProcessPool as error:
        raise RamanfitError(
            "a worker process was killed", hint="when memory is short: fit fewer files at a time, or with fewer --jobs"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are the parent's
    Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """Wait for the parent's end: a killed one tells nobody, and its workers would wait for work for ever."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
