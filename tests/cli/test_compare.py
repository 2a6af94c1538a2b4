"""`compare` as a process: where its table and its figures go, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.test_evolve import ramanfit
from tests.experiment.test_compare import experiment


@pytest.fixture
def two(tmp_path: Path) -> Path:
    experiment(tmp_path / "one", 1)
    experiment(tmp_path / "other", 2, period=630.0)
    return tmp_path


def test_a_table_on_standard_output(two: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(ramanfit("compare", "one", "other", folder=two).stdout)))
    assert [row["experiment"] for row in rows] == ["one"] * 60 + ["other"] * 60
    assert next(iter(rows[0])) == "experiment"
    some = ramanfit("compare", "one", "other", "--columns", "ratio_diff", "--tsv", folder=two).stdout.splitlines()
    assert some[0].split("\t") == ["experiment", "source", "scan", "point", "position_um", "time_s", "ratio_diff"]
    named = ramanfit("compare", "one", "other", "--name", "a", "--name", "b", "--json", folder=two)
    assert {row["experiment"] for row in json.loads(named.stdout)} == {"a", "b"}
    shown = ramanfit("compare", "one", "other", "--md", folder=two).stdout.splitlines()[0]
    assert [cell.strip() for cell in shown.split("|")[1:4]] == ["experiment", "point", "time_s"]


def test_a_folder_with_table_and_figures(two: Path) -> None:
    options = "--quantity", "G_fwhm_cm1", "--format", "svg", "--width", "single", "--x", "voltage"
    done = ramanfit("compare", "one", "other", *options, "-o", "out", folder=two)
    quantities = ("G_center_cm1", "G_fwhm_cm1", "ratio")
    names = {"compare.csv", *(f"{name}.{ending}" for name in quantities for ending in ("png", "svg"))}
    assert {path.name for path in (two / "out").iterdir()} == names
    assert all(name in done.stderr for name in names)
    piped = ramanfit("compare", "one", "other", "--quantity", "G_fwhm_cm1", "--x", "voltage", folder=two).stdout
    assert (two / "out" / "compare.csv").read_text() == piped


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("one",), 2, "two experiments"),
        (("one", "."), 1, "holds no ratios.csv"),
        (("one", "other", "--name", "a"), 2, "--name"),
        (("one", "other", "--quantity", "G_centre_cm1"), 2, "did you mean G_center_cm1?"),
        (("one", "other", "--columns", "nothing"), 2, "no column 'nothing'"),
        (("one", "other", "--format", "svg"), 2, "--format is for figures"),
        (("one", "other", "--width", "single"), 2, "--width is for figures"),
        (("one", "other", "--csv", "-o", "out"), 2, "leave them out"),
        (("one", "other", "--x", "soc"), 1, "no column soc"),
        (("one", "other", "--x", "dose"), 2, "'dose'"),
    ],
)
def test_refusals(arguments: tuple[str, ...], status: int, words: str, two: Path) -> None:
    done = ramanfit("compare", *arguments, status=status, folder=two)
    assert words in done.stderr
    assert not done.stdout
    assert not (two / "out").exists()


def test_an_input_is_not_written_over(two: Path) -> None:
    (two / "one" / "ratios.csv").rename(two / "one" / "compare.csv")
    done = ramanfit("compare", "one/compare.csv", "other", "-o", "one", status=2, folder=two)
    assert "it is the input" in done.stderr
