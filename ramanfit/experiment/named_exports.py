"""The exports that a table of fits names, fitted once more: its bands and curves, where that is the fit it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ramanfit.experiment.fit_files import outcomes
from ramanfit.experiment.scan_fits import Job, Outcome, ScanFits
from ramanfit.fit.quantities import Quantities
from ramanfit.formats import split_selection
from ramanfit.formats.streams import was_stream
from ramanfit.recipe.columns import column_name
from ramanfit.scan.clock import chronological
from ramanfit.scan.scan import BoolArray
from ramanfit.scan.schedule import Schedule
from ramanfit.tables.table import Table

if TYPE_CHECKING:
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.voice import Voice

COMPARED = ("center", "fwhm", "height")
AGREES_SE, AGREES = 0.1, 1e-6  # standard errors, and of the value, by which a table may be rounded
NOT_AT_HAND = "the spectra that the tables name are not at hand: no bands, no curves"
OTHERS = "holds other spectra than the table says: no bands, no curves"
OTHER_FIT = (
    "the table holds another fit than this recipe makes: no curves where they differ "
    "(give the recipe and the options that the table was made with)"
)


class Named(NamedTuple):
    """Rows of a table that follow one another and name one export.

    Attributes
    ----------
    source : str
    rows : int
        How many.
    scans : list of ScanFits
        In order of time; none if the export is not at hand, or holds something else.
    """

    source: str
    rows: int
    scans: list[ScanFits]


def named_exports(
    table: Table, job: Job, request: Request, voice: Voice, notes: dict[str, list[str]]
) -> Iterator[Named]:
    """Yield the exports that a wide table names, in its order.

    What can be read only once, as standard input, is not at hand.

    Parameters
    ----------
    table : Table
    job : Job
        Recipe and options of the fits.
    request : Request
        Who does the work.
    voice : Voice
    notes : dict of str to list of str
        What is to be said of which source is added to it.
    """
    sources = [str(source) for source in table.columns["source"]]
    firsts = [row for row in range(len(sources)) if row == 0 or sources[row] != sources[row - 1]]
    files = {source: split_selection(source)[0] for source in dict.fromkeys(sources)}
    there = [sources[row] for row in firsts if not was_stream(file := files[sources[row]]) and Path(file).is_file()]
    with outcomes(there, job, request, voice) as fitted:
        for first, end in zip(firsts, [*firsts[1:], len(sources)], strict=True):
            source, rows = sources[first], np.arange(first, end)
            scans = _scans(next(fitted)) if source in there else []
            if scans and sum(len(scan.quantities.flags) for scan in scans) != len(rows):
                notes.setdefault(OTHERS, []).append(source)
                scans = []
            elif not scans:
                notes.setdefault(NOT_AT_HAND, []).append(source)
            ends = np.cumsum([len(scan.quantities.flags) for scan in scans])[:-1]
            for scan, its in zip(scans, np.split(rows, ends) if scans else [], strict=True):
                differs = ~_agrees(scan.quantities, table.rows(its))
                if differs.any():
                    notes.setdefault(OTHER_FIT, []).append(source)
                    _leave_out(scan, differs)
            yield Named(source, len(rows), scans)


def _scans(outcome: Outcome) -> list[ScanFits]:
    if outcome.error is not None:
        return []
    return [outcome.scans[i] for i in chronological([scan.visit for scan in outcome.scans], Schedule(), [])]


def _agrees(made: Quantities, rows: Table) -> BoolArray:
    """Return which rows of a table hold these fits."""
    nothing, agrees = np.full(len(rows), np.nan), np.ones(len(rows), dtype=bool)
    for p, peak in enumerate(made.names):
        for what in COMPARED:
            name = what if what == "height" else f"{what}_cm1"
            value, se = getattr(made, name)[:, p], getattr(made, f"{what}_se")[:, p]
            held = np.asarray(rows.columns.get(column_name(name, peak), nothing), dtype=np.float64)
            with np.errstate(invalid="ignore"):
                near = np.abs(held - value) <= AGREES_SE * np.nan_to_num(se) + AGREES * np.abs(value)
            agrees &= near | (np.isnan(held) & np.isnan(value))
    return agrees


def _leave_out(scan: ScanFits, rows: BoolArray) -> None:
    """Leave a scan's curves, and what they gave, out in some rows."""
    for its, names in ((scan.curves, ("coefficients", "center_cm1")), (scan.bands, ("corrected", "corrected_se"))):
        for name in names if its is not None else ():
            getattr(its, name)[rows] = np.nan
