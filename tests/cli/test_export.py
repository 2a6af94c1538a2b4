"""Exports: what goes out is what was in, read back by ourselves and by others."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ramanfit.formats import open_scans
from ramanfit.formats.graph_ascii import EXACT, graph_ascii, left_out
from ramanfit.formats.information import information_text
from ramanfit.formats.netcdf import netcdf
from ramanfit.formats.nexus import nexus
from ramanfit.formats.writer import check_packages
from ramanfit.scan.scan import Metadata, Scan
from ramanfit.scan.schedule import Schedule, Visit, place
from ramanfit.tables.spectra import Taken, tidy_tables
from ramanfit.tables.table import Table

ROOT = Path(__file__).resolve().parents[2]
OPERANDO = ROOT / "sample_spectra" / "operando"
WITEC = ROOT.parent / "shared" / "data" / "witec"


def ramanfit(*arguments: str | Path, status: int = 0, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture(scope="module")
def xarray() -> Any:
    """The library that opens netCDF, where it and the extra are installed."""
    pytest.importorskip("h5netcdf")
    return pytest.importorskip("xarray")


@pytest.fixture(scope="module")
def h5py() -> Any:
    """The library of the extras netcdf and nexus, where it is installed."""
    return pytest.importorskip("h5py")


def taken(scan: Scan) -> Taken:
    return Taken(scan, place([Visit.of(scan)], Schedule())[0][0])


finite = st.floats(-1e6, 1e6, allow_subnormal=False)


@st.composite
def scans(draw: st.DrawFn) -> Scan:
    """Scans of every kind, as far as Graph ASCII can say what they are."""
    m = draw(st.integers(2, 6))
    kind = draw(st.sampled_from(["spectrum", "line", "series", "map"]))
    grid = (draw(st.integers(1, 3)), draw(st.integers(1, 3))) if kind == "map" else None
    n = 1 if kind == "spectrum" else grid[0] * grid[1] if grid else draw(st.integers(1, 4))
    steps = draw(st.lists(st.floats(0.01, 50), min_size=m, max_size=m))
    values = draw(st.lists(finite, min_size=n * m, max_size=n * m))
    name = draw(st.text("abc019 äµÃ¼λ=/()<>-_.#\"'[]", min_size=1, max_size=20))
    more: dict[str, Any] = {}
    start = np.array(draw(st.lists(st.floats(-1000, 1000), min_size=3, max_size=3)))
    pitch, drop = draw(st.floats(0.1, 20)), draw(st.floats(0.1, 20))
    if kind == "line":
        more["coordinates_um"] = start + pitch * np.arange(n)[:, None] * np.array([0.6, 0.0, -0.8])
        more["position_um"] = pitch * np.arange(n)
    if kind == "series":
        more["offset_s"] = draw(st.floats(0, 100)) + draw(st.floats(0.1, 1000)) * np.arange(n)
    if kind == "spectrum" and draw(st.booleans()):
        more["coordinates_um"] = start[None]
    if grid and draw(st.booleans()):
        row, column = np.divmod(np.arange(n), grid[1])
        more["coordinates_um"] = start + np.stack([pitch * column, -drop * row, 0.0 * row], axis=1)
    return Scan(
        np.cumsum(steps) - 100,
        np.array(values).reshape(n, m),
        kind=kind,  # type: ignore[arg-type]
        source="s.txt",
        name=" ".join(name.split()) or "x",
        grid=grid,
        **more,
    )


# -- WITec's text -------------------------------------------------------------------------------------------


@given(scans())
def test_graph_ascii_is_read_back_number_for_number(scan: Scan) -> None:
    (back,) = open_scans("-", stream=io.BytesIO(graph_ascii(scan, digits=EXACT)))
    np.testing.assert_array_equal(back.shift_cm1, scan.shift_cm1)
    np.testing.assert_array_equal(np.asarray(back.counts), np.asarray(scan.counts))
    assert (back.kind, back.name, back.grid) == (scan.kind, scan.name, scan.grid)
    for name in ("position_um", "offset_s", "coordinates_um"):
        values = getattr(scan, name)
        if values is not None:
            np.testing.assert_allclose(getattr(back, name), values, rtol=1e-12, atol=1e-10, err_msg=name)
    assert not left_out(scan)


@given(st.text(max_size=30))
def test_no_name_spoils_the_layout(name: str) -> None:
    scan = Scan(np.arange(3.0), np.arange(6.0).reshape(2, 3), "line", name=name)
    (back,) = open_scans("-", stream=io.BytesIO(graph_ascii(scan)))
    np.testing.assert_array_equal(np.asarray(back.counts), np.asarray(scan.counts))


def test_what_graph_ascii_cannot_say_is_named() -> None:
    x, y = np.arange(3.0), np.ones((3, 3))
    uneven = np.array([0.0, 1.0, 5.0])
    assert left_out(Scan(x, y, "series", offset_s=uneven)) == ["times that are not evenly spaced"]
    places = ["places that are no even line or upright map"]
    assert left_out(Scan(x, y, "line", position_um=uneven)) == places
    assert left_out(Scan(x, y, "line", mask=np.eye(3, dtype=bool))) == []
    assert left_out(Scan(x, y, "map")) == ["what makes it a map (it is read as a line)"]
    row, column = np.divmod(np.arange(6.0), 3)
    upright = np.stack([2 * column, -3 * row, 0 * row], axis=1)
    turned = upright @ np.array([[0.8, 0.6, 0.0], [-0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    for where, lost in ((upright, []), (turned, places)):
        assert left_out(Scan(x, np.ones((6, 3)), "map", grid=(2, 3), coordinates_um=where)) == lost


@pytest.mark.parametrize("zone", [None, timezone.utc, timezone(timedelta(hours=5, minutes=30))])
def test_the_information_text_is_found_and_says_the_same(tmp_path: Path, zone: timezone | None) -> None:
    about = Metadata(
        started=datetime(2024, 1, 16, 18, 5, 9, tzinfo=zone),
        duration_s=151.0,
        integration_s=22.5,
        accumulations=3,
        laser_nm=532.067,
        laser_power_mw=9.698,
    )
    scan = Scan(np.arange(100.0, 110), np.ones((1, 10)), source="a.txt", name="Line--7--Spec.Data 1", metadata=about)
    (tmp_path / "in.txt").write_bytes(graph_ascii(scan))
    text = information_text(scan)
    assert text is not None
    (tmp_path / "Line--7--Information.txt").write_bytes(text)
    (tmp_path / "in.txt").rename(tmp_path / "Line--7--Spec.Data 1.txt")
    ramanfit("export", tmp_path / "Line--7--Spec.Data 1.txt", "-o", tmp_path / "out" / "x.txt", status=1)
    (tmp_path / "out").mkdir()
    ramanfit("export", tmp_path / "Line--7--Spec.Data 1.txt", "-o", f"{tmp_path / 'out'}/")
    (back,) = open_scans(str(tmp_path / "out" / "Line--7--Spec.Data 1.txt"))
    for name in ("started", "duration_s", "integration_s", "accumulations", "laser_nm", "laser_power_mw"):
        assert getattr(back.metadata, name) == getattr(about, name), name
    assert information_text(scan.with_(metadata=Metadata())) is None


def test_measurements_share_an_information_text_only_if_it_is_the_same(tmp_path: Path) -> None:
    source = next(OPERANDO.glob("*--000--Spec*"))
    text = source.read_bytes()
    for folder, number, laser in (("a", 1, 532), ("b", 2, 532), ("c", 3, 633)):
        (tmp_path / folder).mkdir()
        name = f"Line--000--Spec.Data {number}"
        (tmp_path / folder / f"{name}.txt").write_bytes(text.replace(source.stem.encode(), name.encode()))
        (tmp_path / folder / "Line--000--Information.txt").write_text(
            f"Line--000\n\nGeneral:\nStart Date:\t3/9/2022\nExcitation Wavelength [nm]:\t{laser}\n"
        )
    out = tmp_path / "out"
    ramanfit("export", tmp_path / "a", tmp_path / "b", "-o", f"{out}/")
    assert sorted(path.name for path in out.iterdir()) == [
        "Line--000--Information.txt",
        "Line--000--Spec.Data 1.txt",
        "Line--000--Spec.Data 2.txt",
    ]
    (back,) = open_scans(str(out / "Line--000--Spec.Data 2.txt"))
    assert (back.metadata.laser_nm, back.metadata.started_raw) == (532.0, "3/9/2022")
    failed = ramanfit("export", tmp_path / "a", tmp_path / "c", "-o", f"{tmp_path / 'none'}/", status=2)
    assert b"two measurements would have this text" in failed.stderr
    assert not list((tmp_path / "none").iterdir())


def test_a_folder_of_texts_fits_as_the_originals_do(tmp_path: Path) -> None:
    ramanfit("export", OPERANDO, "-o", f"{tmp_path}/")
    assert len(list(tmp_path.iterdir())) == 24

    def ratios(folder: Path) -> list[bytes]:
        lines = ramanfit("ratio", "-q", folder).stdout.splitlines()
        return [line.partition(b",")[2] for line in lines]

    assert ratios(tmp_path) == ratios(OPERANDO)


# -- tidy rows ----------------------------------------------------------------------------------------------


def test_tidy_rows_are_the_counts(tmp_path: Path) -> None:
    ramanfit("export", OPERANDO, "-o", tmp_path / "all.csv")
    table = pd.read_csv(tmp_path / "all.csv")
    keys = ["source", "scan", "point", "position_um", "time_s", "started", "laser_nm"]
    assert list(table) == [*keys, "shift_cm1", "counts"]
    number = 0
    for path in sorted(OPERANDO.glob("*Spec.Data*")):
        (scan,) = open_scans(str(path))
        own = table[table.scan == number]
        np.testing.assert_array_equal(own.counts.to_numpy().reshape(scan.counts.shape), np.asarray(scan.counts))
        np.testing.assert_array_equal(own.shift_cm1.to_numpy()[: scan.channels], scan.shift_cm1)
        assert own.time_s.iloc[0] == 600 * number + 12.5
        number += 1
    assert number == 12


def test_masked_channels_are_empty_in_rows_and_read_back_from_text() -> None:
    counts = np.arange(6.0).reshape(2, 3)
    scan = Scan(np.arange(3.0), counts, "line", mask=counts == 4)
    (table,) = tidy_tables(taken(scan))
    np.testing.assert_array_equal(table.columns["counts"], [0, 1, 2, 3, np.nan, 5])
    (back,) = open_scans("-", stream=io.BytesIO(graph_ascii(scan)))
    np.testing.assert_array_equal(back.mask, scan.mask)


def test_rows_come_in_blocks_and_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = Scan(np.arange(7.0), np.arange(35.0).reshape(5, 7), "line")
    whole = Table.concat(list(tidy_tables(taken(scan))))
    monkeypatch.setattr("ramanfit.tables.spectra.ROWS", 14)
    parts = list(tidy_tables(taken(scan)))
    assert len(parts) == 3
    for name, values in Table.concat(parts).columns.items():
        np.testing.assert_array_equal(values, whole.columns[name])


def test_standard_input_and_output(tmp_path: Path) -> None:
    spectrum = next(OPERANDO.glob("*--000--Spec*"))
    piped = ramanfit("export", "-", "--stdin-name", "piped", stdin=spectrum.read_bytes()).stdout
    named = ramanfit("export", spectrum).stdout
    assert len(piped.splitlines()) == len(named.splitlines()) == 1 + 6 * 1024
    assert piped.splitlines()[1].startswith(b"piped,0,P1,0,")
    text = ramanfit("export", spectrum, "--form", "txt").stdout
    assert text.startswith(b"//Exported ASCII-File")


# -- containers ---------------------------------------------------------------------------------------------


def test_netcdf_holds_everything(tmp_path: Path, xarray: Any) -> None:
    ramanfit("export", OPERANDO, "-o", tmp_path / "a.nc")
    ramanfit("export", OPERANDO, "-o", tmp_path / "b.nc")
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    with xarray.open_dataset(tmp_path / "a.nc") as data:
        assert dict(data.sizes) == {"spectrum": 72, "shift_cm1": 1024}
        (scan,) = open_scans(str(next(OPERANDO.glob("*--003--Spec*"))))
        own = data.counts[data.scan == 3]
        np.testing.assert_array_equal(own, np.asarray(scan.counts))
        np.testing.assert_array_equal(data.shift_cm1, scan.shift_cm1)
        assert own.position_um.values.tolist() == [0, 5, 10, 15, 20, 25]
        assert data.shift_cm1.attrs["units"] == "cm-1"
        assert json.loads(data.attrs["scans"])[3]["laser_nm"] == scan.metadata.laser_nm


def test_netcdf_takes_one_axis_only() -> None:
    pytest.importorskip("h5netcdf")
    one = taken(Scan(np.arange(5.0), np.ones((1, 5)), source="one.txt"))
    other = taken(Scan(np.arange(5.0) + 1, np.ones((1, 5)), source="other.txt"))
    with pytest.raises(OSError, match=r"other\.txt: the axis of '' differs from that of '' in one\.txt"):
        netcdf([one.keys, other.keys], [one, other], io.BytesIO())


def test_masked_channels_are_kept(tmp_path: Path, xarray: Any, h5py: Any) -> None:
    mask = np.eye(4, 5, dtype=bool)
    scan = taken(Scan(np.arange(5.0), np.ones((4, 5)), "line", mask=mask))
    with (tmp_path / "a.nc").open("w+b") as target:
        netcdf([scan.keys], [scan], target)
    with xarray.open_dataset(tmp_path / "a.nc") as data:
        np.testing.assert_array_equal(data.masked.astype(bool), mask)
    with (tmp_path / "a.nxs").open("w+b") as target:
        nexus([scan.keys], [scan], target)
    with h5py.File(tmp_path / "a.nxs") as file:
        np.testing.assert_array_equal(file["entry/data/mask"][()].astype(bool), mask)


NXRAMAN = {  # what NXraman and NXoptical_spectroscopy v2026.01 require: path in the entry, class or allowed values
    "": "NXentry",
    "definition": {"NXraman"},
    "experiment_type": {"Raman spectroscopy"},
    "raman_experiment_type": {"Raman imaging", "other"},
    "instrument": "NXinstrument",
    "instrument/scattering_configuration": None,
    "instrument/beam_incident": "NXbeam",
    "instrument/beam_incident/parameter_reliability": {"measured", "nominal"},
    "instrument/beam_incident/wavelength": None,
    "instrument/detector_CCD": "NXdetector",
    "instrument/detector_CCD/detector_channel_type": {"single-channel", "multichannel"},
    "instrument/detector_CCD/raw_data": "NXdata",
    "instrument/detector_CCD/raw_data/raw": None,
    "instrument/software_export": "NXprogram",
    "instrument/software_export/program": None,
    "sample": "NXsample",
    "sample/name": None,
    "data": "NXdata",
}


def test_nexus_has_what_nxraman_requires(tmp_path: Path, h5py: Any) -> None:
    said = ramanfit("export", OPERANDO, "-o", tmp_path / "a.nxs").stderr.decode()
    assert "not in every export: instrument/scattering_configuration; times are taken to be of this computer" in said
    ramanfit("export", OPERANDO, "-o", tmp_path / "b.nxs")
    assert (tmp_path / "a.nxs").read_bytes() == (tmp_path / "b.nxs").read_bytes()
    with h5py.File(tmp_path / "a.nxs") as file:
        assert len(file) == 12
        for entry in file.values():
            for path, wanted in NXRAMAN.items():
                found = entry[path] if path else entry
                if isinstance(wanted, str):
                    assert found.attrs["NX_class"] == wanted, path
                elif wanted:
                    assert found[()].decode() in wanted, path
            assert {"version", "URL"} <= set(entry["definition"].attrs)
            data = entry["data"]
            assert list(data.attrs["axes"]) == ["spectrum", "shift"]
            assert data[data.attrs["signal"]].shape == (len(data["spectrum"]), len(data["shift"]))
        (scan,) = open_scans(str(next(OPERANDO.glob("*--003--Spec*"))))
        own = file["entry3"]
        np.testing.assert_array_equal(own["data/counts"], np.asarray(scan.counts))
        assert own["instrument/detector_CCD/raw_data/raw"] == own["data/counts"]
        assert own["instrument/beam_incident/wavelength"][()] == scan.metadata.laser_nm
        assert own["start_time"][()].decode() == datetime(2024, 1, 15, 10, 30).astimezone().isoformat()
        assert own["source_file/data"][()] == next(OPERANDO.glob("*--003--Spec*")).read_bytes()
        assert own["sample/name"][()].decode() == scan.metadata.header["Sample Name"]
        np.testing.assert_array_equal(own["sample/position_x/value"], scan.coordinates_um[:, 0])


@given(name=st.text(max_size=20), source=st.text(min_size=1, max_size=20))
@example(name="", source="/")
def test_containers_take_every_name(name: str, source: str, xarray: Any, h5py: Any) -> None:
    scan = taken(Scan(np.arange(3.0), np.ones((2, 3)), "line", name=name, source=source))
    with io.BytesIO() as file:
        netcdf([scan.keys], [scan], file)
    with io.BytesIO() as file:
        lacks, _ = nexus([scan.keys], [scan], file)
        assert lacks == [
            "instrument/scattering_configuration",
            "start_time",
            "instrument/beam_incident/wavelength (--laser)",
            "sample/name",
        ]
        with h5py.File(file) as back:
            assert np.isnan(back["entry/instrument/beam_incident/wavelength"][()])


# -- manners ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["-o", "out.spc"], 2, "expected one of the endings"),
        (["-o", "out"], 2, "found none"),
        (["-o", "out.txt"], 2, "12 measurements do not fit"),
        (["--form", "nonsense"], 2, "nonsense"),
        (["-o", "no/such/folder.csv"], 1, "no/such/folder.csv"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], status: int, words: str) -> None:
    assert words in ramanfit("export", OPERANDO, *arguments, status=status).stderr.decode()


def test_a_failed_export_leaves_the_earlier_file(tmp_path: Path) -> None:
    target = tmp_path / "all.csv"
    target.write_text("mine")
    (tmp_path / "broken.txt").write_text("//Exported ASCII-File\n[Header]\nGraphName = x\n[Data]\n1\tnonsense\n")
    ramanfit("export", OPERANDO, tmp_path / "broken.txt", "-o", target, status=1)
    assert target.read_text() == "mine"
    ramanfit("export", OPERANDO, tmp_path / "broken.txt", "-k", "-o", target, status=1)
    assert len(target.read_text().splitlines()) == 1 + 72 * 1024


@pytest.mark.parametrize(("form", "package", "extra"), [("nc", "h5netcdf", "netcdf"), ("nxs", "h5py", "nexus")])
def test_a_missing_extra_is_named(form: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ramanfit.formats.writer.find_spec", lambda name: None if name == package else name)
    with pytest.raises(OSError, match=f"needs the package {package}") as caught:
        check_packages(form)
    assert f"ramanfit-cli[{extra}]" in caught.value.hint  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["csv", "txt", "nc", "nxs"])
def test_nothing_that_could_be_read_is_an_error(form: str, tmp_path: Path) -> None:
    if form in ("nc", "nxs"):
        pytest.importorskip("h5netcdf" if form == "nc" else "h5py")
    (tmp_path / "bad.txt").write_text("nonsense\n")
    target = tmp_path / f"out.{form}"
    said = ramanfit("export", "-k", tmp_path / "bad.txt", "-o", target, status=1).stderr
    assert said.splitlines()[-1] == b"ramanfit: no export could be read"
    assert not target.exists()


@pytest.mark.posix
def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m ramanfit export {OPERANDO} -q | head -2"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.skipif(not WITEC.exists(), reason="the shared data are not here")
@pytest.mark.parametrize(
    "name",
    ["wip/LineScans.WIP", "wip/test_spectral_stitch.wip", "mat/LineX.mat", "tables/timeseries3x_Table.Data 1.txt"],
)
def test_real_measurements_go_out_and_come_back(name: str, tmp_path: Path) -> None:
    if not (WITEC / name).exists():
        pytest.skip(f"{name} is not here")
    ramanfit("export", WITEC / name, "-o", f"{tmp_path}/")
    before = {scan.name: scan for scan in open_scans(str(WITEC / name))}
    texts = [path for path in tmp_path.iterdir() if "Information" not in path.name]
    assert len(texts) == len(before)
    for path in texts:
        (back,) = open_scans(str(path))
        scan = before[back.name] if back.name in before else next(iter(before.values()))
        np.testing.assert_array_equal(np.asarray(back.counts), np.asarray(scan.counts))
        np.testing.assert_array_equal(back.shift_cm1, scan.shift_cm1)
        assert back.kind == scan.kind
        if scan.position_um is not None:
            np.testing.assert_allclose(back.position_um, scan.position_um, atol=1e-9)


@pytest.mark.skipif(not (WITEC / "wip/LineScans.WIP").exists(), reason="the shared data are not here")
def test_a_real_project_in_containers(tmp_path: Path, xarray: Any, h5py: Any) -> None:
    project = WITEC / "wip/LineScans.WIP"
    scans = open_scans(str(project))
    for ending in ("nc", "nxs"):
        ramanfit("export", project, "-o", tmp_path / f"a.{ending}")
    with xarray.open_dataset(tmp_path / "a.nc") as data, h5py.File(tmp_path / "a.nxs") as file:
        for number, (scan, entry) in enumerate(zip(scans, file.values(), strict=True)):
            own = data.isel(spectrum=data.scan == number)
            for counts in (own.counts, entry["data/counts"]):
                np.testing.assert_array_equal(counts, np.asarray(scan.counts))
            for shift in (own.shift_cm1, entry["data/shift"]):
                np.testing.assert_array_equal(shift, scan.shift_cm1)
            for position in (own.position_um, entry["data/position"]):
                np.testing.assert_array_equal(position, scan.position_um)
            np.testing.assert_array_equal(np.stack([own.x_um, own.y_um, own.z_um], axis=1), scan.coordinates_um)
            assert entry["title"][()].decode() == scan.name
            assert entry["instrument/beam_incident/wavelength"][()] == scan.metadata.laser_nm == 785.0
