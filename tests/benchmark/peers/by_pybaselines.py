"""pybaselines and lmfit: arPLS is subtracted, then two Lorentzians are fitted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from by_lmfit import of_result
from lmfit.models import LorentzianModel
from pybaselines import Baseline
from start import Fit, Start

PACKAGE, ERRORS = "pybaselines", "by hand"
LAM = 1e5


def fit(shift: np.ndarray, counts: np.ndarray) -> Iterator[Fit]:
    model, algorithms = LorentzianModel(prefix="g_") + LorentzianModel(prefix="b_"), Baseline(shift)
    for row in counts:
        left = row - algorithms.arpls(row, lam=LAM)[0]
        start = Start.of(shift, row)
        parameters = model.make_params()
        for prefix, peak in (("g_", start.g), ("b_", start.b)):
            parameters[f"{prefix}center"].set(peak.center)
            parameters[f"{prefix}sigma"].set(peak.fwhm / 2)
            parameters[f"{prefix}amplitude"].set(peak.height * np.pi * peak.fwhm / 2)
        yield of_result(model.fit(left, parameters, x=shift), "g_height", "b_height")
