"""Rows of dataclasses against numpy's own indexing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.scan.by_row import ByRow
from ramanfit.scan.scan import FloatArray


@dataclass(frozen=True, eq=False)
class Values(ByRow):
    """Rows along the first axis, along the last, shared by all, and none at all."""

    shared: ClassVar = ("shift_cm1", "name")
    last: ClassVar = ("gram",)

    shift_cm1: FloatArray
    name: str
    height: FloatArray
    gram: FloatArray
    light: FloatArray | None = None


def values(n: int, seed: int, *, light: bool) -> Values:
    rng = np.random.default_rng(seed)
    return Values(
        np.arange(5.0), f"v{seed}", rng.random((n, 2)), rng.random((3, 3, n)), rng.random((n, 5)) if light else None
    )


rows_of_seven = st.one_of(
    st.lists(st.integers(-7, 6), max_size=9).map(lambda rows: np.array(rows, dtype=np.intp)),
    st.lists(st.booleans(), min_size=7, max_size=7).map(np.array),
    st.slices(7),
)


@given(rows_of_seven, st.booleans())
def test_rows_are_those_that_numpy_takes(rows: np.ndarray | slice, light: bool) -> None:
    whole = values(7, 1, light=light)
    some = whole.take(rows)
    np.testing.assert_array_equal(some.height, whole.height[rows])
    np.testing.assert_array_equal(some.gram, np.moveaxis(np.moveaxis(whole.gram, -1, 0)[rows], 0, -1))
    assert some.shift_cm1 is whole.shift_cm1
    assert some.name == "v1"
    assert (some.light is None) is not light


@given(rows_of_seven, st.booleans())
def test_what_is_put_is_what_is_taken(rows: np.ndarray | slice, light: bool) -> None:
    """All other rows stay as they were."""
    number = np.unique(np.arange(7)[rows])
    whole, before, others = values(7, 1, light=light), values(7, 1, light=light), values(len(number), 2, light=light)
    whole.put(number, others)
    again, rest = whole.take(number), np.setdiff1d(np.arange(7), number)
    for name in ("height", "gram", "light"):
        assert np.array_equal(getattr(again, name), getattr(others, name)) or not light
        assert np.array_equal(getattr(whole.take(rest), name), getattr(before.take(rest), name)) or not light
    assert whole.name == "v1"


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.booleans())
def test_parts_joined_are_the_whole(sizes: list[int], light: bool) -> None:
    whole = values(sum(sizes), 3, light=light)
    ends = np.cumsum(sizes)
    joined = Values.concat([whole.take(slice(end - size, end)) for end, size in zip(ends, sizes, strict=True)])
    np.testing.assert_array_equal(joined.height, whole.height)
    np.testing.assert_array_equal(joined.gram, whole.gram)
    assert joined.shift_cm1 is whole.shift_cm1
    if light:
        assert joined.light is not None
        np.testing.assert_array_equal(joined.light, whole.light)
    else:
        assert joined.light is None
