"""What stands in a channel that does not count plays no part, in any engine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ramanfit.fit.engine import reference, varpro
from ramanfit.fit.masks import bridged
from tests.spectra import random_spectra


@given(
    counts=arrays(np.float64, (3, 12), elements=st.floats(-1e6, 1e6)),
    use=arrays(np.bool_, (3, 12)),
    junk=st.sampled_from([np.nan, np.inf, 1e300]),
)
def test_gaps_are_straight_and_the_rest_stays(counts: np.ndarray, use: np.ndarray, junk: float) -> None:
    filled = bridged(np.where(use, counts, junk), use)
    np.testing.assert_array_equal(filled[use], counts[use])
    at = np.arange(12)
    for row in range(3):
        known = use[row]
        wanted = np.interp(at, at[known], counts[row, known]) if known.any() else np.zeros(12)
        np.testing.assert_allclose(filled[row], wanted, rtol=1e-9, atol=1e-6)


def test_without_gaps_nothing_is_copied() -> None:
    counts = np.ones((2, 5))
    assert bridged(counts, None) is counts
    assert bridged(counts, np.ones((2, 5), dtype=bool)) is counts


@pytest.mark.parametrize("junk", [65535.0, 1e9, np.nan])
def test_fits_do_not_see_what_is_masked(junk: float) -> None:
    model, counts, _ = random_spectra(60, 3)
    weights = np.ones(counts.shape)
    weights[:, 200:204] = 0
    spoilt = np.where(weights > 0, counts, junk)
    for engine, n in ((varpro.fit, 60), (reference.fit, 2)):
        clean, found = (engine(model, c[:n], weights[:n]) for c in (counts, spoilt))
        np.testing.assert_array_equal(found.height, clean.height)
        np.testing.assert_array_equal(found.chi2, clean.chi2)
