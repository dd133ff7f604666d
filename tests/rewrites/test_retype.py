"""retype: a graph in another precision, with parameters of their own. (Values: tests/test_compile.py.)"""

from __future__ import annotations

import numpy as np

import tinygraph as tg
from tinygraph import Graph
from tinygraph.rewrites.retype import retype

DOUBLE = np.dtype("float64")


def test_floats_change_and_the_rest_stays():
    x, ids = tg.input("x", (4, 2)), tg.input("ids", (3,), "int64")
    graph = retype(Graph({"y": tg.gather(x, ids), "best": tg.argmax(x), "mask": x > 0.5}), DOUBLE)
    assert {name: node.dtype.name for name, node in graph.outputs.items()} == {
        "y": "float64",
        "best": "int64",
        "mask": "bool",
    }
    assert ids in graph.leaves


def test_a_float_that_is_asked_for_by_name_changes_too():
    ids = tg.input("ids", (3,), "int64")
    outputs = {"hot": tg.one_hot(ids, 4), "cast": tg.cast(ids, "float32"), "kept": tg.cast(ids, "int32")}
    graph = retype(Graph(outputs), DOUBLE)
    assert [node.dtype.name for node in graph.outputs.values()] == ["float64", "float64", "int32"]


def test_a_float_that_is_made_of_whole_numbers_changes_too():
    ids = tg.input("ids", (3,), "int64")
    graph = retype(Graph({"mean": tg.mean(ids), "ratio": ids / 3, "exp": tg.exp(ids)}), DOUBLE)
    assert all(node.dtype == DOUBLE for node in graph.outputs.values())
    result = tg.compile(graph.outputs)(ids=[1, 2, 5])
    np.testing.assert_array_equal(result["ratio"], np.array([1, 2, 5]) / 3)


def test_parameters_are_cast_on_the_way_in_and_out():
    w = tg.param("w", [1.0, 2.0])
    graph = retype(Graph({"y": w * 2.0}, {w: w * 0.5}), DOUBLE)
    assert w in graph.leaves
    assert graph.updates[w].dtype == w.dtype
    assert graph.updates[w].op is tg.cast


def test_scopes_and_names_stay():
    with tg.scope("dense"):
        y = tg.tanh(tg.constant(np.ones(2), name="bias"))
    new = retype(Graph({"y": y}), DOUBLE).outputs["y"]
    assert (new.scope, new.inputs[0].label) == ("dense", "dense/bias")


def test_a_constant_of_one_number_stays_small():
    new = retype(Graph({"y": tg.tanh(tg.full((100, 100), 0.1))}), DOUBLE).outputs["y"].inputs[0]
    assert new.attrs["value"].strides == (0, 0)
    assert new.attrs["value"][0, 0] == 0.1  # with the digits that float32 does not have


def test_a_graph_in_its_own_precision_is_kept_in_meaning():
    x = tg.input("x", (3,))
    graph = Graph({"y": tg.softmax(x * 0.3)})
    new = retype(graph, np.dtype("float32"))
    assert new.count() == graph.count()
    assert x in new.leaves
