"""Records in several files, joined by their clocks; clocks with and without a zone; a sane state of charge."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import InputError
from ramanfit.experiment.cell import Record, aligned, at, beyond, read_record, read_records, with_soc
from ramanfit.experiment.cell.clocks import between, moment
from ramanfit.experiment.cell.join import joined
from ramanfit.scan.clock import zone_named
from tests.records import START, arbin, eclab, truth_of

FIELD = Path(__file__).resolve().parents[3] / "shared" / "data" / "field"
BERLIN = ZoneInfo("Europe/Berlin")


def record(name: str, first_s: float, last_s: float, started: datetime | None = START, **more: object) -> Record:
    """A record of a row a minute at 60 mA, 1 mAh a minute."""
    time_s = np.arange(first_s, last_s + 1, 60.0)
    full = np.full(len(time_s), 60.0)
    charge = (time_s - time_s[0]) / 60
    values: dict[str, object] = {"voltage_v": 3 + time_s / 1e5, "current_ma": full, "capacity_mah": charge, **more}
    return Record(name, time_s, started=started, **values)  # type: ignore[arg-type]


def test_one_experiment_in_two_files() -> None:
    paths = [str(FIELD / name) for name in ("01_OCV.mpt", "02_GCPL.mpt")]
    if not Path(paths[0]).exists():
        pytest.skip("the shared data are not here")
    whole = read_records(paths[::-1])
    assert (len(whole.time_s), whole.time_s[0], whole.time_s[-1]) == (115, 0, 6795)
    assert whole.capacity_mah is not None
    np.testing.assert_allclose(whole.capacity_mah, 0.2 * whole.time_s / 3600, rtol=1e-9)  # 0.2 mA throughout
    assert at(whole, np.array([3390.0]))["voltage_v"][0] == pytest.approx(3.563)
    assert whole.gaps == ()


def test_a_record_cut_into_files_is_the_record_again(tmp_path: Path) -> None:
    truth = truth_of([(0.5, 30), (0.0, 5), (-0.5, 20)])
    head, *rows = arbin(truth).splitlines(keepends=True)
    paths = []
    for number, part in enumerate((rows[:20], rows[20:33], rows[33:])):
        paths.append(tmp_path / f"{number}.csv")
        paths[-1].write_text(head + "".join(part))
    whole = read_record(str(_written(tmp_path / "whole.csv", head + "".join(rows))))
    again = read_records([str(path) for path in paths])
    times = np.linspace(0, truth.time_s[-1], 301)
    for name, values in at(whole, times).items():
        tolerance = 0.01 if name == "capacity_mah" else 1e-9
        if name != "half_cycle":  # each file counts its own from 0
            np.testing.assert_allclose(at(again, times)[name], values, atol=tolerance, err_msg=name)


def _written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_gaps_are_empty_and_charge_goes_on() -> None:
    first, second = record("a", 0, 600), record("b", 0, 600, START + timedelta(hours=1))
    whole = joined([second, first])
    assert (whole.source, whole.started) == ("a and b", START)
    now = at(whole, np.array([600.0, 601, 2000, 3599, 3600, 4200]))
    assert np.isfinite(now["voltage_v"]).tolist() == [True, False, False, False, True, True]
    assert now["capacity_mah"][[0, 4, 5]].tolist() == [10, 10, 20]
    assert any("nothing was recorded for 3000 s" in note for note in whole.notes)
    assert any("not known: counted as none" in note for note in whole.notes)


def test_a_running_counter_says_what_passed_between_files() -> None:
    first = record("a", 0, 600, counter_mah=np.arange(11.0))
    second = record("b", 1200, 1800, counter_mah=np.arange(20.0, 31.0))
    whole = joined([first, second])
    assert whole.capacity_mah is not None
    np.testing.assert_allclose(whole.capacity_mah, [*range(11), np.nan, *range(20, 31)])
    odd = joined([first, record("b", 1200, 1800, counter_mah=np.arange(500.0, 511.0))])
    assert odd.capacity_mah is not None
    assert odd.capacity_mah[-1] == 20  # 490 mAh cannot have passed in 10 min at 60 mA


def test_a_quantity_of_one_file_is_empty_in_the_other() -> None:
    whole = joined([record("a", 0, 600, current_ma=None, capacity_mah=None), record("b", 660, 900)])
    now = at(whole, np.array([0.0, 300, 630, 660, 900]))
    assert np.isfinite(now["voltage_v"]).all()
    assert np.isfinite(now["current_ma"]).tolist() == [False, False, False, True, True]
    middle = joined([record("a", 0, 60), record("b", 120, 600, current_ma=None), record("c", 660, 900)])
    assert np.isfinite(at(middle, np.array([30.0, 300, 700]))["current_ma"]).tolist() == [True, False, True]


def test_what_cannot_be_joined_is_refused() -> None:
    with pytest.raises(InputError, match="b: begins 300 s before a ends"):
        joined([record("a", 0, 600), record("b", 300, 900)])
    with pytest.raises(InputError, match="b: has no absolute time"):
        joined([record("a", 0, 600), record("b", 900, 1200, None)])
    assert joined([record("b", 0, 60, None)]).started is None


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 3600)), min_size=1, max_size=5), st.randoms())
def test_files_in_any_order_are_the_same_record(parts: list[tuple[int, int]], order: object) -> None:
    records, now = [], 0
    for number, (rows, pause) in enumerate(parts):
        records.append(record(f"{number}", now, now + 60 * rows))
        now += 60 * rows + pause
    shuffled = [*records]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = joined(records), joined(shuffled)
    np.testing.assert_array_equal(one.time_s, other.time_s)
    np.testing.assert_array_equal(one.capacity_mah, other.capacity_mah)
    assert one.capacity_mah is not None
    assert (np.diff(one.capacity_mah[np.isfinite(one.capacity_mah)]) >= 0).all()
    assert one.capacity_mah[-1] >= sum(rows for rows, _ in parts)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-01-15T09:00:00Z", "2024-01-15 09:00"),
        ("2024-01-15T09:00:00+01:00", "2024-01-15 08:00"),
        ("2024-01-15 09:00:00.250 -0530", "2024-01-15 14:30"),
        ("01/15/2024 09:00:00 UTC", "2024-01-15 09:00"),
    ],
)
def test_zones_are_read(text: str, utc: str) -> None:
    when = moment(text)
    assert when is not None
    assert when.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M") == utc


def test_a_zone_places_the_record_among_scans_without_one() -> None:
    """Scans at 10:00 in Berlin are at 9:00 UTC."""
    one = Record("x", np.array([0.0, 60]), started=START.replace(tzinfo=timezone.utc))
    moved, note = aligned(one, START + timedelta(hours=1), 0.0, BERLIN)
    assert (moved.time_s.tolist(), note) == ([0.0, 60.0], "")
    here = (START + timedelta(hours=1)).astimezone()
    moved, note = aligned(one, here.replace(tzinfo=None))
    assert moved.time_s[0] == pytest.approx((one.started - here).total_seconds())  # type: ignore[operator]
    assert "--timezone" in note


def test_the_end_of_summer_time_is_an_hour_longer() -> None:
    before, after = datetime(2024, 10, 27, 1, 30), datetime(2024, 10, 27, 3, 30)
    assert between(after, before, None) == 7200
    assert between(after, before, BERLIN) == 10800
    with pytest.raises(InputError, match="no such time zone"):
        zone_named("Europe/Nowhere")


def test_cycles_are_those_of_the_row_before() -> None:
    one = Record("x", np.array([0.0, 10, 10, 20]), cycle=np.array([1.0, 1, 2, 3]), half_cycle=np.array([0.0, 1, 2, 3]))
    assert at(one, np.array([0.0, 9, 10, 19, 20, 21]))["cycle"][:5].tolist() == [1, 1, 2, 2, 3]
    assert np.isnan(at(one, np.array([21.0]))["half_cycle"][0])


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=40))
def test_the_state_of_charge_of_any_record_is_between_0_and_100(charge: list[float]) -> None:
    one = with_soc(Record("x", np.arange(len(charge)) * 60.0, capacity_mah=np.array(charge)), None)
    if len(set(charge)) == 1:
        assert one.soc is None
        assert "no charge passed" in one.notes[0]
        return
    assert one.soc is not None
    assert one.soc.min() == 0
    assert one.soc.max() == pytest.approx(100)
    assert beyond(one) == ""


def test_a_state_of_charge_that_no_cell_has_is_said() -> None:
    one = Record("x", np.arange(3.0), capacity_mah=np.array([0.0, 1.0, 2.0]))
    assert "from 0 to 200 %" in beyond(with_soc(one, 1.0))
    assert beyond(with_soc(one, 1.95)) == ""
    assert "from -20" in beyond(with_soc(one, 4.0, -20.0))


def test_half_cycles_are_not_counted_in_noise(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    truth = truth_of([(0.5, 100), (0.0, 50), (-0.5, 100)])
    noisy = truth.current_ma + np.where(truth.current_ma == 0, 1e-3 * rng.standard_normal(len(truth.time_s)), 0)
    lines = ["time_s,voltage_v,current_ma", *(f"{t},3,{i}" for t, i in zip(truth.time_s, noisy, strict=True)), ""]
    counted = read_record(str(_written(tmp_path / "x.csv", "\n".join(lines)))).half_cycle
    assert counted is not None
    assert counted[-1] == 1
    stored = read_record(str(_written(tmp_path / "x.mpt", eclab(truth))))
    np.testing.assert_array_equal(stored.half_cycle, truth.half_cycle)
    np.testing.assert_array_equal(stored.cycle, truth.half_cycle // 2)
