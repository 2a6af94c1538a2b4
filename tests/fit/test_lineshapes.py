"""Line shapes against scipy, lmfit and numerical derivatives."""

from __future__ import annotations

import lmfit.lineshapes
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from ramanfit.fit.lineshapes import (
    GAUSSIAN_AREA,
    LORENTZIAN_AREA,
    SHAPES,
    line,
    lorentzian,
    lorentzian_area,
    lorentzian_derivatives,
)
from ramanfit.recipe import peaks

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


forms = {name: st.floats(form.lower, form.upper) for name, form in peaks.SHAPES.items() if form is not None}
takes = {**forms, "voigt": st.floats(1e-3, 5)}  # the instrument's width over the line's: no parameter that moves
shaped = st.sampled_from(sorted(SHAPES)).flatmap(lambda name: st.tuples(st.just(name), takes.get(name, st.just(0.0))))


def test_recipes_and_lines_know_the_same_shapes() -> None:
    assert list(peaks.SHAPES) == list(SHAPES)


@given(shifts, shifts, widths, st.floats(0, 1))
def test_gaussian_and_pseudo_voigt_are_lmfits(shift: float, center: float, fwhm: float, mixing: float) -> None:
    x = np.array(shift)
    sigma = fwhm / np.sqrt(8 * np.log(2))
    expected = lmfit.lineshapes.gaussian(x, GAUSSIAN_AREA * fwhm, center, sigma)
    np.testing.assert_allclose(line("gaussian", x, center, fwhm), expected, rtol=1e-9, atol=1e-300)
    # lmfit mixes areas, a line of height 1 mixes heights
    whole = mixing * LORENTZIAN_AREA + (1 - mixing) * GAUSSIAN_AREA
    part = mixing * LORENTZIAN_AREA / whole
    expected = lmfit.lineshapes.pvoigt(x, whole * fwhm, center, fwhm / 2, part)
    np.testing.assert_allclose(line("pseudo-voigt", x, center, fwhm, mixing), expected, rtol=1e-9, atol=1e-300)


@given(shifts, shifts, widths, forms["bwf"])
def test_bwf_is_lmfits(shift: float, center: float, fwhm: float, form: float) -> None:
    bare = fwhm * (1 - form**2) / (1 + form**2)
    place = center - form * bare / 2  # the maximum lies form * bare / 2 = bare / 2q above the bare line
    # with q = 1/form: (q + u)^2 / (1 + u^2) = q^2 (1 + u / q)^2 / (1 + u^2)
    if abs(form) > 1e-3:
        expected = lmfit.lineshapes.breit_wigner(np.array(shift), 1.0, place, bare, 1 / form) * form**2
    else:
        expected = lorentzian(np.array(shift), center, fwhm)
    tolerance = 1e-7 if abs(form) > 1e-3 else 5e-3
    np.testing.assert_allclose(
        line("bwf", np.array(shift), center, fwhm, form) * (1 + form**2), expected, rtol=tolerance, atol=tolerance
    )


@given(shaped, shifts, widths)
def test_the_maximum_is_at_the_center_and_half_of_it_a_full_width_apart(
    shape: tuple[str, float], center: float, fwhm: float
) -> None:
    name, form = shape
    if name == "voigt":  # which has those of the line before the instrument broadened it
        return
    around = center + fwhm * np.linspace(-3, 3, 601)
    values = line(name, around, center, fwhm, form)
    np.testing.assert_allclose(values.max(), 1, rtol=1e-12)
    assert values.argmax() == 300 or abs(values[300] - 1) < 1e-12
    above = around[values >= 0.5 * (1 - 1e-9)]
    np.testing.assert_allclose(above[-1] - above[0], fwhm, atol=0.021 * fwhm)


