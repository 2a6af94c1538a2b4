"""What the page is given: rows of the table in numbers and words, what to draw them against, and the spectra."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ramanfit.drawing.axes import along, label, position_edges, robust_range, trusted_range
from ramanfit.drawing.report.against import HOUR_S, HOURS, abscissas_of, hours
from ramanfit.drawing.report.choice import MOST_SPECTRA, embedded, shown_rows
from ramanfit.drawing.report.curves import spectra_of
from ramanfit.drawing.report.happenings import events_of
from ramanfit.drawing.report.medians import medians_of
from ramanfit.drawing.report.packing import coded, numbers
from ramanfit.experiment.cell import Record
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.maps import default_maps
from ramanfit.experiment.spectra import Spectra
from ramanfit.fit.flags import FLAGS
from ramanfit.recipe.column_kind import CELL, DERIVED, MAP, PEAK, RATIO, SPECTRUM
from ramanfit.recipe.columns import column_name
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.rounding import for_people, plain, with_error
from ramanfit.tables.table import Column, Table

MOST_RECORD = 2_000  # rows of the potentiostat's record
NOT_AT_HAND, LEFT_OUT = -1, -2  # why a row has no spectrum
DIGITS_OF_CELL = 4


class Payload(NamedTuple):
    """What the page draws.

    Attributes
    ----------
    data : dict
        For JSON; see `payload_of`.
    spectra : str
        Counts and curves, as `ramanfit.drawing.report.curves.spectra_of` packs them.
    """

    data: dict[str, Any]
    spectra: str


def payload_of(evolution: Evolution, spectra: Spectra, events: Table | None = None) -> Payload:
    """Return an experiment as the page reads it.

    Returns
    -------
    Payload
        Its `data` holds ``columns`` (name to numbers, None where missing), ``cells`` (name to what a person reads,
        value and error in one) and ``texts`` (source, point and flags, coded) by row, ``status`` (one letter a row: of
        ok, not_detected, failed), ``axes`` (scans, points and the edges of their cells), ``abscissas``, ``quantities``
        (label, words, column of the error, kind, ranges), ``peaks`` (kinds to the names of their columns), ``medians``
        (of a map, over its pixels), ``events``, ``spectra`` and the ``record``.
    """
    shown = shown_rows(evolution)
    table = evolution.table.rows(shown)
    quantities = mapped(evolution)
    held, packed = _spectra(evolution, spectra, shown)
    of_peaks = [evolution.schema[name] for name in quantities if evolution.schema[name].kind.owner == PEAK]
    described = unerring(evolution)
    names = ["scan", "time_s", *described]
    for quantity in quantities:
        names += [quantity, evolution.schema[quantity].error]
    maps = [name for name in default_maps(evolution) if name in quantities]
    lines = [column_name("height", peak) for peak in evolution.peaks] + list(evolution.ratios)
    data = {
        "rows": len(evolution.table),
        "columns": {name: numbers(_numbers(table, name)) for name in names},
        "cells": _cells(evolution, table, [*described, *quantities]),
        "texts": {name: coded([str(cell) for cell in table.columns[name]]) for name in ("source", "point", "flags")},
        "status": {peak: "".join(words[row][0] for row in shown) for peak, words in evolution.status.items()},
        "axes": _axes(evolution),
        "abscissas": abscissas_of(evolution, shown),
        "peaks": {peak: {e.kind.name: e.name for e in of_peaks if e.of == peak} for peak in evolution.peaks},
        "quantities": {name: _described(evolution, name) for name in quantities},
        "words": {name: [label(evolution, name), evolution.schema[name].kind.meaning] for name in described},
        "flags": {word: flag.meaning for word, flag in FLAGS.items()},
        "maps": maps,
        "lines": [name for name in lines if name in quantities],
        "medians": medians_of(evolution, quantities) if evolution.is_map else {},
        "reference": _reference(evolution, quantities),
        "events": [] if events is None else events_of(events, evolution, shown),
        "record": None if evolution.record is None or not evolution.timed else _thinned(evolution.record),
        "spectra": held,
    }
    return Payload(data, packed)


def mapped(evolution: Evolution) -> list[str]:
    """Return the quantities of the page: all with an error, and the differences to a reference."""
    deltas = [entry.delta for entry in evolution.schema.values() if entry.delta in evolution.table.columns]
    return [*evolution.quantities, *deltas]


def unerring(evolution: Evolution) -> list[str]:
    """Return the numbers of the page that have no error and are none, where any is known."""
    owners = (MAP, CELL, SPECTRUM, PEAK, RATIO, DERIVED)
    entries = [e for owner in owners for e in evolution.schema.select(owner) if e.kind.words and not e.error]
    there = [entry.name for entry in entries if entry.name in evolution.table.columns]
    return [name for name in there if np.isfinite(_numbers(evolution.table, name)).any()]


def _numbers(table: Table, name: str) -> FloatArray:
    return np.asarray(table.columns.get(name, np.full(len(table), np.nan)), dtype=np.float64)


def _cells(evolution: Evolution, table: Table, names: list[str]) -> dict[str, list[str]]:
    """Return what a person reads of every row."""
    columns: dict[str, Column] = {}
    for name in names:
        entry = evolution.schema[name]
        wanted = (name, entry.error, entry.beside)
        columns |= {column: table.columns[column] for column in wanted if column in table.columns}
    cells = {name: texts for name, texts in for_people(Table(columns)).items() if name in names}
    for name in names:
        if evolution.schema[name].kind.owner == CELL:
            cells[name] = [plain(value, DIGITS_OF_CELL) for value in _numbers(table, name).tolist()]
    return {"time_h": hours(table), **cells}


def _described(evolution: Evolution, name: str) -> dict[str, Any]:
    entry = evolution.schema[name]
    shown, errors = evolution.shown(name), evolution.errors(name)
    low, high = robust_range(shown, errors)
    digits = max(0, min(6, 2 - int(np.floor(np.log10((high - low) or abs(high) or 1.0)))))
    return {
        "label": label(evolution, name),
        "words": entry.kind.meaning,
        "error": entry.error,
        "kind": entry.kind.name,
        "peak": entry.of if entry.kind.owner == PEAK else "",
        "range": numbers(np.array(trusted_range(shown, errors))),
        "colours": numbers(np.array([low, high])),
        "ends": [
            f"{'≤ ' if (shown < low).any() else ''}{low:.{digits}f}",
            f"{'≥ ' if (shown > high).any() else ''}{high:.{digits}f}",
        ],
    }


def _axes(evolution: Evolution) -> dict[str, Any]:
    """Return scans and points with the edges of the points' cells; points from low to high."""
    rows, order = position_edges(along(evolution))
    there = np.isfinite(evolution.position_um)
    places = [f"{evolution.points[p]}, {plain(evolution.position_um[p])} µm" for p in range(len(evolution.points))]
    return {
        "timed": evolution.timed,
        "scans": evolution.scans.tolist(),
        "when": _when(evolution),
        "points": [evolution.points[p] for p in order],
        "names": [places[p] if there[p] else evolution.points[p] for p in order],
        "position_um": numbers(evolution.position_um[order]),
        "places": numbers(rows),
        "raster": _raster(evolution, order) if evolution.is_map else None,
    }


