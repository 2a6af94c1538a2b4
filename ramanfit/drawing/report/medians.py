"""Medians over the pixels of a series of maps."""

from __future__ import annotations

import numpy as np

from ramanfit.drawing.report.packing import numbers
from ramanfit.experiment.evolution import Evolution
from ramanfit.scan.scan import FloatArray

QUARTERS = (0.25, 0.5, 0.75)


def medians_of(evolution: Evolution, quantities: list[str]) -> dict[str, list[list[float | None]]]:
    """Return lower quartile, median and upper quartile of each quantity, by scan; empty where there is no value."""
    return {name: [_quartiles(row) for row in evolution.shown(name)] for name in quantities}


def _quartiles(values: FloatArray) -> list[float | None]:
    there = values[np.isfinite(values)]
    return numbers(np.quantile(there, QUARTERS)) if there.size else []
