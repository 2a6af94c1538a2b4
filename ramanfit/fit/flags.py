"""What makes a fit doubtful: every flag with its meaning and with what raises it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.fit.cosmic_rays import places
from ramanfit.fit.held import held, swapped
from ramanfit.fit.model import Model
from ramanfit.fit.prepare import Prepared
from ramanfit.fit.result import FitResult, Status
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray

StringArray = npt.NDArray[np.str_]

STRUCTURE = 5.0  # standard errors of the correlation between neighbouring residuals
CORRELATED = 0.95
NARROW = 3.0  # channels
SHARED = 1.2  # factor by which correlated channels make variances larger
AS_BASELINE = 0.7  # of the length of a smooth part


class Judged:
    """N fits as they are published, and what they came from.

    Parameters
    ----------
    result : FitResult
    prepared : Prepared
    recipe : Recipe
    status : str array [N, P]
        ``ok``, ``not_detected`` or ``failed``.
    snr : array [N, P]
        Heights in their standard errors.
    """

    def __init__(
        self, result: FitResult, prepared: Prepared, recipe: Recipe, status: StringArray, snr: FloatArray
    ) -> None:
        self.result, self.prepared, self.recipe = result, prepared, recipe
        self.status, self.snr = status, snr

    @property
    def model(self) -> Model:
        """What was fitted."""
        return self.prepared.model

    @cached_property
    def fitted(self) -> BoolArray:
        """Where there is a fit, [N]."""
        return np.asarray(self.result.status == Status.CONVERGED)

    @cached_property
    def seen(self) -> BoolArray:
        """Where a peak was detected, [N, P]."""
        return np.asarray(self.status == "ok")


def _at_bound(fits: Judged) -> BoolArray:
    return np.asarray(held(fits).any(axis=(1, 2)))


def _no_covariance(fits: Judged) -> BoolArray:
    # a height that a bound holds has no error, nor have those that follow it
    leads = np.array([fits.model.link(p).height_of is None for p in range(len(fits.recipe.peaks))])
    held = fits.result.at_bound[..., 3]
    return np.asarray(fits.fitted & (np.isnan(fits.result.standard_errors()["height"]) & leads & ~held).any(axis=1))


def _spike_in_band(fits: Judged) -> BoolArray:
    hit = np.zeros(len(fits.result), dtype=bool)
    if fits.prepared.spikes is not None:
        rows, channels = places(fits.prepared.spikes)
        away = np.abs(fits.model.shift_cm1[channels, None] - fits.result.center_cm1[rows])
        hit[rows[(fits.seen[rows] & (away < fits.result.fwhm_cm1[rows] / 2)).any(axis=1)]] = True
    return hit


def _missing_band(fits: Judged) -> BoolArray:
    return np.asarray(fits.fitted & (False if fits.result.missing_band is None else fits.result.missing_band))


def _broad_as_baseline(fits: Judged) -> BoolArray:
    broad = AS_BASELINE * fits.model.smooth_cm1 or np.inf
    return np.asarray((fits.seen & (fits.result.fwhm_cm1 > broad)).any(axis=1))


def _low_snr(fits: Judged) -> BoolArray:
    with np.errstate(invalid="ignore"):
        return np.asarray((fits.seen & (fits.snr < fits.recipe.detection.low_snr)).any(axis=1))


def _high_correlation(fits: Judged) -> BoolArray:
    """Two free parameters of detected peaks."""
    result, k = fits.result, fits.result.fields
    sd = np.sqrt(np.einsum("nii->ni", result.covariance))
    sd = np.where(np.repeat(fits.seen, k, axis=1), sd, np.nan)
    for p, link in enumerate(fits.model.links):
        for field, leader in ((0, link.height_of), (1, link.center_of), (2, link.fwhm_of)):
            if leader is not None:
                sd[:, k * p + field] = np.nan  # it is not told apart by design
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.abs(result.covariance / (sd[:, :, None] * sd[:, None]))
    diagonal = np.arange(sd.shape[1])
    correlation[:, diagonal, diagonal] = 0.0
    return np.asarray(fits.fitted & (correlation > CORRELATED).any(axis=(1, 2)))


def _width_limited(fits: Judged) -> BoolArray:
    shift = fits.model.shift_cm1
    pitch = np.interp(fits.result.center_cm1, shift[:-1], np.diff(shift))
    return np.asarray((fits.seen & (fits.result.fwhm_cm1 < NARROW * pitch)).any(axis=1))


def _edge_of_window(fits: Judged) -> BoolArray:
    shift, center, half = fits.model.shift_cm1, fits.result.center_cm1, fits.result.fwhm_cm1 / 2
    with np.errstate(invalid="ignore"):
        near = (center - half < shift[0]) | (center + half > shift[-1])
    return np.asarray((fits.seen & near).any(axis=1))


class Flag(NamedTuple):
    """A flag.

    Attributes
    ----------
    meaning : str
    raised : callable or str
        Tells for which of N fits, [N]; or the module that raises it once a table is there.
    false : str
        How often it is raised without a reason.
    remedy : str
        What to do.
    """

    meaning: str
    raised: Callable[[Judged], BoolArray] | str
    false: str
    remedy: str


FLAGS: dict[str, Flag] = {
    "not_measured": Flag(
        "empty or constant spectrum: nothing to fit",
        lambda fits: fits.result.status == Status.NOT_MEASURED,
        "never",
        "nothing: a scan that was cut short leaves such rows",
    ),
    "failed": Flag(
        "no finite minimum, or none reached; or too few channels for the recipe",
        lambda fits: (fits.result.status == Status.FAILED) | (fits.result.status == Status.NOT_CONVERGED),
        "rarely, where there are no peaks",
        "look at the spectrum (`ramanfit plot --worst 9`); set the recipe's starts and bounds to where its peaks are",
    ),
    "at_bound": Flag(
        "a center, width, form or height of a detected peak is held by a bound of the recipe: its standard error is "
        "empty; forms of pure pseudo-Voigt shapes do not count",
        _at_bound,
        "where a peak is hardly there",
        "what is said names the bound and how to --set it: widen it where the sample gives a reason, else take another "
        "recipe, or fix what noise cannot tell",
    ),
    "no_covariance": Flag(
        "the normal matrix has no inverse: no standard errors",
        _no_covariance,
        "where a peak is hardly there",
        "fix a parameter, or leave out the peak",
    ),
    "saturated": Flag(
        "channels at the detector's ceiling inside the window: cut flat at one highest value, or at "
        "clean.saturation_counts; they were left out of the fit",
        lambda fits: fits.prepared.saturated,
        "in none of 250,000 simulated spectra of few photons, of cameras and smoothed; in 0.1 % of interpolated ones",
        "measure with less light; for sums whose parts were not saturated --set clean.saturation_counts=none",
    ),
    "clipped": Flag(
        "a run of channels at one lowest value inside the window, as cutting at zero leaves it; they and their "
        "neighbours were left out of the fit, and what is left of weak light is too high",
        lambda fits: fits.prepared.clipped,
        "in none of 250,000 simulated spectra of few photons, of cameras, smoothed and interpolated",
        "export the spectrum as it was measured, before anything is subtracted",
    ),
    "spike_in_band": Flag(
        "a cosmic ray within the width of a detected peak; its channels were left out of the fit",
        _spike_in_band,
        "in about 1 % of spectra on plain backgrounds",
        "look at the masked channels (`ramanfit plot`); --set clean.spikes=false keeps them",
    ),
    "missing_band": Flag(
        "something in the residuals says that the model lacks a band: peaks and baseline cannot be told "
        "apart; without the smooth part, and the difference to the fit with it in the errors",
        _missing_band,
        "in 0.5 % of spectra on smooth backgrounds, on the edge of a filter in up to two thirds",
        "fit a recipe that has the band (--recipe carbon-3 or carbon-5), or a narrower --window",
    ),
    "baseline_misfit": Flag(
        "the residuals go up and down slowly, in this spectrum or in the scan as a whole: a polynomial does not follow "
        "the background, or a band is missing",
        lambda fits: fits.fitted & fits.result.baseline_misfit,
        "in 0.1 % of spectra",
        "--smooth auto, or a recipe with one more band",
    ),
    "line_shape": Flag(
        "a peak is broader at its top or more lopsided than its shape, in this spectrum or in the scan as a whole",
        lambda fits: fits.fitted & fits.result.line_shape,
        "in 0.1 % of spectra",
        "--instrument-width, or a recipe with a second line there",
    ),
    "correlated_noise": Flag(
        "neighbouring channels share their noise, as after smoothing or resampling: errors are larger for it",
        lambda fits: fits.fitted & (fits.result.stretch > SHARED),
        "in less than 0.1 % of spectra",
        "fit the export as it was measured, if there is one; what smoothing did to a narrow line is not undone",
    ),
    "broad_as_baseline": Flag(
        "a peak broader than 0.7 of the length of the baseline's smooth part: hardly told from it",
        _broad_as_baseline,
        "where the peak is that broad",
        "a longer --smooth, or --smooth none where the background is plain",
    ),
    "not_detected": Flag(
        "a height is below detection.min_snr standard errors, or the Bayesian information criterion is "
        "better without the peak: no position, no ratio",
        lambda fits: (fits.status == "not_detected").any(axis=1),
        "a peak as high as the limit is missed in half of the spectra",
        "nothing: height_limit says how high it may be at most",
    ),
    "low_snr": Flag(
        "a height is below detection.low_snr standard errors: errors are no longer symmetric",
        _low_snr,
        "never: it says how high a peak is",
        "measure longer, or take the interval of --errors profile",
    ),
    "residual_structure": Flag(
        "neighbouring residuals go together: the model leaves more than noise",
        lambda fits: fits.fitted & (fits.result.structure > STRUCTURE),
        "in less than 0.1 % of spectra",
        "look at the residuals (`ramanfit plot --worst 9`): another shape, another band, another baseline",
    ),
    "doublet_preferred": Flag(
        "two lines in the place of one (detection.doublets) are better by the Bayesian information criterion",
        lambda fits: fits.fitted & (fits.seen & (fits.result.double_bic > 0)).any(axis=1),
        "in less than 1 % of single lines",
        "--recipe li-graphite-doublet, or a line shape that suits",
    ),
    "high_correlation": Flag(
        "two parameters of detected peaks are correlated by more than 0.95: hardly told apart",
        _high_correlation,
        "never: it says how two errors go together",
        "fix one of the two, or read both errors together",
    ),
    "width_limited": Flag(
        "a peak is narrower than 3 channels: its width is that of the spectrometer",
        _width_limited,
        "never: it says how wide a peak is",
        "a finer grating, or --instrument-width",
    ),
    "swapped": Flag(
        "centers of detected peaks do not come in the recipe's order, or only a bound keeps them in it and one has "
        "taken the other's place",
        swapped,
        "where two peaks lie on one another; of a recipe for two lines where there is one: in up to a quarter",
        "set bounds that keep the peaks apart",
    ),
    "edge_of_window": Flag(
        "a center lies within half its width of the window's edge",
        _edge_of_window,
        "never: it says where a peak is",
        "a wider --window, if the export goes further",
    ),
    "outlier": Flag(
        "a value stands apart from those of the same point in the scans before and after, if times are known; in a "
        "single scan from its neighbours along the line, if positions are known",
        "ramanfit.experiment.outliers",
        "where the sample itself jumps",
        "look at that spectrum; its row stays",
    ),
    "ratio_mismatch": Flag(
        "a printed ratio is not that of the heights beside it (tables of fits only)",
        "ramanfit.tables.read",
        "never beyond rounding",
        "ask whoever printed the table",
    ),
    "source_gone": Flag(
        "the export is no longer in the folder that is watched (results of `watch` only)",
        "ramanfit.experiment.watched",
        "never, unless the folder shows only some of its files",
        "put the export back; without it there are no bands and no curves",
    ),
}
"""By the word that a table shows, in the order in which words are joined."""


VERDICTS = ("missing_band", "baseline_misfit", "line_shape", "correlated_noise")
"""Flags that say that the model is not right; a line on a scan tells of them."""


def flags_of(fits: Judged) -> StringArray:
    """Return the words of every fit, joined by ``|``, [N]."""
    words = np.full(len(fits.result), "", dtype=object)
    for word, flag in FLAGS.items():
        if callable(flag.raised):
            words[flag.raised(fits)] += word + "|"
    return np.array([w[:-1] for w in words])