@given(shaped, st.floats(-20, 20))
def test_slopes_are_derivatives(shape: tuple[str, float], v: float) -> None:
    name, form = shape
    slopes = SHAPES[name].slopes
    step = 1e-6
    value, d_v, wider, d_form = slopes(np.array(v), np.array(form))
    ahead, behind = (slopes(np.array(v + s), np.array(form))[0] for s in (step, -step))
    np.testing.assert_allclose(d_v, (ahead - behind) / (2 * step), atol=1e-6)
    ahead, behind = (  # at the same shift, of a line so many times as wide, seen by the same instrument
        slopes(np.array(v / s), np.array(form / s if name == "voigt" else form))[0] for s in (1 + step, 1 - step)
    )
    np.testing.assert_allclose(-wider, (ahead - behind) / (2 * step), atol=1e-6)
    assert (d_form is None) == (name not in forms)
    if d_form is not None:
        ahead, behind = (slopes(np.array(v), np.array(form + s))[0] for s in (step, -step))
        np.testing.assert_allclose(d_form, (ahead - behind) / (2 * step), atol=1e-5)
    assert value == line(name, np.array(v), 0.0, 2.0, form)


@given(shaped)
def test_areas_are_integrals(shape: tuple[str, float]) -> None:
    name, form = shape
    area, slope = (float(a) for a in SHAPES[name].area(np.array(form)))
    if name == "bwf":
        assert np.isnan(area)  # far out it stays above form^2 / (1 + form^2)
        return
    whole = 2 * quad(lambda x: float(line(name, np.array(x), 0.0, 1.0, form)), 0, np.inf, epsabs=0, epsrel=1e-9)[0]
    np.testing.assert_allclose(area, whole, rtol=1e-6)
    if name == "pseudo-voigt":
        ahead = SHAPES[name].area(np.array(form + 1e-3))[0]
        np.testing.assert_allclose(slope, (float(ahead) - area) / 1e-3, rtol=1e-6)


# -- as an instrument shows a line --------------------------------------------------------------------------

instruments = st.floats(0.01, 60)


@given(shifts, shifts, widths, instruments)
def test_a_voigt_is_lmfits(shift: float, center: float, fwhm: float, instrument: float) -> None:
    sigma = instrument / np.sqrt(8 * np.log(2))
    expected = lmfit.lineshapes.voigt(shift, LORENTZIAN_AREA * fwhm, center, sigma, fwhm / 2)
    np.testing.assert_allclose(line("voigt", np.array(shift), center, fwhm, instrument / fwhm), expected, rtol=1e-9)


@given(st.floats(-200, 200), widths, st.floats(1, 30))
def test_a_voigt_is_a_lorentzian_convolved_with_the_instruments_gaussian(
    away: float, fwhm: float, instrument: float
) -> None:
    def under(t: float) -> float:
        return float(lorentzian(np.array(away), t, fwhm) * line("gaussian", np.array(t), 0.0, instrument))

    whole = quad(under, -5 * instrument, 5 * instrument, points=[0.0], epsabs=1e-12, limit=200)[0]
    convolved = whole / (GAUSSIAN_AREA * instrument)
    np.testing.assert_allclose(line("voigt", np.array(away), 0.0, fwhm, instrument / fwhm), convolved, rtol=1e-6)


@given(st.floats(-50, 50), st.floats(1e-4, 0.05))
def test_of_a_sharp_instrument_a_voigt_is_the_lorentzian(v: float, form: float) -> None:
    """They differ by the second derivative of the line times half the variance of the profile, at most 0.36 form^2."""
    for sharp, line_itself in zip(
        SHAPES["voigt"].slopes(np.array(v), np.array(form)),
        SHAPES["lorentzian"].slopes(np.array(v), np.array(form)),
        strict=True,
    ):
        if line_itself is None:
            assert sharp is None
        else:
            np.testing.assert_allclose(sharp, line_itself, atol=5 * form**2 + 1e-7)


@given(widths, instruments)
def test_a_voigt_is_lower_and_wider_than_its_line(fwhm: float, instrument: float) -> None:
    """Of the width that Olivero & Longbothum give to 2 parts in 10,000."""
    height = line("voigt", np.array(0.0), 0.0, fwhm, instrument / fwhm)
    assert height < 1
    half = (0.5346 * fwhm + np.sqrt(0.2166 * fwhm**2 + instrument**2)) / 2
    np.testing.assert_allclose(line("voigt", np.array(half), 0.0, fwhm, instrument / fwhm), height / 2, rtol=1e-3)
