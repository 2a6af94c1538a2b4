"""Formats: one file of spectra in, its measurements out, and back.

Every kind of export has a module with a `Reader`; `READERS` holds them in the order they are asked. May import `scan`,
`recipe` and `errors`.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from ramanfit.errors import FormatError, InputError, UnknownFormatError
from ramanfit.formats import bwtek, graph_ascii, split, table, truematch
from ramanfit.formats.binary import MODULES, module_of
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.find import Passed, find_exports, natural_key
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.refusals import is_fit_table, refusal
from ramanfit.scan.scan import Scan

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

_TEXTS = (truematch.READER, bwtek.READER, split.READER, graph_ascii.READER, table.READER)
READERS: tuple[Reader, ...]


def __getattr__(name: str) -> tuple[Reader, ...]:
    if name == "READERS":
        return (*(import_module(f"ramanfit.formats.{module}").READER for module in MODULES), *_TEXTS)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def open_scans(
    path: str,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    *,
    stream: BinaryIO | None = None,
    stdin_name: str = "-",
) -> list[Scan]:
    """Read one file.

    Parameters
    ----------
    path : str
        A file, ``.gz`` or not, any part of a split export, ``FILE::NAME`` for the measurements whose name
        fits NAME (a glob), or ``-`` for standard input.
    options : ReadOptions
    stream : binary file, optional
        What ``-`` reads instead of standard input.
    stdin_name : str
        The name of standard input in messages and in the results.

    Returns
    -------
    list of Scan
        The measurements in the file's order; none if `options.select` fits none of them.

    Raises
    ------
    InputError
        If the file cannot be read.
    FormatError
        If it is not what it should be: with the line, what was expected and what was found.
    UnknownFormatError
        If no reader knows it.
    """
    named = path
    path, wanted = split_selection(path)
    chosen_by = options if wanted is None else replace(options, select=wanted)
    if path != "-" and Path(path).is_dir():
        raise InputError(f"{path}: is a folder")
    with Source.open(path, stream, stdin_name) as source:
        scans = _reader(source).read(source, chosen_by)
    if wanted is not None:
        chosen = [scan.with_(source=named) for scan in scans if chosen_by.selects(scan.name)]
        if not chosen:
            names = ", ".join(scan.name for scan in scans[:5]) + (", ..." if len(scans) > 5 else "")
            raise FormatError(path, f"no measurement named {wanted!r}", hint=f"there are: {names}")
        scans = chosen
    return [scan for scan in scans if options.selects(scan.name)]


def split_selection(path: str) -> tuple[str, str | None]:
    """Split ``FILE::NAME`` into file and name, None without one or if there is a file of the whole name."""
    file, mark, name = path.partition("::")
    if not mark or Path(path).exists():
        return path, None
    return file, name


def _reader(source: Source) -> Reader:
    """Return the reader that knows the file."""
    if source.file is not None and split.is_split_file(source.file.name, source.head):
        return split.READER
    binary = module_of(source.head)
    if binary is not None:  # nothing that is told of texts applies
        reader: Reader = binary.READER
        return reader
    why = refusal(source.head)
    if why is not None:
        raise FormatError(source.path, why.what, hint=why.hint)
    for reader in _TEXTS:
        if reader.sniff(source.head):
            return reader
    raise UnknownFormatError(
        source.path,
        f"no spectrum in a form that is known (tried {', '.join(reader.name for reader in __getattr__('READERS'))})",
        hint="see: ramanfit list readers",
    )
