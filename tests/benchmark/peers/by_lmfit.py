"""lmfit: the loop that people write."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from lmfit.models import LorentzianModel, QuadraticModel
from start import MIDDLE, Fit, Start

PACKAGE, ERRORS = "lmfit", "by hand"


def fit(shift: np.ndarray, counts: np.ndarray) -> Iterator[Fit]:
    model = LorentzianModel(prefix="g_") + LorentzianModel(prefix="b_") + QuadraticModel()
    for row in counts:
        start = Start.of(shift, row)
        parameters = model.make_params(a=0, b=start.slope, c=start.level - start.slope * MIDDLE)
        for prefix, peak in (("g_", start.g), ("b_", start.b)):
            parameters[f"{prefix}center"].set(peak.center)
            parameters[f"{prefix}sigma"].set(peak.fwhm / 2)
            parameters[f"{prefix}amplitude"].set(peak.height * np.pi * peak.fwhm / 2)
        yield of_result(model.fit(row, parameters, x=shift), "g_height", "b_height")


def of_result(result: object, g: str, b: str) -> Fit:
    """Return the ratio of a result, with its error from the covariance, where there is one."""
    values, known = result.params, result.uvars  # type: ignore[attr-defined]
    ratio, error = values[b].value / values[g].value, np.nan
    if known is not None and g in known:
        error = (known[b] / known[g]).std_dev
    return ratio, error, bool(result.success)  # type: ignore[attr-defined]
