"""Line shapes of unit height; `fwhm` is always the full width at half maximum.

A spectrum is ``height * shape(shift; center, fwhm, form)``: the center is the position of the maximum, the height is
the maximum above the baseline, and `form` is what some shapes have as a parameter of their own. With
``v = (shift - center) / (fwhm / 2)`` every shape is a function of v and form alone.

A voigt is a Lorentzian as an instrument shows it: its height, fwhm and area are those that the line had before, and
its form is the FWHM of the instrument's Gaussian profile over that of the line.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ramanfit.frozen import dataclass
from ramanfit.scan.scan import FloatArray

LORENTZIAN_AREA = np.pi / 2
"""Area of a Lorentzian divided by height and FWHM."""

GAUSSIAN_AREA = float(np.sqrt(np.pi / (4 * np.log(2))))
"""Area of a Gaussian divided by height and FWHM."""

Slopes = tuple[FloatArray, FloatArray, FloatArray, FloatArray | None]


def lorentzian(shift: FloatArray, center: FloatArray | float, fwhm: FloatArray | float) -> FloatArray:
    """Lorentzian of height 1.

    Parameters
    ----------
    shift, center, fwhm : array_like
        In one unit (cm-1); they broadcast.

    Returns
    -------
    array
        ``1 / (1 + u^2)`` with ``u = (shift - center) / (fwhm / 2)``.
    """
    u = np.asarray((shift - center) / (np.asarray(fwhm) / 2))
    u *= u  # in place: fresh memory costs more than what is done with it
    u += 1
    return np.divide(1, u, out=u)


def lorentzian_derivatives(
    shift: FloatArray, center: FloatArray | float, fwhm: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Derivatives of `lorentzian` with respect to center and fwhm.

    With ``phi`` the value: ``d phi/d center = 8 (shift - center) phi^2 / fwhm^2`` and
    ``d phi/d fwhm = 2 (phi - phi^2) / fwhm``.
    """
    phi = lorentzian(shift, center, fwhm)
    d_center = 8 * (shift - center) * phi * phi / np.asarray(fwhm) ** 2
    d_fwhm = 2 * (phi - phi * phi) / np.asarray(fwhm)
    return np.asarray(d_center), np.asarray(d_fwhm)


def lorentzian_area(height: FloatArray, fwhm: FloatArray) -> FloatArray:
    """Integral over the whole axis, ``pi/2 * height * fwhm``, in counts times cm-1."""
    return np.asarray(LORENTZIAN_AREA * height * fwhm)


def _lorentzian(v: FloatArray, form: FloatArray) -> Slopes:
    phi = 1 / (1 + v * v)
    slope = -2 * v * phi * phi
    return phi, slope, v * slope, None


def _gaussian(v: FloatArray, form: FloatArray) -> Slopes:
    value = np.exp(-np.log(2) * v * v)
    slope = -2 * np.log(2) * v * value
    return value, slope, v * slope, None


def _pseudo_voigt(v: FloatArray, form: FloatArray) -> Slopes:
    narrow, d_narrow, _, _ = _lorentzian(v, form)
    round_, d_round, _, _ = _gaussian(v, form)
    slope = form * d_narrow + (1 - form) * d_round
    return form * narrow + (1 - form) * round_, slope, v * slope, narrow - round_


def _bwf(v: FloatArray, form: FloatArray) -> Slopes:
    # (1 + s u)^2 / (1 + u^2) = (1 + s^2) cos^2(arctan u - arctan s): its maximum 1 + s^2 is at u = s and its half
    # maxima are where the angle is 45 degrees, so the full width is 2 (1 + s^2) / (1 - s^2) in units of u
    s, s2 = form, form * form
    wide = (1 + s2) / (1 - s2)
    u = s + v * wide
    lift, even = 1 + s * u, 1 / (1 + u * u)
    by_u = 2 * lift * (s - u) * even * even / (1 + s2)
    by_form = 2 * lift * (u - s) * even / (1 + s2) ** 2 + by_u * (1 + v * 4 * s / (1 - s2) ** 2)
    slope = by_u * wide
    return lift * lift * even / (1 + s2), slope, v * slope, by_form


