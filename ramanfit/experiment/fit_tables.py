"""Tables of fits as FILES, instead of exports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ramanfit.errors import FormatError, InputError, UsageError
from ramanfit.experiment.before import refuse_on_tables
from ramanfit.experiment.run import check_tables
from ramanfit.experiment.voice import tell
from ramanfit.experiment.with_cell import cell_record, table_with_cell
from ramanfit.formats import is_fit_table, natural_key
from ramanfit.formats.registry import begins
from ramanfit.formats.streams import is_stream, stream_of
from ramanfit.recipe.toml import DEFAULT_RECIPE
from ramanfit.scan.schedule import Schedule

if TYPE_CHECKING:
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.voice import Voice
    from ramanfit.tables.fit_table import FitTable

HEAD = 4096  # bytes that tell a table of fits from an export


def table_files(files: Sequence[str]) -> list[str]:
    """Return FILES if they are tables of fits, or are not there, and none if they are exports.

    Raises
    ------
    UsageError
        If they are both.
    """
    tables = [path for path in files if _is_table(path)]
    others = [path for path in files if path not in tables and (is_stream(path) or Path(path).exists())]
    if tables and others:
        raise UsageError(f"tables of fits and exports do not mix: {tables[0]}, {others[0]}")
    return [*files] if tables else []  # one that is not there is told when it is read


def _is_table(path: str) -> bool:
    """Tell whether a file is a table of fits; a stream is looked at without taking anything from it."""
    if is_stream(path):
        return is_fit_table(stream_of(path).peek(HEAD))
    try:
        with Path(path).open("rb") as file:
            head = file.read(HEAD)
        return is_fit_table(head) or (begins("own_hdf5", head) and _is_netcdf(path, head))
    except OSError:
        return False  # the readers say it better


def _is_netcdf(path: str, head: bytes) -> bool:
    from ramanfit.experiment.fits_netcdf import is_fits_netcdf

    return is_fits_netcdf(path, head)


def join_tables(paths: Sequence[str], request: Request, voice: Voice) -> FitTable:
    """Return the rows of all tables as one experiment.

    Raises
    ------
    RamanfitError
        The first error of a table, unless going on was asked for; or if none could be read.
    """
    from ramanfit.experiment.fits_netcdf import table_bytes
    from ramanfit.experiment.outliers import with_outliers
    from ramanfit.tables.join import join
    from ramanfit.tables.read import read_fit_table

    refuse_on_tables(request, paths[0])
    for line in check_tables(paths):
        voice.warn(line)
    tables: list[FitTable] = []
    for path in _in_order(paths):
        try:
            fits, disagreements = read_fit_table(
                path, table_bytes(path), request.recipe.every_ratio, request.recipe.formulas
            )
        except (FormatError, InputError) as error:
            if not request.keep_going:
                raise
            voice.survive(error)
            continue
        for d in disagreements:
            voice.warn(f"{path}: {d.point}: printed {d.column} {d.printed}, but its heights give {d.computed:.4g}")
        tables.append(fits)
    if not tables:
        raise InputError("no table could be read")
    _expect_its_peaks(request, paths[0], tables)
    joined, notes = join(tables, _placement(request))
    for note in notes:
        tell(note, voice)
    return joined.with_table(with_outliers(joined.table))


def _expect_its_peaks(request: Request, path: str, tables: Sequence[FitTable]) -> None:
    """Make sure that a recipe which was asked for says something of the peaks that tables have.

    Raises
    ------
    UsageError
        If none of its ratios can be made of them.
    """
    names = {name for fits in tables for name in fits.table.names}
    ratios = request.recipe.every_ratio
    if request.recipe.name == DEFAULT_RECIPE or not ratios:
        return
    if not any({f"{ratio.numerator}_height", f"{ratio.denominator}_height"} <= names for ratio in ratios):
        peaks = ", ".join(name.removesuffix("_height") for name in sorted(names) if name.endswith("_height"))
        what = "none of its ratios can be made of the peaks of"
        raise UsageError(f"--recipe {request.recipe.name}: {what} {path}: {peaks}")


def _in_order(paths: Sequence[str]) -> list[str]:
    """Return tables in natural order, each once; as given where one of them can be read only once."""
    if any(map(is_stream, paths)):
        return list(paths)
    return sorted({os.path.realpath(path): path for path in reversed(paths)}.values(), key=natural_key)


def _placement(request: Request) -> Schedule:
    """Return what is known of place and time better than the tables say."""
    of_record = ("t0", "timezone") if "t0" in request.placement else ()
    placement = {name: value for name, value in request.placement.items() if name not in of_record}
    if placement.pop("rows_are_scans", False):
        raise UsageError("--rows-are-scans acts on exports: give it to ramanfit fit, which makes the tables")
    return Schedule(**placement)


def join_with_cell(paths: Sequence[str], request: Request, voice: Voice) -> FitTable:
    """Return the rows of all tables with what the cell did, where its record was given."""
    from ramanfit.experiment.covariates import with_covariates

    joined = join_tables(paths, request, voice)
    table = table_with_cell(joined.table, cell_record(request, joined.started, voice), voice)
    return joined.with_table(with_covariates(table, request, voice))
