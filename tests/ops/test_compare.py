"""Choosing: ties share, where() stops NaN, clip stops outside its bounds."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from ops.gradcheck import check_gradients

import tinygraph as tg


def slopes(function, *values) -> list[np.ndarray]:
    nodes = [tg.input(f"x{i}", np.shape(value), "float64") for i, value in enumerate(values)]
    found = tg.gradients(tg.sum(function(*nodes)), nodes)
    return tg.compile([*found, *nodes])(**{f"x{i}": value for i, value in enumerate(values)})[: len(values)]


@pytest.mark.parametrize("function", [tg.maximum, tg.minimum])
def test_ties_share_the_gradient_evenly(function):
    x, y = slopes(function, [1.0, 2.0, 3.0], [3.0, 2.0, 1.0])
    first, second = (x, y) if function is tg.minimum else (y, x)
    np.testing.assert_array_equal(first, [1.0, 0.5, 0.0])
    np.testing.assert_array_equal(second, [0.0, 0.5, 1.0])


def test_where_stops_the_gradient_of_what_was_not_chosen():
    (slope,) = slopes(lambda x: tg.where(x > 0.0, x, 0.0), [np.nan, -1.0, 2.0])
    np.testing.assert_array_equal(slope, [0.0, 0.0, 1.0])


def test_where_stops_an_infinite_gradient():
    # The slope of log at the 0 that stands for -1 is infinite: times 0 it would be NaN.
    (slope,) = slopes(lambda x: tg.log(tg.where(x > 0.0, x, 0.0)), [-1.0, 4.0])
    np.testing.assert_array_equal(slope, [0.0, 0.25])


def test_where_keeps_nan_out_of_both_orders():
    # sqrt has no slope at -1 and an infinite one at 0: choosing its argument first, and its value after,
    # is the one way in which 0 * NaN never happens.
    def safe_root(x):
        positive = x > 0.0
        return tg.where(positive, tg.sqrt(tg.where(positive, x, 1.0)), 0.0)

    def second(x):
        return tg.gradients(tg.sum(safe_root(x)), [x])[0]

    (slope,) = slopes(safe_root, [-1.0, 0.0, 4.0])
    np.testing.assert_array_equal(slope, [0.0, 0.0, 0.25])
    (curvature,) = slopes(second, [-1.0, 0.0, 4.0])
    np.testing.assert_array_equal(curvature, [0.0, 0.0, -1 / 32])


def test_where_does_not_pass_the_value_of_what_was_not_chosen():
    x = tg.constant([-1.0, 4.0], "float64")
    np.testing.assert_array_equal(tg.compile(tg.where(x > 0.0, tg.sqrt(x), 0.0))(), [0.0, 2.0])


def test_where_needs_truth():
    with pytest.raises(tg.GraphError, match="needs a condition of True and False"):
        tg.where(tg.input("x", (2,)), 1.0, 2.0)


def test_clip():
    x = [-2.0, -0.5, 0.1, 0.7, 3.0]
    result = tg.compile(tg.clip(tg.constant(x, "float64"), -0.5, 0.7))()
    np.testing.assert_array_equal(result, np.clip(x, -0.5, 0.7))
    (slope,) = slopes(lambda x: tg.clip(x, -0.5, 0.7), x)
    np.testing.assert_array_equal(slope, [0.0, 1.0, 1.0, 1.0, 0.0])
    with pytest.raises(tg.GraphError, match=r"needs low <= high, not 1\.0 and 0\.0"):
        tg.clip(tg.input("x", ()), 1.0, 0.0)


def test_clip_of_whole_numbers_needs_whole_bounds():
    ids = tg.input("ids", (3,), "int64")
    result = tg.compile(tg.clip(ids, 0, 4))(ids=[-3, 2, 9])
    np.testing.assert_array_equal(result, [0, 2, 4], strict=False)
    with pytest.raises(tg.GraphError, match="whole"):
        tg.clip(ids, 0.5, 4.0)


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
def test_operators_compare_elements(compare):
    x, y = np.array([1.0, 2.0, 3.0, np.nan]), np.array([2.0, 2.0, 2.0, 2.0])
    result = tg.compile(compare(tg.input("x", (4,)), tg.input("y", (4,))))(x=x, y=y)
    np.testing.assert_array_equal(result, compare(x, y), strict=True)


def test_equality_of_elements_is_a_function_because_nodes_compare_by_identity():
    x = tg.constant([1.0, np.nan, 2.0])
    y = tg.constant([1.0, np.nan, 3.0])
    same, other = tg.compile([tg.equal(x, y), tg.not_equal(x, y)])()
    np.testing.assert_array_equal(same, [True, False, False])
    np.testing.assert_array_equal(other, [False, True, True])
    assert x == x
    assert x != y


def test_logic():
    x, y = tg.constant([True, True, False, False]), tg.constant([True, False, True, False])
    both, either, neither = tg.compile([tg.logical_and(x, y), tg.logical_or(x, y), tg.logical_not(x)])()
    np.testing.assert_array_equal(both, [True, False, False, False])
    np.testing.assert_array_equal(either, [True, True, True, False])
    np.testing.assert_array_equal(neither, [False, False, True, True])


def test_relu_like_choice_has_gradients():
    x = np.array([-1.5, -0.2, 0.3, 2.0])
    check_gradients(lambda x: tg.maximum(x * x, 1.0) * tg.minimum(x, 0.5), x)