def _voigt(v: FloatArray, form: FloatArray) -> Slopes:
    # the real part of the Faddeeva function w(z) is the convolution of a Lorentzian and a Gaussian, and
    # w' = -2 z w + 2i / sqrt(pi) (Abramowitz & Stegun, 7.1.20 and 7.4.13); in shifts the real part of z does not
    # depend on the line's width, which its imaginary part b is in proportion to
    from scipy.special import wofz  # other fits do without

    b = np.sqrt(np.log(2)) / form
    z = np.empty(np.broadcast(v, b).shape, dtype=np.complex128)
    z.real, z.imag = b * v, b
    w = wofz(z)
    by_a = -2 * (z.real * w.real - z.imag * w.imag)
    by_b = 2 * (z.real * w.imag + z.imag * w.real) - 2 / np.sqrt(np.pi)  # of the real part of w, as by_a
    scale = np.sqrt(np.pi) * b
    value = scale * w.real
    return value, scale * b * by_a, -value - scale * b * by_b, None


@dataclass(frozen=True)
class Shape:
    """A line shape.

    Attributes
    ----------
    formula : str
    slopes : callable
        ``slopes(v, form)`` gives the value, its derivative with respect to v, minus fwhm times that with respect to
        fwhm, and that with respect to form where it is free to move: arrays that broadcast.
    area : callable
        ``area(form)`` gives the integral divided by height and fwhm, and its derivative; not a number where the
        integral has no end.
    """

    formula: str
    slopes: Callable[[FloatArray, FloatArray], Slopes]
    area: Callable[[FloatArray], tuple[FloatArray, FloatArray]]


def _constant(area: float) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
    return lambda form: (np.full_like(form, area), np.zeros_like(form))


def _mixed_area(form: FloatArray) -> tuple[FloatArray, FloatArray]:
    apart = LORENTZIAN_AREA - GAUSSIAN_AREA
    return np.asarray(GAUSSIAN_AREA + form * apart), np.full_like(form, apart)


SHAPES: dict[str, Shape] = {
    "lorentzian": Shape("height / (1 + v^2); area = pi/2 height fwhm", _lorentzian, _constant(LORENTZIAN_AREA)),
    "gaussian": Shape(
        "height exp(-ln 2 v^2); area = sqrt(pi / (4 ln 2)) height fwhm", _gaussian, _constant(GAUSSIAN_AREA)
    ),
    "pseudo-voigt": Shape(
        "form lorentzian + (1 - form) gaussian, of one fwhm; form is the Lorentzian part, 0 to 1",
        _pseudo_voigt,
        _mixed_area,
    ),
    "bwf": Shape(
        "Breit-Wigner-Fano (1 + form u)^2 / (1 + u^2), u from the bare line at center - form G/2 of width "
        "G = fwhm (1 - form^2) / (1 + form^2); form is 1/q; center and height are those of the maximum; no area: it "
        "has no end",
        _bwf,
        _constant(np.nan),
    ),
    "voigt": Shape(
        "a lorentzian as an instrument shows it whose Gaussian profile is instrument.fwhm_cm1 wide: height sqrt(pi) b "
        "Re w(b (v + i)), w the Faddeeva function, b = sqrt(ln 2) fwhm / instrument.fwhm_cm1; center, fwhm, height and "
        "area are those of the lorentzian. With an instrument width every lorentzian is fitted so",
        _voigt,
        _constant(LORENTZIAN_AREA),
    ),
}
"""By the name a recipe uses; ``v = (shift - center) / (fwhm / 2)``."""


def line(
    name: str,
    shift: FloatArray,
    center: FloatArray | float,
    fwhm: FloatArray | float,
    form: FloatArray | float = np.nan,
) -> FloatArray:
    """Return a shape of height 1 (a voigt: of a line of height 1); shift, center, fwhm and form broadcast."""
    if name == "lorentzian":
        return lorentzian(shift, center, fwhm)
    return SHAPES[name].slopes((shift - center) / (np.asarray(fwhm) / 2), np.asarray(form))[0]
