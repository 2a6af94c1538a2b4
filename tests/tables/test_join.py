"""Tables of fits as one experiment: placed as exports are, each scan once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.errors import FormatError, UsageError
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.clock import chronological
from ramanfit.scan.scan import Kind, Metadata, Scan
from ramanfit.scan.schedule import Keys, Schedule, Visit, place
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.join import join
from tests.fit.test_quantities import SHIFT, spectra

RECIPE = load_recipe("li-graphite")
FITS = {n: fit_scan(Scan(SHIFT, spectra(n, seed=1), "line"), RECIPE).quantities for n in (2, 3, 4)}
START = datetime(2024, 1, 10, 9)


def visit(number: int, points: int, *, dated: bool, kind: Kind = "line", **about: Any) -> Visit:
    started = START + timedelta(seconds=700 * number) if dated else None
    metadata = Metadata(started=started, duration_s=30.0 * points if dated else None)
    scan = Scan(SHIFT, spectra(points, seed=1), kind, source=f"s{number}.txt", metadata=metadata, **about)
    return Visit.of(scan)


def table_of(keys: Keys) -> FitTable:
    """The fits of some scan with these keys."""
    return FitTable.of(keys, FITS[len(keys)])


schedules = st.fixed_dictionaries(
    {
        "period_s": st.none() | st.floats(100, 2000),
        "dwell_s": st.none() | st.floats(1, 20),
        "step_um": st.none() | st.floats(0.5, 10),
        "start_um": st.none() | st.floats(-20, 20),
        "first_point": st.sampled_from(["P1", "x07"]),
        "order": st.sampled_from(["forward", "reverse", "serpentine"]),
    }
)


@given(
    numbers=st.sets(st.integers(0, 9), min_size=2, max_size=5),
    points=st.integers(2, 4),
    dated=st.booleans(),
    wanted=schedules,
)
@settings(max_examples=80)
def test_tables_are_placed_as_their_exports_are(
    numbers: set[int], points: int, dated: bool, wanted: dict[str, Any]
) -> None:
    if wanted["dwell_s"] is None:
        wanted["order"] = "forward"  # a table has times of its own, and no turns
    schedule = Schedule(**wanted)
    visits = [visit(n, points, dated=dated) for n in sorted(numbers)]
    expected, _ = place([visits[i] for i in chronological(visits, schedule, [])], schedule)
    joined, _ = join([table_of(place([v], Schedule())[0][0]) for v in visits], schedule)
    columns = joined.table.columns
    np.testing.assert_array_equal(columns["scan"], np.concatenate([k.scan for k in expected]))
    assert columns["point"] == tuple(name for k in expected for name in k.point)
    for name in ("position_um", "time_s"):
        np.testing.assert_allclose(columns[name], np.concatenate([getattr(k, name) for k in expected]), err_msg=name)


def test_a_scan_in_two_tables_is_taken_once_and_said() -> None:
    (keys,), _ = place([visit(0, 3, dated=True)], Schedule())
    both, notes = join([table_of(keys), table_of(keys)])
    assert len(both) == 3
    assert any("taken once" in note for note in notes)
    other = table_of(keys)
    other = other.with_table(other.table.with_(G_height=2 * np.asarray(other.table.columns["G_height"])))
    with pytest.raises(FormatError, match="two tables with different fits"):
        join([table_of(keys), other])


def test_standard_input_twice_is_two_scans() -> None:
    one, two = (place([replace(visit(n, 3, dated=False), source="-")], Schedule())[0][0] for n in (0, 1))
    joined, _ = join([table_of(one), table_of(two).rows(np.array([2, 1, 0]))])
    assert len(joined) == 6


def test_a_series_and_a_map_are_not_moved_along_a_line() -> None:
    (keys,), _ = place([visit(0, 3, dated=True, kind="series")], Schedule())
    with pytest.raises(UsageError, match="--step has nothing to act on"):
        join([table_of(keys)], Schedule(step_um=5.0))
    (keys,), _ = place([visit(0, 4, dated=True, kind="map", grid=(2, 2))], Schedule())
    with pytest.raises(UsageError, match="--first-point has nothing to act on"):
        join([table_of(keys)], Schedule(first_point="x1"))
