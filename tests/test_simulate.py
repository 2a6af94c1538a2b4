"""Synthetic experiments: the noise is the stated one, the truth is true, the files are laid out as WITec's."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import cauchy, norm

from ramanfit.cli import ramanfit
from ramanfit.cli.console import Console
from ramanfit.errors import InputError, RecipeError
from ramanfit.plan import (
    Background,
    Detector,
    Plan,
    PlannedAxis,
    PlannedPeak,
    PlannedPoint,
    PlannedScan,
    load_plan,
    plan_from_toml,
)
from ramanfit.recipe_toml import load_recipe
from ramanfit.simulate import grating_axis, run_plan, simulate_counts
from ramanfit.witec_text import information, spectra_text, truth_table

WITEC = Path(__file__).resolve().parents[2] / "shared" / "data" / "witec"
LINE = WITEC / "line_scans" / "14 Line--018--Spec.Data 1.txt"
LINE_INFORMATION = WITEC / "line_scans" / "18 Line--018--Information.txt"
SPECTRUM = WITEC / "graph_ascii" / "FLG36.MK_FLG_ABC_36--Spectrum--001--Spec.Data 1.txt"
SPECTRUM_INFORMATION = WITEC / "graph_ascii" / "FLG36.MK_FLG_ABC_36--Spectrum--001--Information.txt"

RECIPE = load_recipe("li-graphite")
BARE = Detector(offset_counts=0, gain=0, read_counts=0, rounded=False)
PEAKS = {"G": PlannedPeak((1580, 1602), 30, (100, 40)), "B": PlannedPeak(1345, (60, 126), 80)}
PLAN = Plan(
    name="test",
    seed=1,
    points=(PlannedPoint("P1", PEAKS, (1, 2)), PlannedPoint("P2", {"G": PEAKS["G"]})),
    scan=PlannedScan(scans=3, step_um=2.5),
    background=Background((50, 10, 5), 60, 800, 20, 1400, 900),
)
SINGLE = replace(PLAN, points=PLAN.points[:1], scan=PlannedScan(kind="spectrum"))
PLAN_TEXT = """
name = "test"
[scan]
scans = 2
[[points]]
name = "P1"
peaks.G = { center_cm1 = 1590, fwhm_cm1 = 30, height = [10, 20] }
peaks.B = { center_cm1 = 1345, fwhm_cm1 = 120, height = 30 }
"""

# -- noise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize(("gain", "read"), [(0.12, 2.5), (1.0, 0.0), (4.0, 8.0), (0.0, 3.0)])
def test_noise_has_the_stated_moments(gain: float, read: float, rounded: bool) -> None:
    """Mean, variance and third moment of 200,000 draws, each within five of its standard errors."""
    detector = Detector(offset_counts=700, gain=gain, read_counts=read, rounded=rounded)
    signal = np.array([25.0, 140.0, 900.0])
    n = 200_000
    counts = simulate_counts(np.tile(signal, (n, 1)), detector, np.random.default_rng(7))
    assert counts.shape == (n, 3)
    # the square of whole counts averages 1/12 more; Poisson counts that are whole already lose nothing
    whole = rounded and (read > 0 or gain != 1)
    variance = read**2 + gain * signal + (1 / 12 if whole else 0)
    deviation = counts - 700 - signal
    for power, expected in ((1, 0 * signal), (2, variance), (3, gain**2 * signal)):
        moment = deviation**power
        se = moment.std(axis=0) / math.sqrt(n)
        # rounding makes the moments wiggle about the stated ones where the noise is much finer than one count
        assert (np.abs(moment.mean(axis=0) - expected) < 5 * se + 1e-9).all(), power


def test_channels_and_spectra_are_independent() -> None:
    counts = simulate_counts(np.full((2000, 8), 100.0), Detector(), np.random.default_rng(3))
    off = ~np.eye(8, dtype=bool)
    assert np.abs(np.corrcoef(counts.T)[off]).max() < 5 / math.sqrt(2000)
    assert abs(np.corrcoef(counts[:-1].ravel(), counts[1:].ravel())[0, 1]) < 5 / math.sqrt(16000)


def test_rounding_and_saturation() -> None:
    bright = simulate_counts(np.array([[50.0, 5e5]]), Detector(), np.random.default_rng(0))
    assert bright[0, 1] == 65535
    assert (bright == np.rint(bright)).all()
    assert (simulate_counts(np.array([[0.3, 7.7]]), BARE, np.random.default_rng(0)) == [0.3, 7.7]).all()
    dark = Detector(offset_counts=0, gain=0, read_counts=5)
    assert simulate_counts(np.zeros((1, 500)), dark, np.random.default_rng(0)).min() == 0


# -- signal and truth -----------------------------------------------------------------------------


def test_signal_is_the_sum_of_its_parts() -> None:
    """Lorentzians as scipy's Cauchy density, the hump as its normal density, the rest by hand."""
    experiment = run_plan(replace(PLAN, detector=BARE), RECIPE)
    x = experiment.shift_cm1
    t = np.linspace(-1, 1, 3)
    assert np.interp(t, np.linspace(-1, 1, x.size), x)[[0, 2]] == pytest.approx([x[0], x[-1]])
    t = -1 + 2 * (x - x[0]) / (x[-1] - x[0])
    sigma = 900 / math.sqrt(8 * math.log(2))
    hump = 20 * norm.pdf(x, 1400, sigma) / norm.pdf(0, 0, sigma)
    under = 50 + 10 * t + 5 * t**2 + 60 * np.exp(-(x - x[0]) / 800) + hump

    def peak(center: float, fwhm: float, height: float) -> np.ndarray:
        density: np.ndarray = cauchy.pdf(x, center, fwhm / 2)
        return height * math.pi * fwhm / 2 * density

    for scan, (g, b_fwhm, factor) in enumerate([((1580, 100), 60, 1), ((1591, 70), 93, 1.5), ((1602, 40), 126, 2)]):
        both = peak(g[0], 30, g[1]) + peak(1345, b_fwhm, 80) + factor * under
        np.testing.assert_allclose(experiment.counts[scan, 0], both, rtol=1e-12)
        np.testing.assert_allclose(experiment.counts[scan, 1], peak(g[0], 30, g[1]) + under, rtol=1e-12)


