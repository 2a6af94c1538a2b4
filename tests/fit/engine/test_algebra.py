"""Small systems side by side, against numpy's linear algebra on each of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.fit.engine.algebra import eliminate, inverse, solve, substitute
from ramanfit.scan.scan import FloatArray

cases = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**32 - 1))


def grams(k: int, n: int, seed: int) -> FloatArray:
    """Inner products of k functions of very different size, and of data last, [k + 1, k + 1, n]."""
    rng = np.random.default_rng(seed)
    functions = rng.normal(size=(n, k + 1, 40)) * 10 ** rng.uniform(-4, 4, (n, k + 1, 1))
    return np.ascontiguousarray((functions @ functions.transpose(0, 2, 1)).transpose(1, 2, 0))


@given(cases)
@settings(max_examples=50)
def test_elimination_leaves_the_schur_complement(case: tuple[int, int, int]) -> None:
    k, n, seed = case
    g = grams(k, n, seed)
    for pivots in range(1, k + 1):
        left = g.copy()
        assert not eliminate(left, pivots).any()
        for i in range(n):
            a, b, c = g[:pivots, :pivots, i], g[:pivots, pivots:, i], g[pivots:, pivots:, i]
            expected = c - b.T @ np.linalg.solve(a, b)
            size = np.sqrt(np.outer(np.diag(c), np.diag(c)))
            np.testing.assert_allclose(left[pivots:, pivots:, i] / size, expected / size, atol=1e-9)


@given(cases)
@settings(max_examples=50)
def test_substitution_gives_the_least_squares_solution(case: tuple[int, int, int]) -> None:
    k, n, seed = case
    g = grams(k, n, seed)
    left = g.copy()
    eliminate(left, k)
    all_of_them = substitute(left, 0, k)
    for i in range(n):
        scale = np.sqrt(np.diag(g[:k, :k, i]))
        expected = np.linalg.solve(g[:k, :k, i] / np.outer(scale, scale), g[:k, -1, i] / scale) / scale
        np.testing.assert_allclose(all_of_them[:, i] * scale, expected * scale, rtol=1e-7, atol=1e-7 * scale.max())
    for first in range(k):  # those behind need none of those before
        np.testing.assert_array_equal(substitute(left, first, k), all_of_them[first:])


@given(cases)
@settings(max_examples=50)
def test_systems_are_solved(case: tuple[int, int, int]) -> None:
    k, n, seed = case
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(n, k, k + 3))
    a, b = np.ascontiguousarray((half @ half.transpose(0, 2, 1)).transpose(1, 2, 0)), rng.normal(size=(k, n))
    before = a.copy(), b.copy()
    x = solve(a, b)
    for i in range(n):
        np.testing.assert_allclose(a[..., i] @ x[:, i], b[:, i], rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(a, before[0])
    np.testing.assert_array_equal(b, before[1])


@given(cases, st.data())
@settings(max_examples=50)
def test_the_inverse_is_that_of_what_is_not_fixed(case: tuple[int, int, int], data: st.DataObject) -> None:
    k, n, seed = case
    g = grams(k, n, seed)[:k, :k]
    fixed = np.array(data.draw(st.lists(st.booleans(), min_size=k * n, max_size=k * n))).reshape(k, n)
    found = inverse(g.copy(), fixed)
    for i in range(n):
        free = ~fixed[:, i]
        assert np.isnan(found[~free][:, :, i]).all()
        assert np.isnan(found[:, ~free, i]).all()
        if free.any():
            some = g[np.ix_(free, free)][..., i]
            scale = np.sqrt(np.diag(some))
            expected = np.linalg.inv(some / np.outer(scale, scale))
            its = found[np.ix_(free, free)][..., i] * np.outer(scale, scale)
            np.testing.assert_allclose(its, expected, rtol=1e-6, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_collinear_functions_are_told_and_do_not_disturb_others(size: float) -> None:
    """One of the functions is the sum of two others, to all digits that there are, in the second system only."""
    rng = np.random.default_rng(4)
    functions = size * rng.normal(size=(3, 5, 60))
    functions[1, 2] = functions[1, 0] + functions[1, 1]
    g = np.ascontiguousarray((functions @ functions.transpose(0, 2, 1)).transpose(1, 2, 0))
    alone = g[..., [0, 2]].copy()
    left = g.copy()
    assert eliminate(left, 4).tolist() == [False, True, False]
    assert eliminate(alone, 4).tolist() == [False, False]
    np.testing.assert_array_equal(left[..., [0, 2]], alone)
    inverted = inverse(g[:4, :4].copy(), np.zeros((4, 3), dtype=bool))
    assert np.isnan(inverted[..., 1]).all()
    assert np.isfinite(inverted[..., [0, 2]]).all()


def test_nearly_collinear_functions_are_kept() -> None:
    """What differs by a part in a thousand is known well enough in a Gram matrix."""
    rng = np.random.default_rng(5)
    functions = rng.normal(size=(3, 60))
    functions[1] = functions[0] + 1e-3 * functions[1]
    g = (functions @ functions.T)[..., None].copy()
    left = g.copy()
    assert not eliminate(left, 2).any()
    expected = np.linalg.lstsq(functions[:2].T, functions[2], rcond=None)[0]
    np.testing.assert_allclose(substitute(left, 0, 2)[:, 0], expected, rtol=1e-6)


def test_what_is_nothing_has_no_inverse() -> None:
    a = np.zeros((2, 2, 2))
    a[..., 0] = np.eye(2)
    a[0, 0, 1] = 1.0
    found = inverse(a, np.zeros((2, 2), dtype=bool))
    np.testing.assert_array_equal(found[..., 0], np.eye(2))
    assert np.isnan(found[..., 1]).all()
