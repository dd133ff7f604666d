"""chains: runs of elementwise operations become one call, and no value leaves a call and comes back."""

from __future__ import annotations

import time

import numpy as np
import pytest
from drawn_graphs import graphs
from hypothesis import given, settings

import tinygraph as tg
from tinygraph import Graph, backends
from tinygraph.collector import collector_paused
from tinygraph.ops.fused import fused
from tinygraph.plan import plan
from tinygraph.rewrites.chains import LARGEST, WIDEST, chains
from tinygraph.rewrites.passes import fuse
from tinygraph.run import Program

NUMPY = backends.get("numpy")
x, y = tg.input("x", (4, 6)), tg.input("y", (4, 6))
w = tg.input("w", (6, 6))
s = tg.sin(x)


def regions(graph):
    """How many operations each fused node holds, in order of running."""
    inner = [node.attrs["graph"] for node in graph.nodes if node.op is fused]
    return [sum(bool(node.inputs) for node in g.nodes) for g in inner]


def outputs(graph, feeds):
    program = Program(plan(graph), NUMPY, poison=True)
    program.run({name: value for name, value in feeds.items() if name in program.fed})
    return [program.value(name) for name in graph.outputs]


def check(graph, expected):
    """The regions are as expected, and nothing is computed otherwise."""
    random = np.random.default_rng(0)
    feeds = {leaf.name: random.normal(size=leaf.shape) for leaf in graph.inputs}
    rewritten = chains(graph)
    assert sorted(regions(rewritten)) == sorted(expected)
    for actual, wanted in zip(outputs(rewritten, feeds), outputs(graph, feeds), strict=True):
        np.testing.assert_array_equal(actual, wanted)
    return rewritten


FUSED = {
    "a chain": ({"a": tg.tanh(x * y + 1.0)}, [3]),
    "one operation": ({"a": tg.tanh(x)}, [1]),
    "with an inner value wanted": ({"a": tg.tanh(s), "b": s}, [2]),
    "several results": ({"a": s * y, "b": tg.exp(s)}, [3]),
    "a row": ({"a": tg.tanh(x + tg.input("b", (6,)))}, [2]),
    "a column": ({"a": tg.tanh(x + tg.input("b", (4, 1)))}, [2]),
    "truth": ({"a": tg.where(x > y, tg.sin(x), 0.0)}, [3]),
    "gates": ({"a": tg.concat([tg.sin(x), tg.cos(y), x * y], axis=1)}, [4]),
    "a sum of gradients": ({"a": tg.add_n(x * y, tg.sin(x), y)}, [3]),
    "two shapes": ({"a": tg.sin(x * y), "b": tg.sin(w * w)}, [2, 2]),
    "on both sides of a product": ({"a": tg.sin(tg.sin(tg.sin(tg.sin(x)) @ w))}, [2, 2]),
    "numbers alone": ({"a": tg.sin(tg.zeros((4, 6)) * 2.0)}, [2]),
    "apart": ({"a": tg.tanh(x), "b": tg.sin(y)}, [1, 1]),
    "with a product between": ({"a": tg.tanh(tg.tanh(x) @ w)}, [1, 1]),
    "of another shape": ({"a": x * tg.sum(tg.sin(x))}, [1, 1]),
    "a float as a whole number": ({"a": tg.cast(tg.sin(x), "int64")}, [1]),
    "a concat of rows": ({"a": tg.concat([tg.sin(x), y], axis=0)}, [1]),
    "a concat of unlike shares": ({"a": tg.concat([tg.sin(x), y[:, :2]], axis=1)}, [1]),
    "a sum of too many": ({"a": tg.add_n([tg.sin(x), *[y] * WIDEST])}, [1]),
}
LEFT_ALONE = {
    "a product": {"a": x @ w},
    "a copy alone": {"a": tg.copy(tg.transpose(x))},
    "a concat alone": {"a": tg.concat([x, y], axis=1)},
    "a float as a whole number": {"a": tg.cast(x, "int64")},
    "a sum of too many": {"a": tg.add_n([y] * (WIDEST + 1))},
}


@pytest.mark.parametrize(("named", "expected"), FUSED.values(), ids=FUSED)
def test_elementwise_operations_become_one_call(named, expected):
    check(Graph(named), expected)


