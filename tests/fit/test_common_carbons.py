"""Carbon recipes take the common carbons: D and G as narrow as these show them lie on no bound."""

from __future__ import annotations

import numpy as np
import pytest

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.quantities import Quantities
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import Scan

SHIFT = np.linspace(900.0, 1900.0, 300)

# center, fwhm and height of D and G, and of D' where it shows: what `ramanfit` finds on public spectra, rounded
CARBONS = {
    "glassy carbon": ((1351, 52, 2000), (1592, 42, 1100), (1622, 26, 550)),
    "pyrolytic carbon": ((1336, 29, 900), (1585, 21, 2800), (1623, 9, 240)),
    "hard carbon": ((1353, 103, 1100), (1597, 45, 650), (1627, 33, 480)),
    "nanotubes": ((1345, 52, 900), (1582, 30, 1000), (1615, 20, 300)),
}


def fitted(carbon: str, recipe: str, bands: int) -> Quantities:
    rng = np.random.default_rng(0)
    light = sum(h * lorentzian(SHIFT, c, w) for c, w, h in CARBONS[carbon][:bands])
    counts = 400 + 0.1 * (SHIFT - 1400) + light + rng.normal(size=(8, SHIFT.size)) * np.sqrt(20 + light)
    return fit_scan(Scan(SHIFT, counts, "line"), load_recipe(recipe)).quantities


@pytest.mark.parametrize("carbon", CARBONS)
@pytest.mark.parametrize("recipe", ["carbon-2", "carbon-bwf", "carbon-3"])
def test_a_carbon_of_two_bands(carbon: str, recipe: str) -> None:
    q = fitted(carbon, recipe, 2)
    assert q.held == {}
    (_, d_fwhm, d), (_, g_fwhm, g), _ = CARBONS[carbon]
    for name, fwhm in (("D", d_fwhm), ("G", g_fwhm)):
        at = q.names.index(name)
        assert (np.abs(q.fwhm_cm1[:, at] - fwhm) < 5 * q.fwhm_se[:, at]).all()
    ratio = q.ratios["ratio"]
    assert (np.abs(ratio.value - d / g) < 5 * ratio.se).all()


@pytest.mark.parametrize("carbon", CARBONS)
def test_a_carbon_of_three_bands(carbon: str) -> None:
    q = fitted(carbon, "carbon-5", 3)
    assert not {key for key in q.held if not key.startswith(("peaks.D3.", "peaks.D4."))}  # these are not there
    names = [q.names.index(name) for name in ("D1", "G", "D2")]
    wanted = [fwhm for _, fwhm, _ in CARBONS[carbon]]
    assert (np.abs(q.fwhm_cm1[:, names] - wanted) < 5 * q.fwhm_se[:, names]).all()
