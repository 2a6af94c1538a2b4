"""Where results are written: folders, and the names of files in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ramanfit.errors import InputError, RecipeError

if TYPE_CHECKING:
    from ramanfit.scan.scan import Scan


EXPORT_TABLES = ("csv", "tsv", "json", "jsonl", "parquet")
EXPORT_FORMS = (*EXPORT_TABLES, "txt", "nc", "nxs")


def make_folder(folder: str | os.PathLike[str]) -> Path:
    """Return a folder, made if needed.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    made = Path(folder)
    try:
        made.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}") from error
    return made


def is_folder(target: str) -> bool:
    """Tell whether a target takes a file for each measurement: by its name, or because it is a folder already."""
    return target != "-" and (target.endswith(("/", "\\")) or Path(target).is_dir())


def file_names(scans: Sequence[Scan], folder: Path, ending: str) -> list[str]:
    """Return a file in the folder for every scan.

    Raises
    ------
    RecipeError
        If two scans have one name.
    """
    plain = [
        "".join(c if c not in '/\\:*?"<>|' else "_" for c in scan.name or Path(scan.source).stem) for scan in scans
    ]
    names = [folder / f"{name}.{ending}" for name in plain]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise RecipeError(f"{min(twice)}: two measurements have this name: give each a folder of its own")
    return [str(name) for name in names]
