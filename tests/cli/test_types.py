"""Values with units, against the SI."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.cli.types import CAPACITY, OFFSET, WAVELENGTH, Quantity

numbers = st.floats(1e-3, 1e6)


@given(numbers)
def test_capacities_of_all_units_agree(mah: float) -> None:
    for text in (f"{mah!r}", f"{mah!r}mAh", f"{mah / 1e3!r} Ah", f"{mah * 1e3!r}uAh", f"{mah * 1e3!r}µAh"):
        assert CAPACITY.convert(text, None, None) == pytest.approx(mah)


@given(st.floats(100, 1e4))
def test_wavelengths_of_all_units_agree(nm: float) -> None:
    for text in (f"{nm!r}", f"{nm!r}nm", f"{nm / 1e3 * (1 + 1e-12)!r}um", f"{nm / 1e3 * (1 + 1e-12)!r} µm"):
        assert WAVELENGTH.convert(text, None, None) == pytest.approx(nm)


@given(st.integers(-9, 9), st.integers(0, 59))
def test_offsets_may_be_negative(hours: int, seconds: int) -> None:
    assert OFFSET.convert(f"{hours}h{seconds}s", None, None) == hours * 3600 + seconds
    assert OFFSET.convert(f"{hours}d", None, None) == hours * 86400


@pytest.mark.parametrize("kind", [CAPACITY, WAVELENGTH])
@pytest.mark.parametrize("text", ["0", "-1", "1 parsec", "1e400", "", "nan"])
def test_what_is_no_such_value_is_refused(kind: Quantity, text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"expected a .* of at least"):
        kind.convert(text, None, None)
