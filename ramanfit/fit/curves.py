"""From a spectrum and its row in a table back to the curve: what figures draw and bands subtract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ramanfit.fit.baseline_order import with_orders
from ramanfit.fit.cosmic_rays import gross_spikes, residual_spikes
from ramanfit.fit.lineshapes import line
from ramanfit.fit.noise import estimate_noise, variance
from ramanfit.fit.prepare import Prepared, prepare
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray, Scan

LINE = ("center_cm1", "fwhm_cm1", "height", "form")  # what a curve is drawn from

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
    shapes : tuple of str
        Keys of `ramanfit.fit.lineshapes.SHAPES`.
    center_cm1, fwhm_cm1, height, form : array [P]
        Not a number: the peak was not detected and is not drawn, or its shape has no form.
    coefficients : array [Q]
        Of ``t**0, t**1, ...``, t from -1 to 1 over the channels; not a number where nothing was fitted.
    under : array [M] or None
        What was subtracted before the fit; None: the polynomial is all.
    """

    shift_cm1: FloatArray
    counts: FloatArray
    use: BoolArray
    peaks: tuple[str, ...]
    shapes: tuple[str, ...]
    center_cm1: FloatArray
    fwhm_cm1: FloatArray
    height: FloatArray
    form: FloatArray
    coefficients: FloatArray
    under: FloatArray | None = None

    @property
    def fitted(self) -> bool:
        """Whether there is a curve."""
        return bool(np.isfinite(self.coefficients).all())

    def baseline(self, shift_cm1: FloatArray | None = None) -> FloatArray:
        """Return the baseline on the channels, or at shifts inside the window."""
        x = self.shift_cm1 if shift_cm1 is None else shift_cm1
        fitted = np.polynomial.polynomial.polyval(_unit(self.shift_cm1, x), self.coefficients)
        return np.asarray(fitted if self.under is None else fitted + np.interp(x, self.shift_cm1, self.under))

    def peak(self, number: int, shift_cm1: FloatArray | None = None) -> FloatArray:
        """Return one peak without the baseline; zeros where it was not detected."""
        x = self.shift_cm1 if shift_cm1 is None else shift_cm1
        if not np.isfinite(self.center_cm1[number]):
            return np.zeros_like(x)
        place = (values[number] for values in (self.center_cm1, self.fwhm_cm1, self.form))
        return np.asarray(self.height[number] * line(self.shapes[number], x, *place))

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
        See `ramanfit.fit.noise.variance`; not a number where nothing was fitted.
    """

    shift_cm1: FloatArray
    counts: FloatArray
    use: BoolArray
    peaks: tuple[str, ...]
    shapes: tuple[str, ...]
    center_cm1: FloatArray
    fwhm_cm1: FloatArray
    height: FloatArray
    form: FloatArray
    coefficients: FloatArray
    noise: FloatArray
    under: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.counts)

    def baseline(self, shift_cm1: FloatArray) -> FloatArray:
        """Return the baselines [N, K] at shifts [K] inside the window."""
        t = _unit(self.shift_cm1, shift_cm1)
        powers = np.vander(t, self.coefficients.shape[1], increasing=True).T
        fitted = (self.coefficients[:, None, :] @ powers)[:, 0]
        if self.under is None:
            return np.asarray(fitted)
        after = np.clip(np.searchsorted(self.shift_cm1, shift_cm1), 1, len(self.shift_cm1) - 1)
        low, high = self.shift_cm1[after - 1], self.shift_cm1[after]
        part = (shift_cm1 - low) / (high - low)
        return np.asarray(fitted + self.under[:, after - 1] * (1 - part) + self.under[:, after] * part)

    def rows(self, which: slice | Sequence[int]) -> Curves:
        """Return some of the spectra."""
        return replace(
            self,
            counts=self.counts[which],
            use=self.use[which],
            center_cm1=self.center_cm1[which],
            fwhm_cm1=self.fwhm_cm1[which],
            height=self.height[which],
            form=self.form[which],
            coefficients=self.coefficients[which],
            noise=self.noise[which],
            under=None if self.under is None else self.under[which],
        )

    def __getitem__(self, row: int) -> Curve:
        return Curve(
            self.shift_cm1,
            self.counts[row],
            self.use[row],
            self.peaks,
            self.shapes,
            self.center_cm1[row],
            self.fwhm_cm1[row],
            self.height[row],
            self.form[row],
            self.coefficients[row],
            None if self.under is None else self.under[row],
        )


def curves(
    scan: Scan,
    recipe: Recipe,
    lines: FloatArray,
    starts: Sequence[int] = (0,),
    orders: Sequence[int] | None = None,
) -> Curves:
    """Return the curves that lines and the recipe's baseline make with the spectra of a scan.

    The lines stay as they are, as a table holds them; the polynomial is fitted to what they leave, with weights
    that follow the curve, as in the fit they came from. A spectrum without a single finite height has no curve.

    Parameters
    ----------
    scan : Scan
    recipe : Recipe
    lines : array [N, P, 4]
        `LINE` of the recipe's peaks.
    starts : sequence of int
        First rows of the files that the scan was put together from; spectra of one file share a gain.
    orders : sequence of int, optional
        Of the polynomials of these files, where that is known; None: as the recipe says or, with ``auto``, by BIC.

    Raises
    ------
    ScanError
        If the recipe's window does not suit the scan's axis.
    """
    prepared = prepare(scan, recipe)
    shift = prepared.model.shift_cm1
    counts = np.asarray(prepared.counts, dtype=np.float64)
    use = np.ones(counts.shape, dtype=bool) if prepared.use is None else prepared.use.copy()
    file = np.searchsorted(starts, np.arange(len(scan)), side="right")
    if recipe.clean.spikes:
        bare = counts if prepared.under is None else counts - prepared.under
        use &= ~gross_spikes(bare, use, file)
    shapes = tuple(peak.shape for peak in recipe.peaks)
    height = lines[..., 2]
    drawn = np.asarray(np.isfinite(lines[..., :3]).all(axis=2))
    peaks = np.zeros(counts.shape)
    for p in range(drawn.shape[1]):
        rows = np.flatnonzero(drawn[:, p])
        center, fwhm, _, form = lines[rows, p, :, None].transpose(1, 0, 2)
        peaks[rows] += height[rows, p, None] * line(shapes[p], shift, center, fwhm, form)
    fitted = np.flatnonzero(np.isfinite(height).any(axis=1) & prepared.measured)
    coefficients = np.full((len(scan), max(recipe.baseline.highest + 1, 1)), np.nan)
    noise = np.full((len(scan), 3), np.nan)
    if prepared.under is not None:
        peaks += prepared.under
    order = (_orders(prepared, counts, starts, recipe) if orders is None else np.array(orders))[file - 1]
    for own in sorted(set(order[fitted].tolist())):
        rows = fitted[order[fitted] == own]
        basis = np.vander(_unit(shift, shift), own + 1, increasing=True)
        found = _polynomials(basis, counts[rows], peaks[rows], use[rows], file[rows], recipe)
        coefficients[rows] = 0.0
        coefficients[rows, : own + 1], noise[rows], use[rows] = found
    shown = np.where(drawn[..., None], lines, np.nan)
    return Curves(
        shift_cm1=shift,
        counts=counts,
        use=use,
        peaks=tuple(peak.name for peak in recipe.peaks),
        shapes=shapes,
        center_cm1=shown[..., 0],
        fwhm_cm1=shown[..., 1],
        height=shown[..., 2],
        form=shown[..., 3],
        coefficients=coefficients,
        noise=noise,
        under=prepared.under,
    )


def _orders(prepared: Prepared, counts: FloatArray, starts: Sequence[int], recipe: Recipe) -> npt.NDArray[np.intp]:
    """Orders of the polynomials of files that begin at some rows, as the fit chose them."""
    if recipe.baseline.order != "auto":
        return np.full(len(starts), recipe.baseline.highest)
    files = []
    for start, end in zip(starts, [*starts[1:], len(counts)], strict=True):
        rows = slice(start, end)
        use = None if prepared.use is None else prepared.use[rows]
        files.append(replace(prepared, counts=counts[rows], use=use, measured=prepared.measured[rows]))
    return np.array([len(part.model.basis) - 1 for part in with_orders(files)])


def _polynomials(
    basis: FloatArray, counts: FloatArray, above: FloatArray, use: BoolArray, file: npt.NDArray[np.intp], recipe: Recipe
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Coefficients of a basis [M, Q] under what is known, the noise, and the channels that are left, of N spectra."""
    found, noise = np.empty((len(counts), basis.shape[1])), np.empty((len(counts), 3))
    curve, channel = np.empty_like(counts), np.empty_like(counts)
    again = np.ones(len(counts), dtype=bool)
    for _ in range(SPIKE_ROUNDS):
        weights = use[again].astype(np.float64)
        found[again] = _least_squares(basis, counts[again] - above[again], weights)
        curve[again] = above[again] + (found[again][:, None, :] @ basis.T)[:, 0]
        firsts = [0, *(np.flatnonzero(np.diff(file[again])) + 1).tolist()]
        noise[again] = estimate_noise(
            recipe.noise.model, counts[again] - curve[again], curve[again], use[again], firsts
        )
        channel[again] = variance(noise[again], curve[again])
        if not recipe.clean.spikes:
            break
        spikes = residual_spikes(counts[again], curve[again], channel[again], use[again])
        if not spikes.any():
            break
        use[again] &= ~spikes
        touched = np.zeros(file[-1] + 1, dtype=bool)
        touched[file[again][spikes.any(axis=1)]] = True
        again = touched[file]  # all of a file share its gain
    if recipe.noise.model != "white":
        weights = use.astype(np.float64)
        np.divide(use, channel, out=weights, where=noise[:, :1] > 0)
        found = _least_squares(basis, counts - above, weights)
    return found, noise, use


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
