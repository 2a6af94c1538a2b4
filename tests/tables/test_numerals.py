"""Columns of numbers as text: against Python's own formatting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ramanfit.tables import numerals as module
from ramanfit.tables.numerals import CHOICE, numerals

NEAR_TIES = st.builds(
    lambda whole, power, off: (whole + 0.5) * 10.0**power * (1 + off * 2.0**-52),
    st.integers(10**8, 10**9 - 1),
    st.integers(-13, 3),
    st.integers(-3, 3),
)
AT_POWERS = st.builds(lambda power, off: 10.0**power * (1 + off * 2.0**-52), st.integers(-8, 12), st.integers(-4, 4))
NUMBERS = st.floats() | st.floats(-1e10, 1e10) | NEAR_TIES | AT_POWERS | st.integers(-(10**10), 10**10).map(float)


@pytest.fixture(autouse=True, params=["compiled", "numpy"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, request.param)
    monkeypatch.setattr(module, "_MANY", 1)


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NUMBERS | NUMBERS.map(lambda x: -x)), st.sampled_from(["", "null", "nan"]))
@example([999999999.5, 99999.99995, 0.00099999999995, 0.0001, 1e-4, -0.0, 1e9, 5e-324], "")
def test_text_is_that_of_python(values: list[float], missing: str) -> None:
    expected = [missing if np.isnan(value) else f"{value + 0.0:.9g}" for value in values]
    assert numerals(np.array(values, dtype=np.float64), missing) == expected


def test_many_numbers() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(0, 1, 200_000) * 10.0 ** rng.integers(-6, 11, 200_000)
    assert numerals(values, "") == [f"{value:.9g}" for value in values.tolist()]
    rounded = np.array([float(f"{value:.9g}") for value in values.tolist()])
    assert numerals(rounded, "") == [f"{value:.9g}" for value in rounded.tolist()]
