"""Small dense algebra on many systems at once: they run along the last axis, and none feels its neighbours."""

from __future__ import annotations

import numpy as np

from ramanfit.scan.scan import BoolArray, FloatArray

SINGULAR = 1e-12  # pivot over diagonal below which functions are collinear


def total(terms: FloatArray) -> FloatArray:
    """Sum over the first axis, one term after another: of a single system numpy's sum would take them in pairs."""
    if len(terms) and terms.shape[-1] == 1:
        return np.asarray(np.add.accumulate(terms, axis=0)[-1])
    return np.asarray(terms.sum(axis=0))


def eliminate(g: FloatArray, pivots: int) -> BoolArray:
    """Gaussian elimination of the first `pivots` functions, in place; True where they are collinear.

    The matrix is symmetric; of the functions that are no pivots the rows may be left out.
    """
    singular = np.zeros(g.shape[-1], dtype=bool)
    diagonal = np.stack([g[j, j] for j in range(pivots)])
    for j in range(pivots):
        pivot = g[j, j]
        bad = ~(pivot > SINGULAR * diagonal[j])
        if bad.any():
            singular |= bad
            pivot[bad] = 1.0
        row = g[j, j + 1 :] / pivot
        g[j + 1 :, j + 1 :] -= g[j, j + 1 : len(g), None] * row[None]
    return singular


def substitute(g: FloatArray, first: int, last: int) -> FloatArray:
    """Back substitution after elimination: the linear parameters first..last-1, [last - first, n]."""
    linear = np.empty((last - first, g.shape[-1]))
    for k in range(last - 1, first - 1, -1):
        solved = total(g[k, k + 1 : last] * linear[k + 1 - first :])
        linear[k - first] = (g[k, -1] - solved) / g[k, k]
    return linear


def solve(a: FloatArray, b: FloatArray) -> FloatArray:
    """Solve positive definite systems a [k, k, n], b [k, n] by elimination."""
    k = len(b)
    g = np.concatenate([a, b[:, None]], axis=1)
    for j in range(k):
        row = g[j, j + 1 :] / g[j, j]
        g[j, j + 1 :] = row
        g[j + 1 :, j + 1 :] -= g[j + 1 :, j, None] * row[None]
    x = np.empty_like(b)
    for j in range(k - 1, -1, -1):
        x[j] = g[j, -1] - total(g[j, j + 1 : k] * x[j + 1 :])
    return x


def inverse(a: FloatArray, fixed: BoolArray) -> FloatArray:
    """Invert normal matrices [k, k, n]; not a number for fixed parameters, and all over where there is no inverse."""
    a[fixed[:, None] | fixed[None]] = 0.0
    diagonal = np.einsum("iin->in", a)
    diagonal[fixed] = 1.0
    none = ~(diagonal > 0).all(axis=0)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    a /= scale[:, None] * scale[None]
    diagonal[:, none] = 1.0
    for j in range(len(a)):
        pivot = a[j, j].copy()
        none |= ~(pivot > SINGULAR)
        pivot[none] = 1.0
        column, row = a[:, j].copy(), a[j] / pivot
        a -= column[:, None] * row[None]
        a[j], a[:, j], a[j, j] = row, -column / pivot, 1 / pivot
    a /= scale[:, None] * scale[None]
    a[fixed[:, None] | fixed[None] | none] = np.nan
    return a
