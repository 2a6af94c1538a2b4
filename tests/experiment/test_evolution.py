"""An experiment as scan x point: what its reference says, against numpy and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from ramanfit.experiment.evolution import Evolution
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.table import Table


def fits(scan: list[int], point: list[str], ratio: list[float], se: list[float], time_s: list[float]) -> FitTable:
    n = len(scan)
    columns = {
        "scan": np.array(scan),
        "point": tuple(point),
        "position_um": np.array([float(name[1:]) for name in point]),
        "time_s": np.array(time_s),
        "ratio": np.array(ratio),
        "ratio_se": np.array(se),
    }
    return FitTable(Table(columns), {"G": ("ok",) * n}, ("",) * n)  # type: ignore[arg-type]


def of_reference(ratio: list[float], se: list[float]) -> Evolution:
    one = fits([0], ["P1"], [1.0], [0.1], [0.0])
    n = len(ratio)
    return Evolution(one, ("ratio",), fits([0] * n, ["P1"] * n, ratio, se, [0.0] * n))


values = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 3)), min_size=2, max_size=6)


@given(values)
def test_several_reference_spectra_count_by_their_variances(pairs: list[tuple[float, float]]) -> None:
    """The likeliest common value, and the curvature of its chi-square."""
    ratio, se = (np.array(column) for column in zip(*pairs, strict=True))
    value, error = of_reference(ratio.tolist(), se.tolist()).reference_value("ratio")

    def chi2(common: float) -> float:
        return float((((ratio - common) / se) ** 2).sum())

    best = minimize_scalar(chi2, bounds=(ratio.min() - 1, ratio.max() + 1), method="bounded", options={"xatol": 1e-9})
    assert value == pytest.approx(best.x, abs=1e-5)
    assert chi2(value + error) - chi2(value) == pytest.approx(1, rel=1e-6)


def test_what_has_no_value_or_no_error_does_not_count() -> None:
    value, error = of_reference([1.0, np.nan, 3.0, 9.0], [0.1, 0.1, 0.1, np.nan]).reference_value("ratio")
    assert (value, error) == (pytest.approx(2.0), pytest.approx(0.1 / np.sqrt(2)))
    assert of_reference([np.nan, 4.0], [0.1, 0.5]).reference_value("ratio") == (4.0, 0.5)
    for nothing in (of_reference([np.nan], [0.1]), of_reference([1.0, 2.0], [np.nan] * 2)):
        assert np.isnan(nothing.reference_value("ratio")).all()
    assert np.isnan(of_reference([1.0], [0.1]).reference_value("height")).all()


def test_rows_stand_by_scan_and_point_and_missing_scans_keep_their_place() -> None:
    table = fits([0, 0, 1, 3], ["P1", "P2", "P1", "P2"], [1, 2, 3, 4], [0.1] * 4, [5, 15, 105, 315])
    evolution = Evolution(table, ("ratio",))
    assert evolution.scans.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(evolution.grid("ratio"), [[1, 2], [3, np.nan], [np.nan] * 2, [np.nan, 4]])
    np.testing.assert_allclose(evolution.scan_time_s, [10, 105, 210, 315])
    np.testing.assert_array_equal(evolution.position_um, [1, 2])
