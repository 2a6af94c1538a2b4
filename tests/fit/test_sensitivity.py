"""Systematic errors: what other baselines and models would have given."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from ramanfit.errors import RecipeError
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.sensitivity import alternatives, departures, with_systematics
from ramanfit.formats import open_scans
from ramanfit.recipe.toml import load_recipe, shipped_names, with_overrides
from tests.cli.test_fits import SAMPLES, ramanfit
from tests.drawing.test_report import unpacked

SCAN = SAMPLES / "table-s1" / "SYNTHETIC-table-s1--Line--000--Spec.Data 1.txt"


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_recipe_has_alternatives(name: str) -> None:
    own = load_recipe(name)
    for other in alternatives(own).values():
        assert other != own
        assert other.window == own.window


def test_the_largest_departure_is_the_error() -> None:
    scan = open_scans(str(SCAN))[0]
    recipe = with_overrides(
        load_recipe("li-graphite"),
        {"alternatives.baselines": '["smooth", "2", "4", "arpls lam=1e6"]', "alternatives.recipes": '["graphite"]'},
    )
    others = alternatives(recipe)
    assert list(others) == [
        "baseline 2",
        "baseline 4",
        "baseline arpls lam=1e6",
        "recipe graphite",
    ]  # its own order is left out
    own = fit_scan(scan, recipe).quantities
    fits = [fit_scan(scan, other).quantities for other in others.values()]
    q = with_systematics(own, [departures(own, other) for other in fits])
    ratio, g = own.ratios["ratio"].value, own.names.index("G")
    wanted = np.nanmax([np.abs(other.ratios["ratio"].value - ratio) for other in fits], axis=0)
    systematic = q.ratios["ratio"].more["ratio_sys"]
    np.testing.assert_allclose(systematic, wanted)
    centers = [np.abs(other.center_cm1[:, other.names.index("G")] - own.center_cm1[:, g]) for other in fits]
    np.testing.assert_allclose(q.of_peaks["center_sys"][:, g], np.nanmax(centers, axis=0))
    assert (
        np.nan_to_num(q.ratios["ratio"].more["ratio_sys"][ratio > 0]) > 0.05 * ratio[ratio > 0]
    ).any()  # subtracted first


@pytest.mark.parametrize(
    ("baselines", "recipes", "message"),
    [
        ('["arlps"]', "[]", "alternatives.baselines, 'arlps'"),
        ('["9"]', "[]", "baseline.order: expected 0 to 5"),
        ("[]", '["silicon"]', "alternatives.recipes, 'silicon': window"),
        ("[]", "[]", "states no alternatives"),
        ('["smooth"]', "[]", "states no alternatives"),
    ],
)
def test_what_is_said_of_wrong_alternatives(baselines: str, recipes: str, message: str) -> None:
    settings = {"alternatives.baselines": baselines, "alternatives.recipes": recipes}
    recipe = with_overrides(load_recipe("li-graphite"), settings)
    with pytest.raises(RecipeError, match=message.replace("[", r"\[")):
        alternatives(recipe)


def test_the_command_line_says_what_each_alternative_does() -> None:
    done = ramanfit("ratio", str(SCAN), "--sensitivity", "--errors", "profile", "--json")
    said = [line for line in done.stderr.decode().splitlines() if "sensitivity" in line]
    assert [line.split(": ")[1] for line in said] == [f"sensitivity, baseline {order}" for order in (2, 3, 4)]
    for row in json.loads(done.stdout):
        assert row["ratio_low"] < row["ratio"] < row["ratio_high"]
        assert row["ratio_sys"] > 0
        assert row["G_center_sys"] > 0


@pytest.mark.parametrize("errors", ["bootstrap", "profile"])
def test_the_columns_survive_a_table(errors: str, tmp_path: Path) -> None:
    options = ("--sensitivity", "--errors", errors, "--set", "errors.samples=50", "-q")
    table = tmp_path / "peaks.csv"
    ramanfit("fit", str(SCAN), *options, "-o", str(table))
    direct = ramanfit("ratio", str(SCAN), *options, "--csv").stdout
    again = ramanfit("ratio", str(table), "-q", "--csv").stdout
    assert again == direct
    assert {"ratio_low", "ratio_high", "ratio_sys", "B_center_sys"} <= set(
        next(csv.reader(io.StringIO(direct.decode())))
    )
    two = ramanfit("ratio", str(SCAN), *options, "--csv", "--jobs", "2").stdout
    assert two == direct


def test_the_report_shows_them(tmp_path: Path) -> None:
    ramanfit("evolve", str(SCAN), "--sensitivity", "--errors", "profile", "--no-figures", "-o", str(tmp_path))
    data, _ = unpacked((tmp_path / "report.html").read_text(encoding="utf-8"))
    labels = " ".join(label for label, _ in data["words"].values())
    for words in ("I_B/I_G, systematic error", "I_B/I_G, low end of 95 %", "G position, systematic error"):
        assert words in labels
