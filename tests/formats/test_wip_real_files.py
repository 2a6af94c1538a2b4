"""Real projects: against their exports, the vendor's own library and another one; and the writer against those two."""

from __future__ import annotations

import io
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, find_exports, open_scans
from ramanfit.formats.units import to_shift
from ramanfit.scan.scan import Scan
from tests.wip_writer import TYPES, UNITS, Builder, linear, space, spectral, table

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "witec"
PROJECTS = sorted(file for file in DATA.rglob("*") if file.suffix.lower() in (".wip", ".wid"))
WITH_SPECTRA = [file for file in PROJECTS if file.name != "test_show_ROI.WIP"]
here = pytest.mark.skipif(not DATA.is_dir(), reason="the collected exports are not here")


def silicon() -> list[Scan]:
    found = [file for file in PROJECTS if file.name == "Si-data.WIP"]
    if not found:
        pytest.skip("Si-data.WIP is not here")
    return open_scans(str(found[0]))


def vendor() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("WITecSDK").Project


def dataset(name: str) -> Any:
    io_module = pytest.importorskip("scipy.io")
    whole = io_module.loadmat(DATA / "mat" / f"{name}.mat", uint16_codec="latin-1")
    (key,) = (key for key in whole if not key.startswith("__"))
    return whole[key][0, 0]


@here
@pytest.mark.parametrize("number", [0, 1])
def test_line_scans_and_their_matlab_exports(number: int) -> None:
    scan = open_scans(str(DATA / "wip/LineScans.WIP"))[number]
    export = dataset(("LineX", "LineY")[number])
    np.testing.assert_array_equal(scan.counts, export["data"])
    np.testing.assert_allclose(scan.shift_cm1, export["axisscale"][1, 0].ravel(), rtol=0, atol=1e-10)
    np.testing.assert_allclose(scan.position_um, export["axisscale"][0, 0].ravel(), atol=1e-12)
    along = np.zeros((50, 3))
    along[:, number] = -10 + 0.4 * np.arange(50)
    np.testing.assert_allclose(scan.coordinates_um, along, atol=1e-12)
    assert (scan.kind, scan.name) == ("line", f"Line{'XY'[number]}_000_Spec.Data 1")
    about = scan.metadata
    assert about.started == (datetime(2015, 7, 6, 11, 1, 23), datetime(2015, 7, 6, 11, 3, 8))[number]
    assert (about.laser_nm, about.integration_s, about.accumulations) == (785.0, 1.01222, 1)
    assert (about.header["Start Point [µm]"], about.header["DataUnit"]) == (
        ("(-10.00, 0.00, 0.00)", "(0.00, -10.00, 0.00)")[number],
        "CCD cts",
    )
    assert (np.asarray(scan.counts) >= 65535).any()  # kept: masking is for a later room


@here
def test_silicon_and_its_exports() -> None:
    scans = silicon()
    for scan, table_file in zip(scans, ("Witec-Map_full.txt", "Witec-timeseries_label.txt"), strict=True):
        (export,) = open_scans(str(DATA / "tables" / table_file))
        np.testing.assert_array_equal(scan.counts, np.asarray(export.counts))
        np.testing.assert_allclose(scan.shift_cm1, export.shift_cm1, atol=0.0051)  # six digits
        assert (scan.kind, scan.grid) == (export.kind, export.grid)
        assert scan.metadata.laser_nm == 632.7999877929688
    area, series = scans
    np.testing.assert_allclose(area.shift_cm1, np.loadtxt(DATA / "dat/Witec-Map-x.dat"), rtol=5e-9)
    counts = np.loadtxt(DATA / "dat/Witec-Map-y.dat").reshape(25, 1024)
    np.testing.assert_array_equal(area.counts, counts)
    for scan, name in ((area, "Map"), (series, "time-series")):
        export = dataset(name)
        nm = export["axisscale"][1, 0].ravel()
        np.testing.assert_allclose(scan.shift_cm1, to_shift(nm, "nm", 632.7999877929688), atol=1e-8)
        data = export["data"]
        if name == "Map":  # y fastest there
            data = data.reshape(5, 5, -1).transpose(1, 0, 2).reshape(25, -1)
        np.testing.assert_array_equal(scan.counts, data)
    assert area.coordinates_um is not None
    np.testing.assert_allclose(area.coordinates_um.mean(axis=0), [147.069001 - 0.5, -0.093 + 0.5, 0], atol=1e-6)
    np.testing.assert_allclose(series.offset_s, np.arange(100) * 1.0349199771881104)
    assert area.metadata.started == datetime(2015, 7, 15, 15, 3, 8)


