"""The compiled core: where it is, whether it is wanted, and which variant the processor can run."""

from __future__ import annotations

import ctypes
import os
from functools import lru_cache
from pathlib import Path

from ramanfit.errors import UsageError

CHOICE = "RAMANFIT_CORE"
CHOICES = ("auto", "compiled", "numpy")
INTERFACE = 2
LIBRARY = Path(__file__).with_name("_core.so")
LEVELS = {1: "any processor", 3: "x86-64-v3 (AVX2)", 4: "x86-64-v4 (AVX-512)"}


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

    def function(self, name: str) -> ctypes._NamedFuncPointer:
        """Return one of its functions."""
        return self._library[f"{name}_v{self.level}"]


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
    return {level: Core(library, level) for level in LEVELS if level <= highest and hasattr(library, f"fit_v{level}")}


def said() -> str:
    """Return in words which core runs."""
    chosen = core()
    return "NumPy" if chosen is None else f"compiled, for {LEVELS[chosen.level]}"
