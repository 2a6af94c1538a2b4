"""Every record of the shared data and what it gives, or why it is refused; the charge against the integral of I dt."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ramanfit.errors import FormatError
from ramanfit.experiment.cell import Record, is_record, read_record, with_soc

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


class Given(NamedTuple):
    """What a record gives: values in V, mA and mAh, first and last; None: it holds none."""

    rows: int
    time_s: tuple[float, float]
    started: datetime | None
    voltage_v: tuple[float, float] | None
    current_ma: tuple[float, float] | None
    net_mah: float | None
    cycles: int | None
    half_cycles: int | None
    says: tuple[str, ...] = ()


DAY = datetime(2024, 1, 15, 9, 59, 15)
TABLE = {
    "eclab/ca.issue_149.mpt": Given(
        80, (20.6506, 629.9354), datetime(2024, 1, 10, 11, 2, 29, 886000), (3.4241872, 3.4431317),
        (9.693702e-3, 1.3323432e-2), 1.305e-4, 4, 7,
    ),
    "eclab/cp.mpt": Given(
        121, (328.36419, 447.36459), datetime(2021, 3, 2, 16, 17, 59), (-8.6462145, -8.5542145), (-99.888, -99.918549),
        -3.302616, 1, 1,
    ),
    "eclab/cp.mpr": Given(
        121, (328.36419, 447.36459), datetime(2021, 3, 2, 16, 17, 59), (-8.6462145, -8.5542145), (-99.888, -99.918549),
        -3.302616, 1, 1,
    ),
    "eclab/ocv.mpt": Given(
        602, (0, 36000), datetime(2020, 1, 16, 14, 13, 34), (0.25594452, 0.44194466), None, None, None, None,
        ("holds no charge and no current",),
    ),
    "field/01_OCV.mpt": Given(57, (0, 3360), DAY, (3.0, 3.562), (0.2, 0.2), 0.186666667, 1, 1),
    "field/02_GCPL.mpt": Given(58, (3420, 6795), DAY, (3.564, 3.66325), (0.2, 0.2), 0.1875, 1, 1),
    "field/cp_ewe_brackets.mpt": Given(3, (0, 120), None, (3.40, 3.42), (0.02, 0.02), 0.02 * 120 / 3600, 1, 1),
    "field/cycle_soc.mpt": Given(6, (0, 198), None, (0.10, 0.10), (36, -36), 0.02, 1, 2),
    "field/gcpl_no_current.mpt": Given(
        5, (0, 2400), None, (0.10, 0.10), (np.nan, -4.2), 0.1, 1, 2, ("dq/mA.h over the time", "contradict")
    ),
    "field/arbin_test_time.csv": Given(3, (0, 120), None, (3.1, 3.3), (500, 500), 500 * 120 / 3600, 1, 1),
    "field/hms.csv": Given(2, (0, 60), None, (3.1, 3.2), (500, 500), 500 * 60 / 3600, 1, 1),
    "field/maccor.txt": Given(2, (0, 60), None, (3.1, 3.2), (100, 100), 1.67, 1, 1),
}  # fmt: skip
NO_RECORDS = ("witec", "carbon")


def shared(name: str) -> str:
    if not (DATA / name).exists():
        pytest.skip("the shared data are not here")
    return str(DATA / name)


def recorded(name: str) -> Record:
    if name.endswith(".mpr"):
        pytest.importorskip("galvani")
    return read_record(shared(name))


def ends(values: np.ndarray | None) -> tuple[float, float] | None:
    return None if values is None else (float(values[0]), float(values[-1]))


@pytest.mark.parametrize("name", TABLE)
def test_what_a_record_gives(name: str) -> None:
    record, given = recorded(name), TABLE[name]
    assert len(record.time_s) == given.rows
    assert ends(record.time_s) == pytest.approx(given.time_s, abs=1e-4)
    assert record.started == given.started
    for quantity in ("voltage_v", "current_ma"):
        expected = getattr(given, quantity)
        found = ends(getattr(record, quantity))
        assert found == (expected and pytest.approx(expected, rel=1e-6, nan_ok=True))
    assert (record.capacity_mah is None) == (given.net_mah is None)
    if record.capacity_mah is not None:
        assert record.capacity_mah[-1] == pytest.approx(given.net_mah, rel=2e-3)
    for values, count in ((record.cycle, given.cycles), (record.half_cycle, given.half_cycles)):
        assert (None if values is None else len(np.unique(values))) == count
    said = " ".join(record.notes)
    assert all(words in said for words in given.says)
    assert ("contradict" in said) == ("contradict" in given.says)


@pytest.mark.parametrize("name", [name for name, given in TABLE.items() if given.net_mah is not None])
def test_the_charge_is_the_integral_of_the_current(name: str) -> None:
    """By a rule of our own here: what lies between the sums of the lower and the higher current of every interval."""
    record = recorded(name)
    assert record.current_ma is not None
    assert record.capacity_mah is not None
    if "contradict" in TABLE[name].says:
        return  # said: its dq sum up to -0.9 mAh, its counter to 0.1
    hours = np.diff(record.time_s) / 3600
    hours[hours > 20 * np.median(hours)] = 0.0  # pauses between loops
    pairs = np.stack([record.current_ma[1:], record.current_ma[:-1]]) * hours
    low, high = pairs.min(axis=0).cumsum(), pairs.max(axis=0).cumsum()
    all_of_it = np.abs(pairs).max(axis=0).sum()
    net = record.capacity_mah[1:]
    assert (net >= low - 0.03 * all_of_it).all()
    assert (net <= high + 0.03 * all_of_it).all()


def test_every_record_of_the_shared_data_is_in_the_table() -> None:
    index = shared("INDEX.tsv")
    with Path(index).open(encoding="utf-8") as file:
        assert [row["path"] for row in csv.DictReader(file, delimiter="\t")]
    files = [path for folder in ("eclab", "field") for path in sorted((DATA / folder).iterdir())]
    found = {path.relative_to(DATA).as_posix() for path in files if is_record(path.read_bytes())}
    assert found == set(TABLE)


def test_spectra_are_no_records() -> None:
    shared("INDEX.tsv")
    texts = [path for folder in NO_RECORDS for path in (DATA / folder).rglob("*") if path.suffix in (".txt", ".csv")]
    texts += [path for path in (DATA / "field").iterdir() if f"field/{path.name}" not in TABLE]
    assert texts
    for path in texts:
        assert not is_record(path.read_bytes()[:200_000]), path
        with pytest.raises(FormatError):
            read_record(str(path))


def test_state_of_charge_of_a_full_cycle() -> None:
    soc = with_soc(recorded("field/cycle_soc.mpt"), None).soc
    np.testing.assert_allclose(soc, [0, 50, 100, 99.5, 50, 2])  # type: ignore[arg-type]


def test_a_running_charge_is_taken_as_it_stands() -> None:
    record = with_soc(recorded("field/gcpl_no_current.mpt"), None)
    np.testing.assert_allclose(record.capacity_mah, [0, 1, 2, 0.8, 0.1])  # type: ignore[arg-type]
    np.testing.assert_allclose(record.current_ma, [np.nan, 3, 3, -7.2, -4.2])  # type: ignore[arg-type]
    np.testing.assert_allclose(record.soc, [0, 50, 100, 40, 5])  # type: ignore[arg-type]
