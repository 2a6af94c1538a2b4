"""Recipes: what is valid, how TOML holds them, and what is said of a wrong one."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from ramanfit.errors import RecipeError
from ramanfit.fit import lineshapes
from ramanfit.recipe.parts import AXIS_UNITS, Axis, Baseline, Clean, Detection, Instrument, Noise, Window
from ramanfit.recipe.peaks import SHAPES, Derived, Peak, Ratio
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.settings import check_types, nearest
from ramanfit.recipe.toml import (
    DEFAULT_RECIPE,
    from_dict,
    load_recipe,
    recipe_from_toml,
    recipe_text,
    shipped_recipes,
    to_dict,
    to_toml,
    with_overrides,
)
from ramanfit.recipe.toml_text import parse_toml
from ramanfit.tables.columns import COLUMNS

SHARED = Path(__file__).resolve().parents[3] / "shared"
SHIPPED = list(shipped_recipes())
MINIMAL = """
name = "mine"
[[peaks]]
name = "G"
center_cm1 = 1590
center_min_cm1 = 1540
center_max_cm1 = 1640
fwhm_cm1 = 30
fwhm_min_cm1 = 8
fwhm_max_cm1 = 100
"""
TABLES = {cls.__name__.lower(): cls for cls in (Axis, Instrument, Window, Clean, Baseline, Noise, Detection)}
KEYS = {"": Recipe, **TABLES, "peaks": Peak, "ratios": Ratio, "derived": Derived}


# -- strategies ------------------------------------------------------------------------------------

finite = st.floats(-1e6, 1e6, allow_subnormal=False)
positive = st.floats(1e-3, 1e6)
text = st.text(st.characters(exclude_categories=["Cs"]))
columns = st.from_regex(r"[A-Za-z][A-Za-z0-9'_]{0,8}", fullmatch=True)


def ascending(n: int, low: float = -1e4, high: float = 1e4) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(low, high), min_size=n, max_size=n, unique=True).map(sorted)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    low, *inner, high = draw(ascending(2 + 2 * draw(st.integers(0, 2))))
    return Window(low, high, tuple(zip(inner[::2], inner[1::2], strict=True)))


@st.composite
def peaks(draw: st.DrawFn, name: str, window: Window) -> Peak:
    center = draw(st.floats(window.low_cm1, window.high_cm1))
    low, high = center - draw(st.floats(0.1, 100)), center + draw(st.floats(0.1, 100))
    fwhm = draw(ascending(3, 1e-3, 1e3))
    return Peak(name, center, low, high, fwhm[1], fwhm[0], fwhm[2])


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    window = draw(windows())
    names = draw(st.lists(columns, min_size=1, max_size=3, unique=True))
    some = st.sampled_from(names)
    # "r" + digits can neither begin with a peak's name and _ nor collide with a column
    ratios = draw(st.lists(st.from_regex(r"r[0-9]{1,3}", fullmatch=True), max_size=2, unique=True))
    min_snr = draw(st.floats(0, 100))
    return Recipe(
        name=draw(text),
        peaks=tuple(draw(peaks(name, window)) for name in names),
        description=draw(text),
        source=draw(text),
        axis=Axis(draw(st.sampled_from(AXIS_UNITS)), draw(st.none() | positive), draw(finite)),
        window=window,
        clean=Clean(draw(st.none() | positive)),
        baseline=Baseline(draw(st.integers(0, 5))),
        noise=Noise(draw(st.sampled_from(["counting", "white"]))),
        detection=Detection(min_snr, min_snr + draw(st.floats(0, 100))),
        ratios=tuple(Ratio(draw(some), draw(some), name) for name in ratios),
        derived=tuple(Derived(f"d{i}", f"2 * height({draw(some)}) - {i}") for i in range(draw(st.integers(0, 2)))),
    )


# -- round trips -----------------------------------------------------------------------------------


@settings(deadline=None)
@given(recipes())
def test_toml_gives_back_the_recipe(recipe: Recipe) -> None:
    assert recipe_from_toml(to_toml(recipe), "x") == recipe


@settings(deadline=None)
@given(recipes())
def test_json_of_the_dict_gives_back_the_recipe(recipe: Recipe) -> None:
    assert from_dict(json.loads(json.dumps(to_dict(recipe)))) == recipe


@settings(deadline=None)
@given(recipes())
def test_no_overrides_change_nothing(recipe: Recipe) -> None:
    assert with_overrides(recipe, {}) == recipe


@settings(deadline=None)
@given(st.integers(0, 5), st.floats(1600, 1700), st.floats(0.1, 1e6), st.booleans())
def test_overrides_as_values_and_as_text(order: int, top: float, level: float, as_text: bool) -> None:
    recipe = load_recipe("li-graphite")
    overrides: dict[str, object] = {
        "baseline.order": order,
        "peaks.G.center_max_cm1": top,
        "clean.saturation_counts": level,
        "noise.model": "white",
        "description": "42",
    }
    changed = with_overrides(recipe, {k: str(v) for k, v in overrides.items()} if as_text else overrides)
    g, b = recipe.peaks
    assert changed == replace(
        recipe,
        description="42",
        baseline=Baseline(order, smooth_cm1="auto"),
        noise=Noise("white"),
        clean=Clean(level),
        peaks=(replace(g, center_max_cm1=top), b),
    )


@pytest.mark.parametrize(
    ("key", "value", "result"),
    [
        ("clean.saturation_counts", "none", lambda r: r.clean.saturation_counts is None),
        ("axis.laser_nm", "532.05", lambda r: r.axis.laser_nm == 532.05),
        ("axis.unit", "nm", lambda r: r.axis.unit == "nm"),
        ("axis.unit", "rel. 1/cm", lambda r: r.axis.unit == "rel. 1/cm"),
        ("window.exclude", "[[1000, 1050], [1100, 1200]]", lambda r: r.window.exclude[1] == (1100, 1200)),
        ("window.exclude", [[1000, 1050]], lambda r: r.window.exclude == ((1000.0, 1050.0),)),
        ("ratios.ratio.numerator", "G", lambda r: r.ratios[0].numerator == "G"),
        ("name", "2024-01-15", lambda r: r.name == "2024-01-15"),
    ],
)
def test_override(key: str, value: object, result: object) -> None:
    assert callable(result)
    assert result(with_overrides(load_recipe("li-graphite"), {key: value}))


def test_numbers_are_stored_as_floats_and_lists_as_tuples() -> None:
    recipe = from_dict({**to_dict(load_recipe("li-graphite")), "window": {"low_cm1": 900, "exclude": [[1, 2]]}})
    assert type(recipe.window.low_cm1) is float
    assert recipe.window.exclude == ((1.0, 2.0),)
    assert hash(recipe) == hash(from_dict(to_dict(recipe)))
    numpy_numbers = Peak("G", *np.float32([1590, 1540, 1640, 30, 8, 100]).tolist())
    assert Peak("G", *np.array([1590, 1540, 1640, 30, 8, 100])) == numpy_numbers


# -- the shipped ones ------------------------------------------------------------------------------


def test_the_default_comes_first_and_all_describe_themselves() -> None:
    assert SHIPPED[0] == DEFAULT_RECIPE == "li-graphite"
    assert set(SHIPPED) >= {"graphite", "carbon-2", "second-order", "argyrodite", "acetylide", "silicon"}
    for name, description in shipped_recipes().items():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert description == recipe.description != ""
        assert len(recipe.source) > 20


# what only some peaks need: the default recipe explains these keys on its first peak, others show them where they count
TYING = {"form", "form_min", "form_max"} | {f"{what}_from" for what in ("center", "fwhm", "height")}
TYING |= {"fwhm_ratio", "height_ratio", "height_min", "height_max"}


def test_the_default_recipe_explains_every_key_of_a_peak() -> None:
    first = parse_toml(recipe_text(DEFAULT_RECIPE), DEFAULT_RECIPE)["peaks"][0]
    assert set(first) == {f.name for f in fields(Peak)}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recipe_shows_every_key(name: str) -> None:
    table = parse_toml(recipe_text(name), name)
    names = {f.name for f in fields(Recipe)}
    assert set(table) | {"ratios", "derived", "beside"} == names
    plain = {f.name for f in fields(Peak)} - TYING
    for key, cls in KEYS.items():
        for part in [table] if key == "" else [table.get(key, [])] if key in TABLES else table.get(key, []):
            wanted = plain if cls is Peak else {f.name for f in fields(cls)} - {"ratios", "derived", "beside"}
            assert (set(part) - TYING if cls is Peak else set(part) - {"ratios", "derived"}) == wanted, key
    assert "#" in recipe_text(name)


def test_the_default_recipe_shows_the_defaults() -> None:
    table = parse_toml(recipe_text(DEFAULT_RECIPE), DEFAULT_RECIPE)
    assert table["detection"].pop("doublets") == ["G"]  # which no other recipe could default to
    assert table["baseline"].pop("smooth_cm1") == "auto"  # nor to this: it was measured with these peaks
    shown = {k: v for k, v in table.items() if k not in TABLES}
    named = {**shown, "detection": {"doublets": ["G"]}, "baseline": {"smooth_cm1": "auto"}}
    assert from_dict(named) == load_recipe(DEFAULT_RECIPE)


def test_the_default_recipe_holds_table_s1() -> None:
    """Positions of Table S1 (10.1021/acs.nanolett.3c04072) and G of LiC6 at 1564, with room on both sides."""
    g, b = load_recipe("li-graphite").peaks
    assert (g.name, b.name) == ("G", "B")
    for position in (1604.7, 1598.3, 1597.5, 1595.9, 1588.3, 1593.1, 1583.6, 1564.0):
        assert g.center_min_cm1 + 20 < position < g.center_max_cm1 - 20
    for position in (1337.5, 1332.4, 1329.9, 1331.3, 1352.0, 1355.5, 1336.3):
        assert b.center_min_cm1 + 20 < position < b.center_max_cm1 - 20


def test_shapes_are_those_there_are() -> None:
    assert set(SHAPES) == set(lineshapes.SHAPES)


def test_no_ratio_can_be_named_as_a_column() -> None:
    keys = list(COLUMNS)[: list(COLUMNS).index("peak")]
    assert len(keys) == 11
    assert replace(load_recipe("li-graphite"), ratios=(Ratio("B", "G", "x_se"), Ratio("G", "B", "area_y")))
    for name in (*keys, "redchi2", "flags", "G_height", "B_area_se"):
        with pytest.raises(RecipeError, match="expected a name that no other column has"):
            replace(load_recipe("li-graphite"), ratios=(Ratio("B", "G", name),))


def real_spectrum(path: str) -> tuple[np.ndarray, np.ndarray]:
    file = SHARED / "data" / path
    if not file.exists():
        pytest.skip("the shared data are not here")
    rows = []
    for line in file.read_text(encoding="cp1252").splitlines():
        try:
            rows.append([float(cell) for cell in line.split()[:2]])
        except ValueError:
            continue
    x, y = np.array([row for row in rows if len(row) == 2]).T
    return x, y


FLG = "witec/graph_ascii/FLG36.MK_FLG_ABC_36--Spectrum--001--Spec.Data 1.txt"


@pytest.mark.parametrize(
    ("name", "path", "peak", "center"),
    [
        ("carbon-2", "carbon/dw38c/testDW38C_pos1.txt", "G", 1580.0),  # the value of an earlier lmfit fit
        ("carbon-2", "carbon/dw38c/testDW38C_pos4.txt", "D", None),
        ("silicon", "carbon/dw38c/Si_spectrum01.txt", "Si", None),
        ("silicon", FLG, "Si", 521.43),  # likewise
        ("second-order", FLG, "TwoD", None),
    ],
)
def test_bounds_hold_real_spectra(name: str, path: str, peak: str, center: float | None) -> None:
    """Scipy, started where the recipe starts and free to go anywhere, ends inside the recipe's bounds."""
    x, y = real_spectrum(path)
    recipe = load_recipe(name)
    used = (x > recipe.window.low_cm1) & (x < recipe.window.high_cm1)
    x, y = x[used], y[used]
    n, middle, scale = len(recipe.peaks), x.mean(), np.ptp(x)

    def model(x: np.ndarray, *p: float) -> np.ndarray:
        curve = np.polyval(p[3 * n :], (x - middle) / scale)
        for c, w, h in zip(p[:n], p[n : 2 * n], p[2 * n : 3 * n], strict=True):
            curve = curve + h / (1 + 4 * ((x - c) / w) ** 2)
        return curve

    start = [p.center_cm1 for p in recipe.peaks] + [p.fwhm_cm1 for p in recipe.peaks] + [np.ptp(y)] * n
    found, _ = curve_fit(model, x, y, [*start, *[0.0] * recipe.baseline.order, y.min()], maxfev=20000)
    for p, c, w in zip(recipe.peaks, found[:n], np.abs(found[n : 2 * n]), strict=True):
        assert p.center_min_cm1 < c < p.center_max_cm1, p.name
        assert p.fwhm_min_cm1 < w < p.fwhm_max_cm1, p.name
        if p.name == peak and center is not None:
            assert c == pytest.approx(center, abs=0.3)


