"""Fitspy: a parabola and two Lorentzians; wider bounds and a closer tolerance than its own, which lose B."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from by_lmfit import of_result
from fitspy.core.spectrum import Spectrum
from start import Fit, Start

PACKAGE, ERRORS = "fitspy", "by hand"


def fit(shift: np.ndarray, counts: np.ndarray) -> Iterator[Fit]:
    for row in counts:
        start, spectrum = Start.of(shift, row), Spectrum()
        spectrum.x0 = spectrum.x = shift
        spectrum.y0 = spectrum.y = row
        spectrum.set_bkg_model("Parabolic")
        for peak in (start.g, start.b):
            spectrum.add_peak_model("Lorentzian", peak.center, peak.height, peak.fwhm, dx0=(40, 40), dfwhm=400)
        spectrum.fit(reinit_guess=False, xtol=1e-8, max_ite=2000)
        yield of_result(spectrum.result_fit, "m01_ampli", "m02_ampli")
