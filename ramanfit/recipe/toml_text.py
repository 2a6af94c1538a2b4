"""TOML as text: read from a file of bounded size, parsed with bounded depth, and written."""

from __future__ import annotations

import re
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from ramanfit.errors import RecipeError
from ramanfit.recipe.settings import NONE

LONGEST_FILE = 1 << 20  # bytes of TOML
_NO_SIGN = "[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]"  # what a terminal would act on
_DEEPEST = 100  # parts of a key


def toml_text(path: str) -> str:
    """Return the text of a TOML file, lines ended by line feeds; no more is read than such a file may have.

    Raises
    ------
    RecipeError
        If it is too large, or no UTF-8.
    OSError
        If it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(LONGEST_FILE + 1)
    except ValueError as error:  # a NUL in the name
        raise OSError(None, str(error)) from None
    if len(data) > LONGEST_FILE:
        raise RecipeError(f"{path}: expected TOML of at most {LONGEST_FILE >> 20} MiB, found more")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise RecipeError(f"{path}: expected TOML in UTF-8, found other bytes") from None


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Parse TOML.

    Raises
    ------
    RecipeError
        ``where:line: ...`` for a syntax error; for tables in tables, or digits, without end.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > _DEEPEST and max(part.count(".") for part in re.split("[={,#]", line)) > _DEEPEST:
            raise RecipeError(f"{where}:{number}: expected keys of at most {_DEEPEST} parts, found more")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise RecipeError(f"{where}: expected tables and arrays, found too many in one another") from None
    except tomllib.TOMLDecodeError as error:
        problem, _, place = str(error).rpartition(" (at ")
        digits = place.partition("line ")[2].partition(",")[0]
        at = int(digits) if digits.isdigit() else text.rstrip().count("\n") + 1
        raise RecipeError(f"{where}:{at}: {problem}") from None
    except ValueError:
        raise RecipeError(f"{where}: expected numbers, found one of thousands of digits") from None


def format_toml(value: object) -> str:
    """Return a setting as a TOML value."""
    if value is None:
        return f'"{NONE}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(format_toml(item) for item in value)}]"
    if isinstance(value, str):
        import json

        return re.sub(_NO_SIGN, lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, int | float):
        return repr(value)
    if is_dataclass(value):
        pairs = ", ".join(f"{f.name} = {format_toml(getattr(value, f.name))}" for f in fields(value))
        return f"{{ {pairs} }}"
    raise TypeError(f"no TOML for {value!r}")
