"""What a fit found, with its covariance: the parameters of the peaks, and the baseline as a polynomial."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ramanfit.fit.model import Model
from ramanfit.fit.pipeline import Fitted
from ramanfit.fit.result import PARAMETERS
from ramanfit.frozen import dataclass
from ramanfit.scan.by_row import ByRow
from ramanfit.scan.scan import FloatArray


@dataclass(frozen=True, eq=False)
class Solution(ByRow):
    """Parameters of N spectra, empty where a table of fits is.

    Attributes
    ----------
    names : tuple of str
        Of the R parameters: ``G_height``, ``G_center_cm1``, ``G_fwhm_cm1``, perhaps ``G_form``, and so on.
    value, standard_error : array [N, R]
    covariance : array [N, R, R]
        What the standard errors are the roots of; not a number where there is none.
    baseline : array [N, Q]
        Coefficients of 1, t, t² ... of the baseline's polynomial, in counts; t runs from -1 to 1 over the span. What
        is smooth beside it is not in it.
    span_cm1 : array [N, 2]
        First and last channel of the fit.
    """

    names: tuple[str, ...]
    value: FloatArray
    standard_error: FloatArray
    covariance: FloatArray
    baseline: FloatArray
    span_cm1: FloatArray

    shared: ClassVar[tuple[str, ...]] = ("names",)

    @classmethod
    def of(cls, fitted: Fitted) -> Solution:
        """Return the solution of a fitted scan."""
        result, q, model = fitted.result.doubted(), fitted.quantities, fitted.prepared.model
        kinds = PARAMETERS[: result.fields]
        n = len(result)
        value = np.stack([getattr(q, kind) for kind in kinds], axis=-1).reshape(n, -1)
        errors = [getattr(q, f"{kind.removesuffix('_cm1')}_se") for kind in kinds]
        standard_error = np.stack(errors, axis=-1).reshape(n, -1)
        known = np.isfinite(standard_error)
        span = model.shift_cm1[[0, -1]] if len(model.shift_cm1) else np.full(2, np.nan)
        return cls(
            names=tuple(f"{peak}_{kind}" for peak in q.names for kind in kinds),
            value=value,
            standard_error=standard_error,
            covariance=np.where(known[:, :, None] & known[:, None], result.covariance, np.nan),
            baseline=_powers(model, result.coefficients),
            span_cm1=np.tile(span, (n, 1)),
        )


def join(solutions: list[Solution]) -> Solution:
    """Return the rows of all; baselines of a lower order have empty coefficients."""
    most = max(solution.baseline.shape[1] for solution in solutions)
    padded = []
    for solution in solutions:
        baseline = np.full((len(solution.baseline), most), np.nan)
        baseline[:, : solution.baseline.shape[1]] = solution.baseline
        padded.append(Solution(**{**vars(solution), "baseline": baseline}))
    return Solution.concat(padded)


def _powers(model: Model, coefficients: FloatArray) -> FloatArray:
    """Return coefficients [N, Q] of powers for those of the orthonormal polynomials of `polynomial_basis`."""
    size, shift = len(model.polynomials), model.shift_cm1
    if not size:
        return np.empty((len(coefficients), 0))
    t = (2 * shift - shift[0] - shift[-1]) / (shift[-1] - shift[0])
    _, r = np.linalg.qr(np.vander(t, size, increasing=True))
    r = r * np.sign(np.diag(r))[:, None]
    return np.asarray(np.linalg.solve(r, coefficients[:, :size].T).T)
