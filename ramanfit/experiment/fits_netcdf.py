"""Fits with their covariance as netCDF, which xarray opens, and back into a table of fits."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ramanfit.errors import FormatError, InputError, RamanfitError, UsageError, __version__
from ramanfit.experiment.covariates import with_covariates
from ramanfit.experiment.fits import fit_with_cell
from ramanfit.experiment.provenance import record_of
from ramanfit.fit.solution import Solution, join
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.containers import valid
from ramanfit.formats.netcdf import put
from ramanfit.formats.registry import begins
from ramanfit.formats.sealed import Seal, Sealed, unseal, where
from ramanfit.formats.streams import is_stream, whole_input
from ramanfit.formats.writer import check_packages
from ramanfit.recipe.columns import KEYS, XY
from ramanfit.tables.schema import Schema
from ramanfit.tables.sink import Sink
from ramanfit.tables.table import Column, Table
from ramanfit.tables.text import ENCODERS

if TYPE_CHECKING:
    from ramanfit.experiment.fits_in_order import Fits
    from ramanfit.experiment.request import AnyPath, Request
    from ramanfit.experiment.voice import Voice
    from ramanfit.tables.fit_table import FitTable

FORM = "nc"
FITS = "fits"
_ABOUT = {  # unit and meaning of what no table of fits has a column for
    "parameter": ("", "parameter of a peak"),
    "parameter_with": ("", "the other parameter of a covariance"),
    "value": ("", "value, in the unit of its parameter"),
    "standard_error": ("", "standard error, the root of the covariance with itself"),
    "covariance": ("", "covariance of the values of one spectrum, what depends on the baseline with it"),
    "baseline_power": ("", "power of t"),
    "baseline_coefficient": ("", "of t to that power, in counts; t runs from -1 to 1 over the channels of the fit; a "
                             "smooth part of the baseline is not in it"),
    "baseline_from_cm1": ("cm-1", "first channel of the fit, where t is -1"),
    "baseline_to_cm1": ("cm-1", "last channel of the fit, where t is 1"),
    "started": ("", "start of the scan by the clock of the instrument"),
}  # fmt: skip


def expect_netcdf(request: Request) -> None:
    """Make sure, before any work, that the fits of a request can be written.

    Raises
    ------
    UsageError
        If there are several recipes.
    InputError
        If a package is missing.
    """
    if request.recipe.beside:
        raise UsageError(".nc holds the covariance of one recipe: give one --recipe, or write .csv")
    check_packages(FORM)


def save_netcdf(request: Request, target: AnyPath, voice: Voice) -> tuple[Fits, FitTable]:
    """Fit all exports of a request and write the fits; return them, and the table of those that were wanted.

    Raises
    ------
    RamanfitError
        As `expect_netcdf`; the first error of an input, unless going on was asked for; if there are no fits, or they
        cannot be written.
    """
    expect_netcdf(request)
    with Sink(target) as sink:  # before any work: a target that cannot be written is told at once
        fits = fit_with_cell(request, voice, solutions=True)
        if not fits.scans:
            raise InputError("no export could be read")
        table = fits.table()
        table = table.with_table(with_covariates(table.table, request, voice))
        rows = request.pick.rows(table.table)
        sink.write(fits_netcdf(fits, table, rows, request))
    return fits, table.rows(rows)


def fits_netcdf(fits: Fits, table: FitTable, rows: np.ndarray, request: Request) -> bytes:
    """Return fits as a netCDF file: the same fits, the same bytes.

    Parameters
    ----------
    fits : Fits
        With their solutions.
    table : FitTable
        Those of all of them.
    rows : int array
        Which rows of it are wanted.
    request : Request
    """
    import h5netcdf
    import h5py

    solution = join([scan.solution for scan in fits.scans if scan.solution is not None]).take(rows)
    columns = _columns(table.rows(rows))
    names = _names(columns)
    arrays = _arrays(solution)
    twice = [name for name in names.values() if name in arrays]
    if twice:
        raise UsageError(f"a covariate is called {twice[0]!r}, as a variable of the file is: give it another name")
    file = io.BytesIO()
    with h5netcdf.File(file, "w") as data:
        sizes = {
            "spectrum": len(rows),
            **dict.fromkeys(("parameter", "parameter_with"), len(solution.names)),
            "baseline_power": solution.baseline.shape[1],
        }
        data.dimensions = {name: size for name, size in sizes.items() if size}
        for name, (dimensions, values) in arrays.items():
            if {*dimensions} <= {*data.dimensions}:
                put(data, name, dimensions, values, *_ABOUT[name])
        data["value"].attrs["coordinates"] = " ".join(name for name in (*KEYS, *XY) if name in columns)
        schema = Schema.read([*columns])
        for column, values in columns.items():
            unit, meaning = _ABOUT.get(column, ("", ""))
            if column in schema:
                unit, meaning = schema[column].kind.unit, schema[column].kind.meaning
            put(data, names[column], ("spectrum",), values, unit, meaning)
        record = record_of(request.recipe, fits.inputs, ())
        attributes = {
            "Conventions": "CF-1.8",
            "title": "Fits of Raman spectra",
            "source": f"ramanfit {__version__}",
            **{name: record[name] for name in ("numpy", "python")},
            **{name: json.dumps(record[name], ensure_ascii=False) for name in ("recipe", "inputs", "flags")},
        }
        data.attrs.update({name: valid(text) for name, text in attributes.items()})
    with h5py.File(file, "r") as written:
        entries = [
            [column, where(written[names[column]]) if isinstance(values, np.ndarray) else list(values)]
            for column, values in columns.items()
        ]
    Seal(file).close(FITS, columns=entries)
    return file.getvalue()


def _columns(table: FitTable) -> dict[str, Column]:
    status = {f"{peak}_status": words for peak, words in table.status.items()}
    return {**table.table.columns, **status, "started": table.started}


def _names(columns: Mapping[str, Column]) -> dict[str, str]:
    """Return what columns are called in the file: a slash would make groups."""
    names = {column: valid(column).replace("/", "_per_").strip() or "_" for column in columns}
    if len(set(names.values())) < len(names):
        raise UsageError("two columns would have one name in the file: give covariates other names")
    return names


def _arrays(solution: Solution) -> dict[str, tuple[tuple[str, ...], Any]]:
    """Return dimensions and values of what no table of fits has a column for."""
    one, both = ("spectrum", "parameter"), ("spectrum", "parameter", "parameter_with")
    names = list(solution.names)
    return {
        "parameter": (("parameter",), names),
        "parameter_with": (("parameter_with",), names),
        "value": (one, solution.value),
        "standard_error": (one, solution.standard_error),
        "covariance": (both, solution.covariance),
        "baseline_power": (("baseline_power",), np.arange(solution.baseline.shape[1])),
        "baseline_coefficient": (("spectrum", "baseline_power"), solution.baseline),
        "baseline_from_cm1": (("spectrum",), solution.span_cm1[:, 0]),
        "baseline_to_cm1": (("spectrum",), solution.span_cm1[:, 1]),
    }


def is_fits_netcdf(path: str, head: bytes) -> bool:
    """Tell whether a file, which begins so, is one of fits that is as it was written."""
    if not begins("own_hdf5", head) or is_stream(path):
        return False
    try:
        with Source.open(path) as source:
            return unseal(source).holds == FITS
    except RamanfitError:
        return False


def table_bytes(path: str) -> bytes:
    """Return a table of fits as text: as it is, or of a netCDF file as JSON lines.

    Raises
    ------
    InputError
        If it cannot be read.
    FormatError
        If the netCDF file is not as it was written.
    """
    if not is_stream(path) and Path(path).is_file():
        with Source.open(path) as source:
            if begins("own_hdf5", source.head):
                return _as_lines(unseal(source))
    return whole_input(path)


def _as_lines(sealed: Sealed) -> bytes:
    entries = sealed.says.get("columns")
    if sealed.holds != FITS or not isinstance(entries, list) or not entries:
        raise FormatError(sealed.path, expected="a table of fits", found=repr(sealed.holds)[:40])
    columns: dict[str, Column] = {}
    for entry in entries:
        if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
            raise sealed.wrong("columns", "a name and its values", entry)
        name, values = entry
        if isinstance(values, list) and all(isinstance(cell, str) for cell in values):
            columns[name] = tuple(values)
        else:
            columns[name] = sealed.array(name, values, "fi", -1)
    if len({len(values) for values in columns.values()}) != 1:
        raise sealed.wrong("columns", "columns of one length", sorted({len(values) for values in columns.values()}))
    return ENCODERS["jsonl"](True, True).add(Table(columns))
