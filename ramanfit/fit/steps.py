"""The steps of a fit, each on all spectra of a task; `ramanfit.fit.pipeline` has their order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.fit.batch import Task
from ramanfit.fit.correlation import correlation
from ramanfit.fit.cosmic_rays import gross_spikes, residual_spikes
from ramanfit.fit.engine import Engine, engine_named
from ramanfit.fit.judge import judged
from ramanfit.fit.noise import estimate_noise, is_even, variance, weights_of
from ramanfit.fit.result import FitResult, Status
from ramanfit.scan.scan import BoolArray, FloatArray

if TYPE_CHECKING:
    from ramanfit.fit.amplitude import SmoothPart

NOISIEST = 1.5  # times the mean variance of interpolated channels is that of channels that were measured
SPIKE_ROUNDS = 3  # a masked spike can bare a smaller one that the fit had bent to


class Steps:
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
    correlation : array [N, 2]
        Stretch and neighbours' correlation of the noise: see `ramanfit.fit.correlation.correlation`.
    smooth : SmoothPart or None
        None: the baseline has none, or none yet.
    even : bool
        Whether all channels are as noisy as each other.
    """

    def __init__(self, task: Task) -> None:
        n = len(task.counts)
        self.task, self.everything = task, np.ones(n, dtype=bool)
        self.counts = task.counts if task.lines is None else task.counts - task.lines
        self.spikes, self.noise = np.zeros(task.counts.shape, dtype=bool), np.full((n, 3), np.nan)
        self.correlation = np.tile([1.0, 0.0], (n, 1))
        self.smooth: SmoothPart | None = None
        self.even = is_even(task.noise)
        # with equal weights throughout, the first fits are the last
        self.engine, self.leading = engine_named(task.engine), engine_named(task.engine, rough=not self.even)

    @property
    def use(self) -> BoolArray | None:
        """Channels that may be fitted, [N, M]; None: all."""
        if not self.spikes.any():
            return self.task.use
        return ~self.spikes if self.task.use is None else self.task.use & ~self.spikes

    def mask_gross_spikes(self) -> None:
        """Mask what stands out before any fit."""
        if self.task.spikes:
            self.spikes = gross_spikes(self.task.counts, self.task.use, self.task.scan)

    def fit_with_equal_weights(self) -> FitResult:
        """Return the first fits: spectra that a cosmic ray hit apart from the others, which need no weights."""
        hit, use = np.asarray(self.spikes.any(axis=1)), self.task.use
        weights = None if use is None else use.astype(np.float64)
        if not hit.any():
            return self._seen(self._first(self.counts, weights), self.everything)
        first = replace(self.task.model.unfitted(len(hit), Status.FAILED), light=np.full(self.counts.shape, np.nan))
        first.put(hit, self._fit_masked(hit))
        if not hit.all():
            some = None if weights is None else weights[~hit]
            first.put(~hit, self._seen(self._first(self.counts[~hit], some), ~hit))
        return first

    def estimate_noise(self, first: FitResult, rows: BoolArray | None = None) -> None:
        """Find the noise of all scans with one of some rows in their residuals; not a number without a fit."""
        scan = self.task.scan
        touched = np.zeros(int(scan[-1]) + 1, dtype=bool)
        touched[scan if rows is None else scan[rows]] = True
        self.noise[touched[scan]] = np.nan
        ok = np.asarray(touched[scan] & (first.status != Status.FAILED))
        if ok.any():
            starts = [0, *(np.flatnonzero(np.diff(scan[ok])) + 1).tolist()]
            light, use = self._light_of(first)[ok], self.use
            used = None if use is None else use[ok]
            residual = self._measured(ok) - light
            noise = estimate_noise(self.task.noise, residual, light, used, starts)
            sd = np.sqrt(variance(noise, light))
            shared = correlation(np.divide(residual, sd, out=np.zeros_like(sd), where=sd > 0), used, starts)
            noise[:, [0, 2]] *= shared[:, 2:]
            self.noise[ok], self.correlation[ok] = noise, shared[:, :2]

    def fit_with_noise_weights(self, first: FitResult, rows: BoolArray | None = None) -> FitResult:
        """Return the final fits of some rows, judged."""
        rows = self.everything if rows is None else rows
        final = first.take(rows)
        ok = np.asarray(final.status != Status.FAILED)
        if not ok.any():
            return final
        fitted = np.flatnonzero(rows)[ok]
        fits, noise, counts, use = final.take(ok), self.noise[fitted], self.counts[fitted], self.use
        used, stretch = None if use is None else use[fitted], self.correlation[fitted, 0]
        weights = None if used is None else used.astype(np.float64)
        if self.even and self.smooth is None:
            unit = noise[:, 0]
        else:
            weights, unit = weights_of(noise, self._light_of(fits), used)
            weights /= stretch[:, None]
            fits = self._seen(self._last(self.engine, fitted, counts, weights, fits.nonlinear), fitted)
            unit = unit / stretch
        redchi2 = np.divide(fits.chi2, fits.dof * unit, out=np.full(len(fits), np.nan), where=fits.dof * unit > 0)
        fits = replace(fits, noise=noise, redchi2=redchi2).stretched(stretch)
        residual = self._measured(fitted) - self._light_of(fits)
        final.put(ok, self._judged(fits, fitted, weights, residual))
        return final

    def find_smooth_part(self, first: FitResult) -> FitResult:
        """Find the amplitude of each scan's smooth part; return where the fits are with it.

        The amplitude is sought twice, near the fits without a smooth part and near those with it.
        """
        if not len(self.task.model.smooth):
            return first
        from ramanfit.fit.amplitude import SmoothPart

        self.smooth = SmoothPart(self.task.model, self.counts, self.use, self.task.lines)
        self.smooth.first = first
        self._find_amplitude(first, np.flatnonzero((first.status == Status.CONVERGED) & (self.noise[:, 0] > 0)))
        rows, engine = np.flatnonzero(self.smooth.amplitude > 0), engine_named(self.task.engine, rough=True)
        if not len(rows):
            return first
        weights, start = self._noise_weights(first, rows), first.nonlinear[rows]
        fits = self._seen(self._last(engine, rows, self.counts[rows], weights, start), rows)
        first = first.take(self.everything)
        first.put(rows, fits)
        self.estimate_noise(first, self.smooth.shared > 0)  # a few that stand apart change nothing of it
        self._find_amplitude(first, rows[self.noise[rows, 0] > 0])
        return first

    def ask_for_missing_bands(self, final: FitResult) -> FitResult:
        """Return the fits with what says that baseline and peaks cannot be told apart; see `ramanfit.fit.missing`."""
        if self.smooth is None or not self.task.model.names:
            return final
        from ramanfit.fit.missing import difference, look_for_missing

        rows = np.flatnonzero((self.smooth.amplitude > 0) & (final.status == Status.CONVERGED))
        if not len(rows):
            return final
        fits = final.take(rows)
        weights, model = self._noise_weights(final, rows), self.task.model
        verdict = look_for_missing(
            model, self.counts[rows], weights, fits, self.smooth, rows, self.task.scan[rows], self.task.ratios
        )
        plain = self.smooth.first.take(rows)
        shown = replace(fits, doubt=verdict.smaller_doubt(fits, plain, self.task.ratios), other_height=plain.height)
        if verdict.missing.any():
            fired = np.flatnonzero(verdict.missing)
            alone = self._noise_weights(self.smooth.first, rows[fired])  # as the fit without a smooth part has them
            again = model.widened(self.engine(model.plain, self.counts[rows[fired]], alone, plain.nonlinear[fired]))
            again = replace(
                again,
                noise=fits.noise[fired],
                redchi2=again.chi2 * self.correlation[rows[fired], 0] / np.maximum(again.dof, 1),
                missing_band=np.ones(len(fired), dtype=bool),
                place_cm1=verdict.place_cm1[fired],
                doubt=difference(fits.take(fired), again),
                other_height=fits.height[fired],
                other_snr=(fits.height / fits.standard_errors()["height"])[fired],
            )
            again = self._seen(again.stretched(self.correlation[rows[fired], 0]), rows[fired])
            residual = self._measured(rows[fired]) - self._light_of(again)
            shown.put(fired, self._judged(again, rows[fired], alone, residual))
        final.put(rows, shown)
        return final

    def judge_shapes(self, final: FitResult) -> FitResult:
        """Return the fits with what their residuals say against baselines and lines; see `ramanfit.fit.verdicts`."""
        if not self.task.model.names:
            return final
        from ramanfit.fit.verdicts import verdicts

        good = np.asarray((final.status == Status.CONVERGED) & (self.noise[:, 0] > 0))
        bent = np.zeros(len(good), dtype=bool)
        if final.amplitude is not None and final.missing_band is not None:
            bent = final.amplitude > 0
            good &= ~final.missing_band  # these have their verdict, and its effect in their errors
        for some, model in ((good & bent, self.task.model), (good & ~bent, self.task.model.plain)):
            rows = np.flatnonzero(some)
            if len(rows):
                penalty = self.smooth.penalty(rows) if self.smooth is not None and bent[rows[0]] else None
                fits, residual = final.take(rows), self._measured(rows) - self._light_of(final)[rows]
                weights = self._noise_weights(final, rows)
                verdict = verdicts(model, fits, residual, weights, self.task.scan[rows], penalty)
                final.put(rows, replace(fits, **verdict._asdict()))
        return final

    def mask_spikes_above(self, fits: FitResult, first: FitResult) -> None:
        """Mask what stands out of fits and fit those spectra again, until nothing new does; a few rounds at most."""
        again = self.everything
        for _ in range(SPIKE_ROUNDS if self.task.spikes else 0):
            again = self._mask_above(fits, again)
            if not again.any():
                return
            first.put(again, self._fit_masked(again))
            self.estimate_noise(first, again)
            if fits is not first:  # weights let go of some that equal weights had bent to
                fits.put(again, self.fit_with_noise_weights(first, again))

    def with_errors(self, final: FitResult) -> FitResult:
        """Return the fits with the errors that were asked for, and without what only the way here needed."""
        task = self.task
        if task.errors.method != "covariance":
            from ramanfit.fit.intervals import with_errors

            weights = self._noise_weights(final, np.arange(len(self.counts)))
            penalty = None if self.smooth is None else self.smooth.penalty(self.everything, final.amplitude)
            final = with_errors(final, task.model, self.counts, weights, task.errors, task.ratios, penalty)
        return replace(final, light=None, spikes=self.spikes if task.spikes else None)

    def _fit_masked(self, rows: BoolArray) -> FitResult:
        """Return first fits of some rows, without the channels that cosmic rays hit."""
        use = ~self.spikes[rows] if self.task.use is None else self.task.use[rows] & ~self.spikes[rows]
        fits = self._seen(self._first(self.counts[rows], use.astype(np.float64)), rows)
        if self.smooth is not None and (self.smooth.amplitude[rows] > 0).any():
            numbers = np.flatnonzero(rows)
            self.smooth.first.put(rows, fits)
            weights = weights_of(self.noise[numbers], self._light_of(fits), use)[0] / self.correlation[numbers, :1]
            rough = engine_named(self.task.engine, rough=True)
            fits = self._seen(self._last(rough, numbers, self.counts[numbers], weights, fits.nonlinear), rows)
        return fits

    def _first(self, counts: FloatArray, weights: FloatArray | None) -> FitResult:
        """Fit spectra from nowhere, without a smooth part."""
        return self.task.model.widened(self.leading(self.task.model.plain, counts, weights, None))

    def _last(
        self, engine: Engine, rows: np.ndarray, counts: FloatArray, weights: FloatArray, start: FloatArray
    ) -> FitResult:
        """Fit spectra [n] of some rows, those with a smooth part apart from those without one."""
        model = self.task.model
        if self.smooth is None:
            return engine(model, counts, weights, start)
        bent = self.smooth.amplitude[rows] > 0
        fits = replace(model.unfitted(len(rows), Status.FAILED))
        if not bent.all():
            fits.put(~bent, model.widened(engine(model.plain, counts[~bent], weights[~bent], start[~bent])))
        if bent.any():
            penalty = self.smooth.penalty(rows[bent])
            curved = engine(model, counts[bent], weights[bent], start[bent], penalty=penalty, home=True)
            fits.put(bent, replace(curved, amplitude=self.smooth.amplitude[rows[bent]]))
        return fits

    def _judged(self, fits: FitResult, rows: np.ndarray, weights: FloatArray | None, residual: FloatArray) -> FitResult:
        """Return fits of some rows, judged: those with a smooth part against rivals that have it too."""
        rival = engine_named(self.task.engine, rough=True)
        bent = np.zeros(len(rows), dtype=bool) if fits.amplitude is None else fits.amplitude > 0
        all_judged = fits.take(np.arange(len(rows)))
        for some, model in ((bent, self.task.model), (~bent, self.task.model.plain)):
            if some.any():
                penalty = None if self.smooth is None or model.plain is model else self.smooth.penalty(rows[some])
                used = None if weights is None else weights[some]
                task, counts = self.task._replace(model=model), self.counts[rows[some]]
                near = self.correlation[rows[some], 1]
                its = judged(fits.take(some), task, rival, counts, used, residual[some], penalty, near)
                all_judged.put(some, its)
        return all_judged

    def _find_amplitude(self, first: FitResult, rows: np.ndarray) -> None:
        """Find the amplitudes, near the fits of some rows; or take those that are known."""
        if self.smooth is None or not len(rows):
            return
        if self.task.amplitude is None:
            weights = self._noise_weights(first, rows)
            self.smooth.stretch = self.correlation[:, 0]
            self.smooth.find_amplitude(rows, first.nonlinear[rows], weights, self.task.scan)
        else:
            self.smooth.amplitude[rows] = np.nan_to_num(self.task.amplitude[rows])

    def _noise_weights(self, fits: FitResult, rows: np.ndarray) -> FloatArray:
        """Return the weights of some rows, true inverse variances."""
        use = self.use
        weights = weights_of(self.noise[rows], self._light_of(fits)[rows], None if use is None else use[rows])[0]
        return np.asarray(weights / self.correlation[rows, :1])

    def _mask_above(self, fits: FitResult, rows: BoolArray) -> BoolArray:
        """Mask the cosmic rays that stand out of the fits of some rows; return which rows have new ones."""
        light, use = self._light_of(fits)[rows], self.use
        noisiest = variance(self.noise[rows], light)
        noisiest[self.correlation[rows, 0] > 1] *= NOISIEST
        with np.errstate(invalid="ignore"):
            more = residual_spikes(self._measured(rows), light, noisiest, None if use is None else use[rows])
        self.spikes[rows] |= more
        again = np.zeros(len(rows), dtype=bool)
        again[rows] = more.any(axis=1)
        return again

    def _seen(self, fits: FitResult, rows: BoolArray | np.ndarray) -> FitResult:
        """Return fits of some rows with all the light that they account for."""
        light = self.task.model.evaluate(fits)
        for more in (self.task.lines, self.task.under):
            light = light if more is None else light + more[rows]
        return replace(fits, light=light)

    def _measured(self, rows: BoolArray | np.ndarray) -> FloatArray:
        """Return the counts of some rows as they were measured."""
        counts, under = self.task.counts[rows], self.task.under
        return counts if under is None else counts + under[rows]

    @staticmethod
    def _light_of(fits: FitResult) -> FloatArray:
        assert fits.light is not None
        return fits.light
