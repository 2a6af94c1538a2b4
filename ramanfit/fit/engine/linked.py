"""The problem of any line shapes, with parameters that are fixed or follow those of other peaks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np

from ramanfit.fit.engine import problem
from ramanfit.fit.engine.algebra import eliminate, inverse, substitute
from ramanfit.fit.engine.layout import CENTER, FORM, FWHM, Layout
from ramanfit.fit.engine.problem import Index, Point, Problem
from ramanfit.fit.lineshapes import SHAPES
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult
from ramanfit.frozen import dataclass
from ramanfit.scan.scan import BoolArray, FloatArray


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

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        return self.layout.lower, self.layout.upper

    def moving(self, nonlinear: FloatArray) -> FloatArray:
        moving = np.empty((len(self.layout.parameters), len(nonlinear)))
        for k, (p, kind) in enumerate(self.layout.parameters):
            moving[k] = nonlinear[:, p, kind]
            if kind == CENTER and (of := self.model.link(p).center_of) is not None:
                moving[k] -= nonlinear[:, of, kind]
        return moving

    def nonlinear(self, moving: FloatArray) -> FloatArray:
        nonlinear = np.tile(self.model.home, (moving.shape[1], 1, 1))
        for p in range(len(self.model.names)):
            if self.model.link(p).center_of is not None:
                nonlinear[:, p, CENTER] = self.model.start[p, 0]
        for k, (p, kind) in enumerate(self.layout.parameters):
            nonlinear[:, p, kind] = moving[k]
        for p in range(len(self.model.names)):
            link = self.model.link(p)
            if link.center_of is not None:
                nonlinear[:, p, CENTER] += nonlinear[:, link.center_of, CENTER]
            if link.fwhm_of is not None:
                nonlinear[:, p, FWHM] = link.fwhm_ratio * nonlinear[:, link.fwhm_of, FWHM]
        return nonlinear

    def reach(self, moving: FloatArray) -> FloatArray:
        fwhm = self.nonlinear(moving)[..., FWHM]
        scales = [np.ones(len(fwhm)) if kind == FORM else fwhm[:, p] for p, kind in self.layout.parameters]
        return np.stack(scales) if scales else np.empty((0, len(fwhm)))

    @property
    def leading(self) -> Index:
        return np.array(self.layout.leading)

    @cached_property
    def _ratios(self) -> FloatArray:
        """Heights in parts of that of the peak they follow, [n, P]."""
        if self.ratio is not None:
            return self.ratio
        return np.broadcast_to(self.layout.ratio, (len(self), len(self.model.names)))

    def gram(self, nonlinear: FloatArray) -> FloatArray:
        """Return inner products of basis, shapes, derivatives and y, [R, R, n] with R = Q + L + D + 1.

        Lines with a pinned height are taken off y, and their rows are left to a function that nothing else touches.
        """
        n, (q, m) = len(nonlinear), self.model.basis.shape
        left = len(self.layout.leading) + len(self.layout.slopes)
        rows = left if self.pinned is None else left + 1
        products = np.empty((n, rows, left + 1 + q))
        buffer = np.empty((min(problem.BLOCK, n), left + 1 + q, m))
        buffer[:, left + 1 :] = self.model.basis
        for s in range(0, n, problem.BLOCK):
            block = slice(s, s + problem.BLOCK)
            functions = buffer[: min(problem.BLOCK, n - s)]
            self._fill(functions, nonlinear[block], block)
            weighted = functions[:, :rows] if self.weights is None else functions[:, :rows] * self.weights[block, None]
            np.matmul(weighted, functions.transpose(0, 2, 1), out=products[block])
        return self._arranged(products.transpose(1, 2, 0), left)

    def _fill(self, functions: FloatArray, nonlinear: FloatArray, rows: slice) -> None:
        """Write shapes, derivatives and y of some rows into functions [n, L + D + 1 + Q, M]."""
        layout, shapes = self.layout, len(self.layout.leading)
        left = shapes + len(layout.slopes)
        functions[:, :shapes] = 0.0
        for p in range(nonlinear.shape[1]):
            center, fwhm, form = nonlinear[:, p, :, None].transpose(1, 0, 2)
            half = fwhm / 2
            v = (self.model.shift_cm1 - center) / half
            slopes = SHAPES[self.model.link(p).shape].slopes
            value, d_v, wider, d_form = slopes(v, self.model.form(p, fwhm, form))
            functions[:, layout.group[p]] += self._ratios[rows, p, None] * value
            for d, (peak, kind) in enumerate(layout.slopes, start=shapes):
                if peak == p:
                    slope = -d_v / half if kind == CENTER else -wider / (2 * half) if kind == FWHM else d_form
                    functions[:, d] = slope
        functions[:, left] = self.y[rows]
        if self.pinned is not None:
            functions[:, left] -= (np.nan_to_num(self.pinned[rows])[:, None] @ functions[:, :shapes])[:, 0]

    def _arranged(self, products: FloatArray, left: int) -> FloatArray:
        """Return the Gram matrix, basis first and y last, from products with `left` functions of the peaks first."""
        q, size = len(self.model.basis), products.shape[1]
        g = np.empty((size, size, products.shape[2]))
        g[q:-1, q:-1] = products[:left, :left]
        g[q:-1, -1] = g[-1, q:-1] = products[:left, left]
        g[q:-1, :q] = products[:left, left + 1 :]
        g[:q, q:-1] = g[q:-1, :q].transpose(1, 0, 2)
        ends = np.r_[0:q, size - 1]
        g[np.ix_(ends, ends)] = self.fixed
        if self.pinned is not None:
            g[:q, -1] = g[-1, :q] = products[left, left + 1 :]
            g[-1, -1] = products[left, left]
            spectra, groups = np.nonzero(np.isfinite(self.pinned))
            g[q + groups, :, spectra] = g[:, q + groups, spectra] = 0.0
            g[q + groups, q + groups, spectra] = 1.0
        return g

    def _with_pinned(self, heights: FloatArray) -> FloatArray:
        """Return heights [L, n] of leading peaks, with those that are pinned."""
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

    def tangent_gram(self, moving: FloatArray) -> FloatArray:
        return self.gram(self.nonlinear(moving))

    def parameters_of(self, shapes: FloatArray, slopes: FloatArray, fits: FitResult) -> FloatArray:
        heights = fits.height.T[[p for p, _ in self.layout.parameters]]
        with np.errstate(divide="ignore", invalid="ignore"):
            free = np.concatenate([shapes, slopes[self.layout.moving] / heights])
        return np.stack([_sum(free, terms) for terms in self._sources()], axis=1)

    def reduce(self, moving: FloatArray) -> Point:
        first = len(self.model.basis)
        last = first + len(self.layout.leading)
        gram = self.gram(self.nonlinear(moving))
        g = gram.copy()
        singular = eliminate(g, last)
        heights = self._with_pinned(substitute(g, first, last))
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

    def finish(self, moving: FloatArray, end: Point, converged: BoolArray) -> FitResult:
        model, layout, n = self.model, self.layout, len(self)
        first = len(model.basis)
        last = first + len(layout.leading)
        g = end.gram.copy()
        normal = g[:-1, :-1].copy()
        singular = eliminate(g, last)
        linear = substitute(g, 0, last)
        heights, chi2 = self._with_pinned(linear[first:]), np.maximum(g[-1, -1], 0)
        scale = self._scales(heights)
        normal[last:] *= scale[:, None]
        normal[:, last:] *= scale[None]
        normal = self._gather(self._gather(normal, last).transpose(1, 0, 2), last)
        held = self.held(moving)
        pinned = np.zeros((len(heights), n), dtype=bool) if self.pinned is None else np.isfinite(self.pinned.T)
        fixed = np.concatenate([np.zeros((first, n), dtype=bool), pinned, held])
        dof = self.used - (model.parameters - fixed.sum(axis=0))
        covariance = inverse(normal, fixed) * (chi2 / np.maximum(dof, 1))
        at_bound = np.zeros((n, len(model.names), 4), dtype=bool)
        for k, (p, kind) in enumerate(layout.parameters):
            at_bound[:, p, kind] = held[k]
        at_bound[:, layout.leading, 3] = pinned.T
        return self.result(
            moving,
            height=np.stack([self._ratios[:, p] * heights[layout.group[p]] for p in range(len(model.names))]),
            coefficients=linear[:first],
            covariance=self._spread(covariance[first:, first:], pinned),
            chi2=chi2,
            dof=dof,
            at_bound=at_bound,
            regular=~singular,
            converged=converged,
        )

    def _spread(self, covariance: FloatArray, pinned: BoolArray) -> FloatArray:
        """Return the covariance [KP, KP, n] of all peaks' parameters from that of leading heights and what moves."""
        unknown = np.isnan(np.einsum("iin->in", covariance))
        lost = (unknown[: len(pinned)] & ~pinned).any(axis=0)  # there is no covariance at all
        spread = np.where(np.isnan(covariance), 0.0, covariance)
        sources = self._sources()
        for _ in range(2):  # rows, then columns
            spread = np.stack([_sum(spread, terms) for terms in sources]).transpose(1, 0, 2)
        no_error = np.stack(
            [np.all([unknown[i] for i, _ in terms], axis=0) if terms else np.ones(len(self), bool) for terms in sources]
        )
        no_error |= lost
        spread[no_error[:, None] | no_error[None]] = np.nan
        return spread

    def _sources(self) -> list[list[tuple[int, FloatArray | float]]]:
        """Return what every parameter [KP] is a sum of: numbers of leading heights and moving parameters, factors."""
        model, layout = self.model, self.layout
        number = {parameter: len(layout.leading) + k for k, parameter in enumerate(layout.parameters)}
        sources: list[list[tuple[int, FloatArray | float]]] = []
        for p in range(len(model.names)):
            link = model.link(p)
            sources.append([(layout.group[p], self._ratios[:, p])])
            leaders = ((CENTER, link.center_of, 1.0), (FWHM, link.fwhm_of, link.fwhm_ratio), (FORM, None, 1.0))
            for kind, leader, factor in leaders[: model.fields - 1]:
                peaks = ((p, 1.0), (leader, factor))
                sources.append([(number[of, kind], f) for of, f in peaks if of is not None and (of, kind) in number])
        return sources


def _sum(rows: FloatArray, terms: Sequence[tuple[int, FloatArray | float]]) -> FloatArray:
    total: FloatArray = np.zeros(rows.shape[1:])
    for i, factor in terms:
        total = total + factor * rows[i]
    return total
