"""ramanfit in memory, for the time of its fits; its values are those of its command."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
from start import Fit

from ramanfit import Scan, fit_scan, load_recipe
from ramanfit.recipe.toml import with_overrides

PACKAGE, ERRORS = "numpy", "printed"  # whose version nobody reads: the command says its own


def fit(shift: np.ndarray, counts: np.ndarray) -> Iterator[Fit]:
    recipe = load_recipe("li-graphite")
    if os.environ.get("PEERS_SMOOTH"):
        recipe = with_overrides(recipe, {"baseline.smooth_cm1": os.environ["PEERS_SMOOTH"]})
    ratios = fit_scan(Scan(shift, counts, "map"), recipe, engine=os.environ.get("PEERS_ENGINE", "varpro"))
    found = ratios.quantities.ratios["ratio"]
    for ratio, error in zip(found.value, found.se, strict=True):
        yield float(ratio), float(error), True
