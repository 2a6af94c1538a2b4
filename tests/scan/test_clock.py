"""When scans began: clocks that were put back, numbers in names, starts that cannot be read."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import InputError, UsageError
from ramanfit.scan.clock import chronological, instants, one_clock
from ramanfit.scan.scan import Kind, Metadata, Scan
from ramanfit.scan.schedule import Schedule, Visit, place

AXIS, UTC = np.array([1.0, 2.0]), ZoneInfo("UTC")


def visit(name: str, started: datetime | None, kind: Kind = "line", raw: str = "") -> Visit:
    metadata = Metadata(started=started, started_raw=raw, duration_s=120.0)
    return Visit.of(Scan(AXIS, np.ones((4, 2)), kind, source=name, metadata=metadata))


def over_the_end_of_summer_time(period_min: int, scans: int) -> list[Visit]:
    """Scans of a night in Berlin, by the clock on its wall."""
    first = datetime(2024, 10, 26, 22, tzinfo=UTC)
    starts = [first + timedelta(minutes=period_min * i) for i in range(scans)]
    local = [start.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None) for start in starts]
    return [visit(f"s{i}.txt", start) for i, start in enumerate(local)]


@pytest.mark.parametrize("period_min", [5, 10, 25])
def test_a_clock_that_was_put_back_is_said_and_a_period_resolves_it(period_min: int) -> None:
    visits, notes = over_the_end_of_summer_time(period_min, 60), list[str]()
    assert chronological(visits, Schedule(), notes) != list(range(60))
    assert "the clock goes back" in notes[0]
    assert "--period" in notes[0]
    schedule = Schedule(period_s=60.0 * period_min)
    assert chronological(visits, schedule, more := []) == list(range(60))
    assert not more
    keys, _ = place(visits, schedule)
    assert [int(k.scan[0]) for k in keys] == list(range(60))
    assert np.diff([k.time_s[0] for k in keys]).tolist() == [60.0 * period_min] * 59


@pytest.mark.parametrize("period_min", [5, 10, 25, 45, 120])
def test_a_time_zone_tells_the_two_hours_apart(period_min: int) -> None:
    visits, berlin = over_the_end_of_summer_time(period_min, 40), Schedule(timezone="Europe/Berlin")
    assert chronological(visits, berlin, notes := []) == list(range(40))
    assert not notes
    keys, _ = place(visits, berlin)
    assert np.diff([k.time_s[0] for k in keys]).tolist() == [60.0 * period_min] * 39
    with pytest.raises(InputError, match="--timezone Mars: no such time zone"):
        place(visits, Schedule(timezone="Mars"))


def test_starts_with_a_zone_need_no_other() -> None:
    first = datetime(2024, 10, 27, 0, 30, tzinfo=UTC)  # over the end of summer time in Berlin
    visits = [visit(f"s{i}.wdf", first + timedelta(minutes=30 * i)) for i in (2, 0, 1, 3)]
    for schedule in (Schedule(), Schedule(timezone="Europe/Berlin")):
        assert chronological(visits, schedule, notes := []) == [1, 2, 0, 3]
        assert not notes
        keys, _ = place([visits[i] for i in (1, 2, 0, 3)], schedule)
        assert [k.time_s[0] - keys[0].time_s[0] for k in keys] == [0, 1800, 3600, 5400]
    assert keys[0].started == "2024-10-27T00:30:00+00:00"


def test_starts_of_which_only_some_have_a_zone_are_compared_in_that_of_the_others() -> None:
    began = [datetime(2024, 1, 10, 9, tzinfo=UTC), None, datetime(2024, 1, 10, 10, 30)]
    assert one_clock(began, "Europe/Berlin", notes := []) == [datetime(2024, 1, 10, 10), None, began[2]]
    assert not notes
    assert one_clock(began, None, notes)[2] == began[2]
    assert "taken as this computer's (--timezone)" in notes[0]
    winter = [datetime(2024, 1, 10, 9), None, datetime(2024, 1, 10, 9, 30)]
    assert instants(began, "Europe/Berlin") == winter  # UTC
    visits = [visit("s0.txt", datetime(2024, 1, 10, 9, 50)), visit("s1.wdf", began[0])]
    assert chronological(visits, Schedule(timezone="Europe/Berlin"), []) == [0, 1]
    assert chronological(visits[::-1], Schedule(timezone="Europe/Berlin"), []) == [1, 0]


@given(st.permutations(range(8)))
def test_names_in_another_order_than_the_clock_are_no_put_back_clock(order: list[int]) -> None:
    start = datetime(2024, 1, 10, 9)
    visits = [visit(f"s{i}", start + timedelta(seconds=600 * k)) for i, k in enumerate(order)]
    notes: list[str] = []
    assert [order[i] for i in chronological(visits, Schedule(), notes)] == list(range(8))
    assert not notes


@pytest.mark.parametrize("period_s", [None, 600.0])
def test_a_number_that_is_missing_in_the_names_leaves_its_place(period_s: float | None) -> None:
    visits = [visit(f"t_{n:03d}.txt", None) for n in (0, 4, 8, 16, 20)]
    keys, notes = place(visits, Schedule(period_s=period_s))
    assert [int(k.scan[0]) for k in keys] == [0, 1, 2, 4, 5]
    assert any("1 scan is missing" in note for note in notes)


def test_starts_that_cannot_be_read_are_said_with_what_stands_there() -> None:
    _, notes = place([visit("a", None, raw="12 août 2024"), visit("b", None, raw="04/03/2024")], Schedule())
    assert any("2 of 2 starts are not read" in note and "'12 août 2024'" in note for note in notes)
    assert any("no start time" in note and "--period" in note for note in notes)


@pytest.mark.parametrize(
    ("option", "schedule", "kind"),
    [
        ("--step", Schedule(step_um=5.0), "map"),
        ("--step", Schedule(step_um=5.0), "series"),
        ("--start", Schedule(start_um=5.0), "map"),
        ("--first-point", Schedule(first_point="x3"), "map"),
        ("--rows-are-scans", Schedule(rows_are_scans=True), "line"),
        ("--order", Schedule(order="reverse"), "series"),
    ],
)
def test_what_can_act_on_none_of_the_scans_is_refused(option: str, schedule: Schedule, kind: Kind) -> None:
    grid = (2, 2) if kind == "map" else None
    offset_s = np.arange(4.0) if kind == "series" else None
    scan = Scan(AXIS, np.ones((4, 2)), kind, source="a.txt", grid=grid, offset_s=offset_s)
    with pytest.raises(UsageError, match=f"^{option} has nothing to act on"):
        place([Visit.of(scan)], schedule)


def test_a_period_alone_gives_every_spectrum_the_start_of_its_scan_and_says_so() -> None:
    visits = [Visit.of(Scan(AXIS, np.ones((4, 2)), "line", source=f"s{i}")) for i in range(3)]
    keys, notes = place(visits, Schedule(period_s=600.0))
    assert [k.time_s.tolist() for k in keys] == [[0.0] * 4, [600.0] * 4, [1200.0] * 4]
    assert any("--dwell" in note for note in notes)
