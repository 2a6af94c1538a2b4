"""What the system is asked for, counted by the system."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys

import pytest

from ramanfit.cli.memory import keep_memory

ARRAYS = """
import resource, numpy as np
from ramanfit.cli.memory import keep_memory
{keep}
for _ in range(20):
    [np.ones(300_000) for _ in range(12)]
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def faults(keep: str) -> int:
    done = subprocess.run([sys.executable, "-c", ARRAYS.format(keep=keep)], capture_output=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's way")
def test_arrays_take_what_others_left() -> None:
    assert faults("keep_memory()") < faults("") / 3


def test_another_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(_: object) -> object:
        return object()

    monkeypatch.setattr(ctypes, "CDLL", without)
    keep_memory()
