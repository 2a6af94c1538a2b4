"""Peaks that cannot be there leave the model, so that they bend nothing of the others.

A peak that is not detected is fitted all the same: its height, its error and its limit are those of that fit. Where its
height is below 0, which no peak can have, what is reported of the other peaks, and the baseline, comes from a second
fit without it. That fit is independent of the height that was found, so that its errors are right if the peak is not
there. A height between 0 and the limit may be a peak, and stays: to leave it out would bend the others by what it is.
Nothing is asked a second time: what was seen is not lost by it, nor what was not, gained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ramanfit.fit.model import Model
from ramanfit.fit.result import PARAMETERS, FitResult, Status
from ramanfit.scan.scan import BoolArray

Index = npt.NDArray[np.intp]

CLEARLY = 20.0  # gain in the information criterion; a height of 3 standard errors alone gains less than nothing


def unseen(fits: FitResult, min_snr: float) -> BoolArray:
    """Return which peaks are not detected, [N, P].

    Parameters
    ----------
    fits : FitResult
        Judged.
    min_snr : float
        Least height in standard errors.
    """
    snr = fits.snr()
    if fits.other_snr is not None and fits.missing_band is not None:
        both = np.fmin(snr, fits.other_snr)  # what cannot be told from baseline has to be in both fits
        snr = np.where(fits.missing_band[:, None], both, snr)
    # a fit without noise has no error to compare with: any height above 0 is seen
    seen = np.where(np.isfinite(snr), snr > min_snr, fits.height > 0)
    with np.errstate(invalid="ignore"):
        # a line narrower than a channel is there, and only its height cannot be told from its width
        seen |= (fits.delta_bic > CLEARLY) & (fits.height > 0)
        return np.asarray(~seen | (fits.delta_bic < 0))


def leaving(model: Model, fits: FitResult, absent: BoolArray) -> BoolArray:
    """Return which peaks leave the model, [N, P]: those with a height that no peak can have, that lead none that stays.

    Where a fit has not arrived all that are absent leave: they may be what kept it. A spectrum that would keep none of
    its peaks keeps all.
    """
    converged, lost = fits.status == Status.CONVERGED, fits.status == Status.NOT_CONVERGED
    with np.errstate(invalid="ignore"):
        goes = absent & ((fits.height < 0) & converged[:, None] | lost[:, None])
    for _ in model.links:
        for p, link in enumerate(model.links):
            for leader in link.leaders:
                if leader is not None:
                    goes[:, leader] &= goes[:, p]
    goes[goes.all(axis=1)] = False
    return np.asarray(goes)


def groups(model: Model, left: BoolArray) -> Iterator[tuple[Index, list[int]]]:
    """Return rows of one kind, and the peaks that they still have."""
    if len(left) and not left.any():
        yield np.arange(len(left)), list(range(left.shape[1]))
        return
    patterns, of_row = np.unique(left, axis=0, return_inverse=True)
    for k, pattern in enumerate(patterns):
        yield np.flatnonzero(of_row.ravel() == k), np.flatnonzero(~pattern).tolist()


def _columns(fits: FitResult, peaks: list[int]) -> Index:
    k = fits.fields
    return np.array([k * p + i for p in peaks for i in range(k)], dtype=np.intp)


def of_peaks(fits: FitResult, peaks: list[int]) -> FitResult:
    """Return fits with some of their peaks."""
    columns = _columns(fits, peaks)
    changes = {
        name: getattr(fits, name)[:, peaks]
        for name in (*PARAMETERS, "delta_bic", "double_bic", "at_bound", "absent", "left", "other_height", "other_snr")
        if getattr(fits, name) is not None
    }
    changes["covariance"] = fits.covariance[:, columns][:, :, columns]
    if fits.doubt is not None:
        changes["doubt"] = fits.doubt[:, columns]
    return replace(fits, **changes)


def put_back(whole: FitResult, without: FitResult, peaks: list[int]) -> FitResult:
    """Return fits of all peaks, with those that stay, and the baseline, as they are without the others.

    Parameters
    ----------
    whole : FitResult
        Of N spectra, with all peaks.
    without : FitResult
        Of the same, with some.
    peaks : list of int
        Which.
    """
    result = whole.take(np.arange(len(whole)))
    k, less, count = whole.fields, without.fields, whole.height.shape[1]
    gone = [p for p in range(count) if p not in peaks]
    for name in PARAMETERS:
        getattr(result, name)[:, peaks] = getattr(without, name)
    result.at_bound[:, peaks] = without.at_bound
    result.at_bound[:, gone] = False
    result.left[:, gone] = True
    if not gone:
        return replace(without, light=whole.light)
    variance = np.einsum("nii->ni", whole.covariance)[:, [k * p for p in gone]]
    result.covariance[:] = np.nan
    stays = np.array([k * p + i for p in peaks for i in range(less)], dtype=np.intp)
    result.covariance[:, stays[:, None], stays] = without.covariance
    for p, its in zip(gone, variance.T, strict=True):
        result.covariance[:, k * p, k * p] = its
    for name in ("coefficients", "chi2", "dof", "redchi2", "status"):
        getattr(result, name)[:] = getattr(without, name)
    return replace(result, light=without.light)
