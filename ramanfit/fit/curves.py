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
        Not a number: the peak was not detected and is not drawn, or its shape has no form. That of a voigt is
        `instrument_cm1` over its width.
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
        """Return one peak without the baseline, [N, K]; zeros where it was not detected."""
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


def curves(
    scan: Scan,
    recipe: Recipe,
    lines: FloatArray,
    starts: Sequence[int] = (0,),
    orders: Sequence[int] | None = None,
    amplitude: FloatArray | None = None,
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
    amplitude : array [N], optional
        Of the smooth part of every baseline, as a table holds it; None: no baseline has one.

    Raises
    ------
    ScanError
        If the recipe's window does not suit the scan's axis.
    """
    prepared = prepare(scan, recipe)
    model = prepared.model.plain if amplitude is None else prepared.model
    shift = model.shift_cm1
    counts = np.asarray(prepared.counts, dtype=np.float64)
    height = lines[..., 2]
    drawn = np.asarray(np.isfinite(lines[..., :3]).all(axis=2))
    peaks = np.zeros(counts.shape)
    for p in range(len(recipe.peaks)):
        rows = np.flatnonzero(drawn[:, p])
        center, fwhm, _, form = lines[rows, p, :, None].transpose(1, 0, 2)
        peaks[rows] += height[rows, p, None] * model.shape(p, center, fwhm, form)
    use = np.ones(counts.shape, dtype=bool) if prepared.use is None else prepared.use.copy()
    coefficients = np.full((len(scan), max(recipe.baseline.highest + 1, 1)), np.nan)
    noise = np.full((len(scan), 3), np.nan)
    bent = np.zeros(counts.shape)
    fitted = np.asarray(np.isfinite(height).any(axis=1) & prepared.measured)
    file = np.searchsorted(starts, np.arange(len(scan)), side="right") - 1
    by_file = _orders(prepared, counts, starts, recipe) if orders is None else np.array(orders)
    for order in sorted(set(by_file[file][fitted].tolist())):
        rows = np.flatnonzero(fitted & (by_file[file] == order))
        basis = np.vander(_unit(shift, shift), order + 1, increasing=True).T
        under = None if prepared.under is None else prepared.under[rows]
        smooth = model.basis[len(model.polynomials) :]
        baseline = fit_task(
            Task(
                model=replace(model.of([]), basis=np.concatenate([basis, smooth])),
                counts=counts[rows] if under is None else counts[rows] - under,
                use=use[rows],
                scan=file[rows],
                noise=recipe.noise.model,
                engine="baseline_only",
                spikes=recipe.clean.spikes,
                under=under,
                lines=peaks[rows],
                amplitude=None if amplitude is None else amplitude[rows],
            )
        )
        coefficients[rows] = 0.0
        coefficients[rows, : order + 1], noise[rows] = baseline.coefficients[:, : order + 1], baseline.noise
        if len(smooth):
            bent[rows] = (baseline.coefficients[:, None, order + 1 :] @ smooth)[:, 0]
        if baseline.spikes is not None:
            use[rows] &= ~baseline.spikes
    shown = np.where(drawn[..., None], lines, np.nan)
    forms = [model.form(p, shown[:, p, 1], shown[:, p, 3]) for p in range(len(recipe.peaks))]
    return Curves(
        shift_cm1=shift,
        counts=counts,
        use=use,
        peaks=tuple(peak.name for peak in recipe.peaks),
        shapes=tuple(recipe.shape_of(peak) for peak in recipe.peaks),
        center_cm1=shown[..., 0],
        fwhm_cm1=shown[..., 1],
        height=shown[..., 2],
        form=np.stack(forms, axis=1),
        coefficients=coefficients,
        noise=noise,
        under=bent if len(model.smooth) else prepared.under,
        instrument_cm1=recipe.instrument.fwhm_cm1 or 0.0,
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
