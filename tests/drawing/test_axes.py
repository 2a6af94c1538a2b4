"""Where cells stand and how far axes reach."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.drawing.axes import position_edges, time_edges, trusted_range

steps = st.lists(st.floats(0.9, 1.1), min_size=1, max_size=12)


@given(steps, st.floats(-1e3, 1e3), st.floats(0.01, 1e4))
def test_cells_along_time_meet_half_way_and_hold_their_scans(gaps: list[float], first: float, unit: float) -> None:
    centers = unit * (first + np.cumsum([0.0, *gaps]))
    edges, scans = time_edges(centers)
    assert scans.tolist() == list(range(len(centers)))
    assert (edges[:-1] < centers).all()
    assert (centers < edges[1:]).all()
    np.testing.assert_allclose(edges[1:-1], (centers[1:] + centers[:-1]) / 2)


@pytest.mark.parametrize(("gap", "pauses"), [(1.4, False), (1.6, True), (5.0, True), (14.0, True), (1000.0, True)])
def test_a_pause_is_left_blank_from_one_and_a_half_steps_on(gap: float, pauses: bool) -> None:
    """A scan that is missing is no scan that lasted twice as long."""
    centers = np.array([0.0, 1.0, 2.0, 2.0 + gap, 3.0 + gap])
    edges, scans = time_edges(centers)
    assert scans.tolist() == ([0, 1, 2, -1, 3, 4] if pauses else [0, 1, 2, 3, 4])
    middle = [2.5, 1.5 + gap] if pauses else [2 + gap / 2]
    np.testing.assert_allclose(edges, [-0.5, 0.5, 1.5, *middle, 2.5 + gap, 3.5 + gap])


def test_one_scan_is_one_cell() -> None:
    edges, scans = time_edges(np.array([7.0]))
    assert edges.tolist() == [6.5, 7.5]
    assert scans.tolist() == [0]


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=9, unique=True))
def test_cells_along_the_line_hold_their_points(positions: list[int]) -> None:
    edges, order = position_edges(np.array(positions, dtype=np.float64))
    ascending = np.array(positions)[order]
    assert ascending.tolist() == sorted(positions)
    assert (edges[:-1] < ascending).all()
    assert (ascending < edges[1:]).all()


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(0.5, 2)), min_size=3, max_size=20), st.floats(21, 1e6))
def test_a_value_that_is_hardly_known_does_not_stretch_an_axis(pairs: list[tuple[float, float]], wild: float) -> None:
    value, se = (np.array(column) for column in zip(*pairs, strict=True))
    expected = value.min(), value.max()
    assert trusted_range(value, se) == expected
    assert trusted_range(np.append(value, wild), np.append(se, wild)) == expected
    assert trusted_range(np.append(value, wild), np.append(se, 1.0)) == (expected[0], wild)  # it is well known


def test_without_errors_all_values_count() -> None:
    assert trusted_range(np.array([1.0, np.nan, 3.0]), np.full(3, np.nan)) == (1.0, 3.0)
    assert trusted_range(np.full(3, np.nan), np.full(3, np.nan)) == (0.0, 1.0)
