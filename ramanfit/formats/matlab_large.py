"""Large matrices of MATLAB files: SciPy gets the file without them, and they are read in blocks.

They stand by channels. Spectra are taken one after another: a matrix is written once more, by spectra and in its own
type, to a temporary file, which takes as many bytes as the matrix does in its own.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from ramanfit.errors import InputError
from ramanfit.formats.matlab_guard import HEADER, Matrix, Variable
from ramanfit.scan.mapped import HELD, SpectraOfFile, mapped

LARGE = 1 << 23  # numbers: fewer are loaded at once
_EMPTY = bytes.fromhex(  # a double of 0 x 0
    "0e00000030000000060000000800000006000000000000000500000008000000000000000000000001000000000000000900000000000000"
)


def without(raw: memoryview, variables: Iterable[tuple[Variable, Matrix | None]]) -> bytes:
    """Return a file of some variables, an empty matrix in the place of each that is given with one.

    Parameters
    ----------
    raw : memoryview
        The file.
    variables : iterable of (Variable, Matrix or None)
    """
    parts = [bytes(raw[:HEADER])]
    for variable, matrix in variables:
        if matrix is None:
            parts.append(bytes(raw[variable.at : variable.end]))
            continue
        kept = bytes(raw[variable.at + 8 : matrix.at]) + _EMPTY + bytes(raw[matrix.end : variable.end])
        parts += [bytes(raw[variable.at : variable.at + 4]), struct.pack("<I", len(kept)), kept]
    return b"".join(parts)


def by_spectra(by_channels: npt.NDArray[Any], path: str) -> npt.NDArray[Any]:
    """Return a matrix [N, M], whose channels stand one after another, as a view of a file of its spectra.

    Parameters
    ----------
    by_channels : array [N, M]
        Usually a view of a mapped file.
    path : str
        The file, for messages.

    Raises
    ------
    FormatError
        If the file has become shorter.
    InputError
        If it cannot be read, or if the temporary folder takes no more.
    """
    n, channels = by_channels.shape
    step = max(1, HELD // (channels * by_channels.itemsize))
    try:
        with tempfile.TemporaryFile() as file:
            for start in range(0, n, step):
                some = by_channels[start : start + step]
                of_file = SpectraOfFile.of(some.T[None], path)
                file.write((some if of_file is None else of_file.take(np.arange(channels)).T).tobytes())
            file.flush()
            return mapped(file.fileno()).view(by_channels.dtype).reshape(n, channels)
    except InputError:
        raise
    except OSError as error:
        where = tempfile.gettempdir()
        raise InputError(f"the temporary folder {where}: cannot be written: {error.strerror or error}") from error
