"""Every engine that can be chosen, by the name a user gives it: it gives what the batched one gives."""

from __future__ import annotations

import numpy as np
import pytest

from ramanfit.fit.engine import ENGINES, engine_named, varpro
from ramanfit.fit.engine.compiled import library
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.result import Status
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import Scan
from tests.spectra import random_spectra

EVERY = [*((name, None) for name in ENGINES), *(("varpro", level) for level in library.available())]


@pytest.mark.parametrize(("name", "level"), EVERY)
@pytest.mark.parametrize("rough", [False, True])
def test_an_engine_that_can_be_chosen_agrees_with_the_batched_one(
    name: str, level: int | None, rough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_chosen", lambda choice: library.available().get(level or 0))
    model, counts, _ = random_spectra(20, seed=13)
    weights = 1 / np.random.default_rng(1).uniform(0.2, 5, counts.shape)
    weights[:, 100:110] = 0
    expected = varpro.fit(model, counts, weights)
    result = engine_named(name, rough=rough)(model, counts, weights)
    np.testing.assert_array_equal(result.dof, expected.dof)
    np.testing.assert_allclose(result.chi2, expected.chi2, rtol=1e-3 if rough else 1e-5)
    errors = expected.standard_errors()
    inside = ~expected.at_bound.any(axis=(1, 2)) & (expected.height / errors["height"] > 5).all(axis=1)
    assert inside.sum() > 15
    for what, se in result.standard_errors().items():
        apart = np.abs(getattr(result, what) - getattr(expected, what)) / errors[what]
        assert apart[inside].max() < (0.5 if rough else 0.02), what
        np.testing.assert_allclose(se[inside], errors[what][inside], rtol=0.1 if rough else 5e-3, err_msg=what)


def test_only_a_rough_fit_of_the_batched_engine_ends_early() -> None:
    model, counts, _ = random_spectra(20, seed=14)
    well, rough = (engine_named("varpro", rough=rough)(model, counts).chi2 for rough in (False, True))
    assert (well <= rough).all()
    assert (well < rough).any()


def test_an_engine_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=f"^no engine 'varpor': expected {' or '.join(ENGINES)}$"):
        engine_named("varpor")


def test_lmfit_arrives_where_a_bound_holds_what_it_fits() -> None:
    """Its transformation has no slope on a bound: of 64 spectra of a real map without D and D', 12 never arrived."""
    recipe = with_overrides(load_recipe("graphite"), {"baseline.smooth_cm1": "none"})
    shift = np.linspace(1000.0, 1900.0, 400)
    counts = 50 + 15 * lorentzian(shift, 1579.0, 13.0) + np.random.default_rng(8).normal(0, 2, (12, shift.size))
    scan = Scan(shift, counts, "line")
    ours, theirs = (fit_scan(scan, recipe, engine) for engine in ("varpro", "lmfit"))
    assert (theirs.result.status == Status.CONVERGED).all()
    np.testing.assert_array_equal(theirs.quantities.status == "failed", ours.quantities.status == "failed")
    away = (theirs.result.center_cm1 - ours.result.center_cm1)[:, 0] / ours.quantities.center_se[:, 0]
    assert np.abs(away).max() < 0.1
