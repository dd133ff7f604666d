"""moves: views of many values are one view of their sum, or of what they are joined to."""

import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.moves import joins, sums

X = [tg.input(f"x{t}", (4, 6), dtype="float64") for t in range(3)]
Y = [tg.tanh(x) for x in X]
ROWS = [tg.reshape(x, shape=(4, 3, 2)) for x in X]

MOVES = {
    "transpose": lambda x: tg.transpose(x),
    "reshape": lambda x: tg.reshape(x, shape=(8, 3)),
    "broadcast_to": lambda x: tg.broadcast_to(x, shape=(2, 4, 6)),
    "place": lambda x: tg.place(x, shape=(2, 4, 6), index=(1,)),
    "slice": lambda x: tg.flip(x, 0),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_sum_is_moved_once(name):
    graph = tg.Graph({"sum": tg.add_n([MOVES[name](y) for y in Y])})
    rewritten = sums(graph)
    assert rewritten.count() == {"add_n": 1, "input": 3, "tanh": 3, name: 1}
    check_kept(graph, rewritten)


def test_moves_of_moves_and_what_is_not_moved():
    twice = [tg.transpose(tg.reshape(y, shape=(4, 3, 2)), axes=(1, 0, 2)) for y in Y]
    other = tg.input("other", (3, 4, 2), dtype="float64")
    graph = tg.Graph({"sum": tg.add_n(other, *twice[:2], other, twice[2])})
    rewritten = sums(graph)
    assert rewritten.count() == {"add_n": 2, "input": 4, "tanh": 3, "reshape": 1, "transpose": 1}
    check_kept(graph, rewritten)


@pytest.mark.parametrize(
    "terms",
    [
        [x[:2] for x in X],  # the sum of all of them would be larger
        [tg.transpose(X[0]), tg.reshape(X[1], shape=(6, 4))],
        [tg.place(x, shape=(8, 6), index=(slice(t, t + 4),)) for t, x in enumerate(X)],
        [X[0], X[0], tg.reshape(X[1], shape=(4, 6))],
    ],
    ids=["parts", "different moves", "to different places", "the same twice"],
)
def test_terms_that_are_moved_otherwise_are_left_alone(terms):
    graph = tg.Graph({"sum": tg.add_n(*terms)})
    assert sums(graph) is graph


@pytest.mark.parametrize(
    ("parts", "axis", "inner", "views"),
    [
        ([tg.transpose(y) for y in Y], 1, 0, 1),
        ([tg.transpose(tg.exp(x), axes=(1, 0, 2)) for x in ROWS], 2, 2, 3 + 1),
        ([tg.reshape(y, shape=(4, 3, 2)) for y in Y], 0, 0, 1),
        ([tg.transpose(x, axes=(1, 0, 2)) for x in ROWS], 1, 0, 2),
    ],
    ids=["transpose", "transpose of the last axis", "reshape", "transpose of reshape"],
)
def test_what_is_joined_is_moved_once(parts, axis, inner, views):
    graph = tg.Graph({"whole": tg.concat(parts, axis=axis)})
    rewritten = joins(graph)
    (whole,) = (node for node in rewritten.nodes if node.op.name == "concat")
    assert whole.attrs["axis"] == inner
    assert sum(rewritten.count().get(name, 0) for name in ("transpose", "reshape")) == views
    check_kept(graph, rewritten)


@pytest.mark.parametrize(
    ("parts", "axis"),
    [
        ([tg.reshape(x, shape=(4, 3, 2)) for x in X], 1),
        ([tg.reshape(x, shape=(1, 4, 6)) for x in X], 0),
        ([tg.transpose(X[0]), tg.reshape(X[1], shape=(6, 4))], 0),
        (X, 0),
    ],
    ids=["along an axis that the view makes", "a new axis", "different views", "no views"],
)
def test_what_cannot_be_joined_before_is_left_alone(parts, axis):
    graph = tg.Graph({"whole": tg.concat(parts, axis=axis)})
    assert joins(graph) is graph
