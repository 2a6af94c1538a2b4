"""Starting values from the data: a coarse search over shared trial shapes."""

from __future__ import annotations

import numpy as np

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
        flat = self.shapes.reshape(p * k, -1)
        match = (y @ flat.T).reshape(-1, p, k)
        chosen = np.zeros((len(y), p), dtype=np.intp)
        placed: list[int] = []
        for sweep in range(SWEEPS):
            for j in range(p):
                others = [o for o in placed if o != j]
                score = self._gain(match, chosen, j, others)
                chosen[:, j] = score.argmax(axis=1)
                if sweep == 0:
                    placed.append(j)
        return np.asarray(self.grid[np.arange(p), chosen])

    def _gain(self, match: FloatArray, chosen: np.ndarray, j: int, others: list[int]) -> FloatArray:
        """Fall of chi-square when peak j takes each trial shape, negative where its height would be."""
        own = match[:, j]
        if not others:
            return np.asarray(own * np.abs(own))
        n = len(match)
        rows = np.arange(n)
        # inner products of the others among themselves, with the data, and with j's trials
        among = np.empty((n, len(others), len(others)))
        cross = np.empty((n, len(others), self.grid.shape[1]))
        data = np.empty((n, len(others), 1))
        for a, o in enumerate(others):
            data[:, a, 0] = match[rows, o, chosen[:, o]]
            cross[:, a] = self.overlap[o, chosen[:, o], j]
            for b, o2 in enumerate(others):
                among[:, a, b] = self.overlap[o, chosen[:, o], o2, chosen[:, o2]]
        among += 1e-6 * np.eye(len(others))
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
