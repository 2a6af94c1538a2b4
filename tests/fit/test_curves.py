"""From a row of a table back to the curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit.curves import LINE, Curves, curves
from ramanfit.fit.lineshapes import line
from ramanfit.fit.noise import variance
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from tests.fit.test_cosmic_rays import RECIPE, SHIFT, experiment, with_spikes

ARPLS = with_overrides(RECIPE, {"baseline.method": "arpls", "baseline.options": "lam=1e6"})


def lines_of(scan: Scan, recipe: object = RECIPE) -> FloatArray:
    q = fit_scan(scan, recipe).quantities  # type: ignore[arg-type]
    return np.stack([getattr(q, name) for name in LINE], axis=2)


def amplitude_of(scan: Scan) -> FloatArray:
    return fit_scan(scan, RECIPE).quantities.of_spectra["smooth"]


@pytest.fixture(scope="module")
def drawn() -> Curves:
    scan = Scan(SHIFT, experiment(12, seed=3, height=(100, 250))[0], "line")
    return curves(scan, RECIPE, lines_of(scan), amplitude=amplitude_of(scan))


@pytest.fixture(scope="module")
def drawn_above() -> Curves:
    scan = Scan(SHIFT, experiment(12, seed=3, height=(100, 250))[0], "line")
    return curves(scan, ARPLS, lines_of(scan, ARPLS))


def test_the_curve_of_a_row_leaves_the_same_channels_out() -> None:
    counts, sd, _ = experiment(200, seed=7)
    spoilt, _ = with_spikes(counts, sd, 40, 2)
    scan = Scan(SHIFT, spoilt, "line")
    fitted = fit_scan(scan, RECIPE)
    q = fitted.quantities
    lines = np.stack([getattr(q, name) for name in LINE], axis=2)
    drawn = curves(scan, RECIPE, lines, amplitude=q.of_spectra["smooth"])
    assert fitted.prepared.use is not None
    settled = np.array(["missing_band" not in words for words in q.flags])  # else spikes were sought above another fit
    assert settled.mean() > 0.98
    assert (drawn.use == fitted.prepared.use)[settled].all()
    mine = np.array([drawn.take(i).baseline() for i in range(len(scan))])
    theirs = fitted.prepared.model.baseline(fitted.result.coefficients)
    whole = (q.status == "ok").all(axis=1) & settled
    assert np.abs(mine - theirs)[whole].max() < 0.01  # counts; a height's standard error is 1 to 3


def test_the_baseline_is_the_parabola_that_numpy_puts_under_the_lines() -> None:
    """Weighted by the noise of the curve, in the unit of the window from -1 to 1."""
    scan = Scan(SHIFT, experiment(12, seed=3, height=(100, 250))[0], "line")
    recipe = with_overrides(RECIPE, {"clean.spikes": False, "baseline.smooth_cm1": "none"})
    lines = lines_of(scan, recipe)
    found = curves(scan, recipe, lines)
    x = found.shift_cm1
    for i in range(len(scan)):
        peaks = sum(line("lorentzian", x, *lines[i, p, :2]) * lines[i, p, 2] for p in range(2))
        rough = np.polynomial.Polynomial.fit(x, found.counts[i] - peaks, 2)
        v = variance(found.noise[[i]], (rough(x) + peaks)[None])[0]
        best = np.polynomial.Polynomial.fit(x, found.counts[i] - peaks, 2, w=1 / np.sqrt(v))
        np.testing.assert_allclose(found.coefficients[i, :3], best.coef, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(found.take(i).fit(), best(x) + peaks, rtol=1e-9)


@given(at=st.lists(st.floats(0, 1), min_size=1, max_size=5))
@settings(max_examples=30)
def test_one_curve_and_all_curves_agree_at_any_shift(at: list[float], drawn: Curves, drawn_above: Curves) -> None:
    for some in (drawn, drawn_above):
        x = some.shift_cm1
        shifts = x[0] + np.sort(at) * (x[-1] - x[0])
        together = some.baseline(shifts)
        for i in range(len(some)):
            np.testing.assert_allclose(some.take(i).baseline(shifts), together[i], rtol=1e-9)
        np.testing.assert_allclose(some.baseline(x), [some.take(i).baseline() for i in range(len(some))], rtol=1e-9)


@given(way=st.floats(0, 1), channel=st.integers(0, 400))
def test_what_was_subtracted_is_straight_between_the_channels(way: float, channel: int, drawn_above: Curves) -> None:
    x, under = drawn_above.shift_cm1, drawn_above.under
    assert under is not None
    at = np.array([x[channel] + way * (x[channel + 1] - x[channel])])
    expected = under[:, channel] * (1 - way) + under[:, channel + 1] * way
    fitted = replace(drawn_above, under=None).baseline(at)[:, 0]
    np.testing.assert_allclose(drawn_above.baseline(at)[:, 0], fitted + expected, rtol=1e-9)


def test_a_peak_that_was_not_detected_is_not_drawn() -> None:
    scan = Scan(SHIFT, experiment(3, seed=3, height=(100, 250))[0], "line")
    lines = lines_of(scan)
    lines[0, 0, :2] = np.nan  # its height stays
    lines[1] = np.nan
    found, whole = (
        curves(scan, RECIPE, some, starts=[0, 1, 2], amplitude=amplitude_of(scan)) for some in (lines, lines_of(scan))
    )
    assert (found.take(0).peak(0) == 0).all()
    assert found.take(0).fitted
    assert not found.take(1).fitted
    assert np.isnan(found.take(1).fit()).all()
    assert np.isnan(found.noise[1]).all()
    np.testing.assert_allclose(found.take(0).fit(), found.take(0).baseline() + found.take(0).peak(1))
    np.testing.assert_array_equal(found.take(2).coefficients, whole.take(2).coefficients)  # a file of its own


def test_every_file_keeps_its_order_of_the_polynomial() -> None:
    """Orders that are known are taken; those that are not are found as the fit finds them."""
    scan = Scan(SHIFT, experiment(4, seed=3, height=(100, 250))[0], "line")
    auto = with_overrides(RECIPE, {"baseline.order": "auto"})
    lines = lines_of(scan, auto)
    found = curves(scan, auto, lines, starts=[0, 2], orders=[1, 4])
    assert (found.coefficients != 0).sum(axis=1).tolist() == [2, 2, 5, 5]
    order = len(fit_scan(scan, auto).prepared.model.basis) - 1
    assert ((curves(scan, auto, lines).coefficients != 0).sum(axis=1) == order + 1).all()


def test_shapes_are_drawn_as_they_were_fitted() -> None:
    recipe = load_recipe("carbon-bwf")
    lines = np.array([[[p.center_cm1, p.fwhm_cm1, 100.0, np.nan if p.form is None else p.form] for p in recipe.peaks]])
    scan = Scan(SHIFT, experiment(1, seed=3)[0], "spectrum")
    found = curves(scan, recipe, lines).take(0)
    for p, peak in enumerate(recipe.peaks):
        expected = 100 * line(peak.shape, found.shift_cm1, *lines[0, p, :2], lines[0, p, 3])
        np.testing.assert_array_equal(found.peak(p), expected)
