"""The amplitude of the smooth part: REML against dense algebra, scans and those that stand apart against loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ramanfit.fit.amplitude import AMPLITUDES, SmoothPart, amplitudes_of, pooled, reduced
from ramanfit.fit.engine import varpro
from ramanfit.fit.engine.varpro import problem_of
from ramanfit.fit.lineshapes import lorentzian, lorentzian_derivatives
from ramanfit.fit.model import Link
from ramanfit.fit.noise import weights_of
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from tests.gaussian_process import B, G, kernel, restricted_likelihood, spectra
from tests.spectra import two_peak_model

LENGTH = 300.0
MODEL = two_peak_model(180).with_smooth(LENGTH)
X = MODEL.shift_cm1
SOME = np.array([0.0, 0.01, 0.1, 1.0, 10.0])


def linear_at_the_truth() -> FloatArray:
    """Parabolas, and of each peak its height, a small shift and a small change of width."""
    rows = [lorentzian(X, *peak) for peak in (B, G)]
    rows += [slope for peak in (B, G) for slope in lorentzian_derivatives(X, *peak)]
    return np.stack([*MODEL.polynomials, *(row / np.linalg.norm(row) for row in rows)])


@pytest.mark.parametrize("links", [(), (Link(), Link())])
@pytest.mark.parametrize("name", ["quadratic", "exponential and hump", "sigmoid"])
def test_reml_is_the_dense_restricted_likelihood(name: str, links: tuple[Link, ...]) -> None:
    """Differences between amplitudes, with the kernel as the model has it; with all of the kernel to a tenth."""
    counts, variance = spectra(name, X, 100.0, 2, seed=3)
    model, scale = replace(MODEL, links=links), counts.std(axis=1)
    problem = problem_of(model, counts, 1 / variance)
    place = np.tile(np.array([[*B, np.nan], [*G, np.nan]]), (2, 1, 1))
    found = reduced(problem, problem.moving(place), scale).reml(SOME)
    functions = MODEL.basis[3:]
    short = functions.T @ (MODEL.smooth[:, None] * functions)
    for i in range(2):
        for smooth, close in ((short, 1e-5), (kernel(X, LENGTH), 0.1)):
            covariances = (np.diag(variance[i]) + (a * scale[i]) ** 2 * smooth for a in SOME)
            dense = [restricted_likelihood(counts[i], linear_at_the_truth(), c) for c in covariances]
            np.testing.assert_allclose(np.diff(found[i]), np.diff(dense), rtol=close, atol=close)


def test_the_amplitude_in_a_scan_is_that_of_the_process_that_made_it() -> None:
    """Backgrounds drawn from the process itself, twenty spectra: half a decade is found, and nothing where none is."""
    rng = np.random.default_rng(0)
    root = np.linalg.cholesky(kernel(X, LENGTH) + 1e-10 * np.eye(X.size))
    peaks = 1.2 * lorentzian(X, *B) + lorentzian(X, *G)
    for amplitude in (0.0, 0.1, 1.0):
        counts = 300 + 100 * peaks + rng.normal(size=(20, X.size))
        scale = counts.std(axis=1)
        counts += amplitude * scale[:, None] * (rng.normal(size=(20, X.size)) @ root.T)
        problem = problem_of(MODEL, counts, np.ones_like(counts))
        place = np.tile(np.array([[*B, np.nan], [*G, np.nan]]), (20, 1, 1))
        some = reduced(problem, problem.moving(place), scale)
        found = amplitudes_of(some.reml(), np.zeros(20, dtype=np.intp))[0]
        if amplitude:
            assert np.median(np.abs(np.log10(found / amplitude))) < 0.5
        else:
            assert found.max() < 0.01


likelihoods = st.integers(
    1, 8
).flatmap(
    lambda n: st.tuples(
        arrays(np.float64, (n, len(AMPLITUDES)), elements=st.integers(0, 480).map(lambda k: k / 8)),  # sums are exact
        st.lists(st.integers(0, 1), min_size=n, max_size=n).map(lambda steps: np.cumsum([0, *steps[1:]])),
        st.lists(st.booleans(), min_size=n, max_size=n),
    )
)


@given(likelihoods)
@settings(max_examples=150)
def test_a_scan_has_one_amplitude_and_those_that_stand_apart_their_own(
    case: tuple[FloatArray, np.ndarray, list[bool]],
) -> None:
    reml, scan, dead = case[0].copy(), case[1], np.array(case[2])
    reml[dead, 3] = np.nan
    found = amplitudes_of(reml, scan.astype(np.intp))[0]
    assert (found[dead] == 0).all()
    for number in set(scan.tolist()):
        rows = np.flatnonzero((scan == number) & ~dead)
        if not len(rows):
            continue
        apart: set[int] = set()
        for _ in range(2):
            together = reml[[row for row in rows if row not in apart]].sum(axis=0)
            shared = int(together.argmin())
            apart = {int(row) for row in rows if reml[row, shared] - reml[row].min() > 4}
        for row in rows:
            assert found[row] == AMPLITUDES[reml[row].argmin() if int(row) in apart else shared]


@given(likelihoods)
def test_pooled_likelihoods_are_the_least_sums(case: tuple[FloatArray, np.ndarray, list[bool]]) -> None:
    reml, scan, dead = case[0].copy(), case[1], np.array(case[2])
    reml[dead, 0] = np.inf
    found = pooled(reml, scan.astype(np.intp))
    for row, number in enumerate(scan):
        expected = reml[(scan == number) & ~dead].sum(axis=0).min()
        assert found[row] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_dead_spectrum_does_not_disturb_its_scan() -> None:
    counts, variance = spectra("sigmoid", X, 50.0, 6, seed=5)
    place = np.tile(np.array([[*B, np.nan], [*G, np.nan]]), (6, 1, 1))
    scan = np.zeros(6, dtype=np.intp)

    def amplitudes(some: FloatArray, weights: FloatArray) -> FloatArray:
        problem = problem_of(MODEL, some, weights)
        near = reduced(problem, problem.moving(place[: len(some)]), some.std(axis=1))
        return amplitudes_of(near.reml(), scan[: len(some)])[0]

    weights = 1 / variance
    weights[2] = 0.0
    found = amplitudes(counts, weights)
    rest = [0, 1, 3, 4, 5]
    assert found[2] == 0
    np.testing.assert_array_equal(found[rest], amplitudes(counts[rest], weights[rest]))
    assert found[0] > 0


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e4))
@settings(max_examples=20)
def test_the_scale_is_that_of_numpy_and_goes_with_the_unit(seed: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    counts, use = unit * rng.normal(100, 5, (3, X.size)), rng.random((3, X.size)) > 0.2
    part = SmoothPart(MODEL, counts, use)
    np.testing.assert_allclose(part.scale, [row[u].std() for row, u in zip(counts, use, strict=True)])
    part.amplitude[:] = [0.5, 0.0, 2.0]
    penalty = part.penalty(np.arange(3))
    np.testing.assert_allclose(penalty[0], 1 / ((0.5 * part.scale[0]) ** 2 * MODEL.smooth))
    np.testing.assert_allclose(penalty[2], 1 / ((2.0 * part.scale[2]) ** 2 * MODEL.smooth))
    assert (penalty[1] > 1e12 * penalty[0]).all()  # nothing may bend


def recipe_with(smooth: object) -> object:
    return with_overrides(load_recipe("li-graphite"), {"baseline.smooth_cm1": smooth})


def test_the_scan_as_a_whole_takes_the_amplitude_that_refits_would_take() -> None:
    """Against the profile likelihood: REML of refits at each amplitude, one by one."""
    x = np.linspace(900, 1900, 300)
    counts, _ = spectra("exponential and hump", x, 100.0, 4, seed=9)
    fitted = fit_scan(Scan(x, counts, "line"), recipe_with(300.0))  # type: ignore[arg-type]
    model, result = fitted.prepared.model, fitted.result
    assert result.amplitude is not None
    weights, _ = weights_of(result.noise, model.evaluate(result), None)
    scale = counts.std(axis=1)
    total = []
    for amplitude in AMPLITUDES[1:]:
        penalty = 1 / ((amplitude * scale[:, None]) ** 2 * model.smooth)
        again = varpro.fit(model, counts, weights, result.nonlinear, penalty=penalty)
        problem = problem_of(model, counts, weights)
        reml = reduced(problem, problem.moving(again.nonlinear), scale).reml(np.array([amplitude]))
        total.append(float(reml.sum()))
    best = AMPLITUDES[1:][int(np.argmin(total))]
    assert (np.abs(np.log10(result.amplitude / best)) <= 0.51).all()


def test_a_ratio_on_a_curved_background_is_right_and_its_error_too() -> None:
    """Where a parabola is wrong by many standard errors."""
    x = np.linspace(900, 1900, 300)
    counts, _ = spectra("exponential and hump", x, 100.0, 24, seed=11)
    scan = Scan(x, counts, "line")
    smooth, plain = (
        fit_scan(scan, recipe_with(s)).quantities.ratios["ratio"]  # type: ignore[arg-type]
        for s in (300.0, "none")
    )
    z, z_plain = ((r.value - 1.2) / r.se for r in (smooth, plain))
    assert np.sqrt(np.mean(z_plain**2)) > 5
    assert np.sqrt(np.mean(z**2)) < 1.6
    assert "ratio_other" in smooth.more
    np.testing.assert_allclose(smooth.more["ratio_other"], plain.value, rtol=0.05)  # its weights are all equal


def test_a_spectrum_without_channels_fails_without_a_word() -> None:
    """All of it burnt out, in a scan that has a smooth part: no warning of numpy either."""
    x = np.linspace(900, 1900, 300)
    counts, _ = spectra("sigmoid", x, 100.0, 3, seed=2)
    counts[1], counts[1, 0] = 65_535, 0
    fitted = fit_scan(Scan(x, counts, "line"), recipe_with(300.0))  # type: ignore[arg-type]
    assert fitted.quantities.status[1].tolist() == ["failed", "failed"]
    assert (fitted.quantities.status[[0, 2]] == "ok").all()
