"""Time and place of every spectrum, against the schedule of the published experiment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import RecipeError
from ramanfit.scan.clock import chronological
from ramanfit.scan.scan import Kind, Metadata, Scan
from ramanfit.scan.schedule import Schedule, Visit, place

START = datetime(2024, 1, 10, 9, 0, 0)


def visit(n: int, kind: Kind = "line", **more: object) -> Visit:
    metadata = more.pop("metadata", Metadata())
    scan = Scan(np.array([1.0, 2.0]), np.ones((n, 2)), kind, "s", metadata=metadata, **more)  # type: ignore[arg-type]
    return Visit.of(scan)


def test_the_schedule_of_the_published_experiment() -> None:
    """25 s a spectrum, six points, a scan every 10 min: SI Note S13 of 10.1021/acs.nanolett.3c04072."""
    keys, notes = place([visit(6), visit(6)], Schedule(period_s=600, dwell_s=25, step_um=5))
    np.testing.assert_array_equal(keys[0].time_s, [12.5, 37.5, 62.5, 87.5, 112.5, 137.5])
    np.testing.assert_array_equal(keys[1].time_s, 600 + keys[0].time_s)
    np.testing.assert_array_equal(keys[0].position_um, [0, 5, 10, 15, 20, 25])
    assert keys[1].point == ("P1", "P2", "P3", "P4", "P5", "P6")
    assert keys[1].scan.tolist() == [1] * 6
    assert notes == []


@given(st.integers(2, 9), st.integers(1, 5), st.floats(1, 100), st.sampled_from(["forward", "reverse", "serpentine"]))
def test_turning_a_scan_around_moves_its_times_only(n: int, scans: int, dwell: float, order: str) -> None:
    visits = [visit(n)] * scans
    keys, _ = place(visits, Schedule(period_s=n * dwell, dwell_s=dwell, order=order, step_um=2))
    plain, _ = place(visits, Schedule(period_s=n * dwell, dwell_s=dwell, step_um=2))
    for i, (a, b) in enumerate(zip(keys, plain, strict=True)):
        turned = order == "reverse" or (order == "serpentine" and i % 2 == 1)
        np.testing.assert_array_equal(a.time_s, b.time_s[::-1] if turned else b.time_s)
        np.testing.assert_array_equal(a.position_um, b.position_um)
    gathered = np.sort(np.concatenate([k.time_s for k in keys]))
    np.testing.assert_allclose(np.diff(gathered), dwell)


def test_timestamps_order_the_scans_and_set_the_times() -> None:
    begun = [START + timedelta(seconds=s) for s in (1200, 0, 600)]
    visits = [visit(2, metadata=Metadata(started=t, duration_s=50)) for t in begun]
    order = chronological(visits, Schedule(), [])
    assert order == [1, 2, 0]
    keys, notes = place([visits[i] for i in order], Schedule())
    assert [k.time_s.tolist() for k in keys] == [[12.5, 37.5], [612.5, 637.5], [1212.5, 1237.5]]
    assert any("--dwell" in note for note in notes)


def test_one_scan_without_a_time_leaves_them_all_empty_and_in_order() -> None:
    visits = [visit(1, metadata=Metadata(started=START)), visit(1)]
    assert chronological(visits, Schedule(), []) == [0, 1]
    keys, notes = place(visits, Schedule(dwell_s=10))
    assert all(np.isnan(k.time_s).all() for k in keys)
    assert "1 of 2 scans have no start time" in notes[0]


def test_a_time_series_is_many_scans_of_one_point() -> None:
    series = visit(4, "series", offset_s=np.arange(4) * 2.0)
    keys, _ = place([series, visit(2)], Schedule(period_s=100))
    assert keys[0].scan.tolist() == [0, 1, 2, 3]
    assert keys[0].point == ("P1",) * 4
    np.testing.assert_array_equal(keys[0].time_s, [1, 3, 5, 7])
    assert keys[1].scan.tolist() == [4, 4]


def test_points_of_a_map_are_named_as_the_instrument_does() -> None:
    keys, _ = place([visit(6, "map", grid=(2, 3))], Schedule())
    assert keys[0].point == ("0/0", "1/0", "2/0", "0/1", "1/1", "2/1")
    assert np.isnan(keys[0].position_um).all()


def test_positions_come_from_the_file_unless_given() -> None:
    line = visit(3, position_um=np.array([0.0, 1.5, 3.0]))
    assert place([line], Schedule())[0][0].position_um.tolist() == [0, 1.5, 3]
    assert place([line], Schedule(start_um=10))[0][0].position_um.tolist() == [10, 11.5, 13]
    assert place([line], Schedule(step_um=2, start_um=1))[0][0].position_um.tolist() == [1, 3, 5]


def test_names_count_on_from_the_first() -> None:
    assert place([visit(3)], Schedule(first_point="x09"))[0][0].point == ("x9", "x10", "x11")
    with pytest.raises(RecipeError, match="ends in a number"):
        place([visit(3)], Schedule(first_point="left"))


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=8))
def test_order_of_time_is_stable(seconds: list[int]) -> None:
    visits = [visit(1, metadata=Metadata(started=START + timedelta(seconds=s))) for s in seconds]
    order = chronological(visits, Schedule(), [])
    assert sorted(order) == list(range(len(seconds)))
    for a, b in pairwise(order):
        assert (seconds[a], a) < (seconds[b], b)


def scans_at(*seconds: float, **more: object) -> list[Visit]:
    return [visit(1, metadata=Metadata(started=START + timedelta(seconds=s)), **more) for s in seconds]


def test_missing_scans_leave_their_numbers_free() -> None:
    keys, notes = place(scans_at(0, 600, 1801, 2399, 4200), Schedule(dwell_s=25))
    assert [k.scan[0] for k in keys] == [0, 1, 3, 4, 7]
    assert any("3 scans are missing" in note for note in notes)
    timed, _ = place(scans_at(0, 600, 1801, 2399, 4200), Schedule(dwell_s=25, period_s=600))
    assert [k.time_s[0] for k in timed] == [12.5, 612.5, 1812.5, 2412.5, 4212.5]


@pytest.mark.parametrize(("late_s", "number"), [(-200, 3), (-140, 4), (0, 4), (140, 4), (200, 3)])
def test_a_scan_may_be_a_quarter_of_a_period_early_or_late(late_s: float, number: int) -> None:
    """By more than 150 of 600 s, and nobody knows which scan is missing: they are counted."""
    keys, _ = place(scans_at(0, 600, 1200, 2400 + late_s), Schedule(dwell_s=25))
    assert [k.scan[0] for k in keys] == [0, 1, 2, number]


@pytest.mark.parametrize(("periods", "number"), [(14, 16), (15, 3)])
def test_scans_far_between_keep_no_period(periods: int, number: int) -> None:
    """More than four periods to a scan are no gaps of one experiment."""
    keys, _ = place(scans_at(0, 600, 1200, 1200 + 600 * periods), Schedule(dwell_s=25))
    assert [k.scan[0] for k in keys] == [0, 1, 2, number]


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=30))
def test_scans_out_of_beat_are_counted(steps: list[float]) -> None:
    """Numbers ascend from 0 whatever the times; without a period they are the plain order."""
    visits = scans_at(*np.cumsum([0.0, *steps]).tolist())
    numbers = [int(k.scan[0]) for k in place(visits, Schedule(dwell_s=1))[0]]
    assert numbers[0] == 0
    assert (np.diff(numbers) >= 1).all()
    assert numbers[-1] <= 4 * len(visits)


def test_the_numbers_in_names_tell_what_is_missing() -> None:
    visits = [replace(visit(1), source=f"Line--{n:03}--Spec.Data 1.txt") for n in (4, 6, 8, 12, 14)]
    keys, notes = place(visits, Schedule(period_s=600, dwell_s=25))
    assert [k.scan[0] for k in keys] == [0, 1, 2, 4, 5]
    assert keys[3].time_s[0] == 2412.5
    assert any("1 scan is missing" in note for note in notes)
    odd = [replace(visit(1), source=name) for name in ("a.txt", "b2.txt", "c.txt")]
    assert [k.scan[0] for k in place(odd, Schedule(period_s=600, dwell_s=25))[0]] == [0, 1, 2]


def test_the_lines_of_a_map_can_be_scans() -> None:
    grid = np.array([[x * 2.0, y, 0.0] for y in range(3) for x in range(4)])
    repeated = visit(12, "map", grid=(3, 4), coordinates_um=grid)
    keys, _ = place([repeated], Schedule(rows_are_scans=True, dwell_s=25, period_s=600, order="serpentine"))
    assert keys[0].scan.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert keys[0].point == ("P1", "P2", "P3", "P4") * 3
    assert keys[0].position_um.tolist() == [0.0, 2.0, 4.0, 6.0] * 3
    assert keys[0].time_s.tolist()[:8] == [12.5, 37.5, 62.5, 87.5, 687.5, 662.5, 637.5, 612.5]
    assert keys[0].time_s[8] == 1212.5
    plain, _ = place([repeated], Schedule(dwell_s=25))
    assert plain[0].point[5] == "1/1"
    assert set(plain[0].scan.tolist()) == {0}
