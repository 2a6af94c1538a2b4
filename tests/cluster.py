"""A Dask cluster of processes on this machine, as Dask's command line starts them, that can be stopped and killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
STARTS_S = 60.0  # on a busy machine


class LocalDask:
    """A scheduler and its workers.

    Attributes
    ----------
    file : Path
        The scheduler file.
    workers : list of Popen
    """

    def __init__(self, folder: Path, more: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self.file = folder, folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._started(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--idle-timeout", "1h", more=more
        )
        self._until(lambda: self.file.exists() and self.file.read_text().endswith("}"))
        self.address: str = json.loads(self.file.read_text())["address"]

    def add_worker(self, more: Mapping[str, str] | None = None, folder: Path | None = None) -> subprocess.Popen[bytes]:
        """Start one more worker, of one thread, and wait until the scheduler knows it."""
        before = self.log("scheduler").count("Starting worker compute stream")
        where = ("--local-directory", str(self._folder / "workers"))
        options = ("--nthreads", "1", "--no-nanny", "--memory-limit", "0", *where)
        self.workers.append(self._started("worker", *options, more=more, folder=folder))
        self._until(lambda: self.log("scheduler").count("Starting worker compute stream") > before)
        return self.workers[-1]

    def log(self, name: str) -> str:
        """Return what the scheduler, or the workers, have said."""
        path = self._folder / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def tasks(self) -> list[str]:
        """Return the states of all tasks, as seen by a client of its own."""
        asked = (
            "import sys\nfrom distributed import Client\nwith Client(sys.argv[1], set_as_default=False) as client:\n"
            "    states = lambda dask_scheduler: [task.state for task in dask_scheduler.tasks.values()]\n"
            "    print(*client.run_on_scheduler(states))"
        )
        command = [sys.executable, "-c", asked, self.address]
        return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout.split()

    def end(self) -> None:
        """Kill what is left."""
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                process.kill()
            process.wait()

    def _started(
        self, kind: str, *options: str, more: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options, "--no-dashboard"]
        with (self._folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "--scheduler-file", str(self.file)],
                env={**ENVIRONMENT, **(more or {})},
                cwd=folder or ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is not theirs
            )

    def _until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + STARTS_S
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(self.log("scheduler") + self.log("worker"))
            time.sleep(0.05)


@contextmanager
def local_dask(folder: Path, workers: int = 2, more: Mapping[str, str] | None = None) -> Iterator[LocalDask]:
    """A cluster of so many workers, for the length of a block."""
    dask = LocalDask(folder, more)
    try:
        for _ in range(workers):
            dask.add_worker()
        yield dask
    finally:
        dask.end()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Let a process neither work nor answer, as one that hangs."""
    os.kill(process.pid, signal.SIGSTOP)
