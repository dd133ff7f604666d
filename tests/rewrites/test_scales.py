"""scales: a factor for each column reaches the weights, or stays where it is."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.rewrites.scales import scaled

S = np.array([0.5, 1.0, 2.0, 0.25])
RANDOM = np.random.default_rng(0)
X, Y = (tg.input(name, (2, 3), dtype="float64") for name in "xy")
W, V, B = (tg.param(n, RANDOM.normal(size=shape)) for n, shape in [("w", (3, 4)), ("v", (3, 2)), ("b", (4,))])
TWICE = X @ V
FED = tg.input("fed", (2, 4), dtype="float64")


def tried(z, *others):
    graph = tg.Graph({"z": z, **{str(k): node for k, node in enumerate(others)}})
    return scaled([z], S, Counter(chain(graph.roots[1:], *(node.inputs for node in graph.nodes))))


@pytest.mark.parametrize(
    "z",
    [
        X @ W,
        X @ W + B,
        B - X @ W,
        tg.add_n(X @ W, -(Y @ W), X @ W + 3.0),
        (X @ W)[1:],
        (X @ W)[None, 0],
        (X @ W)[()],
        tg.reshape(X @ W, shape=(2, 1, 4)),
        tg.concat([X @ W, Y @ W]),
        tg.concat([X @ V, Y @ V], axis=1),
        tg.concat([X @ W[:, 2:], Y @ W[:, :2]], axis=1),
        X[:, :1] * B,
    ],
)
def test_a_factor_reaches_the_weights(z):
    found = tried(z)
    assert found is not None
    feeds = {name: RANDOM.normal(size=(2, 3)) for name in "xy"}
    run = tg.compile([found[z], z], rewrite=False)
    made, before = run(**{name: feeds[name] for name in run.inputs})
    np.testing.assert_array_equal(made, before * S)
    new = set(tg.Graph({"made": found[z]}).nodes) - set(tg.Graph({"z": z}).nodes)
    scales = [node for node in new if node.op is tg.multiply and node.inputs[1].op.name == "constant"]
    assert scales
    assert all(node.inputs[0].op.name in ("param", "slice", "constant") for node in scales)


@pytest.mark.parametrize(
    "z",
    [
        FED,
        X @ W + FED,
        X @ tg.tanh(W),
        tg.tanh(X @ W),
        (X @ W)[:, ::-1],
        tg.reshape(X @ W, shape=(1, 8))[:, :4],
        tg.concat([TWICE, TWICE], axis=1),
    ],
)
def test_it_stays_where_it_would_not_be_free(z):
    assert tried(z) is None


def test_what_others_use_too_stays():
    product = X @ W
    assert tried(product + B, tg.tanh(product)) is None
    assert tried(product + B, product) is None
