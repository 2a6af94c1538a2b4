"""Memory that is freed stays with the process: pages are not asked for again."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
from ramanfit.cli.memory import keep_freed

said = keep_freed() if "keep" in sys.argv else False
faults = []
for _ in range(20):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    arrays = [np.ones(1 << 20) for _ in range(4)]
    del arrays
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(said, min(faults))
"""
PAGES = 4 * 8 * (1 << 20) // 4096


def told(*words: str, **environment: str) -> tuple[str, int]:
    """Return whether the memory is kept, and how many pages are asked for again."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    command = [sys.executable, "-c", PROGRAM, *words]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env={**own, **environment}).stdout
    kept, faults = said.split()
    return kept, int(faults)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_freed_memory_is_not_asked_for_again() -> None:
    assert told("keep") == ("True", pytest.approx(0, abs=PAGES / 100))


@pytest.mark.parametrize("name", ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"])
def test_who_sets_the_variables_of_the_c_library_keeps_the_last_word(name: str) -> None:
    assert told("keep", **{name: str(1 << 17)})[0] == "False"
