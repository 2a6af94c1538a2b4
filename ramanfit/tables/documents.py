"""Tables as documents: Markdown and LaTeX for people, xlsx for programs, in one piece; parquet in row groups."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from ramanfit.errors import InputError
from ramanfit.tables.rounding import for_people, shorthand
from ramanfit.tables.table import NumberColumn, Table
from ramanfit.tables.text import number_cells

_MARKDOWN_SPECIAL = re.compile(r"([\\`*\[\]<>|&~]|(?<![^\W_])_|_(?![^\W_]))")  # _ inside a word means itself
_LATEX_SPECIAL = {character: f"\\{character}" for character in "&%$#_{}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}
_ROW_GROUP = 1 << 15  # rows of a parquet file that are written together
_EXCEL_ROWS = 1_048_576
_EXCEL_WIDEST = 60  # characters of a column
_EXCEL_FORMATS = (  # by the end of a column's name
    (("center_cm1", "center_se", "fwhm_cm1", "fwhm_se", "position_um", "redchi2"), "0.00"),
    (("time_s", "height", "height_se", "area", "area_se", "soc"), "0.0"),
    (("ratio", "ratio_se", "voltage_v", "current_ma", "capacity_mah"), "0.000"),
)
_EXCEL_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Collected:
    """An encoder that waits for the last table.

    Parameters
    ----------
    document : callable
        Turns the whole table into bytes.
    """

    def __init__(self, document: Callable[[Table], bytes]) -> None:
        self._document = document
        self._tables: list[Table] = []

    def add(self, table: Table) -> bytes:
        """Keep `table`, return nothing yet."""
        self._tables.append(table)
        return b""

    def end(self) -> bytes:
        """Return the document; nothing when there was no table."""
        return self._document(Table.concat(self._tables)) if self._tables else b""


def markdown(table: Table) -> bytes:
    """Return a GitHub table, values with their errors as ``1590.12 ± 0.08``."""

    def row(cells: Iterator[str]) -> str:
        return "| " + " | ".join(cells) + " |\n"

    columns = for_people(table)
    rules = ("---" if _is_text(table, name) else "---:" for name in columns)
    lines = [row(_markdown_text(name) for name in columns), row(rules)]
    lines += [row(map(_markdown_text, cells)) for cells in zip(*columns.values(), strict=True)]
    return _bytes("".join(lines))


def latex(table: Table) -> bytes:
    """Return a booktabs ``tabular``, values with their errors as ``$1590.12(8)$``."""
    columns = for_people(table, shorthand)
    cells = [
        [_latex_text(cell) if _is_text(table, name) else _latex_number(cell) for cell in values]
        for name, values in columns.items()
    ]
    alignment = "".join("l" if _is_text(table, name) else "r" for name in columns)
    rows = [" & ".join(row) + r" \\" for row in zip(*cells, strict=True)]
    lines = [
        r"% \usepackage{booktabs}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        " & ".join(map(_latex_text, columns)) + r" \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return _bytes("\n".join(lines) + "\n")


def xlsx(table: Table) -> bytes:
    """Return a workbook of one sheet, its names bold, held in view and with a filter; the same table, the same bytes.

    Numbers are whole in their cells, and shown with the digits of their kind.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    if len(table) >= _EXCEL_ROWS:
        raise InputError(
            f"an .xlsx sheet holds {_EXCEL_ROWS} rows, found {len(table) + 1}", hint="write .csv or .parquet"
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("ramanfit")

    def text(cell: str) -> object:
        cell = _EXCEL_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", cell)
        if not cell.startswith(("=", "#")):
            return cell
        written = WriteOnlyCell(sheet, cell)
        written.data_type = "s"  # no formula and no error value
        return written

    def formatted(value: float | None, how: str) -> object:
        if value is None:
            return None
        written = WriteOnlyCell(sheet, value)
        written.number_format = how
        return written

    columns = [
        [None if value != value else value for value in _as_written(values).tolist()]
        if isinstance(values, np.ndarray)
        else [text(cell) if cell else None for cell in values]
        for values in table.columns.values()
    ]
    head = []
    for name in table.names:
        cell = WriteOnlyCell(sheet, _EXCEL_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", name))
        cell.data_type, cell.font = "s", Font(bold=True)
        head.append(cell)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(head))}{len(table) + 1}"
    for number, name in enumerate(table.names, start=1):
        widest = max((len(cell) for cell in table.columns[name] if isinstance(cell, str)), default=0)
        sheet.column_dimensions[get_column_letter(number)].width = min(max(len(name), widest, 8) + 3, _EXCEL_WIDEST)
    shown = [_excel_format(name) if isinstance(values, np.ndarray) else "" for name, values in table.columns.items()]
    buffer = io.BytesIO()
    try:
        sheet.append(head)
        for row in zip(*columns, strict=True):
            sheet.append([formatted(value, how) if how else value for value, how in zip(row, shown, strict=True)])
        book.save(buffer)
    except OSError as error:  # a sheet is written to a temporary file first
        for unfinished in filter(None, (sheet._rows, getattr(sheet._writer, "xf", None))):
            with suppress(OSError):  # which else the interpreter would close at its end, and trace
                unfinished.close()
        where = tempfile.gettempdir()
        raise InputError(f"the temporary folder {where}: cannot be written: {error.strerror or error}") from error
    return _undated(buffer.getvalue())


