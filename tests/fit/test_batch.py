"""Which spectra are fitted together: each once, in order, with its like."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit import batch
from ramanfit.fit.batch import batches, task_of
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.prepare import Prepared, prepare
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import Scan
from tests.benchmark.made import scan_of

RECIPE = load_recipe("li-graphite")
SHIFT = np.linspace(850.0, 1950.0, 60)


def prepared(n: int, empty: list[int], axis: int, masked: list[int]) -> Prepared:
    counts = np.random.default_rng(n).normal(100, 3, (n, SHIFT.size))
    counts[empty] = 0.0
    mask = np.zeros(counts.shape, dtype=bool)
    mask[masked, 30] = True
    return prepare(Scan(SHIFT + axis, counts, "line", mask=mask if masked else None), RECIPE)


some_rows = st.lists(st.integers(0, 11), max_size=4)
scans_of_any_size = st.lists(st.tuples(st.integers(1, 12), some_rows, st.integers(0, 1), some_rows), max_size=6).map(
    lambda scans: [
        prepared(n, [e for e in empty if e < n], axis, [m for m in masked if m < n]) for n, empty, axis, masked in scans
    ]
)


@given(scans_of_any_size, st.integers(1, 9))
@settings(max_examples=60)
def test_every_measured_spectrum_is_in_one_batch(scans: list[Prepared], chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "CHUNK", chunk)
        found = list(batches(scans))
    seen = [(i, row) for each in found for i, rows in each for row in rows.tolist()]
    assert seen == [(i, row) for i, scan in enumerate(scans) for row in np.flatnonzero(scan.measured).tolist()]
    for each in found:
        assert 0 < sum(len(rows) for _, rows in each) <= chunk
        assert all(scans[i].like(scans[each[0][0]]) for i, _ in each)
        assert len({scans[i].masks(rows) for i, rows in each}) == 1
    for one, after in pairwise(found):  # neighbours that would fit together are together
        size = sum(len(rows) for _, rows in one) + len(after[0][1])
        (i, rows), (j, others) = one[0], after[0]
        assert size > chunk or not scans[j].like(scans[i]) or scans[i].masks(rows) != scans[j].masks(others)


def test_a_masked_channel_is_no_matter_of_other_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "CHUNK", 4)
    scan, _ = scan_of("flat", 50.0, 12, 3)
    mask = np.zeros(scan.counts.shape, dtype=bool)
    mask[9, 40] = True
    plain, masked = (fit_scan(its, RECIPE).result for its in (scan, scan.with_(mask=mask)))
    for name in ("nonlinear", "height", "covariance", "chi2"):
        np.testing.assert_array_equal(getattr(plain, name)[:8], getattr(masked, name)[:8])
        assert (getattr(plain, name)[9] != getattr(masked, name)[9]).any()


def test_a_task_holds_the_rows_of_its_batch() -> None:
    recipe = with_overrides(RECIPE, {"baseline.method": "regions", "baseline.regions": [[900, 1200], [1700, 1900]]})
    counts = np.random.default_rng(0).normal(100, 3, (5, SHIFT.size))
    scans = [prepare(Scan(SHIFT, counts[:3], "line"), recipe), prepare(Scan(SHIFT, counts[3:], "line"), recipe)]
    task = task_of([(0, np.array([0, 2])), (1, np.array([1]))], scans, recipe, "varpro")
    inside = (SHIFT >= 900) & (SHIFT <= 1900)
    assert task.under is not None
    np.testing.assert_allclose(task.counts + task.under, counts[np.ix_([0, 2, 4], inside)])
    assert task.scan.tolist() == [0, 0, 1]
    assert task.ratios == ((task.model.names.index("B"), task.model.names.index("G")),)
    assert [task.model.names[p] for p in task.doublets] == list(recipe.detection.doublets)
    assert (task.noise, task.engine, task.spikes, task.use) == ("counting", "varpro", True, None)
