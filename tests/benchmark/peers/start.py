"""Where every peer begins: the same places and widths, heights above a straight line through the ends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Fit = tuple[float, float, bool]
"""Ratio, its standard error (not a number: none), and whether the peer is content with its fit."""
MIDDLE, ENDS = 1400.0, 20


class Peak(NamedTuple):
    height: float
    center: float
    fwhm: float


class Start(NamedTuple):
    g: Peak
    b: Peak
    level: float
    slope: float

    @classmethod
    def of(cls, shift: np.ndarray, counts: np.ndarray) -> Start:
        x = np.array([shift[:ENDS].mean(), shift[-ENDS:].mean()])
        y = np.array([np.median(counts[:ENDS]), np.median(counts[-ENDS:])])
        slope = float((y[1] - y[0]) / (x[1] - x[0]))
        level = float(y[0] + slope * (MIDDLE - x[0]))
        above = counts - (level + slope * (shift - MIDDLE))
        g = float(above[(shift > 1580) & (shift < 1605)].max())
        b = float(np.median(above[(shift > 1325) & (shift < 1360)]))
        noise = float(np.std(np.diff(counts)))
        return cls(Peak(max(g, noise), 1592.0, 33.0), Peak(max(b, noise), 1342.0, 140.0), level, slope)
