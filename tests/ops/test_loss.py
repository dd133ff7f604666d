"""Cross-entropies against their definitions, where those do not overflow."""

from __future__ import annotations

import numpy as np
import pytest
from ops.gradcheck import check_gradients

import tinygraph as tg

RANDOM = np.random.default_rng(3)
LOGITS = RANDOM.normal(size=(4, 3)) * 2
TARGET = np.eye(3)[[0, 2, 1, 2]] * 0.9 + 0.1 / 3


def both(function, target, logits):
    nodes = tg.input("t", target.shape, "float64"), tg.input("z", logits.shape, "float64")
    return tg.compile(function(*nodes))(t=target, z=logits)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_cross_entropy(axis):
    exponents = np.exp(LOGITS)
    expected = -(TARGET * np.log(exponents / exponents.sum(axis=axis, keepdims=True))).sum(axis=axis)
    result = both(lambda t, z: tg.softmax_cross_entropy(t, z, axis), TARGET, LOGITS)
    np.testing.assert_allclose(result, expected, rtol=1e-13)


def test_softmax_cross_entropy_slope_is_probability_less_target():
    t, z = tg.constant(TARGET, "float64"), tg.input("z", LOGITS.shape, "float64")
    (slope,) = tg.gradients(tg.sum(tg.softmax_cross_entropy(t, z)), [z])
    probability = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(tg.compile(slope)(z=LOGITS), probability - TARGET, rtol=1e-12, atol=1e-15)


def test_sigmoid_cross_entropy():
    s = 1 / (1 + np.exp(-LOGITS))
    expected = -(TARGET * np.log(s) + (1 - TARGET) * np.log(1 - s))
    np.testing.assert_allclose(both(tg.sigmoid_cross_entropy, TARGET, LOGITS), expected, rtol=1e-13)


def test_sigmoid_cross_entropy_of_whole_number_targets():
    target = np.array([[1], [0], [0], [1]])
    node = tg.sigmoid_cross_entropy(tg.input("t", (4, 1), "int64"), tg.input("z", (4, 3), "float64"))
    expected = both(tg.sigmoid_cross_entropy, target.astype("float64"), LOGITS)
    np.testing.assert_array_equal(tg.compile(node)(t=target, z=LOGITS), expected)


def test_sigmoid_cross_entropy_slope_at_zero_is_half_less_target():
    t, z = tg.constant([0.0, 0.3, 1.0], "float64"), tg.input("z", (3,), "float64")
    (slope,) = tg.gradients(tg.sum(tg.sigmoid_cross_entropy(t, z)), [z])
    np.testing.assert_allclose(tg.compile(slope)(z=np.zeros(3)), [0.5, 0.2, -0.5], rtol=1e-15)


@pytest.mark.parametrize("function", [tg.softmax_cross_entropy, tg.sigmoid_cross_entropy])
def test_gradients_of_both_orders(function):
    check_gradients(function, TARGET, LOGITS)


@pytest.mark.parametrize("function", [tg.softmax_cross_entropy, tg.softmax_error])
def test_a_target_larger_than_the_logits(function):
    with pytest.raises(tg.GraphError, match="needs a target that broadcasts to the logits, got"):
        function(tg.input("t", (4, 3)), tg.input("z", (3,)))
