"""Processes under attack: started with a mark of their own, so that none is overlooked, and what they leave behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
OPERANDO = ROOT / "sample_spectra" / "operando"
PLAN = ROOT / "tests" / "day.toml"
GUARD_S = 120.0  # a command that takes longer hangs
MARK = "RAMANFIT_ATTACKED"


def program(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "ramanfit", *map(str, words)]


def environment(mark: str, folder: Path) -> dict[str, str]:
    """Return what processes of this mark are started with; `folder` takes their temporary files."""
    folder.mkdir(exist_ok=True)
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    own = {"PYTHONPATH": os.environ.get("ATTACKED_PACKAGE", str(ROOT)), "TMPDIR": str(folder), MARK: mark}
    return {**os.environ, **threads, **own}


def run(words: Sequence[str], env: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=GUARD_S, check=False
    )


def alive(mark: str) -> list[int]:
    """Return the processes that were started with a mark, where the system tells; a zombie is none."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def orphans(mark: str) -> list[int]:
    """Return the processes of a mark that are still there a while after their parent has ended, and end them."""
    end = time.monotonic() + 15.0
    while (left := alive(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    for number in left:
        os.kill(number, 9)
    return left


def litter(*folders: Path) -> list[str]:
    """Return the names of passing files in folders, and of everything in those for temporary files."""
    return sorted(
        path.name
        for folder in folders
        if folder.is_dir()
        for path in folder.iterdir()
        if path.name.startswith(".ramanfit") or folder.name == "tmp"
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file in a folder and its folders, but passing ones."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".ramanfit") for part in path.relative_to(folder).parts)
    }


def bring(numbers: Sequence[int], folder: Path) -> None:
    """Copy sample scans into a folder."""
    folder.mkdir(exist_ok=True)
    for number in numbers:
        for file in OPERANDO.glob(f"*--{number:03d}--*"):
            shutil.copy(file, folder)


class Writing(NamedTuple):
    """A command that writes; `{}` stands for the folder that its results go to."""

    name: str
    words: tuple[str, ...]
    runs_on: bool = False  # until it is ended

    def started_with(self, results: str) -> list[str]:
        return program(*(word.replace("{}", results) for word in self.words))


TABLES = "--no-figures", "--no-report"
COMMANDS = (
    Writing("fit", ("fit", "scans", "-o", "{}/fit.csv")),
    Writing("fit --jobs", ("fit", "scans", "--jobs", "2", "-o", "{}/fit.csv")),
    Writing("fit --meta", ("fit", "scans", "-o", "{}/fit.json", "--meta", "{}/meta.json")),
    Writing("ratio", ("ratio", "scans", "-o", "{}/ratio.xlsx")),
    Writing("evolve", ("evolve", "scans", *TABLES, "-o", "{}")),
    Writing("evolve --jobs", ("evolve", "scans", "--jobs", "2", *TABLES, "-o", "{}")),
    Writing("evolve, figures", ("evolve", "scans", "-o", "{}")),
    Writing("bands", ("bands", "scans", "-o", "{}/bands.csv")),
    Writing("curves", ("curves", "scans", "-o", "{}/curves.csv")),
    Writing("baseline", ("baseline", "scans", "-o", "{}/baseline.csv")),
    Writing("plot", ("plot", "scans", "-o", "{}/plot.png")),
    Writing("info", ("info", "scans", "-o", "{}/info.csv")),
    Writing("list", ("list", "flags", "-o", "{}/flags.csv")),
    Writing("export, a file", ("export", "scans", "-o", "{}/export.csv")),
    Writing("export, a folder", ("export", "scans", "-o", "{}/")),
    Writing("simulate", ("simulate", "plan.toml", "--force", "-o", "{}")),
    Writing("watch", ("watch", "scans", *TABLES, "--once", "--interval", "0.1s", "-o", "{}")),
    Writing("watch --jobs", ("watch", "scans", *TABLES, "--jobs", "2", "--once", "--interval", "0.1s", "-o", "{}")),
)


def workshop(folder: Path) -> None:
    """Lay out the inputs that the commands name."""
    bring((0, 1, 2), folder / "scans")
    bring((3, 4), folder / "earlier")
    plan = PLAN.read_text(encoding="utf-8").replace("scans = 144", "scans = 3").replace("missing = [17, 63]", "")
    (folder / "plan.toml").write_text(plan, encoding="utf-8")
