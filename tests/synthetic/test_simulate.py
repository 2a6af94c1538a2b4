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
from scipy.stats import cauchy, kstest, norm

from ramanfit.cli import ramanfit
from ramanfit.cli.console import Console
from ramanfit.errors import InputError, RecipeError
from ramanfit.recipe.toml import load_recipe
from ramanfit.synthetic.eclab import cell_text
from ramanfit.synthetic.plan import (
    Background,
    Detector,
    Plan,
    PlannedAxis,
    PlannedCell,
    PlannedPeak,
    PlannedPoint,
    PlannedScan,
    Spikes,
    load_plan,
    plan_from_toml,
)
from ramanfit.synthetic.simulate import grating_axis, run_plan, simulate_counts, simulate_spikes
from ramanfit.synthetic.witec import information, spectra_text, truth_table

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
WITEC = DATA / "witec"
ECLAB = DATA / "eclab" / "cp.mpt"
DAY = Path(__file__).resolve().parents[1] / "day.toml"
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
CELL = PlannedCell(  # an hour of charge, half an hour of rest, an hour of discharge
    current_ma=((1.0, 0.5), (0.5, 0.0), (1.0, -0.25)),
    capacity_mah=0.8,
    voltage_v=(3.0, 3.6, 3.8, 4.2),
    lead_s=90.0,
    interval_s=50.0,
)
LONG = replace(PLAN, scan=PlannedScan(scans=17), cell=CELL)  # its last mid-time is 9637.5 s: the cell ends before
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


# -- courses --------------------------------------------------------------------------------------


def test_a_course_runs_through_evenly_spaced_knots() -> None:
    heights = (0, 0, 80, 160, 60, 0)
    point = PlannedPoint("P1", {"G": PlannedPeak((1580, 1600, 1590), 30, heights), "B": PLAN.points[0].peaks["B"]})
    plan = replace(PLAN, points=(point,), detector=BARE)
    every = run_plan(replace(plan, scan=PlannedScan(scans=6)), RECIPE)
    nan = math.nan
    assert every.height[:, 0, 0] == pytest.approx([nan, nan, 80, 160, 60, nan], nan_ok=True)
    finer = run_plan(replace(plan, scan=PlannedScan(scans=11)), RECIPE)
    assert finer.height[2:, 0, 0] == pytest.approx([nan, 40, 80, 120, 160, 110, 60, 30, nan], nan_ok=True)
    assert finer.center_cm1[3:-1, 0, 0] == pytest.approx([1592, 1596, 1600, 1598, 1596, 1594, 1592])


def test_where_its_height_is_0_a_peak_is_absent() -> None:
    point = PlannedPoint("P1", {"G": PlannedPeak(1590, 30, (0, 80, 0)), "B": PlannedPeak(1345, 100, 40)})
    experiment = run_plan(replace(PLAN, points=(point,), detector=BARE), RECIPE)
    table = truth_table(experiment).columns
    for name in ("G_center_cm1", "G_fwhm_cm1", "G_height", "G_area", "ratio", "area_ratio"):
        assert np.isfinite(np.asarray(table[name])).tolist() == [False, True, False], name
    alone = replace(point, peaks={"B": point.peaks["B"]})
    without = run_plan(replace(PLAN, points=(alone,), detector=BARE), RECIPE)
    np.testing.assert_array_equal(experiment.counts[[0, 2]], without.counts[[0, 2]])


# -- cosmic rays ----------------------------------------------------------------------------------


def test_spikes_are_where_the_truth_says() -> None:
    """Beside the same plan without: other counts in the channels named, and in no others."""
    plan = replace(PLAN, scan=PlannedScan(scans=40))
    plain = run_plan(plan, RECIPE)
    struck = run_plan(replace(plan, spikes=Spikes(1.5)), RECIPE)
    np.testing.assert_array_equal(struck.signal, plain.signal)
    table = truth_table(struck).columns
    assert "spikes" not in truth_table(plain).columns
    assert set(truth_table(plain).columns) == set(table) - {"spikes", "spike_cm1"}
    changed = (struck.counts != plain.counts).reshape(-1, plain.shift_cm1.size)
    for number, named, row in zip(table["spikes"], table["spike_cm1"], changed, strict=True):
        channels = [int(np.abs(plain.shift_cm1 - float(cell)).argmin()) for cell in str(named).split("|") if cell]
        assert channels == np.flatnonzero(row).tolist()
        assert (int(number) == 0) == (not channels)
        assert len(channels) <= 3 * int(number)
    assert (struck.counts >= plain.counts).all()


