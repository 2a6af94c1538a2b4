"""How fits fill the long and the wide table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ramanfit.fit.flags import FLAGS
from ramanfit.fit.quantities import Quantities
from ramanfit.recipe.column_kind import ALWAYS, ASKED, CELL, KEY, MAP, PEAK, SOME, SPECTRUM
from ramanfit.recipe.columns import KINDS, kinds_of
from ramanfit.scan.schedule import Keys
from ramanfit.tables.digits import SIX, as_written, significant
from ramanfit.tables.schema import Schema, covariates_of
from ramanfit.tables.table import Column, Table, repeat_rows

_FLAGS = "; ".join(f"{word}: {flag.meaning}" for word, flag in FLAGS.items())
COLUMNS: dict[str, tuple[str, str]] = {
    name: (kind.unit, f"{kind.meaning}: {_FLAGS}" if name == "flags" else kind.meaning) for name, kind in KINDS.items()
}
"""Unit and meaning of every column, for people."""

UPPER_95 = 1.6449  # standard deviations below which 95 % of Gaussian numbers lie


def long_table(keys: Keys, q: Quantities, stands_with: Mapping[str, str]) -> Table:
    """Return one row per spectrum and peak.

    Parameters
    ----------
    keys : Keys
    q : Quantities
    stands_with : mapping of str to str
        Ratio or derived value to the peak on whose row it stands.
    """
    return lengthened(wide_table(keys, q), statuses(q), stands_with, (keys.started,) * len(keys))


def statuses(q: Quantities) -> dict[str, tuple[str, ...]]:
    """Return the status of every peak, one word per spectrum."""
    return {peak: tuple(q.status[:, p].tolist()) for p, peak in enumerate(q.names)}


def lengthened(
    wide: Table, status: Mapping[str, Sequence[str]], stands_with: Mapping[str, str], started: Sequence[str]
) -> Table:
    """Return the long table of a wide one.

    Parameters
    ----------
    wide : Table
    status : mapping of str to sequence of str
        Of every peak, one word per row.
    stands_with : mapping of str to str
        Ratio or derived value to the peak on whose row it stands.
    started : sequence of str
        Start of every row's scan.
    """
    peaks, n = tuple(status), len(wide)
    empty = np.full(n, np.nan)

    def repeated(owner: str) -> dict[str, Column]:
        names = [kind.name for kind in kinds_of(owner) if kind.name in wide.columns]
        return {name: repeat_rows(wide.columns[name], len(peaks)) for name in names}

    def woven(by_peak: Sequence[Column]) -> np.ndarray:
        return np.stack([np.asarray(column) for column in by_peak], axis=1).ravel()

    own = {name: repeat_rows(wide.columns[name], len(peaks)) for name in covariates_of(wide.names)}
    columns = repeated(KEY) | repeated(MAP) | repeated(CELL) | own
    columns["peak"] = peaks * n
    columns["status"] = tuple(word for words in zip(*status.values(), strict=True) for word in words)
    for kind in kinds_of(PEAK, ALWAYS, SOME, ASKED):
        names = [kind.named(peak) for peak in peaks]
        if kind.there == ALWAYS or any(name in wide.columns for name in names):
            columns[kind.name] = woven([wide.columns.get(name, empty) for name in names])
    columns |= repeated(SPECTRUM)
    height, se = (np.asarray(columns[name]) for name in ("height", "height_se"))
    missed = np.array([word == "not_detected" for word in columns["status"]])
    columns["height_limit"] = np.where(missed, significant(np.maximum(height, 0) + UPPER_95 * se, SIX), np.nan)
    for entry in Schema.of((), stands_with, stands_with).values():
        if (name := entry.name) in wide.columns and entry.of and entry.kind.there in (ALWAYS, ASKED):
            with_peak = stands_with[entry.of]
            columns[name] = woven([wide.columns[name] if peak == with_peak else empty for peak in peaks])
    columns["started"] = repeat_rows(tuple(started), len(peaks))
    return Table(columns)


def wide_table(keys: Keys, q: Quantities) -> Table:
    """Return one row per spectrum, with the digits of `ramanfit.tables.digits`."""
    return table_of_scans([keys], [q])


def table_of_scans(keys: Sequence[Keys], quantities: Sequence[Quantities]) -> Table:
    """Return the wide table of scans, one after another.

    Raises
    ------
    ValueError
        If there are values for which no column is declared, or scans have different ones.
    """
    first, q = keys[0], quantities[0]
    columns: dict[str, Column] = {
        "source": [source for k in keys for source in (k.source,) * len(k)],
        "scan": np.concatenate([k.scan for k in keys]),
        "point": [point for k in keys for point in k.point],
        "position_um": np.concatenate([k.position_um for k in keys]),
        "time_s": np.concatenate([k.time_s for k in keys]),
        **{name: np.concatenate([k.xy_um[name] for k in keys]) for name in first.xy_um},
        **{name: np.concatenate([k.echem[name] for k in keys]) for name in first.echem},
    }
    of_scans = [its.columns() for its in quantities]
    if any(values.keys() != of_scans[0].keys() for values in of_scans):
        raise ValueError(f"expected the columns {[*of_scans[0]]} of every scan")
    left = set(of_scans[0])
    schema = Schema.of(q.names, q.ratios, q.derived)
    for entry in schema.values():
        if (whose := (entry.of, entry.kind.name)) in left:
            left.remove(whose)
            array = np.concatenate([values[whose] for values in of_scans])
            columns[entry.name] = tuple(array.tolist()) if entry.kind.text else array
    if left:
        raise ValueError(f"no such column in ramanfit.recipe.columns: {sorted(name for _, name in left)}")
    return Table(as_written(columns, schema))
