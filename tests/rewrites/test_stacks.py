"""stacks: what steps do alike, and apart, is done to all of them in one call."""

import numpy as np
import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.plan import plan
from tinygraph.rewrites import stacks as module
from tinygraph.rewrites.stacks import stacks

STEPS, UNITS = 4, 3
U = tg.param("u", np.random.default_rng(0).normal(size=(UNITS, 2 * UNITS)), dtype="float64")
H = tg.input("h", (2, UNITS), dtype="float64")


def states(kernel=U, h=H):
    """Steps of a recurrence: for each the two halves of what it computes."""
    found = []
    for _ in range(STEPS):
        z = tg.tanh(h @ kernel)
        a, b = z[:, :UNITS], z[:, UNITS:]
        h = a * b + 1.0
        found.append((z, a, b, h))
    return found


def named(nodes):
    return tg.Graph({str(k): node for k, node in enumerate(nodes)})


def check_stacked(graph, before, after):
    """The operations counted are as few as said, nothing is copied, and values are kept."""
    rewritten = stacks(graph)
    counts, stacked = graph.count(), rewritten.count()
    assert {name: counts[name] for name in before} == before
    assert {name: stacked[name] for name in after} == after
    assert not any(plan(rewritten).joined.values())
    check_kept(graph, rewritten)


def test_slopes_of_all_steps_are_one_call():
    graph = named(tg.exp(1.0 - z * z) for z, *_ in states())
    before = {"multiply": 2 * STEPS - 1, "subtract": STEPS, "exp": STEPS}
    check_stacked(graph, before, {"multiply": STEPS, "subtract": 1, "exp": 1})


def test_the_same_columns_of_several_arrays_are_columns_of_the_stack():
    graph = named(f * (1.0 - part) for _, a, b, _ in states() for f, part in ((a, b), (b, a)))
    rewritten = stacks(graph)
    assert rewritten.count()["subtract"] == 2
    assert rewritten.count()["concat"] == 1
    check_stacked(graph, {"subtract": 2 * STEPS}, {"subtract": 2})


def test_the_same_value_twice_is_no_stack():
    x = tg.input("x", (1, 1))
    graph = named([tg.tanh(x), tg.tanh(x)])
    assert stacks(graph) is graph


def test_what_differs_in_its_inputs_inputs_is_told_apart():
    graph = named(tg.exp(tg.sin(part)) for _, a, b, _ in states() for part in (a, b))
    check_stacked(graph, {"exp": 2 * STEPS, "sin": 2 * STEPS}, {"exp": 2, "sin": 2})


@pytest.mark.parametrize("backwards", [False, True])
def test_steps_stand_in_the_order_in_which_they_are_computed(backwards):
    found = states()
    nodes = [1.0 - z for z, *_ in found]
    graph = named([*nodes[::-1], nodes[0]] if backwards else nodes)
    (whole,) = [node for node in stacks(graph).nodes if node.op is tg.concat]
    place = {node: step for step, node in enumerate(stacks(graph).nodes)}
    assert sorted(whole.inputs, key=place.__getitem__) == list(whole.inputs)


def test_rows_that_are_joined_already_are_taken_as_they_are():
    found = states()
    joined = tg.concat([h for *_, h in found], axis=0)
    graph = named([tg.sum(joined), *(tg.exp(h) for *_, h in found[1:3])])
    rewritten = stacks(graph)
    assert rewritten.count()["concat"] == 1
    assert rewritten.count()["exp"] == 1
    check_kept(graph, rewritten)


def test_rows_of_one_array_need_no_stack():
    x = tg.input("x", (STEPS, 2, UNITS), dtype="float64")
    check_stacked(named(tg.exp(x[t] * 2.0) for t in range(STEPS)), {"exp": STEPS}, {"exp": 1, "input": 1})


