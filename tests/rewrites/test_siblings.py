"""siblings: products with one right factor, none needing another, are one product."""

import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.siblings import independent, siblings

W, V = tg.input("w", (3, 3), dtype="float64"), tg.input("v", (3, 3), dtype="float64")
X = [tg.input(f"x{t}", (t + 1, 3), dtype="float64") for t in range(4)]


def test_independent_products_are_one():
    graph = tg.Graph({str(t): tg.tanh(x @ W) for t, x in enumerate(X)})
    rewritten = siblings(graph)
    assert rewritten.count()["matmul"] == 1
    check_kept(graph, rewritten)


def test_generations_stay():
    h, outputs = X[0], {}
    for t in range(4):
        h = outputs[str(t)] = tg.tanh(h @ W)
    graph = tg.Graph(outputs)
    assert siblings(graph) is graph


def test_the_input_s_products_are_hoisted_out_of_a_recurrence():
    x = [tg.input(f"x{t}", (2, 3), dtype="float64") for t in range(5)]
    h = tg.input("h", (2, 3), dtype="float64")
    for each in x:
        h = tg.tanh(each @ W + h @ V)
    graph = tg.Graph({"h": h})
    rewritten = siblings(graph)
    assert graph.count()["matmul"] == 10
    assert rewritten.count()["matmul"] == 6
    check_kept(graph, rewritten)


def crossed():
    """Two groups of which each has a member that needs one of the other: only one of them can be joined."""
    a, b = X[0] @ W, X[0] @ V
    return {"c": tg.tanh(a) @ V, "d": tg.tanh(b) @ W}


def round_three():
    """The same in a circle of three."""
    u = tg.input("u", (3, 3), dtype="float64")
    factors = (W, V, u)
    return {str(k): tg.tanh(X[k] @ factors[k]) @ factors[(k + 1) % 3] for k in range(3)}


@pytest.mark.parametrize(("outputs", "expected"), [(crossed(), 3), (round_three(), 4)])
def test_groups_that_need_one_another_are_not_all_joined(outputs, expected):
    graph = tg.Graph(outputs)
    rewritten = siblings(graph)
    assert rewritten.count()["matmul"] == expected
    check_kept(graph, rewritten)


def test_a_near_miss_is_left_alone():
    batched = tg.input("b", (2, 4, 3), dtype="float64")
    for outputs in (
        {"a": X[0] @ W, "b": X[1] @ V},
        {"a": W @ V, "b": W @ tg.transpose(V)},
        {"a": batched @ W, "b": tg.tanh(batched) @ W},
        {"a": X[0] @ W},
        {"a": X[0] @ W, "b": tg.cast(X[1], "int64") @ W, "c": tg.cast(X[2], "float32") @ V},
    ):
        graph = tg.Graph(outputs)
        assert siblings(graph) is graph


def test_rows_that_are_joined_already_keep_their_order():
    joined = tg.concat([X[2], X[0], X[1]])
    graph = tg.Graph({"j": tg.tanh(joined), **{str(t): x @ W for t, x in enumerate(X[:3])}})
    (product,) = [node for node in siblings(graph).nodes if node.op is tg.matmul]
    assert product.inputs[0].inputs == joined.inputs


def test_independence_is_read_off_through_other_groups():
    a, b = X[0] @ W, X[0] @ V
    groups = {W: [a, tg.tanh(b) @ W], V: [b, tg.tanh(a) @ V]}
    graph = tg.Graph({str(k): node for k, node in enumerate(groups[W] + groups[V])})
    assert list(independent(graph, groups)) == [W]
