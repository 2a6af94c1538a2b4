"""What was done to the counts of a scan before the fit, and what only the counts as they were measured could tell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Treated(NamedTuple):
    """What became of the spectra of a scan, of which N are left on M channels.

    Attributes
    ----------
    saturated, clipped : bool array [N]
        Judged on the counts as they were measured.
    dark : array [M] or None
        Variance of the dark spectrum that was subtracted; None: none was.
    groups : int array or None
        Number of the mean that each spectrum of the file went into; None: there are no means.
    repeats : int array [N] or None
        How many spectra each mean is made of.
    scatter : array [N, M] or None
        Variance of the means, channel by channel, that second differences of their repeats show: what drifts from one
        repeat to the next is not in it. Not a number where fewer than two tell.
    cosmic_rays : tuple of (row, first and last shift in cm-1)
        Those that one repeat of a mean showed and others did not.
    """

    saturated: BoolArray
    clipped: BoolArray
    dark: FloatArray | None = None
    groups: npt.NDArray[np.intp] | None = None
    repeats: npt.NDArray[np.intp] | None = None
    scatter: FloatArray | None = None
    cosmic_rays: tuple[tuple[int, float, float], ...] = ()
