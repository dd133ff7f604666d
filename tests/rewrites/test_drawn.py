"""Rewritten equals unrewritten, on drawn graphs and gradients, after each rewrite in turn and each alone."""

from collections import Counter

import numpy as np
from drawn_graphs import graphs
from hypothesis import given, settings

import tinygraph as tg
from tinygraph.rewrites import apart, passes, transposes

#: all that is offered: PASSES, and what comes after those
GROUPS = {name: group for name, group in vars(passes).items() if name.isupper() and isinstance(group, tuple)}


def values(graph, drawn):
    """The outputs of two runs, and what becomes of the parameters."""
    start = [w.value for w in drawn.parameters]
    step = tg.compile(dict(graph.outputs), graph.updates, rewrite=False)
    feeds = {name: value for name, value in drawn.feeds.items() if name in step.inputs}
    found = []
    for _ in range(2):
        found += [*step(**feeds).values(), *(w.value for w in drawn.parameters)]
    for parameter, value in zip(drawn.parameters, start, strict=True):
        parameter.assign(value)
    return found


def rewritten(graph):
    """Yield (rewrite, graph before, graph after): each rewrite in its turn, and each by itself."""
    done = graph
    for each in passes.PASSES:
        yield each, done, (done := each(done))
        yield each, graph, each(graph)
    for name, group in GROUPS.items():
        last = done
        for each in group if name != "PASSES" else ():
            yield each, last, (last := each(last))


def test_drawn_graphs_keep_their_values(monkeypatch):
    fired = Counter()
    monkeypatch.setattr(transposes, "PRODUCTS", 1)  # drawn graphs are small
    monkeypatch.setattr(transposes, "ROWS", 1)
    monkeypatch.setattr(apart, "FEWEST", 1)

    @settings(max_examples=1000)
    @given(graphs(smooth=True))
    def check(drawn):
        graph = tg.Graph(drawn.outputs, drawn.updates)
        expected = values(graph, drawn)
        for rewrite, before, after in rewritten(graph):
            if after is before:
                continue
            fired[rewrite] += 1
            for one, other in zip(values(after, drawn), expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-11, err_msg=rewrite.__name__)

    check()
    for rewrite in {each for group in GROUPS.values() for each in group}:
        assert fired[rewrite], f"{rewrite.__name__} is never drawn"