# -- errors ----------------------------------------------------------------------------------------


def wrong(text: str) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        recipe_from_toml(text, "my.toml")
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("[baseline]\norder = 6", "baseline.order: expected 0 to 5, auto, none, found 6"),
        ("[baseline]\norder = -1", "baseline.order: expected 0 to 5, auto, none, found -1"),
        ("[baseline]\norder = 2.0", "baseline.order: expected a whole number, found 2"),
        ("[baseline]\norder = true", "baseline.order: expected a whole number, found True"),
        ("baseline = 3", "baseline: expected a table, found 3"),
        ("[peaks]", None),
        ("[axis]\nlaser_nm = nan", "axis.laser_nm: expected a finite number, found nan"),
        ("[axis]\nlaser_nm = -532", "axis.laser_nm: expected more than 0, found -532"),
        ("[axis]\nshift_cm1 = inf", "axis.shift_cm1: expected a finite number, found inf"),
        ("[axis]\nshift_cm1 = true", "axis.shift_cm1: expected a number, found True"),
        ("[axis]\nshift_cm1 = 1" + "0" * 400, "axis.shift_cm1: expected a finite number, found inf"),
        ("[axis]\nunit = 'cm'", "axis.unit: unknown value 'cm'"),
        ("[window]\nlow_cm1 = '900'", "window.low_cm1: expected a number, found '900'"),
        ("[window]\nlow_cm1 = 1900\nhigh_cm1 = 900", "window.high_cm1: expected more than 1900, found 900"),
        (
            "[window]\nlow_cm1 = 900\nhigh_cm1 = 1500",
            "window: expected every peak to start in it, found G at 1590 outside 900-1500",
        ),
        ("[window]\nexclude = [1, 2]", "window.exclude: expected a list of numbers, found 1"),
        ("[window]\nexclude = [[1000]]", "window.exclude: expected two numbers, found [1000.0]"),
        (
            "[window]\nexclude = [[1100, 1000]]",
            "window.exclude: expected [low, high], found [1100.0, 1000.0]",
        ),
        (
            "[window]\nexclude = [[1000, 1100], [1050, 1200]]",
            "window.exclude: expected ranges that do not overlap, found [[1000.0, 1100.0], [1050.0, 1200.0]]",
        ),
        (
            "[window]\nexclude = [[0, 3000]]",
            "window.exclude: expected less than the whole window 900-1900, found [0.0, 3000.0]",
        ),
        ("[errors]\nmethod = 'jackknife'", "errors.method: unknown value 'jackknife'"),
        ("[errors]\nsamples = 49", "errors.samples: expected 50 to 10000, found 49"),
        ("[errors]\nsamples = 1000000000", "errors.samples: expected 50 to 10000, found 1000000000"),
        ("[alternatives]\nbaselines = 3", "alternatives.baselines: expected a list of texts, found 3"),
        ("[alternatives]\nrecipes = ['']", "alternatives.recipes: expected no empty text, found ''"),
        ("[clean]\nsaturation_counts = 0", "clean.saturation_counts: expected more than 0, found 0"),
        ("[noise]\nmodel = 'pink'", "noise.model: unknown value 'pink'"),
        ("[detection]\nmin_snr = -1", "detection.min_snr: expected 0 or more, found -1"),
        ("[detection]\nmin_snr = 9", "detection.low_snr: expected 9 or more, found 5"),
        ("[[ratios]]\nnumerator = 'B'\ndenominator = 'G'", "ratios.ratio.numerator: unknown peak 'B'"),
        ("[[ratios]]\nnumerator = 'G'", "missing key 'ratios.ratio.denominator'"),
        ("[[ratios]]\nnumerator = 'G'\ndenominator = 'G'\nname = '1'", None),
        *(
            (
                f"[[ratios]]\nnumerator = 'G'\ndenominator = 'G'\nname = '{name}'",
                f"ratios.{name}.name: expected a name that no other column has, found '{name}' beside {taken}",
            )
            for name, taken in (
                ("point", "the column point"),
                ("soc", "the column soc"),
                ("center", "the column center_se"),
                ("G_height", "G_height of the peak G"),
            )
        ),
        *(
            (
                "".join(f"[[ratios]]\nnumerator = 'G'\ndenominator = 'G'\nname = '{name}'\n" for name in ("x", name)),
                f"ratios.{name}.name: expected a name that no other column has, "
                f"found '{name}' beside 'x': both may have {name}",
            )
            for name in ("area_x", "x_se", "x_low")
        ),
        (
            "[[ratios]]\nnumerator = 'G'\ndenominator = 'G'\n" * 2,
            "ratios: expected different names, found 'ratio' twice",
        ),
        ("[[peaks]]", "missing key 'peaks.2.name'"),
        (MINIMAL.split("\n", 2)[2], "peaks: expected different names, found 'G' twice"),
    ],
)
def test_what_is_said_of_a_wrong_recipe(extra: str, message: str | None) -> None:
    before, _, peaks = MINIMAL.partition("[[peaks]]")
    top = extra.startswith("baseline")
    text = f"{before}{extra}\n[[peaks]]{peaks}" if top else f"{MINIMAL}{extra}\n"
    error = wrong(text)
    assert error.message.startswith("my.toml:")
    if message is not None:
        assert error.message == f"my.toml: {message}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "center_cm1 = 1590",
            "center_cm1 = 1530",
            "G.center_cm1: expected 1540 to 1640 (center_min, _max), found 1530",
        ),
        (
            "center_min_cm1 = 1540",
            "center_min_cm1 = 1641",
            "G.center_max_cm1: expected center_min_cm1 = 1641 or more, found 1640",
        ),
        ("fwhm_min_cm1 = 8", "fwhm_min_cm1 = 0", "G.fwhm_min_cm1: expected more than 0, found 0"),
        (
            "fwhm_max_cm1 = 100",
            "fwhm_max_cm1 = 20",
            "G.fwhm_cm1: expected 8 to 20 (fwhm_min, _max), found 30",
        ),
        ("fwhm_cm1 = 30", "fwhm_cm1 = nan", "G.fwhm_cm1: expected a finite number, found nan"),
        ("fwhm_cm1 = 30", "fwhm_cm1 = 30\nshape = 'fano'", "G.shape: unknown value 'fano'"),
        ("fwhm_cm1 = 30", "fwhm_cm1 = 30\nform = 0.1", 'G.form: expected "none" for a lorentzian, found 0.1'),
        (
            "fwhm_cm1 = 30",
            "fwhm_cm1 = 30\nshape = 'bwf'\nform_max = 1",
            "G.form_max: expected -0.95 to 0.95, found 1",
        ),
        ("fwhm_cm1 = 30", "fwhm_cm1 = 30\ncenter_from = 'G'", "G.center_from: unknown peak 'G'"),
        ("fwhm_cm1 = 30", "fwhm_cm1 = 30\nfwhm_from = 'D'", 'G.fwhm_cm1: expected "none" beside fwhm_from, found 30'),
        ("fwhm_cm1 = 30", "fwhm_cm1 = 30\nheight_ratio = 0", "G.height_ratio: expected more than 0, found 0"),
        ('"G"', '"2D"', "2D.name: expected a letter, then letters, digits, ' or _, found '2D'"),
        ('"G"', '"G 1"', "G 1.name: expected a letter, then letters, digits, ' or _, found 'G 1'"),
        ('"G"', "3", "3.name: expected a text, found 3"),
    ],
)
def test_what_is_said_of_a_wrong_peak(old: str, new: str, message: str) -> None:
    assert old in MINIMAL
    assert wrong(MINIMAL.replace(old, new)).message == f"my.toml: peaks.{message}"


