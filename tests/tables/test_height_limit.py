"""The limit of what was not detected: one-sided, 95 %."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import Scan
from ramanfit.scan.schedule import Schedule, Visit, place
from ramanfit.tables.columns import long_table


def test_it_is_the_normal_distributions() -> None:
    """Above the height, or above 0 where noise made that negative."""
    shift = np.linspace(880.0, 1920.0, 300)
    counts = 300 + 100 * lorentzian(shift, 1590, 30) + np.random.default_rng(0).normal(size=(60, 300))
    scan = Scan(shift, counts, "line")
    q = fit_scan(scan, load_recipe("li-graphite")).quantities
    table = long_table(place([Visit.of(scan)], Schedule())[0][0], q, {}).columns
    missed = np.array(table["status"]) == "not_detected"
    height, se = (np.asarray(table[name])[missed] for name in ("height", "height_se"))
    assert (height < 0).any()
    assert (height > 0).any()
    limit = np.asarray(table["height_limit"])
    np.testing.assert_allclose(limit[missed], np.maximum(height, 0) + norm.ppf(0.95) * se, rtol=1e-4)
    assert np.isnan(limit[~missed]).all()
