"""Reductions: against NumPy, ties, zeros among the factors, infinities among the losers."""

from __future__ import annotations

import numpy as np
import pytest
from ops.gradcheck import check_gradients

import tinygraph as tg

X = np.random.default_rng(4).normal(size=(2, 3, 4))
AXES = [None, 0, -1, (0, 2), (1, 0), ()]
PAIRS = [
    (tg.sum, np.sum),
    (tg.mean, np.mean),
    (tg.max, np.max),
    (tg.min, np.min),
    (tg.prod, np.prod),
    (tg.variance, np.var),
]


def slope(function, x: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The gradient of sum(weights * function(x))."""
    node = tg.input("x", x.shape, "float64")
    y = function(node)
    (d_x,) = tg.gradients(tg.sum(y if weights is None else y * tg.constant(weights, "float64")), [node])
    return tg.compile([node, d_x])(x=x)[1]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(("function", "reference"), PAIRS)
def test_equals_numpy(function, reference, axis, keepdims):
    y = function(tg.constant(X, "float64"), axis=axis, keepdims=keepdims)
    expected = reference(X, axis=axis, keepdims=keepdims)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(tg.compile(y)(), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("axis", [None, 1, (0, 2)])
def test_variance_has_gradients(axis):
    check_gradients(lambda x: tg.variance(x, axis=axis), X)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_arguments_equal_numpy(axis):
    ties = np.round(X)
    for function, reference in [(tg.argmax, np.argmax), (tg.argmin, np.argmin)]:
        result = tg.compile(function(tg.constant(ties), axis))()
        np.testing.assert_array_equal(result, reference(ties, axis=axis))
        assert result.dtype == "int64"


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_cumsum_equals_numpy(axis):
    y = tg.cumsum(tg.constant(X, "float64"), axis)
    np.testing.assert_array_equal(tg.compile(y)(), np.cumsum(X, axis=axis))
    whole = tg.compile(tg.cumsum(tg.constant(X > 0), axis))()
    np.testing.assert_array_equal(whole, np.cumsum(X > 0, axis=axis))


@pytest.mark.parametrize("dtype", ["bool", "int32", "int64"])
def test_whole_numbers_and_truth(dtype):
    x = (X * 3).astype(dtype)
    node = tg.input("x", X.shape, dtype)
    total, average, top = tg.compile([tg.sum(node, 0), tg.mean(node, 0), tg.max(node, 0)])(x=x)
    np.testing.assert_array_equal(total, x.sum(axis=0, dtype="int64"), strict=True)
    np.testing.assert_allclose(average, x.mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(top, x.max(axis=0), strict=True)
    assert average.dtype == "float32"


@pytest.mark.parametrize("function", [tg.max, tg.min])
def test_ties_share_the_gradient_evenly(function):
    x = np.array([[2.0, 2.0, -5.0, 2.0], [3.0, 3.0, 3.0, 3.0]]) * (1 if function is tg.max else -1)
    weights = np.array([6.0, 8.0])
    expected = [[2.0, 2.0, 0.0, 2.0], [2.0, 2.0, 2.0, 2.0]]
    np.testing.assert_array_equal(slope(lambda x: function(x, axis=1), x, weights), expected)


@pytest.mark.parametrize("function", [tg.max, tg.min])
def test_infinite_losers_do_not_spoil_the_gradient(function):
    # What a mask of -inf does before a softmax; 0 * inf would be NaN.
    x = np.array([1.0, -np.inf, 0.5]) * (1 if function is tg.max else -1)
    np.testing.assert_array_equal(slope(function, x), [1.0, 0.0, 0.0])


def test_product_with_zeros():
    x = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    expected = [[6.0, 0.0, 0.0], [0.0, 0.0, 0.0], [6.0, 3.0, 2.0], [0.0, 0.0, 0.0]]
    np.testing.assert_array_equal(slope(lambda x: tg.prod(x, axis=1), x), expected)
    check_gradients(lambda x: tg.prod(x, axis=1), x)  # of the second order too


@pytest.mark.parametrize("axis", [None, 0, (0, 2), (2, 1)])
def test_product_over_several_axes(axis):
    check_gradients(lambda x: tg.prod(x, axis=axis), X[:, :2, :2] * (X[:, :2, :2] > -0.5))


def test_all_finite():
    x, y = tg.input("x", (2, 2)), tg.input("y", (3,))
    finite = tg.compile(tg.all_finite(x, y))
    assert finite(x=np.ones((2, 2)), y=np.ones(3)).item() is True
    for bad in (np.nan, np.inf, -np.inf):
        assert finite(x=[[1, bad], [1, 1]], y=np.ones(3)).item() is False
        assert finite(x=np.ones((2, 2)), y=[1, 1, bad]).item() is False
    assert finite(x=np.full((2, 2), 3e38), y=np.ones(3)).item() is True  # though its square is not
    assert finite(x=np.full((2, 2), 3e38), y=[1, 1, np.nan]).item() is False


def test_nothing_to_reduce():
    empty = tg.input("x", (2, 0))
    np.testing.assert_array_equal(tg.compile(tg.sum(empty, 1))(x=np.ones((2, 0))), [0.0, 0.0])
    for function in (tg.mean, tg.max, tg.min, tg.prod, tg.logsumexp):
        with pytest.raises(tg.GraphError, match="at least one element"):
            function(empty, axis=1)
        assert function(empty, axis=0).shape == (0,)


@pytest.mark.parametrize("function", [tg.sum, tg.mean, tg.max, tg.prod, tg.logsumexp])
def test_axes_that_are_not_there(function):
    x = tg.input("x", (2, 3))
    for axis, words in [(2, "needs an axis of 2 axes, not 2"), ((0, -2), "each axis once"), (0.5, "whole")]:
        with pytest.raises(tg.GraphError, match=words):
            function(x, axis=axis)


def test_the_largest_of_nothing_is_refused():
    with pytest.raises(tg.GraphError, match="argmax: needs at least one element along the axis, got"):
        tg.argmax(tg.input("x", (2, 0)))
