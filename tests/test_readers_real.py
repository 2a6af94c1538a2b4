"""Every text file of the collected real exports: what it is, and its numbers against other parsers."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from ramanfit.errors import FormatError
from ramanfit.readers import ReadOptions, find_exports, open_scans
from ramanfit.scan import Scan

SHARED = Path(__file__).resolve().parents[2] / "shared"
DATA = SHARED / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the collected exports are not here")

WITEC = "witec/"
NO_UNIT = "the unit of the axis is not in the file"
FLG = "witec/graph_ascii/FLG36.MK_FLG_ABC_36--Spectrum--001--Spec.Data 1"

# file: kind, spectra, channels, first and last shift, skipped lines and separator for the outside parser
TABLES = {
    "witec/tables/Witec-Map_full.txt": ("map", 25, 1024, 87.7367, 2821.31, 2, "\t"),
    "witec/tables/Witec-Map_label.txt": ("map", 25, 1024, 87.7367, 2821.31, 1, "\t"),
    "witec/tables/Witec-Map_unit.txt": ("map", 25, 1024, 87.7367, 2821.31, 1, "\t"),
    "witec/tables/Witec-Map_no.txt": ("map", 25, 1024, 87.7367, 2821.31, 0, "\t"),
    "witec/tables/Witec-timeseries_label.txt": ("series", 100, 1024, 87.7367, 2821.31, 1, "\t"),
    "witec/tables/image2x3_Table.Data 1_F.txt": ("map", 6, 1024, 28.6704, 3891.32, 0, "\t"),
    "witec/tables/timeseries3x_Table.Data 1.txt": ("series", 3, 1024, 28.6704, 3891.32, 0, "\t"),
    "witec/tables/PST_WiICV532_Z050OP02_075_800msx10.txt": (
        *("spectrum", 1, 1024, -42.7538623605254, 3852.19851672792),
        *(0, "\t"),
    ),
    f"{FLG}.txt": ("spectrum", 1, 1600, -639.473, 4019.33, 17, "\t"),
    f"{FLG}_no_header.txt": ("spectrum", 1, 1600, -639.473, 4019.33, 0, "\t"),
    "witec/line_scans/11 CC9_MI1_H2O_scan.txt": ("line", 40, 1024, 58.74196431, 4045.269908, 20, "\t"),
    "witec/line_scans/14 Line--018--Spec.Data 1.txt": ("line", 40, 1024, 58.74196431, 4045.269908, 20, "\t"),
    "carbon/charisma_si/Si_HLR633_Z010_100_40sx5.txt": ("spectrum", 1, 6034, 101.384, 4499.54, 0, "\t"),
    "carbon/dw38c/Si_spectrum01.txt": ("spectrum", 1, 1600, -95.790799602554, 3650.36820563613, 0, "\t"),
    **{
        f"carbon/dw38c/testDW38C_pos{i}.txt": ("spectrum", 1, 1600, -94.6818902352418, 3651.3282920794, 0, "\t")
        for i in (1, 2, 3, 4)
    },
    "carbon/tpa_flakes/2d0.txt": ("spectrum", 1, 1011, 2218.3125, 3237.679688, 1, "\t"),
    "carbon/tpa_flakes/2d1.txt": ("spectrum", 1, 1011, 2218.3125, 3237.679688, 1, "\t"),
    "carbon/tpa_flakes/g0.txt": ("spectrum", 1, 1011, 1020.027344, 2226.685547, 1, "\t"),
    "carbon/tpa_flakes/g1.txt": ("spectrum", 1, 1011, 1020.027344, 2226.685547, 1, "\t"),
}
REFUSED = {
    "carbon/tpa_flakes/spectrum0.txt": ":1012: expected an axis that falls steadily, found 2226.685547 after 2218.3125",
    "carbon/tpa_flakes/spectrum1.txt": ":1012: expected an axis that falls steadily, found 2226.685547 after 2218.3125",
    "carbon/tpa_flakes/allinall_tpa.csv": "no spectrum in a form that is known",
    "witec/graph_ascii/Si-wafer-Raman-Spectrum-1.txt": "the axis is in nm and the laser is not known",
    "witec/graph_ascii/FLG36.MK_FLG_ABC_36--Spectrum--001--Information.txt": "the Information text of a measurement",
    "witec/line_scans/14 CC9_MI1_H2O_scan Information.txt": "the Information text of a measurement",
    "witec/line_scans/18 Line--018--Information.txt": "the Information text of a measurement",
    "witec/line_scans/004 Video Stitch Foc HQ--003--Information.txt": "the Information text of a video image",
    "witec/line_scans/LICENSE-DiadFit.txt": "no spectrum in a form that is known",
    "eclab/ca.issue_149.mpt": "a potentiostat's record (EC-Lab)",
    "eclab/cp.mpt": "a potentiostat's record (EC-Lab)",
    "eclab/ocv.mpt": "a potentiostat's record (EC-Lab)",
    "eclab/LICENSE-yadg.txt": "no spectrum in a form that is known",
    "witec/spc/broken_utf8_mangled.spc": "ruined by a conversion to UTF-8",
}
SPLIT = {
    f"witec/graph_ascii/{name} ({part}).txt"
    for name in ("image2x3_GraphASCII.Data 1_F", "timeseries3x_GraphASCII.Data 1", "nofilename")
    for part in ("Header", "X-Axis", "Y-Axis")
}
OTHERS = {
    "witec/dat/Witec-Map-x.dat",
    "witec/dat/Witec-Map-y.dat",
    "witec/truematch/Witec_TrueMatch.txt",
    "carbon/charisma_si/S0B10_iR532_Probe_100_60000msx2.txt",
}


def one(name: str, **options: object) -> Scan:
    (scan,) = open_scans(str(DATA / name), ReadOptions(**options))  # type: ignore[arg-type]
    return scan


def test_the_tables_here_name_every_text_file() -> None:
    texts = {
        str(file.relative_to(DATA)).replace("\\", "/")
        for file in DATA.rglob("*")
        if file.suffix in (".txt", ".dat", ".csv", ".mpt")
    }
    assert texts == (TABLES.keys() | REFUSED.keys() | SPLIT | OTHERS) - {"witec/spc/broken_utf8_mangled.spc"}


@pytest.mark.parametrize("name", TABLES)
def test_columns_against_genfromtxt(name: str) -> None:
    kind, spectra, channels, first, last, skip, separator = TABLES[name]
    scan = one(name)
    outside = np.genfromtxt(DATA / name, delimiter=separator, skip_header=skip, encoding="latin-1")
    outside = outside[~np.isnan(outside).any(axis=1)]
    outside = outside[np.argsort(outside[:, 0])]
    assert (scan.kind, len(scan), scan.channels) == (kind, spectra, channels)
    assert scan.shift_cm1[0] == pytest.approx(first, rel=1e-9)
    assert scan.shift_cm1[-1] == pytest.approx(last, rel=1e-9)
    np.testing.assert_array_equal(scan.shift_cm1, outside[:, 0])
    np.testing.assert_array_equal(scan.counts, outside[:, 1:].T)
    assert scan.source == str(DATA / name)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(FormatError) as caught:
        open_scans(str(DATA / name))
    assert str(caught.value).startswith(str(DATA / name))
    assert REFUSED[name] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("suffix", "word"), [(".mat", "MATLAB")])
def test_binary_exports_say_what_to_do(suffix: str, word: str) -> None:
    files = [file for file in DATA.rglob("*") if file.suffix.lower() == suffix]
    assert files
    for file in files:
        with pytest.raises(FormatError, match=word) as caught:
            open_scans(str(file))
        assert "not read yet" in str(caught.value)
        assert caught.value.hint
        assert "Graph ASCII" in caught.value.hint


@pytest.mark.parametrize("name", sorted(SPLIT))
def test_split_exports_against_loadtxt(name: str) -> None:
    stem = name.rpartition(" (")[0]
    x = np.loadtxt(DATA / f"{stem} (X-Axis).txt")
    y = np.loadtxt(DATA / f"{stem} (Y-Axis).txt")
    scan = one(name)
    np.testing.assert_array_equal(scan.shift_cm1, x)
    np.testing.assert_array_equal(scan.counts, y.reshape(-1, x.size))
    assert scan.axis_unit == "rel. 1/cm"


def test_split_map() -> None:
    scan = one("witec/graph_ascii/image2x3_GraphASCII.Data 1_F (Y-Axis).txt")
    assert (scan.kind, scan.grid) == ("map", (2, 3))
    assert scan.name == "4Acetamidophenol_image2x3_20200703_001_Spec.Data 1_F"
    assert scan.coordinates_um is not None
    # a pitch of 1 µm, x fastest, y down, pixel (1.5, 1) at the centre
    step = np.diff(scan.coordinates_um, axis=0)[:3].round(9)
    np.testing.assert_allclose(step, [[1, 0, 0], [1, 0, 0], [-2, -1, 0]])
    np.testing.assert_allclose(scan.coordinates_um[0], [-61.7030000000261 - 1.5, 44.89199999962 + 1, 0], rtol=1e-12)
    assert scan.metadata.header["FileName"].endswith(".wip")


def test_split_series() -> None:
    scan = one("witec/graph_ascii/timeseries3x_GraphASCII.Data 1 (Header).txt")
    assert scan.kind == "series"
    np.testing.assert_allclose(scan.offset_s, np.arange(3) * 1.03371000289917, rtol=1e-15)


def test_empty_file_name() -> None:
    scan = one("witec/graph_ascii/nofilename (X-Axis).txt")
    assert scan.metadata.header["FileName"] == ""
    assert scan.name == "Silicon-new_003_Spec.Data 1"
    np.testing.assert_allclose(scan.coordinates_um, [[-76.3, 36.1, 0]])


@pytest.mark.parametrize("part", ["x", "y"])
def test_map_as_table_and_as_dat_pair(part: str) -> None:
    table, pair = one("witec/tables/Witec-Map_full.txt"), one(f"witec/dat/Witec-Map-{part}.dat")
    np.testing.assert_array_equal(table.counts, pair.counts)
    np.testing.assert_allclose(table.shift_cm1, pair.shift_cm1, atol=0.0051)  # six digits against nine
    np.testing.assert_array_equal(pair.shift_cm1, np.loadtxt(DATA / "witec/dat/Witec-Map-x.dat"))
    assert table.grid == (5, 5)
    assert pair.grid is None


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("witec/graph_ascii/image2x3_GraphASCII.Data 1_F (Header).txt", "witec/tables/image2x3_Table.Data 1_F.txt"),
        (
            "witec/graph_ascii/timeseries3x_GraphASCII.Data 1 (Header).txt",
            "witec/tables/timeseries3x_Table.Data 1.txt",
        ),
        (f"{FLG}.txt", f"{FLG}_no_header.txt"),
        ("witec/tables/Witec-Map_full.txt", "witec/tables/Witec-Map_no.txt"),
        ("witec/tables/Witec-Map_label.txt", "witec/tables/Witec-Map_unit.txt"),
    ],
)
def test_one_measurement_exported_twice(a: str, b: str) -> None:
    first, second = one(a), one(b)
    np.testing.assert_array_equal(first.shift_cm1, second.shift_cm1)
    np.testing.assert_array_equal(first.counts, second.counts)
    assert first.kind == second.kind


@pytest.mark.parametrize(
    ("name", "half", "started", "power", "text"),
    [
        ("11 CC9_MI1_H2O_scan", 30.0, datetime(2022, 3, 9, 9, 54, 25), 9.883, "14 CC9_MI1_H2O_scan Information.txt"),
        ("14 Line--018--Spec.Data 1", 15.0, datetime(2022, 3, 9, 10, 10, 27), 9.926, "18 Line--018--Information.txt"),
    ],
)
def test_line_scans_along_z(name: str, half: float, started: datetime, power: float, text: str) -> None:
    scan = one(f"witec/line_scans/{name}.txt")
    np.testing.assert_allclose(scan.position_um, np.arange(40) * 2 * half / 40)
    assert scan.coordinates_um is not None
    np.testing.assert_allclose(scan.coordinates_um[:, 2], half - np.arange(40) * 2 * half / 40)
    assert not scan.coordinates_um[:, :2].any()
    assert any("pitch" in note and "endpoints" in note for note in scan.notes)
    meta = scan.metadata
    assert (meta.started, meta.duration_s, meta.integration_s) == (started, 109.0, 2.0)
    assert (meta.accumulations, meta.laser_nm, meta.laser_power_mw) == (1, 532.067, power)
    assert Path(meta.information or "").name == text
    assert meta.started_raw.startswith("Wednesday, March 9, 2022")
    assert meta.header["ScanLength"] == f"{2 * half:g}"
    assert meta.header["Used Actuator"] == "Sample Positioner"

    ends = one(f"witec/line_scans/{name}.txt", line_spacing="endpoints")
    assert ends.position_um is not None
    assert ends.position_um[-1] == pytest.approx(2 * half)


@pytest.mark.parametrize("ending", [".txt", "_no_header.txt"])
def test_hungarian_information(ending: str) -> None:
    scan = one(FLG + ending)
    assert scan.metadata.started == datetime(2023, 5, 25, 13, 58, 55)
    assert scan.metadata.started_raw == "2023. május 25., csütörtök 13:58:55"
    assert (scan.metadata.laser_nm, scan.metadata.integration_s) == (487.986, 3.0)
    assert scan.metadata.duration_s == 6.0
    assert scan.metadata.laser_power_mw is None


def test_axis_in_nm_with_a_laser() -> None:
    name = "witec/graph_ascii/Si-wafer-Raman-Spectrum-1.txt"
    scan = one(name, laser_nm=532.1)
    outside = np.genfromtxt(DATA / name, delimiter=",", skip_header=17, encoding="utf-8")
    np.testing.assert_allclose(scan.shift_cm1, 1e7 / 532.1 - 1e7 / outside[:, 0], atol=1e-8)
    np.testing.assert_array_equal(scan.counts[0], outside[:, 1])
    assert scan.axis_unit == "nm"
    assert scan.metadata.header["PositionUnit"] == "µm"
    window = (scan.shift_cm1 > 400) & (scan.shift_cm1 < 700)
    silicon = scan.shift_cm1[window][np.argmax(scan.counts[0][window])]
    assert silicon == pytest.approx(527.4, abs=3)  # one channel; the laser's nominal wavelength is wrong
    assert (scan.counts >= 65535).sum() == 8  # kept: masking is for a later room


def test_truematch() -> None:
    scans = open_scans(str(DATA / "witec/truematch/Witec_TrueMatch.txt"))
    assert [scan.name for scan in scans] == ["Particle 916", "Particle 4681"]
    lines = (DATA / "witec/truematch/Witec_TrueMatch.txt").read_text().splitlines()
    for scan, start in zip(scans, (30, 1082), strict=True):
        outside = np.array([line.split("\t") for line in lines[start : start + 1024]], dtype=float)
        np.testing.assert_allclose(scan.shift_cm1, 1e7 / 532.200988769531 - 1e7 / outside[:, 0], atol=1e-8)
        np.testing.assert_array_equal(scan.counts[0], outside[:, 1])
        assert scan.metadata.laser_nm == 532.200988769531
        assert scan.metadata.header["IsOversaturated"] == "False"


def test_bwtek_against_pandas() -> None:
    pd = pytest.importorskip("pandas")
    name = DATA / "carbon/charisma_si/S0B10_iR532_Probe_100_60000msx2.txt"
    start = next(i for i, line in enumerate(name.read_text("latin-1").splitlines()) if line.startswith("Pixel;"))
    frame = pd.read_csv(name, sep=";", decimal=",", skiprows=start, encoding="latin-1", skipinitialspace=True)
    shift = pd.to_numeric(frame["Raman Shift"].astype(str).str.strip().str.replace(",", "."), errors="coerce")
    rows = shift.notna().to_numpy()
    scan = one(str(name.relative_to(DATA)))
    np.testing.assert_array_equal(scan.shift_cm1, shift[rows])
    np.testing.assert_array_equal(scan.counts[0], frame["Dark Subtracted #1"][rows])
    assert scan.notes == (f"{(~rows).sum()} pixels without a Raman shift passed over",)
    assert (scan.metadata.laser_nm, scan.metadata.integration_s, scan.metadata.accumulations) == (532.02, 60.0, 2)
    assert scan.metadata.started == datetime(2022, 1, 24, 13, 44, 33)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("witec/tables/Witec-Map_full.txt", False),
        ("witec/tables/Witec-Map_no.txt", True),
        ("witec/tables/PST_WiICV532_Z050OP02_075_800msx10.txt", False),  # -42.75 is no wavelength
        ("carbon/tpa_flakes/g0.txt", True),
    ],
)
def test_an_assumed_unit_is_said(name: str, says: bool) -> None:
    scan = one(name)
    assert any(note.startswith(NO_UNIT) and "--x-unit" in note for note in scan.notes) is says
    assert (scan.axis_unit == "") is (name != "witec/tables/Witec-Map_full.txt")


def test_folders() -> None:
    def names(folder: str) -> tuple[list[str], int]:
        files, passed = find_exports([str(DATA / folder)])
        return [Path(file).name for file in files], len(passed)

    assert names("witec/line_scans") == (["11 CC9_MI1_H2O_scan.txt", "14 Line--018--Spec.Data 1.txt"], 4)
    assert names("witec/dat") == (["Witec-Map-x.dat"], 0)
    assert names("carbon/dw38c")[1] == 1
    graphs, passed = names("witec/graph_ascii")
    assert len(graphs) == 6
    assert passed == 1
    assert sum("Header" in name for name in graphs) == 3
    assert names("witec/tables") == (sorted((Path(n).name for n in TABLES if "tables/" in n), key=str.lower), 0)
    flakes, _ = names("carbon/tpa_flakes")  # two ranges in one file: an error to be told, not to be passed over
    assert "spectrum0.txt" in flakes


def test_nothing_else_is_raised() -> None:
    for file in DATA.rglob("*"):
        if file.is_file():
            with contextlib.suppress(FormatError):
                assert open_scans(str(file))
