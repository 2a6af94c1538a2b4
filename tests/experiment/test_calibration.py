"""Calibration: known offsets are found, the recipe that comes out undoes them, real silicon agrees with elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import lmfit.lineshapes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.errors import RecipeError, ScanError
from ramanfit.experiment.calibrate import calibrated_recipe
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


# -- the width of the instrument ----------------------------------------------------------------------------


def broadened(instrument: float, step: float = 1.0, seed: int = 0, spectra: int = 1, end: float = 1900.0) -> Scan:
    """Silicon of 2.8 cm-1 behind an instrument, with channels as even in wavelength as a grating's at 532 nm."""
    per_nm = 1e7 / np.arange(1 / (1 / 532 - 300e-7), 1 / (1 / 532 - end * 1e-7), step * 0.03)
    shift = 1e7 / 532 - per_nm
    line = lmfit.lineshapes.voigt(shift, np.pi / 2 * 2.8, 520.45, instrument / np.sqrt(8 * np.log(2)), 1.4)
    signal = 500 + 0.1 * (shift - shift[0]) + 3000 * line / line.max()
    rng = np.random.default_rng(seed)
    return Scan(shift, rng.normal(signal, np.sqrt(0.2 * signal), (spectra, shift.size)), source="si.txt")


@settings(max_examples=25, deadline=None)
@given(st.floats(2, 14), st.floats(0.5, 1.5), st.integers(0, 2**31))
def test_the_instruments_width_is_found(instrument: float, step: float, seed: int) -> None:
    width = calibration_of([broadened(instrument, step, seed)], SILICON).width
    assert width is not None
    assert width.why_not == ""
    noise = 5 * width.measured_se * width.measured_cm1 / instrument
    assert abs(width.fwhm_cm1 - instrument) < 0.02 * instrument + noise
    assert width.fwhm_se > 0.5346 * SILICON.natural_se
    # a grating's profile is as wide everywhere in nm
    at_line, there = (1 / (1 / 532 - x * 1e-7) for x in (520.45, 1400.0))
    assert width.at(1400) / width.fwhm_cm1 == pytest.approx((at_line / there) ** 2, rel=2e-3)
    assert np.isnan(width.at(1890))


def test_more_spectra_tell_the_measured_width_better_but_not_the_lines_own() -> None:
    one, many = (calibration_of([broadened(5.0, spectra=n)], SILICON).width for n in (1, 16))
    assert one is not None
    assert many is not None
    assert many.measured_se < 0.4 * one.measured_se
    assert one.fwhm_se > many.fwhm_se > 0.5346 * SILICON.natural_se


@pytest.mark.parametrize(
    ("instrument", "step", "why"),
    [
        (0.3, 0.5, "the line is not clearly wider than it is by itself, 2.8 ± 0.2 cm-1"),
        (3.0, 3.0, "channels wide, and 2 are needed"),
    ],
)
def test_a_width_that_is_not_resolved(instrument: float, step: float, why: str) -> None:
    result = calibration_of([broadened(instrument, step)], SILICON)
    assert result.width is not None
    assert why in result.width.why_not
    assert np.isnan(result.width.fwhm_cm1)
    said = calibrated_recipe(result, "li-graphite", ["si.txt"], in_nm=False)
    assert f"# No instrument width: {result.width.why_not}." in said.splitlines()
    assert recipe_from_toml(said, "said").instrument == load_recipe("li-graphite").instrument


def test_polystyrene_tells_no_width() -> None:
    shift = np.arange(500.0, 1800.0, 1.5)
    result = calibration_of([Scan(shift, lines(shift, POLYSTYRENE.lines_cm1, PS_FWHM, 0.0)[None])], POLYSTYRENE)
    assert result.width is None
    said = calibrated_recipe(result, "li-graphite", ["ps.txt"], in_nm=False)
    assert "# No instrument width: polystyrene has no line whose own width is known well enough." in said
    assert recipe_from_toml(said, "said").instrument.fwhm_cm1 is None


def test_the_recipe_takes_the_instrument_off_the_line() -> None:
    scan = broadened(6.0, spectra=4)
    result = calibration_of([scan], SILICON)
    recipe = recipe_from_toml(calibrated_recipe(result, "silicon", ["si.txt"], in_nm=False), "said")
    assert recipe.instrument.fwhm_cm1 == pytest.approx(6.0, rel=0.02)
    assert "silicon, from si.txt" in recipe.instrument.source
    assert "2.8 its own (Balkanski" in recipe.instrument.source
    np.testing.assert_allclose(fit_scan(scan, recipe).quantities.fwhm_cm1, 2.8, atol=0.3)
    elsewhere = recipe_from_toml(calibrated_recipe(result, "li-graphite", ["si.txt"], in_nm=False), "said")
    assert elsewhere.instrument.fwhm_cm1 == pytest.approx(result.width.at(1400) if result.width else None, abs=1e-4)


def test_a_width_that_the_recipe_or_the_axis_cannot_take_is_said() -> None:
    result = calibration_of([broadened(6.0, end=900.0)], SILICON)
    assert result.width is not None
    said = calibrated_recipe(result, "li-graphite", ["si.txt"], in_nm=False)
    assert "the axis ends before the middle of the window, 1400 cm-1" in said
    assert recipe_from_toml(said, "said").instrument.fwhm_cm1 == pytest.approx(result.width.fwhm_cm1, abs=1e-4)
    said = calibrated_recipe(result, "carbon-bwf", ["si.txt"], in_nm=False)
    assert "# It is not set: instrument.fwhm_cm1" in said
    assert recipe_from_toml(said, "said").instrument.fwhm_cm1 is None


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
        record = json.loads((tmp_path / "run.json").read_text())
        assert record["flags"] == flags
        assert (record["recipe"]["instrument"]["fwhm_cm1"] is None) == bool(flags)
        assert ("silicon, from si.txt" in record["recipe"]["instrument"]["source"]) != bool(flags)


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
    assert made.instrument.fwhm_cm1 == pytest.approx(7.79, abs=0.2)


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
