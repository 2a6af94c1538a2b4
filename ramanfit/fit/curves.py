"""Fits as curves: what figures draw and bands subtract."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ramanfit.fit.lineshapes import line
from ramanfit.fit.result import FitResult, Status
from ramanfit.frozen import dataclass
from ramanfit.scan.by_row import ByRow
from ramanfit.scan.scan import BoolArray, FloatArray

if TYPE_CHECKING:
    from ramanfit.fit.pipeline import Fitted
    from ramanfit.fit.prepare import Prepared


@dataclass(frozen=True, eq=False)
class Curves(ByRow):
    """Spectra inside the recipe's window, with the peaks and the baselines that were fitted to them.

    Of N spectra; or of one, whose arrays lack the first axis, as ``take`` with a number gives it.

    Attributes
    ----------
    shift_cm1 : array [M]
    counts : array [N, M]
    use : bool array [N, M]
        False where a channel was masked: saturated, or hit by a cosmic ray.
    peaks : tuple of str
    shapes : tuple of str
        Keys of `ramanfit.fit.lineshapes.SHAPES`.
    center_cm1, fwhm_cm1, height, form : array [N, P]
        Not a number: the peak is not in the fit, or its shape has no form. That of a voigt is `instrument_cm1` over
        its width.
    detected : bool array [N, P]
        A peak that was not may be in the fit all the same: see `ramanfit.fit.unseen`.
    coefficients : array [N, Q]
        Of ``t**0, t**1, ...``, t from -1 to 1 over the channels; not a number where nothing was fitted.
    noise : array [N, 3]
        See `ramanfit.fit.noise.variance`; not a number where nothing was fitted.
    under : array [N, M] or None
        What lies under the peaks besides the polynomial: what was subtracted before the fit, or a smooth part.
    instrument_cm1 : float
        FWHM of the instrument's profile; 0 where lines are fitted as they were measured.
    """

    shared: ClassVar = ("shift_cm1", "peaks", "shapes", "instrument_cm1")

    shift_cm1: FloatArray
    counts: FloatArray
    use: BoolArray
    peaks: tuple[str, ...]
    shapes: tuple[str, ...]
    center_cm1: FloatArray
    fwhm_cm1: FloatArray
    height: FloatArray
    form: FloatArray
    detected: BoolArray
    coefficients: FloatArray
    noise: FloatArray
    under: FloatArray | None = None
    instrument_cm1: float = 0.0

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def fitted(self) -> BoolArray:
        """Whether there is a curve, [N]."""
        return np.asarray(np.isfinite(self.coefficients).all(axis=-1))

    def baseline(self, shift_cm1: FloatArray | None = None) -> FloatArray:
        """Return the baselines on the channels, or at shifts [K] inside the window, [N, K]."""
        x = self.shift_cm1 if shift_cm1 is None else shift_cm1
        powers = np.vander(_unit(self.shift_cm1, x), self.coefficients.shape[-1], increasing=True).T
        polynomial = (self.coefficients[..., None, :] @ powers)[..., 0, :]
        if self.under is None:
            return np.asarray(polynomial)
        after = np.clip(np.searchsorted(self.shift_cm1, x), 1, len(self.shift_cm1) - 1)
        low, high = self.shift_cm1[after - 1], self.shift_cm1[after]
        way = (x - low) / (high - low)
        return np.asarray(polynomial + self.under[..., after - 1] * (1 - way) + self.under[..., after] * way)

    def peak(self, number: int, shift_cm1: FloatArray | None = None) -> FloatArray:
        """Return one peak without the baseline, [N, K]; zeros where it is not in the fit."""
        x = self.shift_cm1 if shift_cm1 is None else shift_cm1
        lines = (self.height, self.center_cm1, self.fwhm_cm1, self.form)
        height, *nonlinear = (values[..., number, None] for values in lines)
        curve = height * line(self.shapes[number], x, *nonlinear)
        return np.where(np.isfinite(self.center_cm1[..., number, None]), curve, 0.0)

    def fit(self, shift_cm1: FloatArray | None = None) -> FloatArray:
        """Return baselines and peaks, [N, K]."""
        curve = self.baseline(shift_cm1)
        for p in range(len(self.peaks)):
            curve = curve + self.peak(p, shift_cm1)
        return curve


def curves(fitted: Fitted) -> Curves:
    """Return the curves of a fit: its channels, lines and baselines as they are; nothing is fitted again.

    A spectrum whose fit did not end well has no curve.
    """
    return curves_of(fitted.prepared, fitted.result)


def curves_of(prepared: Prepared, result: FitResult) -> Curves:
    """Return the curves of fits as `curves` does."""
    model, peaks = prepared.model, range(len(prepared.model.names))
    ended = result.status == Status.CONVERGED
    drawn = ended[:, None] & ~result.left
    center, fwhm, height, form = (
        np.where(drawn, values, np.nan) for values in (result.center_cm1, result.fwhm_cm1, result.height, result.form)
    )
    shift, free = model.shift_cm1, len(model.polynomials)
    powers = np.vander(_unit(shift, shift), max(free, 1), increasing=True).T
    # of the monomials in each polynomial of the basis
    monomials = np.linalg.lstsq(powers.T, model.polynomials.T, rcond=None)[0] if free else np.zeros((1, 0))
    found = np.where(ended[:, None], result.coefficients, np.nan)
    coefficients = (monomials @ found[:, :free, None])[..., 0]  # one by one: none feels the others
    coefficients[~ended] = np.nan
    under = prepared.under
    if len(model.smooth):
        bent = (np.nan_to_num(found)[:, None, free:] @ model.basis[free:])[:, 0]
        under = bent if under is None else under + bent
    counts, use = prepared.take(np.arange(len(ended)))
    return Curves(
        shift_cm1=shift,
        counts=counts,
        use=np.ones(counts.shape, dtype=bool) if use is None else use,
        peaks=model.names,
        shapes=tuple(model.link(p).shape for p in peaks),
        center_cm1=center,
        fwhm_cm1=fwhm,
        height=height,
        form=np.stack([model.form(p, fwhm[:, p], form[:, p]) for p in peaks], axis=1),
        detected=drawn & ~result.absent,
        coefficients=np.asarray(coefficients),
        noise=np.where(ended[:, None], result.noise, np.nan),
        under=under,
        instrument_cm1=max((model.link(p).instrument_cm1 for p in peaks), default=0.0),
    )


def _unit(channels: FloatArray, shift_cm1: FloatArray) -> FloatArray:
    low, high = channels[0], channels[-1]
    return np.asarray((2 * shift_cm1 - low - high) / (high - low))
