"""Starting values from the data: a coarse search over shared trial shapes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ramanfit.lineshapes import lorentzian
from ramanfit.model import Model
from ramanfit.scan import FloatArray

CENTERS, WIDTHS = 9, 5  # trial shapes per peak
SWEEPS = 2


class Starts:
    """Trial shapes of every peak, orthogonal to the baseline and of unit norm.

    One matrix product tells how well each fits each spectrum; peaks are then placed in turn, each given
    the others, as orthogonal matching pursuit does (Pati et al., Asilomar Conf. 1, 40 (1993)).
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.grid = np.array([_trials(lo, hi) for lo, hi in zip(model.lower, model.upper, strict=True)])  # [P,K,2]
        shapes = lorentzian(model.shift_cm1, self.grid[..., :1], self.grid[..., 1:])
        shapes -= (shapes @ model.basis.T) @ model.basis
        shapes /= np.sqrt((shapes * shapes).sum(axis=-1, keepdims=True))
        self.shapes = shapes  # [P, K, M]
        flat = shapes.reshape(-1, shapes.shape[-1])
        k = self.grid.shape[1]
        p = len(self.grid)
        self.overlap = (flat @ flat.T).reshape(p, k, p, k)

    def search(self, y: FloatArray) -> FloatArray:
        """Return centers and widths [n, P, 2] for spectra [n, M] that hold no baseline."""
        p, k = self.grid.shape[:2]
        match = (y @ self.shapes.reshape(p * k, -1).T).reshape(-1, p, k)
        chosen = np.zeros((len(y), p), dtype=np.intp)
        for sweep in range(SWEEPS):
            for j in range(p):
                others = [o for o in range(p if sweep else j) if o != j]
                chosen[:, j] = self._gain_on_grid(match, chosen, j, others).argmax(axis=1)
        return np.asarray(self.grid[np.arange(p), chosen])

    def replace(self, y: FloatArray, theta: FloatArray, which: npt.NDArray[np.intp]) -> FloatArray:
        """Return `theta` [n, P, 2] with one peak of each spectrum, `which` [n], searched anew beside the others.

        A strong peak that stands half a trial away from its place hides a weak one in the first search; once
        it is fitted, it does not.
        """
        model, placed = self.model, theta.copy()
        for j in range(len(self.grid)):
            rows = np.flatnonzero(which == j)
            others = np.delete(theta[rows], j, axis=1)
            fitted = lorentzian(model.shift_cm1, others[..., :1], others[..., 1:])
            fitted -= (fitted @ model.basis.T) @ model.basis
            gain = _gain(
                own=y[rows] @ self.shapes[j].T,
                data=fitted @ y[rows, :, None],
                among=fitted @ fitted.transpose(0, 2, 1),
                cross=fitted @ self.shapes[j].T,
            )
            placed[rows, j] = self.grid[j, gain.argmax(axis=1)]
        return placed

    def _gain_on_grid(
        self, match: FloatArray, chosen: npt.NDArray[np.intp], j: int, others: Sequence[int]
    ) -> FloatArray:
        """Gain of peak j's trials beside others that stand on trials of their own."""
        n, rows = len(match), np.arange(len(match))
        among = np.empty((n, len(others), len(others)))
        cross = np.empty((n, len(others), self.grid.shape[1]))
        data = np.empty((n, len(others), 1))
        for a, o in enumerate(others):
            data[:, a, 0] = match[rows, o, chosen[:, o]]
            cross[:, a] = self.overlap[o, chosen[:, o], j]
            for b, other in enumerate(others):
                among[:, a, b] = self.overlap[o, chosen[:, o], other, chosen[:, other]]
        return _gain(match[:, j], data, among, cross)


def _gain(own: FloatArray, data: FloatArray, among: FloatArray, cross: FloatArray) -> FloatArray:
    """Fall of chi-square with each trial shape of one peak, [n, K]; negative where its height would be.

    Inner products of the trials with the data [n, K], of the other shapes with the data [n, O, 1], among
    themselves [n, O, O], and with the trials [n, O, K].
    """
    if not data.size:
        return np.asarray(own * np.abs(own))
    diagonal = np.einsum("nii->ni", among)
    diagonal *= 1 + 1e-6
    solved = np.linalg.solve(among, np.concatenate([data, cross], axis=2))
    rest = own - (cross * solved[:, :, :1]).sum(axis=1)
    norm = 1 - (cross * solved[:, :, 1:]).sum(axis=1)
    return np.asarray(rest * np.abs(rest) / np.maximum(norm, 1e-3))


def _trials(low: FloatArray, high: FloatArray) -> FloatArray:
    """Centers and widths inside one peak's bounds, [K, 2]."""
    part = (np.arange(CENTERS) + 0.5) / CENTERS
    centers = low[0] + part * (high[0] - low[0])
    part = (np.arange(WIDTHS) + 0.5) / WIDTHS
    widths = low[1] * (high[1] / low[1]) ** part
    return np.stack(np.meshgrid(centers, widths, indexing="ij"), axis=-1).reshape(-1, 2)
