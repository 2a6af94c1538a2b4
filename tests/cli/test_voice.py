"""What is said on stderr: one short line for what was assumed, what was written, singular and plural, whom to blame."""

from __future__ import annotations

import importlib
import os
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.cli import COMMANDS, ramanfit
from ramanfit.cli.console import Console, wrapped
from ramanfit.experiment.voice import Silent, tell
from ramanfit.scan.notes import Note, counted

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_spectra"


def run(*arguments: Any, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RAMANFIT_")}
    return subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=clean | {"PYTHONPATH": str(ROOT), **variables},
    )


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("day")
    (folder / "scans").mkdir()
    for path in SAMPLES.glob("operando/*--00[01]--*"):
        shutil.copy(path, folder / "scans")
    shutil.copy(next(folder.glob("scans/*Spec.Data*")), folder / "scan.txt")
    shutil.copy(next(SAMPLES.glob("operando/*.mpt")), folder / "cell.mpt")
    shutil.copy(SAMPLES / "operando" / "plan.toml", folder / "plan.toml")
    shift = np.arange(300.0, 1900.0, 1.7)
    silicon = np.random.default_rng(1).poisson(500 + 4000 / (1 + ((shift - 520.5) / 2.2) ** 2))
    np.savetxt(folder / "si.txt", np.column_stack([shift, silicon]), fmt="%.8g", delimiter="\t")
    for name in ("one.csv", "two.csv"):
        run("ratio", "scans", "-o", name, folder=folder)
    run("curves", "scan.txt", "--points", "P1", "-o", "curves.csv", "--meta", "made.json", folder=folder)
    return folder


# -- what was assumed ---------------------------------------------------------------------------------------


def test_one_short_line_names_each_assumption_and_v_says_each_in_full(day: Path) -> None:
    short = run("ratio", "scans", "--echem", "cell.mpt", folder=day).stderr
    assert short.splitlines() == [
        "ramanfit: 2 files with spectra, 2 other files passed over; pitch 5 µm; times shared evenly; "
        "state of charge from the record's least charge to its largest, 0.3775 mAh (-v: why)"
    ]
    whole = run("ratio", "-v", "scans", "--echem", "cell.mpt", folder=day).stderr
    for words in (
        "passed over 2 of 4 files: 2 × the Information text of a measurement, no spectrum",
        "2 measurements: line pitch 5 µm = 30 µm / 6 (--line-spacing endpoints: 6 µm)",
        "time per spectrum taken as the scan's duration over its points (--dwell overrides)",
        "100 %: 0.3775 mAh more): --capacity says better",
    ):
        assert words in whole
    assert "-v: why" not in whole
    assert run("ratio", "-q", "scans", "--echem", "cell.mpt", folder=day).stderr == ""


def test_an_assumption_of_some_says_of_how_many(day: Path, tmp_path: Path) -> None:
    first, second = sorted(day.glob("scans/*Spec.Data*"))
    shutil.copy(first, tmp_path / "a.txt")
    text = second.read_bytes().replace(b"ScanLength = 30", b"ScanLength = 36")
    (tmp_path / "b.txt").write_bytes(re.sub(rb"(ScanStopX = )\S+", rb"\g<1>36", text))
    said = run("info", "a.txt", "b.txt", folder=tmp_path).stderr
    assert re.search(r"pitch 5 µm in 1 of 2 measurements; pitch 6 µm in 1 of 2 measurements", said)


def test_what_was_assumed_is_said_before_what_went_wrong(day: Path) -> None:
    lines = run("ratio", "scans", "--points", "P99", folder=day).stderr.splitlines()
    assert "pitch 5 µm" in lines[0]
    assert "P99" in lines[1]


def test_a_note_in_few_words_survives_a_worker_process(day: Path) -> None:
    note = Note("all of it", "some")
    again = pickle.loads(pickle.dumps(note))
    assert (again, again.short, type(again)) == (note, "some", Note)
    assert run("fit", "scans", "-j", "2", folder=day).stderr == run("fit", "scans", folder=day).stderr


