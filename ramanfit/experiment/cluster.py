"""A running Dask cluster that is handed work: how it is reached, and what is said when it, or a part of it, is lost."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from ramanfit.errors import FormatError, InputError, RamanfitError
from ramanfit.experiment.alike import Made, differences, made_with
from ramanfit.experiment.workers import attempt, result_of
from ramanfit.fit.hands import Hands

if TYPE_CHECKING:
    from distributed import Client, Future

    from ramanfit.experiment.voice import Voice

CONNECT_S = 10.0  # in which a scheduler answers
NO_WORKER_S = 60.0  # that a cluster may have no worker before work that waits is given up
ANSWER_S = 30.0  # in which a scheduler that works answers
LOOK_S = 1.0  # between looks at a cluster while waiting
RESULT_S = 300.0  # in which a result that is there arrives
TIMEOUTS = (TimeoutError, asyncio.TimeoutError)  # two before Python 3.11
LOGGERS = ("distributed", "tornado", "asyncio")


class Errand:
    """A piece of work that a cluster was handed: a `ramanfit.fit.hands.Pending`."""

    def __init__(self, cluster: Cluster, future: Future) -> None:
        self._cluster, self._future = cluster, future

    def result(self) -> Any:
        """Wait for the result; an error of the function is raised, and so is what became of the cluster."""
        return self._cluster.result_of(self._future)

    def cancel(self) -> None:
        """Take it back."""
        self._cluster.cancel(self._future)


class Cluster:
    """A running cluster; see `ramanfit.fit.hands.Submits`.

    Parameters
    ----------
    client : Client
    voice : Voice
        Told when nobody works, and when last digits may differ.
    """

    def __init__(self, client: Client, voice: Voice) -> None:
        self._client, self._voice = client, voice
        self._address = client.scheduler.address
        self._threads = 0
        self._looked_s = -LOOK_S
        self._mine = made_with()
        self._warned = self._waited = False
        self._idle_since_s = time.monotonic()
        while not self._look():
            time.sleep(LOOK_S / 10)

    def width(self) -> int:
        """Return how many pieces it does at a time."""
        self._look()
        return max(1, self._threads)

    def submit(self, function: Callable[[Any], Any], item: Any) -> Errand:
        """Hand a piece of work to it."""
        with self._there():
            call = _Call(self._mine, pickle.dumps((function, item), protocol=5))
            # a worker that cannot unpack what is named here would end: so it is Python's, and ramanfit's is inside
            future = self._client.submit(pickle.loads, pickle.dumps(call, protocol=5), key=f"ramanfit-{uuid4().hex}")
            return Errand(self, future)

    def result_of(self, future: Future) -> Any:
        """Return the result of a piece of work when it is there.

        Raises
        ------
        RamanfitError
            If the scheduler is gone, if there are no workers, or they are killed by this piece; if they have other
            versions.
        """
        from distributed import wait

        while not future.done():
            with self._there(), suppress(*TIMEOUTS), self._client.as_current():
                wait([future], timeout=LOOK_S)
            self._look()
        with self._there():
            answer, error, trace, theirs = future.result(timeout=RESULT_S)
        if theirs.arithmetic != self._mine.arithmetic and not self._warned:
            self._warned = True
            self._voice.warn(
                f"workers of {self._address} compute with {theirs.arithmetic}, this machine with "
                f"{self._mine.arithmetic}: last digits may differ"
            )
        return result_of(answer, error, trace)

    def cancel(self, future: Future) -> None:
        """Take a piece of work back."""
        if self._client.status == "running":
            with suppress(Exception):  # it ends with its client anyway
                future.cancel()

    def _look(self) -> bool:
        """Tell whether somebody works; count them, now and then.

        Raises
        ------
        RamanfitError
            If nobody has for a long time.
        """
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_S:
            with self._there():
                self._threads = sum(self._client.nthreads(callback_timeout=ANSWER_S).values())
            self._looked_s = now_s
        if self._threads:
            self._idle_since_s, self._waited = now_s, False
        elif now_s - self._idle_since_s > NO_WORKER_S:
            raise RamanfitError(
                f"{self._address}: this Dask cluster has no workers, for {NO_WORKER_S:.0f} s now",
                hint=f"start some: dask worker {self._address}",
            )
        elif now_s - self._idle_since_s > LOOK_S and not self._waited:
            self._waited = True
            self._voice.say(f"{self._address}: no workers yet: waiting")
        return self._threads > 0

    @contextmanager
    def _there(self) -> Iterator[None]:
        """Say in our words what Dask raises."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        try:
            if self._client.status != "running":
                raise OSError(self._client.status)
            yield
        except KilledWorker as error:
            raise RamanfitError(
                f"{self._address}: one piece of work ended {error.allowed_failures + 1} workers one after another",
                hint="most often they are short of memory: see their logs; give each more, or fewer threads",
            ) from error
        except (OSError, CancelledError, *TIMEOUTS) as error:
            raise RamanfitError(
                f"{self._address}: the Dask scheduler is gone, was restarted, or hangs",
                hint="what was fitted there is lost: see whether it runs, then say the same again",
            ) from error
        except RamanfitError:
            raise
        except Exception as error:
            raise RamanfitError(
                f"{self._address}: a worker cannot do the work: {_reason(error)}",
                hint="install there what is installed here: the same ramanfit-cli and its dependencies",
            ) from error


