"""The median is that of NumPy, bit for bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.scan.middle import median


@given(st.lists(st.floats(-1e300, 1e300) | st.just(float("nan")), min_size=1, max_size=30))
def test_median_is_that_of_numpy(values: list[float]) -> None:
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(median(np.array(values)), np.median(values))
