"""Spectra with counting noise and the Cramér-Rao bound of the model that made them."""

from __future__ import annotations

import numpy as np

from ramanfit.fit.lineshapes import lorentzian, lorentzian_derivatives
from ramanfit.scan.scan import FloatArray

SHIFT = np.linspace(900.0, 1900.0, 420)
DARK, READ = 600.0, 5.0  # counts; gain 1
Case = tuple[tuple[float, float], tuple[float, float], tuple[float, float, float]]
CASES: dict[str, Case] = {  # height and FWHM of G, of B; background constant, slope, curvature
    "as P6 of Table S1": ((230.6, 40.0), (275.1, 150.0), (300.0, 50.0, 20.0)),
    "strong lines on a low background": ((1770.0, 25.0), (1330.0, 120.0), (50.0, 10.0, 0.0)),
    "narrow G": ((900.0, 14.0), (300.0, 100.0), (30.0, 5.0, 2.0)),
}
LOW_BACKGROUND: Case = ((96.2, 18.0), (30.0, 60.0), (30.0, 5.0, 2.0))


def simulate(case: Case, n: int, seed: int) -> tuple[FloatArray, tuple[float, float], tuple[float, float]]:
    """Counts [n, 420], the true ratio B/G and center of G, and the bounds of their standard errors."""
    (g, g_fwhm), (b, b_fwhm), background = case
    peaks = ((g, 1592.0, g_fwhm), (b, 1345.0, b_fwhm))
    t = (SHIFT - 1400) / 500
    columns = [np.ones_like(t), t, t * t]
    signal = np.array(background) @ np.stack(columns)
    for h, c, w in peaks:
        d_center, d_fwhm = lorentzian_derivatives(SHIFT, c, w)
        columns += [lorentzian(SHIFT, c, w), h * d_center, h * d_fwhm]
        signal = signal + h * columns[-3]
    j = np.stack(columns, axis=1)
    covariance = np.linalg.inv(j.T @ (j / (signal + READ**2)[:, None]))
    gradient = np.zeros(9)
    gradient[3], gradient[6] = -b / g**2, 1 / g
    bounds = float(np.sqrt(gradient @ covariance @ gradient)), float(np.sqrt(covariance[4, 4]))
    rng = np.random.default_rng(seed)
    counts = DARK + rng.poisson(signal, (n, SHIFT.size)) + rng.normal(0, READ, (n, SHIFT.size))
    return counts, (b / g, 1592.0), bounds
