"""Tables of numbers one by one: what each kind reads as, what is said of it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ramanfit.errors import FormatError
from ramanfit.formats import bytes_in, find_exports, open_scans
from ramanfit.scan.scan import Scan
from tests.formats.test_layouts import FOOTERS, read

NEWLINES = "\n", "\r\n", "\r"
X = np.arange(12) * 2.5 + 1000
Y = np.random.default_rng(3).integers(100, 900, (4, 12)).astype(float)


def rows(*columns: np.ndarray, head: str = "", sep: str = ",") -> str:
    return head + "".join(sep.join(f"{v:g}" for v in row) + "\n" for row in zip(*columns, strict=True))


def one(text: str | bytes, **options: object) -> Scan:
    (scan,) = read(text, **options)
    return scan


def refused(text: str | bytes, **options: object) -> FormatError:
    with pytest.raises(FormatError) as caught:
        read(text, **options)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("labels", "taken", "left"),
    [
        ("Shift,Raw,Corrected", [0], "'Corrected'"),
        ("Shift,Corrected,Raw", [1], "'Corrected'"),
        ("Raman shift (cm-1),Intensity,Baseline subtracted", [0], "'Baseline subtracted'"),
        ("Shift,A,A smoothed", [0], "'A smoothed'"),
        ("Shift,Counts,Std", [0], "'Std'"),
        ("Shift,y,yErr", [0], "'yErr'"),
        ("Shift,Intensity,Fit", [0], "'Fit'"),
        ("Shift,A corrected,B corrected", [0, 1], ""),
        ("Shift,Si,Graphite", [0, 1], ""),
        ("Shift,charge,discharge", [0, 1], ""),
        ("Shift,Standard Si,Graphite fitting cell 3b", [0], "'Graphite fitting cell 3b'"),
        ("Raman shift,A,Error\n[cm-1],[a.u.],[a.u.]", [0], "'Error [a.u.]'"),
        ("Raman Shift,Intensity,Error\ncm-1,counts,counts\n,sample A,sample A", [0], "'Error counts sample A'"),
    ],
)
def test_columns_beside_the_spectra(labels: str, taken: list[int], left: str) -> None:
    scan = one(rows(X, *Y[:2], head=labels + "\n"))
    np.testing.assert_array_equal(scan.counts, Y[taken])
    assert scan.axis_unit in ("rel. 1/cm", "")
    assert any(left in note for note in scan.notes) is bool(left) or not left
    if left:  # is read by its label
        (name,) = [name for name in [left.strip("'")] if name]
        np.testing.assert_array_equal(one(rows(X, *Y[:2], head=labels + "\n"), select=name).counts, Y[[1 - taken[0]]])


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ("Shift,A,B corrected", "is 'B corrected' a spectrum of its own"),
        ("Shift,Fit,Residual", "no column is a spectrum by its label: 'Fit', 'Residual'"),
        ("Time (s),Voltage (V),Current (A)", "no column is labelled as an axis, and the first is 'Time (s)'"),
    ],
)
def test_labels_that_do_not_decide_are_refused(labels: str, words: str) -> None:
    columns = labels.count(",") + 1
    error = refused(rows(X, *Y[: columns - 1], head=labels + "\n"))
    assert words in str(error)
    assert error.line == 1 or "axis" in str(error)


def test_one_column_beside_the_axis() -> None:
    assert "labelled 'Background'" in one(rows(X, Y[0], head="Shift,Background\n")).notes[0]
    assert "'Error'" in str(refused(rows(X, Y[0], head="Shift,Error\n")))


def test_which_of_two_axes() -> None:
    scan = one(rows(X / 2, X, Y[0], head="Wavelength (nm),Raman Shift (cm-1),Intensity\n"))
    np.testing.assert_array_equal(scan.shift_cm1, X)
    np.testing.assert_array_equal(scan.counts, Y[:1])
    assert "'Wavelength (nm)'" in scan.notes[0]
    by_hand = rows(X / 2, X, Y[0], head="Wavelength (nm),Raman Shift (cm-1),Intensity\n")
    scan = one(by_hand, axis_column="wavelength (nm)", laser_nm=490.0)
    assert scan.axis_unit == "nm"
    np.testing.assert_allclose(scan.shift_cm1, 1e7 / 490 - 2e7 / X)
    np.testing.assert_array_equal(one(rows(Y[0], X, head="Intensity,Raman Shift\n")).counts, Y[:1])


def test_numbers_of_rows_and_of_columns() -> None:
    index = np.arange(12)
    for text in (
        rows(index, X, Y[0]),
        rows(index, X, Y[0], head=",0,1\n"),
        rows(X, Y[0], head="0,1\n"),
        '"shift" "intensity"\n' + "".join(f'"{i + 1}" {a} {b}\n' for i, (a, b) in enumerate(zip(X, Y[0], strict=True))),
    ):
        scan = one(text)
        np.testing.assert_array_equal(scan.shift_cm1, X)
        np.testing.assert_array_equal(scan.counts, Y[:1])
        assert any("left out" in note or "numbers the columns" in note for note in scan.notes)
    assert "only counts the rows" in str(refused(rows(index, *Y[:2], head=",a,b\n")))


def test_rows_of_a_map_and_of_a_matrix() -> None:
    where = [(i // 2 * 1.5, i % 2 * 0.5) for i in range(4)]  # LabSpec: y runs fastest
    body = [[*at, *its] for at, its in zip(where, Y, strict=True)]
    shifts = "\t".join(map(str, X))
    text = "".join("\t".join(map(str, row)) + "\n" for row in body)
    header = "#Acq. time (s)=\t2\n#Laser (nm)=\t785 nm\n#Accumulations=\t3\n#AxisType[1]=Spectr\n#AxisUnit[1]=1/cm\n"
    header += "#AxisType[2]=XA\n#AxisUnit[2]=µm\n#AxisType[3]=YA\n#AxisUnit[3]=mm\n#Acquired=\t25.11.2026 10:11:12\n"
    for before, scale in ((header, 1000), ("", 1)):
        for line in ("\t\t" + shifts, shifts):  # without the empty cells, where blanks part the numbers
            scan = one((before + line + "\n" + text).encode("cp1252"))
            assert (scan.kind, scan.grid) == ("map", (2, 2))
            order = [0, 2, 1, 3]
            np.testing.assert_array_equal(scan.counts, Y[order])
            np.testing.assert_array_equal(
                scan.coordinates_um, [[*where[i], 0] * np.array([1, scale, 1]) for i in order]
            )
    assert scan.axis_unit == ""
    about = one((header + "\t\t" + shifts + "\n" + text).encode()).metadata
    assert (about.laser_nm, about.integration_s, about.accumulations) == (785, 2, 3)
    assert about.started is not None
    assert about.started.isoformat() == "2026-11-25T10:11:12"
    for matrix in (np.vstack([X, Y]), np.column_stack([[0, 0, 60, 120, 180], np.vstack([X, Y])])):
        for options in ({}, {"layout": "rows"}):
            scan = one(rows(*matrix.T), **options)
            np.testing.assert_array_equal(scan.shift_cm1, X)
            np.testing.assert_array_equal(scan.counts, Y)


def test_labels_that_are_numbers_name_columns_where_an_axis_stands_before_them() -> None:
    for label in ("Shift", ""):
        scan = one(rows(X, *Y, head=label + ",0,60,120,180\n"))
        np.testing.assert_array_equal(scan.counts, Y)
    square = rows(
        500 + np.arange(12), *np.random.default_rng(0).random((12, 12)), head="," + ",".join(map(str, X)) + "\n"
    )
    error = refused(square)
    assert "both the labels (1000 to 1027.5) and the first column (500 to 511) could be the axis" in str(error)
    assert "--layout" in (error.hint or "")
    assert one(square, layout="columns").shift_cm1[0] == 500
    assert one(square, layout="rows").shift_cm1[0] == 1000


def test_times_and_places_of_rows_and_of_rows_of_channels() -> None:
    scan = one(rows([0, 1, 2.5, 4], *Y.T, head="Time (min)," + ",".join(map(str, X)) + "\n"))
    assert scan.kind == "series"
    np.testing.assert_array_equal(scan.offset_s, [0, 60, 150, 240])
    long = [np.repeat([0.0, 30, 60, 90], 12), np.tile(X, 4), Y.ravel()]
    scan = one(rows(*long, head="#Time,#Wave,#Intensity\n"))
    np.testing.assert_array_equal(scan.offset_s, [0, 30, 60, 90])
    line = one(rows(np.repeat([5.0, 6, 8, 9], 12), np.zeros(48), *long[1:], head="X,Y,Wave,Intensity\n"))
    assert line.kind == "line"
    np.testing.assert_array_equal(line.position_um, [0, 1, 3, 4])
    for options in ({}, {"layout": "long"}):
        np.testing.assert_array_equal(one(rows(*long), **options).counts, Y)
    once = rows(*(column[:12] for column in long))  # nothing begins again
    assert "--layout" in (refused(once).hint or "")
    np.testing.assert_array_equal(one(once, layout="long").counts, Y[:1])
    image = rows(np.tile(X, 4), np.repeat(np.arange(4.0), 12), Y.ravel(), head="#XList,#YList,#IList\n")
    assert "a place, or a spectrum?" in str(refused(image))


def test_rows_of_channels_that_do_not_fit_are_refused() -> None:
    long = [np.repeat([0.0, 30, 60, 90], 12), np.tile(X, 4), Y.ravel()]
    text = rows(*long, head="#Time,#Wave,#Intensity\n")
    lines = text.splitlines(keepends=True)
    assert refused("".join(lines[:-1])).line == 38  # a spectrum cut short
    assert refused("".join(lines[:20] + lines[21:])).line is not None
    moved = lines[15].replace("30,", "31,", 1)
    assert refused("".join([*lines[:15], moved, *lines[16:]])).line in (16, 17)


@pytest.mark.parametrize("labels", ["x1,y1,x2,y2", "X,Y,X,Y", "Wavenumber1,Int1,Wavenumber2,Int2", "Shift,A,Shift,B"])
def test_pairs_by_their_labels(labels: str) -> None:
    scans = read(rows(X[:3], Y[0, :3], X[:3] + 700, Y[1, :3], head=labels + "\n"))  # too short to be told by content
    assert [scan.shift_cm1[0] for scan in scans] == [1000, 1700]
    np.testing.assert_array_equal([scan.counts[0] for scan in scans], Y[:2, :3])


def test_pairs_of_unequal_length() -> None:
    rest = [f"{a},{b:g},{a + 1},{c:g}\n" for a, b, c in zip(X, Y[0], Y[1], strict=True)]
    first = [line if i < 9 else ",," + line.split(",", 2)[2] for i, line in enumerate(rest)]
    second = [line if i < 9 else ",".join(line.split(",")[:2]) + ",,\n" for i, line in enumerate(rest)]
    for lines, sizes in ((rest, (12, 12)), (first, (9, 12)), (second, (12, 9))):
        scans = read("Shift,A,Shift,B\n" + "".join(lines))
        assert [scan.name for scan in scans] == ["A", "B"]
        for scan, size, x, y in zip(scans, sizes, (X, X + 1), Y, strict=False):
            np.testing.assert_array_equal(scan.shift_cm1, x[:size])
            np.testing.assert_array_equal(scan.counts, [y[:size]])
            assert scan.mask is None


def test_commas_between_thousands() -> None:
    heights = [f"{5000 + i * 7:,}" for i in range(12)]
    decided = {
        "".join(f"{a + 0.5}\t{b}\n" for a, b in zip(X, heights, strict=True)): X + 0.5,
        "".join(f'{a},"{b}.0"\n' for a, b in zip(X, heights, strict=True)): X,
        'Shift,"Counts, a.u."\n' + "".join(f'{a},"{b}.5"\n' for a, b in zip(X, heights, strict=True)): X,
        "".join(f"{a:g};{b:,.0f}\n" for a, b in zip(X * 2, 1e6 + Y[0], strict=True)): X * 2,
    }
    for text, x in decided.items():
        scan = one(text)
        np.testing.assert_array_equal(scan.shift_cm1, x)
        assert scan.counts.min() >= 5000
        assert "commas stand between thousands" in scan.notes
    error = refused("".join(f"{a:.0f}\t{b}\n" for a, b in zip(X * 2, heights, strict=True)))
    assert "every comma stands before three digits" in str(error)
    assert error.line == 1
    assert "perhaps thousands" in str(refused("".join(f"{a},{b}\n" for a, b in zip(X, heights, strict=True))))
    decimal = one("".join(f"{a:.3f}\t{b}\n".replace(".", ",") for a, b in zip(X / 2, heights, strict=True)))
    np.testing.assert_allclose(decimal.counts[0], [float(b.replace(",", ".")) for b in heights])  # 500,000 is no shift
    lost = "".join(f'{a},"{b}.0"\n' for a, b in zip(X, heights, strict=True)).replace('"\n', "\n", 1)
    assert "quotation marks in pairs" in str(refused(lost))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_text_of_windows(encoding: str, tmp_path: Path) -> None:
    mark = b"" if encoding == "utf-16" else "\ufeff".encode(encoding)
    text = rows(X, Y[0], head="Raman shift (cm-1)\tIntensität\n", sep="\t")
    raw = mark + text.replace("\n", "\r\n").encode(encoding)
    np.testing.assert_array_equal(one(raw).counts, Y[:1])
    (tmp_path / "a.txt").write_bytes(raw)
    assert find_exports([str(tmp_path)])[0] == [str(tmp_path / "a.txt")]
    refused(raw[:-3])  # cut short within a letter


@pytest.mark.parametrize("newline", NEWLINES)
@pytest.mark.parametrize("footer", [*FOOTERS, "\nExposure\t10\nLaser\t532\n", "// 12 rows", "[End]"])
def test_lines_after_the_numbers(footer: str, newline: str) -> None:
    scan = one((rows(X, Y[0], sep="\t") + footer + "\n").replace("\n", newline))
    np.testing.assert_array_equal(scan.counts, Y[:1])
    assert any("after the numbers passed over" in note for note in scan.notes)


@pytest.mark.parametrize("newline", NEWLINES)
@pytest.mark.parametrize(
    "text", ["note\n1030\t5\n", "abc\t5\n", "NA", "na\t5\n", "1030", "1030\t", "-", "1e", "# x\n1030\t5\n"]
)
def test_a_broken_end_is_no_footer(text: str, newline: str) -> None:
    error = refused((rows(X, Y[0], sep="\t") + text).replace("\n", newline))
    assert error.line == 13


def test_a_footer_that_goes_on_in_the_next_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytes_in, "BLOCK", 500)
    monkeypatch.setattr(bytes_in, "HEAD", 400)
    x = np.arange(400) + 100.5
    text = rows(x, x**2, sep="\t") + "# end\n" + "word of the end\n" * 200
    scan = one(text)
    np.testing.assert_allclose(scan.counts[0], [float(f"{v:g}") for v in x**2])
    assert any("201 lines after the numbers" in note for note in scan.notes)
    assert refused(text + "900\t5\n").line == 401


@pytest.mark.parametrize("cell", ["NA", "n/a", "nan", "", " "])
def test_a_cell_of_nothing_is_masked(cell: str) -> None:
    lines = rows(X, Y[0], Y[1], head="Wavenumber,Processed,Raw\n").splitlines()
    lines[3] = ",".join([*lines[3].split(",")[:2], cell])
    scan = one("\n".join(lines) + "\n")
    assert scan.mask is not None
    assert np.flatnonzero(scan.mask[0]).tolist() == [2]
    np.testing.assert_array_equal(np.delete(scan.counts[0], 2), np.delete(Y[1], 2))


def test_empty_cells_before_and_between() -> None:
    pairs = list(zip(X, Y[0], strict=True))
    for text in (
        "".join(f"\t{a}\t{b}\n" for a, b in pairs),
        ",Shift,Counts\n" + "".join(f",{a},{b}\n" for a, b in pairs),
        "".join(f"{a}\t\t{b}\n" if i % 3 else f"{a}\t\t\t{b}\n" for i, (a, b) in enumerate(pairs)),
        "".join(f"{a}\t\t{b}\n" for a, b in pairs),
        "Shift,Counts\n" + "".join(f"{a},{b}\n" for a, b in pairs) + ",\n,\n",
    ):
        scan = one(text)
        np.testing.assert_array_equal(scan.shift_cm1, X)
        np.testing.assert_array_equal(scan.counts, Y[:1])


def test_options_that_cannot_act_are_refused(tmp_path: Path) -> None:
    text = rows(X, Y[0], Y[1], head="Shift,a,b\n")
    assert "no column of that name" in str(refused(text, axis_column="wave"))
    assert "there are: Shift, a, b" in (refused(text, axis_column="wave").hint or "")
    assert "even number of columns" in str(refused(text, layout="pairs"))
    assert "does not go with --layout pairs" in str(refused(text, layout="pairs", axis_column="a"))
    assert "for --layout rows" in str(refused(rows(X, *Y[:, ::1][[0, 1, 0]]), layout="rows"))
    graph = "//Exported ASCII-File\n[Header]\nGraphName = a\n[Data]\n" + rows(X, Y[0], sep="\t")
    assert "--layout rows: says how a table of numbers lies, and this is one of: WITec Graph ASCII" in str(
        refused(graph, layout="rows")
    )
    witec = "X-Axis\tS(0)\tS(1)\nrel. 1/cm\tCCD cts\tCCD cts\n" + rows(X, *Y[:2], sep="\t")
    np.testing.assert_array_equal(one(witec, layout="columns").counts, Y[:2])


def test_tables_in_a_folder(tmp_path: Path) -> None:
    wire = [np.repeat([0.0, 1], 12), np.tile(X[::-1], 2), Y[:2].ravel()]
    spectra = {
        "rows.txt": "\t" + "\t".join(map(str, X)) + "\n" + rows([0, 60, 120, 180], *Y.T, sep="\t"),
        "series.csv": "time," + ",".join(map(str, X)) + "\n" + rows([0, 1, 2, 3], *Y.T),
        "wire.txt": rows(*wire, head="#Time\t#Wave\t#Intensity\n", sep="\t"),
        "index.csv": rows(np.arange(12), X, Y[0], head=",shift,counts\n"),
    }
    others = {
        "cycler.csv": rows(X, Y[0], Y[1], head="Test_Time(s),Voltage(V),Current(A)\n"),
        "map_ratio.csv": "position_um," + ",".join(str(600 * i) for i in range(12)) + "\n" + rows(np.arange(4), *Y.T),
    }
    for name, text in {**spectra, **others}.items():
        (tmp_path / name).write_text(text)
    files, passed = find_exports([str(tmp_path)])
    assert sorted(Path(file).name for file in files) == sorted(spectra)
    assert len(passed) == len(others)
    for file in files:
        assert all(scan.channels == 12 for scan in open_scans(file))
    for name in others:
        with pytest.raises(FormatError):
            open_scans(str(tmp_path / name))


@pytest.mark.parametrize("value", [995.0, 997.5, 1010.0, 1012.5, 1015.0, 1017.5, 1045.0, 1060.0])
def test_one_wrong_or_doubled_shift_is_no_new_range(value: float) -> None:
    x = np.arange(30) * 2.5 + 980
    counts = np.random.default_rng(0).random(30)
    at = 15  # 1017.5
    wrong = np.where(np.arange(30) == at, value, x)
    if value == x[at]:
        wrong = np.insert(wrong, at, value)[:30]
    error = refused(rows(wrong, counts))
    assert error.line in (at + 1, at + 2)
    joined = read(rows(np.concatenate([x, x + 50]), np.concatenate([counts, counts])))
    assert [scan.shift_cm1[0] for scan in joined] == [980, 1030]


@pytest.mark.parametrize("label", ["angle", "2theta", "Angle (deg)", "Potential (V)", "Temperature (K)", "m/z"])
def test_a_table_over_something_else_is_refused(label: str, tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_text(f"{label}\tsample 1\n" + "".join(f"{5 + 0.01 * k:.2f}\t{100 + k % 7}\n" for k in range(300)))
    with pytest.raises(FormatError, match="no column is labelled as an axis") as caught:
        open_scans(str(path))
    assert "--axis-column" in str(caught.value.hint)


@pytest.mark.parametrize("cell", ['",234.7"', '"3,0,20400.0"', '"12,34.5"'])
def test_a_broken_number_among_thousands_is_refused_wherever_it_stands(
    cell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the first block of a file, and in one behind it."""
    row = '{:.2f},"3,{:03d}.5"\n'
    text = "".join(row.format(900 + 0.125 * k, k % 1000) for k in range(8000)) + f"1900.00,{cell}\n"
    assert len(text) > bytes_in.HEAD
    path = tmp_path / "thousands.csv"
    path.write_text(text)
    for block in (1 << 20, 512):
        monkeypatch.setattr(bytes_in, "BLOCK", block)
        with pytest.raises(FormatError):
            open_scans(str(path))
    path.write_text(text.replace(cell, '"3,999.5"'))
    assert open_scans(str(path))[0].counts[0, -1] == 3999.5
