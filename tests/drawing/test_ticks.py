"""Ticks: round numbers, at places where what they say is true, and apart from one another."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.drawing.ticks import HOURS, alike, passes, round_ticks, steps_of

sizes = st.floats(-12, 12).map(lambda power: 10.0**power)


def is_round(step: float) -> bool:
    """Tell whether a number is 1, 2 or 5 times a power of ten."""
    digit = step / 10 ** math.floor(math.log10(step) + 1e-9)
    return min(abs(digit - whole) for whole in (1, 2, 5)) < 1e-6


@given(st.floats(-1000, 1000), sizes, st.integers(2, 20))
def test_ticks_are_multiples_of_a_round_step_inside_the_axis(low: float, span: float, most: int) -> None:
    low *= span
    ticks = round_ticks(low, low + span, most)
    assert len(ticks) >= 2
    assert low - 1e-6 * span <= ticks[0] <= ticks[-1] <= low + span * (1 + 1e-6)
    steps = np.diff(ticks)
    step = float(steps.mean())
    np.testing.assert_allclose(steps, step, rtol=1e-4)
    assert is_round(float(f"{step:.4g}"))
    np.testing.assert_allclose(np.array(ticks) / step, np.round(np.array(ticks) / step), atol=1e-3)


@given(st.floats(0, 100), st.floats(2, 2000), st.integers(3, 15))
def test_hours_go_by_parts_and_multiples_of_a_day(low: float, span: float, most: int) -> None:
    ticks = round_ticks(low, low + span, most, steps_of("time (h)"))
    for step in np.diff(ticks):
        assert any(math.isclose(step, hours) for hours in HOURS) or (step > HOURS[-1] and is_round(step))
    assert all(24 % step == 0 or step % 24 == 0 for step in HOURS[:8])


@pytest.mark.parametrize(("hours", "most", "expected"), [(24.0, 4, 6), (24.0, 12, 2), (72.0, 8, 12), (240.0, 8, 48)])
def test_a_day_has_the_ticks_that_one_would_write(hours: float, most: int, expected: float) -> None:
    assert set(np.diff(round_ticks(-0.1, hours - 0.1, most, steps_of("time (h)")))) == {expected}


def test_scans_are_whole_numbers() -> None:
    assert round_ticks(-0.5, 0.5, 4, steps_of("scan")) == [0.0]
    assert round_ticks(-0.04, 2.04, 8, steps_of("scan")) == [0.0, 1.0, 2.0]


walks = st.lists(st.floats(-1, 1), min_size=3, max_size=60).filter(lambda steps: float(np.ptp(np.cumsum(steps))) > 1e-3)


@given(walks, sizes, st.floats(0.01, 0.5))
def test_what_goes_up_and_down_passes_its_ticks_where_they_stand(steps: list[float], size: float, share: float) -> None:
    value = size * np.cumsum(steps)
    at = np.arange(len(value), dtype=np.float64)
    apart = share * len(value)
    ticks = passes(at, value, apart)
    assert ticks
    places, numbers = (np.array(column) for column in zip(*ticks, strict=True))
    assert (np.diff(places) >= apart).all()
    np.testing.assert_allclose(np.interp(places, at, value), numbers, atol=1e-6 * np.ptp(value))
    different = np.unique(numbers)
    if len(different) > 1:  # multiples of one round step, of which some may find no room
        least = np.diff(different).min()
        decade = math.floor(math.log10(least))
        multiples = [different / (n * 10.0**k) for n in (1, 2, 2.5, 5) for k in range(decade - 1, decade + 1)]
        assert any(np.allclose(whole, np.round(whole), atol=1e-3) for whole in multiples)


def test_a_full_cycle_says_each_state_twice() -> None:
    at = np.linspace(0, 24, 481)
    soc = np.interp(at, [0, 10, 12, 24], [0, 100, 100, 0])
    ticks = passes(at, soc, 1.5)
    assert [value for _, value in ticks] == [0, 20, 40, 60, 80, 100, 80, 60, 40, 20, 0]
    np.testing.assert_allclose([place for place, _ in ticks], [0, 2, 4, 6, 8, 10, 14.4, 16.8, 19.2, 21.6, 24])


def test_what_never_changes_has_one_tick() -> None:
    assert passes(np.arange(3.0), np.full(3, 50.0), 1.0) == ((0.0, 50.0),)
    assert passes(np.empty(0), np.empty(0), 1.0) == ()


def test_numbers_side_by_side_have_the_same_decimals() -> None:
    assert alike([3.0, 3.5, 4.0]) == ["3.0", "3.5", "4.0"]
    assert alike([0.0, 20.0]) == ["0", "20"]
