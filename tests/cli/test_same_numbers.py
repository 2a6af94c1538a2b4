"""Same bytes on one machine, whatever is around; nearly the same rows on another processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.benchmark.made import scan_of
from tests.kernels import by_one_in_the_last_digit, different_rows, environments

RAMANFIT = [sys.executable, "-m", "ramanfit"]
SCANS = (("flat", 50.0, 500), ("exponential + hump", 50.0, 500), ("two bands", 10.0, 500), ("quadratic", 5.0, 500))


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("exports")
    paths = []
    for k, (name, snr, n) in enumerate(SCANS):
        scan, _ = scan_of(name, snr, n, k)
        paths.append(str(folder / f"{k}.txt"))
        np.savetxt(paths[-1], np.column_stack([scan.shift_cm1, np.asarray(scan.counts).T]), fmt="%.6f", delimiter="\t")
    return paths


def fitted(*arguments: str, **environment: str) -> bytes:
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment}
    return subprocess.run([*RAMANFIT, "fit", "-q", *arguments], env=env, check=True, capture_output=True).stdout


@pytest.mark.parametrize("smooth", ["auto", "none"])
def test_rows_hardly_depend_on_the_processor(smooth: str, exports: list[str]) -> None:
    """2,000 rows of 100,000 in all: the benchmark counts those that differ under a hundred thousand."""
    usual, *others = environments().items()
    expected = fitted(*exports, "--smooth", smooth, **usual[1])
    lines, apart = 0, list[tuple[str, str]]()
    for name, environment in others[-1:] if smooth == "none" else others:
        apart += different_rows(expected, fitted(*exports, "--smooth", smooth, **environment))
        lines += expected.count(b"\n")
        assert all(by_one_in_the_last_digit(*pair) for pair in apart), f"{name}: {apart}"
    assert len(apart) <= 1, f"{apart} of {lines}"


def test_one_file_has_the_same_bytes_from_threads(tmp_path: Path) -> None:
    scan, _ = scan_of("flat", 20.0, 9000, 5)
    path, rows = str(tmp_path / "map.txt"), np.column_stack([scan.shift_cm1, np.asarray(scan.counts).T])
    np.savetxt(path, rows, fmt="% .9E", delimiter="\t")
    assert fitted(path, "--jobs", "3") == fitted(path)


def test_bytes_are_the_same_whatever_is_around(exports: list[str]) -> None:
    expected = fitted(*exports)
    assert fitted(*exports[::-1]) == expected
    assert fitted(*exports, "--jobs", "2") == expected
    assert (
        fitted(*exports, PYTHONHASHSEED="12345", LC_ALL="de_DE.UTF-8", LANG="tr_TR.UTF-8", TZ="Asia/Tokyo") == expected
    )
