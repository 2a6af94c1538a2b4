"""scipy: the same with a polynomial of order 4."""

from __future__ import annotations

from collections.abc import Iterator

import by_scipy
import numpy as np
from start import Fit

PACKAGE, ERRORS = by_scipy.PACKAGE, by_scipy.ERRORS


def fit(shift: np.ndarray, counts: np.ndarray) -> Iterator[Fit]:
    return by_scipy.fit(shift, counts, 4)
