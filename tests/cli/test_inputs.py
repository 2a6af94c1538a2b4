"""What FILES may be, as processes: streams read once, lists of names, the same measurement twice, two experiments."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_spectra"
(TABLE_S1,) = (SAMPLES / "table-s1").glob("*Spec.Data*")
OPERANDO = sorted((SAMPLES / "operando").glob("*Spec.Data*"))


def ramanfit(
    *arguments: str | Path, status: int = 0, stdin: bytes | None = None, folder: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    assert done.returncode == status, done.stderr.decode()
    return done


def rows(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))


def without_source(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, str]]:
    return [{**row, "source": ""} for row in rows(done)]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A spectrum without its Information text, larger than a pipe holds."""
    copy = tmp_path / "bare" / "scan.txt"
    copy.parent.mkdir()
    shutil.copy(TABLE_S1, copy)
    assert copy.stat().st_size > 1 << 16
    return copy


def fifo(folder: Path, content: bytes) -> Path:
    """A FIFO that somebody writes to once."""
    path = folder / "fifo"
    os.mkfifo(path)
    threading.Thread(target=lambda: path.write_bytes(content), daemon=True).start()
    return path


# -- streams ------------------------------------------------------------------------------------------------


@pytest.mark.posix
@pytest.mark.parametrize("verb", ["fit", "ratio", "info", "bands", "baseline"])
def test_a_fifo_is_read_as_the_file_is(verb: str, bare: Path, tmp_path: Path) -> None:
    expected = ramanfit(verb, bare)
    found = ramanfit(verb, fifo(tmp_path, bare.read_bytes()))
    if verb == "baseline":
        assert found.stdout.count(b"\n") == expected.stdout.count(b"\n")
        assert found.stdout.splitlines()[9:] == expected.stdout.splitlines()[9:]
    else:
        assert without_source(found) == [
            {**row, "scan": got["scan"]} if verb == "info" else row
            for row, got in zip(without_source(expected), without_source(found), strict=True)
        ]
    assert found.stderr.count(b"\n") == expected.stderr.count(b"\n")


@pytest.mark.posix
@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_standard_input_is_read_whole_and_hashed_as_it_goes_by(
    name: str, jobs: str, bare: Path, tmp_path: Path
) -> None:
    content, meta = bare.read_bytes(), tmp_path / "meta.json"
    arguments = (
        ["ratio", name, OPERANDO[0], "-j", jobs, "--meta", meta] if jobs == "2" else ["ratio", name, "--meta", meta]
    )
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        input=content,
        capture_output=True,
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    inputs = {entry["file"]: entry["sha256"] for entry in json.loads(meta.read_text())["inputs"]}
    assert inputs[name] == hashlib.sha256(content).hexdigest()
    assert [r["ratio"] for r in rows(done) if r["source"] == name] == [
        r["ratio"] for r in rows(ramanfit("ratio", bare))
    ]


@pytest.mark.posix
def test_a_table_of_fits_may_be_a_fifo_too(bare: Path, tmp_path: Path) -> None:
    table = ramanfit("fit", bare).stdout
    piped = ramanfit("ratio", fifo(tmp_path, table))
    assert rows(piped) == rows(ramanfit("ratio", bare))


def test_standard_input_named_twice_or_closed_is_an_error(bare: Path) -> None:
    twice = ramanfit("ratio", "--files-from", "-", "-", stdin=b"-\n", status=1)
    assert b"can be read only once" in twice.stderr
    closed = subprocess.run(
        f"{sys.executable} -m ramanfit ratio - <&-", shell=True, capture_output=True, cwd=ROOT, timeout=60
    )
    assert closed.returncode == 1
    assert closed.stderr == b"ramanfit: -: standard input is closed\n"


@pytest.mark.posix
def test_a_record_of_the_cell_may_be_a_fifo_too(tmp_path: Path) -> None:
    record, meta = next(SAMPLES.glob("operando/*.mpt")), tmp_path / "meta.json"
    piped = ramanfit("ratio", *OPERANDO, "--echem", fifo(tmp_path, record.read_bytes()), "--meta", meta)
    assert rows(piped) == rows(ramanfit("ratio", *OPERANDO, "--echem", record))
    digest = hashlib.sha256(record.read_bytes()).hexdigest()
    assert json.loads(meta.read_text())["inputs"][-1]["sha256"] == digest


@pytest.mark.posix
def test_a_fifo_in_a_folder_is_passed_over_and_said(bare: Path) -> None:
    os.mkfifo(bare.parent / "waits")
    done = ramanfit("ratio", "-v", bare.parent)
    assert b"1 file with spectra, 1 other file passed over" in ramanfit("ratio", bare.parent).stderr
    assert "passed over 1 of 2 files: 1 × a FIFO, socket or device" in done.stderr.decode()


# -- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\0"])
def test_names_come_from_a_list(end: str, bare: Path, tmp_path: Path) -> None:
    names = [str(bare), str(OPERANDO[1])]
    expected = ramanfit("ratio", *names).stdout
    for text in (end.join(names), end.join(names) + end):
        (tmp_path / "list").write_bytes(text.encode())
        assert ramanfit("ratio", "--files-from", tmp_path / "list").stdout == expected
        assert ramanfit("ratio", "--files-from", "-", stdin=text.encode()).stdout == expected
    assert ramanfit("ratio", names[0], "--files-from", "-", stdin=names[1].encode()).stdout == expected
    assert b"found none" in ramanfit("ratio", "--files-from", "-", stdin=b"\n", status=1).stderr
    assert b"Missing argument" in ramanfit("ratio", status=2).stderr


