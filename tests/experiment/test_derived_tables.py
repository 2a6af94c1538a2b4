"""Derived values from the shell: in every table, and the same wherever the tables come from."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import ramanfit
from tests.cli.test_fits import PRISTINE, SAMPLES
from tests.cli.test_fits import ramanfit as command

RECIPE = """
base = "li-graphite"
name = "mine"
[[derived]]
name = "share"
formula = "height(B) / (height(G) + height(B))"
[[derived]]
name = "apart"
formula = "center(G) - center(B)"
"""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three scans of the operando sample, and a recipe beside them."""
    folder = tmp_path_factory.mktemp("derived")
    (folder / "day").mkdir()
    for path in (SAMPLES / "operando").glob("*--00[012]--*"):
        shutil.copy2(path, folder / "day")
    (folder / "mine.toml").write_text(RECIPE)
    command("fit", folder / "day", "--recipe", folder / "mine.toml", "-o", folder / "peaks.csv", "-q")
    return folder


def rows(text: bytes) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text.decode()))]


def test_a_table_of_fits_gives_the_same_bytes_as_the_exports(day: Path) -> None:
    recipe = ("--recipe", day / "mine.toml")
    at_once = command("ratio", day / "day", *recipe).stdout
    (first, *_) = rows(at_once)
    assert [name for name in first if name.startswith(("share", "apart"))] == ["share", "share_se", "apart", "apart_se"]
    assert command("ratio", day / "peaks.csv").stdout == at_once  # whatever recipe: the table has them
    assert command("ratio", "-", *recipe, stdin=(day / "peaks.csv").read_bytes()).stdout == at_once
    long = rows((day / "peaks.csv").read_bytes())
    assert {row["peak"] for row in long if row["share"]} == {"B"}
    assert {row["peak"] for row in long if row["apart_se"]} == {"G"}


def test_tables_made_one_by_one_join_to_what_one_command_gives(day: Path, tmp_path: Path) -> None:
    recipe = ("--recipe", day / "mine.toml")
    for path in sorted((day / "day").glob("*Spec.Data*")):
        command("fit", path, *recipe, "-q", "-o", tmp_path / f"{path.stem}.csv")
    assert (
        command("evolve", *sorted(tmp_path.glob("*.csv")), *recipe).stdout
        == command("evolve", day / "day", *recipe).stdout
    )


def test_a_table_without_them_gives_the_values_and_no_errors(day: Path, tmp_path: Path) -> None:
    command("fit", day / "day", "-q", "-o", tmp_path / "plain.csv")
    made = rows(command("ratio", tmp_path / "plain.csv", "--recipe", day / "mine.toml").stdout)
    fitted = rows(command("ratio", day / "peaks.csv").stdout)
    for name in ("share", "apart"):
        values = [[float(row[name] or "nan") for row in table] for table in (made, fitted)]
        np.testing.assert_allclose(*values, rtol=1e-6)  # of rounded values, and rounded
        assert not any(row[f"{name}_se"] for row in made)
        assert all(bool(row[f"{name}_se"]) == bool(row[name]) for row in fitted)


def test_maps_differences_and_the_report_have_them(day: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("--recipe", day / "mine.toml", "--reference", PRISTINE, "--no-figures", "--quantity", "share")
    command("evolve", day / "day", *arguments, "-o", out, "-q")
    table = rows((out / "ratios.csv").read_bytes())
    mapped = rows((out / "map_share.csv").read_bytes())
    by_point = {
        row["point"]: [cell for name, cell in row.items() if name not in ("point", "position_um")] for row in mapped
    }
    for row in table:
        if row["scan"]:
            assert by_point[row["point"]][int(row["scan"])] == row["share"]
    measured = [row for row in table if row["share"] and row["share_delta"]]
    differences = [float(row["share_delta"]) - float(row["share"]) for row in measured]
    assert len(measured) > 3
    np.testing.assert_allclose(differences, differences[0], atol=1e-7)
    assert "share_delta_se" in table[0]
    assert b"apart" in (out / "report.html").read_bytes()
    assert rows((out / "peaks.csv").read_bytes())[0].keys() >= {"share", "apart_se"}


def test_a_quantity_that_is_misspelt_is_answered(day: Path, tmp_path: Path) -> None:
    arguments = ("--recipe", day / "mine.toml", "--quantity", "shar", "-o", tmp_path / "out")
    done = command("evolve", day / "day", *arguments, status=2)
    assert b"did you mean share?" in done.stderr


def test_json_and_pandas_have_them(day: Path) -> None:
    (first, *_) = json.loads(command("ratio", day / "peaks.csv", "--json").stdout)
    frame = ramanfit.ratios(day / "peaks.csv").to_pandas()
    assert first["share"] == pytest.approx(frame["share"][0], rel=1e-8)
    assert frame["apart_se"].dtype == float


def test_another_baseline_shows_in_them(day: Path) -> None:
    done = command("ratio", PRISTINE, "--recipe", day / "mine.toml", "--sensitivity")
    assert float(rows(done.stdout)[0]["share_sys"]) > 0
    assert b"share " in done.stderr


def test_the_list_of_columns_explains_them() -> None:
    listed = {row["name"]: row["meaning"] for row in rows(command("list", "columns").stdout)}
    assert listed["derived"].startswith("value of a formula of the recipe, [[derived]], by its name: fraction")
    assert listed["derived_se"] == "its standard error, from the full covariance"
    assert {"derived_sys", "derived_delta", "derived_delta_se"} <= {*listed}


def test_the_fraction_of_the_second_line_is_one_line(day: Path) -> None:
    table = rows(command("ratio", day / "day", "--recipe", "li-graphite-doublet").stdout)
    for row in table:
        if row["fraction"]:
            inner, bounding = float(row["Gi_height"]), float(row["Gb_height"])
            assert float(row["fraction"]) == pytest.approx(bounding / (inner + bounding), rel=1e-7)
    assert any(row["fraction_se"] for row in table)


def test_a_recipe_of_formulas_alone_has_a_wide_table(tmp_path: Path) -> None:
    silicon = command("recipe", "silicon").stdout.decode()
    (tmp_path / "si.toml").write_text(silicon + '\n[[derived]]\nname = "twice"\nformula = "2 * height(Si)"\n')
    done = command("ratio", PRISTINE, "--recipe", "silicon", status=2)
    assert b"recipe silicon has no ratio: add [[ratios]] or [[derived]] to it" in done.stderr
    plain = tmp_path / "t.csv"
    plain.write_text("point,Si_height\nP1,4\n")
    (row,) = rows(command("ratio", plain, "--recipe", tmp_path / "si.toml").stdout)
    assert row["twice"] == "8"
