"""Every file of the collected real exports: what it is, and its numbers against other parsers and other exports."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.io import loadmat

from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, find_exports, open_scans
from ramanfit.scan.scan import Scan

SHARED = Path(__file__).resolve().parents[3] / "shared"
DATA = SHARED / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the collected exports are not here")

WITEC = "witec/"
NO_UNIT = "the unit of the axis is not in the file"
FLG = "witec/graph_ascii/FLG36.MK_FLG_ABC_36--Spectrum--001--Spec.Data 1"


class Export(NamedTuple):
    """What a file is; places and times are those of the first and the last spectrum."""

    kind: str
    spectra: int
    channels: int
    first_cm1: float
    last_cm1: float
    positions_um: tuple[float, float] | tuple[tuple[float, ...], tuple[float, ...]] | None = None
    times_s: tuple[float, float] | None = None
    measurements: int = 1


MAP_TABLE = Export("map", 25, 1024, 87.7367, 2821.31)
SHEET = "witec/graph_ascii/image2x3_GraphASCII.Data 1_F"
THREE_TIMES = "witec/graph_ascii/timeseries3x_GraphASCII.Data 1"
NO_NAME = "witec/graph_ascii/nofilename"
PARTS = ("Header", "X-Axis", "Y-Axis")
AT = (-1466.29999995343, 1170.60000004657, 0.0)
EXPORTS = {
    "witec/dat/Witec-Map-x.dat": Export("map", 25, 1024, 87.7366723, 2821.30621),
    "witec/dat/Witec-Map-y.dat": Export("map", 25, 1024, 87.7366723, 2821.30621),
    f"{FLG}.txt": Export("spectrum", 1, 1600, -639.473, 4019.33, (AT, AT)),
    f"{FLG}_no_header.txt": Export("spectrum", 1, 1600, -639.473, 4019.33),
    "witec/graph_ascii/Si-wafer-Raman-Spectrum-1.txt": Export(
        *("spectrum", 1, 1600, -46.6779267356, 3684.80701573),
        ((2.3283064365387e-08, 2.3283064365387e-08, 0.0),) * 2,
    ),
    **{
        f"{SHEET} ({part}).txt": Export(
            *("map", 6, 1024, 28.6704, 3891.32),
            ((-63.2030000000261, 45.89199999962, 0.0), (-61.2030000000261, 44.89199999962, 0.0)),
        )
        for part in PARTS
    },
    **{
        f"{THREE_TIMES} ({part}).txt": Export("series", 3, 1024, 28.6704, 3891.32, times_s=(0.0, 2.06742000579834))
        for part in PARTS
    },
    **{
        f"{NO_NAME} ({part}).txt": Export(
            "spectrum", 1, 1024, -105.146, 3811.88, ((-76.3, 36.1, 0.0), (-76.3, 36.1, 0.0))
        )
        for part in PARTS
    },
    "witec/line_scans/11 CC9_MI1_H2O_scan.txt": Export("line", 40, 1024, 58.74196431, 4045.269908, (0.0, 58.5)),
    "witec/line_scans/14 Line--018--Spec.Data 1.txt": Export("line", 40, 1024, 58.74196431, 4045.269908, (0.0, 29.25)),
    "witec/mat/LineX.mat": Export("line", 50, 1024, 107.1857355016302, 3378.069881398812, (0.0, 19.6)),
    "witec/mat/LineY.mat": Export("line", 50, 1024, 107.1857355016302, 3378.069881398812, (0.0, 19.6)),
    "witec/mat/Map.mat": Export("map", 25, 1024, 87.7363674243, 2821.3059004012, ((0.0, 0.0, 0.0), (4.0, -4.0, 0.0))),
    "witec/mat/Z-Stack.mat": Export("line", 81, 1024, 581.5952927841371, 3152.0573566836197, (0.0, 80 * 40 / 81)),
    "witec/mat/time-series.mat": Export(
        "series", 100, 1024, 87.7363674243, 2821.3059004012, times_s=(0.0, 102.4570777416)
    ),
    "witec/spc/Witec-Map.spc": Export("map", 25, 1024, 87.7366714477539, 2821.30615234375),
    "witec/spc/Witec-timeseries.spc": Export("series", 100, 1024, 87.7366714477539, 2821.30615234375),
    "witec/tables/Witec-Map_full.txt": MAP_TABLE,
    "witec/tables/Witec-Map_label.txt": MAP_TABLE,
    "witec/tables/Witec-Map_unit.txt": MAP_TABLE,
    "witec/tables/Witec-Map_no.txt": MAP_TABLE,
    "witec/tables/Witec-timeseries_label.txt": Export("series", 100, 1024, 87.7367, 2821.31),
    "witec/tables/image2x3_Table.Data 1_F.txt": Export("map", 6, 1024, 28.6704, 3891.32),
    "witec/tables/timeseries3x_Table.Data 1.txt": Export("series", 3, 1024, 28.6704, 3891.32),
    "witec/tables/PST_WiICV532_Z050OP02_075_800msx10.txt": Export(
        "spectrum", 1, 1024, -42.7538623605254, 3852.19851672792
    ),
    "witec/truematch/Witec_TrueMatch.txt": Export(
        "spectrum", 1, 1024, -142.0252145044, 3737.0545973399, measurements=2
    ),
    "carbon/charisma_si/Si_HLR633_Z010_100_40sx5.txt": Export("spectrum", 1, 6034, 101.384, 4499.54),
    "carbon/charisma_si/S0B10_iR532_Probe_100_60000msx2.txt": Export("spectrum", 1, 1801, 145.99, 4010.28),
    "carbon/dw38c/Si_spectrum01.txt": Export("spectrum", 1, 1600, -95.790799602554, 3650.36820563613),
    **{
        f"carbon/dw38c/testDW38C_pos{i}.txt": Export("spectrum", 1, 1600, -94.6818902352418, 3651.3282920794)
        for i in (1, 2, 3, 4)
    },
    "field/clipped_at_60000.txt": Export("spectrum", 1, 256, 900, 1897.07),
    "field/error_column.txt": Export("spectrum", 1, 256, 900, 1897.07),
    "field/labspec_series.txt": Export("series", 3, 60, 1000, 1900, times_s=(0, 120)),
    "field/nanotube_like.txt": Export("spectrum", 1, 231, 1270, 1639.15),
    "field/pandas_index.csv": Export("spectrum", 1, 2000, 100, 3500),
    "field/raman.jdx": Export("spectrum", 1, 10, 100, 109),
    "field/si_undersampled_3cm_fwhm2p5.txt": Export("spectrum", 1, 80, 400.598, 637.598),
    "field/trailer_end.txt": Export("spectrum", 1, 1024, 900, 1900),
    "field/trailing.csv": Export("spectrum", 1, 400, 900, 1900),
    "field/wire_map.txt": Export("map", 4, 60, 1000, 1900, ((0, 0, 0), (1, 1, 0))),
    "field/witec_line_one_nan.txt": Export("line", 6, 1024, 100, 2300, (0, 25)),
    **{f"carbon/tpa_flakes/2d{i}.txt": Export("spectrum", 1, 1011, 2218.3125, 3237.679688) for i in (0, 1)},
    **{f"carbon/tpa_flakes/g{i}.txt": Export("spectrum", 1, 1011, 1020.027344, 2226.685547) for i in (0, 1)},
}
# whose axis is in nm and who do not say with which laser
LASER_NM = {
    "witec/graph_ascii/Si-wafer-Raman-Spectrum-1.txt": 532.1,
    "witec/mat/Map.mat": 632.8,
    "witec/mat/time-series.mat": 632.8,
}
# file: skipped lines and separator for the outside parser
TABLES = {
    "witec/tables/Witec-Map_full.txt": (2, "\t"),
    "witec/tables/Witec-Map_label.txt": (1, "\t"),
    "witec/tables/Witec-Map_unit.txt": (1, "\t"),
    "witec/tables/Witec-Map_no.txt": (0, "\t"),
    "witec/tables/Witec-timeseries_label.txt": (1, "\t"),
    "witec/tables/image2x3_Table.Data 1_F.txt": (0, "\t"),
    "witec/tables/timeseries3x_Table.Data 1.txt": (0, "\t"),
    "witec/tables/PST_WiICV532_Z050OP02_075_800msx10.txt": (0, "\t"),
    f"{FLG}.txt": (17, "\t"),
    f"{FLG}_no_header.txt": (0, "\t"),
    "witec/line_scans/11 CC9_MI1_H2O_scan.txt": (20, "\t"),
    "witec/line_scans/14 Line--018--Spec.Data 1.txt": (20, "\t"),
    **{
        name: (name.startswith("carbon/tpa"), "\t")
        for name in EXPORTS
        if name.startswith("carbon/") and "S0B10" not in name
    },
}
REFUSED = {
    "field/thousands_comma.txt": "found '5,033': every comma stands before three digits",
    "field/arbin_test_time.csv": "no column is labelled as an axis, and the first is 'Test_Time(s)'",
    "field/cp_ewe_brackets.mpt": "no column is labelled as an axis, and the first is 'mode'",
    "field/cycle_soc.mpt": "no column is labelled as an axis, and the first is 'mode'",
    "field/gcpl_no_current.mpt": "no column is labelled as an axis, and the first is 'mode'",
    "field/hms.csv": "no spectrum in a form that is known",
    "field/maccor.txt": "no spectrum in a form that is known",
    "field/01_OCV.mpt": "a potentiostat's record (EC-Lab)",
    "field/02_GCPL.mpt": "a potentiostat's record (EC-Lab)",
    "carbon/tpa_flakes/allinall_tpa.csv": "no spectrum in a form that is known",
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
JOINED = {f"carbon/tpa_flakes/spectrum{i}.txt": f"carbon/tpa_flakes/{{}}{i}.txt" for i in (0, 1)}
SPLIT = [f"{stem} ({part}).txt" for stem in (SHEET, THREE_TIMES, NO_NAME) for part in PARTS]


def one(name: str, **options: object) -> Scan:
    (scan,) = open_scans(str(DATA / name), ReadOptions(**options))  # type: ignore[arg-type]
    return scan


def test_the_tables_here_name_every_file() -> None:
    files = {file.relative_to(DATA).as_posix() for file in DATA.rglob("*") if file.is_file()}
    elsewhere = ("witec/wip/", *JOINED)
    others = {name for name in files if name.startswith(elsewhere) or name.endswith((".mpr", ".tsv", "LICENSE"))}
    assert files - others == EXPORTS.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", EXPORTS)
def test_what_it_is(name: str) -> None:
    export = EXPORTS[name]
    scans = open_scans(str(DATA / name), ReadOptions(laser_nm=LASER_NM.get(name)))
    assert len(scans) == export.measurements
    for scan in scans:
        assert (scan.kind, len(scan), scan.channels) == export[:3]
        np.testing.assert_allclose(scan.shift_cm1[[0, -1]], export[3:5], rtol=1e-11)
        where = scan.coordinates_um if scan.position_um is None else scan.position_um
        for found, expected in ((where, export.positions_um), (scan.offset_s, export.times_s)):
            if expected is None:
                assert found is None
            else:
                np.testing.assert_allclose(found[[0, -1]], expected, rtol=1e-9, atol=1e-12)
        assert scan.source == str(DATA / name)


@pytest.mark.parametrize("name", LASER_NM)
def test_the_laser_must_be_known(name: str) -> None:
    with pytest.raises(FormatError, match="the axis is in nm and the laser is not known"):
        one(name)


@pytest.mark.parametrize("name", TABLES)
def test_columns_against_genfromtxt(name: str) -> None:
    skip, separator = TABLES[name]
    scan = one(name)
    outside = np.genfromtxt(DATA / name, delimiter=separator, skip_header=skip, encoding="latin-1")
    outside = outside[~np.isnan(outside).any(axis=1)]
    outside = outside[np.argsort(outside[:, 0])]
    np.testing.assert_array_equal(scan.shift_cm1, outside[:, 0])
    np.testing.assert_array_equal(scan.counts, outside[:, 1:].T)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(FormatError) as caught:
        open_scans(str(DATA / name))
    assert str(caught.value).startswith(str(DATA / name))
    assert REFUSED[name] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", JOINED)
def test_two_ranges_in_one_file_are_two_measurements(name: str) -> None:
    """The same flake's ranges are also there as files of their own, processed: on the same axes."""
    outside = np.loadtxt(DATA / name)
    scans = open_scans(str(DATA / name))
    assert [scan.name for scan in scans] == ["3237.68 to 2218.31", "2226.69 to 1020.03"]
    for scan, part, its in zip(scans, ("2d", "g"), (outside[:1011], outside[1011:]), strict=True):
        np.testing.assert_array_equal(scan.shift_cm1, its[::-1, 0])
        np.testing.assert_array_equal(scan.counts, its[::-1, 1:].T)
        np.testing.assert_array_equal(scan.shift_cm1, one(JOINED[name].format(part)).shift_cm1)


