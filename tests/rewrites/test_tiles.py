"""tiles: placed slices beside one another become one concat."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.rewrites.tiles import tiles


def placed(*indices, shape=(6, 2)):
    """Return the sum of one input for each index, placed there into zeros."""
    terms = []
    for k, index in enumerate(indices):
        part = np.empty(shape)[index].shape
        terms.append(tg.place(tg.input(f"g{k}", part), shape=shape, index=index))
    return tg.Graph({"sum": tg.add_n(*terms)})


def values(graph):
    """Run a graph as it is on random inputs."""
    random = np.random.default_rng(0)
    inputs = sorted((leaf for leaf in graph.leaves if leaf.op.name == "input"), key=lambda leaf: leaf.name)
    feeds = {leaf.name: random.normal(size=leaf.shape) for leaf in inputs}
    return tg.compile(graph.outputs, rewrite=False)(**feeds)["sum"]


JOINED = {
    "halves": [(slice(0, 3),), (slice(3, 6),)],
    "steps": [(t,) for t in range(6)],
    "out of order": [(slice(4, 6),), (slice(0, 2),), (slice(2, 4),)],
    "with a gap": [(slice(0, 2),), (slice(3, 6),)],
    "columns": [(slice(None), slice(0, 1)), (slice(None), slice(1, 2))],
    "both axes": [(0,), (1,), (slice(None), slice(0, 1)), (slice(None), slice(1, 2))],
}
LEFT_ALONE = {
    "overlapping": [(slice(0, 4),), (slice(3, 6),)],
    "the same twice": [(2,), (2,)],
    "with steps": [(slice(0, 6, 2),), (slice(1, 6, 2),)],
    "corners": [(slice(0, 3), slice(0, 1)), (slice(3, 6), slice(1, 2))],
    "one of each axis": [(slice(0, 3),), (slice(None), slice(0, 1))],
}


@pytest.mark.parametrize("indices", JOINED.values(), ids=JOINED)
def test_tiles_beside_one_another_are_joined(indices):
    graph = placed(*indices)
    rewritten = tiles(graph)
    assert "place" not in rewritten.count()
    assert rewritten.count()["concat"] >= 1
    np.testing.assert_array_equal(values(rewritten), values(graph))


@pytest.mark.parametrize("indices", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_a_near_miss_is_left_alone(indices):
    graph = placed(*indices)
    assert tiles(graph) is graph


def test_what_is_no_tile_is_still_added():
    graph = placed((slice(0, 3),), (slice(3, 6),))
    whole = tg.Graph({"sum": tg.add_n(*graph.outputs["sum"].inputs, tg.input("rest", (6, 2)))})
    rewritten = tiles(whole)
    assert rewritten.count()["concat"] == 1
    np.testing.assert_array_equal(values(rewritten), values(whole))


def test_the_gradient_of_a_sequence_grows_linearly():
    def bytes_moved(steps):
        x = tg.input("x", (steps, 4))
        total = tg.sum(tg.concat([tg.tanh(x_t) for x_t in x], axis=0))
        (dx,) = tg.gradients(total, [x])
        return sum(node.size for node in tiles(tg.Graph({"dx": dx})).nodes)

    assert bytes_moved(200) < 2.2 * bytes_moved(100)


def test_an_empty_slice_is_left_alone():
    x = tg.param("x", np.arange(8.0).reshape(4, 2))
    (dx,) = tg.gradients(tg.sum(x[3:1] * x[3:1]) + tg.sum(x[:2]), [x])
    np.testing.assert_array_equal(tg.compile(dx)(), [[1, 1], [1, 1], [0, 0], [0, 0]])
