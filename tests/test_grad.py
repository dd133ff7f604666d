"""Differentiation: joins, seeds, orders, what has no gradient, messages. (Each op's own: tests/ops.)"""

from __future__ import annotations

import math

import numpy as np
import pytest
from ops.gradcheck import check_gradients

import tinygraph as tg
from tinygraph import GraphError
from tinygraph.grad import adjoints


def x(shape=(3,), dtype="float64"):
    return tg.input("x", shape, dtype)


def at(node: tg.Node, **feeds) -> np.ndarray:
    """The value of a node, on those feeds that it needs."""
    f = tg.compile(node, rewrite=False)
    return f(**{name: value for name, value in feeds.items() if name in f.inputs})


# -- joins


def test_gradients_of_many_uses_meet_in_one_sum():
    node = x()
    total = tg.sum(tg.sin(node) + tg.cos(node) + tg.exp(node) + tg.tanh(node) + node)
    (slope,) = tg.gradients(total, [node])
    assert slope.op is tg.add_n
    assert len(slope.inputs) == 5
    assert tg.Graph({"slope": slope}).count()["add_n"] == 1
    value = np.array([0.1, 0.2, 0.3])
    expected = np.cos(value) - np.sin(value) + np.exp(value) + 1 - np.tanh(value) ** 2 + 1
    np.testing.assert_allclose(at(slope, x=value), expected, rtol=1e-12)


def test_one_use_needs_no_sum():
    node = x()
    (slope,) = tg.gradients(tg.sum(tg.sin(node)), [node])
    assert "add_n" not in tg.Graph({"slope": slope}).count()


def test_a_node_that_is_both_factors():
    node = x(())
    (slope,) = tg.gradients(node * node, [node])
    assert float(at(slope, x=3.0)) == 6.0


def test_a_diamond_chain_takes_one_vjp_for_each_node():
    # Over paths instead of nodes the gradient would have 2 ** 60 terms.
    node = x(())
    y = node
    for _ in range(60):
        y = tg.sin(y) + tg.cos(y)
    (slope,) = tg.gradients(y, [node])
    assert len(tg.toposort([slope])) < 60 * 12
    value, expected = 0.3, 1.0
    for _ in range(60):
        value, expected = (
            math.sin(value) + math.cos(value),
            expected * (math.cos(value) - math.sin(value)),
        )
    assert float(at(slope, x=0.3)) == pytest.approx(expected, rel=1e-9)


def test_an_inner_node_may_be_asked_for():
    node = x(())
    inner = tg.sin(node)
    outer = inner * inner * node
    d_inner, d_node, d_outer = tg.gradients(outer, [inner, node, outer])
    assert float(at(d_inner, x=0.7)) == pytest.approx(2 * math.sin(0.7) * 0.7)
    assert float(at(d_node, x=0.7)) == pytest.approx(math.sin(0.7) ** 2 + 1.4 * math.sin(0.7) * math.cos(0.7))
    assert float(at(d_outer)) == 1.0


def test_a_node_may_be_asked_for_twice():
    node = x(())
    first, second = tg.gradients(tg.sin(node), [node, node])
    assert first is second


def test_only_what_leads_to_the_wanted_nodes_is_differentiated():
    node, other = x(), tg.input("y", (3,), "float64")
    (slope,) = tg.gradients(tg.sum(tg.sin(node) * tg.exp(tg.tanh(other))), [node])
    backward = {n.op.name for n in tg.toposort([slope]) if n.scope == "backward"}
    assert "cos" in backward  # of sin
    assert backward.isdisjoint({"exp", "tanh", "subtract"})  # of exp(tanh(other))
    (none,) = tg.gradients(tg.sum(tg.sin(node)), [other])
    assert not tg.toposort([none])[:-1]


# -- seeds


def test_a_seed_weighs_what_has_several_elements():
    node = x()
    (slope,) = tg.gradients(tg.sin(node), [node], seed=tg.constant([1.0, 0.0, -2.0], "float64"))
    value = np.array([0.1, 0.2, 0.3])
    np.testing.assert_allclose(at(slope, x=value), [math.cos(0.1), 0.0, -2 * math.cos(0.3)], rtol=1e-12)


