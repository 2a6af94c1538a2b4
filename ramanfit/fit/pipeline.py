"""Scan in, fit out: the order of the steps, and nothing of files or printing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.fit.baseline_order import with_orders
from ramanfit.fit.cosmic_rays import gross_spikes, residual_spikes
from ramanfit.fit.engine import varpro
from ramanfit.fit.intervals import bootstrap, profile
from ramanfit.fit.model import Model
from ramanfit.fit.noise import estimate_noise, variance
from ramanfit.fit.prepare import Prepared, prepare
from ramanfit.fit.quantities import Quantities, quantities
from ramanfit.fit.residuals import autocorrelation, may_be_two, part_left
from ramanfit.fit.result import FitResult, Status
from ramanfit.recipe.parts import Errors
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray, Scan

Rows = npt.NDArray[np.intp]
Engine = Callable[[Model, FloatArray, FloatArray | None, FloatArray | None], FitResult]


Spread = Callable[[Callable[["Task"], "Fit"], Iterable["Task"]], Iterable["Fit"]]

CHUNK = 2048  # spectra that go through all steps together and share a detector's gain
DOUBT = 8.0  # a height of so many standard errors needs no further proof
SPIKE_ROUNDS = 3  # a masked spike can bare a smaller one that the fit had bent to


class Fit(NamedTuple):
    """What becomes of the spectra of a task."""

    result: FitResult
    spikes: BoolArray | None  # where cosmic rays were masked, [N, M]
    intervals: FloatArray | None  # of the ratios, [N, R, 2]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted scan: what went in, what came out, and what follows from it."""

    scan: Scan
    prepared: Prepared  # with the cosmic rays masked
    result: FitResult
    quantities: Quantities


def engine_named(name: str, *, rough: bool = False) -> Engine:
    """Return the engine ``varpro`` (batched) or ``lmfit`` (the reference); rough: for fits that are not the last."""
    if name == "varpro":
        return partial(varpro.fit, tolerance=varpro.ROUGH) if rough else varpro.fit
    if name == "lmfit":
        from ramanfit.fit.engine import reference

        return reference.fit
    raise ValueError(f"no engine {name!r}: expected varpro or lmfit")


def fit_scan(scan: Scan, recipe: Recipe, engine: str = "varpro", spread: Spread = map) -> Fitted:
    """Fit every spectrum of a scan.

    Parameters
    ----------
    scan : Scan
    recipe : Recipe
    engine : {"varpro", "lmfit"}
    spread : callable
        Works as `map` does; that of an executor uses several processes. The result is the same.

    Returns
    -------
    Fitted
        One row per spectrum, whatever became of it.

    Raises
    ------
    ScanError
        If the recipe's window does not suit the scan's axis.
    """
    return fit_prepared([(scan, prepare(scan, recipe))], recipe, engine, spread)[0]


def fit_prepared(
    scans: Sequence[tuple[Scan, Prepared]], recipe: Recipe, engine: str = "varpro", spread: Spread = map
) -> list[Fitted]:
    """Fit several scans, those on one axis together: many small scans then cost hardly more than one large.

    The results are those of `fit_scan`, bit for bit: scans share nothing.
    """
    scans = _with_orders(scans, recipe)
    results = [_nothing(prepared.model, len(scan), Status.NOT_MEASURED) for scan, prepared in scans]
    spikes = [np.zeros(prepared.counts.shape, dtype=bool) if recipe.clean.spikes else None for _, prepared in scans]
    intervals = None
    if recipe.errors.method != "covariance":
        intervals = [np.full((len(scan), len(recipe.ratios), 2), np.nan) for scan, _ in scans]
    batches = list(_batches([prepared for _, prepared in scans]))
    tasks = (_task([(scans[i][1], rows) for i, rows in batch], recipe, engine) for batch in batches)
    for batch, (result, hit, ends) in zip(batches, spread(fit_task, tasks), strict=True):
        first = 0
        for i, rows in batch:
            part = slice(first, first + len(rows))
            results[i].put(rows, result.take(part))
            if (whole := spikes[i]) is not None and hit is not None:
                whole[rows] = hit[part]
            if intervals is not None and ends is not None:
                intervals[i][rows] = ends[part]
            first += len(rows)
    fits = []
    for i, ((scan, prepared), hit, result) in enumerate(zip(scans, spikes, results, strict=True)):
        cleaned = prepared if hit is None or not hit.any() else prepared.without(hit)
        ends = None if intervals is None else intervals[i]
        fits.append(Fitted(scan, cleaned, result, quantities(result, cleaned, recipe, ends)))
    return fits


