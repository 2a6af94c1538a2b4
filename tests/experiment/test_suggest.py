"""A shipped recipe is named only where its peaks describe the flagged spectra better, and at little cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ramanfit.experiment import suggest
from ramanfit.experiment.fits import VERDICT_LINES, fit_all
from ramanfit.experiment.request import Request
from ramanfit.experiment.scan_fits import COMPARED, Keep
from ramanfit.experiment.suggest import ASKED, CARBONS, Suggestion, better_recipe, doubtful_spectra
from ramanfit.experiment.voice import Silent
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import Fitted, fit_scan
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, shipped_names, with_overrides
from ramanfit.scan.scan import FloatArray, Scan

SHIFT = np.linspace(850.0, 1950.0, 330)
NARROW_D = {"peaks.D.fwhm_min_cm1": 100.0}  # as carbon-2 had it
GLASSY, NO_D_PRIME = ((1351, 52, 2000), (1592, 42, 1100), (1622, 26, 550)), ((1351, 52, 2000), (1592, 42, 1100))


def spectra(lines: Sequence[tuple[float, float, float]] = GLASSY, n: int = 8, seed: int = 0) -> FloatArray:
    light = sum(h * lorentzian(SHIFT, c, w) for c, w, h in lines)
    noise = np.random.default_rng(seed).normal(size=(n, SHIFT.size)) * np.sqrt(20 + light)
    return np.asarray(400 + 0.1 * (SHIFT - 1400) + light + noise)


def fit(recipe: Recipe, counts: FloatArray) -> Fitted:
    return fit_scan(Scan(SHIFT, counts, "line"), recipe)


def suggested(recipe: Recipe, counts: FloatArray) -> Suggestion | None:
    doubtful = doubtful_spectra(fit(recipe, counts))
    assert doubtful is not None
    return better_recipe(doubtful, recipe)


def test_those_asked_for_are_shipped_carbons() -> None:
    assert set(CARBONS) < set(shipped_names())
    assert {name for name in shipped_names() if "carbon" in name} < set(CARBONS)


def test_the_recipe_that_made_the_spectra_is_named() -> None:
    narrow = with_overrides(load_recipe("carbon-2"), NARROW_D)
    three = suggested(narrow, spectra())
    assert three is not None
    assert (three.name, three.spectra, three.on_bounds) == ("graphite", ASKED, False)
    assert three.options == "--recipe graphite --baseline-order 1"  # what it was compared with
    assert three.gain > 1000


def test_the_gain_is_that_of_the_criterion_on_the_same_channels_and_noise() -> None:
    narrow = with_overrides(load_recipe("carbon-2"), NARROW_D | {"clean.spikes": "false", "noise.model": "white"})
    counts = spectra(n=1)
    found = suggested(narrow, counts)
    other = replace(load_recipe("graphite"), noise=narrow.noise, clean=narrow.clean, baseline=narrow.baseline)
    mine, its = fit(narrow, counts), fit(other, counts)
    channels = len(mine.prepared.model.shift_cm1) / mine.result.stretch[0]
    left = [((f.prepared.counts - f.prepared.model.evaluate(f.result)) ** 2).sum() for f in (mine, its)]
    assert found is not None
    assert found.gain == pytest.approx(channels * np.log(left[0] / left[1]) - 3 * np.log(channels), rel=1e-3)


def test_nothing_is_said_where_the_own_recipe_is_best() -> None:
    # D' of graphite on a bound that costs nothing: no recipe with fewer or other peaks is better
    held = with_overrides(load_recipe("graphite"), {"peaks.D'.fwhm_max_cm1": 25.9, "baseline.smooth_cm1": "none"})
    done = fit(held, spectra(n=30))
    assert "peaks.D'.fwhm_max_cm1" in done.quantities.held
    doubtful = doubtful_spectra(done)
    assert doubtful is not None
    assert better_recipe(doubtful, held) is None


def test_a_recipe_that_needs_a_negative_peak_is_not_named() -> None:
    narrow = with_overrides(load_recipe("carbon-2"), NARROW_D)
    dip = spectra(NO_D_PRIME) - 300 * np.exp(-4 * np.log(2) * ((SHIFT - 1500) / 80) ** 2)
    found = suggested(narrow, dip)
    assert found is None or found.name not in ("carbon-3", "carbon-5")
    bump = suggested(narrow, spectra(NO_D_PRIME) + 300 * np.exp(-4 * np.log(2) * ((SHIFT - 1500) / 80) ** 2))
    assert bump is not None
    assert bump.name == "carbon-3"


def test_only_flagged_spectra_are_asked_evenly_chosen_and_only_their_channels() -> None:
    recipe = with_overrides(load_recipe("carbon-2"), NARROW_D)
    counts = np.concatenate([spectra(((1350, 200, 500), (1585, 80, 500)), n=4), spectra(n=9)])
    counts[8, 200] = 60000.0  # a cosmic ray
    done = fit(recipe, counts)
    assert done.quantities.held["peaks.D.fwhm_min_cm1"].tolist() == [False] * 4 + [True] * 9
    doubtful = doubtful_spectra(done)
    assert doubtful is not None
    np.testing.assert_array_equal(doubtful.counts, done.prepared.take(np.array([4, 8, 12]))[0])
    hit = np.flatnonzero(done.prepared.model.shift_cm1 == SHIFT[200])
    assert (doubtful.weights[:, hit[0]] == 0).tolist() == [False, True, False]
    assert doubtful_spectra(fit(recipe, counts[:4])) is None


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"baseline.order": 2}, ""),  # as graphite has it
        ({"baseline.method": "arpls"}, ""),
        ({"baseline.order": "none"}, " --baseline-order none"),
    ],
)
def test_any_baseline_will_do(settings: dict[str, object], options: str) -> None:
    plain = 400 + 0.1 * (SHIFT - 1400) if settings.get("baseline.order") == "none" else 0.0
    found = suggested(with_overrides(load_recipe("carbon-2"), NARROW_D | settings), spectra() - plain)
    assert found is not None
    assert found.options == "--recipe graphite" + options


def test_a_smooth_part_bends_for_others_as_it_did() -> None:
    wave = 300 * np.sin((SHIFT - 900) / 170)
    held = with_overrides(load_recipe("li-graphite"), {"peaks.B.fwhm_max_cm1": 45.0, "peaks.B.fwhm_cm1": 40.0})
    done = fit(held, spectra(NO_D_PRIME) + wave)
    assert done.result.amplitude is not None
    assert (done.result.amplitude > 0).any()
    doubtful = doubtful_spectra(done)
    assert doubtful is not None
    assert doubtful.penalty is not None
    found = better_recipe(doubtful, held)
    assert found is not None
    assert found.gain > suggest.DECISIVE


def test_where_the_window_suits_no_carbon_nothing_is_named() -> None:
    recipe = load_recipe("silicon")
    shift = np.linspace(recipe.window.low_cm1, recipe.window.high_cm1, 200)
    counts = 400 + 2000 * lorentzian(shift, 520, 40) + np.random.default_rng(0).normal(size=(2, 200))
    done = fit_scan(Scan(shift, counts, "line"), recipe)
    assert done.quantities.held
    doubtful = doubtful_spectra(done)
    assert doubtful is not None
    assert better_recipe(doubtful, recipe) is None


class Heard(Silent):
    """Keeps what is said."""

    def __init__(self, quiet: bool = False) -> None:
        super().__init__()
        self.quiet, self.lines = quiet, list[str]()

    def say(self, message: str) -> None:
        self.lines.append(message)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for scan in range(5):
        np.savetxt(tmp_path / f"scan{scan}.txt", np.column_stack([SHIFT, *spectra(n=4, seed=scan)]))
    return tmp_path


def heard(folder: Path, recipe: Recipe, *, quiet: bool = False, jobs: int = 1) -> list[str]:
    voice = Heard(quiet)
    fit_all(Request(files=[str(folder)], recipe=recipe, jobs=jobs), voice, Keep())
    return voice.lines


def test_bounds_and_the_better_recipe_are_said(folder: Path) -> None:
    recipe = with_overrides(load_recipe("carbon-2"), NARROW_D | {"axis.unit": "rel. 1/cm"})
    lines = heard(folder, recipe)
    bound = "peaks.D.fwhm_min_cm1 = 100: --set peaks.D.fwhm_min_cm1=50"
    first = str(folder / "scan0.txt")
    assert f"{first}: at_bound in 4 of 4 spectra: {bound}" in lines
    better = [line for line in lines if "has the lowest BIC" in line]
    assert [line.split(": ")[0] for line in better] == [str(folder / f"scan{i}.txt") for i in range(COMPARED)]
    assert better[0].startswith(f"{first}: of the shipped carbon recipes graphite has the lowest BIC, by ")
    assert better[0].endswith(f" over {ASKED} flagged spectra: --recipe graphite --baseline-order 1")
    assert len(lines) <= VERDICT_LINES + COMPARED + 4  # and four assumptions
    assert heard(folder, recipe, jobs=2) == lines


def test_quiet_nothing_is_compared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(suggest, "doubtful_spectra", never)
    monkeypatch.setattr(suggest, "better_recipe", never)
    recipe = with_overrides(load_recipe("carbon-2"), NARROW_D | {"axis.unit": "rel. 1/cm"})
    heard(folder, recipe, quiet=True)
    with pytest.raises(AssertionError):
        heard(folder, recipe)
