"""The spectra of a task on their way through the steps of a fit, and how they are fitted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.fit.batch import Task
from ramanfit.fit.build import narrowest_lines
from ramanfit.fit.correlation import correlation
from ramanfit.fit.engine import Engine, engine_named
from ramanfit.fit.engine.compiled.library import core
from ramanfit.fit.judge import Judgement, judged
from ramanfit.fit.noise import estimate_noise, is_even, standardized, weights_of
from ramanfit.fit.result import FitResult, Status
from ramanfit.fit.weighing import Weighing
from ramanfit.scan.scan import BoolArray, FloatArray

if TYPE_CHECKING:
    from ramanfit.fit.amplitude import SmoothPart
    from ramanfit.fit.model import Model

FEW = 8  # less than one of so many is few: they tell nothing new of a detector, and cost less than to copy the others

Rows = BoolArray | np.ndarray | slice


def picked(rows: BoolArray) -> BoolArray | slice | None:
    """Return which rows to take: all of them without a copy; None: there are none."""
    return slice(None) if rows.all() else rows if rows.any() else None


def mostly(rows: BoolArray) -> BoolArray | slice | None:
    """Return what `picked` does, and all rows where nearly all are to be taken: the others are then overwritten."""
    return slice(None) if FEW * np.count_nonzero(~rows) < len(rows) else picked(rows)


class Work:
    """The spectra of a task on their way: which channels are masked, and how noisy they are.

    Attributes
    ----------
    task : Task
    counts : array [N, M]
        What is fitted.
    spikes : bool array [N, M]
        Channels masked because of cosmic rays.
    noise : array [N, 3]
        See `ramanfit.fit.noise.variance`; not a number before it is known.
    correlation : array [N, 3]
        Of the noise: see `ramanfit.fit.correlation.correlation`.
    narrowest : array [M]
        FWHM in channels of the narrowest line that may stand in each channel.
    renewed : bool array [N]
        Spectra with other residuals than those that told what the noise of their scan has in common.
    smooth : SmoothPart or None
        None: the baseline has none, or none yet.
    even : bool
        Whether all channels are as noisy as each other.
    """

    def __init__(self, task: Task) -> None:
        n = len(task.counts)
        self.task, self.everything = task, np.ones(n, dtype=bool)
        self.counts = task.counts
        self.spikes, self.noise = np.zeros(task.counts.shape, dtype=bool), np.full((n, 3), np.nan)
        self.correlation = np.tile([1.0, 0.0, 1.0], (n, 1))
        self._written: FloatArray | None = None
        self.renewed = ~self.everything
        self.smooth: SmoothPart | None = None
        self.narrowest = narrowest_lines(task.model)
        self.even = is_even(task.noise) and task.extra is None
        # with equal weights throughout, the first fits are the last
        self.engine, self.leading = engine_named(task.engine), engine_named(task.engine, rough=not self.even)

    @property
    def use(self) -> BoolArray | None:
        """Channels that may be fitted, [N, M]; None: all."""
        if not self.spikes.any():
            return self.task.use
        return ~self.spikes if self.task.use is None else self.task.use & ~self.spikes

    def estimate_noise(self, first: FitResult, rows: BoolArray | None = None) -> None:
        """Find the noise of all scans with one of some rows in their residuals; not a number without a fit."""
        scan = self.task.scan
        touched = np.zeros(int(scan[-1]) + 1, dtype=bool)
        touched[scan if rows is None else scan[rows]] = True
        self.noise[touched[scan]] = np.nan
        ok = picked(np.asarray(touched[scan] & (first.status != Status.FAILED)))
        if ok is not None:
            starts = [0, *(np.flatnonzero(np.diff(scan[ok])) + 1).tolist()]
            light, use = self._light_of(first)[ok], self.use
            used = None if use is None else use[ok]
            measured, extra, scatter = self._measured(ok), self._extra(ok), self.task.scatter
            scatter = None if scatter is None else scatter[ok]
            noise = estimate_noise(self.task.noise, measured, light, used, starts, extra, scatter, whole=True)
            room = self._room()[: len(light)]
            shared = correlation(standardized(measured, noise, light, None, extra, out=room, whole=True), used, starts)
            noise[:, [0, 2]] *= shared[:, 2:]
            self.noise[ok], self.correlation[ok] = noise, shared

    def renew_noise(self, first: FitResult, rows: BoolArray) -> BoolArray:
        """Find the noise of some rows anew; return those whose scans keep what they share: few of them have changed."""
        scan = self.task.scan
        some, size = (np.bincount(scan[of], minlength=int(scan[-1]) + 1) for of in (rows, self.everything))
        few = rows & (FEW * some < size)[scan]
        if (rows & ~few).any():
            self.estimate_noise(first, rows & ~few)
        self.noise[few & (first.status == Status.FAILED)] = np.nan
        at = np.flatnonzero(few & (first.status != Status.FAILED))
        if len(at):
            light, of_one, scatter = self._light_of(first)[at], self.correlation[at, 2], self.task.scatter
            used, scatter = None if self.use is None else self.use[at], None if scatter is None else scatter[at]
            residual, extra, gain = self._measured(at) - light, self._extra(at), self.noise[at, 2] / of_one
            noise = estimate_noise(self.task.noise, residual, light, used, range(len(at)), extra, scatter, gain)
            noise[:, [0, 2]] *= of_one[:, None]
            self.noise[at] = noise
        return few

    def _fit_masked(self, rows: BoolArray) -> FitResult:
        """Return first fits of some rows, without the channels that cosmic rays hit."""
        use = ~self.spikes[rows] if self.task.use is None else self.task.use[rows] & ~self.spikes[rows]
        fits = self._seen(self._first(self.counts[rows], use.astype(np.float64)), rows)
        if self.smooth is not None and (self.smooth.amplitude[rows] > 0).any():
            numbers = np.flatnonzero(rows)
            self.smooth.first.put(rows, fits)
            light, stretch = self._light_of(fits), self.correlation[numbers, 0]
            weights = weights_of(self.noise[numbers], light, use, self._extra(numbers), stretch)[0]
            rough = engine_named(self.task.engine, rough=True)
            fits = self._seen(self._last(rough, numbers, self.counts[numbers], weights, fits.nonlinear), rows)
        return fits

    def _first(self, counts: FloatArray, weights: FloatArray | None) -> FitResult:
        """Fit spectra from nowhere, without a smooth part."""
        return self.task.model.widened(self.leading(self.task.model.plain, counts, weights, None))

    def _last(
        self,
        engine: Engine,
        rows: np.ndarray,
        counts: FloatArray,
        weights: FloatArray | Weighing,
        start: FloatArray,
        model: Model | None = None,
        bent: BoolArray | None = None,
    ) -> FitResult:
        """Fit spectra [n] of some rows, those with a smooth part apart from those without one."""
        model = self.task.model if model is None else model
        if self.smooth is None:
            return engine(model, counts, weights, start)
        bent = self.smooth.amplitude[rows] > 0 if bent is None else bent
        if not bent.any():
            return model.widened(engine(model.plain, counts, weights, start))
        fits = model.unfitted(len(rows), Status.FAILED)
        if (most := mostly(~bent)) is not None:
            plain = model.widened(engine(model.plain, counts[most], weights[most], start[most]))
            if isinstance(most, slice):
                fits = plain
            else:
                fits.put(most, plain)
        penalty, some = self.smooth.penalty(rows[bent]), slice(None) if bent.all() else bent
        curved = engine(model, counts[some], weights[some], start[some], penalty=penalty, home=True)
        fits.put(some, replace(curved, amplitude=self.smooth.amplitude[rows[bent]]))
        return fits

    def _judged(self, fits: FitResult, rows: np.ndarray, followed: FloatArray | None) -> FitResult:
        """Return fits of some rows, judged: those with a smooth part against rivals that have it too.

        Their weights follow a curve [n, M]; None: all channels weigh alike.
        """
        if not self.task.model.names:
            return fits
        whole = self._some(rows)
        use, extra = self.use, self._extra(whole)
        used, counts, measured = None if use is None else use[whole], self.counts[whole], self._measured(whole)
        rival = engine_named(self.task.engine, rough=True)
        bent = np.zeros(len(rows), dtype=bool) if fits.amplitude is None else fits.amplitude > 0
        told = {name: getattr(fits, name).copy() for name in Judgement._fields}
        kinds = [(bent, self.task.model), (~bent, self.task.model.plain)]
        for these, model in sorted(kinds, key=lambda kind: -np.count_nonzero(kind[0])):
            some = mostly(these)
            if some is None:
                continue
            at = rows[some]
            its = judged(
                fits if isinstance(some, slice) else fits.take(some),
                self.task._replace(model=model),
                rival,
                counts[some],
                measured[some],
                None if followed is None else followed[some],
                None if used is None else used[some],
                None if self.smooth is None or model.plain is model else self.smooth.penalty(at),
                self.correlation[at, 1],
                None if extra is None else extra[some],
            )
            for name, values in its._asdict().items():
                told[name][some] = values
        return replace(fits, **told)

    def _noise_weights(self, fits: FitResult, rows: np.ndarray) -> FloatArray:
        """Return the weights of some rows, true inverse variances."""
        return self._weighing(fits, rows).weights()

    def _weighing(self, fits: FitResult, rows: np.ndarray) -> Weighing:
        """Return what these weights follow."""
        some, use = self._some(rows), self.use
        used, light = None if use is None else use[some], self._light_of(fits)[some]
        return Weighing(self.noise[some], light, used, self._extra(some), self.correlation[some, 0])

    def _some(self, rows: np.ndarray) -> Rows:
        """Return numbers of rows as an index that copies nothing where they are all."""
        return slice(None) if len(rows) == len(self.counts) else rows

    def _room(self) -> FloatArray:
        """Return an array [N, M] to write to, which lasts until the next: fresh memory is slow."""
        if self._written is None:
            self._written = np.empty(self.counts.shape)
        return self._written

    def _seen(self, fits: FitResult, rows: Rows, model: Model | None = None) -> FitResult:
        """Return fits of some rows with all the light that they account for."""
        model, compiled, under = model or self.task.model, core(), self.task.under
        if compiled is None or model.links or not model.names:
            light = model.evaluate(fits)
        else:
            from ramanfit.fit.engine.compiled.scores import curves

            light = curves(compiled, model, fits)
        return replace(fits, light=light if under is None else light + under[rows])

    def _extra(self, rows: Rows) -> FloatArray | None:
        """Return the variance that some rows have from what was subtracted; None: nothing was."""
        return None if self.task.extra is None else self.task.extra[rows]

    def _measured(self, rows: Rows) -> FloatArray:
        """Return the counts of some rows as they were measured."""
        counts, under = self.task.counts[rows], self.task.under
        return counts if under is None else counts + under[rows]

    @staticmethod
    def _light_of(fits: FitResult) -> FloatArray:
        assert fits.light is not None
        return fits.light
