"""Many spectra and one model as a least-squares problem, whatever its peaks are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ramanfit.fit.masks import bridged
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult, Status
from ramanfit.scan.scan import BoolArray, FloatArray

BLOCK = 32  # spectra whose basis functions fill the cache at once

Index = npt.NDArray[np.intp]
Own = TypeVar("Own", bound="Problem")


@dataclass
class Point:
    """The reduced problem at one place: all that a step needs, and the Gram matrix it came from."""

    gram: FloatArray  # [R, R, n], the data last
    chi2: FloatArray  # [n]
    gradient: FloatArray  # [K, n], downhill
    normal: FloatArray  # [K, K, n]
    snr2: FloatArray  # [L, n] height^2 over its variance with all that moves held, times chi2 / dof

    def put(self, rows: Index | BoolArray, other: Point) -> None:
        """Write the columns of `other` into this point."""
        self.gram[..., rows] = other.gram
        self.chi2[rows] = other.chi2
        self.gradient[:, rows] = other.gradient
        self.normal[..., rows] = other.normal
        self.snr2[:, rows] = other.snr2

    def take(self, rows: Index | BoolArray) -> Point:
        """Return some columns."""
        return Point(
            self.gram[..., rows],
            self.chi2[rows],
            self.gradient[:, rows],
            self.normal[..., rows],
            self.snr2[:, rows],
        )


@dataclass(frozen=True, eq=False)
class Problem(ABC):
    """Spectra, weights and the inner products that no step changes.

    What moves are K parameters, `free` [K, n]: centers, widths and forms that are neither fixed nor follow others.

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
    def of(cls: type[Own], model: Model, counts: FloatArray, weights: FloatArray | None) -> Own:
        """Set up the problem of some spectra."""
        basis, n, q = model.basis, len(counts), len(model.basis)
        # what is left out would lead the search for a start astray, and take digits from the rest
        counts = bridged(counts, None if weights is None else weights > 0)
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

    def take(self: Own, rows: Index | BoolArray) -> Own:
        """Return the problem of some of the spectra."""
        weights = None if self.weights is None else self.weights[rows]
        return replace(self, y=self.y[rows], removed=self.removed[rows], weights=weights, fixed=self.fixed[..., rows])

    @classmethod
    def concat(cls: type[Own], parts: Sequence[Own]) -> Own:
        """Join problems of one model, all with weights or all without."""
        weights = [p.weights for p in parts if p.weights is not None]
        return replace(
            parts[0],
            y=np.concatenate([p.y for p in parts]),
            removed=np.concatenate([p.removed for p in parts]),
            weights=np.concatenate(weights) if weights else None,
            fixed=np.concatenate([p.fixed for p in parts], axis=-1),
        )

    @property
    def used(self) -> npt.NDArray[np.int64]:
        """Channels that count, [n]."""
        if self.weights is None:
            return np.full(len(self), self.y.shape[1])
        return np.asarray((self.weights > 0).sum(axis=1))

    @property
    @abstractmethod
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Least and largest values of what moves, each [K, 1]."""

    @abstractmethod
    def free(self, place: FloatArray) -> FloatArray:
        """Return what moves [K, n] of places [n, P, 3]: center, fwhm and form of every peak."""

    @abstractmethod
    def place(self, free: FloatArray) -> FloatArray:
        """Return the places [n, P, 3] of what moves [K, n]."""

    @abstractmethod
    def reach(self, free: FloatArray) -> FloatArray:
        """Return the scale [K, n] that steps are measured with: widths, and 1 for forms."""

    @abstractmethod
    def reduce(self, free: FloatArray) -> Point:
        """Return chi-square, gradient and Kaufman's normal matrix."""

    @abstractmethod
    def finish(self, free: FloatArray, end: Point, converged: BoolArray) -> FitResult:
        """Return heights, baseline, covariance and status at the minimum."""

    @property
    @abstractmethod
    def leading(self) -> Index:
        """Peaks [L] that have a height of their own, in the order of `Point.snr2`."""

    def held(self, free: FloatArray) -> BoolArray:
        """Return what a bound holds, bool [K, n]."""
        lower, upper = self.bounds
        return np.asarray((free <= lower) | (free >= upper))

    def result(
        self,
        free: FloatArray,
        height: FloatArray,
        coefficients: FloatArray,
        covariance: FloatArray,
        chi2: FloatArray,
        dof: npt.NDArray[np.int64],
        at_bound: BoolArray,
        good: BoolArray,
        converged: BoolArray,
    ) -> FitResult:
        """Put a result together: heights [P, n], coefficients [Q, n], covariance [KP, KP, n], bounds [n, P, 4]."""
        n, place = len(self), self.place(free)
        ok = good & np.isfinite(height).all(axis=0) & np.isfinite(coefficients).all(axis=0)
        ok &= np.isfinite(free).all(axis=0) & (dof > 0)
        result = FitResult(
            height=height.T.copy(),
            center_cm1=place[..., 0].copy(),
            fwhm_cm1=place[..., 1].copy(),
            form=place[..., 2].copy(),
            coefficients=coefficients.T + self.removed,
            covariance=covariance.transpose(2, 0, 1).copy(),
            chi2=chi2.copy(),
            dof=dof,
            noise=np.full((n, 3), np.nan),
            redchi2=np.full(n, np.nan),
            delta_bic=np.full(place.shape[:2], np.nan),
            structure=np.full(n, np.nan),
            double_bic=np.full(place.shape[:2], np.nan),
            at_bound=at_bound,
            status=np.where(converged, Status.CONVERGED, Status.NOT_CONVERGED).astype(np.int8),
        )
        if not ok.all():
            model = self.model
            lost = int((~ok).sum())
            result.put(~ok, FitResult.empty(lost, place.shape[1], len(model.basis), Status.FAILED, model.fields))
        return result
