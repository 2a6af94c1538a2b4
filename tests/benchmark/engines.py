"""The engine against lmfit, scipy and a compiled loop: how fast, and whether it finds the minimum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from lmfit.models import LorentzianModel, QuadraticModel
from scipy.optimize import least_squares

from ramanfit.fit.build import build_model
from ramanfit.fit.engine import reference, varpro
from ramanfit.fit.engine.compiled.engine import fit_with
from ramanfit.fit.engine.compiled.library import core
from ramanfit.fit.engine.starts import Starts
from ramanfit.fit.model import Link, Model
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import FloatArray
from tests.benchmark.measure import against, in_turns
from tests.problem import LeastSquares
from tests.spectra import random_spectra, two_peak_model

SPECTRA = 20_000


def scipy_fit(model: Model, counts: FloatArray) -> None:
    """scipy's bounded least_squares with an analytic Jacobian, from the starts that the engine has."""
    starts = Starts(model).search(counts - (counts @ model.basis.T) @ model.basis)[..., :2]
    for y, place in zip(counts, starts, strict=True):
        problem = LeastSquares(model, y)
        least_squares(
            problem.residual,
            problem.start(place),
            problem.jacobian,
            bounds=problem.bounds(),
            method="trf",
            x_scale="jac",
            ftol=1e-9,
        )


def lmfit_models(model: Model, counts: FloatArray) -> None:
    """The loop that people write: lmfit's own models added up, the recipe's start and bounds, one spectrum a time."""
    sum_of_models = QuadraticModel()
    for name in model.names:
        sum_of_models += LorentzianModel(prefix=f"{name}_")
    for y in counts:
        parameters = sum_of_models.make_params(a=0, b=0, c=float(y.min()))
        for name, start, low, high in zip(model.names, model.start, model.lower, model.upper, strict=True):
            parameters[f"{name}_center"].set(start[0], min=low[0], max=high[0])
            parameters[f"{name}_sigma"].set(start[1] / 2, min=low[1] / 2, max=high[1] / 2)
            parameters[f"{name}_amplitude"].set(np.ptp(y) * np.pi * start[1] / 2)
        sum_of_models.fit(y, parameters, x=model.shift_cm1)


def speed() -> Iterator[str]:
    """Spectra per second, as ratios: two Lorentzians and a quadratic, 420 channels, bounded, with standard errors."""
    model, counts, _ = random_spectra(SPECTRA, seed=1)
    few, fewer = counts[:200], counts[:40]
    things = {
        "engine": lambda: varpro.fit(model, counts),
        "scipy": lambda: scipy_fit(model, few),
        "lmfit": lambda: lmfit_models(model, fewer),
        "reference": lambda: reference.fit(model, fewer),
    }
    sizes = {"engine": SPECTRA, "scipy": len(few), "lmfit": len(fewer), "reference": len(fewer), "compiled": SPECTRA}
    try:
        from tests.benchmark import compiled
    except ImportError:
        yield "numba is not installed: no compiled loop to compare with"
    else:
        compiled.fit(model, few)
        things["compiled"] = lambda: compiled.fit(model, counts)
    varpro.fit(model, few)
    seconds = {name: t / sizes[name] for name, t in in_turns(things, 3).items()}
    yield against("engine over lmfit's models, spectra per second", seconds["lmfit"] / seconds["engine"], ">=", 500)
    engine = seconds["engine"]
    yield f"engine over --engine lmfit (bare residual, the engine's starts): {seconds['reference'] / engine:.3g}"
    yield f"engine over scipy least_squares (trf, analytic Jacobian): {seconds['scipy'] / engine:.3g}"
    if "compiled" in seconds:
        yield against("compiled loop over engine", seconds["engine"] / seconds["compiled"], "<=", 5)


