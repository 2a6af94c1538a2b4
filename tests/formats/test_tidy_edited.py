"""Tidy rows that a spreadsheet or pandas saved again: read where they say the same, else refused for what is wrong."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ramanfit
from ramanfit.cli.console import Console
from ramanfit.errors import FormatError
from ramanfit.experiment.inputs import say_notes
from ramanfit.formats import find_exports, is_fit_table, open_scans
from ramanfit.formats.graph_ascii import graph_ascii
from ramanfit.scan.scan import Scan

X = 100 + np.arange(9) * 2.4370412


@pytest.fixture
def frame(tmp_path: Path) -> pd.DataFrame:
    """Two scans of a line of three points, as they were exported."""
    for i in range(2):
        line = Scan(X, np.arange(27.0).reshape(3, 9) + 1700 + i, "line", coordinates_um=np.eye(3) * 5)
        (tmp_path / f"s{i}.txt").write_bytes(graph_ascii(line))
    ramanfit.export([str(tmp_path / "s0.txt"), str(tmp_path / "s1.txt")], str(tmp_path / "day.csv"))
    frame = pd.read_csv(tmp_path / "day.csv", dtype={"scan": int})
    frame["time_s"] = frame["scan"] * 60.0 + 12.5
    return frame


def read(raw: bytes) -> list[Scan]:
    return open_scans("-", stream=io.BytesIO(raw), stdin_name="a.csv")


def same(raw: bytes, frame: pd.DataFrame) -> bool:
    counts = np.concatenate([np.asarray(scan.counts).ravel() for scan in read(raw)])
    shifts = np.concatenate([np.tile(scan.shift_cm1, len(scan.counts)) for scan in read(raw)])
    return np.array_equal(counts, frame["counts"]) and np.array_equal(shifts, frame["shift_cm1"])


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_a_spreadsheet_of_any_country(frame: pd.DataFrame, tmp_path: Path, separator: str, decimal: str) -> None:
    raw = frame.to_csv(sep=separator, decimal=decimal, index=False).encode()
    assert not is_fit_table(raw)
    assert same(raw, frame)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.csv").write_bytes(b"\xef\xbb\xbf" + raw)
    assert same((tmp_path / "folder" / "a.csv").read_bytes(), frame)
    assert len(find_exports([str(tmp_path / "folder")])[0]) == 1


@pytest.mark.parametrize("separator", [";", "\t", ","])
@given(order=st.permutations(range(9)))
def test_columns_in_any_order(separator: str, order: list[int]) -> None:
    labels = ["source", "scan", "point", "position_um", "time_s", "Shift_cm1", "Counts", "laser_nm", ""]
    rows = [["a;b", "0", f"P{p}", f"{p}", "1.5", f"{x}", f"{p * x}", "532", "9"] for p in (1, 2) for x in (100, 102)]
    table = pd.DataFrame(rows, columns=labels).iloc[:, order]
    (scan,) = read(table.to_csv(sep=separator, index=False).encode())
    assert (scan.kind, scan.metadata.laser_nm) == ("line", 532)
    np.testing.assert_array_equal(np.asarray(scan.counts), [[100, 102], [200, 204]])


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_the_index_of_pandas(frame: pd.DataFrame, separator: str) -> None:
    assert same(frame.to_csv(sep=separator).encode(), frame)


Edit = Callable[[pd.DataFrame], pd.DataFrame]


def put(column: str, row: int, value: object) -> Edit:
    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.astype({column: object})
        frame.loc[row, column] = value
        return frame

    return edit


EDITS: dict[str, tuple[Edit, int | None, str]] = {
    **{
        name: (lambda frame, name=name: frame.drop(columns=name), 1, f"tidy rows without the column {name}")
        for name in ("source", "scan", "point", "position_um", "time_s", "shift_cm1", "counts")
    },
    "renamed": (lambda frame: frame.rename(columns={"counts": "cps"}), 1, "tidy rows without the column counts"),
    "twice": (lambda frame: frame.assign(Counts=1), 1, "expected one column counts, found 2"),
    "sorted": (lambda frame: frame.sort_values("shift_cm1", kind="stable"), 8, "rows of one spectrum together"),
    "backwards": (lambda frame: frame[::-1].sort_values("shift_cm1", ascending=False), None, "rows of one spectrum"),
    "shuffled": (lambda frame: frame.sample(frac=1, random_state=1), None, "rows of one spectrum together"),
    "time in the middle": (put("time_s", 4, 13.5), 6, "time_s: expected '12.5', as in the row before"),
    "time at the end": (put("time_s", 8, 13.5), 10, "time_s: expected '12.5', as in the row before"),
    "time at the beginning": (put("time_s", 9, 13.5), 12, "time_s: expected '13.5', as in the row before"),
    "point in the middle": (put("point", 4, "Q"), 6, "point: expected 'P1', as in the row before"),
    "scan in the middle": (put("scan", 4, 7), 6, "scan: expected '0', as in the row before"),
    "scan at the end": (put("scan", 53, 7), 55, "scan: expected '1', as in the row before"),
    "shift": (put("shift_cm1", 13, 110.0), 15, r"shift_cm1: expected 109\.7\d+, .* \(line 6\), found 110"),
    "shift that falls": (put("shift_cm1", 13, 90.0), 15, r"shift_cm1: expected more than the 107\.3\d+ .* found 90"),
    "a row less": (lambda frame: frame.drop(17), 11, "expected the 9 shifts of .* found 8 of them"),
    "a word": (put("counts", 3, "x"), 5, "counts: expected a number, found 'x'"),
    "a comma": (put("counts", 3, "1,5"), 5, "counts: expected a number with a point, as in line 2, found '1,5'"),
    "thousands": (put("counts", 3, "1,700.5"), 5, "counts: expected a number, found '1,700.5'"),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_an_edit_made_wrong_is_named(frame: pd.DataFrame, name: str) -> None:
    edit, line, words = EDITS[name]
    with pytest.raises(FormatError, match=words) as caught:
        read(edit(frame).to_csv(index=False, sep=";" if name == "source" else ",").encode())
    assert line is None or caught.value.line == line


def test_commas_that_could_be_of_thousands() -> None:
    head = "source;scan;point;position_um;time_s;shift_cm1;counts\n"
    with pytest.raises(FormatError, match="before three digits") as caught:
        read((head + "a;0;P1;;;100;999\na;0;P1;;;101;1,001\n").encode())
    assert caught.value.line == 3
    (scan,) = read((head + "a;0;P1;;;100,5;1,001\na;0;P1;;;101;1,002\n").encode())
    assert np.asarray(scan.counts).tolist() == [[1.001, 1.002]]


def test_json_on_one_line_is_no_table_of_results(frame: pd.DataFrame) -> None:
    with pytest.raises(FormatError, match="expected one object on the line"):
        read(frame.to_json(orient="records").encode())
    assert same(frame.to_json(orient="records", lines=True, double_precision=15).encode(), frame)


def test_numbers_without_keys_are_a_table_as_any_other() -> None:
    rows = "".join(f"{x},{x * y}\n" for y in (1, 2) for x in range(100, 130))
    (scan,) = read(f"shift_cm1,counts\n{rows}".encode())
    assert len(scan.counts) == 2


def test_reading_back_is_said_in_one_line(frame: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    notes: dict[str, list[str]] = {}
    for scan in read(frame.assign(started="2024-01-15T10:00:00+01:00").to_csv(index=False).encode()):
        for note in pickle.loads(pickle.dumps(scan.notes)):
            notes.setdefault(note, []).append(scan.source)
    assert len(notes) == 2  # in full they differ
    for of, where in ((2, ""), (5, " in 2 of 5 measurements")):
        voice = Console()
        say_notes(notes, voice, of)
        voice._say_noted()
        assert capsys.readouterr().err == f"ramanfit: scans of an export by ramanfit{where} (-v: why)\n"
