"""shares: an elementwise result that is used in slices is computed in them."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import Graph
from tinygraph.rewrites.shares import shares

x, y, b = tg.input("x", (4, 6)), tg.input("y", (4, 6)), tg.input("b", (6,))
z = x * y + b


def values(graph):
    random = np.random.default_rng(0)
    feeds = {leaf.name: random.normal(size=leaf.shape) for leaf in (x, y, b)}
    function = tg.compile(graph.outputs, rewrite=False)
    return function(**{name: feeds[name] for name in function.inputs})


def widest(graph):
    return max(node.shape[-1] for node in graph.nodes if node.op.name in ("multiply", "add"))


SHARED = {
    "halves": {"a": z[:, :3], "b": z[:, 3:]},
    "one part": {"a": z[:, 1:3]},
    "with a gap": {"a": z[:, :2], "b": z[:, 3:]},
    "used twice": {"a": tg.sin(z[:, :2]) * z[:, :2], "b": z[:, 2:]},
    "with a column and a number": {"a": (tg.sin(z) * x[:, :1] * 2.0)[:, :2]},
}
LEFT_ALONE = {
    "overlapping": {"a": z[:, :4], "b": z[:, 3:]},
    "wanted whole": {"a": z[:, :3], "b": z},
    "used whole": {"a": z[:, :3], "b": tg.sum(z)},
    "rows": {"a": z[:2], "b": z[2:]},
    "with steps": {"a": z[:, ::2], "b": z[:, 1::2]},
    "a corner": {"a": z[:2, :3]},
    "all of a scalar": {"a": tg.sin(tg.sin(tg.input("s", ()))[...])},
    "no elementwise result": {"a": tg.softmax(x)[:, :3]},
}


@pytest.mark.parametrize("named", SHARED.values(), ids=SHARED)
def test_shares_are_computed_apart(named):
    graph = Graph(named)
    rewritten = shares(graph)
    assert widest(rewritten) < 6
    for name, value in values(graph).items():
        np.testing.assert_array_equal(values(rewritten)[name], value)


@pytest.mark.parametrize("named", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_a_near_miss_is_left_alone(named):
    graph = Graph(named)
    assert shares(graph) is graph


def test_slices_of_one_input_are_made_once():
    steps = [(tg.sin(x) @ tg.input("w", (6, 6)) + b)[:, k : k + 2] for k in (0, 2) for _ in range(5)]
    assert shares(Graph({str(k): step for k, step in enumerate(steps)})).count()["slice"] <= 12


def test_a_slice_of_a_number_is_left_alone():
    graph = tg.Graph({"y": tg.tanh(tg.sin(tg.input("x", ()))[()])})
    assert shares(graph) is graph