def _with_orders(scans: Sequence[tuple[Scan, Prepared]], recipe: Recipe) -> Sequence[tuple[Scan, Prepared]]:
    """Return scans with the polynomial that each asks for, and a note of it, where the recipe leaves that open."""
    if recipe.baseline.order != "auto":
        return scans
    chosen = with_orders([prepared for _, prepared in scans])
    noted = (
        scan.with_(notes=(*scan.notes, f"baseline of order {len(prepared.model.basis) - 1}, chosen by BIC"))
        for (scan, _), prepared in zip(scans, chosen, strict=True)
    )
    return list(zip(noted, chosen, strict=True))


def _nothing(model: Model, n: int, status: Status) -> FitResult:
    return FitResult.empty(n, len(model.names), len(model.basis), status, model.fields)


def _batches(scans: Sequence[Prepared]) -> Iterator[list[tuple[int, Rows]]]:
    """Yield what is fitted together: numbers of scans and their measured rows, up to CHUNK spectra on one axis."""
    batch: list[tuple[int, Rows]] = []
    size = 0
    for i, prepared in enumerate(scans):
        for start in range(0, len(prepared.counts), CHUNK):
            rows = start + np.flatnonzero(prepared.measured[start : start + CHUNK])
            if not len(rows):
                continue
            if batch and (size + len(rows) > CHUNK or not prepared.like(scans[batch[0][0]])):
                yield batch
                batch, size = [], 0
            batch.append((i, rows))
            size += len(rows)
    if batch:
        yield batch


def _task(parts: Sequence[tuple[Prepared, Rows]], recipe: Recipe, engine: str) -> Task:
    taken = [prepared.take(rows) for prepared, rows in parts]
    masks = [use for _, use in taken if use is not None]
    counts = np.concatenate([counts for counts, _ in taken])
    levels = [prepared.under[rows] for prepared, rows in parts if prepared.under is not None]
    under = np.concatenate(levels) if levels else None
    names = parts[0][0].model.names
    return Task(
        model=parts[0][0].model,
        counts=counts if under is None else counts - under,
        use=np.concatenate(masks) if masks else None,
        scan=np.repeat(np.arange(len(taken)), [len(counts) for counts, _ in taken]),
        noise=recipe.noise.model,
        engine=engine,
        spikes=recipe.clean.spikes,
        doublets=tuple(names.index(name) for name in recipe.detection.doublets),
        under=under,
        errors=recipe.errors,
        ratios=tuple((names.index(ratio.numerator), names.index(ratio.denominator)) for ratio in recipe.ratios),
    )


class Task(NamedTuple):
    """Spectra on one axis that are fitted together, as a worker process gets them."""

    model: Model
    counts: FloatArray  # less what is subtracted
    use: BoolArray | None
    scan: Rows  # [N], ascending: spectra of one scan share a gain
    noise: str
    engine: str
    spikes: bool  # whether to look for cosmic rays
    doublets: tuple[int, ...]  # peaks that are also tried as two lines
    under: FloatArray | None  # what is subtracted, [N, M]
    errors: Errors
    ratios: tuple[tuple[int, int], ...]  # numerator and denominator, numbers of peaks

    def drawn(self, fits: FitResult, rows: BoolArray | Rows) -> Drawn:
        """Return fits of some rows with the light that they account for, and with what was subtracted before."""
        curve = self.model.evaluate(fits)
        return Drawn(fits, curve if self.under is None else curve + self.under[rows])

    def light(self, rows: BoolArray | Rows) -> FloatArray:
        """Return the counts of some rows, with what was subtracted."""
        return self.counts[rows] if self.under is None else self.counts[rows] + self.under[rows]


@dataclass(eq=False)
class Drawn:
    """Fits of some rows of a task, and the light [N, M] that they account for: computed once, looked at often."""

    fits: FitResult
    level: FloatArray

    def take(self, rows: BoolArray) -> Drawn:
        """Return some rows."""
        return Drawn(self.fits.take(rows), self.level[rows])

    def put(self, rows: BoolArray, part: Drawn) -> None:
        """Write the rows of `part` into these."""
        self.fits.put(rows, part.fits)
        self.level[rows] = part.level