def test_the_seed_of_a_scalar_is_one():
    for shape in ((), (1,), (1, 1)):
        node = x(shape)
        (slope,) = tg.gradients(node * 3.0, [node])
        np.testing.assert_array_equal(at(slope), np.full(shape, 3.0), strict=True)


def test_a_jacobian_vector_product_is_the_gradient_by_the_seed():
    # The vjp is linear in its seed, so its gradient by the seed turns it round (the double-backward trick).
    node, u, v = x((2,)), tg.input("u", (2,), "float64"), tg.constant([0.3, -1.0], "float64")
    (vjp,) = tg.gradients(tg.sin(node) * tg.exp(node), [node], seed=u)
    (jvp,) = tg.gradients(vjp, [u], seed=v)
    value = np.array([0.2, 0.9])
    expected = (np.cos(value) + np.sin(value)) * np.exp(value) * [0.3, -1.0]
    np.testing.assert_allclose(at(jvp, x=value, u=[0, 0]), expected, rtol=1e-12)


# -- higher orders


def test_orders_of_the_exponential_are_all_the_same():
    node = x(())
    y = tg.exp(2.0 * node)
    for order in range(1, 6):
        (y,) = tg.gradients(y, [node])
        assert float(at(y, x=0.5)) == pytest.approx(2**order * math.e, rel=1e-13)


def test_third_order_of_a_polynomial():
    node = x(())
    y = node**5
    expected = [5 * 2.0**4, 20 * 2.0**3, 60 * 2.0**2]
    for value in expected:
        (y,) = tg.gradients(y, [node])
        assert float(at(y, x=2.0)) == pytest.approx(value, rel=1e-13)


def test_third_order_through_products_and_reductions():
    def build(x, w):
        return tg.mean(tg.tanh(x @ w) ** 2, axis=0)

    random = np.random.default_rng(0)
    check_gradients(build, random.normal(size=(2, 2)), random.normal(size=(2, 2)), orders=3)


def test_a_mixed_second_order_is_symmetric():
    a, b = tg.input("a", (), "float64"), tg.input("b", (), "float64")
    y = tg.sin(a * b) * tg.exp(b)
    d_a, d_b = tg.gradients(y, [a, b])
    (d_ab,), (d_ba,) = tg.gradients(d_a, [b]), tg.gradients(d_b, [a])
    assert float(at(d_ab, a=0.3, b=0.8)) == pytest.approx(float(at(d_ba, a=0.3, b=0.8)), rel=1e-13)


# -- what has no gradient


def test_a_node_that_the_loss_does_not_need_gets_zeros():
    node, other = x(), tg.param("w", np.ones((2, 4)), dtype="float32")
    slope, none = tg.gradients(tg.sum(node), [node, other])
    np.testing.assert_array_equal(at(none), np.zeros((2, 4), "float32"), strict=True)
    np.testing.assert_array_equal(at(slope), np.ones(3))


@pytest.mark.parametrize(
    "cut",
    [
        lambda x: tg.cast(tg.cast(x, "int64"), "float64"),
        tg.floor,
        tg.sign,
        lambda x: tg.cast(x > 0.0, "float64"),
        lambda x: tg.one_hot(tg.argmax(x), 3, dtype="float64"),
    ],
)
def test_nothing_flows_through_whole_numbers_and_steps(cut):
    node = x()
    slope = tg.gradients(tg.sum(node * cut(node)), [node])[0]
    value = np.array([0.5, -1.5, 2.5])
    np.testing.assert_array_equal(at(slope, x=value), at(cut(node), x=value))
    (none,) = tg.gradients(tg.sum(cut(node)), [node])
    np.testing.assert_array_equal(at(none, x=value), [0, 0, 0])


def test_whole_numbers_choose_but_are_not_differentiated():
    table, ids = tg.input("table", (4, 2), "float64"), tg.input("ids", (3,), "int64")
    (slope,) = tg.gradients(tg.sum(tg.gather(table, ids)), [table])
    np.testing.assert_array_equal(at(slope, ids=[1, 1, 3]), [[0, 0], [2, 2], [0, 0], [1, 1]])