class Parquet:
    """A parquet file of numbers as they are in texts, or `exact`; missing values are nulls. Written in row groups."""

    def __init__(self, exact: bool = False) -> None:
        self._exact = exact
        self._waiting: list[Any] = []  # tables of pyarrow, which are smaller than ours
        self._rows = 0
        self._bytes = _Passing()
        self._writer: Any = None

    def add(self, table: Table) -> bytes:
        """Return the row groups that `table` fills."""
        import pyarrow

        arrays = {
            name: _numbers(values if self._exact else _as_written(values))
            if isinstance(values, np.ndarray)
            else _texts(values)
            for name, values in table.columns.items()
        }
        self._waiting.append(pyarrow.table(arrays))
        self._rows += len(table)
        if self._rows >= _ROW_GROUP:
            self._write()
        return self._bytes.passed()

    def end(self) -> bytes:
        """Return the last row group, and what they all are; nothing when there was no table."""
        if self._waiting:
            self._write()
        if self._writer is not None:
            self._writer.close()
        return self._bytes.passed()

    def _write(self) -> None:
        import pyarrow
        import pyarrow.parquet

        made = pyarrow.concat_tables(self._waiting).combine_chunks()
        self._waiting, self._rows = [], 0
        if self._writer is None:
            self._writer = pyarrow.parquet.ParquetWriter(self._bytes, made.schema)
        self._writer.write_table(made)


def _numbers(values: NumberColumn) -> Any:
    """Return a column for pyarrow, whose own way from NumPy would import pandas."""
    import pyarrow

    kind, data = pyarrow.from_numpy_dtype(values.dtype), pyarrow.py_buffer(np.ascontiguousarray(values))
    return pyarrow.Array.from_buffers(kind, len(values), [_validity(values == values), data])


def _texts(cells: Sequence[str]) -> Any:
    import pyarrow

    raw = [_valid(cell).encode() for cell in cells]
    ends = np.cumsum([0, *map(len, raw)], dtype=np.int32)
    buffers = [_validity(np.diff(ends) > 0), pyarrow.py_buffer(ends), pyarrow.py_buffer(b"".join(raw))]
    return pyarrow.Array.from_buffers(pyarrow.string(), len(raw), buffers)


def _validity(there: npt.NDArray[np.bool_]) -> Any:
    """Return which values are there, a bit for each; None: all."""
    import pyarrow

    return None if there.all() else pyarrow.py_buffer(np.packbits(there, bitorder="little"))


class _Passing(io.RawIOBase):
    """A file whose bytes are taken from it as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        self._size += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._size

    def passed(self) -> bytes:
        """Return what was written since this was asked."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


DOCUMENTS: dict[str, Callable[[Table], bytes]] = {
    "md": markdown,
    "tex": latex,
    "xlsx": xlsx,
}


def _excel_format(name: str) -> str:
    """Return how numbers of a column are shown; empty: as Excel likes."""
    return next((how for ends, how in _EXCEL_FORMATS if name.endswith(ends)), "")


def _is_text(table: Table, name: str) -> bool:
    return not isinstance(table.columns[name], np.ndarray)


def _markdown_text(text: str) -> str:
    return _MARKDOWN_SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _latex_text(text: str) -> str:
    return "".join(_LATEX_SPECIAL.get(character, character) for character in " ".join(text.split()))


def _latex_number(text: str) -> str:
    mantissa, _, exponent = text.partition("e")
    power = rf" \times 10^{{{int(exponent)}}}" if exponent else ""
    return f"${mantissa}{power}$" if text else ""


def _as_written(values: NumberColumn) -> NumberColumn:
    """Return the numbers that the text forms show, so that a table is the same in every form."""
    if values.dtype.kind == "i":
        return values
    return np.array([float(cell) for cell in number_cells(values, "nan")])


def _valid(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _undated(archive: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as dated, zipfile.ZipFile(buffer, "w") as undated:
        for name in dated.namelist():
            content = dated.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:\w+ [^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            undated.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
