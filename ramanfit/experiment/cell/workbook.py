"""A record in an .xlsx: the sheets whose cells name a time and a voltage, as Neware and Arbin write them."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from importlib.util import find_spec
from typing import Any

from ramanfit.errors import FormatError, InputError
from ramanfit.experiment.cell.build import Asked, build_record
from ramanfit.experiment.cell.cells import Cells
from ramanfit.experiment.cell.columns import name_of
from ramanfit.experiment.cell.record import Record
from ramanfit.experiment.cell.separated import are_units, header_line

_LONGEST_PREAMBLE = 200


def is_binary(data: bytes) -> bool:
    """Tell whether a file is a zip archive, as every .xlsx is."""
    return data.startswith(b"PK\x03\x04")


def read_binary(path: str, data: bytes, asked: Asked | None = None) -> Record:
    """Read an .xlsx. Of several sheets, those with the same names go on; others are left out.

    Raises
    ------
    InputError
        If the package that reads it is not installed.
    FormatError
        If it is no workbook, or no sheet names a time and a voltage.
    """
    if find_spec("openpyxl") is None:
        raise InputError(
            f"{path}: .xlsx needs the package openpyxl, which is not installed",
            hint="pip install 'ramanfit-cli[xlsx]', or save the record as .csv",
        )
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = {sheet.title: _rows(sheet) for sheet in book.worksheets}
    except Exception as error:  # whatever a broken file makes the package run into
        raise FormatError(path, expected="a whole .xlsx file", found=f"{type(error).__name__}: {error}") from error
    tables = [(title, rows, at) for title, rows in sheets.items() if (at := _header(rows)) is not None]
    if not tables:
        raise FormatError(path, expected="a sheet whose cells name a time and a voltage", found=", ".join(sheets))
    largest = max(tables, key=lambda table: len(table[1]) - table[2])
    names = largest[1][largest[2]]
    same = [table for table in tables if table[1][table[2]] == names]
    kept = [title for title, _, _ in same]
    notes = [f"sheet {title} is left out" for title, _, _ in tables if title not in kept]
    header = list(names)
    while header and not header[-1]:
        header.pop()
    lines, numbers = list[str](), list[int]()
    for _, rows, at in same:
        body, first = rows[at + 1 :], at + 2
        if body and are_units(body[0]):
            header = [
                f"{name}/{unit}" if unit and not name_of(name).unit else name
                for name, unit in zip(header, body[0], strict=False)
            ]
            body, first = body[1:], first + 1
        for number, row in enumerate(body, first):
            if any(row):
                lines.append("\t".join((*row, *[""] * len(header))[: len(header)]))
                numbers.append(number)
    return build_record(Cells(path, header, lines, numbers, "\t"), asked or Asked(), None, notes)


def _rows(sheet: Any) -> list[tuple[str, ...]]:
    return [tuple(_text(cell) for cell in row) for row in sheet.iter_rows(values_only=True)]


def _header(rows: list[tuple[str, ...]]) -> int | None:
    return header_line(["\t".join(row) for row in rows[:_LONGEST_PREAMBLE]])


def _text(cell: object) -> str:
    """A cell as it would stand in a table of text."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return repr(cell)
    if isinstance(cell, timedelta):
        seconds = cell.total_seconds()
        return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02d}:{seconds % 60:09.6f}"
    if isinstance(cell, (datetime, time)):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return " ".join(str(cell).split())
