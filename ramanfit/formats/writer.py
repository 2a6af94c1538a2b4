"""What every writer says of itself, and whether the packages that it needs are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ramanfit.errors import InputError
from ramanfit.formats.registry import FORMS
from ramanfit.scan.scan import Scan
from ramanfit.scan.schedule import Keys, Taken


class Companion(NamedTuple):
    """A file that stands beside another and says what that one has no place for.

    Attributes
    ----------
    path : callable
        ``path(target)`` is where it stands.
    content : callable
        ``content(scan)`` is what it holds; None if there is nothing to say.
    holds : str
        What that is, in words.
    """

    path: Callable[[str], Path]
    content: Callable[[Scan], bytes | None]
    holds: str


def _nothing(scan: Scan) -> list[str]:
    return []


class Writer(NamedTuple):
    """One form in which spectra are written.

    Attributes
    ----------
    name : str
        What messages call it.
    write : callable
        ``write(keys, taken, file, timezone)`` writes scans, which come one at a time, and `keys`, those of all of them,
        into an empty file for reading and writing; it returns what there is to say, an empty text if nothing is. The
        time zone is that of the clocks of the files; None: it is not known.
    single : bool
        Whether a file holds one measurement.
    left_out : callable
        Where it does: ``left_out(scan)`` is what a file has no place for.
    companion : Companion or None
        Where it does.
    """

    name: str
    write: Callable[[Sequence[Keys], Iterable[Taken], BinaryIO, str | None], str]
    single: bool = False
    left_out: Callable[[Scan], list[str]] = _nothing
    companion: Companion | None = None


def check_packages(form: str) -> None:
    """Make sure that a form can be written.

    Raises
    ------
    InputError
        If it needs a package that is not installed.
    """
    missing = [name for name in FORMS[form].packages if find_spec(name) is None]
    if missing:
        raise InputError(
            f".{form} needs the package {missing[0]}, which is not installed",
            hint=f"pip install 'ramanfit-cli[{FORMS[form].extra}]'",
        )
