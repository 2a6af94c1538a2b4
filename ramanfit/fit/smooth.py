"""The smooth part of a baseline: a Gaussian process, as functions that are orthonormal to the polynomials.

``K(x, x') = exp(-(x - x')^2 / (2 length^2))``, projected away from the polynomials; its leading eigenvectors are the
functions, its eigenvalues say how far each may go (Wahba, J. R. Stat. Soc. B 45, 133 (1983)).
"""

from __future__ import annotations

import numpy as np

from ramanfit.scan.scan import FloatArray

FUNCTIONS = 12  # where the length is at least a quarter of the window
MORE_FUNCTIONS = 20  # where it is shorter
PITCH = 1 / 3  # of the grid that the kernel is built from, in lengths: exact to rounding
REACH = 4.5  # lengths that this grid goes beyond the window


def smooth_functions(
    shift_cm1: FloatArray, polynomials: FloatArray, length_cm1: float, count: int | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return the smooth functions, and the variances of their coefficients at an amplitude of 1.

    The kernel is a convolution: ``K = F F^T`` with ``F = exp(-(x - u)^2 / length^2)`` on a grid of u, up to a
    factor, so that its eigenvectors are the singular vectors of F.

    Parameters
    ----------
    shift_cm1 : array [M]
    polynomials : array [Q, M]
        Orthonormal.
    length_cm1 : float
    count : int, optional
        How many functions; None: as many as the length asks for.

    Returns
    -------
    functions : array [J, M]
        Orthonormal, and to the polynomials; the smoothest first.
    variances : array [J]
    """
    low, high = shift_cm1[0], shift_cm1[-1]
    if count is None:
        count = FUNCTIONS if length_cm1 >= (high - low) / 4 else MORE_FUNCTIONS
    step = PITCH * length_cm1
    grid = np.arange(low - REACH * length_cm1, high + REACH * length_cm1 + step, step)
    kernel = np.exp(-(((shift_cm1[:, None] - grid) / length_cm1) ** 2)) * np.sqrt(
        step / (length_cm1 * np.sqrt(np.pi / 2))
    )
    kernel -= polynomials.T @ (polynomials @ kernel)
    functions, singular, _ = np.linalg.svd(kernel, full_matrices=False)
    count = min(count, len(shift_cm1) - len(polynomials) - 1, len(singular))
    chosen = functions[:, :count] - polynomials.T @ (polynomials @ functions[:, :count])  # the smallest lose digits
    return np.ascontiguousarray(np.linalg.qr(chosen)[0].T), np.asarray(singular[:count] ** 2)
