"""Numbers small enough for a page, and read back."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ramanfit.drawing.report.packing import LEVELS, NO_NUMBER, base64_text, coded, json_text, numbers, quantised
from ramanfit.scan.scan import FloatArray


def packed(elements: st.SearchStrategy[float]) -> st.SearchStrategy[FloatArray]:
    return st.integers(1, 9).flatmap(lambda m: arrays(np.float64, (2, m), elements=elements))


@given(packed(st.one_of(st.floats(-1e300, 1e300), st.just(np.nan), st.floats(-1e-300, 1e-300))))
@example(np.array([[0.0, 5e-324]]))
@example(np.array([[0.0, 5e-324 * 91747]]))  # one and a half steps of the smallest number that there is
@example(np.array([[7.0, 7.0], [np.nan, np.nan]]))
def test_counts_come_back_to_half_a_step(counts: FloatArray) -> None:
    steps, offset, step = quantised(counts)
    assert steps.dtype == np.dtype("<u2")
    finite = np.isfinite(counts)
    np.testing.assert_array_equal(steps == NO_NUMBER, ~finite)
    assert (step > 0).all()
    back = offset[:, None] + step[:, None] * steps
    close = step[:, None] * (0.5 + 1e-6) + 1e-12 * np.abs(np.where(finite, counts, 0.0)).max(axis=1, keepdims=True)
    assert (np.abs(back - counts) <= close)[finite].all()


@given(packed(st.floats(0, 1e5)))
def test_a_step_is_the_range_over_all_levels(counts: FloatArray) -> None:
    steps, offset, step = quantised(counts)
    low, high = counts.min(axis=1), counts.max(axis=1)
    np.testing.assert_array_equal(offset, low)
    wide = high - low > 1e-300
    np.testing.assert_allclose(step[wide], (high - low)[wide] / LEVELS)
    assert (steps.min(axis=1) == 0).all()
    assert (steps.max(axis=1)[wide] == LEVELS).all()


@given(arrays(np.uint16, 7))
def test_text_holds_the_steps(steps: np.ndarray) -> None:
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(base64_text(steps)), "<u2"), steps)


@given(st.lists(st.text(max_size=3), max_size=9))
def test_words_come_back_from_their_codes(words: list[str]) -> None:
    made = coded(words)
    assert [made["words"][at] for at in made["at"]] == words
    assert len(set(made["words"])) == len(made["words"])


@given(st.lists(st.floats(), max_size=6))
def test_numbers_keep_nine_digits(values: list[float]) -> None:
    for value, number in zip(values, numbers(np.array(values, dtype=np.float64)), strict=True):
        assert number == (pytest.approx(value, rel=1e-8) if np.isfinite(value) else None)


@given(st.text())
def test_text_for_a_page_is_json_and_no_markup(text: str) -> None:
    made = json_text({"text": text})
    assert json.loads(made) == {"text": text}
    assert not set(made) & set("<>&")
