"""Whether errors are right where repeats were averaged, or a dark spectrum was subtracted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ramanfit.fit.dark import dark_of
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.treat import Treatment, treat
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import Scan
from tests.poisson import CASES, DARK, READ, SHIFT, Case, simulate

MEANS = 400
PATTERN = 60.0  # counts that channels differ by in the dark, at most


class SpreadOfZ(NamedTuple):
    """Standard deviation of (value - truth) / error, by quantity; and the median of redchi2."""

    z: dict[str, float]
    redchi2: float


def spread_of_z(case: Case, repeats: int, means: int, *, dark: int = 0, in_file: int = 1, seed: int = 3) -> SpreadOfZ:
    """Return the spread of z of means.

    Parameters
    ----------
    case : Case
    repeats : int
        That one mean is made of.
    means : int
    dark : int
        Spectra of a dark file of its own for every file of scans; 0: none is subtracted.
    in_file : int
        Means in one file.
    seed : int
    """
    (g, _), (b, _), _ = case
    truth = {"G center": 1592.0, "G height": g, "B height": b, "ratio": b / g}
    counts, _, _ = simulate(case, repeats * means, seed)
    rng, recipe = np.random.default_rng(seed + 1), load_recipe("li-graphite")
    pattern = rng.uniform(0, PATTERN if dark else 0, SHIFT.size)
    z: dict[str, list[np.ndarray]] = {name: [] for name in truth}
    redchi2 = []
    for start in range(0, len(counts), repeats * in_file):
        scan = Scan(SHIFT, counts[start : start + repeats * in_file] + pattern, "series")
        its = None
        if dark:
            seen = DARK + pattern + rng.normal(0, READ, (dark, SHIFT.size))
            its = dark_of("dark", [Scan(SHIFT, seen, "series")])
        q = fit_scan(treat(scan, recipe, Treatment(its, repeats if repeats > 1 else None)), recipe).quantities
        at = {name: q.names.index(name) for name in "GB"}
        values = {
            "G center": (q.center_cm1[:, at["G"]], q.center_se[:, at["G"]]),
            "G height": (q.height[:, at["G"]], q.height_se[:, at["G"]]),
            "B height": (q.height[:, at["B"]], q.height_se[:, at["B"]]),
            "ratio": (q.ratios["ratio"].value, q.ratios["ratio"].se),
        }
        for name, (value, se) in values.items():
            z[name].append((value - truth[name]) / se)
        redchi2.append(q.redchi2)
    return SpreadOfZ(
        {name: float(np.concatenate(parts).std()) for name, parts in z.items()},
        float(np.median(np.concatenate(redchi2))),
    )


def before() -> Iterator[str]:
    """Spread of z of means of 5, 20 and 100 repeats, with and without a dark spectrum."""
    for name, case in CASES.items():
        for repeats, dark, in_file in (
            (5, 0, 1),
            (20, 0, 1),
            (100, 0, 1),
            (5, 0, 20),
            (1, 1, 1),
            (1, 5, 1),
            (1, 5, 20),
            (5, 5, 1),
            (20, 1, 1),
            (20, 20, 10),
        ):
            spread = spread_of_z(case, repeats, MEANS, dark=dark, in_file=in_file)
            said = ", ".join(f"{what} {value:.3f}" for what, value in spread.z.items())
            yield (
                f"{name}: {MEANS} means of {repeats}, {in_file} in a file, {dark} dark spectra: z {said}; "
                f"redchi2 {spread.redchi2:.3f}"
            )