# -- the width of the instrument ----------------------------------------------------------------------------

WIDE = {"instrument.fwhm_cm1": 5}


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            "li-graphite",
            {"peaks.B.shape": "voigt"},
            "peaks.B.shape: a voigt needs the width of the instrument, instrument.fwhm_cm1, found none",
        ),
        ("li-graphite", {"instrument.fwhm_cm1": 0}, 'instrument.fwhm_cm1: expected "none", or 0.01 or more, found 0'),
        ("li-graphite", {"instrument.fwhm_cm1": -3}, 'instrument.fwhm_cm1: expected "none", or 0.01 or more, found -3'),
        ("li-graphite", {"instrument.source": "x"}, "instrument.source: expected nothing without fwhm_cm1, found 'x'"),
        (
            "silicon",
            {"peaks.Si.shape": "gaussian", **WIDE},
            'instrument.fwhm_cm1: expected "none": no peak is a lorentzian or voigt, found 5',
        ),
        (
            "carbon-bwf",
            WIDE,
            "it broadens one peak of ratio alone (D, a lorentzian over G, a bwf), found 5",
        ),
        ("silicon", {"peaks.Si.form": 0.1, "peaks.Si.shape": "voigt", **WIDE}, "found 0.1"),
    ],
)
def test_a_width_of_the_instrument_that_cannot_act(name: str, changes: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError) as error:
        with_overrides(load_recipe(name), changes)
    assert error.value.message.endswith(message)


