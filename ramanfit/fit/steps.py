"""The steps of a fit, each on all spectra of a task; `ramanfit.fit.pipeline` has their order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ramanfit.fit.cosmic_rays import gross_spikes, repeated, residual_spikes, suspected
from ramanfit.fit.engine import engine_named
from ramanfit.fit.noise import variance
from ramanfit.fit.result import FitResult, Status
from ramanfit.fit.unseen import groups, leaving, put_back, unseen
from ramanfit.fit.weighing import Weighing
from ramanfit.fit.work import Work, picked
from ramanfit.scan.scan import BoolArray, FloatArray

NOISIEST = 1.5  # times the mean variance of interpolated channels is that of channels that were measured
SPIKE_ROUNDS = 3  # a masked spike can bare a smaller one that the fit had bent to


class Steps(Work):
    """What is done to the spectra of a task, one after another."""

    def mask_gross_spikes(self) -> None:
        """Mask what stands out before any fit."""
        if self.task.spikes:
            self.spikes = gross_spikes(self.task.counts, self.task.use, self.task.scan, self.narrowest)

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

    def fit_with_noise_weights(self, first: FitResult, rows: BoolArray | None = None) -> FitResult:
        """Return the final fits of some rows."""
        rows = self.everything if rows is None else rows
        fitted = np.flatnonzero(rows & (first.status != Status.FAILED))
        if not len(fitted):
            return first.take(rows)
        noise, use, stretch = self.noise[fitted], self.use, self.correlation[fitted, 0]
        used = None if use is None else use[fitted]
        fits = first if len(fitted) == len(first) and not self.even else first.take(fitted)
        if self.even and self.smooth is None:
            unit = noise[:, 0]
        else:
            weighing = Weighing(noise, self._light_of(fits), used, self._extra(fitted), stretch)
            unit, counts = weighing.unit, self.counts[self._some(fitted)]
            fits = self._seen(self._last(self.engine, fitted, counts, weighing, fits.nonlinear), fitted)
        redchi2 = np.divide(fits.chi2, fits.dof * unit, out=np.full(len(fits), np.nan), where=fits.dof * unit > 0)
        fits = replace(fits, noise=noise, redchi2=redchi2).stretched(stretch)
        if len(fitted) == np.count_nonzero(rows):
            return fits
        final = first.take(rows)
        final.put(np.asarray(final.status != Status.FAILED), fits)
        return final

    def find_smooth_part(self, first: FitResult) -> FitResult:
        """Find the amplitude of each scan's smooth part; return where the fits are with it.

        The amplitude is sought twice, near the fits without a smooth part and near those with it.
        """
        if not len(self.task.model.smooth):
            return first
        from ramanfit.fit.amplitude import SmoothPart

        self.smooth = SmoothPart(self.task.model, self.counts, self.use)
        self.smooth.first = first
        self._find_amplitude(first, np.flatnonzero((first.status == Status.CONVERGED) & (self.noise[:, 0] > 0)))
        rows, engine = np.flatnonzero(self.smooth.amplitude > 0), engine_named(self.task.engine, rough=True)
        if not len(rows):
            self._share_noise(first)
            return first
        weights, start = self._noise_weights(first, rows), first.nonlinear[rows]
        fits = self._seen(self._last(engine, rows, self.counts[rows], weights, start), rows)
        first = first.take(self.everything)
        first.put(rows, fits)
        self.renewed |= self.smooth.shared > 0  # a few that stand apart change nothing of it
        self._share_noise(first)
        self._find_amplitude(first, rows[self.noise[rows, 0] > 0])
        return first

    def ask_for_missing_bands(self, final: FitResult) -> FitResult:
        """Return the fits with what says that baseline and peaks cannot be told apart; see `ramanfit.fit.missing`."""
        if self.smooth is None:
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
                other_snr=fits.snr()[fired],
            )
            shown.put(fired, self._seen(again.stretched(self.correlation[rows[fired], 0]), rows[fired]))
        final.put(rows, shown)
        return final

    def ask_rivals(self, final: FitResult, first: FitResult) -> FitResult:
        """Return the fits with what their rivals say, with the weights that they had; see `ramanfit.fit.judge`."""
        rows = np.flatnonzero(final.status != Status.FAILED)
        if not len(rows):
            return final
        fits = final if len(rows) == len(final) else final.take(rows)
        followed: FloatArray | None = None
        if not self.even or self.smooth is not None:
            followed = self._light_of(first) if len(rows) == len(final) else self._light_of(first)[rows]
        if followed is not None and fits.missing_band is not None and fits.missing_band.any():
            assert self.smooth is not None
            followed = followed.copy()
            followed[fits.missing_band] = self._light_of(self.smooth.first)[rows[fits.missing_band]]
        judged = self._judged(fits, rows, followed)
        if len(rows) == len(final):
            return judged
        final.put(rows, judged)
        return final

    def let_go_of_unseen(self, final: FitResult) -> FitResult:
        """Return the fits with what stays fitted again without peaks that are not there; see `ramanfit.fit.unseen`."""
        model = self.task.model
        absent = unseen(final, self.task.min_snr)
        final = replace(final, absent=absent, left=leaving(model, final, absent))
        for rows, peaks in groups(model, final.left):
            if len(peaks) < len(model.names):
                whole, less, stretch = final.take(rows), model.of(peaks), self.correlation[rows, 0]
                bent = np.zeros(len(rows), dtype=bool) if whole.amplitude is None else whole.amplitude > 0
                weights, start = self._noise_weights(final, rows), whole.nonlinear[:, peaks]
                fits = self._last(self.engine, rows, self.counts[rows], weights, start, less, bent).stretched(stretch)
                fits = replace(self._seen(fits, rows, less), redchi2=fits.chi2 * stretch / np.maximum(fits.dof, 1))
                again = np.asarray(fits.status == Status.CONVERGED)
                final.put(rows[again], put_back(whole.take(again), fits.take(again), peaks))
                final.left[rows[~again]] = False
        return final

    def judge_shapes(self, final: FitResult) -> FitResult:
        """Return the fits with what their residuals say against baselines and lines; see `ramanfit.fit.verdicts`."""
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
                fits = final if len(rows) == len(good) else final.take(rows)
                measured = self._measured(self._some(rows))
                verdict = verdicts(model, fits, measured, self._weighing(final, rows), self.task.scan[rows], penalty)
                for name, values in verdict._asdict().items():
                    getattr(final, name)[rows] = values
        return final

    def mask_spikes_above(self, fits: FitResult, first: FitResult) -> None:
        """Mask what stands out of fits and fit those spectra again, until nothing new does; a few rounds at most."""
        again, self.renewed = self.everything, ~self.everything
        for _ in range(SPIKE_ROUNDS if self.task.spikes else 0):
            again = self._mask_above(fits, again)
            if not again.any():
                break
            first.put(again, self._fit_masked(again))
            self.renewed |= self.renew_noise(first, again)
            if fits is not first:  # weights let go of some that equal weights had bent to
                fits.put(again, self.fit_with_noise_weights(first, again))
        if fits is first and not len(self.task.model.smooth):
            self._share_noise(first)

    def with_errors(self, final: FitResult) -> FitResult:
        """Return the fits with the errors that were asked for, and without what only the way here needed."""
        task = self.task
        if task.errors.method != "covariance":
            from ramanfit.fit.intervals import with_errors

            weights = self._noise_weights(final, np.arange(len(self.counts)))
            penalty = None if self.smooth is None else self.smooth.penalty(self.everything, final.amplitude)
            final = with_errors(final, task.model, self.counts, weights, task.errors, task.ratios, penalty)
        return replace(final, light=None, spikes=self.spikes if task.spikes else None)

    def _share_noise(self, first: FitResult) -> None:
        """Find the noise of scans anew of which some spectra have other residuals than before."""
        if self.renewed.any():
            self.estimate_noise(first, self.renewed)

    def _find_amplitude(self, first: FitResult, rows: np.ndarray) -> None:
        """Find the amplitudes, near the fits of some rows."""
        if self.smooth is None or not len(rows):
            return
        weights = self._noise_weights(first, rows)
        self.smooth.stretch = self.correlation[:, 0]
        self.smooth.find_amplitude(rows, first.nonlinear[rows], weights, self.task.scan)

    def _mask_above(self, fits: FitResult, rows: BoolArray) -> BoolArray:
        """Mask the cosmic rays that stand out of the fits of some rows; return which rows have new ones."""
        again, use = np.zeros(len(rows), dtype=bool), self.use
        taken = picked(rows)
        if taken is None:
            return again
        factor = np.where(self.correlation[taken, 0] > 1, NOISIEST, 1.0)
        light, noise, extra = self._light_of(fits)[taken], self.noise[taken], self._extra(taken)
        used, counts, numbers = None if use is None else use[taken], self._measured(taken), np.flatnonzero(rows)
        some = suspected(counts, light, noise, used, extra, factor)
        if not len(some):
            return again
        noisiest = variance(noise[some], light[some], None if extra is None else extra[some])
        noisiest *= factor[some, None]
        with np.errstate(invalid="ignore"):
            more = residual_spikes(counts[some], light[some], noisiest, None if used is None else used[some])
        scan = self.task.scan[numbers]
        more &= ~repeated(more, scan[some], scan)
        self.spikes[numbers[some]] |= more
        again[numbers[some]] = more.any(axis=1)
        return again
