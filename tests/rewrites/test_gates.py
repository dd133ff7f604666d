"""gates: sigmoids and tanhs of all columns of an array are one tanh, its scale part of the weights."""

import numpy as np
import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.gates import gates

Z = tg.input("z", (2, 8), dtype="float64")
ACTIVATIONS = (tg.sigmoid, tg.sigmoid, tg.tanh, tg.sigmoid)


def activated(z, activations=ACTIVATIONS):
    return [f(part) for f, part in zip(activations, tg.split(z, len(activations), axis=-1), strict=True)]


def named(nodes):
    return tg.Graph({str(k): node for k, node in enumerate(nodes)})


def recurrence(steps=4, dtype="float64", activation=tg.tanh):
    """Steps of a cell with four gates, its weights parameters."""
    random = np.random.default_rng(0)
    w, u, b = (
        tg.param(name, random.normal(size=shape), dtype=dtype)
        for name, shape in [("w", (3, 8)), ("u", (2, 8)), ("b", (8,))]
    )
    x, h = tg.input("x", (steps, 2, 3), dtype=dtype), tg.input("h", (2, 2), dtype=dtype)
    rows = tg.reshape(x, shape=(-1, 3)) @ w + b
    outputs = []
    for t in range(steps):
        z = rows[2 * t : 2 * t + 2] + h @ u
        i, f, g, o = activated(z, (tg.sigmoid, tg.sigmoid, activation, tg.sigmoid))
        h = o * tg.tanh(f * h + i * g)
        outputs.append(h)
    return named(outputs), (w, u, b)


def test_all_gates_take_one_tanh():
    graph = named(activated(Z))
    rewritten = gates(graph)
    assert rewritten.count()["tanh"] == 1
    assert "sigmoid" not in rewritten.count()
    check_kept(graph, rewritten)


def test_any_axes_may_stand_before_the_columns_and_any_order_of_gates():
    z = tg.input("z", (2, 3, 4), dtype="float64")
    graph = named(activated(z, (tg.sigmoid, tg.tanh))[::-1])
    rewritten = gates(graph)
    assert rewritten.count()["tanh"] == 1
    check_kept(graph, rewritten)


def test_near_misses_are_left_alone():
    i, f, g, o = tg.split(Z, 4, axis=1)
    for nodes in (
        [tg.sigmoid(Z)],
        [tg.sigmoid(Z[:, 0:8])],
        [tg.sigmoid(i), tg.relu(f), tg.relu(g), tg.relu(o)],
        [tg.sigmoid(Z[:, 0:1]), tg.sigmoid(Z[:, 1:3])],
        [tg.sigmoid(Z), tg.tanh(Z)],
        [tg.sigmoid(tg.sum(Z)[()]), tg.tanh(Z[()])],
        [tg.tanh(i), tg.tanh(f), tg.tanh(g), tg.tanh(o)],
        [tg.sigmoid(Z[:, 0:5]), tg.tanh(Z[:, 4:8])],
        [tg.sigmoid(Z[0:1]), tg.tanh(Z[1:2])],
        [tg.sigmoid(Z[:, 0:8:2]), tg.tanh(Z[:, 1:8:2])],
        activated(tg.cast(Z, "int64")),
        [1.0 / tg.sigmoid(i), tg.tanh(f), tg.tanh(g), tg.tanh(o)],
    ):
        graph = named(nodes)
        assert gates(graph) is graph


def test_columns_of_another_activation_are_left_as_they_are():
    i, f, g, o = tg.split(Z, 4, axis=1)
    graph = named([tg.sigmoid(i), tg.sigmoid(f), tg.relu(g), tg.sigmoid(o)])
    rewritten = gates(graph)
    assert rewritten.count()["tanh"] == 1
    assert "sigmoid" not in rewritten.count()
    check_kept(graph, rewritten)


@pytest.mark.parametrize("activation", [tg.tanh, tg.relu])
def test_the_scale_goes_into_the_weights_once(activation):
    graph, weights = recurrence(activation=activation)
    rewritten = gates(graph)
    scaled = [node for node in rewritten.nodes if node.op is tg.multiply and node.inputs[0] in weights]
    assert {node.inputs[0] for node in scaled} == set(weights)
    assert len(scaled) == 3
    assert rewritten.count()["matmul"] == graph.count()["matmul"]
    check_kept(graph, rewritten)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scaled_weights_do_not_change_a_bit(dtype):
    graph, (_w, _u, _b) = recurrence(dtype=dtype)
    rewritten = gates(graph)
    (z, s) = next(n.inputs[0] for n in rewritten.nodes if n.op is tg.tanh and n.shape == (2, 8)), [0.5] * 8
    s[4:6] = [1.0, 1.0]
    before = next(n.inputs[0].inputs[0] for n in graph.nodes if n.op is tg.sigmoid)
    feeds = {"x": np.random.default_rng(1).normal(size=(4, 2, 3)), "h": np.ones((2, 2))}
    made = tg.compile([z, before], rewrite=False)(**feeds)
    np.testing.assert_array_equal(made[0], made[1] * np.array(s, dtype))


def test_a_value_with_other_users_is_not_computed_twice():
    graph, _ = recurrence()
    (rows,) = [node for node in graph.nodes if node.shape == (8, 8) and node.op is tg.add]
    part = graph.outputs["0"].inputs[0].inputs[0]
    for other in (rows, part.inputs[0], part):
        used = tg.Graph({**graph.outputs, "other": tg.exp(other)})
        rewritten = gates(used)
        assert rewritten.count()["matmul"] == used.count()["matmul"]
        assert rewritten.count()["tanh"] == graph.count()["tanh"]
        check_kept(used, rewritten)


def test_arrays_of_other_widths_have_a_scale_of_their_own():
    wider = tg.input("wider", (2, 10), dtype="float64")
    graph = named([f(z[:, k : k + 4]) for z in (Z, wider) for k, f in ((0, tg.sigmoid), (4, tg.tanh))])
    rewritten = gates(graph)
    assert rewritten.count()["tanh"] == 2
    check_kept(graph, rewritten)


def test_a_bias_of_whole_numbers_is_not_scaled():
    w = tg.param("w", np.random.default_rng(0).normal(size=(8, 8)), dtype="float64")
    graph = named(activated(Z @ w + np.arange(8)))
    check_kept(graph, gates(graph))
