"""What a reader makes of a damaged file, and whether that is allowed."""

from __future__ import annotations

import io
import random
import shutil
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, open_scans
from ramanfit.scan.scan import Scan
from tests.fuzz.damage import damaged
from tests.fuzz.seeds import Files, large, small

LONGEST_S = 1.0
MEMORY_RATIO, MEMORY_FREE = 4, 12 << 20  # of the larger of file and result, beside what blocks of 1 MiB take
LARGE_SHARE = 0.002  # of the inputs
MEASURED_SHARE = 0.05  # of the small inputs: to trace memory takes time
OPTIONS = (
    ReadOptions(),
    ReadOptions(laser_nm=532.0),
    ReadOptions(laser_nm=785.0, x_unit="nm"),
    ReadOptions(x_unit="cm-1", line_spacing="endpoints"),
)


@dataclass(frozen=True)
class Input:
    """One damaged export."""

    files: Files
    options: ReadOptions
    measured: bool


@dataclass
class Tally:
    """What became of a reader's inputs."""

    inputs: int = 0
    read: int = 0
    refused: int = 0
    wrong: dict[str, list[int]] = field(default_factory=dict)
    seconds: float = 0.0
    memory: float = 0.0

    def blame(self, what: str, number: int) -> None:
        self.wrong.setdefault(what, []).append(number)


class Inputs:
    """Every input of a reader by its number: first every cut of every small export, then damage of all kinds."""

    def __init__(self, reader: str, seed: int) -> None:
        self._seed = seed
        self._small, self._large = small(reader), large(reader)
        self._cuts = [
            (files, name, end) for files in self._small for name, raw in files.items() for end in range(len(raw))
        ]

    def get(self, number: int, inputs: int) -> Input:
        rng = random.Random(self._seed * 1_000_003 + number)
        step = max(1, -(-2 * len(self._cuts) // inputs))  # at most half of the inputs are cuts
        if number * step < len(self._cuts):
            files, name, end = self._cuts[number * step]
            return Input({**files, name: files[name][:end]}, OPTIONS[1], rng.random() < MEASURED_SHARE)
        is_large = rng.random() < LARGE_SHARE
        files = rng.choice(self._large if is_large else self._small)
        name = rng.choice(list(files))
        hurt = {**files, name: damaged(files[name], rng)}
        return Input(hurt, rng.choice(OPTIONS), is_large or rng.random() < MEASURED_SHARE)


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for exports in several files, in memory where that is possible."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a warning of NumPy's would be seen by the user
            yield folder
    finally:
        shutil.rmtree(folder)


def read(one: Input, folder: Path) -> list[Scan] | FormatError:
    """Return the scans, all of their counts taken, or the one kind of error that is allowed."""
    try:
        if len(one.files) == 1:
            ((name, raw),) = one.files.items()
            scans = open_scans("-", one.options, stream=io.BytesIO(raw), stdin_name=name)
        else:
            for name, raw in one.files.items():
                (folder / name).write_bytes(raw)
            scans = open_scans(str(folder / next(iter(one.files))), one.options)
        for scan in scans:
            if not np.isfinite(np.asarray(scan.counts)).all():
                raise AssertionError("counts that are not finite")
    except FormatError as error:
        if "\n" in str(error):
            raise AssertionError("a message of several lines") from error
        return error
    if not scans:
        raise AssertionError("no scan and no error")
    return scans


def judge(one: Input, folder: Path, tally: Tally, number: int) -> None:
    """Read one input and add what came of it."""
    tally.inputs += 1
    if one.measured:
        tracemalloc.start()
    start = time.perf_counter()
    try:
        found = read(one, folder)
    except Exception as error:
        tally.blame(f"{type(error).__name__}: {error}"[:150], number)
        return
    finally:
        seconds = time.perf_counter() - start
        peak = tracemalloc.get_traced_memory()[1] if one.measured else 0
        tracemalloc.stop()
    if isinstance(found, FormatError):
        tally.refused += 1
        result = 0
    else:
        tally.read += 1
        result = sum(8 * len(scan) * scan.channels for scan in found)
    if not one.measured:
        tally.seconds = max(tally.seconds, seconds)
        if seconds > LONGEST_S:
            tally.blame(f"longer than {LONGEST_S:g} s", number)
        return
    ratio = max(0, peak - MEMORY_FREE) / max(sum(map(len, one.files.values())), result, 1)
    tally.memory = max(tally.memory, ratio)
    if ratio > MEMORY_RATIO:
        tally.blame(f"more memory than {MEMORY_RATIO} times the size", number)


def fuzz(reader: str, inputs: int, seed: int) -> Tally:
    """Damage a reader's exports and read them."""
    source, tally = Inputs(reader, seed), Tally()
    with workshop() as folder:
        for number in range(inputs):
            judge(source.get(number, inputs), folder, tally, number)
    return tally
