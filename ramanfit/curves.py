"""From a spectrum and its row in a table back to the curve: what figures draw and bands subtract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ramanfit.clean import prepare
from ramanfit.lineshapes import lorentzian
from ramanfit.noise import estimate_noise, variance
from ramanfit.recipe import Recipe
from ramanfit.scan import BoolArray, FloatArray, Scan
from ramanfit.spikes import residual_spikes

SPIKE_ROUNDS = 3  # a masked spike can bare a smaller one


@dataclass(frozen=True, eq=False)
class Curve:
    """One spectrum inside the recipe's window, with the peaks and the baseline that were fitted to it.

    Attributes
    ----------
    shift_cm1, counts : array [M]
    use : bool array [M]
        False where a channel was masked: saturated, or hit by a cosmic ray.
    peaks : tuple of str
    center_cm1, fwhm_cm1, height : array [P]
        Not a number: the peak was not detected and is not drawn.
    coefficients : array [Q]
        Of ``t**0, t**1, ...``, t from -1 to 1 over the channels; not a number where nothing was fitted.
    """

    shift_cm1: FloatArray
    counts: FloatArray
    use: BoolArray
    peaks: tuple[str, ...]
    center_cm1: FloatArray
    fwhm_cm1: FloatArray
    height: FloatArray
    coefficients: FloatArray

    @property
    def fitted(self) -> bool:
        """Whether there is a curve."""
        return bool(np.isfinite(self.coefficients).all())

    def baseline(self, shift_cm1: FloatArray | None = None) -> FloatArray:
        """Return the baseline on the channels, or at shifts inside the window."""
        t = _unit(self.shift_cm1, self.shift_cm1 if shift_cm1 is None else shift_cm1)
        return np.asarray(np.polynomial.polynomial.polyval(t, self.coefficients))

    def peak(self, number: int, shift_cm1: FloatArray | None = None) -> FloatArray:
        """Return one peak without the baseline; zeros where it was not detected."""
        x = self.shift_cm1 if shift_cm1 is None else shift_cm1
        if not np.isfinite(self.center_cm1[number]):
            return np.zeros_like(x)
        return np.asarray(self.height[number] * lorentzian(x, self.center_cm1[number], self.fwhm_cm1[number]))

    def fit(self, shift_cm1: FloatArray | None = None) -> FloatArray:
        """Return baseline and peaks."""
        curve = self.baseline(shift_cm1)
        for p in range(len(self.peaks)):
            curve = curve + self.peak(p, shift_cm1)
        return curve


@dataclass(frozen=True, eq=False)
class Curves:
    """The curves of a whole scan: as `Curve`, with a first axis of N spectra.

    Attributes
    ----------
    noise : array [N, 3]
        See `ramanfit.noise.variance`; not a number where nothing was fitted.
    """

    shift_cm1: FloatArray
    counts: FloatArray
    use: BoolArray
    peaks: tuple[str, ...]
    center_cm1: FloatArray
    fwhm_cm1: FloatArray
    height: FloatArray
    coefficients: FloatArray
    noise: FloatArray

    def __len__(self) -> int:
        return len(self.counts)

    def baseline(self, shift_cm1: FloatArray) -> FloatArray:
        """Return the baselines [N, K] at shifts [K] inside the window."""
        t = _unit(self.shift_cm1, shift_cm1)
        powers = np.vander(t, self.coefficients.shape[1], increasing=True).T
        return np.asarray((self.coefficients[:, None, :] @ powers)[:, 0])

    def rows(self, which: slice | Sequence[int]) -> Curves:
        """Return some of the spectra."""
        return replace(
            self,
            counts=self.counts[which],
            use=self.use[which],
            center_cm1=self.center_cm1[which],
            fwhm_cm1=self.fwhm_cm1[which],
            height=self.height[which],
            coefficients=self.coefficients[which],
            noise=self.noise[which],
        )

    def __getitem__(self, row: int) -> Curve:
        return Curve(
            self.shift_cm1,
            self.counts[row],
            self.use[row],
            self.peaks,
            self.center_cm1[row],
            self.fwhm_cm1[row],
            self.height[row],
            self.coefficients[row],
        )


def curves(
    scan: Scan,
    recipe: Recipe,
    center_cm1: FloatArray,
    fwhm_cm1: FloatArray,
    height: FloatArray,
    starts: Sequence[int] = (0,),
) -> Curves:
    """Return the curves that peaks [N, P] and the recipe's baseline make with the spectra of a scan.

    The peaks stay as they are, as a table holds them; the polynomial is fitted to what they leave, with weights
    that follow the curve, as in the fit the peaks came from. A spectrum without a single finite height has no curve.

    Parameters
    ----------
    scan : Scan
    recipe : Recipe
    center_cm1, fwhm_cm1, height : array [N, P]
    starts : sequence of int
        First rows of the files that the scan was put together from; spectra of one file share a gain.

    Raises
    ------
    ScanError
        If the recipe's window does not suit the scan's axis.
    """
    prepared = prepare(scan, recipe)
    shift = prepared.model.shift_cm1
    counts = np.asarray(prepared.counts, dtype=np.float64)
    use = np.ones(counts.shape, dtype=bool) if prepared.use is None else prepared.use.copy()
    drawn = np.isfinite(center_cm1) & np.isfinite(fwhm_cm1) & np.isfinite(height)
    peaks = np.zeros(counts.shape)
    for p in range(drawn.shape[1]):
        rows = np.flatnonzero(drawn[:, p])
        shape = lorentzian(shift, center_cm1[rows, p, None], fwhm_cm1[rows, p, None])
        peaks[rows] += height[rows, p, None] * shape
    fitted = np.flatnonzero(np.isfinite(height).any(axis=1) & prepared.measured)
    coefficients = np.full((len(scan), recipe.baseline.order + 1), np.nan)
    noise = np.full((len(scan), 3), np.nan)
    if len(fitted):
        basis = np.vander(_unit(shift, shift), recipe.baseline.order + 1, increasing=True)
        data, above, used = counts[fitted], peaks[fitted], use[fitted]
        file = np.searchsorted(starts, fitted, side="right")
        found = np.empty((len(fitted), basis.shape[1]))
        curve, channel = np.empty_like(data), np.empty_like(data)
        again = np.ones(len(fitted), dtype=bool)
        for _ in range(SPIKE_ROUNDS):
            weights = used[again].astype(np.float64)
            found[again] = _least_squares(basis, data[again] - above[again], weights)
            curve[again] = above[again] + (found[again][:, None, :] @ basis.T)[:, 0]
            firsts = [0, *(np.flatnonzero(np.diff(file[again])) + 1).tolist()]
            own = estimate_noise(recipe.noise.model, data[again] - curve[again], curve[again], used[again], firsts)
            noise[fitted[again]] = own
            channel[again] = variance(own, curve[again])
            if not recipe.clean.spikes:
                break
            spikes = residual_spikes(data[again], curve[again], channel[again], used[again])
            if not spikes.any():
                break
            used[again] &= ~spikes
            touched = np.zeros(file[-1] + 1, dtype=bool)
            touched[file[again][spikes.any(axis=1)]] = True
            again = touched[file]  # all of a file share its gain
        weights = used.astype(np.float64)
        if recipe.noise.model != "white":
            np.divide(used, channel, out=weights, where=noise[fitted, :1] > 0)
            found = _least_squares(basis, data - above, weights)
        coefficients[fitted], use[fitted] = found, used
    nothing = ~drawn
    return Curves(
        shift_cm1=shift,
        counts=counts,
        use=use,
        peaks=tuple(peak.name for peak in recipe.peaks),
        center_cm1=np.where(nothing, np.nan, center_cm1),
        fwhm_cm1=np.where(nothing, np.nan, fwhm_cm1),
        height=np.where(nothing, np.nan, height),
        coefficients=coefficients,
        noise=noise,
    )


def _unit(channels: FloatArray, shift_cm1: FloatArray) -> FloatArray:
    low, high = channels[0], channels[-1]
    return np.asarray((2 * shift_cm1 - low - high) / (high - low))


def _least_squares(basis: FloatArray, counts: FloatArray, weights: FloatArray) -> FloatArray:
    """Coefficients [N, Q] of a basis [M, Q], each spectrum with its own weights [N, M].

    Every product is one of small matrices per spectrum, so that its digits do not depend on what stands beside it.
    """
    weighted = weights[:, None, :] * basis.T
    right = weighted @ counts[..., None]
    return np.asarray(np.linalg.solve(weighted @ basis, right)[..., 0])