@pytest.mark.parametrize("named", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_a_near_miss_is_left_alone(named):
    graph = Graph(named)
    assert chains(graph) is graph


def test_no_value_leaves_a_call_and_comes_back():
    a = tg.sin(x)
    b = tg.cos(a) @ w  # leaves
    check(Graph({"c": tg.tanh(a * y) * b}), [2, 3])


def test_what_only_the_gradient_wants_is_computed_with_the_gradient():
    h = tg.tanh(x * y)
    slope = h * (1.0 - h * h)
    rewritten = check(Graph({"loss": tg.sum(h @ w), "slope": (h @ w) * slope}), [2, 4])
    first = next(node for node in rewritten.nodes if node.op is fused)
    assert len(first.attrs["graph"].outputs) == 1


def test_steps_that_are_alike_share_one_graph():
    h = x
    for _ in range(5):
        h = tg.tanh(h @ w + y) * 2.0
    inner = [node.attrs["graph"] for node in chains(Graph({"h": h})).nodes if node.op is fused]
    assert len(inner) == 5
    assert len(set(map(id, inner))) == 1


def written_over(outputs, updates=None):
    """For each value of the last fused call the input whose place it takes, if any."""
    made = plan(chains(Graph(outputs, updates or {})))
    call = [node for node in made.schedule if node.op is fused][-1]
    places = {made.slots.get(node, node): node for node in call.inputs}
    return [places.get(made.donated.get(part, made.slots.get(part))) for part in made.parts[call]]


def test_a_call_writes_over_what_it_reads_last():
    a, b, p = x @ w, y @ w, tg.param("p", np.ones((4, 6)))
    assert written_over({"a": tg.sin(a) * 2.0}) == [a]
    c = tg.sin(a) * b
    assert written_over({"a": c * 2.0, "b": tg.exp(c)}) == [a, b]
    assert written_over({"a": a}, {p: tg.sin(p) * 0.5}) == [p]


def test_a_call_writes_over_nothing_else():
    a, row, square = x @ w, tg.input("r", (1, 4)) @ x, w @ w
    assert written_over({"a": tg.sin(a) * 2.0, "again": a}) == [None]
    assert written_over({"a": tg.sin(row) + y}) == [None]
    assert written_over({"a": tg.sin(square) + tg.transpose(square)}) == [None]
    p = tg.param("p", np.ones((4, 6)))
    c = tg.sin(p)
    assert written_over({"a": c * 2.0}, {p: c * 0.5}) == [None, None]  # a guard may still say no


def test_a_fused_graph_is_not_differentiated():
    u = tg.param("u", np.ones((4, 6)))
    loss = tg.sum(tg.sin(tg.sin(u)))
    with pytest.raises(tg.GraphError, match="differentiate the graph"):
        tg.gradients(chains(Graph({"loss": loss})).outputs["loss"], [u])


def test_numbers_tell_steps_apart():
    zero = tg.sin(tg.sin(x) * 0.0)
    minus = tg.sin(tg.sin(zero @ w) * -0.0)
    inner = {id(node.attrs["graph"]) for node in chains(Graph({"h": minus})).nodes if node.op is fused}
    assert len(inner) == 2


def test_a_long_chain_becomes_several_calls():
    last = x
    for _ in range(3 * LARGEST):
        last = tg.sin(last) * 1.01
    rewritten = chains(Graph({"last": last}))
    sizes = regions(rewritten)
    assert sum(sizes) == 6 * LARGEST
    assert max(sizes) <= LARGEST


def test_a_training_step_is_two_calls_a_time_step():
    from tinygraph.nn import LSTM, Dense, Sequential

    counts = {}
    for steps in (10, 20):
        model = Sequential([LSTM(8, input_shape=(steps, 3)), Dense(1)])
        model.compile("adam", "mse")
        data = np.ones((4, steps, 3)), np.ones((4, 1))
        model.train_on_batch(*data)
        (function, _) = next(iter(model.steps.latest.kept.values()))
        counts[steps] = fuse(function.graph).count()["fused"]
    assert counts[20] - counts[10] == 20


@settings(max_examples=200)
@given(graphs())
def test_drawn_graphs_keep_their_values(drawn):
    graph = tg.compile(drawn.outputs, drawn.updates, rewrite=False).graph
    start = [w.value for w in drawn.parameters]
    found = []
    for each in (graph, fuse(graph)):
        program = Program(plan(each), NUMPY, poison=True)
        feeds = {name: value for name, value in drawn.feeds.items() if name in program.fed}
        values = []
        for _ in range(2):
            program.run(feeds)
            values += [program.value(name) for name in each.outputs] + [w.value for w in drawn.parameters]
        found.append(values)
        for parameter, value in zip(drawn.parameters, start, strict=True):
            parameter.assign(value)
    for plain, fewer in zip(*found, strict=True):
        np.testing.assert_array_equal(fewer, plain)


@collector_paused()
def seconds(steps):
    h, b = tg.input("h", (1, 4)), tg.input("b", (4,))
    u = tg.input("u", (4, 4))
    for _ in range(steps):
        h = tg.tanh(h @ u + b) * 0.5 + h
    wide = [tg.sin(h) for _ in range(steps)]
    graph = Graph({"h": h, "wide": tg.concat(wide, axis=0)})
    _ = graph.nodes
    start = time.perf_counter()
    fuse(graph)
    return time.perf_counter() - start


def test_time_is_linear():
    few = min(seconds(2_000) for _ in range(3))
    assert min(seconds(8_000) for _ in range(2)) < 10 * few