def test_whole_numbers_beside_floats():
    node, counts = x(), tg.input("n", (3,), "int64")
    (slope,) = tg.gradients(tg.sum(node * counts), [node])
    np.testing.assert_array_equal(at(slope, n=[1, 2, 3]), [1.0, 2.0, 3.0])


# -- mixed precision


def test_each_input_gets_a_gradient_of_its_own_type():
    single, double = tg.input("a", (2,), "float32"), tg.input("b", (2,), "float64")
    y = tg.sum(single * double + tg.tanh(single) * tg.exp(double))
    d_single, d_double = tg.gradients(y, [single, double])
    assert (d_single.dtype, d_double.dtype) == ("float32", "float64")
    a, b = np.array([0.5, 1.0], "float32"), np.array([0.25, -1.0])
    np.testing.assert_allclose(at(d_single, a=a, b=b), b + np.exp(b) * (1 - np.tanh(a) ** 2), rtol=1e-6)
    np.testing.assert_allclose(at(d_double, a=a, b=b), a + np.exp(b) * np.tanh(a), rtol=1e-6)


# -- scopes


def test_the_gradient_of_a_node_stands_in_its_scope():
    with tg.scope("lstm"), tg.scope("t3"):
        node = x()
        y = tg.sin(node)
    loss = tg.sum(y)
    with tg.scope("elsewhere"):
        (slope,) = tg.gradients(loss, [node])
    assert slope.scope == "backward/lstm/t3"
    new = set(tg.toposort([slope])) - set(tg.toposort([loss]))
    assert {n.scope for n in new} == {"backward/lstm/t3", "backward"}


def test_the_graph_that_is_differentiated_stays_as_it_is():
    node = x()
    loss = tg.sum(tg.sin(node))
    before = tg.toposort([loss])
    tg.gradients(loss, [node])
    assert tg.toposort([loss]) == before


# -- messages


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: tg.gradients(tg.sin(x), [x]), r"sin float64\[3\]> has 3 elements; reduce it with tg.sum"),
        (lambda x: tg.gradients(tg.sum(x), x), r"expected a list of nodes, got one; write \[x\]"),
        (lambda x: tg.gradients(1.0, [x]), "expected a node as loss, got float"),
        (lambda x: tg.gradients(tg.sum(x), [tg.argmax(x)]), "only float nodes have gradients, not <argmax"),
        (lambda x: tg.gradients(tg.sum(x), [np.ones(3)]), "only float nodes have gradients"),
        (lambda x: tg.gradients(x, [x], seed=tg.ones((2,), "float64")), "must have the shape and dtype"),
        (lambda x: tg.gradients(x, [x], seed=tg.ones((3,), "float32")), "must have the shape and dtype"),
    ],
)
def test_messages(call, words):
    with pytest.raises(GraphError, match=f"gradients: .*{words}"):
        call(x())


def test_a_constant_exponent_has_its_gradient_when_asked():
    x, y = tg.constant([2.0, 3.0]), tg.constant(2.0)
    (dy,) = tg.gradients(tg.sum(x**y), [y])
    np.testing.assert_allclose(tg.compile(dy)(), 4 * np.log(2) + 9 * np.log(3), rtol=1e-6)


def test_adjoints_are_the_gradients_of_everything_on_the_way():
    x, w = tg.param("x", [[0.5, -1.0]], dtype="float64"), tg.param("w", [[2.0], [3.0]], dtype="float64")
    z = x @ w
    y = tg.tanh(z)
    loss = tg.sum(y * z) + tg.sum(tg.exp(x))
    found = adjoints(loss, [w])
    assert set(found) >= {w, y, z, loss}
    assert x not in found  # it was not asked for, and does not stand between
    for node in (w, y, z):
        (expected,) = tg.gradients(loss, [node])
        np.testing.assert_allclose(tg.compile(found[node])(), tg.compile(expected)())
    (gradient,) = tg.gradients(loss, [w])
    assert tg.Graph({"g": gradient}).count() == tg.Graph({"g": found[w]}).count()
