"""Beside what people would pick instead: ``python -m tests.benchmark peers``, with the extra ``peers``.

The same files, as text, go through every peer that is installed, each a process as a user would start it. A peer is a
module ``by_NAME`` here with a function ``fit``; all begin at the same places (`start`). Fityk is a program: `by_fityk`
writes its script. What is measured: the time of a fit, of a whole command and of its start; bias and scatter of the
ratio; the spread of (value - truth) / error, where an error can be had; and wrong ratios of which nothing tells.
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from ramanfit.errors import __version__
from tests.benchmark.made import SHIFT, scan_of
from tests.benchmark.peers import by_fityk

HERE = Path(__file__).parent
CASES = {  # name: background, S/N of G
    "quadratic, S/N 30": ("quadratic", 30.0),
    "exponential + hump, S/N 30": ("exponential + hump", 30.0),
    "weak: quadratic, S/N 4": ("quadratic", 4.0),
}
FILES, SPECTRA = 12, 10  # scans of a case, and spectra in each
WRONG = 0.25  # of the truth: an error that changes what a paper says
TELLS = 3.0  # standard errors within which the truth lies where an error tells
ROUNDS = 3


class Peer(NamedTuple):
    """A way to fit, and how long it may be measured.

    Attributes
    ----------
    name : str
    module : str
        ``by_MODULE`` here.
    package : str
        What must be installed.
    many : int
        Spectra in the file by which the time of one is measured.
    options : tuple of str
        Of the command, for ramanfit.
    """

    name: str
    module: str
    package: str
    many: int
    options: tuple[str, ...] = ()


PEERS = (
    Peer("ramanfit, default", "ramanfit", "ramanfit", 4000),
    Peer("ramanfit --smooth none", "ramanfit", "ramanfit", 4000, ("--smooth", "none")),
    Peer("ramanfit --engine lmfit --smooth none", "ramanfit", "lmfit", 50, ("--engine", "lmfit", "--smooth", "none")),
    Peer("lmfit, a loop", "lmfit", "lmfit", 50),
    Peer("scipy curve_fit, quadratic", "scipy", "scipy", 400),
    Peer("scipy curve_fit, quartic", "scipy_quartic", "scipy", 400),
    Peer("Fitspy", "fitspy", "fitspy", 50),
    Peer("HyperSpy multifit", "hyperspy", "hyperspy", 50),
    Peer("pybaselines arPLS + lmfit", "pybaselines", "pybaselines", 50),
    Peer("SpectraFit-Core", "spectrafit", "spectrafit_core", 400),
    Peer("cfityk", "fityk", "", 200),
)


class Outcome(NamedTuple):
    """What came of one run.

    Attributes
    ----------
    whole_s, fit_s : float
        CPU of the process, and of the fits in it; not a number where that is not known.
    ratio, error : array [n]
    told : bool array [n]
        Whether the peer says that a fit is doubtful.
    version, errors : str
    """

    whole_s: float
    fit_s: float
    ratio: np.ndarray
    error: np.ndarray
    told: np.ndarray
    version: str
    errors: str


def peers() -> Iterator[str]:
    """Yield the lines of two tables, as Markdown."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        there = [peer for peer in PEERS if _is_installed(peer)]
        for peer in PEERS:
            if peer not in there:
                yield f"{peer.name}: not installed"
        yield from _costs(there, folder)
        for case, (background, snr) in CASES.items():
            files, truth = [], list[np.ndarray]()
            for k in range(FILES):
                files.append(_table(folder / case / f"{k:02d}.txt", background, snr, SPECTRA, 100 + k))
                truth.append(scan_of(background, snr, SPECTRA, 100 + k)[1][:, 0])
            yield ""
            yield f"| {case} | bias | scatter | spread of z | wrong | of these not told |"
            yield "| --- | ---: | ---: | ---: | ---: | ---: |"
            for peer in there:
                yield f"| {peer.name} | {' | '.join(_judged(_run(peer, files, folder), np.concatenate(truth)))} |"


def _costs(there: Sequence[Peer], folder: Path) -> Iterator[str]:
    """Yield the table of times: CPU of the processes, median of rounds in which they take turns."""
    runs: dict[tuple[str, int], list[Outcome]] = {}
    for _ in range(ROUNDS):
        for peer in there:
            for n in (1, peer.many):
                file = _table(folder / f"{n}.txt", "quadratic", 30.0, n, 7)
                runs.setdefault((peer.name, n), []).append(_run(peer, [file], folder))
    slope = dict[str, tuple[float, float]]()
    yield "| | version | start, ms | fit, ms a spectrum | whole command, ms a spectrum | ramanfit is faster from |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for peer in there:
        start_s, whole_s = (median(run.whole_s for run in runs[peer.name, n]) for n in (1, peer.many))
        slope[peer.name] = start_s, (whole_s - start_s) / (peer.many - 1)
        fit_ms = 1000 * median(run.fit_s for run in runs[peer.name, peer.many]) / peer.many
        version = runs[peer.name, 1][0].version
        cells = (version, f"{1000 * start_s:.0f}", f"{fit_ms:.3g}" if np.isfinite(fit_ms) else "not known")
        yield f"| {peer.name} | {' | '.join(cells)} | {1000 * slope[peer.name][1]:.3g} | {_crossing(slope, peer)} |"


