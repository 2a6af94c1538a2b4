"""The steepest change of a quantity over time: where it is, and how well that is known.

The course is fitted by weighted least squares with up to four logistic steps on a straight line, added one by one while
the Bayesian information criterion gains. Of the steps the one with the steepest slope is reported. Its time is the mean
over all times and widths of that step, each weighted by its likelihood, and the error is the standard deviation of the
same: an abrupt step between two scans is at their middle, with the interval over the square root of 12.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ramanfit.scan.middle import median
from ramanfit.scan.scan import FloatArray

LEAST_SCANS = 8
MOST_STEPS = 4
BETTER = 9.0  # by which chi-square has to fall beyond the information criterion's 3 ln N for each step
EDGE_SCANS = 2  # there have to be so many before a step, and after it
MISFIT = 5.0  # chi-square over degrees of freedom beyond which no step model describes the course
UNSURE = 2.6  # standard deviations of chi-square beyond which the errors are scaled by it
ABRUPT, NARROW = 0.001, 0.1  # widths in intervals: of a step that is abrupt, and the least of one that is not
WIDE = 0.5  # part of the whole time: the largest width that is tried
IN_CACHE = 64_000  # numbers that are worked on at a time, where there are many
ALIKE = 1e-9  # part of a gain by which rounding may change it
WIDEST = 0.25  # part of the whole time: no wider step is told from a bend
AROUND_MIDDLE, AROUND_WIDTH = np.linspace(-1, 1, 9), np.linspace(-1, 1, 7)  # what is tried beside a step

Step = tuple[float, float]
"""Middle and width of a logistic step, which rises as 1/(1 + exp(-(t - middle)/width))."""


class Steepest(NamedTuple):
    """The steepest change of one quantity at one point.

    Attributes
    ----------
    time, time_se : float
        In the unit of the times; not a number where there is none.
    change, change_se : float
        Height of the step, in the unit of the quantity.
    why : str
        Why there is none; empty: there is one.
    """

    time: float
    time_se: float
    change: float
    change_se: float
    why: str = ""


def nothing(why: str) -> Steepest:
    """Return that there is no steepest change, and why."""
    return Steepest(np.nan, np.nan, np.nan, np.nan, why)


class Room:
    """Memory that courses are worked on in, one after another: to be given new would take longer than the work."""

    def __init__(self) -> None:
        self._numbers: FloatArray = np.empty(0)

    def of(self, *shape: int) -> FloatArray:
        """Return an array of that shape, whatever is in it; what was returned before is worth nothing any more."""
        size = math.prod(shape)
        if self._numbers.size < size:
            self._numbers = np.empty(size)
        return self._numbers[:size].reshape(shape)


def steepest_change(time: FloatArray, value: FloatArray, se: FloatArray, room: Room | None = None) -> Steepest:
    """Return the steepest change of a quantity.

    Parameters
    ----------
    time, value, se : array [N]
        In any unit, rising in time; not a number where something is missing.
    room : Room, optional
        Of several courses.
    """
    used = np.isfinite(time) & np.isfinite(value) & np.isfinite(se) & (se > 0)
    n = int(used.sum())
    if n < LEAST_SCANS:
        return nothing("too few scans")
    origin, span = float(time[used][0]), float(np.ptp(time[used]))
    if span <= 0:
        return nothing("no time")
    course = _Course((time[used] - origin) / span, value[used] / se[used], 1 / se[used], room or Room())
    steps = course.steps()
    if not steps:
        return nothing("no change beyond a straight line")
    scale = course.scale(steps)
    if scale > MISFIT:
        return nothing("no steps describe the course")
    amplitudes = course.amplitudes(steps)
    slopes = np.abs(amplitudes) / np.maximum([width for _, width in steps], course.interval / 2)
    k = int(slopes.argmax())
    others = steps[:k] + steps[k + 1 :]
    at, at_se, change, change_se = course.posterior(others, scale)
    if min((course.time < at).sum(), (course.time > at).sum()) < EDGE_SCANS or not at_se < at < 1 - at_se:
        return nothing("at the edge")
    if steps[k][1] > WIDEST:
        return nothing("no step told from a bend")
    return Steepest(origin + span * at, span * at_se, change, change_se)


class _Course:
    """A quantity over time, in units of its errors, the times from 0 to 1."""

    def __init__(self, time: FloatArray, value: FloatArray, weight: FloatArray, room: Room) -> None:
        self.time, self.value, self.weight, self.room = time, value, weight, room
        self.interval = median(np.diff(time))
        self._line = weight, (time - 0.5) * weight
        self._least = 1e-9 * float(weight @ weight)  # square of what is more than rounding
        self._rises: dict[Step, FloatArray] = {}
        self._spanned: dict[tuple[Step, ...], tuple[FloatArray, FloatArray]] = {}

    def steps(self) -> list[Step]:
        """Return the steps that the course has, in the order they were found."""
        found, n = list[Step](), len(self.time)
        middles = (self.time[1:] + self.time[:-1]) / 2
        # np.unique would import numpy.ma
        tried = np.array(sorted({*self.time.tolist(), *middles.tolist()}))
        widths = self._widths(8)
        candidates, left = self.room.of(2, len(tried) * len(widths), n)
        self._candidates(tried, widths, candidates)
        chi2 = self._chi2(found)
        while len(found) < MOST_STEPS and 2 + 3 * (len(found) + 1) < n:
            gain = self._gain(found, candidates, left)
            best = _first_of_best(gain)
            if gain[best] <= 0:
                break
            i, j = divmod(best, len(widths))
            better = self._settled([*found, (float(tried[i]), float(widths[j]))])
            least = self._chi2(better)
            noise = max(least / max(n - 2 - 3 * len(better), 1), 1.0)
            if (chi2 - least) / noise < BETTER + 3 * np.log(n):
                break
            found, chi2 = better, least
        return found

    def scale(self, steps: list[Step]) -> float:
        """Return chi-square over degrees of freedom; 1 where it is as noise alone may make it."""
        dof = max(len(self.time) - 2 - 3 * len(steps), 1)
        reduced = self._chi2(steps) / dof
        return reduced if reduced > 1 + UNSURE * np.sqrt(2 / dof) else 1.0

    def amplitudes(self, steps: list[Step]) -> FloatArray:
        """Return the heights of the steps."""
        return np.asarray(np.linalg.lstsq(self._design(steps), self.value, rcond=None)[0][2:])

    def posterior(self, others: list[Step], scale: float) -> tuple[float, float, float, float]:
        """Return middle and height of a step with their errors: mean and spread over middles and widths."""
        widths = self._widths(20)
        low, high = float(self.time[0]), float(self.time[-1])
        middles = np.linspace(low, high, 2 * len(self.time))
        for _ in range(6):  # until the likely times fill the range that is looked at
            gain, height, variance = self._beside(others, middles, widths)
            likely = np.exp((gain - gain.max()) / (2 * scale)) * np.sqrt(variance)
            likely[:, 0] *= len(widths) / 2  # an abrupt step is as likely beforehand as half of all others
            likely /= likely.sum()
            by_time = likely.sum(axis=1)
            mean = float(by_time @ middles)
            sd = float(np.sqrt(by_time @ (middles - mean) ** 2))
            reach = max(5 * sd, middles[1] - middles[0])
            if middles[-1] - middles[0] <= 3 * reach:
                break
            middles = np.linspace(max(mean - reach, low), min(mean + reach, high), 81)
        change = float((likely * height).sum())
        spread = (likely * ((height - change) ** 2 + scale * variance)).sum()
        return mean, sd, change, float(np.sqrt(spread))

    def _widths(self, count: int) -> FloatArray:
        gradual = np.geomspace(NARROW * self.interval, max(WIDE, self.interval), count)
        return np.concatenate([[ABRUPT * self.interval], gradual])

    def _chi2(self, steps: list[Step]) -> float:
        design = self._design(steps)
        best = design @ np.linalg.lstsq(design, self.value, rcond=None)[0]
        return float(((self.value - best) ** 2).sum())

    def _design(self, steps: list[Step]) -> FloatArray:
        return np.stack([*self._line, *map(self._rise, steps)], axis=1)

    def _rise(self, step: Step) -> FloatArray:
        """Return a step of height 1, [N], in units of the errors."""
        if step not in self._rises:
            at, width = step
            self._rises[step] = self._candidates(np.array([at]), np.array([width]))[0]
        return self._rises[step]

    def _candidates(self, middles: FloatArray, widths: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """Return steps of height 1, T middles by W widths, [TW, N], in units of the errors."""
        shape = len(middles), len(widths), len(self.time)
        rise = np.empty(shape) if out is None else out.reshape(shape)
        np.divide(self.time - middles[:, None, None], 2 * widths[:, None], out=rise)
        np.tanh(rise, out=rise)
        rise += 1
        rise *= self.weight / 2
        return rise.reshape(-1, len(self.time))

    def _basis(self, steps: list[Step]) -> tuple[FloatArray, FloatArray]:
        """Return what the line and some steps span, orthonormal, [N, K], and what they leave of the course, [N]."""
        if (known := self._spanned.get(tuple(steps))) is None:
            basis, _ = np.linalg.qr(self._design(steps))
            known = self._spanned[tuple(steps)] = basis, self.value - basis @ (basis.T @ self.value)
        return known

    def _common(self, steps: list[Step], tried: FloatArray, left: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what steps that are tried have in common with the rest of the course, and their squares, [TW] each.

        Both of what the steps that are there leave of them, [TW, N], for which there is room in the last. One that they
        leave nothing of has an infinite square.
        """
        basis, rest = self._basis(steps)
        np.matmul(tried @ basis, basis.T, out=left)
        np.subtract(tried, left, out=left)
        square = np.einsum("kn,kn->k", left, left)
        square[square <= self._least] = np.inf
        return left @ rest, square

    def _gain(self, steps: list[Step], tried: FloatArray, left: FloatArray) -> FloatArray:
        """Return by how much one more step lowers chi-square, [TW]."""
        along, square = self._common(steps, tried, left)
        return along**2 / square

    def _beside(
        self, steps: list[Step], middles: FloatArray, widths: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return by how much one more step lowers chi-square, its height and the variance of that, each [T, W]."""
        some = max(IN_CACHE // (len(widths) * len(self.time)), 1)
        found = []
        for k in range(0, len(middles), some):
            tried = self._candidates(middles[k : k + some], widths)
            found.append(self._common(steps, tried, np.empty_like(tried)))
        along, square = (np.concatenate(parts).reshape(len(middles), -1) for parts in zip(*found, strict=True))
        return along**2 / square, along / square, 1 / square

    def _settled(self, steps: list[Step]) -> list[Step]:
        """Return steps as they are once each has been fitted again beside the others."""
        reach, ratio = self.interval, 1.6
        for _ in range(8):
            before = list(steps)
            factors = ratio**AROUND_WIDTH
            for k, (at, width) in enumerate(steps):
                others = steps[:k] + steps[k + 1 :]
                middles = np.minimum(np.maximum(at + reach * AROUND_MIDDLE, self.time[0]), self.time[-1])
                widths = np.minimum(np.maximum(width * factors, ABRUPT * self.interval), WIDE)
                tried = self._candidates(middles, widths)
                best = _first_of_best(self._gain(others, tried, np.empty_like(tried)))
                i, j = divmod(best, len(widths))
                steps[k] = float(middles[i]), float(widths[j])
                self._rises[steps[k]] = tried[best]
            if steps == before:
                reach, ratio = reach / 3, ratio**0.4
        return steps


def _first_of_best(gain: FloatArray) -> int:
    """Return the first of the steps that are best but for rounding: abrupt ones between two scans are the same."""
    return int((gain >= (1 - ALIKE) * gain.max()).argmax())
