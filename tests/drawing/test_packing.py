"""Numbers small enough for a page, and read back."""

from __future__ import annotations

import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ramanfit.drawing.report.packing import (
    LEVELS,
    NO_NUMBER,
    Stepped,
    coded,
    deflated,
    json_bytes,
    numbers,
    planes,
    second_differences,
    stepped,
)
from ramanfit.scan.scan import FloatArray


def packed(elements: st.SearchStrategy[float]) -> st.SearchStrategy[FloatArray]:
    return st.integers(1, 9).flatmap(lambda m: arrays(np.float64, (2, m), elements=elements))


def counts_of(made: Stepped) -> FloatArray:
    coarse = made.step * 2.0**made.shift
    return made.offset[:, None] + coarse[:, None] * (made.counts + (made.parts.sum(axis=0) >> made.shift[:, None]))


@given(packed(st.one_of(st.floats(-1e300, 1e300), st.just(np.nan), st.floats(-1e-300, 1e-300))))
@example(np.array([[0.0, 5e-324]]))
@example(np.array([[7.0, 7.0], [np.nan, np.nan]]))
def test_counts_without_noise_come_back_to_a_part_of_their_range(counts: FloatArray) -> None:
    made = stepped(counts, np.full((2, *counts.shape), np.nan), np.zeros(len(counts)))
    finite = np.isfinite(counts)
    np.testing.assert_array_equal(made.counts == NO_NUMBER, ~finite)
    assert (made.step > 0).all()
    assert (made.parts == 0).all()
    close = np.maximum(np.ptp(np.where(finite, counts, 0.0), axis=1, keepdims=True) / LEVELS, 1e-300)
    close = close + 1e-12 * np.abs(np.where(finite, counts, 0.0)).max(axis=1, keepdims=True)
    assert (np.abs(counts_of(made) - counts) <= close)[finite].all()


@given(packed(st.integers(0, 20_000).map(float)), st.floats(0, 1e4))
def test_whole_counts_are_exact_whatever_their_noise(counts: FloatArray, noise: float) -> None:
    made = stepped(counts, np.full((1, *counts.shape), np.nan), np.full(len(counts), noise))
    np.testing.assert_array_equal(counts_of(made), counts)


@given(packed(st.floats(0, 1e5)), st.floats(0, 1e4), st.integers(0, 2**31))
def test_counts_about_a_fit_come_back_to_a_part_of_their_noise(counts: FloatArray, noise: float, seed: int) -> None:
    parts = np.random.default_rng(seed).uniform(0, 1e5, (3, *counts.shape))
    made = stepped(counts, parts, np.full(len(counts), noise))
    everything = np.stack([counts, parts[0], parts.sum(axis=0)])
    finest = (everything.max(axis=(0, 2)) - everything.min(axis=(0, 2))) / LEVELS + 1e-9
    assert (np.abs(counts_of(made) - counts).max(axis=1) <= np.maximum(noise / 64, finest) * (1 + 1e-9)).all()
    fit = made.offset[:, None] + made.step[:, None] * made.parts.astype(float).sum(axis=0)
    assert (np.abs(fit - parts.sum(axis=0)).max(axis=1) <= 3 * finest).all()


@given(arrays(np.int16, (2, 7)))
def test_curves_come_back_from_their_second_differences(curves: np.ndarray) -> None:
    back = second_differences(curves).cumsum(axis=1, dtype=np.int16).cumsum(axis=1, dtype=np.int16)
    np.testing.assert_array_equal(back, curves)


@given(st.lists(arrays(np.int16, 3), max_size=3))
def test_text_holds_the_numbers(values: list[np.ndarray]) -> None:
    text = deflated(planes(values))
    assert not set(text) & set("<>&")
    low, high = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(2, -1).astype(int)
    codes = low + 256 * high
    wanted = np.concatenate([np.zeros(0, np.int16), *values])
    np.testing.assert_array_equal(np.where(codes % 2, -(codes + 1) // 2, codes // 2), wanted)


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
def test_text_for_a_page_is_json(text: str) -> None:
    assert json.loads(json_bytes({"text": text})) == {"text": text}
