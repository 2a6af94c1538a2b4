"""Outliers along time and position."""

from __future__ import annotations

import numpy as np
import pytest

from ramanfit.experiment.outliers import with_outliers
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.table import Table

SE = 0.5


def table(center: FloatArray, *, along: str = "time") -> Table:
    """G of points by scans, [P, S]."""
    points, scans = center.shape
    n = points * scans
    scan = np.tile(np.arange(scans), points) if along == "time" else np.zeros(n, dtype=np.int64)
    names = np.repeat(np.arange(points), scans) if along == "time" else np.arange(n)
    height = np.where(np.isfinite(center), 100.0, 3.0)
    return Table(
        {
            "scan": scan,
            "point": [f"P{i + 1}" for i in names],
            "position_um": names * 5.0,
            "time_s": scan * 600.0,
            "G_center_cm1": center.ravel(),
            "G_center_se": np.full(n, SE),
            "G_fwhm_cm1": np.full(n, 30.0),
            "G_fwhm_se": np.full(n, 1.0),
            "G_height": height.ravel(),
            "G_height_se": np.full(n, 1.0),
            "flags": ["low_snr"] * n,
        }
    )


def marked(center: FloatArray, along: str = "time") -> np.ndarray:
    flags = with_outliers(table(center, along=along)).columns["flags"]
    assert all(str(words).startswith("low_snr") for words in flags)
    return np.array(["outlier" in str(words).split("|") for words in flags]).reshape(center.shape)


def noise(points: int, scans: int) -> FloatArray:
    return 1590 + SE * np.random.default_rng(2).normal(size=(points, scans))


@pytest.mark.parametrize("along", ["time", "line"])
@pytest.mark.parametrize("at", [0, 1, 40, 99])
def test_one_that_stands_apart_is_found_and_no_other(along: str, at: int) -> None:
    center = noise(6, 100) if along == "time" else noise(1, 100)
    center[-1, at] += 12
    found = marked(center, along)
    assert found[-1, at]
    assert found.sum() == 1


def test_noise_steps_slopes_and_what_was_not_detected_have_none() -> None:
    assert not marked(noise(500, 100)).any()
    steps = noise(1, 100) + np.where(np.arange(100) > 50, 30.0, 0.0)
    slope = noise(1, 100) + np.linspace(0, 200, 100)
    peak = noise(1, 100) + 40 * np.exp(-(((np.arange(100) - 50) / 6) ** 2))
    gaps = noise(1, 100)
    gaps[0, 20:60] = np.nan
    for center in (steps, slope, peak, gaps):
        assert not marked(center).any()


def test_short_series_and_rows_without_a_scan_are_left_alone() -> None:
    center = noise(3, 8)
    center[1, 4] += 50
    assert not marked(center).any()
    longer = table(np.concatenate([center, center], axis=1))
    again = longer.with_(scan=np.full(len(longer), np.nan))
    assert with_outliers(again) is again


def test_marking_twice_changes_nothing_and_old_marks_go() -> None:
    center = noise(2, 30)
    center[0, 7] += 20
    once = with_outliers(table(center))
    assert with_outliers(once).columns["flags"] == once.columns["flags"]
    center[0, 7] -= 20
    stale = table(center).with_(flags=once.columns["flags"])
    assert "outlier" not in "|".join(map(str, with_outliers(stale).columns["flags"]))


@pytest.mark.parametrize(("along", "unknown"), [("time", "time_s"), ("line", "position_um")])
def test_spectra_that_only_stand_side_by_side_are_no_neighbours(along: str, unknown: str) -> None:
    center = noise(6, 100) if along == "time" else noise(1, 100)
    center[-1, 40] += 12
    known = table(center, along=along)
    for missing in ([0], range(len(known))):
        column = np.array(known.columns[unknown], dtype=np.float64)
        column[list(missing)] = np.nan
        unrelated = known.with_(**{unknown: column})
        assert with_outliers(unrelated) is unrelated


def test_neighbours_along_a_line_are_those_at_its_positions() -> None:
    center = noise(1, 60) + np.linspace(0, 100, 60)
    center[0, 30] += 60
    order = np.random.default_rng(3).permutation(60)
    line = table(center, along="line")
    shuffled = Table(
        {
            name: column[order] if isinstance(column, np.ndarray) else [column[i] for i in order]
            for name, column in line.columns.items()
        }
    )
    said = np.array(with_outliers(shuffled).columns["flags"])
    assert [order[i] for i in np.flatnonzero(said != "low_snr")] == [30]
