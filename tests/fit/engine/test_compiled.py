"""The compiled core against the batched engine on NumPy, variant by variant; and that nothing brings it down."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit.engine import limits, varpro
from ramanfit.fit.engine.compiled import build, library
from ramanfit.fit.engine.compiled.engine import fit_with
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.model import Model
from ramanfit.fit.result import FitResult, Status
from tests.fit.engine.test_varpro import strong
from tests.spectra import random_spectra, two_peak_model

LEVELS = sorted(library.available())
needs_core = pytest.mark.skipif(not LEVELS, reason="no compiled core here")
MODEL, COUNTS, _ = random_spectra(200, seed=31)
WEIGHTS = 1 / np.random.default_rng(1).uniform(0.2, 5, COUNTS.shape)
WEIGHTS[:, 100:110] = 0
WEIGHTS[:5, :40] = WEIGHTS[5:9, -30:] = 0
FITTED = varpro.fit(MODEL, COUNTS)
START = FITTED.nonlinear
FLAT = COUNTS - MODEL.baseline(FITTED.coefficients)
THREE = COUNTS + 150 * lorentzian(MODEL.shift_cm1, 1460.0, 60.0)
BENT = MODEL.with_smooth(150.0)
ENOUGH = FITTED.chi2 * np.random.default_rng(2).choice([0.5, 0.97, 1.001, 1.1, 2.0, np.nan], len(COUNTS))
PENALTY = np.tile(1 / (400 * BENT.smooth), (len(COUNTS), 1))


def three_peaks() -> Model:
    start, lower, upper = (
        np.insert(limits, 1, [center, fwhm], axis=0)
        for limits, center, fwhm in ((MODEL.start, 1450, 60), (MODEL.lower, 1420, 20), (MODEL.upper, 1500, 200))
    )
    return replace(MODEL, names=("B", "D", "G"), start=start, lower=lower, upper=upper)


CASES: dict[str, tuple[Model, dict[str, object]]] = {
    "searched": (MODEL, {}),
    "weighted": (MODEL, {"weights": WEIGHTS}),
    "rough": (MODEL, {"tolerance": limits.ROUGH}),
    "from a start": (MODEL, {"weights": WEIGHTS, "start": START}),
    "from a start, roughly": (MODEL, {"weights": WEIGHTS, "start": START, "tolerance": limits.ROUGH}),
    "as low as is enough": (
        MODEL,
        {"start": START + np.array([15, 9, 0]), "tolerance": limits.ROUGH, "enough": ENOUGH},
    ),
    "with a smooth part": (BENT, {"weights": WEIGHTS, "start": START, "penalty": PENALTY, "home": True}),
    "without a baseline": (replace(MODEL, basis=np.empty((0, len(MODEL.shift_cm1)))), {"weights": WEIGHTS}),
    "one peak": (MODEL.of([1]), {"weights": WEIGHTS}),
    "three peaks": (three_peaks(), {"weights": WEIGHTS}),
}


def same(mine: FitResult, other: FitResult, tolerance: float) -> None:
    """Strong peaks to rounding; weak ones, which hardly have a minimum, in chi-square."""
    np.testing.assert_array_equal(mine.status, other.status)
    np.testing.assert_array_equal(mine.dof, other.dof)
    np.testing.assert_allclose(mine.chi2, other.chi2, rtol=1e-6, atol=1e-12)
    rows = strong(other) & ~other.at_bound.any(axis=(1, 2))
    np.testing.assert_array_equal(mine.at_bound[rows], other.at_bound[rows])
    se = other.standard_errors()
    for name in ("height", "center_cm1", "fwhm_cm1"):
        apart = np.abs(getattr(mine, name) - getattr(other, name)) / se[name]
        assert apart[rows].max() < tolerance, name
    np.testing.assert_allclose(mine.standard_errors()["height"][rows], se["height"][rows], rtol=tolerance)
    scale = np.sqrt(np.einsum("nii->ni", other.covariance))[rows]
    difference = (mine.covariance - other.covariance)[rows] / (scale[:, :, None] * scale[:, None])
    assert np.abs(difference).max() < tolerance
    spread = np.abs(other.coefficients).max(axis=0)
    if spread.size:
        assert (np.abs(mine.coefficients - other.coefficients)[rows] / spread).max() < tolerance


@needs_core
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_numpy_gives(level: int, case: str) -> None:
    model, options = CASES[case]
    counts = FLAT if not len(model.basis) else THREE if len(model.names) == 3 else COUNTS
    mine = fit_with(library.available()[level], model, counts, **options)  # type: ignore[arg-type]
    same(mine, varpro.fit(model, counts, **options), 1e-3 if case == "three peaks" else 1e-6)  # type: ignore[arg-type]


@needs_core
@pytest.mark.parametrize("level", LEVELS)
def test_no_spectrum_feels_its_neighbours(level: int) -> None:
    variant = library.available()[level]
    whole = fit_with(variant, MODEL, COUNTS, WEIGHTS)
    for rows in (np.arange(7), np.array([150, 3])):
        part = fit_with(variant, MODEL, COUNTS[rows], WEIGHTS[rows])
        for name in ("height", "center_cm1", "fwhm_cm1", "coefficients", "covariance", "chi2", "status"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[rows], err_msg=name)


HOSTILE = st.one_of(
    st.floats(-1e3, 1e3),
    st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e308, -1e308, 1e-308, 5e-324, 1e150]),
)


@needs_core
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_hostile_numbers_end_as_with_numpy(data: st.DataObject) -> None:
    channels = data.draw(st.sampled_from([17, 24, 61]))
    model = two_peak_model(channels)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    counts, weights = rng.normal(100, 5, (3, channels)), rng.uniform(0, 2, (3, channels))
    for array in (counts, weights):
        for value in data.draw(st.lists(HOSTILE, max_size=6)):
            array[rng.integers(3), rng.integers(channels)] = value
    weights[:, : data.draw(st.integers(0, channels))] = 0
    with np.errstate(all="ignore"):
        try:
            expected = varpro.fit(model, counts, weights).status == Status.FAILED
        except np.linalg.LinAlgError:  # the batched search refuses what one of its spectra cannot do
            expected = None
    for variant in library.available().values():
        result = fit_with(variant, model, counts, weights)
        failed = result.status == Status.FAILED
        assert np.isnan(result.height[failed]).all()
        assert np.isfinite(result.height[~failed]).all()
        assert np.isfinite(result.center_cm1[~failed]).all()
        weighs = (weights > 1e-100) & (weights < 1e100)
        plain = (np.abs(counts) < 1e100).all(axis=1) & (weighs | (weights == 0)).all(axis=1)
        if expected is not None:
            np.testing.assert_array_equal(failed[plain], expected[plain])


@needs_core
@pytest.mark.parametrize(
    ("name", "value"),
    [("weights", WEIGHTS[:, 1:]), ("start", START[:, :1]), ("weights", WEIGHTS[1:]), ("start", START[1:])],
)
def test_arrays_that_do_not_fit_are_refused_before_the_core_sees_them(name: str, value: np.ndarray) -> None:
    with pytest.raises(ValueError, match=f"^{name}: expected the shape"):
        fit_with(library.available()[LEVELS[0]], MODEL, COUNTS, **{name: value})  # type: ignore[arg-type]


def ramanfit(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ramanfit", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


SAMPLE = next(Path(__file__).resolve().parents[3].glob("sample_spectra/pristine-graphite/*Spec.Data*"))


@pytest.mark.parametrize(("choice", "said"), [("fast", "RAMANFIT_CORE=fast: expected auto, compiled or numpy")])
def test_a_choice_that_is_none_is_refused(choice: str, said: str) -> None:
    done = ramanfit("fit", str(SAMPLE), RAMANFIT_CORE=choice)
    assert done.returncode == 2
    assert said in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("choice", ["auto", "numpy"])
def test_the_version_says_which_core_runs(choice: str) -> None:
    plain, more = ramanfit("--version"), ramanfit("--version", "-v", RAMANFIT_CORE=choice)
    core = "compiled, for " if LEVELS and choice == "auto" else "NumPy"
    assert more.stdout.startswith(f"{plain.stdout}core: {core}")
    assert plain.stdout.count("\n") == 1


def test_either_core_gives_the_same_table() -> None:
    tables = [ramanfit("ratio", str(SAMPLE), RAMANFIT_CORE=choice) for choice in ("numpy", "auto")]
    assert tables[0].stdout == tables[1].stdout != ""


def test_a_core_of_another_age_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "INTERFACE", -1)
    library.available.cache_clear()
    try:
        assert not library.available()
    finally:
        library.available.cache_clear()


@pytest.mark.skipif(sys.platform != "linux" or build.compiler() is None, reason="no known C++ compiler here")
def test_it_is_built_where_there_is_a_compiler_and_left_out_where_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build.build(tmp_path / "_core.so") == ""
    monkeypatch.setattr(library, "LIBRARY", tmp_path / "_core.so")
    library.available.cache_clear()
    assert 1 in library.available()
    library.available.cache_clear()
    monkeypatch.setenv("CXX", shutil.which("false") or "false")
    assert "failed" in build.build(tmp_path / "none.so")
    assert not (tmp_path / "none.so").exists()
    monkeypatch.setattr(library, "LIBRARY", tmp_path / "none.so")
    assert not library.available()
    library.available.cache_clear()


@needs_core
def test_a_plain_fit_does_not_import_the_engine_that_it_does_not_ask() -> None:
    program = (
        "import sys, numpy as np\nfrom ramanfit import Scan, fit_scan, load_recipe\n"
        "shift = np.linspace(900.0, 1900.0, 400)\n"
        "counts = 500 + 900 / (1 + ((shift - 1585) / 12) ** 2) + np.random.default_rng(0).normal(0, 9, (3, 400))\n"
        "fit_scan(Scan(shift, counts, 'series'), load_recipe('li-graphite'))\n"
        "print(*(name for name in sys.modules if name.startswith('ramanfit.fit.engine.')))"
    )
    environment = {**os.environ, library.CHOICE: "compiled"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    names = {name.rpartition(".")[2] for name in done.stdout.split()}
    assert "library" in names
    assert not names & {"varpro", "linked", "lorentzians", "problem", "reference"}
