"""The cases that break a naive parser, each on a small file of its own making."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tracemalloc
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from ramanfit.errors import FormatError, InputError, RecipeError, UnknownFormatError
from ramanfit.formats import READERS, ReadOptions, is_fit_table, open_scans
from ramanfit.formats import bytes_in as source
from ramanfit.formats.information import started
from ramanfit.formats.units import CM1_PER_EV
from ramanfit.scan.scan import Scan

X = [100.5, 200.25, 301.0, 450.125]
COUNTS = np.array([[7.0, 8.0, 900.0, 10.0], [11.0, 12.0, 1300.0, 14.0], [15.0, 16.0, 17.0, 18.0]])


def rows(counts: np.ndarray = COUNTS, x: list[float] = X, fmt: str = "% .5E", sep: str = "\t") -> str:
    return "".join(sep.join(fmt % v for v in (a, *counts[:, i])) + "\n" for i, a in enumerate(x))


def graph(counts: np.ndarray = COUNTS, unit: str = "rel. 1/cm", body: str = "", **keys: object) -> str:
    header = {
        "FileName": r"D:\User\Müller\x.wip",
        "GraphName": "Line--018--Spec.Data 1",
        "SizeX": len(counts),
        "SizeY": 1,
        "SizeGraph": len(X),
        **keys,
        "XAxisUnit": unit,
        "DataUnit": "CCD cts",
    }
    text = "//Exported ASCII-File\n[Header]\n" + "".join(f"{k} = {v}\n" for k, v in header.items() if v is not None)
    labels = "\t".join(f"{header['GraphName']}({i})" for i in range(len(counts)))
    return text + f"\n[Data]\nX-Axis\t{labels}\n" + (body or rows(counts))


LINE = {
    "ScanUnit": "µm",
    "ScanLength": 30,
    **{f"Scan{end}{axis}": 0 for end in ("Start", "Stop") for axis in "XY"},
    "ScanStartZ": 15,
    "ScanStopZ": -15,
}


def read(tmp_path: Path, text: str | bytes, name: str = "a.txt", **options: object) -> Scan:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    (scan,) = open_scans(str(file), ReadOptions(**options))  # type: ignore[arg-type]
    return scan


def refuse(tmp_path: Path, text: str | bytes, name: str = "a.txt", **options: object) -> FormatError:
    with pytest.raises(FormatError) as caught:
        read(tmp_path, text, name, **options)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / name))
    return caught.value


# 1, 2: encodings


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_encodings_of_the_header(tmp_path: Path, encoding: str) -> None:
    scan = read(tmp_path, graph(**LINE).encode(encoding))
    assert scan.metadata.header["ScanUnit"] == "µm"
    assert scan.metadata.header["FileName"] == r"D:\User\Müller\x.wip"
    assert scan.position_um is not None


def test_a_byte_of_no_encoding_does_not_stop(tmp_path: Path) -> None:
    assert read(tmp_path, graph(Comment="?").replace("?", "\x81").encode("latin-1")).counts.shape == (3, 4)


@pytest.mark.parametrize("unit", ["µm", "μm", "um"])
def test_spellings_of_the_micrometre(tmp_path: Path, unit: str) -> None:
    scan = read(tmp_path, graph(**{**LINE, "ScanUnit": unit}))
    np.testing.assert_allclose(scan.position_um, [0, 10, 20])


def test_lengths_in_other_units(tmp_path: Path) -> None:
    scan = read(tmp_path, graph(**{**LINE, "ScanUnit": "mm"}))
    np.testing.assert_allclose(scan.position_um, [0, 10_000, 20_000])
    strange = read(tmp_path, graph(**{**LINE, "ScanUnit": "furlong"}))
    assert strange.position_um is None
    assert "furlong" in strange.notes[0]


# 3, 10: separators, quotes; decimal commas


@pytest.mark.parametrize("sep", ["\t", ",", ";", " ", "  ", ", ", " \t "])
@pytest.mark.parametrize("fmt", ["% .5E", "% .9E", "%.15g", "%+.3f"])
def test_separators(tmp_path: Path, sep: str, fmt: str) -> None:
    scan = read(tmp_path, rows(fmt=fmt, sep=sep))
    np.testing.assert_array_equal(scan.shift_cm1, X)
    np.testing.assert_array_equal(scan.counts, COUNTS)


@pytest.mark.parametrize("sep", ["\t", ";", " ", "; "])
@pytest.mark.parametrize("fmt", ["% .5E", "%.15g"])
def test_decimal_commas(tmp_path: Path, sep: str, fmt: str) -> None:
    text = rows(fmt=fmt, sep=sep).replace(".", ",")
    np.testing.assert_array_equal(read(tmp_path, text).shift_cm1, X)


def test_commas_that_could_be_either_are_refused(tmp_path: Path) -> None:
    error = refuse(tmp_path, "100,5,712,0\n101,5,713,0\n")
    assert error.line == 1
    assert "tabs" in (error.hint or "")
    labelled = read(tmp_path, "shift,a,b,c\n100,5,712,0\n101,5,713,0\n")
    np.testing.assert_array_equal(labelled.counts, [[5, 5], [712, 713], [0, 0]])


@pytest.mark.parametrize("lines", [["1.5\t2.5", "2,5\t3"], ["1.234\t5,6", "1.235\t5,7"], ["1,5\t2", "2.5\t3"]])
def test_two_decimal_signs_are_refused(tmp_path: Path, lines: list[str]) -> None:
    error = refuse(tmp_path, "\n".join(lines))
    assert error.line == (1 if "5,6" in lines[0] else 2)
    assert error.expected == "one decimal sign in the whole file"


def test_quoted_rows(tmp_path: Path) -> None:
    text = "".join(f' "{line}"\n' for line in rows().splitlines())
    np.testing.assert_array_equal(read(tmp_path, text, "a.csv").counts, COUNTS)


# 4-6: label and unit lines


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("unit", [True, False])
def test_table_with_and_without_label_and_unit(tmp_path: Path, label: bool, unit: bool) -> None:
    text = "X-Axis\tS 1(0)\tS 1(1)\tS 1(2)\n" * label + "rel. 1/cm\tCCD cts\tCCD cts\tCCD cts\n" * unit + rows()
    scan = read(tmp_path, text)
    np.testing.assert_array_equal(scan.shift_cm1, X)
    np.testing.assert_array_equal(scan.counts, COUNTS)
    assert scan.axis_unit == ("rel. 1/cm" if unit else "")
    assert scan.name == ("S 1" if label else "a")
    assert any("--x-unit" in note for note in scan.notes) is not unit


def test_graph_with_a_unit_line(tmp_path: Path) -> None:
    scan = read(tmp_path, graph(body="rel. 1/cm\tCCD cts\tCCD cts\tCCD cts\n" + rows()))
    np.testing.assert_array_equal(scan.counts, COUNTS)


# 7-9: line ends, exponents, signs


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\r\r\n", "\n\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(tmp_path: Path, newline: str, last: bool) -> None:
    text = graph(**LINE)
    text = (text if last else text.rstrip("\n")).replace("\n", newline)
    scan = read(tmp_path, text.encode("cp1252"))
    np.testing.assert_array_equal(scan.counts, COUNTS)
    assert scan.position_um is not None
    assert any("no end" in note for note in scan.notes) is not last


def test_exponents_of_three_digits(tmp_path: Path) -> None:
    text = " 8.77366723E+001\t-9.94000000E-002\n 9.10310020E+001\t 1.00000000E+005\n"
    scan = read(tmp_path, text)
    np.testing.assert_array_equal(scan.shift_cm1, [87.7366723, 91.031002])
    np.testing.assert_array_equal(scan.counts, [[-0.0994, 1e5]])


# 11, 12: header and names


def test_empty_file_name_and_odd_graph_name(tmp_path: Path) -> None:
    name = "SC=+450 / LED light (dark) / Reduced<Image Scan 1 (Data)"
    scan = read(tmp_path, graph(FileName="", GraphName=name))
    assert scan.name == name
    assert scan.metadata.header["FileName"] == ""
    table = read(tmp_path, f"X-Axis\t{name}(0)\t{name}(1)\t{name}(2)\n" + rows())
    assert table.name == name
    single = read(tmp_path, "X-Axis\tReduced<Image Scan 1 (Data)\n" + rows(COUNTS[:1]))
    assert single.name == "Reduced<Image Scan 1 (Data)"
    assert single.kind == "spectrum"


# 13: maps


def labelled(pairs: list[tuple[int, int]]) -> str:
    counts = np.arange(4 * len(pairs), dtype=float).reshape(len(pairs), 4)
    return "X-Axis" + "".join(f"\tMap(1)_F({x}/{y})" for x, y in pairs) + "\n" + rows(counts)


def test_map_labels(tmp_path: Path) -> None:
    scan = read(tmp_path, labelled([(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]))
    assert (scan.kind, scan.grid, scan.name) == ("map", (2, 3), "Map(1)_F")


def test_map_labels_that_leave_gaps_give_no_grid(tmp_path: Path) -> None:
    scan = read(tmp_path, labelled([(0, 0), (2, 0), (0, 1)]))
    assert scan.grid is None
    assert scan.kind == "map"
    assert scan.notes


def test_map_header(tmp_path: Path) -> None:
    keys = {"SizeX": 3, "ScanUnit": "µm", "ScanWidth": 6, "ScanHeight": 1}
    scan = read(tmp_path, graph(**keys, ScanOriginX=1, ScanOriginY=2, ScanOriginZ=3))
    assert scan.grid == (1, 3)
    np.testing.assert_allclose(scan.coordinates_um, [[-2, 2.5, 3], [0, 2.5, 3], [2, 2.5, 3]])


# 14, 15: lines


def test_line_along_z(tmp_path: Path) -> None:
    scan = read(tmp_path, graph(**LINE))
    np.testing.assert_allclose(scan.position_um, [0, 10, 20])
    np.testing.assert_allclose(scan.coordinates_um, [[0, 0, 15], [0, 0, 5], [0, 0, -5]])
    assert "line pitch 10 µm = 30 µm / 3" in scan.notes[0]
    ends = read(tmp_path, graph(**LINE), line_spacing="endpoints")
    np.testing.assert_allclose(ends.position_um, [0, 15, 30])
    np.testing.assert_allclose(ends.coordinates_um, [[0, 0, 15], [0, 0, 0], [0, 0, -15]])


def test_interrupted_line_keeps_the_planned_pitch(tmp_path: Path) -> None:
    scan = read(tmp_path, graph(**{**LINE, "SizeX": 6}))
    np.testing.assert_allclose(scan.position_um, [0, 5, 10])
    assert "the header promises 6 spectra, the file holds 3" in scan.notes


def test_line_without_ends_or_length(tmp_path: Path) -> None:
    no_ends = read(tmp_path, graph(ScanUnit="µm", ScanLength=30))
    np.testing.assert_allclose(no_ends.position_um, [0, 10, 20])
    assert no_ends.coordinates_um is None
    still = read(tmp_path, graph(ScanUnit="µm", ScanLength=0))
    assert still.position_um is None
    assert still.kind == "line"


def test_rounding_noise_in_the_header(tmp_path: Path) -> None:
    keys = {"PositionUnit": "µm", "PositionX": "2.3283064365387E-8", "PositionY": 1, "PositionZ": 0}
    scan = read(tmp_path, graph(COUNTS[:1], **keys))
    assert scan.kind == "spectrum"
    np.testing.assert_array_equal(scan.coordinates_um, [[2.3283064365387e-8, 1, 0]])


def test_wrong_number_of_channels_is_said(tmp_path: Path) -> None:
    scan = read(tmp_path, graph(SizeGraph=1024))
    assert "the header promises 1024 channels, the file holds 4" in scan.notes


# 16: series


def test_series_with_and_without_times(tmp_path: Path) -> None:
    timed = read(tmp_path, graph(SeriesUnit="min", SeriesOffset=1, SeriesScale=2))
    np.testing.assert_allclose(timed.offset_s, [60, 180, 300])
    assert timed.kind == "series"
    slow = read(tmp_path, graph(SeriesUnit="s"))
    assert (slow.kind, slow.offset_s) == ("series", None)
    assert "--dwell" in slow.notes[0]
    table = read(
        tmp_path, "X-Axis\t" + "\t".join(f"Time Series_000_Spec.Data 1({i})" for i in range(3)) + "\n" + rows()
    )
    assert (table.kind, table.offset_s) == ("series", None)


# 17, 18: kept as they are


def test_unscanned_and_saturated_spectra_are_kept(tmp_path: Path) -> None:
    counts = np.array([[0.0, 0, 0, 0], [65535.0, 65535, 65535, 3]])
    scan = read(tmp_path, rows(counts))
    np.testing.assert_array_equal(scan.counts, counts)
    assert scan.mask is None


# 19: the Rayleigh side, descending axes, broken axes


def test_negative_and_descending_axes(tmp_path: Path) -> None:
    x = [30.5, 1.0, -42.0, -105.5]
    scan = read(tmp_path, rows(x=x))
    np.testing.assert_array_equal(scan.shift_cm1, x[::-1])
    np.testing.assert_array_equal(scan.counts, COUNTS[:, ::-1])
    assert scan.notes == (scan.notes[0],)  # only that the kind is a guess: the unit is sure


@pytest.mark.parametrize("x", [[1.5, 2.5, 2.5, 4], [1.5, 3.5, 2.5, 4], [4.5, 3.5, 3.75, 1]])
def test_axis_to_and_fro(tmp_path: Path, x: list[float]) -> None:
    error = refuse(tmp_path, "X-Axis\ta\tb\tc\n\n" + rows(x=x))
    assert error.line == 5
    assert "steadily" in str(error)


def test_one_channel(tmp_path: Path) -> None:
    assert "at least 2 channels" in str(refuse(tmp_path, "1.5\t2\n"))


# 20: units


def test_nm_needs_a_laser(tmp_path: Path) -> None:
    x = [530.5, 540.5, 550.5, 560.5]
    text = graph(unit="nm", body=rows(x=x, fmt="%.15g"))
    error = refuse(tmp_path, text)
    assert "--laser" in (error.hint or "")
    scan = read(tmp_path, text, laser_nm=532.0)
    np.testing.assert_allclose(scan.shift_cm1, [1e7 / 532 - 1e7 / a for a in x])
    assert scan.metadata.laser_nm == 532.0
    assert scan.axis_unit == "nm"


@pytest.mark.parametrize(
    ("unit", "x"),
    [
        ("nm", lambda s: 1e7 / (1e7 / 532 - s)),
        ("µm", lambda s: 1e4 / (1e7 / 532 - s)),
        ("1/cm", lambda s: 1e7 / 532 - s),
        ("eV", lambda s: (1e7 / 532 - s) / 8065.543937),
        ("meV", lambda s: (1e7 / 532 - s) / 8.065543937),
        ("rel. eV", lambda s: -s / 8065.543937),
        ("rel. meV", lambda s: -s / 8.065543937),
        ("rel. 1/cm", lambda s: s),
    ],
)
def test_all_units_come_to_the_same_shift(tmp_path: Path, unit: str, x: object) -> None:
    shift = np.array([-50.0, 520.5, 1350.0, 1590.0])
    scan = read(tmp_path, graph(unit=unit, body=rows(x=list(x(shift)), fmt="%.15g")), laser_nm=532.0)  # type: ignore[operator]
    np.testing.assert_allclose(scan.shift_cm1, shift, rtol=1e-6, atol=1e-4)
    np.testing.assert_array_equal(scan.counts, COUNTS)


def test_electronvolts_against_codata() -> None:
    assert pytest.approx(1.602176634e-19 / (6.62607015e-34 * 299792458 * 100), rel=1e-14) == CM1_PER_EV


def test_options_override_the_file(tmp_path: Path) -> None:
    text = graph(unit="nm", body=rows(x=[530.5, 540.5, 550.5, 560.5]))
    for unit in ("cm-1", "1/cm", "rel. 1/cm"):
        scan = read(tmp_path, text, x_unit=unit)
        np.testing.assert_array_equal(scan.shift_cm1, [530.5, 540.5, 550.5, 560.5])
        assert scan.axis_unit == "rel. 1/cm"
        assert "the file says that its axis is in nm: taken as rel. 1/cm, as --x-unit says" in scan.notes
    assert not any("--x-unit" in note for note in read(tmp_path, text, x_unit="nm", laser_nm=532).notes)
    bare = read(tmp_path, rows(x=[530.5, 540.5, 550.5, 560.5]), x_unit="nm", laser_nm=532)
    assert bare.shift_cm1[0] == pytest.approx(1e7 / 532 - 1e7 / 530.5)


@pytest.mark.parametrize(
    "options", [{"x_unit": "parsec"}, {"laser_nm": 0.0}, {"laser_nm": float("nan")}, {"line_spacing": "x"}]
)
def test_impossible_options(options: dict[str, object]) -> None:
    with pytest.raises(RecipeError):
        ReadOptions(**options)  # type: ignore[arg-type]


def test_unknown_unit_in_the_file(tmp_path: Path) -> None:
    error = refuse(tmp_path, graph(unit="a.u."))
    assert "--x-unit" in (error.hint or "")


@pytest.mark.parametrize(
    ("label", "unit"), [("Raman shift / cm-1", "cm-1"), ("Wavelength (nm)", "nm"), ("shift_cm1", "")]
)
def test_unit_in_a_label_of_other_software(tmp_path: Path, label: str, unit: str) -> None:
    text = f"{label},counts\n" + rows(COUNTS[:1], sep=",")
    scan = read(tmp_path, text, laser_nm=90.0)
    assert scan.axis_unit == ("nm" if unit == "nm" else "rel. 1/cm")
    assert bool(scan.shift_cm1[0] == X[0]) is (unit != "nm")


# 21-23: the Information text

INFORMATION = """{title}

