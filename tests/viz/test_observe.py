"""observe: the values of nodes as the engine has them, and nothing changed by looking."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.viz.observe import norm, observe


def test_values_are_those_of_the_engine_bit_for_bit():
    random = np.random.default_rng(0)
    x, w = tg.input("x", (5, 3)), tg.param("w", random.normal(size=(3, 4)))
    y = tg.tanh(x @ w)
    loss = tg.mean(y * y)
    (dw,) = tg.gradients(loss, [w])
    feeds = {"x": random.normal(size=(5, 3)).astype("float32")}
    found = observe([x, w, y, loss, dw], feeds)
    expected = tg.compile([y, loss, dw], rewrite=False)(**feeds)
    for node, value in zip([y, loss, dw], expected, strict=True):
        assert found[node].dtype == node.dtype
        np.testing.assert_array_equal(found[node], value)
    np.testing.assert_array_equal(found[x], feeds["x"])
    np.testing.assert_array_equal(found[w], w.value)


def test_counters_and_parameters_stay_as_they_are():
    drawn, w = tg.ops.counter("drawn"), tg.param("w", [1.0, 2.0])
    y = w * tg.ops.dropout_mask(drawn, (2,), 0.5, seed=1, stream=0)
    first, again = observe([y]), observe([y])
    np.testing.assert_array_equal(first[y], again[y])
    assert drawn.value == 0
    np.testing.assert_array_equal(tg.compile(y, rewrite=False)(), first[y])  # the next run draws the same
    assert drawn.value == 1


def test_an_input_that_is_missing_or_does_not_fit_is_named():
    x = tg.input("x", (2,))
    with pytest.raises(tg.GraphError, match="expected the inputs x, got nothing"):
        observe([tg.tanh(x)])
    with pytest.raises(tg.GraphError, match="input 'x': expected shape"):
        observe([tg.tanh(x)], {"x": [1.0, 2.0, 3.0]})
    assert observe([x], {"x": [1.0, 2.0], "other": [3.0]})[x].tolist() == [1.0, 2.0]


def test_nan_and_infinity_come_through():
    x = tg.input("x", (3,))
    (y,) = observe([tg.log(x)], {"x": [-1.0, 0.0, 1.0]}).values()
    assert np.isnan(y[0])
    assert y[1] == -np.inf
    assert np.isnan(norm(y))
    assert norm(y[1:]) == np.inf


def test_a_norm_is_taken_in_float64():
    assert norm(np.full(4, 1e30, "float32")) == pytest.approx(2e30)
