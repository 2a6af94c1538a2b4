"""Every vendor's layout of the same truth reads the same; counters of every kind give the charge that passed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ramanfit.errors import FormatError, UsageError
from ramanfit.experiment.cell import Record, read_record, read_records, separated
from ramanfit.experiment.cell.build import Asked
from ramanfit.experiment.cell.clocks import moment
from ramanfit.experiment.cell.columns import sizes_of
from ramanfit.experiment.cell.directions import direction_of
from tests.records import LAYOUTS, START, STARTED, Truth, hms, numbers, table, truth_of

CYCLE = [(0.5, 40), (0.0, 10), (-0.25, 60), (0.5, 30), (-0.5, 20), (0.0, 5)]
STEPS = st.lists(
    st.tuples(st.sampled_from([0.5, -0.5, 0.2, -0.2, 1.0, -1.0, 0.0]), st.integers(4, 30)), min_size=1, max_size=6
).filter(lambda steps: any(ma for ma, _ in steps))


def written(folder: Path, text: str, name: str = "cell.csv") -> str:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return str(path)


def agrees(record: Record, truth: Truth) -> None:
    np.testing.assert_allclose(record.time_s, truth.time_s, atol=6e-3)
    assert record.voltage_v is not None
    assert record.current_ma is not None
    assert record.capacity_mah is not None
    np.testing.assert_allclose(record.voltage_v, truth.voltage_v, rtol=1e-9)
    np.testing.assert_allclose(record.current_ma, truth.current_ma, rtol=1e-9, atol=1e-12)


def passed_lower_upper(truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    hours = np.diff(truth.time_s) / 3600
    pair = np.stack([truth.current_ma[1:] * hours, truth.current_ma[:-1] * hours])
    return pair.min(axis=0).cumsum(), pair.max(axis=0).cumsum()


def is_charge(record: Record, truth: Truth) -> bool:
    """The independent integral: between the sums of the lower and of the higher current of every interval."""
    assert record.capacity_mah is not None
    low, high = passed_lower_upper(truth)
    free = 0.021 * np.abs(truth.passed_mah).sum() + 1e-9
    net = record.capacity_mah[1:]
    return bool((net >= low - free).all() and (net <= high + free).all())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_reads_as_the_same_record(layout: str, tmp_path: Path) -> None:
    truth = truth_of(CYCLE)
    record = read_record(written(tmp_path, LAYOUTS[layout](truth)))
    agrees(record, truth)
    counted = layout not in ("gamry", "date and time")
    np.testing.assert_allclose(
        record.capacity_mah, truth.net_mah, atol=1e-9 if counted else 0.02 * np.abs(truth.passed_mah).sum()
    )
    began = record.started
    assert (began is not None) == (layout in STARTED)
    if began is not None:
        local = began if began.tzinfo is None else began.astimezone().replace(tzinfo=None)
        assert abs((local - START).total_seconds()) < 1.0
    assert record.half_cycle is not None
    np.testing.assert_array_equal(record.half_cycle, truth.half_cycle)
    assert not any("contradict" in note for note in record.notes)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_currents_in_any_layout_give_the_charge_that_passed(
    layout: str, steps: list[tuple[float, int]], tmp_path: Path
) -> None:
    truth = truth_of(steps)
    record = read_record(written(tmp_path, LAYOUTS[layout](truth)))
    agrees(record, truth)
    assert is_charge(record, truth)


KINDS: dict[str, Callable[[Truth], np.ndarray]] = {
    "running": lambda truth: truth.net_mah,
    "running from 7": lambda truth: truth.net_mah + 7,
    "anew with half cycles": lambda truth: truth.anew(truth.half_cycle, truth.passed_mah),
    "anew with steps": lambda truth: truth.anew(truth.step, truth.passed_mah),
    "size, anew with half cycles": lambda truth: np.abs(truth.anew(truth.half_cycle, truth.passed_mah)),
    "size, anew with steps": lambda truth: np.abs(truth.anew(truth.step, truth.passed_mah)),
    "size throughout": lambda truth: np.abs(truth.passed_mah).cumsum(),
}
COUNTERS = ["(Q-Qo)/mA.h", "Q charge/discharge/mA.h", "Capacity/mA.h", "Capacity (mAh)", "Cap. [Ah]", "dQ/C", "Q/Ah"]
IN_MAH = {"Cap. [Ah]": 1e-3, "dQ/C": 3.6, "Q/Ah": 1e-3}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(steps=STEPS, name=st.sampled_from(COUNTERS), runs=st.sampled_from(["half cycle", "Step", ""]))
def test_a_counter_of_any_kind_under_any_name(kind: str, steps: list[tuple[float, int]], name: str, runs: str) -> None:
    truth = truth_of(steps)
    columns = [numbers(c) for c in (truth.time_s, truth.voltage_v, truth.current_ma)]
    columns.append(numbers(KINDS[kind](truth), IN_MAH.get(name, 1.0)))
    names = ["time/s", "Ewe/V", "I/mA", name]
    if runs:
        names, columns = [*names, runs], [*columns, (truth.step if runs == "Step" else truth.half_cycle).tolist()]
    record = separated.read("x", table(names, columns))
    said = any("contradict" in note for note in record.notes)
    assert said or is_charge(record, truth)
    if runs == "Step" or kind.startswith("running"):
        assert not said


VOLTAGES = {"<Ewe/V>": "", "<Ewe>/V": "", "Ewe/V": "", "Ecell/V": "", "Ewe-Ece/V": "", "U[V]": "", "Voltage (V)": ""}
TIMES: dict[str, Callable[[np.ndarray], list[str]]] = {
    "time/s": numbers,
    "Time (h)": lambda t: numbers(t, 1 / 3600),
    "Test Time (min)": lambda t: numbers(t, 1 / 60),
    "Elapsed Time [days]": lambda t: numbers(t, 1 / 86400),
    "Time [h:m:s]": lambda t: hms(t, "{h}:{m:02d}:{s:09.6f}"),
    "TestTime": lambda t: hms(t, "{d}d {hd:02d}:{m:02d}:{s:05.2f}"),
    "Total Time": lambda t: hms(t, "{d}-{hd:02d}:{m:02d}:{s:05.2f}"),
    "Test Time / s": numbers,
    "test_time_second": numbers,
    "Epoch": lambda t: numbers(t + 1_700_000_000),
    "Timestamp": lambda t: [f"{datetime.fromtimestamp(1.7e9 + s).isoformat()}Z" for s in t.tolist()],
}
CURRENTS = {"<I>/mA": 1.0, "I[A]": 1e-3, "Current (µA)": 1e3, "current_ma": 1.0, "Amps": 1e-3}
PREAMBLES = ["", "A cell\n\n", "Date of Test:,08/23/2021\nVoltage limit,4.2\n", "# made\n# by hand\n", "[Data]\n"]


@given(
    steps=STEPS,
    voltage=st.sampled_from([*VOLTAGES]),
    clock=st.sampled_from([*TIMES]),
    current=st.sampled_from([*CURRENTS]),
    preamble=st.sampled_from(PREAMBLES),
    mark=st.sampled_from([",", ";", "\t"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    comma=st.booleans(),
    order=st.permutations([0, 1, 2, 3]),
)
def test_any_spelling_unit_form_of_time_and_preamble(
    steps: list[tuple[float, int]],
    voltage: str,
    clock: str,
    current: str,
    preamble: str,
    mark: str,
    newline: str,
    comma: bool,
    order: list[int],
) -> None:
    truth = truth_of(steps)
    columns = [TIMES[clock](truth.time_s), numbers(truth.voltage_v), numbers(truth.current_ma, CURRENTS[current])]
    columns.append(["word"] * len(truth.time_s))
    names = [clock, voltage, current, "Comment"]
    if comma and mark != ",":
        columns = [[text.replace(".", ",") for text in column] for column in columns]
    text = table([names[i] for i in order], [columns[i] for i in order], mark, newline)
    record = separated.read("x", preamble.replace("\n", newline) + text)
    agrees(record, truth)
    assert is_charge(record, truth)


def test_without_a_unit_it_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, "time_s,Voltage (V),Current,Capacity\n0,3.1,0.5,0\n3600,3.2,0.5,0.5\n")
    with pytest.raises(FormatError, match="a unit of Current, found none"):
        read_record(path)
    record = read_records([path], ["A", "Ah"])
    np.testing.assert_allclose(record.current_ma, [500, 500])  # type: ignore[arg-type]
    np.testing.assert_allclose(record.capacity_mah, [0, 500])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no column of voltage"):
        read_records([path], ["A", "Ah", "V"])
    with pytest.raises(FormatError, match="a unit of Capacity"):
        read_record(written(tmp_path, "time_s,Voltage (V),Capacity\n0,3.1,0\n3600,3.2,0.5\n"))
    integrated = read_record(written(tmp_path, "time_s,V/V,I/mA,Capacity\n0,3.1,2,0\n3600,3.2,2,0.5\n"))
    assert integrated.capacity_mah is not None
    assert integrated.capacity_mah[-1] == pytest.approx(2.0)
    assert any("Capacity has no unit" in note for note in integrated.notes)
    for wrong in (["A", "mA"], ["kg"], [""]):
        with pytest.raises(ValueError, match="unit"):
            sizes_of(wrong)


def test_arbin_without_units_is_known_by_its_layout(tmp_path: Path) -> None:
    record = read_record(written(tmp_path, LAYOUTS["arbin without units"](truth_of(CYCLE))))
    assert any("as Arbin writes them" in note for note in record.notes)


def test_sizes_without_a_current_and_without_a_direction_are_left_out() -> None:
    rows = "0,3,0\n60,3,0.5\n120,3,1\n180,3,0.1\n240,3,0.3\n"
    record = separated.read("x", f"time_s,voltage_v,Capacity (mAh)\n{rows}")
    assert record.capacity_mah is None
    assert any("nothing says whether it has a sign" in note for note in record.notes)
    steps = ["C", "C", "C", "D", "D"]
    lines = [f"{row},{step}" for row, step in zip(rows.split(), steps, strict=True)]
    record = separated.read("x", "\n".join(["time_s,voltage_v,Capacity (mAh),State", *lines, ""]))
    np.testing.assert_allclose(record.capacity_mah, [0, 0.5, 1, 0.9, 0.7])  # type: ignore[arg-type]


def test_our_own_name_of_the_net_charge_has_a_sign() -> None:
    record = separated.read("x", "time_s,voltage_v,capacity_mah\n0,3,0\n60,3,1\n120,3,0.2\n")
    np.testing.assert_allclose(record.capacity_mah, [0, 1, 0.2])  # type: ignore[arg-type]


def test_times_of_steps_give_way_to_a_clock() -> None:
    lines = [line.split(",") for line in LAYOUTS["neware"](truth_of(CYCLE)).splitlines()]
    total = lines[0].index("Total Time")
    text = "\n".join([*(",".join(cells[:total] + cells[total + 1 :]) for cells in lines), ""])
    record = separated.read("x", text)
    agrees(record, truth_of(CYCLE))
    assert any("starts again with every step: Date is taken" in note for note in record.notes)
    clockless = "\n".join([*(",".join(cells[:total] + cells[total + 1 : -1]) for cells in lines), ""])
    with pytest.raises(FormatError, match="a time of at least"):
        separated.read("x", clockless)


def test_a_contradiction_is_said() -> None:
    text = "time_s,voltage_v,current_ma,(Q-Qo)/mA.h\n0,3,1,0\n3600,3,1,5\n7200,3,1,10\n"
    record = separated.read("x", text)
    np.testing.assert_allclose(record.capacity_mah, [0, 5, 10])  # type: ignore[arg-type]
    assert any("ends at 10 mAh, current x time at 2 mAh" in note for note in record.notes)


def test_the_tests_own_time_wins_over_a_clock() -> None:
    rows = ["2024-01-15 09:00:00,0,3", "2024-01-15 09:01:00,60,3", "2024-01-15 10:00:00,120,3"]
    record = separated.read("x", "\n".join(["Date_Time,Test_Time(s),Voltage(V)", *rows, ""]))
    assert record.time_s.tolist() == [0, 60, 120]
    assert record.started == START
    assert any("part by 3480 s" in note for note in record.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Time,Voltage(V)\n0:01,3\n0:02,3\n", "h:m or m:s"),
        ("Time [h:m:s],Voltage(V)\n0:00:00,3\n0:99:00,3\n", "x:3: expected a time as h:m:s"),
        ("Timestamp,Voltage(V)\n01/02/2024 09:00:00,3\n01/02/2024 09:01:00,3\n", "day and month differ"),
        ("Timestamp,Voltage(V)\n2024-01-15 09:00:00,3\nyesterday,3\n", "x:3: expected a date and time"),
        ("time_s,Voltage(V)\n0,3\n1,inf\n", "x:3: expected a number for Voltage"),
        ("time_s,Voltage(V)\n0,3.1\n1,4000\n", "voltage of a cell"),
        ("time,Voltage(V)\n0,3.1\n1,3.2\n", "a unit of time"),
        ("time_s,Voltage(V)\n0,3.1\n,3.2\n", "x:3: expected a number for time_s, found an empty cell"),
        ("time_s,Voltage(V)\n0,3.1,9\n1,3.2\n", "x:2: expected 2 cells, found 3"),
        ("Cycle,Capacity (mAh)\n1,3\n2,2\n", "name a time and a voltage"),
    ],
)
def test_what_cannot_be_read_right_is_refused(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        separated.read("x", text)


def test_a_line_of_units_below_the_names_and_empty_rows_at_the_end() -> None:
    record = separated.read("x", "Time,Voltage,Current\ns,mV,A\n0,3100,0.5\n60,3200,0.5\n,,\n,,\n")
    np.testing.assert_allclose(record.voltage_v, [3.1, 3.2])  # type: ignore[arg-type]
    np.testing.assert_allclose(record.current_ma, [500, 500])  # type: ignore[arg-type]


def test_quoted_cells_and_whole_lines_in_quotes() -> None:
    for text in (
        '"time_s","Voltage(V)","Comment"\n"0","3.1","a, b"\n"60","3.2",""\n',
        '"Run Time (h),Potential (V)"\n"0,3.1"\n"0.016666666666666666,3.2"\n',
    ):
        record = separated.read("x", text)
        np.testing.assert_allclose(record.time_s, [0, 60])
        np.testing.assert_allclose(record.voltage_v, [3.1, 3.2])  # type: ignore[arg-type]


def test_a_workbook_reads_as_its_text(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    truth = truth_of(CYCLE)
    rows = [line.split(",") for line in LAYOUTS["neware"](truth).splitlines()]
    book = openpyxl.Workbook()
    book.active.title = "cycle"
    book.active.append(["Cycle Index", "Chg. Cap.(Ah)"])
    sheet = book.create_sheet("record")
    sheet.append(["made", "by", "BTSDA"])
    sheet.append(rows[0])
    for row in rows[1:]:
        sheet.append([*row[:5], *(float(cell) for cell in row[5:8]), datetime.fromisoformat(row[8])])
    book.save(tmp_path / "cell.xlsx")
    record = read_record(str(tmp_path / "cell.xlsx"))
    agrees(record, truth)
    np.testing.assert_allclose(record.capacity_mah, truth.net_mah, atol=1e-9)  # type: ignore[arg-type]
    assert record.started == START
    (tmp_path / "cut.xlsx").write_bytes((tmp_path / "cell.xlsx").read_bytes()[:3000])
    with pytest.raises(FormatError, match=r"whole \.xlsx"):
        read_record(str(tmp_path / "cut.xlsx"))


@pytest.mark.parametrize(
    ("word", "direction"),
    [
        *[(word, 1) for word in ("C", "CC Chg", "CCCV_Chg", "charge", "Constant_current_charge", "恒流充电")],
        *[(word, -1) for word in ("D", "CC DChg", "discharge", "CC-CV_discharge", "恒流放电")],
        *[(word, 0) for word in ("R", "Rest", "P", "", "Pause")],
    ],
)
def test_words_of_directions(word: str, direction: float) -> None:
    assert direction_of(word) == direction


@pytest.mark.parametrize(
    ("text", "month_first", "expected"),
    [
        ("23-Nov-23 3:56:08 PM", None, datetime(2023, 11, 23, 15, 56, 8)),
        ("05.06.2024 10:00:00", True, datetime(2024, 5, 6, 10)),
        ("05.06.2024 10:00:00", None, datetime(2024, 6, 5, 10)),
        ("05/06/2024 10:00:00", False, datetime(2024, 6, 5, 10)),
        ("15 févr. 2024 10:00:00", None, None),
    ],
)
def test_dates_of_other_forms(text: str, month_first: bool | None, expected: datetime | None) -> None:
    assert moment(text, month_first=month_first) == expected


def test_a_date_that_cannot_be_read_is_said() -> None:
    record = separated.read("x", "Date,time_s,Voltage(V)\n15 févr. 2024,0,3\n15 févr. 2024,60,3\n")
    assert any("15 févr. 2024" in note for note in record.notes)


def test_many_rows_cost_little_more_than_reading_their_numbers(tmp_path: Path) -> None:
    """In one run: a million rows in 2 s of CPU on top of what reading the numbers takes."""
    rows = 200_000
    truth = truth_of([(0.5, rows // 4), (-0.5, rows // 4)] * 2, 1.0)
    text = LAYOUTS["arbin"](truth)
    path = written(tmp_path, text)
    best = np.inf
    for _ in range(3):
        began = time.process_time()
        np.loadtxt(text.splitlines(), delimiter=",", usecols=(1, 3, 4, 5, 6, 7, 8), skiprows=1)
        numbers_s = time.process_time() - began
        began = time.process_time()
        read_record(path)
        best = min(best, time.process_time() - began - numbers_s)
    assert best < 2.0 * rows / 1e6 * 1.5  # half as much again for a machine that is busy


def test_lenient_says_what_lacks_a_unit() -> None:
    text = "time_s,Voltage,Current (A)\n0,3.1,0.5\n60,3.2,0.5\n"
    record = separated.read("x", text, Asked(lenient=True))
    assert record.voltage_v is None or not np.isfinite(record.voltage_v).any()
    assert any("Voltage has no unit" in note for note in record.notes)