def test_spikes_are_as_many_and_as_high_as_stated() -> None:
    hits, added = simulate_spikes((400, 5, 1000), Spikes(0.1, (50.0, 5000.0)), np.random.default_rng(2))
    assert hits.sum() == pytest.approx(200, abs=5 * math.sqrt(200))
    single = added[hits == 1]
    height = single.max(axis=1)
    assert kstest(np.log(height), "uniform", (math.log(50), math.log(100))).pvalue > 1e-3
    widths = (single > 0).sum(axis=1)
    assert set(widths) == {1, 2, 3}
    spread = np.array([np.ptp(np.flatnonzero(row)) for row in single])
    assert (spread == widths - 1).all()  # neighbours
    assert not added[hits == 0].any()


def test_a_spike_saturates_too() -> None:
    counts = run_plan(replace(PLAN, spikes=Spikes(3.0, (1e5, 1e6))), RECIPE).counts
    assert counts.max() == 65535
    assert (counts == np.rint(counts)).all()


# -- the cell -------------------------------------------------------------------------------------


def expected_cell(time_s: float) -> tuple[float, float, float, float]:
    """Return voltage, current, capacity and state of charge of CELL, worked out by hand."""
    hours = (time_s + 90) / 3600
    if not 0 <= hours <= 2.5:
        return (math.nan,) * 4
    current = 0.5 if hours <= 1 else 0.0 if hours <= 1.5 else -0.25
    capacity = min(0.5 * hours, 0.5) - 0.25 * max(0.0, hours - 1.5)
    soc = capacity / 0.8 * 100
    voltage = 3 + 0.6 * soc / (100 / 3) if soc <= 100 / 3 else 3.6 + 0.2 * (soc - 100 / 3) / (100 / 3)
    return voltage, current, capacity, soc  # 62.5 % at most: never on the last third


def test_the_truth_has_the_cell_at_every_mid_time() -> None:
    table = truth_table(run_plan(LONG, RECIPE)).columns
    names = ["time_s", "voltage_v", "current_ma", "capacity_mah", "soc", "G_center_cm1"]
    assert list(table)[4:10] == names
    found = np.array([table[name] for name in names[1:5]], dtype=float).T
    expected = np.array([expected_cell(float(time)) for time in table["time_s"]])
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert np.isnan(found[-1]).all()
    assert set(found[:-4, 1]) == {0.5, 0.0, -0.25}


def read_record(data: bytes, decimal: str = ".") -> tuple[list[str], dict[str, np.ndarray]]:
    """Return header lines and columns, by numpy."""
    lines = data.decode("cp1252").split("\r\n")
    n = int(lines[1].removeprefix("Nb header lines : "))
    names = lines[n - 1].split("\t")
    assert names.pop() == ""
    rows = [line.split("\t") for line in lines[n:] if line]
    values = np.array([[float(cell.replace(decimal, ".")) for cell in row] for row in rows])
    return lines[:n], dict(zip(names, values.T, strict=True))


def test_the_record_holds_what_the_truth_says() -> None:
    """Linear between rows: exact but for the voltage's few knots, and it ends where the truth does."""
    _, record = read_record(cell_text(LONG))
    since = record["time/s"] - 90
    assert (since[0], since[-1]) == (-90, 9000 - 90)
    assert (np.diff(since) > 0).all()
    assert np.diff(since).max() <= 50
    for time in np.linspace(since[0], since[-1], 777):
        voltage, current, capacity, _ = expected_cell(time)
        assert np.interp(time, since, record["(Q-Qo)/mA.h"]) == pytest.approx(capacity, abs=1e-12)
        assert np.interp(time, since, record["Ewe/V"]) == pytest.approx(voltage, abs=0.005)
        if np.abs(time + 90 - np.array([3600, 5400])).min() > 1e-3:
            assert np.interp(time, since, record["<I>/mA"]) == current


