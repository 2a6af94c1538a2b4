"""From a spectrum and its row in a table back to the curve: what figures draw and bands subtract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ramanfit.fit.baseline_order import with_orders
from ramanfit.fit.batch import Task
from ramanfit.fit.lineshapes import line
from ramanfit.fit.pipeline import fit_task
from ramanfit.fit.prepare import Prepared, prepare
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.by_row import ByRow
from ramanfit.scan.scan import BoolArray, FloatArray, Scan

LINE = ("center_cm1", "fwhm_cm1", "height", "form")  # what a curve is drawn from


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
        nonlinear = (values[number] for values in (self.center_cm1, self.fwhm_cm1, self.form))
        return np.asarray(self.height[number] * line(self.shapes[number], x, *nonlinear))

    def fit(self, shift_cm1: FloatArray | None = None) -> FloatArray:
        """Return baseline and peaks."""
        curve = self.baseline(shift_cm1)
        for p in range(len(self.peaks)):
            curve = curve + self.peak(p, shift_cm1)
        return curve


@dataclass(frozen=True, eq=False)
class Curves(ByRow):
    """The curves of a whole scan: as `Curve`, with a first axis of N spectra.

    Attributes
    ----------
    noise : array [N, 3]
        See `ramanfit.fit.noise.variance`; not a number where nothing was fitted.
    """

    shared: ClassVar = ("shift_cm1", "peaks", "shapes")

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
        way = (shift_cm1 - low) / (high - low)
        return np.asarray(fitted + self.under[:, after - 1] * (1 - way) + self.under[:, after] * way)

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
    height = lines[..., 2]
    drawn = np.asarray(np.isfinite(lines[..., :3]).all(axis=2))
    peaks = np.zeros(counts.shape)
    for p, peak in enumerate(recipe.peaks):
        rows = np.flatnonzero(drawn[:, p])
        center, fwhm, _, form = lines[rows, p, :, None].transpose(1, 0, 2)
        peaks[rows] += height[rows, p, None] * line(peak.shape, shift, center, fwhm, form)
    use = np.ones(counts.shape, dtype=bool) if prepared.use is None else prepared.use.copy()
    coefficients = np.full((len(scan), max(recipe.baseline.highest + 1, 1)), np.nan)
    noise = np.full((len(scan), 3), np.nan)
    fitted = np.asarray(np.isfinite(height).any(axis=1) & prepared.measured)
    file = np.searchsorted(starts, np.arange(len(scan)), side="right") - 1
    by_file = _orders(prepared, counts, starts, recipe) if orders is None else np.array(orders)
    for order in sorted(set(by_file[file][fitted].tolist())):
        rows = np.flatnonzero(fitted & (by_file[file] == order))
        basis = np.vander(_unit(shift, shift), order + 1, increasing=True).T
        under = None if prepared.under is None else prepared.under[rows]
        baseline = fit_task(
            Task(
                model=replace(prepared.model.of([]), basis=np.ascontiguousarray(basis)),
                counts=counts[rows] if under is None else counts[rows] - under,
                use=use[rows],
                scan=file[rows],
                noise=recipe.noise.model,
                engine="baseline_only",
                spikes=recipe.clean.spikes,
                under=under,
                lines=peaks[rows],
            )
        )
        coefficients[rows] = 0.0
        coefficients[rows, : order + 1], noise[rows] = baseline.coefficients, baseline.noise
        if baseline.spikes is not None:
            use[rows] &= ~baseline.spikes
    shown = np.where(drawn[..., None], lines, np.nan)
    return Curves(
        shift_cm1=shift,
        counts=counts,
        use=use,
        peaks=tuple(peak.name for peak in recipe.peaks),
        shapes=tuple(peak.shape for peak in recipe.peaks),
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
    return np.array([len(chosen.model.basis) - 1 for chosen in with_orders(files)])


def _unit(channels: FloatArray, shift_cm1: FloatArray) -> FloatArray:
    low, high = channels[0], channels[-1]
    return np.asarray((2 * shift_cm1 - low - high) / (high - low))
