"""What a fit returns: a struct of arrays, one row per spectrum."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ramanfit.frozen import dataclass
from ramanfit.scan.by_row import ByRow
from ramanfit.scan.scan import BoolArray, FloatArray

PARAMETERS = ("height", "center_cm1", "fwhm_cm1", "form")


class Status(IntEnum):
    """How the minimisation of one spectrum ended."""

    CONVERGED = 0
    NOT_CONVERGED = 1  # the iterations ran out; the values are the best found
    FAILED = 2  # no finite minimum: no values
    NOT_MEASURED = 3  # an empty or constant spectrum: nothing to fit


@dataclass(frozen=True, eq=False)
class FitResult(ByRow):
    """Parameters, covariance and verdict of N spectra with P peaks on M channels.

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
        What the Bayesian information criterion would gain at least by a second line in the place of a peak, above 0 if
        it would gain anything; not a number where none was tried, or the residuals do not ask for one.
    at_bound : bool array [N, P, 4]
        Center, fwhm, form or height held by a bound.
    status : int8 array [N]
        `Status`.
    absent, left : bool array [N, P]
        Peaks that are not detected, and those of them that left the model before the others were reported.
    stretch : array [N]
        Factor by which correlated channels make variances larger: it is in the covariance; 1: they are independent.
    baseline_misfit, line_shape : bool array [N]
        Whether the residuals speak against the baseline, or against the shape of a line.
    place_cm1 : array [N]
        Where what a verdict is about is seen best; not a number without one.
    light : array [N, M] or None
        What the fit accounts for, in counts, with what was subtracted before; kept while the fit is under way.
    spikes : bool array [N, M] or None
        Channels masked because of cosmic rays; None: not looked for.
    intervals : array [N, R, 2] or None
        95 % intervals of the ratios; None: not asked for.
    amplitude : array [N] or None
        Of the smooth part of the baseline, in standard deviations of the spectrum over its channels; 0: it has none.
        None: the model has no smooth part.
    missing_band : bool array [N] or None
        Whether something in the residuals says that the model lacks a band: baseline and peaks cannot be told apart.
    doubt : array [N, KP] or None
        By how much the parameters depend on the baseline: its square joins their covariance.
    other_height, other_snr : array [N, P] or None
        Heights with the other baseline, also in their standard errors; not a number where there is only one baseline.
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
    absent: BoolArray
    left: BoolArray
    stretch: FloatArray
    baseline_misfit: BoolArray
    line_shape: BoolArray
    place_cm1: FloatArray
    light: FloatArray | None = None
    spikes: BoolArray | None = None
    intervals: FloatArray | None = None
    amplitude: FloatArray | None = None
    missing_band: BoolArray | None = None
    doubt: FloatArray | None = None
    other_height: FloatArray | None = None
    other_snr: FloatArray | None = None

    def __len__(self) -> int:
        return int(self.height.shape[0])

    def standard_errors(self) -> dict[str, FloatArray]:
        """Return the standard errors of height, center_cm1, fwhm_cm1 and, in a model that has it, form, each [N, P]."""
        k = self.fields
        variances = np.einsum("nii->ni", self.covariance).reshape(len(self), -1, k)
        se = np.sqrt(np.where(variances >= 0, variances, np.nan))
        return dict(zip(PARAMETERS[:k], np.moveaxis(se, -1, 0), strict=True))

    def snr(self) -> FloatArray:
        """Return the heights in their standard errors, [N, P]."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.height / self.standard_errors()["height"])

    def stretched(self, stretch: FloatArray) -> FitResult:
        """Return the result with errors that are right where channels share their noise, by a factor [N]."""
        return replace(self, stretch=stretch, covariance=self.covariance * stretch[:, None, None])

    def doubted(self) -> FitResult:
        """Return the result with what depends on the baseline in its covariance."""
        if self.doubt is None:
            return self
        return replace(self, covariance=self.covariance + self.doubt[:, :, None] * self.doubt[:, None])

    @property
    def fields(self) -> int:
        """Parameters of one peak in the covariance, 3 or 4."""
        return int(self.covariance.shape[1] // max(self.height.shape[1], 1))

    @property
    def nonlinear(self) -> FloatArray:
        """Center, fwhm and form, [N, P, 3]: where another fit may start."""
        return np.stack([self.center_cm1, self.fwhm_cm1, self.form], axis=-1)
