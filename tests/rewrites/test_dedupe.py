"""dedupe: the same operation on the same inputs is one node."""

import numpy as np
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.dedupe import dedupe

X, Y = tg.input("x", (2, 3), dtype="float64"), tg.input("y", (2, 3), dtype="float64")


def test_equal_values_are_computed_once():
    outputs = {str(k): tg.tanh(X * 2.0) + tg.transpose(tg.transpose(Y)) for k in range(3)}
    graph = tg.Graph(outputs)
    rewritten = dedupe(graph)
    assert rewritten.count() == {
        "add": 1,
        "constant": 1,
        "input": 2,
        "multiply": 1,
        "tanh": 1,
        "transpose": 2,
    }
    check_kept(graph, rewritten)


def test_equal_constants_are_one():
    graph = tg.Graph({"a": X + tg.zeros((2, 3), "float64"), "b": Y + tg.zeros((2, 3), "float64")})
    assert dedupe(graph).count() == {"add": 2, "constant": 1, "input": 2}


def test_a_near_miss_is_left_alone():
    zeros = tg.full((2, 3), 0.0, dtype="float64"), tg.full((2, 3), -0.0, dtype="float64")
    for one, other in [
        (X - Y, Y - X),
        (tg.sum(X, axis=0), tg.sum(X, axis=-1)),
        (X[0], X[1]),
        (X[0:1], X[0:2]),
        (tg.clip(X, 0.0, 1.0), tg.clip(X, -0.0, 1.0)),
        (X / zeros[0], X / zeros[1]),
        (tg.uniform(tg.counter("a"), (2,), seed=1), tg.uniform(tg.counter("b"), (2,), seed=1)),
    ]:
        graph = tg.Graph({"one": one, "other": other})
        assert dedupe(graph) is graph


def test_updates_are_kept():
    w, v = tg.param("w", np.ones(2)), tg.param("v", np.ones(2))
    graph = tg.Graph({"y": w * v}, {w: w * v, v: w * v})
    rewritten = dedupe(graph)
    assert rewritten.updates[w] is rewritten.updates[v] is rewritten.outputs["y"]
    step = tg.compile({"y": w * v}, {w: w * v + 1.0, v: w * v + 1.0})
    step()
    assert w.value.tolist() == v.value.tolist() == [2.0, 2.0]
