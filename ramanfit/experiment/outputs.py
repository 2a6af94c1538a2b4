"""Where results are written: folders, and the names of files in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ramanfit.errors import InputError, RecipeError
from ramanfit.formats import registry
from ramanfit.tables import forms

EXPORT_TABLES = tuple(name for name, form in forms.FORMS.items() if form.exports)
EXPORT_FORMS = (*EXPORT_TABLES, *registry.FORMS)


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


def file_names(names: Sequence[str], folder: str | os.PathLike[str], ending: str) -> list[str]:
    """Return a file in the folder for every measurement of these names.

    Raises
    ------
    RecipeError
        If two have one name.
    """
    plain = ["".join(c if c not in '/\\:*?"<>|' else "_" for c in name) for name in names]
    files = [str(Path(folder) / f"{name}.{ending}") for name in plain]
    twice = {file for file in files if files.count(file) > 1}
    if twice:
        raise RecipeError(f"{min(twice)}: two measurements have this name: give each a folder of its own")
    return files
