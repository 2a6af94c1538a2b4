"""Damage records of a cell, guided by what of the readers runs: ``python -m tests.fuzz.records [--minutes M]``.

Every input must give a record whose times do not fall and whose charge is finite, or be refused with a FormatError of
one line, within a second of CPU. An input that makes lines of the readers run that none before did is kept and damaged
further. The exit status is 1 if one input did anything else; it is written to ``--keep FOLDER``.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.experiment import cell
from ramanfit.experiment.cell import read_record
from tests.fuzz.damage import damaged
from tests.records import LAYOUTS, truth_of

HOME = str(Path(cell.__file__).parent)
LONGEST_S = 1.0
Lines = set[tuple[str, int]]


def seeds(layout: str) -> list[bytes]:
    """Sound records of a layout."""
    truths = [truth_of([(0.5, 6), (0.0, 3), (-0.25, 6)]), truth_of([(-1.0, 4)], 1.0)]
    return [LAYOUTS[layout](truth).encode("utf-8") for truth in truths]


@contextmanager
def traced(lines: Lines) -> Iterator[None]:
    """Collect which lines of the readers run."""

    def local(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return local

    def called(frame: FrameType, _event: str, _: Any) -> Any:
        return local if frame.f_code.co_filename.startswith(HOME) else None

    before = sys.gettrace()
    sys.settrace(called)
    try:
        yield
    finally:
        sys.settrace(before)


def judge(raw: bytes, path: Path) -> str:
    """Return what is wrong with what becomes of a record; empty: nothing."""
    path.write_bytes(raw)
    began = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a warning of NumPy's would be seen by the user
            record = read_record(str(path))
    except FormatError as error:
        return "a message of several lines" if "\n" in str(error) else ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:150]
    if time.process_time() - began > LONGEST_S:
        return "more than a second"
    if not np.isfinite(record.time_s).all() or (np.diff(record.time_s) < 0).any():
        return "times that fall or are none"
    if record.capacity_mah is not None and not np.isfinite(record.capacity_mah).all():
        return "a charge that is not finite"
    return ""


def fuzz(layout: str, seconds: float, seed: int, folder: Path) -> tuple[int, int, dict[str, bytes]]:
    """Return how many inputs were tried, how many lines of the readers ran, and what went wrong with which input."""
    rng, path = random.Random(seed), folder / "cell.csv"
    kept, seen, wrong, tried = seeds(layout), Lines(), dict[str, bytes](), 0
    end = time.monotonic() + seconds
    pending = [*kept]
    while pending or time.monotonic() < end:
        raw = pending.pop() if pending else damaged(rng.choice(kept), rng)
        lines = Lines()
        with traced(lines):
            what = judge(raw, path)
        tried += 1
        if what:
            wrong.setdefault(what, raw)
        if lines - seen and len(raw) < 20_000:
            kept.append(raw)
            seen |= lines
    return tried, len(seen), wrong


def main() -> int:
    """Fuzz every layout, or one; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.records")
    parser.add_argument("--layout", choices=[*LAYOUTS], metavar="NAME", help=f"one of: {', '.join(LAYOUTS)}")
    parser.add_argument("--minutes", type=float, default=1.0, metavar="M", help="for each layout")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where inputs that went wrong are written")
    asked = parser.parse_args()
    print(f"{'layout':22}{'inputs':>9}{'lines':>7}{'wrong':>7}")
    failed = False
    with TemporaryDirectory() as folder:
        for layout in [asked.layout] if asked.layout else LAYOUTS:
            tried, lines, wrong = fuzz(layout, 60 * asked.minutes, asked.seed, Path(folder))
            print(f"{layout:22}{tried:9}{lines:7}{len(wrong):7}", flush=True)
            failed |= bool(wrong)
            for number, (what, raw) in enumerate(wrong.items()):
                print(f"  {what}", flush=True)
                if asked.keep:
                    asked.keep.mkdir(parents=True, exist_ok=True)
                    (asked.keep / f"{layout.replace(' ', '_')}-{number}.csv").write_bytes(raw)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
