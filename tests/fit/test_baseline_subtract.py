"""Baselines that are subtracted first: against pybaselines itself, scipy and analytic truth."""

from __future__ import annotations

import csv
import io

import numpy as np
import pybaselines
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.errors import RecipeError
from ramanfit.fit.baseline_subtract import METHODS, algorithms, background
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_scan
from ramanfit.formats import open_scans
from ramanfit.recipe.parts import Baseline
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from tests.cli.test_fits import SHARED, ramanfit, real_files

SHIFT = np.sort(np.concatenate([np.linspace(900, 1300, 130), np.linspace(1303, 1900, 260)]))  # not evenly spaced
CURVE = 500 - 0.2 * (SHIFT - 1400) + 4e-4 * (SHIFT - 1400) ** 2
PEAKS = 100 * lorentzian(SHIFT, 1590, 30) + 80 * lorentzian(SHIFT, 1345, 120)
COUNTS = CURVE + PEAKS + np.random.default_rng(1).normal(0, 2, (5, SHIFT.size))
REGIONS = ((900.0, 1000.0), (1750.0, 1900.0))
OWN = [name for name, method in METHODS.items() if method.own]
ANCHORS = (905.0, 1050.0, 1760.0, 1895.0)


def baseline(method: str, options: str = "", order: int | str = 2) -> Baseline:
    regions, anchors = REGIONS if method == "regions" else (), ANCHORS if method == "anchors" else ()
    return Baseline(order, method, options, regions, anchors)


@pytest.mark.parametrize("name", [name for name in METHODS if name not in OWN])
def test_algorithms_are_those_of_pybaselines(name: str) -> None:
    found = background(SHIFT, COUNTS, None, baseline(name))
    direct = getattr(pybaselines.Baseline(SHIFT), name)
    np.testing.assert_allclose(found[2], direct(COUNTS[2])[0], rtol=1e-9)


def test_options_reach_the_algorithm() -> None:
    soft, stiff = (background(SHIFT, COUNTS, None, baseline("arpls", f"lam={lam}")) for lam in ("1e4", "1e7"))
    np.testing.assert_allclose(stiff[0], pybaselines.Baseline(SHIFT).arpls(COUNTS[0], lam=1e7)[0])
    assert np.abs(soft - stiff).max() > 5
    cubic = background(SHIFT, COUNTS, None, baseline("modpoly", order=3))
    np.testing.assert_allclose(cubic[0], pybaselines.Baseline(SHIFT).modpoly(COUNTS[0], poly_order=3)[0])


def test_a_polynomial_through_regions_comes_back_whatever_stands_elsewhere() -> None:
    counts = CURVE + np.where((SHIFT > 1000) & (SHIFT < 1750), 1e4, 0.0)
    found = background(SHIFT, counts[None], None, baseline("regions"))
    np.testing.assert_allclose(found[0], CURVE, rtol=1e-9)
    inside = ((SHIFT >= 900) & (SHIFT <= 1000)) | (SHIFT >= 1750)
    expected = np.polynomial.Polynomial.fit(SHIFT[inside], COUNTS[3][inside], 2)(SHIFT)
    np.testing.assert_allclose(background(SHIFT, COUNTS, None, baseline("regions"))[3], expected, rtol=1e-9)


def test_anchors_go_through_medians() -> None:
    line = 300 + 0.1 * SHIFT
    spoilt = line.copy()
    spoilt[np.abs(SHIFT - 1050).argmin()] += 1000
    found = background(SHIFT, spoilt[None], None, baseline("anchors"))[0]
    inside = (ANCHORS[0] <= SHIFT) & (ANCHORS[-1] >= SHIFT)
    np.testing.assert_allclose(found[inside], line[inside], atol=0.4)  # half a channel's slope


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from([*OWN, "modpoly", "asls", "arpls", "rubberband", "snip"]),
    st.integers(0, SHIFT.size - 1),
    st.floats(-1e9, 1e9) | st.just(np.nan),
)
def test_a_masked_channel_does_not_matter(method: str, channel: int, value: float) -> None:
    use = np.ones(COUNTS.shape, dtype=bool)
    use[1, channel] = False
    spoilt = COUNTS.copy()
    spoilt[1, channel] = value
    clean, other = (background(SHIFT, counts, use, baseline(method)) for counts in (COUNTS, spoilt))
    np.testing.assert_array_equal(clean, other)


@pytest.mark.parametrize("method", [*METHODS, "snip", "pspline_arpls", "fastchrom"])
def test_a_spectrum_does_not_feel_its_neighbours(method: str) -> None:
    whole = background(SHIFT, COUNTS, None, baseline(method))
    for i in (4, 0):
        np.testing.assert_array_equal(background(SHIFT, COUNTS[[i]], None, baseline(method))[0], whole[i])


