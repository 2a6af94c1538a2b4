"""Scan in, fit out: the order of the steps, and nothing of files or printing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ramanfit import varpro
from ramanfit.clean import Prepared, prepare
from ramanfit.model import Model
from ramanfit.noise import estimate_noise, variance
from ramanfit.quantities import Quantities, quantities
from ramanfit.recipe import Recipe
from ramanfit.result import FitResult, Status
from ramanfit.scan import BoolArray, FloatArray, Scan

Engine = Callable[[Model, FloatArray, FloatArray | None, FloatArray | None], FitResult]
Spread = Callable[[Callable[["Task"], FitResult], Iterable["Task"]], Iterable[FitResult]]

CHUNK = 2048  # spectra that go through all steps together and share a detector's gain


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted scan: what went in, what came out, and what follows from it."""

    scan: Scan
    prepared: Prepared
    result: FitResult
    quantities: Quantities


def engine_named(name: str) -> Engine:
    """Return the engine ``varpro`` (batched) or ``lmfit`` (the reference)."""
    if name == "varpro":
        return varpro.fit
    if name == "lmfit":
        from ramanfit import reference

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
    prepared = prepare(scan, recipe)
    result = FitResult.empty(len(scan), len(recipe.peaks), recipe.baseline.order + 1, Status.NOT_MEASURED)
    chunks = [start + np.flatnonzero(prepared.measured[start : start + CHUNK]) for start in range(0, len(scan), CHUNK)]
    chunks = [rows for rows in chunks if len(rows)]
    tasks = (Task(prepared.model, *prepared.take(rows), recipe.noise.model, engine) for rows in chunks)
    for rows, part in zip(chunks, spread(fit_task, tasks), strict=True):
        result.put(rows, part)
    return Fitted(scan, prepared, result, quantities(result, prepared, recipe))


class Task(NamedTuple):
    """Neighbouring spectra that are fitted together, as a worker process gets them."""

    model: Model
    counts: FloatArray
    use: BoolArray | None
    noise: str
    engine: str


def fit_task(task: Task) -> FitResult:
    """Equal weights first; then, with the noise seen in the residuals, weights that follow the fitted curve."""
    model, counts, use, noise_model, _ = task
    engine = engine_named(task.engine)
    first = engine(model, counts, None if use is None else use.astype(np.float64), None)
    ok = first.status != Status.FAILED
    if not ok.any():
        return first
    known, counts, use = first.take(ok), counts[ok], None if use is None else use[ok]
    curve = model.evaluate(known)
    noise = estimate_noise(noise_model, counts - curve, curve, use)
    if noise_model == "white":
        unit = noise[:, 0]
    else:
        weights, unit = _weights(noise, curve, use)
        known = engine(model, counts, weights, np.stack([known.center_cm1, known.fwhm_cm1], axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        redchi2 = known.chi2 / known.dof / unit
    redchi2[~np.isfinite(redchi2)] = np.nan
    first.put(ok, replace(known, noise=noise, redchi2=redchi2))
    return first


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
    from ramanfit import reference

    where = [(f, row) for f in fits for row in np.flatnonzero(f.result.noise[:, 0] > 0)]
    chosen = np.unique(np.linspace(0, len(where) - 1, min(count, len(where))).round().astype(int))
    worst, apart, se_apart, better = "", 0.0, 0.0, 0
    for f, row in (where[i] for i in chosen):
        model, mine = f.prepared.model, f.result.take([row])
        counts, use = f.prepared.take(np.array([row]))
        weights = None if use is None else use.astype(np.float64)
        if recipe.noise.model != "white":
            weights, _ = _weights(mine.noise, model.evaluate(varpro.fit(model, counts, weights)), use)
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
