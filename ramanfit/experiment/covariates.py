"""Columns of one's own beside the fits: temperature, dose, sample, from a table or from the names of files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.errors import FormatError, UsageError
from ramanfit.formats import split_selection
from ramanfit.formats.bytes_in import strip_endings
from ramanfit.formats.streams import is_stream, whole_input
from ramanfit.recipe.columns import ECHEM, KEYS, XY
from ramanfit.recipe.marked import unmarked
from ramanfit.tables.schema import Schema, covariates_of
from ramanfit.tables.table import Column, Table, column_of_cells, with_columns

if TYPE_CHECKING:
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.voice import Voice

FILES = ("source", "file")
WHERE = ("scan", "point")
STRANGE = "a column {name} of your own would be read as one of a fit: call it otherwise"
LONGEST_PATTERN = 500
SHOWN = 3  # names that are said of many


class _Row(NamedTuple):
    """A row of a table of covariates: the file it names, where in it, and its values."""

    line: int
    file: str
    scan: str
    point: str
    cells: tuple[str, ...]


class Covariates:
    """What is known of files besides their spectra.

    Parameters
    ----------
    request : Request

    Raises
    ------
    RamanfitError
        If the table cannot be read, or names no files; if the expression is none, or names no group.
    """

    def __init__(self, request: Request) -> None:
        self.path, self._rows = request.covariates, list[_Row]()
        self.names: tuple[str, ...] = ()
        if self.path is not None:
            self.names, self._rows = _read(self.path)
        self._pattern = None if request.from_name is None else _pattern(request.from_name)

    def beside(self, table: Table, voice: Voice | None) -> Table:
        """Return a table with its covariates after its keys.

        Parameters
        ----------
        table : Table
            Any with the keys of fits.
        voice : Voice or None
            Told what matched nothing.

        Raises
        ------
        UsageError
            If a column is there already, or would be read as another one; if nothing matches at all.
        """
        more: dict[str, Column] = {}
        if self._pattern is not None:
            more |= self._from_names(table, voice)
        if self.path is not None:
            listed = self._from_table(table, voice)
            _refuse_clashes([*listed], [*more], "--covariates")
            more |= listed
        if not more:
            return table
        names = [*table.names]
        option = "--from-name" if self.path is None else "--covariates"
        _refuse_clashes([*more], names, option)
        keys = names[: _keys(names)]
        meant = covariates_of([*keys, *more, *names[len(keys) :]])
        if strange := [name for name in more if name not in meant]:
            raise UsageError(STRANGE.format(name=strange[0]))
        return with_columns(table, more, [*keys, *covariates_of(names)][-1])

    def _from_names(self, table: Table, voice: Voice | None) -> dict[str, Column]:
        pattern, sources = self._pattern, [str(source) for source in table.columns["source"]]
        assert pattern is not None
        # the file's name and that of its folder: where the folder lies says nothing of the sample
        values = {source: pattern.search("/".join(Path(source).parts[-2:])) for source in sources}
        lost = [source for source, match in values.items() if match is None]
        if len(lost) == len(values):
            raise UsageError(f"--from-name {pattern.pattern}: matches the name of none of the files, such as {lost[0]}")
        if lost and voice is not None:
            voice.say(f"--from-name: does not match {_some(lost)}: left empty")
        found = {source: {} if match is None else match.groupdict() for source, match in values.items()}
        return {
            name: column_of_cells([(found[source].get(name) or "").strip() for source in sources])
            for name in pattern.groupindex
        }

    def _from_table(self, table: Table, voice: Voice | None) -> dict[str, Column]:
        named: dict[str, list[_Row]] = {}
        for row in self._rows:
            named.setdefault(row.file, []).append(row)
        columns, met, lost = table.columns, set[int](), dict[str, None]()
        cells = []
        for source, scan, point in zip(*(columns[name] for name in ("source", *WHERE)), strict=True):
            candidates = {row.line: row for name in _names_of(str(source)) for row in named.get(name, ())}
            rows = [row for row in candidates.values() if _fits(row, scan, str(point))]
            if len({row.cells for row in rows}) > 1:
                lines = " and ".join(str(row.line) for row in rows[:2])
                raise FormatError(f"{self.path}", f"lines {lines} say different things of {source}, {point}")
            met |= {row.line for row in rows}
            if not rows:
                lost[str(source)] = None
            cells.append(rows[0].cells if rows else ("",) * len(self.names))
        if not met:
            raise UsageError(f"--covariates {self.path}: names none of the files, such as {next(iter(lost))}")
        if voice is not None:
            unmet = [f"{row.file} (line {row.line})" for row in self._rows if row.line not in met]
            if unmet:
                voice.say(f"{self.path}: no spectrum for {_some(unmet)}")
            if lost:
                voice.say(f"{self.path}: no row for all spectra of {_some([*lost])}: left empty")
        return {
            name: column_of_cells(values) for name, values in zip(self.names, zip(*cells, strict=True), strict=True)
        }


def names_of_covariates(request: Request) -> list[str]:
    """Return the names of the covariates that are asked for."""
    named = [] if request.from_name is None else [*_pattern(request.from_name).groupindex]
    return named if request.covariates is None else [*named, *_read(request.covariates)[0]]


def check_covariates(request: Request) -> None:
    """Make sure, before any work, that the covariates can be read and have names of their own.

    What can be read only once is left for later.

    Raises
    ------
    RamanfitError
        If they cannot, or have not.
    """
    names: list[str] = []
    recipe = request.recipe
    there = [*Schema.of([peak.name for peak in recipe.peaks], [ratio.name for ratio in recipe.ratios])]
    if request.from_name is not None:
        names = [*_pattern(request.from_name).groupindex]
        _refuse_clashes(names, there, "--from-name")
    if request.covariates is not None and not is_stream(request.covariates):
        more, _ = _read(request.covariates)
        _refuse_clashes(more, [*there, *names], "--covariates")
        names += more
    meant = covariates_of([*KEYS, *names])
    if strange := [name for name in names if name not in meant]:
        raise UsageError(STRANGE.format(name=strange[0]))


def with_covariates(table: Table, request: Request, voice: Voice) -> Table:
    """Return a table with the covariates that were asked for, if any were."""
    if not request.has_covariates:
        return table
    return Covariates(request).beside(table, voice)


def _read(path: str) -> tuple[tuple[str, ...], list[_Row]]:
    """Return the names of the covariates and the rows of a table."""
    text = whole_input(path).decode("utf-8-sig", "surrogateescape")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",\t;", key=text.split("\n", 1)[0].count))
    try:
        header, lines = [unmarked(name.strip()) for name in next(reader, [])], list(reader)
    except csv.Error as error:
        raise FormatError(path, line=reader.line_num, expected="a row of cells", found=str(error)) from None
    files = [name for name in header if name in FILES]
    if len(files) != 1:
        raise FormatError(path, line=1, expected="one column source or file", found=", ".join(header) or "nothing")
    names = [name for name in header if name not in (*FILES, *WHERE)]
    if not names or "" in names or len({*header}) < len(header):
        raise FormatError(path, line=1, expected="columns of their own, each with a name", found=", ".join(header))
    return tuple(names), [*_rows(path, iter(lines), header, files[0], names)]


def _rows(path: str, reader: Iterator[list[str]], header: list[str], file: str, names: list[str]) -> Iterator[_Row]:
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise FormatError(path, line=number, expected=f"{len(header)} cells", found=str(len(cells)))
        row: Mapping[str, str] = dict(zip(header, (unmarked(cell).strip() for cell in cells), strict=True))
        if row.get("scan") and not re.fullmatch(r"\d{1,15}", row["scan"], re.ASCII):
            raise FormatError(path, line=number, expected="the number of a scan", found=repr(row["scan"]))
        values = tuple(row[name] for name in names)
        yield _Row(number, row[file], row.get("scan", ""), row.get("point", ""), values)


def _pattern(text: str) -> re.Pattern[str]:
    if len(text) > LONGEST_PATTERN:
        raise UsageError(f"--from-name: expected at most {LONGEST_PATTERN} characters, found {len(text)}")
    try:
        pattern = re.compile(text)
    except (re.error, OverflowError) as error:
        raise UsageError(f"--from-name {text}: {error}") from error
    if not pattern.groupindex:
        raise UsageError(f"--from-name {text}: names no group", hint=r"name one, e.g. '(?P<temperature_k>\d+)K'")
    return pattern


def _names_of(source: str) -> tuple[str, ...]:
    """Return by what names a table may call a file: path, name or stem, with or without the measurement's name."""
    file, inside = split_selection(source)
    name = Path(file).name
    plain = (source, file, name, strip_endings(name))
    return tuple(dict.fromkeys(plain if inside is None else (*plain, f"{name}::{inside}")))


def _fits(row: _Row, scan: object, point: str) -> bool:
    return (not row.scan or int(row.scan) == scan) and (not row.point or row.point == point)


def _keys(names: Sequence[str]) -> int:
    """Return how many columns are keys, or what the cell did."""
    return max((i for i, name in enumerate(names) if name in (*KEYS, *XY, *ECHEM)), default=-1) + 1


def _refuse_clashes(names: Sequence[str], there: Sequence[str], option: str) -> None:
    for name in names:
        if name in there:
            raise UsageError(f"{option}: there is a column {name} already")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
