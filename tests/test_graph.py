"""Nodes and graphs: scopes, operators, immutability, order, substitution."""

from __future__ import annotations

import copy
import operator
import threading
from itertools import pairwise

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import GraphError
from tinygraph.graph import absolute_scope, current_scope


def x(shape=(2, 3), dtype=None):
    return tg.input("x", shape, dtype)


# -- scopes


def test_scopes_nest_and_close():
    with tg.scope("lstm"):
        outer = tg.tanh(x())
        with tg.scope("t3") as path:
            inner = tg.tanh(x())
        after = tg.tanh(x())
    assert (path, outer.scope, inner.scope, after.scope) == ("lstm/t3", "lstm", "lstm/t3", "lstm")
    assert current_scope() == ""


def test_a_scope_closes_when_its_body_raises():
    with pytest.raises(KeyError), tg.scope("broken"):
        raise KeyError
    assert current_scope() == ""


def test_an_absolute_scope_replaces_what_is_open():
    with tg.scope("lstm"):
        with absolute_scope("backward/lstm"):
            assert tg.tanh(x()).scope == "backward/lstm"
        assert current_scope() == "lstm"


def test_another_thread_has_its_own_scope():
    seen = []
    with tg.scope("here"):
        thread = threading.Thread(target=lambda: seen.append(current_scope()))
        thread.start()
        thread.join()
    assert seen == [""]


# -- nodes


def test_a_node_has_a_shape_and_a_type_but_no_value():
    node = tg.tanh(x())
    assert (node.shape, node.dtype, node.ndim, node.size, len(node)) == ((2, 3), "float32", 2, 6, 2)
    assert repr(node) == "<tanh float32[2, 3]>"
    with pytest.raises(TypeError, match="tanh has no value yet: compile the graph"):
        bool(node)


def test_a_scalar_has_no_length():
    with pytest.raises(TypeError, match="tanh is a scalar"):
        len(tg.tanh(x(())))


@pytest.mark.parametrize("name", ["shape", "inputs", "op", "scope", "anything"])
def test_a_node_is_immutable(name):
    node = tg.tanh(x())
    with pytest.raises(AttributeError, match="tanh: a node is immutable; declare a new one"):
        setattr(node, name, ())
    with pytest.raises(AttributeError, match="immutable"):
        delattr(node, name)


def test_attributes_of_a_node_are_immutable():
    node = tg.sum(x(), axis=0)
    with pytest.raises(TypeError):
        node.attrs["axis"] = (1,)


def test_copies_of_a_node_are_the_node():
    node = tg.tanh(x())
    assert copy.copy(node) is node
    assert copy.deepcopy([node]) == [node]


def test_labels():
    with tg.scope("lstm"):
        assert tg.param("kernel", [1.0]).label == "lstm/kernel"
        assert (-x()).label == "lstm/negative"


BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
]
VALUE = np.array([[0.5, 1.0, 2.0], [3.0, 1.5, 2.5]], "float32")
OTHERS = [
    2,
    1.5,
    np.float64(1.5),
    np.int64(2),
    np.array([1.0, 2.0, 0.5]),
    np.array([1, 2, 3]),
    np.float32(2.0),
    True,
]


