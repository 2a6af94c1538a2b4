"""The problem of free Lorentzians: for these, Gram matrices of three functions per peak hold all.

For a Lorentzian the functions phi, phi^2 and x phi^2 span the value and both derivatives. The inner products of
these functions, the baseline polynomials and the data hold all that a least-squares step needs, so residuals are
never formed. Spectra run along the last axis of every small array.
"""

from __future__ import annotations

import numpy as np

from ramanfit.fit.engine import problem
from ramanfit.fit.engine.algebra import eliminate, inverse, substitute
from ramanfit.fit.engine.problem import Index, Point, Problem
from ramanfit.fit.result import FitResult
from ramanfit.frozen import dataclass
from ramanfit.scan.scan import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Lorentzians(Problem):
    """Spectra of Lorentzians that share nothing; what moves are the centers, then the widths, K = 2P."""

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        return self.model.lower.T.reshape(-1, 1), self.model.upper.T.reshape(-1, 1)

    def moving(self, nonlinear: FloatArray) -> FloatArray:
        return nonlinear[..., :2].transpose(2, 1, 0).reshape(2 * nonlinear.shape[1], -1)

    def nonlinear(self, moving: FloatArray) -> FloatArray:
        nonlinear = np.full((moving.shape[1], len(self.model.names), 3), np.nan)
        nonlinear[..., :2] = moving.reshape(2, len(self.model.names), -1).transpose(2, 1, 0)
        return nonlinear

    def reach(self, moving: FloatArray) -> FloatArray:
        p = len(moving) // 2
        return np.concatenate([moving[p:], moving[p:]])

    @property
    def leading(self) -> Index:
        return np.arange(len(self.model.names))

    def tangent_gram(self, moving: FloatArray) -> FloatArray:
        p, q = len(self.model.names), len(self.model.basis)
        center, fwhm = moving[:p] - self.model.middle, moving[p:]
        g = self.gram(center.T, fwhm.T)
        shift_rows(g, center, q, p)
        phi, slope, phi2 = (slice(q + k * p, q + (k + 1) * p) for k in range(3))
        g[phi2] = (g[phi] - g[phi2]) * (2 / fwhm)[:, None]
        g[:, phi2] = (g[:, phi] - g[:, phi2]) * (2 / fwhm)[None]
        g[slope] *= (8 / fwhm**2)[:, None]
        g[:, slope] *= (8 / fwhm**2)[None]
        return g

    def parameters_of(self, shapes: FloatArray, slopes: FloatArray, fits: FitResult) -> FloatArray:
        p = len(shapes)
        with np.errstate(divide="ignore", invalid="ignore"):
            changes = np.stack([shapes, slopes[:p] / fits.height.T, slopes[p:] / fits.height.T], axis=1)
        return np.asarray(changes.reshape(3 * p, -1).T)

    def reduce(self, moving: FloatArray) -> Point:
        p, q = len(self.model.names), len(self.model.basis)
        center, fwhm = moving[:p] - self.model.middle, moving[p:]
        gram = self.gram(center.T, fwhm.T)
        g = gram.copy()
        shift_rows(g, center, q, p)
        singular = eliminate(g, q + p)
        height = substitute(g, q, q + p)
        scale = np.concatenate([8 / fwhm**2 * height, -2 / fwhm * height])
        chi2 = g[-1, -1].copy()
        chi2[singular | ~np.isfinite(chi2)] = np.inf
        return Point(
            gram=gram,
            chi2=chi2,
            gradient=g[q + p : -1, -1] * scale,
            normal=g[q + p : -1, q + p : -1] * scale[:, None] * scale[None],
            snr2=np.stack([height[j] ** 2 * g[q + j, q + j] for j in range(p)]),
        )

    def finish(self, moving: FloatArray, end: Point, converged: BoolArray) -> FitResult:
        model = self.model
        q, p, n = len(model.basis), len(model.names), len(self)
        center, fwhm = moving[:p] - model.middle, moving[p:]
        g = end.gram.copy()
        shift_rows(g, center, q, p)
        normal = g[:-1, :-1].copy()
        singular = eliminate(g, q + p)
        linear = substitute(g, 0, q + p)
        height, chi2 = linear[q:], np.maximum(g[-1, -1], 0)

        # from the functions phi, (x - c) phi^2, phi^2 to the parameters height, center, fwhm
        a = slice(q, q + p), slice(q + p, q + 2 * p), slice(q + 2 * p, q + 3 * p)
        normal[a[2]] = (normal[a[0]] - normal[a[2]]) * (2 / fwhm * height)[:, None]
        normal[:, a[2]] = (normal[:, a[0]] - normal[:, a[2]]) * (2 / fwhm * height)[None]
        normal[a[1]] *= (8 / fwhm**2 * height)[:, None]
        normal[:, a[1]] *= (8 / fwhm**2 * height)[None]
        held = self.held(moving)
        fixed = np.concatenate([np.zeros((q + p, n), dtype=bool), held])
        dof = self.used - (model.parameters - held.sum(axis=0))
        covariance = inverse(normal, fixed) * (chi2 / np.maximum(dof, 1))
        order = q + np.arange(3 * p).reshape(3, p).T.ravel()  # height, center, fwhm of the first peak, then the next
        at_bound = np.zeros((n, p, 4), dtype=bool)
        at_bound[..., :2] = held.reshape(2, p, n).transpose(2, 1, 0)
        return self.result(
            moving,
            height=height,
            coefficients=linear[:q],
            covariance=covariance[np.ix_(order, order)],
            chi2=chi2,
            dof=dof,
            at_bound=at_bound,
            regular=~singular,
            converged=converged,
        )

    def gram(self, center: FloatArray, fwhm: FloatArray) -> FloatArray:
        """Return inner products of basis, phi, x phi^2, phi^2 and y, [R, R, n] with R = Q + 3P + 1.

        Parameters
        ----------
        center, fwhm : array [n, P]
            Centers from the middle of the window.
        """
        n, p = center.shape
        q, m = self.model.basis.shape
        size = 3 * p + 1 + q
        left = min(-(-3 * p // 4) * 4, size)  # rows of the product: GEMM is faster at multiples of four
        small = np.empty((n, left, size))
        buffer, denominator = np.empty((min(problem.BLOCK, n), size, m)), np.empty((min(problem.BLOCK, n), p, m))
        buffer[:, 3 * p + 1 :] = self.model.basis
        x = self.model.centred
        powers = np.stack([x * x, x, np.ones_like(x)])
        quadratic = _quadratic(center, fwhm)
        for s in range(0, n, problem.BLOCK):
            block = slice(s, s + problem.BLOCK)
            f = buffer[: min(problem.BLOCK, n - s)]
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


def shift_rows(g: FloatArray, center: FloatArray, q: int, p: int) -> None:
    """Turn x phi^2 into (x - center) phi^2."""
    xphi2, phi2 = slice(q + p, q + 2 * p), slice(q + 2 * p, q + 3 * p)
    g[xphi2] -= center[:, None] * g[phi2]
    g[:, xphi2] -= center[None] * g[:, phi2]
