"""The potentiostat's record: voltage, current, capacity and state of charge at any time."""

from __future__ import annotations

from pathlib import Path

from ramanfit.errors import FormatError, InputError
from ramanfit.experiment.cell import eclab, separated
from ramanfit.experiment.cell.record import Record, aligned, at, with_soc

__all__ = ["Record", "aligned", "at", "read_record", "with_soc"]


def read_record(path: str) -> Record:
    """Read a potentiostat's record: EC-Lab's .mpt and .mpr, or a table with a header line.

    Parameters
    ----------
    path : str

    Raises
    ------
    InputError
        If the file cannot be opened, or a package that reads it is not installed.
    FormatError
        If it is none of these, or broken: with the line.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if eclab.is_binary(data):
        return eclab.read_binary(path)
    if b"\0" in data[:4096]:
        raise FormatError(path, expected="a potentiostat's record (.mpt, .mpr or a table)", found="binary data")
    text = _decoded(data)
    if not text.strip():
        raise FormatError(path, expected="a potentiostat's record", found="an empty file")
    return eclab.read_text(path, text) if eclab.is_text(text) else separated.read(path, text)


def _decoded(data: bytes) -> str:
    """EC-Lab writes in the PC's ANSI code page; others write UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
