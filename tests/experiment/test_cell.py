"""The potentiostat's record: against real EC-Lab files, a second reader, and analytic charge."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import FormatError, InputError
from ramanfit.experiment.cell import Record, aligned, at, read_record, with_soc
from ramanfit.experiment.cell.clocks import moment
from ramanfit.experiment.cell.columns import name_of

ECLAB = Path(__file__).resolve().parents[3] / "shared" / "data" / "eclab"
START = datetime(2024, 1, 15, 9, 0, 0)
NAMES = "mode\ttime/s\tEwe/V\t<I>/mA\t(Q-Qo)/mA.h\thalf cycle\t"


def real(name: str) -> str:
    path = ECLAB / name
    if not path.exists():
        pytest.skip("the shared data are not here")
    return str(path)


def mpt(
    rows: list[str], names: str = NAMES, *, lines: int | None = None, started: str = "01/15/2024 09:00:00.000"
) -> str:
    head = [
        "EC-Lab ASCII FILE",
        "",
        "",
        "Galvanostatic Cycling",
        "Acquisition started on : 01/15/2024 09:00:00.000",
        "Electrode surface area : 0,000 cm²",
        names,
    ]
    head[1] = f"Nb header lines : {len(head) if lines is None else lines}   "
    return "\r\n".join([*head, *rows]) + "\r\n"


def charge_rows(n: int, decimal: str = ",", current_ma: float = 0.5, step_s: float = 60.0) -> list[str]:
    rows = []
    for k in range(n):
        t = k * step_s
        cells = ("1", f"{t:.6E}", f"{3 + 0.001 * k:.7E}", f"{current_ma:.7E}", f"{current_ma * t / 3600:.9E}", "0", "")
        rows.append("\t".join(cells).replace(".", decimal))
    return rows


def written(folder: Path, text: str | bytes, name: str = "cell.mpt") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("cp1252"))
    return str(path)


def test_a_real_record_with_decimal_commas() -> None:
    record = read_record(real("ca.issue_149.mpt"))
    assert record.started == datetime(2024, 1, 10, 11, 2, 29, 886000)
    assert len(record.time_s) == 80
    assert record.time_s[0] == pytest.approx(20.65059947832196)  # = technique started - acquisition started
    assert record.voltage_v is not None
    assert record.current_ma is not None
    assert record.voltage_v[0] == pytest.approx(3.4241872)
    assert record.current_ma[1] == pytest.approx(1.058848694e-2)
    # the counter starts again with each of four loops; the net charge goes on
    assert record.capacity_mah is not None
    assert (np.diff(record.capacity_mah) > 0).all()


def test_real_constant_current_passes_current_times_time() -> None:
    record = read_record(real("cp.mpt"))
    assert len(record.time_s) == 121
    assert record.started == datetime(2021, 3, 2, 16, 17, 59)
    assert record.capacity_mah is not None
    passed = -99.9 * (record.time_s - record.time_s[0]) / 3600
    np.testing.assert_allclose(record.capacity_mah, passed, atol=2e-4 * abs(passed[-1]))


def test_the_binary_file_says_what_the_text_says() -> None:
    pytest.importorskip("galvani")
    text, binary = read_record(real("cp.mpt")), read_record(real("cp.mpr"))
    assert binary.started == text.started
    for name in ("time_s", "voltage_v", "current_ma", "capacity_mah"):
        np.testing.assert_allclose(getattr(binary, name), getattr(text, name), rtol=2e-6, atol=1e-6)


def test_a_real_record_without_current() -> None:
    record = read_record(real("ocv.mpt"))
    assert (record.current_ma, record.capacity_mah) == (None, None)
    assert at(record, np.array([30.0]))["voltage_v"][0] == pytest.approx((0.25594452 + 0.26079172) / 2)
    assert np.isnan(at(record, np.array([30.0]))["soc"]).all()
    assert with_soc(record, 2.0).soc is None


def test_a_cut_off_binary_file_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("galvani")
    data = Path(real("cp.mpr")).read_bytes()
    for length in (60, 2000, len(data) // 2, len(data) - 5000):
        with pytest.raises(FormatError, match=r"whole \.mpr"):
            read_record(written(tmp_path, data[:length], "cut.mpr"))


@pytest.mark.parametrize("lines", [None, 3, 9999, 0])
def test_commas_and_points_say_the_same_whatever_the_header_says(lines: int | None, tmp_path: Path) -> None:
    comma = read_record(written(tmp_path, mpt(charge_rows(20), lines=lines)))
    point = read_record(written(tmp_path, mpt(charge_rows(20, ".")), "point.mpt"))
    for name in ("time_s", "voltage_v", "current_ma", "capacity_mah"):
        np.testing.assert_array_equal(getattr(comma, name), getattr(point, name))
    assert comma.started == point.started == START
    assert comma.notes == ()
    bare = read_record(written(tmp_path, mpt(charge_rows(20)).split("\r\n", 6)[6], "bare.mpt"))
    np.testing.assert_array_equal(bare.time_s, comma.time_s)
    assert bare.started is None


@given(
    st.lists(st.tuples(st.floats(-2, 2).filter(lambda i: abs(i) > 0.01), st.integers(3, 30)), min_size=1, max_size=6),
    st.sampled_from(["Q charge/discharge/mA.h", "dQ/C"]),
)
def test_the_net_charge_goes_on_where_the_counter_starts_again(steps: list[tuple[float, int]], name: str) -> None:
    """Against the integral of the constant currents of each step."""
    from ramanfit.experiment.cell.eclab import read_text

    rows, expected, net, t = [], [], 0.0, 0.0
    for half_cycle, (current, n) in enumerate(steps):
        counter = 0.0
        for _ in range(n):
            t += 30.0
            counter += current * 30.0 / 3600
            net += current * 30.0 / 3600
            expected.append(net)
            shown = counter * 3.6 if name == "dQ/C" else counter
            rows.append(f"1\t{t!r}\t3.5\t{current!r}\t{shown!r}\t{half_cycle}\t")
    record = read_text("x", mpt(rows, f"mode\ttime/s\tEwe/V\tI/mA\t{name}\thalf cycle\t"))
    assert record.capacity_mah is not None
    largest = max(abs(current) for current, _ in steps) * 30 / 3600
    np.testing.assert_allclose(record.capacity_mah, np.array(expected) - expected[0], atol=1e-9 + 1e-6 * largest)


def test_without_a_counter_the_current_is_integrated(tmp_path: Path) -> None:
    rows = [f"1\t{t}\t3.5\t{0.001 * t}\t" for t in range(0, 3601, 60)]
    record = read_record(written(tmp_path, mpt(rows, "mode\ttime/s\tEwe/V\tcontrol/mA\t")))
    assert record.capacity_mah is not None
    assert record.capacity_mah[-1] == pytest.approx(1.8)  # a triangle: 3.6 mA x 1 h / 2
    assert any("set is taken" in note for note in record.notes)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("time_s,voltage_v,current_ma,capacity_mah\n0,3.0,0.5,0\n3600,3.5,0.5,0.5\n", "a.csv"),
        ("Time (h);Voltage (mV);Current (µA);Capacity (mAh)\n0;3000;500;0\n1;3500;500;0,5\n", "b.csv"),
        (
            "timestamp\tE/V\tI/A\tQ/Ah\n"
            "2024-01-15 09:00:00\t3,0\t0,0005\t0\n2024-01-15 10:00:00\t3,5\t0,0005\t0,0005\n",
            "c.tsv",
        ),
    ],
)
def test_tables_of_all_kinds(text: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    record = read_record(str(path))
    half = at(record, np.array([1800.0]))
    assert half["voltage_v"][0] == pytest.approx(3.25)
    assert half["current_ma"][0] == pytest.approx(0.5)
    assert half["capacity_mah"][0] == pytest.approx(0.25)
    assert record.started == (START if "timestamp" in text else None)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda rows: [*rows[:5], rows[5].rsplit("\t", 3)[0], *rows[6:]], r":13: expected 6 cells, found [45]"),
        (lambda rows: [*rows[:5], rows[5].replace("E", "X"), *rows[6:]], r":13: expected a number for time/s"),
        (lambda rows: [*rows[:5], rows[4], rows[2], *rows[6:]], r":14: expected a time of at least 240 s"),
        (lambda rows: [], "rows of numbers"),
    ],
)
def test_broken_records_are_refused_with_the_line(spoil: object, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, mpt(spoil(charge_rows(20))))  # type: ignore[operator]
    with pytest.raises(FormatError, match=message):
        read_record(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\0\0",
        b"hello world\n",
        b"EC-Lab ASCII FILE\r\nNb header lines : 3\r\nno columns\r\n",
        b"a,b\n1,2\n",
    ],
)
def test_what_is_no_record_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(FormatError):
        read_record(written(tmp_path, data))
    with pytest.raises(InputError, match="cannot be read"):
        read_record(str(tmp_path / "missing.mpt"))


@given(st.data())
def test_a_record_cut_anywhere_is_shorter_or_refused(data: st.DataObject) -> None:
    """As a running experiment leaves it: no row that was not written."""
    from ramanfit.experiment.cell.eclab import read_text

    whole = mpt(charge_rows(12))
    full = read_text("x", whole)
    try:
        part = read_text("x", whole[: data.draw(st.integers(30, len(whole)))])
    except FormatError:
        return
    n = len(part.time_s)
    np.testing.assert_array_equal(part.time_s, full.time_s[:n])
    assert full.capacity_mah is not None
    assert part.capacity_mah is not None
    np.testing.assert_array_equal(part.capacity_mah, full.capacity_mah[:n])


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(-5, 5)), min_size=2, max_size=30), st.floats(-10, 2e5))
def test_values_in_between_and_nothing_outside(rows: list[tuple[float, float]], t: float) -> None:
    times, volts = np.sort(np.array([r[0] for r in rows])), np.array([r[1] for r in rows])
    found = at(Record("x", times, volts), np.array([t, np.nan]))
    assert np.isnan(found["voltage_v"][1])
    assert np.isnan(found["current_ma"]).all()
    if times[0] <= t <= times[-1]:
        assert volts.min() - 1e-9 <= found["voltage_v"][0] <= volts.max() + 1e-9
    else:
        assert np.isnan(found["voltage_v"][0])


def test_state_of_charge() -> None:
    record = Record("x", np.array([0.0, 1, 2]), capacity_mah=np.array([0.0, 1.0, 4.0]))
    np.testing.assert_allclose(with_soc(record, None).soc, [0, 25, 100])  # type: ignore[arg-type]
    np.testing.assert_allclose(with_soc(record, 8.0, 10.0).soc, [10, 22.5, 60])  # type: ignore[arg-type]
    assert "least charge" in with_soc(record, None).notes[0]


def test_clocks_are_brought_together() -> None:
    record = Record("x", np.array([5.0, 100]), started=START)
    moved, note = aligned(record, START + timedelta(seconds=90), 2.0)
    assert (moved.time_s.tolist(), note) == ([-83.0, 12.0], "")
    for zero, begun in ((None, START), (START, None)):
        moved, note = aligned(Record("x", np.array([5.0, 100]), started=begun), zero, 1.0)
        assert moved.time_s.tolist() == [1.0, 96.0]
        assert "no absolute time" in note


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01/10/2024 11:02:29.886", datetime(2024, 1, 10, 11, 2, 29, 886000)),
        ("13/10/2024 11:02:29", datetime(2024, 10, 13, 11, 2, 29)),
        ("10.01.2024 11:02:29", datetime(2024, 1, 10, 11, 2, 29)),
        ("2024-01-10T11:02", datetime(2024, 1, 10, 11, 2)),
        ("01/10/2024 01:02:03 PM", datetime(2024, 1, 10, 13, 2, 3)),
        ("99/99/2024 01:02:03", None),
        ("3.28E+002", None),
    ],
)
def test_dates(text: str, expected: datetime | None) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize(
    ("text", "plain", "unit"),
    [
        ("<Ewe>/V", "ewe", "v"),
        ("(Q-Qo)/mA.h", "q-qo", "mah"),
        ("Q charge/discharge/mA.h", "qcharge/discharge", "mah"),
        ("Ewe-Ece/V", "ewe-ece", "v"),
        ("time_s", "time", "s"),
        ("Voltage (mV)", "voltage", "mv"),
        ("half cycle", "halfcycle", ""),
        ("ox/red", "ox/red", ""),
    ],
)
def test_names(text: str, plain: str, unit: str) -> None:
    name = name_of(text)
    assert (name.plain, name.unit) == (plain, unit)


class Fake:
    """The package that reads .mpr, with columns of our own."""

    def __init__(self, columns: dict[str, list[float]], error: Exception | None = None) -> None:
        self.columns, self.error = columns, error

    def MPRfile(self, _file: object) -> object:
        if self.error:
            raise self.error
        kind = np.dtype([(name, "<f8") for name in self.columns])
        rows = list(zip(*self.columns.values(), strict=True))
        return SimpleNamespace(data=np.array(rows, dtype=kind), timestamp=START)


@pytest.fixture
def galvani(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Record]:
    """Read an .mpr of some columns."""

    def read(columns: dict[str, list[float]], error: Exception | None = None) -> Record:
        package = ModuleType("galvani")
        package.__spec__ = ModuleSpec("galvani", None)
        package.BioLogic = Fake(columns, error)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "galvani", package)
        return read_record(written(tmp_path, b"BIO-LOGIC MODULAR FILE\x1a", "x.mpr"))

    return read


TIMES_AND_VOLTS = {"time/s": [0.0, 3600.0, 7200.0], "Ewe/V": [3.0, 3.1, 3.2]}


def test_a_binary_file_without_a_current_has_what_passed_over_the_time(galvani: Callable[..., Record]) -> None:
    record = galvani({**TIMES_AND_VOLTS, "dq/mA.h": [0.0, 2.0, -1.0], "(Q-Qo)/mA.h": [5.0, 7.0, 6.0]})
    np.testing.assert_allclose(record.current_ma, [np.nan, 2, -1])  # type: ignore[arg-type]
    np.testing.assert_allclose(record.capacity_mah, [0, 2, 1])  # type: ignore[arg-type]
    assert record.started == START
    assert not any("contradict" in note for note in record.notes)
    passed = galvani({**TIMES_AND_VOLTS, "dq/mA.h": [0.0, 2.0, -1.0]})
    np.testing.assert_allclose(passed.capacity_mah, [0, 2, 1])  # type: ignore[arg-type]


def test_columns_of_a_binary_file_that_nobody_knows_are_left_out(galvani: Callable[..., Record]) -> None:
    unknown = {"unknown_colID_880": [1.0, 2.0, 3.0]}
    one = galvani({**TIMES_AND_VOLTS, **unknown, "I/mA": [1.0, 1.0, 1.0]})
    assert one.current_ma is not None
    assert any("unknown kind (880)" in note for note in one.notes)
    two = galvani({**TIMES_AND_VOLTS, **unknown, "unknown_colID_9": [1.0, 2.0, 3.0], "I/mA": [1.0, 1.0, 1.0]})
    assert two.current_ma is None  # what stands behind two unknown widths may be anything
    with pytest.raises(FormatError, match="Column ID 182") as caught:
        galvani(TIMES_AND_VOLTS, NotImplementedError("Column ID 182 after column x is unknown"))
    assert "datalab-org-galvani" in str(caught.value.hint)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ramanfit.experiment.cell.eclab.find_spec", lambda _: None)
    with pytest.raises(InputError, match="datalab-org-galvani") as caught:
        read_record(written(tmp_path, b"BIO-LOGIC MODULAR FILE\x1a", "x.mpr"))
    assert "[mpr]" in str(caught.value.hint)
