"""Memory of blocks of spectra, all of one size: what one leaves, the next takes, without a word to the system."""

from __future__ import annotations

import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt, see its manual page
_FREE = 1 << 28  # bytes that are kept free at most
_LARGEST = 1 << 25  # bytes of an array from which on the system is asked for each; glibc takes no more


def keep_memory() -> None:
    """Let glibc keep what arrays leave, for all threads; another library does as it likes."""
    if sys.platform != "linux":
        return
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST)
    mallopt(_TRIM_THRESHOLD, _FREE)
    mallopt(_ARENA_MAX, 1)
