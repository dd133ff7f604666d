"""outer: x W of one column and one row is a product of elements."""

from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.outer import outer


def test_one_column_by_one_row_is_elementwise():
    x, w = tg.input("x", (5, 1), dtype="float64"), tg.input("w", (1, 3), dtype="float64")
    batches = tg.input("b", (2, 5, 1), dtype="float64")
    graph = tg.Graph({"y": x @ w, "z": batches @ w})
    rewritten = outer(graph)
    assert rewritten.count() == {"input": 3, "multiply": 2}
    check_kept(graph, rewritten)


def test_a_sum_of_two_products_is_left_alone():
    graph = tg.Graph({"y": tg.input("x", (5, 2)) @ tg.input("w", (2, 3))})
    assert outer(graph) is graph
