"""What was done, for the record: everything that is needed to do it again."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ramanfit.errors import InputError, __version__
from ramanfit.fit.engine.compiled.library import said as core_said
from ramanfit.formats import split_selection
from ramanfit.formats.streams import is_stream, stream_of
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import to_dict
from ramanfit.tables.sink import STDOUT, Sink, digest_of_stdout, is_device

AUTHORS = "The ramanfit authors"
TITLE = "ramanfit: from a Raman export to I_B/I_G with its standard error"
BLOCK = 1 << 18  # bytes
MAY_MATTER = ("scipy", "lmfit", "pybaselines", "matplotlib")  # libraries whose version some results depend on


def citation() -> str:
    """Return how the version that runs is cited; ``CITATION.cff`` says the same."""
    return f"{AUTHORS}. {TITLE}. Software, version {__version__}."


def record_of(recipe: Recipe, inputs: Iterable[str], command: Sequence[str]) -> dict[str, Any]:
    """Return version, command line, resolved recipe and the SHA-256 of every input.

    The command is empty where a function was called from Python.

    The flag ``uncalibrated`` says that the recipe names nothing that its axis was corrected by.

    Raises
    ------
    InputError
        If an input cannot be read again.
    """
    return {
        "ramanfit": __version__,
        "numpy": np.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "core": core_said(),
        "cite": citation(),
        "command": list(command),
        "recipe": to_dict(recipe),
        "flags": [] if recipe.axis.calibration else ["uncalibrated"],
        "inputs": [{"file": path, "sha256": sha256_of(path)} for path in dict.fromkeys(inputs)],
    }


def circumstances(target: str | os.PathLike[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what a run is repeated by beside its command.

    Parameters
    ----------
    target : path
        Where the record will be.
    environment : mapping
        Variables that the command took settings from.

    Returns
    -------
    dict
        ``folder``: where the command ran, seen from the record, where that is a file; ``environment``; ``libraries``:
        versions of those that were in use.
    """
    libraries = {name: str(sys.modules[name].__version__) for name in MAY_MATTER if name in sys.modules}
    return {
        **({} if is_device(target) else {"folder": seen_from(target, os.curdir)}),
        "environment": dict(environment),
        "libraries": libraries,
    }


def seen_from(record: str | os.PathLike[str], folder: str | os.PathLike[str]) -> str:
    """Return a folder as it is named from where a record lies."""
    real = os.path.realpath(folder)
    try:
        return Path(os.path.relpath(real, Path(os.path.realpath(record)).parent)).as_posix()
    except ValueError:  # on another drive
        return real


def listed_outputs(paths: Iterable[str]) -> list[dict[str, str | None]]:
    """Return the files that a command wrote with their SHA-256; of standard output that of what passed, if it was kept.

    Devices, and a standard output that nobody watched, are left out.
    """
    listed: list[dict[str, str | None]] = []
    for path in paths:
        if path == STDOUT:
            if (digest := digest_of_stdout()) is not None:
                listed.append({"file": STDOUT, "sha256": digest})
        elif not is_device(path) and Path(path).is_file():
            listed.append({"file": path, "sha256": sha256_of(path)})
    return listed


def write_record(target: str, record: Mapping[str, Any]) -> None:
    """Write a record as JSON.

    Raises
    ------
    InputError
        If the target cannot be written.
    """
    with Sink(target) as sink:
        sink.write(as_json(record))


def as_json(record: Mapping[str, Any]) -> bytes:
    """Return a record as a file; a byte of a name that is no UTF-8 stands there as Python escapes it, which is JSON."""
    return (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def sha256_of(path: str) -> str:
    """Return the digest of a file, or of a stream as it was read."""
    if is_stream(path):
        return stream_of(path).sha256()
    digest = hashlib.sha256()
    try:
        with Path(split_selection(path)[0]).open("rb", buffering=0) as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return digest.hexdigest()
