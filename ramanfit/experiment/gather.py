"""From FILES, exports or tables of fits, to an Evolution with its bands and its spectra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.errors import InputError, UsageError
from ramanfit.experiment.bands import BandIntensities, band_shifts, bands_table, bands_with
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.fit_tables import join_tables, table_files
from ramanfit.experiment.fits import fit_all, job_of, say_second_opinion, second_opinion
from ramanfit.experiment.gathered import Gathered
from ramanfit.experiment.inputs import say_notes
from ramanfit.experiment.needs import check_exports, check_known, check_table
from ramanfit.experiment.one_experiment import refuse_mixture
from ramanfit.experiment.picked import Pick
from ramanfit.experiment.scan_fits import Keep
from ramanfit.experiment.spectra import Spectra
from ramanfit.experiment.with_cell import cell_record, table_with_cell
from ramanfit.formats.streams import is_stream
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.table import Table

if TYPE_CHECKING:
    from ramanfit.experiment.request import Drawing, Request
    from ramanfit.experiment.voice import Voice

REFERENCE = "reference"  # the point of a reference's rows


def gather(
    request: Request, voice: Voice, *, reference: Sequence[str] = (), draw: bool, drawing: Drawing | None = None
) -> Gathered:
    """Fit exports, or read tables of fits and the exports they name, and put everything in order.

    Parameters
    ----------
    request : Request
    voice : Voice
    reference : sequence of str
        Exports, or tables of fits, of a reference.
    draw : bool
        Whether the spectra themselves will be needed.
    drawing : Drawing, optional
        Figures that will be drawn: what they need is checked as soon as it can be known.

    Raises
    ------
    RamanfitError
        As `fit_all` and `join_tables` do; if there is no spectrum at all, or those of several experiments; if figures
        need what is not there.
    """
    if request.recipe.beside:
        last = request.recipe.parts[-1]
        voice.say(f"bands, curves and drawn spectra are those of the last recipe, {last.name}, in its window")
    paths = table_files(request.files)
    if drawing is not None and not paths:
        check_exports(request, drawing)
    gathered = _from_tables(paths, request, voice, draw, drawing) if paths else _from_exports(request, voice, draw)
    evolution, bands, inputs = gathered.evolution, gathered.bands, [*gathered.inputs, *request.files_beside]
    refuse_mixture([str(source) for source in evolution.table.columns["source"]], evolution.fits.started)
    record = cell_record(request, evolution.fits.started, voice)
    table = table_with_cell(evolution.table, record, voice)
    if request.has_covariates:
        from ramanfit.experiment.covariates import with_covariates

        table = with_covariates(table, request, voice)
    if drawing is not None:
        check_known(table, drawing)
    evolution = replace(evolution, fits=evolution.fits.with_table(table), record=record)
    if bands is not None:
        bands = bands_with(table, table_with_cell(bands, record, voice))
    if reference:
        # neither its place and time, nor what is known of them and of its repeats, are those of the scans
        alone = request._replace(files=reference, placement={}, echem=None, verify=None, average=None)
        alone = alone._replace(covariates=None, from_name=None)
        fits, more = _reference(alone._replace(dark=None) if table_files(reference) else alone, voice)
        evolution = replace(evolution, reference=fits)
        inputs = [*inputs, *more]
    if evolution.reference is not None:
        from ramanfit.experiment.differences import with_differences

        evolution = replace(evolution, fits=evolution.fits.with_table(with_differences(evolution)))
    return _picked(replace(gathered, evolution=evolution, bands=bands, inputs=inputs), request.pick)


def _picked(gathered: Gathered, pick: Pick) -> Gathered:
    """Return an experiment with the rows that are wanted."""
    if pick == Pick():
        return gathered
    evolution, bands = gathered.evolution, gathered.bands
    rows = pick.rows(evolution.table)
    if bands is not None:
        several = len(bands) // len(evolution.table)
        bands = bands.rows((rows[:, None] * several + np.arange(several)).ravel())
    gathered.spectra.only(rows.tolist())
    return replace(gathered, evolution=replace(evolution, fits=evolution.fits.rows(rows)), bands=bands)


def _from_exports(request: Request, voice: Voice, draw: bool) -> Gathered:
    recipe = request.recipe
    if request.dark is not None and recipe.bands.dark_counts:
        raise UsageError(
            f"--dark {request.dark} subtracts what the dark detector shows, and bands.dark_counts = "
            f"{recipe.bands.dark_counts:g} would do so again: leave out one of them"
        )
    fits = fit_all(request, voice, Keep(bands=True, curves=draw, fits=second_opinion(request)))
    if not fits.scans:
        raise InputError("no export could be read")
    say_second_opinion(request, fits, voice)
    table = fits.table()
    return Gathered(
        Evolution(table, tuple(ratio.name for ratio in recipe.every_ratio)),
        fits.spectra,
        bands_table(table.table, [scan.bands for scan in fits.scans if scan.bands is not None], recipe),
        fits.inputs,
        recipe,
    )


def _from_tables(paths: Sequence[str], request: Request, voice: Voice, draw: bool, drawing: Drawing | None) -> Gathered:
    from ramanfit.experiment.named_exports import named_exports

    joined, recipe = join_tables(paths, request, voice), request.recipe
    of_reference = np.array([str(point) == REFERENCE for point in joined.table.columns["point"]])
    if of_reference.all():
        raise InputError(f"{paths[0]}: no row of a measurement in it")
    fits = joined.rows(np.flatnonzero(~of_reference))
    evolution = Evolution(
        fits.with_table(_numbered(fits.table)),
        tuple(ratio.name for ratio in recipe.every_ratio if ratio.name in joined.table.columns),
        joined.rows(np.flatnonzero(of_reference)) if of_reference.any() else None,
    )
    if drawing is not None:
        check_table(evolution.table, request, drawing)
    spectra, bands = Spectra(), list[BandIntensities]()
    inputs = [path for path in paths if is_stream(path) or Path(path).exists()]  # with --keep-going some are not there
    numbers: list[tuple[int | None, int]] = []
    notes: dict[str, list[str]] = {}
    at_hand = False
    job = job_of(request._replace(sensitivity=False), Keep(bands=True, curves=draw))
    for named in named_exports(evolution.table, job, request, voice, notes):
        if not named.scans:
            numbers.append((None, named.rows))
            bands.append(BandIntensities.unknown(named.rows, len(band_shifts(recipe))))
            continue
        at_hand = True
        inputs.append(named.source)
        for scan in named.scans:
            numbers.append((None if scan.curves is None else spectra.store(scan.curves), len(scan.quantities.flags)))
            if scan.bands is not None:
                bands.append(scan.bands)
    say_notes(notes, voice)
    spectra.arrange(numbers)
    return Gathered(
        evolution, spectra, bands_table(evolution.table, bands, recipe) if at_hand else None, inputs, recipe
    )


def _numbered(table: Table) -> Table:
    """Tables from elsewhere need not number their scans: then all rows are one."""
    scan = np.asarray(table.columns["scan"], dtype=np.float64)
    return table.with_(scan=np.where(np.isfinite(scan), scan, 0).astype(np.int64))


def _reference(request: Request, voice: Voice) -> tuple[FitTable, list[str]]:
    """Return the fits of a reference, without place and time; the files they came from."""
    if inputs := table_files(request.files):
        fits = join_tables(inputs, request, voice)
    else:
        made = fit_all(request, voice)
        if not made.scans:
            raise InputError("no reference could be read")
        fits, inputs = made.table(), made.inputs
    nothing = np.full(len(fits), np.nan)
    names = (REFERENCE,) * len(fits)
    table = fits.table.with_(scan=nothing, point=names, position_um=nothing, time_s=nothing, x_um=nothing, y_um=nothing)
    return fits.with_table(table), inputs
