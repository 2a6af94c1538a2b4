"""Who is told what was done, what had to be assumed and what went wrong, and how far the work is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ramanfit.scan.notes import Note

if TYPE_CHECKING:
    from ramanfit.errors import RamanfitError


class NoProgress:
    """How far the work is, where nobody looks; a context manager."""

    def advance(self, steps: int = 1) -> None:
        """Move on by some steps."""

    def __enter__(self) -> NoProgress:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Voice(Protocol):
    """Hears of what happens on the way to a result, one line at a time.

    Attributes
    ----------
    quiet : bool
        Whether nothing but errors is heard: what would only be said need not be found out.
    """

    quiet: bool

    def say(self, message: str) -> None:
        """Hear what was done or assumed."""

    def note(self, message: str, short: str) -> None:
        """Hear what had to be assumed or was passed over, in full and in few words."""

    def detail(self, message: str) -> None:
        """Hear something that only the curious want to know."""

    def warn(self, message: str) -> None:
        """Hear what may make a result wrong."""

    def survive(self, error: RamanfitError) -> None:
        """Hear of an error after which the others are still done (`Request.keep_going`)."""

    def progress(self, total: int, what: str) -> NoProgress:
        """Return a context manager whose ``advance(n)`` is called on the way.

        Parameters
        ----------
        total : int
            Steps until the end.
        what : str
            What is counted, e.g. ``"exports"``.
        """


def tell(note: str, voice: Voice, before: str = "", where: str = "") -> None:
    """Tell a note, in few words where it has them.

    Parameters
    ----------
    note : str
        Or a `ramanfit.scan.notes.Note`.
    voice : Voice
    before, where : str
        Put before the full text, and after the few words.
    """
    if isinstance(note, Note):
        voice.note(f"{before}{note}", f"{note.short}{where}")
    else:
        voice.say(f"{before}{note}")


class Silent:
    """The voice that says nothing.

    Attributes
    ----------
    quiet : bool
    errors : list of RamanfitError
        Those that were survived.
    """

    def __init__(self) -> None:
        self.quiet = True
        self.errors: list[RamanfitError] = []

    def say(self, message: str) -> None:
        """Say nothing."""

    def note(self, message: str, short: str) -> None:
        """Say nothing."""

    def detail(self, message: str) -> None:
        """Say nothing."""

    def warn(self, message: str) -> None:
        """Say nothing."""

    def survive(self, error: RamanfitError) -> None:
        """Keep the error."""
        self.errors.append(error)

    def progress(self, total: int, what: str) -> NoProgress:
        """Show nothing."""
        return NoProgress()