@here
def test_stitched_spectra() -> None:
    (whole,) = open_scans(str(DATA / "wip/test_wid.wid"))
    parts = open_scans(str(DATA / "wip/test_spectral_stitch.wip"))
    assert len(parts) == 26
    assert whole.channels == sum(part.channels for part in parts) == 41600
    shift = np.sort(np.concatenate([part.shift_cm1 for part in parts]))
    np.testing.assert_allclose(whole.shift_cm1, shift, atol=1e-6)
    assert {part.metadata.laser_nm for part in parts} == {632.7232666015625}
    assert parts[0].metadata.started == datetime(2018, 9, 12, 17, 36, 9)
    (picked,) = open_scans(f"{DATA / 'wip/test_spectral_stitch.wip'}::{parts[7].name}")
    np.testing.assert_array_equal(picked.counts, np.asarray(parts[7].counts))


@here
def test_a_project_without_spectra() -> None:
    file = DATA / "wip/test_show_ROI.WIP"
    with pytest.raises(FormatError, match="a WITec project without a spectrum: 2 images, 1 picture"):
        open_scans(str(file))
    files, passed = find_exports([str(file.parent)])
    assert str(file) not in files
    assert str(file) in {over.path for over in passed}


def compare(project: Any, scans: list[Scan]) -> None:
    """Every spectrum, axis, place and time as the vendor's library has them."""
    for graph, scan in zip(project.GraphData, scans, strict=True):
        unit, x = graph.GraphXAxis
        shift = np.sort(to_shift(np.array(x), unit, scan.metadata.laser_nm or 0.0))
        np.testing.assert_allclose(scan.shift_cm1, shift, rtol=1e-6, atol=1e-6)  # its eV has nine digits
        counts = np.array(graph.Graph, dtype=np.float64).transpose(1, 0, 2).reshape(len(scan), -1)
        np.testing.assert_array_equal(scan.counts, counts)
        assert scan.name == graph.Caption
        if scan.kind == "series":
            np.testing.assert_allclose(scan.offset_s, graph.ExtentAxes[1])
        else:
            np.testing.assert_allclose(scan.coordinates_um, np.array(graph.Position[1]), atol=1e-9)


@here
@pytest.mark.parametrize("file", WITH_SPECTRA, ids=lambda file: file.name)
def test_the_vendors_library_reads_the_same(file: Path) -> None:
    compare(vendor().OpenFile(str(file)), open_scans(str(file)))


@here
@pytest.mark.parametrize("file", WITH_SPECTRA, ids=lambda file: file.name)
def test_witio_reads_the_same_counts(file: Path) -> None:
    witio = pytest.importorskip("witio")
    project = witio.read(str(file))
    graphs = [data for data in project.data if data.class_name == "TDGraph"]
    for graph, scan in zip(graphs, open_scans(str(file)), strict=True):
        np.testing.assert_array_equal(scan.counts, graph.array().transpose(1, 0, 2).reshape(len(scan), -1))


GRATING = {"nC": 2.0, "LambdaC": 560.0, "Gamma": 0.43, "Delta": -0.01, "m": 1.0, "d": 1666.7, "x": 0.026, "f": 300.0}


def written(kind: int, inverted: bool) -> bytes:
    """A project with every kind of axis and place."""
    counts = np.random.default_rng(kind).integers(0, 2 if kind == 8 else 100, (3, 4, 6))
    project = Builder()
    turned = space((1, 2, 3), (0.5, 0, 0, 0, -2, 0, 0, 0, 1), (0.6, 0.8, 0, -0.8, 0.6, 0, 0, 0, 1), (2, 1.5, 0))
    place = project.add("TDSpaceTransformation", turned)
    axes = [
        ("TDSpectralTransformation", spectral(0, Polynom=[560.0, 0.5, 0.01, 9.0])),
        ("TDSpectralTransformation", spectral(1, **GRATING)),
        (
            "TDSpectralTransformation",
            spectral(
                2,
                FreePolynomOrder=3,
                FreePolynomStartBin=0.0,
                FreePolynomStopBin=9.0,
                FreePolynom=[560.0, 1.0, 0.0, 1e-3],
            ),
        ),
        ("TDLUTTransformation", table([560.0, 561, 563, 566, 570, 571], "nm", 2)),
    ]
    for unit in range(len(UNITS)):
        axis = project.add(*axes[unit % len(axes)])
        given: dict[str, Any] = {"kind": kind, "inverted": inverted, "axis": axis, "laser": project.laser(532.25, unit)}
        project.graph(counts, place=place, caption=f"Map {unit}", **given)
        when = project.add("TDLinearTransformation", linear(1.5, 0.25, "s", 3))
        project.graph(counts[:1], place=when, caption=f"Series {unit}", index=5, **given)
    return project.build()


@pytest.mark.parametrize("inverted", [True, False])
@pytest.mark.parametrize("kind", sorted(TYPES))
def test_the_vendors_library_reads_what_is_written_here(tmp_path: Path, kind: int, inverted: bool) -> None:
    if kind == 2:
        pytest.skip("the vendor's library takes 32 bits for 64 on this system")
    raw = written(kind, inverted)
    file = tmp_path / "p.wip"
    file.write_bytes(raw)
    compare(vendor().OpenFile(str(file)), open_scans("-", ReadOptions(), stream=io.BytesIO(raw)))
