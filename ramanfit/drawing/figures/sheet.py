"""A matplotlib style file, read so that nothing in it is passed over silently."""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl

from ramanfit.errors import InputError, RecipeError
from ramanfit.recipe.settings import nearest

WHAT_THE_PAGE_SAYS = (
    "figure.autolayout",
    "figure.constrained_layout",
    "figure.dpi",
    "figure.figsize",
    "figure.subplot",
    "savefig.bbox",
    "savefig.directory",
    "savefig.dpi",
    "savefig.format",
    "savefig.pad_inches",
    "svg.hashsalt",
    # what acts on windows, which there are none of
    "backend",
    "interactive",
    "keymap",
    "tk",
    "toolbar",
    "webagg",
)


class Sheet(NamedTuple):
    """What a style file says.

    Attributes
    ----------
    settings : dict
        Of matplotlib's rcParams, that act.
    idle : tuple of str
        Keys that do not: of size, dots per inch and place, which are the page's, and of windows.
    """

    settings: dict[str, Any]
    idle: tuple[str, ...]


def read_style(path: str | os.PathLike[str]) -> Sheet:
    """Read a style file (``.mplstyle``).

    Raises
    ------
    InputError
        If it cannot be opened.
    RecipeError
        If a line, a key or a value in it is none that matplotlib knows; if it wants LaTeX, and there is none.
    """
    name = os.fspath(path)
    try:
        Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{name}: expected a matplotlib style, a text in UTF-8: {error.reason}") from error
    with _said() as said, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of keys that a later matplotlib will not know
        try:
            given = mpl.rc_params_from_file(name, fail_on_error=True, use_default_template=False)
        except (ValueError, TypeError) as error:
            raise RecipeError(f"{name}: {' '.join(str(error).split())}") from error
    for record in said:
        raise _refused(name, record)
    settings = dict(given)
    if settings.get("text.usetex") and shutil.which("latex") is None:
        raise RecipeError(f"{name}: text.usetex: no program latex is found")
    idle = [key for key in settings if any(key == word or key.startswith(f"{word}.") for word in WHAT_THE_PAGE_SAYS)]
    return Sheet({key: value for key, value in settings.items() if key not in idle}, tuple(idle))


@contextmanager
def _said() -> Iterator[list[logging.LogRecord]]:
    """Collect what matplotlib only logs, instead of showing it."""
    said: list[logging.LogRecord] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record)

    logger, collect = logging.getLogger("matplotlib"), Collect(logging.WARNING)
    outwards, logger.propagate = logger.propagate, False
    logger.addHandler(collect)
    try:
        yield said
    finally:
        logger.removeHandler(collect)
        logger.propagate = outwards


def _refused(name: str, record: logging.LogRecord) -> RecipeError:
    """Return the error for what matplotlib says of a line: its key if it is unknown, or the line itself."""
    about = record.args
    if isinstance(about, dict) and "key" in about:
        near = nearest(str(about["key"]), mpl.rcParams)
        hint = near if near.startswith("did you mean") else None  # all keys would be a page
        return RecipeError(f"{name}, line {about['line_no']}: unknown key '{about['key']}'", hint=hint)
    return RecipeError(f"{name}: {record.getMessage().splitlines()[0]}")
