"""Formats: one file of spectra in, its measurements out, and back.

Every format has a module, with a `Reader`, a `Writer` or both, and a line in `registry`; `READERS` holds the readers in
the order they are asked. May import `scan`, `recipe`, `errors` and `frozen`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ramanfit.formats.find import Passed, find_exports, natural_key, split_selection
    from ramanfit.formats.open import open_scans
    from ramanfit.formats.reader import Reader, ReadOptions
    from ramanfit.formats.refusals import is_fit_table

    READERS: tuple[Reader, ...]

# imported when asked for (PEP 562), so that the registry can be looked at without numpy
_HOMES = {
    "Passed": "find",
    "ReadOptions": "reader",
    "Reader": "reader",
    "find_exports": "find",
    "is_fit_table": "refusals",
    "natural_key": "find",
    "open_scans": "open",
    "split_selection": "find",
}

__all__ = [
    "READERS",
    "Passed",
    "ReadOptions",
    "Reader",
    "find_exports",
    "is_fit_table",
    "natural_key",
    "open_scans",
    "split_selection",
]


def __getattr__(name: str) -> Any:
    if name == "READERS":
        return import_module(f"{__name__}.registry").readers()
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
