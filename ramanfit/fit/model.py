"""Peaks and baseline on one axis: basis, bounds, starting values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from functools import lru_cache

import numpy as np

from ramanfit.fit.lineshapes import line
from ramanfit.fit.result import PARAMETERS, FitResult, Status
from ramanfit.frozen import dataclass
from ramanfit.scan.scan import FloatArray


@dataclass(frozen=True)
class Link:
    """What one peak of a model is beyond a Lorentzian of its own; numbers of other peaks, None: none.

    Attributes
    ----------
    shape : str
        Key of `ramanfit.fit.lineshapes.SHAPES`.
    form : (start, lower, upper) or None
        The shape's own parameter, where it has one.
    center_of, fwhm_of, height_of : int or None
        Peaks whose values this one follows, at a distance (`Model.start`) or in proportion.
    fwhm_ratio, height_ratio : float
    height_bounds : (lower, upper)
        In counts, of a height of its own.
    instrument_cm1 : float
        FWHM of the instrument's Gaussian profile, for a voigt; 0: there is none.
    """

    shape: str = "lorentzian"
    form: tuple[float, float, float] | None = None
    center_of: int | None = None
    fwhm_of: int | None = None
    fwhm_ratio: float = 1.0
    height_of: int | None = None
    height_ratio: float = 1.0
    height_bounds: tuple[float, float] = (-np.inf, np.inf)
    instrument_cm1: float = 0.0

    @property
    def leaders(self) -> tuple[int | None, int | None, int | None]:
        """Peaks whose center, width and height this one follows."""
        return self.center_of, self.fwhm_of, self.height_of


@lru_cache(maxsize=8)
def _plain(model: Model) -> Model:
    return replace(model, basis=model.polynomials, smooth=np.empty(0), smooth_cm1=0.0)


@dataclass(frozen=True, eq=False)
class Model:
    """``counts = sum_p height_p * shape_p(shift; center_p, fwhm_p, form_p) + sum_q coefficient_q * basis_q``.

    Attributes
    ----------
    shift_cm1 : array [M]
        The fitted channels.
    basis : array [Q, M]
        Polynomials of rising order, then the functions of a smooth part, all orthonormal over these channels; Q is 0
        without a baseline.
    names : tuple of str
        The peaks.
    start, lower, upper : array [P, 2]
        Center and fwhm in cm-1; a center that follows another peak's counts from it; a width that does has none.
    links : tuple of Link
        One per peak; empty: Lorentzians, all free.
    smooth : array [J]
        Variances of the coefficients of the smooth functions, the last of the basis, at an amplitude of 1; empty: the
        baseline has no smooth part.
    smooth_cm1 : float
        Length of the smooth part.
    """

    shift_cm1: FloatArray
    basis: FloatArray
    names: tuple[str, ...]
    start: FloatArray
    lower: FloatArray
    upper: FloatArray
    links: tuple[Link, ...] = ()
    smooth: FloatArray = field(default_factory=lambda: np.empty(0))
    smooth_cm1: float = 0.0

    @property
    def polynomials(self) -> FloatArray:
        """The part of the basis that nothing holds back, [Q - J, M]."""
        return self.basis[: len(self.basis) - len(self.smooth)]

    @property
    def plain(self) -> Model:
        """The model without the smooth part of its baseline."""
        return _plain(self) if len(self.smooth) else self

    def with_smooth(self, length_cm1: float, count: int | None = None) -> Model:
        """Return the model with a smooth part of another length; see `ramanfit.fit.smooth.smooth_functions`."""
        from ramanfit.fit.smooth import smooth_functions

        functions, variances = smooth_functions(self.shift_cm1, self.polynomials, length_cm1, count)
        basis = np.concatenate([self.polynomials, functions])
        return replace(self, basis=basis, smooth=variances, smooth_cm1=length_cm1)

    @property
    def middle(self) -> float:
        """Middle of the fitted range."""
        return float(self.shift_cm1[0] + self.shift_cm1[-1]) / 2

    @property
    def centred(self) -> FloatArray:
        """Shift from the middle, [M]: powers of it keep their digits."""
        return np.asarray(self.shift_cm1 - self.middle)

    @property
    def parameters(self) -> int:
        """Number of free parameters of one spectrum; those of a smooth part are not free."""
        if not self.links:
            return 3 * len(self.names) + len(self.polynomials)
        free = self.lower < self.upper  # False for a width that follows another: it has no bounds
        heights = sum(link.height_of is None for link in self.links)
        forms = sum(link.form is not None and link.form[1] < link.form[2] for link in self.links)
        return int(free.sum()) + heights + forms + len(self.polynomials)

    @property
    def fields(self) -> int:
        """Parameters of one peak in the covariance: height, center, fwhm and, where a shape has one, form."""
        return 4 if any(link.form is not None for link in self.links) else 3

    def link(self, peak: int) -> Link:
        """Return what a peak is beyond a Lorentzian of its own."""
        return self.links[peak] if self.links else Link()

    @property
    def home(self) -> FloatArray:
        """Center, fwhm and form to start from, [P, 3]."""
        forms = [np.nan if (form := self.link(p).form) is None else form[0] for p in range(len(self.names))]
        nonlinear = np.column_stack([self.start, forms])
        for p, link in enumerate(self.links):
            if link.center_of is not None:
                nonlinear[p, 0] += nonlinear[link.center_of, 0]
        return np.asarray(self.complete(nonlinear[None])[0])

    def rigid(self, peak: int) -> bool:
        """Tell whether a peak's center follows another's at a fixed distance."""
        return self.link(peak).center_of is not None and bool(self.lower[peak, 0] == self.upper[peak, 0])

    def complete(self, nonlinear: FloatArray) -> FloatArray:
        """Return centers, widths and forms [n, P, 3], those that follow others put where these are, in place."""
        for p, link in enumerate(self.links):
            if link.center_of is not None and self.rigid(p):
                nonlinear[:, p, 0] = nonlinear[:, link.center_of, 0] + self.start[p, 0]
            if link.fwhm_of is not None:
                nonlinear[:, p, 1] = link.fwhm_ratio * nonlinear[:, link.fwhm_of, 1]
        return nonlinear

    def baseline(self, coefficients: FloatArray) -> FloatArray:
        """Return the baselines [N, M] of coefficients [N, Q]."""
        return np.asarray((coefficients[..., None, :] @ self.basis)[..., 0, :])  # one by one: none feels the others

    def with_order(self, order: int) -> Model:
        """Return the model with another polynomial as its baseline."""
        return self if order == len(self.basis) - 1 else replace(self, basis=polynomial_basis(self.shift_cm1, order))

    def rest(self, peak: int) -> list[int]:
        """Return the peaks that are left without one and those that follow it."""
        return [p for p in range(len(self.names)) if p != peak and peak not in self.link(p).leaders]

    def of(self, peaks: Sequence[int]) -> Model:
        """Return the model with some of its peaks, among them all that others of them follow."""
        number = {p: i for i, p in enumerate(peaks)}
        links: list[Link] = []
        for p in peaks if self.links else ():
            center, fwhm, height = (None if leader is None else number[leader] for leader in self.links[p].leaders)
            links.append(replace(self.links[p], center_of=center, fwhm_of=fwhm, height_of=height))
        return replace(
            self,
            names=tuple(self.names[p] for p in peaks),
            start=self.start[list(peaks)],
            lower=self.lower[list(peaks)],
            upper=self.upper[list(peaks)],
            links=tuple(links),
        )

    def doubled(self, peak: int) -> Model:
        """Return the model with a second line, the last, in the place of one of its free peaks."""
        twice = [*range(len(self.names)), peak]
        return replace(
            self,
            names=(*self.names, f"{self.names[peak]}2"),
            start=self.start[twice],
            lower=self.lower[twice],
            upper=self.upper[twice],
            links=(*self.links, self.links[peak]) if self.links else (),
        )

    def shape(self, peak: int, center_cm1: FloatArray, fwhm_cm1: FloatArray, form: FloatArray) -> FloatArray:
        """Return a peak of height 1 on the channels; center, fwhm and form broadcast against [M]."""
        return line(self.link(peak).shape, self.shift_cm1, center_cm1, fwhm_cm1, self.form(peak, fwhm_cm1, form))

    def form(self, peak: int, fwhm_cm1: FloatArray, form: FloatArray) -> FloatArray:
        """Return what a peak's shape takes as its form: that of a voigt follows from its width."""
        instrument_cm1 = self.link(peak).instrument_cm1
        return np.asarray(instrument_cm1 / fwhm_cm1) if instrument_cm1 else form

    def unfitted(self, n: int, status: Status) -> FitResult:
        """Return `n` rows that hold no values, only a status."""
        peaks, size = len(self.names), self.fields * len(self.names)
        smooth = bool(len(self.smooth))
        return FitResult(
            **{name: np.full((n, peaks), np.nan) for name in (*PARAMETERS, "delta_bic", "double_bic")},
            coefficients=np.full((n, len(self.basis)), np.nan),
            covariance=np.full((n, size, size), np.nan),
            chi2=np.full(n, np.nan),
            dof=np.zeros(n, dtype=np.int64),
            noise=np.full((n, 3), np.nan),
            redchi2=np.full(n, np.nan),
            structure=np.full(n, np.nan),
            at_bound=np.zeros((n, peaks, 4), dtype=bool),
            status=np.full(n, status, dtype=np.int8),
            absent=np.zeros((n, peaks), dtype=bool),
            left=np.zeros((n, peaks), dtype=bool),
            stretch=np.ones(n),
            baseline_misfit=np.zeros(n, dtype=bool),
            line_shape=np.zeros(n, dtype=bool),
            place_cm1=np.full(n, np.nan),
            amplitude=np.full(n, np.nan) if smooth else None,
            missing_band=np.zeros(n, dtype=bool) if smooth else None,
            doubt=np.zeros((n, size)) if smooth else None,
            other_height=np.full((n, peaks), np.nan) if smooth else None,
            other_snr=np.full((n, peaks), np.nan) if smooth else None,
        )

    def widened(self, plain: FitResult) -> FitResult:
        """Return fits of the model without its smooth part as fits of this one."""
        if not len(self.smooth):
            return plain
        wide = self.unfitted(len(plain), Status.FAILED)
        nothing = np.where(np.isfinite(plain.chi2), 0.0, np.nan)
        return replace(
            plain,
            coefficients=np.column_stack([plain.coefficients, *([nothing] * len(self.smooth))]),
            amplitude=nothing,
            missing_band=wide.missing_band,
            doubt=wide.doubt,
            other_height=wide.other_height,
            other_snr=wide.other_snr,
        )

    def evaluate(self, result: FitResult) -> FloatArray:
        """Return the fitted curves [N, M]."""
        curve = self.baseline(result.coefficients)
        for p in range(len(self.names)):
            shape = self.shape(p, *(v[:, p, None] for v in (result.center_cm1, result.fwhm_cm1, result.form)))
            shape *= np.where(result.left[:, p], 0.0, result.height[:, p])[:, None]
            curve += shape
        return curve


def polynomial_basis(shift_cm1: FloatArray, order: int) -> FloatArray:
    """Return polynomials up to `order`, orthonormal over the channels: [order + 1, M]; none of order -1."""
    if order < 0:
        return np.empty((0, len(shift_cm1)))
    low, high = shift_cm1[0], shift_cm1[-1]
    t = (2 * shift_cm1 - low - high) / (high - low)
    q, r = np.linalg.qr(np.vander(t, order + 1, increasing=True))
    return np.ascontiguousarray((q * np.sign(np.diag(r))).T)
