"""The potentiostat's record: voltage, current, capacity, state of charge and cycle at any time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from ramanfit.errors import FormatError, UsageError
from ramanfit.experiment.cell import eclab, gamry, separated, workbook
from ramanfit.experiment.cell.build import Asked
from ramanfit.experiment.cell.columns import sizes_of
from ramanfit.experiment.cell.join import joined
from ramanfit.experiment.cell.record import Record, aligned, at, beyond, with_soc
from ramanfit.formats.streams import whole_input

__all__ = ["Record", "aligned", "at", "beyond", "is_record", "read_record", "read_records", "with_soc"]

_HEAD = 200_000


def read_records(paths: Sequence[str], units: Sequence[str] = (), zone: tzinfo | None = None) -> Record:
    """Read a potentiostat's record that is in one file or in several, joined by their clocks.

    Parameters
    ----------
    paths : sequence of str
    units : sequence of str
        Of columns that do not name theirs: ``A``, ``Ah``.
    zone : tzinfo or None
        Of clocks that name none; None: this computer's, where another names one.

    Raises
    ------
    InputError, FormatError
        As `read_record`; if records cannot be joined.
    UsageError
        If a unit is given that no column lacks.
    """
    records = [read_record(path, units) for path in paths]
    if idle := sorted(set(sizes_of(units)) - {kind for record in records for kind in record.asked}):
        raise UsageError(
            f"--echem-units {','.join(units)}: no column of {' or '.join(idle)} in {' and '.join(paths)} lacks its unit"
        )
    return joined(records, zone)


def read_record(path: str, units: Sequence[str] = (), *, lenient: bool = False) -> Record:
    """Read a potentiostat's record: EC-Lab's .mpt and .mpr, Gamry's .DTA, a workbook, or a table with a header line.

    Parameters
    ----------
    path : str
    units : sequence of str
        Of columns that do not name theirs.
    lenient : bool
        Whether columns without a unit are left out and said, not refused.

    Raises
    ------
    InputError
        If the file cannot be opened, or a package that reads it is not installed.
    FormatError
        If it is none of these, or broken: with the line.
    """
    data = whole_input(path)
    asked = Asked(tuple(units), sizes_of(units), lenient)
    if eclab.is_binary(data):
        return eclab.read_binary(path, data, asked)
    if workbook.is_binary(data):
        return workbook.read_binary(path, data, asked)
    text = _decoded(path, data)
    if eclab.is_text(text):
        return eclab.read_text(path, text, asked)
    if gamry.is_text(text):
        return gamry.read_text(path, text, asked)
    return separated.read(path, text, asked)


def is_record(data: bytes) -> bool:
    """Tell whether a file begins as a potentiostat's record, and not as a spectrum."""
    if eclab.is_binary(data):
        return True
    if b"\0" in data[:4096]:
        return False
    text = data[:_HEAD].decode("cp1252", "replace").removeprefix("ï»¿")
    return eclab.is_text(text) or gamry.is_text(text) or separated.header_line(text.splitlines()) is not None


def _decoded(path: str, data: bytes) -> str:
    """EC-Lab writes in the PC's ANSI code page; others write UTF-8, and Windows its UTF-16 with a mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    elif b"\0" in data[:4096]:
        raise FormatError(path, expected="a potentiostat's record (.mpt, .mpr or a table)", found="binary data")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    if not text.strip():
        raise FormatError(path, expected="a potentiostat's record", found="an empty file")
    return text.replace("\r\n", "\n").replace("\r", "\n")
