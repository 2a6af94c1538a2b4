"""Tidy rows in parquet, as ``ramanfit export -o x.parquet`` writes them, through pyarrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

from ramanfit.errors import FormatError, InputError
from ramanfit.formats.bytes_in import GZ_FREE, GZ_RATIO, Source
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.registry import begins
from ramanfit.formats.tidy import read_cells
from ramanfit.formats.tidy_cells import Cells
from ramanfit.scan.scan import Scan

_FOOTER = 1 << 16  # bytes, in which the names of the columns stand as text
_ROWS = 1 << 15  # at a time
_TEXT = r"(large_)?string|string_view"
_KINDS = re.compile(rf"double|float|u?int\d+|null|{_TEXT}|dictionary<values=({_TEXT}), .*>")
_EXPECTED = "tidy rows of spectra, as ramanfit export writes them"


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read every scan that the rows hold.

    Raises
    ------
    InputError
        If pyarrow is not installed.
    FormatError
        If it is another table, or broken, or holds far more than its size suggests.
    """
    if why := no_spectrum(source):
        raise FormatError(source.path, expected=_EXPECTED, found=why, hint="save it as CSV")
    if find_spec("pyarrow") is None:
        raise InputError(
            f"{source.path}: needs the package pyarrow, which is not installed",
            hint="pip install 'ramanfit-cli[parquet]'",
        )
    file = _opened(source)
    columns = [(field.name, str(field.type)) for field in file.schema_arrow]
    wrong = [f"{name} of {kind}" for name, kind in columns if not _KINDS.fullmatch(kind)]
    if wrong:
        raise FormatError(source.path, expected="columns of numbers and texts", found=repr(wrong[0])[:80])
    size, rows = len(source.content()), file.metadata.num_rows
    bytes_unpacked = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
    if max(8 * rows * len(columns), bytes_unpacked) > max(GZ_FREE, GZ_RATIO * size):
        most = f"at most {GZ_FREE >> 20} MiB or {GZ_RATIO} times the size of the file"
        raise FormatError(source.path, expected=most, found=f"{rows} rows of {len(columns)} columns")
    return read_cells(source, options, [name for name, _ in columns], _cells(source, file))


def no_spectrum(source: Source) -> str:
    """Return why a file has no spectrum; empty if it has tidy rows, or is broken."""
    footer = bytes(source.content()[-_FOOTER:])
    return "" if b"shift_cm1" in footer and b"counts" in footer else "a table in parquet of something else"


def _opened(source: Source) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(pyarrow.BufferReader(pyarrow.py_buffer(source.content())))
    except Exception as error:  # pyarrow promises no type
        raise _broken(source, error) from error


def _cells(source: Source, file: Any) -> Iterator[Cells]:
    number = 0
    batches = file.iter_batches(_ROWS)
    while True:
        try:
            batch = next(batches, None)
            columns = [] if batch is None else [column.to_pylist() for column in batch.columns]
        except Exception as error:
            raise _broken(source, error) from error
        if not columns:
            return
        for row in zip(*columns, strict=True):
            number += 1
            yield number, ["" if cell is None else cell if isinstance(cell, str) else repr(cell) for cell in row]


def _broken(source: Source, error: Exception) -> FormatError:
    words = " ".join(f"{type(error).__name__}: {error}".split())
    return FormatError(source.path, expected="a whole parquet file", found=words[:120])


READER = Reader(
    name="tidy rows in parquet",
    parses="one row per channel with the keys of its spectrum, as ramanfit export writes them (extra parquet)",
    skips="columns beside the keys, shift and counts",
    unseen="rows of other software",
    sniff=partial(begins, "tidy_parquet"),
    read=read,
    no_spectrum=no_spectrum,
)
