"""Tidy rows: what `export` writes is read back; anything else is refused with its line."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ramanfit
from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, find_exports, is_fit_table, open_scans
from ramanfit.formats.graph_ascii import graph_ascii
from ramanfit.scan.scan import Scan

X = np.arange(5) * 2.5 + 100
Y = np.arange(30.0).reshape(6, 5) + 700
HEAD = "source,scan,point,position_um,time_s,shift_cm1,counts\n"


def scan(kind: str) -> Scan:
    place = np.zeros((6, 3))
    place[:, 0] = np.arange(6) * 2.0
    lost = np.zeros(Y.shape, dtype=bool)
    lost[2, 3] = True
    return Scan(
        X,
        np.where(lost, 0, Y),
        kind,  # type: ignore[arg-type]
        name="Line",
        coordinates_um=None if kind == "series" else place,
        grid=(2, 3) if kind == "map" else None,
        offset_s=np.arange(6) * 4.0 if kind == "series" else None,
        mask=lost,
    )


def read(text: str) -> list[Scan]:
    return open_scans("-", ReadOptions(), stream=io.BytesIO(text.encode()), stdin_name="a.csv")


@pytest.mark.parametrize("ending", ["csv", "tsv"])
@pytest.mark.parametrize("kind", ["line", "series", "map"])
def test_what_export_writes_is_read_back(tmp_path: Path, kind: str, ending: str) -> None:
    for name in ("s1.txt", "s2.txt"):
        (tmp_path / name).write_bytes(graph_ascii(scan(kind)))
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / f"x.{ending}"
    ramanfit.export([str(tmp_path / "s1.txt"), str(tmp_path / "s2.txt")], str(file))
    assert find_exports([str(tmp_path / "folder")])[0] == [str(file)]
    assert not is_fit_table(file.read_bytes())
    back, outside = open_scans(str(file)), pd.read_csv(file, sep="\t" if ending == "tsv" else ",")
    assert [one.name for one in back] == ["s1 0", f"s2 {6 if kind == 'series' else 1}"]
    for number, one in enumerate(back):
        its = outside[outside["source"] == str(tmp_path / f"s{number + 1}.txt")]
        np.testing.assert_array_equal(one.shift_cm1, X)
        np.testing.assert_array_equal(one.counts, its["counts"].fillna(0).to_numpy().reshape(6, 5))
        np.testing.assert_array_equal(one.mask, its["counts"].isna().to_numpy().reshape(6, 5))
        assert one.kind == kind
        assert one.grid == ((2, 3) if kind == "map" else None)
        if kind == "line":
            np.testing.assert_array_equal(one.position_um, np.arange(6) * 2.0)
    again = tmp_path / f"y.{ending}"
    ramanfit.export([str(file)], str(again))
    columns = ["scan", "point", "position_um", "shift_cm1", "counts"]
    pd.testing.assert_frame_equal(pd.read_csv(again, sep=None, engine="python")[columns], outside[columns])


def test_times_of_a_single_scan_come_back(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_bytes(graph_ascii(scan("series")))
    ramanfit.export([str(tmp_path / "s.txt")], str(tmp_path / "x.csv"))
    ramanfit.export([str(tmp_path / "x.csv")], str(tmp_path / "y.csv"))
    first, second = (pd.read_csv(tmp_path / name)["time_s"] for name in ("x.csv", "y.csv"))
    np.testing.assert_array_equal(first, second)
    assert first[0] == 2.0


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a,0,P1,,,100,5\na,0,P1,,,101,x\n", 3, "expected a number, found 'x'"),
        ("a,0,P1,,,100,5\na,0,P1,,,,5\n", 3, "expected a number, found ''"),
        ("a,0,P1,,,100,5\na,0,P1,,,101\n", 3, "expected 7 cells, found 6"),
        ("a,0,P1,,,100,5\na,0,P1,,,101,5\na,0,P2,,,100,5\n", 4, "expected the 2 shifts"),
        ("a,0,P1,,,100,5\na,0,P1,,,101,5\na,0,P2,,,100,5\na,0,P2,,,102,5\n", 4, "expected the 2 shifts"),
        ("a,0,P1,,,100,5\n", None, "at least 2 channels"),
        ("", None, "expected rows of numbers"),
        ('a,0,P1,,,100,5\n"a,0,P1,,,101,5\n', None, "expected"),
    ],
)
def test_broken_rows(text: str, line: int | None, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(HEAD + text)
    assert line is None or caught.value.line == line


def test_results_are_no_tidy_rows() -> None:
    assert is_fit_table(b"source,scan,point,position_um,time_s,peak\na,0,P1,0,1,G\n")
    assert is_fit_table(b"source,scan,point,shift_cm1,counts,used,baseline,G,fit,residual\n")
