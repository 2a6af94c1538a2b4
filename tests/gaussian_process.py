"""The baseline's smooth part written out densely: y ~ N(P b + peaks, V + (a s)^2 K), with numpy and scipy alone."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from scipy.optimize import least_squares

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.model import Model
from ramanfit.scan.scan import FloatArray
from tests.problem import LeastSquares

B, G = (1345.0, 120.0), (1590.0, 34.0)
BACKGROUNDS = ("exponential and hump", "sigmoid", "smooth random")


def kernel(shift_cm1: FloatArray, length_cm1: float) -> FloatArray:
    return np.asarray(np.exp(-((shift_cm1[:, None] - shift_cm1) ** 2) / (2 * length_cm1**2)))


def background(name: str, shift_cm1: FloatArray, rng: np.random.Generator) -> FloatArray:
    """One of `BACKGROUNDS`, in heights of G, with random parameters."""
    t = (shift_cm1 - 1400) / 500
    u = rng.uniform
    if name == "exponential and hump":
        hump = u(0.8, 1.6) * np.exp(-(((t - u(-0.4, 0.4)) / u(0.7, 1.1)) ** 2))
        return np.asarray(0.5 + u(2, 4) * np.exp(-u(0.6, 1.2) * (t + 1)) + hump)
    if name == "sigmoid":
        return np.asarray(1 + u(1, 4) / (1 + np.exp(-(t - u(-0.5, 0.3)) / u(0.25, 0.5))))
    if name == "smooth random":
        k = kernel(shift_cm1, u(300, 600)) + 1e-9 * np.eye(shift_cm1.size)
        return np.asarray(6 + u(0.5, 2) * (cholesky(k, lower=True) @ rng.normal(size=shift_cm1.size)))
    return np.asarray(2 + 0.5 * t - 0.3 * t * t)


def spectra(
    name: str, shift_cm1: FloatArray, snr: float, n: int, seed: int, ratio: float = 1.2
) -> tuple[FloatArray, FloatArray]:
    """Counts of B and G on backgrounds of their own, noise that grows with the signal; and its true variance."""
    rng = np.random.default_rng(seed)
    peaks = ratio * lorentzian(shift_cm1, *B) + lorentzian(shift_cm1, *G)
    signal = np.stack([peaks + background(name, shift_cm1, rng) for _ in range(n)])
    variance = (0.5 + 0.5 * signal / signal.mean(axis=1, keepdims=True)) / snr**2
    return 1e3 * (signal + np.sqrt(variance) * rng.normal(size=signal.shape)), 1e6 * variance


class Dense:
    """One spectrum with a known covariance of its channels; parameters as in `LeastSquares`.

    Parameters
    ----------
    model : Model
        Its polynomials count, its smooth part does not.
    y : array [M]
    covariance : array [M, M]
    """

    def __init__(self, model: Model, y: FloatArray, covariance: FloatArray) -> None:
        self.plain = LeastSquares(model.plain, y)
        self.root = cholesky(covariance, lower=True)

    def residual(self, v: FloatArray) -> FloatArray:
        return np.asarray(solve_triangular(self.root, self.plain.residual(v), lower=True))

    def jacobian(self, v: FloatArray) -> FloatArray:
        return np.asarray(solve_triangular(self.root, self.plain.jacobian(v), lower=True))

    def fit(self, place: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Least chi-square, its parameters and their covariance, scaled with chi-square over its degrees of freedom."""
        low, high = self.plain.bounds()
        found = least_squares(
            self.residual,
            self.plain.start(place),
            self.jacobian,
            bounds=(low, high),
            x_scale="jac",
            ftol=1e-15,
            xtol=1e-15,
            gtol=1e-15,
            max_nfev=500,
        )
        chi2, j = 2 * found.cost, self.jacobian(found.x)
        return chi2, found.x, np.linalg.inv(j.T @ j) * chi2 / (j.shape[0] - j.shape[1])


def ratio_of(v: FloatArray, covariance: FloatArray) -> tuple[float, float]:
    """First height over second and its standard error, of parameters height, center, fwhm of each peak."""
    ratio = v[0] / v[3]
    slope = np.zeros(len(v))
    slope[0], slope[3] = 1 / v[3], -ratio / v[3]
    return float(ratio), float(np.sqrt(slope @ covariance @ slope))


def restricted_likelihood(y: FloatArray, linear: FloatArray, covariance: FloatArray) -> float:
    """-2 log REML of ``y ~ N(linear b, sigma^2 covariance)``, least over sigma, up to a constant.

    Patterson & Thompson, Biometrika 58, 545 (1971): ``log det C + log det X^T C^-1 X + (n - p) log chi2``.
    """
    factor = cho_factor(covariance)
    solved = cho_solve(factor, linear.T)
    gram = linear @ solved
    beta = np.linalg.solve(gram, solved.T @ y)
    rest = y - beta @ linear
    chi2 = rest @ cho_solve(factor, rest)
    log_det = 2 * np.log(np.diag(factor[0])).sum()
    return float(log_det + np.linalg.slogdet(gram)[1] + (len(y) - len(linear)) * np.log(chi2))
