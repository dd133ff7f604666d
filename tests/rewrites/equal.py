"""Running a graph as it is, to see that a rewrite keeps its values."""

import numpy as np

import tinygraph as tg


def values(graph, seed=0):
    """Every output of a graph that is not rewritten further, on random inputs."""
    random = np.random.default_rng(seed)
    inputs = sorted((leaf for leaf in graph.leaves if leaf.op.name == "input"), key=lambda leaf: leaf.name)
    feeds = {leaf.name: random.normal(size=leaf.shape) for leaf in inputs}
    return tg.compile(dict(graph.outputs), rewrite=False)(**feeds)


def check_kept(before, after):
    """The outputs of both graphs are the same but for the last bits."""
    found = values(after)
    for name, expected in values(before).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-12, atol=1e-12, err_msg=name)