def test_a_row_for_all_is_not_stacked():
    bias = tg.input("b", (UNITS,), dtype="float64")
    check_stacked(named((z[:, :UNITS] + bias) for z, *_ in states()), {"add": 2 * STEPS - 1}, {"add": STEPS})


def test_near_misses_are_left_alone():
    found = states()
    inputs = [tg.input(f"x{t}", (2, UNITS), dtype="float64") for t in range(STEPS)]
    for nodes in (
        [h for *_, h in found],  # each needs the one before
        [tg.exp(x) for x in inputs],  # would have to be copied, as what follows
        [tg.exp(tg.transpose(h)) for *_, h in found],
        [tg.concat([h for *_, h in found], axis=1), *(tg.exp(h) for *_, h in found)],
        [f(h) for (*_, h), f in zip(found, (tg.exp, tg.sin, tg.cos, tg.log), strict=True)],
        [tg.clip(h, -1.0, float(k)) for k, (*_, h) in enumerate(found)],
        [h + x for (*_, h), x in zip(found, inputs, strict=True)],
        [h * H for *_, h in found],  # H would have to be repeated
        [tg.exp(tg.sum(h)) for *_, h in found],  # numbers have no rows
        [tg.exp(z[:, t : t + 3][:, :2][:, :1]) for t, (z, *_) in enumerate(found[:3])],
        [tg.exp(tg.sum(h)[()]) for *_, h in found],
        [tg.exp(found[0][0])],
        [tg.exp(row[:, :2]) for row in [tg.tanh(H[:1])] * STEPS],  # a row that is the same for all
    ):
        graph = named(nodes)
        assert stacks(graph) is graph


def test_large_values_are_left_alone(monkeypatch):
    graph = named(1.0 - z for z, *_ in states())
    monkeypatch.setattr(module, "LARGEST", 4 * UNITS - 1)
    assert stacks(graph) is graph
    monkeypatch.setattr(module, "LARGEST", 4 * UNITS)
    assert stacks(graph).count()["subtract"] == 1


def test_new_values_of_parameters_are_left_alone():
    found = states()
    weights = [tg.param(f"w{t}", np.zeros((2, UNITS)), dtype="float64") for t in range(STEPS)]
    graph = tg.Graph({}, {w: tg.exp(h) for w, (*_, h) in zip(weights, found, strict=True)})
    assert stacks(graph) is graph


def test_layers_are_told_apart():
    nodes = []
    for name in ("one", "two"):
        v = tg.param(name, np.ones((UNITS, 2 * UNITS)), dtype="float64")
        for t, (z, *_) in enumerate(states(v)):
            with tg.scope(name), tg.scope(f"t{t}"):
                nodes.append(1.0 - z)
    check_stacked(named(nodes), {"subtract": 2 * STEPS}, {"subtract": 2})


def test_a_stack_is_linear_in_the_number_of_steps():
    h, nodes = H, []
    for _ in range(3000):
        h = tg.tanh(h @ tg.constant(np.ones((UNITS, UNITS))))
        nodes.append(1.0 - h * h)
    rewritten = stacks(tg.Graph({"y": tg.add_n(nodes)}))
    assert rewritten.count()["subtract"] == 1


def test_what_takes_inputs_of_one_shape_is_not_given_one_row_for_all():
    x, row = tg.input("x", (4, 3), dtype="float64"), tg.tanh(tg.input("row", (1, 3), dtype="float64"))
    graph = named([tg.add_n(tg.sin(x[t : t + 1]), row) for t in range(4)])
    check_kept(graph, stacks(graph))


def test_what_is_joined_with_something_later_is_not_taken_from_there():
    x = tg.input("x", (2, 3), dtype="float64")
    first, second = (tg.softmax(x[t : t + 1]) for t in range(2))
    slopes = [tg.tanh(first), tg.tanh(second)]
    joined = tg.concat([first, second, tg.softmax(slopes[0] * slopes[1])])
    check_kept(named([joined]), stacks(named([joined])))
