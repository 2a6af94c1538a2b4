"""scipy: `curve_fit` with a polynomial written by hand."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit
from start import MIDDLE, Fit, Start

PACKAGE, ERRORS, ORDER = "scipy", "by hand", 2


def fit(shift: np.ndarray, counts: np.ndarray, order: int = ORDER) -> Iterator[Fit]:
    t = (shift - MIDDLE) / 500

    def model(x: np.ndarray, *p: float) -> np.ndarray:
        peaks = p[0] / (1 + ((x - p[1]) / (p[2] / 2)) ** 2) + p[3] / (1 + ((x - p[4]) / (p[5] / 2)) ** 2)
        return peaks + np.polyval(p[6:], t)

    warnings.simplefilter("error", OptimizeWarning)
    for row in counts:
        start = Start.of(shift, row)
        first = [*start.g, *start.b]
        try:
            p, covariance = curve_fit(model, shift, row, [*first, *[0] * (order - 1), start.slope * 500, start.level])
        except (RuntimeError, OptimizeWarning):
            yield np.nan, np.nan, False
            continue
        slope = np.array([-p[3] / p[0] ** 2, 1 / p[0]])
        yield p[3] / p[0], float(np.sqrt(slope @ covariance[np.ix_([0, 3], [0, 3])] @ slope)), True
