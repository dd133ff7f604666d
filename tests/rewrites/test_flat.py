"""flat: an optimizer does to its whole state at once what it does alike to the part of each parameter."""

import numpy as np
import pytest
from nn.test_optimizers import EXTRAS, KINDS, made

import tinygraph as tg
from tinygraph.graph import Graph
from tinygraph.nn.optimizers import SGD, Adam, Optimizer
from tinygraph.ops.leaf import Part
from tinygraph.rewrites import flat as module, passes
from tinygraph.rewrites.flat import flat

SHAPES = (3, 2), (2,), (2, 1), (1,)
MOMENTUM = {"momentum": 0.5}


def trained(optimizer, shapes=SHAPES, dtype=None):
    """Parameters of these shapes, their gradients, and the updates."""
    random = np.random.default_rng(0)
    weights = [
        tg.param(f"w{k}", random.normal(size=shape), dtype=dtype or "float64")
        for k, shape in enumerate(shapes)
    ]
    slopes = [
        tg.tanh(tg.input(f"g{k}", w.shape, dtype=w.dtype)) * w * float(k + 1) for k, w in enumerate(weights)
    ]
    return weights, slopes, optimizer.updates(weights, slopes)


def ready(updates, **outputs):
    """A graph as the rewrites before leave it: what all updates share is computed once."""
    return passes.rewrite(Graph(outputs, updates))


def feeds(step, run):
    random = np.random.default_rng(run)
    return {name: random.normal(size=leaf.shape) for name, leaf in step.inputs.items()}


def after(optimizer, monkeypatch, rewrites, runs=4):
    """The weights and the optimizer's state after some steps with these rewrites for NumPy."""
    monkeypatch.setattr(passes, "CALLING", rewrites)
    weights, slopes, updates = trained(optimizer)
    finite = tg.all_finite(*slopes, *updates.values())
    step = tg.compile({"finite": finite}, updates=updates, guard="finite", jit_compile=False)
    for run in range(runs):
        given = feeds(step, run)
        if run == 1:
            given["g1"][0] = np.inf  # a step that is not made
            given["g3"][0] = np.nan
        step(**given)
    return [variable.value for variable in (*weights, *optimizer.variables)]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("extra", EXTRAS, ids=str)
def test_the_bits_are_those_of_one_parameter_after_another(kind, extra, monkeypatch):
    together = after(made(kind, **extra), monkeypatch, (flat,))
    alone = after(made(kind, **extra), monkeypatch, ())
    for mine, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != ("SGD", {})], ids=str)
def test_calls_do_not_grow_with_the_parameters(kind):
    """But those do in which a weight itself takes part, which is not laid flat."""

    def calls(shapes):
        graph = ready(trained(made(kind), shapes)[2])
        rewritten = flat(graph)
        assert rewritten is not graph
        return sum(bool(node.inputs and node.op.scalar) for node in rewritten.nodes)

    few, many = calls(SHAPES[:2]), calls(SHAPES)
    assert many - few == 2 * (4 + ("AdamW" in kind))  # three of the gradient, and w - step


def test_gradients_are_written_side_by_side():
    weights, _, updates = trained(Adam())
    step = tg.compile({}, updates=updates, jit_compile=False)
    assert not any(step.plan.joined.values())
    assert step.plan.copies == []
    assert {leaf.label for leaf in step.plan.donated.values()} == {
        *(w.label for w in weights),
        *(f"optimizer/adam/{name}" for name in ("momentum", "velocity", "iterations")),
    }


def test_a_guard_looks_at_the_whole():
    _, slopes, updates = trained(Adam())
    graph = ready(updates, finite=tg.all_finite(*slopes, *updates.values()))
    seen = flat(graph).outputs["finite"].inputs
    # The gradients, both moments, the weights, and the counter.
    assert len(seen) == 1 + 2 + len(SHAPES) + 1


def test_each_float_type_has_a_whole():
    optimizer = SGD(0.1, **MOMENTUM)
    weights = [
        tg.param(f"{dtype}{k}", [1.0, 2.0], dtype=dtype) for k in range(2) for dtype in ("float32", "float64")
    ]
    updates = optimizer.updates(weights, [tg.tanh(w) for w in weights])
    assert len(flat(ready(updates)).updates) == 2 + len(weights) + 1


class Normed(Optimizer):
    """What it does is not done element by element."""

    def slots(self):
        return {"m": 0.0}

    def update(self, w, g, slots, learning_rate):
        m = tg.softmax(slots["m"]) + g
        return w - m, {"m": m}


