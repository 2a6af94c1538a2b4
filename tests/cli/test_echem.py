"""The cell's record on the command line: several files, units, zones, cycles in the tables, and what `info` says."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.records import arbin, eclab, truth_of

ROOT = Path(__file__).resolve().parents[2]
OPERANDO = ROOT / "sample_spectra" / "operando"
CELL = next(OPERANDO.glob("*.mpt"))
CELL_COLUMNS = ["voltage_v", "current_ma", "capacity_mah", "soc", "cycle", "half_cycle"]


def ramanfit(*arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TZ": "UTC"},
    )
    assert done.returncode == status, done.stderr
    return done


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the sample's scans."""
    folder = tmp_path_factory.mktemp("scans")
    for path in OPERANDO.glob("*"):
        if "--000--" in path.name or "--005--" in path.name:
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sample's record in two files."""
    folder = tmp_path_factory.mktemp("halves")
    lines = CELL.read_bytes().split(b"\r\n")
    head = int(lines[1].split(b":")[1])
    rows = lines[head:-1]
    paths = folder / "01_a.mpt", folder / "02_b.mpt"
    for path, part in zip(paths, (rows[:40], rows[40:]), strict=True):
        path.write_bytes(b"\r\n".join([*lines[:head], *part, b""]))
    return paths


def test_cycles_stand_after_the_state_of_charge(scans: Path, tmp_path: Path) -> None:
    rows = table(ramanfit("ratio", scans, "--echem", CELL, "-q").stdout)
    assert list(rows[0])[5:11] == CELL_COLUMNS
    assert {row["cycle"] for row in rows} == {"0"}
    long = tmp_path / "fits.csv"
    ramanfit("fit", scans, "--echem", CELL, "-q", "-o", long)
    again = table(ramanfit("ratio", long, "-q").stdout)
    assert [[row[name] for name in CELL_COLUMNS] for row in again] == [
        [row[name] for name in CELL_COLUMNS] for row in rows
    ]
    assert "half_cycle" in ramanfit("list", "columns").stdout


def test_a_record_in_two_files_is_the_record(scans: Path, halves: tuple[Path, Path], tmp_path: Path) -> None:
    whole = ramanfit("ratio", scans, "--echem", CELL, "--capacity", "4mAh", "-q").stdout
    meta = tmp_path / "run.json"
    options = ("--capacity", "4mAh", "-q", "--meta", meta)
    joined = ramanfit("ratio", scans, "--echem", halves[1], "--echem", halves[0], *options).stdout
    for one, other in zip(table(joined), table(whole), strict=True):
        for name in CELL_COLUMNS:
            assert float(one[name] or "nan") == pytest.approx(float(other[name] or "nan"), rel=1e-6, nan_ok=True)
    inputs = json.dumps(json.loads(meta.read_text()))
    assert all(path.name in inputs for path in halves)
    both = ramanfit("ratio", scans, "--echem", halves[0], "--echem", halves[0], status=1)
    assert "begins" in both.stderr


def test_options_that_cannot_act_are_refused(scans: Path, tmp_path: Path) -> None:
    clockless = tmp_path / "cell.csv"
    clockless.write_text("time_s,voltage_v\n0,3\n3600,3.1\n")
    undated = tmp_path / "undated.txt"
    undated.write_text("".join(f"{900 + 2 * k}\t{100 + k % 7}\n" for k in range(500)))
    assert "no file says when it began" in ramanfit("ratio", undated, "--timezone", "UTC", status=2).stderr
    for arguments, words in (
        (["--soc-start", "10", "--echem", CELL], "--soc-start needs --capacity"),
        (["--echem-units", "A"], "--echem-units needs --echem"),
        (["--echem-units", "A,kg", "--echem", CELL], "'kg' is no unit"),
        (["--echem-units", "A,Ah", "--echem", CELL], "no column of charge or current"),
        (["--timezone", "UTC", "--echem", clockless], "the record has no clock"),
        (["--capacity", "4mAh", "--echem", clockless], "holds no charge"),
    ):
        assert words in ramanfit("ratio", scans, *arguments, status=2).stderr
    assert "no such time zone" in ramanfit("ratio", scans, "--timezone", "Mars", "--echem", CELL, status=1).stderr