def test_tables_after_public_reports_against_other_parsers() -> None:
    series = one("field/labspec_series.txt")
    outside = np.genfromtxt(DATA / "field/labspec_series.txt", delimiter="\t", skip_header=8)
    np.testing.assert_array_equal(series.shift_cm1, outside[0, 1:])
    np.testing.assert_array_equal(series.counts, outside[1:, 1:])
    assert (series.metadata.laser_nm, series.metadata.integration_s) == (532, 60)
    assert series.axis_unit == "rel. 1/cm"
    rows = np.loadtxt(DATA / "field/wire_map.txt", skiprows=1)
    scan = one("field/wire_map.txt")
    for where, counts in zip(scan.coordinates_um, scan.counts, strict=True):  # type: ignore[arg-type]
        its = rows[(rows[:, :2] == where[:2]).all(axis=1)]
        np.testing.assert_array_equal(scan.shift_cm1, its[::-1, 2])
        np.testing.assert_array_equal(counts, its[::-1, 3])
    assert scan.grid == (2, 2)
    for name, separator, columns in (
        ("pandas_index.csv", ",", (1, 2)),
        ("error_column.txt", "\t", (0, 1)),
        ("trailing.csv", ",", (0, 1)),
    ):
        its = np.loadtxt(DATA / "field" / name, skiprows=1, delimiter=separator, usecols=columns)
        np.testing.assert_array_equal(one(f"field/{name}").shift_cm1, its[:, 0])
        np.testing.assert_array_equal(one(f"field/{name}").counts, [its[:, 1]])
    errors = np.loadtxt(DATA / "field/error_column.txt", skiprows=1, delimiter="\t")[:, 2]
    np.testing.assert_array_equal(one("field/error_column.txt", select="Error").counts, [errors])


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