def test_charge_starts_again_with_every_half_cycle() -> None:
    """A rest ends none; the sequence's own charge and the sum go their own ways."""
    currents = ((1.0, 0.5), (0.5, 0.0), (0.5, 0.1), (1.0, -0.25), (0.5, 0.0), (0.5, 0.4))
    cell = replace(CELL, current_ma=currents, duration_s=4 * 3600.0)
    _, record = read_record(cell_text(replace(LONG, cell=cell)))
    last = [np.flatnonzero(record["Ns"] == step)[-1] for step in range(6)]
    at_ends = {name: values[last] for name, values in record.items()}
    assert at_ends["time/s"] == pytest.approx(np.cumsum([hours for hours, _ in currents]) * 3600)
    assert at_ends["half cycle"].tolist() == [0, 0, 0, 1, 1, 2]
    assert at_ends["cycle number"].tolist() == [0, 0, 0, 0, 0, 1]
    assert at_ends["mode"].tolist() == [1, 3, 1, 1, 3, 1]
    assert at_ends["ox/red"].tolist() == [1, 0, 1, 0, 0, 1]
    assert at_ends["dQ/mA.h"] == pytest.approx([0.5, 0, 0.05, -0.25, 0, 0.2])
    assert at_ends["(Q-Qo)/mA.h"] == pytest.approx([0.5, 0.5, 0.55, 0.3, 0.3, 0.5])
    assert at_ends["Q charge/discharge/mA.h"] == pytest.approx([0.5, 0.5, 0.55, -0.25, -0.25, 0.2])
    assert at_ends["Q charge/mA.h"] == pytest.approx([0.5, 0.5, 0.55, 0, 0, 0.2])
    assert at_ends["Q discharge/mA.h"] == pytest.approx([0, 0, 0, 0.25, 0.25, 0])
    assert at_ends["Capacity/mA.h"] == pytest.approx([0.5, 0.5, 0.55, 0.25, 0.25, 0.2])
    assert record["Ns changes"].sum() == 5


@pytest.mark.parametrize(
    ("lead_s", "started"), [(0.25, "14:59:59.750"), (-700, "15:11:40.000"), (54001, "23:59:59.000")]
)
def test_the_record_starts_when_it_should(lead_s: float, started: str) -> None:
    cell = replace(CELL, current_ma=0.1, capacity_mah=5.0, lead_s=lead_s)
    plan = replace(PLAN, cell=cell, scan=replace(PLAN.scan, started=datetime(2024, 3, 1, 15, 0, 0)))
    header, record = read_record(cell_text(plan))
    day = "02/29/2024" if started.startswith("23") else "03/01/2024"
    assert f"Acquisition started on : {day} {started}" in header
    assert record["time/s"][-1] == pytest.approx(2 * 600 + 50 + lead_s)  # until the last scan ends
    voltage = np.asarray(truth_table(run_plan(plan, RECIPE)).columns["voltage_v"], dtype=float)
    assert np.isnan(voltage).tolist() == [t < -lead_s for t in (12.5, 37.5, 612.5, 637.5, 1212.5, 1237.5)]


def test_a_record_may_be_shorter_and_with_commas() -> None:
    cell = replace(CELL, duration_s=1000.0, decimal="comma")
    header, record = read_record(cell_text(replace(LONG, cell=cell)), ",")
    assert record["time/s"][-1] == 1000
    assert set(record["Ns"]) == {0}
    assert "Battery capacity : 0,800 mA.h" in header
    assert "Acquisition started on : 01/15/2024 08:58:30.000" in header
    text = cell_text(replace(LONG, cell=cell)).decode("cp1252")
    assert re.search(r"\t2,000000000000000E\+002\t5,0000000E-001\t", text)


