"""Synthetic maps: pixels are mixtures of the plan's points, and WITec's text brings their places back."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.cli import ramanfit
from ramanfit.cli.console import Console
from ramanfit.errors import RecipeError
from ramanfit.formats import open_scans
from ramanfit.recipe.toml import load_recipe
from ramanfit.synthetic.plan import (
    Plan,
    PlannedAxis,
    PlannedMap,
    PlannedPeak,
    PlannedPoint,
    PlannedScan,
    plan_from_toml,
)
from ramanfit.synthetic.simulate import run_plan
from ramanfit.synthetic.witec import truth_table

RECIPE = load_recipe("li-graphite")
LOW = PlannedPoint("low", {"G": PlannedPeak(1583, 24, 200)})
HIGH = PlannedPoint("high", {"G": PlannedPeak(1595, 36, (100, 150)), "B": PlannedPeak(1345, 120, 300)}, 2.0)
MAP = PlannedMap(nx=5, ny=3, step_x_um=0.5, step_y_um=2.0, center_x_um=100.0, center_y_um=-20.0)
PLAN = Plan("test", (LOW, HIGH), axis=PlannedAxis(channels=64), scan=PlannedScan(kind="map", scans=2), map=MAP)
TEXT = """
name = "tiny"
[axis]
low_cm1 = 900.0
high_cm1 = 1900.0
channels = 200
[scan]
kind = "map"
scans = 2
dwell_s = 2.0
integration_s = 1.0
[map]
nx = 5
ny = 3
step_x_um = 0.5
step_y_um = 2.0
center_x_um = 100.0
center_y_um = -20.0
{}
[background]
polynomial = [200.0]
[[points]]
name = "low"
peaks.G = {{ center_cm1 = 1583, fwhm_cm1 = 24, height = 500 }}
peaks.B = {{ center_cm1 = 1340, fwhm_cm1 = 80, height = 200 }}
[[points]]
name = "high"
peaks.G = {{ center_cm1 = 1595, fwhm_cm1 = 36, height = [400, 500] }}
peaks.B = {{ center_cm1 = 1345, fwhm_cm1 = 120, height = 600 }}
"""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def command(*arguments: object) -> None:
    assert Console().run(ramanfit, [*map(str, arguments), "-q"]) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("maps")
    (made / "plan.toml").write_text(TEXT.format(""))
    command("simulate", made / "plan.toml", "-o", made / "maps")
    return made


def test_a_gradient_runs_from_the_first_point_to_the_last() -> None:
    made = run_plan(PLAN, RECIPE)
    part = np.tile(np.arange(5) / 4, 3)
    g, b = 0, 1
    assert [peak.name for peak in RECIPE.peaks][:2] == ["G", "B"]
    np.testing.assert_allclose(made.height[0, :, g], 200 - 100 * part)
    np.testing.assert_allclose(made.height[1, :, g], 200 - 50 * part)
    np.testing.assert_allclose(made.center_cm1[0, :, g], 1583 + 12 * part)
    np.testing.assert_allclose(made.fwhm_cm1[0, :, g], 24 + 12 * part)
    # B is only at the last point: as wide as there, and nowhere on the left edge
    np.testing.assert_array_equal(np.isnan(made.height[0, :, b]), part == 0)
    np.testing.assert_allclose(made.height[0, part > 0, b], 300 * part[part > 0])
    np.testing.assert_allclose(made.center_cm1[0, part > 0, b], 1345)


@settings(max_examples=30)
@given(
    st.integers(1, 9), st.integers(2, 9), st.integers(1, 4), st.integers(0, 99), st.sampled_from(["gradient", "grains"])
)
def test_shares_add_up_to_one(nx: int, ny: int, points: int, seed: int, pattern: str) -> None:
    shares = PlannedMap(nx=nx, ny=ny, pattern=pattern).shares(points, seed)
    assert shares.shape == (nx * ny, points)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(shares, PlannedMap(nx=nx, ny=ny, pattern=pattern).shares(points, seed))


def test_a_grain_is_as_wide_as_it_says() -> None:
    fine = PlannedMap(nx=400, ny=400, step_x_um=0.05, step_y_um=0.05, pattern="grains", grains=1, grain_um=3.0)
    inside = fine.shares(2, 3)[:, 1].reshape(400, 400)
    row, column = np.unravel_index(inside.argmax(), inside.shape)
    assert inside.max() == pytest.approx(1, abs=1e-3)
    assert min(row, column) > 60 or max(row, column) < 340  # away from an edge at one side
    area = (inside >= 0.5).sum() * 0.05**2
    assert area <= np.pi * 1.5**2 * 1.01


def test_witecs_text_brings_kind_grid_and_places_back(folder: Path) -> None:
    for path in sorted(folder.glob("maps/*Spec.Data*")):
        (scan,) = open_scans(str(path))
        assert scan.kind == "map"
        assert scan.grid == (3, 5)
        assert scan.coordinates_um is not None
        np.testing.assert_allclose(scan.coordinates_um, MAP.coordinates_um, atol=1e-9)
        assert scan.metadata.duration_s == 30


def test_tables_say_where_each_pixel_is_and_tables_of_tables_do_too(folder: Path) -> None:
    command("ratio", folder / "maps", "-o", folder / "ratio.csv")
    command("fit", folder / "maps", "-o", folder / "fit.csv")
    command("ratio", folder / "fit.csv", "-o", folder / "again.csv")
    command("ratio", folder / "ratio.csv", "-o", folder / "third.csv")
    assert (folder / "ratio.csv").read_bytes() == (folder / "again.csv").read_bytes()
    assert (folder / "ratio.csv").read_bytes() == (folder / "third.csv").read_bytes()
    found, true = rows(folder / "ratio.csv"), rows(folder / "maps" / "truth.csv")
    assert list(found[0])[:7] == ["source", "scan", "point", "position_um", "time_s", "x_um", "y_um"]
    assert len(found) == len(true) == 30
    for one, other in zip(found, true, strict=True):
        for name in ("scan", "point", "x_um", "y_um", "time_s", "position_um"):
            assert one[name] == other[name], name
        for name in ("G_center", "B_center"):
            assert abs(float(one[f"{name}_cm1"]) - float(other[f"{name}_cm1"])) < 5 * float(one[f"{name}_se"])
        assert abs(float(one["ratio"]) - float(other["ratio"])) < 5 * float(one["ratio_se"])


def test_an_experiment_of_maps_is_the_same_from_exports_and_from_tables(folder: Path) -> None:
    command("fit", folder / "maps", "-o", folder / "fits.csv")
    command("evolve", folder / "maps", "--no-figures", "--no-report", "-o", folder / "one")
    command("evolve", folder / "fits.csv", "--no-figures", "--no-report", "-o", folder / "other")
    names = sorted(path.name for path in (folder / "one").glob("*.csv"))
    assert "map_ratio.csv" in names
    for name in names:
        assert (folder / "one" / name).read_bytes() == (folder / "other" / name).read_bytes(), name
    for name in {*names} - {"events.csv"}:
        assert "x_um,y_um" in (folder / "one" / name).read_text().split("\n")[0]


def test_columns_of_places_can_be_picked(folder: Path) -> None:
    command("ratio", folder / "maps", "--columns", "x_um,y_um,ratio", "-o", folder / "xyz.csv")
    assert list(rows(folder / "xyz.csv")[0]) == ["x_um", "y_um", "ratio"]
    command("ratio", folder / "maps", "--columns", "ratio", "-o", folder / "z.csv")
    keys = ["source", "scan", "point", "position_um", "time_s", "x_um", "y_um"]
    assert list(rows(folder / "z.csv")[0]) == [*keys, "ratio"]


def test_tidy_rows_keep_places(folder: Path) -> None:
    first = sorted(folder.glob("maps/*Spec.Data*"))[0]
    command("export", first, "-o", folder / "tidy.csv")
    command("ratio", first, "--columns", "x_um,y_um,ratio", "-o", folder / "a.csv")
    command("ratio", folder / "tidy.csv", "--columns", "x_um,y_um,ratio", "-o", folder / "b.csv")
    for one, other in zip(rows(folder / "a.csv"), rows(folder / "b.csv"), strict=True):
        assert (one["x_um"], one["y_um"]) == (other["x_um"], other["y_um"])
        assert float(one["ratio"]) == pytest.approx(float(other["ratio"]), rel=1e-5)


def test_figures_of_a_series_and_of_one_map(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert Console().run(ramanfit, ["evolve", str(folder / "maps"), "--no-report", "-o", str(folder / "drawn")]) == 0
    drawn = {path.name for path in (folder / "drawn").glob("*.png")}
    assert drawn == {"map.png", "traces.png", "bands.png", "waterfall.png"}
    said = capfd.readouterr().err
    assert "a map has no profile" in said
    assert "waterfall: of pixel " in said
    first = sorted(folder.glob("maps/*Spec.Data*"))[0]
    command("evolve", first, "--no-report", "-o", folder / "alone")
    assert {path.name for path in (folder / "alone").glob("*.png")} == {"map.png", "waterfall.png"}


def test_a_map_that_does_not_say_where_it_lies(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    first = sorted(folder.glob("maps/*Spec.Data*"))[0]
    text = first.read_bytes().decode("cp1252")
    bare = folder / "bare" / "Image.txt"
    bare.parent.mkdir()
    bare.write_bytes(text[text.index("X-Axis") :].encode("cp1252"))
    assert Console().run(ramanfit, ["ratio", str(bare), "-o", str(folder / "bare.csv")]) == 0
    assert "places on the map not known (-v: why)" in capfd.readouterr().err
    assert "x_um" not in rows(folder / "bare.csv")[0]
    assert rows(folder / "bare.csv")[7]["point"] == "2/1"
    both = [str(bare), str(first)]
    command("ratio", *both, "-o", folder / "both.csv")
    assert {(row["source"] == str(bare), row["x_um"] == "") for row in rows(folder / "both.csv")} == {
        (True, True),
        (False, False),
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "map"', 'kind = "line"', "a table [map] goes with scan.kind = 'map'"),
        ("nx = 5", "nx = 0", "map.nx: expected more than 0"),
        ("step_x_um = 0.5", 'pattern = "stripes"', "map.pattern: unknown value 'stripes'"),
        ("dwell_s = 2.0", "dwell_s = 41.0", "scan.period_s: expected 615 or more"),
        ("step_y_um = 2.0", "step_z_um = 2.0", "step_z_um"),
    ],
)
def test_a_plan_that_cannot_be_a_map_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(RecipeError) as refused:
        plan_from_toml(TEXT.format("").replace(old, new, 1), "plan.toml")
    assert said in str(refused.value)
    with pytest.raises(RecipeError, match=r"scan\.kind"):
        replace(PLAN, map=None)


def test_the_truth_of_a_map_has_its_places() -> None:
    table = truth_table(run_plan(PLAN, RECIPE))
    assert table.names[:7] == ("source", "scan", "point", "position_um", "time_s", "x_um", "y_um")
    # WITec's rule: pixel 0 lies half the width from the middle, y runs down
    assert table.columns["x_um"][0] == 100 - 5 * 0.5 / 2
    assert table.columns["y_um"][0] == -20 + 3 * 2 / 2
    assert table.columns["x_um"][1] - table.columns["x_um"][0] == pytest.approx(0.5)
    assert table.columns["y_um"][5] - table.columns["y_um"][0] == pytest.approx(-2)
