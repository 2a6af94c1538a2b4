"""Commands run in forks of one process that has imported everything: each with limits, each costing milliseconds.

``python -m tests.attack.forks`` is the server; it takes a request a line, as JSON, and answers with a line.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 10  # of CPU; what takes as long hangs
MEMORY = 2 << 30  # bytes of address space beyond what the imports take
KILLED = 128


class Ended(NamedTuple):
    """How a command ended.

    Attributes
    ----------
    status : int
        Its exit status; 128 and the signal where one killed it.
    out, err : bytes
    memory : int
        Bytes of its peak beyond that of the imports.
    """

    status: int
    out: bytes
    err: bytes
    memory: int


class Forks:
    """Runs commands; a context manager."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Forks:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("RAMANFIT_", "PYTHON"))}
        threads = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.attack.forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**environment, **threads, "MPLBACKEND": "agg"},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        for pipe in (self._server.stdin, self._server.stdout):
            assert pipe is not None
            pipe.close()
        self._server.wait()

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        *,
        stdin: bytes | None = b"",
        variables: dict[str, str] | None = None,
        file_size: int | None = None,
    ) -> Ended:
        """Run a command in a folder.

        Parameters
        ----------
        arguments : sequence of str
        folder : Path
        stdin : bytes or None
            What standard input holds; None: it is closed.
        variables : dict
            Of the environment.
        file_size : int, optional
            Bytes that a file may have: what writes more meets a disk that is full.
        """
        assert self._server is not None
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        request = {
            "arguments": list(arguments),
            "folder": str(folder),
            "stdin": None if stdin is None else base64.b64encode(stdin).decode(),
            "variables": variables or {},
            "file_size": file_size,
        }
        self._server.stdin.write(json.dumps(request).encode() + b"\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        out, err = (base64.b64decode(answer[name]) for name in ("out", "err"))
        return Ended(answer["status"], out, err, answer["memory"])


def _serve() -> None:
    import importlib

    from ramanfit.cli import COMMANDS, ramanfit
    from ramanfit.cli.console import Console

    for module, _ in COMMANDS.values():
        importlib.import_module(module)
    with tempfile.TemporaryDirectory() as folder:  # imports what commands import when they run
        nothing = os.open(os.devnull, os.O_WRONLY)
        kept = [os.dup(number) for number in (1, 2)]
        for number in (1, 2):
            os.dup2(nothing, number)
        sample = str(ROOT / "sample_spectra" / "pristine-graphite")
        for words in (
            ["ratio", sample, "-o", f"{folder}/a.xlsx"],
            ["fit", sample, "--baseline", "arpls"],
            ["evolve", sample, "-o", f"{folder}/e"],
            ["export", sample, "-o", f"{folder}/a.parquet"],
            ["export", sample, "-o", f"{folder}/n/", "--form", "nc"],
            ["export", sample, "-o", f"{folder}/x/", "--form", "nxs"],
        ):
            Console().run(ramanfit, words)
        for number, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, number)
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as stdin:
        if request["stdin"] is not None:
            stdin.write(base64.b64decode(request["stdin"]))
            stdin.seek(0)
        before = _resident()
        pid = os.fork()
        if not pid:
            _child(request, stdin.fileno(), out.fileno(), err.fileno())
        _, status, usage = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)  # workers that stayed
        texts = {}
        for name, file in (("out", out), ("err", err)):
            file.seek(0)
            texts[name] = base64.b64encode(file.read(1 << 26)).decode()
        memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) - before
        return {"status": KILLED - code if code < 0 else code, "memory": max(memory, 0), **texts}


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _child(request: dict[str, Any], stdin: int, out: int, err: int) -> None:
    """Run one command; never returns."""
    status = 99
    try:
        from ramanfit.cli import ramanfit
        from ramanfit.cli.console import Console

        os.setsid()
        if request["stdin"] is None:
            os.close(0)
        else:
            os.dup2(stdin, 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdin = None if request["stdin"] is None else open(0, encoding="utf-8", closefd=False)  # type: ignore[assignment]  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.chdir(request["folder"])
        os.environ.update(request["variables"])
        sys.argv = ["ramanfit", *request["arguments"]]
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        signal.alarm(2 * SECONDS)  # what waits takes no CPU
        with contextlib.suppress(ValueError, OSError):
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            taken = pages * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
        if request["file_size"] is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_size"], resource.RLIM_INFINITY))
        status = Console().run(ramanfit, request["arguments"])
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
