"""Columns of numbers as text: against Python's own formatting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ramanfit.tables import numerals as module
from ramanfit.tables import text
from ramanfit.tables.numerals import CHOICE, numerals
from ramanfit.tables.table import Table
from ramanfit.tables.text import Delimited

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


TEXTS = st.text(st.sampled_from('ab",;\t\n\r=+-ä€\udc80?'), max_size=4)
ROWS = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        *(st.lists(one, min_size=n, max_size=n) for one in (TEXTS, NUMBERS, st.integers(-(2**40), 2**40), TEXTS))
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.sampled_from(",;\t"), st.booleans(), st.booleans())
def test_rows_are_those_of_python(
    columns: tuple[list[str], list[float], list[int], list[str]], delimiter: str, header: bool, exact: bool
) -> None:
    words, values, whole, more = columns
    numbers = np.array(values, dtype=np.float64)
    table = Table({"words": tuple(words), "value": numbers, "whole": np.array(whole), "more": tuple(more)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_MANY", 1)
        written = Delimited(delimiter, header, exact).add(table)
        patch.setattr(text, "_MANY", 1 << 60)
        assert written == Delimited(delimiter, header, exact).add(table)


def test_many_numbers() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(0, 1, 200_000) * 10.0 ** rng.integers(-6, 11, 200_000)
    assert numerals(values, "") == [f"{value:.9g}" for value in values.tolist()]
    rounded = np.array([float(f"{value:.9g}") for value in values.tolist()])
    assert numerals(rounded, "") == [f"{value:.9g}" for value in rounded.tolist()]
