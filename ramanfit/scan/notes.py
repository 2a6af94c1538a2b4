"""What is said of scans: assumptions, in full and in few words, and numbers of things."""

from __future__ import annotations

from typing import Any

_SEVERAL = {"spectrum": "spectra"}


class Note(str):
    """What had to be assumed, in full.

    Attributes
    ----------
    short : str
        The same in few words, for a line that names several.
    """

    short: str

    def __new__(cls, text: str, short: str) -> Note:
        """Return the full text with a short one."""
        note = super().__new__(cls, text)
        note.short = short
        return note

    def __getnewargs__(self) -> Any:
        # a worker process hands it on
        return str(self), self.short


def counted(number: int, what: str, several: str | None = None) -> str:
    """Return a number with its noun: ``1 cosmic ray``, ``2 spectra``."""
    return f"{number} {what if number == 1 else several or _SEVERAL.get(what) or f'{what}s'}"
