"""The compiled core: where it is, whether it is wanted, and which variant the processor can run."""

from __future__ import annotations

import ctypes
import math
import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from ramanfit.errors import UsageError
from ramanfit.scan.scan import BoolArray, FloatArray

CHOICE = "RAMANFIT_CORE"
CHOICES = ("auto", "compiled", "numpy")
INTERFACE = 12
VECTOR = 8  # doubles of the widest
FAR = 1e60  # shift of the channels that fill up the last vector: every line is 0 there
LIBRARY = Path(__file__).with_name("_core.so")
FUNCTIONS = (
    *("bands", "curves", "extremes", "fit", "judge", "neighbours", "noise", "places", "reml", "roughness"),
    *("scores", "spikes", "standardized", "unfitted", "weights"),
)
LEVELS = {1: "any processor", 3: "x86-64-v3 (AVX2)", 4: "x86-64-v4 (AVX-512)"}


class Arrays:
    """Addresses of arrays, which live as long as this."""

    def __init__(self) -> None:
        self._kept: list[np.ndarray] = []

    def of(
        self, name: str, array: FloatArray | BoolArray | None, *shape: int, kind: type[float | bool] = float
    ) -> int | None:
        """Return the address of an array of floats, or of another kind, as the core reads it; of None, none.

        Raises
        ------
        ValueError
            If its shape is another.
        """
        if array is None:
            return None
        if array.shape != shape:
            raise ValueError(f"{name}: expected the shape {shape}, found {array.shape}")
        return self.own(np.ascontiguousarray(array, dtype=kind))

    def own(self, array: np.ndarray) -> int:
        """Return the address of an array that is contiguous, of the right kind and shape."""
        self._kept.append(array)
        return int(array.ctypes.data)

    def filled(self, rows: FloatArray, value: float = 0.0) -> int:
        """Return the address of rows that are filled up to whole vectors."""
        shape = (*rows.shape[:-1], padded(rows.shape[-1]))
        whole = np.full(math.prod(shape) + VECTOR, value)
        first = -whole.ctypes.data % (8 * VECTOR) // 8  # a vector that lies across two lines of the cache costs two
        room = whole[first : first + math.prod(shape)].reshape(shape)
        room[..., : rows.shape[-1]] = rows
        return self.own(room)


def padded(channels: int) -> int:
    """Return the length of a row that is filled up."""
    return -(-channels // VECTOR) * VECTOR


class Core:
    """A variant of the core that is loaded.

    Parameters
    ----------
    library : CDLL
    level : int
        Of `LEVELS`, which the processor can run.
    """

    def __init__(self, library: ctypes.CDLL, level: int) -> None:
        self._library, self.level = library, level

    def call(self, name: str, *arguments: object) -> None:
        """Call one of its functions.

        Raises
        ------
        MemoryError
            If there is no room to work in.
        """
        if self._library[f"{name}_v{self.level}"](*arguments):
            raise MemoryError


def core() -> Core | None:
    """Return the core that `RAMANFIT_CORE` and the installation give; None: NumPy does all.

    Raises
    ------
    UsageError
        If the choice is none of `CHOICES`, or the core was asked for and is not there.
    """
    return _chosen(os.environ.get(CHOICE, "auto") or "auto")


@lru_cache
def _chosen(choice: str) -> Core | None:
    if choice not in CHOICES:
        raise UsageError(f"{CHOICE}={choice}: expected {', '.join(CHOICES[:-1])} or {CHOICES[-1]}")
    if choice == "numpy":
        return None
    levels = available()
    if not levels and choice == "compiled":
        raise UsageError(f"{CHOICE}=compiled: this installation has no compiled core (no C++ compiler was found)")
    return levels[max(levels)] if levels else None


@lru_cache
def available() -> dict[int, Core]:
    """Return the variants that this processor can run, by level."""
    try:
        library = ctypes.CDLL(str(LIBRARY))
        if library.core_interface() != INTERFACE:
            return {}
        highest = library.core_level()
    except (OSError, AttributeError):  # not built, or for another system
        return {}
    return {
        level: Core(library, level)
        for level in LEVELS
        if level <= highest and all(hasattr(library, f"{name}_v{level}") for name in FUNCTIONS)
    }


def said() -> str:
    """Return in words which core runs."""
    chosen = core()
    return "NumPy" if chosen is None else f"compiled, for {LEVELS[chosen.level]}"
