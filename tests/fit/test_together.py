"""What is found of joined scans is what each of them gives alone."""

from dataclasses import fields

import numpy as np
import pytest

from ramanfit.fit.pipeline import fit_prepared
from ramanfit.fit.prepare import SUMS, Prepared, prepare
from ramanfit.fit.together import prepare_all, runs
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import Scan
from tests.spectra import random_spectra, two_peak_model

RECIPE = load_recipe("li-graphite")
SHIFT = np.linspace(850.0, 1950.0, 560)


def _scans() -> list[Scan]:
    """Plain, burnt, masked, clipped, a sum, with an empty spectrum, on another axis, with a cosmic ray, in a file."""
    model = two_peak_model(560)
    scans = []
    for seed in range(9):
        _, counts, _ = random_spectra(4, seed, model)
        counts, mask, shift = counts + 400, None, SHIFT
        if seed == 1:
            counts[1, 300:304] = 65535
        if seed == 2:
            mask = np.zeros(counts.shape, dtype=bool)
            mask[:, 250] = mask[3, 60:] = True
        if seed == 3:
            counts[0, 100:140] = counts[0].min() - 900
        if seed == 4:
            counts[2] += 70000
        if seed == 5:
            counts[3] = 0
        if seed == 6:
            shift = SHIFT + 1
        if seed == 7:
            counts[2, 200] += 50000
        scans.append(Scan(shift, counts, "line", source=str(seed), mask=mask))
    return scans


def _same(one: object, other: object) -> None:
    for f in fields(one):  # type: ignore[arg-type]
        mine, its = getattr(one, f.name), getattr(other, f.name)
        if isinstance(its, np.ndarray):
            np.testing.assert_array_equal(mine, its, err_msg=f.name)
        elif its is None or isinstance(its, tuple):
            assert mine == its, f.name


@pytest.mark.parametrize("baseline", ["fit", "arpls"])
def test_prepared_together_is_prepared_alone(baseline: str) -> None:
    recipe, scans = with_overrides(RECIPE, {"baseline.method": baseline}), _scans()
    together = prepare_all(scans, recipe)
    assert any(SUMS in prepared.notes for prepared in together)
    assert len(together) == len(scans)
    for scan, its in zip(scans, together, strict=True):
        alone = prepare(scan, recipe)
        _same(its, alone)
        np.testing.assert_array_equal(np.asarray(its.counts), np.asarray(alone.counts))


def test_only_what_may_be_joined_is_joined() -> None:
    scans = _scans()
    assert [(run.start, run.stop) for run in runs(scans)] == [(0, 6), (6, 7), (7, 9)]
    assert list(runs([])) == []


def test_quantities_of_a_scan_are_its_own() -> None:
    """Flags, held bounds and errors of each are those that it has alone."""
    scans = _scans()

    def fitted(some: list[Scan]) -> list[tuple[Prepared, object]]:
        fits = fit_prepared(list(zip(some, prepare_all(some, RECIPE), strict=True)), RECIPE)
        return [(fit.prepared, fit.quantities) for fit in fits]

    for scan, (prepared, quantities) in zip(scans, fitted(scans), strict=True):
        ((alone, its),) = fitted([scan])
        _same(prepared, alone)
        _same(quantities, its)
        for ratio, values in its.ratios.items():  # type: ignore[attr-defined]
            _same(quantities.ratios[ratio], values)  # type: ignore[attr-defined]
        assert quantities.held.keys() == its.held.keys()  # type: ignore[attr-defined]
