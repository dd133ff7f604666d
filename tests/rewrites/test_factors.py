"""factors: what is known early is multiplied first."""

import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.factors import factors

A, B, C = (tg.input(name, (2, 3), dtype="float64") for name in "abc")
LATE = tg.tanh(tg.tanh(tg.tanh(C)))


def top(graph):
    """The inputs of the last product."""
    return graph.outputs["y"].inputs


@pytest.mark.parametrize(
    "product",
    [(LATE * A) * B, A * (LATE * B), (LATE * A) * (B * (1.0 - B)), ((A * LATE) * B) * tg.tanh(A)],
    ids=["left", "right", "slope", "four"],
)
def test_the_deepest_factor_is_multiplied_last(product):
    graph = tg.Graph({"y": product})
    assert LATE not in top(graph)
    rewritten = factors(graph)
    assert LATE in top(rewritten)
    assert rewritten.count()["multiply"] == graph.count()["multiply"]
    check_kept(graph, rewritten)


def test_a_product_that_is_there_already_is_used():
    graph = tg.Graph({"ab": tg.tanh(B * A), "y": (LATE * A) * B})
    rewritten = factors(graph)
    assert rewritten.count()["multiply"] == 2
    check_kept(graph, rewritten)


def test_near_misses_are_left_alone():
    inner = LATE * A
    mixed = (tg.cast(LATE, dtype="float32") * tg.cast(A, dtype="float32")) * B
    for outputs in (
        {"y": (A * B) * LATE},
        {"y": LATE * A},
        {"y": inner * B, "inner": inner},
        {"y": inner * B, "sum": inner + B},
        {"y": mixed},
        {"y": 0.5 * C * C * C},
        {"y": A * (B * C)},
        {"y": (LATE[0] * A[0]) * B},  # the row has fewer elements
    ):
        graph = tg.Graph(outputs)
        assert factors(graph) is graph