def test_a_voice_of_ones_own_hears_both_lengths() -> None:
    class Ears(Silent):
        def __init__(self) -> None:
            super().__init__()
            self.heard: list[tuple[str, ...]] = []

        def note(self, message: str, short: str) -> None:
            self.heard.append((message, short))

        def say(self, message: str) -> None:
            self.heard.append((message,))

    ears = Ears()
    tell(Note("in full", "short"), ears, "a.txt: ", " in 1 of 2")
    tell("only in full", ears, "a.txt: ")
    assert ears.heard == [("a.txt: in full", "short in 1 of 2"), ("a.txt: only in full",)]


# -- what was written ---------------------------------------------------------------------------------------

WRITTEN = [
    ("info scan.txt -o i.csv", "wrote i.csv: 1 row"),
    ("fit scan.txt -o f.csv --meta m.json", "wrote f.csv: 12 rows\nwrote m.json: what was done"),
    ("ratio scan.txt -o r.csv", "wrote r.csv: 6 rows"),
    ("ratio scans -o r.xlsx", "wrote r.xlsx: 12 rows"),
    ("evolve scans -o e/ --no-figures --no-report", "wrote e: peaks.csv, ratios.csv, "),
    ("watch scans -o w/ --once --no-figures --no-report --interval 0.1s", "wrote w: peaks.csv, "),
    ("compare one.csv two.csv -o k/", "wrote k/: compare.csv, "),
    ("bands scan.txt -o b.csv", "wrote b.csv: 24 rows"),
    ("curves scan.txt --points P1 -o c.csv", "wrote c.csv: "),
    ("plot scan.txt --point P1 -o p.png", "wrote p.png"),
    ("plot scan.txt -o figures/", "wrote figures/: 6 figures"),
    ("baseline scan.txt -o l.txt", "wrote l.txt: 6 spectra"),
    ("baseline scans -o lines/", "wrote lines/: 2 measurements"),
    ("export scan.txt -o x.csv", "wrote x.csv: 6 spectra"),
    ("export scans -o texts/", "wrote texts/: 2 measurements"),
    ("calibrate si.txt -o s.toml", "wrote s.toml: recipe li-graphite, calibrated"),
    ("simulate plan.toml -o y/", "wrote y/: 12 × 6 synthetic spectra and their truth.csv"),
    ("recipe silicon -o n.toml", "wrote n.toml: recipe silicon"),
    ("rerun made.json -o again/", "wrote again/: curves.csv, run.json\nmade.json: the same bytes: 1 output of 1 input"),
    ("list shapes -o h.csv", "wrote h.csv: 5 rows"),
]


