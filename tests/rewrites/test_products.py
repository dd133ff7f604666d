"""products: a sum of products over time is one product of all rows."""

import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.products import products


def rows(name, t, size):
    return tg.input(f"{name}{t}", (4, size), dtype="float64")


A, G = [rows("a", t, 3) for t in range(5)], [rows("g", t, 2) for t in range(5)]
PRODUCTS = [tg.transpose(a) @ g for a, g in zip(A, G, strict=True)]
SUMS = [tg.sum(tg.tanh(g), axis=0) for g in G]


def test_a_sum_of_products_is_one_product():
    graph = tg.Graph({"dw": tg.add_n(*PRODUCTS)})
    rewritten = products(graph)
    assert rewritten.count() == {"concat": 2, "input": 10, "matmul": 1, "transpose": 1}
    check_kept(graph, rewritten)


def test_of_a_batch_of_products_each_is_one():
    rows_of = [[tg.input(f"{name}{t}", (2, 4, 3), dtype="float64") for t in range(3)] for name in "ag"]
    terms = [tg.transpose(a, axes=(0, 2, 1)) @ g for a, g in zip(*rows_of, strict=True)]
    graph = tg.Graph({"dw": tg.add_n(terms)})
    rewritten = products(graph)
    assert rewritten.count() == {"concat": 2, "input": 6, "matmul": 1, "transpose": 1}
    check_kept(graph, rewritten)


def test_a_sum_of_sums_is_one_sum():
    graph = tg.Graph({"db": tg.add_n(*SUMS)})
    rewritten = products(graph)
    assert rewritten.count() == {"concat": 1, "input": 5, "sum": 1, "tanh": 5}
    check_kept(graph, rewritten)


def test_what_is_no_product_is_still_added():
    penalty = tg.input("w", (3, 2), dtype="float64")
    graph = tg.Graph({"dw": tg.add_n(penalty, *PRODUCTS[:2], penalty, *PRODUCTS[2:])})
    rewritten = products(graph)
    assert rewritten.count()["matmul"] == 1
    assert len(rewritten.outputs["dw"].inputs) == 3
    check_kept(graph, rewritten)


@pytest.mark.parametrize(
    "terms",
    [
        [PRODUCTS[0], tg.input("w", (3, 2), dtype="float64")],
        [PRODUCTS[0], PRODUCTS[0]],
        [a @ g for a, g in zip([tg.input(f"b{t}", (3, 4)) for t in range(3)], G[:3], strict=True)],
        [tg.transpose(tg.input(f"c{t}", (4, 2, 3)), axes=(1, 2, 0)) @ G[t] for t in range(3)],
        [tg.sum(g, axis=0, keepdims=True) for g in G],
        [tg.sum(g, axis=1) for g in G],
        [
            tg.transpose(tg.input(f"d{n}", (n, 4, 3)), axes=(0, 2, 1)) @ tg.input("e", (2, 4, 2))
            for n in (1, 2)
        ],
        [
            tg.transpose(tg.input(f"f{t}", (4, 3), dtype=t)) @ tg.cast(G[0], "float64")
            for t in ("int64", "float64")
        ],
    ],
    ids=[
        "alone",
        "the same twice",
        "no transposed factor",
        "one factor for a batch",
        "kept axis",
        "other axis",
        "one matrix for a batch",
        "other types",
    ],
)
def test_a_near_miss_is_left_alone(terms):
    graph = tg.Graph({"sum": tg.add_n(*terms)})
    assert products(graph) is graph


def test_rows_stand_in_the_order_in_which_they_were_computed():
    steps = []
    g = rows("g", 0, 2)
    for a in A:
        g = tg.tanh(g)
        steps.append(tg.transpose(a) @ g)
    made = products(tg.Graph({"dw": tg.add_n(*steps)})).outputs["dw"]
    assert list(made.inputs[0].inputs[0].inputs) == A[::-1]
