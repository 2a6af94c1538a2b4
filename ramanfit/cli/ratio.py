"""``ramanfit ratio``: exports or tables of fits in, one row per spectrum out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ramanfit.cli import options
from ramanfit.cli.console import Console, talk_options
from ramanfit.errors import FormatError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ramanfit.cli.display import Output
    from ramanfit.recipe import Recipe
    from ramanfit.tables import Table

HEAD = 4096  # bytes that tell a table of fits from an export


@click.command("ratio")
@options.files
@options.recipe_options
@options.reading_options
@options.placement_options
@options.engine
@options.verify
@options.check
@options.meta
@options.jobs
@options.keep_going
@options.output_options
@talk_options
@click.pass_obj
def command(
    console: Console,
    files: Sequence[str],
    recipe: Recipe,
    reading: options.Reading,
    placement: dict[str, Any],
    engine: str,
    verify: int | None,
    check: bool,
    meta: str | None,
    jobs: int,
    keep_going: bool,
    output: Output,
) -> None:
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
    if not recipe.ratios:
        raise click.UsageError(f"recipe {recipe.name} has no ratio: add [[ratios]] to it")
    tables = [path for path in files if _is_table(path)]
    if tables and len(tables) < len(files):
        other = next(path for path in files if path not in tables)
        raise click.UsageError(f"tables of fits and exports do not mix: {tables[0]}, {other}")
    if tables:
        _from_tables(tables, recipe, console, meta, output, check=check, keep_going=keep_going)
        return
    from ramanfit.cli.fits import Job, command_line, fit_exports, summarise
    from ramanfit.cli.inputs import exports
    from ramanfit.columns import wide_table
    from ramanfit.series import Schedule

    rows, inputs = fit_exports(
        exports(files, console),
        Job(reading.options(recipe.axis), reading.stdin_name, recipe, engine, verify is not None),
        Schedule(**placement),
        console,
        jobs=jobs,
        keep_going=keep_going,
        verify_count=verify,
    )
    with output.open() as writer:
        for keys, quantities in rows:
            writer.write(wide_table(keys, quantities))
    if meta:
        from ramanfit.provenance import write_record

        write_record(meta, recipe, inputs, command_line())
    summarise(rows, console, check=check)


def _is_table(path: str) -> bool:
    """Tell whether a file is a table of fits; standard input is looked at without taking anything from it."""
    import sys

    from ramanfit.fit_tables import is_fit_table

    if path == "-":
        peek = getattr(sys.stdin.buffer, "peek", None)
        return peek is not None and is_fit_table(peek(HEAD))
    try:
        with Path(path).open("rb") as file:
            return is_fit_table(file.read(HEAD))
    except OSError:
        return False  # the readers say it better


def _from_tables(
    paths: Sequence[str],
    recipe: Recipe,
    console: Console,
    meta: str | None,
    output: Output,
    *,
    check: bool,
    keep_going: bool,
) -> None:
    import sys

    from ramanfit.cli.fits import command_line, report_flags
    from ramanfit.fit_tables import read_fit_table

    tables: list[Table] = []
    for path in paths:
        try:
            try:
                data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
            except OSError as error:
                raise InputError(f"{path}: cannot be read: {error.strerror}") from error
            table, disagreements = read_fit_table(path, data, recipe.ratios)
            if tables and table.names != tables[0].names:
                raise FormatError(
                    path,
                    expected="the columns of " + paths[0],
                    found=", ".join(set(table.names) ^ set(tables[0].names)),
                )
        except (FormatError, InputError) as error:
            if not keep_going:
                raise
            console.survive(error)
            continue
        for d in disagreements:
            console.warn(f"{path}: {d.point}: printed {d.column} {d.printed}, but its heights give {d.computed:.4g}")
        tables.append(table)
    with output.open() as writer:
        for table in tables:
            writer.write(table)
    if meta:
        from ramanfit.provenance import write_record

        write_record(meta, recipe, paths, command_line())
    report_flags([str(flags) for table in tables for flags in table.columns["flags"]], console, check=check)
