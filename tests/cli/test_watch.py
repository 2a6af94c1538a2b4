"""`watch` as a process: a folder that fills, restarts, signals."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPERANDO = ROOT / "sample_spectra" / "operando"
TABLES = "--no-figures", "--no-report"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def program(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "ramanfit", *map(str, arguments)]


def ramanfit(*arguments: str | Path, status: int = 0) -> str:
    done = subprocess.run(program(*arguments), capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == status, done.stderr
    return done.stderr


@contextmanager
def watching(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    command = program("watch", *arguments, "--interval", "0.1s")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def until(what: str, found: object, seconds: float = 60.0) -> None:
    assert callable(found)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found():
            return
        time.sleep(0.05)
    pytest.fail(f"waited in vain for {what}")


def scan_files(number: int) -> list[Path]:
    return sorted(OPERANDO.glob(f"*--{number:03d}--*"))


def bring(number: int, folder: Path) -> None:
    for file in scan_files(number):
        shutil.copy(file, folder)


def scans_in(table: Path) -> list[str]:
    if not table.exists():
        return []
    lines = table.read_text(encoding="utf-8").splitlines()
    at = lines[0].split(",").index("scan")
    return sorted({line.split(",")[at] for line in lines[1:]})


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Path]:
    scans = tmp_path / "scans"
    scans.mkdir()
    return scans, tmp_path / "out"


def test_scans_are_taken_in_as_they_come_and_equal_evolve(place: tuple[Path, Path], tmp_path: Path) -> None:
    scans, out = place
    last = out / "bands.csv"
    with watching(scans, *TABLES, "-o", out) as process:
        for number in range(3):
            bring(number, scans)
            until(f"scan {number}", lambda n=number: scans_in(last) == [str(k) for k in range(n + 1)])
        assert process.poll() is None
    ramanfit("evolve", scans, *TABLES, "-o", tmp_path / "at-once")
    for path in (tmp_path / "at-once").glob("*.csv"):
        same = (out / path.name).read_bytes() == path.read_bytes()
        assert same, path.name  # a comparison of bytes would be explained for minutes


def test_a_file_that_grows_is_left_until_it_is_whole(place: tuple[Path, Path]) -> None:
    scans, out = place
    bring(0, scans)
    spectrum = next(file for file in scan_files(1) if "Spec.Data" in file.name)
    lines = spectrum.read_bytes().decode("cp1252").splitlines(keepends=True)
    growing = scans / spectrum.name
    ratios = out / "ratios.csv"
    with watching(scans, *TABLES, "-o", out), growing.open("w", encoding="cp1252", newline="") as file:
        until("the first scan", lambda: scans_in(ratios) == ["0"])
        for k in range(0, len(lines) - 1, len(lines) // 8):
            file.writelines(lines[k : min(k + len(lines) // 8, len(lines) - 1)])
            file.flush()
            time.sleep(0.08)
            assert not (out / "fits" / f"{spectrum.name}.csv").exists()
        file.write(lines[-1])
        file.flush()
        until("the grown scan", lambda: len(scans_in(ratios)) == 2)
    assert len((out / "fits" / f"{spectrum.name}.csv").read_text().splitlines()) == 1 + 6 * 2


def test_a_restart_fits_nothing_twice(place: tuple[Path, Path]) -> None:
    scans, out = place
    bring(0, scans)
    bring(1, scans)
    said = ramanfit("watch", scans, *TABLES, "-o", out, "--once", "--interval", "0.1s")
    assert said.count("6 spectra") == 2
    tables = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (out / "fits").glob("*.csv")}
    bring(2, scans)
    said = ramanfit("watch", scans, *TABLES, "-o", out, "--once", "--interval", "0.1s")
    assert said.count("6 spectra") == 1
    again = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in tables if path.suffix == ".csv"}
    assert again == {path: was for path, was in tables.items() if path.suffix == ".csv"}
    assert scans_in(out / "ratios.csv") == ["0", "1", "2"]
    assert len((out / "ratios.csv").read_text().splitlines()) == 1 + 3 * 6


def test_a_file_that_changed_is_fitted_anew(place: tuple[Path, Path]) -> None:
    scans, out = place
    bring(0, scans)
    ramanfit("watch", scans, *TABLES, "-o", out, "--once", "--interval", "0.1s")
    before = (out / "ratios.csv").read_bytes()
    spectrum = next(file for file in scans.iterdir() if "Spec.Data" in file.name)
    other = next(file for file in scan_files(9) if "Spec.Data" in file.name)
    spectrum.write_bytes(other.read_bytes())
    ramanfit("watch", scans, *TABLES, "-o", out, "--once", "--interval", "0.1s")
    assert (out / "ratios.csv").read_bytes() != before
    assert scans_in(out / "ratios.csv") == ["0"]


@pytest.mark.posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_stops_at_once_and_leaves_whole_files(number: signal.Signals, status: int, place: tuple[Path, Path]) -> None:
    scans, out = place
    bring(0, scans)
    with watching(scans, *TABLES, "-o", out) as process:
        until("the first scan", lambda: (out / "bands.csv").exists())
        process.send_signal(number)
        assert process.wait(timeout=20) == status
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert not [path for path in out.rglob("*") if path.suffix not in ("", ".csv", ".json", ".jsonl")]
    ramanfit("watch", scans, *TABLES, "-o", out, "--once", "--interval", "0.1s")
    assert scans_in(out / "ratios.csv") == ["0"]


def test_other_settings_are_refused(place: tuple[Path, Path]) -> None:
    scans, out = place
    bring(0, scans)
    ramanfit("watch", scans, *TABLES, "-o", out, "--once", "--interval", "0.1s")
    said = ramanfit("watch", scans, *TABLES, "-o", out, "--once", "--baseline-order", "1", status=2)
    assert "other settings" in said


@pytest.mark.posix
def test_what_cannot_be_read_is_said_once_and_stops_nothing(place: tuple[Path, Path]) -> None:
    scans, out = place
    bring(0, scans)
    header = (
        "//Exported ASCII-File\n[Header]\nGraphName = x\nSizeX = 1\nSizeY = 1\nSizeGraph = 4\n[Data]\n1\tnonsense\n"
    )
    (scans / "broken.txt").write_text(header)
    with watching(scans, *TABLES, "-o", out) as process:
        until("the first scan", lambda: scans_in(out / "ratios.csv") == ["0"])
        time.sleep(2.5)
        bring(1, scans)
        until("the second scan", lambda: scans_in(out / "ratios.csv") == ["0", "1"])
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
        assert process.stderr is not None
        said = [line for line in process.stderr.read().splitlines() if "broken.txt" in line]
    assert len(said) == 1  # though it is tried once more when the folder holds something new that might complete it


def test_a_growing_record_of_the_cell_is_followed(place: tuple[Path, Path]) -> None:
    scans, out = place
    bring(0, scans)
    record = scans.parent / "cell.csv"
    record.write_text("time_s,voltage_v\n0,3.0\n60,3.1\n")
    with watching(scans, "--echem", record, *TABLES, "-o", out):
        until("the tables", lambda: (out / "ratios.csv").exists())
        before = (out / "ratios.csv").read_text()
        record.write_text("time_s,voltage_v\n0,3.0\n60,3.1\n7200,3.6\n")
        until("the longer record", lambda: (out / "ratios.csv").read_text() != before)


def test_it_needs_a_folder(tmp_path: Path) -> None:
    assert "one folder" in ramanfit("watch", tmp_path / "nothing", "-o", tmp_path / "out", status=2)