def nanometres(name: str) -> tuple[Any, np.ndarray]:
    """A DataSet object as SciPy alone gives it, and its axis."""
    (loaded,) = (v for k, v in loadmat(DATA / name, uint16_codec="latin-1").items() if not k.startswith("__"))
    return loaded[0, 0], loaded[0, 0]["axisscale"][1, 0][0]


@pytest.mark.parametrize("name", [name for name in EXPORTS if name.endswith(".mat")])
def test_matlab_against_scipy(name: str) -> None:
    outside, x = nanometres(name)
    laser = LASER_NM.get(name)
    scan = one(name, laser_nm=laser)
    unit = outside["axisscale"][1, 1].item()
    assert scan.axis_unit == unit == ("rel. 1/cm" if laser is None else "nm")
    np.testing.assert_array_equal(scan.shift_cm1, x if laser is None else 1e7 * (1 / laser - 1 / x))
    assert scan.name == outside["name"].item()
    if scan.kind == "map":
        turned = [outside["data"][5 * (i % 5) + i // 5] for i in range(25)]  # row y of column x
        np.testing.assert_array_equal(scan.counts, turned)
        return
    np.testing.assert_array_equal(scan.counts, outside["data"])
    along, word = outside["axisscale"][0, 0][0], outside["axisscale"][0, 1].item()
    assert word == ("s" if scan.kind == "series" else "µm")
    np.testing.assert_array_equal(scan.offset_s if scan.kind == "series" else scan.position_um, along)


@pytest.mark.parametrize(
    "names",
    [
        (
            "witec/dat/Witec-Map-x.dat",
            "witec/spc/Witec-Map.spc",
            "witec/mat/Map.mat",
            "witec/tables/Witec-Map_full.txt",
        ),
        (
            "witec/dat/Witec-Map-x.dat",  # the same axis, nine digits of it
            "witec/spc/Witec-timeseries.spc",
            "witec/mat/time-series.mat",
            "witec/tables/Witec-timeseries_label.txt",
        ),
    ],
)
def test_one_measurement_in_every_format(names: tuple[str, str, str, str]) -> None:
    """Counts and their order are equal, and the axis to the digits that each format carries."""
    dat, spc, table = (one(name) for name in (names[0], names[1], names[3]))
    laser = 1 / (1 / nanometres(names[2])[1][512] + 1e-7 * dat.shift_cm1[512])  # no export of it tells the laser
    assert laser == pytest.approx(632.8, abs=1e-4)
    mat = one(names[2], laser_nm=laser)
    for scan in (spc, table) if spc.kind == "series" else (dat, spc, table):
        np.testing.assert_array_equal(scan.counts, mat.counts)
        assert scan.kind == mat.kind
    np.testing.assert_allclose(mat.shift_cm1, dat.shift_cm1, rtol=6e-9, atol=2e-6)  # dat: nine digits
    np.testing.assert_allclose(spc.shift_cm1, mat.shift_cm1, rtol=2**-23)  # float32
    np.testing.assert_allclose(table.shift_cm1, dat.shift_cm1, rtol=5e-6)  # %.5E: six digits


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
