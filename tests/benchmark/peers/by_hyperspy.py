"""HyperSpy: a model of two Lorentzians and a polynomial, `multifit`."""

from __future__ import annotations

from collections.abc import Iterator

import hyperspy.api as hs
import numpy as np
from start import MIDDLE, Fit, Start

PACKAGE, ERRORS = "hyperspy", "none"


def fit(shift: np.ndarray, counts: np.ndarray) -> Iterator[Fit]:
    hs.preferences.General.show_progressbar = False
    signal = hs.signals.Signal1D(counts)
    axis = signal.axes_manager.signal_axes[0]
    axis.scale, axis.offset = shift[1] - shift[0], shift[0]
    model, start = signal.create_model(), Start.of(shift, np.median(counts, axis=0))
    peaks = [hs.model.components1D.Lorentzian() for _ in range(2)]
    model.extend([*peaks, hs.model.components1D.Polynomial(order=2)])
    for component, peak in zip(peaks, (start.g, start.b), strict=True):
        component.centre.value, component.gamma.value = peak.center, peak.fwhm / 2
        component.A.value = peak.height * np.pi * peak.fwhm / 2
    model[2].a1.value, model[2].a0.value = start.slope, start.level - start.slope * MIDDLE
    model.assign_current_values_to_all()
    model.multifit(show_progressbar=False)
    g, b = (component.A.map["values"] / component.gamma.map["values"] for component in peaks)
    done = model.convergence_map if hasattr(model, "convergence_map") else np.ones(len(counts), bool)
    for ratio, good in zip(np.ravel(b / g), np.ravel(done), strict=True):
        yield float(ratio), np.nan, bool(good)
