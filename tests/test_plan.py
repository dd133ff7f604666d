"""The planner: whatever the graph, values do not overlap while they live, and sharing changes no bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from drawn_graphs import Drawn, graphs
from hypothesis import given, settings, strategies as st

import tinygraph as tg
from tinygraph import Graph, Node, backends
from tinygraph.plan import Plan, _Arena, nbytes, plan
from tinygraph.run import Program

NUMPY = backends.get("numpy")


def full_graph(outputs: Any, updates: Mapping | None = None) -> Graph:
    """The graph as `compile` hands it to the planner."""
    return tg.compile(outputs, updates, rewrite=False).graph


def planned(outputs: Any, updates: Mapping | None = None, reuse: bool = True) -> Plan:
    return plan(full_graph(outputs, updates), reuse=reuse)


def run_thrice(graph: Graph, feeds: Mapping[str, np.ndarray], reuse: bool) -> list[np.ndarray]:
    """Every output and every parameter after each of three runs, from the same start."""
    parameters = [leaf for leaf in graph.leaves if isinstance(leaf, tg.Parameter)]
    start = [w.value for w in parameters]
    program = Program(plan(graph, reuse=reuse), NUMPY, poison=True)
    feeds = {name: value for name, value in feeds.items() if name in program.fed}
    found = []
    for _ in range(3):
        assert program.run(feeds)
        found += [program.value(name) for name in graph.outputs]
        found += [w.value for w in parameters]
    for w, value in zip(parameters, start, strict=True):
        w.assign(value)
    return found


def interpreted(graph: Graph, feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """The same, by computing every node into an array of its own: no plan, no executor."""
    parameters = [leaf for leaf in graph.leaves if isinstance(leaf, tg.Parameter)]
    held = {w: w.value for w in parameters}
    found = []
    for _ in range(3):
        values: dict[Node, np.ndarray] = {}
        for node in graph.nodes:
            if node in held:
                values[node] = held[node]
            elif not node.inputs:
                values[node] = feeds[node.name] if node.name in feeds else node.attrs["value"]
            else:
                values[node] = np.empty(node.shape, node.dtype)
                node.op.kernel(np, *(values[s] for s in node.inputs), out=values[node], **node.attrs)
        found += [values[node] for node in graph.outputs.values()]
        held = {w: values[graph.updates[w]] if w in graph.updates else held[w] for w in parameters}
        found += [held[w] for w in parameters]
    return found


def check_no_overlap(graph: Graph, reuse: bool = True) -> None:
    """Work out from the graph and the bound arrays alone who may stand where; see what stands there."""
    made = plan(graph, reuse=reuse)
    program = Program(made, NUMPY)
    end = len(made.schedule)
    step_of = {node: step for step, node in enumerate(made.schedule)}
    computed = made.slots.keys() | made.donated.keys() | made.within.keys()
    writes = {node: step_of[node] for node in made.schedule if node in computed}
    written = {**dict.fromkeys(program.parameters, -1), **writes}  # parameters hold a value at the start
    last = dict.fromkeys(written, -1)
    for reader, step in [*step_of.items(), *((root, end) for root in graph.roots)]:
        for source in reader.inputs if step < end else (reader,):
            if reader not in made.views or step == end:
                owner = behind(source, made)
                if owner in last:
                    last[owner] = max(last[owner], step)
    for node in made.within:  # who reads the whole reads what is written into it
        last[node] = max(last[whole] for whole in (node, *wholes(node, made)))
    for a in written:
        for b in writes:
            joined = a in wholes(b, made) or b in wholes(a, made)
            if a is b or joined or written[a] > written[b] or not touch(program, a, b):
                continue
            assert last[a] <= writes[b], f"{b!r} overwrites {a!r}, which is read later"
            if last[a] == writes[b]:
                check_in_place(program, made, a, b)


def behind(node: Node, made: Plan) -> Node:
    """The node whose memory a view shows."""
    while node in made.views:
        node = node.inputs[0]
    return node


def wholes(node: Node, made: Plan) -> list[Node]:
    """The values that a node is written into, from the inside out."""
    found = []
    while node in made.within:
        node, _ = made.within[node]
        found.append(node)
    return found


def touch(program: Program, a: Node, b: Node) -> bool:
    x, y = program.arrays[a], program.arrays[b]
    return bool(np.shares_memory(x, y))


def check_in_place(program: Program, made: Plan, a: Node, b: Node) -> None:
    """``b`` is written over ``a`` while it reads it: only element by element, as its op allows."""
    out = program.arrays[b]
    for place, source in enumerate(b.inputs):
        if behind(source, made) is a:
            assert place < b.op.inplace, f"{b!r} may not write over its input {place}"
            assert memory_of(program.arrays[source]) == memory_of(out), f"{b!r} over part of {a!r}"


def memory_of(array: np.ndarray) -> tuple:
    """Which byte each element stands at: the steps along axes of one element do not matter."""
    steps = [step for step, size in zip(array.strides, array.shape, strict=True) if size != 1]
    return array.ctypes.data, array.shape, steps, array.dtype


def check_commit(graph: Graph) -> None:
    """What the outputs need comes first, and no parameter is written before the end of it."""
    made = plan(graph)
    needed = set(tg.toposort(graph.outputs.values()))
    assert needed == set(made.schedule[: made.commit])
    assert not needed & set(made.donated)
    changed = {*made.donated.values(), *(leaf for _, leaf in made.copies)}
    assert changed == set(graph.updates)
    assert len(made.donated) + len(made.copies) == len(graph.updates)


# -- any graph


@settings(max_examples=150)
@given(drawn=graphs())
def test_sharing_buffers_changes_no_bit(drawn: Drawn):
    graph = full_graph(drawn.outputs, drawn.updates)
    shared, apart = (run_thrice(graph, drawn.feeds, reuse) for reuse in (True, False))
    for one, other in zip(shared, apart, strict=True):
        assert one.tobytes() == other.tobytes()
    for one, other in zip(apart, interpreted(graph, drawn.feeds), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@settings(max_examples=150)
@given(drawn=graphs())
def test_living_values_do_not_overlap(drawn: Drawn):
    graph = full_graph(drawn.outputs, drawn.updates)
    check_no_overlap(graph)
    check_no_overlap(graph, reuse=False)
    check_commit(graph)


@settings(max_examples=60)
@given(drawn=graphs())
def test_a_false_guard_changes_no_parameter(drawn: Drawn):
    step = tg.compile({**drawn.outputs, "ok": tg.constant(False)}, drawn.updates, guard="ok", rewrite=False)
    before = [w.value for w in drawn.parameters]
    step(**{name: drawn.feeds[name] for name in step.inputs})
    for w, value in zip(drawn.parameters, before, strict=True):
        assert w.value.tobytes() == value.tobytes()


@settings(max_examples=40)
@given(drawn=graphs())
def test_sharing_takes_no_more_memory(drawn: Drawn):
    graph = full_graph(drawn.outputs, drawn.updates)
    shared, apart = plan(graph), plan(graph, reuse=False)
    assert shared.arena <= apart.arena == sum(nbytes(node) for node in apart.slots)


# -- graphs that have been wrong somewhere before

X = tg.input("x", (4, 4), "float64")
FEED = {"x": np.random.default_rng(1).normal(size=(4, 4))}


def parameters(count: int) -> list[tg.Parameter]:
    random = np.random.default_rng(count)
    return [tg.param(f"w{i}", random.normal(size=(4, 4)), "float64") for i in range(count)]


def swapped():
    a, b = parameters(2)
    return {"y": a + b}, {a: b, b: a}


def rotated_by_a_view():
    a, b, c = parameters(3)
    return {}, {a: tg.transpose(b), b: tg.transpose(c), c: a}


def updated_by_what_is_an_output():
    (a,) = parameters(1)
    new = a - 0.1 * tg.tanh(a @ X)
    return {"new": new, "view": tg.transpose(new)}, {a: new}


def one_value_for_two():
    a, b = parameters(2)
    new = tg.tanh(a + b)
    return {"y": X * 1.0}, {a: new, b: new}


def old_value_read_after_the_new_one():
    a, b = parameters(2)
    new = a * 0.5
    return {}, {a: new, b: b - new @ a}


def old_value_read_through_a_view():
    a, b = parameters(2)
    turned = tg.transpose(a)
    new = tg.exp(b) * 0.1
    return {}, {a: new, b: b + turned * new}


def update_reads_a_view_of_its_own():
    (a,) = parameters(1)
    return {}, {a: tg.transpose(a) + a}


def update_reads_itself_by_broadcasting():
    (a,) = parameters(1)
    return {}, {a: a[0] * a}


def output_is_an_updated_parameter():
    (a,) = parameters(1)
    return {"old": a, "turned": tg.transpose(a), "row": a[1]}, {a: a * 2.0 + X}


def outputs_are_leaves_views_and_the_same():
    (a,) = parameters(1)
    y = tg.tanh(X)
    return {"x": X, "a": a, "c": tg.constant(FEED["x"]), "y": y, "again": y, "part": y[1:, ::2]}, {}


def sum_of_three_with_one_twice():
    u, v = tg.sin(X), tg.cos(X)
    return {"y": tg.add_n(u, v, u)}, {}


def sum_where_the_third_dies():
    u, v, w = tg.sin(X), tg.cos(X), tg.tanh(X)
    return {"y": tg.add_n(u, v, w), "u": u, "v": v}, {}


def view_outlives_its_source():
    y = tg.tanh(X)
    part = y[1:3]
    z = tg.exp(tg.sin(tg.cos(X)))
    return {"y": part * 2.0, "z": z + tg.exp(z @ z * 1e-3)}, {}


def reshape_of_what_has_gaps():
    y = tg.tanh(X)
    flat = tg.reshape(tg.transpose(y), (16,))
    return {"y": flat + 1.0, "z": tg.reshape(y[:, 1:3], (8,)) * 2.0}, {}


def gaps_seen_through_a_view_of_all():
    turned = tg.transpose(tg.tanh(X))
    return {"y": tg.reshape(turned[...], (16,)) + 1.0, "z": tg.reshape(turned[None], (2, 8)) * 2.0}, {}


def in_place_over_a_view_of_all():
    y = tg.tanh(X)
    return {"y": tg.reshape(y, (16,)) * 2.0}, {}


def in_place_over_half():
    y = tg.tanh(X)
    return {"y": y[:2] * y[2:], "z": y[:2] + 1.0}, {}


def overlapping_windows():
    y = tg.tanh(X)
    return {"y": tg.windows(y, 3) * 2.0}, {}


def joined_in_two_places():
    u, v = tg.sin(X), tg.cos(X)
    one, other = tg.concat([u, v]), tg.concat([v, u, v])
    return {"one": one * 2.0, "other": other, "u": u, "v": v + 1.0}, {}


def joined_and_joined_again():
    rows = [tg.concat([tg.sin(x), tg.cos(x)], axis=1) for x in (X, tg.exp(X))]
    whole = tg.concat(rows)
    return {"y": tg.tanh(whole), "sum": tg.sum(rows[0] * rows[1]), "first": rows[0]}, {}


def joined_in_one_piece_and_in_another_shape():
    y = tg.stack([tg.sin(X), X, tg.reshape(tg.cos(tg.reshape(X, (16,))), (4, 4))])
    return {"y": y, "z": tg.reshape(y, (12, 4)) @ X}, {}


def joined_in_another_shape_and_then_with_gaps():
    rows = tg.concat([tg.reshape(tg.cos(tg.reshape(X, (16,))), (4, 4)), tg.sin(X)])
    return {"y": tg.concat([tg.concat([rows, tg.exp(X)]), tg.tanh(tg.concat([X, X, X]))], axis=1)}, {}


def joined_and_read_before_and_after():
    u = tg.sin(X)
    v = tg.exp(u) * u
    y = tg.concat([u, v, X], axis=1)
    return {"y": y @ tg.concat([X, X, X]), "v": v * v, "z": u - 1.0}, {}


def joined_is_an_update():
    w = tg.param("w", np.ones((2, 4)), dtype="float64")
    halves = [tg.tanh(w[:1]) * 2.0, tg.sin(w[1:])]
    return {"y": w * 1.0}, {w: tg.concat(halves)}


def an_update_is_joined():
    w = tg.param("w", np.ones((4, 4)), dtype="float64")
    new = tg.tanh(w) * 2.0
    return {"y": tg.concat([new, X]) * 1.0}, {w: new}


def nothing_at_all():
    empty = tg.input("empty", (0, 3), "float64")
    return {"y": tg.tanh(empty) + 1.0, "sum": tg.sum(empty, axis=0)}, {}


ODD = [
    swapped,
    rotated_by_a_view,
    updated_by_what_is_an_output,
    one_value_for_two,
    old_value_read_after_the_new_one,
    old_value_read_through_a_view,
    update_reads_a_view_of_its_own,
    update_reads_itself_by_broadcasting,
    output_is_an_updated_parameter,
    outputs_are_leaves_views_and_the_same,
    sum_of_three_with_one_twice,
    sum_where_the_third_dies,
    view_outlives_its_source,
    reshape_of_what_has_gaps,
    gaps_seen_through_a_view_of_all,
    in_place_over_a_view_of_all,
    in_place_over_half,
    overlapping_windows,
    joined_in_two_places,
    joined_and_joined_again,
    joined_in_one_piece_and_in_another_shape,
    joined_in_another_shape_and_then_with_gaps,
    joined_and_read_before_and_after,
    joined_is_an_update,
    an_update_is_joined,
    nothing_at_all,
]


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
def test_odd_graphs(make):
    graph = full_graph(*make())
    feeds = {
        leaf.name: FEED.get(leaf.name, np.zeros(leaf.shape))
        for leaf in graph.leaves
        if leaf.op.name == "input"
    }
    check_no_overlap(graph)
    check_commit(graph)
    shared, apart = (run_thrice(graph, feeds, reuse) for reuse in (True, False))
    for one, other in zip(shared, apart, strict=True):
        assert one.tobytes() == other.tobytes()
    for one, other in zip(apart, interpreted(graph, feeds), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


# -- what sharing gains


def test_a_chain_of_elementwise_calls_takes_one_buffer():
    y = X
    for _ in range(50):
        y = tg.tanh(y)
    assert planned(y).arena == nbytes(y)
    assert planned(y, reuse=False).arena == 50 * nbytes(y)


def test_a_chain_of_products_takes_two_buffers():
    y = X
    for _ in range(50):
        y = y @ X
    assert planned(y).arena == 2 * nbytes(y)


def test_views_take_nothing():
    y = tg.tanh(X)
    assert planned(tg.transpose(y)[1:]).arena == nbytes(y)
    assert planned(tg.transpose(y)[1:]).calls == 1


def test_joining_what_is_computed_takes_no_call_and_no_memory():
    joined = planned(tg.concat([tg.sin(X), tg.cos(X), tg.tanh(X)]))
    apart = planned([tg.sin(X), tg.cos(X), tg.tanh(X)])
    assert joined.calls == apart.calls == 3
    assert joined.arena == apart.arena
    assert planned(tg.concat([tg.sin(X), X])).calls == 2  # what is fed has to be copied
    assert planned(tg.stack([tg.sin(X), tg.cos(X)])).calls == 2
    assert planned(tg.concat([X, X])).calls == 1


def test_a_reshape_of_what_has_gaps_is_a_copy():
    y = tg.reshape(tg.transpose(tg.tanh(X)), (16,))
    assert planned(y).calls == 2


def test_places_are_aligned():
    nodes = [tg.tanh(tg.input(f"x{size}", (size,))) for size in (1, 3, 17, 100)]
    made = planned(nodes)
    assert all(start % 64 == 0 for start in made.slots.values())
    program = Program(made, NUMPY)
    assert all(program.arrays[node].ctypes.data % 64 == 0 for node in made.slots)


# -- the line of bytes


@settings(max_examples=100)
@given(data=st.data())
def test_arena_never_gives_out_a_byte_twice_and_joins_all_gaps(data):
    arena = _Arena()
    held: dict[int, int] = {}
    for _ in range(data.draw(st.integers(1, 40))):
        if held and data.draw(st.booleans()):
            start = data.draw(st.sampled_from(sorted(held)))
            arena.release(start, held.pop(start))
        else:
            size = 64 * data.draw(st.integers(1, 6))
            start = arena.take(size)
            assert start + size <= arena.size
            assert all(start + size <= other or other + held[other] <= start for other in held)
            held[start] = size
    for start, size in held.items():
        arena.release(start, size)
    before = arena.size
    assert arena.take(before) == 0
    assert arena.size == before


def test_the_gap_that_fits_best_is_taken():
    arena = _Arena()
    starts = [arena.take(size) for size in (192, 64, 64, 64, 128)]
    for place, size in ((0, 192), (2, 64)):
        arena.release(starts[place], size)
    assert arena.take(64) == starts[2]
    assert arena.take(128) == starts[0]


def test_a_gap_at_the_end_grows():
    arena = _Arena()
    arena.take(64)
    arena.release(arena.take(64), 64)
    assert (arena.take(256), arena.size) == (64, 320)


# -- donation


def test_a_step_of_descent_is_written_into_the_parameter():
    w = tg.param("w", np.ones((4, 4)), "float64")
    loss = tg.sum(tg.tanh(X @ w))
    (slope,) = tg.gradients(loss, [w])
    made = planned({"loss": loss}, {w: w - 0.1 * slope})
    assert list(made.donated.values()) == [w]
    assert not made.copies
    (new,) = made.donated
    assert new is made.graph.updates[w]


def test_momentum_and_parameter_are_both_donated():
    w, v = tg.param("w", np.ones((4, 4)), "float64"), tg.param("v", np.zeros((4, 4)), "float64")
    loss = tg.sum(tg.tanh(X @ w))
    (slope,) = tg.gradients(loss, [w])
    speed = 0.9 * v - 0.1 * slope
    made = planned({"loss": loss}, {v: speed, w: w + speed})
    assert set(made.donated.values()) == {v, w}
    assert not made.copies


@pytest.mark.parametrize("make", [old_value_read_after_the_new_one, updated_by_what_is_an_output])
def test_no_donation_where_the_old_value_is_needed_or_the_new_one_is_an_output(make):
    outputs, updates = make()
    made = planned(outputs, updates)
    first = next(iter(updates))
    assert first not in made.donated.values()
    assert first in [leaf for _, leaf in made.copies]


def test_counters_are_donated_too():
    step = tg.counter("step")
    made = planned(tg.uniform(step, (3,), seed=1))
    assert list(made.donated.values()) == [step]
    assert not made.copies


def test_freed_slots_are_freed_once():
    drawn = planned(*rotated_by_a_view())
    freed = [node for nodes in drawn.freed for node in nodes]
    assert len(freed) == len(set(freed))
