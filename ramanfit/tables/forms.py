"""The forms a table can be written in, and the writer that takes tables one after another."""

from __future__ import annotations

import os
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.errors import InputError, RecipeError

if TYPE_CHECKING:
    from ramanfit.tables.sink import Sink
    from ramanfit.tables.table import Table
    from ramanfit.tables.text import Encoder


class Form(NamedTuple):
    """A form of tables.

    Attributes
    ----------
    says : str
        Help of the option that asks for it on standard output; empty: there is none.
    package : str
        What must be installed for it, as the extra of the form's name does; empty: nothing.
    headless : bool
        Whether the line of names can be left out.
    exports : bool
        Whether spectra are exported in it: it suits any number of rows.
    """

    says: str = ""
    package: str = ""
    headless: bool = False
    exports: bool = False


FORMS = {
    "csv": Form("Comma-separated values, also on a terminal.", headless=True, exports=True),
    "tsv": Form("Tab-separated values.", headless=True, exports=True),
    "json": Form("One JSON array.", exports=True),
    "jsonl": Form("One JSON object per line.", exports=True),
    "md": Form("A Markdown table in human digits."),
    "tex": Form("A LaTeX table in human digits."),
    "xlsx": Form(package="openpyxl"),
    "parquet": Form(package="pyarrow", exports=True),
}
"""All forms, by the ending of their files; options and endings follow. Nothing here needs numpy."""


def form_of(target: str | os.PathLike[str], also: str = "") -> str:
    """Return the form that the ending of a file name asks for; csv when it has none.

    Parameters
    ----------
    target : str or path
    also : str
        An ending that is known elsewhere, and said where none is.

    Raises
    ------
    RecipeError
        If the ending names no form.
    """
    from pathlib import PurePath

    ending = PurePath(target).suffix.lower().removeprefix(".")
    if ending and ending not in FORMS:
        endings = " ".join(f".{form}" for form in (*FORMS, *([also] if also else [])))
        raise RecipeError(f"{os.fspath(target)}: expected one of the endings {endings}, found .{ending}")
    return ending or "csv"


def check_form(form: str) -> None:
    """Make sure that a form can be written, before any work is done.

    Raises
    ------
    InputError
        If the form needs a package that is not installed.
    """
    package = FORMS[form].package if form in FORMS else ""
    if package and find_spec(package) is None:
        raise InputError(
            f".{form} needs the package {package}, which is not installed",
            hint=f"pip install 'ramanfit-cli[{form}]'",
        )


def open_writer(target: str | os.PathLike[str], form: str, *, header: bool = True, exact: bool = False) -> TableWriter:
    """Open a writer: ``with open_writer("out.csv", "csv") as writer: writer.write(table)``, any number of times.

    Parameters
    ----------
    target : str
        A path, or ``"-"`` for standard output.
    form : str
        One of `FORMS`.
    header : bool
        False leaves out the line of names in csv and tsv.
    exact : bool
        Whether numbers have all their digits, in forms that `FORMS` says spectra are exported in.

    Raises
    ------
    InputError
        If the form needs a package that is not installed, or the target cannot be opened.
    """
    from ramanfit.tables.sink import Sink
    from ramanfit.tables.text import ENCODERS

    check_form(form)
    encoder: Encoder
    if form in ENCODERS:
        encoder = ENCODERS[form](header, exact)
    else:
        from ramanfit.tables.documents import DOCUMENTS, Collected, Parquet

        encoder = Parquet(exact) if form == "parquet" else Collected(DOCUMENTS[form])
    return TableWriter(Sink(target), encoder)


class TableWriter:
    """Writes tables of the same columns to one target; a context manager.

    Parameters
    ----------
    sink : Sink
    encoder : Encoder
    """

    def __init__(self, sink: Sink, encoder: Encoder) -> None:
        self._sink, self._encoder = sink, encoder
        self._names: tuple[str, ...] | None = None

    def write(self, table: Table) -> None:
        """Append the rows of `table`.

        Raises
        ------
        InputError
            If the target cannot take them.
        ValueError
            If the columns differ from those of the tables before.
        """
        if self._names not in (None, table.names):
            raise ValueError(f"expected the columns {self._names}, found {table.names}")
        self._names = table.names
        self._sink.write(self._encoder.add(table))

    def __enter__(self) -> TableWriter:
        self._sink.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            with self._sink:
                self._sink.write(self._encoder.end())
        else:
            self._sink.__exit__(kind, error, trace)
