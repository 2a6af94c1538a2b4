"""JCAMP-DX: forms of ordinates, checks, refusals; against the standard's examples and another reader."""

from __future__ import annotations

import io
import re
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, find_exports, open_scans
from ramanfit.scan.scan import Scan
from tests.exports import jcamp, ordinates

FORMS = ("AFFN", "PAC", "SQZ", "SQZDUP", "DIF", "DIFDUP")
FIELD = Path(__file__).resolve().parents[3] / "shared" / "data" / "field"
Y = [3, 3, 3, -14, 250, 0, 0, 7, 8, 9, 10, -300, 20, 20, 20, 20]


def read(content: bytes | str, **options: object) -> list[Scan]:
    raw = content.encode() if isinstance(content, str) else content
    return open_scans("-", ReadOptions(**options), stream=io.BytesIO(raw), stdin_name="a.jdx")  # type: ignore[arg-type]


def counts(content: bytes | str) -> list[float]:
    (scan,) = read(content)
    return np.asarray(scan.counts)[0].tolist()


def refused(content: bytes | str, words: str) -> FormatError:
    with pytest.raises(FormatError, match=words) as caught:
        read(content)
    return caught.value


def replaced(content: bytes, old: str, new: str) -> bytes:
    assert old.encode() in content
    return content.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize(
    "row",
    [
        " 1 2 3 3 2 1 0 -1 -2 -3",
        "+1+2+3+3+2+1+0-1-2-3",
        "ABCCBA@abc",
        " 1BCCBA@abc",
        " 1JJ%jjjjjj\n9c",
        " 1JJ%jX\n9c",
        "AJJ%jX\n9c",
        "ABCTBA@abc",
        " 1,2,3,3,2,1,0,-1,-2,-3",
        "\t1.\t2.0\t+3\t3E+00\t.2e1\t1\t0\t-1\t-2\t-3",
    ],
)
def test_the_standards_ten_numbers_in_every_form(row: str) -> None:
    """McDonald and Wilks (1988): 1 2 3 3 2 1 0 -1 -2 -3."""
    content = replaced(jcamp([0] * 10, first=0, row=10), "\n0 0 0 0 0 0 0 0 0 0 0\n", f"\n0{row}\n")
    assert counts(content) == [1, 2, 3, 3, 2, 1, 0, -1, -2, -3]


def test_the_example_of_the_standard_for_ion_mobility() -> None:
    """Baumbach and others, Pure Appl. Chem. 73 (2001) 1765: 53 numbers, written out and as differences."""
    written_out = """0 0 0 0 2 4 4 4 7 5 4 4 5 5 7 10 11 11 6 5 7 6 9 9 7 10 10 9 10 11 12 15 16 16 14 17
        38 38 35 38 42 47 54 59 66 75 78 88 96 104 110 121 128"""
    rows = "4@VKT%TLkj%J%KLJ%njKjL%kL%jJULJ%kLK1%lLMNPNPRLJ0QTOJ1P\n56A28"
    labels = "##TITLE=x\n##JCAMP-DX=4.24\n##XUNITS=1/CM\n##FIRSTX=4\n##LASTX=56\n##NPOINTS=53\n##XYDATA=(X++(Y..Y))\n"
    assert counts(f"{labels}{rows}\n##END=\n") == [float(word) for word in written_out.split()]


@pytest.mark.skipif(not FIELD.is_dir(), reason="the collected files are not here")
def test_the_file_of_the_field() -> None:
    (scan,) = open_scans(str(FIELD / "raman.jdx"))
    assert scan.shift_cm1.tolist() == list(range(100, 110))
    assert np.asarray(scan.counts).tolist() == [list(range(1, 11))]
    assert (scan.name, scan.axis_unit, scan.kind, scan.notes) == ("x", "rel. 1/cm", "spectrum", ())


@pytest.mark.parametrize("form", [*FORMS, "XY"])
@given(
    y=st.lists(st.one_of(st.integers(-(2**40), 2**40), st.integers(-3, 3)), min_size=2, max_size=60),
    row=st.integers(2, 20),
    first=st.integers(-4000, 4000),
    step=st.sampled_from([1, 0.5, -1, 2.25]),
    end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
def test_whole_numbers_come_back(form: str, y: list[int], row: int, first: int, step: float, end: bytes) -> None:
    (scan,) = read(jcamp(y, form, first=first, step=step, row=row).replace(b"\n", end))
    order = 1 if step > 0 else -1
    assert np.asarray(scan.counts)[0].tolist() == [float(v) for v in y[::order]]
    np.testing.assert_allclose(scan.shift_cm1, (first + step * np.arange(len(y)))[::order], atol=1e-9)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "SQZDUP"])  # which the other reader cannot read
