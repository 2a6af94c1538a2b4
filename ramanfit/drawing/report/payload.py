"""What the page is given: the rows of the table, the axes to draw them on, and the spectra."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ramanfit.drawing.axes import along, label, position_edges, time_edges, time_unit, trusted_range
from ramanfit.drawing.report.packing import base64_text, coded, numbers, quantised, sampled
from ramanfit.experiment.cell import Record
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.maps import default_maps
from ramanfit.experiment.spectra import Spectra
from ramanfit.fit.curves import Curves
from ramanfit.fit.flags import FLAGS
from ramanfit.recipe.column_kind import CELL, DERIVED, MAP, PEAK, RATIO, SPECTRUM
from ramanfit.recipe.columns import column_name
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.table import Table

MOST_SPECTRA = 5_000  # with their counts
MOST_ROWS = 20_000
MOST_RECORD = 2_000  # rows of the potentiostat's record
NOT_AT_HAND, LEFT_OUT = -1, -2  # why a row has no spectrum
NODES = 65  # of a baseline that was subtracted, drawn with straight lines between them
WORST = 0.25  # of what flagged spectra leave of MOST_SPECTRA goes to the largest redchi2


class Payload(NamedTuple):
    """What the page draws.

    Attributes
    ----------
    data : dict
        For JSON; see `payload_of`.
    counts : str
        Of all spectra one after another, as `ramanfit.drawing.report.packing` packs them.
    """

    data: dict[str, Any]
    counts: str


def payload_of(evolution: Evolution, spectra: Spectra) -> Payload:
    """Return an experiment as the page reads it.

    Returns
    -------
    Payload
        Its `data` holds ``columns`` (name to numbers, None where missing) and ``texts`` (source, point and flags,
        coded) by row, ``status`` (one letter a row: of ok, not_detected, failed), ``axes`` (times of scans, places of
        points, their edges), ``quantities`` (label, words, column of the error, kind, range), ``peaks`` (kinds to the
        names of their columns), ``spectra`` and the ``record``.
    """
    shown = shown_rows(evolution)
    table = evolution.table.rows(shown)
    quantities = mapped(evolution)
    counted, counts = _spectra(evolution, spectra, shown)
    of_peaks = [evolution.schema[name] for name in quantities if evolution.schema[name].kind.owner == PEAK]
    described = plain(evolution)
    names = ["scan", "time_s", *described]
    for quantity in quantities:
        names += [quantity, evolution.schema[quantity].error]
    maps = [name for name in default_maps(evolution) if name in quantities]
    lines = [column_name("height", peak) for peak in evolution.peaks] + list(evolution.ratios)
    data = {
        "rows": len(evolution.table),
        "columns": {name: numbers(_numbers(table, name)) for name in names},
        "texts": {name: coded([str(cell) for cell in table.columns[name]]) for name in ("source", "point", "flags")},
        "status": {peak: "".join(words[row][0] for row in shown) for peak, words in evolution.status.items()},
        "axes": _axes(evolution),
        "peaks": {peak: {e.kind.name: e.name for e in of_peaks if e.of == peak} for peak in evolution.peaks},
        "quantities": {name: _described(evolution, name) for name in quantities},
        "words": {name: [label(evolution, name), evolution.schema[name].kind.meaning] for name in described},
        "flags": {word: flag.meaning for word, flag in FLAGS.items()},
        "maps": maps,
        "lines": [name for name in lines if name in quantities],
        "reference": {
            name: numbers(np.array(evolution.reference_value(name)))
            for name in quantities
            if evolution.reference is not None and evolution.schema[name].delta
        },
        "record": None if evolution.record is None or not evolution.timed else _thinned(evolution.record),
        "spectra": counted,
    }
    return Payload(data, counts)


def shown_rows(evolution: Evolution) -> np.ndarray:
    """Return the rows of the table that the page holds: all, or those of every k-th scan or, if more, point.

    Returns
    -------
    int array [rows]
        Ascending.
    """
    n, rows = len(evolution.table), evolution.rows
    step = -(-n // MOST_ROWS)
    if step == 1:
        return np.arange(n)
    by_scan = rows.shape[0] >= (step if evolution.is_map else rows.shape[1])  # images stay whole
    kept = rows[::step] if by_scan else rows[:, ::step]
    return np.sort(kept[kept >= 0])


def mapped(evolution: Evolution) -> list[str]:
    """Return the quantities of the page: all with an error, and the differences to a reference."""
    deltas = [entry.delta for entry in evolution.schema.values() if entry.delta in evolution.table.columns]
    return [*evolution.quantities, *deltas]


def plain(evolution: Evolution) -> list[str]:
    """Return the numbers of the page that have no error and are none: of the cell, spectra, peaks, ratios, derived."""
    owners = (MAP, CELL, SPECTRUM, PEAK, RATIO, DERIVED)
    entries = [e for owner in owners for e in evolution.schema.select(owner) if e.kind.words]
    return [entry.name for entry in entries if not entry.error and entry.name in evolution.table.columns]


def embedded(table: Table, most: int) -> np.ndarray:
    """Return the rows whose spectra are in the page: flagged ones, those with the largest redchi2, then evenly.

    Parameters
    ----------
    table : Table
    most : int
        Rows to choose.

    Returns
    -------
    int array [rows]
        Ascending; all if they are no more than `most`.
    """
    if len(table) <= most:
        return np.arange(len(table))
    flagged = np.array([bool(words) for words in table.columns["flags"]])
    first = np.flatnonzero(flagged)[:most]
    others = np.flatnonzero(~flagged)
    redchi2 = np.nan_to_num(np.asarray(table.columns["redchi2"], dtype=np.float64)[others])
    worst = others[np.argsort(-redchi2, kind="stable")[: int(WORST * (most - len(first)))]]
    rest = np.setdiff1d(others, worst)
    left = most - len(first) - len(worst)
    evenly = rest[np.linspace(0, len(rest) - 1, left).round().astype(int)] if left else rest[:0]
    return np.sort(np.concatenate([first, worst, evenly]))


def _numbers(table: Table, name: str) -> FloatArray:
    return np.asarray(table.columns.get(name, np.full(len(table), np.nan)), dtype=np.float64)


def _described(evolution: Evolution, name: str) -> dict[str, Any]:
    entry = evolution.schema[name]
    reach = trusted_range(evolution.shown(name), evolution.errors(name))
    return {
        "label": label(evolution, name),
        "words": entry.kind.meaning,
        "error": entry.error,
        "kind": entry.kind.name,
        "peak": entry.of if entry.kind.owner == PEAK else "",
        "range": numbers(np.array(reach)),
    }


def _axes(evolution: Evolution) -> dict[str, Any]:
    """Return scans and points with the edges of their cells, in the unit of the axis; points from low to high."""
    scale, words = time_unit(evolution)
    edges, scans = time_edges(evolution.scan_time_s / scale)
    rows, order = position_edges(along(evolution))
    cells = np.stack([edges[:-1], edges[1:]], axis=1)[scans >= 0]
    return {
        "timed": evolution.timed,
        "scale": scale,
        "time": words,
        "scans": evolution.scans.tolist(),
        "cells": [numbers(pair) for pair in cells],
        "points": [evolution.points[p] for p in order],
        "position_um": numbers(evolution.position_um[order]),
        "places": numbers(rows),
        "raster": _raster(evolution, order) if evolution.is_map else None,
    }


def _raster(evolution: Evolution, order: np.ndarray) -> dict[str, Any]:
    """Return how the points, in an order, lie in a picture."""
    raster = evolution.raster
    return {
        "row": raster.row[order].tolist(),
        "column": raster.column[order].tolist(),
        "shape": list(raster.shape),
        "extent": numbers(np.array(raster.extent)),
        "unit": "pixels" if raster.pixel_um is None else "µm",
    }


def _thinned(record: Record) -> dict[str, Any]:
    """Return a record with at most so many rows, the extremes of its voltage among them."""
    keep = np.arange(len(record.time_s))
    if len(keep) > MOST_RECORD:
        values = record.time_s if record.voltage_v is None else np.nan_to_num(record.voltage_v)
        runs = np.array_split(keep, MOST_RECORD // 4)
        ends = [(run[0], run[-1], run[values[run].argmin()], run[values[run].argmax()]) for run in runs]
        keep = np.unique(ends)
    held = {name: getattr(record, name) for name in ("time_s", "voltage_v", "soc")}
    return {name: None if values is None else numbers(values[keep]) for name, values in held.items()}


def _spectra(evolution: Evolution, spectra: Spectra, shown: np.ndarray) -> tuple[dict[str, Any], str]:
    """Return what belongs to each spectrum, and the counts of all."""
    at = np.full(len(shown), LEFT_OUT)
    table = evolution.table.rows(shown)
    wanted = embedded(table, MOST_SPECTRA)
    at[wanted] = NOT_AT_HAND
    page_row = {int(shown[i]): int(i) for i in wanted}
    axes: dict[bytes, int] = {}
    channels: list[list[float | None]] = []
    packed: list[np.ndarray] = []
    peaks: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    instrument, forms = 0.0, list[FloatArray]()
    names = ("axis", "offset", "step", "coefficients", "under", "masked", "undetected")
    by_spectrum: dict[str, list[Any]] = {name: [] for name in names}
    here = [row for row in page_row if row < len(spectra)]
    for rows, curves in spectra.together(here):
        shift, peaks, shapes, instrument = curves.shift_cm1, curves.peaks, curves.shapes, curves.instrument_cm1
        axis = axes.setdefault(shift.tobytes(), len(axes))
        if axis == len(channels):
            channels.append(numbers(shift))
        forms.append(curves.form)
        steps, offset, step = quantised(curves.counts)
        at[[page_row[row] for row in rows]] = len(by_spectrum["axis"]) + np.arange(len(rows))
        packed.append(steps.ravel())
        by_spectrum["axis"] += [axis] * len(rows)
        by_spectrum["offset"] += numbers(offset)
        by_spectrum["step"] += numbers(step)
        by_spectrum["coefficients"] += _by_spectrum(curves.coefficients)
        if curves.under is not None:
            at_nodes = [np.interp(np.linspace(shift[0], shift[-1], NODES), shift, row) for row in curves.under]
            by_spectrum["under"] += _by_spectrum(np.array(at_nodes))
        by_spectrum["masked"] += [np.flatnonzero(~use).tolist() for use in curves.use]
        by_spectrum["undetected"] += _undetected(curves)
    counts = base64_text(np.concatenate(packed)) if packed else ""
    lines = {}
    for p, (peak, shape) in enumerate(zip(peaks, shapes, strict=True)):
        its_forms = np.concatenate([of_scan[:, p] for of_scan in forms])
        lines[peak] = {**sampled(shape, its_forms), "instrument": instrument if shape == "voigt" else 0.0}
    return {"at": at.tolist(), "channels": channels, "lines": lines, **by_spectrum}, counts


def _undetected(curves: Curves) -> list[list[list[float | None]]]:
    """Return the peaks of each spectrum that are in its fit and in no column: number, center, width, height, form."""
    lines: list[list[list[float | None]]] = [[] for _ in range(len(curves))]
    for row, p in np.argwhere(np.isfinite(curves.center_cm1) & ~curves.detected).tolist():
        values = [getattr(curves, name)[row, p] for name in ("center_cm1", "fwhm_cm1", "height", "form")]
        lines[row].append([p, *numbers(np.array(values))])
    return lines


def _by_spectrum(coefficients: FloatArray) -> list[list[float | None]]:
    """Return a list per spectrum; empty where nothing was fitted."""
    width = coefficients.shape[1]
    flat = numbers(coefficients)
    rows = [flat[i : i + width] for i in range(0, len(flat), width)]
    return [[] if None in row else row for row in rows]
