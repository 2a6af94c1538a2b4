"""Where a command's table goes: into a file or a pipe in some form, or onto the terminal, aligned."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

import click

from ramanfit.cli.console import say_written
from ramanfit.scan.notes import counted

if TYPE_CHECKING:
    from ramanfit.experiment.request import Request
    from ramanfit.tables.forms import TableWriter
    from ramanfit.tables.table import Table

TERMINAL, NETCDF = "terminal", "nc"
FOR_PEOPLE = ("md", "tex")


class Output(NamedTuple):
    """Where a table goes and in which form.

    Attributes
    ----------
    path : str
        ``"-"`` is standard output.
    form : str
        One of `ramanfit.tables.forms.FORMS`, ``"terminal"``, or for fits ``"nc"``.
    header : bool
    columns : tuple of str or None
        Those that are shown; None: what suits the form.
    """

    path: str
    form: str
    header: bool
    columns: tuple[str, ...] | None = None

    @property
    def in_pieces(self) -> bool:
        """Whether a table may come in pieces: what suits people depends on all of its rows."""
        return self.form not in (TERMINAL, *FOR_PEOPLE)

    @classmethod
    def resolve(
        cls, path: str, form: str | None, header: bool, columns: tuple[str, ...] | None = None, also: str = ""
    ) -> Output:
        """Choose the form: the one asked for, else the file's ending, else what suits standard output.

        Raises
        ------
        UsageError
            If the ending asks for another form than the option.
        RecipeError
            If the ending names no form.
        InputError
            If the form needs a package that is not installed.
        """
        from pathlib import PurePath

        from ramanfit.tables.forms import FORMS, check_form, form_of

        if form is None:
            seen = path == "-" and _is_seen()
            form = TERMINAL if seen else "csv" if path == "-" else form_of(path, also)
        elif path != "-":
            ending = PurePath(path).suffix.lower().removeprefix(".")
            if ending in {*FORMS, NETCDF} - {form}:
                asked = f"--{form} and -o {path} ask for two forms"
                raise click.UsageError(f"{asked}: leave out --{form}, or name another file")
        if not header and form != TERMINAL and not FORMS[form].headless:
            headless = " and ".join(name for name, one in FORMS.items() if one.headless)
            raise click.UsageError(f"--no-header is for {headless}, not for {form}")
        check_form(form)
        return cls(path, form, header, columns)

    @classmethod
    def resolve_fits(cls, path: str, form: str | None, header: bool, columns: tuple[str, ...] | None = None) -> Output:
        """Choose the form as `resolve` does; the ending ``.nc`` asks for fits with their covariance.

        Raises
        ------
        RecipeError, InputError
            As `resolve`.
        UsageError
            If an option was given that picks from a table.
        """
        if form is not None or not path.lower().endswith(f".{NETCDF}"):
            return cls.resolve(path, form, header, columns, also=NETCDF)
        if not header or columns is not None:
            option = "--no-header" if not header else "--columns"
            raise click.UsageError(f"{option} is for tables: .nc holds every column and the covariance")
        return cls(path, NETCDF, header)

    def check_fits(self, request: Request) -> None:
        """Make sure, before any work, that a table of fits can have the columns that are asked for.

        What covariates are called is known only once they are there.

        Raises
        ------
        UsageError
            If it cannot.
        """
        if self.columns is not None and not (request.covariates or request.from_name):
            from ramanfit.recipe.columns import KINDS
            from ramanfit.tables.select import check_columns, fitted_columns

            check_columns(self.columns, (*fitted_columns(request.recipe), *KINDS))

    def shown(self, table: Table) -> Table:
        """Return a table with the columns that are shown; on a terminal its text has nothing that moves a cursor."""
        table = self._with_columns(table)
        if self.form != TERMINAL and self.path == "-" and _is_seen():
            from ramanfit.cli.visible import visible
            from ramanfit.tables.table import Table

            return Table(
                {
                    visible(name): [visible(cell) for cell in values] if isinstance(values, tuple) else values
                    for name, values in table.columns.items()
                }
            )
        return table

    def _with_columns(self, table: Table) -> Table:
        for_people = self.form in (TERMINAL, *FOR_PEOPLE)
        if self.columns is None and not for_people:
            return table
        from ramanfit.tables.select import as_printed, with_columns_asked

        return as_printed(table) if self.columns is None else with_columns_asked(table, self.columns, errors=for_people)

    def open(self) -> ShownWriter:
        """Return a context manager with ``write(table)``, any number of times with the same columns."""
        if self.form == TERMINAL:
            return ShownWriter(self, TerminalWriter(self.header))
        from ramanfit.tables.forms import open_writer

        return ShownWriter(self, open_writer(self.path, self.form, header=self.header))


def _is_seen() -> bool:
    """Tell whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


class ShownWriter:
    """Writes of every table the columns that are shown.

    Parameters
    ----------
    output : Output
    writer : TableWriter or TerminalWriter
    """

    def __init__(self, output: Output, writer: TableWriter | TerminalWriter) -> None:
        self._output, self._writer = output, writer
        self._rows = self._flagged = 0

    def write(self, table: Table) -> None:
        """Add rows."""
        self._rows += len(table)
        self._flagged += sum(map(bool, table.columns.get("flags", ())))
        self._writer.write(self._output.shown(table))

    def __enter__(self) -> ShownWriter:
        self._writer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)
        if kind is None:
            flagged = f", {self._flagged} flagged" if self._flagged else ""
            say_written(self._output.path, f"{counted(self._rows, 'row')}{flagged}")


class TerminalWriter:
    """Collects tables and shows them aligned when all are there.

    Parameters
    ----------
    header : bool
    """

    def __init__(self, header: bool = True) -> None:
        self._header = header
        self._tables: list[Table] = []

    def write(self, table: Table) -> None:
        """Add rows."""
        self._tables.append(table)

    def __enter__(self) -> TerminalWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._tables:
            from shutil import get_terminal_size

            from ramanfit.cli.terminal import aligned
            from ramanfit.tables.sink import Sink
            from ramanfit.tables.table import Table

            width = get_terminal_size().columns
            colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
            text = aligned(Table.concat(self._tables), width, header=self._header, colour=colour)
            with Sink() as sink:
                sink.write(text.encode(sys.stdout.encoding, "replace"))
