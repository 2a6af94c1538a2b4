"""Several recipes in one run, from the shell: their columns side by side, everywhere the same."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import ramanfit
from ramanfit.formats.graph_ascii import graph_ascii
from ramanfit.scan.scan import Scan
from ramanfit.tables.forms import open_writer
from tests.cli.test_fits import ramanfit as command
from tests.fit.test_side_by_side import PS4, SHIFT, G, electrolyte
from tests.recipe.test_beside import MIXED


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scans of five points in the electrolyte, and a recipe beside them."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "day").mkdir()
    for i in range(2):
        scan = Scan(SHIFT, electrolyte(5, i), "line", position_um=np.arange(5.0))
        (folder / "day" / f"scan{i}.txt").write_bytes(graph_ascii(scan))
    (folder / "mine.toml").write_text(MIXED)
    return folder


def both(lab: Path) -> tuple[str, ...]:
    return "--recipe", "argyrodite", "--recipe", str(lab / "mine.toml")


def rows(text: bytes) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text.decode()))]


def test_graphite_over_the_electrolyte_is_one_line(lab: Path) -> None:
    table = rows(command("ratio", lab / "day", *both(lab)).stdout)
    assert len(table) == 10
    for row in table:
        assert float(row["G_PS4"]) == pytest.approx(float(row["G_height"]) / float(row["PS4_427_height"]), rel=1e-7)
        assert abs(float(row["G_PS4"]) - G / PS4) < 5 * float(row["G_PS4_se"])
        assert float(row["apart_se"]) > 0


def test_the_columns_of_each_are_those_of_its_own_run(lab: Path) -> None:
    together = rows(command("ratio", lab / "day", *both(lab)).stdout)
    for recipe, peaks in (("argyrodite", ("PS4_427", "PS4_577", "PS4_600")), ("li-graphite", ("G", "B"))):
        alone = rows(command("fit", lab / "day", "--recipe", recipe).stdout)
        for peak in peaks:
            own = [row for row in alone if row["peak"] == peak]
            for name in ("center_cm1", "fwhm_se", "height", "area_se"):
                assert [row[f"{peak}_{name}"] for row in together] == [row[name] for row in own]


def test_tables_give_the_same_bytes_as_exports_with_any_number_of_processes(lab: Path, tmp_path: Path) -> None:
    at_once = command("ratio", lab / "day", *both(lab)).stdout
    assert command("ratio", lab / "day", *both(lab), "--jobs", "2").stdout == at_once
    command("fit", lab / "day", *both(lab), "-o", tmp_path / "peaks.csv", "-q")
    long = rows((tmp_path / "peaks.csv").read_bytes())
    assert [row["peak"] for row in long[:5]] == ["PS4_427", "PS4_577", "PS4_600", "G", "B"]
    assert [row["peak"] for row in long if row["G_PS4"]] == ["G"] * 10
    assert command("ratio", tmp_path / "peaks.csv", *both(lab)).stdout == at_once
    assert command("ratio", tmp_path / "peaks.csv").stdout == at_once
    with open_writer(tmp_path / "table.csv", "csv") as writer:
        writer.write(ramanfit.ratios(lab / "day", recipe=["argyrodite", lab / "mine.toml"]))
    assert (tmp_path / "table.csv").read_bytes() == at_once


def test_evolve_maps_all_and_draws_the_last(lab: Path, tmp_path: Path) -> None:
    arguments = ("--quantity", "G_PS4_se", "-q", "--no-figures")
    command("evolve", lab / "day", *both(lab), *arguments, "-o", tmp_path / "one")
    made = {path.name for path in (tmp_path / "one").iterdir()}
    assert {"map_G_PS4.csv", "map_ratio.csv", "map_PS4_427_height.csv", "map_G_height.csv", "map_G_PS4_se.csv"} <= made
    report = (tmp_path / "one" / "report.html").read_bytes()
    assert b"PS4_427" in report
    command("fit", lab / "day", *both(lab), "-o", tmp_path / "peaks.csv", "-q")
    done = command(
        "evolve", tmp_path / "peaks.csv", *both(lab), "--quantity", "G_PS4_se", "--no-figures", "-o", tmp_path / "two"
    )
    assert b"another fit" not in done.stderr
    for name in ("ratios.csv", "peaks.csv", "bands.csv", "map_G_PS4.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_figures_of_the_last_recipe(lab: Path, tmp_path: Path) -> None:
    command("evolve", lab / "day", *both(lab), "--no-report", "-q", "-o", tmp_path / "out")
    assert (tmp_path / "out" / "traces.png").stat().st_size > 0


def test_what_was_done_holds_every_recipe(lab: Path, tmp_path: Path) -> None:
    command("ratio", lab / "day", *both(lab), "--meta", tmp_path / "run.json", "-o", tmp_path / "r.csv", "-q")
    recipe = json.loads((tmp_path / "run.json").read_text())["recipe"]
    assert recipe["name"] == "mine"
    assert [other["name"] for other in recipe["beside"]] == ["argyrodite"]


def test_the_environment_names_several_as_a_path_does(lab: Path) -> None:
    names = os.pathsep.join(("argyrodite", str(lab / "mine.toml")))
    done = command("ratio", lab / "day", env={"RAMANFIT_RECIPE": names})
    assert done.stdout == command("ratio", lab / "day", *both(lab)).stdout
    (lab / "with blank.toml").write_text('base = "graphite"\n')
    command("ratio", lab / "day", env={"RAMANFIT_RECIPE": str(lab / "with blank.toml")})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sensitivity",), "--sensitivity repeats the fits of one recipe: give one --recipe"),
        (("--verify", "2"), "--verify compares the fits of one recipe: give one --recipe"),
        (("--recipe", "argyrodite"), "unknown peak"),  # of mine.toml, which is not the last then
    ],
)
def test_what_cannot_act_on_several_is_refused(arguments: tuple[str, ...], said: str, lab: Path) -> None:
    done = command("ratio", lab / "day", *both(lab), *arguments, status=2)
    assert said in done.stderr.decode()


def test_a_name_in_two_recipes_is_refused_with_both(lab: Path) -> None:
    names = ("--recipe", "li-graphite", "--recipe", "li-graphite-doublet")
    done = command("ratio", lab / "day", *names, status=2)
    assert b"found 'B' in li-graphite and in li-graphite-doublet" in done.stderr


def test_commands_that_take_one_recipe_say_so(lab: Path, tmp_path: Path) -> None:
    for verb in ("baseline", "bands", "plot", "watch"):
        done = command(verb, lab / "day", *both(lab), "-o", tmp_path / "out", status=2)
        assert "--recipe: expected one recipe, found 2; fit, ratio, evolve take several" in done.stderr.decode()


def test_no_recipe_is_written_over(lab: Path, tmp_path: Path) -> None:
    first, last = tmp_path / "first.toml", tmp_path / "last.toml"
    first.write_text('base = "argyrodite"\n')
    shutil.copy(lab / "mine.toml", last)
    for file in (first, last):
        before = file.read_bytes()
        done = command("ratio", lab / "day", "--recipe", first, "--recipe", last, "--meta", file, status=2)
        assert f"{file}: cannot be written: it is the input".encode() in done.stderr
        assert file.read_bytes() == before


def test_a_bound_of_another_recipe_is_named_with_its_remedy(lab: Path) -> None:
    tight = (
        "--set",
        "peaks.PS4_427.fwhm_max_cm1=12",
        "--set",
        "peaks.PS4_427.fwhm_cm1=10",
        "--set",
        "peaks.PS4_427.fwhm_max_cm1=10.1",
    )
    done = command("ratio", lab / "day", *both(lab), *tight)
    assert b"--set peaks.PS4_427.fwhm_max_cm1=20.2" in done.stderr


def test_the_help_says_that_recipes_may_be_several() -> None:
    said = " ".join(command("fit", "--help-all").stdout.decode().split())
    assert "repeated, each is fitted in its own window, and ratios of the last may name peaks of all" in said