def fit_task(task: Task) -> Fit:
    """Equal weights first; then, with the noise seen in the residuals, weights that follow the fitted curve.

    Cosmic rays that stand out of a fit are masked and the spectrum is fitted again.
    """
    # with equal weights throughout, the first fits are the last
    engine, leading = engine_named(task.engine), engine_named(task.engine, rough=task.noise != "white")
    spikes = gross_spikes(task.counts, task.use, task.scan) if task.spikes else np.zeros(task.counts.shape, dtype=bool)
    everything = np.ones(len(task.counts), dtype=bool)
    first = task.drawn(_equal_weights(leading, task, spikes), everything)
    noise = np.full((len(task.counts), 3), np.nan)
    _renew_noise(task, first, noise, spikes, everything)
    if not task.spikes:
        return _with_errors(task, _weighted(engine, task, first, noise, spikes, everything), noise, None)
    again = everything
    for _ in range(SPIKE_ROUNDS):
        again = _find_more(task, first, noise, spikes, again)
        if not again.any():
            break
        first.put(again, task.drawn(_masked(leading, task, spikes, again), again))
        _renew_noise(task, first, noise, spikes, again)
    fits = _weighted(engine, task, first, noise, spikes, everything)
    again = everything
    for _ in range(SPIKE_ROUNDS):
        # weights let go of some that equal weights had bent to
        again = _find_more(task, fits, noise, spikes, again)
        if not again.any():
            break
        first.put(again, task.drawn(_masked(leading, task, spikes, again), again))
        _renew_noise(task, first, noise, spikes, again)
        fits.put(again, _weighted(engine, task, first, noise, spikes, again))
    return _with_errors(task, fits, noise, spikes)


def _with_errors(task: Task, drawn: Drawn, noise: FloatArray, spikes: BoolArray | None) -> Fit:
    """Add what errors other than those of the covariance are asked for."""
    fits = drawn.fits
    if task.errors.method == "covariance":
        return Fit(fits, spikes, None)
    use = task.use if spikes is None else _usable(task, spikes)
    weights = None if use is None else use.astype(np.float64)
    if task.noise != "white":
        weights, _ = _weights(noise, drawn.level, use)
    if task.errors.method == "profile":
        return Fit(fits, spikes, profile(task.model, task.counts, weights, fits, task.ratios))
    covariance, ends = bootstrap(task.model, task.counts, weights, fits, task.ratios, task.errors.samples)
    return Fit(replace(fits, covariance=covariance), spikes, ends)


def _find_more(task: Task, drawn: Drawn, noise: FloatArray, spikes: BoolArray, rows: BoolArray) -> BoolArray:
    """Add the cosmic rays that stand out of the fits of some rows to `spikes`; return which rows have new ones."""
    curve = drawn.level[rows]
    use = _usable(task, spikes)
    with np.errstate(invalid="ignore"):
        more = residual_spikes(
            task.light(rows), curve, variance(noise[rows], curve), None if use is None else use[rows]
        )
    spikes[rows] |= more
    found = np.zeros(len(rows), dtype=bool)
    found[rows] = more.any(axis=1)
    return found


def _renew_noise(task: Task, drawn: Drawn, noise: FloatArray, spikes: BoolArray, rows: BoolArray) -> None:
    """Write the noise [N, 3] in the residuals of all scans with one of some rows; not a number without a fit."""
    touched = np.zeros(int(task.scan[-1]) + 1, dtype=bool)
    touched[task.scan[rows]] = True
    noise[touched[task.scan]] = np.nan
    ok = np.asarray(touched[task.scan] & (drawn.fits.status != Status.FAILED))
    if ok.any():
        curve = drawn.level[ok]
        use = _usable(task, spikes)
        scan = task.scan[ok]
        starts = [0, *(np.flatnonzero(np.diff(scan)) + 1).tolist()]
        used = None if use is None else use[ok]
        noise[ok] = estimate_noise(task.noise, task.light(ok) - curve, curve, used, starts)


def _weighted(engine: Engine, task: Task, first: Drawn, noise: FloatArray, spikes: BoolArray, rows: BoolArray) -> Drawn:
    """Return the final fits of some rows, with weights that follow the curves of the first."""
    final = first.take(rows)
    ok = np.asarray(final.fits.status != Status.FAILED)
    if not ok.any():
        return final
    fitted = np.flatnonzero(rows)[ok]
    known, noise, counts = final.take(ok), noise[fitted], task.counts[fitted]
    use = _usable(task, spikes)
    used = None if use is None else use[fitted]
    weights = None if used is None else used.astype(np.float64)
    if task.noise == "white":
        unit = noise[:, 0]
    else:
        weights, unit = _weights(noise, known.level, used)
        known = task.drawn(engine(task.model, counts, weights, known.fits.place), fitted)
    with np.errstate(divide="ignore", invalid="ignore"):
        redchi2 = known.fits.chi2 / known.fits.dof / unit
    redchi2[~np.isfinite(redchi2)] = np.nan
    judged = _judged(task, known, fitted, counts, weights, noise)
    known.fits = replace(judged, noise=noise, redchi2=redchi2)
    final.put(ok, known)
    return final


