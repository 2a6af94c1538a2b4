"""What can go wrong, with which exit status the shell hears of it, and the version that files name."""

from __future__ import annotations

__version__ = "0.2.0"


class RamanfitError(Exception):
    """Any error a user can cause or meet.

    Parameters
    ----------
    message : str
        One line, without the program's name.
    hint : str, optional
        A second line that says what to do about it.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        # pickled whole: an error of a worker process must not be built again from its message alone
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[RamanfitError], args: tuple[object, ...], state: dict[str, object]) -> RamanfitError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InputError(RamanfitError, OSError):
    """A file cannot be opened, or an output cannot be written."""


class FormatError(RamanfitError, ValueError):
    """A file is not what it should be.

    Parameters
    ----------
    path : str
        The file as the user named it.
    problem : str
        What is wrong; with `expected` and `found` instead, it is composed of them.
    line : int, optional
        1-based line number.
    expected, found : str, optional
        E.g. ``"1025 numbers"`` and ``"1024"``.
    """

    def __init__(
        self,
        path: str,
        problem: str = "",
        *,
        line: int | None = None,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.path, self.line, self.expected, self.found = path, line, expected, found
        contrast = ", ".join(f"{word} {value}" for word, value in (("expected", expected), ("found", found)) if value)
        what = ": ".join(part for part in (problem, contrast) if part)
        where = path if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {what}", hint=hint)


class UnknownFormatError(FormatError):
    """No reader knows the file; the message names what was tried."""


class ScanError(RamanfitError, ValueError):
    """Numbers that break what a Scan promises."""


class RecipeError(RamanfitError, ValueError):
    """A recipe or an option has a wrong key or value."""

    exit_code = 2


class UsageError(RamanfitError, ValueError):
    """Things were asked for that do not go together."""

    exit_code = 2


class OutputIsInputError(RamanfitError):
    """A result would be written over something that it is made from, or over another result."""

    exit_code = 2


class OtherRunError(RamanfitError):
    """A run that was made again is not the same as the record says."""


class FlaggedFits(RamanfitError):
    """With ``--check``: at least one fit carries a flag."""

    exit_code = 3