@contextmanager
def cluster(client: Client, voice: Voice) -> Iterator[Hands]:
    """The workers that a client reaches, for the length of a block."""
    hands = Hands(some := Cluster(client, voice), some.width)
    try:
        yield hands
    finally:
        hands.take_back()


@contextmanager
def client_of(address: str) -> Iterator[Client]:
    """A client of the cluster at an address, or in a scheduler file, for the length of a block.

    Raises
    ------
    RamanfitError
        If Dask is not installed, or no scheduler answers.
    """
    where = address_of(address)
    try:
        from distributed import Client
    except ImportError as error:
        raise RamanfitError(
            "--scheduler needs the package distributed, which is not installed", hint="pip install 'ramanfit-cli[dask]'"
        ) from error
    import dask

    with _silence(), dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
        try:
            asyncio.run(_greet(where))  # a client that cannot be made would take long, and many lines, to end
            client = Client(where, timeout=CONNECT_S, set_as_default=False)
        except Exception as error:
            raise RamanfitError(
                f"{address}: no Dask scheduler answers: {_reason(error)}",
                hint="start one with `dask scheduler` and give the address that it prints, as tcp://host:port, or its "
                "scheduler file",
            ) from error
        try:
            yield client
        finally:
            with suppress(Exception):
                client.close(timeout=LOOK_S)


def address_of(address: str) -> str:
    """Return the address of a scheduler, which a scheduler file may hold.

    Raises
    ------
    RamanfitError
        If the file is not there, or is none.
    """
    if not address.endswith(".json") and not Path(address).is_file():
        return address
    try:
        found = json.loads(Path(address).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{address}: {error.strerror}", hint="`dask scheduler --scheduler-file` writes it") from error
    except ValueError as error:
        raise FormatError(address, expected="a scheduler file of Dask", found="no JSON") from error
    where = found.get("address") if isinstance(found, dict) else None
    if not isinstance(where, str):
        raise FormatError(address, expected="a scheduler file of Dask", found="no address in it")
    return where


async def _greet(where: str) -> None:
    from distributed.comm import connect
    from distributed.security import Security

    comm = await connect(where, timeout=CONNECT_S, **Security().get_connection_args("client"))
    await comm.close()


@contextmanager
def _silence() -> Iterator[None]:
    """Keep Dask's log, and its warnings, off standard error: what matters is said in our words."""
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.split(".")[0] in LOGGERS]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="distributed")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _reason(error: BaseException) -> str:
    """Return the first line of what lies deepest in an error and says something."""
    said = ""
    while True:
        if isinstance(error, MemoryError):
            return "something else does, with other numbers than Dask's"  # which were taken for a length
        said = str(error).strip() or said
        if error.__cause__ is None:
            return (said or type(error).__name__).splitlines()[0]
        error = error.__cause__


class _Call(NamedTuple):
    """What is done by unpacking it."""

    asked: Made
    payload: bytes

    def __reduce__(self) -> tuple[object, ...]:
        return _answer, (self.asked, self.payload)


def _answer(asked: Made, payload: bytes) -> tuple[Any, Exception | None, str, Made]:
    """Do a piece of work, on a worker that gives the same numbers; nothing is unpacked before that is known."""
    mine = made_with()
    if other := differences(mine, asked):
        from distributed import get_worker

        error = RamanfitError(
            f"{get_worker().address}: this worker may give other numbers: {other}",
            hint="install the same there as here, or here as there",
        )
        return None, error, "", mine
    return *attempt(*pickle.loads(payload)), mine
