"""Which parameters of a model's peaks move, and which functions that takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ramanfit.fit.model import Link, Model
from ramanfit.scan.scan import BoolArray, FloatArray

CENTER, FWHM, FORM = range(3)


class Layout:
    """Which functions a model's Gram matrix is made of, and which parameters of its peaks move.

    Attributes
    ----------
    leading : list of int
        Peaks with a height of their own, [L]: one function each, the sum of all shapes of that height.
    group : list of int
        For every peak, the number in `leading` of the one whose height it has.
    ratio : array [P]
        Heights in parts of that of the peak they follow.
    slopes : list of (peak, kind)
        Derivatives [D] that are needed, by center, fwhm or form.
    follow : list of (slope, slope, factor)
        A derivative that also counts, with a factor, as one of the peak that is followed.
    moving : list of int
        Numbers in `slopes` of the parameters [K] that move.
    parameters : list of (peak, kind)
        These parameters.
    lower, upper : array [K, 1]
    """

    def __init__(self, model: Model) -> None:
        links = [model.link(p) for p in range(len(model.names))]
        self.leading = [p for p, link in enumerate(links) if link.height_of is None]
        followed = (p if link.height_of is None else link.height_of for p, link in enumerate(links))
        self.group = [self.leading.index(p) for p in followed]
        self.ratio = np.array([1.0 if link.height_of is None else link.height_ratio for link in links])
        bounds = _bounds(model)
        free = bounds[..., 0] < bounds[..., 1]
        self.slopes, self.follow = _slopes(links, free)
        self.moving = [d for d, parameter in enumerate(self.slopes) if free[parameter]]
        self.parameters = [self.slopes[d] for d in self.moving]
        self.lower, self.upper = (
            np.array([bounds[(*parameter, end)] for parameter in self.parameters]).reshape(-1, 1) for end in (0, 1)
        )


def _bounds(model: Model) -> FloatArray:
    """Return least and largest center, fwhm and form of every peak, [P, 3, 2]; not a number where there is none."""
    bounds = np.full((len(model.names), 3, 2), np.nan)
    bounds[:, :2, 0], bounds[:, :2, 1] = model.lower, model.upper
    for p in range(len(model.names)):
        if (form := model.link(p).form) is not None:
            bounds[p, FORM] = form[1:]
    return bounds


def _slopes(links: Sequence[Link], free: BoolArray) -> tuple[list[tuple[int, int]], list[tuple[int, int, float]]]:
    """Return the derivatives that are needed, and which of them also count as those of a followed peak.

    `free` [P, 3] tells which parameters move.
    """

    def leader(p: int, kind: int) -> int | None:
        of = (links[p].center_of, links[p].fwhm_of, None)[kind]
        return of if of is not None and free[of, kind] else None

    slopes = [
        (p, kind)
        for kind in (CENTER, FWHM, FORM)
        for p in range(len(links))
        if free[p, kind] or leader(p, kind) is not None
    ]
    follow = [
        (d, slopes.index((of, kind)), links[p].fwhm_ratio if kind == FWHM else 1.0)
        for d, (p, kind) in enumerate(slopes)
        if (of := leader(p, kind)) is not None
    ]
    return slopes, follow