def test_with_a_width_every_lorentzian_is_a_voigt() -> None:
    for name in ("li-graphite", "carbon-3"):
        recipe = load_recipe(name)
        assert [recipe.shape_of(peak) for peak in recipe.peaks] == [peak.shape for peak in recipe.peaks]
        wide = with_overrides(recipe, WIDE)
        shapes = {peak.name: (peak.shape, wide.shape_of(peak)) for peak in wide.peaks}
        assert {*shapes.values()} == {("lorentzian", "voigt"), *([("gaussian", "gaussian")] * (name == "carbon-3"))}
    named = with_overrides(recipe, {**WIDE, "peaks.G.shape": "voigt"})
    assert {named.shape_of(peak) for peak in named.peaks if peak.name == "G"} == {"voigt"}


def test_a_source_goes_with_its_width(tmp_path: Path) -> None:
    measured = with_overrides(load_recipe("li-graphite"), {**WIDE, "instrument.source": "silicon"})
    assert measured.instrument == Instrument(5, "silicon")
    assert with_overrides(measured, {"instrument.fwhm_cm1": 4}).instrument == Instrument(4)
    assert with_overrides(measured, {"instrument.fwhm_cm1": "none"}).instrument == Instrument()
    assert with_overrides(measured, {"instrument.source": "neon"}).instrument == Instrument(5, "neon")
    assert with_overrides(measured, {"baseline.order": 1}).instrument == Instrument(5, "silicon")
    (tmp_path / "base.toml").write_text(to_toml(measured), encoding="utf-8")
    for over, instrument in (
        ("[baseline]\norder = 1\n", Instrument(5, "silicon")),
        ("[instrument]\nfwhm_cm1 = 4\n", Instrument(4)),
        ('[instrument]\nfwhm_cm1 = "none"\n', Instrument()),
        ('[instrument]\nsource = "neon"\n', Instrument(5, "neon")),
    ):
        (tmp_path / "over.toml").write_text(f'base = "base.toml"\n{over}', encoding="utf-8")
        assert load_recipe(str(tmp_path / "over.toml")).instrument == instrument


