"""One process, several, threads and a Dask cluster on this machine: what each way to share the work costs."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ramanfit.fit.batch import batches, task_of
from ramanfit.fit.pipeline import fit_scan, fit_task
from ramanfit.fit.prepare import prepare
from ramanfit.recipe.toml import load_recipe
from tests.benchmark.commands import RAMANFIT, write_table
from tests.benchmark.made import scan_of
from tests.benchmark.measure import against, in_turns, typical
from tests.cluster import ENVIRONMENT, LocalDask, local_dask

SPECTRA, CHANNELS, FILES = 20_000, 1024, 2000
FEW = 4096  # spectra in memory: two blocks
MANY = 1e8  # spectra, of which the price is asked
COUNTED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""  # in a small process of its own: what a large one starts counts as large
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Cost(NamedTuple):
    """What a command took.

    Attributes
    ----------
    wall_s, cpu_s : float
        The processor time is that of the client, of its processes, and of the cluster.
    here_s : float
        Of that, of the client and its processes.
    peak_mb : float
        Of the client, or of the largest of its processes.
    digest : bytes
        Of what it wrote.
    size : int
        In bytes.
    """

    wall_s: float
    cpu_s: float
    here_s: float
    peak_mb: float
    digest: bytes
    size: int


def cluster() -> Iterator[str]:
    """20,000 spectra of 1,024 channels in one file and in 2,000, each way once; parts of it in memory, in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shift = np.linspace(100.0, 2300.0, CHANNELS)
        counts = np.asarray(scan_of("exponential", 50.0, SPECTRA, 1, shift=shift)[0].counts).round(2)
        write_table(folder / "one.txt", shift, counts)
        (folder / "many").mkdir()
        for i, part in enumerate(np.split(counts, FILES)):
            write_table(folder / "many" / f"s{i:04d}.txt", shift, part)
        with local_dask(folder / "dask") as dask:
            yield from _whole(folder, dask)
            yield from _start(folder, dask)
        yield from _in_memory(folder)


