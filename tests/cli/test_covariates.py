"""`--covariates` and `--from-name`: columns of one's own in every table, read back and joined."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.test_fits import SAMPLES, ramanfit, rows

FOLDER = SAMPLES / "operando"
SCANS = sorted(FOLDER.glob("*Spec.Data*"))[:3]
OWN = ["temperature_k", "sample"]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("own") / "own.csv"
    with where.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ["temperature_k", "file", "sample"],
                ["300", SCANS[0], "pristine"],  # by path, name, stem
                ["310.5", SCANS[1].name, "7"],
                ["", SCANS[2].stem, "9"],
            ]
        )
    return where


def said(*arguments: str | Path, status: int = 0) -> str:
    return ramanfit(*arguments, status=status).stderr.decode()


def header(path: Path) -> list[str]:
    with path.open() as file:
        return next(csv.reader(file))


def test_they_stand_after_the_keys_and_are_numbers_where_all_are(table: Path) -> None:
    done = ramanfit("ratio", *SCANS, "--covariates", table, "--jsonl")
    found = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [*found[0]][:8] == ["source", "scan", "point", "position_um", "time_s", *OWN, "G_center_cm1"]
    assert [(r["temperature_k"], r["sample"]) for r in found[::6]] == [(300, "pristine"), (310.5, "7"), (None, "9")]


def test_they_stand_after_what_the_cell_did(table: Path) -> None:
    record = next(FOLDER.glob("*.mpt"))
    (first, *_) = rows(ramanfit("ratio", *SCANS, "--covariates", table, "--echem", record).stdout)
    names = [*first]
    assert names[names.index("half_cycle") + 1 :][:3] == [*OWN, "G_center_cm1"]


def test_names_of_files_give_them_too(table: Path) -> None:
    asked = ("--from-name", r"Line--(?P<line>\d+)", "--covariates", table)
    (first, *_) = rows(ramanfit("fit", *SCANS, *asked).stdout)
    assert [*first][5:9] == ["line", *OWN, "peak"]
    assert (first["line"], first["sample"]) == ("0", "pristine")


def test_tables_with_them_are_read_back_and_joined(table: Path, tmp_path: Path) -> None:
    whole = ramanfit("ratio", *SCANS, "--covariates", table).stdout
    tables = []
    for i, scan in enumerate(SCANS):  # of some the cells are numbers alone, and one has none
        tables.append(tmp_path / f"t{i}.csv")
        ramanfit("fit", scan, *(("--covariates", table) if i < 2 else ()), "-o", tables[-1])
    joined, asked = rows(ramanfit("ratio", *tables).stdout), rows(whole)
    assert [*joined[0]] == [*asked[0]]
    for name in OWN:
        assert [r[name] for r in joined[:12]] == [r[name] for r in asked[:12]], name
        assert {r[name] for r in joined[12:]} == {""}
    bare = [tmp_path / f"b{i}.csv" for i in range(3)]
    for path, scan in zip(bare, SCANS, strict=True):
        ramanfit("fit", scan, "-o", path)
    assert ramanfit("ratio", *bare, "--covariates", table).stdout == whole
    assert ramanfit("ratio", "-", stdin=whole).stdout == whole


def test_every_table_of_evolve_has_them(table: Path, tmp_path: Path) -> None:
    for name, files in (("a", SCANS), ("b", [tmp_path / "fits.csv"])):
        if name == "b":
            ramanfit("fit", *SCANS, "-o", files[0])
        out = tmp_path / name
        ramanfit(
            "evolve", *files, "--covariates", table, "-o", out, "--no-figures", "--no-report", "--reference", SCANS[0]
        )
        for one in ("ratios", "peaks", "bands"):
            assert header(out / f"{one}.csv")[5:7] == OWN, one
        last = rows((out / "ratios.csv").read_bytes())[-1]
        assert (last["point"], last["sample"]) == ("reference", "")


def test_a_scan_or_a_point_can_have_its_own(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("source;scan;point;dose\n" + "".join(f"{s.name};{i};P2;{i}.5\n" for i, s in enumerate(SCANS)))
    done = ramanfit("ratio", *SCANS, "--covariates", own)
    assert {(r["scan"], r["dose"]) for r in rows(done.stdout) if r["dose"]} == {
        ("0", "0.5"),
        ("1", "1.5"),
        ("2", "2.5"),
    }
    assert f"{own}: no row for all spectra of {SCANS[0]}, {SCANS[1]}, {SCANS[2]}: left empty\n" in done.stderr.decode()


def test_what_does_not_match_is_said_once(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(f"file,dose\n{SCANS[0].name},1\n" + "".join(f"gone{i}.txt,2\n" for i in range(5)))
    for verb in ("ratio", "evolve"):
        heard = said(verb, *SCANS, "--covariates", own)
        unmet = "gone0.txt (line 3), gone1.txt (line 4), gone2.txt (line 5) and 2 more"
        assert heard.count(f"{own}: no spectrum for {unmet}\n") == 1
        assert heard.count(f"{own}: no row for all spectra of {SCANS[1]}, {SCANS[2]}: left empty\n") == 1
    heard = said("ratio", *SCANS, "--from-name", r"Line--(?P<line>00[01])")
    assert f"--from-name: does not match {SCANS[2]}: left empty\n" in heard


def test_they_are_an_input(table: Path, tmp_path: Path) -> None:
    meta = tmp_path / "meta.json"
    ramanfit("ratio", *SCANS, "--covariates", table, "--meta", meta)
    assert str(table) in [i["file"] for i in json.loads(meta.read_text())["inputs"]]
    before = table.read_bytes()
    assert f"cannot be written: it is the input {table}" in said(
        "ratio", *SCANS, "--covariates", table, "-o", table, status=2
    )
    assert table.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("file,G_height\nx,1\n", 2, "--covariates: there is a column G_height already"),
        ("file,time_s\nx,1\n", 2, "--covariates: there is a column time_s already"),
        ("file,x,x_se\nx,1,2\n", 2, "a column x of your own would be read as one of a fit: call it otherwise"),
        ("file,D_height\nx,1\n", 2, "a column D_height of your own would be read as one of a fit: call it otherwise"),
        ("name,dose\nx,1\n", 1, "own.csv:1: expected one column source or file, found name, dose"),
        ("file,source,dose\nx,x,1\n", 1, "own.csv:1: expected one column source or file, found file, source, dose"),
        ("", 1, "own.csv:1: expected one column source or file, found nothing"),
        ("file,point\nx,1\n", 1, "own.csv:1: expected columns of their own, each with a name, found file, point"),
        ("file,dose\nx,1,2\n", 1, "own.csv:2: expected 2 cells, found 3"),
        ("file,scan,dose\nx,first,2\n", 1, "own.csv:2: expected the number of a scan, found 'first'"),
        ("file,dose\nx,1\n", 2, f"names none of the files, such as {SCANS[0]}"),
        (
            f"file,dose\n{SCANS[0].name},1\n{SCANS[0].stem},2\n",
            1,
            f"own.csv: lines 2 and 3 say different things of {SCANS[0]}, P1",
        ),
    ],
)
def test_tables_that_cannot_act_are_errors(tmp_path: Path, text: str, status: int, message: str) -> None:
    own = tmp_path / "own.csv"
    own.write_text(text)
    assert message in said("ratio", SCANS[0], "--covariates", own, status=status)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"Line--\d+", r"--from-name Line--\d+: names no group"),
        (r"Line--(\d+", r"--from-name Line--(\d+: missing ), unterminated subpattern at position 6"),
        (r"(?P<k>\d+)K", rf"--from-name (?P<k>\d+)K: matches the name of none of the files, such as {SCANS[0]}"),
        (r"(?P<ratio>\d+)", "--from-name: there is a column ratio already"),
    ],
)
def test_expressions_that_cannot_act_are_errors(pattern: str, message: str) -> None:
    assert message in said("ratio", SCANS[0], "--from-name", pattern, status=2)


def test_a_column_that_a_table_has_already_is_refused(table: Path, tmp_path: Path) -> None:
    fits = tmp_path / "fits.csv"
    ramanfit("fit", SCANS[0], "--covariates", table, "-o", fits)
    heard = said("ratio", fits, "--covariates", table, status=2)
    assert "--covariates: there is a column temperature_k already" in heard
    heard = said("plot", SCANS[0], "--covariates", table, "-o", tmp_path / "x", status=2)
    assert "--covariates adds columns to tables, and plot writes none" in heard


def test_the_help_says_what_they_are() -> None:
    heard = " ".join(ramanfit("ratio", "--help-all").stdout.decode().split())
    assert "--covariates FILE A CSV of columns of your own (temperature, dose, sample), by source or file," in heard
    assert r"--from-name REGEX Columns of your own from the names of files, e.g. '(?P<temperature_k>\d+)K'." in heard


def test_where_a_folder_lies_says_nothing(tmp_path: Path) -> None:
    """A number in the path above the file's own folder is none of the sample's."""
    folder = tmp_path / "77K" / "cell7"
    folder.mkdir(parents=True)
    shutil.copy(SCANS[0], folder / "scan.txt")
    heard = said("ratio", folder / "scan.txt", "--from-name", r"(?P<k>\d+)K", status=2)
    assert "matches the name of none of the files" in heard
    (row,) = {
        r["cell"] for r in rows(ramanfit("ratio", folder / "scan.txt", "--from-name", r"cell(?P<cell>\d+)").stdout)
    }
    assert row == "7"
