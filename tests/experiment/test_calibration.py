"""Calibration: known offsets are found, the recipe that comes out undoes them, real silicon agrees with elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import RecipeError, ScanError
from ramanfit.experiment.calibration import POLYSTYRENE, SILICON, calibration_of
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_scan
from ramanfit.formats import open_scans
from ramanfit.formats.graph_ascii import graph_ascii
from ramanfit.recipe.toml import load_recipe, recipe_from_toml
from ramanfit.scan.scan import FloatArray, Metadata, Scan

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
PS_FWHM = (6.0, 8.0, 5.0, 8.0, 9.0, 10.0, 8.0, 9.0)


def lines(shift: FloatArray, at: tuple[float, ...], fwhm: tuple[float, ...], off: float, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    signal = 500 + 0.1 * (shift - shift[0])
    for center, width in zip(at, fwhm, strict=True):
        signal = signal + 900 * lorentzian(shift, center + off, width)
    return rng.normal(signal, np.sqrt(0.2 * signal))


def silicon(off: float, spectra: int = 1, laser_nm: float | None = None) -> Scan:
    shift = np.arange(300.0, 1900.0, 1.7)
    counts = np.stack([lines(shift, SILICON.lines_cm1, (4.5,), off, k) for k in range(spectra)])
    return Scan(shift, counts, "series", source="si.txt", metadata=Metadata(laser_nm=laser_nm))


@given(st.floats(-9, 9), st.integers(0, 2**31))
def test_an_offset_is_found_within_its_error(off: float, seed: int) -> None:
    shift = np.arange(300.0, 900.0, 1.7)
    counts = lines(shift, SILICON.lines_cm1, (4.5,), off, seed)[None]
    found = calibration_of([Scan(shift, counts)], SILICON)
    assert abs(found.shift_cm1 + off) < 5.5 * found.shift_se
    assert found.shift_se < 0.15


def test_more_spectra_give_a_smaller_error() -> None:
    one, many = calibration_of([silicon(1.0)], SILICON), calibration_of([silicon(1.0, 16)], SILICON)
    assert many.lines[0].spectra == 16
    assert one.shift_se > 1.5 * many.shift_se


def test_the_laser_that_would_be_right_puts_the_line_right() -> None:
    nominal, true = 532.1, 532.29
    wavelength = 1 / (1 / true - 520.45e-7)
    off = 1e7 * (1 / nominal - 1 / wavelength) - 520.45
    found = calibration_of([silicon(off, 9, nominal)], SILICON)
    assert found.laser_nm == nominal
    assert found.effective_laser_nm == pytest.approx(true, abs=0.002)


def test_polystyrene_shows_what_one_offset_leaves() -> None:
    shift = np.arange(500.0, 1800.0, 1.5)
    counts = lines(shift, POLYSTYRENE.lines_cm1, PS_FWHM, -1.3)
    found = calibration_of([Scan(shift, counts[None])], POLYSTYRENE)
    assert len(found.lines) == len(POLYSTYRENE.lines_cm1)
    assert found.shift_cm1 == pytest.approx(1.3, abs=0.1)
    assert max(abs(found.residual_cm1(line)) for line in found.lines) < 0.3
    assert found.shift_se == pytest.approx(POLYSTYRENE.se_cm1 / np.sqrt(8), rel=0.1)
    stretched = Scan(1000 + 1.004 * (shift - 1000), counts[None])
    worst = calibration_of([stretched], POLYSTYRENE)
    assert max(abs(worst.residual_cm1(line)) for line in worst.lines) > 1


def test_lines_off_the_axis_are_left_out() -> None:
    shift = np.arange(900.0, 1800.0, 1.5)
    found = calibration_of([Scan(shift, lines(shift, POLYSTYRENE.lines_cm1, PS_FWHM, 0.0)[None])], POLYSTYRENE)
    assert [line.reference_cm1 for line in found.lines] == [x for x in POLYSTYRENE.lines_cm1 if x > 900]


@pytest.mark.parametrize("off", [np.nan, 30.0])
def test_no_line_is_no_calibration(off: float) -> None:
    scan = silicon(0.0 if np.isnan(off) else off)
    if np.isnan(off):
        scan = scan.with_(counts=np.random.default_rng(1).normal(500, 9, scan.counts.shape))
    with pytest.raises(ScanError, match=r"si\.txt: no line of silicon found within 12 cm-1 of 520\.45"):
        calibration_of([scan], SILICON)


# -- as a command -------------------------------------------------------------------------------------------


def ramanfit(*arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == status, done.stderr
    return done


def test_the_recipe_undoes_the_offset(tmp_path: Path) -> None:
    (tmp_path / "si.txt").write_bytes(graph_ascii(silicon(-3.0, 4)))
    made = tmp_path / "calibrated.toml"
    ramanfit("calibrate", tmp_path / "si.txt", "--base", "silicon", "-o", made)
    recipe = load_recipe(str(made))
    assert recipe.peaks == load_recipe("silicon").peaks
    assert recipe.axis.shift_cm1 == pytest.approx(3.0, abs=0.1)
    assert "520.45 cm-1 (CWA 18133" in recipe.axis.calibration
    fitted = fit_scan(open_scans(str(tmp_path / "si.txt"))[0], recipe)
    np.testing.assert_allclose(fitted.quantities.center_cm1, 520.45, atol=0.15)


def test_the_value_used_is_written_down(tmp_path: Path) -> None:
    (tmp_path / "si.txt").write_bytes(graph_ascii(silicon(0.0)))
    said = ramanfit("calibrate", tmp_path / "si.txt", "--reference", "520.7").stdout
    recipe = recipe_from_toml(said, "said")
    assert recipe.axis.calibration.startswith("silicon at 520.7 cm-1")
    assert recipe.axis.shift_cm1 == pytest.approx(0.25, abs=0.1)
    for arguments in (["--reference", "600"], ["--standard", "polystyrene", "--reference", "520.7"], ["--base", "no"]):
        ramanfit("calibrate", tmp_path / "si.txt", *arguments, status=2)


def test_the_record_says_whether_the_axis_is_calibrated(tmp_path: Path) -> None:
    (tmp_path / "si.txt").write_bytes(graph_ascii(silicon(0.0)))
    ramanfit("calibrate", tmp_path / "si.txt", "--base", "silicon", "-o", tmp_path / "c.toml")
    for recipe, flags in (("silicon", ["uncalibrated"]), (str(tmp_path / "c.toml"), [])):
        ramanfit("fit", tmp_path / "si.txt", "--recipe", recipe, "--meta", tmp_path / "run.json")
        assert json.loads((tmp_path / "run.json").read_text())["flags"] == flags


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_real_silicon() -> None:
    """Positions found elsewhere: 518.76 and 521.29-521.43; with 532.1 nm about 527.4, hence a laser of 532.29 nm."""
    (scan,) = open_scans(str(SHARED / "carbon" / "charisma_si" / "Si_HLR633_Z010_100_40sx5.txt"))
    assert calibration_of([scan], SILICON).lines[0].found_cm1 == pytest.approx(518.76, abs=0.03)
    (scan,) = open_scans(str(SHARED / "carbon" / "dw38c" / "Si_spectrum01.txt"))
    assert calibration_of([scan], SILICON).lines[0].found_cm1 == pytest.approx(521.36, abs=0.14)
    file = SHARED / "witec" / "graph_ascii" / "Si-wafer-Raman-Spectrum-1.txt"
    made = recipe_from_toml(ramanfit("calibrate", file, "--x-unit", "nm", "--laser", "532.1").stdout, "made")
    assert made.axis.laser_nm == pytest.approx(532.29, abs=0.02)


# -- recipes laid over others -------------------------------------------------------------------------------


def test_a_recipe_may_be_laid_over_another(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('base = "li-graphite"\n[baseline]\norder = 1\n')
    (tmp_path / "more.toml").write_text('base = "mine.toml"\nname = "more"\n[axis]\nshift_cm1 = 2\n')
    recipe = load_recipe(str(tmp_path / "more.toml"))
    assert (recipe.name, recipe.baseline.order, recipe.axis.shift_cm1) == ("more", 1, 2.0)
    assert recipe.peaks == load_recipe("li-graphite").peaks


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('base = "self.toml"\n', "another recipe"),
        ('base = "li-grafite"\n', "no such recipe"),
        ("base = 3\n", "base: expected the name"),
        ('base = "li-graphite"\n[axis]\nshift = 2\n', "shift"),
    ],
)
def test_a_base_that_is_none_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "self.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=words):
        load_recipe(str(path))
