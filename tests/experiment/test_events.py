"""Events against simulated truth: brackets hold the onset, quiet series have none, errors of the time are right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from ramanfit import load_recipe
from ramanfit.experiment.events import EVENT_COLUMNS, events_table, followed, marks_of
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.steepest import steepest_change
from ramanfit.experiment.vanishing import _misfits, detection_limits, passings
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.table import Table
from tests.benchmark.events import COURSES, constant, series, steps, through_the_engine


@pytest.mark.parametrize("kind", COURSES)
@pytest.mark.parametrize("snr", [5.0, 10.0, 100.0])
def test_an_onset_is_in_its_bracket(kind: str, snr: float) -> None:
    told = series(kind, snr, 60, 29)
    assert told.events >= 0.9 * told.onsets
    assert told.events <= told.onsets
    assert told.share >= 0.95


@pytest.mark.parametrize(("peak", "kind"), [("G", "gradual"), ("B", "comes back")])
def test_an_onset_of_fitted_spectra_is_in_its_bracket(peak: str, kind: str) -> None:
    told = through_the_engine(kind, peak, 4.0, 20, 31, load_recipe("li-graphite"))
    assert told.events >= 0.9 * told.onsets
    assert told.share >= 0.95


@pytest.mark.parametrize("snr", [0.0, 2.0, 3.0, 4.2, 6.0, 30.0])
@pytest.mark.parametrize("outliers", [0, 5])
def test_a_peak_that_stays_has_no_event(snr: float, outliers: int) -> None:
    """Also not one near the limit, whose status flickers, nor one with single scans that are wrong."""
    assert constant(snr, 60, 3, outliers) <= 3


def test_statuses_at_the_ends_of_a_bracket_are_those_it_says() -> None:
    rng = np.random.default_rng(3)
    for _ in range(60):
        height = 12 * np.clip((30 - np.arange(60)) / 20, 0, 1) + rng.normal(size=60)
        seen = height > 4.2
        for event in passings(height, np.ones(60), seen, 3.0):
            assert not event.appears
            assert seen[event.before]
            assert not seen[event.after]
            assert event.limit == pytest.approx(3.0)


def test_always_or_never_seen_is_no_event() -> None:
    falling = np.linspace(9, 0, 30)
    assert not passings(falling, np.ones(30), np.ones(30, bool), 3.0)
    assert not passings(falling, np.ones(30), np.zeros(30, bool), 3.0)
    assert not passings(np.full(30, np.nan), np.ones(30), falling > 4, 3.0)


def test_the_limit_follows_the_error() -> None:
    se = np.array([1.0, 1, 1, 1, np.nan, 3, 3, 9, 3, 3])
    limits = detection_limits(se, 2.0)
    assert limits[0] == limits[1] == 2.0
    assert limits[8] == limits[9] == 6.0
    assert np.isfinite(limits).all()


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(0.1, 4)), min_size=1, max_size=12))
def test_a_misfit_is_that_of_an_isotonic_regression(pairs: list[tuple[float, float]]) -> None:
    """Against scipy's; the best course above 0 is the best course, cut off there."""
    value, weight = (np.array(column) for column in zip(*pairs, strict=True))
    for k in range(1, len(value) + 1):
        best = np.maximum(isotonic_regression(value[:k], weights=weight[:k], increasing=False).x, 0)
        expected = weight[:k] @ (value[:k] - best) ** 2
        assert _misfits(value, weight)[k] == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("n", "width", "snr"), [(80, 1.0, 15.0), (80, 3.0, 30.0), (40, 2.0, 30.0), (40, 0.6, 20.0)])
def test_the_time_of_a_step_has_the_right_error(n: int, width: float, snr: float) -> None:
    z, missed = steps(n, width, snr, 100, 11)
    assert missed <= 5
    assert 0.8 < z.std() < 1.2  # 0.9 to 1.1 and the scatter of 100 values
    assert abs(z.mean()) < 0.25


def test_an_abrupt_step_is_between_two_scans() -> None:
    t = np.arange(40.0)
    value = np.where(t < 17.5, 0.0, 50.0) + np.random.default_rng(1).normal(size=40)
    found = steepest_change(t, value, np.ones(40))
    assert abs(found.time - 17.5) < 0.3
    assert found.time_se == pytest.approx(1 / np.sqrt(12), rel=0.15)
    assert found.change == pytest.approx(50, abs=2)
    gap = steepest_change(np.delete(t, [17, 18]), np.delete(value, [17, 18]), np.ones(38))
    assert found.time_se * 2 < gap.time_se < 3 / np.sqrt(12) * 1.1


