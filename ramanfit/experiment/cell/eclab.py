"""BioLogic's EC-Lab: .mpt as text, .mpr through a package that reads it.

Parses the column line, its rows and ``Acquisition started on``, from which ``time/s`` counts. Meets and skips the
settings of the technique. Has never seen: records of several cells in one file.
"""

from __future__ import annotations

import io
import re
import warnings
from datetime import datetime
from importlib.util import find_spec

import numpy as np

from ramanfit.errors import FormatError, InputError
from ramanfit.experiment.cell.build import Asked, build_record
from ramanfit.experiment.cell.cells import Cells, split_rows
from ramanfit.experiment.cell.clocks import moment
from ramanfit.experiment.cell.record import Record

_MAGIC = b"BIO-LOGIC MODULAR FILE"
_FIRST = ("EC-Lab ASCII FILE", "BT-Lab ASCII FILE")
_STARTED = re.compile(r"Acquisition started on\s*:\s*(.+)")
_LONGEST_HEADER = 20_000  # lines; sequences of techniques make long ones


def is_binary(data: bytes) -> bool:
    """Tell whether a file is an .mpr."""
    return data.startswith(_MAGIC)


def is_text(text: str) -> bool:
    """Tell whether a text is an .mpt, with its header or with the names of the columns alone."""
    return text.startswith(_FIRST) or _is_column_line(text.split("\n", 1)[0])


def _is_column_line(line: str) -> bool:
    names = [name.strip() for name in line.split("\t")]
    return "time/s" in names or ("mode" in names and any("/V" in name for name in names))


def read_text(path: str, text: str, asked: Asked | None = None) -> Record:
    """Read an .mpt.

    Raises
    ------
    FormatError
        With the line that is wrong.
    """
    lines = text.replace("\r\n", "\n").split("\n", _LONGEST_HEADER)
    at = _column_line(path, lines)
    header = [name.strip() for name in lines[at].split("\t")]
    while header and not header[-1]:
        header.pop()
    started: datetime | None = None
    for line in lines[:at]:
        clock = _STARTED.match(line.strip())
        if clock:
            started = moment(clock[1], month_first=True)
    cells, notes = split_rows(path, header, "\n".join(lines[at + 1 :]), at + 2, "\t")
    return build_record(cells, asked or Asked(), started, notes, month_first=True)


def _column_line(path: str, lines: list[str]) -> int:
    """Position of the line that names the columns: where the header says, else where it is found."""
    if not lines[0].startswith(_FIRST):
        return 0
    said = re.search(r"Nb header lines\s*:\s*(\d+)", "\n".join(lines[:5]))
    if said and 0 < int(said[1]) <= len(lines) and _is_column_line(lines[int(said[1]) - 1]):
        return int(said[1]) - 1
    for i, line in enumerate(lines[:_LONGEST_HEADER]):
        if _is_column_line(line):
            return i
    raise FormatError(
        path, line=min(len(lines), int(said[1]) if said else 1), expected="the names of the columns", found="none"
    )


def read_binary(path: str, data: bytes, asked: Asked | None = None) -> Record:
    """Read an .mpr, with the package galvani, of whichever distribution.

    Raises
    ------
    InputError
        If it is not installed.
    FormatError
        If the file is cut off or of a kind that package does not know.
    """
    if find_spec("galvani") is None:
        raise InputError(
            f"{path}: .mpr needs the package datalab-org-galvani, which is not installed",
            hint="pip install 'ramanfit-cli[mpr]', or export the record as text (.mpt)",
        )
    from galvani import BioLogic

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of columns that it does not know: they are said below
            binary = BioLogic.MPRfile(io.BytesIO(data))
            held = binary.data
    except NotImplementedError as error:  # a number of a column that the package has never met
        raise FormatError(
            path,
            expected="columns that the installed reader of .mpr knows",
            found=str(error),
            hint="export the record as text (.mpt), or install datalab-org-galvani instead of galvani",
        ) from error
    except Exception as error:  # whatever a broken file makes the package run into
        raise FormatError(path, expected="a whole .mpr file", found=f"{type(error).__name__}: {error}") from error
    names = [str(name) for name in held.dtype.names]
    unknown = [name for name in names if name.startswith("unknown")]
    if len(unknown) > 1:  # their widths could be exchanged, which moves every column behind the first
        names = names[: names.index(unknown[0])]
    names = [name for name in names if name not in unknown]
    notes = [f"a column of an unknown kind ({name.rpartition('_')[2]}) is left out" for name in unknown]
    arrays = [np.asarray(held[name], dtype=np.float64) for name in names]
    started = getattr(binary, "timestamp", None)
    cells = Cells.of_numbers(path, names, arrays)
    return build_record(cells, asked or Asked(), started if isinstance(started, datetime) else None, notes)
