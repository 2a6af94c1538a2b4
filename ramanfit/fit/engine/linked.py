"""The problem of any line shapes, with parameters that are fixed or follow those of other peaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np

from ramanfit.fit.engine import problem
from ramanfit.fit.engine.algebra import eliminate, inverse, substitute
from ramanfit.fit.engine.problem import Index, Point, Problem
from ramanfit.fit.lineshapes import SHAPES
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult
from ramanfit.scan.scan import BoolArray, FloatArray

CENTER, FWHM, FORM = range(3)
Own = TypeVar("Own", bound="Linked")


class Layout:
    """Which functions a model's Gram matrix is made of, and which parameters of its peaks move.

    Attributes
    ----------
    leading : list of int
        Peaks with a height of their own, [L]: one function each, the sum of all shapes of that height.
    group : list of int
        For every peak, the place in `leading` of the one whose height it has.
    slopes : list of (peak, kind)
        Derivatives [D] that are needed, by center, fwhm or form.
    follow : list of (slope, slope, factor)
        A derivative that also counts, with a factor, as one of the peak that is followed.
    moving : list of int
        Derivatives [K] by parameters that move.
    lower, upper : array [K, 1]
    home : array [P, 3]
        The place to start from.
    """

    def __init__(self, model: Model) -> None:
        peaks = range(len(model.names))
        links = [model.link(p) for p in peaks]
        self.leading = [p for p in peaks if links[p].height_of is None]
        self.group = [self.leading.index(p if (of := links[p].height_of) is None else of) for p in peaks]
        self.ratio = np.array([1.0 if link.height_of is None else link.height_ratio for link in links])
        bounds = np.full((len(links), 3, 2), np.nan)
        bounds[:, :2, 0], bounds[:, :2, 1] = model.lower, model.upper
        for p in peaks:
            if (form := links[p].form) is not None:
                bounds[p, FORM] = form[1:]
        free = bounds[..., 0] < bounds[..., 1]
        leaders = [(link.center_of, link.fwhm_of, None) for link in links]
        self.slopes = [
            (p, kind)
            for kind in (CENTER, FWHM, FORM)
            for p in peaks
            if free[p, kind] or ((of := leaders[p][kind]) is not None and free[of, kind])
        ]
        self.follow: list[tuple[int, int, float]] = []
        for d, (p, kind) in enumerate(self.slopes):
            of = leaders[p][kind]
            if of is not None and free[of, kind]:
                factor = links[p].fwhm_ratio if kind == FWHM else 1.0
                self.follow.append((d, self.slopes.index((of, kind)), factor))
        self.moving = [d for d, (p, kind) in enumerate(self.slopes) if free[p, kind]]
        own = [self.slopes[d] for d in self.moving]
        self.lower = np.array([bounds[p, kind, 0] for p, kind in own]).reshape(-1, 1)
        self.upper = np.array([bounds[p, kind, 1] for p, kind in own]).reshape(-1, 1)
        self.home = model.home
        self.own = own


@lru_cache(maxsize=16)
def _layout(model: Model) -> Layout:
    return Layout(model)


@dataclass(frozen=True, eq=False)
class Linked(Problem):
    """Spectra of any model.

    Attributes
    ----------
    ratio : array [n, P] or None
        Heights in parts of that of the peak they follow, spectrum by spectrum; None: as the model has it.
    pinned : array [n, L] or None
        Heights that are held, not a number where they are free; None: all are.
    """

    ratio: FloatArray | None = None
    pinned: FloatArray | None = None

    @property
    def layout(self) -> Layout:
        return _layout(self.model)

    def take(self: Own, rows: Index | BoolArray) -> Own:
        ratio, pinned = (None if part is None else part[rows] for part in (self.ratio, self.pinned))
        return replace(super().take(rows), ratio=ratio, pinned=pinned)

    @classmethod
    def concat(cls: type[Own], parts: Sequence[Own]) -> Own:
        ratios = [part.ratio for part in parts if part.ratio is not None]
        pinned = [part.pinned for part in parts if part.pinned is not None]
        return replace(
            super().concat(parts),
            ratio=np.concatenate(ratios) if ratios else None,
            pinned=np.concatenate(pinned) if pinned else None,
        )

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        return self.layout.lower, self.layout.upper

    def free(self, place: FloatArray) -> FloatArray:
        free = np.empty((len(self.layout.own), len(place)))
        for k, (p, kind) in enumerate(self.layout.own):
            free[k] = place[:, p, kind]
            if kind == CENTER and (of := self.model.link(p).center_of) is not None:
                free[k] -= place[:, of, kind]
        return free

    def place(self, free: FloatArray) -> FloatArray:
        place = np.tile(self.layout.home, (free.shape[1], 1, 1))
        for p in range(len(self.model.names)):
            if self.model.link(p).center_of is not None:
                place[:, p, CENTER] = self.model.start[p, 0]
        for k, (p, kind) in enumerate(self.layout.own):
            place[:, p, kind] = free[k]
        for p in range(len(self.model.names)):
            link = self.model.link(p)
            if link.center_of is not None:
                place[:, p, CENTER] += place[:, link.center_of, CENTER]
            if link.fwhm_of is not None:
                place[:, p, FWHM] = link.fwhm_ratio * place[:, link.fwhm_of, FWHM]
        return place

    def reach(self, free: FloatArray) -> FloatArray:
        fwhm = self.place(free)[..., FWHM]
        return np.stack(
            [np.ones(len(fwhm)) if kind == FORM else fwhm[:, p] for p, kind in self.layout.own] or [fwhm.T[:0]]
        )

    @property
    def leading(self) -> Index:
        return np.array(self.layout.leading)

    @cached_property
    def _ratios(self) -> FloatArray:
        """Heights in parts of that of the peak they follow, [n, P]."""
        if self.ratio is not None:
            return self.ratio
        return np.broadcast_to(self.layout.ratio, (len(self), len(self.model.names)))

    def gram(self, place: FloatArray) -> FloatArray:
        """Inner products of basis, shapes, derivatives and y, [R, R, n] with R = Q + L + D + 1.

        Lines with a pinned height are taken off y, and their place is left to a function that nothing else touches.
        """
        layout, x = self.layout, self.model.shift_cm1
        n = len(place)
        q, m = self.model.basis.shape
        shapes, left = len(layout.leading), len(layout.leading) + len(layout.slopes)
        size = left + 1 + q
        rows = left if self.pinned is None else left + 1
        small = np.empty((n, rows, size))
        buffer = np.empty((min(problem.BLOCK, n), size, m))
        buffer[:, left + 1 :] = self.model.basis
        for s in range(0, n, problem.BLOCK):
            block = slice(s, s + problem.BLOCK)
            f = buffer[: min(problem.BLOCK, n - s)]
            f[:, :shapes] = 0.0
            for p in range(place.shape[1]):
                center, half, form = place[block, p, CENTER, None], place[block, p, FWHM, None] / 2, place[block, p, 2:]
                v = (x - center) / half
                value, d_v, d_form = SHAPES[self.model.link(p).shape].slopes(v, form)
                f[:, layout.group[p]] += self._ratios[block, p, None] * value
                for d, (peak, kind) in enumerate(layout.slopes, start=shapes):
                    if peak == p:
                        f[:, d] = -d_v / half if kind == CENTER else -v * d_v / (2 * half) if kind == FWHM else d_form
            f[:, left] = self.y[block]
            if self.pinned is not None:
                f[:, left] -= (np.nan_to_num(self.pinned[block])[:, None] @ f[:, :shapes])[:, 0]
            weighted = f[:, :rows] if self.weights is None else f[:, :rows] * self.weights[block, None]
            np.matmul(weighted, f.transpose(0, 2, 1), out=small[block])
        g = np.empty((size, size, n))
        moved = small.transpose(1, 2, 0)
        g[q:-1, q:-1] = moved[:left, :left]
        g[q:-1, -1] = g[-1, q:-1] = moved[:left, left]
        g[q:-1, :q] = moved[:left, left + 1 :]
        g[:q, q:-1] = g[q:-1, :q].transpose(1, 0, 2)
        ends = np.r_[0:q, size - 1]
        g[np.ix_(ends, ends)] = self.fixed
        if self.pinned is not None:
            g[:q, -1] = g[-1, :q] = moved[left, left + 1 :]
            g[-1, -1] = moved[left, left]
            spectra, groups = np.nonzero(np.isfinite(self.pinned))
            g[q + groups, :, spectra] = g[:, q + groups, spectra] = 0.0
            g[q + groups, q + groups, spectra] = 1.0
        return g

    def _known(self, heights: FloatArray) -> FloatArray:
        """Heights [L, n] of leading peaks with those that are pinned."""
        return heights if self.pinned is None else np.where(np.isfinite(self.pinned.T), self.pinned.T, heights)

    def _scales(self, heights: FloatArray) -> FloatArray:
        """Height of the peak of every derivative, [D, n], from those of the leading ones [L, n]."""
        layout, ratios = self.layout, self._ratios
        rows = [ratios[:, p] * heights[layout.group[p]] for p, _ in layout.slopes]
        return np.stack(rows) if rows else np.empty((0, len(self)))

    def _gather(self, a: FloatArray, first: int) -> FloatArray:
        """Add rows of derivatives, the first of which is `first`, to those they follow; keep those that move."""
        for d, of, factor in self.layout.follow:
            a[first + of] += factor * a[first + d]
        return a[[*range(first), *(first + d for d in self.layout.moving)]]

    def reduce(self, free: FloatArray) -> Point:
        first = len(self.model.basis)
        last = first + len(self.layout.leading)
        gram = self.gram(self.place(free))
        g = gram.copy()
        singular = eliminate(g, last)
        heights = self._known(substitute(g, first, last))
        scale = self._scales(heights)
        chi2 = g[-1, -1].copy()
        chi2[singular | ~np.isfinite(chi2)] = np.inf
        normal = self._gather(g[last:-1, last:-1] * scale[:, None] * scale[None], 0)
        return Point(
            gram=gram,
            chi2=chi2,
            gradient=self._gather(g[last:-1, -1] * scale, 0),
            normal=self._gather(normal.transpose(1, 0, 2), 0),
            snr2=np.stack([heights[j] ** 2 * g[first + j, first + j] for j in range(len(heights))]),
        )

    def finish(self, free: FloatArray, end: Point, converged: BoolArray) -> FitResult:
        model, layout, n = self.model, self.layout, len(self)
        first = len(model.basis)
        last = first + len(layout.leading)
        g = end.gram
        normal = g[:-1, :-1].copy()
        singular = eliminate(g, last)
        linear = substitute(g, 0, last)
        heights, chi2 = self._known(linear[first:]), np.maximum(g[-1, -1], 0)
        scale = self._scales(heights)
        normal[last:] *= scale[:, None]
        normal[:, last:] *= scale[None]
        normal = self._gather(self._gather(normal, last).transpose(1, 0, 2), last)
        held = self.held(free)
        pinned = np.zeros((len(heights), n), dtype=bool) if self.pinned is None else np.isfinite(self.pinned.T)
        fixed = np.concatenate([np.zeros((first, n), dtype=bool), pinned, held])
        dof = self.used - (model.parameters - fixed.sum(axis=0))
        covariance = inverse(normal, fixed) * (chi2 / np.maximum(dof, 1))
        at_bound = np.zeros((n, len(model.names), 4), dtype=bool)
        for k, (p, kind) in enumerate(layout.own):
            at_bound[:, p, kind] = held[k]
        at_bound[:, layout.leading, 3] = pinned.T
        return self.result(
            free,
            np.stack([self._ratios[:, p] * heights[layout.group[p]] for p in range(len(model.names))]),
            linear[:first],
            self._spread(covariance[first:, first:], pinned),
            chi2,
            dof,
            at_bound,
            ~singular,
            converged,
        )

    def _spread(self, covariance: FloatArray, pinned: BoolArray) -> FloatArray:
        """Return the covariance [KP, KP, n] of all peaks' parameters from that of leading heights and what moves."""
        model, layout = self.model, self.layout
        heights = len(layout.leading)
        unknown = np.isnan(np.einsum("iin->in", covariance))
        lost = (unknown[:heights] & ~pinned).any(axis=0)  # there is no covariance at all
        known = np.where(np.isnan(covariance), 0.0, covariance)
        number = {own: heights + k for k, own in enumerate(layout.own)}
        parts: list[Sequence[tuple[int, FloatArray | float]]] = []
        for p in range(len(model.names)):
            link = model.link(p)
            parts.append([(layout.group[p], self._ratios[:, p])])
            for kind, leader, factor in (
                (CENTER, link.center_of, 1.0),
                (FWHM, link.fwhm_of, link.fwhm_ratio),
                (FORM, None, 1.0),
            )[: model.fields - 1]:
                sources = ((p, 1.0), (leader, factor))
                parts.append([(number[of, kind], f) for of, f in sources if of is not None and (of, kind) in number])
        for _ in range(2):  # rows, then columns
            known = np.stack([_sum(known, part) for part in parts]).transpose(1, 0, 2)
        no_error = np.stack(
            [np.all([unknown[i] for i, _ in part], axis=0) if part else np.ones(len(self), bool) for part in parts]
        )
        no_error |= lost
        known[no_error[:, None] | no_error[None]] = np.nan
        return known


def _sum(rows: FloatArray, part: Sequence[tuple[int, FloatArray | float]]) -> FloatArray:
    total = np.zeros(rows.shape[1:])
    for i, factor in part:
        total = total + factor * rows[i]
    return total
