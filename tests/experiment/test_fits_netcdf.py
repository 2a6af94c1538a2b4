"""Fits with their covariance as netCDF: xarray reads what the table says, and the file is a table of fits again."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ramanfit
from ramanfit.errors import FormatError, InputError, UsageError
from ramanfit.formats.graph_ascii import graph_ascii
from ramanfit.scan.scan import Scan

ROOT = Path(__file__).resolve().parents[2]
OPERANDO = ROOT / "sample_spectra" / "operando"
pytest.importorskip("h5netcdf")
xarray = pytest.importorskip("xarray")


def process(*arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operando day, fitted into both forms."""
    made = tmp_path_factory.mktemp("fits")
    process("fit", OPERANDO, "-o", made / "fits.nc", "-q")
    process("ratio", OPERANDO, "-o", made / "ratios.csv", "-q")
    return made


@pytest.fixture
def data(folder: Path) -> Any:
    with xarray.open_dataset(folder / "fits.nc") as opened:
        yield opened


def test_values_are_those_of_the_table(folder: Path, data: Any) -> None:
    table = pd.read_csv(folder / "ratios.csv")
    for name in table:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column) and name != "flags":
            np.testing.assert_allclose(data[name].values, column.to_numpy(), rtol=1e-8, err_msg=name)
        else:
            assert data[name].values.tolist() == column.astype(object).fillna("").tolist()
    assert {"source", "scan", "point", "position_um", "time_s"} <= set(data.coords)
    assert data.G_center_cm1.attrs["units"] == "cm-1"
    assert set(data.G_status.values) <= {"ok", "not_detected", "failed"}
    assert data.started.values[0] == "2024-01-15T10:00:00"
    for name in ("G_height", "B_fwhm_cm1"):
        np.testing.assert_allclose(data.value.sel(parameter=name), table[name], rtol=1e-5)


def test_the_covariance_is_what_errors_are_made_of(folder: Path, data: Any) -> None:
    assert data.covariance.dims == ("spectrum", "parameter", "parameter_with")
    table = pd.read_csv(folder / "ratios.csv")
    covariance = data.covariance.values
    np.testing.assert_allclose(covariance, np.swapaxes(covariance, 1, 2), rtol=1e-10)
    np.testing.assert_allclose(np.sqrt(np.einsum("nii->ni", covariance)), data.standard_error)
    names = data.parameter.values.tolist()
    b, g = names.index("B_height"), names.index("G_height")
    value = data.value.values
    ratio = value[:, b] / value[:, g]
    relative = (
        covariance[:, b, b] / value[:, b] ** 2
        + covariance[:, g, g] / value[:, g] ** 2
        - 2 * covariance[:, b, g] / (value[:, b] * value[:, g])
    )
    np.testing.assert_allclose(ratio * np.sqrt(relative), table.ratio_se, rtol=1e-4)


def test_peaks_and_baseline_make_the_fitted_curve(tmp_path: Path) -> None:
    source = next(OPERANDO.glob("*--000--Spec*"))
    process("fit", source, "-o", tmp_path / "fits.nc", "--smooth", "none", "-q")
    process("curves", source, "-o", tmp_path / "curves.csv", "--smooth", "none", "-q")
    curves = pd.read_csv(tmp_path / "curves.csv")
    with xarray.open_dataset(tmp_path / "fits.nc") as data:
        for number, point in enumerate(data.point.values):
            its, curve = data.isel(spectrum=number), curves[curves.point == point]
            x = curve.shift_cm1.to_numpy()
            low, high = float(its.baseline_from_cm1), float(its.baseline_to_cm1)
            t = (2 * x - low - high) / (high - low)
            fit = np.polynomial.polynomial.polyval(t, its.baseline_coefficient.values)
            np.testing.assert_allclose(fit, curve.baseline, rtol=1e-6)
            for peak in "GB":
                height, center, fwhm = (
                    float(its.value.sel(parameter=f"{peak}_{name}")) for name in ("height", "center_cm1", "fwhm_cm1")
                )
                fit += height / (1 + (2 * (x - center) / fwhm) ** 2)
            np.testing.assert_allclose(fit, curve.fit, rtol=1e-6)


def test_who_made_it_of_what(data: Any) -> None:
    assert data.attrs["source"] == f"ramanfit {ramanfit.__version__}"
    assert json.loads(data.attrs["recipe"])["name"] == "li-graphite"
    assert len(json.loads(data.attrs["inputs"])) >= 12
    assert json.loads(data.attrs["flags"]) == ["uncalibrated"]


def test_the_same_fits_are_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    process("fit", OPERANDO, "-o", tmp_path / "a.nc", "-q", "--jobs", "2")
    assert (tmp_path / "a.nc").read_bytes() == (folder / "fits.nc").read_bytes()
    ramanfit.fit_files(OPERANDO, netcdf=tmp_path / "b.nc")
    assert (tmp_path / "b.nc").read_bytes() == (folder / "fits.nc").read_bytes()


def test_it_is_a_table_of_fits_again(folder: Path, tmp_path: Path) -> None:
    assert process("ratio", folder / "fits.nc", "-q").stdout == (folder / "ratios.csv").read_text()
    process("evolve", folder / "fits.nc", "-o", tmp_path / "nc", "--no-figures", "--no-report", "-q")
    process("fit", OPERANDO, "-o", tmp_path / "peaks.csv", "-q")
    process("evolve", tmp_path / "peaks.csv", "-o", tmp_path / "csv", "--no-figures", "--no-report", "-q")
    for name in ("ratios.csv", "peaks.csv", "map_ratio.csv", "events.csv"):
        assert (tmp_path / "nc" / name).read_text() == (tmp_path / "csv" / name).read_text()


