"""Errors that are right: Poisson-like noise against the Cramér-Rao bound of the fitted model."""

from __future__ import annotations

import numpy as np
import pytest

from ramanfit.lineshapes import lorentzian, lorentzian_derivatives
from ramanfit.pipeline import fit_scan
from ramanfit.recipe_toml import load_recipe
from ramanfit.scan import FloatArray, Scan

N = 4000
DARK, READ = 600.0, 5.0
CASES = {
    "as P6 of Table S1": ((230.6, 40.0), (275.1, 150.0), (300.0, 50.0, 20.0)),
    "strong lines on a low background": ((1770.0, 25.0), (1330.0, 120.0), (50.0, 10.0, 0.0)),
    "narrow G": ((900.0, 14.0), (300.0, 100.0), (30.0, 5.0, 2.0)),
}


def bound(shift: FloatArray, peaks: FloatArray, variance: FloatArray) -> tuple[float, float]:
    """Cramér-Rao bounds of ratio B/G and of the center of G; peaks: height, center, fwhm of G, then B."""
    t = (shift - shift.mean()) / np.ptp(shift)
    columns = [np.ones_like(t), t, t * t]
    for h, c, w in peaks:
        d_center, d_fwhm = lorentzian_derivatives(shift, c, w)
        columns += [lorentzian(shift, c, w), h * d_center, h * d_fwhm]
    j = np.stack(columns, axis=1)
    covariance = np.linalg.inv(j.T @ (j / variance[:, None]))
    gradient = np.zeros(9)
    gradient[3], gradient[6] = -peaks[1, 0] / peaks[0, 0] ** 2, 1 / peaks[0, 0]
    return float(np.sqrt(gradient @ covariance @ gradient)), float(np.sqrt(covariance[4, 4]))


@pytest.mark.parametrize("case", CASES)
def test_errors_are_right_and_near_the_bound(case: str) -> None:
    g, b, background = CASES[case]
    peaks = np.array([[g[0], 1592.0, g[1]], [b[0], 1345.0, b[1]]])
    shift = np.linspace(900, 1900, 420)
    t = (shift - 1400) / 500
    signal = background[0] + background[1] * t + background[2] * t * t
    signal = signal + sum(h * lorentzian(shift, c, w) for h, c, w in peaks)
    rng = np.random.default_rng(20)
    counts = DARK + rng.poisson(signal, (N, shift.size)) + rng.normal(0, READ, (N, shift.size))
    q = fit_scan(Scan(shift, counts, "series"), load_recipe("li-graphite")).quantities
    ratio, g_center = q.ratios["ratio"], q.names.index("G")
    truth = peaks[1, 0] / peaks[0, 0], peaks[0, 1]
    found = (ratio.value, ratio.se), (q.center_cm1[:, g_center], q.center_se[:, g_center])
    for (value, se), true, least in zip(found, truth, bound(shift, peaks, signal + READ**2), strict=True):
        z = (value - true) / se
        rmse = np.quantile(np.abs(value - true), 0.6827)
        spread = float(np.diff(np.quantile(z, [0.1587, 0.8413]))[0] / 2)
        assert rmse <= 1.06 * least
        assert 0.96 <= spread <= 1.04  # the 0.97-1.03 and the scatter of 4,000 spectra
        assert 0.935 <= np.mean(np.abs(z) < 1.96) <= 0.965
    assert np.median(q.redchi2) == pytest.approx(1, abs=0.02)


def test_redchi2_tells_a_misfit() -> None:
    """A third line that the recipe does not know leaves structure that the noise does not explain."""
    shift = np.linspace(900, 1900, 420)
    rng = np.random.default_rng(3)
    curve = 300 + 250 * lorentzian(shift, 1592, 35) + 200 * lorentzian(shift, 1345, 130)
    odd = curve + 100 * lorentzian(shift, 1480, 40)
    recipe = load_recipe("li-graphite")
    values = [
        np.median(fit_scan(Scan(shift, rng.poisson(c, (50, 420)).astype(float)), recipe).quantities.redchi2)
        for c in (curve, odd)
    ]
    assert values[0] == pytest.approx(1, abs=0.1)
    assert values[1] > 1.2
