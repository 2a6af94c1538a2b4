"""Whether the errors are right: scatter against the Cramér-Rao bound and against the errors given."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import Scan
from tests.poisson import CASES, LOW_BACKGROUND, SHIFT, simulate

SPECTRA = 20_000


def errors() -> Iterator[str]:
    """Ratio and center of G: robust RMSE over the bound, spread of z, coverage of 95 % intervals."""
    recipe = load_recipe("li-graphite")
    for name, case in {**CASES, "narrow G, low background": LOW_BACKGROUND}.items():
        counts, truth, bounds = simulate(case, SPECTRA, seed=7)
        for together, label in ((SPECTRA, "many in a file"), (6, "six in a file"), (1, "alone")):
            n = SPECTRA if together > 6 else 3000
            parts = [
                fit_scan(Scan(SHIFT, counts[s : s + together], "series"), recipe).quantities
                for s in range(0, n, together)
            ]
            g = parts[0].names.index("G")
            found = {
                "ratio": [(q.ratios["ratio"].value, q.ratios["ratio"].se) for q in parts],
                "G center": [(q.center_cm1[:, g], q.center_se[:, g]) for q in parts],
            }
            said = []
            for (what, pairs), true, bound in zip(found.items(), truth, bounds, strict=True):
                value, se = (np.concatenate(v) for v in zip(*pairs, strict=True))
                z = (value - true) / se
                rmse = np.quantile(np.abs(value - true), 0.6827) / bound
                spread = float(np.diff(np.quantile(z, [0.1587, 0.8413]))[0] / 2)
                covered = 100 * np.mean(np.abs(z) < 1.96)
                said.append(f"{what}: RMSE/bound {rmse:.3f}, z {spread:.3f}, covered {covered:.1f} %")
            yield f"{name}, {label} ({n}): " + "; ".join(said)
