"""Excel: the one sheet of a workbook that holds a table of spectra, read as the text of that table would be."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial
from importlib.util import find_spec

from ramanfit.errors import FormatError
from ramanfit.formats import table, tidy
from ramanfit.formats.bytes_in import HEAD, Source
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.refusals import refusal
from ramanfit.formats.registry import begins
from ramanfit.formats.workbook import LACKING, WorkbookSheet, sheets
from ramanfit.scan.scan import Scan

_READERS = tidy.READER, table.READER


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read the spectra of the one sheet that holds numbers, or of the sheet that is selected by its title.

    Raises
    ------
    FormatError
        With the sheet and the cell that is no number; if no sheet holds spectra, or more than one holds numbers.
    """
    path, wanted = source.path, options.select
    every = sheets(source.content().tobytes(), path)
    named = [sheet for sheet in every if options.selects(sheet.title)] if wanted is not None else []
    chosen = named or every
    if not chosen:
        raise FormatError(path, "a workbook without a sheet of numbers")
    if len(chosen) > 1:
        titles = ", ".join(sheet.title for sheet in chosen[:5]) + (", ..." if len(chosen) > 5 else "")
        if wanted is not None and not named:
            raise FormatError(path, f'no sheet "{wanted}"', hint=f"there are: {titles}")
        raise FormatError(
            path,
            expected="one sheet with numbers",
            found=f"{len(chosen)}: {titles}",
            hint=f"name one: {path}::{chosen[0].title}",
        )
    (sheet,) = chosen
    if why := _no_spectra(sheet):
        raise FormatError(path, why)
    sheet.check(path)
    text = Source(io.BytesIO(sheet.text()), path)
    reader = next((reader for reader in _READERS if reader.sniff(text.head)), None)
    if reader is None:
        raise FormatError(path, f"the sheet {sheet.title}: no table of spectra", hint="see: ramanfit list readers")
    scans = reader.read(text, replace(options, select=None) if named else options)
    if not named and len(every) == 1:
        return scans
    return [scan.with_(name=sheet.title if len(scans) == 1 else f"{sheet.title} {scan.name}") for scan in scans]


def no_spectrum(source: Source) -> str:
    """Return why a workbook in a folder is no spectrum; an empty string if it is one, or is broken."""
    if find_spec("openpyxl") is None:
        return LACKING
    try:
        every = sheets(source.content().tobytes(), source.path, HEAD)
    except FormatError:
        return ""
    if not every:
        return "a workbook without a sheet of numbers"
    why = [_no_spectra(sheet) or _no_table_of_spectra(sheet) for sheet in every]
    return why[0] if all(why) else ""


def _no_spectra(sheet: WorkbookSheet) -> str:
    """Return what a sheet is that is known and holds no spectra."""
    why = refusal(sheet.text()[:HEAD])
    return "" if why is None else why.what


def _no_table_of_spectra(sheet: WorkbookSheet) -> str:
    """Return why a sheet is passed over, such as a potentiostat's record; an empty string if it is not."""
    if sheet.unvalued():
        return ""
    text = Source(io.BytesIO(sheet.text()), "")
    reader = next((reader for reader in _READERS if reader.sniff(text.head)), None)
    return "no table of spectra" if reader is None else reader.no_spectrum(text)


READER = Reader(
    name="Excel",
    parses="the sheet of a workbook (.xlsx) that holds a table of spectra, as a text may: an axis and columns of "
    "spectra, spectra in rows, pairs of columns, tidy rows",
    skips="sheets without rows of numbers; what stands above and below the table",
    unseen="workbooks that instruments write",
    sniff=partial(begins, "xlsx"),
    read=read,
    no_spectrum=no_spectrum,
    by_hand=True,
    groups=True,
)
