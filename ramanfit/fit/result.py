"""What a fit returns: a struct of arrays, one row per spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ramanfit.scan.scan import BoolArray, FloatArray

PARAMETERS = ("height", "center_cm1", "fwhm_cm1", "form")


class Status(IntEnum):
    """How the minimisation of one spectrum ended."""

    CONVERGED = 0
    NOT_CONVERGED = 1  # the iterations ran out; the values are the best found
    FAILED = 2  # no finite minimum: no values
    NOT_MEASURED = 3  # an empty or constant spectrum: nothing to fit


@dataclass(frozen=True, eq=False)
class FitResult:
    """Parameters, covariance and verdict of N spectra with P peaks.

    Attributes
    ----------
    height, center_cm1, fwhm_cm1 : array [N, P]
        Not a number where nothing was fitted.
    form : array [N, P]
        The shape's own parameter; not a number for shapes that have none.
    coefficients : array [N, Q]
        Of the model's orthonormal baseline polynomials, in counts.
    covariance : array [N, KP, KP]
        Of height, center, fwhm and, where a shape of the model has one (K is then 4, else 3), form, peak by peak,
        scaled with ``chi2 / dof``: it needs only relative weights. Rows of parameters that are fixed or held by a
        bound, and of fits without a covariance, are not a number.
    chi2 : array [N]
        Weighted sum of squared residuals.
    dof : int array [N]
        Channels used minus free parameters.
    noise : array [N, 3]
        See `ramanfit.fit.noise.variance`; not a number where the noise is unknown.
    redchi2 : array [N]
        Residual variance over the noise variance that neighbouring channels show, about 1 for a model
        that leaves noise only; not a number where the noise is unknown.
    delta_bic : array [N, P]
        What the Bayesian information criterion would lose without a peak, found where a peak is in doubt: below 0
        the spectrum is better described without it. Not a number elsewhere.
    structure : array [N]
        See `ramanfit.fit.residuals.autocorrelation`; not a number where the noise is unknown.
    double_bic : array [N, P]
        What the Bayesian information criterion would gain by a second line in the place of a peak; not a number where
        none was tried, or the residuals do not ask for one.
    at_bound : bool array [N, P, 4]
        Center, fwhm, form or height held by a bound.
    status : int8 array [N]
        `Status`.
    """

    height: FloatArray
    center_cm1: FloatArray
    fwhm_cm1: FloatArray
    form: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    chi2: FloatArray
    dof: npt.NDArray[np.int64]
    noise: FloatArray
    redchi2: FloatArray
    delta_bic: FloatArray
    structure: FloatArray
    double_bic: FloatArray
    at_bound: BoolArray
    status: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return int(self.height.shape[0])

    @classmethod
    def empty(cls, n: int, peaks: int, coefficients: int, status: Status, parameters: int = 3) -> FitResult:
        """Return `n` rows that hold no values, only a status; of peaks with so many parameters each."""
        nan = np.full((n, peaks), np.nan)
        return cls(
            height=nan,
            center_cm1=nan.copy(),
            fwhm_cm1=nan.copy(),
            form=nan.copy(),
            coefficients=np.full((n, coefficients), np.nan),
            covariance=np.full((n, parameters * peaks, parameters * peaks), np.nan),
            chi2=np.full(n, np.nan),
            dof=np.zeros(n, dtype=np.int64),
            noise=np.full((n, 3), np.nan),
            redchi2=np.full(n, np.nan),
            delta_bic=np.full((n, peaks), np.nan),
            structure=np.full(n, np.nan),
            double_bic=np.full((n, peaks), np.nan),
            at_bound=np.zeros((n, peaks, 4), dtype=bool),
            status=np.full(n, status, dtype=np.int8),
        )

    @classmethod
    def concat(cls, parts: Sequence[FitResult]) -> FitResult:
        """Join results of one model, row after row."""
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})

    def standard_errors(self) -> dict[str, FloatArray]:
        """Return the standard errors of height, center_cm1, fwhm_cm1 and, in a model that has it, form, each [N, P]."""
        k = self.fields
        variances = np.einsum("nii->ni", self.covariance).reshape(len(self), -1, k)
        se = np.sqrt(np.where(variances >= 0, variances, np.nan))
        return dict(zip(PARAMETERS[:k], np.moveaxis(se, -1, 0), strict=True))

    @property
    def fields(self) -> int:
        """Parameters of one peak in the covariance, 3 or 4."""
        return int(self.covariance.shape[1] // self.height.shape[1])

    @property
    def place(self) -> FloatArray:
        """Center, fwhm and form, [N, P, 3]: where another fit may start."""
        return np.stack([self.center_cm1, self.fwhm_cm1, self.form], axis=-1)

    def put(self, rows: npt.NDArray[np.intp] | BoolArray, part: FitResult) -> None:
        """Write the rows of `part` into this result."""
        for f in fields(self):
            getattr(self, f.name)[rows] = getattr(part, f.name)

    def take(self, rows: npt.NDArray[np.intp] | BoolArray | slice | Sequence[int]) -> FitResult:
        """Return some rows."""
        return FitResult(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})
