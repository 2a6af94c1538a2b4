"""Tidy rows: what `export` writes is read back; anything else is refused with its line."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ramanfit
from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, find_exports, is_fit_table, open_scans
from ramanfit.formats.graph_ascii import graph_ascii
from ramanfit.scan.scan import Metadata, Scan
from ramanfit.scan.schedule import Schedule, Taken, Visit, place
from ramanfit.tables.forms import open_writer
from ramanfit.tables.spectra import tidy_tables

X = np.arange(5) * 2.5 + 100
Y = np.arange(30.0).reshape(6, 5) + 700
JSON = '{"source": "a", "scan": 0, "point": "P1", "position_um": null, "time_s": null, "shift_cm1": %s, "counts": %s}\n'
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
        (
            "a,0,P1,,,100,5\na,0,P1,,,101,5\na,0,P2,,,100,5\na,0,P2,,,102,5\n",
            5,
            "shift_cm1: expected 101, .* .line 3., found 102",
        ),
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


places = st.floats(-1e6, 1e6)
zones = st.none() | st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes() | st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=zones)
FORMS = ["csv", "tsv", "json", "jsonl", "parquet"]


def array(draw: st.DrawFn, *shape: int, values: st.SearchStrategy[float] = places) -> np.ndarray:
    size = int(np.prod(shape))
    return np.array(draw(st.lists(values, min_size=size, max_size=size)), dtype=float).reshape(shape)


@st.composite
def scans(draw: st.DrawFn) -> Scan:
    """Scans of every kind, with all that tidy rows can say of them."""
    m, kind = draw(st.integers(2, 5)), draw(st.sampled_from(["spectrum", "line", "series", "map"]))
    grid = (draw(st.integers(1, 3)), draw(st.integers(1, 3))) if kind == "map" else None
    n = 1 if kind == "spectrum" else grid[0] * grid[1] if grid else draw(st.integers(2, 4))
    where = np.column_stack([array(draw, n, 2), np.zeros(n)]) if grid and draw(st.booleans()) else None
    along = np.cumsum(array(draw, n, values=st.floats(0, 1e3))) * (np.arange(n) > 0)
    mask = array(draw, n, m) > 0 if draw(st.booleans()) else np.zeros((n, m), dtype=bool)
    counts = array(draw, n, m, values=st.floats(-1e100, 1e100))
    timed = kind == "series" or draw(st.booleans())
    return Scan(
        np.cumsum(array(draw, m, values=st.floats(0.01, 50))) - 100,
        np.where(mask, 0.0, counts),
        kind=kind,  # type: ignore[arg-type]
        source=draw(st.text("aµ =/.\",;\t'\u65e5", min_size=1, max_size=9)),
        position_um=along if kind == "line" else None,
        coordinates_um=where,
        grid=grid,
        offset_s=np.cumsum(array(draw, n, values=st.floats(0.01, 1e4))) if timed else None,
        mask=mask if mask.any() else None,
        metadata=Metadata(started=draw(st.none() | moments), laser_nm=draw(st.none() | st.floats(100, 2000))),
    )


@pytest.mark.parametrize("form", FORMS)
@given(scan=scans())
def test_a_scan_comes_back_bit_for_bit(form: str, scan: Scan, tmp_path_factory: pytest.TempPathFactory) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    file = tmp_path_factory.getbasetemp() / f"a.{form}"
    (keys,), _ = place([Visit.of(scan)], Schedule())
    with open_writer(file, form, exact=True) as writer:
        for table in tidy_tables(Taken(scan, keys), ("started", "laser_nm")):
            writer.write(table)
    (back,) = open_scans(str(file))
    for name in ("shift_cm1", "counts", "coordinates_um", "mask"):
        mine, its = (None if (v := getattr(one, name)) is None else np.asarray(v) for one in (scan, back))
        assert (mine is None) == (its is None), name
        assert mine is None or mine.tobytes() == its.tobytes(), name  # type: ignore[union-attr]
    assert (back.kind, back.grid, back.metadata) == (scan.kind, scan.grid, scan.metadata)
    assert str(back.metadata.started) == str(scan.metadata.started)
    (again,), _ = place([Visit.of(back)], Schedule())
    assert again.point == keys.point
    np.testing.assert_array_equal(again.scan, keys.scan)
    np.testing.assert_array_equal(again.position_um, keys.position_um)
    rounding = 4 * np.finfo(float).eps * float(np.nanmax(np.abs(keys.time_s), initial=0.0))  # of two sums of times
    np.testing.assert_allclose(again.time_s, keys.time_s, rtol=0, atol=rounding)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            '{"source": "a", "scan": 0, "point": "P1", "shift_cm1": 1, "counts": 2}\n',
            1,
            "columns position_um, time_s",
        ),
        (JSON % ("100", "5") + "nonsense\n", 2, "expected one object on the line, of the 7 names"),
        (JSON % ("100", "[5]"), 1, "expected texts and numbers"),
        (JSON % ("100", '"x"'), 1, "expected a number"),
        (JSON % ("100", "5") + '{"source": "a"}\n', 2, "expected one object on the line, of the 7 names"),
        (JSON % ("100", "Infinity"), 1, "expected a number"),
    ],
)
def test_broken_objects(text: str, line: int, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("column", "cell"), [("started", "yesterday"), ("started", "9999-12-31T23:00-02:00"), ("laser_nm", "-5")]
)
def test_broken_facts(column: str, cell: str) -> None:
    with pytest.raises(FormatError) as caught:
        read(f"source,scan,point,position_um,time_s,{column},shift_cm1,counts\n" + f"a,0,P1,,,{cell},100,5\n" * 2)
    assert caught.value.line == 2


@pytest.mark.parametrize("form", FORMS)
def test_times_of_several_scans_come_back(tmp_path: Path, form: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    operando = Path(__file__).parents[2] / "sample_spectra" / "operando"
    ramanfit.export(operando, tmp_path / f"a.{form}")
    ramanfit.export(tmp_path / f"a.{form}", tmp_path / f"b.{form}")
    assert len(open_scans(str(tmp_path / f"a.{form}"))) == 12
    if form == "csv":
        first, second = ((tmp_path / f"{name}.{form}").read_text() for name in "ab")
        assert [row.partition(",")[2] for row in first.splitlines()] == [
            row.partition(",")[2] for row in second.splitlines()
        ]


def parquet(**columns: object) -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    pyarrow_parquet = pytest.importorskip("pyarrow.parquet")
    file = io.BytesIO()
    pyarrow_parquet.write_table(pyarrow.table(columns), file)
    return file.getvalue()


PARQUET = {
    "source": ["a"] * 2,
    "scan": [0, 0],
    "point": ["P1"] * 2,
    "position_um": [1.0, 1.0],
    "time_s": [1.0, 1.0],
    "shift_cm1": [100.0, 101.0],
    "counts": [5.0, None],
}


def of_parquet(raw: bytes) -> list[Scan]:
    return open_scans("-", stream=io.BytesIO(raw), stdin_name="a.parquet")


def test_parquet_of_somebody() -> None:
    (scan,) = of_parquet(parquet(**PARQUET))
    assert scan.mask is not None
    assert scan.mask.tolist() == [[False, True]]
    for change, words in (
        ({"counts": [b"a", b"b"]}, "columns of numbers and texts, found 'counts of binary'"),
        ({"counts": ["a", "b"]}, "expected a number, found 'a'"),
        ({"counts": [[1.0], [2.0]]}, "columns of numbers and texts"),
        ({"shift_cm1": [100.0, None]}, "expected a number"),
        ({name: [] for name in PARQUET}, "columns of numbers and texts|rows of numbers"),
        ({name: values * 5_000_000 for name, values in PARQUET.items()}, "100 times the size"),
    ):
        with pytest.raises(FormatError, match=words):
            of_parquet(parquet(**{**PARQUET, **change}))
    with pytest.raises(FormatError, match="a table in parquet of something else"):
        of_parquet(parquet(a=[1.0]))
    with pytest.raises(FormatError, match="a whole parquet file"):
        of_parquet(parquet(**PARQUET)[:-9] + b"shift_cm1 counts")


@pytest.mark.parametrize("kind", ["large_string", "string_view", "dictionary", "large dictionary"])
def test_texts_of_parquet_of_any_kind(kind: str) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    if not hasattr(pyarrow, kind.split()[-1]):
        pytest.skip("a pyarrow without them")
    plain = pyarrow.large_string() if kind.startswith("large") else pyarrow.string()
    its = pyarrow.dictionary(pyarrow.int32(), plain) if "dictionary" in kind else getattr(pyarrow, kind)()
    texts = {name: pyarrow.array(PARQUET[name]).cast(plain).cast(its) for name in ("source", "point")}
    numbers = {
        "scan": pyarrow.array([0, 0], "uint8"),
        "position_um": pyarrow.nulls(2),
        "counts": pyarrow.array([0.1, None], "float32"),
    }
    (scan,) = of_parquet(parquet(**{**PARQUET, **texts, **numbers}))
    assert scan.notes[0] == "scan 0 of a"
    assert np.asarray(scan.counts)[0, 0] == np.float32(0.1)


def test_parquet_that_pandas_saved_again(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    file.write_bytes(parquet(**PARQUET))
    frame = pd.read_parquet(file)
    for names in ([], ["source", "point"]):
        frame.astype(dict.fromkeys(names, "category")).to_parquet(file, index=False)
        (scan,) = open_scans(str(file))
        assert np.asarray(scan.shift_cm1).tolist() == [100.0, 101.0]


def test_parquet_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = parquet(**PARQUET)
    monkeypatch.setattr("ramanfit.formats.tidy_parquet.find_spec", lambda name: None)
    with pytest.raises(OSError, match="needs the package pyarrow") as caught:
        of_parquet(raw)
    assert caught.value.hint == "pip install 'ramanfit-cli[parquet]'"  # type: ignore[attr-defined]
