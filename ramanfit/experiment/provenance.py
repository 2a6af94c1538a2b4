"""What was done, for the record: everything that is needed to do it again."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ramanfit.errors import InputError, __version__
from ramanfit.formats import split_selection
from ramanfit.formats.streams import is_stream, stream_of
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import to_dict
from ramanfit.tables.sink import Sink


def record_of(recipe: Recipe, inputs: Iterable[str], command: Sequence[str]) -> dict[str, Any]:
    """Return version, command line, resolved recipe and the SHA-256 of every input.

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
        "command": list(command),
        "recipe": to_dict(recipe),
        "flags": [] if recipe.axis.calibration else ["uncalibrated"],
        "inputs": [{"file": path, "sha256": _sha256(path)} for path in dict.fromkeys(inputs)],
    }


def write_record(target: str, recipe: Recipe, inputs: Iterable[str], command: Sequence[str]) -> None:
    """Write `record_of` as JSON.

    Raises
    ------
    InputError
        If an input cannot be read again, or the target cannot be written.
    """
    record = record_of(recipe, inputs, command)
    with Sink(target) as sink:
        sink.write(as_json(record))


def as_json(record: Mapping[str, Any]) -> bytes:
    """Return a record as a file; a byte of a name that is no UTF-8 stands there as Python escapes it, which is JSON."""
    return (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _sha256(path: str) -> str:
    """Return the digest of a file, or of a stream as it was read."""
    if is_stream(path):
        return stream_of(path).sha256()
    digest = hashlib.sha256()
    try:
        with Path(split_selection(path)[0]).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return digest.hexdigest()
