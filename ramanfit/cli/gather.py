"""From FILES, exports or tables of fits, to an Evolution with its bands and its spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.cli.cell import cell_record, table_with_cell
from ramanfit.cli.fits import FittedScan, fit_all, say_second_opinion, second_opinion, wide_of
from ramanfit.cli.inputs import say_notes
from ramanfit.cli.tables import join_tables, table_files
from ramanfit.errors import InputError, RamanfitError
from ramanfit.experiment.bands import Bands, bands_table
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.spectra import Excerpt, Spectra, excerpts, nine_digits, runs, with_differences
from ramanfit.fit.curves import LINE
from ramanfit.fit.pipeline import Fitted
from ramanfit.formats import open_scans
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.schedule import Visit, chronological
from ramanfit.tables.table import Table

if TYPE_CHECKING:
    from ramanfit.cli.console import Console
    from ramanfit.cli.request import Request
    from ramanfit.scan.scan import FloatArray

REFERENCE = "reference"  # the point of a reference's rows


@dataclass
class Gathered:
    """An experiment with all that is written about it.

    Attributes
    ----------
    evolution : Evolution
        Its table holds the differences to the reference, if there is one.
    started : tuple of str
        Start of every row's scan.
    spectra : Spectra
        In the order of the table.
    bands : Table or None
        None: no spectra were at hand.
    inputs : list of str
        All files that were read.
    reference_status : mapping of str to tuple of str
        As `Evolution.status`, of the reference's rows.
    """

    evolution: Evolution
    started: tuple[str, ...]
    spectra: Spectra
    bands: Table | None
    inputs: list[str]
    reference_status: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class _Store:
    """Takes excerpts apart: the spectra into a file, the bands into memory."""

    def __init__(self) -> None:
        self.spectra = Spectra()

    def __call__(self, kept: tuple[Excerpt, Fitted | None]) -> tuple[Bands, int | None, Fitted | None]:
        found, fitted = kept
        return found.bands, None if found.curves is None else self.spectra.store(found.curves), fitted


def gather(request: Request, console: Console, *, reference: Sequence[str] = (), draw: bool) -> Gathered:
    """Fit exports, or read tables of fits and the exports they name, and put everything in order.

    Parameters
    ----------
    request : Request
    console : Console
    reference : sequence of str
        Exports, or tables of fits, of a reference.
    draw : bool
        Whether the spectra themselves will be needed.

    Raises
    ------
    RamanfitError
        As `fit_all` and `join_tables` do; or if there is no spectrum at all.
    """
    paths = table_files(request.files)
    found = _from_tables(paths, request, console, draw) if paths else _from_exports(request, console, draw)
    record = cell_record(request, found.started, console)
    table = table_with_cell(found.evolution.table, record, console)
    evolution = replace(found.evolution, table=table, record=record)
    if found.bands is not None:
        found.bands = table_with_cell(found.bands, record, console)
    if reference:
        rows, status, inputs = _reference(request._replace(files=reference, echem=None, verify=None), console)
        found.reference_status = status
        evolution = replace(evolution, reference=rows)
        found.inputs += inputs
    if evolution.reference is not None:
        evolution = replace(evolution, table=with_differences(evolution))
    found.evolution = evolution
    return found


def _from_exports(request: Request, console: Console, draw: bool) -> Gathered:
    store, recipe = _Store(), request.recipe
    scans, inputs = fit_all(request, console, partial(_keep, recipe, draw, second_opinion(request)), store)
    if not scans:
        raise InputError("no export could be read")
    say_second_opinion(request, [scan.kept[2] for scan in scans], console)
    table, status = _wide(scans)
    store.spectra.arrange(
        None if number is None else (number, row)
        for scan in scans
        for number in [scan.kept[1]]
        for row in range(len(scan.keys))
    )
    return Gathered(
        Evolution(table, status, tuple(ratio.name for ratio in recipe.ratios)),
        tuple(scan.keys.started for scan in scans for _ in range(len(scan.keys))),
        store.spectra,
        bands_table(table, [scan.kept[0] for scan in scans], recipe),
        inputs,
    )


def _keep(recipe: Recipe, draw: bool, whole: bool, fits: Sequence[Fitted]) -> list[tuple[Excerpt, Fitted | None]]:
    lines = [nine_digits(np.stack([getattr(f.quantities, name) for name in LINE], axis=2)) for f in fits]
    kept = excerpts([f.scan for f in fits], recipe, lines, draw=draw)
    return [(found, f if whole else None) for found, f in zip(kept, fits, strict=True)]


def _from_tables(paths: Sequence[str], request: Request, console: Console, draw: bool) -> Gathered:
    joined = join_tables(paths, request, console)
    table, recipe = joined.table, request.recipe
    is_reference = np.array([str(point) == REFERENCE for point in table.columns["point"]])
    rows = np.flatnonzero(~is_reference)
    if not len(rows):
        raise InputError(f"{paths[0]}: no row of a measurement in it")
    status = {peak: tuple(words[i] for i in rows) for peak, words in joined.status.items()}
    evolution = Evolution(
        _numbered(table.rows(rows)),
        status,
        tuple(ratio.name for ratio in recipe.ratios if ratio.name in table.columns),
        table.rows(np.flatnonzero(is_reference)) if is_reference.any() else None,
    )
    store, found, inputs = _Store(), list[Bands | None](), list[str]()
    places: list[tuple[int, int] | None] = []
    notes: dict[str, list[str]] = {}
    for first, count in runs([str(source) for source in evolution.table.columns["source"]]):
        part = evolution.table.rows(np.arange(first, first + count))
        for kept in _excerpts(part, request, draw, inputs, notes):
            bands, number, _ = store((kept, None)) if kept is not None else (None, None, None)
            found.append(bands)
            n = len(bands.raw) if bands is not None else count
            places += [None if number is None else (number, row) for row in range(n)]
    say_notes(notes, console)
    store.spectra.arrange(places)
    started = tuple(joined.started[i] for i in rows)
    known = [bands for bands in found if bands is not None]
    whole = bands_table(evolution.table, known, recipe) if len(known) == len(found) else None
    words = {peak: tuple(words[i] for i in np.flatnonzero(is_reference)) for peak, words in joined.status.items()}
    return Gathered(evolution, started, store.spectra, whole, [*paths, *inputs], words)


def _numbered(table: Table) -> Table:
    """Tables from elsewhere need not number their scans: then all rows are one."""
    scan = np.asarray(table.columns["scan"], dtype=np.float64)
    return table.with_(scan=np.where(np.isfinite(scan), scan, 0).astype(np.int64))


def _excerpts(
    part: Table, request: Request, draw: bool, inputs: list[str], notes: dict[str, list[str]]
) -> list[Excerpt | None]:
    """What the export named by some rows of a table shows; None where it is not at hand or has changed."""
    source = str(part.columns["source"][0])
    recipe = request.recipe
    missing = "the spectra that the tables name are not at hand: no bands, no curves"
    try:
        scans = open_scans(source, request.reading.options(recipe.axis), stdin_name=request.reading.stdin_name)
    except RamanfitError:
        notes.setdefault(missing, []).append(source)
        return [None]
    scans = [scans[i] for i in chronological([Visit.of(scan) for scan in scans])]
    if sum(map(len, scans)) != len(part):
        notes.setdefault("holds other spectra than the table says: no bands, no curves", []).append(source)
        return [None]
    inputs.append(source)
    columns = [[_numbers(part, f"{peak.name}_{name}") for peak in recipe.peaks] for name in LINE]
    ends = np.cumsum([len(scan) for scan in scans])[:-1]
    return [*excerpts(scans, recipe, np.split(np.array(columns).transpose(2, 1, 0), ends), draw=draw)]


def _numbers(table: Table, name: str) -> FloatArray:
    return np.asarray(table.columns.get(name, np.full(len(table), np.nan)), dtype=np.float64)


def _reference(request: Request, console: Console) -> tuple[Table, Mapping[str, tuple[str, ...]], list[str]]:
    """Return the wide rows of a reference, without place and time; its status; the files it came from."""
    if paths := table_files(request.files):
        joined, inputs = join_tables(paths, request, console), paths
        table, status = joined.table, joined.status
    else:
        scans, inputs = fit_all(request, console)
        if not scans:
            raise InputError("no reference could be read")
        table, status = _wide(scans)
    nothing = np.full(len(table), np.nan)
    names = (REFERENCE,) * len(table)
    return table.with_(scan=nothing, point=names, position_um=nothing, time_s=nothing), status, inputs


def _wide(scans: Sequence[FittedScan]) -> tuple[Table, dict[str, tuple[str, ...]]]:
    """Return the wide table, rounded as one that was written and read back, and the status of every peak."""
    table, status = wide_of(scans)
    columns = {name: np.asarray(v) for name, v in table.columns.items() if not isinstance(v, tuple)}
    table = table.with_(**{name: nine_digits(v) for name, v in columns.items() if v.dtype.kind == "f"})
    return table, status
