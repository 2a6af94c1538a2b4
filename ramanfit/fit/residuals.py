"""What the residuals of a fit say against it: structure, and a line that is rather two."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ramanfit.fit.lineshapes import SHAPES
from ramanfit.fit.model import Model
from ramanfit.scan.scan import BoolArray, FloatArray

SPLIT = 8.0  # fall of chi-square, in variances, that makes it worth while to fit two lines


def autocorrelation(residual: FloatArray, use: BoolArray | None = None) -> FloatArray:
    """Return the correlation of neighbouring residuals in standard errors, [N].

    Of residuals that are noise alone it is near 0, with a standard deviation of 1: ``sqrt(n) r1`` (Durbin & Watson,
    Biometrika 37, 409 (1950), whose statistic is 2 (1 - r1)).

    Parameters
    ----------
    residual : array [N, M]
        In standard deviations of each channel.
    use : bool array [N, M], optional
        Channels that were fitted.
    """
    e = residual if use is None else np.where(use, residual, 0.0)
    used = np.ones((1, e.shape[1]), dtype=bool) if use is None else use
    pairs = (used[:, 1:] & used[:, :-1]).sum(axis=1)
    square = np.einsum("nm,nm->n", e, e) * np.sqrt(pairs)
    product = np.einsum("nm,nm->n", e[:, 1:], e[:, :-1]) * used.sum(axis=1)
    return np.asarray(np.divide(product, square, out=np.full(len(e), np.nan), where=square > 0))


def may_be_two(
    shift_cm1: FloatArray, residual: FloatArray, center_cm1: FloatArray, fwhm_cm1: FloatArray, left: FloatArray
) -> BoolArray:
    """Return where the residuals of a Lorentzian ask for a second one beside it, bool [N].

    Two near lines of one width differ from one by the second derivative of it with respect to its center, unequal
    ones also by the third. What these would gain is judged from their overlap with the residuals.

    Parameters
    ----------
    shift_cm1 : array [M]
    residual : array [N, M]
        In standard deviations of each channel, 0 where none was fitted.
    center_cm1, fwhm_cm1 : array [N]
        Of the line.
    left : array [2]
        Part of the second and of the third derivative, squared, that the fitted parameters leave.
    """
    asked = np.zeros(len(residual), dtype=bool)
    for rows, derivatives in _derivatives(shift_cm1, center_cm1, fwhm_cm1):
        for part, shape in zip(left.tolist(), derivatives, strict=True):
            overlap = np.einsum("nm,nm->n", shape, residual[rows])
            norm = np.einsum("nm,nm->n", shape, shape) * part
            asked[rows] |= overlap * overlap > SPLIT * norm
    return asked


def part_left(model: Model, place: FloatArray) -> FloatArray:
    """Return which part of the derivatives of `may_be_two` a fit leaves, squared, [P, 2].

    Parameters
    ----------
    model : Model
    place : array [P, 3]
        Center, fwhm and form that are typical of the spectra.
    """
    tangent = [model.basis]
    for p, (center, fwhm, form) in enumerate(place):
        v = (model.shift_cm1 - center) / (fwhm / 2)
        value, d_v, _ = SHAPES[model.link(p).shape].slopes(v, form)
        tangent.append(np.stack([value, d_v, v * d_v]))
    q, _ = np.linalg.qr(np.concatenate(tangent).T)
    left = np.empty((len(place), 2))
    for p in range(len(place)):
        ((_, shapes),) = _derivatives(model.shift_cm1, place[p : p + 1, 0], place[p : p + 1, 1])
        for k, shape in enumerate(shapes):
            unit = shape[0] / np.linalg.norm(shape[0])
            left[p, k] = 1 - np.sum((unit @ q) ** 2)
    return left


def _derivatives(
    shift_cm1: FloatArray, center_cm1: FloatArray, fwhm_cm1: FloatArray, block: int = 64
) -> Iterator[tuple[slice, tuple[FloatArray, FloatArray]]]:
    """Yield rows with the second and the third derivative of their lines, up to a factor."""
    for start in range(0, len(center_cm1), block):
        rows = slice(start, start + block)
        u = (shift_cm1 - center_cm1[rows, None]) / (fwhm_cm1[rows, None] / 2)
        u2 = u * u
        phi = 1 / (1 + u2)
        phi3 = phi * phi * phi
        yield rows, ((3 * u2 - 1) * phi3, u * (1 - u2) * phi3 * phi)