def test_it_is_no_spectrum(folder: Path, tmp_path: Path) -> None:
    for verb in ("fit", "info", "export"):
        said = process(verb, folder / "fits.nc", status=1).stderr
        assert "expected spectra, found a table of fits" in said
    said = process("ratio", folder / "fits.nc", next(OPERANDO.glob("*Spec*")), status=2).stderr
    assert "do not mix" in said
    hurt = bytearray((folder / "fits.nc").read_bytes())
    hurt[len(hurt) // 2] ^= 1
    (tmp_path / "hurt.nc").write_bytes(hurt)
    assert "changed since" in process("ratio", tmp_path / "hurt.nc", status=1).stderr


def test_rows_that_are_picked(folder: Path, data: Any, tmp_path: Path) -> None:
    process("fit", OPERANDO, "-o", tmp_path / "a.nc", "--points", "P2,P3", "--from", "1h", "-q")
    with xarray.open_dataset(tmp_path / "a.nc") as some:
        wanted = data.isel(spectrum=data.point.isin(["P2", "P3"]) & (data.time_s >= 3600))
        for name in ("value", "covariance", "baseline_coefficient", "ratio", "point"):
            np.testing.assert_array_equal(some[name], wanted[name])


def line(counts: np.ndarray) -> Scan:
    return Scan(np.linspace(1100, 1800, counts.shape[1]), counts, "line", name="Line")


def test_what_cannot_be_fitted_is_empty(tmp_path: Path) -> None:
    x = np.linspace(1100, 1800, 300)
    noise = np.random.default_rng(3).normal(0, 5, (3, 300))
    counts = 500 + 300 / (1 + ((x - 1590) / 12) ** 2) + noise
    counts[1] = 7
    (tmp_path / "a.txt").write_bytes(graph_ascii(line(counts)))
    for options in ([], ["--baseline-order", "auto"], ["--baseline", "arpls"], ["--recipe", "carbon-bwf"]):
        process("fit", tmp_path / "a.txt", "-o", tmp_path / "a.nc", "-q", *options, status=0)
        with xarray.open_dataset(tmp_path / "a.nc") as data:
            assert np.isnan(data.value[1]).all()
            assert np.isnan(data.covariance[1]).all()
            assert float(data.value.sel(parameter="G_center_cm1")[0]) == pytest.approx(1590, abs=3)
            assert data.flags[1] == "not_measured"
            assert np.isnan(data.standard_error.values).tolist() == (
                np.isnan(np.einsum("nii->ni", data.covariance.values)).tolist()
            )


def test_columns_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("file,dose/Gy\n" + "".join(f"{p.name},3\n" for p in OPERANDO.glob("*Spec*")))
    process("fit", OPERANDO, "-o", tmp_path / "a.nc", "--covariates", tmp_path / "c.csv", "-q")
    with xarray.open_dataset(tmp_path / "a.nc") as data:
        assert set(data["dose_per_Gy"].values) == {3.0}
    assert ",dose/Gy," in process("ratio", tmp_path / "a.nc", "-q").stdout
    (tmp_path / "c.csv").write_text("file,value\n" + "".join(f"{p.name},3\n" for p in OPERANDO.glob("*Spec*")))
    said = process("fit", OPERANDO, "-o", tmp_path / "b.nc", "--covariates", tmp_path / "c.csv", status=2).stderr
    assert "a covariate is called 'value'" in said
    assert not (tmp_path / "b.nc").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--columns", "ratio"], "--columns is for tables"),
        (["--no-header"], "--no-header is for tables"),
        (["--recipe", "li-graphite", "--recipe", "argyrodite"], "give one --recipe"),
    ],
)
def test_options_that_cannot_act_are_refused(tmp_path: Path, options: list[str], words: str) -> None:
    assert words in process("fit", OPERANDO, "-o", tmp_path / "a.nc", *options, status=2).stderr
    assert not (tmp_path / "a.nc").exists()


def test_other_commands_have_no_covariance_to_write(tmp_path: Path) -> None:
    assert "expected one of the endings" in process("ratio", OPERANDO, "-o", tmp_path / "a.nc", status=2).stderr
    assert "none" not in process("fit", OPERANDO, "-o", tmp_path / "no" / "a.nc", status=1).stderr
    source = next(OPERANDO.glob("*Spec*"))
    copy = tmp_path / "in.nc"
    copy.write_bytes(source.read_bytes())
    process("fit", copy, "-o", copy, status=2)
    assert copy.read_bytes() == source.read_bytes()


def test_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = next(OPERANDO.glob("*Spec*"))
    table = ramanfit.fit_files(source, netcdf=tmp_path / "a.nc")
    pd.testing.assert_frame_equal(table.to_pandas(), ramanfit.fit_files(source).to_pandas())
    with pytest.raises(UsageError, match="one --recipe"):
        ramanfit.fit_files(source, recipe=["li-graphite", "argyrodite"], netcdf=tmp_path / "b.nc")
    monkeypatch.setattr("ramanfit.formats.writer.find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs the package h5netcdf"):
        ramanfit.fit_files(source, netcdf=tmp_path / "b.nc")
    assert not (tmp_path / "b.nc").exists()


def test_a_hostile_table_is_refused() -> None:
    from ramanfit.experiment.fits_netcdf import _as_lines
    from ramanfit.formats.bytes_in import Source
    from ramanfit.formats.sealed import Seal, unseal

    for columns in (None, [], [3], [["a", [1]]], [["a", ["x"]], ["b", ["y", "z"]]], [["a", [0, "<f8", [1 << 50]]]]):
        file = io.BytesIO(b"\x89HDF\r\n\x1a\n" + bytes(100))
        Seal(file).close("fits", columns=columns)
        file.seek(0)
        with pytest.raises(FormatError):
            _as_lines(unseal(Source(file, "a.nc")))