def spectrum(path: Path, seed: int, separator: str = "\t") -> None:
    shift = np.linspace(850, 1950, 400)
    counts = 500 + 400 / (1 + ((shift - 1590) / 15) ** 2) + 300 / (1 + ((shift - 1345) / 60) ** 2)
    noisy = np.random.default_rng(seed).poisson(counts)
    np.savetxt(path, np.column_stack([shift, noisy]), fmt="%.8g", delimiter=separator)


def test_names_sort_naturally_however_they_arrive_and_missing_numbers_leave_their_places(tmp_path: Path) -> None:
    for number in (10, 2, 4, 8, 6):
        spectrum(tmp_path / f"s{number}.txt", number)
    done = ramanfit("ratio", "s10.txt", "s2.txt", "s4.txt", "s8.txt", folder=tmp_path)
    assert [r["source"] for r in rows(done)] == ["s2.txt", "s4.txt", "s8.txt", "s10.txt"]
    assert [r["scan"] for r in rows(done)] == ["0", "1", "3", "4"]
    assert b"1 scan is missing" in done.stderr
    tables = tmp_path / "tables"
    tables.mkdir()
    for name in ("s10", "s2", "s4", "s8"):
        ramanfit("fit", f"{name}.txt", "-o", f"tables/{name}.csv", folder=tmp_path)
    joined = ramanfit("ratio", "tables/s10.csv", "tables/s2.csv", "tables/s8.csv", "tables/s4.csv", folder=tmp_path)
    assert rows(joined) == rows(done)
    timed = ramanfit("evolve", "--period", "10min", *(f"tables/s{n}.csv" for n in (10, 2, 8, 4)), folder=tmp_path)
    assert [r["time_s"] for r in rows(timed)] == ["0", "600", "1800", "2400"]
    assert b"--dwell" in timed.stderr


def test_a_file_that_is_not_there_is_said_before_any_work_with_the_nearest_name(tmp_path: Path) -> None:
    for number in (1, 2):
        spectrum(tmp_path / f"scan{number}.txt", number)
    wrong = ramanfit("ratio", "scan1.txt", "scam2.txt", "-v", folder=tmp_path, status=1)
    assert wrong.stderr == (b"ramanfit: scam2.txt: No such file or directory\n  hint: did you mean scan2.txt?\n")
    assert not wrong.stdout
    survived = ramanfit("ratio", "-k", "scan1.txt", "scam2.txt", folder=tmp_path, status=1)
    assert len(rows(survived)) == 1


# -- the same measurement twice -----------------------------------------------------------------------------


def test_a_measurement_met_twice_is_counted_once_and_a_repeat_is_kept(tmp_path: Path) -> None:
    spectrum(tmp_path / "a.txt", 1)
    spectrum(tmp_path / "a.csv", 1, separator=",")
    spectrum(tmp_path / "b.txt", 2)
    shutil.copy(tmp_path / "b.txt", tmp_path / "c.txt")
    for verb in ("ratio", "info", "export"):
        done = ramanfit(verb, ".", "./a.txt", folder=tmp_path)
        assert len({r["source"] for r in rows(done)}) == 3, verb
        assert b"a.txt: the same measurement as" in done.stderr
        assert b"c.txt: holds the same spectra as" in done.stderr
        assert done.stderr.count(b"counted once") == 1


def test_empty_spectra_are_no_repeats(tmp_path: Path) -> None:
    for name in ("a.txt", "a.csv", "b.txt"):
        np.savetxt(tmp_path / name, np.column_stack([np.linspace(850, 1950, 400), np.zeros(400)]), fmt="%.8g")
    assert len(rows(ramanfit("ratio", ".", folder=tmp_path))) == 3


# -- two experiments ----------------------------------------------------------------------------------------


def test_folders_that_overlap_in_time_or_names_are_not_one_experiment(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    copies = [shutil.copy(path, tmp_path / "one") for path in (SAMPLES / "operando").glob("*--00[0-3]--*")]
    later = [shutil.copy(path, tmp_path / "two") for path in (SAMPLES / "operando").glob("*--00[4-6]--*")]
    assert copies
    assert later
    assert len(rows(ramanfit("evolve", "one", "two", folder=tmp_path))) == 7 * 6
    for path in (SAMPLES / "operando").glob("*--002--*"):
        shutil.move(tmp_path / "one" / path.name, tmp_path / "two" / path.name)
    overlapping = ramanfit("evolve", "one", "two", folder=tmp_path, status=2)
    assert b"overlap in time" in overlapping.stderr
    assert b"run ramanfit evolve on each folder" in overlapping.stderr
    said = ramanfit("ratio", "one", "two", folder=tmp_path)
    assert b"several experiments?" in said.stderr
    (own,) = (tmp_path / "one").glob("*--000--Spec.Data*")
    (other,) = (tmp_path / "one").glob("*--001--Spec.Data*")
    shutil.copy(other, tmp_path / "two" / own.name)
    assert b"both hold" in ramanfit("bands", "one", "two", folder=tmp_path, status=2).stderr