@settings(deadline=None)
@given(st.floats(5, 400), st.floats(0.1, 1e4))
def test_area_is_the_integral(fwhm: float, height: float) -> None:
    point = PlannedPoint("P1", {"G": PlannedPeak(1590, fwhm, height)})
    area = run_plan(replace(SINGLE, points=(point,)), RECIPE).area[0, 0, 0]
    half, _ = quad(lambda u: height / (1 + (u / (fwhm / 2)) ** 2), 0, np.inf)
    assert area == pytest.approx(2 * half, rel=1e-6)


def test_truth_table() -> None:
    table = truth_table(run_plan(PLAN, RECIPE)).columns
    values = [f"{p}_{q}" for p in "GB" for q in ("center_cm1", "fwhm_cm1", "height", "area")]
    keys = ["source", "scan", "point", "position_um", "time_s"]
    assert list(table) == [*keys, *values, "ratio", "area_ratio"]
    assert table["scan"].tolist() == [0, 0, 1, 1, 2, 2]  # type: ignore[union-attr]
    assert table["position_um"] == pytest.approx([0, 2.5] * 3)
    # middles of 25 s, scans every 600 s
    assert table["time_s"] == pytest.approx([12.5, 37.5, 612.5, 637.5, 1212.5, 1237.5])
    nan = math.nan
    assert table["ratio"] == pytest.approx([0.8, nan, 80 / 70, nan, 2, nan], nan_ok=True)
    assert table["area_ratio"] == pytest.approx([1.6, nan, 80 * 93 / 70 / 30, nan, 8.4, nan], nan_ok=True)
    assert table["B_height"] == pytest.approx([80, nan] * 3, nan_ok=True)


def test_timing_of_the_paper() -> None:
    """Six points of 25 s every 10 min: scan n, point k is centred at 600 n + 25 k + 12.5 s."""
    plan = replace(PLAN, points=PLAN.points * 3, scan=PlannedScan(scans=2))
    times = run_plan(plan, RECIPE).time_s
    assert times[0].tolist() == [12.5, 37.5, 62.5, 87.5, 112.5, 137.5]
    assert times[1].tolist() == [612.5, 637.5, 662.5, 687.5, 712.5, 737.5]