General:
System ID:\t100-1200-1896
Start Time:\t{time}
Start Date:\t{date}
Duration:\t1h 1m 49s
Sample Name:\t

Line Scan:
Start Point [µm]:\t(0.00, 0.00, 15.00)
End Point [µm]:\t(0.00, 0.00, -15.00)
Number of Points:\t3

Camera:
Integration Time [s]:\t7.00000
Vertical Shift Speed [µs]:\t[8.25]

UHTS600S_VIS:
Excitation Wavelength [nm]:\t532.067
Laser Power [mW]:\t9.926

Number Of Accumulations:\t2
Integration Time [s]:\t2.50000
"""


def information(time: str = "8:52:34 PM", date: str = "Wednesday, March 9, 2022", title: str = "Line--018") -> bytes:
    return INFORMATION.format(time=time, date=date, title=title).encode("cp1252", "replace")


@pytest.mark.parametrize(
    ("date", "time", "when"),
    [
        ("Wednesday, March 9, 2022", "8:52:34 AM", datetime(2022, 3, 9, 8, 52, 34)),
        ("Wednesday, March 9, 2022", "12:02:34 AM", datetime(2022, 3, 9, 0, 2, 34)),
        ("Wednesday, March 9, 2022", "12:02:34 PM", datetime(2022, 3, 9, 12, 2, 34)),
        ("Montag, 6. Juli 2015", "11:01:23", datetime(2015, 7, 6, 11, 1, 23)),
        ("Dienstag, 3. März 2015", "21:01:23", datetime(2015, 3, 3, 21, 1, 23)),
        ("2023. május 25., csütörtök", "13:58:55", datetime(2023, 5, 25, 13, 58, 55)),
        ("2022-03-09", "13:58:55", datetime(2022, 3, 9, 13, 58, 55)),
        ("25.05.2023", "13:58:55", datetime(2023, 5, 25, 13, 58, 55)),
        ("3/9/2022", "8:52:34 AM", None),  # two days
        ("mercredi 9 mars 2022", "13:58:55", None),
        ("Wednesday, March 39, 2022", "13:58:55", None),
        ("", "13:58:55", None),
    ],
)
def test_localised_dates(tmp_path: Path, date: str, time: str, when: datetime | None) -> None:
    assert started(f"{date} {time}") == when
    (tmp_path / "a Information.txt").write_bytes(information(time, date))
    scan = read(tmp_path, graph(**LINE))
    assert scan.metadata.started == when
    assert scan.metadata.started_raw == f"{date} {time}".strip()


def test_information_fills_the_metadata(tmp_path: Path) -> None:
    (tmp_path / "18 Line--018--Information.txt").write_bytes(information())
    meta = read(tmp_path, graph(**LINE), "14 Line--018--Spec.Data 1.txt").metadata
    assert (meta.duration_s, meta.integration_s, meta.accumulations) == (3709.0, 2.5, 2)
    assert (meta.laser_nm, meta.laser_power_mw) == (532.067, 9.926)
    assert meta.information == str(tmp_path / "18 Line--018--Information.txt")
    assert meta.header["System ID"] == "100-1200-1896"
    assert meta.header["GraphName"] == "Line--018--Spec.Data 1"
    assert meta.header["Integration Time [s]"] == "7.00000"
    assert "2.50000" in meta.header.values()


@pytest.mark.parametrize(
    ("spectrum", "text"),
    [
        ("11 CC9_scan.txt", "14 CC9_scan Information.txt"),
        ("14 Line--018--Spec.Data 1.txt", "18 Line--018--Information.txt"),
        ("Map_000_Spec.Data 1_F.txt", "Map_000 Information.txt"),
        ("Image Scan 1 (Data).txt", "Image Scan 1 Information.txt"),
        ("Line--018--Spec.Data 2_F (CRR).txt.gz", "LINE--018--information.TXT"),
        ("Line--018--Spec.Data 1.txt", "18 Line--018--Information.txt.gz"),
    ],
)
def test_pairing_by_stem(tmp_path: Path, spectrum: str, text: str) -> None:
    raw = information()
    (tmp_path / text).write_bytes(gzip.compress(raw) if text.endswith(".gz") else raw)
    (tmp_path / "3 Other--018--Information.txt").write_bytes(information(title="Other").replace(b"532", b"633"))
    body = rows().encode()
    scan = read(tmp_path, gzip.compress(body) if spectrum.endswith(".gz") else body, spectrum)
    assert scan.metadata.laser_nm == 532.067
    np.testing.assert_allclose(scan.position_um, [0, 10, 20])  # a bare table takes its line from there
    assert scan.kind == "line"


def test_information_of_another_number_of_points_gives_no_positions(tmp_path: Path) -> None:
    (tmp_path / "a Information.txt").write_bytes(information())
    scan = read(tmp_path, rows(COUNTS[:2]))
    assert scan.position_um is None
    assert scan.metadata.laser_nm == 532.067


def test_two_informations_of_one_stem(tmp_path: Path) -> None:
    for number, laser in ((3, b"532.067"), (7, b"632.800")):
        (tmp_path / f"{number} scan Information.txt").write_bytes(information().replace(b"532.067", laser))
    assert read(tmp_path, graph(**LINE), "7 scan.txt").metadata.laser_nm == 632.8
    unsure = read(tmp_path, graph(**LINE), "5 scan.txt")
    assert unsure.metadata.laser_nm is None
    assert any("2 Information texts" in note for note in unsure.notes)


def test_information_of_a_video_image_is_not_taken(tmp_path: Path) -> None:
    video = information(title="Video 1").replace(b"Line Scan:", b"Video System:")
    (tmp_path / "a Information.txt").write_bytes(video)
    assert read(tmp_path, graph(**LINE)).metadata.information is None
    assert "video image" in str(refuse(tmp_path, video, "a Information.txt"))
    assert "Information text of a measurement" in str(refuse(tmp_path, information(), "b Information.txt"))


def test_information_of_a_map_and_of_a_series(tmp_path: Path) -> None:
    image = b"Image Scan:\nPoints per Line:\t3\nLines per Image:\t1\nScan Width [\xb5m]:\t6\nScan Height [\xb5m]:\t1\n"
    image += b"".join(b"Scan Origin %c [\xb5m]:\t%d\n" % (axis, i) for i, axis in enumerate(b"XYZ", 1))
    start = information().index(b"Line Scan:")
    (tmp_path / "a Information.txt").write_bytes(information()[:start] + image)
    scan = read(tmp_path, rows())
    assert (scan.kind, scan.grid) == ("map", (1, 3))
    np.testing.assert_allclose(scan.coordinates_um, [[-2, 2.5, 3], [0, 2.5, 3], [2, 2.5, 3]])
    (tmp_path / "b Information.txt").write_bytes(information()[:start] + b"Time Series:\nData points:\t3\n")
    assert read(tmp_path, rows(), "b.txt").kind == "series"


# split exports


def split(tmp_path: Path, names: tuple[str, str, str]) -> None:
    header = graph(**{**LINE, "SizeX": 3}).partition("\n[Data]")[0]
    (tmp_path / names[0]).write_bytes(header.encode("cp1252"))
    (tmp_path / names[1]).write_text("".join(f"{a: .5E}\n" for a in X))
    (tmp_path / names[2]).write_text("".join(f"{a: .5E}\n" for a in COUNTS.ravel()))


@pytest.mark.parametrize(
    "names",
    [
        ("n (Header).txt", "n (X-Axis).txt", "n (Y-Axis).txt"),
        ("n_Header.txt", "n_X-Axis.txt", "n_Y-Axis.txt"),
        ("n-(header).txt", "n_x_axis.txt", "n Y-Axis.txt"),
    ],
)
def test_any_part_stands_for_all(tmp_path: Path, names: tuple[str, str, str]) -> None:
    split(tmp_path, names)
    for name in names:
        (scan,) = open_scans(str(tmp_path / name))
        np.testing.assert_array_equal(scan.shift_cm1, X)
        np.testing.assert_array_equal(scan.counts, COUNTS)
        np.testing.assert_allclose(scan.position_um, [0, 10, 20])
        assert scan.source == str(tmp_path / name)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_missing_part_is_named(tmp_path: Path, gone: int) -> None:
    names = ("n (Header).txt", "n (X-Axis).txt", "n (Y-Axis).txt")
    split(tmp_path, names)
    (tmp_path / names[gone]).unlink()
    with pytest.raises(FormatError) as caught:
        open_scans(str(tmp_path / names[gone - 1]))
    assert names[gone] in str(caught.value)


def test_dat_pair(tmp_path: Path) -> None:
    (tmp_path / "n-x.dat").write_text("".join(f" {a:.8E}\n".replace("E+", "E+0") for a in X))
    with pytest.raises(FormatError, match=r"missing: n-y\.dat"):
        open_scans(str(tmp_path / "n-x.dat"))
    (tmp_path / "n-y.dat").write_text("".join(f" {a:.8E}\n".replace("E+", "E+0") for a in COUNTS.ravel()))
    (scan,) = open_scans(str(tmp_path / "n-y.dat"))
    np.testing.assert_array_equal(scan.shift_cm1, X)
    np.testing.assert_array_equal(scan.counts, COUNTS)
    with (tmp_path / "n-y.dat").open("a") as file:
        file.write("1.0\n")
    with pytest.raises(FormatError, match=r"n-y.dat: expected a multiple of the 4 numbers of n-x.dat, found 13"):
        open_scans(str(tmp_path / "n-x.dat"))


def test_dat_pair_with_decimal_commas_and_a_broken_number(tmp_path: Path) -> None:
    (tmp_path / "n-x.dat").write_text("100,5\n101,5\n")
    (tmp_path / "n-y.dat").write_text("7,25\n8,5\n")
    (scan,) = open_scans(str(tmp_path / "n-x.dat"))
    np.testing.assert_array_equal(scan.counts, [[7.25, 8.5]])
    (tmp_path / "n-y.dat").write_text("7,25\nabc\n")
    with pytest.raises(FormatError, match=r"n-y.dat:2: expected a number, found 'abc'"):
        open_scans(str(tmp_path / "n-x.dat"))


def test_a_lonely_axis_is_explained(tmp_path: Path) -> None:
    assert "one number per line" in str(refuse(tmp_path, "100.5\n101.5\n"))
    assert "header without numbers" in str(refuse(tmp_path, graph().partition("\n[Data]")[0]))


# broken rows


@pytest.mark.parametrize(
    ("change", "line", "expected", "found"),
    [
        (("\t 1.20000E+01\t", "\t"), 2, "4 numbers", "3"),
        (("\t 1.20000E+01\t", "\t 1.20000E+01\t\t"), 2, "4 numbers", "5"),
        (("\t 1.20000E+01\t", "\t 1.20000E+01 1\t"), 2, "a number", "'1.20000E+01 1'"),
        ((" 2.00250E+02", "nan"), 2, "an axis of finite numbers", "nan on it"),
        ((" 2.00250E+02", "1e999"), 2, "an axis of finite numbers", "inf on it"),
        ((" 1.20000E+01", "12 counts"), 2, "a number", "'12 counts'"),
        ((" 1.20000E+01", "1_2"), 2, "a number", "'1_2'"),
        ((" 1.20000E+01", " 1.2\0000E+01"), 2, "a number", None),
        ((" 2.00250E+02", "abc"), 2, "a number", None),
        (
            ("4.50125E+02\t 1.00000E+01\t 1.40000E+01\t 1.80000E+01\n", "4.50125E+02\t 1.00000E+01\t 1."),
            4,
            "4 numbers",
            "3",
        ),
    ],
)
def test_broken_rows(tmp_path: Path, change: tuple[str, str], line: int, expected: str, found: str | None) -> None:
    text = rows()
    assert change[0] in text
    for before in ("", "X-Axis\ta\tb\tc\n\nrel. 1/cm\tCCD cts\tCCD cts\tCCD cts\n"):
        error = refuse(tmp_path, before + text.replace(*change))
        assert (error.line, error.expected) == (line + before.count("\n"), expected)
        assert found is None or error.found == found


@pytest.mark.parametrize("cell", ["nan", "NaN", "-INF", "1e999", "1.#QNAN", "", "  "])
@pytest.mark.parametrize("separator", ["\t", ";", ","])
def test_a_count_that_is_no_number_is_masked(tmp_path: Path, cell: str, separator: str) -> None:
    """The others are read as they are, in a table whose first row or any other has it."""
    for row in range(4):
        for column in range(2):  # an empty last cell of the first row is the end of its row
            table = [[f"{a:.5E}", *(f"{b:.5E}" for b in its)] for a, its in zip(X, COUNTS.T, strict=True)]
            table[row][1 + column] = cell
            scan = read(tmp_path, "".join(separator.join(line) + "\n" for line in table))
            lost = np.zeros(COUNTS.shape, dtype=bool)
            lost[column, row] = True
            np.testing.assert_array_equal(scan.mask, lost)
            np.testing.assert_array_equal(scan.counts, np.where(lost, 0.0, COUNTS))
            assert "1 counts of 1 of 3 spectra are empty or no finite numbers: masked" in scan.notes


def test_separators_behind_the_last_column_are_no_spectrum(tmp_path: Path) -> None:
    scan = read(tmp_path, "Raman shift (cm-1),Intensity,,\n" + "".join(f"{a:.3f},{a:.3f},,\n" for a in range(9)))
    np.testing.assert_array_equal(scan.counts, [np.arange(9.0)])
    scan = read(tmp_path, "Raman shift (cm-1),a,b\n" + "".join(f"{a:.3f},{a:.3f},nan\n" for a in range(9)))
    assert len(scan) == 2  # one with a name is there, and not measured


def test_last_number_cut_short(tmp_path: Path) -> None:
    text = rows()
    for cut in range(1, 13):
        error = refuse(tmp_path, text[:-1][:-cut])
        assert error.line == 4, cut
    np.testing.assert_array_equal(read(tmp_path, text[:-1]).counts, COUNTS)


def test_nothing_after_data(tmp_path: Path) -> None:
    error = refuse(tmp_path, graph(body="\n"))
    assert error.expected == "rows of numbers after [Data]"
    assert "rows of two or more numbers" in str(refuse(tmp_path, "X-Axis\tS 1\n"))


def test_blank_lines_and_line_numbers(tmp_path: Path) -> None:
    text = "\n\n" + rows().replace("\n", "\n\n \t \n")
    np.testing.assert_array_equal(read(tmp_path, text).counts, COUNTS)
    lines = text.splitlines()
    lines[8] = lines[2]
    assert refuse(tmp_path, "\n".join(lines)).line == 9


def test_comments_of_other_software(tmp_path: Path) -> None:
    text = "# Laser = 532 nm\n# Acq. time (s):\t10\n#Wave\t\t#Intensity\n" + rows(COUNTS[:1])
    scan = read(tmp_path, text)
    np.testing.assert_array_equal(scan.counts, COUNTS[:1])
    assert scan.metadata.header == {"Laser": "532 nm", "Acq. time (s)": "10"}
    np.testing.assert_array_equal(read(tmp_path, "#\n" + rows(sep=" ")).counts, COUNTS)


# 30 and the other refusals


@pytest.mark.parametrize(
    ("head", "words", "kind"),
    [
        (b"", "empty", FormatError),
        (b" \r\n\r\n", "empty", FormatError),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n", "git-LFS pointer", FormatError),
        (b"WIT_PR06" + bytes(100), "byte 16", FormatError),
        (b"WIT_PRCT\x0d\0\0\0", "byte 8: expected a tag, found 4 bytes", FormatError),
        (b"\x94\x4b" + bytes(600), "byte 4: expected at least 2 channels", FormatError),
        (b"\xef\xbf\xbdK\xef\xbf\xbd\x04\0\0" + bytes(600), "ruined by a conversion to UTF-8", FormatError),
        (b"MATLAB 5.0 MAT-file" + bytes(200), "byte 126: expected a file of a little", FormatError),
        (b"EC-Lab ASCII FILE\r\nNb header lines : 3\r\n\r\ntime/s\t\r\n1\t2\r\n", "EC-Lab", FormatError),
        (
            b"//Exported ASCII-File\n[Header]\nPointsPerLine = 3\nLinesPerImage = 2\n[Data]\n1\t2\n",
            "image",
            FormatError,
        ),
        (rows().encode("utf-16-le"), "UTF-16", FormatError),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "picture", FormatError),
        (bytes(range(256)) * 40, "binary", FormatError),
        (b"\x1f\x8b\x08\0garbage", "gz", FormatError),
        (b"source,scan,point,position_um,time_s,peak\na.txt,0,P1,0,12.5,G\n", "results of ramanfit", FormatError),
        (b"# Notes\n\nMeasured on Monday.\n", "no spectrum", UnknownFormatError),
        (b"[axis]\nunit = 'nm'\n", "no spectrum", UnknownFormatError),
        (b"0,tpa,0.98,1354.5\n1,defected,1.0,1357.7\n", "no spectrum", UnknownFormatError),
    ],
)
def test_refusals(tmp_path: Path, head: bytes, words: str, kind: type[FormatError]) -> None:
    error = refuse(tmp_path, head)
    assert words in str(error).removeprefix(str(tmp_path))
    assert type(error) is kind


def test_unknown_names_what_was_tried(tmp_path: Path) -> None:
    message = str(refuse(tmp_path, b"hello\n"))
    assert all(reader.name in message for reader in READERS)


@pytest.mark.parametrize(
    ("head", "yes"),
    [
        (b"source,scan,point,position_um", True),
        (b"\xef\xbb\xbfsource\tscan\tpoint", True),
        (b'"source","scan","point"', True),
        (b'[\n{"source": "a.txt", "scan": 0', True),
        (b'{"source":"a.txt"', True),
        (b"X-Axis,source", False),
        (b"", False),
    ],
)
def test_fit_tables(head: bytes, yes: bool) -> None:
    assert is_fit_table(head) is yes


def test_no_file_and_no_permission(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        open_scans(str(tmp_path / "none.txt"))
    with pytest.raises(InputError, match="folder"):
        open_scans(str(tmp_path))
    with pytest.raises(InputError):
        open_scans("a\0b")
    if os.name == "posix" and os.geteuid() != 0:
        (tmp_path / "a.txt").write_text(rows())
        (tmp_path / "a.txt").chmod(0)
        with pytest.raises(InputError, match="ermission"):
            open_scans(str(tmp_path / "a.txt"))


# gz, standard input, selection


def test_gz_and_standard_input(tmp_path: Path) -> None:
    raw = graph(**LINE).encode("cp1252")
    packed = read(tmp_path, gzip.compress(raw), "a.txt.gz")
    piped = open_scans("-", stream=io.BytesIO(raw), stdin_name="P1.txt")[0]
    both = open_scans("-", stream=io.BytesIO(gzip.compress(raw[:200]) + gzip.compress(raw[200:])))[0]
    for scan in (packed, piped, both):
        np.testing.assert_array_equal(scan.counts, COUNTS)
        np.testing.assert_allclose(scan.position_um, [0, 10, 20])
    assert (packed.source, piped.source, both.source) == (str(tmp_path / "a.txt.gz"), "P1.txt", "-")
    error = refuse(tmp_path, gzip.compress(raw)[:-20], "b.txt.gz")
    assert "broken .gz" in str(error)
    with pytest.raises(FormatError, match=r"P1.txt:2: expected 3 numbers, found 2"):
        open_scans("-", stream=io.BytesIO(b"1.5\t2\t3\n2.5\t3\n"), stdin_name="P1.txt")


TRUEMATCH = """[WITEC_TRUEMATCH_ASCII_HEADER]
Version = 1.0

