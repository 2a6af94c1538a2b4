"""Scan in, fits out: errors against the Cramér-Rao bound of the fitted model, and what must not show in them."""

from __future__ import annotations

import numpy as np
import pytest

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_prepared, fit_scan
from ramanfit.fit.prepare import prepare
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import Scan
from tests.fit.test_quantities import RECIPE, fit, spectra
from tests.fit.test_quantities import SHIFT as LONG_SHIFT
from tests.poisson import CASES, SHIFT, simulate

N = 4000


@pytest.mark.parametrize("case", CASES)
def test_errors_are_right_and_near_the_bound(case: str) -> None:
    counts, truth, bounds = simulate(CASES[case], N, seed=20)
    q = fit_scan(Scan(SHIFT, counts, "series"), load_recipe("li-graphite")).quantities
    ratio, g = q.ratios["ratio"], q.names.index("G")
    found = (ratio.value, ratio.se), (q.center_cm1[:, g], q.center_se[:, g])
    for (value, se), true, bound in zip(found, truth, bounds, strict=True):
        z = (value - true) / se
        rmse = np.quantile(np.abs(value - true), 0.6827)
        spread = float(np.diff(np.quantile(z, [0.1587, 0.8413]))[0] / 2)
        assert rmse <= 1.06 * bound
        assert 0.96 <= spread <= 1.04  # 0.97 to 1.03, and the scatter of 4,000 spectra
        assert 0.935 <= np.mean(np.abs(z) < 1.96) <= 0.965
    assert np.median(q.redchi2) == pytest.approx(1, abs=0.02)


def test_redchi2_tells_a_misfit() -> None:
    """A third line that the recipe does not know leaves structure that the noise does not explain."""
    rng = np.random.default_rng(3)
    curve = 300 + 250 * lorentzian(SHIFT, 1592, 35) + 200 * lorentzian(SHIFT, 1345, 130)
    odd = curve + 100 * lorentzian(SHIFT, 1480, 40)
    recipe = load_recipe("li-graphite")
    values = [
        np.median(fit_scan(Scan(SHIFT, rng.poisson(c, (50, 420)).astype(float)), recipe).quantities.redchi2)
        for c in (curve, odd)
    ]
    assert values[0] == pytest.approx(1, abs=0.1)
    assert values[1] > 1.2


def test_processes_do_not_show_in_the_numbers() -> None:
    """A map of more than one chunk, spread over two processes, gives the same bytes."""
    from concurrent.futures import ProcessPoolExecutor

    counts = np.tile(spectra(50), (50, 1))
    counts += np.random.default_rng(5).normal(size=counts.shape)
    one = fit(counts)
    with ProcessPoolExecutor(2) as pool:
        two = fit_scan(one.scan, RECIPE, spread=pool.map)
    np.testing.assert_array_equal(one.result.covariance, two.result.covariance)
    np.testing.assert_array_equal(one.quantities.ratios["ratio"].se, two.quantities.ratios["ratio"].se)


@pytest.mark.parametrize("smooth", ["none", 300.0])
def test_what_is_fitted_beside_a_scan_does_not_show_in_its_numbers(smooth: object) -> None:
    """Scans of several axes, with masks and with spikes, together and one by one."""
    recipe, scans = with_overrides(RECIPE, {"baseline.smooth_cm1": smooth}), []
    for seed in range(6):
        counts = spectra(4, seed=seed)
        if seed == 2:
            counts[1, 100:103] = 65535
        if seed in (3, 5):
            counts[2, 200] += 5000
        scans.append(Scan(LONG_SHIFT + (1.0 if seed == 4 else 0.0), counts, "line", source=str(seed)))
    together = fit_prepared([(scan, prepare(scan, recipe)) for scan in scans], recipe)
    for scan, one in zip(scans, together, strict=True):
        alone = fit_scan(scan, recipe)
        np.testing.assert_array_equal(one.result.covariance, alone.result.covariance)
        np.testing.assert_array_equal(one.result.noise, alone.result.noise)
        assert one.quantities.flags.tolist() == alone.quantities.flags.tolist()