# -- the axis -------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.floats(-500, 500), st.floats(600, 4000), st.integers(2, 2000), st.floats(400, 800))
def test_axis_has_equal_steps_in_wavelength(low: float, high: float, channels: int, laser: float) -> None:
    axis = grating_axis(PlannedAxis(low, high, channels, laser))
    assert axis.shape == (channels,)
    assert (axis[0], axis[-1]) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))
    steps = np.diff(1e7 / (1e7 / laser - axis))
    assert steps == pytest.approx(np.full(channels - 1, steps.mean()), rel=1e-6)


def test_axis_is_like_a_real_one() -> None:
    real = read_back(real_bytes(LINE))[0]
    ours = grating_axis(PlannedAxis(real[0], real[-1], real.size, 532.067))
    assert np.abs(ours - real).max() < 6 * 1.3  # of 4000 cm-1: a grating's own curvature is left out
    assert np.diff(ours)[[0, -1]] == pytest.approx(np.diff(real)[[0, -1]], rel=0.03)


# -- files ----------------------------------------------------------------------------------------


def real_bytes(path: Path) -> bytes:
    if not path.exists():
        pytest.skip("the shared data are not here")
    # git has taken the carriage returns off the real files
    return path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def read_back(data: bytes) -> np.ndarray:
    """Return axis and spectra, [N + 1, M], by numpy."""
    body = data.decode("cp1252").split("[Data]\r\n")[1].splitlines()
    first = next(i for i, line in enumerate(body) if re.match(r"[ -]\d", line))
    table: np.ndarray = np.loadtxt(body[first:], delimiter="\t", unpack=True)
    return table


def header_keys(data: bytes) -> list[str]:
    head = data.decode("cp1252").split("\r\n\r\n")[0].split("\r\n")
    return head[:2] + [line.split(" = ")[0] for line in head[2:]]


@pytest.mark.parametrize(("plan", "real"), [(PLAN, LINE), (SINGLE, SPECTRUM)])
def test_graph_ascii_is_laid_out_as_the_real_one(plan: Plan, real: Path) -> None:
    ours, theirs = spectra_text(run_plan(plan, RECIPE), 0), real_bytes(real)
    assert header_keys(ours) == header_keys(theirs)
    for data in (ours, theirs):
        lines = data.split(b"\r\n")
        place = lines.index(b"[Data]")
        assert lines[place - 1] == b""
        n = int(re.search(rb"SizeX = (\d+)", data)[1])  # type: ignore[index]
        name = re.search(rb"GraphName = (.*)\r", data)[1]  # type: ignore[index]
        labels = [name + (b"(%d)" % i if b"ScanLength" in data else b"") for i in range(n)]
        assert lines[place + 1] == b"\t".join([b"X-Axis", *labels])
        assert lines[-1] == b""
        assert b"Unit = \xb5m\r\n" in data
    number = rb"[ -]\d\.\d{9}E[+-]\d\d"
    rows = ours.split(b"[Data]\r\n")[1].split(b"\r\n")[2:-1]
    assert all(re.fullmatch(rb"\t".join([number] * (len(plan.points) + 1)), row) for row in rows)
    assert {len(row) for row in rows} == {17 * (len(plan.points) + 1) - 1}
    if real is LINE:
        assert re.fullmatch(rb"\t".join([number] * 41), theirs.split(b"\r\n")[-2])


def test_spectra_come_back() -> None:
    experiment = run_plan(PLAN, RECIPE)
    for scan in range(3):
        table = read_back(spectra_text(experiment, scan))
        np.testing.assert_allclose(table[0], experiment.shift_cm1, rtol=1e-9)
        np.testing.assert_array_equal(table[1:], experiment.counts[scan])


def test_positions_follow_from_the_header_as_witec_computes_them() -> None:
    """p_i = Start + i (Stop - Start) / N."""
    experiment = run_plan(PLAN, RECIPE)
    text = spectra_text(experiment, 0).decode("cp1252")
    values = dict(line.split(" = ") for line in text.split("\r\n") if " = " in line)
    start, stop = float(values["ScanStartX"]), float(values["ScanStopX"])
    positions = start + np.arange(2) * (stop - start) / int(values["SizeX"])
    assert positions == pytest.approx(experiment.position_um)
    assert float(values["ScanLength"]) == stop - start


