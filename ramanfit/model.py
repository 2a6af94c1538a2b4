"""Peaks and baseline on one axis: basis, bounds, starting values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ramanfit.errors import ScanError
from ramanfit.lineshapes import lorentzian
from ramanfit.recipe import Recipe
from ramanfit.result import FitResult
from ramanfit.scan import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Model:
    """``counts = sum_p height_p * lorentzian(shift; center_p, fwhm_p) + sum_q coefficient_q * basis_q``.

    Attributes
    ----------
    shift_cm1 : array [M]
        The fitted channels.
    basis : array [Q, M]
        Polynomials of order 0 to Q-1, orthonormal over these channels.
    names : tuple of str
        The peaks.
    start, lower, upper : array [P, 2]
        Center and fwhm in cm-1.
    """

    shift_cm1: FloatArray
    basis: FloatArray
    names: tuple[str, ...]
    start: FloatArray
    lower: FloatArray
    upper: FloatArray

    @property
    def middle(self) -> float:
        """Middle of the fitted range."""
        return float(self.shift_cm1[0] + self.shift_cm1[-1]) / 2

    @property
    def centred(self) -> FloatArray:
        """Shift from the middle, [M]: powers of it keep their digits."""
        return np.asarray(self.shift_cm1 - self.middle)

    @property
    def parameters(self) -> int:
        """Number of parameters of one spectrum."""
        return 3 * len(self.names) + len(self.basis)

    def baseline(self, coefficients: FloatArray) -> FloatArray:
        """Return the baselines [N, M] of coefficients [N, Q]."""
        return np.asarray(coefficients @ self.basis)

    def without(self, peak: int) -> Model:
        """Return the model without one of its peaks."""
        rest = [p for p in range(len(self.names)) if p != peak]
        return replace(
            self,
            names=tuple(self.names[p] for p in rest),
            start=self.start[rest],
            lower=self.lower[rest],
            upper=self.upper[rest],
        )

    def doubled(self, peak: int) -> Model:
        """Return the model with a second line, the last, in the place of one of its peaks."""
        twice = [*range(len(self.names)), peak]
        return replace(
            self,
            names=(*self.names, f"{self.names[peak]}2"),
            start=self.start[twice],
            lower=self.lower[twice],
            upper=self.upper[twice],
        )

    def evaluate(self, result: FitResult) -> FloatArray:
        """Return the fitted curves [N, M]."""
        curve = self.baseline(result.coefficients)
        for p in range(len(self.names)):
            shape = lorentzian(self.shift_cm1, result.center_cm1[:, p, None], result.fwhm_cm1[:, p, None])
            shape *= result.height[:, p, None]
            curve += shape
        return curve


def polynomial_basis(shift_cm1: FloatArray, order: int) -> FloatArray:
    """Return polynomials up to `order`, orthonormal over the channels: [order + 1, M]."""
    low, high = shift_cm1[0], shift_cm1[-1]
    t = (2 * shift_cm1 - low - high) / (high - low)
    q, r = np.linalg.qr(np.vander(t, order + 1, increasing=True))
    return np.ascontiguousarray((q * np.sign(np.diag(r))).T)


def window_channels(shift_cm1: FloatArray, recipe: Recipe) -> BoolArray:
    """Return which channels [M] the recipe fits."""
    used = (shift_cm1 >= recipe.window.low_cm1) & (shift_cm1 <= recipe.window.high_cm1)
    for low, high in recipe.window.exclude:
        used &= (shift_cm1 < low) | (shift_cm1 > high)
    return np.asarray(used)


def build_model(shift_cm1: FloatArray, recipe: Recipe, source: str = "-") -> Model:
    """Return the recipe's model on the channels of one axis.

    Parameters
    ----------
    shift_cm1 : array [M]
        The channels to fit, already cropped to the window.
    recipe : Recipe
    source : str
        The file, for messages.

    Raises
    ------
    ScanError
        If the channels are too few for the parameters, or a peak has none.
    """
    needed = 3 * len(recipe.peaks) + recipe.baseline.order + 1
    if shift_cm1.size <= needed:
        reach = f"{recipe.window.low_cm1:g}-{recipe.window.high_cm1:g} cm-1"
        raise ScanError(
            f"{source}: expected more than {needed} channels in the window {reach}, found {shift_cm1.size}",
            hint="choose --window or --recipe for this axis; if the axis is in nm: --x-unit nm --laser NM",
        )
    for peak in recipe.peaks:
        if not ((shift_cm1 >= peak.center_min_cm1) & (shift_cm1 <= peak.center_max_cm1)).any():
            raise ScanError(
                f"{source}: peak {peak.name} lies at {peak.center_min_cm1:g}-{peak.center_max_cm1:g} cm-1, "
                f"the fitted channels at {shift_cm1[0]:g}-{shift_cm1[-1]:g}",
                hint="choose --window or --recipe for this axis; if the axis is in nm: --x-unit nm --laser NM",
            )
    return _model(shift_cm1.tobytes(), recipe)


@lru_cache(maxsize=4)
def _model(channels: bytes, recipe: Recipe) -> Model:
    """Many scans share one axis."""
    shift_cm1 = np.frombuffer(channels)
    return Model(
        shift_cm1=shift_cm1,
        basis=polynomial_basis(shift_cm1, recipe.baseline.order),
        names=tuple(peak.name for peak in recipe.peaks),
        start=np.array([(p.center_cm1, p.fwhm_cm1) for p in recipe.peaks]),
        lower=np.array([(p.center_min_cm1, p.fwhm_min_cm1) for p in recipe.peaks]),
        upper=np.array([(p.center_max_cm1, p.fwhm_max_cm1) for p in recipe.peaks]),
    )
