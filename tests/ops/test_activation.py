"""Activations against their formulas, written down again in plain Python and NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from ops.gradcheck import check_gradients

import tinygraph as tg

X = np.array([[-6.3, -2.7, -1.2, -0.31], [0.002, 0.45, 1.9, 7.1]])  # no kink of any of them
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def softplus(x):
    return math.log1p(math.exp(x))


FORMULAS = {
    "tanh": (tg.tanh, math.tanh),
    "sigmoid": (tg.sigmoid, sigmoid),
    "softplus": (tg.softplus, softplus),
    "relu": (tg.relu, lambda x: max(x, 0.0)),
    "leaky_relu": (tg.leaky_relu, lambda x: x if x > 0 else 0.2 * x),
    "leaky_relu 0.01": (lambda x: tg.leaky_relu(x, 0.01), lambda x: x if x > 0 else 0.01 * x),
    "elu": (tg.elu, lambda x: x if x > 0 else math.expm1(x)),
    "elu 0.7": (lambda x: tg.elu(x, 0.7), lambda x: x if x > 0 else 0.7 * math.expm1(x)),
    "selu": (tg.selu, lambda x: SCALE * (x if x > 0 else ALPHA * math.expm1(x))),
    "gelu": (tg.gelu, lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2)))),
    "gelu approximate": (
        lambda x: tg.gelu(x, approximate=True),
        lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    ),
    "silu": (tg.silu, lambda x: x * sigmoid(x)),
    "mish": (tg.mish, lambda x: x * math.tanh(softplus(x))),
    "softsign": (tg.softsign, lambda x: x / (1 + abs(x))),
    "hard_sigmoid": (tg.hard_sigmoid, lambda x: min(max(x / 6 + 0.5, 0), 1)),
    "hard_silu": (tg.hard_silu, lambda x: x * min(max(x / 6 + 0.5, 0), 1)),
    "hard_tanh": (tg.hard_tanh, lambda x: min(max(x, -1), 1)),
    "relu6": (tg.relu6, lambda x: min(max(x, 0), 6)),
    "linear": (tg.linear, lambda x: x),
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 2e-6)])
def test_value_is_the_formula(name, dtype, tolerance):
    function, formula = FORMULAS[name]
    x = tg.input("x", X.shape, dtype=dtype)
    y = function(x)
    assert (y.shape, y.dtype) == (X.shape, dtype)
    result = tg.compile(y)(x=X)
    np.testing.assert_allclose(
        result, np.vectorize(formula, otypes=[float])(X), rtol=tolerance, atol=tolerance
    )


@pytest.mark.parametrize("name", FORMULAS)
def test_gradients_of_both_orders(name):
    check_gradients(FORMULAS[name][0], X)


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (tg.tanh, 1.0),
        (tg.sigmoid, 0.25),
        (tg.relu, 0.0),  # by convention
        (tg.elu, 1.0),  # smooth at 0
        (lambda x: tg.elu(x, 0.5), 0.5),  # the left slope, by convention
        (tg.softsign, 1.0),
        (tg.silu, 0.5),
        (tg.gelu, 0.5),
        (tg.mish, 0.6),
        (tg.leaky_relu, 0.2),
        (tg.hard_tanh, 1.0),
        (tg.abs, 0.0),
    ],
)
def test_slope_at_zero(function, slope):
    x = tg.input("x", (), dtype="float64")
    (d_x,) = tg.gradients(function(x), [x])
    assert tg.compile([x, d_x])(x=0.0)[1] == pytest.approx(slope, rel=1e-12)


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_family(axis):
    x = tg.input("x", X.shape, dtype="float64")
    outputs = [tg.softmax(x, axis), tg.log_softmax(x, axis), tg.logsumexp(x, axis)]
    probability, logarithm, total = tg.compile(outputs)(x=X)
    np.testing.assert_allclose(probability, softmax(X, axis), rtol=1e-14)
    np.testing.assert_allclose(logarithm, np.log(softmax(X, axis)), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(total, np.logaddexp.reduce(X, axis=axis), rtol=1e-12)
    np.testing.assert_allclose(probability.sum(axis=axis), 1.0, rtol=1e-14)


def test_logsumexp_over_several_axes():
    x = np.linspace(-3, 3, 24).reshape(2, 3, 4)
    result = tg.compile(tg.logsumexp(tg.constant(x, "float64"), axis=(0, 2), keepdims=True))()
    np.testing.assert_allclose(result, np.log(np.exp(x).sum(axis=(0, 2), keepdims=True)), rtol=1e-14)


@pytest.mark.parametrize("function", [tg.softmax, tg.log_softmax, tg.logsumexp])
def test_whole_numbers_are_taken_as_floats(function):
    x = np.array([[3, -7, 3], [0, 1, 90]])
    floats = tg.compile(function(tg.input("x", x.shape)))(x=x)
    np.testing.assert_allclose(tg.compile(function(tg.input("x", x.shape, "int64")))(x=x), floats, rtol=1e-6)