def information_keys(data: bytes) -> list[str]:
    return [line.split(":")[0] for line in data.decode("cp1252").split("\r\n")[1:] if ":" in line]


@pytest.mark.parametrize(("plan", "real"), [(PLAN, LINE_INFORMATION), (SINGLE, SPECTRUM_INFORMATION)])
def test_information_has_the_real_keys_in_the_real_order(plan: Plan, real: Path) -> None:
    ours, theirs = information(run_plan(plan, RECIPE), 0), real_bytes(real)
    rest = iter(information_keys(theirs))
    # sections named after a device have our device's name, and are as many
    for key in information_keys(ours):
        if not key.startswith("SYNTHETIC"):
            assert key in rest, key
    assert ours.split(b"\r\n")[1:3] == theirs.split(b"\r\n")[1:3] == [b"", b"General:"]


@pytest.mark.parametrize(
    ("started", "time", "date"),
    [
        # the first as a real Information text has it
        (datetime(2022, 3, 9, 8, 52, 34), "8:52:34 AM", "Wednesday, March 9, 2022"),
        (datetime(2024, 1, 10, 0, 2, 3), "12:02:03 AM", "Wednesday, January 10, 2024"),
        (datetime(2024, 2, 29, 12, 0, 0), "12:00:00 PM", "Thursday, February 29, 2024"),
        (datetime(2023, 12, 31, 23, 50, 0), "11:50:00 PM", "Sunday, December 31, 2023"),
    ],
)
def test_start_of_a_scan(started: datetime, time: str, date: str) -> None:
    experiment = run_plan(replace(PLAN, scan=replace(PLAN.scan, started=started)), RECIPE)
    lines = information(experiment, 0).decode("cp1252").split("\r\n")
    assert f"Start Time:\t{time}" in lines
    assert f"Start Date:\t{date}" in lines
    assert "Duration:\t0h 0m 50s" in lines
    later = information(experiment, 2).decode("cp1252").split("\r\n")
    written = [line.split("\t")[1] for line in later if line.startswith(("Start Time", "Start Date"))]
    moment = datetime.strptime(" ".join(written), "%I:%M:%S %p %A, %B %d, %Y")
    assert (moment - started).total_seconds() == 1200


def test_everything_says_synthetic() -> None:
    experiment = run_plan(PLAN, RECIPE)
    for data in (spectra_text(experiment, 0), information(experiment, 0)):
        assert data.count(b"SYNTHETIC") >= 2
    assert all("SYNTHETIC" in name for name in truth_table(experiment).columns["source"])


# -- plans ----------------------------------------------------------------------------------------


def test_a_plan_from_toml() -> None:
    plan = plan_from_toml(PLAN_TEXT, "x")
    assert plan == Plan(
        name="test",
        scan=PlannedScan(scans=2),
        points=(
            PlannedPoint("P1", {"G": PlannedPeak(1590.0, 30.0, (10.0, 20.0)), "B": PlannedPeak(1345.0, 120.0, 30.0)}),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("height = 30", "hight = 30", "unknown key 'points.P1.peaks.B.hight'", "did you mean height?"),
        (", height = 30", "", "missing key 'points.P1.peaks.B.height'", None),
        ("height = 30", "height = -1", "points.P1.peaks.B.height: expected 0 or more, found -1", None),
        ("height = 30", "height = [1]", "points.P1.peaks.B.height: expected two numbers, found [1.0]", None),
        ("height = 30", "height = nan", "points.P1.peaks.B.height: expected a finite number, found nan", None),
        ("fwhm_cm1 = 30", "fwhm_cm1 = 0", "points.P1.peaks.G.fwhm_cm1: expected more than 0, found 0", None),
        ("scans = 2", "scan = 2", "unknown key 'scan.scan'", "did you mean scans?"),
        ("scans = 2", "scans = 0", "scan.scans: expected more than 0, found 0", None),
        ("scans = 2", "kind = 'lines'", "scan.kind: unknown value 'lines'", "did you mean line?"),
        ("scans = 2", "period_s = 20", "scan.period_s: expected 25 or more, 1 points times dwell_s, found 20", None),
        ("scans = 2", "dwell_s = 10", "scan.dwell_s: expected 20 or more, the integration, found 10", None),
        (
            "scans = 2",
            "started = 2024-01-15T09:00:00Z",
            "scan.started: expected a date and time without zone, e.g. 2024-01-15T09:00:00",
            None,
        ),
        ('name = "test"', 'name = "../x"', "name: expected letters, digits and ._-, found '../x'", None),
        ('name = "test"', 'name = "t"\nseed = -1', "seed: expected 0 or more, found -1", None),
        ("[scan]", "[detector]\nrounded = 1\n[scan]", "detector.rounded: expected true or false, found 1", None),
        ("[scan]", "[axis]\nhigh_cm1 = 20000\n[scan]", "axis.high_cm1: expected less than 18797, found 20000", None),
        ("[scan]", "[detector\n[scan]", None, None),
    ],
)
def test_what_is_said_of_a_wrong_plan(old: str, new: str, message: str | None, hint: str | None) -> None:
    assert old in PLAN_TEXT
    with pytest.raises(RecipeError) as caught:
        plan_from_toml(PLAN_TEXT.replace(old, new), "plan.toml")
    assert caught.value.message.startswith("plan.toml:")
    if message:
        assert caught.value.message.removeprefix("plan.toml: ").startswith(message)
        assert caught.value.hint == hint


