"""The polynomial alone, for spectra whose peaks are known and were taken off."""

from __future__ import annotations

import numpy as np

from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult, Status
from ramanfit.scan.scan import FloatArray


def fit(
    model: Model,
    counts: FloatArray,
    weights: FloatArray | None = None,
    start: FloatArray | None = None,
    penalty: FloatArray | None = None,
    home: bool = False,
) -> FitResult:
    """Fit the baseline of a model without peaks to every spectrum, by linear least squares.

    Every product is one of small matrices per spectrum, so that its digits do not depend on what stands beside it.

    Parameters
    ----------
    model : Model
        Without peaks.
    counts, weights : array [N, M]
        As in `ramanfit.fit.engine.varpro.fit`.
    start, home
        Not used: there is nothing to start.
    penalty : array [N, J], optional
        As there.
    """
    result = model.unfitted(len(counts), Status.CONVERGED)
    w: FloatArray = np.ones_like(counts) if weights is None else weights
    weighted = w[:, None, :] * model.basis
    normal, free = weighted @ model.basis.T, len(model.polynomials)
    if penalty is not None:
        np.einsum("nii->ni", normal)[:, free:] += penalty
    result.coefficients[:] = np.linalg.solve(normal, weighted @ counts[..., None])[..., 0]
    residual = counts - model.baseline(result.coefficients)
    result.chi2[:] = (w * residual * residual).sum(axis=1)
    if penalty is not None:
        result.chi2[:] += (penalty * result.coefficients[:, free:] ** 2).sum(axis=1)
    result.dof[:] = np.count_nonzero(w, axis=1) - free
    return result
