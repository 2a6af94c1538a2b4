"""The shipped samples: made by their plans, labelled, and with peaks that a fit can find."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import curve_fit

from ramanfit.cli import ramanfit
from ramanfit.cli.console import Console
from ramanfit.synthetic.plan import load_plan

SAMPLES = Path(__file__).resolve().parents[2] / "sample_spectra"
FOLDERS = sorted(path.parent.name for path in SAMPLES.glob("*/plan.toml"))

RECIPES = {"disordered-carbon": ("--recipe", "carbon-2")}

# Table S1 of 10.1021/acs.nanolett.3c04072: G position and intensity, B position and intensity
TABLE_S1 = {
    "P1": (1604.7, 22.6, 1337.5, 72.2),
    "P2": (1598.3, 45.8, 1332.4, 89.9),
    "P3": (1597.5, 73.2, 1329.9, 132.1),
    "P4": (1595.9, 124.5, 1331.3, 239.2),
    "P5": (1588.3, 176.8, 1352.0, 331.6),
    "P6": (1593.1, 230.6, 1355.5, 275.1),
    "pristine": (1583.6, 96.2, 1336.3, 13.5),
}


def truth(folder: str) -> list[dict[str, str]]:
    with (SAMPLES / folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbers(data: bytes) -> np.ndarray:
    """Return shift and spectra, [N + 1, M]."""
    rows = data.decode("cp1252").split("CCD cts\r\n")[-1].splitlines()
    return np.array([[float(cell) for cell in row.split("\t")] for row in rows]).T


def test_there_are_the_five() -> None:
    assert FOLDERS == ["disordered-carbon", "map", "operando", "pristine-graphite", "table-s1"]
    assert [len(truth(folder)) for folder in FOLDERS] == [1, 80, 72, 1, 6]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_plan_makes_the_files_again(folder: str, tmp_path: Path) -> None:
    plan = SAMPLES / folder / "plan.toml"
    assert Console().run(ramanfit, ["simulate", str(plan), "-o", str(tmp_path), "-q", *RECIPES.get(folder, ())]) == 0
    shipped = {path.name: path.read_bytes() for path in plan.parent.iterdir()}
    del shipped["plan.toml"]
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(made) == set(shipped)
    for name, data in made.items():
        if "Spec.Data" in name:  # the last digit of the axis is the C library's
            np.testing.assert_allclose(numbers(data), numbers(shipped[name]), rtol=1e-9)
        else:
            assert data == shipped[name], name


def test_every_file_says_synthetic() -> None:
    files = [path for path in SAMPLES.rglob("*") if path.is_file()]
    assert len(files) > 30
    for path in files:
        assert b"SYNTHETIC" in path.read_bytes()[:600], path.name
        if path.suffix in (".txt", ".mpt"):
            assert path.name.startswith("SYNTHETIC-"), path.name
    assert sum(path.stat().st_size for path in files) < 3e6


def test_the_readme_names_every_folder_and_its_command() -> None:
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (ramanfit simulate .*)$", text, re.MULTILINE)
    at = {folder: f"sample_spectra/{folder}" for folder in FOLDERS}
    expected = [
        " ".join(["ramanfit simulate", f"{path}/plan.toml -o {path}", *RECIPES.get(folder, ()), "--force"])
        for folder, path in at.items()
    ]
    assert sorted(commands) == sorted(expected)
    assert all(f"| `{folder}` |" in text for folder in FOLDERS)


@pytest.mark.parametrize("folder", ["table-s1", "pristine-graphite"])
def test_the_truth_is_table_s1(folder: str) -> None:
    for row in truth(folder):
        values = tuple(float(row[name]) for name in ("G_center_cm1", "G_height", "B_center_cm1", "B_height"))
        assert values == TABLE_S1["pristine" if folder == "pristine-graphite" else row["point"]]
        assert float(row["ratio"]) == pytest.approx(values[3] / values[1])


def test_peaks_of_the_operando_series_move_and_grow() -> None:
    rows = truth("operando")
    for point in {row["point"] for row in rows}:
        courses = [row for row in rows if row["point"] == point]
        assert len(courses) == 12
        times = np.array([float(row["time_s"]) for row in courses])
        assert np.diff(times) == pytest.approx(np.full(11, 600))
        for name, least in (("G_center_cm1", 4), ("B_height", 40), ("ratio", 0.5)):
            course = np.array([float(row[name]) for row in courses])
            assert (np.diff(course) > 0).all(), (point, name)
            assert course[-1] - course[0] > least, (point, name)


def test_the_operando_cell_is_charged_at_constant_current() -> None:
    """Begun 45 s before the first scan, 0.2 mA of 1 mAh; the record ends where the last scan does."""
    for row in truth("operando"):
        hours = (float(row["time_s"]) + 45) / 3600
        assert float(row["current_ma"]) == 0.2
        assert float(row["capacity_mah"]) == pytest.approx(0.2 * hours, rel=1e-8)
        assert float(row["soc"]) == pytest.approx(20 * hours, rel=1e-8)
    (record,) = (SAMPLES / "operando").glob("*.mpt")
    lines = record.read_bytes().decode("cp1252").replace(",", ".").split("\r\n")
    assert "Acquisition started on : 01/15/2024 09:59:15.000" in lines
    names = lines[int(lines[1].split(":")[1]) - 1].split("\t")
    rows = [[float(cell) for cell in line.split("\t")] for line in lines[lines.index("\t".join(names)) + 1 : -1]]
    columns = dict(zip(names, np.array(rows).T, strict=False))
    assert columns["time/s"][-1] == 45 + 11 * 600 + 150
    for row in truth("operando"):
        voltage = np.interp(float(row["time_s"]) + 45, columns["time/s"], columns["Ewe/V"])
        assert float(row["voltage_v"]) == pytest.approx(voltage, abs=1e-3)


@pytest.mark.parametrize("folder", FOLDERS)
def test_scipy_finds_the_truth_in_every_spectrum(folder: str) -> None:
    """Weighted with the stated variance: all pulls together are standard normal, the weakest peak is clear."""
    plan = load_plan(str(SAMPLES / folder / "plan.toml"))
    detector = plan.detector

    def model(x: np.ndarray, *p: float) -> np.ndarray:
        curve = np.polyval(p[6:], (x - 1400) / 500)
        for center, fwhm, height in (p[:3], p[3:6]):
            curve = curve + height / (1 + 4 * ((x - center) / fwhm) ** 2)
        return curve

    pulls, clearest = [], []
    for path in sorted((SAMPLES / folder).glob("*Spec.Data*")):
        x, *spectra = numbers(path.read_bytes())
        used = (x > 900) & (x < 1900)
        rows = [row for row in truth(folder) if row["source"] == path.name]
        for row, y in zip(rows, spectra, strict=True):
            peaks = [name.removesuffix("_height") for name in row if name.endswith("_height")]
            true = [float(row[f"{p}_{q}"]) for p in peaks for q in ("center_cm1", "fwhm_cm1", "height")]
            sigma = np.sqrt(detector.read_counts**2 + detector.gain * (y - detector.offset_counts))
            start = [*true, 0, 0, y[used].min()]
            found, covariance = curve_fit(model, x[used], y[used], start, sigma[used], absolute_sigma=True)
            se = np.sqrt(np.diag(covariance))
            pulls.append((found[:6] - true) / se[:6])
            clearest.append((found / se)[[2, 5]])
    assert np.min(clearest) > 8
    worst = {1: 3.0, 6: 3.5, 72: 4.5, 80: 4.5}[len(pulls)]
    assert np.abs(pulls).max() < worst
    if len(pulls) > 20:
        # 72 spectra or more: the spread's own standard error is 1 / sqrt(2 * 72) = 0.08
        assert np.std(pulls, axis=0) == pytest.approx(np.ones(6), abs=0.35)
        assert np.abs(np.mean(pulls, axis=0)).max() < 5 / np.sqrt(72)
