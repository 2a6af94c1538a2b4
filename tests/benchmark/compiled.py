"""The engine's loop compiled with numba, one spectrum after another: the yardstick, not a product."""

from __future__ import annotations

import numba
import numpy as np

from ramanfit.fit.engine import limits, varpro
from ramanfit.fit.engine.starts import Starts
from ramanfit.fit.model import Model
from ramanfit.scan.scan import FloatArray

_JIT = {"nogil": True, "fastmath": True, "cache": False}


@numba.njit(**_JIT)
def _gram(x, y, basis, center, fwhm, f, g):
    p, q, m = len(center), len(basis), len(x)
    for j in range(p):
        k = 4.0 / (fwhm[j] * fwhm[j])
        c = center[j]
        for i in range(m):
            d = x[i] - c
            phi = 1.0 / (1.0 + k * d * d)
            f[q + j, i] = phi
            f[q + 2 * p + j, i] = phi * phi
            f[q + p + j, i] = d * phi * phi
    n = q + 3 * p + 1
    for a in range(q, n):
        for b in range(0, a + 1, 4):  # four at once: each value of row a is loaded once
            b1, b2, b3 = min(b + 1, a), min(b + 2, a), min(b + 3, a)
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for i in range(m):
                v = f[a, i]
                s0 += v * f[b, i]
                s1 += v * f[b1, i]
                s2 += v * f[b2, i]
                s3 += v * f[b3, i]
            g[a, b], g[a, b1], g[a, b2], g[a, b3] = s0, s1, s2, s3
        for b in range(a):
            g[b, a] = g[a, b]
    for a in range(q):
        for b in range(q):
            g[a, b] = 1.0 if a == b else 0.0


@numba.njit(**_JIT)
def _reduce(g, fwhm, q, p, height, snr2, gradient, normal):
    n = q + 3 * p + 1
    for j in range(q + p):
        for a in range(j + 1, n):
            r = g[j, a] / g[j, j]
            for b in range(j + 1, n):
                g[b, a] -= g[b, j] * r
    for j in range(p - 1, -1, -1):
        s = g[q + j, n - 1]
        for a in range(j + 1, p):
            s -= g[q + j, q + a] * height[a]
        height[j] = s / g[q + j, q + j]
        snr2[j] = height[j] ** 2 * g[q + j, q + j]
    for a in range(2 * p):
        sa = 8 / fwhm[a] ** 2 * height[a] if a < p else -2 / fwhm[a - p] * height[a - p]
        gradient[a] = g[q + p + a, n - 1] * sa
        for b in range(2 * p):
            sb = 8 / fwhm[b] ** 2 * height[b] if b < p else -2 / fwhm[b - p] * height[b - p]
            normal[a, b] = g[q + p + a, q + p + b] * sa * sb
    return g[n - 1, n - 1]


@numba.njit(**_JIT)
def _solve(normal, gradient, held, damping, work, step):
    k = len(gradient)
    for a in range(k):
        for b in range(k):
            work[a, b] = 0.0 if held[a] or held[b] else normal[a, b]
        d = work[a, a] if work[a, a] > 0 else 1.0
        work[a, a] = d * (1 + damping)
        work[a, k] = 0.0 if held[a] else gradient[a]
    for j in range(k):
        for a in range(j + 1, k):
            r = work[a, j] / work[j, j]
            for b in range(j, k + 1):
                work[a, b] -= r * work[j, b]
    for a in range(k - 1, -1, -1):
        s = work[a, k]
        for b in range(a + 1, k):
            s -= work[a, b] * step[b]
        step[a] = s / work[a, a]


@numba.njit(**_JIT)
def _covariance(g, fwhm, height, q, p, scale):
    n = q + 3 * p
    a = g[:n, :n].copy()
    for j in range(p):
        w, c = q + 2 * p + j, q + p + j
        t, u = 2 / fwhm[j] * height[j], 8 / fwhm[j] ** 2 * height[j]
        for i in range(n):
            a[w, i] = (a[q + j, i] - a[w, i]) * t
            a[c, i] *= u
        for i in range(n):
            a[i, w] = (a[i, q + j] - a[i, w]) * t
            a[i, c] *= u
    return np.linalg.inv(a) * scale


