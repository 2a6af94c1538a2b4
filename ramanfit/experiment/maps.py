"""Maps: one quantity by point and scan."""

from __future__ import annotations

from ramanfit.experiment.evolution import Evolution
from ramanfit.tables.columns import ratio_columns
from ramanfit.tables.table import Column, Table


def map_table(evolution: Evolution, quantity: str) -> Table:
    """Return a map: a row per point, a column per scan, named by its mid-time in s (or its number).

    A missing scan has its column, named by the time it would have had, and nothing in it; neither has a peak's
    quantity where the peak was not detected.
    """
    grid = evolution.shown(quantity)
    columns: dict[str, Column] = {"point": evolution.points, "position_um": evolution.position_um}
    for time_s, values in zip(evolution.scan_time_s.tolist(), grid, strict=True):
        columns[f"{time_s:.9g}"] = values
    return Table(columns)


def default_maps(evolution: Evolution) -> list[str]:
    """Return the quantities that are mapped unless others are asked for."""
    names = [ratio_columns(ratio)[0] for ratio in evolution.ratios]
    return names + [f"{peak}_{quantity}" for peak in evolution.peaks for quantity in ("center_cm1", "height")]
