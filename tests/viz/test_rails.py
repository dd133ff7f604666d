"""Rails: who reads the drawing in text finds every connection of the outline, and no other."""

import pytest
from hypothesis import given, strategies as st
from viz import models

from tinygraph.viz.draw import draw
from tinygraph.viz.outline import Box, Edge, Outline
from tinygraph.viz.rails import rails


def connections(outline):
    """The edges that the signs show: a star, or a plus, on a rail reads the value that runs there."""
    running = {}
    for box, (star, below) in zip(outline.boxes, rails(outline), strict=True):
        assert len(star) == len(below)
        assert star.count("*") == 1
        for column in range(0, len(star), 2):
            assert (star[column] in "|+") <= (column in running)
            if star[column] in "*+" and column in running:
                yield running[column], box.id
        running[star.index("*")] = box.id
        running = {column: value for column, value in running.items() if below[column] == "|"}
        assert len(running) == below.count("|")
    assert not running


@pytest.mark.parametrize(
    "model", [models.one_lstm, models.two_inputs, models.skip, models.shared, models.both_ways]
)
def test_the_connections_of_models(model):
    outline = draw(model()).outline
    assert sorted(connections(outline)) == sorted((edge.source, edge.target) for edge in outline.edges)


@given(st.lists(st.sets(st.integers(0, 11), max_size=4), min_size=1, max_size=12))
def test_the_connections_of_any_graph(read):
    boxes = tuple(Box(f"b{number}", "", "layer") for number in range(len(read)))
    edges = [
        (f"b{source}", f"b{target}")
        for target, sources in enumerate(read)
        for source in sources
        if source < target
    ]
    outline = Outline("model", "", boxes, tuple(Edge(*pair) for pair in edges))
    assert sorted(connections(outline)) == sorted(edges)
