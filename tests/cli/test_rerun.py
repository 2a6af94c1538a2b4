"""`ramanfit rerun`: the same bytes, or what differs, by name; nothing of the first run is touched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ramanfit
from ramanfit.experiment.provenance import record_of
from ramanfit.recipe.toml import load_recipe
from tests.attack.shop import contents

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_spectra"
NAME = "SYNTHETIC-table-s1--Line--000--Spec.Data 1.txt"


def run(folder: Path, *words: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    env = {"PYTHONPATH": str(ROOT), **{k: v for k, v in os.environ.items() if not k.startswith("RAMANFIT_")}}
    command = [sys.executable, "-m", "ramanfit", *words]
    return subprocess.run(command, cwd=folder, env={**env, **environment}, input=stdin, capture_output=True)


def rows(folder: Path, *words: str, expected: int, **more: Any) -> tuple[dict[tuple[str, str], dict[str, str]], str]:
    """Return what differs, by what it is and its name, and what was said."""
    done = run(folder, "rerun", *words, "--json", **more)
    assert done.returncode == expected, done.stderr.decode()
    return {(one["what"], one["name"]): one for one in json.loads(done.stdout)}, done.stderr.decode()


def change(record: Path, **values: object) -> None:
    record.write_text(json.dumps({**json.loads(record.read_text()), **values}))


@pytest.fixture
def day(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "table-s1", tmp_path / "scans")
    return tmp_path


@pytest.fixture
def fitted(day: Path) -> Path:
    assert run(day, "fit", "scans", "--recipe", "li-graphite", "-o", "peaks.csv", "--meta", "m.json").returncode == 0
    return day


@pytest.mark.parametrize(
    "words",
    [
        ("fit", "scans", "-o", "made/out.xlsx"),
        ("fit", "scans", "--json"),
        ("ratio", "scans", "-omade/out.parquet", "--jobs", "2"),
        ("-q", "bands", "scans", "--at", "1350,1590"),
        ("curves", "--output=made/out.tsv", "--", "scans"),
        ("plot", "scans", "-o", "made/"),
        ("plot", "scans", "--worst", "2", "-o", "made/out.svg"),
        ("evolve", "scans"),
        ("evolve", "scans", "--no-report", "-o", "made", "--meta", "made/run.json"),
        ("ratio", "peaks.csv"),
    ],
    ids=" ".join,
)
def test_the_same_bytes_again_from_any_folder(
    words: tuple[str, ...], fitted: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for ending, package in (("xlsx", "openpyxl"), ("parquet", "pyarrow")):
        if f"out.{ending}" in "".join(words):
            pytest.importorskip(package)
    (fitted / "made").mkdir()
    record = fitted / ("made/run.json" if "made/run.json" in words else "record.json")
    meta = [] if "made/run.json" in words else ["--meta", "record.json"]
    ends = words.index("--") if "--" in words else len(words)
    done = run(fitted, *words[:ends], *meta, *words[ends:])
    assert done.returncode == 0, done.stderr.decode()
    before, away = contents(fitted), tmp_path_factory.mktemp("elsewhere")
    found, said = rows(away, str(record), "-o", "kept", expected=0)
    assert not found
    assert "the same bytes" in said
    assert contents(fitted) == before
    kept = contents(away / "kept")
    if "made" not in "".join(words):
        assert kept["standard-output"] == done.stdout
    for name, data in kept.items():
        if name not in ("run.json", "standard-output"):
            assert (fitted / "made" / name).read_bytes() == data, name
    assert [path.name for path in away.iterdir()] == ["kept"]


def test_the_report_is_made_again_too_and_what_is_kept_is_a_run_of_its_own(day: Path) -> None:
    assert run(day, "evolve", "scans", "--no-figures", "-o", "out").returncode == 0
    assert not rows(day, "out/run.json", "-o", "kept", expected=0)[0]
    assert (day / "kept" / "report.html").read_bytes() == (day / "out" / "report.html").read_bytes()
    assert not rows(day, "kept/run.json", expected=0)[0]


def test_what_went_to_standard_output_has_its_digest(day: Path) -> None:
    done = run(day, "fit", "scans", "--meta", "m.json")
    listed = json.loads((day / "m.json").read_text())["outputs"]
    assert listed == [{"file": "-", "sha256": hashlib.sha256(done.stdout).hexdigest()}]


def test_an_input_changed_by_one_byte_is_named_and_so_is_what_comes_of_it(fitted: Path) -> None:
    scan = fitted / "scans" / NAME
    data = scan.read_bytes()
    place = data.rindex(b"\t") + 1
    scan.write_bytes(data[:place] + (b"1" if data[place : place + 1] != b"1" else b"2") + data[place + 1 :])
    found, said = rows(fitted, "m.json", expected=1)
    row = found.pop(("input", f"scans/{NAME}"))
    assert row["status"] == "differs"
    assert row["recorded"] == hashlib.sha256(data).hexdigest()[:12]
    assert row["now"] == hashlib.sha256(scan.read_bytes()).hexdigest()[:12]
    assert {what for what, _ in found} <= {"output"}
    assert f"m.json: not the same run: inputs: scans/{NAME} differs" in said


def test_an_input_that_can_be_read_no_more_is_named_as_changed(fitted: Path) -> None:
    with (fitted / "scans" / NAME).open("ab") as file:
        file.write(b"no number\n")
    found, said = rows(fitted, "m.json", expected=1)
    assert [status["status"] for status in found.values()] == ["differs"]
    assert f"inputs: scans/{NAME} differs" in said


def test_a_record_that_was_parted_from_its_folder_says_how_to_name_it(fitted: Path) -> None:
    (fitted / "away").mkdir()
    shutil.copy(fitted / "m.json", fitted / "away" / "run.json")
    for record in ("away/run.json", "away"):
        _, said = rows(fitted, record, expected=1)
        assert "hint: --folder DIR" in said
        assert "the same bytes" in run(fitted, "rerun", record, "--folder", ".").stderr.decode()


def test_a_missing_input_is_named_before_any_work(fitted: Path) -> None:
    (fitted / "scans" / NAME).unlink()
    found, said = rows(fitted, "m.json", expected=1)
    assert {key: row["status"] for key, row in found.items()} == {("input", f"scans/{NAME}"): "missing"}
    assert said.count("ramanfit:") == 1


def test_another_input_is_new(fitted: Path) -> None:
    shutil.copy(fitted / "scans" / NAME, fitted / "scans" / "z.txt")
    with (fitted / "scans" / "z.txt").open("ab") as file:
        file.write(b"\n")
    assert rows(fitted, "m.json", expected=1)[0]["input", "scans/z.txt"]["status"] == "new"


def test_another_version_is_named_and_is_no_difference_where_the_bytes_are_the_same(fitted: Path) -> None:
    change(fitted / "m.json", ramanfit="0.0.9", core="NumPy of long ago", libraries={"scipy": "0.1"})
    found, _ = rows(fitted, "m.json", expected=0)
    assert found["program", "ramanfit"] == {
        "what": "program", "name": "ramanfit", "status": "differs", "recorded": "0.0.9", "now": ramanfit.__version__,
    }  # fmt: skip
    assert found["program", "core"]["recorded"] == "NumPy of long ago"
    change(fitted / "m.json", outputs=[{"file": "peaks.csv", "sha256": "0" * 64}])
    assert (
        f"peaks.csv differs; ramanfit 0.0.9 then, {ramanfit.__version__} now" in rows(fitted, "m.json", expected=1)[1]
    )


def test_a_recipe_that_changed_is_named_by_its_key(day: Path) -> None:
    recipe = day / "my.toml"
    recipe.write_text('base = "li-graphite"\n')
    assert run(day, "ratio", "scans", "--recipe", "my.toml", "--meta", "m.json", "-o", "r.csv").returncode == 0
    recipe.write_text('base = "li-graphite"\n[[peaks]]\nname = "G"\ncenter_max_cm1 = 1641.0\n')
    found, said = rows(day, "m.json", expected=1)
    (key,) = {name for what, name in found if what == "recipe"}
    assert key == "peaks.G.center_max_cm1"
    assert found["recipe", key]["now"] == "1641.0"
    assert "recipes: peaks.G.center_max_cm1 differs" in said
    recipe.unlink()
    assert "ended with exit status 2, and without a result" in rows_of_failure(day)


def rows_of_failure(folder: Path) -> str:
    done = run(folder, "rerun", "m.json")
    assert done.returncode == 1
    assert not done.stdout
    assert b"my.toml" in done.stderr
    return done.stderr.decode()


def test_an_output_that_was_changed_since_is_named(fitted: Path) -> None:
    (fitted / "peaks.csv").write_text("mine")
    found, _ = rows(fitted, "m.json", expected=1)
    assert [row["status"] for row in found.values()] == ["changed since"]
    (fitted / "peaks.csv").unlink()  # nobody misses it: its digest is in the record
    assert not rows(fitted, "m.json", expected=0)[0]


def test_settings_of_the_environment_are_those_of_the_first_run(day: Path) -> None:
    first = {"RAMANFIT_SET": "baseline.smooth_cm1=none", "RAMANFIT_WINDOW": "1100,1750"}
    assert run(day, "ratio", "scans", "--meta", "m.json", **first).returncode == 0
    assert json.loads((day / "m.json").read_text())["environment"] == first
    assert not rows(day, "m.json", expected=0, RAMANFIT_BASELINE_ORDER="3")[0]


def test_standard_input_is_given_again(day: Path) -> None:
    data = (day / "scans" / NAME).read_bytes()
    assert run(day, "fit", "-", "-o", "p.csv", "--meta", "m.json", stdin=data).returncode == 0
    assert not rows(day, "m.json", expected=0, stdin=data)[0]
    found, said = rows(day, "m.json", expected=1, stdin=data[:-3] + b"9\n")
    assert found["input", "-"]["status"] == "differs"
    assert "inputs: standard input differs" in said


def test_a_record_of_an_earlier_version_is_compared_with_what_is_there(fitted: Path, tmp_path: Path) -> None:
    record = json.loads((fitted / "m.json").read_text())
    for key in ("core", "cite", "folder", "environment", "libraries", "outputs"):
        del record[key]
    (fitted / "m.json").write_text(json.dumps(record))
    assert {what for what, _ in rows(fitted, "m.json", expected=0)[0]} == {"program"}
    away = tmp_path / "elsewhere"
    away.mkdir()
    assert rows(away, "../m.json", expected=1)[0]["input", f"scans/{NAME}"]["status"] == "missing"
    assert rows(away, "../m.json", "--folder", "..", expected=0)
    (fitted / "peaks.csv").write_text("mine")
    assert rows(fitted, "m.json", expected=1)[0]["output", "peaks.csv"]["status"] == "differs"
    (fitted / "peaks.csv").unlink()
    assert rows(fitted, "m.json", expected=1)[0]["output", "peaks.csv"]["status"] == "not recorded"


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (b"x,y\n1,2\n", "expected the record of a run, found another file"),
        (b"[1]", "expected the record of a run, found another file"),
        (b'{"epochs": 3}', "expected the record of a run, found another file"),
        (b'{"ramanfit": "1", "command": "ramanfit fit a"}', "expected the record of a run"),
        (b'{"ramanfit": "1", "command": []}', "a run from Python"),
        (b'{"ramanfit": "1", "command": ["ramanfit", "watch", "a", "-o", "b"]}', "watch cannot be run again"),
        (b'{"ramanfit": "1", "command": ["ramanfit"]}', "no command cannot be run again"),
        (b'{"ramanfit": "1", "command": ["ramanfit", "simulate", "a"]}', "simulate cannot be run again"),
        (b'{"ramanfit": "1", "command": ["ramanfit", "fit", "a", "--nonsense"]}', "none of this version"),
        (b'{"ramanfit": "1", "command": ["ramanfit", "fit", "a"], "folder": "gone"}', "which is no folder here"),
        (b'{"ramanfit": "1", "command": ["ramanfit", "fit", "a"], "moving_in": []}', "interrupted"),
    ],
)
def test_what_is_no_run_is_refused(record: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(record)
    done = run(tmp_path, "rerun", "r.json")
    assert done.returncode == 1
    assert words in done.stderr.decode()
    assert done.stderr.startswith(b"ramanfit: r.json: ")
    assert not done.stdout


def test_nothing_is_written_over(fitted: Path) -> None:
    done = run(fitted, "rerun", "m.json", "-o", "scans")
    assert done.returncode == 2
    assert b"scans: is there already" in done.stderr
    done = run(fitted, "rerun", "m.json", "--columns", "nonsense")
    assert done.returncode == 2
    (fitted / "empty").mkdir()
    assert run(fitted, "rerun", "m.json", "-o", "empty").returncode == 0
    assert {path.name for path in (fitted / "empty").iterdir()} == {"peaks.csv", "run.json"}
    assert run(fitted, "rerun", "nowhere.json").returncode == 1


def test_a_run_from_python_is_a_record_that_names_no_command(day: Path) -> None:
    names = ramanfit.evolve(day / "scans").save(day / "out")
    record = json.loads((day / "out" / "run.json").read_text())
    assert {one["file"] for one in record["files"]} == {*names} - {"run.json"}
    assert record["command"] == []
    assert run(day, "ratio", "out/ratios.csv").stderr.count(b"warning") == 0


def test_citation_file_and_record_name_the_same() -> None:
    cff = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    fields = dict(line.strip(" -").split(": ", 1) for line in cff.splitlines() if ": " in line)
    cite = record_of(load_recipe("li-graphite"), [], [])["cite"]
    title = fields["title"].strip('"')
    assert cite == f"{fields['name']}. {title}. Software, version {fields['version']}."
    assert fields["version"] == ramanfit.__version__