# -- laid over another recipe ---------------------------------------------------------------------------------

G, B = load_recipe("li-graphite").peaks


def over(text: str, base: str = "li-graphite") -> Recipe:
    return recipe_from_toml(f'base = "{base}"\n{text}', "my.toml")


def test_one_key_of_a_peak_changes_that_key_alone() -> None:
    base = load_recipe("li-graphite")
    assert over('[[peaks]]\nname = "G"\ncenter_max_cm1 = 1650') == replace(
        base, peaks=(replace(G, center_max_cm1=1650.0), B)
    )
    assert over('[[peaks]]\nname = "B"\nshape = "pseudo-voigt"').peaks == (G, replace(B, shape="pseudo-voigt"))
    assert over('[[ratios]]\nname = "ratio"\nnumerator = "G"').ratios == (Ratio("G", "G"),)
    assert over('[[ratios]]\nnumerator = "G"').ratios == (Ratio("G", "G"),)


def test_what_has_another_name_stands_behind() -> None:
    new = "center_cm1 = 1100\ncenter_min_cm1 = 1050\ncenter_max_cm1 = 1150\n"
    new += "fwhm_cm1 = 50\nfwhm_min_cm1 = 10\nfwhm_max_cm1 = 90\n"
    recipe = over(f"""
[[peaks]]
name = "X"
{new}
[[peaks]]
name = "G"
fwhm_cm1 = 25
[[ratios]]
name = "x"
numerator = "X"
denominator = "G"
[[derived]]
name = "sum"
formula = "height(X) + height(G)"
""")
    assert [peak.name for peak in recipe.peaks] == ["G", "B", "X"]
    assert recipe.peaks[:2] == (replace(G, fwhm_cm1=25.0), B)
    assert recipe.ratios == (Ratio("B", "G"), Ratio("X", "G", "x"))
    assert recipe.derived == (Derived("sum", "height(X) + height(G)"),)