def _judged(
    task: Task, drawn: Drawn, rows: Rows, counts: FloatArray, weights: FloatArray | None, noise: FloatArray
) -> FitResult:
    """Return the fits of some rows with what their residuals and their rivals say of them."""
    rival, fits = engine_named(task.engine, rough=True), drawn.fits
    residual = task.light(rows) - drawn.level
    spread = np.sqrt(variance(noise, drawn.level))
    use = None if weights is None else weights > 0
    seen = spread > 0 if use is None else use & (spread > 0)
    residual = np.divide(residual, spread, out=np.zeros_like(residual), where=seen)
    return replace(
        fits,
        delta_bic=_delta_bic(rival, task.model, fits, counts, weights),
        double_bic=_double_bic(rival, task, fits, counts, weights, residual),
        structure=autocorrelation(residual, use),
    )


def _double_bic(
    engine: Engine,
    task: Task,
    fits: FitResult,
    counts: FloatArray,
    weights: FloatArray | None,
    residual: FloatArray,
) -> FloatArray:
    """Return what the Bayesian information criterion gains by a second line, [N, P]; see `FitResult`."""
    gain, model = np.full(fits.height.shape, np.nan), task.model
    whole = np.asarray((fits.status == Status.CONVERGED) & (fits.chi2 > 0))
    if not task.doublets or not whole.any():
        return gain
    # sorted, not averaged: a typical place is one that a spectrum has
    place = np.sort(fits.place[whole], axis=0)[whole.sum() // 2]
    left = part_left(model, place)
    scale = np.sqrt(np.divide(fits.dof, (residual**2).sum(axis=1), out=np.ones(len(fits)), where=fits.chi2 > 0))
    for p in task.doublets:
        center, fwhm = fits.center_cm1[:, p], fits.fwhm_cm1[:, p]
        asked = may_be_two(model.shift_cm1, residual * scale[:, None], center, fwhm, left[p])
        rows = np.flatnonzero(asked & whole & (fits.height[:, p] > 0))
        if not len(rows):
            continue
        some = None if weights is None else weights[rows]
        start = fits.place[rows][:, [*range(len(model.names)), p]]
        start[:, [p, -1], 0] += fwhm[rows, None] * np.array([-0.35, 0.35])
        start[:, [p, -1], 1] *= 0.7
        rival = engine(model.doubled(p), counts[rows], some, start)
        n = counts.shape[1] if some is None else np.count_nonzero(some, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            gain[rows, p] = n * np.log(fits.chi2[rows] / rival.chi2) - 3 * np.log(n)
    return gain


def _delta_bic(
    engine: Engine, model: Model, fits: FitResult, counts: FloatArray, weights: FloatArray | None
) -> FloatArray:
    """Return by how much each peak in doubt improves the Bayesian information criterion, [N, P].

    ``BIC = n ln(chi2) + k ln(n)`` for n channels and k parameters (Schwarz, Ann. Stat. 6, 461 (1978)), with the
    variance estimated from the residuals, as the standard errors are.
    """
    delta = np.full(fits.height.shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        snr = fits.height / fits.standard_errors()["height"]
    for p in range(len(model.names)):
        if model.link(p).height_of is not None:
            continue
        rows = np.flatnonzero((snr[:, p] > 0) & (snr[:, p] < DOUBT) & (fits.chi2 > 0))
        if not len(rows):
            continue
        some = None if weights is None else weights[rows]
        rest = model.rest(p)
        less = model.of(rest)
        if rest:
            chi2 = engine(less, counts[rows], some, fits.place[rows][:, rest]).chi2
        else:
            chi2 = _baseline_chi2(model, counts[rows], some)
        n = counts.shape[1] if some is None else np.count_nonzero(some, axis=1)
        delta[rows, p] = n * np.log(chi2 / fits.chi2[rows]) - (model.parameters - less.parameters) * np.log(n)
    for p, link in enumerate(model.links):
        if link.height_of is not None:
            delta[:, p] = delta[:, link.height_of]  # one height, one verdict
    return delta


def _baseline_chi2(model: Model, counts: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Chi-square of the baseline alone."""
    w: FloatArray = np.ones_like(counts) if weights is None else weights
    weighted = w[:, None, :] * model.basis
    found = np.linalg.solve(weighted @ model.basis.T, weighted @ counts[..., None])[..., 0]
    rest: FloatArray = counts - model.baseline(np.asarray(found, dtype=np.float64))
    return np.asarray((w * rest * rest).sum(axis=1))


def _usable(task: Task, spikes: BoolArray) -> BoolArray | None:
    """Channels that may be fitted, [N, M]; None: all."""
    if not spikes.any():
        return task.use
    return ~spikes if task.use is None else task.use & ~spikes


def _equal_weights(engine: Engine, task: Task, spikes: BoolArray) -> FitResult:
    hit = np.asarray(spikes.any(axis=1))
    use = None if task.use is None else task.use.astype(np.float64)
    if not hit.any():
        return engine(task.model, task.counts, use, None)
    first = _nothing(task.model, len(hit), Status.FAILED)
    first.put(hit, _masked(engine, task, spikes, hit))
    if not hit.all():
        first.put(~hit, engine(task.model, task.counts[~hit], None if use is None else use[~hit], None))
    return first


def _masked(engine: Engine, task: Task, spikes: BoolArray, rows: BoolArray) -> FitResult:
    clear = ~spikes[rows] if task.use is None else task.use[rows] & ~spikes[rows]
    return engine(task.model, task.counts[rows], clear.astype(np.float64), None)


def _weights(noise: FloatArray, curve: FloatArray, use: BoolArray | None) -> tuple[FloatArray, FloatArray]:
    """Weights [N, M], and the variance [N] of weight 1: a spectrum without noise weighs all channels alike."""
    channel = variance(noise, curve)
    noisy = noise[:, 0] > 0
    weights = np.divide(1, channel, out=np.ones_like(channel), where=noisy[:, None])
    if use is not None:
        weights *= use
    return weights, noisy.astype(np.float64)


@dataclass(frozen=True)
class Verdict:
    """How far a second opinion lies from the first.

    Attributes
    ----------
    spectra : int
        Spectra refitted.
    worst : str
        Where the largest difference was met.
    difference_se : float
        Largest difference of a parameter of a detected peak, in its standard errors.
    se_difference : float
        Largest relative difference of a standard error.
    better : int
        Spectra for which lmfit found a chi-square lower by more than 1e-6 of it.
    """

    spectra: int
    worst: str
    difference_se: float
    se_difference: float
    better: int


def verify(fits: Sequence[Fitted], recipe: Recipe, count: int) -> Verdict:
    """Refit `count` spectra, evenly spaced over all, with lmfit from its own start, with the same weights."""
    from ramanfit.fit.engine import reference

    where = [(f, row) for f in fits for row in np.flatnonzero(f.result.noise[:, 0] > 0)]
    chosen = np.unique(np.linspace(0, len(where) - 1, min(count, len(where))).round().astype(int))
    worst, apart, se_apart, better = "", 0.0, 0.0, 0
    for f, row in (where[i] for i in chosen):
        model, mine = f.prepared.model, f.result.take([row])
        counts, use = f.prepared.take(np.array([row]))
        weights = None if use is None else use.astype(np.float64)
        under = None if f.prepared.under is None else f.prepared.under[[row]]
        counts = counts if under is None else counts - under
        if recipe.noise.model != "white":
            curve = model.evaluate(varpro.fit(model, counts, weights))
            weights, _ = _weights(mine.noise, curve if under is None else curve + under, use)
        other = reference.fit(model, counts, weights)
        better += int(other.chi2[0] < mine.chi2[0] * (1 - 1e-6))
        se, se_other = mine.standard_errors(), other.standard_errors()
        for name in ("height", "center_cm1", "fwhm_cm1"):
            with np.errstate(invalid="ignore"):
                d = np.abs(getattr(other, name) - getattr(mine, name))[0] / se[name][0]
                r = np.abs(se_other[name] / se[name] - 1)[0]
            for p in np.flatnonzero((f.quantities.status[row] == "ok") & np.isfinite(d) & np.isfinite(r)):
                if d[p] > apart:
                    apart, worst = float(d[p]), f"{f.scan.source}, spectrum {row}, {model.names[p]} {name}"
                se_apart = max(se_apart, float(r[p]))
    return Verdict(len(chosen), worst, apart, se_apart, better)