@numba.njit(**_JIT)
def _minimise(x, y, basis, lower, upper, theta, chi2, snr2, converged, covariance):
    n, m = y.shape
    p, q = theta.shape[1], len(basis)
    size = q + 3 * p + 1
    f, g, kept = np.empty((size, m)), np.empty((size, size)), np.empty((size, size))
    f[:q] = basis
    height, s2, gradient, normal = np.empty(p), np.empty(p), np.empty(2 * p), np.empty((2 * p, 2 * p))
    height2, s22, gradient2, normal2 = np.empty(p), np.empty(p), np.empty(2 * p), np.empty((2 * p, 2 * p))
    here, trial, step = np.empty(2 * p), np.empty(2 * p), np.empty(2 * p)
    held, work = np.empty(2 * p, np.bool_), np.empty((2 * p, 2 * p + 1))
    for i in range(n):
        f[size - 1] = y[i]
        total = 0.0
        for j in range(m):
            total += y[i, j] * y[i, j]
        for j in range(p):
            here[j] = min(max(theta[i, j, 0], lower[j, 0]), upper[j, 0])
            here[p + j] = min(max(theta[i, j, 1], lower[j, 1]), upper[j, 1])
        _gram(x, y[i], basis, here[:p], here[p:], f, g)
        kept[:] = g
        best = _reduce(g, here[p:], q, p, height, s2, gradient, normal)
        damping = 1e-3
        for _ in range(limits.MAX_ITERATIONS):
            for a in range(2 * p):
                lo, hi = lower[a % p, a // p], upper[a % p, a // p]
                held[a] = (here[a] <= lo and gradient[a] < 0) or (here[a] >= hi and gradient[a] > 0)
            _solve(normal, gradient, held, damping, work, step)
            fall = 0.0
            for a in range(2 * p):
                if not held[a]:
                    fall += step[a] * gradient[a]
            if fall * (1 + damping) <= limits.TOLERANCE * best + limits.ROUNDING * total:
                converged[i] = True
                break
            if not damping < limits.MAX_DAMPING:
                break
            promised = 0.0
            for a in range(2 * p):
                limit = limits.MAX_STEP * here[p + a % p]
                lo, hi = lower[a % p, a // p], upper[a % p, a // p]
                trial[a] = min(max(here[a] + min(max(step[a], -limit), limit), lo), hi)
            for a in range(2 * p):
                s = 2 * gradient[a]
                for b in range(2 * p):
                    s -= normal[a, b] * (trial[b] - here[b])
                promised += s * (trial[a] - here[a])
            _gram(x, y[i], basis, trial[:p], trial[p:], f, g)
            raw = g.copy()
            new = _reduce(g, trial[p:], q, p, height2, s22, gradient2, normal2)
            if new < best:
                gain = (best - new) / promised
                damping *= min(max(1 - (2 * gain - 1) ** 3, 0.1), 10.0)
                damping = max(damping, 1e-9)
                best = new
                here[:], height[:], s2[:] = trial, height2, s22
                gradient[:], normal[:], kept[:] = gradient2, normal2, raw
            else:
                damping *= 10
        for j in range(p):
            theta[i, j, 0], theta[i, j, 1] = here[j], here[p + j]
            snr2[i, j] = s2[j]
        chi2[i] = best
        covariance[i] = _covariance(kept, here[p:], height, q, p, best / (m - q - 3 * p))


def fit(model: Model, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centers and widths [N, P, 2] and chi-square [N]; second starts and the covariance are paid for too."""
    starts = Starts(model)
    parts = [_fit_chunk(model, starts, counts[s : s + varpro.CHUNK]) for s in range(0, len(counts), varpro.CHUNK)]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _fit_chunk(model: Model, starts: Starts, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    x = model.shift_cm1 - model.shift_cm1.mean()
    offset = model.shift_cm1[0] - x[0]
    lower, upper = model.lower.copy(), model.upper.copy()
    lower[:, 0] -= offset
    upper[:, 0] -= offset
    y = counts - (counts @ model.basis.T) @ model.basis
    first = starts.search(y)[..., :2]

    def run(y: FloatArray, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        n, p = theta.shape[:2]
        theta = theta.copy()
        theta[..., 0] -= offset
        chi2, snr2, good = np.empty(n), np.empty((n, p)), np.zeros(n, dtype=bool)
        covariance = np.empty((n, model.parameters, model.parameters))
        _minimise(x, y, model.basis, lower, upper, theta, chi2, snr2, good, covariance)
        theta[..., 0] += offset
        return theta, chi2, snr2, good

    theta, chi2, snr2, good = run(y, first)
    dof = len(x) - model.parameters
    held = ((theta <= model.lower) | (theta >= model.upper)).any(axis=(1, 2))
    again = np.flatnonzero(held | ~good | (snr2 < limits.SUSPECT_SNR2 * chi2[:, None] / dof).any(axis=1))
    t, c, _, _ = run(y[again], np.broadcast_to(model.start, (len(again), *model.start.shape)))
    better = c < chi2[again]
    theta[again[better]], chi2[again[better]] = t[better], c[better]
    return theta, chi2
