"""Neighbours decide nothing: a spectrum alone, and in any company, has the same fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.quantities import Quantities
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import FloatArray, Scan

SHIFT = np.linspace(880.0, 1920.0, 520)
LINES = {"li-graphite": ((1590.0, 28.0), (1345.0, 90.0)), "graphite": ((1582.0, 20.0), (1350.0, 45.0))}
KINDS = ("both", "both", "G", "none", "curved", "spikes", "flat", "floor", "holes", "smoothed", "empty")
NEAR = 1.5  # standard errors from the limit of detection: there the shared gain may decide
MOVED = 3.0  # standard errors that a shared gain, or amplitude, may move a value by

companies = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 10**6)), min_size=2, max_size=8)


def spectrum(kind: str, seed: int, recipe: str) -> FloatArray:
    """Counts [M]; NaN where there is none."""
    rng = np.random.default_rng(seed)
    level = 10 ** rng.uniform(2.2, 3.2)
    height = 0.0 if kind == "none" else level * rng.uniform(0.3, 2)
    (center, fwhm), (of_b, fwhm_b) = LINES[recipe]
    light = level + height * lorentzian(SHIFT, center + rng.uniform(-6, 6), fwhm * rng.uniform(0.8, 1.3))
    if kind != "G":
        light += height * rng.uniform(0.4, 1.2) * lorentzian(SHIFT, of_b, fwhm_b * rng.uniform(0.8, 1.3))
    if kind == "curved":
        light += level * np.exp(-(SHIFT - SHIFT[0]) / 300)
    counts = rng.poisson(light).astype(np.float64)
    if kind == "spikes":
        counts[rng.integers(20, 300, 3)] += rng.uniform(20, 60, 3) * np.sqrt(level)
    if kind == "flat":
        counts = np.minimum(counts, level + 0.7 * height)
    if kind == "floor":
        counts = np.maximum(counts - level, 0)
    if kind == "holes":
        counts[rng.integers(0, SHIFT.size, 12)] = np.nan
    if kind == "smoothed":
        counts = np.convolve(np.pad(counts, 2, mode="edge"), np.ones(5) / 5, "valid")
    return np.full(SHIFT.size, 5.0) if kind == "empty" else counts


def fit(spectra: Sequence[FloatArray], recipe: str, engine: str = "varpro") -> Quantities:
    counts = np.array(spectra)
    holes = np.isnan(counts)
    scan = Scan(SHIFT, np.where(holes, 0, counts), "line", mask=holes if holes.any() else None)
    return fit_scan(scan, load_recipe(recipe), engine).quantities


def assert_same(one: Quantities, i: int, other: Quantities, j: int, moved: float) -> None:
    """Statuses are the same but at the limit of detection; values of what is there are within `moved` errors."""
    with np.errstate(invalid="ignore", divide="ignore"):
        snr, its_snr = (q.height[k] / q.height_se[k] for q, k in ((one, i), (other, j)))
    at_limit = np.minimum(np.abs(snr - 3), np.abs(its_snr - 3)) < NEAR
    same = one.status[i] == other.status[j]
    assert (same | (at_limit & (moved > 0.1))).all(), (one.status[i], other.status[j], snr, its_snr)
    if "missing_band" in str(one.flags[i]) + str(other.flags[j]):
        return  # the amplitude that is shared decides whether the baseline may hide a band
    for name in ("height", "center_cm1", "fwhm_cm1"):
        se = getattr(one, name.removesuffix("_cm1") + "_se")[i]
        away = np.abs(getattr(one, name)[i] - getattr(other, name)[j])
        seen = (one.status[i] == "ok") & (other.status[j] == "ok") & np.isfinite(se)
        assert (away[seen] <= moved * se[seen]).all(), (name, away / se, one.flags[i], other.flags[j])


@pytest.mark.parametrize("recipe", LINES)
@settings(max_examples=15)
@given(companies)
def test_alone_and_in_any_company(recipe: str, kinds: list[tuple[str, int]]) -> None:
    spectra = [spectrum(kind, seed, recipe) for kind, seed in kinds]
    together = fit(spectra, recipe)
    for i, alone in enumerate(spectra):
        assert_same(fit([alone], recipe), 0, together, i, MOVED)


@settings(max_examples=15)
@given(companies, st.randoms(use_true_random=False))
def test_shuffled_doubled_and_cut(kinds: list[tuple[str, int]], random: object) -> None:
    spectra = [spectrum(kind, seed, "li-graphite") for kind, seed in kinds]
    together, order = fit(spectra, "li-graphite"), list(range(len(spectra)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = fit([spectra[i] for i in order], "li-graphite")
    for j, i in enumerate(order):  # a cosmic ray is compared with the spectra beside it
        alike = together.flags[i] == shuffled.flags[j]
        assert_same(together, i, shuffled, j, 0.01 if alike else MOVED)
    doubled = fit([*spectra, *spectra], "li-graphite")
    cut = fit(spectra[: max(len(spectra) // 2, 1)], "li-graphite")
    for i in range(len(spectra)):
        assert_same(together, i, doubled, i, MOVED)
        assert_same(together, i, doubled, len(spectra) + i, MOVED)
    for i in range(len(spectra) // 2):
        assert_same(together, i, cut, i, MOVED)


@settings(max_examples=3)
@given(companies.map(lambda kinds: kinds[:4]))
def test_a_healthy_spectrum_never_fails_by_either_engine(kinds: list[tuple[str, int]]) -> None:
    spectra = [spectrum(kind, seed, "li-graphite") for kind, seed in [*kinds, ("both", 1)]]
    for engine in ("varpro", "lmfit"):
        assert (fit(spectra, "li-graphite", engine).status[-1] == "ok").all()