def test_another_reader_agrees(form: str) -> None:
    other = pytest.importorskip("jcamp")
    content = jcamp(Y, form, YFACTOR=0.25, XFACTOR=1)
    read_there = other.read(io.BytesIO(content))
    (scan,) = read(content)
    assert np.asarray(scan.counts)[0].tolist() == list(read_there["y"])
    np.testing.assert_allclose(scan.shift_cm1, read_there["x"])


@pytest.mark.parametrize("at", range(len(Y) - 1))
def test_a_wrong_difference_is_found_by_the_check_of_the_next_row(at: int) -> None:
    """Each difference made one larger: the row after it begins with another number than it comes to."""
    content = jcamp(Y, "DIF", row=5)
    lines = content.decode().splitlines()
    table = lines.index("##XYDATA=(X++(Y..Y))") + 1
    letters = [(i, m) for i in range(table, len(lines) - 1) for m in re.finditer(r"[%J-Rj-r]\d*", lines[i])]
    row, match = letters[at]
    other = "K" if match[0] != "K" else "L"
    lines[row] = lines[row][: match.start()] + other + lines[row][match.end() :]
    error = refused("\n".join(lines), "to which the differences of the row before come")
    assert error.line == row + 2


def test_a_lost_point_is_found_by_the_abscissa_of_the_next_row() -> None:
    content = replaced(jcamp(list(range(20)), row=5), "105 5 6 7 8 9", "105 5 6 8 9")
    shorter = replaced(replaced(content, "NPOINTS=20", "NPOINTS=19"), "LASTX=119", "LASTX=118")
    assert refused(shorter, "expected 109 as its first number, after those before, found 110").line == 14
    assert refused(content, "NPOINTS=20: expected as many points as there are, found 19").line == 10


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("NPOINTS=16", "NPOINTS=17", 10, "found 16"),
        ("NPOINTS=16", "NPOINTS=many", 10, "expected a number, found 'many'"),
        ("FIRSTX=100", "FIRSTX=99", 12, "expected 99 as its first number, .*found 100"),
        ("LASTX=115", "LASTX=130", 13, "as its first number"),
        ("##NPOINTS", "##DELTAX=2\n##NPOINTS", 10, "DELTAX=2: expected the step that .* give, found 1"),
        ("XFACTOR=1", "XFACTOR=2", 12, "as its first number, .*found 100"),
        ("XFACTOR=1", "XFACTOR=0", 6, "expected a factor, found 0"),
        ("YFACTOR=1", "YFACTOR=one", 7, "expected a number"),
        ("##LASTX=115\n", "", None, "expected ##LASTX="),
        ("107 7 8 9", "107 7 8 x9", 13, "ordinates in a form of JCAMP-DX, found 'x9 10 11 12 13'"),
        ("107 7 8 9", "one 7 8 9", 13, "expected an abscissa and ordinates"),
        ("107 7 8 9", "107J7 8 9", 13, "a row that begins with an ordinate"),
        ("107 7 8 9", "107S7 8 9", 13, "a row that begins with an ordinate"),
        ("107 7 8 9", "107 7 8 " + 400 * "9", 13, "a finite number"),
        ("107 7 8 9", "107A7S99999999 9", 13, "at most 1,000,000 channels"),
        ("(X++(Y..Y))", "(X++(R..R))", 11, r"expected \(X\+\+\(Y..Y\)\) or \(XY..XY\)"),
        ("##XYDATA=(X++(Y..Y))", "##NTUPLES=RAMAN", 11, "NTUPLES= is a form of JCAMP-DX that is not read"),
        ("##XYDATA=(X++(Y..Y))", "##PEAK ASSIGNMENTS=(XYA)", 11, "PEAK ASSIGNMENTS= is a form"),
        ("##XYDATA=(X++(Y..Y))", "##OTHER=", None, "expected a table such as"),
        ("##XYDATA=(X++(Y..Y))", "##XYDATA=(XY..XY)", 14, "expected pairs of numbers"),
        ("RAMAN SPECTRUM", "INFRARED SPECTRUM", None, "expected ##DATA TYPE=RAMAN SPECTRUM, found INFRARED SPECTRUM"),
        ("XUNITS=1/CM", "XUNITS=SECONDS", None, "the axis is in 'SECONDS', which is no unit"),
    ],
)
def test_what_contradicts_itself_is_refused(old: str, new: str, line: int | None, words: str) -> None:
    content = jcamp([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    assert refused(replaced(content, old, new), words).line == line


def test_a_file_cut_short_is_refused() -> None:
    for form in ("DIF", "XY"):
        whole = jcamp(Y, form)
        for end in range(whole.index(b"..") + 6, len(whole) - len("##END=\n")):
            (cut,) = [found] if isinstance(found := _tried(whole[:end]), FormatError) else found
            if not isinstance(cut, FormatError):  # the last digit, or the last row, which only checks
                assert cut.channels == len(Y)
    refused(replaced(jcamp(Y, "XY", NPOINTS=None), "##END=\n", ""), "##NPOINTS= or ##END=")


def _tried(content: bytes) -> list[Scan] | FormatError:
    try:
        return read(content)
    except FormatError as error:
        return error


@pytest.mark.parametrize(
    ("unit", "laser", "first"), [("NANOMETERS", 532.0, 540.0), ("MICROMETERS", 532.0, 0.54), ("CM-1", None, 540.0)]
)
def test_units_of_the_axis(unit: str, laser: float | None, first: float) -> None:
    step = first / 540
    (scan,) = read(jcamp(Y, XUNITS=unit, first=first, step=step, XFACTOR=1), laser_nm=laser)
    wavelength = 540 + np.arange(len(Y))
    np.testing.assert_allclose(
        scan.shift_cm1, wavelength if laser is None else 1e7 / laser - 1e7 / wavelength, rtol=1e-9
    )


def test_wavenumbers_of_the_light_itself_need_the_laser() -> None:
    content = jcamp(Y, first=18_000, step=-10)
    assert refused(content, "the laser is not known")
    (scan,) = read(content, laser_nm=532.0)
    np.testing.assert_allclose(scan.shift_cm1[0], 1e7 / 532 - 18_000)


def test_factors_and_decimals() -> None:
    (scan,) = read(jcamp(Y, YFACTOR=0.5, XFACTOR="1E-2", FIRSTX=1.0, LASTX=1.15, first=100))
    assert np.asarray(scan.counts)[0].tolist() == [v / 2 for v in Y]
    np.testing.assert_allclose(scan.shift_cm1, 1 + 0.01 * np.arange(len(Y)))


@pytest.mark.parametrize("form", ["AFFN", "XY"])
def test_decimal_commas_in_the_labels_are_decimal_commas_in_the_rows(form: str) -> None:
    """As Ocean Optics writes them: ``##FIRSTX= 176,36`` and rows of ``176,36, 32822,795``."""
    content = jcamp([10, 20, 30], form, first=176, step=0.25).replace(b".", b",").replace(b"4,24", b"4.24")
    content = content.replace(b"X++(Y,,Y)", b"X++(Y..Y)").replace(b"XY,,XY", b"XY..XY").replace(b" 20", b" 20,5")
    (scan,) = read(content)
    assert scan.shift_cm1.tolist() == [176, 176.25, 176.5]
    assert np.asarray(scan.counts)[0].tolist() == [10, 20.5, 30]


def test_an_axis_that_is_not_even_stands_in_the_rows() -> None:
    x = [100.0, 101.9, 103.7, 105.4, 107.0, 108.5]
    content = jcamp([0] * 6, FIRSTX=x[0], LASTX=x[-1], row=6)
    content = replaced(content, "100 0 0 0 0 0 0", "\n".join(f"{a} {i}" for i, a in enumerate(x)))
    (scan,) = read(content)
    assert scan.shift_cm1.tolist() == x
    assert np.asarray(scan.counts)[0].tolist() == [0, 1, 2, 3, 4, 5]


def test_an_ordinate_that_is_not_known_is_masked() -> None:
    (scan,) = read(replaced(jcamp([1, 2, 3, 4], row=4), "100 1 2 3 4", "100 1 ? 3 4"))
    assert scan.mask is not None
    assert scan.mask.tolist() == [[False, True, False, False]]


@pytest.mark.parametrize(
    ("labels", "laser"),
    [
        ({"$EXCITATION WAVELENGTH NM": "785.0"}, 785),
        ({"$LASER": "532 nm"}, 532),
        ({"$LASER WAVELENGTH": "532.1"}, 532.1),
        ({"$RAMAN LASER": "9394.5 cm-1"}, 1e7 / 9394.5),
        ({"$EXCITATION WAVENUMBER": "9394.5"}, 1e7 / 9394.5),
        ({"$LASER POWER": "500"}, None),
        ({"$LASER": "on"}, None),
    ],
)
def test_the_laser_in_the_makers_own_labels(labels: dict[str, str], laser: float | None) -> None:
    (scan,) = read(jcamp(Y, **labels))
    assert scan.metadata.laser_nm == (None if laser is None else pytest.approx(laser))


@pytest.mark.parametrize(
    ("labels", "started"),
    [
        ({"LONGDATE": "2012/03/09 13:08:48.0525 -0500 $$ export"}, datetime(2012, 3, 9, 13, 8, 48)),
        ({"DATE": "96/11/05", "TIME": "18:35:10"}, datetime(1996, 11, 5, 18, 35, 10)),
        ({"DATE": "2000/10/04", "TIME": "14:47"}, datetime(2000, 10, 4, 14, 47)),
        ({"DATE": "05/06/07", "TIME": "14:47:00"}, None),
        ({"DATE": "13/2/1997", "TIME": "14:55:12"}, None),
        ({"DATE": "2000/13/04", "TIME": "14:47:00"}, None),
    ],
)
def test_dates(labels: dict[str, str], started: datetime | None) -> None:
    (scan,) = read(jcamp(Y, **labels))
    assert scan.metadata.started == started
    assert scan.metadata.started_raw


def test_linked_blocks_are_measurements_of_their_own(tmp_path: Path) -> None:
    parts = [jcamp(Y, "DIFDUP", TITLE="one"), jcamp([1, 2, 3], TITLE="two")]
    other = jcamp(Y, TITLE="ir", **{"DATA TYPE": "INFRARED SPECTRUM"}).replace(b"(X++(Y..Y))", b"(A..B)")
    head = b"##TITLE=all\n##JCAMP-DX=4.24\n##DATA TYPE=LINK\n##BLOCKS=4\n"
    scans = read(head + parts[0] + other + parts[1] + b"##END=\n")
    assert [(scan.name, scan.channels) for scan in scans] == [("one", len(Y)), ("two", 3)]
    assert scans[0].notes == ("1 block without a Raman spectrum passed over",)
    assert refused(head + parts[0] + other + b"##END=\n", "expected 4 blocks, found 2").line == 4
    (tmp_path / "a.jdx").write_bytes(head + parts[0] + other + parts[1] + b"##END=\n")
    (scan,) = open_scans(f"{tmp_path / 'a.jdx'}::two")
    assert scan.channels == 3


def test_a_table_of_peaks_behind_the_spectrum_is_passed_over() -> None:
    (scan,) = read(replaced(jcamp(Y), "##END=", "##PEAK TABLE=(XY..XY)\n101, 5\n##END="))
    assert scan.channels == len(Y)
    assert scan.notes == ("##PEAK TABLE= behind the spectrum passed over",)


def test_hostile_files_end_quickly() -> None:
    """What is quadratic or deep takes seconds here, or the stack."""
    head = b"##TITLE=x\n##JCAMP-DX=4.24\n##DATA TYPE=RAMAN SPECTRUM\n"
    for many in (
        b"##TITLE=\n",
        b"##TITLE=\n##END=\n",
        b"##XYDATA=\n",
        b"##XYDATA=(XY..XY)\n",
        b"##A=\nb\n",
        b"\n",
        b"##",
    ):
        start = time.perf_counter()
        assert isinstance(_tried(head + many * 30_000), FormatError)
        assert time.perf_counter() - start < 5
    assert isinstance(_tried(head.replace(b"RAMAN", b"RAMAN" + b"x" * 1_000_000) + b"##A=\n" * 30_000), FormatError)
    for row in (
        b"1" * 300_000,
        b"1 " + b"A" * 300_000,
        b"1 " + b"1" * 300_000 + b"x",
        b"1 AJ" + b"Z9" * 300_000,
    ):
        assert isinstance(_tried(head + b"##XYDATA=(X++(Y..Y))\n" + row), FormatError)


def test_labels_are_compared_without_blanks_and_case() -> None:
    content = replaced(jcamp(Y), "DATA TYPE", "data_type").replace(b"##JCAMP-DX=4.24", b"## jcamp-dx = 5.01 $$ ours")
    (scan,) = read(replaced(content, "##XUNITS", "$$ a comment\n##SAMPLE\n##ORIGIN=of\nmany lines\n##X UNITS"))
    assert scan.axis_unit == "rel. 1/cm"
    assert scan.metadata.header["ORIGIN"] == "of\nmany lines"


def test_a_folder_passes_over_what_is_no_raman_spectrum(tmp_path: Path) -> None:
    (tmp_path / "a.jdx").write_bytes(jcamp(Y))
    (tmp_path / "ir.jdx").write_bytes(jcamp(Y, **{"DATA TYPE": "INFRARED SPECTRUM"}))
    (tmp_path / "tuples.dx").write_bytes(replaced(jcamp(Y), "##XYDATA=(X++(Y..Y))", "##NTUPLES=RAMAN"))
    files, passed = find_exports([str(tmp_path)])
    assert [Path(file).name for file in files] == ["a.jdx", "tuples.dx"]
    assert [over.reason for over in passed] == ["JCAMP-DX of other data than a Raman spectrum: INFRARED SPECTRUM"]
    with pytest.raises(FormatError, match="NTUPLES"):
        open_scans(files[1])


def test_what_encodes_here_is_the_standards() -> None:
    assert ordinates([1, 2, 3, 3, 2, 1, 0, -1, -2, -3], "SQZ") == "ABCCBA@abc"
    assert ordinates([1, 2, 3, 3, 2, 1, 0, -1, -2, -3], "DIFDUP") == "AJJ%jX"
