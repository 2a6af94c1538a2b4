"""Who does the work: this process, several on this machine, an executor, or a cluster."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeGuard

from ramanfit.errors import UsageError

if TYPE_CHECKING:
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.voice import Voice
    from ramanfit.fit.hands import Hands

SWITCH_S = 1e-3  # after which a thread lets others have Python: between calls of the core it needs it for less


@contextmanager
def hired(request: Request, voice: Voice, *, alone: bool = False) -> Iterator[Hands | None]:
    """Those whom a request names, for the length of a block; None: this process does all.

    Parameters
    ----------
    request : Request
    voice : Voice
    alone : bool
        Whether there is one export: threads then share its spectra, where the compiled core lets them.

    Raises
    ------
    UsageError
        If it names several.
    RamanfitError
        If a cluster is not there.
    """
    check_who(request)
    if request.scheduler is None and request.executor is None and request.jobs == 1:
        yield None
        return
    from ramanfit.fit.hands import Hands

    if request.scheduler is not None:
        from ramanfit.experiment.cluster import client_of, cluster

        with client_of(request.scheduler) as client, cluster(client, voice) as hands:
            yield hands
    elif is_client(request.executor):
        from ramanfit.experiment.cluster import cluster

        with cluster(request.executor, voice) as hands:
            yield hands
    elif request.executor is not None:
        jobs = request.jobs
        hands = Hands(request.executor, (lambda: jobs) if jobs > 1 else None)
        try:
            yield hands
        finally:
            hands.take_back()
    elif alone and shares_well(request):
        from concurrent.futures import ThreadPoolExecutor

        jobs, usual_s = request.jobs, sys.getswitchinterval()
        with ThreadPoolExecutor(jobs) as threads:
            hands = Hands(threads, lambda: jobs, here=True)
            sys.setswitchinterval(SWITCH_S)
            try:
                yield hands
            finally:
                sys.setswitchinterval(usual_s)
                hands.take_back()
    else:
        from ramanfit.experiment.workers import workers

        jobs = request.jobs
        with workers(jobs) as some:
            yield Hands(some, lambda: jobs)


def shares_well(request: Request) -> bool:
    """Tell whether threads need not wait for each other: the compiled core, which lets Python go, does all fits."""
    from ramanfit.fit.engine.compiled.library import core

    parts = request.recipe.parts
    plain = all(part.instrument.fwhm_cm1 is None and all(peak.plain for peak in part.peaks) for part in parts)
    return request.engine == "varpro" and plain and core() is not None


def check_who(request: Request) -> None:
    """Make sure that a request names one way to work.

    Raises
    ------
    UsageError
        If it names several.
    """
    if request.scheduler is not None and request.executor is not None:
        raise UsageError("scheduler and executor both say who does the work: give one")
    if request.jobs != 1 and (request.scheduler is not None or is_client(request.executor)):
        raise UsageError("--jobs is for processes of this machine, a cluster has as many as it has: leave out one")


def nothing_to_hand_out(request: Request) -> None:
    """Refuse a cluster or an executor where tables hold all that was asked for.

    Raises
    ------
    UsageError
        If a request names one.
    """
    if request.scheduler is not None or request.executor is not None:
        option = "executor" if request.scheduler is None else "--scheduler"
        raise UsageError(f"{option}: a table of fits has nothing left to fit: leave it out")


def is_client(executor: object) -> TypeGuard[Any]:
    """Tell whether an executor is a client of Dask, which need not be imported for that."""
    return any(kind.__module__ == "distributed.client" and kind.__name__ == "Client" for kind in type(executor).__mro__)
