"""Errors that are right: Poisson-like noise against the Cramér-Rao bound of the fitted model."""

from __future__ import annotations

import numpy as np
import pytest

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import Scan
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
