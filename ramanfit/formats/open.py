"""One file in, its measurements out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ramanfit.errors import FormatError, InputError, UnknownFormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.find import split_selection
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.refusals import refusal
from ramanfit.formats.registry import binary_reader, owner_of, readers, text_reader
from ramanfit.scan.scan import Scan


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
        reader = _reader(source)
        if not reader.by_hand and (given := options.by_hand()):
            raise FormatError(path, f"{given}: says how a table of numbers lies, and this is one of: {reader.name}")
        scans = reader.read(source, chosen_by)
    if wanted is not None:
        chosen = [scan.with_(source=named) for scan in _selected(scans, chosen_by, reader)]
        if not chosen:
            names = ", ".join(scan.name for scan in scans[:5]) + (", ..." if len(scans) > 5 else "")
            raise FormatError(path, f"no measurement named {wanted!r}", hint=f"there are: {names}")
        scans = chosen
    return _selected(scans, options, reader)


def _selected(scans: list[Scan], options: ReadOptions, reader: Reader) -> list[Scan]:
    by_name = [scan for scan in scans if options.selects(scan.name)]
    return by_name or [scan for scan in scans if reader.groups and options.selects_group(scan.name)]


def _reader(source: Source) -> Reader:
    """Return the reader that knows the file."""
    head = source.head
    owner = None if source.file is None else owner_of(source.file.name, head)
    if owner is not None:
        return owner
    binary = binary_reader(head)
    if binary is not None:  # nothing that is told of texts applies
        return binary
    why = refusal(head, source.file.name if source.file else "")
    if why is not None and not why.foreign:
        raise FormatError(source.path, why.what, hint=why.hint)
    reader = text_reader(head, None) if why is None else None
    if reader is not None:
        return reader
    from ramanfit.formats.outside import outside_reader

    reader, troubles = outside_reader(source)
    if reader is not None:
        return reader
    if why is not None:
        raise FormatError(source.path, "; ".join((why.what, *troubles)), hint=why.hint)
    tried = ", ".join(reader.name for reader in readers())
    raise UnknownFormatError(
        source.path,
        "; ".join((f"no spectrum in a form that is known (tried {tried})", *troubles)),
        hint="see: ramanfit list readers",
    )
