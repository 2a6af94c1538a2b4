"""Digits of tables: against decimal arithmetic, and again and again the same."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from ramanfit.tables.digits import as_written, exponents, nine_digits, significant
from ramanfit.tables.schema import Schema

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
ERRORS = st.floats(1e-12, 1e9)


def in_decimal(value: float, digits: int) -> list[float]:
    """The nearest decimals with so many digits; two where the number lies between them but for a rounding."""
    exact = Decimal(value)
    if not exact:
        return [0.0]
    unit = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    middle = float(abs(exact / unit) % 1)
    near = exact.quantize(unit, ROUND_HALF_EVEN) if exact.adjusted() - digits > -20000 else exact
    return [float(near), *([float(near - unit), float(near + unit)] if abs(middle - 0.5) < 1e-5 else [])]


@given(NUMBERS, st.sampled_from([3, 6, 9]))
@example(999999999.5, 9)
@example(5e-324, 9)
@example(1.7976931348623157e308, 9)
def test_significant_digits_are_those_of_decimal_arithmetic(value: float, digits: int) -> None:
    rounded = float(significant(np.array([value]), digits)[0])
    assert rounded in in_decimal(value, digits) or not np.isfinite(in_decimal(value, digits)[0])


@given(st.lists(NUMBERS, min_size=1))
def test_what_is_written_is_what_was_rounded(values: list[float]) -> None:
    rounded = nine_digits(np.array(values))
    np.testing.assert_array_equal([float(f"{value:.9g}") for value in rounded.tolist()], rounded)
    np.testing.assert_array_equal(nine_digits(rounded), rounded)


@given(NUMBERS)
@example(1e-06)  # the float is a little below it
def test_the_power_of_ten_is_that_of_decimal_arithmetic(value: float) -> None:
    if 1e-99 < abs(value) < 1e99:
        assert exponents(np.array([value]))[0] == Decimal(repr(value)).adjusted()


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), ERRORS), min_size=1))
def test_a_value_ends_with_its_standard_error(pairs: list[tuple[float, float]]) -> None:
    value, se = np.array(pairs).T
    columns = {"G_height": value, "G_height_se": se, "redchi2": se, "time_s": value}
    schema = Schema.read(columns)
    table = {name: np.asarray(column) for name, column in as_written(columns, schema).items()}
    np.testing.assert_array_equal(table["G_height_se"], [float(f"{v:.6g}") for v in table["G_height_se"].tolist()])
    np.testing.assert_array_equal(table["redchi2"], table["G_height_se"])
    np.testing.assert_array_equal(table["time_s"], nine_digits(value))
    away = np.abs(table["G_height"] - value)
    assert (away <= np.maximum(5.01e-6 * se, np.maximum(5.01e-9 * np.abs(value), 0))).all()
    for shown, error, was in zip(
        table["G_height"].tolist(), table["G_height_se"].tolist(), value.tolist(), strict=True
    ):
        last = Decimal(error).adjusted() - 5
        size = Decimal(was).adjusted() if was else 0
        unit = max(size - 8, min(last, size - 2))
        assert float(Decimal(repr(shown)).quantize(Decimal(1).scaleb(unit))) == shown
    again = as_written(table, schema)
    for name, column in table.items():
        np.testing.assert_array_equal(np.asarray(again[name]), column, err_msg=name)


def test_without_an_error_there_are_nine_digits_and_with_a_large_one_three() -> None:
    columns = {"G_fwhm_cm1": np.array([30.12345678912, 30.12345678912]), "G_fwhm_se": np.array([np.nan, 1e9])}
    table = as_written(columns, Schema.read(columns))
    np.testing.assert_array_equal(np.asarray(table["G_fwhm_cm1"]), [30.1234568, 30.1])