def _judged(outcome: Outcome, truth: np.ndarray) -> list[str]:
    off = outcome.ratio / truth - 1
    given = np.isfinite(off)
    low, middle, high = np.percentile(off[given], [16, 50, 84])
    z = (outcome.ratio - truth) / outcome.error
    z = z[np.isfinite(z)]
    spread = f"{np.diff(np.percentile(z, [16, 84]))[0] / 2:.2f}" if len(z) else "no error"
    wrong = given & (np.abs(off) > WRONG)
    silent = wrong & ~outcome.told & ~(np.abs(outcome.ratio - truth) <= TELLS * np.nan_to_num(outcome.error, nan=0.0))
    share = [f"{100 * some.mean():.1f} %" for some in (wrong, silent)]
    return [f"{100 * middle:+.1f} %", f"{50 * (high - low):.1f} %", spread, *share]


def _crossing(slope: dict[str, tuple[float, float]], peer: Peer) -> str:
    """Return from how many spectra on the default of ramanfit is the faster command."""
    (ours_s, ours_each_s), (start_s, each_s) = slope[PEERS[0].name], slope[peer.name]
    if peer.module == "ramanfit":
        return ""
    if each_s <= ours_each_s:
        return "never" if start_s <= ours_s else "only below"
    return f"{max(1, int(np.ceil((ours_s - start_s) / (each_s - ours_each_s)))):d}"


def _is_installed(peer: Peer) -> bool:
    return find_spec(peer.package) is not None if peer.package else shutil.which(by_fityk.PROGRAM) is not None


def _table(path: Path, background: str, snr: float, n: int, seed: int) -> Path:
    """Write spectra as a table of numbers, once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        scan, _ = scan_of(background, snr, n, seed)
        np.savetxt(path, np.column_stack([SHIFT, np.asarray(scan.counts).T]), fmt="%.9E", delimiter="\t")
    return path


def _run(peer: Peer, files: list[Path], folder: Path) -> Outcome:
    out = folder / "out.csv"
    environment = {**os.environ, "HOME": str(folder), "RAYON_NUM_THREADS": "1"}  # some write into the home folder
    names = [str(file) for file in files]
    if peer.module == "ramanfit":
        return _ramanfit(peer, names, out, environment)
    if peer.module == "fityk":
        script = folder / "script.fit"
        script.write_text(by_fityk.script(files))
        # read as if typed: a script that is named ends at its first error
        said, whole_s = _process([by_fityk.PROGRAM, "-n"], environment, script.read_text())
        ratio, told = by_fityk.ratios(said)
        return Outcome(whole_s, np.nan, ratio, np.full(len(ratio), np.nan), told, by_fityk.version(), "none")
    _, whole_s = _process([sys.executable, str(HERE / "run.py"), peer.module, str(out), *names], environment)
    head, *rows = csv.reader(out.read_text().splitlines())
    ratio, error, good = np.array(rows, dtype=float).T
    return Outcome(whole_s, float(head[0]), ratio, error, good == 0, head[1], head[2])


def _ramanfit(peer: Peer, names: list[str], out: Path, environment: dict[str, str]) -> Outcome:
    words = [sys.executable, "-m", "ramanfit", "ratio", "-q", *names, *peer.options, "-o", str(out)]
    _, whole_s = _process(words, environment)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    ratio, error = (np.array([float(row[name] or "nan") for row in rows]) for name in ("ratio", "ratio_se"))
    told = np.array([bool(row["flags"]) for row in rows])
    asked = dict(zip(peer.options[::2], peer.options[1::2], strict=True))
    own = {"PEERS_SMOOTH": asked.get("--smooth", ""), "PEERS_ENGINE": asked.get("--engine", "varpro")}
    memory = out.with_name("memory.csv")
    path = os.pathsep.join([str(HERE.parents[2]), os.environ.get("PYTHONPATH", "")])
    words = [sys.executable, str(HERE / "run.py"), "ramanfit", str(memory), *names]
    _process(words, {**environment, **own, "PYTHONPATH": path})
    fit_s = float(memory.read_text().partition(",")[0])
    return Outcome(whole_s, fit_s, ratio, error, told, __version__, "printed")


def _process(words: list[str], environment: dict[str, str], typed: str = "") -> tuple[str, float]:
    """Run a process and return what it printed, and the CPU seconds that it took: others may be at work, too."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, env=environment, input=typed, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[:4])}: {done.stderr[-2000:]}")
    return done.stdout, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
