"""Rows that differ when a processor, or another library of linear algebra, adds up in another order."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.benchmark.commands import RAMANFIT, write_table
from tests.benchmark.made import SMOOTH, scan_of
from tests.benchmark.measure import against
from tests.kernels import by_one_in_the_last_digit, different_rows, environments

ROWS, FILES = 100_000, 20


def kernels() -> Iterator[str]:
    """100,000 spectra, two peaks each, under every kernel that this machine offers."""
    with tempfile.TemporaryDirectory() as folder:
        for k in range(FILES):
            scan, _ = scan_of(SMOOTH[k % len(SMOOTH)], (50.0, 10.0)[k % 2], ROWS // FILES, k)
            write_table(Path(folder) / f"{k:02d}.txt", scan.shift_cm1, np.asarray(scan.counts))
        (_, usual), *others = environments().items()
        for smooth in ("none", "auto"):
            command = [*RAMANFIT, "ratio", folder, "-q", "--smooth", smooth]
            expected = subprocess.run(command, env=usual, check=True, capture_output=True).stdout
            for name, environment in others:
                found = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
                apart = different_rows(expected, found)
                more = sum(not by_one_in_the_last_digit(*pair) for pair in apart)
                what = f"--smooth {smooth}, {name}: rows of 100,000 that differ"
                yield against(what, len(apart) * 100_000 / ROWS, "<=", 1)
                yield against("by more than one in the last digit", more, "<=", 0)