def _whole(folder: Path, dask: LocalDask) -> Iterator[str]:
    alone: dict[str, Cost] = {}
    to = ["--scheduler", str(dask.file)]
    for what, files in (("one file", folder / "one.txt"), ("2,000 files", folder / "many")):
        ways = {"--jobs 1": [], "--jobs 2": ["--jobs", "2"], "--scheduler": to}
        if files.is_dir():
            ways["--scheduler, files not seen"] = to
        for way, options in ways.items():
            named = files.name if "not seen" in way else str(files)  # relative: workers are in another folder
            cost = _cost([*RAMANFIT, "ratio", named, "-q", *options], folder, dask)
            first = alone.setdefault(what, cost)
            alone[f"{what}, {way}"] = cost
            said = f"{what}, {way}: processor {cost.cpu_s / first.cpu_s:.2f}, wall {cost.wall_s / first.wall_s:.2f} of "
            said += f"--jobs 1; peak {cost.peak_mb:.0f} MB; "
            yield said + ("same bytes" if cost.digest == first.digest else "OTHER BYTES")
        yield from (f"{what}: peak of {who} {_peak_mb(pid):.0f} MB" for who, pid in _who(dask).items())
        cost = alone[what]
        hours, per = cost.cpu_s / SPECTRA * MANY / 3600, 1e3 * cost.cpu_s / SPECTRA
        yield f"{what}: {per:.2f} ms of a processor a spectrum, {hours:.0f} hours for 10^8"
        text_kb = (folder / "one.txt").stat().st_size / SPECTRA / 1e3
        yield f"{what}: {text_kb:.0f} kB of text a spectrum: {text_kb / per:.0f} MB/s from the disk for each worker"
    few = folder / "few"
    few.mkdir()
    for path in sorted((folder / "many").iterdir())[: FILES // 10]:
        path = path.rename(few / path.name)
    less = _cost([*RAMANFIT, "ratio", str(few), "-q", *to], folder, dask)
    more = alone["2,000 files, --scheduler"]
    held_kb = (more.peak_mb - less.peak_mb) * 1024 / (0.9 * SPECTRA)
    yield f"2,000 files, --scheduler: {held_kb:.1f} kB held here a spectrum, {more.size / SPECTRA:.0f} bytes of CSV"
    whole, least = alone["one file, --scheduler"], _cost([*RAMANFIT, "ratio", str(path), "-q", *to], folder, dask)
    share = (whole.here_s - least.here_s) / (whole.cpu_s - least.cpu_s)
    yield f"one file, --scheduler: of all work, done here {share:.2f}: its blocks feed {1 / share - 1:.0f} workers"


def _start(folder: Path, dask: LocalDask) -> Iterator[str]:
    one = str(folder / "few" / "s0000.txt")
    command = [*RAMANFIT, "ratio", one, "-q"]
    seconds = typical(
        {
            "numpy": partial(_run, [sys.executable, "-c", "import numpy"], folder),
            "alone": partial(_run, command, folder),
            "jobs": partial(_run, [*command, "--jobs", "2"], folder),
            "dask": partial(_run, [*command, "--scheduler", str(dask.file)], folder),
        },
        5,
    )
    for way, what in (("jobs", "--jobs 2"), ("dask", "--scheduler")):
        more = (seconds[way] - seconds["alone"]) / seconds["numpy"]
        yield f"start of {what}, on top of one process, over `import numpy`: {more:.1f}"


def _in_memory(folder: Path) -> Iterator[str]:
    scan, recipe = (
        scan_of("exponential", 50.0, FEW, 2, shift=np.linspace(100.0, 2300.0, CHANNELS))[0],
        load_recipe("li-graphite"),
    )
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2) as processes:
        fit_scan(scan, recipe, executor=processes)  # which start now
        seconds = in_turns(
            {
                "alone": partial(fit_scan, scan, recipe),
                "threads": partial(fit_scan, scan, recipe, executor=threads),
                "processes": partial(fit_scan, scan, recipe, executor=processes),
            },
            5,
        )
    for way in ("threads", "processes"):
        yield f"two {way}, wall of one: {seconds[way] / seconds['alone']:.2f}"
    ready = [prepare(scan, recipe)]
    task = task_of(next(batches(ready)), ready, recipe, "varpro")
    packed = pickle.dumps(task, protocol=5)
    result = fit_task(task)
    seconds = in_turns(
        {
            "fit": partial(fit_task, task),
            "pack": lambda: pickle.loads(pickle.dumps(task, protocol=5)),
            "answer": lambda: pickle.loads(pickle.dumps(result, protocol=5)),
        },
        5,
    )
    each = len(task.counts)
    answer = len(pickle.dumps(result, protocol=5))
    yield f"a block of {each} spectra: {len(packed) / each:.0f} bytes a spectrum out, {answer / each:.0f} back"
    both = (seconds["pack"] + seconds["answer"]) / seconds["fit"]
    yield against("packing and unpacking a block and its result, of its fit", both, "<=", 0.05)


def _cost(command: list[str], folder: Path, dask: LocalDask) -> Cost:
    out = folder / "out.csv"
    before, start = sum(map(_cpu_s, _who(dask).values())), time.perf_counter()
    asked = [sys.executable, "-c", COUNTED, *command, "-o", str(out)]
    said = subprocess.run(asked, cwd=folder, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE, text=True).stdout
    own_s, peak_kb = map(float, said.split())
    wall_s = time.perf_counter() - start
    cpu_s = own_s + sum(map(_cpu_s, _who(dask).values())) - before
    written = out.read_bytes().replace(f"{folder}{os.sep}".encode(), b"")  # relative names are shorter
    return Cost(wall_s, cpu_s, own_s, peak_kb / 1024, sha256(written).digest(), len(written))


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)


def _who(dask: LocalDask) -> dict[str, int]:
    return {"the scheduler": dask.scheduler.pid} | {f"worker {i + 1}": w.pid for i, w in enumerate(dask.workers)}


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
