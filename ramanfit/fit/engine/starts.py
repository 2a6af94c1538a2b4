"""Starting values from the data: a coarse search over shared trial shapes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ramanfit.fit.model import Model
from ramanfit.scan.scan import FloatArray

CENTERS, WIDTHS = 9, 5  # trial shapes per peak
SWEEPS = 2


class Starts:
    """Trial shapes of every peak, orthogonal to the baseline and of unit norm.

    One matrix product tells how well each fits each spectrum; peaks are then placed in turn, each given
    the others, as orthogonal matching pursuit does (Pati et al., Asilomar Conf. 1, 40 (1993)).
    """

    def __init__(self, model: Model) -> None:
        self.model, self.home = model, model.home
        self.roots = [p for p in range(len(model.names)) if not model.rigid(p)]
        self.grid = np.array([_trials(*_reach(model, p)) for p in self.roots])  # [P, K, 2]
        shapes = np.stack([self._trial(p, grid) for p, grid in zip(self.roots, self.grid, strict=True)])
        shapes -= (shapes @ model.polynomials.T) @ model.polynomials
        shapes /= np.sqrt((shapes * shapes).sum(axis=-1, keepdims=True))
        self.shapes = shapes  # [P, K, M]
        flat = shapes.reshape(-1, shapes.shape[-1])
        k = self.grid.shape[1]
        p = len(self.grid)
        self.overlap = (flat @ flat.T).reshape(p, k, p, k)

    def _trial(self, peak: int, grid: FloatArray) -> FloatArray:
        """Shapes [K, M] of a peak with its trial centers and widths [K, 2], with those that stand and fall with it."""
        model = self.model
        nonlinear = np.tile(self.home, (len(grid), 1, 1))
        nonlinear[:, peak, :2] = grid
        nonlinear = model.complete(nonlinear)
        shapes = model.shape(peak, *nonlinear[:, peak, :, None].transpose(1, 0, 2))
        for p, link in enumerate(model.links):
            if link.height_of == peak == link.center_of and model.rigid(p):
                shapes = shapes + link.height_ratio * model.shape(p, *nonlinear[:, p, :, None].transpose(1, 0, 2))
        return shapes

    def _whole(self, searched: FloatArray) -> FloatArray:
        """Return center, fwhm and form [n, P, 3] of all peaks from what [n, R, 2] was searched for."""
        whole = np.tile(self.home, (len(searched), 1, 1))
        whole[:, self.roots, :2] = searched
        for p, link in enumerate(self.model.links):
            if link.center_of is not None:  # the stronger of two is met first, whichever it is
                swapped = whole[:, p, 0] - whole[:, link.center_of, 0] < self.model.lower[p, 0]
                whole[np.ix_(swapped, [p, link.center_of])] = whole[np.ix_(swapped, [link.center_of, p])]
        return self.model.complete(whole)

    def search(self, y: FloatArray) -> FloatArray:
        """Return centers, widths and forms [n, P, 3] for spectra [n, M] that hold no baseline."""
        p, k = self.grid.shape[:2]
        match = (y @ self.shapes.reshape(p * k, -1).T).reshape(-1, p, k)
        chosen = np.zeros((len(y), p), dtype=np.intp)
        for sweep in range(SWEEPS):
            for j in range(p):
                others = [o for o in range(p if sweep else j) if o != j]
                chosen[:, j] = self._gain_on_grid(match, chosen, j, others).argmax(axis=1)
        return self._whole(self.grid[np.arange(p), chosen])

    def replace(self, y: FloatArray, nonlinear: FloatArray, which: npt.NDArray[np.intp]) -> FloatArray:
        """Return centers, widths and forms [n, P, 3] with one peak of each spectrum, `which` [n], searched anew.

        The other peaks stay. A strong one that stands half a trial away from where it belongs hides a weak one in the
        first search; once it is fitted, it does not.
        """
        model, renewed = self.model, nonlinear.copy()
        for j, peak in enumerate(self.roots):
            rows = np.flatnonzero(which == peak)
            others = model.rest(peak)
            fitted = np.empty((len(rows), len(others), len(model.shift_cm1)))
            for i, p in enumerate(others):
                fitted[:, i] = model.shape(p, *nonlinear[rows, p, :, None].transpose(1, 0, 2))
            fitted -= (fitted @ model.polynomials.T) @ model.polynomials
            gain = _gain(
                alone=y[rows] @ self.shapes[j].T,
                data=fitted @ y[rows, :, None],
                among=fitted @ fitted.transpose(0, 2, 1),
                cross=fitted @ self.shapes[j].T,
            )
            some = nonlinear[rows]
            some[:, peak, :2] = self.grid[j, gain.argmax(axis=1)]
            renewed[rows] = model.complete(some)
        return renewed

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


@lru_cache(maxsize=8)
def starts_of(model: Model) -> Starts:
    """Return the trial shapes of a model, made once: spectra that are fitted again ask for them again."""
    return Starts(model)


def _gain(alone: FloatArray, data: FloatArray, among: FloatArray, cross: FloatArray) -> FloatArray:
    """Fall of chi-square with each trial shape of one peak, [n, K]; negative where its height would be.

    Inner products of the trials with the data [n, K], of the other shapes with the data [n, O, 1], among
    themselves [n, O, O], and with the trials [n, O, K].
    """
    if not data.size:
        return np.asarray(alone * np.abs(alone))
    diagonal = np.einsum("nii->ni", among)
    diagonal *= 1 + 1e-6
    solved = np.linalg.solve(among, np.concatenate([data, cross], axis=2))
    rest = alone - (cross * solved[:, :, :1]).sum(axis=1)
    norm = 1 - (cross * solved[:, :, 1:]).sum(axis=1)
    return np.asarray(rest * np.abs(rest) / np.maximum(norm, 1e-3))


def _reach(model: Model, peak: int) -> tuple[FloatArray, FloatArray]:
    """Least and largest center and width of a peak, [2] each."""
    low, high = model.lower[peak].copy(), model.upper[peak].copy()
    link = model.link(peak)
    if link.center_of is not None:
        low[0] += model.lower[link.center_of, 0]
        high[0] += model.upper[link.center_of, 0]
    if link.fwhm_of is not None:
        low[1] = link.fwhm_ratio * model.lower[link.fwhm_of, 1]
        high[1] = link.fwhm_ratio * model.upper[link.fwhm_of, 1]
    return low, high


def _trials(low: FloatArray, high: FloatArray) -> FloatArray:
    """Centers and widths inside one peak's bounds, [K, 2]."""
    centers = low[0] + (np.arange(CENTERS) + 0.5) / CENTERS * (high[0] - low[0])
    widths = low[1] * (high[1] / low[1]) ** ((np.arange(WIDTHS) + 0.5) / WIDTHS)
    return np.stack(np.meshgrid(centers, widths, indexing="ij"), axis=-1).reshape(-1, 2)
