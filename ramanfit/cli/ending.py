"""How the fitting commands end: the table is written, then the record of what was done, then the flags are told."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ramanfit.errors import FlaggedFits
from ramanfit.scan.notes import counted

if TYPE_CHECKING:
    from ramanfit.cli.console import Console
    from ramanfit.cli.display import Output
    from ramanfit.experiment.fits_in_order import Fits
    from ramanfit.experiment.request import Request
    from ramanfit.tables.fit_table import FitTable
    from ramanfit.tables.table import Table


def write_fits(
    request: Request,
    output: Output,
    console: Console,
    shape: Callable[[FitTable], Table],
    *,
    check: bool,
    meta: str | None,
) -> None:
    """Fit all exports and write their table, in order of time; then the record, then the flags.

    Parameters
    ----------
    request : Request
    output : Output
    console : Console
    shape : callable
        Makes the table that is written of the fits.
    check, meta
        As in `report_flags` and `write_meta`.

    Raises
    ------
    RamanfitError
        The first error of an input, unless going on was asked for.
    FlaggedFits
        When flags were asked to count and a fit is flagged.
    """
    from ramanfit.experiment.fits import fit_with_cell, say_second_opinion

    if output.form == "nc":
        write_netcdf(request, output.path, console, check=check, meta=meta)
        return
    output.check_fits(request)
    refuse((output.path, meta), request)
    expect_writable(meta)
    flags = Counter[str]()
    with output.open() as writer:  # before any work: a target that cannot be written is told at once
        fits = fit_with_cell(request, console)
        for table in asked_of(fits, request, console, in_pieces=output.in_pieces):
            flags.update(table.flags)
            writer.write(shape(table))
    write_meta(meta, request, fits.inputs, [output.path])
    say_second_opinion(request, fits, console)
    report_flags(flags, console, check=check)


def asked_of(fits: Fits, request: Request, console: Console, *, in_pieces: bool) -> Iterator[FitTable]:
    """Yield the rows that are wanted, with the columns of one's own; in pieces where none needs to know the others."""
    if in_pieces and not request.has_covariates and request.pick == type(request.pick)():
        yield from fits.tables()
    elif fits.scans:
        from ramanfit.experiment.covariates import with_covariates

        table = fits.table()
        yield request.pick.of(table.with_table(with_covariates(table.table, request, console)))


def write_netcdf(request: Request, target: str, console: Console, *, check: bool, meta: str | None) -> None:
    """Fit all exports and write their fits with the covariance; then as `write_fits`."""
    from ramanfit.cli.console import say_written
    from ramanfit.experiment.fits import say_second_opinion
    from ramanfit.experiment.fits_netcdf import expect_netcdf, save_netcdf

    expect_netcdf(request)
    refuse((target, meta), request)
    expect_writable(meta)
    fits, table = save_netcdf(request, target, console)
    say_written(target, counted(len(table), "spectrum"))
    write_meta(meta, request, fits.inputs, [target])
    say_second_opinion(request, fits, console)
    report_flags(table.flags, console, check=check)


def report_flags(flags: Iterable[str] | Counter[str], console: Console, *, check: bool) -> None:
    """Say how many spectra are flagged, with what, from the flags of all, or how many there are of each.

    Raises
    ------
    FlaggedFits
        With `check`, if any is.
    """
    spectra = Counter(flags)
    counts = Counter[str]()
    for words, count in spectra.items():
        counts.update(dict.fromkeys(words.split("|") if words else (), count))
    if not counts:
        return
    listed = ", ".join(f"{word} {count}" for word, count in counts.most_common())
    every = sum(spectra.values())
    message = f"{every - spectra['']} of {counted(every, 'spectrum')} flagged: {listed}"
    if check:
        raise FlaggedFits(message)
    console.say(message)


def write_meta(target: str | None, request: Request, inputs: Sequence[str], outputs: Iterable[str]) -> None:
    """Write what was done, and what came of it, if that was asked for.

    Parameters
    ----------
    target : str or None
    request : Request
    inputs, outputs : iterable of str
        The files that were read and written; ``"-"`` is standard output.
    """
    if target:
        from ramanfit.cli.console import say_written
        from ramanfit.experiment.provenance import circumstances, listed_outputs, record_of, write_record

        record = record_of(request.recipe, with_record(inputs, request), command_line())
        made = {**circumstances(target, environment()), "outputs": listed_outputs(outputs)}
        write_record(target, {**record, **made})
        say_written(target, "what was done")


def expect_writable(meta: str | None, folder: str | None = None) -> None:
    """Make sure, before any work, that the record of what was done can be written.

    Parameters
    ----------
    meta : str or None
    folder : str, optional
        One that will be made, where the record may be.

    Raises
    ------
    InputError
        If it cannot.
    """
    from ramanfit.tables.sink import Sink, is_device, watch_stdout

    if meta is None:
        return
    watch_stdout()  # whose digest will be in the record
    if is_device(meta) or Path(meta).is_fifo():
        return
    if folder is None or Path(folder).exists() or os.path.realpath(folder) != os.path.realpath(Path(meta).parent):
        Sink(meta)  # which looks, and writes nothing


def refuse(outputs: Iterable[str | None], request: Request, more: Sequence[str] = ()) -> None:
    """Refuse outputs of a request that are also its inputs, before any work.

    Parameters
    ----------
    outputs : iterable of str or None
    request : Request
    more : sequence of str
        Exports, tables and folders that are read besides those of the request.
    """
    from ramanfit.experiment.overwrite import refuse_inputs
    from ramanfit.recipe.toml import recipe_files

    others = [*with_record((), request), *request.recipe_files]
    if request.sensitivity:
        others += [file for name in request.recipe.alternatives.recipes for file in recipe_files(name)]
    refuse_inputs(outputs, [*request.files, *more], others)


def with_record(inputs: Sequence[str], request: Request) -> list[str]:
    """Return all files that were read, the cell's record, the dark spectrum and the covariates among them."""
    return [*inputs, *request.files_beside]


def command_line() -> list[str]:
    """Return the words that the program was started with; `rerun` sets those of the run that is made again."""
    return ["ramanfit", *sys.argv[1:]]


def environment() -> dict[str, str]:
    """Return the variables of the environment that the command which runs takes settings from."""
    import click

    context = click.get_current_context(silent=True)
    asked = [] if context is None else [str(option.envvar) for option in context.command.params if option.envvar]
    return {name: os.environ[name] for name in sorted({*asked, "RAMANFIT_SET"}) if os.environ.get(name)}
