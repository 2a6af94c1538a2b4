"""Recipes of hostile size, depth and numbers are refused at once, with the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from ramanfit.errors import RecipeError
from ramanfit.fit.baseline_subtract import checked_options
from ramanfit.recipe.parts import Baseline
from ramanfit.recipe.toml import MOST_BASES, load_recipe, recipe_files, recipe_from_toml, recipe_text, with_overrides
from ramanfit.synthetic.plan import plan_from_toml

SOUND = recipe_text("li-graphite")
PEAK = (
    '[[peaks]]\nname = "{}"\ncenter_cm1 = 1590\ncenter_min_cm1 = 1500\ncenter_max_cm1 = 1700\n'
    "fwhm_cm1 = 30\nfwhm_min_cm1 = 5\nfwhm_max_cm1 = 90\n"
)


@pytest.mark.parametrize("length", [1, 2, 3, 30])
def test_bases_in_a_circle_are_refused_with_the_key(length: int, tmp_path: Path) -> None:
    for i in range(length):
        (tmp_path / f"r{i}.toml").write_text(f'name = "x"\nbase = "r{(i + 1) % length}.toml"\n')
    first = str(tmp_path / "r0.toml")
    with pytest.raises(RecipeError, match=r"r0\.toml: base: ") as caught:
        load_recipe(first)
    circle = {1: "itself", 2: "again, in a circle", 3: "again, in a circle", 30: "recipes under one another, found 11"}
    assert circle[length] in caught.value.message
    assert len(recipe_files(first)) <= MOST_BASES + 1


@pytest.mark.posix
def test_a_circle_through_a_link_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "x"\nbase = "link.toml"\n')
    (tmp_path / "link.toml").symlink_to("a.toml")
    with pytest.raises(RecipeError, match="base: expected another recipe"):
        load_recipe(str(tmp_path / "a.toml"))


def test_some_bases_under_one_another_are_fine(tmp_path: Path) -> None:
    (tmp_path / f"r{MOST_BASES}.toml").write_text('name = "last"\nbase = "li-graphite"\n')
    for i in range(MOST_BASES):
        (tmp_path / f"r{i}.toml").write_text(f'name = "r{i}"\nbase = "r{i + 1}.toml"\n')
    assert load_recipe(str(tmp_path / "r1.toml")).name == "r1"
    with pytest.raises(RecipeError, match=f"base: expected at most {MOST_BASES} recipes under one another"):
        load_recipe(str(tmp_path / "r0.toml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("window = " + "[" * 50_000, "found too many in one another"),
        ("window = " + "{a = " * 20_000, "found too many in one another"),
        ("a" + ".a" * 100_000 + " = 1", "r:1: expected keys of at most 100 parts, found more"),
        ("x = {a" + ".a" * 100_000 + " = 1}", "r:1: expected keys of at most 100 parts, found more"),
        ("[baseline]\norder = " + "9" * 5000, "found one of thousands of digits"),
        ("[baseline]\norder = 1" + "0" * 400, "baseline.order: expected a whole number of at most 1e+15"),
        ("[axis]\nshift_cm1 = 1e308", "axis.shift_cm1: expected -1e+15 to 1e+15, found 1e+308"),
        ("[axis]\nshift_cm1 = 1e7", "axis.shift_cm1: expected -1e+06 to 1e+06, found 1e+07"),
        ("[axis]\nshift_cm1 = nan", "axis.shift_cm1: expected a finite number, found nan"),
        ("[clean]\nsaturation_counts = 1e308", "clean.saturation_counts: expected -1e+15 to 1e+15"),
        ("[instrument]\nfwhm_cm1 = 1e5", "instrument.fwhm_cm1: expected"),
        (
            "[baseline]\nsmooth_cm1 = 1e-300\n" + PEAK.format("G"),
            "baseline.smooth_cm1: expected 2 or more, 1/500 of the window",
        ),
        (f"[bands]\nat_cm1 = {[*range(2000)]}", "bands.at_cm1: expected at most 1000 of them, found 2000"),
        (f'[instrument]\nsource = "{"x" * 20_000}"', "instrument.source: expected at most 10000 characters"),
        ("".join(PEAK.format(f"P{i}") for i in range(101)), "peaks: expected at most 100, found 101"),
        (PEAK.format("G" * 101), "expected at most 100 characters, found 101"),
        (PEAK.format("G").replace("min_cm1 = 5\n", "min_cm1 = 1e-300\n"), "fwhm_min_cm1: expected 0.001 or more"),
        (PEAK.format("G") + "height_ratio = 1e300\n", "height_ratio: expected -1e+15 to 1e+15"),
        (PEAK.format("G") + "height_ratio = 1e9\n", "height_ratio: expected 1e-06 to 1e+06"),
    ],
)
def test_a_hostile_recipe_is_refused_with_the_key(text: str, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_from_toml(f"{text}\n" if "\n[[peaks]]" not in text else f'name = "x"\n{text}', "r")
    assert message in caught.value.message
    assert len(caught.value.message) < 2000


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    large = tmp_path / "r.toml"
    large.write_bytes(b"#" * (1 << 21))
    with pytest.raises(RecipeError, match=r"r\.toml: expected TOML of at most 1 MiB, found more"):
        load_recipe(str(large))
    if Path("/dev/zero").exists():
        with pytest.raises(RecipeError, match="/dev/zero: expected TOML of at most 1 MiB"):
            load_recipe("/dev/zero")
    with pytest.raises(RecipeError, match="null"):
        load_recipe("a\0b")


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("arpls", "max_iter=1000000000", "baseline.options: max_iter: expected at most 1000"),
        ("arpls", "lam=nan", "baseline.options: lam: expected at most 1e+15, found nan"),
        ("arpls", "lam=1e308", "baseline.options: lam: expected at most 1e+15"),
        ("modpoly", "poly_order=100000", "baseline.options: poly_order: expected at most 20"),
        ("mor", "half_window=1000000000", "baseline.options: half_window: expected at most 10000"),
        ("pspline_asls", "num_knots=1000000000", "baseline.options: num_knots: expected at most 10000"),
        ("arpls", "weights=[1]", "baseline.options: weights: expected a number or a word"),
    ],
)
def test_an_option_without_end_is_refused(method: str, options: str, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        checked_options(Baseline(method=method, options=options))
    assert caught.value.message.startswith(message)


def test_usual_options_stay() -> None:
    options = "lam=1e7, max_iter=200, tol=1e-4"
    assert checked_options(Baseline(method="arpls", options=options)) == {"lam": 1e7, "max_iter": 200, "tol": 1e-4}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[scan]\nscans = 1000000000", "scan.scans"),
        ("[scan]\nscans = 90000\n[axis]\nchannels = 90000", "scan.scans"),
        ("[axis]\nchannels = 1000000000", "axis.channels"),
        ("[axis]\nlaser_nm = 1e-300", "axis.laser_nm"),
        ("[scan]\nscans = 10\nperiod_s = 1e14", "scan.period_s"),
        ("[spikes]\nrate = 1e9", "spikes.rate"),
        (
            "[cell]\ncapacity_mah = 1.0\ncurrent_ma = 1e-9\nvoltage_v = [0, 1]\ninterval_s = 0.01\n"
            "[scan]\nscans = 100000\nperiod_s = 1000",
            "scan.scans",
        ),
        (
            "[cell]\ncapacity_mah = 1.0\ncurrent_ma = 1e-9\nvoltage_v = [0, 1]\ninterval_s = 0.002\nduration_s = 1e6",
            "cell.interval_s",
        ),
    ],
)
def test_a_plan_without_end_is_refused_with_the_key(text: str, key: str) -> None:
    with pytest.raises(RecipeError, match=key):
        plan_from_toml(f'name = "x"\n{text}\n[[points]]\nname = "P1"\n', "p")


def test_overrides_are_bounded_too() -> None:
    with pytest.raises(RecipeError, match=r"window.high_cm1: expected -1e\+15"):
        with_overrides(recipe_from_toml(SOUND, "r"), {"window.high_cm1": "1e308"})
