"""What is wrong while a command lives on: each thing is said once, and when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ramanfit.errors import InputError, RamanfitError

if TYPE_CHECKING:
    from ramanfit.experiment.voice import Voice


class Troubles:
    """What is wrong at present: each thing is said once, and when it is over."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._said: dict[str, str] = {}

    def tell(self, what: str, error: Exception) -> None:
        """Say an error, unless it was the last thing said about this."""
        said = described(what, error)
        if self._said.get(what) != said.message:
            self._said[what] = said.message
            self._voice.survive(said)

    def over(self, what: str) -> None:
        """Say that something is no longer wrong, if it was."""
        if self._said.pop(what, None) is not None:
            self._voice.say(f"{what}: goes on")

    def forget(self, what: str) -> None:
        """Take back what was said of something that is there no more."""
        self._said.pop(what, None)


def described(what: str, error: Exception) -> RamanfitError:
    """Return any error as one that can be said."""
    if isinstance(error, RamanfitError):
        return error
    if isinstance(error, OSError):
        return InputError(f"{error.filename or what}: {error.strerror or error}")
    if isinstance(error, MemoryError):
        return RamanfitError(f"{what}: out of memory")
    return RamanfitError(
        f"{what}: internal error: {type(error).__name__}: {error}", hint="this is a defect of ramanfit"
    )
