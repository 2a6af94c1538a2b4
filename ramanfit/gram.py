"""Gram matrices of many spectra at once, and the small algebra on them.

For a Lorentzian the functions phi, phi^2 and x phi^2 span the value and both derivatives. The inner products of
these functions, the baseline polynomials and the data hold all that a least-squares step needs, so residuals are
never formed. Spectra run along the last axis of every small array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ramanfit.model import Model
from ramanfit.scan import BoolArray, FloatArray

BLOCK = 32  # spectra whose basis functions fill the cache at once
SINGULAR = 1e-12  # pivot over diagonal below which functions are collinear

Index = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Problem:
    """Spectra, weights and the inner products that no step changes.

    Attributes
    ----------
    model : Model
    y : array [n, M]
        Counts less an unweighted baseline fit: small numbers keep their digits in a Gram matrix.
    removed : array [n, Q]
        Coefficients of what was taken off.
    weights : array [n, M] or None
    fixed : array [Q + 1, Q + 1, n]
        Inner products of the baseline polynomials and y.
    """

    model: Model
    y: FloatArray
    removed: FloatArray
    weights: FloatArray | None
    fixed: FloatArray

    @classmethod
    def of(cls, model: Model, counts: FloatArray, weights: FloatArray | None) -> Problem:
        """Set up the problem of some spectra."""
        basis, n, q = model.basis, len(counts), len(model.basis)
        removed = np.matmul(counts[:, None, :], basis.T)[:, 0]
        y = counts - np.matmul(removed[:, None, :], basis)[:, 0]
        fixed = np.zeros((q + 1, q + 1, n))
        if weights is None:
            fixed[:q, :q] = np.eye(q)[..., None]
            fixed[q, q] = np.einsum("nm,nm->n", y, y)
        else:
            rows = np.empty((BLOCK, q + 1, counts.shape[1]))
            rows[:, :q] = basis
            for s in range(0, n, BLOCK):
                block = rows[: min(BLOCK, n - s)]
                block[:, q] = y[s : s + BLOCK]
                weighted = block * weights[s : s + BLOCK, None]
                fixed[..., s : s + BLOCK] = (weighted @ block.transpose(0, 2, 1)).transpose(1, 2, 0)
        return cls(model, y, removed, weights, fixed)

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Index | BoolArray) -> Problem:
        """Return the problem of some of the spectra."""
        weights = None if self.weights is None else self.weights[rows]
        return Problem(self.model, self.y[rows], self.removed[rows], weights, self.fixed[..., rows])

    @classmethod
    def concat(cls, parts: Sequence[Problem]) -> Problem:
        """Join problems of one model, all with weights or all without."""
        weights = [p.weights for p in parts if p.weights is not None]
        return cls(
            parts[0].model,
            np.concatenate([p.y for p in parts]),
            np.concatenate([p.removed for p in parts]),
            np.concatenate(weights) if weights else None,
            np.concatenate([p.fixed for p in parts], axis=-1),
        )

    @property
    def used(self) -> npt.NDArray[np.int64]:
        """Channels that count, [n]."""
        if self.weights is None:
            return np.full(len(self), self.y.shape[1])
        return np.asarray((self.weights > 0).sum(axis=1))

    def gram(self, theta: FloatArray) -> FloatArray:
        """Inner products of basis, phi, x phi^2, phi^2 and y, [K, K, n] with K = Q + 3P + 1."""
        n, p, _ = theta.shape
        q, m = self.model.basis.shape
        size = 3 * p + 1 + q
        left = min(-(-3 * p // 4) * 4, size)  # rows of the product: GEMM is faster at multiples of four
        small = np.empty((n, left, size))
        buffer, denominator = np.empty((min(BLOCK, n), size, m)), np.empty((min(BLOCK, n), p, m))
        buffer[:, 3 * p + 1 :] = self.model.basis
        x = self.model.centred
        powers = np.stack([x * x, x, np.ones_like(x)])
        quadratic = _quadratic(theta[..., 0] - self.model.middle, theta[..., 1])
        for s in range(0, n, BLOCK):
            block = slice(s, s + BLOCK)
            f = buffer[: min(BLOCK, n - s)]
            phi, xphi2, phi2 = f[:, :p], f[:, p : 2 * p], f[:, 2 * p : 3 * p]
            np.divide(1, np.matmul(quadratic[block], powers, out=denominator[: len(f)]), out=phi)
            np.multiply(phi, phi, out=phi2)
            np.multiply(phi2, x, out=xphi2)
            f[:, 3 * p] = self.y[block]
            weighted = f[:, :left] if self.weights is None else f[:, :left] * self.weights[block, None]
            np.matmul(weighted, f.transpose(0, 2, 1), out=small[block])
        g = np.empty((q + 3 * p + 1, q + 3 * p + 1, n))
        moved = small[:, : 3 * p].transpose(1, 2, 0)
        g[q:-1, q:-1] = moved[:, : 3 * p]
        g[q:-1, -1] = g[-1, q:-1] = moved[:, 3 * p]
        g[q:-1, :q] = moved[:, 3 * p + 1 :]
        g[:q, q:-1] = g[q:-1, :q].transpose(1, 0, 2)
        ends = np.r_[0:q, q + 3 * p]
        g[np.ix_(ends, ends)] = self.fixed
        return g


def _quadratic(center: FloatArray, fwhm: FloatArray) -> FloatArray:
    """Coefficients of 1 + u^2 as a quadratic in x: [n, P, 3]."""
    k = 4 / (fwhm * fwhm)
    return np.stack([k, -2 * k * center, k * center * center + 1], axis=-1)


def eliminate(g: FloatArray, pivots: int) -> BoolArray:
    """Gaussian elimination of the first `pivots` functions, in place; True where they are collinear."""
    singular = np.zeros(g.shape[-1], dtype=bool)
    diagonal = np.stack([g[j, j] for j in range(pivots)])
    for j in range(pivots):
        pivot = g[j, j]
        bad = ~(pivot > SINGULAR * diagonal[j])
        if bad.any():
            singular |= bad
            pivot[bad] = 1.0
        row = g[j, j + 1 :] / pivot
        g[j + 1 :, j + 1 :] -= g[j, j + 1 :, None] * row[None]
    return singular


def substitute(g: FloatArray, first: int, last: int) -> FloatArray:
    """Back substitution after elimination: the linear parameters first..last-1, [last - first, n]."""
    linear = np.empty((last - first, g.shape[-1]))
    for k in range(last - 1, first - 1, -1):
        known = (g[k, k + 1 : last] * linear[k + 1 - first :]).sum(axis=0)
        linear[k - first] = (g[k, -1] - known) / g[k, k]
    return linear


def shift_rows(g: FloatArray, center: FloatArray, q: int, p: int) -> None:
    """Turn x phi^2 into (x - center) phi^2."""
    xphi2, phi2 = slice(q + p, q + 2 * p), slice(q + 2 * p, q + 3 * p)
    g[xphi2] -= center[:, None] * g[phi2]
    g[:, xphi2] -= center[None] * g[:, phi2]


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
        x[j] = g[j, -1] - (g[j, j + 1 : k] * x[j + 1 :]).sum(axis=0)
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
