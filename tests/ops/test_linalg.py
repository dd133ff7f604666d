"""Products: matmul beside NumPy's, dot as a dense layer means it, messages."""

from __future__ import annotations

import numpy as np
import pytest
from ops.gradcheck import check_gradients

import tinygraph as tg
from tinygraph.ops import affine

RANDOM = np.random.default_rng(8)


@pytest.mark.parametrize("leading", [(), (3,), (2, 3), (2, 1, 3), (0, 3), (2, 0)])
def test_dot_multiplies_the_last_axis(leading):
    x, y = RANDOM.normal(size=(*leading, 4)), RANDOM.normal(size=(4, 2))
    node = tg.dot(tg.constant(x, "float64"), tg.constant(y, "float64"))
    np.testing.assert_allclose(tg.compile(node)(), np.dot(x, y), rtol=1e-13)
    check_gradients(tg.dot, x, y)


def test_dot_of_a_stack_is_one_product_of_all_rows():
    graph = tg.Graph({"y": tg.dot(tg.input("x", (5, 3, 4)), tg.input("w", (4, 2)))})
    assert graph.count()["matmul"] == 1
    (product,) = [node for node in graph.nodes if node.op.name == "matmul"]
    assert product.shape == (15, 2)


def test_matmul_of_whole_numbers_and_transposed_factors():
    x, y = RANDOM.integers(-3, 4, (2, 3)), RANDOM.integers(-3, 4, (2, 4))
    node = tg.matrix_transpose(tg.constant(x)) @ tg.constant(y)
    np.testing.assert_array_equal(tg.compile(node)(), x.T @ y)


def test_matmul_accepts_arrays_on_both_sides():
    x, w = tg.input("x", (2, 3)), np.arange(6, dtype="float32")
    right, left = tg.compile([x @ w.reshape(3, 2), w.reshape(3, 2) @ x])(x=np.eye(2, 3))
    np.testing.assert_array_equal(right, np.eye(2, 3) @ w.reshape(3, 2))
    np.testing.assert_array_equal(left, w.reshape(3, 2) @ np.eye(2, 3))


@pytest.mark.parametrize(
    ("x", "y"), [((3, 4), (3, 4)), ((4,), (4, 2)), ((3, 4), (4,)), ((2, 3, 4), (3, 4, 2))]
)
def test_products_that_do_not_fit(x, y):
    with pytest.raises(tg.GraphError, match=r"^matmul: needs "):
        tg.input("x", x) @ tg.input("y", y)


def test_sums_of_products_refuse_what_does_not_fit():
    x, y = tg.input("x", (2, 3)), tg.input("y", (3, 4))
    with pytest.raises(tg.GraphError, match=r"affine: needs \(m, k\) @ \(k, n\), got"):
        affine(x, x, y)
    with pytest.raises(tg.GraphError, match=r"affine: needs a z that broadcasts to \(2, 4\), got"):
        affine(x, y, tg.input("z", (5, 2, 4)))
