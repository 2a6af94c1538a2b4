"""Memory that is freed and soon wanted again: the system takes longer to give new than NumPy to fill it."""

from __future__ import annotations

import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # parameters of glibc's mallopt
_KEPT = 256 << 20  # bytes that stay with the process when they are free
_LARGE = 32 << 20  # of an array that goes back to the system as soon as it is free; glibc takes no more
_CHOSEN = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def keep_freed() -> bool:
    """Have the C library keep what is freed for the arrays that come next; tell whether it does.

    Only glibc can be told, and only a process of our own is: a library has no say in the memory of its host. Whoever
    set glibc's own variables keeps the last word.
    """
    if any(name in os.environ for name in _CHOSEN):
        return False
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # another C library
        return False
    mallopt(_ARENA_MAX, 1)  # what one thread leaves, another takes
    return bool(mallopt(_TRIM_THRESHOLD, _KEPT) and mallopt(_MMAP_THRESHOLD, _LARGE))
