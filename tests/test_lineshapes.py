"""Line shapes against scipy, lmfit and numerical derivatives."""

from __future__ import annotations

import lmfit.lineshapes
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from ramanfit.lineshapes import lorentzian, lorentzian_area, lorentzian_derivatives

shifts = st.floats(900, 1900)
widths = st.floats(5, 400)


@given(shifts, shifts, widths)
def test_value_is_lmfits(shift: float, center: float, fwhm: float) -> None:
    amplitude = np.pi * fwhm / 2  # lmfit's amplitude is the area, its sigma the half width
    expected = lmfit.lineshapes.lorentzian(shift, amplitude, center, fwhm / 2)
    np.testing.assert_allclose(lorentzian(np.array(shift), center, fwhm), expected, rtol=1e-12)


@given(shifts, shifts, widths)
def test_fwhm_is_full_width_at_half_maximum(shift: float, center: float, fwhm: float) -> None:
    np.testing.assert_allclose(
        lorentzian(np.array([center - fwhm / 2, center + fwhm / 2]), center, fwhm), 0.5, rtol=1e-9
    )
    assert lorentzian(np.array(center), center, fwhm) == 1


@given(shifts, shifts, widths)
def test_derivatives(shift: float, center: float, fwhm: float) -> None:
    at = np.array(shift)
    expected = approx_fprime(np.array([center, fwhm]), lambda v: float(lorentzian(at, v[0], v[1])), 1e-5)
    np.testing.assert_allclose(np.ravel(lorentzian_derivatives(at, center, fwhm)), expected, atol=2e-6)


@given(st.floats(1, 1e5), widths)
def test_area_is_the_integral(height: float, fwhm: float) -> None:
    def curve(x: float) -> float:
        return float(height * lorentzian(np.array(x), 0.0, fwhm))

    integral = 2 * quad(curve, 0, np.inf, epsabs=0, epsrel=1e-9, limit=200)[0]
    np.testing.assert_allclose(lorentzian_area(np.array(height), np.array(fwhm)), integral, rtol=1e-6)
