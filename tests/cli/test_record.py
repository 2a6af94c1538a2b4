"""`--meta`: told before any work where it cannot be written; in a folder of `evolve`, `run.json` is that record."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from ramanfit.cli import ramanfit
from ramanfit.cli.console import Console
from ramanfit.experiment.run import check_run
from tests.cli.test_fits import PRISTINE

COMMANDS = {
    "fit": ("-o", "{}/peaks.csv"),
    "ratio": ("-o", "{}/ratios.csv"),
    "bands": ("-o", "{}/bands.csv"),
    "curves": ("-o", "{}/curves.csv"),
    "plot": ("-o", "{}/one.png"),
    "evolve": ("--no-report", "--no-figures", "-o", "{}"),
    "watch": ("--no-report", "--no-figures", "--once", "--interval", "0s", "-o", "{}"),
}


@pytest.fixture
def day(tmp_path: Path) -> Path:
    (tmp_path / "day").mkdir()
    (tmp_path / "out").mkdir()
    shutil.copy(PRISTINE, tmp_path / "day" / "a.txt")
    return tmp_path


def run(day: Path, command: str, meta: Path | str) -> int:
    words = [word.format(day / "out") for word in COMMANDS[command]]
    return Console().run(ramanfit, [command, str(day / "day"), *words, "--meta", str(meta)])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("meta", ["nowhere/meta.json", ".", "day/a.txt/meta.json"])
def test_a_record_that_cannot_be_written_is_told_before_the_work(
    command: str, meta: str, day: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramanfit.experiment.fit_files.open_scans", None)  # what the work begins with
    assert run(day, command, day / meta) == 1
    out, err = capfd.readouterr()
    assert f"{day / meta}: cannot be written: " in err
    assert len([line for line in err.splitlines() if not line.startswith("  hint:")]) == 1
    assert not out
    assert not [path for path in (day / "out").rglob("*") if path.is_file()]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_record_is_written_where_it_can_be(command: str, day: Path) -> None:
    assert run(day, command, day / "out" / "meta.json") == 0
    record = json.loads((day / "out" / "meta.json").read_text(encoding="utf-8"))
    (digest,) = {one["sha256"] for one in record["inputs"] if one["file"].endswith("a.txt")}
    assert digest == hashlib.sha256(PRISTINE.read_bytes()).hexdigest()


def test_it_may_be_in_a_folder_that_is_made(day: Path) -> None:
    shutil.copy(PRISTINE, day / "day" / "b.txt")
    words = ["plot", str(day / "day"), "-o", f"{day}/new/", "--meta", f"{day}/new/meta.json"]
    assert Console().run(ramanfit, words) == 0
    assert (day / "new" / "meta.json").exists()


@pytest.mark.posix
@pytest.mark.parametrize("command", ["evolve", "watch"])
def test_the_record_of_a_run_may_be_named(command: str, day: Path) -> None:
    (day / "link").symlink_to(day / "out")
    for meta in (day / "out" / "run.json", day / "link" / "run.json"):
        assert run(day, command, meta) == 0
        assert json.loads(meta.read_text(encoding="utf-8"))["files"]
        assert check_run(day / "out") == []
    assert not (day / "out" / "run.json").is_symlink()


@pytest.mark.posix
def test_names_that_are_no_utf8_stand_in_records_that_are(day: Path) -> None:
    (day / "day" / "a.txt").rename(day / "day" / "caf\udce9.txt")
    assert run(day, "evolve", day / "meta.json") == 0
    for path in (day / "meta.json", day / "out" / "run.json"):
        files = [one["file"] for one in json.loads(path.read_text(encoding="utf-8"))["inputs"]]
        assert [name for name in files if name.endswith("caf\udce9.txt")]
    assert check_run(day / "out") == []
