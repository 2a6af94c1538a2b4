"""The median, without numpy's own, which imports numpy.ma: that takes longer than reading a scan."""

from __future__ import annotations

import numpy as np


def median(values: np.ndarray) -> float:
    """Return the median of numbers; not a number if one of them is none."""
    ordered = np.sort(values, axis=None)
    if np.isnan(ordered[-1]):
        return float("nan")
    return float((ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2)