def test_formulas_are_laid_over_by_name(tmp_path: Path) -> None:
    doublet = load_recipe("li-graphite-doublet")
    changed = over('[[derived]]\nname = "fraction"\nformula = "split"', "li-graphite-doublet")
    assert changed == replace(doublet, derived=(Derived("fraction", "split"),))
    (tmp_path / "one.toml").write_text('base = "li-graphite"\n[[peaks]]\nname = "G"\nfwhm_cm1 = 20\n', "utf-8")
    (tmp_path / "two.toml").write_text('base = "one.toml"\n[[peaks]]\nname = "G"\nfwhm_max_cm1 = 60\n', "utf-8")
    assert load_recipe(str(tmp_path / "two.toml")).peaks[0] == replace(G, fwhm_cm1=20.0, fwhm_max_cm1=60.0)


def test_another_shape_has_its_own_form() -> None:
    base = load_recipe("carbon-bwf")
    form = next(peak for peak in base.peaks if peak.shape == "bwf")
    for shape in ("lorentzian", "pseudo-voigt"):
        changed = over(f'[[peaks]]\nname = "{form.name}"\nshape = "{shape}"', "carbon-bwf")
        expected = replace(form, shape=shape, form=None, form_min=None, form_max=None)
        assert next(peak for peak in changed.peaks if peak.name == form.name) == expected
    kept = over(f'[[peaks]]\nname = "{form.name}"\nform = -0.3', "carbon-bwf")
    assert next(peak for peak in kept.peaks if peak.name == form.name) == replace(form, form=-0.3)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('[[peaks]]\nname = "G"\nfwhm = 3', "unknown key 'peaks.G.fwhm'", "did you mean fwhm_cm1?"),
        ('[[peaks]]\nname = "X"\nfwhm_cm1 = 3', "missing key 'peaks.X.center_cm1'", None),
        ("[[peaks]]\nfwhm_cm1 = 3", "missing key 'peaks.3.name'", None),
        ("[[peaks]]\nname = 3", "peaks.3.center_cm1", None),
        ('[[peaks]]\nname = "G"\n' * 2, "peaks: expected different names, found 'G' twice", None),
        ("[[ratios]]\n" * 2, "ratios: expected different names, found 'ratio' twice", None),
        ("peaks = [3]", "peaks.3: expected a table, found 3", None),
        ("peaks = 3", "peaks: expected [[peaks]], found 3", None),
        (
            '[[peaks]]\nname = "B"\nfwhm_from = "G"',
            'peaks.B.fwhm_cm1: expected "none" beside fwhm_from, found 120',
            None,
        ),
    ],
)
def test_what_is_said_of_what_does_not_fit_over(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(RecipeError) as caught:
        over(text)
    assert message in caught.value.message
    assert caught.value.message.startswith("my.toml: ")
    assert hint is None or caught.value.hint == hint


def test_what_must_be_there() -> None:
    assert wrong(MINIMAL.replace('name = "mine"', "")).message == "my.toml: missing key 'name'"
    without = wrong(MINIMAL.replace("fwhm_max_cm1 = 100", ""))
    assert without.message == "my.toml: peaks.G.fwhm_max_cm1: expected a number, or fwhm_from, found 'none'"


def test_a_recipe_needs_a_peak() -> None:
    assert wrong('name = "x"').message == "my.toml: peaks: expected at least one [[peaks]], found none"
    assert wrong('name = "x"\npeaks = 3').message == "my.toml: peaks: expected [[peaks]], found 3"
    assert wrong('name = "x"\npeaks = [3]').message == "my.toml: peaks.1: expected a table, found 3"


@pytest.mark.parametrize(("table", "key"), [(t, f.name) for t, cls in KEYS.items() for f in fields(cls)])
def test_a_misspelt_key_is_answered_with_the_right_one(table: str, key: str) -> None:
    misspelt = key[:2] + key[3:]
    text = recipe_text("li-graphite") + "[[derived]]\nname = 'sum'\nformula = 'height(G) + height(B)'\n"
    lists = {key: f"[[{key}]]\n" for key in ("peaks", "ratios", "derived")}
    head = {"": "", **lists}.get(table, f"[{table}]\n")
    # right under its table's head, or above everything
    error = wrong(text.replace(head, f"{head}{misspelt} = 1\n", 1) if head else f"{misspelt} = 1\n{text}")
    name = {"peaks": "G.", "ratios": "ratio.", "derived": "sum."}.get(table, "")
    assert error.message == f"my.toml: unknown key '{table}{table and '.'}{name}{misspelt}'"
    assert error.hint == f"did you mean {key}?"


@settings(deadline=None)
@given(st.data())
def test_a_syntax_error_names_its_line(data: st.DataObject) -> None:
    lines = recipe_text("li-graphite").splitlines()
    place = data.draw(st.integers(0, len(lines)))
    lines.insert(place, data.draw(st.sampled_from(["= 3", "a b = 1", "x = [[", "y = 1 2", "[axis"])))
    error = wrong("\n".join(lines))
    line = int(error.message.removeprefix("my.toml:").partition(":")[0])
    # an open bracket is missed only where something else stands; nothing else can be missed
    assert line == place + 1 or (lines[place] == "x = [[" and line > place)


def test_a_syntax_error_at_the_end_names_the_last_line() -> None:
    assert wrong('name = "x"\npeaks = [\n').message.startswith("my.toml:2: ")


def test_overrides_of_what_is_not_there() -> None:
    recipe = load_recipe("li-graphite")
    for key, hint in (
        ("baseline.ordre", "did you mean baseline.order?"),
        ("basline.order", "did you mean baseline.order?"),
        ("peaks.G.centre_cm1", "did you mean peaks.G.center_cm1?"),
        ("peaks.B.center_min_cm1.x", "did you mean peaks.B.center_min_cm1?"),
        ("ratios.ration.numerator", "did you mean ratios.ratio.numerator?"),
        ("axis", "did you mean axis.unit?"),
    ):
        with pytest.raises(RecipeError, match="unknown setting") as caught:
            with_overrides(recipe, {key: 1})
        assert caught.value.hint == hint, key
    with pytest.raises(RecipeError, match=r"baseline\.order: expected 0 to 5, auto, none, found 'two'"):
        with_overrides(recipe, {"baseline.order": "two"})
    with pytest.raises(RecipeError, match=r"baseline\.order: expected 0 to 5, auto, none, found '1\\nz = 2'"):
        with_overrides(recipe, {"baseline.order": "1\nz = 2"})


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    assert load_recipe(str(path)) == recipe_from_toml(MINIMAL, "")
    path.write_bytes(MINIMAL.replace("mine", "µ").encode("cp1252"))
    with pytest.raises(RecipeError, match=r"my\.toml: expected TOML in UTF-8"):
        load_recipe(str(path))
    with pytest.raises(RecipeError, match="irectory"):
        load_recipe(str(tmp_path))
    with pytest.raises(RecipeError, match="li-grafite: no such recipe and no such file") as caught:
        load_recipe("li-grafite")
    assert caught.value.hint == "did you mean li-graphite?"
    with pytest.raises(RecipeError, match="unknown recipe 'silicone'") as caught:
        recipe_text("silicone")
    assert caught.value.hint == "did you mean silicon?"


def test_a_cold_start_imports_little() -> None:
    late = ("numpy", "difflib", "tomllib", "tomli", "json")
    code = f"import sys, ramanfit.recipe.toml; print([m for m in {late} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_setting_of_a_type_that_nothing_checks_is_a_mistake_of_the_code() -> None:
    @dataclass(frozen=True)
    class Loose:
        values: set[str]

        def __post_init__(self) -> None:
            check_types(self, "loose")

    with pytest.raises(TypeError, match=r"loose\.values: no check"):
        Loose({"a"})


@pytest.mark.parametrize(("name", "wrong"), [("axis", {"unit": "nm"}), ("peaks", [1]), ("ratios", ("B", "G"))])
def test_settings_inside_settings_are_checked(name: str, wrong: object) -> None:
    with pytest.raises(RecipeError, match=name):
        replace(load_recipe("li-graphite"), **{name: wrong})


def test_every_line_shape_has_limits_of_its_own() -> None:
    for form in SHAPES.values():
        assert form is None or form.least <= form.lower <= form.start <= form.upper <= form.largest


def test_a_hint_names_every_choice_once() -> None:
    assert nearest("zzzz", ["b", "a", "b"]) == "choose one of a, b"
