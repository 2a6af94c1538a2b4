"""``ramanfit ratio``: exports or tables of fits in, one row per spectrum out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.request import Request, fit_options
from ramanfit.errors import FormatError, InputError

if TYPE_CHECKING:
    from ramanfit.fit_tables import FitTable

HEAD = 4096  # bytes that tell a table of fits from an export


@click.command("ratio")
@fit_options
@talk_options
@click.pass_obj
def command(console: Console, request: Request) -> None:
    """Give I_B/I_G with its standard error: one row per spectrum.

    FILES are exports, folders of them, tables that `ramanfit fit` wrote, or tables of heights from elsewhere,
    whose printed ratios are then checked against their own heights.

    \b
    Examples:
      ramanfit ratio scan.txt
      ramanfit ratio day1/ -o ratios.csv
      ramanfit fit day1/ | ramanfit ratio -
      ramanfit ratio table-s1.csv --md
    """
    if not request.recipe.ratios:
        raise click.UsageError(f"recipe {request.recipe.name} has no ratio: add [[ratios]] to it")
    tables = [path for path in request.files if _is_table(path)]
    if tables and len(tables) < len(request.files):
        other = next(path for path in request.files if path not in tables)
        raise click.UsageError(f"tables of fits and exports do not mix: {tables[0]}, {other}")
    if tables:
        _from_tables(tables, request, console)
        return
    from ramanfit.cli.fits import write_fits
    from ramanfit.columns import wide_table

    write_fits(request, console, wide_table)


def _is_table(path: str) -> bool:
    """Tell whether a file is a table of fits; standard input is looked at without taking anything from it."""
    from ramanfit.readers import is_fit_table

    if path == "-":
        peek = getattr(sys.stdin.buffer, "peek", None)
        return peek is not None and is_fit_table(peek(HEAD))
    try:
        with Path(path).open("rb") as file:
            return is_fit_table(file.read(HEAD))
    except OSError:
        return False  # the readers say it better


def _from_tables(paths: Sequence[str], request: Request, console: Console) -> None:
    from ramanfit.cli.fits import record, report_flags
    from ramanfit.fit_tables import join, read_fit_table

    tables: list[FitTable] = []
    for path in paths:
        try:
            found = read_fit_table(path, _bytes(path), request.recipe.ratios)
        except (FormatError, InputError) as error:
            if not request.keep_going:
                raise
            console.survive(error)
            continue
        for d in found.disagreements:
            console.warn(f"{path}: {d.point}: printed {d.column} {d.printed}, but its heights give {d.computed:.4g}")
        tables.append(found)
    if not tables:
        raise InputError("no table could be read")
    joined, notes = join(tables, request.placement.get("period_s"))
    for note in notes:
        console.say(note)
    with request.output.open() as writer:
        writer.write(joined.table)
    record(request, paths)
    report_flags([str(flags) for flags in joined.table.columns["flags"]], console, check=request.check)


def _bytes(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