def test_why_there_is_no_steepest_change() -> None:
    rng, t = np.random.default_rng(4), np.arange(60.0)
    se = np.ones(60)
    assert steepest_change(t[:7], t[:7], se[:7]).why == "too few scans"
    assert steepest_change(t, 3 + 0.5 * t + rng.normal(size=60), se).why == "no change beyond a straight line"
    assert steepest_change(t, np.where(t < 1, 0, 60.0) + rng.normal(size=60), se).why
    assert steepest_change(t, 400 * rng.normal(size=60), se).why
    assert np.isnan(steepest_change(t, 400 * rng.normal(size=60), se).time)


def test_of_several_steps_the_steepest_is_told() -> None:
    t = np.arange(120.0)
    step = lambda at, width: 1 / (1 + np.exp(-(t - at) / width))  # noqa: E731
    value = 20 * step(30, 4) - 20 * step(80, 1.5) + np.random.default_rng(5).normal(size=120)
    found = steepest_change(t, value, np.ones(120))
    assert abs(found.time - 80) < 4 * found.time_se
    assert found.time_se < 0.6
    assert found.change < 0


def evolution(scans: int = 60) -> Evolution:
    """One point whose G vanishes and whose position steps, one where nothing happens; voltage rises by 1 mV a scan."""
    rng, n = np.random.default_rng(6), scans
    s = np.arange(n)
    height = np.concatenate([np.where(s < 40, 50.0, 0.0), np.full(n, 50.0)]) + rng.normal(size=2 * n)
    center = np.concatenate([1583 + 9 / (1 + np.exp(-(s - 20) / 2)), np.full(n, 1590.0)]) + 0.3 * rng.normal(size=2 * n)
    seen = height > 4
    columns = {
        "scan": np.tile(s, 2),
        "point": ("P1",) * n + ("P2",) * n,
        "position_um": np.repeat([0.0, 5.0], n),
        "time_s": np.tile(600.0 * s + 30, 2),
        "voltage_v": np.tile(3 + 1e-3 * s, 2),
        "soc": np.tile(s / 2, 2),
        "G_center_cm1": np.where(seen, center, np.nan),
        "G_center_se": np.where(seen, 0.3, np.nan),
        "G_height": height,
        "G_height_se": np.ones(2 * n),
        "flags": ("",) * (2 * n),
    }
    status = {"G": tuple("ok" if there else "not_detected" for there in seen)}
    return Evolution(FitTable(Table(columns), status, ("",) * (2 * n)))


def test_a_table_of_events() -> None:
    whole = evolution()
    table = events_table(whole, load_recipe("li-graphite"))
    columns = table.columns
    assert {*table.names} <= {*EVENT_COLUMNS, "point", "position_um"}
    assert list(columns["event"]) == ["vanishes", "steepest", "steepest"]
    assert list(columns["quantity"]) == ["G_height", "G_center_cm1", "G_center_cm1"]
    assert (columns["before_scan"][0], columns["after_scan"][0]) == (39, 40)
    assert columns["before_time_s"][0] == 600 * 39 + 30
    assert columns["after_voltage_v"][0] == pytest.approx(3.04)
    assert columns["limit"][0] == pytest.approx(3.0)
    time, se = float(columns["event_time_s"][1]), float(columns["event_time_se"][1])
    assert abs(time - 12030) < 4 * se < 1200
    assert columns["event_voltage_v"][1] == pytest.approx(3 + 1e-3 * (time - 30) / 600, abs=1e-7)
    assert columns["event_voltage_se"][1] == pytest.approx(1e-3 * se / 600)
    assert columns["event_soc_se"][1] == pytest.approx(0.5 * se / 600)
    assert (columns["why"][1], columns["why"][2]) == ("", "no change beyond a straight line")
    assert np.isnan(columns["event_time_s"][2])
    assert followed(whole) == ("G_center_cm1",)
    assert marks_of(table, "G_height") == [("vanishes", "P1", 600 * 39 + 30, 600 * 40 + 30, columns["limit"][0])]
    ((kind, point, low, high, value),) = marks_of(table, "G_center_cm1")
    assert (kind, point, np.isnan(value)) == ("steepest", "P1", True)
    assert (low, high) == pytest.approx((time - se, time + se))


def test_without_times_the_bracket_has_scans_alone() -> None:
    whole = evolution()
    table = whole.fits.table
    untimed = table.with_(time_s=np.full(len(table), np.nan))
    columns = events_table(Evolution(whole.fits.with_table(untimed)), load_recipe("li-graphite")).columns
    assert columns["before_scan"][0] == 39
    assert np.isnan(columns["before_time_s"][0])
    assert columns["why"][1] == "times are not known"