def test_a_spectrum_without_a_baseline_is_a_row_with_a_status() -> None:
    counts = COUNTS.copy()
    counts[2] = np.linspace(1e300, 1.7e308, SHIFT.size)
    with np.errstate(all="ignore"):
        fitted = fit_scan(Scan(SHIFT, counts), with_overrides(load_recipe("li-graphite"), {"baseline.method": "arpls"}))
    assert fitted.quantities.status[2].tolist() == ["failed", "failed"]
    assert "failed" in fitted.quantities.flags[2]
    assert (fitted.quantities.status[[0, 1, 3, 4]] == "ok").all()


def ratio(**settings: str) -> FloatArray:
    recipe = with_overrides(load_recipe("li-graphite"), {f"baseline.{k}": v for k, v in settings.items()})
    return fit_scan(Scan(SHIFT, COUNTS), recipe).quantities.ratios["ratio"].value


STRAIGHT = {"constant": 0 * SHIFT + 5, "zero": 0 * SHIFT, "rising": 0.5 * SHIFT, "huge": 1e300 * SHIFT}


@pytest.mark.parametrize("kind", STRAIGHT)
def test_no_algorithm_ends_a_run_on_a_spectrum_it_cannot_use(kind: str) -> None:
    counts = np.stack([STRAIGHT[kind], 100 + 500 * lorentzian(SHIFT, 1590.0, 20.0)])
    for name in algorithms():
        assert background(SHIFT, counts, None, Baseline(method=name)).shape == counts.shape, name


def test_subtracting_first_biases_the_ratio_and_fitting_together_does_not() -> None:
    together = ratio()
    assert abs(together.mean() - 0.8) < 0.02
    first = ratio(method="asls", options="lam=1e5")
    assert first.mean() < 0.8 * 0.95


def test_noise_knows_the_light_that_was_subtracted() -> None:
    """The gain of a detector is the same whether its background is fitted or subtracted."""
    rng = np.random.default_rng(5)
    under = np.linspace(4000, 400, SHIFT.size)
    counts = rng.poisson(np.broadcast_to(under + 10 * PEAKS, (60, SHIFT.size))).astype(float)
    recipe = load_recipe("li-graphite")
    gains = [
        fit_scan(Scan(SHIFT, counts), with_overrides(recipe, overrides)).result.noise[0, 2]
        for overrides in ({}, {"baseline.method": "regions", "baseline.regions": [list(r) for r in REGIONS]})
    ]
    assert gains == pytest.approx([1.0, 1.0], abs=0.15)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "arpsl"}, "unknown baseline 'arpsl'"),
        ({"method": "arpls", "options": "lamb=1"}, "baseline.options: arpls has no 'lamb'"),
        ({"method": "arpls", "options": "lam"}, "baseline.options: expected settings such as"),
        ({"method": "arpls", "options": 'lam="x"'}, "baseline.options: lam: expected a number, found 'x'"),
        ({"options": "lam=1"}, "baseline.options: expected nothing with method 'fit'"),
        ({"method": "regions"}, "baseline.regions: expected what the method goes through"),
        ({"method": "regions", "regions": "[[1000, 1001]]"}, "baseline.regions: expected more than 2 channels"),
        ({"method": "anchors", "anchors_cm1": "[1000]"}, "baseline.anchors_cm1: expected two or more"),
        ({"method": "anchors", "anchors_cm1": "[10, 1000]"}, "baseline.anchors_cm1: expected shifts in"),
        ({"method": "arpls", "order": "auto"}, "baseline.order: expected 0 to 5, none, found 'auto'"),
    ],
)
def test_what_is_said_of_wrong_settings(settings: dict[str, str], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        ratio(**settings)
    assert caught.value.message.startswith(message)


def test_the_list_names_them_all() -> None:
    rows = list(csv.DictReader(io.StringIO(ramanfit("list", "baselines", "--csv").stdout.decode())))
    names = [row["name"] for row in rows]
    assert names[: len(METHODS) + 1] == ["fit", *METHODS]
    assert set(names) == {"fit", *METHODS, *algorithms()}
    assert len(names) > 40


@real_files
def test_a_real_spectrum() -> None:
    scan = open_scans(str(SHARED / "carbon/dw38c/testDW38C_pos1.txt"))[0]
    inside = (scan.shift_cm1 > 900) & (scan.shift_cm1 < 1900)
    shift, counts = scan.shift_cm1[inside], np.asarray(scan.counts)[:, inside]
    for method in METHODS:
        if method not in OWN:
            under = background(shift, counts, None, baseline(method))[0]
            assert (under < counts[0].max()).all()
            assert counts[0].min() - 100 < under.min()
