"""The same least-squares problem written out for scipy: all parameters free, analytic Jacobian, no elimination."""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

from ramanfit.fit.model import Model
from ramanfit.scan.scan import FloatArray


class LeastSquares:
    """One spectrum's residual and Jacobian; parameters: height, center, fwhm of each peak, then coefficients."""

    def __init__(self, model: Model, y: FloatArray, root: FloatArray | None = None) -> None:
        self.model, self.y = model, y
        self.root = np.ones_like(y) if root is None else root
        self.peaks = len(model.names)

    def _shapes(self, v: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        height, center, fwhm = v[: 3 * self.peaks].reshape(self.peaks, 3).T[..., None]
        u = 2 * (self.model.shift_cm1 - center) / fwhm
        return height, fwhm, u, 1 / (1 + u * u)

    def residual(self, v: FloatArray) -> FloatArray:
        height, _, _, phi = self._shapes(v)
        return ((height * phi).sum(axis=0) + v[3 * self.peaks :] @ self.model.basis - self.y) * self.root

    def jacobian(self, v: FloatArray) -> FloatArray:
        height, fwhm, u, phi = self._shapes(v)
        j = np.empty((self.y.size, v.size))
        j[:, 0 : 3 * self.peaks : 3] = phi.T
        j[:, 1 : 3 * self.peaks : 3] = (height * phi * phi * 4 * u / fwhm).T
        j[:, 2 : 3 * self.peaks : 3] = (height * phi * phi * 2 * u * u / fwhm).T
        j[:, 3 * self.peaks :] = self.model.basis.T
        return j * self.root[:, None]

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        model = self.model
        free, height = np.full(len(model.basis), np.inf), np.full(self.peaks, np.inf)
        low = np.column_stack([-height, model.lower]).ravel()
        high = np.column_stack([height, model.upper]).ravel()
        return np.r_[low, -free], np.r_[high, free]

    def start(self, place: FloatArray, height: FloatArray | None = None) -> FloatArray:
        """All parameters from centers and widths [P, 2]; heights fitted linearly unless given."""
        place = np.clip(place, self.model.lower + 1e-6, self.model.upper - 1e-6)
        u = 2 * (self.model.shift_cm1 - place[:, :1]) / place[:, 1:]
        columns = np.concatenate([1 / (1 + u * u), self.model.basis]) * self.root
        linear = np.linalg.lstsq(columns.T, self.y * self.root, rcond=None)[0]
        first = linear[: self.peaks] if height is None else height
        return np.r_[np.column_stack([first, place]).ravel(), linear[self.peaks :]]

    def converge(self, height: FloatArray, place: FloatArray) -> tuple[float, FloatArray]:
        """Least chi-square and its parameters, from given peaks, to the last digits."""
        found = least_squares(
            self.residual,
            self.start(place, height),
            self.jacobian,
            bounds=self.bounds(),
            method="trf",
            x_scale="jac",
            ftol=1e-14,
            xtol=1e-14,
            gtol=1e-14,
            max_nfev=500,
        )
        return 2 * found.cost, found.x
