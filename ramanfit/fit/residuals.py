"""What the residuals of a fit say against it: structure, and a line that is rather two."""

from __future__ import annotations

import numpy as np

from ramanfit.fit.lineshapes import SHAPES
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult
from ramanfit.scan.scan import BoolArray, FloatArray

SPLIT = 8.0  # fall of chi-square, in variances, that makes it worth while to fit two lines
BLOCK = 32  # spectra whose functions fill the cache at once
LEAST_LEFT = np.array([0.05, 0.4])  # of both derivatives, squared: fitted parameters leave 0.07-0.15 and 0.54-0.60
APART = 0.1  # half widths between places whose slopes are compared
ALIKE = 1e-9  # of its norm that is added to a function, so that two of them may be the same


def autocorrelation(
    residual: FloatArray,
    use: BoolArray | None = None,
    expected: FloatArray | float = 0.0,
    stretch: FloatArray | float = 1.0,
) -> FloatArray:
    """Return the correlation of neighbouring residuals beyond that of their noise, in standard errors, [N].

    Of residuals that are noise alone it is near 0, with a standard deviation of 1: ``sqrt(n) r1`` (Durbin & Watson,
    Biometrika 37, 409 (1950), whose statistic is 2 (1 - r1)).

    Parameters
    ----------
    residual : array [N, M]
        In standard deviations of each channel.
    use : bool array [N, M], optional
        Channels that were fitted.
    expected, stretch : array [N], optional
        Correlation of neighbours in the noise, and how much it stretches variances.
    """
    e = residual if use is None else np.where(use, residual, 0.0)
    pairs, channels = (np.full(len(e), e.shape[1] - near) for near in (1, 0))
    if use is not None:
        some = np.flatnonzero(~use.all(axis=1))
        pairs[some], channels[some] = (use[some, 1:] & use[some, :-1]).sum(axis=1), use[some].sum(axis=1)
    squares, products = np.einsum("nm,nm->n", e, e), np.einsum("nm,nm->n", e[:, 1:], e[:, :-1])
    return beyond_noise(np.stack([squares, products, channels, pairs]), expected, stretch)


def beyond_noise(sums: FloatArray, expected: FloatArray | float, stretch: FloatArray | float) -> FloatArray:
    """Return what `autocorrelation` does.

    That is from sums of squares and of products of neighbours, and how many channels and pairs of them count, [4, N].
    """
    squares, products, channels, pairs = sums
    square = squares * np.sqrt(pairs)
    found = np.divide(products * channels, square, out=np.full(len(squares), np.nan), where=square > 0)
    return np.asarray((found - expected * np.sqrt(pairs)) / np.sqrt(stretch))


def may_be_two(
    model: Model, fits: FitResult, residual: FloatArray, peak: int, scale: FloatArray | None = None
) -> BoolArray:
    """Return where the residuals of a Lorentzian or a voigt ask for a second one beside it, bool [N].

    Two near lines of one width differ from one by the second derivative of it with respect to its center, unequal
    ones also by the third. What these would gain is judged from their overlap with the residuals, and from the part
    of them that the spectrum's own fitted parameters leave. The verdict on a spectrum is its own.

    Parameters
    ----------
    model : Model
    fits : FitResult
        Of N spectra, all with finite values.
    residual : array [N, M]
        In standard deviations of each channel, 0 where none was fitted.
    peak : int
    scale : array [N], optional
        Of the residuals.
    """
    scale = np.ones(len(residual)) if scale is None else scale
    asked = np.zeros(len(residual), dtype=bool)
    for start in range(0, len(residual), BLOCK):
        block = np.arange(start, min(start + BLOCK, len(residual)))
        center, fwhm = fits.center_cm1[block, peak], fits.fwhm_cm1[block, peak]
        if model.link(peak).instrument_cm1:
            shapes = _differences(model, peak, center, fwhm)
        else:
            shapes = _derivatives(model.shift_cm1, center, fwhm)
        gain = (scale[block, None] * (shapes @ residual[block, :, None])[..., 0]) ** 2 / SPLIT
        least = LEAST_LEFT * np.einsum("nkm,nkm->nk", shapes, shapes)
        near = (gain > least).any(axis=1)  # few spectra need the exact part
        if near.any():
            left = _norm_left(shapes[near], tangent(model, fits.take(block[near])))
            asked[block[near]] = (gain[near] > np.maximum(left, least[near])).any(axis=1)
    return asked


def tangent(model: Model, fits: FitResult) -> FloatArray:
    """Return what a fit can follow: baseline, and value and derivatives of every peak, [n, Q + 3P, M]."""
    n, (q, m), peaks = len(fits), model.basis.shape, len(model.names)
    tangent = np.empty((n, q + 3 * peaks, m))
    tangent[:, :q] = model.basis
    for p in range(peaks):
        center, fwhm, form = fits.nonlinear[:, p, :, None].transpose(1, 0, 2)
        v = (model.shift_cm1 - center) / (fwhm / 2)
        value, slope, wider, _ = SHAPES[model.link(p).shape].slopes(v, model.form(p, fwhm, form))
        for k, function in enumerate((value, slope, wider)):
            tangent[:, q + 3 * p + k] = function
    return tangent


def _norm_left(shapes: FloatArray, tangent: FloatArray) -> FloatArray:
    """Return the squared norm of shapes [n, K, M] outside the span of functions [n, F, M], [n, K]."""
    cross = tangent @ shapes.transpose(0, 2, 1)
    among = tangent @ tangent.transpose(0, 2, 1)
    diagonal = np.einsum("nii->ni", among)
    diagonal *= 1 + ALIKE  # peaks on one another
    inside = (cross * np.linalg.solve(among, cross)).sum(axis=1)
    return np.asarray(np.einsum("nkm,nkm->nk", shapes, shapes) - inside)


def _derivatives(shift_cm1: FloatArray, center_cm1: FloatArray, fwhm_cm1: FloatArray) -> FloatArray:
    """Return the second and the third derivative of Lorentzians [n] by their center, up to a factor, [n, 2, M]."""
    u = (shift_cm1 - center_cm1[:, None]) / (fwhm_cm1[:, None] / 2)
    u2 = u * u
    phi = 1 / (1 + u2)
    phi3 = phi * phi * phi
    return np.stack([(3 * u2 - 1) * phi3, u * (1 - u2) * phi3 * phi], axis=1)


def _differences(model: Model, peak: int, center_cm1: FloatArray, fwhm_cm1: FloatArray) -> FloatArray:
    """Return the same as `_derivatives`, of any shape without a form: differences of its slope `APART` from here."""
    fwhm = fwhm_cm1[:, None]
    form = model.form(peak, fwhm, np.full_like(fwhm, np.nan))
    v = (model.shift_cm1 - center_cm1[:, None]) / (fwhm / 2)
    slopes = SHAPES[model.link(peak).shape].slopes
    behind, here, ahead = (slopes(v + step, form)[1] for step in (-APART, 0.0, APART))
    return np.stack([ahead - behind, ahead - 2 * here + behind], axis=1)