def shapes() -> Iterator[str]:
    """What other shapes and ties cost: time per spectrum over that of free Lorentzians, each on spectra of its own."""
    base = two_peak_model()
    voigt, bwf = Link("pseudo-voigt", (0.5, 0.0, 1.0)), Link("bwf", (-0.2, -0.8, 0.8))
    models = {
        "free Lorentzians": base,
        "the same in the general engine": replace(base, links=(Link(), Link())),
        "B Gaussian": replace(base, links=(Link("gaussian"), Link())),
        "B pseudo-Voigt": replace(base, links=(voigt, Link())),
        "both pseudo-Voigt": replace(base, links=(voigt, voigt)),
        "G BWF": replace(base, links=(Link(), bwf)),
        "both Voigt, behind 5 cm-1": replace(base, links=(Link("voigt", instrument_cm1=5.0),) * 2),
        "G's height tied to B's": replace(base, links=(Link(), Link(height_of=0, height_ratio=0.8))),
    }
    recipes = ("li-graphite-doublet", "carbon-3", "carbon-5", "carbon-bwf")
    models |= {name: build_model(base.shift_cm1, load_recipe(name)) for name in recipes}
    things = {}
    for name, model in models.items():
        counts = _spectra_of(model, 2_000)
        things[name] = partial(varpro.fit, model, counts)
    seconds = in_turns(things, 3)
    free = seconds["free Lorentzians"]
    for name, t in seconds.items():
        yield f"{name} ({models[name].parameters} parameters): {t / free:.2f}"


def _spectra_of(model: Model, n: int) -> FloatArray:
    """Spectra of a model around the place where it starts, with heights of 100 to 300 and noise of 3 counts."""
    rng = np.random.default_rng(7)
    place = np.tile(model.home, (n, 1, 1))
    place[..., 0] += rng.normal(0, 3, place.shape[:2])
    place[..., 1] *= np.exp(rng.normal(0, 0.1, place.shape[:2]))
    place = model.complete(place)
    counts = rng.normal(500, 3, (n, len(model.shift_cm1)))
    heights = rng.uniform(100, 300, (len(model.names), n, 1))
    for p in range(len(model.names)):
        link = model.link(p)
        height = heights[p] if link.height_of is None else link.height_ratio * heights[link.height_of]
        counts += height * model.shape(p, *place[:, p, :, None].transpose(1, 0, 2))
    return counts


def minimum() -> Iterator[str]:
    """Chi-square against scipy converged from the true values; parameters and errors against lmfit; with every core."""
    model, counts, truth = random_spectra(SPECTRA, seed=2)
    best = np.empty(SPECTRA)
    for i, y in enumerate(counts):
        problem = LeastSquares(model, y)
        best[i] = problem.converge(truth.height[i], truth.place[i])[0]
    results = {"NumPy": varpro.fit(model, counts)}
    if (compiled := core()) is not None:
        results["compiled"] = fit_with(compiled, model, counts)
    rows, other = np.empty(0, dtype=np.intp), None
    for name, result in results.items():
        missed = result.chi2 > best * (1 + 1e-6)
        se = result.standard_errors()
        with np.errstate(invalid="ignore"):
            strong = (result.height / se["height"] > 5).all(axis=1)
        yield against(f"{name}: minimum found, % of all", 100 * (1 - missed.mean()), ">=", 99.5)
        yield against(
            f"{name}: minimum found, % of those with both heights above 5 se",
            100 * (1 - missed[strong].mean()),
            ">=",
            99.9,
        )
        yield f"{name}: strong spectra, %: {100 * strong.mean():.3g}"
        lower = 100 * (result.chi2 < best * (1 - 1e-6)).mean()
        yield f"{name}: lower than the reference by more than 1e-6, %: {lower:.3g}"
        if other is None:
            rows = np.flatnonzero(strong & ~result.at_bound.any(axis=(1, 2)))[:2000]
            other = reference.fit(model, counts[rows])
        mine, other_se = result.take(rows), other.standard_errors()
        apart = np.max([np.abs(getattr(mine, k) - getattr(other, k)) / se[k][rows] for k in se], axis=0)
        ratio = np.max([np.abs(other_se[k] / se[k][rows] - 1) for k in se], axis=0)
        same = other.chi2 <= mine.chi2 * (1 + 1e-6)  # where lmfit found the minimum too
        yield f"{name}: lmfit in a higher minimum, of {len(rows)}: {int((~same).sum())}"
        yield against(f"{name}: largest difference from lmfit, standard errors", float(apart[same].max()), "<=", 0.02)
        yield against(f"{name}: largest relative difference of a standard error", float(ratio[same].max()), "<=", 1e-3)