def test_plans_that_cannot_be_carried_out() -> None:
    with pytest.raises(RecipeError, match=r"unknown peak 'points\.P1\.peaks\.B'") as caught:
        run_plan(PLAN, load_recipe("graphite"))
    assert caught.value.hint == "choose one of D, D', G"
    with pytest.raises(RecipeError, match="expected no negative counts, found -1 at"):
        run_plan(replace(PLAN, background=Background((-1.0,))), RECIPE)
    with pytest.raises(RecipeError, match="expected one for a spectrum, found 2"):
        replace(PLAN, scan=PlannedScan(kind="spectrum"))
    with pytest.raises(RecipeError, match="expected at least one"):
        replace(PLAN, points=())
    with pytest.raises(InputError, match=r"nowhere\.toml"):
        load_plan("nowhere.toml")


# -- the command ----------------------------------------------------------------------------------


def run(*arguments: object) -> int:
    return Console().run(ramanfit, ["simulate", *map(str, arguments)])


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN_TEXT, encoding="utf-8")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_makes_the_same_bytes(plan_file: Path, tmp_path: Path) -> None:
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        assert run(plan_file, "-o", tmp_path / name, "--seed", seed, "-q") == 0
    a, b, c = (contents(tmp_path / name) for name in "abc")
    stems = ["SYNTHETIC-test--Line--000--", "SYNTHETIC-test--Line--001--"]
    files = [stem + kind for stem in stems for kind in ("Information.txt", "Spec.Data 1.txt")]
    assert sorted(a) == [*files, "truth.csv"]
    assert a == b
    assert a[files[1]] != c[files[1]]
    assert a["truth.csv"] == c["truth.csv"]
    rows = list(csv.DictReader(io.StringIO(a["truth.csv"].decode())))
    assert [row["source"] for row in rows] == files[1::2]
    assert [float(row["G_height"]) for row in rows] == [10, 20]


def test_files_are_not_replaced_unasked(plan_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "out" / "deep"
    assert run(plan_file, "-o", folder) == 0
    before = contents(folder)
    capfd.readouterr()
    assert run(plan_file, "-o", folder, "--seed", 9) == 1
    said = capfd.readouterr()
    assert said.out == ""
    assert re.match(r"ramanfit: .*SYNTHETIC-test.* exists already\n  hint: --force replaces it\n$", said.err)
    assert contents(folder) == before
    assert run(plan_file, "-o", folder, "--seed", 9, "--force") == 0
    assert contents(folder) != before


def test_exit_statuses(plan_file: Path, tmp_path: Path) -> None:
    assert run(plan_file) == 2  # where to?
    assert run(plan_file, "-o", tmp_path / "x", "--recipe", "graphite") == 2  # that has no B
    assert run(plan_file, "-o", tmp_path / "x", "--recipe", "grafite") == 2
    assert run(tmp_path / "none.toml", "-o", tmp_path / "x") == 1
    assert run(plan_file, "-o", plan_file) == 1
    assert not (tmp_path / "x").exists()
