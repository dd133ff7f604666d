"""Arithmetic: powers at their edges, whole numbers, truth values, n-ary sums, casts."""

from __future__ import annotations

import numpy as np
import pytest
from ops.gradcheck import check_gradients

import tinygraph as tg


def evaluate(node: tg.Node, **feeds) -> np.ndarray:
    return tg.compile(node)(**feeds)


def slope(function, x) -> np.ndarray:
    node = tg.input("x", np.shape(x), "float64")
    (found,) = tg.gradients(tg.sum(function(node)), [node])
    return tg.compile([found, node])(x=x)[0]


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 4, -1, -2])
def test_whole_powers_of_negative_numbers(exponent):
    check_gradients(lambda x: x**exponent, np.array([-1.5, -0.4, 0.7, 2.0]))


def test_powers_of_zero():
    np.testing.assert_array_equal(slope(lambda x: x**0.0, [0.0, -1.0]), [0.0, 0.0])
    np.testing.assert_array_equal(slope(lambda x: x**1.0, [0.0, -1.0]), [1.0, 1.0])
    np.testing.assert_array_equal(slope(lambda x: x**2.0, [0.0, -1.0]), [0.0, -2.0])
    np.testing.assert_array_equal(slope(lambda x: x**3.0, [0.0, -1.0]), [0.0, 3.0])


def test_gradient_by_the_exponent():
    check_gradients(lambda x, y: x**y, np.array([0.5, 2.0, 3.0]), np.array([-1.0, 0.5, 2.0]))
    check_gradients(lambda y: 2.0**y, np.array([-1.0, 0.0, 3.0]))
    base, exponent = tg.constant([0.0, -2.0], "float64"), tg.input("y", (2,), "float64")
    (found,) = tg.gradients(tg.sum(base**exponent), [exponent])
    np.testing.assert_array_equal(tg.compile([found, exponent])(y=[2.0, 2.0])[0], [0.0, 0.0])


@pytest.mark.parametrize("exponent", [np.full((1, 1), 2.0), np.full((1,), 2.0), np.full((2, 3), 2.0)])
def test_square_by_an_exponent_with_axes(exponent):
    check_gradients(lambda x: x ** tg.constant(exponent, "float64"), np.array([0.5, -1.0, 2.0]))


def test_division_and_powers_of_whole_numbers_are_floats():
    x, y = tg.input("x", (3,), "int64"), tg.input("y", (3,), "int64")
    feeds = {"x": [1, 2, 3], "y": [2, -1, 0]}
    quotient, power, inverse = tg.compile([y / x, x**y, x**-1])(**feeds)
    np.testing.assert_allclose(quotient, [2, -0.5, 0], rtol=1e-6)
    np.testing.assert_allclose(power, [1, 0.5, 1], rtol=1e-6)
    np.testing.assert_allclose(inverse, [1, 0.5, 1 / 3], rtol=1e-6)
    assert {quotient.dtype, power.dtype, inverse.dtype} == {np.dtype("float32")}


@pytest.mark.parametrize(
    "function",
    [
        tg.subtract,
        tg.negative,
        tg.sign,
        tg.exp,
        tg.log1p,
        tg.tanh,
        tg.sigmoid,
        tg.softplus,
        tg.divide,
        tg.softmax,
    ],
    ids=lambda op: op.name,
)
def test_truth_is_no_number(function):
    truth = [tg.input(f"x{i}", (2,), "bool") for i in range(len(function.arguments))]
    with pytest.raises(tg.GraphError, match=f"{function.name}: needs numbers, not True and False; cast"):
        function(*truth)


def test_truth_beside_floats_is_zero_or_one():
    mask, x = tg.input("mask", (3,), "bool"), tg.input("x", (3,))
    product, rest = tg.compile([mask * x, 1.0 - mask])(mask=[True, False, True], x=[1, 2, 3])
    np.testing.assert_array_equal(product, [1, 0, 3])
    np.testing.assert_array_equal(rest, [0, 1, 0])


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_add_n(count):
    values = np.random.default_rng(count).normal(size=(count, 3))
    check_gradients(tg.add_n, *values)
    result = evaluate(tg.add_n(*(tg.constant(value, "float64") for value in values)))
    expected = values[0]
    for value in values[1:]:
        expected = expected + value
    np.testing.assert_array_equal(result, expected)  # from left to right, so bit for bit


def test_add_n_needs_inputs_that_agree():
    x = tg.input("x", (3,))
    with pytest.raises(tg.GraphError, match="at least one input"):
        tg.add_n()
    for other in (tg.input("y", (1,)), tg.input("y", (3,), "float64")):
        with pytest.raises(tg.GraphError, match="add_n: needs inputs of one shape and dtype"):
            tg.add_n(x, other)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "bool"])
@pytest.mark.parametrize("source", ["float32", "float64", "int32", "int64", "bool"])
def test_cast(source, dtype):
    value = np.array([0, 1, 2, -3]).astype(source)
    result = evaluate(tg.cast(tg.input("x", (4,), source), dtype), x=value)
    np.testing.assert_array_equal(result, value.astype(dtype), strict=True)


def test_cast_has_the_gradient_of_the_source_type():
    x = tg.input("x", (2,), "float32")
    (found,) = tg.gradients(tg.sum(tg.cast(x, "float64") * 2.0), [x])
    assert found.dtype == "float32"
    (none,) = tg.gradients(tg.sum(tg.cast(tg.cast(x, "int64"), "float32")), [x])
    np.testing.assert_array_equal(tg.compile(none)(), [0.0, 0.0])


def test_cast_knows_five_types():
    with pytest.raises(tg.GraphError, match="float16"):
        tg.cast(tg.input("x", (2,)), "float16")


@pytest.mark.parametrize(
    ("exponent", "slopes"), [(1.0, [1, 0, 0, 0]), (2.0, [0, 2, 0, 0]), (3.0, [0, 0, 6, 0])]
)
def test_higher_derivatives_of_a_power_at_zero(exponent, slopes):
    x = tg.param("x", 0.0)
    node = x**exponent
    for expected in slopes:
        (node,) = tg.gradients(node, [x])
        assert tg.compile(node)() == expected
