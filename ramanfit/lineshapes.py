"""Line shapes of unit height; `fwhm` is always the full width at half maximum.

A spectrum is ``height * shape(shift, center, fwhm)``, so the height is the maximum above the baseline.
"""

from __future__ import annotations

import numpy as np

from ramanfit.scan import FloatArray

LORENTZIAN_AREA = np.pi / 2
"""Area of a Lorentzian divided by height and FWHM."""

SHAPES: dict[str, str] = {
    "lorentzian": "height / (1 + ((shift - center) / (fwhm / 2))^2); area = pi/2 * height * fwhm",
}


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
    u = (shift - center) / (np.asarray(fwhm) / 2)
    return np.asarray(1 / (1 + u * u))


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
