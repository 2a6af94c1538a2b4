"""SpectraFit-Core: two Lorentzians, a line and a parabola whose middle is held."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from spectrafit_core import MeasurementData, compose, fit_fast, linear, lorentzian, quadratic
from start import MIDDLE, Fit, Start

PACKAGE, ERRORS = "spectrafit-core", "by hand"


def fit(shift: np.ndarray, counts: np.ndarray) -> Iterator[Fit]:
    x = shift.tolist()
    for row in counts:
        start = Start.of(shift, row)
        parts = [
            lorentzian(name, amplitude=peak.height, center=peak.center, sigma=peak.fwhm / 2)
            for name, peak in (("g", start.g), ("b", start.b))
        ]
        parts.append(linear("l", slope=start.slope, intercept=start.level - start.slope * MIDDLE))
        parts.append(quadratic("q", amplitude=0.0, center=MIDDLE, center_vary=False, offset=0.0, offset_vary=False))
        result, _ = fit_fast(compose(parts).build(), MeasurementData(x=x, y=row.tolist()))
        g, b = result.parameters["g.amplitude"].value, result.parameters["b.amplitude"].value
        yield b / g, _error(result, g, b), bool(result.success)


def _error(result: object, g: float, b: float) -> float:
    names = list(result.covariance_param_order or ())  # type: ignore[attr-defined]
    if not result.covariance or "g.amplitude" not in names:  # type: ignore[attr-defined]
        return float("nan")
    at = [names.index("g.amplitude"), names.index("b.amplitude")]
    slope = np.array([-b / g**2, 1 / g])
    return float(np.sqrt(slope @ np.asarray(result.covariance)[np.ix_(at, at)] @ slope))  # type: ignore[attr-defined]
