"""Excel workbooks of spectra: what is in them is read, or the cell is named that is no number."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ramanfit.cli import ramanfit
from ramanfit.cli.console import Console
from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, find_exports, open_scans
from ramanfit.formats.workbook import WorkbookSheet
from ramanfit.formats.xlsx import READER
from ramanfit.scan.scan import Scan
from tests.exports import workbook
from tests.fuzz.damage import damaged, flip, value

X = 900.25 + 25.5 * np.arange(40)
Y = np.stack([np.sqrt(X), X / 7, X % 50]).round(3)
LABELS = ["Raman shift / cm-1", "a", "b", "c"]
TEXT = "".join(f"{x}\t{y}\n" for x, y in zip(X, Y[0], strict=True))
GRAPHITE = Path(__file__).resolve().parents[2] / "sample_spectra" / "pristine-graphite"
COLUMNS = [LABELS, *np.vstack([X, Y]).T.tolist()]


def read(raw: bytes, **options: Any) -> list[Scan]:
    return open_scans("-", ReadOptions(**options), stream=io.BytesIO(raw), stdin_name="book.xlsx")


def refuse(raw: bytes, **options: Any) -> FormatError:
    with pytest.raises(FormatError) as caught:
        read(raw, **options)
    assert "\n" not in str(caught.value)
    return caught.value


def test_columns() -> None:
    (scan,) = read(workbook(Data=COLUMNS))
    np.testing.assert_array_equal(scan.shift_cm1, X)
    np.testing.assert_array_equal(scan.counts, Y)
    assert (scan.name, scan.axis_unit) == ("book", "rel. 1/cm")


@given(data=st.data())
def test_numbers_are_read_bit_for_bit(data: st.DataObject) -> None:
    n, m = data.draw(st.integers(1, 4)), data.draw(st.integers(3, 8))
    x = np.sort(data.draw(arrays(np.int64, m, elements=st.integers(1, 10**7), unique=True))) / 64
    y = data.draw(arrays(np.int64, (n, m), elements=st.integers(-(10**9), 10**9))) / 64  # openpyxl writes 16 digits
    (scan,) = read(workbook(S=[["Raman shift (cm-1)", *[f"s{i}" for i in range(n)]], *np.vstack([x, y]).T.tolist()]))
    np.testing.assert_array_equal(scan.shift_cm1, x)
    np.testing.assert_array_equal(scan.counts, y)


def test_other_layouts() -> None:
    (rows,) = read(workbook(S=[["", *X.tolist()], *[[60.0 * i, *y] for i, y in enumerate(Y.tolist())]]), layout="rows")
    np.testing.assert_array_equal(rows.counts, Y)
    pairs = [["Raman shift (cm-1)", "A", "Raman shift (cm-1)", "B"], *np.stack([X, Y[0], X + 1, Y[1]]).T.tolist()]
    one, other = read(workbook(S=pairs))
    np.testing.assert_array_equal(one.counts[0], Y[0])
    np.testing.assert_array_equal(other.shift_cm1, X + 1)
    keys = ["source", "scan", "point", "position_um", "time_s", "shift_cm1", "counts"]
    tidy = [["a.txt", 0, f"P{i + 1}", float(i), i + 0.5, a, b] for i in (0, 1) for a, b in zip(X, Y[i], strict=True)]
    (line,) = read(workbook(S=[keys, *tidy]))
    np.testing.assert_array_equal(line.counts, Y[:2])
    np.testing.assert_array_equal(line.position_um, [0, 1])


def test_a_table_may_stand_anywhere_on_its_sheet() -> None:
    title = [["Sample", "HOPG"], [None, "measured", datetime(2024, 5, 6)], []]
    shifted = [[None, None, *row] for row in [*title, *COLUMNS]]
    (scan,) = read(workbook(Notes=[["nothing", 1], ["here"]], Data=[*shifted, [], [None, "the end"]]))
    np.testing.assert_array_equal(scan.shift_cm1, X)
    np.testing.assert_array_equal(scan.counts, Y)


def test_an_empty_cell_is_masked() -> None:
    rows = [list(row) for row in COLUMNS]
    rows[7][2] = rows[9][3] = None
    (scan,) = read(workbook(Data=rows))
    assert scan.mask is not None
    assert np.argwhere(scan.mask).tolist() == [[1, 6], [2, 8]]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("532.1", "the text '532.1'"),
        ("#N/A", "the text '#N/A'"),
        (True, "the text 'True'"),
        (datetime(2024, 5, 6, 7, 8), "the date or time 2024-05-06 07:08:00"),
        (time(7, 8), "the date or time 07:08:00"),
    ],
)
def test_what_is_no_number_is_named_with_its_cell(cell: object, said: str) -> None:
    rows = [list(row) for row in COLUMNS]
    rows[7][2], rows[9][2] = cell, "later"  # type: ignore[call-overload]
    assert f"book.xlsx: My data!C8: expected a number, found {said}" in str(refuse(workbook(**{"My data": rows})))


@pytest.mark.parametrize("every", [False, True])
def test_a_formula_without_a_value_is_named(every: bool) -> None:
    rows = [list(row) for row in COLUMNS]
    for i in range(5, len(rows)) if every else (5,):
        rows[i][2] = f"=A{i + 1}*2"
    error = refuse(workbook(Data=rows if not every else [row[:1] + row[2:3] for row in rows[:1] + rows[5:]]))
    assert f"Data!{'B2' if every else 'C6'}: expected a number, found a formula without a value" in str(error)
    assert "open the workbook in Excel" in (error.hint or "")


def test_several_sheets_of_numbers() -> None:
    raw = workbook(One=COLUMNS, Two=[row[:2] for row in COLUMNS])
    error = refuse(raw)
    assert "expected one sheet with numbers, found 2: One, Two" in str(error)
    assert error.hint == "name one: book.xlsx::One"
    (scan,) = read(raw, select="Two")
    np.testing.assert_array_equal(scan.counts, Y[:1])
    assert scan.name == "Two"


def test_no_spectra() -> None:
    assert "a workbook without a sheet of numbers" in str(refuse(workbook(A=[["one", "two"], [1, 2]], B=[])))
    assert "text 'x'" in str(refuse(workbook(A=[[1, 2], ["x", 3], [4, 5], [5, 6]])))


def test_a_table_of_fits_is_no_spectrum(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text(TEXT)
    fit = [sys.executable, "-m", "ramanfit", "fit", GRAPHITE, "-o", tmp_path / "table.xlsx", "-q"]
    assert subprocess.run(fit, check=False).returncode == 0
    with pytest.raises(FormatError, match="a table of results of ramanfit, no spectrum"):
        open_scans(str(tmp_path / "table.xlsx"))
    (tmp_path / "book.xlsx").write_bytes(workbook(Data=COLUMNS))
    (tmp_path / "other.xlsx").write_bytes(workbook(Data=[["words"]]))
    files, passed = find_exports([str(tmp_path)])
    assert [Path(file).name for file in files] == ["book.xlsx", "s.txt"]
    assert [over.reason for over in passed] == [
        "a workbook without a sheet of numbers",
        "a table of results of ramanfit, no spectrum",
    ]
    assert open_scans(str(tmp_path / "book.xlsx"))[0].name == "book"


def test_records_of_a_cell_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text(TEXT)
    record = [["time/s", "Ewe/V", "<I>/mA"], *[[60.0 * i, 3.2 + i / 100, 0.5] for i in range(30)]]
    dated = [["Date", "time/s", "Ewe/V"], *[[datetime(2024, 5, 6, 7, i), 60.0 * i, 3.2] for i in range(30)]]
    (tmp_path / "one.xlsx").write_bytes(workbook(Record=record))
    (tmp_path / "two.xlsx").write_bytes(workbook(Record=record, Dated=dated))
    files, passed = find_exports([str(tmp_path)])
    assert [Path(file).name for file in files] == ["s.txt"]
    assert [Path(over.path).name for over in passed] == ["one.xlsx", "two.xlsx"]
    assert all(over.reason for over in passed)


def test_without_the_package_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = workbook(Data=COLUMNS)
    for module in ("xlsx", "workbook"):
        monkeypatch.setattr(f"ramanfit.formats.{module}.find_spec", lambda name: None)
    error = refuse(raw)
    assert str(error).endswith("which needs the package openpyxl, which is not installed")
    assert "pip install 'ramanfit-cli[xlsx]'" in (error.hint or "")
    (tmp_path / "book.xlsx").write_bytes(raw)
    (tmp_path / "s.txt").write_text(TEXT)
    assert "needs the package openpyxl" in find_exports([str(tmp_path)])[1][0].reason


@pytest.mark.parametrize("verb", ["info", "ratio"])
def test_workbooks_that_are_passed_over_for_want_of_the_package_are_named(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.xlsx").write_bytes(workbook(Data=COLUMNS))
    (tmp_path / "two.xlsx").write_bytes(workbook(Data=COLUMNS))
    shutil.copy(next(GRAPHITE.glob("*Spec.Data*")), tmp_path / "s.txt")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert Console().run(ramanfit, [verb, "."]) == 0
    said = " ".join(capsys.readouterr().err.split())
    lacking = "an Excel workbook (.xlsx), which needs the package openpyxl: pip install 'ramanfit-cli[xlsx]'"
    assert f"one.xlsx, two.xlsx: passed over: {lacking}" in said


def part(raw: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The workbook with other bytes in one of its parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            content = before.read(info)
            assert info.filename != name or old in content
            after.writestr(info.filename, content.replace(old, new) if info.filename == name else content)
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@settings(max_examples=100)
@given(numbers=st.randoms(use_true_random=False), name=st.sampled_from([SHEET, "xl/workbook.xml", "xl/styles.xml"]))
def test_a_damaged_part_is_read_or_refused(numbers: random.Random, name: str) -> None:
    raw = workbook(Data=COLUMNS[:9])
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        content = archive.read(name)
    way = numbers.choice([damaged, flip, value])
    with contextlib.suppress(FormatError):
        scans = read(part(raw, name, content, way(content, numbers)))
        assert all(np.isfinite(np.asarray(scan.counts)).all() for scan in scans)


def test_traps() -> None:
    raw = workbook(Data=COLUMNS)
    bomb = part(raw, SHEET, b"<sheetData>", b"<sheetData>" + b" " * (80 << 20))
    assert len(bomb) < 1 << 20
    tracemalloc.start()
    assert "a workbook that holds at most 16 MiB or 100 times its own size, found 80 MiB" in str(refuse(bomb))
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert "at most 1048576 rows" in str(refuse(part(raw, SHEET, b'<row r="9"', b'<row r="99999999999"')))
    entities = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><worksheet'
    assert "found <!DOCTYPE" in str(refuse(part(raw, SHEET, b"<worksheet", entities)))
    for broken in (raw[:-30], raw[:3000], part(raw, "xl/workbook.xml", b"</", b"<"), part(raw, SHEET, b"<v>", b"<v")):
        assert "expected a whole workbook, found" in str(refuse(broken))


def test_the_whole_size_is_not_believed_of_a_sheet() -> None:
    raw = part(workbook(Data=COLUMNS), SHEET, b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
    (scan,) = read(raw)
    np.testing.assert_array_equal(scan.counts, Y)


def test_the_reader_takes_options_of_tables() -> None:
    assert READER.by_hand
    (scan,) = read(workbook(Data=COLUMNS), axis_column="1", layout="columns")
    assert len(scan) == 3


@pytest.mark.parametrize("column", [0, 1, 2, 3])
@pytest.mark.parametrize("first", [1, 2, 6, 25, 40])
@pytest.mark.parametrize("labelled", [True, False])
def test_formulas_of_any_part_of_a_column_are_named(column: int, first: int, labelled: bool) -> None:
    rows = [list(row) for row in COLUMNS[not labelled :]]
    first = min(first, len(rows) - 1)
    for i in range(first, len(rows)):
        rows[i][column] = f"=A{i}*2"
    error = refuse(workbook(Data=rows))
    assert str(error) == (
        f"book.xlsx: Data!{'ABCD'[column]}{first + 1}: expected a number, found a formula without a value"
    )
    assert error.hint == "open the workbook in Excel or LibreOffice, and save it there"


def test_a_sheet_of_nothing_but_formulas_is_an_error_in_a_folder(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Raman shift / cm-1", "a"], *[[f"=100+{i}", f"={i}*7"] for i in range(40)]]
    assert "Data!A2: expected a number, found a formula" in str(refuse(workbook(Data=rows)))
    assert "Data!B1: expected a label, found a formula" in str(
        refuse(workbook(Data=[["x", '="a"', "b", "c"], *COLUMNS[1:]]))
    )
    (tmp_path / "book.xlsx").write_bytes(workbook(Data=rows))
    assert [Path(file).name for file in find_exports([str(tmp_path)])[0]] == ["book.xlsx"]


def test_formulas_with_values_or_below_the_table_do_no_harm() -> None:
    rows = [*[list(row) for row in COLUMNS], [], ["sum", "=SUM(B2:B41)"]]
    raw = workbook(Data=rows)
    (scan,) = read(raw)
    np.testing.assert_array_equal(scan.counts, Y)
    stored = part(raw, SHEET, b"<f>SUM(B2:B41)</f><v />", b"<f>SUM(B2:B41)</f><v>5</v>")
    np.testing.assert_array_equal(read(stored)[0].counts, Y)
    rows = [list(row) for row in COLUMNS]
    rows[7][2] = "=A8*2"
    valued = part(workbook(Data=rows), SHEET, b"<f>A8*2</f><v />", b"<f>A8*2</f><v>12.5</v>")
    assert read(valued)[0].counts[1, 6] == 12.5
    empty = part(workbook(Data=rows), SHEET, b'"C8"><f>A8*2</f><v />', b'"C8" t="str"><f>A8*2</f><v></v>')
    (scan,) = read(empty)
    assert scan.mask is not None
    assert np.argwhere(scan.mask).tolist() == [[1, 6]]


PAIRS = [["Raman shift (cm-1)", "A", "Raman shift (cm-1)", "B"], *np.stack([X, Y[0], X + 1, Y[1]]).T.tolist()]


@pytest.mark.parametrize("others", [{}, {"Notes": [["words"]]}, {"Two": COLUMNS}])
def test_the_title_of_a_sheet_selects_it_whatever_else_there_is(tmp_path: Path, others: dict[str, Any]) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(workbook(**{"My data": COLUMNS}, **others))
    (scan,) = open_scans(f"{book}::My data")
    np.testing.assert_array_equal(scan.counts, Y)
    assert (scan.name, scan.source) == ("My data", f"{book}::My data")
    assert open_scans(str(book), ReadOptions(select="My*"))[0].name == "My data"
    book.write_bytes(workbook(**{"My data": PAIRS}, **others))
    assert [scan.name for scan in open_scans(f"{book}::My data")] == ["My data A", "My data B"]


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    book = tmp_path / "two.xlsx"
    book.write_bytes(workbook(One=COLUMNS, Two=COLUMNS))
    with pytest.raises(FormatError, match='no sheet "nope"') as caught:
        open_scans(f"{book}::nope")
    assert caught.value.hint == "there are: One, Two"
    book.write_bytes(workbook(One=COLUMNS))
    with pytest.raises(FormatError, match="no measurement named 'nope'"):
        open_scans(f"{book}::nope")


def as_text(value: object, sign: str) -> str:
    return str(value).replace(".", sign)


@pytest.mark.parametrize("sign", [",", "."])
@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("width", [2, 4])
def test_numbers_that_are_all_texts_are_refused_also_in_a_folder(
    tmp_path: Path, sign: str, labelled: bool, width: int
) -> None:
    rows: list[list[object]] = [[as_text(cell, sign) for cell in row[:width]] for row in COLUMNS[1:]]
    raw = workbook(Data=[LABELS[:width], *rows] if labelled else rows)
    error = refuse(raw)
    found = as_text(X[0], sign)
    assert f"Data!A{1 + labelled}: expected a number, found the text '{found}'" in str(error)
    assert error.hint == "store numbers as numbers, not as texts; or save the sheet as CSV"
    (tmp_path / "book.xlsx").write_bytes(raw)
    assert [Path(file).name for file in find_exports([str(tmp_path)])[0]] == ["book.xlsx"]


@given(data=st.data())
def test_a_decimal_comma_among_numbers_is_never_read(data: st.DataObject) -> None:
    width = data.draw(st.integers(2, 4))
    rows = [list(row[:width]) for row in COLUMNS]
    cells = st.tuples(st.integers(1, len(rows) - 1), st.integers(0, width - 1))
    some = data.draw(st.one_of(st.sets(cells, min_size=1, max_size=99), st.just({(i, 1) for i in range(1, 41)})))
    for i, j in some:
        rows[i][j] = as_text(rows[i][j], ",")
    i, j = min(some)
    assert f"Data!{'ABCD'[j]}{i + 1}: expected a number, found the text" in str(refuse(workbook(Data=rows)))


@pytest.mark.parametrize("first", ["cm-1", "time_s", "Time (s)", "Raman shift / cm-1", ""])
@pytest.mark.parametrize("start", [0.0, 100.0])
def test_a_row_of_labels_that_are_numbers_is_read_as_in_a_text(first: str, start: float) -> None:
    times = [start + 600.0 * i for i in range(3)]
    in_rows = first.lower().startswith("time")
    header = [first, *(X.tolist() if in_rows else times)]
    body = np.column_stack([times, Y] if in_rows else [X, Y.T]).tolist()
    text = "\n".join("\t".join(map(str, row)) for row in [header, *body]) + "\n"
    try:
        (expected,) = open_scans("-", ReadOptions(), stream=io.BytesIO(text.encode()), stdin_name="book.txt")
    except FormatError as error:
        assert str(refuse(workbook(Data=[header, *body]))).split(": ")[2:] == str(error).split(": ")[2:]  # noqa: PT017
        return
    (scan,) = read(workbook(Data=[header, *body]))
    np.testing.assert_array_equal(scan.shift_cm1, expected.shift_cm1)
    np.testing.assert_array_equal(scan.counts, Y)
    assert (scan.kind, scan.notes) == (expected.kind, expected.notes)


def test_of_a_large_sheet_in_a_folder_only_the_beginning_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["Raman shift / cm-1", "a"], *[[100 + i / 8, 1 / (3 + i)] for i in range(8000)]]
    (tmp_path / "book.xlsx").write_bytes(workbook(Data=rows))
    taken: list[int] = []
    add = WorkbookSheet.add

    def counted(sheet: WorkbookSheet, number: int, cells: tuple[object, ...]) -> None:
        taken.append(number)
        add(sheet, number, cells)

    monkeypatch.setattr(WorkbookSheet, "add", counted)
    (file,) = find_exports([str(tmp_path)])[0]
    assert len(taken) < 5000
    taken.clear()
    assert open_scans(file)[0].shift_cm1.size == 8000
    assert len(taken) == 8001