@pytest.mark.parametrize("operate", BINARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("other", OTHERS, ids=lambda other: f"{type(other).__name__}{np.shape(other)}")
def test_operators_take_numbers_and_arrays_on_both_sides(operate, other):
    node = x()
    right, left = operate(node, other), operate(other, node)
    results = tg.compile([right, left])(x=VALUE)
    for result, expected in zip(results, (operate(VALUE, other), operate(other, VALUE)), strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-6)
        assert result.dtype == ("bool" if expected.dtype == bool else "float32")


def test_unary_operators():
    node = x()
    minus, magnitude = tg.compile([-node, abs(-node)])(x=VALUE)
    np.testing.assert_array_equal(minus, -VALUE)
    np.testing.assert_array_equal(magnitude, VALUE)


def test_numbers_take_the_type_beside_them():
    assert (x(dtype="float64") * 0.1).dtype == "float64"
    assert (x(dtype="int32") + 1).dtype == "int32"
    assert (x(dtype="int64") * 0.5).dtype == "float32"
    assert (x(dtype="bool") + 1).dtype == "int64"
    assert tg.where(x(dtype="bool"), x(dtype="float64"), 0.0).dtype == "float64"


def test_one_node_serves_every_use_of_a_number():
    node = x()
    assert tg.Graph({"y": (node + 1.0) * (node - 1.0) + 1.0}).count()["constant"] == 1
    assert (node * 0.0).inputs[1] is not (node * -0.0).inputs[1]


# -- messages


def test_a_message_says_op_rule_shapes_names_and_scope():
    seq, kernel = tg.input("seq", (32, 16)), None
    with tg.scope("lstm"):
        kernel = tg.param("kernel", np.zeros((64, 256)))
        with tg.scope("t3"), pytest.raises(GraphError) as problem:
            seq @ kernel
    assert str(problem.value) == (
        "matmul: needs (m, k) @ (k, n), got (32, 16) and (64, 256); inputs seq, lstm/kernel; at lstm/t3."
    )


def test_a_message_outside_of_scopes_names_none():
    with pytest.raises(GraphError) as problem:
        tg.input("a", (2,)) + tg.input("b", (3,))
    assert str(problem.value) == (
        "add: needs shapes that broadcast (equal, or 1, on each axis), got (2,) and (3,); inputs a, b."
    )


def test_graph_errors_are_value_errors():
    assert issubclass(GraphError, ValueError)


# -- order and count


def test_toposort_puts_each_node_once_and_after_its_inputs():
    a, b = x(), tg.input("b", (2, 3))
    left, right = a + b, a * b
    top = left - right
    order = tg.toposort([top, right, top, a])
    assert sorted(map(id, order)) == sorted(map(id, (a, b, left, right, top)))
    for node in order:
        assert all(order.index(source) < order.index(node) for source in node.inputs)


def test_toposort_keeps_the_order_of_roots():
    nodes = [tg.tanh(tg.input(f"x{i}", ())) for i in range(4)]
    assert [node for node in tg.toposort(nodes) if node.inputs] == nodes


def test_toposort_of_a_diamond_chain_is_linear():
    # Each node is used twice: a walk over paths instead of nodes would take 2 ** 200 steps.
    node = x()
    for _ in range(200):
        node = node + node
    assert len(tg.toposort([node])) == 201


def test_count_leaves_and_nodes():
    a, w, unused = x(), tg.param("w", VALUE), tg.param("unused", [1.0])
    graph = tg.Graph({"y": tg.tanh(a * w), "same": a * w}, {unused: unused * 2.0})
    assert graph.count() == {"constant": 1, "input": 1, "multiply": 3, "param": 2, "tanh": 1}
    assert set(graph.leaves) == {a, w, unused, (unused * 2.0).inputs[1]}
    assert list(graph.roots) == [*graph.outputs.values(), *graph.updates.values()]


def test_an_updated_parameter_that_nobody_reads_is_a_leaf():
    w = tg.param("w", [1.0])
    assert w in tg.Graph({}, {w: tg.tanh(x((1,)))}).leaves


def test_a_graph_is_immutable():
    node = x()
    outputs, updates = {"y": node}, {}
    graph = tg.Graph(outputs, updates)
    with pytest.raises(AttributeError):
        graph.outputs = {}
    outputs["z"] = tg.tanh(node)
    updates[node] = node
    assert list(graph.outputs) == ["y"]
    assert graph.roots == (node,)


def test_copies_of_a_graph_share_its_nodes():
    graph = tg.Graph({"y": tg.tanh(x())})
    for twin in (copy.copy(graph), copy.deepcopy(graph)):
        assert twin is not graph
        assert twin.outputs == graph.outputs


# -- substitution


def test_substitute_replaces_a_node_wherever_it_is_used():
    a = x()
    inner = tg.tanh(a)
    graph = tg.Graph({"y": inner * inner, "z": -inner, "inner": inner})
    new = graph.substitute({inner: tg.sin(a)})
    assert new.count() == {"input": 1, "multiply": 1, "negative": 1, "sin": 1}
    assert new.outputs["inner"].op is tg.sin
    assert graph.outputs["inner"] is inner


def test_substitute_keeps_what_is_not_above_a_replaced_node():
    a = x()
    kept, gone = tg.exp(a), tg.tanh(a)
    new = tg.Graph({"kept": kept * 2.0, "changed": kept + gone}).substitute({gone: tg.sin(a)})
    assert new.outputs["changed"].inputs[0] is kept
    assert new.outputs["kept"].inputs[0] is kept


def test_substitute_keeps_scope_attributes_and_name():
    a = x()
    with tg.scope("dense"):
        inner = tg.tanh(a)
        total = tg.sum(inner, axis=0)
    new = tg.Graph({"y": total}).substitute({inner: tg.sin(a)}).outputs["y"]
    assert (new.scope, new.attrs, new.shape) == ("dense", total.attrs, (3,))


def test_a_replacement_may_use_what_is_replaced_elsewhere():
    a = x()
    first, second = tg.tanh(a), tg.exp(tg.tanh(a))
    source = second.inputs[0]
    graph = tg.Graph({"y": first + second})
    new = graph.substitute({second: tg.sin(source), source: tg.cos(a), first: tg.abs(a)})
    assert new.count() == {"abs": 1, "add": 1, "cos": 1, "input": 1, "sin": 1}


def test_replacements_are_followed_to_the_end():
    a = x()
    nodes = [tg.tanh(a) for _ in range(4)]
    new = tg.Graph({"y": -nodes[0]}).substitute(dict(pairwise(nodes)))
    assert new.outputs["y"].inputs[0] is nodes[3]


def test_substitute_reaches_updates_but_leaves_their_parameters():
    w = tg.param("w", VALUE)
    step = w - 0.1 * w
    graph = tg.Graph({}, {w: step})
    new = graph.substitute({step: tg.tanh(w)})
    assert list(new.updates) == [w]
    assert new.updates[w].op is tg.tanh


def test_substituting_nothing_or_what_is_not_there_changes_nothing():
    a = x()
    graph = tg.Graph({"y": tg.tanh(a)})
    for new in ({}, {tg.tanh(a): tg.sin(a)}):
        assert graph.substitute(new).outputs["y"] is graph.outputs["y"]


@pytest.mark.parametrize(
    "make", [lambda a: tg.sum(a), lambda a: tg.cast(a, "float64"), lambda a: tg.transpose(a)]
)
def test_a_replacement_has_the_same_shape_and_type(make):
    a = x()
    inner = tg.tanh(a)
    with pytest.raises(GraphError, match=r"substitute: <.*> cannot stand for <tanh float32\[2, 3\]>"):
        tg.Graph({"y": inner}).substitute({inner: make(a)})


def test_a_replacement_cannot_need_what_it_replaces():
    inner = tg.tanh(x())
    with pytest.raises(GraphError, match="would need its own result"):
        tg.Graph({"y": tg.exp(inner)}).substitute({inner: inner * 2.0})


def test_a_loop_through_two_replacements_is_found():
    a = x()
    first, second = tg.tanh(a), tg.sin(a)
    graph = tg.Graph({"y": first + second})
    with pytest.raises(GraphError, match="would need its own result"):
        graph.substitute({first: tg.exp(second), second: tg.exp(first)})


def test_replacements_in_a_circle_are_found():
    a = x()
    first, second = tg.tanh(a), tg.sin(a)
    for new in ({first: second, second: first}, {first: first}):
        with pytest.raises(GraphError, match="round in a circle"):
            tg.Graph({"y": first}).substitute(new)


def test_a_loop_among_nodes_that_are_not_used_is_no_loop():
    a = x()
    first, aside = tg.tanh(a), tg.cos(a)
    graph = tg.Graph({"y": first}).substitute({aside: tg.exp(aside)})
    assert graph.outputs["y"] is first


def test_a_replacement_used_by_many_is_built_once():
    a = x()
    inner = tg.tanh(a)
    uses = [tg.exp(inner) + tg.sin(inner) for _ in range(10)]
    new = tg.Graph({"y": tg.add_n(*uses)}).substitute({a: tg.input("other", (2, 3))})
    assert new.count()["tanh"] == 1


def test_substitute_tells_an_order_that_can_be_run():
    a, b = x(), tg.input("b", (2, 3))
    first, second = tg.tanh(a), tg.sin(b)
    used_twice = first * second
    graph = tg.Graph({"y": used_twice + tg.exp(first), "z": second}, {})
    new = graph.substitute({first: tg.cos(second + b), second: tg.abs(b)})
    place = {node: step for step, node in enumerate(new.nodes)}
    assert all(place[source] < place[node] for node in new.nodes for source in node.inputs)
    assert place.keys() == set(tg.toposort(new.roots))
    assert len(new.nodes) == 7


def test_what_a_replacement_needs_early_is_built_once():
    a = x()
    first, second = tg.tanh(a), tg.sin(a)
    late = tg.exp(second)
    new = tg.Graph({"y": first, "z": late * 2.0}).substitute({first: tg.abs(late), second: tg.cos(a)})
    assert new.outputs["y"].inputs[0] is new.outputs["z"].inputs[0]
    assert new.count() == {"abs": 1, "constant": 1, "cos": 1, "exp": 1, "input": 1, "multiply": 1}


def test_a_replacement_may_need_what_nothing_else_does_any_more():
    a = x()
    first, second = tg.tanh(a), tg.sin(a)
    late = tg.exp(second)
    new = tg.Graph({"y": first, "z": late}).substitute({first: tg.abs(second), late: tg.cos(a)})
    assert new.count() == {"abs": 1, "cos": 1, "input": 1, "sin": 1}
    assert set(new.nodes) == set(tg.toposort(new.roots))