[SpectrumHeader]
Title = A1
ExcitationWavelength = 532.2
SpectrumSize = 2
XDataKind = nm

[SampleMetaData]
Aspect Ratio = 0.5

[SpectrumData]
533.5\t1
534.5\t2

[SpectrumHeader]
Title = B2
ExcitationWavelength = 532.2
SpectrumSize = 3
XDataKind = nm

[SpectrumData]
533.5\t3
534.5\t4
"""


def test_truematch_and_selection(tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_text(TRUEMATCH)
    first, second = open_scans(str(file))
    np.testing.assert_allclose(first.shift_cm1, [1e7 / 532.2 - 1e7 / 533.5, 1e7 / 532.2 - 1e7 / 534.5])
    assert first.metadata.header["Aspect Ratio"] == "0.5"
    assert second.notes == ("the header promises 3 channels, the file holds 2",)
    assert [s.name for s in open_scans(str(file), ReadOptions(select="B*"))] == ["B2"]
    assert [s.name for s in open_scans(f"{file}::A?")] == ["A1"]
    assert open_scans(str(file), ReadOptions(select="Z*")) == []
    with pytest.raises(FormatError, match="no measurement named 'Z'") as caught:
        open_scans(f"{file}::Z")
    assert caught.value.hint == "there are: A1, B2"
    assert open_scans(str(file), ReadOptions(laser_nm=530.0))[0].metadata.laser_nm == 530.0


def test_truematch_broken(tmp_path: Path) -> None:
    assert refuse(tmp_path, TRUEMATCH.replace("534.5\t4", "534.5")).line == 25
    assert "[SpectrumData]" in str(refuse(tmp_path, TRUEMATCH.partition("[SpectrumData]")[0]))
    assert "[SpectrumData]" in str(refuse(tmp_path, "\v[WITEC_TRUEMATCH_ASCII_HEADER]\n"))
    assert refuse(tmp_path, TRUEMATCH.replace("533.5\t1\n534.5\t2\n", "")).line == 15


def test_truematch_2_with_one_axis(tmp_path: Path) -> None:
    text = TRUEMATCH.replace("533.5\t", "").replace("534.5\t", "")
    text = text.replace("[SampleMetaData]", "[XData]\n533.5\n534.5\n\n[SampleMetaData]\ndouble Area = 3")
    text = text.replace("Excitation", "double Excitation")
    (tmp_path / "t.txt").write_text(text)
    first, second = open_scans(str(tmp_path / "t.txt"))
    np.testing.assert_array_equal([first.counts[0], second.counts[0]], [[1, 2], [3, 4]])
    assert first.metadata.header["Area"] == "3"


BWTEK = """File Version;BWRam4.11_11
Date;2022-01-24 13:44:33
intigration times(ms);60000
average number;2
laser_wavelength;532,02
Pixel;Wavelength;Raman Shift;Raw data #1;Dark Subtracted #1;
0;   ;   ;1490,5000;5,5000;
1;1,5;100,25;1490,5000;-7,5000;
2;1,6;102,25;1490,5000;9,5000;
"""


def test_bwtek(tmp_path: Path) -> None:
    scan = read(tmp_path, BWTEK)
    np.testing.assert_array_equal(scan.shift_cm1, [100.25, 102.25])
    np.testing.assert_array_equal(scan.counts, [[-7.5, 9.5]])
    assert scan.notes == ("1 pixel without a Raman shift passed over",)
    assert refuse(tmp_path, BWTEK.replace("102,25", "x")).line == 9
    assert refuse(tmp_path, BWTEK.replace(";9,5000;", "")).line == 9
    assert refuse(tmp_path, BWTEK.replace("Raman Shift;", "Shift;")).line == 6


# hostile files


def test_hostile_files_end_in_an_error(tmp_path: Path) -> None:
    huge = graph(**{**LINE, "SizeX": "9" * 5000, "SizeY": 10**300, "SizeGraph": "1e308", "ScanLength": "1e308"})
    assert len(read(tmp_path, huge)) == 3
    endless = [b"1" * (20 << 20), b"1\t" * (10 << 20), b"//Exported ASCII-File\n[Header]\n" + b"A" * (20 << 20)]
    for raw in endless:
        with pytest.raises(FormatError):
            open_scans("-", stream=io.BytesIO(raw))
    good = rows().encode()
    late = good * 1 + b"\0" * 100_000
    with pytest.raises(FormatError):
        open_scans("-", stream=io.BytesIO(late))
    with pytest.raises(FormatError):
        open_scans("-", stream=io.BytesIO(b"//Exported ASCII-File\n[Header]\n" + b"a = 1\n" * 100_000 + b"[Data]\n"))


def test_memory_stays_near_that_of_the_array(tmp_path: Path) -> None:
    spectra, channels = 2500, 1024
    row = "\t 7.20000E+02" * spectra + "\r\n"
    file = tmp_path / "big.txt"
    file.write_text("".join(f" {1 + i / 1024:.5f}E+02{row}" for i in range(channels)), newline="")
    tracemalloc.start()
    try:
        (scan,) = open_scans(str(file))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert scan.counts.shape == (spectra, channels)
    assert (scan.counts == 720).all()
    assert peak < 1.7 * scan.counts.nbytes


def test_import_is_light() -> None:
    code = "import sys, ramanfit.formats; print(*sys.modules)"
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": root}
    )
    assert not {"pandas", "scipy", "lmfit", "click", "rich", "csv", "decimal", "gzip"} & set(done.stdout.split())


def test_every_reader_says_what_it_is() -> None:
    assert len({reader.name for reader in READERS}) == len(READERS)
    for reader in READERS:
        assert reader.parses
        assert reader.skips
        assert reader.unseen
        assert not reader.sniff(b"")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("fmt", ["% .9E", "%.15g"])
def test_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newline: str, fmt: str) -> None:
    """Numbers and line numbers are right across the blocks in which a file is read."""
    monkeypatch.setattr(source, "BLOCK", 1000)
    x = np.arange(6000) / 4 + 100.25
    y = np.sqrt(x) * 1000
    lines = [f"{fmt % a}\t{fmt % b}" for a, b in zip(x, y, strict=True)]
    lines[4000:4000] = ["", "  "]
    file = tmp_path / "a.txt"
    file.write_text(newline.join([*lines, ""]), newline="")
    (scan,) = open_scans(str(file))
    np.testing.assert_array_equal(scan.shift_cm1, x)
    np.testing.assert_array_equal(scan.counts[0], [float(fmt % b) for b in y])
    for at, text in ((10, "1.5"), (5000, "1.5"), (5000, lines[3]), (3999, "x\t1"), (5500, "nan\t1")):
        file.write_text(newline.join([*lines[:at], text, *lines[at + 1 :], ""]), newline="")
        with pytest.raises(FormatError) as caught:
            open_scans(str(file))
        assert caught.value.line == at + 1, text