@pytest.mark.parametrize(("line", "said"), WRITTEN)
def test_what_was_written_is_said_and_with_q_nothing(line: str, said: str, day: Path, tmp_path: Path) -> None:
    shutil.copytree(day, tmp_path, dirs_exist_ok=True)
    if ".xlsx" in line:
        pytest.importorskip("openpyxl")
    done = run(*line.split(), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    for words in said.split("\n"):
        assert f"ramanfit: {words}" in done.stderr
    for name in re.findall(r"(?:-o|--meta) (\S+)", line):
        assert (tmp_path / name).exists()
        shutil.rmtree(tmp_path / name) if (tmp_path / name).is_dir() else (tmp_path / name).unlink()
    quiet = run(*line.split(), "-q", folder=tmp_path)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_every_command_that_writes_a_file_is_among_them() -> None:
    writing = {name for name in COMMANDS for p in command(name).params if "--output" in p.opts}
    assert writing <= {line.split()[0] for line, _ in WRITTEN}


def test_flagged_rows_are_counted(day: Path) -> None:
    done = run("ratio", "scan.txt", "--set", "detection.low_snr=1e6", "-o", "flagged.csv", folder=day)
    assert "wrote flagged.csv: 6 rows, 6 flagged" in done.stderr
    assert "6 of 6 spectra flagged: low_snr 6" in done.stderr


@pytest.mark.posix
@pytest.mark.parametrize("target", ["-", "/dev/stdout", "/dev/null"])
def test_nothing_is_said_of_a_stream(target: str, day: Path) -> None:
    assert "wrote" not in run("ratio", "scan.txt", "-o", target, folder=day).stderr


# -- singular and plural ------------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.sampled_from(["cosmic ray", "spectrum", "file", "channel", "other file"]))
def test_numbers_and_nouns(number: int, what: str) -> None:
    count, _, noun = counted(number, what).partition(" ")
    assert int(count) == number
    assert (noun == what) is (number == 1)
    assert noun == what or noun.endswith(("s", "spectra"))


@pytest.mark.parametrize(
    ("rays", "said"), [(1, "1 cosmic ray masked in 1 of 6"), (2, "2 cosmic rays masked in 2 of 6")]
)
def test_one_cosmic_ray(rays: int, said: str, day: Path, tmp_path: Path) -> None:
    head, _, rows = (day / "scan.txt").read_bytes().decode("cp1252").partition("[Data]")
    lines = rows.splitlines()
    for ray in range(rays):
        row = len(lines) // 2 + 9 * ray
        cells = lines[row].split("\t")
        cells[1 + ray] = " 40000"
        lines[row] = "\t".join(cells)
    (tmp_path / "hit.txt").write_bytes((head + "[Data]" + "\n".join(lines) + "\n").encode("cp1252"))
    assert said in run("ratio", "hit.txt", folder=tmp_path).stderr


# -- how it is broken into lines ----------------------------------------------------------------------------


@given(st.lists(st.text("abcdef-/.µ", min_size=1, max_size=30), min_size=1, max_size=20), st.integers(20, 120))
def test_words_are_never_broken(words: list[str], width: int) -> None:
    lines = wrapped(" ".join(words), width, "    ")
    assert " ".join(lines).split() == " ".join(words).split()
    assert all(len(line) <= width or len(line.split()) == 1 for line in lines)


@pytest.mark.posix
@pytest.mark.parametrize("columns", [40, 60, 100])
def test_a_terminal_gets_whole_words(columns: int, day: Path) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": str(columns), "TERM": "dumb"}
    subprocess.run(
        [sys.executable, "-m", "ramanfit", "info", "scans", "-o", "seen.csv"],
        stderr=theirs,
        cwd=day,
        env=environment,
        check=True,
    )
    os.close(theirs)
    seen = os.read(ours, 65536).decode().replace("\r\n", "\n")
    os.close(ours)
    assert max(map(len, seen.splitlines())) <= columns
    piped = run("info", "scans", "-o", "seen.csv", folder=day).stderr
    assert seen.split() == piped.split()


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [("ratio", "--points", "P3,P4"), ("ratio", "--window", "LOW,HIGH"), ("fit", "-o", "FILE"), ("evolve", "-o", "DIR")],
)
def test_an_option_without_its_value_is_told_with_what_it_takes(name: str, option: str, value: str, day: Path) -> None:
    done = run(name, "scans", option, folder=day)
    assert done.returncode == 2
    assert done.stderr == f"ramanfit: {option} needs a value: {value}\n  hint: try 'ramanfit {name} --help'\n"


# -- who is blamed ------------------------------------------------------------------------------------------


def command(name: str) -> click.Command:
    found: click.Command = importlib.import_module(COMMANDS[name][0]).command
    return found


INHERITED = sorted({(p.opts[0], str(p.envvar)) for name in COMMANDS for p in command(name).params if p.envvar})
WRONG = {"--recipe": "nonsense", "--baseline": "nonsense", "--baseline-order": "99"}


@pytest.mark.parametrize(("option", "variable"), INHERITED)
def test_a_variable_that_is_not_set_is_not_blamed(
    option: str, variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert variable.startswith("RAMANFIT_")
    monkeypatch.delenv(variable, raising=False)
    wrong = WRONG.get(option, "-nonsense-")
    assert Console().run(ramanfit, ["fit", "x.txt", f"{option}={wrong}"]) in (1, 2)
    typed = capsys.readouterr().err
    assert "RAMANFIT_" not in typed
    monkeypatch.setenv(variable, wrong)
    assert Console().run(ramanfit, ["fit", "x.txt"]) in (1, 2)
    inherited = capsys.readouterr().err
    assert variable in inherited or option in ("--baseline", "--baseline-order")  # the key of the recipe is named


def test_assignments_are_blamed_where_they_stand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Console().run(ramanfit, ["fit", "x.txt", "--set", "window"]) == 2
    assert "--set: expected KEY=VALUE" in capsys.readouterr().err
    monkeypatch.setenv("RAMANFIT_SET", "window")
    assert Console().run(ramanfit, ["fit", "x.txt"]) == 2
    assert "ramanfit: RAMANFIT_SET: expected KEY=VALUE" in capsys.readouterr().err
