"""The lines of a pixel: between those of the points that it is a mixture of."""

from __future__ import annotations

import numpy as np

from ramanfit.scan.scan import FloatArray


def mixed(
    shares: FloatArray, center: FloatArray, fwhm: FloatArray, height: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return one line of each peak for every pixel of a map, between those of the points it is a mixture of.

    Heights are mixed by the shares, and a peak that is not at a point is 0 high there; position and width are those
    of the points that have it.

    Parameters
    ----------
    shares : array [N, P]
    center, fwhm, height : array [S, P, K]
        Not a number where there is no such peak.

    Returns
    -------
    center, fwhm, height : array [S, N, K]
        Not a number where the height is 0.
    """
    there = np.isfinite(height)
    of_peak = shares[None, :, :, None] * there[:, None]  # [S, N, P, K]
    high = np.einsum("np,spk->snk", shares, np.nan_to_num(height))
    with np.errstate(invalid="ignore", divide="ignore"):
        middle, width = (
            (of_peak * np.nan_to_num(values)[:, None]).sum(axis=2) / of_peak.sum(axis=2) for values in (center, fwhm)
        )
    return tuple(np.where(high > 0, values, np.nan) for values in (middle, width, high))  # type: ignore[return-value]