def near_misses():
    whole = trained(SGD(0.1, **MOMENTUM))[2]
    part = next(leaf for leaf in whole if leaf.name == "momentum")
    yield "a part is read by itself", ready(whole, part=part * 2.0)
    yield "a part is not updated", ready({leaf: node for leaf, node in whole.items() if leaf is not part})
    yield "a part is updated otherwise", ready(whole | {part: tg.sin(part)})
    yield "one parameter", ready(trained(SGD(0.1, **MOMENTUM), SHAPES[:1])[2])
    yield "no state", ready(trained(SGD(0.1))[2])
    yield "not element by element", ready(trained(Normed(), [(2,), (2,)])[2])
    optimizer = SGD(0.1, **MOMENTUM)
    optimizer.build([tg.param(name, [1.0, 2.0]) for name in "wv"])
    first, second = optimizer.variables[-2:]
    x, y = tg.input("x", (2,)), tg.input("y", (2,))
    yield "inputs would be copied", ready({first: first * 0.5 + x, second: second * 0.5 + y})
    new = first * 0.5 + tg.tanh(x)
    yield "one needs what is new of another", ready({first: new, second: second * 0.5 + tg.softmax(new)})


@pytest.mark.parametrize("why", [why for why, _ in near_misses()])
def test_near_misses_are_left_alone(why):
    graph = dict(near_misses())[why]
    assert flat(graph) is graph


def test_large_parameters_are_left_alone(monkeypatch):
    graph = ready(trained(Adam())[2])
    assert flat(graph) is not graph
    monkeypatch.setattr(module, "LARGEST", sum(np.prod(shape) for shape in SHAPES) - 1)
    assert flat(graph) is graph


def stepped(rewrite, optimizer, weights, slopes):
    """The weights and the state after a step."""
    updates = ready(optimizer.updates(weights, slopes)).updates
    step = tg.compile({}, updates=rewrite(Graph({}, updates)).updates, rewrite=False)
    step(**feeds(step, len(weights)))
    return [variable.value for variable in (*weights, *optimizer.variables)]


def test_some_parameters_may_rest():
    """A model of which layers are frozen has programs of all of the state, and of some of it."""
    both = []
    for rewrite in (flat, lambda graph: graph):
        optimizer = Adam(0.1)
        weights, slopes, _ = trained(optimizer)
        both.append([stepped(rewrite, optimizer, weights[:n], slopes[:n]) for n in (4, 2, 4, 3)])
    for mine, other in zip(*both, strict=True):
        for values in zip(mine, other, strict=True):
            np.testing.assert_array_equal(*values)


def test_a_gradient_of_two_parameters():
    """The biases of a layer may share theirs."""
    both = []
    for rewrite in (flat, lambda graph: graph):
        weights = [tg.param(f"w{k}", [1.0, 2.0], dtype="float64") for k in range(3)]
        shared, other = (tg.tanh(tg.sin(w)) for w in weights[:2])
        both.append(stepped(rewrite, Adam(0.1), weights, [shared, shared, other]))
    for values in zip(*both, strict=True):
        np.testing.assert_array_equal(*values)


def test_what_mixes_two_parts_is_left_alone():
    whole = tg.param("whole", np.arange(4.0), dtype="float64")
    first, second = (Part(whole, slice(k, k + 2), (2,), f"part{k}") for k in (0, 2))
    step = tg.compile(tg.sum(first), updates={first: first + second, second: second * 2.0})
    step()
    np.testing.assert_array_equal(whole.value, [2.0, 4.0, 4.0, 6.0])


def test_what_meets_two_things_alike():
    sums = {}
    for rewrite in (True, False):
        whole = tg.param("whole", np.arange(4.0), dtype="float64")
        parts = [Part(whole, slice(k, k + 2), (2,), f"part{k}") for k in (0, 2)]
        slopes = [[tg.input(f"{name}{k}", (2,), dtype="float64") for name in "gh"] for k in range(2)]
        updates = {
            part: (part + tg.exp(g)) * (part + tg.exp(h)) for part, (g, h) in zip(parts, slopes, strict=True)
        }
        step = tg.compile({"sum": tg.sum(slopes[0][0])}, updates=updates, rewrite=rewrite)
        step(**{name: np.arange(2.0) + k for k, name in enumerate(step.inputs)})
        sums[rewrite] = whole.value
    np.testing.assert_array_equal(sums[True], sums[False])
