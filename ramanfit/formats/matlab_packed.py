"""Compressed variables of MATLAB files: their heads, and a file in which they are unpacked.

Nothing can be sought in what is compressed: a variable that is read is unpacked once, in blocks, to a temporary file.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterable, Iterator

import numpy as np

from ramanfit.errors import FormatError, InputError
from ramanfit.formats.bytes_in import BLOCK, GZ_FREE, GZ_RATIO
from ramanfit.formats.matlab_guard import HEADER, Variable, broken
from ramanfit.scan.mapped import mapped, read


def unpacked(raw: memoryview, variables: Iterable[Variable], path: str) -> memoryview:
    """Return a file of some variables, none of them compressed.

    Parameters
    ----------
    raw : memoryview
        The file.
    variables : iterable of Variable
    path : str
        For messages.

    Raises
    ------
    FormatError
        If a variable is broken, or holds far more than any measurement does.
    InputError
        If the temporary folder takes no more.
    """
    try:
        with tempfile.TemporaryFile() as file:
            file.write(raw[:HEADER])
            for variable in variables:
                for block in _unpacked(raw, variable, path) if variable.packed else _blocks(raw, variable, path):
                    file.write(block)
                file.write(bytes(-file.tell() % 8))
            file.flush()
            return mapped(file.fileno()).data
    except InputError:
        raise
    except OSError as error:
        where = tempfile.gettempdir()
        raise InputError(f"the temporary folder {where}: cannot be written: {error.strerror or error}") from error


def _blocks(raw: memoryview, variable: Variable, path: str) -> Iterator[bytes]:
    content = np.frombuffer(raw, dtype=np.uint8)
    start = variable.at + 8 * variable.packed
    for at in range(start, variable.end, BLOCK):
        yield read(content[at : min(at + BLOCK, variable.end)], path)


def _unpacked(raw: memoryview, variable: Variable, path: str) -> Iterator[bytes]:
    unpack, size = zlib.decompressobj(), 0
    most = max(GZ_FREE, GZ_RATIO * (variable.end - variable.at))
    for packed in _blocks(raw, variable, path):
        while packed and not unpack.eof:
            try:
                block = unpack.decompress(packed, BLOCK)
            except zlib.error as error:
                raise broken(path, variable.at, error) from error
            packed, size = unpack.unconsumed_tail, size + len(block)
            if size > most:
                raise FormatError(
                    path,
                    f"byte {variable.at}",
                    expected=f"a variable of at most {GZ_FREE >> 20} MiB or {GZ_RATIO} times its compressed size",
                    found="more",
                    hint="if it is sound, save it in MATLAB with -v6",
                )
            yield block
    if not unpack.eof:
        raise broken(path, variable.at, "it is cut short")
