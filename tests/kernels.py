"""Ways in which this machine can add up: kernels of OpenBLAS, and NumPy's own code for older processors."""

from __future__ import annotations

import os

try:
    from numpy._core import _multiarray_umath as numpy_core
except ImportError:  # NumPy 1
    from numpy.core import _multiarray_umath as numpy_core

_NEEDED = {
    "Prescott": "SSE3",
    "Nehalem": "SSE42",
    "Sandybridge": "AVX",
    "Haswell": "AVX2",
    "SkylakeX": "AVX512F",
}
"""Kernels of OpenBLAS, and what a processor has that can run them."""


def environments() -> dict[str, dict[str, str]]:
    """Return environments by name, in each of which a process adds up in its own way; the first is the usual one."""
    features = numpy_core.__cpu_features__
    ways = {"as it is": {}}
    ways |= {kernel: {"OPENBLAS_CORETYPE": kernel} for kernel, needed in _NEEDED.items() if features.get(needed)}
    dispatched = " ".join(name for name in numpy_core.__cpu_dispatch__ if features.get(name))
    if dispatched:
        ways["plain NumPy"] = {"NPY_DISABLE_CPU_FEATURES": dispatched}
        if "Prescott" in ways:
            ways["all plain"] = ways["plain NumPy"] | ways["Prescott"]
    return {name: {**os.environ, "OPENBLAS_NUM_THREADS": "1", **way} for name, way in ways.items()}


def different_rows(one: bytes, other: bytes) -> list[tuple[str, str]]:
    """Return the lines of two tables that are not the same.

    Raises
    ------
    AssertionError
        If one has more lines.
    """
    return [(a, b) for a, b in zip(one.decode().splitlines(), other.decode().splitlines(), strict=True) if a != b]


def by_one_in_the_last_digit(a: str, b: str) -> bool:
    """Tell whether two lines differ in numbers only, each by one unit of its last digit."""
    for left, right in zip(a.split(","), b.split(","), strict=True):
        if left != right:
            digits = max(len(cell.partition("e")[0].partition(".")[2]) for cell in (left, right))
            power = int(left.partition("e")[2] or "0")
            try:
                apart = abs(float(left) - float(right)) * 10.0 ** (digits - power)
            except ValueError:
                return False
            if not apart < 1.5 and not float(left).is_integer():
                return False
    return True