def test_the_record_is_laid_out_as_a_real_one() -> None:
    real, ours = real_bytes(ECLAB), cell_text(LONG)
    head, record = read_record(ours)
    theirs, there = read_record(real)
    assert b"SYNTHETIC" in ours[:600]
    assert head[0] == theirs[0]
    assert len(head[1]) == len(theirs[1])
    keys = iter([line.split(" :")[0] for line in theirs])
    own = ("Galvanostatic", "Battery capacity", "Ns ", "Is ", "unit Is", "t1 ", "dt1 ", "mode\t")
    for line in head[2:]:
        if not line.startswith(own):
            assert line.split(" :")[0] in keys, line
    # a galvanostatic technique in mA.h and with averaged currents: its other columns are as there, in that order
    names = [name for name in record if name in there]
    assert names == sorted(names, key=list(there).index)
    assert set(record) - set(there) == {"Ewe/V", "<I>/mA", "dQ/mA.h", "(Q-Qo)/mA.h"}
    assert ours.endswith(b"\r\n")
    for name in names:  # as many digits
        one, other = (
            data.decode("cp1252").rstrip().split("\r\n")[-1].split("\t")[list(columns).index(name)]
            for data, columns in ((ours, record), (real, there))
        )
        assert len(one.lstrip("-")) == len(other.lstrip("-")), name


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
        ("height = 30", "height = [1]", "points.P1.peaks.B.height: expected a number, or two or more, found [1]", None),
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
        ("height = 30", "height = '30'", "points.P1.peaks.B.height: expected a finite number, found '30'", None),
        ("height = 30", "height = [3, true]", "points.P1.peaks.B.height: expected a finite number, found True", None),
        ("height = 30", "height = [3, -1, 3]", "points.P1.peaks.B.height: expected 0 or more, found (3.0, -1.0", None),
        (
            "scans = 2",
            "scans = 2\nmissing = [2]",
            "scan.missing: expected a list of scans from 0 to 1, found [2]",
            None,
        ),
        ("scans = 2", "scans = 2\nmissing = 1", "scan.missing: expected a list of scans from 0 to 1, found 1", None),
        ("scans = 2", "scans = 2\nmissing = [1, 0]", "scan.missing: expected fewer than all scans, found (1, 0)", None),
        ("[scan]", "[spikes]\nrates = 1\n[scan]", "unknown key 'spikes.rates'", "did you mean rate?"),
        ("[scan]", "[spikes]\n[scan]", "missing key 'spikes.rate'", None),
        ("[scan]", "[spikes]\nrate = 0\n[scan]", "spikes.rate: expected more than 0, found 0", None),
        (
            "[scan]",
            "[spikes]\nrate = 1\ncounts = [9, 5]\n[scan]",
            "spikes.counts: expected [low, high] above 0, found [9.0, 5.0]",
            None,
        ),
        ("[scan]", "[axis]\nchannels = 2\n[spikes]\nrate = 1\n[scan]", "axis.channels: expected 3 or more", None),
        ("[scan]", "[cel]\n[scan]", "unknown key 'cel'", "did you mean cell?"),
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


CELL_TEXT = "[cell]\ncurrent_ma = [[1, 0.5], [2, -0.25]]\ncapacity_mah = 1\nvoltage_v = [3, 4]\n"


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("current_ma", "curent_ma", "unknown key 'cell.curent_ma'", "did you mean current_ma?"),
        ("voltage_v = [3, 4]", "", "missing key 'cell.voltage_v'", None),
        ("[3, 4]", "[3]", "cell.voltage_v: expected two numbers or more, found [3.0]", None),
        ("mah = 1", "mah = 0", "cell.capacity_mah: expected more than 0, found 0", None),
        ("mah = 1", "mah = 1\ninterval_s = 0", "cell.interval_s: expected more than 0.001, found 0", None),
        ("mah = 1", "mah = 1\nduration_s = -1", "cell.duration_s: expected more than 0.001, found -1", None),
        ("mah = 1", "mah = 1\ndecimal = 'coma'", "cell.decimal: unknown value 'coma'", "did you mean comma?"),
        ("mah = 1", "mah = 1\nlead_s = -900", "cell.lead_s: expected a record that begins before the last", None),
        ("[1, 0.5]", "[0, 0.5]", "cell.current_ma: expected more than 0 hours in every step, found [[0, 0.5]", None),
        ("[1, 0.5]", "[1]", "cell.current_ma: expected a number or a list of [hours, current], found [[1], [2", None),
        ("[1, 0.5]", "[1, inf]", "cell.current_ma: expected a finite number, found inf", None),
        ("[[1, 0.5], [2, -0.25]]", "'1'", "cell.current_ma: expected a finite number, found '1'", None),
        ("[[1, 0.5], [2, -0.25]]", "[]", "cell.current_ma: expected a number or a list of [hours, current]", None),
        ("[2, -0.25]", "[2, -0.4]", "cell.current_ma: expected a charge that stays in 0 to 1 mAh, found -0.3", None),
        ("[1, 0.5]", "[1, 1.1]", "cell.current_ma: expected a charge that stays in 0 to 1 mAh, found 1.1", None),
    ],
)
def test_what_is_said_of_a_wrong_cell(old: str, new: str, message: str, hint: str | None) -> None:
    text = CELL_TEXT if "lead_s" in new else CELL_TEXT + "lead_s = 10800\n"
    assert old in text
    with pytest.raises(RecipeError) as caught:
        plan_from_toml(PLAN_TEXT + text.replace(old, new), "plan.toml")
    assert caught.value.message.startswith(f"plan.toml: {message}")
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