def _when(evolution: Evolution) -> list[str]:
    """Return when each scan was, in words."""
    if not evolution.timed:
        return [f"scan {scan}" for scan in evolution.scans.tolist()]
    return [f"{time:.2f} h" for time in (evolution.scan_time_s / HOUR_S).tolist()]


def _raster(evolution: Evolution, order: np.ndarray) -> dict[str, Any]:
    """Return how the points, in an order, lie in a picture."""
    raster = evolution.raster
    return {
        "row": raster.row[order].tolist(),
        "column": raster.column[order].tolist(),
        "shape": list(raster.shape),
        "extent": numbers(np.array(raster.extent)),
        "unit": "pixels" if raster.pixel_um is None else "µm",
        "words": " × ".join(plain(side) for side in raster.extent),
    }


def _reference(evolution: Evolution, quantities: list[str]) -> dict[str, Any]:
    """Return value and words of the reference's quantities, where there are differences to it."""
    if evolution.reference is None:
        return {}
    values = {name: evolution.reference_value(name) for name in quantities if evolution.schema[name].delta}
    return {
        name: [numbers(np.array(value))[0], f"reference {with_error(value, se)}"]
        for name, (value, se) in values.items()
    }


def _thinned(record: Record) -> dict[str, Any]:
    """Return a record, in hours, with at most so many rows, the extremes of its voltage among them."""
    keep = np.arange(len(record.time_s))
    if len(keep) > MOST_RECORD:
        values = record.time_s if record.voltage_v is None else np.nan_to_num(record.voltage_v)
        runs = np.array_split(keep, MOST_RECORD // 4)
        ends = [(run[0], run[-1], run[values[run].argmin()], run[values[run].argmax()]) for run in runs]
        keep = np.unique(ends)
    held = {"voltage_v": record.voltage_v, "soc": record.soc}
    columns = {name: None if values is None else numbers(values[keep]) for name, values in held.items()}
    return {"words": HOURS, "time_h": numbers(record.time_s[keep] / HOUR_S), **columns}


def _spectra(evolution: Evolution, spectra: Spectra, shown: np.ndarray) -> tuple[dict[str, Any], str]:
    """Return what belongs to each spectrum, which of them each row has, and their counts and curves."""
    at = np.full(len(shown), LEFT_OUT)
    wanted = embedded(evolution.table.rows(shown), MOST_SPECTRA)
    at[wanted] = NOT_AT_HAND
    about, drawn_rows, packed = spectra_of(spectra, [row for row in shown[wanted].tolist() if row < len(spectra)])
    at[np.searchsorted(shown, drawn_rows)] = np.arange(len(drawn_rows))
    return {"at": at.tolist(), **about}, packed