def test_units_are_asked_for(scans: Path, tmp_path: Path) -> None:
    record = tmp_path / "cell.csv"
    record.write_text("timestamp,Voltage (V),Current\n2024-01-15 09:00:00,3,0.5\n2024-01-16 09:00:00,3.1,0.5\n")
    refused = ramanfit("ratio", scans, "--echem", record, status=1).stderr
    assert "expected a unit of Current, found none" in refused
    assert "--echem-units" in refused
    rows = table(ramanfit("ratio", scans, "--echem", record, "--echem-units", "A", "-q").stdout)
    assert {row["current_ma"] for row in rows} == {"500"}


@pytest.mark.posix
def test_a_record_with_a_zone_among_scans_in_another(scans: Path, tmp_path: Path) -> None:
    """Rows at 9 and 10 h UTC; the scans began at 10 and, with others between, at 11 h in Berlin."""
    record = tmp_path / "cell.csv"
    lines = [f"2024-01-15T{h:02d}:{m:02d}:00Z,{3 + h / 100 + m / 6000}" for h in range(5, 15) for m in (0, 30)]
    record.write_text("\n".join(["timestamp,voltage_v", *lines, ""]))
    berlin = ramanfit("ratio", scans, "--echem", record, "--timezone", "Europe/Berlin")
    utc = ramanfit("ratio", scans, "--echem", record)
    volts = [np.array([float(row["voltage_v"]) for row in table(run.stdout)]) for run in (berlin, utc)]
    np.testing.assert_allclose(volts[0], volts[1] - 0.01, atol=1e-6)  # an hour earlier, 10 mV less
    assert "--timezone says it" in utc.stderr
    assert "--timezone says it" not in berlin.stderr


def test_what_is_assumed_is_said_once(scans: Path) -> None:
    said = ramanfit("ratio", "-v", scans, "--echem", CELL).stderr
    assert said.count("least charge of the record (0 %)") == 1
    warned = ramanfit("ratio", scans, "--echem", CELL, "--capacity", "0.1mAh").stderr
    assert warned.count("is not this cell's") == 1


def test_info_says_what_would_be_taken_of_a_record(scans: Path, tmp_path: Path) -> None:
    truth = truth_of([(0.5, 30), (-0.5, 30)])
    for name, text in (("cell.mpt", eclab(truth)), ("arbin.csv", arbin(truth)), ("bare.csv", "time_s,V/V\n5,3\n6,4\n")):
        (tmp_path / name).write_bytes(text.encode("cp1252"))
    files = [tmp_path / name for name in ("cell.mpt", "arbin.csv", "bare.csv")]
    rows = table(ramanfit("info", *files).stdout)
    assert [row["kind"] for row in rows] == ["record"] * 3
    assert [row["rows"] for row in rows] == ["61", "61", "2"]
    assert [(row["first_s"], row["last_s"]) for row in rows] == [("0", "1800"), ("0", "1800"), ("5", "6")]
    assert rows[0]["started"] == rows[1]["started"] == "2024-01-15 09:00:00"
    for row in rows[:2]:
        assert float(row["capacity_max_mah"]) == pytest.approx(0.125)
        assert float(row["capacity_last_mah"]) == pytest.approx(0.0, abs=1e-9)
        assert row["cycles"] == "1"
    assert "charge: (Q-Qo)/mA.h" in rows[0]["taken"]
    assert "holds no charge and no current" in rows[2]["missing"]
    assert "start: --echem-offset" in rows[2]["missing"]
    spectra = table(ramanfit("info", scans, "-q").stdout)
    mixed = table(ramanfit("info", scans, files[0], "-q").stdout)
    assert [row["kind"] for row in mixed] == ["line", "line", "record"]
    assert [{name: row[name] for name in spectra[0]} for row in mixed[:2]] == spectra
    assert mixed[2]["channels"] == ""


def test_info_goes_on_after_a_record_that_cannot_be_read(tmp_path: Path) -> None:
    good, broken = tmp_path / "good.csv", tmp_path / "broken.csv"
    good.write_text("time_s,voltage_v\n0,3\n1,3\n")
    broken.write_text("time_s,voltage_v\n0,3\n1,x\n")
    assert "broken.csv:3" in ramanfit("info", broken, good, status=1).stderr
    done = ramanfit("info", "-k", broken, good, status=1)
    assert [row["source"] for row in table(done.stdout)] == [str(good)]
