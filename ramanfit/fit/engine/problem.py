"""Many spectra and one model as a least-squares problem, whatever its peaks are made of.

Two words, one meaning each: `nonlinear` [n, P, 3] are center, fwhm and form of every peak; `moving` [K, n] are those
of them that are neither fixed nor follow others, and that steps change.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from typing import ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from ramanfit.fit.masks import bridged
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult, Status
from ramanfit.frozen import dataclass
from ramanfit.scan.by_row import ByRow
from ramanfit.scan.scan import BoolArray, FloatArray

BLOCK = 32  # spectra whose basis functions fill the cache at once

Index = npt.NDArray[np.intp]
AnyProblem = TypeVar("AnyProblem", bound="Problem")


@dataclasses.dataclass
class Point(ByRow):
    """The reduced problem where the moving parameters are: all that a step needs, and the Gram matrix it came from.

    Attributes
    ----------
    gram : array [R, R, n]
        Inner products, the data last.
    chi2 : array [n]
    gradient : array [K, n]
        Downhill.
    normal : array [K, K, n]
    snr2 : array [L, n]
        Height squared over its variance with all that moves held, times chi2 / dof.
    """

    last: ClassVar = ("gram", "chi2", "gradient", "normal", "snr2")

    gram: FloatArray
    chi2: FloatArray
    gradient: FloatArray
    normal: FloatArray
    snr2: FloatArray


@dataclass(frozen=True, eq=False)
class Problem(ByRow, ABC):
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
        Inner products of the baseline's functions and y, with what a penalty adds.
    """

    shared: ClassVar = ("model",)
    last: ClassVar = ("fixed",)

    model: Model
    y: FloatArray
    removed: FloatArray
    weights: FloatArray | None
    fixed: FloatArray

    @classmethod
    def of(
        cls: type[AnyProblem],
        model: Model,
        counts: FloatArray,
        weights: FloatArray | None,
        penalty: FloatArray | None = None,
    ) -> AnyProblem:
        """Set up the problem of some spectra.

        Parameters
        ----------
        model : Model
        counts : array [n, M]
        weights : array [n, M] or None
        penalty : array [n, J] or None
            Inverse variances of the coefficients of the smooth functions, in the unit of the weights; None: nothing
            holds them back.
        """
        basis, n, q, p = model.basis, len(counts), len(model.basis), len(model.polynomials)
        # what is left out would lead the search for a start astray, and take digits from the rest
        counts = bridged(counts, None if weights is None else weights > 0)
        removed = np.zeros((n, q))
        removed[:, :p] = np.matmul(counts[:, None, :], model.polynomials.T)[:, 0]
        y = counts - np.matmul(removed[:, None, :p], model.polynomials)[:, 0]
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
        if penalty is not None:
            np.einsum("iin->in", fixed)[p:q] += penalty.T
        return cls(model, y, removed, weights, fixed)

    def __len__(self) -> int:
        return len(self.y)

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
    def moving(self, nonlinear: FloatArray) -> FloatArray:
        """Return what moves [K, n] of all nonlinear parameters [n, P, 3]."""

    @abstractmethod
    def nonlinear(self, moving: FloatArray) -> FloatArray:
        """Return all nonlinear parameters [n, P, 3] of those that move [K, n]."""

    @abstractmethod
    def reach(self, moving: FloatArray) -> FloatArray:
        """Return the scale [K, n] that steps are measured with: widths, and 1 for forms."""

    @abstractmethod
    def tangent_gram(self, moving: FloatArray) -> FloatArray:
        """Return inner products of basis, shapes, their derivatives without heights, and y, [R, R, n], in this order.

        R = Q + L + D + 1 for L leading peaks.
        """

    @abstractmethod
    def parameters_of(self, shapes: FloatArray, slopes: FloatArray, fits: FitResult) -> FloatArray:
        """Return changes of all parameters [n, KP] from the coefficients of `tangent_gram`'s functions.

        Parameters
        ----------
        shapes : array [L, n]
        slopes : array [D, n]
        fits : FitResult
            Whose heights the derivatives are to be divided by.
        """

    @abstractmethod
    def reduce(self, moving: FloatArray) -> Point:
        """Return chi-square, gradient and Kaufman's normal matrix."""

    @abstractmethod
    def finish(self, moving: FloatArray, end: Point, converged: BoolArray) -> FitResult:
        """Return heights, baseline, covariance and status at the minimum."""

    @property
    @abstractmethod
    def leading(self) -> Index:
        """Peaks [L] that have a height of their own, in the order of `Point.snr2`."""

    def held(self, moving: FloatArray) -> BoolArray:
        """Return what a bound holds, bool [K, n]."""
        lower, upper = self.bounds
        return np.asarray((moving <= lower) | (moving >= upper))

    def result(
        self,
        moving: FloatArray,
        *,
        height: FloatArray,
        coefficients: FloatArray,
        covariance: FloatArray,
        chi2: FloatArray,
        dof: npt.NDArray[np.int64],
        at_bound: BoolArray,
        regular: BoolArray,
        converged: BoolArray,
    ) -> FitResult:
        """Put a result together; spectra without a finite one keep nothing but their status.

        Parameters
        ----------
        moving : array [K, n]
        height : array [P, n]
        coefficients : array [Q, n]
            Of what was not taken off before.
        covariance : array [KP, KP, n]
        chi2 : array [n]
        dof : int array [n]
        at_bound : bool array [n, P, 4]
        regular : bool array [n]
            Whether the linear parameters could be told apart.
        converged : bool array [n]
        """
        nonlinear, result = self.nonlinear(moving), self.model.unfitted(len(self), Status.FAILED)
        ok = regular & np.isfinite(height).all(axis=0) & np.isfinite(coefficients).all(axis=0)
        ok &= np.isfinite(moving).all(axis=0) & (dof > 0)
        result.height[ok] = height.T[ok]
        for k, values in enumerate((result.center_cm1, result.fwhm_cm1, result.form)):
            values[ok] = nonlinear[ok, :, k]
        result.coefficients[ok] = (coefficients.T + self.removed)[ok]
        result.covariance[ok] = covariance.transpose(2, 0, 1)[ok]
        result.chi2[ok], result.dof[ok], result.at_bound[ok] = chi2[ok], dof[ok], at_bound[ok]
        result.status[ok] = np.where(converged, Status.CONVERGED, Status.NOT_CONVERGED)[ok]
        return result