# -- a day ----------------------------------------------------------------------------------------


def test_missing_scans_leave_the_others_as_they_are(plan_file: Path, tmp_path: Path) -> None:
    whole = PLAN_TEXT.replace("scans = 2", "scans = 5") + CELL_TEXT
    assert run(plan_file, "-o", tmp_path / "x", "-q") == 0
    for name, text in (("a", whole), ("b", whole.replace("scans = 5", "scans = 5\nmissing = [3, 0]"))):
        plan_file.write_text(text, encoding="utf-8")
        assert run(plan_file, "-o", tmp_path / name, "-q") == 0
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert set(a) - set(b) == {name for name in a if "--000--" in name or "--003--" in name}
    assert len(a) - len(b) == 4
    for name in b:
        rows = a[name].splitlines(keepends=True)
        assert b[name] == (b"".join(rows[i] for i in (0, 2, 3, 5)) if name == "truth.csv" else a[name])


def test_the_cell_stands_beside_the_spectra(plan_file: Path, tmp_path: Path) -> None:
    assert run(plan_file, "-o", tmp_path / "a", "-q") == 0
    plan_file.write_text(PLAN_TEXT + CELL_TEXT, encoding="utf-8")
    assert run(plan_file, "-o", tmp_path / "b", "-q") == 0
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert set(b) - set(a) == {"SYNTHETIC-test-cell.mpt"}
    assert all(b[name] == a[name] for name in a if name != "truth.csv")
    rows, bare = (list(csv.DictReader(io.StringIO(data["truth.csv"].decode()))) for data in (b, a))
    assert [float(row["soc"]) for row in rows] == pytest.approx([50 * t / 3600 for t in (12.5, 612.5)])
    assert [{name: row[name] for name in bare[0]} for row in rows] == bare
    assert run(plan_file, "-o", tmp_path / "b", "-q") == 1
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "SYNTHETIC-test-cell.mpt").write_text("mine", encoding="utf-8")
    assert run(plan_file, "-o", tmp_path / "c", "-q") == 1
    assert list(contents(tmp_path / "c")) == ["SYNTHETIC-test-cell.mpt"]


def test_the_day_has_all_that_goes_wrong_in_one() -> None:
    plan = load_plan(str(DAY))
    day = run_plan(plan, RECIPE)
    assert day.counts.shape == (144, 6, 1024)
    assert set(range(144)) - set(plan.scan.present) == {17, 63}
    there = np.isfinite(day.height)
    g, b = there[..., 0], there[..., 1]
    assert not b[:15, 0].any()
    assert b[30:, 0].all()
    assert g[:96, 5].all()
    assert not g[115:, 5].any()
    assert (~g & ~b)[50:95, 2].all()
    assert 290 < np.nanmax(day.height) <= 300
    assert day.hits.mean() == pytest.approx(0.15, abs=5 * math.sqrt(0.15 / 864))
    table = truth_table(day).columns
    assert len(table["time_s"]) == 142 * 6
    known = np.isfinite(np.asarray(table["soc"], dtype=float)).reshape(142, 6).all(axis=1)
    assert known[:-6].all()
    assert not known[-6:].any()
    assert np.nanmax(np.asarray(table["soc"], dtype=float)) == pytest.approx(75)


def test_the_backgrounds_of_the_day_are_quadratic() -> None:
    plan = load_plan(str(DAY))
    bare = replace(plan, points=tuple(replace(point, peaks={}) for point in plan.points), spikes=None, cell=None)
    day = run_plan(bare, RECIPE)
    use = (day.shift_cm1 > 900) & (day.shift_cm1 < 1900)
    x = (day.shift_cm1[use] - 1400) / 500
    signal = day.signal[..., use].reshape(-1, x.size).T
    left = signal - np.polynomial.polynomial.polyval(x, np.polynomial.polynomial.polyfit(x, signal, 2)).T
    assert np.abs(left).max() < 1e-9
